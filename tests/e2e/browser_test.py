"""The page of a run in a real browser, against the real program.

usage: browser_test.py MMBOT
"""
import gzip
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import webdriver
from live_page import CHARTS_READY, HOLD_MS, PAGE_READY, STEPPED_CLOCK, hold, link_to
from live_run import Run
from webdriver import Browser

MMBOT = sys.argv.pop(1) if len(sys.argv) > 1 else None
DASH = "—"
KEEP_HOLDING = "{}: keep holding to confirm"
LIVE = ["--http", "127.0.0.1:0", "--iterations", "500", "--window", "60s", "--pace", "20"]
PANELS = ["tiles", "ladder", "charts", "fills", "tuner", "iterations", "more"]

TILES = """return Object.fromEntries([...document.querySelectorAll('.tile')].map(tile => [tile.id,
  tile.querySelector('.value').textContent + ' / ' + tile.querySelector('.below').textContent]))"""
TOLD = """
const get = name => mmbot.state.get(name);
return {fills: get('kpi').fills, position: get('kpi').position_lots,
  windows: mmbot.state.lists.iterations.length, placed: get('counters').placed,
  amended: get('counters').amended, params: Object.fromEntries(get('params').params.map(param =>
    [param.key, param.value]))};
"""
TEXT_OF_BODY = "return document.body.innerText"
STATE = "return JSON.parse(JSON.stringify(mmbot.state.sections[arguments[0]]))"
LIST = "return JSON.parse(JSON.stringify(mmbot.state.lists[arguments[0]]))"


def number(text):
    return float(re.sub(r"[^0-9.−-]", "", text).replace("−", "-"))


def setUpModule():
    Case.browser = unittest.enterModuleContext(Browser(1440, 900, "dark"))


class Case(unittest.TestCase):
    """Every test ends without a word on the browser's console. All share one browser."""

    browser: Browser
    expects_network_errors = False
    maxDiff = None

    def setUp(self):
        self.browser.console()

    def tearDown(self):
        said = [text for level, text in self.browser.console() if level in ("SEVERE", "WARNING")]
        if self.expects_network_errors:
            said = [text for text in said if "WebSocket" not in text and "ERR_" not in text
                    and "401 (Unauthorized)" not in text]
        self.assertEqual(said, [])

    @classmethod
    def open_page(cls, url):
        cls.browser.open("about:blank")
        cls.browser.open(url)
        cls.browser.wait(PAGE_READY, what="the page shows the run")

    def request(self, selector, action, key=None):
        """Asks by holding a button down; the audit entry once the run says that it is done."""
        count = len(self.browser.run(LIST, "audit"))
        self.browser.wait("const button = document.querySelector(arguments[0]);"
                          " return !button.disabled && button.dataset.action === arguments[1]",
                          selector, action, what=f"{selector} offers {action}")
        if hold(self.browser, selector, HOLD_MS, key) == KEEP_HOLDING.format(action):
            return self.request(selector, action, key)  # it could not be pressed any more
        self.browser.wait(
            "const list = mmbot.state.lists.audit; return list.length > arguments[0] &&"
            " !['accepted', 'working'].includes(list[list.length - 1].state)",
            count, what=f"{action} is done")
        entry = self.browser.run(LIST, "audit")[-1]
        self.assertEqual((entry["action"], entry["state"]), (action, "done"), entry)
        return entry


class LivePage(Case):
    @classmethod
    def setUpClass(cls):
        cls.soak = cls.enterClassContext(Run(MMBOT, *LIVE))
        cls.soak.wait_for(lambda: cls.soak.part("status")["iteration"] > 2)
        cls.open_page(link_to(cls.soak))

    def setUp(self):
        super().setUp()
        trading = self.soak.part("status")["trading"]
        if trading != "quoting":  # a case that failed left it so
            self.soak.ask_until_done({"paused": "resume"}.get(trading, "rearm"))
            self.open_anew()

    def open_anew(self):
        self.open_page(link_to(self.soak))

    def test_numbers_are_those_of_metrics(self):
        # In a paused run all stands still but the windows, which the page hears of a little later.
        self.request("#pause", "pause")
        for _ in range(200):
            measured = self.measured(self.soak.metrics())
            told = self.browser.run(TOLD)
            if told == measured:
                break
        self.assertEqual(told, measured)
        self.assertGreater(told["fills"], 0)
        self.request("#pause", "resume")

    @staticmethod
    def measured(metrics):
        requests = metrics["mmbot_order_requests_total"]
        return {"fills": sum(metrics["mmbot_fills_total"].values()),
                "position": metrics["mmbot_position_lots"][""],
                "windows": metrics["mmbot_iterations_total"][""],
                "placed": requests['{operation="place"}'],
                "amended": requests['{operation="amend"}'],
                "params": {re.search(r'param="(\w+)"', labels).group(1): value
                           for labels, value in metrics["mmbot_param_value"].items()}}

    def test_what_is_shown_is_what_the_feed_said(self):
        shown, kpi = self.browser.run(
            "drawTiles(mmbot); return [(() => {%s})(), JSON.parse(JSON.stringify("
            "mmbot.state.sections.kpi))]" % TILES)
        self.assertAlmostEqual(number(shown["tile-net"].split("/")[0]),
                               kpi["net_quote_e9"] / 1e9, delta=0.006)
        self.assertEqual(number(shown["tile-inventory"].split("/")[0]), kpi["position_lots"])
        self.assertIn(f"{kpi['fills']:,} fills", shown["tile-rate"])

    def test_everything_is_on_one_screen(self):
        boxes = self.browser.run(
            "return [document.documentElement.scrollWidth, document.documentElement.scrollHeight,"
            " ...arguments[0].map(id => { const box = byId(id).getBoundingClientRect();"
            " return [id, box.left, box.top, box.right, box.bottom]; })]", ["status", *PANELS])
        self.assertEqual(boxes[:2], [1440, 900])
        for name, left, top, right, bottom in boxes[2:]:
            self.assertTrue(0 <= left < right <= 1440 and 0 <= top < bottom <= 900, name)

    def test_our_quotes_are_in_the_ladder_with_age_and_queue(self):
        rows = self.browser.wait(
            "const rows = [...document.querySelectorAll('.book tr.own')].map(row =>"
            " [...row.cells].map(cell => cell.textContent)); return rows.length > 1 && rows",
            what="both sides are quoted")
        for _, _, ours, ahead, age in rows:
            self.assertRegex(ours, r"^[▲▼] [\d,]+$")
            self.assertRegex(ahead, rf"^([\d,]+|{DASH})$")
            self.assertRegex(age, r"^(\d[\d.]* (s|min|h)|placing|moving|leaving)$")

    def test_every_panel_says_how_old_its_data_is(self):
        ages = self.browser.run(
            "drawFreshness(mmbot); return [...document.querySelectorAll('.panel')].map(panel =>"
            " [panel.id, panel.querySelector('.age').textContent])")
        self.assertEqual(len(ages), 6)
        for name, age in ages:
            self.assertRegex(age, r"^\d[\d.]* (s|min|h)$", name)

    def test_pause_really_pauses_and_resume_quotes_again(self):
        entry = self.request("#pause", "pause")
        self.assertEqual(entry["open_orders"], 0)
        self.browser.wait("return byId('trading').textContent.includes('PAUSED')")
        self.browser.wait("return byId('why-buy').textContent.includes('not quoting') &&"
                          " byId('why-sell').textContent.includes('not quoting')")
        fills = self.soak.part("kpi")["fills"]
        time_ns = self.soak.part("status")["time_ns"]
        self.soak.wait_for(lambda: self.soak.part("status")["time_ns"] > time_ns + 30e9)
        self.assertEqual(self.soak.part("kpi")["fills"], fills)
        self.assertEqual(self.open_orders(), [])
        self.assertEqual(self.browser.run("return document.querySelectorAll('.book .own').length"),
                         0)
        self.request("#pause", "resume")
        self.wait_for_quotes()

    def wait_for_quotes(self):
        self.soak.wait_for(lambda: any(side["quoting"]
                                       for side in self.soak.part("status")["sides"]))

    def open_orders(self):
        return [quote for quote in self.soak.part("quotes")["quotes"] if quote["order_id"]]

    def test_kill_leaves_no_orders_until_it_is_re_armed(self):
        entry = self.request("#kill", "kill")
        self.assertEqual(entry["open_orders"], 0)
        self.assertEqual(self.open_orders(), [])
        self.browser.wait("return byId('trading').textContent.includes('KILLED') &&"
                          " byId('kill').textContent === 'Re-arm' && byId('pause').disabled")
        self.browser.wait("return byId('request').textContent === '✓ kill done, 0 open'",
                          what="the page says that the kill is done")
        self.request("#kill", "rearm")
        self.wait_for_quotes()

    def test_a_short_press_asks_for_nothing(self):
        count = len(self.soak.part("audit"))
        for key in (None, "\ue00d"):
            said = hold(self.browser, "#kill", HOLD_MS - 1, key)
            self.assertEqual(said, KEEP_HOLDING.format("kill"))
            self.browser.run("step(arguments[0])", HOLD_MS)
        self.assertEqual(len(self.soak.part("audit")), count)
        self.assertEqual(self.soak.part("status")["trading"], "quoting")

    def test_a_button_that_changes_while_it_is_held_asks_for_nothing(self):
        count = len(self.soak.part("audit"))
        # In one script, so that nothing that the run says comes in between.
        said = self.browser.run(STEPPED_CLOCK + """
            const button = byId('pause');
            const fire = name => button.dispatchEvent(new PointerEvent(name, {button: 0}));
            fire('pointerdown');
            setAction(button, 'resume', 'Resume', true);
            step(arguments[0]);
            fire('pointerup');
            setAction(button, 'pause', 'Pause', true);
            return byId('request').textContent;""", HOLD_MS)
        self.assertEqual(said, KEEP_HOLDING.format("pause"))
        self.assertEqual(len(self.soak.part("audit")), count)

    def test_requests_can_be_made_by_key(self):
        self.request("#pause", "pause", key="\ue00d")  # space
        self.request("#pause", "resume", key="\ue007")  # enter

    def test_reload_keeps_history_and_token(self):
        span = "return [mmbot.model.times[0], mmbot.model.times.length," \
            " mmbot.state.lists.iterations.length, mmbot.state.lists.fills.length]"
        self.browser.wait(CHARTS_READY, what="the charts are drawn")
        first, points, iterations, fills = self.browser.run(span)
        self.assertEqual(self.browser.run("return location.hash"), "")
        self.browser.reload()
        self.browser.wait(PAGE_READY)
        self.browser.wait(CHARTS_READY, what="the charts are drawn")
        again = self.browser.run(span)
        self.assertEqual(again[0], first)
        self.assertGreaterEqual(again[1], points // 2)
        self.assertGreaterEqual(again[2:], [iterations, fills])
        self.request("#pause", "pause")
        self.request("#pause", "resume")

    def test_a_stalled_feed_turns_stale_and_comes_back(self):
        self.addCleanup(self.open_anew)  # with its own clock
        self.soak.process.send_signal(signal.SIGSTOP)
        try:
            # In one script, because what the run said before may still be on its way.
            feed, pill, banner, look = self.browser.run(
                "const now = clock.now; clock.now = () => now() + 60000; drawFreshness(mmbot);"
                " return [document.body.dataset.feed, byId('feed').textContent,"
                " byId('banner').textContent, getComputedStyle(byId('fills')).filter]")
            self.assertEqual((feed, look), ("stale", "grayscale(1)"))
            self.assertIn("stale", pill)
            self.assertIn("has not said anything for", banner)
        finally:
            self.soak.process.send_signal(signal.SIGCONT)
        self.browser.wait("return document.body.dataset.feed === 'open' && byId('banner').hidden",
                          what="the page is live again")

    def test_a_wrong_token_is_asked_for_again(self):
        self.addCleanup(self.open_anew)  # with the right one, whatever becomes of this
        self.expects_network_errors = True  # the browser notes each 401
        self.open_page(link_to(self.soak, "0" * 64))
        hold(self.browser, "#pause", HOLD_MS)
        self.browser.wait("return byId('token').open", what="the page asks for the token")
        self.assertEqual(self.soak.part("status")["trading"], "quoting")
        self.browser.run("byId('token-input').value = arguments[0]", self.soak.token)
        self.browser.click("#token-form button[type=submit]")
        self.browser.wait("return byId('trading').textContent.includes('PAUSED')")
        self.request("#pause", "resume")

    def test_tabs_follow_the_arrow_keys(self):
        self.browser.run("byId('tab-orders').focus()")
        for name in ("log", "config", "latency", "system", "orders"):
            self.browser.key("\ue014")
            self.assertEqual(self.browser.run("return [document.activeElement.id,"
                                              " byId('pane-' + arguments[0]).hidden]", name),
                             ["tab-" + name, False])

    def test_every_control_can_be_reached_by_key(self):
        missed = self.browser.run(
            "return [...document.querySelectorAll('button, select, input')].filter(element =>"
            " element.offsetParent !== null && !element.disabled && element.tabIndex < 0 &&"
            " element.getAttribute('role') !== 'tab').map(element => element.outerHTML)")
        self.assertEqual(missed, [])

    def test_an_iteration_opens_in_full(self):
        # New rows push the others down, so that a pointer could miss; the focus stays.
        self.browser.wait("return document.querySelector('#iterations-body button') !== null")
        self.browser.run("document.querySelector('#iterations-body button').focus()")
        self.browser.key("\ue007")
        self.browser.wait("return byId('detail').open")
        text = self.browser.text("#detail")
        self.assertIn("Findings", text)
        self.assertIn("net_bps", text)
        self.browser.key("\ue00c")
        self.assertFalse(self.browser.run("return byId('detail').open"))

    def test_the_page_explains_itself(self):
        self.browser.click("#help")
        text = self.browser.text("#detail")
        for part in ("ALTUSDT", "simulated", "windows of 1 min", "20 s of market time", "Verdict"):
            self.assertIn(part, text)
        self.browser.key("\ue00c")
        self.assertFalse(self.browser.run("return byId('detail').open"))

    def test_a_phone_needs_no_sideways_scrolling(self):
        self.browser.devtools("Emulation.setDeviceMetricsOverride", width=390, height=844,
                              deviceScaleFactor=1, mobile=True)
        try:
            self.open_page(link_to(self.soak))
            self.assertEqual(self.browser.run("return document.documentElement.scrollWidth"), 390)
            small = self.browser.run(
                "return ['pause', 'kill'].map(id => byId(id).getBoundingClientRect().height)")
            self.assertGreaterEqual(min(small), 40)
        finally:
            self.browser.devtools("Emulation.setDeviceMetricsOverride", width=1440, height=900,
                                  deviceScaleFactor=1, mobile=False)
            self.open_anew()


class EndedPage(Case):
    """A run that has ended, three ways: its page stays open, mmbot view, and the file itself."""

    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.soak = cls.enterClassContext(Run(MMBOT, "--iterations", "3", "--window", "10m",
                                             "--keep-open"))
        cls.soak.wait_for(lambda: cls.soak.part("status")["phase"] == "ended")
        cls.latest = cls.soak.out / "latest"
        cls.file = cls.latest / "report.html"

    def artifact(self, name):
        return json.loads((self.latest / name).read_text(encoding="utf-8"))

    def check_artifacts(self):
        kpi = self.browser.run(STATE, "kpi")
        total = self.artifact("EDGE_REPORT.json")["totals"]
        for name in ("net_quote_e9", "gross_quote_e9", "adverse_quote_e9", "inventory_quote_e9",
                     "slippage_quote_e9", "fees_quote_e9", "fills", "notional_quote_e9"):
            self.assertEqual(kpi[name], total[name], name)
        shown = self.browser.run("drawTiles(mmbot); " + TILES)
        self.assertEqual(number(shown["tile-net"].split("/")[0]),
                         round(total["net_quote_e9"] / 1e9, 2))
        verdict = self.artifact("KPI_GATE.json")["verdict"]
        self.assertIn(verdict, shown["tile-verdict"])
        rows = self.browser.run(
            "return [...document.querySelectorAll('#iterations-body tbody tr')].map(row =>"
            " [row.cells[0].textContent, row.cells[1].textContent, row.cells[4].textContent])")
        self.assertEqual(len(rows), 3)
        for name, verdict, fills in rows:
            summary = self.artifact(f"ITER_SUMMARY_{name}.json")["summary"]
            self.assertTrue(verdict.endswith(summary["kpi_verdict"]), verdict)
            self.assertEqual(int(fills.replace(",", "")), summary["fills"])
        self.check_fills()

    def check_fills(self):
        """The newest fill that is shown is the last row of fills.csv.gz."""
        with gzip.open(self.latest / "fills.csv.gz", "rt") as file:
            names, *rows = [line.rstrip("\n").split(",") for line in file]
        last = dict(zip(names, rows[-1]))
        fill = self.browser.run(LIST, "fills")[-1]
        self.assertEqual(fill["number"], len(rows) - 1)
        for key in ("order_id", "price_ticks", "qty_lots", "position_lots"):
            self.assertEqual(fill[key], int(last[key]), key)
        shown = self.browser.run("return document.querySelector('#fills-body tbody tr')"
                                 ".cells[1].textContent")
        self.assertTrue(shown.endswith(last["side"]), shown)

    def test_the_page_that_stays_open_shows_what_metrics_and_artifacts_say(self):
        self.open_page(link_to(self.soak))
        self.check_artifacts()
        metrics = self.soak.metrics()
        kpi = self.browser.run(STATE, "kpi")
        self.assertEqual(sum(metrics["mmbot_fills_total"].values()), kpi["fills"])
        for part in ("net", "gross", "adverse", "inventory", "slippage", "fees"):
            self.assertAlmostEqual(metrics["mmbot_pnl_coins"][f'{{part="{part}"}}'],
                                   kpi[f"{part}_quote_e9"] / 1e9, places=9)
        self.assertEqual(metrics["mmbot_position_lots"][""], kpi["position_lots"])
        self.assertTrue(self.browser.run("return byId('pause').disabled && byId('kill').disabled"))

    def test_the_file_shows_what_the_artifacts_say(self):
        self.open_page(self.file.as_uri())
        self.check_artifacts()
        self.assertFalse(self.browser.run("return byId('kill').offsetParent !== null"))
        self.assertIn("record", self.browser.text("#feed"))

    def test_view_serves_the_same(self):
        log = pathlib.Path(self.folder, "view.log")
        with open(log, "wb") as output, subprocess.Popen(
                [MMBOT, "view", self.soak.out], stdout=output, stderr=output) as view:
            try:
                while not (link := re.search(r"page: (\S+)", log.read_text())):
                    self.assertIsNone(view.poll(), log.read_text())
                    time.sleep(0.05)
                self.open_page(link.group(1))
                self.check_artifacts()
                self.assertIn("final", self.browser.text("#fills .age"))
                self.browser.open("about:blank")
            finally:
                view.send_signal(signal.SIGTERM)
            self.assertEqual(view.wait(), 143)

    def page_with(self, **parts):
        """The file with other data."""
        message = {"type": "state", "version": 1, "seq": 1, "wall_ms": None, "set": {}, "add": {}}
        text = self.file.read_text(encoding="utf-8")
        mark = '<script type="application/json" id="data">'
        head, rest = text.split(mark)
        path = pathlib.Path(self.folder, "other.html")
        data = json.dumps(message | parts).replace("<", "\\u003c")
        path.write_text(head + mark + data + rest[rest.index("</script>"):], encoding="utf-8")
        self.open_page(path.as_uri())

    def test_unknown_is_a_dash_and_never_zero(self):
        self.page_with()
        values = self.browser.run("return [...document.querySelectorAll('.tile .value, .pill b')]"
                                  ".map(each => each.textContent)")
        self.assertEqual(set(values) - {"■ record"}, {DASH})
        text = self.browser.run(TEXT_OF_BODY)
        self.assertIsNone(re.search(r"NaN|undefined|null|Infinity", text), text)

    def test_a_gap_is_drawn_as_a_gap(self):
        columns = {name: [1, 2, None, None, 5, 6] for name in (
            "mid_half_ticks", "mid_low_half_ticks", "mid_high_half_ticks", "bid_ticks", "ask_ticks",
            "own_bid_ticks", "own_ask_ticks", "position_lots", "net_quote_e9", "gross_quote_e9",
            "slippage_quote_e9", "adverse_quote_e9", "inventory_quote_e9", "fees_quote_e9",
            "drawdown_quote_e9")}
        columns["time_ns"] = [each * 10**9 for each in range(1, 7)]
        self.page_with(add={"series_run": {"generation": 0, "start": 0, "interval_ns": 10**9,
                                           "columns": columns}})
        for chart in range(3):
            rows = self.browser.run("return mmbot.charts[arguments[0]].rows", chart)
            gaps = {row[0] for row in rows if all(value is None for value in row[1:])}
            self.assertEqual(gaps, {3000, 4000}, chart)

    def test_text_in_the_data_stays_text(self):
        evil = "<img src=x onerror=window.evil=1></script><script>window.evil=1</script>"
        self.page_with(set={"run": {"mode": "mock", "symbol": evil, "venue": evil, "from_ms": 0},
                            "status": {"verdict_text": evil, "trading_text": evil},
                            "config": {"settings": [{"section": evil, "name": evil, "value": evil,
                                                     "unit": evil, "source": evil}]}})
        self.browser.click("#tab-config")
        self.assertEqual(self.browser.text("#symbol"), evil)
        self.assertIn(evil, self.browser.text("#settings"))
        self.assertFalse(self.browser.run("return 'evil' in window"))

    def test_colours_are_legible(self):
        self.open_page(self.file.as_uri())
        for theme in ("light", "dark"):
            ratios = self.browser.run(CONTRASTS, theme)
            self.assertEqual({name: ratio for name, ratio in ratios.items() if ratio < 4.5}, {},
                             theme)

    def test_the_state_follows_differences(self):
        self.open_page(self.file.as_uri())
        self.assertEqual(self.browser.run(DIFFERENCES), [
            True, True, False, [2, 3, 4], "new", [1, 2, 30, 40], 0, [9], 7, 1])


class Reconnection(Case):
    expects_network_errors = True

    def test_the_page_says_that_the_run_is_gone_and_finds_the_next_one(self):
        with Run(MMBOT, *LIVE) as soak:
            self.open_page(link_to(soak))
            first = self.browser.run(STATE, "run")["run_id"]
        self.browser.wait("return byId('feed').textContent.includes('offline') &&"
                          " byId('banner').textContent.includes('No connection') &&"
                          " document.body.dataset.feed === 'stale' && byId('kill').disabled")
        with Run(MMBOT, *LIVE, "--set", "min_interval_ms=60", "--http", f"127.0.0.1:{soak.port}"):
            self.browser.wait("return document.body.dataset.feed === 'open' &&"
                              " mmbot.state.get('run').run_id !== arguments[0]", first,
                              what="the page has found the new run")
            self.assertTrue(self.browser.run("return byId('banner').hidden"))
            self.browser.open("about:blank")


# WCAG's contrast of each colour of text with what it stands on.
CONTRASTS = """
document.documentElement.dataset.theme = arguments[0];
const parse = text => { const probe = document.createElement('i'); probe.style.color = text;
  document.body.append(probe); const found = getComputedStyle(probe).color.match(/[\\d.]+/g);
  probe.remove(); return found.slice(0, 3).map(Number); };
const light = rgb => { const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92
  : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const value = name => parse(getComputedStyle(document.documentElement).getPropertyValue(name));
const ratio = (a, b) => { const [x, y] = [light(value(a)), light(value(b))].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05); };
const pairs = [['--ink', '--card'], ['--ink', '--paper'], ['--muted', '--card'],
  ['--muted', '--paper'], ['--good', '--card'], ['--bad', '--card'], ['--warn', '--card'],
  ['--warn', '--warn-soft'], ['--bad', '--bad-soft'], ['--ink', '--bad-soft'],
  ['--bid', '--card'], ['--ask', '--card'], ['--bid', '--own-bid'], ['--ask', '--own-ask'],
  ['--ink', '--own-bid'], ['--ink', '--own-ask'], ['--ink', '--depth-bid'],
  ['--ink', '--depth-ask']];
return Object.fromEntries(pairs.map(([a, b]) => [a + ' on ' + b, ratio(a, b)]));
"""

DIFFERENCES = """
const state = new RunState();
state.limits = {fills: 3, series_run: 4};
const series = (generation, start, values) => ({series_run: {generation: generation, start: start,
  interval_ns: 1, columns: {time_ns: values}}});
const out = [state.apply({type: 'state', seq: 5, set: {kpi: {a: 1, b: 2}}, add: {fills:
  [{number: 1}, {number: 2}]}})];
out.push(state.apply({type: 'diff', seq: 7, since: 5, set: {kpi: {a: 'new'}}, add: {fills:
  [{number: 2, again: true}, {number: 3}, {number: 4}], ...series(1, 0, [1, 2, 3])}}));
out.push(state.apply({type: 'diff', seq: 9, since: 8, set: {kpi: {a: 'lost'}}}));
out.push(state.list('fills').map(fill => fill.number), state.get('kpi').a);
state.apply({type: 'diff', seq: 8, since: 7, add: series(1, 2, [30, 40])});
out.push([...state.series.series_run.columns.time_ns], state.series.series_run.start);
state.apply({type: 'diff', seq: 9, since: 8, add: series(2, 7, [9])});
out.push([...state.series.series_run.columns.time_ns], state.series.series_run.start);
state.apply({type: 'state', seq: 1, set: {run: {}}});
out.push(Object.keys(state.sections).length);
return out;
"""


if __name__ == "__main__":
    if absent := webdriver.missing():
        print(f"{' and '.join(absent)} not found: the page is not tested in a browser "
              "(Debian: chromium chromium-driver)")
        sys.exit(77)
    unittest.main()
