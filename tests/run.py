#!/usr/bin/env python3
"""Builds and runs the tests, plainly and under the sanitizers, and counts the cases.

usage: ./mm test [--shuffle SEED] [--repeat N] [NAME...], each NAME a test or a suite (unit,
property, golden, e2e, fuzz, style).
Every program counts with its cases where it lists them (cmocka, unittest), else as one. The last
line is `N passed, N failed[, N skipped]`; the exit status is 0 only when something passed and
nothing failed. Tests of the suite `once` do not depend on the build and run in the first only;
those of the suite `slow` only when they, or it, are named.

--shuffle runs the plain build only, N times (once without --repeat), each time in another order,
which SEED decides.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys

import shuffle

ROOT = pathlib.Path(__file__).resolve().parents[1]
OUTPUT_LINES_MAX = 300
# gcc's warnings are errors in the plain build; with sanitizers gcc itself calls them unreliable.
BUILDS = {
    "test": ["-Doptimization=2", "-Ddebug=false"],
    "sanitize": ["-Doptimization=1", "-Ddebug=false", "-Dc_args=-g1", # lines, for its reports
                 "-Db_sanitize=address,undefined", "-Dwerror=false"],
}
ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}
GOOD = ("OK", "SKIP", "EXPECTEDFAIL")


@dataclasses.dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Count(self.passed + other.passed, self.failed + other.failed,
                     self.skipped + other.skipped)

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def say(text):
    print(text, flush=True)


def build(name):
    """Brings build/NAME up to date; what went wrong, or None."""
    folder = ROOT / "build" / name
    commands = [["ninja", "--quiet", "-C", folder]]
    if not (folder / "build.ninja").exists():
        commands.insert(0, ["meson", "setup", *BUILDS[name], folder, ROOT])
    for command in commands:
        done = subprocess.run(command, stdout=-1, stderr=-2, text=True, check=False)
        if done.returncode != 0:
            return done.stdout
    return None


def is_wanted(name, suites, wanted):
    """Whether a test runs when `wanted` tests and suites are named; none means all but the slow."""
    if not wanted:
        return "slow" not in suites
    return name in wanted or bool(suites & set(wanted))


def select(build_name, wanted, first):
    """The tests of build/BUILD_NAME that are wanted; the unknown among `wanted`."""
    path = ROOT / "build" / build_name / "meson-info" / "intro-tests.json"
    selected, known = [], set()
    for test in json.loads(path.read_text(encoding="utf-8")):
        suites = {suite.rpartition(":")[2] for suite in test["suite"]}
        known |= suites | {test["name"]}
        if is_wanted(test["name"], suites, wanted) and (first or "once" not in suites):
            selected.append(test)
    return selected, [each for each in wanted if each not in known]


def count_cases(test):
    """The cases of one program, by what it printed and by how it ended."""
    count = Count()
    if runs := len(re.findall(r"\[ RUN      \]", test["stdout"])):
        count.passed = len(re.findall(r"\[       OK \]", test["stdout"]))
        count.skipped = len(re.findall(r"\[  SKIPPED \]", test["stdout"]))
        count.failed = runs - count.passed - count.skipped
    elif ran := re.search(r"^Ran (\d+) tests? in", test.get("stderr", ""), re.M):
        numbers = dict(re.findall(r"(failures|errors|skipped)=(\d+)", test["stderr"]))
        count.skipped = int(numbers.get("skipped", 0))
        count.failed = int(numbers.get("failures", 0)) + int(numbers.get("errors", 0))
        count.passed = int(ran.group(1)) - count.skipped - count.failed
    elif test["result"] == "SKIP":
        count.skipped = 1
    elif test["result"] in GOOD:
        count.passed = 1
    if test["result"] not in GOOD and count.failed == 0:
        count.failed = 1
    return count


def skip_reasons(test):
    """(case, message) of what was skipped."""
    if test["result"] == "SKIP":
        lines = (test["stdout"] + test.get("stderr", "")).strip().splitlines()
        return [(test["name"], lines[-1] if lines else "no reason given")]
    cases = re.findall(r"\[ RUN      \] (\w+)\n([^\[]*)\[  SKIPPED \]", test["stdout"])
    return [(f"{test['name']}: {case}", message.strip() or "no reason given")
            for case, message in cases]


def report(test):
    """Shows what a failed test printed."""
    output = (test["stdout"] + test.get("stderr", "")).splitlines()
    say(f"\n--- {test['name']}: {test['result']}, exit status {test['returncode']}")
    if len(output) > OUTPUT_LINES_MAX:
        say(f"({len(output) - OUTPUT_LINES_MAX} lines left out)")
    say("\n".join(output[-OUTPUT_LINES_MAX:]))
    say(f"--- the command: {' '.join(test['command'])}")
    say(f"--- to repeat: ./mm test {test['name'].rpartition(' / ')[2]}\n")


def run(name, selected):
    """Runs the selected tests of build/NAME."""
    folder = ROOT / "build" / name
    log = folder / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    # One more than there are cores, because many tests wait for most of their time.
    command = ["meson", "test", "-C", folder, "--no-rebuild", "--num-processes",
               str(len(os.sched_getaffinity(0)) + 1), "--timeout-multiplier",
               "3" if name == "sanitize" else "1", *(test["name"] for test in selected)]
    subprocess.run(command, env={**os.environ, **ENVIRONMENT}, stdin=subprocess.DEVNULL,
                   check=False)
    return add_up(json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())


def add_up(tests):
    """Counts what ended, and shows what was skipped or failed."""
    count = Count()
    for test in tests:
        count += count_cases(test)
        for case, message in skip_reasons(test):
            say(f"skipped {case}: {message}")
        if test["result"] not in GOOD:
            report(test)
    return count


def run_shuffled(name, selected, seed, repeats):
    """Runs the selected tests `repeats` times, each time in another order."""
    total = Count()
    for number in range(1, repeats + 1):
        count = add_up(shuffle.run_all(shuffle.order_of(selected, seed, number), ENVIRONMENT,
                                       ROOT / "build" / name))
        say(f"{number} of {repeats}, in the order of --shuffle {seed}: {count}")
        total += count
    return total


def at_least_one(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def read_arguments():
    parser = argparse.ArgumentParser(prog="mm test", add_help=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("--shuffle", metavar="SEED")
    parser.add_argument("--repeat", metavar="N", type=at_least_one)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    if options.repeat and not options.shuffle:
        parser.error("--repeat goes with --shuffle")
    return options


def main():
    options = read_arguments()
    wanted = options.names
    if options.help:
        print(__doc__)
        return 0
    count = Count()
    for name, flags in BUILDS.items():
        if options.shuffle and name != "test":
            continue
        say(f"== build/{name} ({' '.join(flags)})")
        if problem := build(name):
            say(problem)
            count.failed += 1
            continue
        selected, unknown = select(name, wanted, name == "test")
        if unknown:
            say(f"no test or suite is called {', '.join(unknown)}")
            return 2
        if selected and options.shuffle:
            count += run_shuffled(name, selected, options.shuffle, options.repeat or 1)
        elif selected:
            count += run(name, selected)
    say(str(count))
    return 0 if count.passed and not count.failed else 1


if __name__ == "__main__":
    sys.exit(main())
