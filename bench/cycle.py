"""The operating cycle on the example company at full size: seconds per step, peak memory, and three more days in which nothing is bought twice.

    SINAN=build/release/sinan python3 bench/cycle.py [--items 2000] [--locations 5] [--days 730] [--more 3]

Budget on two cores: each cycle under 30 s and under 1 GB. Prints Markdown tables, as bench/README.md shows them; exits 1 when an order was
placed twice or an outcome is missing. Times are not judged: the machine may be shared.
"""

import argparse
import collections
import json
import os
import pathlib
import shutil
import sqlite3
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SINAN = pathlib.Path(os.environ.get("SINAN", ROOT / "build" / "release" / "sinan"))
BUDGET_S, BUDGET_MB = 30, 1024
APPROVED_A_DAY = 20


class Ran:
    """One command: its output, wall clock, processor time and peak memory."""

    def __init__(self, *arguments):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            begin = time.monotonic()
            pid = os.posix_spawn(SINAN, [str(SINAN), *map(str, arguments)], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, err.fileno(), 2)])
            _, status, usage = os.wait4(pid, 0)
            self.wall_s = time.monotonic() - begin
            out.seek(0), err.seek(0)
            self.out, self.err = out.read().decode(), err.read().decode()
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.peak_mb = usage.ru_maxrss / 1024
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"sinan {' '.join(map(str, arguments))}: {self.err}{self.out}")

    @property
    def json(self):
        return json.loads(self.out)


def steps_of(directory):
    newest = Ran("-C", directory, "runs", "list", "--json").json[0]
    return Ran("-C", directory, "runs", "show", newest["id"], "--json").json["steps"]


# Rows of this query are orders that were written more than once.
TWICE = """
SELECT decision_key, count(*) FROM purchase_orders WHERE decision_key IS NOT NULL GROUP BY 1 HAVING count(*) > 1
UNION ALL
SELECT matnr || '@' || werks || ' on ' || substr(bedat, 1, 10), count(*) FROM purchase_orders WHERE decision_key IS NOT NULL
GROUP BY matnr, werks, substr(bedat, 1, 10) HAVING count(*) > 1
"""
# What Sinan had on its way to the same place when it ordered again.
AGAIN = """
SELECT later.decision_key, sum(earlier.menge) FROM purchase_orders later JOIN purchase_orders earlier
  ON earlier.matnr = later.matnr AND earlier.werks = later.werks AND earlier.decision_key IS NOT NULL AND earlier.bedat < later.bedat
WHERE later.decision_key IS NOT NULL AND (earlier.wedat IS NULL OR earlier.wedat >= later.bedat)
GROUP BY later.decision_key
"""


def bought_twice(directory):
    """Orders written twice, and orders whose plan did not count what was on its way already."""
    database = sqlite3.connect(directory / "data" / "erp.db")
    found = [f"{key}: {count} orders" for key, count in database.execute(TWICE)]
    again = database.execute(AGAIN).fetchall()
    for key, on_its_way in again:
        position = Ran("-C", directory, "decisions", "show", key, "--json").json["evidence"]["inputs"]["position"]
        counted = float(position["on_order"]) + float(position["committed"])
        if counted + 1e-6 < float(on_its_way):
            found.append(f"{key}: {on_its_way} were on their way, {counted} were counted")
    total = database.execute("SELECT count(decision_key), count(DISTINCT decision_key) FROM purchase_orders").fetchone()
    return found, total, len(again)


def main():
    parser = argparse.ArgumentParser()
    for name, value in {"items": 2000, "locations": 5, "days": 730, "more": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="sinan-bench-"))
    try:
        company = scratch / "company"
        made = Ran("demo", "create", company, "--items", options.items, "--locations", options.locations, "--days", options.days, "--now", "2026-03-02T05:00:00Z")
        cycles = []
        for day in range(options.more + 1):
            if day:
                Ran("demo", "advance", company, "--days", 1)
            ran = Ran("-C", company, "--now", f"2026-03-{2 + day:02}T05:00:00Z", "run")
            cycles.append((ran, steps_of(company)))
            # What waits and is answered counts as on its way tomorrow.
            waiting = Ran("-C", company, "decisions", "list", "--status", "proposed", "--kind", "purchase_order", "--limit", APPROVED_A_DAY, "--json").json
            for decision in waiting:
                Ran("-C", company, "--now", f"2026-03-{2 + day:02}T08:00:00Z", "decisions", "approve", decision["id"], "--as", "ben")
        print(f"{options.items} items in {options.locations} places, {options.days} days; load when it ended: {os.getloadavg()[0]:.1f}\n")
        print("| step | " + " | ".join(["first day"] + [f"day {i + 1}" for i in range(1, len(cycles))]) + " |")
        print("|---|" + "---:|" * len(cycles))
        for i, step in enumerate(cycles[0][1]):
            print(f"| {step['id']} | " + " | ".join(f"{steps[i]['duration_ms'] / 1000:.1f} s" for _, steps in cycles) + " |")
        print("| **whole cycle** | " + " | ".join(f"**{ran.wall_s:.1f} s**" for ran, _ in cycles) + " |")
        print("| processor time | " + " | ".join(f"{ran.cpu_s:.1f} s" for ran, _ in cycles) + " |")
        print("| peak memory | " + " | ".join(f"{ran.peak_mb:.0f} MB" for ran, _ in cycles) + " |")
        print(f"\nBudget: {BUDGET_S} s and {BUDGET_MB} MB a cycle. Making the company took {made.wall_s:.1f} s and {made.peak_mb:.0f} MB.")
        statuses = collections.Counter(d["status"] for d in Ran("-C", company, "decisions", "list", "--limit", 100000, "--json").json if d["kind"] == "purchase_order")
        measured = [step.get("output", {}) for _, steps in cycles[1:] for step in steps if step["task"] == "measure_outcomes"]
        twice, (orders, keys), again = bought_twice(company)
        print(f"Orders by status: {dict(statuses)}; looked at by the measuring step: {[m.get('measured', m) for m in measured]}.")
        print(f"{orders} orders in the ERP under {keys} keys, {again} to places that had one on its way; bought twice: {len(twice)}.")
        for line in twice[:10]:
            print("  " + line)
        return 1 if twice or orders != keys else 0
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
