"""`mmbot config` from the outside: what it shows, refuses and migrates.

    config_test.py MMBOT SOURCE_ROOT [TEST...]
    config_test.py MMBOT SOURCE_ROOT --update      writes the tables of docs/configuration.md anew
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

MMBOT, SOURCE_ROOT = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
NESTED = {"engine": {"min_interval_ms": 60, "tail_age_ms": 620},
          "impact": {"impact_cap_ratio": 0.1}, "risk": {"risk_limit_ratio": 0.4}}


DOCUMENT = SOURCE_ROOT / "docs" / "configuration.md"
PRESETS = ["alt-perp", "btc-perp"]
PROFILES = ["steady_safe", "ultra_safe", "aggressive"]


def plain(value):
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def ask(*arguments):
    done = subprocess.run([MMBOT, "config", "show", "--json", *arguments], capture_output=True,
                          text=True, check=True)
    return json.loads(done.stdout)


def table(head, rows):
    """A table of Markdown; columns after the third hold numbers."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * min(2, len(head)) +
             "--:|" * (len(head) - 2)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]) + "\n"


def parameter_table():
    shown = [ask(), *(ask("--profile", name) for name in PROFILES)]
    rows = []
    for key, entry in shown[0]["run"].items():
        if "what" not in entry:
            continue
        limit = {name: shown[0]["preset"][f"parameters.{key}.{name}"]
                 for name in ("min", "max", "step_cap", "velocity_cap")}
        rows.append([f"`{key}`", f"{entry['what']} ({entry['unit']})", entry["step"],
                     f"{plain(entry['min'])} .. {plain(entry['max'])}",
                     f"{plain(limit['min']['min'])} .. {plain(limit['max']['max'])}",
                     plain(limit["step_cap"]["value"]), plain(limit["velocity_cap"]["value"]),
                     *(plain(each["run"][key]["value"]) for each in shown)])
    return table(["key", "what it is", "step", "bounds", "hard limits", "`step_cap`",
                  "`velocity_cap`", "default", *PROFILES], rows)


def preset_table():
    shown = [ask("--market", name)["preset"] for name in PRESETS]
    rows = []
    for key in sorted(shown[0].keys() | shown[1].keys()):
        if key.startswith(("moves.", "parameters.")):
            continue
        entries = [each.get(key) for each in shown]
        entry = entries[0] or entries[1]
        rows.append([f"`{key}`",
                     f"{plain(entry['min'])} .. {plain(entry['max'])}" if "min" in entry else "",
                     *(plain(each["value"]) if each else "not judged" for each in entries)])
    return table(["field", "allowed", *PRESETS], rows)


def move_table():
    shown = [ask("--market", name)["preset"] for name in PRESETS]
    keys = sorted({key.rpartition(".")[0] for each in shown for key in each
                   if key.startswith("moves.")})
    rows = []
    for key in keys:
        _, rule, param = key.split(".")
        cells = [f"{each[f'{key}.delta']['value']:+g} ({plain(each[f'{key}.limit']['value'])})"
                 if f"{key}.delta" in each else "" for each in shown]
        rows.append([f"`{rule}`", f"`{param}`", *cells])
    return table(["rule", "parameter", *PRESETS], rows)


def documented():
    """docs/configuration.md with the tables of what the program says about itself."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, make in (("parameters", parameter_table), ("presets", preset_table),
                       ("moves", move_table)):
        begin = f"<!-- {name}: tests/e2e/config_test.py --update -->\n"
        end = f"<!-- end of {name} -->\n"
        head, rest = text.split(begin)
        text = head + begin + make() + end + rest.split(end)[1]
    return text


class Config(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.work = pathlib.Path(work.name)
        self.out = self.work / "out"

    def mmbot(self, *arguments, env=None):
        environment = {**os.environ, **(env or {})}
        if not env:
            environment.pop("MM_RUNTIME_OVERRIDES_JSON", None)
        return subprocess.run([MMBOT, *map(str, arguments)], capture_output=True, text=True,
                              check=False, cwd=self.work, env=environment)

    def show(self, *arguments, env=None):
        done = self.mmbot("config", "show", "--json", "--out", self.out, *arguments, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def write(self, name, document):
        self.out.mkdir(exist_ok=True)
        text = document if isinstance(document, str) else json.dumps(document)
        (self.out / name).write_text(text, encoding="utf-8")
        return self.out / name

    def test_every_value_comes_with_its_source_and_range(self):
        env = {"MM_RUNTIME_OVERRIDES_JSON": json.dumps(NESTED)}
        shown = self.show("--profile", "steady_safe", "--set", "tail_age_ms=700", env=env)
        run = shown["run"]
        self.assertEqual([(run[key]["value"], run[key]["source"]) for key in
                          ("tail_age_ms", "min_interval_ms", "replace_rate_per_min", "seed")],
                         [(700, "cli"), (60, "env"), (260, "profile:steady_safe"),
                          ("42", "default")])
        self.assertEqual((run["min_interval_ms"]["min"], run["min_interval_ms"]["max"]), (40, 80))
        for key, entry in shown["preset"].items():
            silent = key.startswith(("moves.", "parameters."))
            self.assertEqual(entry["source"], "default" if silent else "preset:alt-perp", key)
        numbers = [key for key, entry in shown["preset"].items()
                   if isinstance(entry["value"], (int, float)) and "min" not in entry
                   and not isinstance(entry["value"], bool)]
        self.assertEqual(numbers, [])
        self.assertEqual(shown["preset"]["guard.panic_fails"],
                         {"value": 3, "min": 1, "max": 1000, "source": "preset:alt-perp"})
        self.assertFalse(self.out.exists())

    def test_the_documented_numbers_of_the_presets_are_the_programs(self):
        self.assertEqual(DOCUMENT.read_text(encoding="utf-8"), documented(),
                         "config_test.py MMBOT SOURCE_ROOT --update writes it anew")

    def preset(self, **sections):
        """A preset of one's own: alt-perp with sections replaced."""
        shipped = SOURCE_ROOT / "profiles" / "market" / "alt-perp.json"
        document = {**json.loads(shipped.read_text(encoding="utf-8")), "name": "mine", **sections}
        return self.write("mine.json", document)

    def test_values_are_held_against_the_bounds_of_the_preset(self):
        wide = self.preset(parameters={"min_interval_ms": {"min": 20, "max": 300}})
        shown = self.show("--market", wide, "--set", "min_interval_ms=300")
        self.assertEqual([shown["run"]["min_interval_ms"][key] for key in ("value", "min", "max")],
                         [300, 20, 300])
        self.assertEqual([shown["preset"][f"parameters.min_interval_ms.{key}"]["source"]
                          for key in ("max", "step_cap")], ["preset:mine", "default"])
        done = self.mmbot("config", "show", "--market", wide, "--set", "min_interval_ms=301")
        self.assertEqual(done.returncode, 2)
        self.assertIn("301 is outside 20 .. 300 ms", done.stderr)
        values = self.write("values.json", {"min_interval_ms": 300})
        self.assertEqual(self.mmbot("config", "validate", values).returncode, 2)
        done = self.mmbot("config", "validate", "--market", wide, values)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_default_or_a_profile_beyond_narrowed_bounds_is_refused(self):
        narrow = self.preset(parameters={"min_interval_ms": {"min": 72}})
        for arguments, words in (
                ([], "default, and market mine: min_interval_ms: 70 is outside 72 .. 80 ms"),
                (["--profile", "aggressive"], "profile:aggressive, and market mine: "
                                              "min_interval_ms: 50 is outside 72 .. 80 ms")):
            done = self.mmbot("config", "show", "--market", narrow, *arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)
        self.show("--market", narrow, "--profile", "aggressive", "--set", "min_interval_ms=72")

    def test_bounds_caps_and_moves_of_a_preset_act_in_a_run(self):
        mine = self.preset(
            parameters={"min_interval_ms": {"min": 20, "step_cap": 25, "velocity_cap": 40}},
            moves={"zone_normalize": {"min_interval_ms": {"delta": -30, "limit": 20},
                                      "impact_cap_ratio": {"delta": 0, "limit": 0.1}},
                   "size_up": {"impact_cap_ratio": {"delta": 0, "limit": 0.1}}})
        done = self.mmbot("soak", "--market", mine, "--regime", "calm", "--iterations", "5",
                          "--out", self.out, "--set", "min_interval_ms=80")
        texts = [text for n in range(1, 5) for text in json.loads(
            (self.out / "latest" / f"ITER_SUMMARY_{n}.json").read_text())["tuning"]["changes"]]
        self.assertIn("min_interval_ms 80 -> 55, asked 50: cut by step_cap (the largest change in "
                      "one iteration)", texts[0], done.stdout)
        self.assertFalse([text for text in texts if "impact_cap_ratio" in text])

    def test_a_pinned_parameter_stays(self):
        self.mmbot("soak", "--iterations", "4", "--window", "15m", "--out", self.out,
                   "--log-level", "off", *(word for key in self.show()["run"] if "_" in key
                                           for word in ("--pin", key)))
        report = json.loads((self.out / "latest" / "TUNING_REPORT.json").read_text())
        summaries = [json.loads((self.out / "latest" / f"ITER_SUMMARY_{n}.json").read_text())
                     for n in range(1, 5)]
        self.assertTrue(report)
        self.assertTrue(any(rule["fate"] == "the parameter is pinned" for each in summaries
                            for rule in each["tuning"]["rules"]))
        for each in summaries:
            self.assertEqual(each["tuning"]["proposed_deltas"], {})

    def test_what_cannot_be_is_refused_with_its_place(self):
        cases = [
            ({"min_interval_ms": 7}, ["min_interval_ms", "7", "40 .. 80"]),
            ({"min_interval_ms": "60"}, ["min_interval_ms", "expected a number"]),
            ({"min_intervall_ms": 60}, ["did you mean min_interval_ms?"]),
            ({"min_interval_ms": 60, "engine": {"min_interval_ms": 70}}, ["given twice", "70"]),
            ('{"min_interval_ms": 60, "min_interval_ms": 61}', ["duplicate"]),
            ('{"min_interval_ms": NaN}', ["file.json:1"]),
            ({"engine": {"surprise": 1}}, ["surprise"]),
            ([60], ["object"]),
        ]
        for document, words in cases:
            with self.subTest(document=document):
                done = self.mmbot("config", "validate", self.write("file.json", document))
                self.assertEqual(done.returncode, 2, done.stderr)
                for word in [*words, "file.json"]:
                    self.assertIn(word, done.stderr)

    def test_what_this_program_writes_and_carries_is_valid(self):
        self.mmbot("soak", "--iterations", "1", "--window", "1m", "--out", self.out)
        done = self.mmbot("config", "validate", self.out, SOURCE_ROOT / "profiles",
                          SOURCE_ROOT / "profiles" / "market" / "alt-perp.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in ("runtime_overrides", "TUNING_STATE", "ultra_safe", "btc-perp"):
            self.assertIn(f"{name}.json: valid", done.stdout)

    def test_an_old_layout_is_loaded_with_a_warning(self):
        before = self.write("runtime_overrides.json", NESTED).read_text()
        self.assertEqual(self.show()["run"]["min_interval_ms"]["source"], "legacy")
        done = self.mmbot("soak", "--iterations", "1", "--window", "1m", "--out", self.out)
        self.assertIn("mmbot config migrate", done.stdout)
        self.assertIn("event=legacy_layout", done.stderr)
        first = json.loads((self.out / "latest" / "ITER_SUMMARY_1.json").read_text())
        self.assertEqual(first["tuning"]["params_before"]["min_interval_ms"], 60)
        self.assertEqual((self.out / "legacy" / "runtime_overrides.json").read_text(), before)

    def test_an_old_profile_stands_for_the_one_of_its_name(self):
        self.write("steady_safe_overrides.json", {"min_interval_ms": 77})
        run = self.show("--profile", "steady_safe")["run"]
        self.assertEqual((run["min_interval_ms"]["value"], run["tail_age_ms"]["value"]), (77, 740))

    def test_migration_moves_says_and_is_repeatable(self):
        files = {"runtime_overrides.json": NESTED, "applied_profile.json": {"profile": "x"},
                 "steady_overrides.json": {"tail_age_ms": 600},
                 "steady_safe_overrides.json": {"min_interval_ms": 77},
                 "ultra_safe_overrides.json": {"quoting": {"min_interval_ms": 78}}}
        for name, document in files.items():
            self.write(name, document)
        before = sorted(self.out.iterdir())
        dry = self.mmbot("config", "migrate", self.out, "--dry-run")
        self.assertEqual(sorted(self.out.iterdir()), before)
        done = self.mmbot("config", "migrate", self.out)
        self.assertEqual((dry.returncode, done.returncode), (0, 0), done.stderr)
        self.assertEqual(dry.stdout, done.stdout)
        for name, document in files.items():
            self.assertIn(f"{name} -> legacy/{name}", done.stdout)
            self.assertEqual(json.loads((self.out / "legacy" / name).read_text()), document)
        overrides = json.loads((self.out / "runtime_overrides.json").read_text())
        self.assertEqual((overrides["min_interval_ms"], overrides["tail_age_ms"],
                          overrides["impact_cap_ratio"], overrides["max_delta_ratio"]),
                         (60, 620, 0.1, 0.14))
        again = self.mmbot("config", "migrate", self.out)
        self.assertIn("nothing of the old layout", again.stdout)


if __name__ == "__main__":
    if sys.argv[3:] == ["--update"]:
        DOCUMENT.write_text(documented(), encoding="utf-8")
        sys.exit()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
