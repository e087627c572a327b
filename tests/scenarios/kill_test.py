"""Crashes: the process killed at every named kill point and at random moments, on real PostgreSQL and MariaDB, and started again.

Whatever was acknowledged is in the ERP once, nothing twice, the chain verifies, and the lake has the rows of the sources. In the suite
the cycle is cut down to what leads to orders, and a start after a crash is often killed at the next point. KILL_ROUNDS=200 turns the
example's whole cycle, gives each point a round of its own, and adds so many random rounds; KILL_SEED repeats one.
"""

import collections
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

import company
from servers import MariadbServer, PostgresServer

WHOLE = "KILL_ROUNDS" in os.environ
ROUNDS = int(os.environ.get("KILL_ROUNDS", "8"))
SEED = int(os.environ.get("KILL_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
POINTS = re.findall(r'^ +"([\w.]+)",$', (company.ROOT / "src" / "base" / "kill_point.cpp").read_text(), re.M)
POINTS = [point for point in POINTS if not point.startswith("example.")]  # no cycle lets time pass; the example's own tests kill it there

# Which command passes a point: a run, unless it stands here.
BY_APPROVAL = {"decisions.approve.after_store"}
BY_BOTH = {"audit.transact.head_announced", "audit.transact.committed", "decisions.execute.intent_recorded", "decisions.execute.effect_done", "decisions.execute.recorded"}
AFTER_APPROVAL = ("decisions.approve.", "decisions.execute.", "audit.transact.committed")  # an approval is durable by then
BY_RESTORE = {"state.restore.before_swap": "old", "state.restore.swapped": "new"}  # and which state a kill there leaves
# Points that a run passes often, and at which of the passes it is killed.
PASSES = {"store.transact.before_commit": [1, 7], "store.transact.after_commit": [1, 12], "workflow.step.finished": [1, 5]}

SHORT_CYCLE = """summary: What leads to orders
steps:
  - {id: sync, task: sync_sources}
  - {id: check, task: check_quality, needs: [sync]}
  - {id: forecast, task: forecast_demand, needs: [check]}
  - {id: plan, task: plan_orders, needs: [forecast]}
  - {id: decide, task: decide_proposals, needs: [plan]}
  - {id: act, task: execute_decisions, needs: [decide]}
"""

# What is compared between source and lake: the key, and a column that changes.
ERP_TABLES = {"lips": "lfdnr, lfimg", "mard": "matnr, werks, labst", "kna1": "kunnr, name1", "eine": "lifnr, matnr, netpr", "purchase_orders": "ebeln, statu"}
CRM_TABLES = {"accounts": "id, account_name", "calls": "id, body"}

JOINT = "|"
DURABLE = {"approved", "failed", "executed", "measured"}

AUTOMATION = """automation:
  expires_after: 3d
  default: {verdict: approval, role: manager}
  rules:
    - {name: the first place orders by itself, kinds: [purchase_order], locations: [FIRST], verdict: automatic}
    - {name: the others ask, kinds: [purchase_order], verdict: approval, role: manager}
"""


def commands_of(point):
    return ["approve"] if point in BY_APPROVAL else ["approve", "run"] if point in BY_BOTH else ["run"]


def chained(kills):
    """Approvals first, then runs that each take up the one before, in the order in which a cycle passes the points."""
    order = ["workflow.step.started", "sync.table.", "lake.stage.", "lake.commit.files", "lake.commit.before", "sync.commit.", "lake.commit.after", "workflow.step.finished"]
    rank = lambda kill: next((at for at, name in enumerate(order) if kill[0].startswith(name)), len(order))
    reading = sorted((kill for kill in kills if rank(kill) < len(order)), key=rank)
    storing = [kill for kill in kills if kill[0].startswith("store.")]
    deciding = sorted((kill for kill in kills if rank(kill) == len(order) and kill not in storing), key=lambda kill: (kill[2] == "run", kill[0].startswith("decisions.execute.")))
    return [storing, reading, deciding]


class Changes:
    """Business between the rounds: a day of sales, orders received, empty shelves, calls; one transaction of each round commits late."""

    def __init__(self, postgres, mariadb, chance):
        self.postgres, self.mariadb, self.chance = postgres, mariadb, chance
        self.day = postgres.rows("SELECT max(budat)::date FROM lips")[0][0]
        self.sample = postgres.rows("SELECT matnr, werks, kunnr, netpr FROM lips l JOIN mara USING (matnr) JOIN kna1 USING (kunnr) WHERE lfimg > 0 AND netpr > 0 LIMIT 400")
        sold_most = postgres.rows("SELECT matnr FROM lips JOIN mara USING (matnr) WHERE lfimg BETWEEN 1 AND 1000 GROUP BY 1 ORDER BY sum(lfimg) DESC LIMIT 5")
        self.sold_out = ", ".join(f"'{row[0]}'" for row in sold_most)
        mariadb.rows("CREATE TABLE calls (id BIGINT AUTO_INCREMENT PRIMARY KEY, body VARCHAR(80) NOT NULL)")
        mariadb.rows("INSERT INTO calls (body) VALUES ('first')")
        self.documents = 7_000_000_000
        self.late = []

    def sale(self, session):
        item, place, customer, price = self.chance.choice(self.sample)
        self.documents += 1
        session.rows(
            "INSERT INTO lips (lfdnr, vbeln, posnr, kunnr, matnr, werks, bwart, lfimg, meins, netpr, waers, budat) "
            f"SELECT nextval('lips_numbers'), '{self.documents}', 10, '{customer}', '{item}', '{place}', '601', {self.chance.randint(1, 9)}, 'PCE', {price}, 'EUR', DATE '{self.day}' + TIME '11:30'"
        )

    def commit_late(self):
        for session in self.late:
            session.rows("COMMIT")
            session.close()
        self.late = []

    def next_day(self):
        """The next day; a transaction that took its numbers before the others' commits after the read that follows."""
        self.commit_late()
        self.day = self.postgres.rows(f"SELECT DATE '{self.day}' + 1")[0][0]
        self.late = [self.postgres.session(), self.mariadb.session()]
        for session in self.late:
            session.rows("BEGIN")
        self.sale(self.late[0])
        self.late[1].rows("INSERT INTO calls (body) VALUES ('late')")
        for _ in range(5):
            self.sale(self.postgres)
        self.postgres.rows(f"UPDATE purchase_orders SET statu = 'R', wemng = menge, wedat = DATE '{self.day}' WHERE statu = 'O'")
        self.postgres.rows(f"UPDATE mard SET labst = CASE WHEN matnr IN ({self.sold_out}) THEN 0 ELSE 900 END, stand = DATE '{self.day}' + TIME '12:00' WHERE werks <> 'XX99'")
        self.mariadb.rows(f"INSERT INTO calls (body) VALUES ('{self.day}')")
        self.mariadb.rows(f"UPDATE accounts SET account_name = CONCAT('Company {self.day} ', id) ORDER BY RAND() LIMIT 1")


class Killed(company.Commands, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="sinan-kill-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)
        cls.postgres = PostgresServer()
        cls.addClassCleanup(cls.postgres.stop)
        cls.mariadb = MariadbServer()
        cls.addClassCleanup(cls.mariadb.stop)
        cls.dir = cls.scratch / "company"
        company.must("demo", "create", cls.dir, "--items", "16", "--locations", "2", "--days", "60", "--postgres", cls.postgres.url, "--mariadb", cls.mariadb.url)
        (cls.dir / "policies" / "automation.yaml").write_text(AUTOMATION.replace("FIRST", cls.postgres.rows("SELECT min(werks) FROM mard JOIN t001w USING (werks)")[0][0]))
        if not WHOLE:
            (cls.dir / "workflows" / "cycle.yaml").write_text(SHORT_CYCLE)
            for name in ("sources/machines.yaml", "model/sensor_readings.sql", "quality/machines.yaml", "quality/shop.yaml", "quality/crm.yaml"):
                (cls.dir / name).unlink()
        crm = cls.dir / "sources" / "crm.yaml"
        crm.write_text(crm.read_text() + "  calls: {cursor: id, deletions: ignore}\n")
        cls.postgres.rows("CREATE SEQUENCE lips_numbers START 5000000")
        cls.chance = random.Random(SEED)
        print(f"KILL_SEED={SEED}", flush=True)
        cls.changes = Changes(cls.postgres, cls.mariadb, cls.chance)
        cls.acknowledged = set()
        cls.figures = collections.Counter()
        company.must("-C", cls.dir, "run")

    @classmethod
    def tearDownClass(cls):
        cls.changes.commit_late()
        print(dict(cls.figures), flush=True)

    # What must hold at any moment, also between a crash and the next start.

    def verify_chain(self):
        answer = self.sinan("decisions", "verify")
        self.assertEqual(answer.code, 0, f"the chain does not verify: {answer}")

    def verify_orders(self, settled):
        decisions = {d["id"]: d for d in self.ok("decisions", "list", "--json").json}
        orders = self.postgres.rows("SELECT decision_key, matnr, werks, menge::text, bedat::date FROM purchase_orders WHERE decision_key IS NOT NULL")
        keys = collections.Counter(order[0] for order in orders)
        self.assertEqual([key for key, count in keys.items() if count > 1], [], "ordered twice")
        places = collections.Counter((item, place, day) for _, item, place, _, day in orders)
        self.assertEqual([p for p, count in places.items() if count > 1], [], "bought twice for one place and day")
        for key, item, place, quantity, _ in orders:
            self.assertIn(key, decisions, "an order that no decision knows")
            decision = decisions[key]
            self.assertEqual((decision["item_id"], decision["location_id"], float(decision["quantity"])), (item, place, float(quantity)))
            if settled:
                self.assertIn(decision["status"], {"executed", "measured"}, f"{key} is in the ERP")
        for decision in decisions.values():
            if decision["kind"] == "purchase_order" and decision["status"] in {"executed", "measured"}:
                self.assertEqual(keys[decision["id"]], 1, f"recorded as executed, and not in the ERP: {decision}")
                self.acknowledged.add(decision["id"])
            if settled:
                self.assertNotIn(decision["status"], {"approved", "failed"}, "a run carries out what is approved")
        self.assertEqual([key for key in self.acknowledged if decisions[key]["status"] not in DURABLE], [], "acknowledged, and forgotten")
        if settled:
            # What is about forecast models takes effect in their registry.
            with sqlite3.connect(self.dir / ".sinan" / "state.db") as store:
                keys.update(row[0] for row in store.execute("SELECT json_extract(body, '$.decision') FROM audit_records WHERE chain = 'models' AND kind IN ('promoted', 'reviewed')"))
            self.assertEqual([key for key in self.acknowledged if keys[key] != 1], [], "acknowledged, and not once in the ERP")

    def in_sources(self):
        out = {}
        for source, server, tables in (("erp", self.postgres, ERP_TABLES), ("crm", self.mariadb, CRM_TABLES)):
            for table, columns in tables.items():
                rows = server.rows(f"SELECT {columns} FROM {table}")
                out[f"{source}_{table}"] = collections.Counter(JOINT.join(cell or "" for cell in row) for row in rows)
        return out

    def in_lake(self):
        """Accepted rows and those held back: together what was read."""
        parts, out = [], {}
        for source, tables in (("erp", ERP_TABLES), ("crm", CRM_TABLES)):
            for table, columns in tables.items():
                out[f"{source}_{table}"] = collections.Counter()
                names = columns.split(", ")
                cells = ", ".join(f"coalesce(CAST({name} AS VARCHAR), '')" for name in names)
                held = ", ".join(f"coalesce(json_extract_string(r, '$.{name}'), '')" for name in names)
                parts.append(f"SELECT '{source}_{table}' AS t, concat_ws('{JOINT}', {cells}) AS c FROM lake.{source}_{table}")
                parts.append(f"SELECT '{source}_{table}', concat_ws('{JOINT}', {held}) FROM (SELECT DISTINCT key, row AS r FROM quality.quarantine WHERE source = '{source}' AND \"table\" = '{table}')")
        for row in self.ok("query", " UNION ALL ".join(parts), "--format", "json").json:
            out[row["t"]][row["c"]] += 1
        return out

    def verify_rows(self, before):
        """`before`: the sources when the run that is now finished began; orders that it wrote may be read by the next one only."""
        lake, now = self.in_lake(), self.in_sources()
        for table, rows in before.items():
            self.assertEqual(sorted((lake[table] - now[table]).elements()), [], f"rows of {table} in the lake that are not in the source, or twice")
            self.assertEqual(sorted((rows - lake[table]).elements()), [], f"rows of {table} that the lake lost")

    def one_round(self, *kills):
        """A day of business, killed commands with a look at what each leaves, and a run that is left alone. Says how many were killed."""
        self.changes.next_day()
        before = self.in_sources()
        killed = 0
        for kill in kills:
            if kill():
                killed += 1
                self.verify_chain()
                self.verify_orders(settled=False)
        self.figures["resumed"] += "goes on" in self.ok("run").err
        self.verify_chain()
        self.verify_orders(settled=True)
        self.verify_rows(before)
        self.figures["rounds"] += 1
        self.figures["kills"] += killed
        return killed

    def approval(self):
        """An order that waits, and the words that approve it."""
        waiting = [d["id"] for d in self.ok("decisions", "list", "--status", "proposed", "--json").json]
        self.assertTrue(waiting, "an order waits for approval")
        chosen = self.chance.choice(waiting)
        return chosen, ["decisions", "approve", chosen, "--as", "ben"]

    def test_a_crash_at_any_kill_point_loses_and_repeats_nothing(self):
        self.assertGreater(len(POINTS), 15)
        self.assertLessEqual(set(PASSES) | set(BY_RESTORE) | BY_APPROVAL | BY_BOTH, set(POINTS))
        kills = [(point, number, command) for point in POINTS if point not in BY_RESTORE for number in PASSES.get(point, [1]) for command in commands_of(point)]
        for chain in [[kill] for kill in kills] if WHOLE else chained(kills):
            with self.subTest(chain=chain):
                killed = self.one_round(*(lambda kill=kill: self.killed_at(*kill) for kill in chain))
                self.assertEqual(killed, len(chain), "a command does not pass its point")
                self.figures["points"] += killed

    def killed_at(self, point, number, command):
        chosen, words = self.approval() if command == "approve" else ("", ["run"])
        done = company.sinan("-C", self.dir, *words, env={"SINAN_KILL_POINT": f"{point}:{number}"})
        if chosen and point.startswith(AFTER_APPROVAL):
            self.acknowledged.add(chosen)
        self.assertIn(done.code, (0, -signal.SIGKILL), str(done))
        self.assertNotEqual(done.code, 0, f"{words[0]} does not pass {point}:{number}")
        return True

    def test_a_crash_at_a_random_moment_loses_and_repeats_nothing(self):
        durations = {}
        chosen, words = self.approval()
        for command, words in (("approve", words), ("run", ["run"])):
            start = time.monotonic()
            self.ok(*words)
            durations[command] = time.monotonic() - start
        self.acknowledged.add(chosen)
        kills = 0
        for number in range(ROUNDS):
            # Every fourth time an approval; every fourth run that takes up a killed one dies as well.
            commands = ["approve"] if number % 4 == 3 else ["run", "run"] if number % 4 == 1 else ["run"]
            moments = [self.chance.random() * durations[command] / (at + 1) for at, command in enumerate(commands)]
            with self.subTest(round=number, commands=commands, seconds=moments):
                kills += self.one_round(*(lambda command=command, moment=moment: self.killed_after(moment, command) for command, moment in zip(commands, moments)))
        self.figures["random kills"] += kills
        self.assertGreater(kills, 0)

    def killed_after(self, seconds, command):
        chosen, words = self.approval() if command == "approve" else ("", ["run"])
        process = subprocess.Popen([str(company.SINAN), "-C", str(self.dir), *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return True
        self.assertEqual(process.returncode, 0, said)
        if chosen:
            self.acknowledged.add(chosen)
        return False


class KilledWhileRestoring(company.Company):
    """A backup of the first day, restored over the state of the second."""

    create_options = company.TINY

    @classmethod
    def prepare(cls):
        must = lambda *words: company.must("-C", cls.template, *words)
        (cls.template / "policies" / "automation.yaml").write_text(AUTOMATION.replace(", locations: [FIRST]", ""))
        must("run")
        must("backup", "../backup")
        must("demo", "advance", ".", "--days", "1")
        cls.empty_shelves(cls.template)
        must("run")

    @staticmethod
    def empty_shelves(folder):
        """What was ordered came, and all of it is gone: the next run orders."""
        with sqlite3.connect(folder / "data" / "erp.db") as erp:
            erp.execute("UPDATE purchase_orders SET statu = 'R', wemng = menge WHERE statu = 'O'")
            erp.execute("UPDATE mard SET labst = 0")

    def seen(self):
        tables = ["lake.erp_lips", "lake.erp_purchase_orders", "quality.quarantine", "master.customers"]
        return {
            "decisions": sorted((d["id"], d["status"]) for d in self.decisions()),
            "rows": self.rows(" UNION ALL ".join(f"SELECT '{table}' AS t, count(*) AS n FROM {table}" for table in tables)),
            "runs": sorted((run["id"], run["status"]) for run in self.ok("runs", "list", "--json").json),
        }

    def in_erp(self):
        with sqlite3.connect(self.dir / "data" / "erp.db") as erp:
            return {key: float(quantity) for key, quantity in erp.execute("SELECT decision_key, menge FROM purchase_orders WHERE decision_key IS NOT NULL")}

    def states(self):
        """What can be seen of the second day's state and of the first day's, each whole."""
        old = self.seen()
        shutil.copytree(self.dir / ".sinan", self.home / "second-day")
        self.ok("restore", "../backup")
        new = self.seen()
        self.assertNotEqual(old, new)
        return {"old": old, "new": new}

    def again(self):
        for folder in self.dir.glob(".sinan*"):
            shutil.rmtree(folder)
        shutil.copytree(self.home / "second-day", self.dir / ".sinan")

    def test_a_crash_at_any_point_leaves_the_old_state_or_the_new_one_and_the_next_run_goes_on(self):
        states = self.states()
        for point, left in BY_RESTORE.items():
            with self.subTest(point=point):
                self.again()
                self.assertTrue(self.run_killed("restore", "../backup", env={"SINAN_KILL_POINT": point}))
                self.assertEqual(self.seen(), states[left])
                self.ok("decisions", "verify")
                self.ok("run")
                self.ok("decisions", "verify")

    def test_a_crash_at_a_random_moment_leaves_the_old_state_or_the_new_one(self):
        states = self.states()
        self.again()
        start = time.monotonic()
        self.ok("restore", "../backup")
        duration = time.monotonic() - start
        chance = random.Random(SEED)
        for number in range(ROUNDS):
            self.again()
            moment = chance.random() * duration
            with self.subTest(round=number, seconds=moment, seed=SEED):
                process = subprocess.Popen([str(company.SINAN), "-C", str(self.dir), "restore", "../backup"], stderr=subprocess.DEVNULL)
                try:
                    process.wait(timeout=moment)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                self.assertIn(self.seen(), list(states.values()))
                self.ok("decisions", "verify")

    def test_orders_after_a_restore_never_carry_the_key_of_one_that_was_written_after_the_backup(self):
        lost = {d["id"] for d in self.decisions()}
        self.ok("restore", "../backup")
        kept = {d["id"] for d in self.decisions()}
        written = self.in_erp()
        self.assertTrue(set(written) - kept, "orders of the second day are in the ERP, and the restored state does not know them")
        self.empty_shelves(self.dir)
        self.ok("run")
        now = self.in_erp()
        self.assertTrue(set(now) - set(written), "the run after the restore orders")
        for decision in self.decisions():
            if decision["id"] not in kept:
                self.assertNotIn(decision["id"], lost)
            if decision["kind"] == "purchase_order" and decision["status"] in {"executed", "measured"}:
                self.assertEqual(now[decision["id"]], float(decision["quantity"]))
        self.ok("decisions", "verify")

    def test_a_state_in_use_and_a_damaged_backup_are_refused_and_nothing_changes(self):
        before = self.seen()
        with sqlite3.connect(self.dir / ".sinan" / "state.db") as reader:
            reader.execute("SELECT count(*) FROM decisions").fetchone()
            answer = self.sinan("restore", "../backup")
            self.assertEqual(answer.code, 3, str(answer))
            self.assertIn("in use", answer.err)
        reader.close()
        settings = (self.dir / "sinan.yaml").read_text()
        (self.dir / "sinan.yaml").write_text(re.sub(r"(?m)^name: .*$", "name: Somebody else", settings))
        answer = self.sinan("restore", "../backup")
        (self.dir / "sinan.yaml").write_text(settings)
        self.assertEqual(answer.code, 2, str(answer))
        self.assertIn("this workspace is of 'Somebody else'", answer.err)
        file = next((self.home / "backup" / "lake").rglob("*.parquet"))
        file.write_bytes(file.read_bytes()[:-1] + b"x")
        for words, code in [(["restore", "../backup"], 2), (["restore", "--check", "../backup"], 1), (["restore", "../nowhere"], 2), (["backup", "../backup"], 2), (["backup", ".sinan/x"], 2), (["--as", "ben", "backup", "../other"], 2)]:
            answer = self.sinan(*words)
            self.assertEqual(answer.code, code, f"{words}: {answer}")
        self.assertEqual(self.seen(), before)

    def test_a_backup_is_restored_where_no_state_is(self):
        before = self.seen()
        self.ok("backup", "../second")
        (self.dir / ".sinan" / "keys" / "chain").unlink()
        lost = self.sinan("decisions", "list")
        self.assertEqual((lost.code, lost.out), (2, ""), str(lost))
        self.assertIn("the key that seals the audit records is gone", lost.err)
        self.ok("restore", "../second")
        self.assertEqual(self.seen(), before)
        shutil.rmtree(self.dir / ".sinan")
        self.assertEqual(self.sinan("backup", "../third").code, 2, "there is nothing to back up")
        answer = self.ok("restore", "../second", "--json")
        self.assertIsNone(answer.json["previous"])
        self.assertEqual(self.seen(), before)
        self.ok("run")
        self.ok("decisions", "verify")


if __name__ == "__main__":
    unittest.main()
