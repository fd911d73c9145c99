"""Bot and venue on two networks of their own: what the network does to them.

    netns_test.py MMBOT SOURCE_ROOT

Needs the right to make network namespaces and /dev/net/tun; without them the suite is skipped
with a message.
"""
import ctypes
import fcntl
import heapq
import json
import os
import pathlib
import random
import re
import select
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

MMBOT = pathlib.Path(sys.argv[1]).resolve()
PROFILES = pathlib.Path(sys.argv[2]) / "profiles" / "market"
SKIPPED = 77
VENUE_ADDRESS, BOT_ADDRESS = "10.93.57.1", "10.93.57.2"


def run(*command, check=True):
    return subprocess.run(command, capture_output=True, text=True, check=check)


def open_tun(namespace, name):
    """The file whose reads and writes are the packets of a device in the namespace."""
    clone_newnet, tunsetiff, iff_tun, iff_no_pi = 0x40000000, 0x400454ca, 0x0001, 0x1000
    found = []

    def enter_and_open(): # a namespace is entered by a thread, and left with it
        with open(f"/run/netns/{namespace}", encoding="utf-8") as file:
            if ctypes.CDLL(None).setns(file.fileno(), clone_newnet) != 0:
                return
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(device, tunsetiff, struct.pack("16sH", name.encode(), iff_tun | iff_no_pi))
        found.append(device)

    thread = threading.Thread(target=enter_and_open)
    thread.start()
    thread.join()
    if not found:
        raise FileNotFoundError(f"no device {name} in the namespace {namespace}")
    return found[0]


class Wire(threading.Thread):
    """Carries the packets between two devices: late, or not at all."""

    def __init__(self, ends):
        super().__init__(daemon=True)
        self.ends = ends
        self.delay_s, self.jitter_s, self.loss = 0, 0, 0
        self.is_cut = False
        self.chance = random.Random(1)
        self.carried = self.lost = 0
        self.stop_reader, self.stop_writer = os.pipe()

    def run(self):
        due, count = [], 0 # (when, number, end, packet)
        while True:
            wait = max(0, due[0][0] - time.monotonic()) if due else None
            readable = select.select([*self.ends, self.stop_reader], [], [], wait)[0]
            if self.stop_reader in readable:
                return
            for end in readable:
                packet = os.read(end, 65536)
                if self.is_cut or self.chance.random() < self.loss:
                    self.lost += 1
                    continue
                count += 1
                late = self.delay_s + self.chance.uniform(-1, 1) * self.jitter_s
                other = self.ends[1 - self.ends.index(end)]
                heapq.heappush(due, (time.monotonic() + late, count, other, packet))
            while due and due[0][0] <= time.monotonic():
                _, _, end, packet = heapq.heappop(due)
                self.carried += 1
                try:
                    os.write(end, packet)
                except OSError: # the device is down, or its queue is full
                    self.lost += 1

    def close(self):
        os.write(self.stop_writer, b".")
        self.join()
        for file in (*self.ends, self.stop_reader, self.stop_writer):
            os.close(file)


class Net:
    """Two namespaces and a wire between them."""

    def __init__(self):
        self.venue, self.bot = f"mmv{os.getpid()}", f"mmb{os.getpid()}"
        for name in (self.venue, self.bot):
            run("ip", "netns", "add", name)
        self.wire = Wire([open_tun(name, "wire") for name in (self.venue, self.bot)])
        for name, address, peer in ((self.venue, VENUE_ADDRESS, BOT_ADDRESS),
                                    (self.bot, BOT_ADDRESS, VENUE_ADDRESS)):
            run("ip", "-n", name, "addr", "add", address, "peer", peer, "dev", "wire")
            for device in ("lo", "wire"):
                run("ip", "-n", name, "link", "set", device, "up")
        self.wire.start()

    def close(self):
        self.wire.close()
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
        self.net.wire.is_cut = True
        before = set(self.state()["openOrders"])
        time.sleep(60)
        open_then = set(self.state()["openOrders"])
        self.assertTrue(open_then <= before) # what is gone was filled, nothing was cancelled
        self.assertTrue(self.said("event=account_lost"))
        self.assertFalse(self.said("absent=[1-9]"))
        self.net.wire.is_cut = False
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
        wire = self.net.wire
        wire.delay_s, wire.jitter_s, wire.loss = 0.2, 0.02, 0.02
        bot = self.start_bot(60)
        self.await_orders(2)
        self.agree(bot)
        print(f"{wire.carried} packets carried, {wire.lost} lost; {self.said('event=orders .*')}")
        self.assertGreater(wire.lost, 10)
        self.assertRegex(self.said("event=orders .*")[-1], "fills=[1-9]")


def may_make_networks():
    try:
        net = Net()
    except (OSError, subprocess.CalledProcessError) as error:
        print("skipped: no network namespaces can be made here:", error)
        return False
    net.close()
    return True


if __name__ == "__main__":
    if not may_make_networks():
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1], verbosity=2)
