"""Every test that docs/replay.md names exists and runs, and every strict test is named there.

    replay_doc_test.py SOURCE_ROOT
"""
import pathlib
import re
import sys
import unittest


class ReplayDoc(unittest.TestCase):
    def test_the_table_names_the_strict_tests(self):
        text = (SOURCE_ROOT / "docs/replay.md").read_text(encoding="utf-8")
        named = re.findall(r"\| `(\w+)` \|$", text, re.MULTILINE)
        source = (SOURCE_ROOT / "tests/unit/strict_test.c").read_text(encoding="utf-8")
        run = set(re.findall(r"cmocka_unit_test\(\s*(\w+)\)", source))
        probes = {"a_probe_sees_every_move_of_its_order"}  # not a rule
        self.assertEqual(len(named), len(set(named)))
        self.assertEqual(set(named), run - probes)


if __name__ == "__main__":
    SOURCE_ROOT = pathlib.Path(sys.argv.pop(1))
    unittest.main()
