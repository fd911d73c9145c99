#!/usr/bin/env python3
"""The files in deploy/: rules by promtool, the dashboard against a real page, the unit by systemd.

    deploy_test.py MMBOT SOURCE_ROOT
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from live_run import Run

MMBOT = pathlib.Path(sys.argv[1]).resolve()
DEPLOY = pathlib.Path(sys.argv[2]) / "deploy"


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **more)


@unittest.skipUnless(shutil.which("promtool"), "Debian's package prometheus is not there")
class Rules(unittest.TestCase):
    def promtool(self, *arguments):
        done = run("promtool", *arguments, cwd=DEPLOY / "prometheus")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_the_scrape_configuration_is_valid(self):
        self.assertIn("SUCCESS", self.promtool("check", "config", "prometheus.yml"))

    def test_the_rules_are_valid_and_each_alert_has_a_test(self):
        names = [path.name for path in (DEPLOY / "prometheus").glob("*.rules.yml")]
        self.assertEqual(self.promtool("check", "rules", *names).count("SUCCESS"), len(names))
        alerts = set(re.findall(r"- alert: (\w+)", text("prometheus/alerts.rules.yml")))
        tested = set(re.findall(r"alertname: (\w+)\n +exp_alerts",
                                text("prometheus/alerts.test.yml")))
        self.assertEqual(alerts, tested)
        self.promtool("test", "rules", "alerts.test.yml")


def text(name):
    return (DEPLOY / name).read_text(encoding="utf-8")


class Names(unittest.TestCase):
    """Rules and dashboard speak only of metrics that a run really has."""

    @classmethod
    def setUpClass(cls):
        with Run(MMBOT, "--http", "127.0.0.1:0", "--pace", 300, "--iterations", 2, "--window",
                 "3m", "--keep-open") as soak:
            soak.wait_for(lambda: soak.part("status")["phase"] == "ended")
            # Of a run that has ended some are gone, and of one that runs some are not there yet.
            page = soak.get("/metrics")[1]
        cls.metrics = set(re.findall(r"^(\w+)[{ ]", page, re.M)) | {
            "mmbot_quoted_spread_ratio", "mmbot_market_spread_ratio", "mmbot_mid_price"}
        cls.recorded = set(re.findall(r"- record: (\S+)", text("prometheus/recording.rules.yml")))

    def check(self, expression):
        named = set(re.findall(r"(?<![\w:])((?:mmbot|process)_\w+)", expression))
        self.assertLessEqual(named, self.metrics, expression)
        recorded = set(re.findall(r"job_instance\w*:[\w:]+", expression))
        self.assertLessEqual(recorded, self.recorded, expression)

    def test_rules_name_metrics_that_are_there(self):
        for name in ("prometheus/alerts.rules.yml", "prometheus/recording.rules.yml"):
            for expression in re.findall(r"expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)", text(name)):
                self.check("".join(expression))

    def expressions(self):
        board = json.loads(text("grafana/mmbot.json"))
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                yield target["expr"]
        for annotation in board["annotations"]["list"]:
            if "expr" in annotation:
                yield annotation["expr"]

    def test_the_dashboards_expressions_are_valid_and_name_metrics_that_are_there(self):
        expressions = list(self.expressions())
        self.assertGreater(len(expressions), 30)
        for expression in expressions:
            self.check(expression)
        if not shutil.which("promtool"):
            return
        rules = [{"record": f"check:{i}", "expr": expression}
                 for i, expression in enumerate(expressions)]
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
            file.flush()
            done = run("promtool", "check", "rules", file.name)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_panels_lie_beside_one_another_and_have_a_title(self):
        panels = json.loads(text("grafana/mmbot.json"))["panels"]
        taken = set()
        for panel in panels:
            self.assertTrue(panel["title"])
            at = panel["gridPos"]
            cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                     for y in range(at["y"], at["y"] + at["h"])}
            self.assertFalse(taken & cells, panel["title"])
            self.assertLessEqual(at["x"] + at["w"], 24)
            taken |= cells
        self.assertEqual(len({panel["id"] for panel in panels}), len(panels))


class Unit(unittest.TestCase):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not there")
    def test_the_unit_is_valid_and_its_sandbox_is_tight(self):
        with tempfile.TemporaryDirectory() as work:
            unit = pathlib.Path(work) / "mmbot-soak.service"
            unit.write_text(text("systemd/mmbot-soak.service").replace("/usr/local/bin/mmbot",
                                                                       str(MMBOT)))
            done = run("systemd-analyze", "verify", unit)
            self.assertNotIn("mmbot-soak", done.stderr)
            done = run("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)
            self.assertEqual(done.returncode, 0, done.stdout[-500:] + done.stderr)

    def test_its_command_is_one_that_the_program_understands(self):
        command = re.search(r"^ExecStart=\S+ (.*)$", text("systemd/mmbot-soak.service"), re.M)[1]
        arguments = command.split()[1:]
        arguments[arguments.index("--http") + 1] = "127.0.0.1:0"
        with tempfile.NamedTemporaryFile() as file:
            arguments[arguments.index("--out") + 1] = file.name + "/soak"
            done = run(MMBOT, "soak", *arguments)
            # It comes as far as making the directory.
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn(file.name, done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
