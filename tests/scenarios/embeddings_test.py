"""Events read by what they mean: an endpoint for embeddings beside the real binary, on a file and in a company; and nights on which it is gone."""

import json
import pathlib
import shutil
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from company import TINY, Company, sinan

KEY = "sk-of-the-house-42"


class Endpoint:
    """An OpenAI-compatible endpoint on loopback: a text that ends with an even number means one thing, one that ends with an odd number another."""

    def __init__(self, dimensions=8):
        self.texts, self.keys = [], set()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.texts += asked["input"]
                endpoint.keys.add(self.headers.get("Authorization"))
                data = [{"index": i, "embedding": endpoint.vector(text, dimensions)} for i, text in enumerate(asked["input"])]
                body = json.dumps({"object": "list", "data": data, "model": asked["model"]}).encode()
                self.send_response(200 if self.path == "/v1/embeddings" else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @staticmethod
    def vector(text, dimensions):
        number = int(text.split()[-1])
        return [1.0, float(number % 2), float((number + 1) % 2)] + [(number * (k + 3) % 17) / 100 for k in range(dimensions - 3)]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class OfAFile(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sinan-embeddings-"))
        self.addCleanup(shutil.rmtree, self.dir)
        rows, events = ["unique_id,ds,y"], ["ds,text"]
        cut = set()
        for day in range(5, 200, 4):
            events.append(f"{day},word{day} other{day} {day // 4}")
            if day // 4 % 2:
                cut |= {day + 1, day + 2, day + 3}
        for item in range(12):
            rows += [f"i{item},{day},{(20 + item) * (0.4 if day in cut else 1) + (item * 7 + day * day) % 5 / 2}" for day in range(200)]
        (self.dir / "in.csv").write_text("\n".join(rows) + "\n")
        (self.dir / "events.csv").write_text("\n".join(events) + "\n")

    def forecast(self, *more, env=None):
        return sinan("-C", self.dir, "forecast", "--input", "in.csv", "--season", "1", "--horizon", "3", "--output", "f.csv", *more, env=env)

    def test_topics_are_learnt_from_and_explained_by_their_texts(self):
        endpoint = Endpoint()
        self.addCleanup(endpoint.stop)
        how = ["--events", "events.csv", "--embeddings", endpoint.url, "--embedding-model", "m-small"]
        answer = self.forecast(*how, env={"SINAN_EMBEDDING_KEY": KEY})
        self.assertEqual(answer.code, 0, str(answer))
        self.assertIn("49 events, read with embeddings of m-small; trees that learn from them make", answer.err)
        self.assertEqual((len(endpoint.texts), len(set(endpoint.texts))), (49, 49))
        self.assertEqual(endpoint.keys, {f"Bearer {KEY}"})
        why = self.forecast(*how, "--explain", "i3", "--json").json
        names = {effect["driver"] for step in why["steps"] for effect in step["trees"]["effects"]}
        self.assertTrue(any(name.startswith('event like "word') for name in names), names)
        self.assertEqual(endpoint.keys, {f"Bearer {KEY}", None})

    def test_an_endpoint_that_is_gone_ends_with_exit_code_3_and_no_file(self):
        endpoint = Endpoint()
        endpoint.stop()
        answer = self.forecast("--events", "events.csv", "--embeddings", endpoint.url, "--embedding-model", "m-small", env={"SINAN_EMBEDDING_KEY": KEY})
        self.assertEqual(answer.code, 3, str(answer))
        self.assertIn(endpoint.url, answer.err)
        self.assertIn("Connection refused", answer.err)
        self.assertNotIn(KEY, answer.err + answer.out)
        self.assertFalse((self.dir / "f.csv").exists())

    def test_mistakes_name_the_way_out(self):
        events = ["--events", "events.csv"]
        for options, words in [
            (events + ["--embeddings", "http://localhost:1/v1"], "--embedding-model NAME"),
            (events + ["--embedding-model", "m"], "--embeddings URL"),
            (["--embeddings", "http://localhost:1/v1", "--embedding-model", "m"], "--events news.csv"),
            (events + ["--embeddings", "localhost:1", "--embedding-model", "m"], "must be an address such as"),
            (events + ["--embeddings", "http://10.0.0.1/v1", "--embedding-model", "m"], "use https"),
        ]:
            answer = self.forecast(*options, env={"SINAN_EMBEDDING_KEY": KEY})
            self.assertEqual(answer.code, 2, f"{options}: {answer}")
            self.assertIn(words, answer.err)
            self.assertNotIn(KEY, answer.err)


class OfACompany(Company):
    create_options = TINY

    def settings(self, url, model="m-small"):
        text = (self.template / "sinan.yaml").read_text()
        (self.dir / "sinan.yaml").write_text(text + f"embeddings:\n  endpoint: {url}\n  model: {model}\n  key: ${{SINAN_TEST_KEY}}\n")

    def events(self, count):
        """One on each of the newest days, apart by two hours, with a text of its own."""
        (self.dir / "model" / "events.sql").write_text(f"""SELECT 'e' || i AS event_id, (SELECT max(sold_at) FROM ops.sales) - INTERVAL (i * 22) HOUR AS published_at,
          'word' || i || ' ' || i AS text FROM range({count}) AS days(i)""")

    def cycle(self):
        self.ok("run", env={"SINAN_TEST_KEY": KEY})
        step = next(s for s in self.ok("runs", "show", "latest", "--json").json["steps"] if s["id"] == "forecast")
        forecasts = self.rows("SELECT * EXCLUDE (run_id) FROM ops.forecasts ORDER BY item_id, location_id, ds")
        self.assertEqual({row["model_version"] for row in forecasts}, {step["output"]["model_version"]})
        return step, forecasts

    def test_vectors_are_paid_for_once_and_a_night_without_the_endpoint_has_its_forecast(self):
        endpoint = Endpoint()
        self.settings(endpoint.url)
        self.events(40)
        self.ok("check")
        self.ok("run", "--dry-run", env={"SINAN_TEST_KEY": KEY})
        self.assertEqual(len(endpoint.texts), 40)
        first, forecasts = self.cycle()
        self.assertEqual(first["output"]["notes"], [])
        self.assertEqual(sorted(endpoint.texts), sorted(f"word{i} {i}" for i in range(40)))
        self.assertEqual(endpoint.keys, {f"Bearer {KEY}"})
        again, same = self.cycle()
        self.assertEqual(same, forecasts)
        self.assertEqual(len(endpoint.texts), 40, "each is paid for once")
        endpoint.stop()
        without, same = self.cycle()
        self.assertEqual((same, without["output"]["notes"]), (forecasts, []), "all vectors are there")

        self.events(41)
        words, _ = self.cycle()
        self.assertNotEqual(words["output"]["model_version"], first["output"]["model_version"])
        self.assertIn("events were read by their words alone: ", words["output"]["notes"][0])
        self.assertIn(endpoint.url, words["message"])
        self.assertNotIn(KEY, json.dumps(words))
        self.assertIn("by their words alone", self.ok("runs", "show", "latest").out)
        report = max((self.dir / ".sinan" / "reports").glob("*.html"))
        self.assertIn("by their words alone", report.read_text())

        back = Endpoint()
        self.addCleanup(back.stop)
        self.settings(back.url)
        later, _ = self.cycle()
        self.assertEqual(back.texts, ["word40 40"])
        self.assertEqual(later["output"]["model_version"], first["output"]["model_version"], "the address decides nothing")
        self.settings(back.url, model="m-large")
        other, _ = self.cycle()
        self.assertEqual(len(back.texts), 1 + 41, "another model has vectors of its own")
        self.assertEqual(len({first["output"]["model_version"], words["output"]["model_version"], other["output"]["model_version"]}), 3)
        parameters = [json.loads(row["parameters"]) for row in self.rows("SELECT parameters FROM ops.model_versions")]
        self.assertEqual({p.get("embeddings") for p in parameters}, {None, "m-small", "m-large"})

    def test_mistakes_in_the_settings_are_told_with_their_place(self):
        for text, words in [
            ("embeddings: {endpoint: example.com, model: m}\n", "must be an address such as"),
            ("embeddings: {endpoint: 'http://10.0.0.1/v1', model: m, key: k}\n", "use https"),
            ("embeddings: {endpoint: 'https://example.com/v1'}\n", "lacks the key 'model'"),
            ("embeddings: {endpoint: 'https://example.com/v1', model: m, dimension: 3}\n", "did you mean 'dimensions'"),
        ]:
            settings = (self.template / "sinan.yaml").read_text()
            (self.dir / "sinan.yaml").write_text(settings + text)
            answer = self.sinan("check")
            self.assertNotEqual(answer.code, 0)
            self.assertIn(words, answer.out + answer.err)
            self.assertIn(f"sinan.yaml:{settings.count(chr(10)) + 1}:", answer.out + answer.err)
        (self.dir / "sinan.yaml").write_text(settings)
        (self.dir / "forecasts" / "demand.yaml").write_text("kind: demand\nchallengers:\n  - {name: meaning, embeddings: true}\n")
        answer = self.sinan("check")
        self.assertNotEqual(answer.code, 0)
        self.assertIn("add `embeddings:` with endpoint and model to sinan.yaml", answer.out + answer.err)


if __name__ == "__main__":
    unittest.main()
