#!/usr/bin/env python3
"""run.py counts cases by what programs print, and never hides a failure."""
import unittest

import run

RUN, OK, BAD, SKIP = "[ RUN      ] a\n", "[       OK ] a\n", "[  FAILED  ] a\n", "[  SKIPPED ] a\n"


def program(result, stdout="", stderr=""):
    return {"name": "mmbot:unit / b", "result": result, "stdout": stdout, "stderr": stderr}


class Counts(unittest.TestCase):
    def test_cases_are_counted_where_a_program_lists_them(self):
        ran = "Ran 6 tests in 0.1s\n\n"
        for test, expected in [
            (program("OK"), (1, 0, 0)),
            (program("FAIL"), (0, 1, 0)),
            (program("TIMEOUT"), (0, 1, 0)),
            (program("SKIP", "no data\n"), (0, 0, 1)),
            (program("OK", (RUN + OK) * 3 + RUN + SKIP), (3, 0, 1)),
            (program("FAIL", (RUN + OK) * 3 + RUN + BAD), (3, 1, 0)),
            (program("OK", stderr=ran + "OK (skipped=2)\n"), (4, 0, 2)),
            (program("FAIL", stderr=ran + "FAILED (failures=1, errors=2)\n"), (3, 3, 0)),
        ]:
            with self.subTest(test=test):
                self.assertEqual(run.count_cases(test), run.Count(*expected))

    def test_a_crash_counts_as_a_failure(self):
        self.assertEqual(run.count_cases(program("FAIL", RUN + OK + RUN)), run.Count(1, 1, 0))
        self.assertEqual(run.count_cases(program("FAIL", RUN + OK)), run.Count(1, 1, 0))

    def test_skipped_cases_say_why(self):
        test = program("OK", RUN + "no data here\n" + SKIP + RUN + SKIP)
        found = run.skip_reasons(test)
        name = "mmbot:unit / b: a"
        self.assertEqual(found, [(name, "no data here"), (name, "no reason given")])
        found = run.skip_reasons(program("SKIP", "starting\nno data there\n"))
        self.assertEqual(found, [("mmbot:unit / b", "no data there")])

    def test_the_last_line_names_what_was_skipped_only_if_something_was(self):
        self.assertEqual(str(run.Count(3, 0, 0)), "3 passed, 0 failed")
        self.assertEqual(str(run.Count(3, 1, 2)), "3 passed, 1 failed, 2 skipped")


if __name__ == "__main__":
    unittest.main()
