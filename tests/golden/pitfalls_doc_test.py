"""docs/pitfalls.md: every pitfall from 1 to 33 has its row, and every test that it names exists.

    pitfalls_doc_test.py
"""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Pitfalls(unittest.TestCase):
    def setUp(self):
        text = (ROOT / "docs" / "pitfalls.md").read_text(encoding="utf-8")
        self.rows = re.findall(r"^\| (\d+) \|.*\| ([^|]*) \|$", text, re.M)

    def test_each_of_the_33_has_a_row(self):
        self.assertEqual([int(number) for number, _ in self.rows], list(range(1, 34)))

    def test_the_tests_that_are_named_exist(self):
        sources = [*(ROOT / "tests" / "unit").glob("*.c"), ROOT / "tests" / "e2e" / "live_test.py"]
        text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
        known = set(re.findall(r"(?:static void|def) (\w+)\(", text))
        for number, cell in self.rows:
            names = re.findall(r"`(\w+)`", cell)
            self.assertTrue(names, number)
            for name in names:
                self.assertIn(name, known, number)


if __name__ == "__main__":
    unittest.main()
