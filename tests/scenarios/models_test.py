"""The life of a forecast model on the example company: registered, scored, challenged, replaced by decision, and none of it lost in a crash."""

import json
import shutil
import sqlite3
import unittest

from company import Company, sinan

# The method in use knows only the last value; one challenger is the usual pool, the other the same as what is in use by another name.
CONTEST = """kind: demand
horizon_days: 28
seasons: [7]
models: [naive]
drivers: false
challengers:
  - {name: pool, models: [theta, ets, damped_trend, seasonal_naive, ses]}
  - {name: twin, models: [naive]}
contest: {min_days: 7}
"""


class Models(Company):
    def configure(self, text):
        (self.dir / "forecasts" / "demand.yaml").write_text(text)
        self.ok("check")

    def pass_days(self, days):
        self.ok("demo", "advance", self.dir, "--days", str(days))
        self.ok("run")

    def models(self):
        return {card["name"]: card for card in self.ok("models", "list", "--json").json}

    def changes(self, kind="model_change"):
        return [d for d in self.decisions() if d["kind"] == kind]

    def test_every_forecast_names_a_version_that_is_registered_once(self):
        self.ok("run")
        first = self.models()["default"]
        self.assertEqual(first["role"], "champion")
        self.assertEqual([row["model_version"] for row in self.rows("SELECT DISTINCT model_version FROM ops.forecasts")], [first["version"]])
        classes = {row["class"]: row for row in self.rows("SELECT * FROM ops.model_metrics")}
        self.assertIn("all", classes)
        self.assertGreater(classes["all"]["points"], 1000)
        self.assertGreater(classes["all"]["mase"], 0)
        registered = self.rows("SELECT * FROM ops.model_versions")
        self.assertEqual(len(registered), 1)
        # What it learnt from can be read again: the lake at that version has the same series and their days.
        self.assertEqual(registered[0]["series"], self.rows("SELECT count(DISTINCT (item_id, location_id)) AS n FROM ops.forecasts")[0]["n"])
        self.assertRegex(registered[0]["data_hash"], "^[0-9a-f]{64}$")
        self.pass_days(2)
        self.assertEqual(len(self.rows("SELECT * FROM ops.model_versions")), 1, "the same configuration is the same version")
        again = self.models()["default"]
        self.assertEqual(again["version"], first["version"])
        self.assertEqual(again["runs"], 2)
        self.assertGreater(again["realised"]["all"]["points"], 50)
        self.assertEqual(self.sinan("query", "SELECT 1 FROM ops.challenger_forecasts").code, 2, "without a challenger there is no such table")
        shown = self.ok("models", "show", first["version"][:6]).out
        self.assertIn(first["version"], shown)
        # Another horizon is another version; the old one stays on record.
        self.configure("kind: demand\nhorizon_days: 30\nseasons: [7]\n")
        self.ok("run")
        self.assertEqual(len(self.rows("SELECT * FROM ops.model_versions")), 2)
        self.assertEqual([row["model_version"] != first["version"] for row in self.rows("SELECT DISTINCT model_version FROM ops.forecasts")], [True])

    def test_sums_add_up_day_by_day_until_nobody_asks_for_them(self):
        self.configure("kind: demand\nhorizon_days: 28\nhierarchy: [category, category*location_id]\n")
        self.ok("run")
        both = self.rows("""
            WITH parts AS (SELECT i.category, f.location_id, f.ds, f.mean FROM ops.forecasts f JOIN ops.items i USING (item_id)),
            expected AS (
              SELECT 'total' AS name, ds, sum(mean) AS mean FROM parts GROUP BY ALL
              UNION ALL SELECT 'category=' || category, ds, sum(mean) FROM parts GROUP BY ALL
              UNION ALL SELECT 'category=' || category || ', location_id=' || location_id, ds, sum(mean) FROM parts GROUP BY ALL)
            SELECT s.level, s.mean, e.mean AS expected, s.q10 <= s.yhat AND s.yhat <= s.q90 AS ordered
            FROM ops.forecast_sums s JOIN expected e USING (name, ds) WHERE s.horizon > 1""")
        self.assertGreater(len(both), 28 * 5)
        self.assertEqual({row["level"] for row in both}, {"total", "category", "category*location_id"})
        # On the first day a place further east has sold already, and has no forecast.
        self.assertEqual(len(both), self.rows("SELECT count(*) AS n FROM ops.forecast_sums WHERE horizon > 1")[0]["n"])
        for row in both:
            self.assertAlmostEqual(row["mean"], row["expected"], delta=1e-6 * (1 + row["expected"]))
            self.assertTrue(row["ordered"])
        self.assertIn("+ wls", self.rows("SELECT max(model) AS model FROM ops.forecasts WHERE class = 'smooth'")[0]["model"])
        self.assertIn("hierarchy", self.ok("models", "list", "--json").out + str(self.rows("SELECT parameters FROM ops.model_versions")))
        self.configure("kind: demand\nhorizon_days: 28\n")
        self.ok("run")
        self.assertEqual(self.rows("SELECT count(*) AS n FROM ops.forecast_sums")[0]["n"], 0)
        self.assertEqual(len(self.rows("SELECT * FROM ops.model_versions")), 2, "forecasts that add up are another method")

    def test_levels_that_mean_nothing_are_named(self):
        (self.dir / "forecasts" / "demand.yaml").write_text("kind: demand\nhierarchy: [category, category, total, 'a**b']\n")
        found = self.sinan("check", "--json")
        self.assertEqual(found.code, 1)
        codes = [(m["line"], m["code"]) for m in found.json if m["file"] == "forecasts/demand.yaml"]
        self.assertEqual(codes, [(2, "duplicate_name"), (2, "duplicate_name"), (2, "invalid_value")], found.out)
        (self.dir / "forecasts" / "demand.yaml").write_text("kind: demand\nhierarchy: [category, colour]\n")
        found = self.sinan("check", "--json")
        self.assertEqual([(m["line"], m["column"], m["code"]) for m in found.json], [(2, 23, "unknown_column")], found.out)
        answer = self.sinan("run")
        self.assertEqual(answer.code, 2, str(answer))
        self.assertIn("neither ops.items nor ops.locations has a column 'colour'; they have item_id", answer.out + answer.err)

    def test_a_forecast_without_sales_is_a_mistake(self):
        (self.dir / "model" / "sales.sql").unlink()
        found = self.sinan("check", "--json")
        self.assertEqual(found.code, 1)
        self.assertIn(("forecasts/demand.yaml", "unknown_table"), [(m["file"], m["code"]) for m in found.json], found.out)

    def warm(self):
        steps = self.ok("runs", "show", "latest", "--json").json["steps"]
        return next(step["output"]["warm"] for step in steps if step["id"] == "forecast")

    def forecasts(self):
        return self.rows("SELECT * EXCLUDE (run_id) FROM ops.forecasts ORDER BY item_id, location_id, ds")

    def test_a_night_goes_on_from_what_the_night_before_learnt_and_a_replay_of_it_gives_the_same(self):
        self.ok("run")
        first = self.warm()
        self.assertEqual((first["unchanged"], first["grown"]), (0, 0))
        self.assertIn("first time", first["cold"])
        self.ok("demo", "advance", self.dir, "--days", "1")
        twin = self.home / "twin"
        shutil.copytree(self.dir, twin)
        self.ok("run")
        second = self.warm()
        self.assertEqual(second["cold"], "")
        self.assertGreater(second["grown"], second["learnt"])
        ours = self.forecasts()
        replay = sinan("-C", twin, "run")
        self.assertEqual(replay.code, 0, str(replay))
        theirs = sinan("-C", twin, "query", "SELECT * EXCLUDE (run_id) FROM ops.forecasts ORDER BY item_id, location_id, ds", "--format", "json").json
        self.assertEqual(ours, theirs)
        # The same day once more: no history has changed since.
        self.ok("run")
        self.assertEqual(self.forecasts(), ours)
        self.pass_days(6)
        self.assertIn("on schedule", self.warm()["cold"])

    def test_states_that_are_damaged_cost_time_and_no_forecast(self):
        self.ok("run")
        for file in (self.dir / ".sinan" / "lake").rglob("*"):
            if file.is_file() and "forecast_states" in str(file):
                file.write_bytes(b"no parquet")
        self.pass_days(1)
        self.assertIn("cannot be read", self.warm()["cold"])
        self.assertGreater(len(self.forecasts()), 0)
        self.pass_days(1)
        self.assertEqual(self.warm()["cold"], "")

    def test_scores_are_what_forecasts_and_sales_say(self):
        self.ok("run")
        with sqlite3.connect(self.dir / ".sinan" / "state.db") as store:
            origin = store.execute("SELECT origin FROM model_runs").fetchone()[0]
        forecasts = {(r["item_id"], r["location_id"], r["ds"]): r["yhat"] for r in self.rows(f"SELECT item_id, location_id, ds, yhat FROM ops.forecasts WHERE ds > DATE '{origin}' AND ds <= DATE '{origin}' + 4")}
        self.assertGreater(len(forecasts), 200)
        self.pass_days(4)
        scored = self.rows("SELECT day, CAST(sum(points) AS BIGINT) AS points, sum(error) AS error, sum(sold) AS sold FROM ops.model_scores GROUP BY day ORDER BY day")
        self.assertGreaterEqual(len(scored), 3)
        # By hand, from sales by local day, without days on which stock ran out and items that are gone.
        sql = """SELECT s.item_id, s.location_id, CAST(timezone(coalesce(l.timezone, 'Europe/Berlin'), timezone('UTC', s.sold_at)) AS DATE) AS day,
                 greatest(sum(s.quantity), 0) AS sold, bool_or(coalesce(s.lost_sales, false)) AS lost
                 FROM ops.sales s LEFT JOIN ops.locations l USING (location_id) GROUP BY ALL"""
        sold = {(r["item_id"], r["location_id"], r["day"]): r for r in self.rows(sql)}
        active = {(r["item_id"], r["location_id"]) for r in self.rows("SELECT DISTINCT item_id, location_id FROM ops.forecasts")}
        for row in scored:
            error = points = units = 0
            for (item, place, ds), yhat in forecasts.items():
                if ds != row["day"] or (item, place) not in active:
                    continue
                actual = sold.get((item, place, ds))
                if actual and actual["lost"]:
                    continue
                y = float(actual["sold"]) if actual else 0.0
                error, points, units = error + abs(y - yhat), points + 1, units + y
            self.assertEqual(row["points"], points, row)
            self.assertAlmostEqual(row["sold"], units, places=4)
            self.assertAlmostEqual(row["error"], error, places=3)

    def test_a_better_challenger_is_proposed_and_takes_over_when_somebody_approves(self):
        self.configure(CONTEST)
        self.ok("run")
        cards = self.models()
        self.assertEqual({name: card["role"] for name, card in cards.items()}, {"default": "champion", "pool": "challenger"}, "a twin forecasts once")
        self.assertEqual(self.changes(), [], "nothing is known yet")
        self.pass_days(8)
        self.assertEqual(len(self.changes()), 1)
        change = self.changes()[0]
        self.assertEqual(change["status"], "proposed")
        shown = self.ok("decisions", "show", change["id"], "--json").json
        self.assertEqual(shown["evidence"]["model_version"], cards["pool"]["version"])
        test = shown["evidence"]["inputs"]["test"]
        self.assertEqual(test["days"], 7)
        self.assertLess(test["challenger_loss"], test["champion_loss"])
        self.assertLess(test["p"], test["needed"])
        self.pass_days(1)
        self.assertEqual(len(self.changes()), 1, "what waits is not proposed again")
        compared = self.ok("models", "compare", "default", "pool", "--json").json
        self.assertEqual(compared["next_test_at_days"], 14)
        self.assertEqual(self.rows("SELECT count(DISTINCT points) AS n FROM (SELECT day, lead, model_version, sum(points) AS points FROM ops.model_scores GROUP BY ALL) GROUP BY day, lead ORDER BY n DESC")[0]["n"], 1, "both are scored on the same rows")
        denied = self.sinan("decisions", "approve", change["id"], "--as", "anna")
        self.assertNotEqual(denied.code, 0)
        self.ok("decisions", "approve", change["id"], "--as", "ben")
        self.assertEqual(self.models()["pool"]["role"], "next")
        self.pass_days(1)
        self.assertEqual({name: card["role"] for name, card in self.models().items()}, {"default": "challenger", "pool": "champion"})
        self.assertEqual([r["model_version"] for r in self.rows("SELECT DISTINCT model_version FROM ops.forecasts")], [cards["pool"]["version"]])
        self.assertEqual([r["model_version"] for r in self.rows("SELECT DISTINCT model_version FROM ops.challenger_forecasts")], [cards["default"]["version"]])
        self.pass_days(1)
        self.assertEqual(len(self.changes()), 1, "the loser does not come back")
        self.configure("kind: demand\nhorizon_days: 28\nseasons: [7]\nmodels: [naive]\ndrivers: false\n")
        self.ok("run")
        self.assertEqual({card["version"]: card["role"] for card in self.models().values()}[cards["default"]["version"]], "champion", "the winner is configured no more")
        self.assertEqual(self.rows("SELECT * FROM ops.challenger_forecasts"), [])
        self.ok("decisions", "verify")

    def test_a_version_goes_by_the_name_that_the_workspace_gives_it_now(self):
        flat = "kind: demand\ndrivers: false\nmodels: [naive]\nchallengers: [{name: %s, models: [ses]}]\n"
        self.configure(flat % "flat")
        self.ok("run")
        version = self.models()["flat"]["version"]
        self.configure(flat % "level")
        self.ok("run")
        self.assertEqual({name: card["role"] for name, card in self.models().items()}, {"default": "champion", "level": "challenger"})
        self.assertEqual(self.models()["level"]["version"], version)
        self.assertEqual(self.ok("models", "compare", "default", "level", "--json").json["second"]["version"], version)
        self.assertEqual({row["name"] for row in self.rows("SELECT name FROM ops.model_versions")}, {"default", "level"})
        # What challenged is what is configured now, and the other way round.
        self.configure("kind: demand\ndrivers: false\nmodels: [ses]\nchallengers: [{name: last, models: [naive]}]\n")
        self.ok("run")
        self.assertEqual({name: card["role"] for name, card in self.models().items()}, {"default": "champion", "last": "challenger"})
        self.assertEqual(self.models()["default"]["version"], version)
        self.assertEqual(self.ok("models", "show", "default", "--json").json["version"], version)
        # A version that is used no more keeps its last name, and the one in use comes first.
        self.configure("kind: demand\ndrivers: false\nmodels: [theta]\n")
        self.ok("run")
        self.assertEqual(self.ok("models", "show", "default", "--json").json["role"], "champion")
        self.ok("models", "verify")

    def test_a_rejected_challenger_waits_for_the_next_test(self):
        self.configure(CONTEST)
        self.ok("run")
        self.pass_days(8)
        self.ok("decisions", "reject", self.changes()[0]["id"], "--reason", "not before the holidays", "--as", "ben")
        self.pass_days(1)
        self.assertEqual([d["status"] for d in self.changes()], ["rejected"])
        self.pass_days(7)
        self.assertEqual(sorted(d["status"] for d in self.changes()), ["proposed", "rejected"])

    def test_drift_is_said_in_the_report_and_a_person_has_the_model_measured_anew(self):
        self.ok("run")
        before = self.rows("SELECT CAST(min(ds) AS VARCHAR) AS day FROM ops.forecasts")[0]["day"]
        self.ok("demo", "advance", self.dir, "--days", "8")
        # Everything sells six times as much from one day to the next.
        with sqlite3.connect(self.dir / "data" / "erp.db") as erp:
            changed = erp.execute("UPDATE lips SET lfimg = lfimg * 6 WHERE budat > ? AND lfimg BETWEEN 1 AND 100", (before,)).rowcount
        self.assertGreater(changed, 30)
        self.ok("run")
        card = self.models()["default"]
        self.assertGreater(len(card["alarms"]), 0)
        alarm = card["alarms"][0]
        self.assertGreater(alarm["now"], alarm["usual"])
        self.assertLess(alarm["bias"], 0)
        self.assertGreaterEqual(alarm["since"], before)
        reviews = self.changes("model_review")
        self.assertEqual([d["status"] for d in reviews], ["proposed"])
        page = max((self.dir / ".sinan" / "reports").glob("*.html")).read_text()
        for words in ("Forecasts have become worse", "预测比测量时变差了", f"sinan decisions approve {reviews[0]['id']}"):
            self.assertIn(words, page)
        self.pass_days(1)
        self.assertEqual(len(self.changes("model_review")), 1, "what waits is not proposed again")
        self.ok("decisions", "approve", reviews[0]["id"], "--as", "ben")
        self.pass_days(1)
        card = self.models()["default"]
        self.assertEqual(card["measurements"], 2)
        self.assertFalse(card["measure_again"])
        self.assertEqual(self.rows("SELECT measurements FROM ops.model_versions")[0]["measurements"], 2)
        page = max((self.dir / ".sinan" / "reports").glob("*.html")).read_text()
        self.assertNotIn("Forecasts have become worse", page)

    def test_a_forecast_that_is_killed_anywhere_leaves_no_half_of_a_run(self):
        self.configure(CONTEST)
        self.ok("run")
        self.ok("demo", "advance", self.dir, "--days", "8")
        twin = self.home / "undisturbed"
        shutil.copytree(self.dir, twin)
        killed = 0
        for point in ("lake.stage.mid_file", "lake.commit.before_store", "lake.commit.after_store", "audit.transact.head_announced", "audit.transact.committed", "store.transact.before_commit:20", "store.transact.before_commit:22", "store.transact.after_commit:21"):
            killed += self.run_killed("run", env={"SINAN_KILL_POINT": point})
            with self.store() as store:
                runs = [row[0] for row in store.execute("SELECT lake_version FROM model_runs")]
                self.assertEqual(len(runs), len(set(runs)))
        self.assertGreater(killed, 3)
        self.ok("run")
        self.assertEqual(sinan("-C", twin, "run").code, 0)
        query = ["query", "SELECT day, lead, class, points, round(error, 6) AS error FROM ops.model_scores ORDER BY ALL", "--format", "json"]
        self.assertEqual(self.ok(*query).json, json.loads(sinan("-C", twin, *query).out), "as if nothing had happened")
        chain = "SELECT kind, body FROM audit_records WHERE chain = 'models' AND kind = 'tested' ORDER BY seq"
        with self.store() as store, sqlite3.connect(twin / ".sinan" / "state.db") as other:
            self.assertEqual(store.execute(chain).fetchall(), other.execute(chain).fetchall())
        self.assertEqual(len(self.changes()), 1)
        self.ok("decisions", "verify")

    def test_a_changed_record_of_a_version_is_found(self):
        self.ok("run")
        self.ok("models", "verify")
        with self.store() as store:
            seq, body = store.execute("SELECT seq, body FROM audit_records WHERE chain = 'models' ORDER BY seq LIMIT 1").fetchone()
            store.execute("UPDATE audit_records SET body = ? WHERE chain = 'models' AND seq = ?", (body.replace("default", "other"), seq))
        answer = self.sinan("models", "verify")
        self.assertEqual(answer.code, 1, answer)
        self.assertIn(f"record {seq}", answer.out)
        self.ok("decisions", "verify")

    def test_mistakes_in_the_configuration_are_named(self):
        for text, code in [
            ("models: [thetaa]\n", "invalid_value"),
            ("challengers: [{name: a, models: [naiv]}]\n", "invalid_value"),
            ("challengers: [{name: a}, {name: a}]\n", "duplicate_name"),
            ("challengers: [{name: default}]\n", "duplicate_name"),
            ("challengers: [{models: [naive]}]\n", "missing_key"),
            ("contest: {min_days: 1}\n", "invalid_value"),
            ("contest: {days: 14}\n", "unknown_key"),
            ("models: []\n", "invalid_value"),
            ("models: [ses, ses]\n", "duplicate_name"),
            ("challengers: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}, {name: f}]\n", "too_many"),
        ]:
            (self.dir / "forecasts" / "demand.yaml").write_text("kind: demand\n" + text)
            found = self.sinan("check", "--json")
            self.assertEqual(found.code, 1, text)
            self.assertIn(code, [d["code"] for d in found.json], found.out)


if __name__ == "__main__":
    unittest.main()
