"""Every rule of the tuner fires in a run, and every word about a change is the same everywhere.

    rules_test.py MMBOT SOURCE_ROOT [TEST...]

Each run has a preset of its own: alt-perp with the levels of all rules out of reach but for those
of the rule in question.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

MMBOT, SOURCE_ROOT = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
QUIET = {"zone_aggressive_risk": 1, "zone_moderate_risk": 1, "zone_normal_risk": 0,
         "zone_normal_net_bps": 1000, "spread_close_net_bps": 1000, "evidence_errors": 100,
         "maker_boost_net_bps": 1000, "latency_soft_ms": 1e6, "latency_hard_ms": 1e6,
         "driver_adverse_bps": 1000, "driver_slippage_bps": 1000, "driver_concurrency_share": 1,
         "tail_adverse_bps": 1000, "tail_slippage_bps": 1000, "cancel_ratio": 1,
         "feed_lag_ms": 1e6, "net_low_bps": -1000, "age_ms": 1e9, "blocked_share": 1}
SOUND = {"zone_normal_risk": 1, "net_low_bps": -1000}
ANY_DIFFERENCE = {"evidence_windows": 1, "evidence_errors": 0}
# The levels that have a rule fire, and sections of the preset that differ besides.
RULES = {
    "fallback": ({}, {"fees": {"maker_bps": 50, "taker_bps": 50}}),
    "multi_failure": ({"multi_failure_count": 1, "tail_adverse_bps": 0}, {}),
    "zone_aggressive": ({"zone_aggressive_risk": 0}, {}),
    "zone_moderate": ({"zone_moderate_risk": 0}, {}),
    "latency_hard": ({"latency_hard_ms": 1}, {}),
    "latency_soft": ({"latency_soft_ms": 1}, {}),
    "driver_adverse": ({"driver_adverse_bps": 0}, {}),
    "edge_tail": ({"tail_adverse_bps": 0}, {}),
    "driver_slippage": ({"driver_slippage_bps": 0}, {}),
    "driver_concurrency": ({"driver_concurrency_share": 0, "blocked_share": 0}, {}),
    "cancel_ratio": ({"cancel_ratio": 0}, {}),
    "feed_lag": ({"feed_lag_ms": 0}, {}),
    "net_low": ({"net_low_bps": 1000}, {}),
    "size_relief": ({**SOUND, **ANY_DIFFERENCE}, {}),
    "spread_relief": ({**SOUND, **ANY_DIFFERENCE}, {"moves": {"size_up": {
        "base_spread_bps_delta": {"delta": 0.025, "limit": 0.19}}}}),
    "age_relief": ({"age_ms": 0, "blocked_share": 0}, {}),
    "zone_normalize": ({"zone_normal_risk": 1, "zone_normal_net_bps": -1000}, {}),
    "size_up": (SOUND, {}),
    "spread_close": ({**SOUND, "spread_close_net_bps": -1000}, {}),
    "maker_boost": ({"maker_boost_net_bps": -1000, "maker_boost_risk": 1}, {}),
}
# Quotes are post-only, so only a venue that breaks its word has them take.
ARGUMENTS = {"maker_boost": ["--faults", "taken:3600"]}


class Rules(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.work = pathlib.Path(work.name)
        self.out = self.work / "out"

    def soak(self, tuner, sections, *arguments):
        """The run's summaries, and what it logged."""
        shipped = SOURCE_ROOT / "profiles" / "market" / "alt-perp.json"
        preset = json.loads(shipped.read_text(encoding="utf-8"))
        preset["name"] = "mine"
        preset["gate"]["min_fills"] = 1
        for section, values in {**sections, "tuner": {**QUIET, **tuner}}.items():
            preset[section] = {**preset.get(section, {}), **values}
        path = self.work / "mine.json"
        path.write_text(json.dumps(preset), encoding="utf-8")
        done = subprocess.run(
            [MMBOT, "soak", "--market", path, "--regime", "calm", "--window", "2m",
             "--out", self.out, *arguments],
            capture_output=True, text=True, check=False)
        self.assertIn(done.returncode, (0, 1, 3), done.stderr)
        count = len(list((self.out / "latest").glob("ITER_SUMMARY_*.json")))
        return [json.loads((self.out / "latest" / f"ITER_SUMMARY_{n}.json").read_text())["tuning"]
                for n in range(1, count + 1)], done.stderr

    def test_each_rule_fires_in_a_run(self):
        shown = subprocess.run([MMBOT, "config", "show", "--json"], capture_output=True, text=True,
                               check=True)
        known = {key.split(".")[1] for key in json.loads(shown.stdout)["preset"]
                 if key.startswith("moves.")}
        self.assertEqual(known, RULES.keys())
        for rule, (tuner, sections) in RULES.items():
            with self.subTest(rule=rule):
                for seed in range(1, 11):  # what needs less money than before waits for it
                    summaries, log = self.soak(tuner, sections, "--iterations", "8", "--seed",
                                               str(seed), *ARGUMENTS.get(rule, []))
                    fired = [entry for tuning in summaries for entry in tuning["rules"]
                             if entry["rule"] == rule and entry["fate"] == "proposed"]
                    if fired:
                        break
                self.assertTrue(fired, [tuning["rules"] for tuning in summaries])
                self.check_words(summaries, log)

    def check_words(self, summaries, log):
        """Each change reads the same in summary, report, log and the report for people."""
        latest = self.out / "latest"
        report = json.loads((latest / "TUNING_REPORT.json").read_text())
        markdown = (latest / "REPORT.md").read_text()
        logged = [json.loads(f'"{text}"') for text in
                  re.findall(r'event=change iteration=\d+ text="((?:[^"\\]|\\.)*)"', log)]
        said = [text for tuning in summaries for text in tuning["changes"]]
        self.assertTrue(said)
        self.assertEqual(logged, said)
        self.assertEqual([text for each in report["iterations"] for text in each["changes"]], said)
        for text in said:
            self.assertIn(text, markdown)

    def test_a_freeze_holds_a_size_lets_an_interval_go_and_ends(self):
        summaries, _ = self.soak(
            {"driver_adverse_bps": 0, "zone_moderate_risk": 0, "stable_net_bps": -1000,
             "stable_risk": 1},
            {"guard": {"cooldown_permille": 10000},
             "gate": {"soft": {}, "hard": {}, "min_fills": 1},
             "moves": {"zone_moderate": {"impact_cap_ratio": {"delta": 0, "limit": 0.09}}}},
            "--iterations", "9", "--set", "impact_cap_ratio=0.11", "--set", "min_interval_ms=60",
            "--pin", "max_delta_ratio")
        heads = [[text.split(";")[0] for text in tuning["changes"] if "max_delta" not in text]
                 for tuning in summaries]
        held = "impact_cap_ratio stays 0.09, asked 0.08: freeze (frozen while the run is stable)"
        self.assertEqual(heads[:7], [
            ["min_interval_ms 60 -> 65", "impact_cap_ratio 0.11 -> 0.1"],
            ["min_interval_ms 65 -> 70", "impact_cap_ratio 0.1 -> 0.09"],
            ["min_interval_ms 70 -> 75", held],
            [held], [held], [held],
            ["impact_cap_ratio 0.09 -> 0.08"]])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
