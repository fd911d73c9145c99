#!/usr/bin/env python3
"""run.py counts cases by what programs print, and never hides a failure."""
import sys
import unittest

import run
import shuffle

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

    def test_a_slow_test_runs_only_when_it_or_its_suite_is_named(self):
        for wanted, expected in (([], False), (["unit"], False), (["slow"], True),
                                 (["analyser"], True)):
            self.assertEqual(run.is_wanted("analyser", {"slow", "once"}, wanted), expected)
        self.assertTrue(run.is_wanted("maths_test", {"unit"}, []))

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


def script(name, code, **more):
    return {"name": name, "cmd": [sys.executable, "-c", code], "env": {}, "workdir": None,
            "timeout": 20, "is_parallel": True, **more}


class Shuffle(unittest.TestCase):
    def test_an_order_is_drawn_by_the_seed_and_loses_nothing(self):
        tests = [{"name": f"test {i}"} for i in range(20)]
        orders = [shuffle.order_of(tests, seed, number) for seed in "ab" for number in (1, 2)]
        for order in orders:
            self.assertEqual(sorted(order, key=str), sorted(tests, key=str))
        self.assertEqual(len({str(order) for order in orders}), 4)
        self.assertEqual(shuffle.order_of(tests[::-1], "a", 1), orders[0])

    def test_every_end_is_told_as_meson_tells_it(self):
        tests = [script("good", "print('fine')"), script("skips", "import sys; sys.exit(77)"),
                 script("fails", "import sys; sys.exit('why')"),
                 script("hangs", "import time; time.sleep(60)", timeout=0.5)]
        found = {test["name"]: test for test in shuffle.run_all(tests, {}, ".")}
        self.assertEqual({name: test["result"] for name, test in found.items()},
                         {"good": "OK", "skips": "SKIP", "fails": "FAIL", "hangs": "TIMEOUT"})
        self.assertEqual((found["good"]["stdout"], found["fails"]["stderr"]), ("fine\n", "why\n"))

    def test_a_test_without_a_place_of_its_own_starts_in_the_build(self):
        where = script("where", "import os; print(os.getcwd())")
        found = [test["stdout"].strip() for test in shuffle.run_all([where], {}, "/")]
        self.assertEqual(found, ["/"])

    def test_what_must_be_alone_is(self):
        log = "import time; print(time.monotonic()); time.sleep(0.2); print(time.monotonic())"
        tests = [script("a", log), script("alone", log, is_parallel=False), script("b", log)]
        spans = {test["name"]: [float(line) for line in test["stdout"].split()]
                 for test in shuffle.run_all(tests, {}, ".", workers=3)}
        for name in "ab":
            self.assertFalse(spans[name][0] < spans["alone"][1] and
                             spans["alone"][0] < spans[name][1])


if __name__ == "__main__":
    unittest.main()
