"""The smoke test of the soak: three iterations as an operator would watch them, in real time.

    smoke_test.py MMBOT
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

MMBOT = pathlib.Path(sys.argv[1]).resolve()
ITERATIONS, SLEEP_SECONDS, LIMIT_SECONDS = 3, 5, 120


class Smoke(unittest.TestCase):
    def test_three_iterations_leave_what_they_should_in_time(self):
        with tempfile.TemporaryDirectory() as work:
            out = pathlib.Path(work) / "out"
            environment = {**os.environ, "SOAK_SLEEP_SECONDS": str(SLEEP_SECONDS),
                           "MM_RUNTIME_OVERRIDES_JSON": '{"tail_age_ms": 700}'}
            start = time.monotonic()
            done = subprocess.run(
                [MMBOT, "soak", "--mock", "--iterations", str(ITERATIONS), "--profile",
                 "steady_safe", "--set", "min_interval_ms=70", "--regime", "calm",
                 "--out", str(out)],
                capture_output=True, text=True, check=False, env=environment,
                timeout=LIMIT_SECONDS)
            took = time.monotonic() - start
            # No sleep after the last one.
            self.assertGreaterEqual(took, (ITERATIONS - 1) * SLEEP_SECONDS)
            self.assertLess(took, LIMIT_SECONDS)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.check_start(done.stderr)
            self.check_artifacts(out)

    def check_start(self, log):
        self.assertRegex(log, re.compile(
            r"event=soak_start .*profile=steady_safe .*risk_percent=0\.0"))
        for key, value, source in (("min_interval_ms", 70, "cli"), ("tail_age_ms", 700, "env"),
                                   ("impact_cap_ratio", 0.08, "profile:steady_safe")):
            self.assertIn(f"event=config key={key} value={value} source={source}", log)

    def check_artifacts(self, out):
        def load(name):
            return json.loads((out / name).read_text(encoding="utf-8"))
        summaries = [load(f"latest/ITER_SUMMARY_{n}.json") for n in range(1, ITERATIONS + 1)]
        report, state = load("latest/TUNING_REPORT.json"), load("latest/TUNING_STATE.json")
        self.assertEqual(report["totals"]["iterations"], ITERATIONS)
        self.assertEqual(state["iteration"], ITERATIONS)
        self.assertGreater(report["totals"]["changes_applied"], 0)
        for before, after in zip(summaries, summaries[1:]):
            self.assertEqual(before["tuning"]["params_after"], after["tuning"]["params_before"])
        last = summaries[-1]
        self.assertEqual(load("runtime_overrides.json"), last["tuning"]["params_after"])
        self.assertEqual(state["overrides_hash"], last["tuning"]["state_hash"])
        self.assertEqual(load("latest/EDGE_REPORT.json")["totals"]["fills"],
                         sum(each["summary"]["fills"] for each in summaries))
        summary = last["summary"]
        self.assertLessEqual(summary["risk_ratio"], 0.8)
        self.assertGreater(summary["net_bps"], -10)
        self.assertGreaterEqual(summary["maker_taker_ratio"], 0.5)
        self.assertGreater(summary["p95_latency_ms"], 0)
        self.assertIn(load("latest/KPI_GATE.json")["verdict"], ("PASS", "WARN"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
