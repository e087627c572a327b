"""The operating cycle on the example company: from rows to approved orders, day after day, never buying twice."""

import collections
import datetime
import sqlite3
import unittest

from company import Company

OPEN = {"proposed", "approved"}


class Cycle(Company):
    def erp_orders(self):
        """Decision keys of the orders that Sinan wrote into the ERP."""
        database = sqlite3.connect(self.dir / "data" / "erp.db")
        with database:
            return [row[0] for row in database.execute("SELECT decision_key FROM purchase_orders WHERE decision_key IS NOT NULL")]

    def test_one_cycle_ends_in_decisions_with_evidence(self):
        self.ok("check")
        self.ok("run")
        decisions = self.decisions()
        self.assertGreater(len(decisions), 5)
        for decision in decisions:
            for key in ("id", "kind", "status", "item_id", "location_id", "supplier_id", "quantity", "unit", "amount", "currency", "verdict", "created_at", "run_id"):
                self.assertIn(key, decision)
            self.assertIsInstance(decision["amount"], str)
        shown = self.ok("decisions", "show", decisions[0]["id"], "--json").json
        self.assertTrue(shown["evidence"])
        self.ok("decisions", "verify")

    def test_automatic_orders_reach_the_erp_once_and_approval_sends_the_others(self):
        self.ok("run")
        executed = [d for d in self.decisions() if d["status"] == "executed" and d["kind"] == "purchase_order"]
        self.assertGreater(len(executed), 0, "the automation boundary lets small orders pass")
        self.assertEqual(len(self.erp_orders()), len(executed))
        waiting = [d for d in self.decisions() if d["status"] == "proposed"]
        self.assertGreater(len(waiting), 0, "larger orders wait for the manager")
        self.ok("decisions", "approve", waiting[0]["id"], "--as", "ben")
        self.assertEqual(len(self.erp_orders()), len(executed) + 1)
        again = self.sinan("decisions", "approve", waiting[0]["id"], "--as", "ben")
        self.assertEqual(again.code, 2, f"approving twice is refused: {again}")
        self.assertEqual(len(self.erp_orders()), len(executed) + 1)

    def test_running_again_at_once_buys_nothing_twice(self):
        self.ok("run")
        before = collections.Counter(self.erp_orders())
        self.ok("run")
        self.assertEqual(collections.Counter(self.erp_orders()), before)
        places = collections.Counter((d["item_id"], d["location_id"]) for d in self.decisions() if d["status"] in OPEN)
        self.assertEqual([place for place, count in places.items() if count > 1], [])

    def test_three_more_days_measure_outcomes(self):
        self.ok("run")
        for _ in range(3):
            self.ok("demo", "advance", self.dir, "--days", "1")
            self.ok("run")
        keys = self.erp_orders()
        self.assertEqual(len(keys), len(set(keys)))
        runs = self.ok("runs", "list", "--json").json
        self.assertEqual(len(runs), 4)
        self.ok("decisions", "verify")

    def test_the_present_is_found_again_when_sales_or_their_view_change(self):
        present = lambda: datetime.datetime.fromisoformat(self.rows("SELECT CAST(now() AS VARCHAR) AS t")[0]["t"])
        self.ok("run")
        first = present()
        view = self.dir / "model" / "sales.sql"
        text = view.read_text()
        view.write_text(f"SELECT * REPLACE (sold_at + INTERVAL 48 HOUR AS sold_at) FROM ({text})")
        self.assertEqual(present() - first, datetime.timedelta(days=2))
        view.write_text(text)
        self.assertEqual(present(), first)
        with self.store() as store:  # what was found is kept: commands do not read all sales each time
            store.execute("UPDATE newest_sale SET sold_at_us = sold_at_us - ?", [86_400_000_000])
        self.assertEqual(first - present(), datetime.timedelta(days=1))
        self.ok("demo", "advance", self.dir, "--days", "1")
        self.ok("run")
        self.assertEqual(present() - first, datetime.timedelta(days=1))

    def test_what_a_run_noted_is_shown_with_it(self):
        self.ok("run")
        self.assertNotIn("notes of", self.ok("runs", "show").out)
        with sqlite3.connect(self.dir / "data" / "erp.db") as erp:
            erp.execute("ALTER TABLE lfa1 ADD COLUMN remark TEXT")
        self.ok("run")
        self.assertIn("\nnotes of sync:\n  erp.lfa1: new column 'remark' text\n", self.ok("runs", "show").out)

    def test_a_dry_run_shows_what_would_be_decided_and_changes_nothing(self):
        self.ok("run", "--dry-run")
        self.assertEqual(self.erp_orders(), [])
        self.assertEqual(self.decisions(), [])
        self.ok("run")
        self.ok("demo", "advance", ".", "--days", "2")

        def kept():
            rows = self.rows("SELECT item_id, location_id, ds, mean, run_id FROM ops.forecasts ORDER BY ALL")
            return rows, self.decisions(), self.erp_orders(), self.rows("SELECT count(*) AS n FROM lake.shop_orders"), self.rows("SELECT count(*) AS n FROM quality.quarantine")

        before = kept()
        trial = self.ok("run", "--dry-run")
        self.assertIn("purchase_order", trial.out)
        self.assertIn("Nothing was changed", trial.err)
        self.assertEqual(kept(), before)
        self.assertEqual([run["dry_run"] for run in self.ok("runs", "list", "--json").json], [True, False, True])
        self.assertEqual([path.name for path in self.dir.glob(".sinan*")], [".sinan"])
        self.assertFalse((self.dir / ".sinan" / "trial").exists(), "the copy of the state is gone")

    def test_who_has_no_permission_sees_no_prices_and_starts_nothing(self):
        self.ok("run")
        waiting = [d["id"] for d in self.decisions() if d["status"] == "proposed"]
        for words in (["report"], ["runs", "list"], ["runs", "show"], ["models", "list"], ["run"], ["decisions", "show", waiting[0]]):
            denied = self.sinan("--as", "dora", *words)
            self.assertEqual(denied.code, 2, f"{words}: {denied}")
            self.assertIn("needs the permission", denied.err)
            self.assertEqual(denied.out, "")
        self.assertEqual(self.ok("--as", "dora", "decisions", "list", "--json").json, [])
        seen = {table["name"]: table for table in self.ok("--as", "dora", "tables", "--json").json}
        self.assertIn("lake.shop_orders", seen)
        self.assertFalse({"ops.sales", "erp.eine", "master.customers"} & set(seen), "what she may not read is not listed")
        self.assertIsNone(seen["lake.shop_orders"]["estimated_rows"], "a number of rows would tell of those that she may not see")
        self.assertEqual(self.sinan("--as", "dora", "tables", "erp.eine").code, 2)
        everything = {table["name"]: table for table in self.ok("tables", "--json").json}
        self.assertLess(set(seen), set(everything))
        self.assertIn({"name": "item_id", "type": "text"}, everything["ops.sales"]["columns"])
        self.assertEqual({d["id"] for d in self.ok("--as", "ben", "decisions", "list", "--status", "proposed", "--json").json}, set(waiting))
        self.assertIn(waiting[0], self.ok("--as", "ben", "decisions", "show", waiting[0]).out)


if __name__ == "__main__":
    unittest.main()
