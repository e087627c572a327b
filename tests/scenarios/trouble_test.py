"""Trouble from outside: damaged files, servers that go away, full disks, two at once, interruptions, hostile text and foreign requests.

Each time: a clear error, the right exit code, nothing lost, and the next run picks up.
"""

import csv
import html.parser
import io
import json
import os
import pathlib
import pty
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

import company
from company import TINY, Commands, Company, must
from served import Served
from servers import MariadbServer, PostgresServer

HANG_SECONDS = 120  # a guard, never a measure
READ_ONLY = "summary: Read\nsteps:\n  - {id: sync, task: sync_sources}\n"


class Workspace(Commands, unittest.TestCase):
    """A workspace of nothing but sources, and a workflow that reads them."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="sinan-trouble-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        for folder in ("sources", "workflows", "data"):
            (self.dir / folder).mkdir()
        (self.dir / "sinan.yaml").write_text("name: Trouble\n")
        (self.dir / "workflows" / "cycle.yaml").write_text(READ_ONLY)

    def refused(self, code, words, *arguments, **options):
        """Refused with that exit code and words, in a message that a person can read."""
        answer = self.sinan(*arguments, **options)
        self.assertEqual(answer.code, code, str(answer))
        for word in words:
            self.assertIn(word, answer.err)
        self.assertFalse(re.search(r"[\x00-\x08\x0b-\x1f\x7f]", answer.err), answer.err)
        self.assertLess(max(map(len, answer.err.splitlines())), 1000, "a message, not a page")
        return answer

    def count(self, table):
        return int(self.ok("query", f"SELECT count(*) FROM {table}", "--format", "csv").out.splitlines()[1])


class DamagedFiles(Workspace):
    ROWS = 3000

    def good_csv(self):
        return ("id,name\n" + "".join(f'{i},"Item, no {i}"\n' for i in range(self.ROWS))).encode()

    def good_parquet(self):
        file = self.dir / "made.parquet"
        must("query", "--no-workspace", f"SELECT range AS id, 'name ' || hash(range) AS name FROM range({self.ROWS})", "--format", "parquet", "--output", file)
        data = file.read_bytes()
        file.unlink()
        return data

    def good_sqlite(self):
        file = self.dir / "made.db"
        with sqlite3.connect(file) as database:
            database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
            database.executemany("INSERT INTO t VALUES (?, ?)", [(i, f"name {i} " * 5) for i in range(self.ROWS)])
        database.close()
        data = file.read_bytes()
        file.unlink()
        return data

    def test_a_damaged_file_is_refused_what_was_read_stays_and_the_mended_one_is_read(self):
        noise = bytes(range(256)) * 40
        formats = {
            "csv": ("kind: files\nfolder: data\ntables:\n  t: {path: t.csv}\n", self.good_csv()),
            "parquet": ("kind: files\nfolder: data\ntables:\n  t: {path: t.parquet}\n", self.good_parquet()),
            "db": ("kind: sqlite\npath: data/t.db\n", self.good_sqlite()),
        }
        for ending, (source, good) in formats.items():
            middle = len(good) // 2
            damages = {"cut off": good[: middle - 7], "all noise": noise, "noise in the middle": good[: middle - middle % 4096] + noise[:8192] + good[middle - middle % 4096 + 8192 :], "gone": None}
            if ending == "csv":
                damages |= {"UTF-16": good.decode().encode("utf-16"), "Latin-1": good.replace(b"Item", b"St\xfcck"), "emptied": b""}
            (self.dir / "sources" / "s.yaml").write_text(source)
            file = self.dir / "data" / f"t.{ending}"
            file.write_bytes(good)
            self.ok("run")
            for damage, data in damages.items():
                with self.subTest(file=ending, damage=damage):
                    file.unlink(missing_ok=True)
                    if data is not None:
                        file.write_bytes(data)
                    self.refused(2, ["s"], "run")
                    self.assertEqual(self.count("lake.s_t"), self.ROWS, "a failed read changes nothing")
                    if damage != "emptied":
                        self.refused(2, [], "query", "SELECT count(*), max(name) FROM s.t")
                    file.unlink(missing_ok=True)
                    file.write_bytes(good)
                    self.ok("run")
                    self.assertEqual(self.count("lake.s_t"), self.ROWS)
            shutil.rmtree(self.dir / ".sinan")


class Blocked:
    """A command that stands still in the middle of a scan, because the row that comes next waits for a lock that the test holds."""

    def __init__(self, case, server, *arguments):
        self.case, self.server = case, server
        self.holder = server.session()
        server.hold(self.holder)
        self.process = subprocess.Popen([str(company.SINAN), "-C", str(case.dir), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + HANG_SECONDS
        while not server.waiting():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the command does not come to the blocked row: {self.process.communicate()}")

    def answer(self):
        out, err = self.process.communicate(timeout=HANG_SECONDS)
        return self.process.returncode, out, err

    def release(self):
        self.holder.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        self.process.stdout.close()
        self.process.stderr.close()
        self.release()


class BlockingPostgres(PostgresServer):
    ROWS = 60_000

    def fill(self):
        self.rows(f"CREATE TABLE t AS SELECT g AS id, 'name ' || g AS name FROM generate_series(1, {self.ROWS}) g")
        self.rows("ALTER TABLE t ADD PRIMARY KEY (id)")
        self.rows(f"CREATE VIEW slow AS SELECT id, name, CASE WHEN id = {self.ROWS // 2} THEN pg_advisory_xact_lock_shared(42) IS NULL ELSE false END AS held FROM t")

    def hold(self, session):
        session.rows("SELECT pg_advisory_lock(42)")

    def waiting(self):
        return [row[0] for row in self.rows("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")]

    def break_connection(self, number):
        self.rows(f"SELECT pg_terminate_backend({number})")


class BlockingMariadb(MariadbServer):
    ROWS = 60_000

    def fill(self):
        self.rows("CREATE TABLE t (id BIGINT PRIMARY KEY, name VARCHAR(40) NOT NULL)")
        self.rows(f"INSERT INTO t SELECT seq, CONCAT('name ', seq) FROM seq_1_to_{self.ROWS}")
        self.rows(f"CREATE VIEW slow AS SELECT id, name, IF(id = {self.ROWS // 2}, GET_LOCK('trouble', 600), 0) AS held FROM t")

    def hold(self, session):
        session.rows("SELECT GET_LOCK('trouble', 0)")

    def waiting(self):
        return [row[0] for row in self.rows("SELECT id FROM information_schema.processlist WHERE state = 'User lock'")]

    def break_connection(self, number):
        self.rows(f"KILL CONNECTION {number}")


class LostServer:
    """One suite for both servers."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.start()
        cls.addClassCleanup(cls.server.stop)
        cls.server.fill()

    def setUp(self):
        super().setUp()
        (self.dir / "sources" / "s.yaml").write_text(f"kind: {self.kind}\nconnection: {self.server.url}\ntables:\n  t: {{}}\n  slow: {{}}\n")

    def nothing_is_lost(self, server):
        self.ok("run")
        for table in ("t", "slow"):
            self.assertEqual(self.count(f"lake.s_{table}"), server.ROWS)
        self.ok("decisions", "verify")

    def test_a_connection_that_breaks_in_the_middle_of_a_run_is_told_and_the_next_run_picks_up(self):
        server = self.server
        with Blocked(self, server, "run") as run:
            server.break_connection(run.server.waiting()[0])
            code, _, err = run.answer()
        self.assertEqual(code, 3, err)
        self.assertIn("s.slow", err)
        self.nothing_is_lost(server)

    def test_a_connection_that_breaks_in_the_middle_of_a_query_is_told(self):
        server = self.server
        with Blocked(self, server, "query", "SELECT count(name), count(held) FROM s.slow") as query:
            server.break_connection(server.waiting()[0])
            code, out, err = query.answer()
        self.assertEqual((code, out), (3, ""), err)
        self.assertIn("s", err)
        self.assertEqual(self.count("s.slow"), server.ROWS)

    def test_a_server_that_crashes_in_the_middle_of_a_run_is_told_and_read_once_it_is_back(self):
        server = self.server
        with Blocked(self, server, "run") as run:
            server.kill()
            code, _, err = run.answer()
        self.assertEqual(code, 3, err)
        self.refused(3, ["s"], "run")
        self.refused(3, ["s"], "query", "SELECT count(*) FROM s.t")
        server.talk.close()
        server.start()
        server.talk = server.session()
        self.nothing_is_lost(server)

    def test_a_run_that_is_interrupted_in_the_middle_of_a_scan_ends_at_once_and_is_taken_up(self):
        server = self.server
        for number in (signal.SIGINT, signal.SIGTERM):
            with Blocked(self, server, "run") as run:
                run.process.send_signal(number)
                code, _, err = run.answer()
            self.assertEqual(code, 130, err)
            self.assertIn("interrupted", err)
        answer = self.ok("run")
        self.assertIn("goes on", answer.err)
        self.nothing_is_lost(server)

    def test_a_query_that_is_interrupted_says_so(self):
        server = self.server
        with Blocked(self, server, "query", "SELECT count(name), count(held) FROM s.slow") as query:
            query.process.send_signal(signal.SIGINT)
            code, out, err = query.answer()
        self.assertEqual((code, out), (130, ""), err)

    def test_of_two_runs_at_once_the_second_names_the_first_or_waits_for_it(self):
        server = self.server
        with Blocked(self, server, "run") as run:
            second = self.sinan("run")
            self.assertEqual(second.code, 3, str(second))
            self.assertIn(str(run.process.pid), second.err, "the holder is named")
            waiting = subprocess.Popen([str(company.SINAN), "-C", str(self.dir), "run", "--wait", "600"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertEqual(self.count("s.t"), server.ROWS, "queries go on beside a run")
            run.release()
            code, _, err = run.answer()
            self.assertEqual(code, 0, err)
            _, err = waiting.communicate(timeout=HANG_SECONDS)
            self.assertEqual(waiting.returncode, 0, err)
        self.assertEqual(len(self.ok("runs", "list", "--json").json), 2)
        self.nothing_is_lost(server)


class LostPostgres(LostServer, Workspace):
    kind, start = "postgres", BlockingPostgres


class LostMariadb(LostServer, Workspace):
    kind, start = "mysql", BlockingMariadb


class Server(Company):
    create_options = TINY

    @classmethod
    def prepare(cls):
        must("-C", cls.template, "run")

    def test_foreign_hosts_and_origins_and_strangers_are_refused(self):
        with Served(self) as server:
            own = f"127.0.0.1:{server.port}"
            self.assertEqual(server.ask("GET", "/api/v1/decisions")[0], 200)
            for status, headers in [
                (421, {"Host": "evil.example"}),
                (421, {"Host": f"evil.example:{server.port}"}),
                (421, {"Host": f"127.0.0.1.evil.example:{server.port}"}),
                (421, {"Host": ""}),
                (403, {"Origin": "http://evil.example"}),
                (403, {"Origin": "null"}),
                (403, {"Origin": f"http://{own}.evil.example"}),
                (401, {"Authorization": None}),
                (401, {"Authorization": "Bearer " + "x" * len(server.token)}),
            ]:
                for method, path in (("GET", "/api/v1/decisions"), ("POST", "/api/v1/runs")):
                    with self.subTest(method=method, headers=headers):
                        answered, text = server.ask(method, path, headers, body=b"{}" if method == "POST" else None)
                        self.assertEqual(answered, status, text)
                        self.assertNotIn("item_id", text)
            self.assertEqual(server.ask("GET", "/api/v1/decisions", {"Origin": f"http://{own}"})[0], 200)

    def test_a_run_beside_serve_works_and_both_see_it(self):
        with Served(self) as server:
            self.ok("run")
            status, text = server.ask("GET", "/api/v1/runs")
            self.assertEqual(status, 200)
            newest = self.ok("runs", "list", "--json").json[0]["id"]
            self.assertIn(newest, text)
            status, text = server.ask("POST", "/api/v1/runs", {"Content-Type": "application/json"}, b'{"workflow": "cycle"}')
            self.assertEqual(status, 202, text)
            beside = self.ok("run", "--wait", "600")
            self.assertNotIn("failed", beside.err)
        self.assertTrue(all(run["status"] in {"done", "waiting", "interrupted"} for run in self.ok("runs", "list", "--json").json))
        self.ok("decisions", "verify")


class FullDisk(Company):
    create_options = TINY

    def orders(self):
        with sqlite3.connect(self.dir / "data" / "erp.db") as database:
            return [row[0] for row in database.execute("SELECT decision_key FROM purchase_orders WHERE decision_key IS NOT NULL")]

    def full(self, answer):
        self.assertEqual(answer.code, 3, str(answer))
        self.assertRegex(answer.err, "disk is full|disk full|space")

    def afterwards(self, state):
        self.ok("--state", state, "run")
        self.ok("--state", state, "decisions", "verify")
        orders = self.orders()
        self.assertEqual(len(orders), len(set(orders)))
        executed = [d["id"] for d in self.ok("--state", state, "decisions", "list", "--json").json if d["status"] == "executed" and d["kind"] == "purchase_order"]
        self.assertEqual(sorted(orders), sorted(executed))

    def test_a_full_disk_is_told_and_nothing_is_lost_once_there_is_room(self):
        if os.getuid() == 0 and self.on_a_small_disk():
            return
        self.with_small_files()

    def on_a_small_disk(self):
        place = self.home / "disk"
        place.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", place], capture_output=True).returncode != 0:
            return False  # not in every container; files that may not grow are as good
        self.addCleanup(subprocess.run, ["umount", "-l", place])
        state, size, refusals = place / "state", 100, 0
        while True:  # a bit more room each time, so that the disk is full in every step of a run
            answer = self.sinan("--state", state, "run")
            if answer.code == 0:
                break
            self.full(answer)
            refusals += 1
            size += 150
            self.assertLess(size, 20_000)
            subprocess.run(["mount", "-o", f"remount,size={size}k", place], check=True)
        self.assertGreater(refusals, 3)
        subprocess.run(["mount", "-o", f"remount,size={size + 20_000}k", place], check=True)  # the next run's rows need room of their own
        self.afterwards(state)
        return True

    def with_small_files(self):
        state = self.home / "state"
        for size in (50_000, 150_000, 300_000):
            done = subprocess.run(
                [str(company.SINAN), "-C", str(self.dir), "--state", str(state), "run"],
                capture_output=True, text=True, timeout=600, preexec_fn=lambda size=size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
            )  # fmt: skip
            self.full(company.Answer(done))
        self.afterwards(state)

    def test_output_that_cannot_be_written_is_an_error(self):
        self.ok("run")
        with open("/dev/full", "w") as full:
            for words in (["query", "SELECT 1"], ["query", "SELECT * FROM lake.erp_lips", "--format", "csv"], ["decisions", "list", "--json"], ["report"]):
                done = subprocess.run([str(company.SINAN), "-C", str(self.dir), *words], stdout=full, stderr=subprocess.PIPE, text=True)
                self.assertEqual(done.returncode, 3, words)
                self.assertIn("disk full", done.stderr)
                if "--json" in words:
                    self.assertEqual(json.loads(done.stderr)["error"]["code"], "disk_full")

    def test_a_reader_that_has_seen_enough_is_no_error(self):
        sql = "SELECT range, repeat('x', 100) AS text FROM range(20000)"
        process = subprocess.Popen([str(company.SINAN), "query", "--no-workspace", sql, "--format", "csv"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(), "range,text\n")
        process.stdout.close()
        said = process.stderr.read()
        process.stderr.close()
        self.assertEqual((process.wait(), said), (0, ""))

    def test_a_limit_on_the_size_of_files_is_an_error_and_no_crash(self):
        self.with_small_files()


class Text(html.parser.HTMLParser):
    """What a browser would see: elements, their attributes, text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)


HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "</title></style><svg onload=alert(3)>", "\x1b]0;owned\x07\x1b[31mred\x1b[2J", "\u202egnp.exe\u0085\u009b31m", "=HYPERLINK(\"http://evil.example\")", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1+1", "\r=1+1", "{{constructor}}", "%s%n\\x1b[31m"]


class HostileText(Company):
    create_options = ["--items", "40", "--locations", "1", "--days", "90"]

    @classmethod
    def prepare(cls):
        with sqlite3.connect(cls.template / "data" / "erp.db") as database:
            items = [row[0] for row in database.execute("SELECT matnr FROM mara ORDER BY matnr")]
            for at, item in enumerate(items):
                database.execute("UPDATE mara SET maktx = ?, maktx_zh = ? WHERE matnr = ?", (HOSTILE[at % len(HOSTILE)], HOSTILE[(at + 3) % len(HOSTILE)], item))
            for at, (supplier,) in enumerate(database.execute("SELECT lifnr FROM lfa1").fetchall()):
                database.execute("UPDATE lfa1 SET name1 = ? WHERE lifnr = ?", (HOSTILE[at % len(HOSTILE)], supplier))
            database.execute("UPDATE mard SET labst = 0")
        database.close()
        must("-C", cls.template, "run")

    def test_source_text_stays_text_in_the_report(self):
        page = self.ok("report").out
        seen = Text(page)
        self.assertIn("alert(1)", "".join(seen.text), "the hostile names are in the report, or this test proves nothing")
        self.assertNotIn("img", seen.tags)
        self.assertNotIn("<script>alert", page)
        self.assertEqual([(name, value) for name, value in seen.attributes if name.startswith("on") or (value or "").strip().lower().startswith("javascript:")], [])
        self.assertFalse(re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]", page), "control characters and overrides")

    def no_codes(self, text):
        self.assertFalse(re.search("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]", text), text[:500])

    def test_source_text_cannot_drive_the_terminal(self):
        table = self.ok("query", "SELECT matnr, maktx, maktx_zh FROM lake.erp_mara", "--rows", "100")
        self.assertIn("owned", table.out)
        for answer in (table, self.ok("decisions", "list"), self.ok("decisions", "show", self.decisions()[0]["id"]), self.sinan("query", "SELECT CAST(maktx AS INT) FROM lake.erp_mara"), self.ok("runs", "show")):
            self.no_codes(answer.out)
            self.no_codes(answer.err)

    def test_what_is_meant_for_programs_cannot_drive_a_terminal_either(self):
        for words in (["query", "SELECT maktx FROM lake.erp_mara", "--format", "csv"], ["query", "SELECT maktx FROM lake.erp_mara", "--format", "json"], ["decisions", "show", self.decisions()[0]["id"], "--json"]):
            with self.subTest(words=words):
                seen = self.on_a_terminal(*words)
                self.assertGreater(len(seen.splitlines()), 10)
                self.no_codes(seen)

    def on_a_terminal(self, *words):
        main, side = pty.openpty()
        process = subprocess.Popen([str(company.SINAN), "-C", str(self.dir), *words], stdout=side, stderr=subprocess.PIPE)
        os.close(side)
        seen = b""
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:  # how a terminal ends
                break
            if not part:
                break
            seen += part
        _, err = process.communicate()
        os.close(main)
        self.assertEqual(process.returncode, 0, err)
        return seen.decode().replace("\r\n", "\n")

    def test_source_text_cannot_become_a_formula_in_csv(self):
        raw = subprocess.run([str(company.SINAN), "-C", str(self.dir), "query", "SELECT maktx, 1 - 2 AS number FROM lake.erp_mara", "--format", "csv"], capture_output=True, check=True).stdout.decode()
        rows = list(csv.reader(io.StringIO(raw, newline="")))
        cells = [row[0] for row in rows[1:]]
        self.assertTrue(any("HYPERLINK" in cell for cell in cells))
        self.assertEqual([cell for cell in cells if cell[:1] in "=+-@\t\r\n" and cell], [])
        self.assertEqual({row[1] for row in rows[1:]}, {"-1"}, "numbers stay numbers")


if __name__ == "__main__":
    unittest.main()
