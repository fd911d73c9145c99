"""Bot and venue on two networks of their own: what the network does to them.

    netns_test.py MMBOT SOURCE_ROOT

Needs the right to make network namespaces; without it the suite is skipped with a message, and so
are delay and loss where the system has no netem.
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
PROFILES = pathlib.Path(sys.argv[2]) / "profiles" / "market"
SKIPPED = 77
VENUE_ADDRESS, BOT_ADDRESS = "10.93.57.1", "10.93.57.2"


def run(*command, check=True):
    return subprocess.run(command, capture_output=True, text=True, check=check)


class Net:
    """Two namespaces and a wire between them."""

    def __init__(self):
        self.venue, self.bot = f"mmv{os.getpid()}", f"mmb{os.getpid()}"
        for name in (self.venue, self.bot):
            run("ip", "netns", "add", name)
        run("ip", "link", "add", "wire", "netns", self.venue, "type", "veth", "peer", "name",
            "wire", "netns", self.bot)
        for name, address in ((self.venue, VENUE_ADDRESS), (self.bot, BOT_ADDRESS)):
            run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", "wire")
            for device in ("lo", "wire"):
                run("ip", "-n", name, "link", "set", device, "up")

    def set_wire(self, state):
        run("ip", "-n", self.bot, "link", "set", "wire", state)

    # Of what goes either way; False where it cannot be done.
    def shape(self, *netem):
        return all(run("ip", "netns", "exec", name, "tc", "qdisc", "replace", "dev", "wire", "root",
                       "netem", *netem, check=False).returncode == 0
                   for name in (self.venue, self.bot))

    def close(self):
        for name in (self.venue, self.bot):
            run("ip", "netns", "del", name, check=False)


class Case(unittest.TestCase):
    def setUp(self):
        self.net = Net()
        work = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(work.cleanup)
        self.work = pathlib.Path(work.name)
        accounts = self.work / "accounts.json"
        accounts.write_text(json.dumps([{"key": "own-key", "secret": "own-secret", "dcp": False}]))
        # pylint: disable=consider-using-with
        self.venue = subprocess.Popen(
            ["ip", "netns", "exec", self.net.venue, MMBOT, "venue", "--json", "--accounts",
             accounts, "--listen", f"{VENUE_ADDRESS}:8100"], stdout=subprocess.PIPE, text=True)
        self.info = json.loads(self.venue.stdout.readline())
        self.log = self.work / "bot.log"

    def tearDown(self):
        self.venue.terminate()
        self.venue.wait(timeout=30)
        self.venue.stdout.close()
        self.net.close()

    def state(self):
        code = (f"import urllib.request; print(urllib.request.urlopen("
                f"'http://{VENUE_ADDRESS}:8100/control/state').read().decode())")
        done = run("ip", "netns", "exec", self.net.venue, sys.executable, "-c", code)
        return json.loads(done.stdout)["accounts"][0]

    # Three levels a side: six orders rest.
    def start_bot(self, seconds):
        preset = json.loads((PROFILES / "alt-perp.json").read_text(encoding="utf-8"))
        preset["quote"]["level_count"] = 3
        preset["quote"]["notional"] = 100 # so that what a side may hold is enough for three
        preset["orders"]["concurrency_limit"] = 8
        market = self.work / "three.json"
        market.write_text(json.dumps(preset))
        environment = {**os.environ, "MM_LIVE_ENABLE": "1", "MM_BYBIT_KEY": "own-key",
                       "MM_BYBIT_SECRET": "own-secret"}
        with open(self.log, "w", encoding="utf-8") as log:
            return subprocess.Popen(
                ["ip", "netns", "exec", self.net.bot, MMBOT, "soak", "--live", "--rest",
                 f"http://{VENUE_ADDRESS}:8100", "--stream", f"ws://{VENUE_ADDRESS}:8100",
                 "--symbol", "ALTUSDT", "--market", market, "--iterations", "1", "--window",
                 f"{seconds}s", "--no-http", "--out", self.work / "out", "--recv-window", "2s"],
                env=environment, stdout=subprocess.DEVNULL, stderr=log)

    def said(self, pattern):
        return re.findall(pattern, self.log.read_text(encoding="utf-8"))

    def await_orders(self, count):
        until = time.monotonic() + 60
        while len(self.state()["openOrders"]) < count:
            self.assertLess(time.monotonic(), until, self.log.read_text(encoding="utf-8"))
            time.sleep(0.2)

    def agree(self, bot):
        text = self.log.read_text
        self.assertIn(bot.wait(timeout=120), (0, 1, 3), text(encoding="utf-8"))
        self.assertTrue(self.said("event=stopped open=0 verified=yes"))
        self.assertEqual(self.state()["openOrders"], [])
        self.assertFalse(self.said("kind=position"))
        booked = int(self.said(r"event=iteration .*position_lots=(-?\d+)")[-1])
        held = sum(row["lots"] for row in self.state()["positions"])
        self.assertEqual(booked, held)

    def test_a_minute_without_a_network_drops_none_of_six_orders(self):
        bot = self.start_bot(100)
        self.await_orders(6)
        self.net.set_wire("down")
        before = set(self.state()["openOrders"])
        time.sleep(60)
        open_then = set(self.state()["openOrders"])
        self.assertTrue(open_then <= before) # what is gone was filled, nothing was cancelled
        self.assertTrue(self.said("event=account_lost"))
        self.assertFalse(self.said("absent=[1-9]"))
        self.net.set_wire("up")
        back = time.monotonic()
        while not self.said("event=account_ready")[1:] or self.unknown() > 0:
            self.assertLess(time.monotonic() - back, 20, self.log.read_text(encoding="utf-8"))
            time.sleep(0.05)
        seconds = time.monotonic() - back
        print(f"all orders known {seconds:.1f} s after the network came back")
        self.assertLess(seconds, 5)
        self.agree(bot)

    def unknown(self):
        counts = self.said(r"event=unknown_orders count=(\d+)")
        return int(counts[-1]) if counts else 0

    def test_delay_and_loss_cost_time_and_nothing_else(self):
        if not self.net.shape("delay", "200ms", "20ms", "loss", "2%"):
            self.skipTest("this system has no netem")
        bot = self.start_bot(30)
        self.await_orders(2)
        self.agree(bot)


def may_make_networks():
    try:
        net = Net()
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        print("skipped: no network namespaces can be made here:", error)
        return False
    net.close()
    return True


if __name__ == "__main__":
    if not may_make_networks():
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], verbosity=2)
