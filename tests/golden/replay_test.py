"""The seven golden order logs: `mmbot backtest` must write the same values, row by row.

    replay_test.py MMBOT SOURCE_ROOT

The capture and the logs are in SOURCE_ROOT/../shared, or in $MM_SHARED; without them the tests are
skipped. Values are compared, not text: 0.0 equals 0.
"""
import csv
import gzip
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

CAPTURE = "data/binance/usdm-btcusdt-20240808.gz"
LOGS = "reference/replay-golden"
LATENCY = "lat_btcusdt_20240808.bin"
INSTRUMENT = ["--tick", "0.1", "--lot", "0.001", "--contract", "linear"]
LADDER = "qty=0.001,max_position=0.01,half_spread=20"


def find_shared():
    for place in [os.environ.get("MM_SHARED"), SOURCE_ROOT.parent / "shared"]:
        if place and (pathlib.Path(place) / CAPTURE).exists():
            return pathlib.Path(place)
    return None


def read_rows(lines):
    header, *rows = csv.reader(lines)
    return header, [[float(cell) if "." in cell else int(cell) for cell in row] for row in rows]


class GoldenLogs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shared = find_shared()
        if cls.shared is None:
            raise unittest.SkipTest("neither ../shared nor $MM_SHARED has the capture")
        cls.work = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.work.cleanup)
        cls.tape = os.path.join(cls.work.name, "usdm.tape")
        subprocess.run([MMBOT, "tape", "import", "--format", "binance", *INSTRUMENT,
                        cls.shared / CAPTURE, "-o", cls.tape], check=True, capture_output=True)

    def check(self, name, queue, latency="10ms,10ms"):
        orders = os.path.join(self.work.name, name + ".csv")
        subprocess.run([MMBOT, "backtest", "--tape", self.tape, "--strategy", "ladder",
                        "--fills", "compat", "--queue", queue, "--latency", latency,
                        "--ladder", LADDER, "--orders", orders], check=True, capture_output=True)
        log = self.shared / LOGS / f"btcusdt_20240808_nopartial_{name}.csv.gz"
        with gzip.open(log, "rt") as golden, open(orders) as ours:
            golden_header, golden_rows = read_rows(golden)
            header, rows = read_rows(ours)
        self.assertEqual(header, golden_header)
        for number, (expected, found) in enumerate(zip(golden_rows, rows), start=1):
            self.assertEqual(dict(zip(header, found)), dict(zip(header, expected)),
                             f"row {number}")
        self.assertEqual(len(rows), len(golden_rows))

    def test_risk(self):
        self.check("risk_const10ms", "risk")

    def test_pow(self):
        self.check("pow_const10ms", "pow:2")

    def test_pow2(self):
        self.check("pow2_const10ms", "pow2:2")

    def test_pow3(self):
        self.check("pow3_const10ms", "pow3:3")

    def test_log(self):
        self.check("log_const10ms", "log")

    def test_log2(self):
        self.check("log2_const10ms", "log2")

    def test_pow3_with_the_recorded_latency(self):
        self.check("pow3_intp", "pow3:3", str(self.shared / LOGS / LATENCY))

    def explain(self, *arguments):
        run = subprocess.run([MMBOT, "backtest", "--tape", self.tape, *arguments], check=False,
                             capture_output=True, text=True)
        self.assertIn(run.returncode, (0, 1, 3), run.stderr)  # the quoter is judged
        return run.stdout[run.stdout.index("order "):]

    def test_an_explained_fill_names_an_event_of_the_tape_at_that_time(self):
        for arguments in (["--explain", "9"], ["--explain", "9", "--fills", "compat"],
                          ["--strategy", "quoter", "--explain", "3"]):
            story = self.explain(*arguments)
            self.assertIn("sent: ", story)
            self.assertIn("seen by us: ", story)
            fills = re.findall(r"^  (\d+)  \S+  filled .*message at row (\d+);", story,
                               re.MULTILINE)
            self.assertTrue(fills or "cancel" in story, story)
            for time, row in fills:
                shown = subprocess.run([MMBOT, "tape", "show", self.tape, "--from", time, "--to",
                                        time], check=True, capture_output=True, text=True).stdout
                message = re.search(rf"^(\d+) .*\n  row {row} ", shown, re.MULTILINE)
                self.assertEqual(message.group(1), time)

    def test_strict_and_compat_differ_and_each_repeats(self):
        logs = {}
        for turn in (1, 2):
            for fills in ("strict", "compat"):
                orders = os.path.join(self.work.name, f"{fills}.csv")
                subprocess.run([MMBOT, "backtest", "--tape", self.tape, "--fills", fills,
                                "--ladder", "qty=0.005,max_position=0.05,half_spread=20",
                                "--orders", orders], check=True, capture_output=True)
                log = pathlib.Path(orders).read_bytes()
                self.assertEqual(logs.setdefault(fills, log), log, f"{fills}, turn {turn}")
        self.assertNotEqual(logs["strict"], logs["compat"])

    def test_a_latency_log_survives_csv(self):
        log = self.shared / LOGS / LATENCY
        csv_path = os.path.join(self.work.name, "latency.csv")
        rows_path = os.path.join(self.work.name, "latency.bin")
        subprocess.run([MMBOT, "tape", "latency", log, "-o", csv_path], check=True)
        subprocess.run([MMBOT, "tape", "latency", csv_path, "-o", rows_path], check=True)
        self.assertEqual(pathlib.Path(rows_path).read_bytes(), log.read_bytes())


if __name__ == "__main__":
    MMBOT, SOURCE_ROOT = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
    unittest.main()
