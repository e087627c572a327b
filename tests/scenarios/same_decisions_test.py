"""The same decisions from servers as from files: the company of one seed, once in SQLite, once in PostgreSQL and MariaDB, day after day.

COMPANY_SIZE="2000 5 730" compares at full size; the test of the suite is smaller.
"""

import json
import os
import pathlib
import shutil
import sqlite3
import tempfile
import unittest

import company
from company import must
from servers import MariadbServer, PostgresServer

SIZE = os.environ.get("COMPANY_SIZE", "120 3 400").split()
DAYS = ["2026-03-02", "2026-03-03", "2026-03-04"]
# What two companies may differ in: who they are, when, and what their sources are called.
MAY_DIFFER = {"id", "run_id", "created_at", "lake_version", "model_version", "decisions_up_to", "number", "seq", "day"}


def stripped(value):
    if isinstance(value, dict):
        return {key: stripped(part) for key, part in value.items() if key not in MAY_DIFFER}
    if isinstance(value, list):
        return [stripped(part) for part in value]
    return value


class SameDecisions(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="sinan-same-"))
        cls.postgres = PostgresServer()
        cls.mariadb = MariadbServer()
        size = [word for pair in zip(("--items", "--locations", "--days"), SIZE) for word in pair]
        make = ["--now", f"{DAYS[0]}T05:00:00Z", "demo", "create"]
        cls.files, cls.servers = cls.scratch / "files", cls.scratch / "servers"
        must(*make, cls.files, *size)
        must(*make, cls.servers, *size, "--postgres", cls.postgres.url, "--mariadb", cls.mariadb.url)

    @classmethod
    def tearDownClass(cls):
        cls.mariadb.stop()
        cls.postgres.stop()
        shutil.rmtree(cls.scratch, ignore_errors=True)

    def proposals(self, directory):
        """Every proposal of the record with its evidence, by kind, topic, item and place, newest last."""
        with sqlite3.connect(directory / ".sinan" / "state.db") as store:
            bodies = [json.loads(row[0]) for row in store.execute("SELECT body FROM audit_records WHERE chain = 'decisions' AND kind = 'proposed' ORDER BY seq")]
        self.assertGreater(len(bodies), 20)
        return [stripped(body) for body in bodies]

    def states(self, directory):
        listed = must("-C", directory, "decisions", "list", "--limit", "100000", "--json").json
        return sorted(json.dumps(stripped(decision), sort_keys=True) for decision in listed)

    def test_servers_and_files_lead_to_the_same_decisions(self):
        for number, day in enumerate(DAYS):
            for directory in (self.files, self.servers):
                if number:
                    must("demo", "advance", directory, "--days", "1")
                must("-C", directory, "--now", f"{day}T05:00:00Z", "run")
            with self.subTest(day=day):
                ours, theirs = self.proposals(self.files), self.proposals(self.servers)
                self.assertEqual(len(ours), len(theirs))
                different = [(a, b) for a, b in zip(ours, theirs) if a != b]
                for a, b in different[:3]:
                    self.assertEqual(a, b)
                self.assertEqual(len(different), 0)
                self.assertEqual(self.states(self.files), self.states(self.servers))
        orders = self.postgres.rows("SELECT count(*), count(DISTINCT decision_key) FROM purchase_orders WHERE decision_key IS NOT NULL")[0]
        with sqlite3.connect(self.files / "data" / "erp.db") as erp:
            written = erp.execute("SELECT count(*) FROM purchase_orders WHERE decision_key IS NOT NULL").fetchone()[0]
        self.assertEqual([str(written)] * 2, orders)


if __name__ == "__main__":
    unittest.main()
