"""`sinan forecast --plot`: the pictures as a stranger gets them, and what is said when they cannot be made."""

import json
import math
import os
import pathlib
import shutil
import tempfile
import unittest
import xml.etree.ElementTree as xml

from company import sinan

SVG = "{http://www.w3.org/2000/svg}"
IDS = ["../up", "</text><script>alert(1)</script>", "M1", "m1", "a&b", "one", "zero", "长" * 50]


def rows_of(series, values):
    quoted = '"' + series.replace('"', '""') + '"'
    return [f"{quoted},{2015 + i // 12}-{i % 12 + 1:02}-01,{value}" for i, value in enumerate(values)]


class Pictures(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sinan-plot-"))
        rows = ["unique_id,ds,y"]
        for series in IDS:
            values = {"one": [5], "zero": [0] * 48}.get(series, [100 + i % 12 for i in range(120)])
            rows += rows_of(series, values)
        (self.dir / "in.csv").write_text("\n".join(rows) + "\n")

    def tearDown(self):
        shutil.rmtree(self.dir)

    def forecast(self, *more, horizon=6):
        return sinan("-C", self.dir, "forecast", "--input", "in.csv", "--season", "12", "--horizon", horizon, "--output", "f.csv", *more)

    def pictures(self, folder="pictures"):
        return {path.name: xml.parse(path).getroot() for path in (self.dir / folder).glob("*.svg")}

    def test_six_series_spread_over_the_file_and_a_page(self):
        answer = self.forecast("--quantiles", "0.1,0.9", "--plot", "pictures")
        self.assertEqual(answer.code, 0, str(answer))
        self.assertEqual(len(self.pictures()), 6)
        self.assertIn("_.._up.svg", self.pictures())
        self.assertEqual(sorted(path.name for path in self.dir.iterdir()), ["f.csv", "in.csv", "pictures"])
        page = (self.dir / "pictures" / "index.html").read_text()
        for foreign in ["<script", "http:", "https:", "src=", "url("]:
            self.assertNotIn(foreign, page)
        self.assertEqual(page.count("<figure>"), 6)

    def test_chosen_series_have_their_points_and_their_band(self):
        chosen = [word for series in IDS for word in ("--plot-series", series)]
        answer = self.forecast("--quantiles", "0.1,0.9", "--plot", "pictures", *chosen)
        self.assertEqual(answer.code, 0, str(answer))
        pictures = self.pictures()
        self.assertEqual(len(pictures), len(IDS))
        titles = set()
        for name, root in pictures.items():
            titles |= {text.text for text in root.iter(SVG + "text") if text.get("class") == "title"}
            paths = {path.get("class"): path.get("d") for path in root.iter(SVG + "path")}
            self.assertEqual(set(paths), {"actual", "median", "band"}, name)
            expected = {"one.svg": 1, "zero.svg": 48}.get(name, 60)
            self.assertEqual(paths["actual"].count("M") + paths["actual"].count("L"), expected, name)
        self.assertEqual({t for t in titles if "长" not in t}, set(IDS[:-1]))

    def test_backtests_show_each_origin_beside_what_came(self):
        answer = self.forecast("--quantiles", "0.1,0.9", "--backtest", 3, "--step", 6, "--plot", "pictures", "--plot-series", "M1")
        self.assertEqual(answer.code, 0, str(answer))
        paths = [path.get("class") for path in self.pictures()["M1.svg"].iter(SVG + "path")]
        self.assertEqual((paths.count("band"), paths.count("median"), paths.count("actual")), (3, 3, 1))

    def test_json_is_for_programs_whatever_is_asked_for(self):
        rows = sinan("-C", self.dir, "forecast", "--input", "in.csv", "--season", "12", "--horizon", 2, "--json")
        self.assertEqual(rows.code, 0, str(rows))
        table = sinan("-C", self.dir, "forecast", "--input", "in.csv", "--season", "12", "--horizon", 2)
        self.assertEqual(table.out.splitlines()[0], ",".join(rows.json[0]))
        self.assertEqual([row["unique_id"] for row in rows.json], [series for series in IDS for _ in range(2)])
        self.assertTrue(all(math.isfinite(row["yhat"]) for row in rows.json))
        report = self.forecast("--json")
        self.assertEqual(report.code, 0, str(report))
        self.assertEqual((report.json["series"], report.json["frequency"], report.json["rows_written"]), (8, "monthly", 48))
        self.assertTrue(self.forecast("--json", "--explain", "M1").json["series"])

    def test_times_of_a_parquet_file_stay_times(self):
        query = """SELECT 'a' AS unique_id, {} AS ds, (t % 5)::DOUBLE AS y FROM range(40) r(t)"""
        for ds, kind in [("t", "BIGINT"), ("DATE '2026-01-01' + t::INT", "DATE"), ("TIMESTAMP '2026-01-01 00:00:00' + t * INTERVAL 1 HOUR", "TIMESTAMP")]:
            made = sinan("-C", self.dir, "query", "--no-workspace", query.format(ds), "--output", "in.parquet")
            self.assertEqual(made.code, 0, str(made))
            answer = sinan("-C", self.dir, "forecast", "--input", "in.parquet", "--horizon", 3, "--backtest", 1, "--output", "f.parquet")
            self.assertEqual(answer.code, 0, str(answer))
            types = sinan("-C", self.dir, "query", "--no-workspace", "--format", "json",
                          f"SELECT DISTINCT typeof(ds) AS ds, typeof(cutoff) AS cutoff FROM '{self.dir}/f.parquet'")
            self.assertEqual([(row["ds"], row["cutoff"]) for row in types.json], [(kind, kind)], str(types))

    def test_files_that_are_no_table_of_series_are_refused_in_words_of_their_own(self):
        long = "".join(f"a,2026-01-{day:02},{day},{day}\n" for day in range(1, 31))
        (self.dir / "twice.csv").write_text("unique_id,ds,y,Y\n" + long)
        (self.dir / "price.csv").write_text("unique_id,ds,y,price\n" + long)
        (self.dir / "prices.csv").write_text("unique_id,ds,price,price\na,2026-01-31,1,1\n")
        (self.dir / "slip.csv").write_text("unique_id,ds,price\na,2026-01-31,1\na,2026-02-30,1\n")
        (self.dir / "no.parquet").write_text("unique_id,ds,y\n" + long)
        os.mkfifo(self.dir / "pipe")
        for arguments, says in [
            (["twice.csv"], "two columns are called 'Y'"),
            (["price.csv", "--future", "prices.csv"], "two columns are called 'price'"),
            (["price.csv", "--future", "slip.csv"], "slip.csv, series a, row 2"),
            (["no.parquet"], "no whole Parquet file"),
            (["*.tsv"], "no file has a name like this"),
            (["pipe"], "write it to a file first"),
            (["price.csv", "--holidays", "none,western"], "--holidays none"),
        ]:
            answer = sinan("-C", self.dir, "forecast", "--horizon", 2, "--input", *arguments)
            self.assertEqual(answer.code, 2, f"{arguments}: {answer}")
            self.assertIn(says, answer.err, arguments)
            self.assertEqual(answer.out, "", arguments)

    def test_bad_uses_say_what_was_wrong_and_write_nothing(self):
        (self.dir / "file").write_text("mine")
        (self.dir / "site").mkdir()
        (self.dir / "site" / "index.html").write_text("<h1>mine</h1>")
        for arguments, says in [
            (["--plot", "file"], "this is a file"),
            (["--plot", "file/under"], "a folder that can be written"),
            (["--plot", "/proc/sinan"], "a folder that can be written"),
            (["--plot", "site"], "index.html"),
            (["--plot", ""], "folder"),
            (["--plot", "p", "--plot-series", "M9"], "'M9'"),
            (["--plot", "p", "--cumulative"], "--cumulative"),
            (["--plot-series", "M1"], "--plot DIR"),
        ]:
            answer = self.forecast(*arguments)
            self.assertEqual(answer.code, 2, f"{arguments}: {answer}")
            self.assertIn(says, answer.err, arguments)
            self.assertFalse((self.dir / "f.csv").exists(), arguments)
            self.assertFalse((self.dir / "p").exists(), arguments)
        self.assertEqual((self.dir / "site" / "index.html").read_text(), "<h1>mine</h1>")
        answer = self.forecast("--quantiles", "0.5,0.9", "--plot", "pictures")
        self.assertEqual(answer.code, 0, str(answer))
        self.assertIn("no band", answer.err)


class Drivers(unittest.TestCase):
    """Prices that are known ahead: used, explained, and refused where they are wrong."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sinan-drivers-"))
        past, ahead = ["unique_id,ds,y,price,shop"], ["unique_id,ds,price"]
        for item in range(30):
            for week in range(1, 91):
                price = 1 + (item * 7 + week * week * 3) % 11 / 10
                sold = round((20 + item) * price ** -2.5 * (1 + (item + week * 5) % 7 / 50), 3)
                if week <= 84:
                    past.append(f"i{item},{week},{sold},{price},{'north' if item % 2 else 'south'}")
                else:
                    ahead.append(f"i{item},{week},{price}")
        (self.dir / "in.csv").write_text("\n".join(past) + "\n")
        (self.dir / "ahead.csv").write_text("\n".join(ahead) + "\n")

    def tearDown(self):
        shutil.rmtree(self.dir)

    def forecast(self, *more):
        return sinan("-C", self.dir, "forecast", "--input", "in.csv", "--season", "1", "--horizon", "6", *more)

    def test_what_was_used_is_said(self):
        answer = self.forecast("--future", "ahead.csv", "--output", "f.csv")
        self.assertEqual(answer.code, 0, str(answer))
        self.assertIn("Drivers: price, shop; trees that learn from them make", answer.err)
        rows = (self.dir / "f.csv").read_text().splitlines()
        self.assertEqual(len(rows), 1 + 30 * 6)
        without = self.forecast("--no-drivers")
        self.assertNotIn("Drivers", without.err)
        self.assertIn("trees", rows[1])
        self.assertNotIn("trees", without.out)

    def test_sums_know_what_prices_do_to_their_parts(self):
        # Everything is at its lowest price: no sum has seen that before.
        rows = [f"i{item},{week},1" for item in range(30) for week in range(85, 91)]
        (self.dir / "sale.csv").write_text("\n".join(["unique_id,ds,price", *rows]) + "\n")

        def forecast(*more):
            answer = self.forecast("--future", "sale.csv", "--json", *more)
            self.assertEqual(answer.code, 0, str(answer))
            return {(row["unique_id"], row["ds"]): row["yhat"] for row in answer.json if row.get("periods", 1) == 1}

        alone = forecast()
        total = sum(alone.values())
        for more in (["--hierarchy", "shop"], ["--aggregate", "2"], ["--hierarchy", "shop", "--aggregate", "3"]):
            together = forecast(*more)
            moved = sum(abs(together[key] - alone[key]) for key in alone)
            self.assertLess(moved / total, 0.04, more)

    def test_a_backtest_sees_what_is_named(self):
        def error(*more):
            answer = self.forecast("--backtest", "2", "--step", "6", *more)
            self.assertEqual(answer.code, 0, str(answer))
            rows = [line.split(",") for line in answer.out.splitlines()[1:]]
            return sum(abs(float(row[3]) - float(row[4])) for row in rows) / sum(float(row[3]) for row in rows)
        self.assertLess(error("--known", "price"), 0.5 * error())

    def test_an_explanation_leads_to_the_forecast(self):
        answer = self.forecast("--future", "ahead.csv", "--explain", "i3", "--json")
        self.assertEqual(answer.code, 0, str(answer))
        why = json.loads(answer.out)
        self.assertEqual((why["series"], len(why["steps"])), ("i3", 6))
        for step in why["steps"]:
            trees = step["trees"]
            self.assertAlmostEqual(trees["expected"] + sum(e["score"] for e in trees["effects"]), trees["score"], 9)
            forecast = trees["unit"] * math.sinh(trees["score"] + trees["centre"])
            pooled = step.get("pooled_regression", {"share": 0, "forecast": 0})
            models = (1 - pooled["share"]) * step["pool"] + pooled["share"] * pooled["forecast"]
            self.assertAlmostEqual((1 - trees["share"]) * models + trees["share"] * forecast, step["yhat"], 3)
        text = self.forecast("--future", "ahead.csv", "--explain", "i3").out
        self.assertIn("price = ", text)
        self.assertIn("Most like 85 were", text)

    def test_events_are_texts_in_two_languages_about_all_or_some_series(self):
        (self.dir / "events.csv").write_text("ds,text,shop\n" + "".join(
            f"{week},{'Strike at the port' if week % 2 else '港口罢工'},{'south' if week % 3 else ''}\n" for week in range(1, 84)))
        answer = self.forecast("--events", "events.csv", "--backtest", "1", "--threads", "1")
        self.assertEqual(answer.code, 0, str(answer))
        self.assertIn("83 events", answer.err)

    def test_mistakes_name_their_place(self):
        (self.dir / "no-text.csv").write_text("ds,words\n1,x\n")
        (self.dir / "no-column.csv").write_text("ds,text,shopp\n1,x,south\n")
        (self.dir / "broken.csv").write_bytes(b"ds,text\n1,caf\xe9\n")
        for options, words in [
            (["--events", "no-text.csv"], ["no-text.csv: the column 'text' is missing"]),
            (["--events", "no-column.csv"], ["did you mean 'shop'"]),
            (["--events", "broken.csv"], ["broken.csv"]),
            (["--events", "no-text.csv", "--no-drivers"], ["--no-drivers"]),
            (["--future", "none.csv"], ["none.csv: there is no such file"]),
            (["--future", "ahead.csv", "--backtest", "2"], ["--known"]),
            (["--known", "price"], ["--future"]),
            (["--static", "price"], ["--static names 'price'", "series i0"]),
            (["--static", "shopp"], ["did you mean 'shop'"]),
            (["--explain", "i99"], ["no series 'i99'"]),
            (["--explain", "i1", "--backtest", "1"], ["--explain"]),
        ]:
            answer = self.forecast(*options)
            self.assertEqual(answer.code, 2, f"{options}: {answer}")
            for word in words:
                self.assertIn(word, answer.err)


if __name__ == "__main__":
    unittest.main()
