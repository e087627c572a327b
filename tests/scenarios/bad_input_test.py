"""Bad input: a workspace with twenty mistakes gives twenty good messages in one go, and every command says what was wrong and the way out."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from company import SINAN, sinan

MISTAKES = {
    "sinan.yaml": "name: Acme\ntimezone: Europe/Berln\ncurency: EUR\nport: 99999\nlanguage: german\n",
    "sources/shop.yaml": "kind: fils\n",
    "sources/erp.yaml": "kind: sqlite\npath: data/erp.db\ntables:\n  orderz: {}\n  items: {key: [itemid]}\n  stock: {cursor: changd_at}\n",
    "sources/twice.yaml": "kind: sqlite\nkind: sqlite\npath: data/erp.db\n",
    "sources/open.yaml": "kind: sqlite\npath: [unclosed\n",
    "sources/secret.yaml": "kind: postgres\nconnection: postgresql://sinan:${SINAN_NO_SUCH_VARIABLE}@${SINAN_NO_SUCH_HOST}/erp\n",
    "model/items.sql": "SELECT FROM WHERE\n",
    "model/sales.sql": "SELECT 1 AS item_id\n",
    "model/stock.sql": "SELECT * FROM lake.nowhere_table\n",
    "model/customers.sql": "-- Everybody who bought.\nSELECT item_id AS customer_id,\n  nam AS name\nFROM lake.erp_items\n",
    "model/suppliers.sql": "SELECT item_id AS supplier_ident, name, 'EUR' AS currency FROM erp.items\n",
    "quality/items.yaml": "tables:\n  erp.items:\n    rules:\n      - {rule: not_nul, column: name}\n      - {rule: range, column: price, min: {a: 1}}\n      - {rule: pattern, column: name, matches: '('}\n      - {rule: not_null, column: nam}\n",
    "workflows/cycle.yaml": "steps:\n  - {id: a, task: sync_source}\n  - {id: b, task: check_quality, needs: [c]}\n",
    "policies/people.yaml": "users:\n  anna: {roles: [buyr]}\nroles:\n  buyer: Buys\ntabels: {}\n",
    "policies/automation.yaml": "automation:\n  rules:\n    - {name: big, kinds: [purchase_orders], verdict: forbidden}\n    - {name: any, verdict: approval, role: bayer}\n",
    "plans/inventory.yaml": "kind: inventory\nservice_level: {A: 0.98}\n",
    "forecasts/demand.yaml": "horizon_days: 0\n",
}


class TwentyMistakes(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sinan-mistakes-"))
        for name, text in MISTAKES.items():
            (self.dir / name).parent.mkdir(exist_ok=True)
            (self.dir / name).write_text(text)
        (self.dir / "data").mkdir()
        import sqlite3

        with sqlite3.connect(self.dir / "data" / "erp.db") as database:
            database.execute("CREATE TABLE items (item_id TEXT PRIMARY KEY, name TEXT, price REAL)")
            database.execute("CREATE TABLE stock (item_id TEXT PRIMARY KEY, changed_at TEXT)")

    def tearDown(self):
        shutil.rmtree(self.dir)

    def test_every_mistake_is_reported_at_once_with_its_place_and_the_way_out(self):
        answer = sinan("-C", self.dir, "check", "--json")
        self.assertEqual(answer.code, 1, str(answer))
        found = answer.json
        self.assertGreaterEqual(len(found), 20, answer.out)
        for diagnostic in found:
            self.assertEqual(set(diagnostic), {"file", "line", "column", "code", "message", "hint"})
            self.assertTrue(diagnostic["file"] in MISTAKES, diagnostic)
            self.assertTrue(diagnostic["message"], diagnostic)
        places = {(d["file"], d["line"]) for d in found}
        expected = {
            ("sinan.yaml", 2), ("sinan.yaml", 3), ("sinan.yaml", 4), ("sinan.yaml", 5), ("sources/shop.yaml", 1),
            ("sources/erp.yaml", 4), ("sources/erp.yaml", 5), ("sources/erp.yaml", 6), ("sources/twice.yaml", 2), ("sources/secret.yaml", 2),
            ("model/items.sql", 1), ("model/sales.sql", 1), ("model/stock.sql", 1), ("model/customers.sql", 3), ("model/suppliers.sql", 1), ("quality/items.yaml", 4), ("quality/items.yaml", 5), ("quality/items.yaml", 6), ("quality/items.yaml", 7),
            ("workflows/cycle.yaml", 2), ("workflows/cycle.yaml", 3), ("policies/people.yaml", 2), ("policies/people.yaml", 5), ("policies/automation.yaml", 3), ("policies/automation.yaml", 4), ("plans/inventory.yaml", 2), ("forecasts/demand.yaml", 1),
        }  # fmt: skip
        self.assertEqual(expected - places, set(), answer.out)
        hints = {(d["file"], d["line"]): d["message"] + " " + d["hint"] for d in found}
        columns = {(d["file"], d["line"], d["column"]) for d in found}
        for place in [("sources/secret.yaml", 2, 32), ("sources/secret.yaml", 2, 58), ("model/items.sql", 1, 13), ("model/customers.sql", 3, 3), ("model/stock.sql", 1, 15)]:
            self.assertIn(place, columns, answer.out)
        self.assertIn("export SINAN_NO_SUCH_", hints[("sources/secret.yaml", 2)])
        self.assertIn("nowhere_table", hints[("model/stock.sql", 1)])
        self.assertIn("location_id, sold_at, quantity", hints[("model/sales.sql", 1)])
        self.assertIn('"supplier_ident" AS supplier_id', hints[("model/suppliers.sql", 1)])
        self.assertIn("currency", hints[("sinan.yaml", 3)])
        self.assertIn("files", hints[("sources/shop.yaml", 1)])
        self.assertIn("not_null", hints[("quality/items.yaml", 4)])
        self.assertIn("purchase_order", hints[("policies/automation.yaml", 3)], "a rule that forbids is not disarmed by a slip")
        self.assertIn("did you mean 'buyer'?", hints[("policies/automation.yaml", 4)])
        self.assertIn("stock", hints[("sources/erp.yaml", 4)], "a table that the source lacks lists what it has")

    def test_nothing_runs_in_a_workspace_that_does_not_check(self):
        answer = sinan("-C", self.dir, "run")
        self.assertEqual(answer.code, 2, str(answer))
        self.assertIn("sinan check", answer.err)


class Usage(unittest.TestCase):
    def test_wrong_words_and_places_are_told_with_the_way_out(self):
        for arguments, code, words in [
            (["chekc"], 2, "check"),
            (["decisions", "lst"], 2, "list"),
            (["decisions", "lst", "--help"], 2, "there is no command 'lst'"),
            (["nosuch", "--help"], 2, "there is no command 'nosuch'"),
            (["query", "--hlep"], 2, "there is no option '--hlep'; did you mean '--help'?"),
            (["query", "SELECT * FROM ops.items"], 2, "there is no table 'items' here: without a workspace (sinan.yaml) SQL reads files"),
            (["-C", "/nonexistent-folder", "check"], 2, "sinan init"),
            (["query"], 2, "SQL is missing"),
            (["demo", "create", "a", "b"], 2, "DIR can be given once only, not 2 times\nRun 'sinan demo create --help'"),
            (["demo"], 2, "a command is missing; there are: create, advance"),
            (["decisions", "reject", "x"], 2, "--reason TEXT is missing"),
            (["decisions", "list", "--status", "nope"], 2, "--status takes "),
            (["query", "SELECT 1", "--fromat", "csv"], 2, "did you mean '--format'?"),
            (["query", "SELECT 1", "--format", "xml"], 2, "--format takes table, csv, json or parquet, not 'xml'"),
            (["query", "SELECT 1", "--rows", "-1"], 2, "--rows"),
            (["query", "--format"], 2, "--format needs FORMAT after it"),
            (["version", "x"], 2, "'x' is too much"),
            (["--now", "yesterday", "check"], 2, "--now"),
        ]:
            with self.subTest(arguments=arguments):
                answer = sinan(*arguments, cwd="/")
                self.assertEqual(answer.code, code, str(answer))
                self.assertIn(words, answer.err)


    def test_words_may_come_after_an_option_with_a_value(self):
        with tempfile.TemporaryDirectory() as folder:
            made = sinan("init", "--name", "Acme", "acme", cwd=folder)
            self.assertEqual(made.code, 0, str(made))
            self.assertIn("name: \"Acme\"", (pathlib.Path(folder) / "acme" / "sinan.yaml").read_text())
            answer = sinan("run", "--wait", "1", "cycle", cwd=f"{folder}/acme")
            self.assertIn("there is no model/sales.sql", answer.err)
            self.assertEqual(answer.code, 2, str(answer))

    def test_columns_of_one_name_are_all_in_json(self):
        answer = sinan("query", "SELECT 1 AS a, 2 AS a, 3 AS a_1", "--json", cwd="/")
        self.assertEqual(answer.json, [{"a": 1, "a_2": 2, "a_1": 3}], str(answer))

    def test_messages_that_nobody_reads_stop_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(sinan("init", "acme", cwd=folder).code, 0)
            read, write = os.pipe()
            os.close(read)
            done = subprocess.run([str(SINAN), "check"], cwd=f"{folder}/acme", stdout=subprocess.PIPE, stderr=write)
            os.close(write)
            self.assertEqual(done.returncode, 0)

    def test_the_smallest_example_companies_can_be_made(self):
        with tempfile.TemporaryDirectory() as folder:
            for items, places, seed in ((1, 5, 1), (40, 5, 1), (40, 5, 5)):
                made = sinan("demo", "create", f"{folder}/{items}-{seed}", "--items", items, "--locations", places, "--days", 60, "--seed", seed)
                self.assertEqual(made.code, 0, str(made))


if __name__ == "__main__":
    unittest.main()
