"""A company to try the real binary on: makes an example company in a folder of its own, runs commands on it, and removes it afterwards."""

import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SINAN = pathlib.Path(os.environ.get("SINAN", ROOT / "build" / "dev" / "sinan"))
SMALL = ["--items", "40", "--locations", "2", "--days", "200"]
TINY = ["--items", "20", "--locations", "1", "--days", "60"]


class Answer:
    """What a command answered: exit code, standard output, standard error."""

    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit {self.code}\n{self.out}\n{self.err}"


def sinan(*arguments, cwd=None, env=None, timeout=600):
    """Runs the binary; a hang guard only, never a measure of speed."""
    done = subprocess.run([str(SINAN), *map(str, arguments)], cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=timeout)
    return Answer(done)


def must(*arguments):
    """Runs the binary for work that a test stands on, before there is a test to fail."""
    answer = sinan(*arguments)
    if answer.code != 0:
        raise AssertionError(f"sinan {' '.join(map(str, arguments))}: {answer}")
    return answer


class Commands:
    """Commands on the workspace in `self.dir`, for test cases."""

    def sinan(self, *arguments, **options):
        return sinan("-C", self.dir, *arguments, **options)

    def ok(self, *arguments, **options):
        answer = self.sinan(*arguments, **options)
        self.assertEqual(answer.code, 0, f"sinan {' '.join(map(str, arguments))}: {answer}")
        return answer


class Company(Commands, unittest.TestCase):
    """Each test gets a copy of one company made once per class, so that tests cannot see each other's state."""

    create_options = SMALL

    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="sinan-scenario-"))
        cls.template = cls.scratch / "template" / "company"
        cls.template.parent.mkdir()
        must("demo", "create", cls.template, *cls.create_options)
        cls.prepare()

    @classmethod
    def prepare(cls):
        """For subclasses: work done once on the template."""

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.scratch, ignore_errors=True)

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="case-", dir=self.scratch))
        shutil.copytree(self.template.parent, self.home, dirs_exist_ok=True)
        self.dir = self.home / "company"

    def tearDown(self):
        shutil.rmtree(self.home, ignore_errors=True)

    def rows(self, sql, *options):
        return self.ok("query", sql, "--format", "json", *options).json

    def decisions(self):
        return self.ok("decisions", "list", "--json").json

    def run_killed(self, *arguments, env=None):
        """Runs a command that is expected to be killed; True if it was."""
        done = subprocess.run([str(SINAN), "-C", str(self.dir), *arguments], env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=600)
        return done.returncode == -signal.SIGKILL

    def store(self):
        return sqlite3.connect(self.dir / ".sinan" / "state.db")
