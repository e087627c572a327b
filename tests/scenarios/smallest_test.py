"""The smallest example companies: a cycle ends well in each."""

import pathlib
import shutil
import tempfile
import unittest

from company import Commands, must, sinan


class Smallest(Commands, unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="sinan-smallest-"))
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)

    def test_a_cycle_ends_well_in_a_company_of_a_few_items(self):
        for items in (1, 2, 5, 9, 11):
            with self.subTest(items=items):
                self.dir = self.home / str(items)
                must("demo", "create", self.dir, "--items", items, "--locations", 1, "--days", 60)
                self.ok("check")
                self.ok("run")
                self.assertEqual(self.ok("query", "SELECT count(*) AS n FROM ops.items", "--json").json, [{"n": items}])
                self.ok("decisions", "verify")

    def test_a_company_without_items_is_refused_with_the_least_number(self):
        answer = sinan("demo", "create", self.home / "none", "--items", 0)
        self.assertEqual(answer.code, 2)
        self.assertIn("between 1 and", answer.err)


if __name__ == "__main__":
    unittest.main()
