"""Sessions on paper and with real orders against the venue, and the same requests on their tapes.

    compare_test.py MMBOT
"""
import contextlib
import csv
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from live_venue import SYMBOL, Venue

MMBOT = pathlib.Path(sys.argv[1]).resolve()
WINDOW_SECONDS = 7


def take(venue, side, qty):
    """The second account takes so much at the market."""
    body = json.dumps({"category": "linear", "symbol": SYMBOL, "side": side,
                       "orderType": "Market", "qty": qty})
    with contextlib.suppress(OSError):
        venue.signed("/v5/order/create", body, True, 1)


def soak(venue, work, mode, *options):
    """A session of one window; its artifacts are in WORK/MODE."""
    account = venue.info["accounts"][0]
    environment = {**os.environ, "MM_LIVE_ENABLE": "1", "MM_BYBIT_KEY": account["key"],
                   "MM_BYBIT_SECRET": account["secret"]}
    with open(work / f"{mode}.log", "w", encoding="utf-8") as log:
        return subprocess.Popen(
            [MMBOT, "soak", "--" + mode, "--rest", venue.rest, "--stream", venue.stream,
             "--symbol", SYMBOL, "--market", "alt-perp", "--iterations", "1", "--window",
             f"{WINDOW_SECONDS}s", "--no-http", "--out", work / mode, *options],
            env=environment, stdout=subprocess.DEVNULL, stderr=log)


def fills(directory):
    with gzip.open(directory / "latest" / "fills.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Compare(unittest.TestCase):
    """The sessions run once, beside one another; the tests look at what they left."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.work = work = pathlib.Path(cls.directory.name)
        cls.environment = {**os.environ, "MM_CACHE_DIR": str(work / "cache")}
        venue = Venue(MMBOT)
        try:
            runs = [soak(venue, work, mode, "--record", work / f"{mode}.gz")
                    for mode in ("paper", "live")]
            # Someone who takes what the bots offer, so that there are fills whatever the market is.
            until = time.monotonic() + 60
            for turn in range(1000):
                if all(run.poll() is not None for run in runs) or time.monotonic() > until:
                    break
                take(venue, "Buy" if turn % 2 else "Sell", "1500")
                time.sleep(0.35)
            for run, mode in zip(runs, ("paper", "live")):
                code = run.wait(timeout=60)
                said = (work / f"{mode}.log").read_text(encoding="utf-8")
                assert code in (0, 1, 3), (mode, code, said)
        finally:
            venue.stop()

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def compare(self, directory, *options, code=0):
        """What `mmbot compare` prints; on stderr where it fails."""
        done = subprocess.run([MMBOT, "compare", directory, *map(str, options)], text=True,
                              capture_output=True, check=False, env=self.environment, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code in (0, 1, 3) else done.stderr

    def check_totals(self, mode, least_share):
        found = json.loads(self.compare(self.work / mode, "--json"))
        rows = fills(self.work / mode)
        self.assertGreater(len(rows), 0)
        self.assertEqual(found["mode"], mode)
        self.assertEqual(found["session"]["fills"], len(rows))
        self.assertEqual(found["session"]["qty_lots"], sum(int(row["qty_lots"]) for row in rows))
        self.assertGreaterEqual(found["match_share"], least_share, found["differences"])
        if not found["differences"]:
            self.assertEqual(found["session"], found["replay"])
        self.assertEqual(found["tape_gaps"], 0)
        self.assertLessEqual(found["tape_from_ns"], found["session_from_ns"])
        # Every order that filled is of one kind, and every difference has its reason.
        alike = found["kinds"]["same"]["orders"]
        others = sum(kind["orders"] for name, kind in found["kinds"].items() if name != "same")
        self.assertEqual(others, len(found["differences"]))
        self.assertGreaterEqual(alike + others, found["session"]["orders"])
        for difference in found["differences"]:
            self.assertNotEqual(difference["reason"], "none", difference)
        return found

    def test_a_paper_session_s_fills_come_out_again(self):
        found = self.check_totals("paper", 0.95)
        # Only the last cancels may lack an answer, where a fill was first.
        self.assertLess(found["requests_without_arrival"], 5)

    def test_a_live_session_s_fills_come_out_again_but_for_the_queue(self):
        self.check_totals("live", 0.7)

    def test_what_is_compared_is_shown_to_a_person(self):
        said = self.compare(self.work / "paper")
        for word in ("paper session in", "its recording", "gross bps", "the replay fills",
                     "filled alike"):
            self.assertIn(word, said)

    def test_trades_that_the_tape_lacks_are_the_reason(self):
        without = self.work / "without.gz"
        with gzip.open(self.work / "paper.gz", "rt", encoding="utf-8") as lines, \
                gzip.open(without, "wt", encoding="utf-8") as kept:
            kept.writelines(line for line in lines if "publicTrade" not in line)
        found = json.loads(self.compare(self.work / "paper", "--tape", without, "--json",
                                        "--min-match", "0.99", code=1))
        self.assertLess(found["match_share"], 0.99)
        self.assertGreater(found["reasons"]["no_trade"]["orders"], 0)
        said = self.compare(self.work / "paper", "--tape", without, "--all")
        self.assertIn("the tape has no trade at its price or beyond it then", said)

    def test_a_recording_that_ends_early_is_told(self):
        early = self.work / "early.gz"
        with gzip.open(self.work / "paper.gz", "rt", encoding="utf-8") as lines:
            kept = lines.readlines()
        with gzip.open(early, "wt", encoding="utf-8") as file:
            file.writelines(kept[:len(kept) // 2])
        said = self.compare(self.work / "paper", "--tape", early)
        self.assertRegex(said, r"it lacks the last \d+\.\d{3} s of the session")
        self.assertRegex(said, r"outside +the fill lies outside the tape +[1-9]")

    def test_a_share_that_is_reached_is_no_failure(self):
        self.compare(self.work / "paper", "--min-match", "0.9")
        self.compare(self.work / "paper", "--queue", "risk", "--tolerance", "20ms")

    def test_what_cannot_be_compared_is_refused_with_the_way_out(self):
        self.assertIn("holds no session", self.compare(self.work, code=4))
        before = self.work / "before.gz" # ends with the snapshot that the session waited for
        with gzip.open(self.work / "paper.gz", "rt", encoding="utf-8") as lines, \
                gzip.open(before, "wt", encoding="utf-8") as kept:
            kept.write(next(line for line in lines if '"snapshot"' in line and "orderbook" in line))
        self.assertIn("covers nothing of the session",
                      self.compare(self.work / "paper", "--tape", before, code=4))
        gone = self.compare(self.work / "paper", "--tape", self.work / "gone.gz", code=4)
        self.assertIn("is not there: name it with --tape", gone)
        for wrong in (["--min-match", "2"], ["--queue", "best"], ["--tolerance", "3"], ["twice"]):
            self.compare(self.work / "paper", *wrong, code=2)

    def test_a_session_without_a_recording_is_told_how_to_make_one(self):
        copy = self.work / "unrecorded"
        shutil.copytree(self.work / "paper" / "latest", copy)
        report = copy / "EDGE_REPORT.json"
        edge = json.loads(report.read_text(encoding="utf-8"))
        self.assertEqual(edge["record"], str(self.work / "paper.gz"))
        edge["record"] = None
        report.write_text(json.dumps(edge), encoding="utf-8")
        said = self.compare(copy, code=2)
        self.assertIn("kept no recording", said)
        self.assertIn("--record FILE", said)
        self.compare(copy, "--tape", self.work / "paper.gz")

    def test_a_tape_of_another_instrument_is_refused(self):
        tape = self.work / "other.tape"
        subprocess.run([MMBOT, "market", "export", "--market", "btc-perp", "--hours", "0.01", "-o",
                        tape], check=True, capture_output=True)
        said = self.compare(self.work / "paper", "--tape", tape, code=2)
        self.assertIn(SYMBOL, said)
        self.assertIn("a tape of", said)

    def test_a_run_on_a_simulated_market_is_no_session(self):
        out = self.work / "mock"
        subprocess.run([MMBOT, "soak", "--mock", "--iterations", "1", "--window", "10s",
                        "--no-http", "--out", out], check=False, capture_output=True)
        self.assertFalse((out / "latest" / "requests.csv.gz").exists())
        self.assertIn("on paper or with real orders only", self.compare(out, code=2))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
