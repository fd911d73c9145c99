#!/usr/bin/env python3
"""Proves what can be proven of the guard, and says how much was looked at.

usage: ./mm prove [--quick]

1. every reachable state of scaled-down guards (tests/model/guard_search.c),
2. random runs at full scale (tests/property/guard_walk_test.c),
3. mutants of the guard, which the tests must notice (tests/model/mutate.py).

--quick searches less and leaves the mutants out. The last line is the verdict; the exit status is 0
only when everything holds.
"""
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "prove"
TARGETS = ["tests/model/guard_search", "tests/model/guard_walk_test", "src/libmmbot.a"]
RANDOM_RUNS = {False: 200000, True: 3000}


def say(text):
    print(text, flush=True)


def build():
    """Brings build/prove up to date; what went wrong, or None."""
    commands = [["ninja", "--quiet", "-C", BUILD, *TARGETS]]
    if not (BUILD / "build.ninja").exists():
        commands.insert(0, ["meson", "setup", "--buildtype=debugoptimized", BUILD, ROOT])
    for command in commands:
        done = subprocess.run(command, stdout=-1, stderr=-2, text=True, check=False)
        if done.returncode != 0:
            return done.stdout
    return None


def last_line(command):
    """Runs it, showing what it prints; the last line of that, and whether it ended well."""
    line = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
    return line.strip(), process.returncode == 0


def main():
    if sys.argv[1:] not in ([], ["--quick"]):
        say(__doc__)
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    quick = sys.argv[1:] == ["--quick"]
    if problem := build():
        say(problem)
        say("NOT PROVEN: it does not build")
        return 4
    parts = [
        ("every reachable state", [BUILD / TARGETS[0], "quick" if quick else "full"]),
        ("random runs", [BUILD / TARGETS[1], "--runs", str(RANDOM_RUNS[quick])]),
    ]
    if not quick:
        parts.append(("mutants", [sys.executable, ROOT / "tests/model/mutate.py", BUILD]))
    begin, results = time.monotonic(), []
    for name, command in parts:
        say(f"== {name}")
        results.append((name, *last_line(command)))
    say("==")
    for name, line, holds in results:
        say(f"{name}: {line if holds else 'BROKEN: ' + line}")
    holds = all(holds for _, _, holds in results)
    verdict = ("PROVEN" if not quick else "PROVEN (quick)") if holds else "NOT PROVEN"
    say(f"{verdict} in {time.monotonic() - begin:.0f} s")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
