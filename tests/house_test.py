"""Holds the code against the plan of the house: includes against src/CMakeLists.txt, documents against folders, conventions against files."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
FLOORS = ["base", "platform", "intelligence", "data", "operations", "automation", "application"]


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in out.stdout.splitlines() if (ROOT / line).is_file()]


def modules():
    """Module path -> the names of modules it may use, in the order of declaration."""
    found = {}
    for path, rest in re.findall(r"^sinan_module\(([\w/]+)([^)]*)\)", (SRC / "CMakeLists.txt").read_text(), re.M):
        deps = re.search(r"DEPS ([\w ]+?)(?: LIBS|$)", rest.strip())
        found[path] = deps.group(1).split() if deps else []
    return found


MODULES = modules()
BY_NAME = {path.split("/")[-1]: path for path in MODULES}


def module_of(path):
    relative = path.relative_to(SRC).as_posix()
    return next((m for m in MODULES if relative.startswith(m + "/")), None)


class Architecture(unittest.TestCase):
    def test_every_module_depends_only_on_modules_declared_before_it(self):
        seen = set()
        for path, deps in MODULES.items():
            for dep in deps:
                self.assertIn(dep, seen, f"{path} depends on {dep}, which is not declared before it")
            seen.add(path.split("/")[-1])

    def test_dependencies_go_down_and_intelligence_and_platform_do_not_see_each_other(self):
        for path, deps in MODULES.items():
            floor = path.split("/")[0]
            for dep in deps:
                below = BY_NAME[dep].split("/")[0]
                self.assertLessEqual(FLOORS.index(below), FLOORS.index(floor), f"{path} reaches up to {BY_NAME[dep]}")
                self.assertNotEqual({floor, below}, {"intelligence", "platform"}, f"{path} sees {BY_NAME[dep]}")

    def test_every_include_is_covered_by_a_line_of_the_architecture(self):
        reach = {}
        for path, deps in MODULES.items():
            reach[path] = set(deps).union(*(reach[BY_NAME[d]] for d in deps)) if deps else set()
        wrong = []
        for file in tracked("src/*.cpp", "src/*.hpp"):
            own = module_of(file)
            for include in re.findall(r'^#include "([^"]+)"', file.read_text(), re.M):
                target = next((m for m in MODULES if include.startswith(m + "/")), None)
                if own and target and target != own and target.split("/")[-1] not in reach[own]:
                    wrong.append(f"{file.relative_to(ROOT)} includes {include}")
        self.assertEqual(wrong, [])

    def test_a_kind_of_source_includes_no_folder_of_another_kind(self):
        wrong = []
        for file in tracked("src/data/sources/*/*.cpp", "src/data/sources/*/*.hpp"):
            for kind in re.findall(r'^#include "data/sources/(\w+)/', file.read_text(), re.M):
                if kind != file.parent.name:
                    wrong.append(f"{file.relative_to(ROOT)} includes a header of {kind}/: move what both need to src/data/sources/")
        self.assertEqual(wrong, [])

    def test_every_folder_of_code_is_a_module_and_every_module_a_folder_with_code(self):
        folders = {module_of(f) or f.parent.relative_to(SRC).as_posix() for f in tracked("src/*.cpp") if f.parent != SRC}
        self.assertEqual(sorted(folders), sorted(MODULES))

    def test_the_architecture_document_names_every_module(self):
        text = (ROOT / "ARCHITECTURE.md").read_text()
        missing = [m for m in MODULES if f"`{m}`" not in text]
        self.assertEqual(missing, [], "ARCHITECTURE.md does not describe these modules")
        gone = [m for m in re.findall(r"`((?:base|platform|intelligence|data|operations|automation|application)/\w+)`", text) if m not in MODULES]
        self.assertEqual(gone, [], "ARCHITECTURE.md describes modules that do not exist")

    def test_every_member_has_its_line_in_the_manifest_and_every_line_its_member(self):
        manifests = {
            "data/sources/connectors.inc": ("data/sources/*/*.cpp", r"^ConnectorInfo info\(", "SINAN_CONNECTOR"),
            "data/quality/rules.inc": ("data/quality/rules/*.cpp", r"^RuleInfo (\w+)\(", "SINAN_RULE"),
            "intelligence/forecasting/models.inc": ("intelligence/forecasting/models/*.cpp", r"^ModelInfo (\w+)\(", "SINAN_MODEL"),
            "automation/tasks/tasks.inc": ("automation/tasks/*.cpp", r"^std::unique_ptr<workflow::Task> (\w+)\(Rooms", "SINAN_TASK"),
            "application/api/routes.inc": ("application/api/routes/*.cpp", r"^std::vector<http::Route> (\w+)_routes\(", "ROUTES"),
            "application/cli/commands.inc": ("application/cli/commands/*.cpp", r"^CommandInfo (\w+)\(", "SINAN_COMMAND"),
        }
        wrong = []
        for manifest, (files, member, macro) in manifests.items():
            lines = re.findall(rf"^{macro}\((\w+)\)", (SRC / manifest).read_text(), re.M)
            members = {}
            for file in tracked(f"src/{files}"):
                for found in re.finditer(member, file.read_text(), re.M):
                    members[found[1] if found.lastindex else file.parent.name] = f"{file.relative_to(ROOT)}"
            wrong += [f"{file} has no line {macro}({name}) in src/{manifest}" for name, file in members.items() if name not in lines]
            wrong += [f"src/{manifest} has the line {macro}({name}), which no src/{files} answers" for name in lines if name not in members]
        self.assertEqual(wrong, [])

    def test_third_party_types_stay_behind_their_wrapper(self):
        allowed = {
            "duckdb": ["platform/duck", "data/fabric"],
            "sqlite3.h": ["platform/storage", "data/sources", "application/example"],
            "libpq": ["data/sources", "application/example"],
            "mysql": ["data/sources", "application/example"],
            "mariadb": ["data/sources", "application/example"],
            "boost/": ["platform/http"],
            "sodium": ["platform/secrets"],
            "yaml-cpp": ["base"],
            "unicode/": ["base", "intelligence/matching", "intelligence/text"],
            "CLI/": ["application/cli"],
            "nlopt": ["intelligence/forecasting"],
        }
        wrong = []
        for file in tracked("src/*.cpp", "src/*.hpp"):
            if file.name.endswith("_test.cpp") or file.name.endswith("_bench.cpp"):
                continue
            for include in re.findall(r"^#include <([^>]+)>", file.read_text(), re.M):
                for library, rooms in allowed.items():
                    if include.startswith(library) and module_of(file) not in rooms:
                        wrong.append(f"{file.relative_to(ROOT)} includes <{include}>")
        self.assertEqual(wrong, [])


class Conventions(unittest.TestCase):
    def test_names_say_what_a_file_is_for(self):
        vague = [str(f.relative_to(ROOT)) for f in tracked("src", "tests", "script") if re.search(r"(util|helper|common|misc|manager|impl)s?(\.|_|$)", f.name)]
        self.assertEqual(vague, [])

    def test_a_header_opens_with_a_sentence_and_guards_itself(self):
        for file in tracked("src/*.hpp"):
            text = file.read_text()
            self.assertTrue(text.startswith("// "), f"{file} does not open with what it is for")
            self.assertIn("#pragma once", text, str(file))

    def test_no_leftover_markers_skipped_tests_or_sleeps(self):
        pattern = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b|GTEST_" r"SKIP|DIS" r"ABLED_")
        wrong = []
        for file in tracked("src", "tests", "script", "cmake"):
            if file.suffix in {".cpp", ".hpp", ".py", ".cmake", ".inc", ""}:
                text = file.read_text(errors="replace")
                if pattern.search(text) or ("_test." in file.name and re.search(r"\bsleep_for|\busleep\(", text)):
                    wrong.append(str(file.relative_to(ROOT)))
        self.assertEqual(wrong, [])

    def test_every_command_that_a_text_names_is_there(self):
        commands = {name.replace("_", " ") for name in re.findall(r"^SINAN_COMMAND\((\w+)\)", (SRC / "application/cli/commands.inc").read_text(), re.M)}
        groups = {name.split()[0] for name in commands if " " in name}
        wrong = []
        for file in tracked("src", "docs", "README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"):
            for said in re.findall(r"(?:`|<code>)sinan (?:-\S+ \S+ )*([a-z]+(?: [a-z]+)?)", file.read_text(errors="replace")):
                first = said.split()[0]
                if said not in commands and first not in commands | groups:
                    wrong.append(f"{file.relative_to(ROOT)}: sinan {said}")
                if first in groups and " " in said and said not in commands:
                    wrong.append(f"{file.relative_to(ROOT)}: sinan {said}")
        self.assertEqual(wrong, [])

    def test_no_machine_paths(self):
        pattern = re.compile(rb"/(?:wo" rb"rk|fa" rb"rm)/")
        wrong = [str(f.relative_to(ROOT)) for f in tracked() if f.stat().st_size < 2_000_000 and pattern.search(f.read_bytes())]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
