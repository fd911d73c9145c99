"""`mmbot soak` from the outside: what it prints, what it leaves, what it refuses.

    soak_test.py MMBOT SOURCE_ROOT mock | tape [TEST...]

Documents are validated against docs/schemas. `tape` needs the captures of SOURCE_ROOT/../shared or
$MM_SHARED; without them it is skipped (exit code 77).
"""
import csv
import gzip
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import jsonschema

MMBOT, SOURCE_ROOT, KIND = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
CAPTURES = ["usdm-btcusdt-20240808", "coinm-btcusd_perp-20240808", "spot-btcusdt-20240808"]
PARAMETERS = [("min_interval_ms", 40, 80), ("replace_rate_per_min", 200, 320),
              ("base_spread_bps_delta", 0.08, 0.25), ("tail_age_ms", 500, 800),
              ("impact_cap_ratio", 0.08, 0.12), ("max_delta_ratio", 0.1, 0.16)]
PARTS = ["slippage", "adverse", "inventory", "fees"]
SHORT = ["--iterations", "3", "--window", "2m"]


def find_captures():
    for place in [os.environ.get("MM_SHARED"), SOURCE_ROOT.parent / "shared"]:
        if place and (pathlib.Path(place) / "data" / "binance").is_dir():
            return pathlib.Path(place) / "data" / "binance"
    return None


def load(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def validate(document, schema):
    schema = load(SOURCE_ROOT / "docs" / "schemas" / f"{schema}.schema.json")
    jsonschema.Draft202012Validator(schema).validate(document)


def rows(path):
    with gzip.open(path, "rt", encoding="ascii") as file:
        return list(csv.DictReader(file))


class SoakTest(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.work = pathlib.Path(work.name)
        self.out = self.work / "out"
        self.latest = self.out / "latest"

    def environment(self, extra=None):
        environment = {**os.environ, "MM_CACHE_DIR": str(self.work / "cache"), **(extra or {})}
        for name in ("MM_RUNTIME_OVERRIDES_JSON", "SOAK_SLEEP_SECONDS"):
            if name not in (extra or {}):
                environment.pop(name, None)
        return environment

    def soak(self, *arguments, env=None, out=None, **options):
        command = [MMBOT, "soak", *map(str, arguments), "--out", str(out or self.out)]
        return subprocess.run(command, capture_output=True, text=True, check=False,
                              env=self.environment(env), cwd=self.work, **options)

    def start(self, *arguments, env=None):
        command = [MMBOT, "soak", *map(str, arguments), "--out", str(self.out)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env=self.environment(env), cwd=self.work)
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        return process

    def wait_for(self, path, process):
        deadline = time.monotonic() + 60
        while not path.exists():
            self.assertIsNone(process.poll(), "it ended too early")
            self.assertLess(time.monotonic(), deadline, f"{path} never came")
            time.sleep(0.01)

    def summaries(self, count):
        return [load(self.latest / f"ITER_SUMMARY_{n}.json") for n in range(1, count + 1)]

    def check_artifacts(self, count):
        """Every document is there, has its form, and all of them agree; returns the summaries."""
        summaries = self.summaries(count)
        for document in summaries:
            validate(document, "iter_summary")
            self.check_parts(document["summary"])
        documents = {name: load(self.latest / f"{name}.json") for name in
                     ("EDGE_REPORT", "TUNING_REPORT", "KPI_GATE", "TUNING_STATE")}
        for name, document in documents.items():
            validate(document, name.lower())
        overrides = load(self.out / "runtime_overrides.json")
        validate(overrides, "runtime_overrides")
        self.check_totals(documents["EDGE_REPORT"]["totals"], summaries)
        self.check_tuning(documents["TUNING_STATE"], summaries, overrides)
        self.assertEqual(len(documents["KPI_GATE"]["iterations"]), count)
        self.assertTrue((self.latest / "REPORT.md").read_text(encoding="utf-8").startswith("# "))
        return summaries

    def check_parts(self, summary):
        money = {part: summary[f"{part}_quote_e9"] for part in ["net", "gross", *PARTS]}
        self.assertEqual(money["net"], money["gross"] - sum(money[part] for part in PARTS))
        self.assertEqual(money["net"], summary["equity_change_quote_e9"])
        if summary["fills"] == 0:
            self.assertIsNone(summary["net_bps"])
            return
        bps = money["net"] / summary["notional_quote_e9"] * 1e4
        self.assertAlmostEqual(summary["net_bps"], bps, places=3)

    def check_totals(self, totals, summaries):
        for key in ["fills", "notional_quote_e9", "equity_change_quote_e9",
                    *(f"{part}_quote_e9" for part in ["net", "gross", *PARTS])]:
            self.assertEqual(totals[key], sum(each["summary"][key] for each in summaries), key)
        self.check_parts(totals)
        fills = rows(self.latest / "fills.csv.gz")
        self.assertEqual(totals["fills"], len(fills))
        signed = sum((1 if fill["side"] == "buy" else -1) * int(fill["qty_lots"]) for fill in fills)
        self.assertEqual(totals["position_lots"], signed)

    def check_tuning(self, state, summaries, overrides):
        for before, after in zip(summaries, summaries[1:]):
            self.assertEqual(before["tuning"]["params_after"], after["tuning"]["params_before"])
        for each in summaries:
            tuning = each["tuning"]
            changed = [key for key, value in tuning["params_after"].items()
                       if value != tuning["params_before"][key]]
            self.assertEqual(sorted(tuning["changed_keys"]), changed)
            self.assertEqual(tuning["applied"], bool(changed))
            self.assertEqual(tuning["skip_reason"] == "", bool(changed))
        self.assertEqual(overrides, summaries[-1]["tuning"]["params_after"])
        self.assertEqual(state["overrides_hash"], summaries[-1]["tuning"]["state_hash"])

    def check_nothing_touched(self):
        self.assertFalse(self.out.exists())


class Mock(SoakTest):
    def test_without_arguments_it_runs_and_gives_a_verdict(self):
        done = subprocess.run([MMBOT, "soak"], capture_output=True, text=True, check=False,
                              env=self.environment(), cwd=self.work)
        self.assertIn(done.returncode, (0, 1, 3), done.stderr)
        self.out = self.work / "artifacts" / "soak"
        self.latest = self.out / "latest"
        summaries = self.check_artifacts(6)
        verdict = load(self.latest / "KPI_GATE.json")["verdict"]
        self.assertIn(f"verdict {verdict}", done.stdout)
        self.assertEqual(done.returncode, {"PASS": 0, "WARN": 0, "FAIL": 1, "INCONCLUSIVE": 3}
                         [verdict])
        self.assertTrue(all(each["summary"]["fills"] > 0 for each in summaries))
        lengths = [each["summary"]["window"] for each in summaries]
        self.assertEqual(lengths[0]["to_ns"] - lengths[0]["from_ns"], 900 * 10**9)
        for before, after in zip(lengths, lengths[1:]):
            self.assertEqual(before["to_ns"], after["from_ns"])

    def test_what_is_printed_is_readable(self):
        done = self.soak(*SHORT, "--profile", "steady_safe", "--set", "tail_age_ms=700")
        self.assertNotIn("\033", done.stdout)
        self.assertNotIn("\r", done.stdout)
        for line in done.stdout.splitlines():
            self.assertLessEqual(len(line), 100, line)
            self.assertEqual(line, line.rstrip())
        for pattern in (r"profile steady_safe", r"seed 42", r"market alt-perp", r"on sim",
                        r"min_interval_ms +75 +ms +profile:steady_safe +40 \.\. 80",
                        r"tail_age_ms +700 +ms +cli", r"risk: 0\.0 %", r"^ +3 .* % .* %",
                        r"^ all ", r"verdict (PASS|WARN|FAIL|INCONCLUSIVE)",
                        r"instrument: ALTUSDT, tick 0\.0001, lot 1, linear:1, settled in USDT"):
            self.assertRegex(done.stdout, re.compile(pattern, re.M))
        for pattern in (r"event=soak_start .*profile=steady_safe .*risk_percent=",
                        r"event=config key=tail_age_ms value=700 source=cli",
                        r"event=config key=min_interval_ms value=75 source=profile:steady_safe",
                        r"event=iteration iteration=3 .*risk_percent="):
            self.assertRegex(done.stderr, pattern)

    def test_the_stronger_source_wins(self):
        env = {"MM_RUNTIME_OVERRIDES_JSON": '{"min_interval_ms": 60, "tail_age_ms": 600}'}
        self.soak(*SHORT, "--profile", "aggressive", "--set", "tail_age_ms=700", env=env)
        before = self.summaries(1)[0]["tuning"]["params_before"]
        self.assertEqual((before["min_interval_ms"], before["tail_age_ms"],
                          before["replace_rate_per_min"]), (60, 700, 320))
        configuration = load(self.latest / "EDGE_REPORT.json")["configuration"]
        self.assertEqual([configuration[key]["source"] for key in
                          ("min_interval_ms", "tail_age_ms", "replace_rate_per_min", "seed")],
                         ["env", "cli", "profile:aggressive", "default"])

    def test_json_prints_what_the_gate_file_holds(self):
        done = self.soak(*SHORT, "--json", "--log-level", "off")
        self.assertEqual(json.loads(done.stdout), load(self.latest / "KPI_GATE.json"))
        self.assertEqual(done.stderr, "")

    def test_with_the_tuner_off_nothing_is_proposed(self):
        self.soak(*SHORT, "--tuner", "off")
        for each in self.check_artifacts(3):
            self.assertEqual(each["tuning"]["proposed_deltas"], {})

    def test_run_is_a_soak_whose_values_stay(self):
        self.soak("--iterations", "4", "--window", "15m", "--tuner", "off")
        other = self.work / "other"
        done = subprocess.run([MMBOT, "run", "--hours", "1", "--pace", "max", "--out", other],
                              capture_output=True, text=True, check=False, cwd=self.work,
                              env=self.environment())
        self.assertIn(done.returncode, (0, 1), done.stderr)
        for name in ("EDGE_REPORT.json", "KPI_GATE.json"):
            self.assertEqual((other / "latest" / name).read_bytes(),
                             (self.latest / name).read_bytes())
        for option in (["--tuner", "off"], ["--iterations", "2"], ["--hours", "0"]):
            done = subprocess.run([MMBOT, "run", *option, "--out", other], capture_output=True,
                                  text=True, check=False, env=self.environment())
            self.assertEqual(done.returncode, 2)
            self.assertIn(option[0], done.stderr)

    def test_one_parameter_changes_the_order_log(self):
        logs = []
        for value in ("0.08", "0.25"):
            self.soak(*SHORT, "--tuner", "off", "--set", f"base_spread_bps_delta={value}")
            logs.append(rows(self.latest / "orders.csv.gz"))
        self.assertFalse(logs[0] == logs[1])

    def test_a_new_run_keeps_the_last_one_as_a_snapshot(self):
        self.soak(*SHORT)
        first = (self.latest / "REPORT.md").read_bytes()
        self.soak(*SHORT, "--seed", "7")
        snapshots = list((self.out / "snapshots").iterdir())
        self.assertEqual(len(snapshots), 1)
        self.assertRegex(snapshots[0].name, r"^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z")
        self.assertEqual((snapshots[0] / "REPORT.md").read_bytes(), first)
        self.check_artifacts(3)
        for name in ("steady_safe", "ultra_safe", "aggressive"):
            path = self.out / "profiles" / f"{name}.json"
            validate(load(path), "runtime_overrides")
            self.assertEqual(path.stat().st_mode & 0o777, 0o444)

    def test_an_edited_profile_is_refused(self):
        self.soak(*SHORT)
        before = (self.latest / "REPORT.md").stat().st_mtime_ns
        path = self.out / "profiles" / "steady_safe.json"
        path.chmod(0o644)
        path.write_text("{}\n", encoding="utf-8")
        done = self.soak(*SHORT)
        self.assertEqual(done.returncode, 2)
        self.assertIn("steady_safe.json", done.stderr)
        self.assertEqual((self.latest / "REPORT.md").stat().st_mtime_ns, before)

    def test_wrong_input_is_refused_and_nothing_is_touched(self):
        preset = self.work / "preset.json"
        preset.write_text('{"name": "mine"}\n', encoding="utf-8")
        cases = [  # arguments, environment, exit code, words
            (["--tape", "nosuch"], {}, 4, ["nosuch"]),
            (["--tape", preset], {}, 4, ["preset.json:1"]),
            (["--set", "min_interval_ms=7"], {}, 2, ["--set", "min_interval_ms", "7", "40 .. 80"]),
            (["--set", "min_interval=60"], {}, 2, ["did you mean min_interval_ms?"]),
            (["--profile", "x"], {}, 2, ["steady_safe, ultra_safe, aggressive"]),
            (["--market", "x"], {}, 2, ["alt-perp", "btc-perp"]),
            (["--market", preset], {}, 2, ["preset.json", "is missing"]),
            (["--market", "nosuch.json"], {}, 4, ["nosuch.json"]),
            (["--regime", "x"], {}, 2, ["calm", "spike"]),
            (["--queue", "risk"], {}, 2, ["--queue", "--tape"]),
            (["--latency", "x"], {}, 2, ["--latency"]),
            (["--window", "15"], {}, 2, ["--window", "no unit"]),
            (["--pace", "fast"], {}, 2, ["--pace", "fast", "0.1 .. 1000000"]),
            (["--iterations", "0"], {}, 2, ["--iterations", "'0'"]),
            (["--iteratons", "3"], {}, 2, ["did you mean --iterations"]),
            (["--iterations"], {}, 2, ["needs a value"]),
            (["more"], {}, 2, ["'more'"]),
            ([], {"MM_RUNTIME_OVERRIDES_JSON": '{"min_interval_ms": 7}'}, 2,
             ["MM_RUNTIME_OVERRIDES_JSON", "min_interval_ms", "7", "40 .. 80"]),
            ([], {"MM_RUNTIME_OVERRIDES_JSON": "{"}, 2, ["MM_RUNTIME_OVERRIDES_JSON"]),
            ([], {"SOAK_SLEEP_SECONDS": "soon"}, 2, ["SOAK_SLEEP_SECONDS", "'soon'"]),
        ]
        for arguments, env, code, words in cases:
            with self.subTest(arguments=arguments, env=env):
                # --out first, so that an option without its value is the last word.
                done = subprocess.run([MMBOT, "soak", "--out", self.out, *map(str, arguments)],
                                      capture_output=True, text=True, check=False, cwd=self.work,
                                      env=self.environment(env))
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertEqual(done.stdout, "")
                for word in words:
                    self.assertIn(word, done.stderr)
                self.check_nothing_touched()

    def test_a_signal_ends_it_cleanly(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(signal=number):
                process = self.start(*SHORT, env={"SOAK_SLEEP_SECONDS": "30"})
                self.wait_for(self.latest / "REPORT.md", process)
                process.send_signal(number)
                output, _ = process.communicate(timeout=20)
                self.assertEqual(process.returncode, code)
                self.assertIn("stopped by a signal: 1 of 3", output)
                self.check_artifacts(1)
                self.assertEqual(load(self.latest / "KPI_GATE.json")["end"]["name"], "stopped")
                self.assertEqual(list(self.out.rglob("*.tmp*")), [])
                (self.latest / "REPORT.md").unlink()

    def test_at_a_pace_it_takes_its_time_and_leaves_the_same(self):
        arguments = ["--iterations", "2", "--window", "1m", "--faults", "all", "--log-level", "off"]
        start = time.monotonic()
        self.soak(*arguments, "--pace", "60")
        self.assertGreaterEqual(time.monotonic() - start, 2)
        other = self.work / "other"
        self.soak(*arguments, out=other)
        for path in [*(other / "latest").iterdir(), other / "runtime_overrides.json"]:
            self.assertEqual((self.out / path.relative_to(other)).read_bytes(), path.read_bytes(),
                             path.name)

    def test_in_real_time_a_signal_is_obeyed_at_once(self):
        process = self.start("--pace", "1")
        self.wait_for(self.latest / "TUNING_STATE.json", process)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
        self.assertLess(time.monotonic() - start, 10)  # of a window of 15 minutes
        self.assertEqual(process.returncode, 130)
        self.assertIn("stopped by a signal: 0 of 6", output)

    def test_two_processes_cannot_share_a_directory(self):
        process = self.start(*SHORT, env={"SOAK_SLEEP_SECONDS": "30"})
        self.wait_for(self.latest / "REPORT.md", process)
        done = self.soak(*SHORT)
        self.assertEqual(done.returncode, 2)
        self.assertIn("another process", done.stderr)

    def test_a_killed_run_does_not_hinder_the_next(self):
        process = self.start(*SHORT, env={"SOAK_SLEEP_SECONDS": "30"})
        self.wait_for(self.latest / "REPORT.md", process)
        process.kill()
        process.communicate()
        for path in self.latest.glob("*.json"):
            load(path)
        self.assertIn(self.soak(*SHORT).returncode, (0, 1, 3))
        self.check_artifacts(3)

    def test_a_write_that_fails_leaves_nothing_half_written(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
        done = self.soak("--iterations", "20", "--window", "2m", "--log-level", "off",
                         preexec_fn=limit)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("File too large", done.stderr)
        self.assertEqual(list(self.out.rglob("*.tmp*")), [])
        for path in self.out.rglob("*.json"):
            load(path)

    def test_an_out_that_cannot_be_made_is_a_system_error(self):
        (self.work / "file").touch()
        done = self.soak(*SHORT, out=self.work / "file" / "below")
        self.assertEqual(done.returncode, 4)
        self.assertIn("file/below", done.stderr)


class Tape(SoakTest):
    def test_every_capture_gives_six_windows_whose_parts_add_up(self):
        for name in CAPTURES:
            with self.subTest(capture=name):
                self.out = self.work / name
                self.latest = self.out / "latest"
                done = self.soak("--tape", find_captures() / f"{name}.gz", "--iterations", "6",
                                 "--window", "50s")
                self.assertIn(done.returncode, (0, 1, 3), done.stderr)
                summaries = self.check_artifacts(6)
                self.assertTrue(all(each["summary"]["fills"] > 0 for each in summaries))
                self.assertEqual(load(self.latest / "EDGE_REPORT.json")["venue"], "replay")

    def test_every_parameter_changes_the_order_log(self):
        capture = find_captures() / f"{CAPTURES[0]}.gz"
        for key, low, high in PARAMETERS:
            logs = []
            for value in (low, high):
                self.soak("--tape", capture, "--tuner", "off", "--iterations", "1",
                          "--set", f"{key}={value}")
                logs.append(rows(self.latest / "orders.csv.gz"))
            self.assertFalse(logs[0] == logs[1], key)

    def test_a_span_too_short_for_its_iterations_is_refused(self):
        capture = find_captures() / f"{CAPTURES[0]}.gz"
        done = self.soak("--tape", capture, "--iterations", "400")
        self.assertEqual(done.returncode, 2)
        self.assertIn("400 iterations gives windows below 1s", done.stderr)
        self.assertFalse(self.out.exists())

    def test_the_rules_of_fills_are_told_and_matter(self):
        capture = find_captures() / f"{CAPTURES[0]}.gz"
        logs = []
        for fills in ("strict", "compat"):
            done = self.soak("--tape", capture, "--iterations", "1", "--fills", fills)
            self.assertRegex(done.stdout, rf"fills +{fills} +cli")
            logs.append(rows(self.latest / "fills.csv.gz"))
        self.assertFalse(logs[0] == logs[1])

    def test_a_tape_that_ends_early_cuts_the_last_window(self):
        capture = find_captures() / f"{CAPTURES[0]}.gz"
        done = self.soak("--tape", capture, "--window", "150s")
        self.assertIn("the tape ended before the last iteration: 3 of 6", done.stdout)
        windows = [each["summary"]["window"] for each in self.check_artifacts(3)]
        lengths = [(each["to_ns"] - each["from_ns"]) / 1e9 for each in windows]
        self.assertEqual(lengths[:2], [150, 150])
        self.assertLess(lengths[2], 150)

    def test_without_a_window_the_span_is_divided(self):
        capture = find_captures() / f"{CAPTURES[1]}.gz"
        done = self.soak("--tape", capture, "--iterations", "4")
        self.assertRegex(done.stdout, r"4 windows of 85\.\d+s, ")
        self.assertIn("instrument: BTCUSD_PERP, tick 0.1, lot 1, inverse:100, settled in BTC",
                      done.stdout)
        windows = [each["summary"]["window"] for each in self.check_artifacts(4)]
        lengths = [each["to_ns"] - each["from_ns"] for each in windows]
        self.assertEqual(len(set(lengths[:3])), 1)
        self.assertAlmostEqual(lengths[3], lengths[0], delta=2e9)
        self.assertEqual(load(self.latest / "KPI_GATE.json")["end"]["name"], "complete")

    def test_a_flipped_byte_is_refused(self):
        tape = self.work / "x.tape"
        subprocess.run([MMBOT, "tape", "import", "--format", "binance",
                        find_captures() / f"{CAPTURES[2]}.gz", "-o", tape], check=True,
                       capture_output=True, env=self.environment())
        data = bytearray(tape.read_bytes())
        data[len(data) // 2] ^= 1
        tape.write_bytes(data)
        done = self.soak("--tape", tape)
        self.assertEqual(done.returncode, 4)
        self.assertIn("x.tape", done.stderr)
        self.check_nothing_touched()


def main():
    if KIND == "tape" and find_captures() is None:
        print("skipped: neither ../shared nor $MM_SHARED has the captures")
        return 77
    suite = unittest.defaultTestLoader.loadTestsFromTestCase({"mock": Mock, "tape": Tape}[KIND])
    if sys.argv[4:]:
        suite = unittest.TestSuite(each for each in suite
                                   if each.id().rpartition(".")[2] in sys.argv[4:])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    return 0 if result.wasSuccessful() else 1


sys.exit(main())
