"""Sales posted while the server runs: held against the last night, counted once, and gone on with when a cycle publishes newer forecasts."""

import time
import unittest

from company import TINY, Company, must
from served import HANG_SECONDS, Served


class Live(Company):
    create_options = TINY

    @classmethod
    def prepare(cls):
        must("-C", cls.template, "run")

    def sale(self, number, **changes):
        """The sale of one piece of the first item; the present of the company is the first moment of its day."""
        return {"id": f"till-{number}", "item_id": self.item, "location_id": self.place, "time": self.noon, "quantity": "1", **changes}

    def look(self, server):
        status, page = server.json("GET", "/api/v1/live?limit=1")
        self.assertEqual(status, 200, page)
        first = page["items"][0]
        self.item, self.place = first["item_id"], first["location_id"]
        self.noon = first["begins_at"].replace(":00:00Z", ":30:00Z")
        return first

    def stand(self, server):
        status, stand = server.json("GET", f"/api/v1/live/{self.item}/{self.place}")
        self.assertEqual(status, 200, stand)
        return stand

    def wait_for(self, happened):
        deadline = time.monotonic() + HANG_SECONDS
        while not happened():
            self.assertLess(time.monotonic(), deadline)

    def run_cycle(self, server):
        status, run = server.json("POST", "/api/v1/runs", {})
        self.assertEqual(status, 202, run)
        self.wait_for(lambda: server.json("GET", "/api/v1/runs/latest")[1]["status"] != "running")

    def test_sales_count_once_and_a_cycle_publishes_what_they_go_on_from(self):
        with Served(self, "--as", "anna") as server:
            before = self.look(server)
            self.assertEqual(before["sold"], "0")
            night = self.rows(f"SELECT mean, model_version FROM ops.forecasts WHERE item_id = '{self.item}' AND location_id = '{self.place}' AND ds = DATE '{before['day']}'")
            self.assertAlmostEqual(float(before["forecast"]), float(night[0]["mean"]), places=3)
            self.assertEqual(before["model_version"], night[0]["model_version"])
            batch = {"sales": [self.sale(k) for k in range(100)] + [self.sale("r", quantity="-1")]}
            status, answer = server.json("POST", "/api/v1/sales", batch)
            self.assertEqual((status, answer["accepted"]), (200, 101), answer)
            status, answer = server.json("POST", "/api/v1/sales", batch)
            self.assertEqual({item["status"] for item in answer["items"]}, {"duplicate"})
            after = self.stand(server)
            self.assertEqual(after["sold"], "99")
            self.assertGreater(float(after["lead_mean"]), float(before["lead_mean"]))
            self.assertGreater(after["surprise"], 3)
            # Another night of the same day: the sales stay.
            self.run_cycle(server)
            self.wait_for(lambda: self.stand(server)["lake_version"] > after["lake_version"])
            self.assertEqual(self.stand(server)["sold"], "99")
            # The next day, which another process reads, begins with nothing sold.
            self.ok("demo", "advance", self.dir, "--days", "1")
            self.ok("run")
            self.wait_for(lambda: self.stand(server)["day"] > after["day"])
            self.assertEqual(self.stand(server)["sold"], "0")
            self.assertEqual(server.json("POST", "/api/v1/sales", batch)[1]["items"][0]["status"], "late")

    def test_after_a_restart_the_board_holds_what_is_sent_again(self):
        for _ in range(2):
            with Served(self) as server:
                self.look(server)
                self.assertEqual(self.stand(server)["sold"], "0")
                self.assertEqual(server.json("POST", "/api/v1/sales", {"sales": [self.sale(1)]})[1]["accepted"], 1)
                self.assertEqual(self.stand(server)["sold"], "1")

    def test_who_may_not_post_or_see_is_told_so(self):
        with Served(self, "--as", "carla") as server:
            self.look(server)
            status, answer = server.json("POST", "/api/v1/sales", {"sales": [self.sale(1)]})
            self.assertEqual((status, answer["code"]), (403, "denied"))
            self.assertIn("post_sales", answer["message"])
        with Served(self, "--as", "dora") as server:
            self.assertEqual(server.json("GET", "/api/v1/live")[0], 403)


if __name__ == "__main__":
    unittest.main()
