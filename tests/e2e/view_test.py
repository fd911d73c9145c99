"""What a run's page leaves behind: latest/report.html, and mmbot view over it.

usage: view_test.py MMBOT
"""
import http.client
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from live_run import Run

MMBOT = sys.argv.pop(1)
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.S)
SHORT = ["--iterations", "4", "--window", "2m"]


def soak(out, *arguments):
    done = subprocess.run([MMBOT, "soak", "--out", out, "--no-http", *arguments],
                          capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1, 3), done.stderr
    return (pathlib.Path(out) / "latest" / "report.html").read_bytes()


def data_of(page):
    return json.loads(DATA.search(page.decode()).group(1))


def view(*arguments):
    return subprocess.run([MMBOT, "view", *arguments], capture_output=True, text=True, check=False,
                          timeout=60)


class Viewed:
    """mmbot view DIR, while the block lasts."""

    def __init__(self, directory):
        self.directory = directory

    def __enter__(self):
        self.process = subprocess.Popen([MMBOT, "view", self.directory], stdout=subprocess.PIPE,
                                        text=True)
        self.link = re.search(r"page: http://127\.0\.0\.1:(\d+)/#(\w+)",
                              self.process.stdout.readline())
        return self

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", int(self.link[1]), timeout=60)
        connection.request(method, path, body, {"Authorization": "Bearer " + self.link[2],
                                                "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, text

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.status = self.process.wait(60)
        self.process.stdout.close()


class Views(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.out = cls.folder + "/run"
        cls.page = soak(cls.out, *SHORT)
        cls.state = data_of(cls.page)

    def test_the_page_holds_the_end_of_the_run(self):
        gate = json.loads(pathlib.Path(self.out, "latest/KPI_GATE.json").read_text())
        edge = json.loads(pathlib.Path(self.out, "latest/EDGE_REPORT.json").read_text())
        sections, lists = self.state["set"], self.state["add"]
        self.assertEqual(sections["status"]["phase"], "ended")
        self.assertEqual(sections["status"]["verdict"], gate["verdict"])
        self.assertEqual(sections["kpi"]["net_quote_e9"], edge["totals"]["net_quote_e9"])
        self.assertEqual(sections["kpi"]["fills"], edge["totals"]["fills"])
        self.assertEqual([each["iteration"] for each in lists["iterations"]], [1, 2, 3, 4])
        columns = lists["series_run"]["columns"]
        self.assertEqual(columns["net_quote_e9"][-1], edge["totals"]["net_quote_e9"])
        self.assertEqual({len(column) for column in columns.values()}, {len(columns["time_ns"])})

    def test_the_page_loads_nothing(self):
        text = self.page.decode()
        self.assertNotRegex(text, r"""(src|href)=["']?/|@import|url\((?!["']?data:)""")
        self.assertRegex(text, r"(?s)Content-Security-Policy.{1,40}default-src 'none'")

    def test_nothing_of_the_clock_the_process_or_who_looked_is_in_it(self):
        with Run(MMBOT, *SHORT, "--pace", "400", "--http", "127.0.0.1:0") as run:
            run.wait()
            watched = (run.out / "latest" / "report.html").read_bytes()
        self.assertEqual(watched, self.page)
        self.assertNotIn(self.folder.encode(), self.page)
        walls = [value for section in self.state["set"].values() for key, value in section.items()
                 if key.endswith("wall_ms")]
        self.assertEqual(set(walls), {None})

    def test_a_resumed_run_leaves_the_same_page(self):
        out = self.folder + "/resumed"
        arguments = [MMBOT, "soak", "--out", out, "--no-http", *SHORT]
        with subprocess.Popen([*arguments, "--pace", "100"], stdout=-3, stderr=-3) as process:
            until = time.monotonic() + 60
            while not pathlib.Path(out, "latest/ITER_SUMMARY_2.json").exists():
                self.assertLess(time.monotonic(), until)
                time.sleep(0.02)
            process.kill()
        self.assertFalse(pathlib.Path(out, "latest/report.html").exists())
        self.assertEqual(soak(out, *SHORT, "--resume"), self.page)

    def test_a_long_run_has_no_larger_page(self):
        page = soak(self.folder + "/long", "--iterations", "300", "--window", "1m")
        self.assertLess(len(page), 1200000)
        lists = data_of(page)["add"]
        self.assertEqual((len(lists["iterations"]), len(lists["fills"]), len(lists["orders"])),
                         (100, 500, 300))
        self.assertLessEqual(len(lists["series_run"]["columns"]["time_ns"]), 2000)

    def test_view_serves_the_state_and_takes_no_requests(self):
        for directory in (self.out, self.out + "/latest"):
            with Viewed(directory) as viewed:
                status, text = viewed.ask("GET", "/api/v1/state")
                served = json.loads(text)
                self.assertEqual(status, 200)
                self.assertEqual((served["set"], served["add"]),
                                 (self.state["set"], self.state["add"]))
                status, text = viewed.ask("GET", "/")
                self.assertIn(b"/assets/dashboard/main.js", text)
                status, _ = viewed.ask("POST", "/api/v1/control",
                                       '{"action": "pause", "who": "test"}')
                self.assertEqual(status, 503)
            self.assertEqual(viewed.status, 130)

    def test_what_is_no_run_is_refused(self):
        other = pathlib.Path(self.folder, "other")
        other.mkdir()
        for text, said in ((None, "holds no run that has ended"),
                           ("<p>hello</p>", "not a page of mmbot"),
                           (self.page.decode().replace('"type":"state"', '"type":"other"'),
                            "not the page of a soak"),
                           (self.page.decode().replace('"version":1', '"version":2'),
                            "another version")):
            if text is not None:
                (other / "report.html").write_text(text, encoding="utf-8")
            done = view(str(other))
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertIn(said, done.stderr)
            self.assertIn(str(other), done.stderr)

    def test_wrong_usage_is_told(self):
        for arguments in ([], [self.out, "more"], [self.out, "--nonsense"],
                          [self.out, "--http", "here"], [self.out, "--http", "0.0.0.0:0"]):
            done = view(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertTrue(done.stderr.startswith("mmbot view: "), done.stderr)


unittest.main()
