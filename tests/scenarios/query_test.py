"""`sinan query`: where rows go, and what outside of a workspace is refused."""

import csv
import json
import pathlib
import resource
import shutil
import subprocess
import tempfile
import unittest

import company
from company import sinan


class Query(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sinan-query-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        (self.dir / "sales.csv").write_text("item,amount,day\nA,1.50,2026-03-01\n=B,,2026-03-02\n")

    def query(self, *words):
        return sinan("query", *words, cwd=self.dir)

    def test_rows_go_to_a_file_in_the_form_that_its_name_or_the_format_says(self):
        expected = [{"item": "A", "amount": 1.5, "day": "2026-03-01"}, {"item": "=B", "amount": None, "day": "2026-03-02"}]
        for words in (["--output", "out.parquet"], ["--output", "out.json"], ["-o", "out.csv", "--raw"], ["--format", "parquet", "--output", "table"]):
            answer = self.query("SELECT * FROM 'sales.csv'", *words)
            self.assertEqual((answer.code, answer.out), (0, ""), str(answer))
        self.assertEqual(json.loads((self.dir / "out.json").read_text()), expected)
        for file in ("'out.parquet'", "'out.csv'", "read_parquet('table')"):
            self.assertEqual(self.query(f"SELECT * FROM {file}", "--format", "json").json, expected, file)
        self.assertEqual(list(csv.reader((self.dir / "out.csv").read_text().splitlines()))[2], ["=B", "", "2026-03-02"])
        self.assertEqual(self.query("SELECT * FROM 'sales.csv'", "-o", "OUT.CSV").code, 0)
        self.assertEqual(list(csv.reader((self.dir / "OUT.CSV").read_text().splitlines()))[2], ["'=B", "", "2026-03-02"], "no formula for a spreadsheet")
        (self.dir / "OUT.CSV").unlink()
        self.assertEqual(sorted(path.name for path in self.dir.iterdir()), ["out.csv", "out.json", "out.parquet", "sales.csv", "table"], "nothing is left behind")

    def test_a_file_is_there_as_a_whole_or_as_it_was(self):
        (self.dir / "out.csv").write_text("as it was\n")
        for name, sql in (("out.csv", "SELECT CAST(item AS INTEGER) FROM 'sales.csv'"), ("out.parquet", "SELECT error('in the middle') FROM 'sales.csv'")):
            self.assertEqual(self.query(sql, "--output", name).code, 2)
        for place in ("nowhere/out.csv", "nowhere/out.parquet", "/dev/null"):
            answer = self.query("SELECT 1", "--format", pathlib.Path(place).suffix[1:] or "csv", "--output", place)
            self.assertEqual(answer.code, 2)
            self.assertIn(place, answer.err)
        for name in ("out.csv", "out.parquet"):
            done = subprocess.run(
                [str(company.SINAN), "query", "SELECT range, hash(range) FROM range(200000)", "--output", name],
                cwd=self.dir, capture_output=True, text=True, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
            )  # fmt: skip
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertRegex(done.stderr, "disk|space")
        self.assertEqual((self.dir / "out.csv").read_text(), "as it was\n")
        self.assertEqual(sorted(path.name for path in self.dir.iterdir()), ["out.csv", "sales.csv"])

    def test_parquet_needs_a_file(self):
        answer = self.query("SELECT 1", "--format", "parquet")
        self.assertEqual(answer.code, 2)
        self.assertIn("--output", answer.err)

    def test_a_name_that_does_not_say_the_form_needs_one(self):
        answer = self.query("SELECT 1", "--output", "rows")
        self.assertEqual(answer.code, 2)
        self.assertRegex(answer.err, "rows: .*--format")
        self.assertEqual([path.name for path in self.dir.iterdir()], ["sales.csv"])

    def test_what_is_no_single_select_is_refused_and_copy_is_told_the_way_out(self):
        for sql in ("COPY (SELECT 1) TO 'x.csv'", " copy 'sales.csv' to 'x.parquet'", "SELECT 1; COPY (SELECT 1) TO 'x.csv'", "ATTACH 'x.db'", "CREATE TABLE t (a INT)", "SET threads = 1", "EXPORT DATABASE 'x'"):
            answer = self.query(sql)
            self.assertEqual(answer.code, 2, f"{sql}: {answer}")
            self.assertIn("only one SELECT", answer.err)
            if sql.strip().lower().startswith("copy"):
                self.assertIn("--format csv, json or parquet with --output FILE", answer.err)
        self.assertEqual([path.name for path in self.dir.iterdir()], ["sales.csv"])
        for sql in ("FROM 'sales.csv'", "DESCRIBE SELECT * FROM 'sales.csv'", "SUMMARIZE FROM 'sales.csv'", "WITH t AS (FROM 'sales.csv') SELECT count(*) FROM t"):
            self.assertEqual(self.query(sql).code, 0, sql)

    def test_a_csv_file_that_is_cut_inside_a_quote_is_told_with_its_line(self):
        for name, text, line in (
            ("two.csv", 'a,b\n1,"cut', 2),
            ("lines.csv", 'a,b,c\n1,x,2\n2,"cut\ninside,3\n', 3),
            ("long.csv", "a,b\n" + "".join(f'{i},"x{i}"\n' for i in range(3000)) + '1,"cut\n', 3002),
        ):
            (self.dir / name).write_text(text)
            for sql in (f"SELECT * FROM '{name}'", f"SELECT count(*) FROM read_csv('{name}') JOIN 'sales.csv' ON true"):
                answer = self.query(sql)
                self.assertEqual(answer.code, 2, f"{sql}: {answer}")
                self.assertIn(f"{name}:{line}: a quote", answer.err)
        (self.dir / "forecast.csv").write_text("unique_id,ds,y\n" + "".join(f"A,2026-01-{day},{day}\n" for day in range(10, 30)) + '"A,2026-01-30,1\n')
        answer = sinan("forecast", "--input", "forecast.csv", "--horizon", "2", cwd=self.dir)
        self.assertEqual(answer.code, 2, str(answer))
        self.assertIn("forecast.csv:22: a quote", answer.err)
        for text in ('a,b\n1,5" pipe\n', 'a,b\n1,"Super" glue\n', 'a,b\n1,"two\nlines"\n', 'a,b\n1,"said ""yes"""\n'):
            (self.dir / "good.csv").write_text(text)
            self.assertEqual(self.query("SELECT * FROM 'good.csv'").code, 0, text)


if __name__ == "__main__":
    unittest.main()
