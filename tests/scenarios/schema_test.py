"""JSON Schemas: what ships in schemas/ is what the binary says, every file of every workspace here is valid, and the schema and the reader
refuse the same keys."""

import copy
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import jsonschema
import yaml

from company import ROOT, TINY, must, sinan

UNKNOWN = "key_that_nobody_knows"


class Loader(yaml.SafeLoader):
    """Dates stay text, as JSON and the reader have them."""


Loader.yaml_implicit_resolvers = {letter: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"] for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def files_of(workspace):
    """(kind, path) of every file that a schema describes."""
    yield "sinan", workspace / "sinan.yaml"
    for path in sorted(workspace.glob("*/*.yaml")):
        yield path.parent.name, path


def with_unknown_key(tree, path=()):
    """The tree once for each of its maps, with a key in it that nobody knows."""
    if isinstance(tree, dict):
        yield path
        for key, value in tree.items():
            yield from with_unknown_key(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from with_unknown_key(value, (*path, index))


def changed(tree, path):
    out = copy.deepcopy(tree)
    at = out
    for step in path:
        at = at[step]
    at[UNKNOWN] = 1
    return out


class Schemas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp(prefix="sinan-schema-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)
        cls.schemas = must("schema").json
        must("demo", "create", cls.scratch / "company", *TINY)
        must("init", cls.scratch / "empty")
        cls.workspaces = [cls.scratch / "company", cls.scratch / "empty", ROOT / "examples" / "online-retail"]

    def validator(self, kind):
        return jsonschema.Draft7Validator(self.schemas[kind])

    def test_what_ships_is_what_the_binary_says(self):
        must("schema", "--output", self.scratch / "schemas")
        shipped = ROOT / "schemas"
        if os.environ.get("UPDATE_GOLDEN"):
            shutil.copytree(self.scratch / "schemas", shipped, dirs_exist_ok=True)
        names = lambda folder: sorted(path.name for path in folder.glob("*"))
        self.assertEqual(names(shipped), names(self.scratch / "schemas"))
        for name in names(shipped):
            self.assertEqual((shipped / name).read_text(), (self.scratch / "schemas" / name).read_text(), f"{name}: run this test with UPDATE_GOLDEN=1")

    def test_each_is_a_schema_and_a_wrong_kind_is_answered_with_the_nearest(self):
        for kind, schema in self.schemas.items():
            jsonschema.Draft7Validator.check_schema(schema)
            self.assertEqual(must("schema", kind).json, schema)
        answer = sinan("schema", "qualty")
        self.assertEqual(answer.code, 2)
        self.assertIn("quality", answer.err)

    def test_every_file_of_every_workspace_is_valid(self):
        seen = set()
        for workspace in self.workspaces:
            for kind, path in files_of(workspace):
                mistakes = [f"{list(error.absolute_path)}: {error.message}" for error in self.validator(kind).iter_errors(yaml.load(path.read_text(), Loader))]
                self.assertEqual(mistakes, [], str(path))
                seen.add(kind)
        self.assertEqual(seen, set(self.schemas), "a kind of file of which no workspace has one")

    def test_schema_and_reader_refuse_the_same_keys(self):
        refused = 0
        for number, workspace in enumerate(self.workspaces):
            trees = {path.relative_to(workspace): (kind, yaml.load(path.read_text(), Loader)) for kind, path in files_of(workspace)}
            rounds = {path: list(with_unknown_key(tree)) for path, (_, tree) in trees.items()}
            for turn in range(max(map(len, rounds.values()))):
                place = self.scratch / f"changed-{number}-{turn}"
                shutil.copytree(workspace, place, ignore=shutil.ignore_patterns("data", ".sinan"))
                expected = {}
                for path, (kind, tree) in trees.items():
                    if turn >= len(rounds[path]):
                        continue
                    mutant = changed(tree, rounds[path][turn])
                    text = yaml.safe_dump(mutant, sort_keys=False, allow_unicode=True, width=1000)
                    (place / path).write_text(text)
                    line = next(at for at, content in enumerate(text.splitlines(), 1) if UNKNOWN in content)
                    expected[str(path)] = (line, not self.validator(kind).is_valid(mutant), rounds[path][turn])
                answer = sinan("-C", place, "check", "--offline", "--json")
                found = {(d["file"], d["line"]): d["code"] for d in answer.json}
                for file, (line, invalid, where) in expected.items():
                    code = found.get((file, line))
                    with self.subTest(file=file, where=where):
                        if invalid:
                            self.assertIsNotNone(code, f"the schema refuses the key, the reader takes it: {answer}")
                            refused += 1
                        if code == "unknown_key":
                            self.assertTrue(invalid, "the reader refuses the key, the schema takes it")
                shutil.rmtree(place)
        self.assertGreater(refused, 30)

    def test_schema_and_reader_miss_the_same_keys_of_a_source(self):
        lacking = {
            "sqlite": "kind: sqlite",
            "mysql": "kind: mysql",
            "postgres": "kind: postgres",
            "options": "kind: files\ntables: {bank: {format: csv}}",
            "nothing": "kind: files\ntables: {bank: }",
            "kind": "path: a.db",
        }
        place = self.scratch / "lacking"
        must("init", place)
        for name, text in lacking.items():
            (place / "sources" / f"{name}.yaml").write_text(text + "\n")
            self.assertFalse(self.validator("sources").is_valid(yaml.load(text, Loader)), text)
        missing = {d["file"] for d in sinan("-C", place, "check", "--offline", "--json").json if d["code"] == "missing_key"}
        self.assertEqual(missing, {f"sources/{name}.yaml" for name in lacking})
        self.assertTrue(self.validator("sources").is_valid({"kind": "files", "tables": {"bank": {"path": "bank.csv"}}}))
        self.assertTrue(self.validator("sources").is_valid({"kind": "sqlite", "path": "erp.db", "tables": {"orders": None}}))


if __name__ == "__main__":
    unittest.main()
