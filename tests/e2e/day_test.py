"""A day of trading with real orders against the venue, with a fault every minute or two, on clocks
that run faster than the world's.

    day_test.py MMBOT

libfaketime gives the venue, the bot, the watchdog and this test one clock that runs $MM_DAY_SPEED
(default 60) times as fast; without it the suite is skipped with a message. They are the programs
as they are, with their sockets and threads: what is faster is what they call time, so a
millisecond of the machine is 60 to them. $MM_DAY_HOURS (default 24) and $MM_DAY_SEED (default 1)
say how long the day is and which faults it brings.
"""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from decimal import Decimal

from live_venue import SYMBOL, Bot, Gate, Venue

MMBOT = pathlib.Path(sys.argv[1]).resolve()
SPEED = float(os.environ.get("MM_DAY_SPEED", "60"))
HOURS = float(os.environ.get("MM_DAY_HOURS", "24"))
SEED = int(os.environ.get("MM_DAY_SEED", "1"))
WINDOW_MINUTES, WINDOWS = 30, 6
KINDS = ("Trade", "Funding")
FILL = ("price_ticks", "qty_lots", "fee_quote_e9")
TOTALS = ("killed", "unverified", "unstarted", "windows", "fills", "fundings", "changes", "unknown",
          "fees_e9", "funding_e9", "net_e9")
SKIPPED = 77
FAULTS = (("lose_ack", {"count": 2}), ("duplicate_execution", {"count": 3}),
          ("processing", {"count": 2}), ("rate_limit", {"count": 2}), ("drop_delta", {"count": 1}),
          ("restart_book", {}), ("cross_book", {}), ("delay", {"by_ms": 300, "for_ms": 20000}),
          ("silence", {"for_ms": 90000}), ("close", {"kind": "private"}),
          ("close", {"kind": "trade"}), ("close", {"kind": "public"}),
          ("maintenance", {"for_ms": 120000}), ("clock_skew", {"by_ms": 400}),
          ("clock_skew", {"by_ms": 0}), ("forget_ended", {}), ("no_margin", {"count": 1}))


class Day(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.TemporaryDirectory()
        self.venue = Venue(MMBOT, "--fees", "0.2,5.5")
        self.gate = Gate(self.venue)
        self.heartbeat = pathlib.Path(self.work.name) / "heartbeat"
        self.draw = random.Random(SEED)
        self.struck = {}
        self.until = time.monotonic() + HOURS * 3600
        account = self.venue.info["accounts"][0]
        environment = {**os.environ, "MM_BYBIT_KEY": account["key"],
                       "MM_BYBIT_SECRET": account["secret"]}
        with open(pathlib.Path(self.work.name) / "watchdog.log", "w", encoding="utf-8") as log:
            # pylint: disable-next=consider-using-with
            self.watchdog = subprocess.Popen(
                [MMBOT, "watchdog", "--heartbeat", self.heartbeat, "--after", "10s", "--rest",
                 self.venue.rest, "--symbol", SYMBOL], env=environment, stderr=log)

    def tearDown(self):
        if "MM_DAY_KEEP" in os.environ:
            shutil.copytree(self.work.name, os.environ["MM_DAY_KEEP"], dirs_exist_ok=True)
        self.watchdog.terminate()
        self.watchdog.wait(timeout=600)
        self.gate.close()
        self.venue.stop()
        self.work.cleanup()

    def strike(self, bot):
        """One fault of the venue, of the network or of the bot's machine."""
        kind = self.draw.randrange(len(FAULTS) + 2)
        name, fields = FAULTS[kind] if kind < len(FAULTS) else ("", {})
        if kind == len(FAULTS):
            name = "network"
            self.gate.shut()
            time.sleep(60)
            self.gate.open = True
        elif kind > len(FAULTS):
            name = "frozen"
            bot.process.send_signal(signal.SIGSTOP)
            time.sleep(20)
            bot.process.send_signal(signal.SIGCONT)
        else:
            self.venue.fault(name, **fields)
        self.struck[name] = self.struck.get(name, 0) + 1

    def run_bot(self, number):
        """A run of six windows that may end before: by its own judgement, with the day, or with
        its life. Returns it, and what was there before it."""
        self.venue.fault("clock_skew", by_ms=0)
        before = {kind: len(self.venue.executions(kind)) for kind in KINDS}
        lots = self.venue.position()
        bot = Bot(self.venue, self.work.name, "--iterations", WINDOWS, "--silence", "1m",
                  "--recv-window", "5s", "--private", self.gate.address, "--trade",
                  self.gate.address, "--heartbeat", self.heartbeat, "--seed", number,
                  seconds=WINDOW_MINUTES * 60, name=f"run{number}")
        while bot.process.poll() is None and not bot.said("event=account_ready"):
            time.sleep(1)
        dies = time.monotonic() + self.draw.uniform(0.2, 4) * WINDOWS * WINDOW_MINUTES * 60
        end = min(dies, self.until)
        while bot.process.poll() is None and time.monotonic() < end:
            self.strike(bot)
            time.sleep(self.draw.uniform(20, 200))
        if end == self.until:
            time.sleep(180) # until the last fault is over
        if bot.process.poll() is None:
            bot.process.send_signal(signal.SIGKILL if end == dies else signal.SIGTERM)
        bot.wait(3600)
        return bot, before, lots

    def test_after_a_day_of_faults_ledger_orders_and_exchange_agree(self):
        number, totals = 0, dict.fromkeys(TOTALS, 0)
        while time.monotonic() < self.until:
            number += 1
            bot, before, lots = self.run_bot(number)
            left = self.how_it_was_left(bot)
            if left:
                totals[left] += 1
                self.await_nothing_open(bot)
                continue
            self.assertIn(bot.process.returncode, (0, 1, 3, 143), bot.tail())
            self.assertTrue(bot.said("event=stopped open=0 verified=yes"), bot.tail())
            self.assertEqual(self.venue.account(bot.account["key"])["openOrders"], [])
            self.assertFalse(bot.said("kind=position"))
            self.check_books(bot, before, lots, totals)
        print(f"MM_DAY_SEED={SEED} MM_DAY_HOURS={HOURS:g} MM_DAY_SPEED={SPEED:g}:", number,
              "runs,", ", ".join(f"{count} {name}" for name, count in totals.items()) + ";",
              ", ".join(f"{count} {name}" for name, count in sorted(self.struck.items())))
        self.assertGreater(totals["fills"], 0)

    @staticmethod
    def how_it_was_left(bot):
        """A run that has not ended in order; "" for one that has."""
        if bot.process.returncode == -signal.SIGKILL:
            return "killed"
        if bot.process.returncode != 4:
            return ""
        return "unverified" if "stopping could not be verified" in bot.tail() else "unstarted"

    def await_nothing_open(self, bot):
        """The orders of such a run are the watchdog's to cancel."""
        until = time.monotonic() + 300
        while self.venue.account(bot.account["key"])["openOrders"]:
            self.assertLess(time.monotonic(), until)
            time.sleep(1)

    def check_books(self, bot, before, lots, totals):
        """What the bot has booked is what the exchange has done, fill by fill, to the last unit."""
        done = {kind: self.venue.executions(kind) for kind in KINDS}
        trades, funding = (done[kind][:len(done[kind]) - before[kind]] for kind in KINDS)
        mine = sorted((row["side"], *(int(row[name]) for name in FILL)) for row in bot.fills())
        tick, lot = (Decimal(text) for text in self.steps())
        theirs = sorted((row["side"].lower(), int(Decimal(row["execPrice"]) / tick),
                         int(Decimal(row["execQty"]) / lot), e9(row["execFee"])) for row in trades)
        self.assertEqual(mine, theirs)
        booked = sum(qty * (1 if side == "buy" else -1) for side, _, qty, _ in mine)
        self.assertEqual(lots + booked, self.venue.position())
        told = [int(text) for text in bot.said(r"event=funding paid_quote_e9=(-?\d+)")]
        self.assertEqual(sorted(told), sorted(e9(row["execFee"]) for row in funding))
        for one in bot.summaries(): # of whole windows
            self.assertEqual(one["equity_change_quote_e9"], one["net_quote_e9"])
            totals["windows"] += 1
            totals["net_e9"] += one["net_quote_e9"]
        totals["fills"] += len(mine)
        totals["fees_e9"] += sum(fee for _, _, _, fee in mine)
        totals["funding_e9"] += sum(told)
        totals["fundings"] += len(funding)
        totals["changes"] += len(bot.said(r'event=change .* text="\w+ \S+ -> '))
        totals["unknown"] += int(bot.said(r"event=orders .*unknown=(\d+)")[-1])

    def steps(self):
        """Tick and lot, as the exchange says them."""
        found = self.venue.ask(f"/v5/market/instruments-info?category=linear&symbol={SYMBOL}")
        filters = found["result"]["list"][0]
        return filters["priceFilter"]["tickSize"], filters["lotSizeFilter"]["qtyStep"]


def e9(text):
    return int(Decimal(text) * 10**9)


def main():
    library = shutil.which("faketime")
    if library is None:
        print("skipped: faketime is not installed")
        return SKIPPED
    if "LD_PRELOAD" not in os.environ:
        os.execv(library, [library, "-f", f"+0 x{SPEED:g}", sys.executable, *sys.argv])
    unittest.main(argv=sys.argv[:1], verbosity=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
