"""`mmbot canary`, `gate` and `report` from the outside.

    canary_test.py MMBOT [TEST...]
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

MMBOT = pathlib.Path(sys.argv[1]).resolve()
CODES = {"PASS": 0, "WARN": 0, "FAIL": 1, "INCONCLUSIVE": 3}


def mmbot(*arguments):
    return subprocess.run([MMBOT, *map(str, arguments)], capture_output=True, text=True,
                          check=False)


def leaves(out):
    """What a run leaves that only its configuration and market may decide."""
    files = [*(out / "latest").iterdir(), out / "runtime_overrides.json"]
    return {path.name: path.read_bytes() for path in files}


class Canary(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.out = pathlib.Path(work.name) / "out"

    def gate(self):
        return json.loads((self.out / "latest" / "KPI_GATE.json").read_text())

    def test_a_day_is_96_windows_and_one_page_says_how_it_went(self):
        done = mmbot("canary", "--log-level", "off", "--out", self.out)
        gate = self.gate()
        self.assertEqual(done.returncode, CODES[gate["verdict"]])
        self.assertEqual(len(gate["iterations"]), 96)
        page = (self.out / "CANARY.md").read_text()
        self.assertTrue(done.stdout.endswith(page))
        for words in (f"# Canary: {gate['verdict']}", "96 of 96 windows of 15m", "## Over time",
                      "## The market", "good again in window", " spikes; recovered after ",
                      "## Tuner and guards", "## Time in each state", "## Failures and chance",
                      "has probability", "## Disk and memory"):
            self.assertIn(words, page)
        totals = json.loads((self.out / "latest" / "TUNING_REPORT.json").read_text())["totals"]
        self.assertIn(f"{totals['changes_proposed']} changes proposed", page)
        # Each change is in a line of the page, alone or with others in a row.
        lines = re.findall(r"^- windows? [^:]*: \w+ \S+ -> \S+(?: in (\d+) changes)?; ", page, re.M)
        self.assertEqual(sum(int(count or 1) for count in lines),
                         totals["changes_applied"] + totals["changes_cut"])
        self.same_seed_twice()

    def same_seed_twice(self):
        first = leaves(self.out)
        mmbot("canary", "--log-level", "off", "--out", self.out)
        self.assertEqual(leaves(self.out), first)

    def test_real_time_changes_nothing_but_the_time_it_takes(self):
        arguments = ["canary", "--hours", 1, "--window", "30m", "--log-level", "off"]
        mmbot(*arguments, "--out", self.out)
        paced = self.out.parent / "paced"
        start = time.monotonic()
        mmbot(*arguments, "--pace", 1800, "--out", paced)
        self.assertGreaterEqual(time.monotonic() - start, 2)
        self.assertEqual(leaves(paced), leaves(self.out))
        self.assertEqual((paced / "CANARY.md").read_text().split("## Disk")[0],
                         (self.out / "CANARY.md").read_text().split("## Disk")[0])

    def test_hours_and_windows_make_the_iterations(self):
        mmbot("canary", "--hours", 2, "--window", "1h", "--log-level", "off", "--out", self.out)
        self.assertEqual(len(self.gate()["iterations"]), 2)
        for arguments, words in ((["--hours", "0"], "--hours"), (["--hours", "x"], "'x'"),
                                 (["--iterations", "3"], "--iterations")):
            done = mmbot("canary", *arguments, "--out", self.out)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)
        self.assertEqual(mmbot("soak", "--hours", "2").returncode, 2)

    def test_the_gate_is_the_runs_verdict_as_an_exit_code(self):
        mmbot("soak", "--log-level", "off", "--out", self.out, "--regime", "calm")
        verdict = self.gate()["verdict"]
        for directory in (self.out, self.out / "latest"):
            done = mmbot("gate", directory)
            self.assertEqual(done.returncode, CODES[verdict], done.stderr)
            self.assertTrue(done.stdout.startswith(verdict))
        self.assertEqual(json.loads(mmbot("gate", self.out, "--json").stdout), self.gate())
        self.assertEqual(mmbot("report", self.out).stdout,
                         (self.out / "latest" / "REPORT.md").read_text())

    def test_a_gate_that_was_bettered_by_hand_is_seen(self):
        mmbot("soak", "--log-level", "off", "--out", self.out, "--regime", "calm")
        document = self.gate()
        for window in document["iterations"]:
            window["verdict"] = "FAIL"
        path = self.out / "latest" / "KPI_GATE.json"
        path.write_text(json.dumps(document))
        done = mmbot("gate", self.out)
        self.assertEqual(done.returncode, 4)
        self.assertIn("its windows make it FAIL", done.stderr)
        document["verdict"] = "FAIL"
        path.write_text(json.dumps(document))
        self.assertEqual(mmbot("gate", self.out).returncode, 1)
        document["verdict"], document["iterations"] = "INCONCLUSIVE", []
        path.write_text(json.dumps(document))
        self.assertEqual(mmbot("gate", self.out).returncode, 3)

    def test_what_is_not_there_is_said(self):
        for command, code in (("gate", 4), ("report", 4)):
            done = mmbot(command, self.out)
            self.assertEqual(done.returncode, code)
            self.assertIn(str(self.out), done.stderr)
        self.assertEqual(mmbot("gate").returncode, 2)
        self.assertEqual(mmbot("report").returncode, 2)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
