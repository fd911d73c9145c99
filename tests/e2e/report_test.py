"""The page of a report: needs nothing from elsewhere, and holds the same object as --json.

usage: report_test.py REPORT_SAMPLE MMBOT SOURCE_ROOT
"""
import gzip
import html.parser
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

SAMPLE, MMBOT, ROOT = sys.argv.pop(1), sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
PRESET = ROOT / "profiles" / "market" / "btc-perp.json"
# Attributes that make a browser fetch something.
LOADING = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping",
           "manifest"}
PARTS = ("gross", "slippage", "adverse", "inventory", "fees", "net")


class Page(html.parser.HTMLParser):
    """Scripts and styles of a page, and the attributes with which it would load something."""

    def __init__(self, text):
        super().__init__(convert_charrefs=False)
        self.scripts, self.styles, self.loads, self.ids = [], [], [], []
        self.inside = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.loads += [f"{tag} {name}" for name in attributes if name in LOADING]
        if tag in ("link", "base", "iframe", "object", "embed"):
            self.loads.append(tag)
        if tag == "a" and not attributes.get("href", "#").startswith("#"):
            self.loads.append(f"a {attributes['href']}")
        if tag in ("script", "style"):
            self.inside = {"tag": tag, "attributes": attributes, "text": ""}
            (self.scripts if tag == "script" else self.styles).append(self.inside)

    def handle_endtag(self, tag):
        if self.inside is not None and tag == self.inside["tag"]:
            self.inside = None

    def handle_data(self, data):
        if self.inside is not None:
            self.inside["text"] += data


EXIT_CODES = {"PASS": 0, "WARN": 0, "FAIL": 1, "PANIC": 1, "INCONCLUSIVE": 3}


def data_of(page):
    [data] = [each for each in page.scripts if each["attributes"].get("id") == "data"]
    return json.loads(data["text"])


class Reports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.pages = {}
        for name, samples, fills in (("small", 3000, 120), ("many", 250000, 20000), ("none", 0, 0)):
            paths = [pathlib.Path(cls.folder.name, name + end) for end in (".html", ".json")]
            subprocess.run([SAMPLE, *paths, str(samples), str(fills)], check=True)
            text, line = (path.read_text(encoding="utf-8") for path in paths)
            cls.pages[name] = (text, Page(text), json.loads(line))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def each(self):
        for name, page in self.pages.items():
            with self.subTest(name):
                yield page

    def test_the_page_loads_nothing(self):
        for _, page, _ in self.each():
            self.assertEqual(page.loads, [])
            for style in page.styles:
                self.assertIsNone(re.search(r"@import|url\(", style["text"]))
            for script in page.scripts:
                is_code = "type" not in script["attributes"]
                self.assertFalse(is_code and re.search(
                    r"\bfetch\(|XMLHttpRequest\(\)\.open|WebSocket\(|importScripts|"
                    r"sourceMappingURL|\bimport\(", script["text"]))

    def test_the_only_addresses_in_it_are_those_of_licences(self):
        for text, _, _ in self.each():
            found = set(re.findall(r"https?://[^\s\"'<>)]+", text))
            self.assertLessEqual({each for each in found if "LICENSE" not in each}, set())

    def test_a_browser_is_told_to_load_nothing_even_so(self):
        for text, _, _ in self.each():
            self.assertRegex(text, r"(?s)Content-Security-Policy.{1,40}default-src 'none'")

    def test_the_page_holds_the_same_object_as_the_json(self):
        for _, page, report in self.each():
            self.assertEqual(data_of(page), report)

    def test_no_two_elements_share_an_id(self):
        for _, page, _ in self.each():
            self.assertEqual(len(page.ids), len(set(page.ids)))

    def test_columns_are_as_long_as_their_times(self):
        for _, _, report in self.each():
            series = report["series"]
            times = series["time_ns"]
            self.assertEqual(times, sorted(set(times)))
            for name, column in series.items():
                if isinstance(column, list):
                    self.assertEqual(len(column), len(times), name)

    def test_parts_add_up_at_every_point(self):
        for _, _, report in self.each():
            columns = (report["series"][part + "_quote_e9"] for part in PARTS)
            for gross, slippage, adverse, inventory, fees, net in zip(*columns):
                self.assertEqual(net, gross - slippage - adverse - inventory - fees)

    def test_a_long_run_is_thinned_but_keeps_its_extremes(self):
        report = self.pages["many"][2]
        series = report["series"]
        self.assertEqual(series["samples_per_point"], 4)
        self.assertLessEqual(len(series["time_ns"]), 100000)
        [deepest] = [kpi["value"] for kpi in report["kpi"]
                     if kpi["name"] == "max_drawdown_quote_e9"]
        self.assertEqual(max(series["drawdown_high_quote_e9"]), deepest)
        for low, high, mid in zip(series["mid_low_half_ticks"], series["mid_high_half_ticks"],
                                  series["mid_half_ticks"]):
            self.assertTrue(low <= mid <= high)

    def test_many_fills_are_summed_over_spans(self):
        fills = self.pages["many"][2]["fills"]
        self.assertEqual(fills["listed_every"], 4)
        self.assertLessEqual(len(fills["list"]), 5000)
        counted = sum(span[side]["fills"] for span in fills["spans"] for side in ("buy", "sell"))
        self.assertEqual(counted, fills["count"])
        self.assertIsNone(self.pages["small"][2]["fills"]["spans"])

    def test_nothing_known_is_null(self):
        report = self.pages["none"][2]
        values = {kpi["name"]: kpi["value"] for kpi in report["kpi"]}
        self.assertIsNone(values["net_bps"])
        self.assertIsNone(values["ws_lag_p95_ms"])
        self.assertIsNone(report["spread"][0]["p50"])
        self.assertIsNone(report["presence"][0]["share"])
        self.assertEqual(report["series"]["time_ns"], [])


def write_capture(path):
    """A made-up market of a minute: the price walks, and trades reach both sides."""
    random.seed(11)
    start_ms, mid, lines = 1700000000000, 600000, []
    for step in range(1200):
        at = start_ms + 50 * step
        before, mid = mid, mid + random.choice((-6, -1, 0, 0, 1, 6))
        bids = [[f"{(mid - 1 - level) / 10:.1f}", f"{5 + level}.000"] for level in range(60)]
        asks = [[f"{(mid + 1 + level) / 10:.1f}", f"{5 + level}.000"] for level in range(60)]
        for price in range(min(before, mid) - 1, max(before, mid) + 2):
            (bids if price >= mid else asks).append([f"{price / 10:.1f}", "0"])
        depth = {"e": "depthUpdate", "E": at, "T": at, "s": "ABCUSDT", "U": 2 * step + 1,
                 "u": 2 * step + 2, "pu": 2 * step, "b": bids, "a": asks}
        is_sell = step % 2 == 0
        trade = {"e": "trade", "E": at + 20, "T": at + 20, "s": "ABCUSDT", "t": step,
                 "p": f"{(mid - 40 if is_sell else mid + 40) / 10:.1f}", "q": "6.000",
                 "X": "MARKET", "m": is_sell}
        for offset, name, data in ((5, "depth@0ms", depth), (25, "trade", trade)):
            message = json.dumps({"stream": "abcusdt@" + name, "data": data})
            lines.append(f"{(at + offset) * 1000000} {message}\n")
    path.write_bytes(gzip.compress("".join(lines).encode()))


class Backtest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.capture = cls.folder / "abc.gz"
        write_capture(cls.capture)

    def backtest(self, *arguments):
        environment = {**os.environ, "MM_CACHE_DIR": str(self.folder / "cache")}
        command = [MMBOT, "backtest", "--tape", self.capture, "--tick", "0.1", "--lot", "0.001"]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False,
                              env=environment)

    def report(self, strategy, *arguments):
        path = self.folder / (strategy + ".html")
        done = self.backtest("--strategy", strategy, "--report", path, "--json", *arguments)
        report = json.loads(done.stdout)
        verdict = report["gate"]["verdict"] if strategy == "quoter" else "PASS"
        self.assertEqual(done.returncode, EXIT_CODES[verdict], done.stderr)
        return path.read_text(encoding="utf-8"), report

    def test_the_page_of_a_backtest_holds_what_it_prints(self):
        for strategy in ("quoter", "ladder"):
            with self.subTest(strategy):
                text, report = self.report(strategy)
                self.assertEqual(data_of(Page(text)), report)
                self.assertEqual(report["run"]["strategy"], strategy)
                self.assertEqual(report["instrument"]["symbol"], "ABCUSDT")
                self.assertGreater(report["fills"]["count"], 5)

    def test_the_end_of_the_course_is_the_result(self):
        for strategy in ("quoter", "ladder"):
            with self.subTest(strategy):
                _, report = self.report(strategy)
                values = {kpi["name"]: kpi["value"] for kpi in report["kpi"]}
                for part in PARTS:
                    name = part + "_quote_e9"
                    self.assertEqual(report["series"][name][-1], values[name])
                position = sum(fill["qty_lots"] * (1 if fill["side"] == "buy" else -1)
                               for fill in report["fills"]["list"])
                self.assertEqual(report["series"]["position_lots"][-1], position)
                self.assertEqual(values["position_lots"], position)

    def test_a_setting_says_where_it_comes_from(self):
        _, report = self.report("quoter", "--set", "tail_age_ms=600", "--queue", "risk")
        sources = {each["name"]: (each["value"], each["source"]) for each in report["settings"]}
        self.assertEqual(sources["tail_age_ms"], ("600", "cli"))
        self.assertEqual(sources["queue"], ("risk", "cli"))
        self.assertEqual(sources["fills"], ("strict", "default"))
        self.assertEqual(sources["level_count"][1], "preset:btc-perp")

    def test_a_halt_is_told(self):
        preset = json.loads(PRESET.read_text(encoding="utf-8"))
        preset["risk"]["loss_from_peak"] = 0.001
        path = self.folder / "timid.json"
        path.write_text(json.dumps(preset), encoding="utf-8")
        _, report = self.report("quoter", "--market", path)
        self.assertEqual(report["gate"]["verdict"], "PANIC")
        self.assertIn("halted", " ".join(report["gate"]["reasons"]))

    def test_equal_runs_give_equal_pages(self):
        self.assertEqual(self.report("quoter"), self.report("quoter"))

    def test_a_watched_ladder_sends_the_same_orders(self):
        plain, watched = self.folder / "plain.csv", self.folder / "watched.csv"
        self.backtest("--orders", plain)
        self.backtest("--orders", watched, "--report", self.folder / "watched.html")
        self.assertEqual(plain.read_bytes(), watched.read_bytes())

    def test_a_tunable_changes_the_quoters_order_log(self):
        logs = []
        for spread in (0.08, 0.08, 0.25):
            path = self.folder / "quoter.csv"
            done = self.backtest("--strategy", "quoter", "--orders", path,
                                 "--set", f"base_spread_bps_delta={spread}")
            self.assertIn(done.returncode, EXIT_CODES.values(), done.stderr)
            logs.append(path.read_text(encoding="ascii"))
        self.assertGreater(logs[0].count("\n"), 10)
        self.assertTrue(logs[0] == logs[1])
        self.assertFalse(logs[0] == logs[2])

    def test_what_cannot_be_is_refused_and_nothing_written(self):
        for arguments, code in (
                (["--strategy", "quoter", "--set", "min_interval_ms=7"], 2),
                (["--strategy", "quoter", "--market", "nosuch"], 2),
                (["--strategy", "quoter", "--ladder", "qty=1"], 2),
                (["--strategy", "nosuch"], 2),
                (["--profile", "steady_safe"], 2),
                (["--strategy", "quoter", "--tape", "nosuch.gz"], 4)):
            path = self.folder / "refused.html"
            done = self.backtest(*arguments, "--report", path)
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertFalse(path.exists())

    def test_a_page_that_cannot_be_written_is_an_error(self):
        done = self.backtest("--report", self.folder / "no" / "such" / "place.html")
        self.assertEqual(done.returncode, 4)
        self.assertIn("place.html", done.stderr)


if __name__ == "__main__":
    unittest.main()
