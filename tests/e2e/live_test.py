"""The bot with real orders against the venue: what goes wrong on the way, and that in the end the
two agree.

    live_test.py MMBOT
"""
import concurrent.futures
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

from live_venue import SYMBOL, Bot, Gate, Venue

MMBOT = pathlib.Path(sys.argv[1]).resolve()
PARTS_TAKEN = ("slippage", "adverse", "inventory", "fees", "funding") # of gross: the rest is net


def inverse_capture(path):
    """A market in dollars, settled in the coin: its best prices are five basis points from the
    middle, and somebody takes from either side ten times a second."""
    start_ms, low, high = 1790134712000, 59970, 60030
    def levels(best, step):
        return [[f"{best + i * step}.0", "5000"] for i in range(20)]
    with open(path, "w", encoding="utf-8") as file:
        for number in range(600):
            now = start_ms + 100 * number
            book = {"topic": "orderbook.50.BTCUSD", "type": "delta" if number else "snapshot",
                    "ts": now, "data": {"s": "BTCUSD", "b": levels(low, -5), "a": levels(high, 5),
                                        "u": number + 1, "seq": number + 1}, "cts": now}
            side, price = (("Sell", low), ("Buy", high))[number % 2]
            trade = {"topic": "publicTrade.BTCUSD", "type": "snapshot", "ts": now,
                     "data": [{"T": now, "s": "BTCUSD", "S": side, "v": "300", "p": f"{price}.0",
                               "L": "PlusTick", "i": str(number), "BT": False, "seq": number}]}
            for frame in (book, trade):
                file.write(f"{now * 1000000} {json.dumps(frame, separators=(',', ':'))}\n")


class Inverse(unittest.TestCase):
    def test_an_inverse_contract_over_tls_adds_up_in_its_coin(self):
        with tempfile.TemporaryDirectory() as work:
            raw, tape = pathlib.Path(work) / "btcusd", pathlib.Path(work) / "btcusd.tape"
            inverse_capture(raw)
            subprocess.run([MMBOT, "tape", "import", raw, "-o", tape, "--contract", "inverse:1",
                            "--tick", "0.5", "--lot", "1"], check=True, capture_output=True)
            venue = Venue(MMBOT, "--tls", "--tape", tape, "--balance", "1")
            try:
                self.check(venue, work)
            finally:
                venue.stop()

    def check(self, venue, work):
        bot = Bot(venue, work, "--category", "inverse", "--symbol", "BTCUSD", "--ca",
                  venue.info["certificate"], seconds=6)
        self.assertIn(bot.wait(), (0, 1, 3), bot.log.read_text(encoding="utf-8"))
        self.assertTrue(bot.said("event=stopped open=0 verified=yes"))
        self.assertTrue(venue.stream.startswith("wss:"))
        fills = bot.fills()
        self.assertGreater(len(fills), 1)
        signed = [int(row["qty_lots"]) * (1 if row["side"] == "buy" else -1) for row in fills]
        self.assertEqual(sum(signed), venue.position())
        # A dollar is worth one over the price of the coin.
        value = sum(abs(lots) * 2 / int(row["price_ticks"]) for lots, row in zip(signed, fills))
        summary = bot.summaries()[0]
        self.assertAlmostEqual(summary["notional_quote_e9"] / 1e9, value, places=7)
        self.assertEqual(summary["equity_change_quote_e9"], summary["net_quote_e9"])
        # What the exchange has paid out, but for what an open position has not realised.
        gained = float(venue.account(bot.account["key"])["wallet"]["BTC"]) - 1
        open_value = abs(venue.position()) / 60000
        self.assertAlmostEqual(gained, summary["equity_change_quote_e9"] / 1e9,
                               delta=0.001 * open_value + 2e-9)


class Live(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.TemporaryDirectory()
        self.venue = Venue(MMBOT)

    def tearDown(self):
        self.venue.stop()
        self.work.cleanup()

    def bot(self, *options, **fields):
        return Bot(self.venue, self.work.name, *options, **fields)

    # What the bot booked is what the exchange holds, and nothing is open.
    def agree(self, bot, start_lots=0):
        self.assertIn(bot.wait(), (0, 1, 3), bot.log.read_text(encoding="utf-8"))
        self.assertTrue(bot.said("event=stopped open=0 verified=yes"))
        self.assertEqual(self.venue.account(bot.account["key"])["openOrders"], [])
        fills = bot.fills()
        booked = sum(int(row["qty_lots"]) * (1 if row["side"] == "buy" else -1) for row in fills)
        self.assertEqual(start_lots + booked, self.venue.position())
        self.assertFalse(bot.said("kind=position"))
        # An exchange does not show its queues.
        self.assertEqual({(row["ahead_at_arrival_lots"], row["ahead_at_fill_lots"])
                          for row in fills} - {("", "")}, set())
        return fills

    def test_a_run_trades_and_ends_with_nothing_open(self):
        log = pathlib.Path(self.work.name) / "latency.csv"
        bot = self.bot("--latency-log", log)
        self.agree(bot)
        self.assertTrue(bot.said("event=orders placed=[1-9]"))
        self.assertTrue(bot.said("event=dead_man exchange=on"))
        self.assertTrue(bot.said(r"event=filters qty_min_lots=1 qty_max_lots=[1-9]\d* "
                                 r"price_min_ticks=\d+ price_max_ticks=[1-9]\d* "
                                 "value_min_e9=5000000000"))
        # A thin book has no price for a market order; the bot sends none.
        kinds = {(row["orderType"], row["timeInForce"]) for row in self.venue.history()}
        self.assertEqual(kinds, {("Limit", "PostOnly")})
        rows = log.read_text(encoding="utf-8").splitlines()
        self.assertEqual(rows[0], "request_ts_ns,exch_ts_ns,response_ts_ns")
        self.assertGreater(len(rows), 2)
        # The log is what a replay interpolates.
        done = subprocess.run([MMBOT, "config", "show", "--tape", "x", "--latency", log],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_run_that_never_sleeps_trades_alike_and_tells_its_own_time(self):
        bot = self.bot("--busy-poll")
        bot.await_word("event=account_ready")
        self.agree(bot)
        self.assertTrue(bot.said("event=orders placed=[1-9]"))
        stages = dict(bot.said(r"event=own_time stage=(\w+) count=(\d+)"))
        self.assertEqual(list(stages), ["read", "decide", "encode", "own", "send", "all"])
        self.assertEqual(len(set(stages.values())), 1)

    def test_lost_answers_duplicates_and_busy_orders_are_counted_once(self):
        self.venue.ask("/control/switch", {"name": "stream_order", "value": "random"})
        bot = self.bot(seconds=14)
        bot.await_word("event=account_ready")
        for _ in range(3):
            self.venue.fault("lose_ack", count=2)
            self.venue.fault("duplicate_execution", count=3)
            self.venue.fault("processing", count=1)
            time.sleep(2)
        self.agree(bot)

    def test_batches_of_all_three_kinds_go_out_and_one_order_that_fails_leaves_the_others(self):
        self.venue.ask("/control/switch", {"name": "rate_limits", "value": "vip1"})
        self.venue.fault("no_margin", count=1) # of the first batch, which has one order a side
        bot = self.bot(seconds=12)
        bot.await_orders(2)
        self.assertEqual(len(bot.said("event=order_refused op=create way=stream code=110007")), 1)
        for _ in range(4):
            self.venue.fault("processing", count=1)
            time.sleep(1.5)
        self.agree(bot)
        for kind in ("create", "amend", "cancel"):
            self.assertTrue(bot.said(f"event=rate_limit op={kind}-batch in_a_second=20"), kind)
        self.assertTrue(bot.said("event=order_refused op=(amend|cancel) way=stream code=110079"))

    def test_requests_carry_the_exchanges_time_and_are_taken_for_a_second_only(self):
        self.venue.fault("clock_skew", by_ms=30000)
        bot = self.bot(seconds=13)
        bot.await_orders()
        self.assertEqual(bot.said("code=10002"), [])
        # Now what the bot stamps is two seconds old to the exchange: within its usual window of
        # five, beyond the one second for which a quote is good.
        self.venue.fault("clock_skew", by_ms=32000)
        bot.await_word("event=order_refused .*code=10002")
        bot.await_word("event=exchange_clock ahead_ms=3[12]")
        time.sleep(0.5) # what was on its way by then
        before = len(bot.said("code=10002"))
        self.agree(bot)
        self.assertEqual(len(bot.said("code=10002")), before)

    def test_pings_keep_the_exchange_from_taking_a_connection_for_dead(self):
        # A connection that sends nothing for 7 s is dead to the exchange's own switch, which fires
        # after 10 s more; the private one has nothing to send but pings.
        self.venue.ask("/control/switch", {"name": "dcp_silent_s", "value": "7"})
        bot = self.bot(seconds=19)
        self.agree(bot)
        self.assertEqual(self.venue.ask("/control/state")["counters"]["dcpFired"], 0)

    def test_funding_changes_equity_once_by_its_amount_and_is_no_fill(self):
        # More than the bot sells in the time that this takes.
        self.venue.order("create", {"side": "Buy", "orderType": "Market", "qty": "1500"})
        with socket.create_server(("127.0.0.1", 0)) as free:
            page = f"127.0.0.1:{free.getsockname()[1]}"
        bot = self.bot("--http", page, seconds=8)
        bot.await_orders()
        self.venue.ask("/control/switch", {"name": "funding_rate", "value": "123"})
        self.venue.fault("duplicate_execution", count=1)
        self.venue.ask("/control/funding", {})
        bot.await_word("event=funding paid_quote_e9=")
        paid_quote_e9 = int(bot.said(r"event=funding paid_quote_e9=(-?\d+)")[0])
        self.await_metric(page, "mmbot_funding_coins", paid_quote_e9 / 1e9)
        self.venue.fault("close", kind="private")
        self.venue.ask("/control/funding", {}) # while nobody hears it
        bot.await_word("event=account_ready", count=2)
        fills = self.agree(bot, start_lots=1500)
        paid = [round(float(row["execFee"]) * 1e9) for row in self.venue.executions("Funding")]
        self.assertEqual(len(paid), 2)
        told = [int(text) for text in bot.said(r"event=funding paid_quote_e9=(-?\d+)")]
        self.assertEqual(sorted(told), sorted(paid))
        summaries = bot.summaries()
        self.assertEqual(sum(row["funding_quote_e9"] for row in summaries), sum(paid))
        self.assertGreater(sum(paid), 0) # a buyer pays
        for row in summaries:
            self.assertEqual(row["equity_change_quote_e9"], row["net_quote_e9"])
            parts = [row[f"{part}_quote_e9"] for part in PARTS_TAKEN]
            self.assertEqual(row["net_quote_e9"], row["gross_quote_e9"] - sum(parts))
        self.assertEqual(len(fills), sum(row["fills"] for row in summaries))
        self.assertIn("which net is after",
                      (bot.out / "latest" / "REPORT.md").read_text(encoding="utf-8"))

    def await_metric(self, page, name, value):
        until = time.monotonic() + 5
        found = None
        while found is None or abs(found - value) > 1e-12:
            self.assertLess(time.monotonic(), until, found)
            time.sleep(0.05)
            with urllib.request.urlopen(f"http://{page}/metrics", timeout=10) as answer:
                text = answer.read().decode()
            found = float(re.search(f"^{name} (.*)$", text, re.M)[1])

    def test_every_connection_is_cut_and_the_truth_is_read_anew(self):
        bot = self.bot(seconds=16)
        bot.await_orders()
        for kind in ("private", "trade", "public"):
            self.venue.fault("close", kind=kind)
            time.sleep(3)
        self.agree(bot)
        self.assertGreaterEqual(len(bot.said("event=account_ready")), 2)
        self.assertTrue(bot.said("event=trade_closed"))
        self.assertTrue(bot.said("event=feed_closed"))

    def test_maintenance_leaves_orders_unknown_and_finds_them_again(self):
        bot = self.bot(seconds=14)
        bot.await_orders()
        self.venue.fault("maintenance", for_ms=4000)
        self.agree(bot)
        self.assertGreaterEqual(len(bot.said("event=account_ready")), 2)

    def test_orders_go_by_rest_where_the_trade_stream_is_shut(self):
        self.venue.ask("/control/switch", {"name": "rate_limits", "value": "vip1"})
        gate = Gate(self.venue)
        bot = self.bot("--trade", gate.address, seconds=7)
        bot.await_orders()
        gate.shut()
        bot.await_word("event=trade_closed")
        before = self.venue.ask("/control/state")["counters"]["requests"]
        self.venue.ask("/control/switch", {"name": "rate_limits", "value": "vip2"})
        self.agree(bot)
        # The stream's answers told of 20 a second, those by REST of 40.
        for limit in (20, 40):
            self.assertTrue(bot.said(rf"event=rate_limit op=\S+ in_a_second={limit}"))
        self.assertEqual(len(bot.said("event=trade_open")), 1)
        self.assertGreater(self.venue.ask("/control/state")["counters"]["requests"], before + 4)
        gate.close()

    def test_a_killed_runs_orders_are_cancelled_by_the_next_and_its_position_taken_over(self):
        first = self.bot(seconds=60)
        first.await_orders(2)
        first.process.kill()
        first.process.wait()
        start = self.venue.position()
        second = self.bot(seconds=4, name="second")
        self.assertIn(second.wait(), (0, 1, 3))
        self.assertTrue(second.said("kind=leftover"))
        self.assertTrue(second.said("event=stopped open=0 verified=yes"))
        self.assertEqual(self.venue.account(first.account["key"])["openOrders"], [])
        held = re.search(r"event=account_ready position_lots=(-?\d+)",
                         second.log.read_text(encoding="utf-8"))
        booked = sum(int(row["qty_lots"]) * (1 if row["side"] == "buy" else -1)
                     for row in second.fills())
        self.assertEqual(int(held.group(1)) + booked, self.venue.position(), start)

    def test_a_second_instance_stops_and_says_why(self):
        first = self.bot(seconds=14)
        first.await_orders(2)
        second = self.bot(seconds=30, name="second")
        self.assertEqual(second.wait(), 4)
        self.assertTrue(second.said("another instance trades under the prefix mmb"))
        self.agree(first)

    def test_strangers_orders_stay_where_they_are(self):
        bot = self.bot(seconds=5)
        stranger = self.bot("--prefix", "other", seconds=20,
                       name="stranger")
        self.assertIn(bot.wait(), (0, 1, 3))
        self.assertTrue(bot.said(r"event=stopped open=0 verified=yes strangers=\d"))
        stranger.await_orders()
        stranger.process.send_signal(signal.SIGTERM)
        self.assertEqual(stranger.wait(), 143)

    def test_all_pages_of_open_orders_are_read(self):
        self.venue.ask("/control/switch", {"name": "rate_limits", "value": "off"})
        for number in range(60):
            self.venue.order("create", {"side": "Buy", "orderType": "Limit", "qty": "10",
                                        "price": f"1.{9000 - number}"})
        bot = self.bot(seconds=3)
        self.assertIn(bot.wait(), (0, 1, 3))
        self.assertTrue(bot.said("event=stopped open=0 verified=yes strangers=60"))

    def test_an_order_that_ended_unseen_is_found_in_the_history(self):
        bot = self.bot("--silence", "1m", seconds=14)
        bot.await_orders(2)
        bot.process.send_signal(signal.SIGSTOP)
        time.sleep(0.2) # what was on its way has arrived
        self.venue.fault("close", kind="private") # first, or what it tells would still be read
        for order in self.venue.account(bot.account["key"])["openOrders"]:
            self.venue.order("cancel", {"orderId": order})
        self.venue.fault("forget_ended")
        bot.process.send_signal(signal.SIGCONT)
        bot.await_word("event=account_lost")
        self.agree(bot)

    def test_after_a_403_rest_rests_and_the_streams_go_on(self):
        self.venue.ask("/control/switch", {"name": "rate_limits", "value": "off"})
        bot = self.bot(seconds=14)
        bot.await_orders()
        self.venue.fault("ban", for_ms=3000)
        self.venue.fault("close", kind="private")
        bot.await_word("event=truth_failed")
        time.sleep(3)
        before = self.venue.ask("/control/state")["counters"]
        time.sleep(6)
        after = self.venue.ask("/control/state")["counters"]
        self.assertGreater(after["framesIn"], before["framesIn"])
        self.assertEqual(after["requests"] - before["requests"], 0)
        self.assertIn("REST rests", bot.log.read_text(encoding="utf-8"))
        bot.process.kill() # nothing could be verified: another case waits for that
        bot.process.wait()

    def test_whatever_goes_wrong_ledger_orders_and_exchange_agree_in_the_end(self):
        seconds = int(os.environ.get("MM_LIVE_FAULT_SECONDS", "30"))
        seed = int(os.environ.get("MM_LIVE_FAULT_SEED", "1"))
        draw = random.Random(seed)
        faults = (("lose_ack", {"count": 2}), ("duplicate_execution", {"count": 3}),
                  ("processing", {"count": 2}), ("rate_limit", {"count": 2}),
                  ("drop_delta", {"count": 1}), ("restart_book", {}), ("cross_book", {}),
                  ("delay", {"by_ms": 300, "for_ms": 1500}), ("silence", {"for_ms": 2000}),
                  ("close", {"kind": "private"}), ("close", {"kind": "trade"}),
                  ("close", {"kind": "public"}), ("maintenance", {"for_ms": 1500}),
                  ("clock_skew", {"by_ms": 400}), ("clock_skew", {"by_ms": 0}),
                  ("forget_ended", {}), ("no_margin", {"count": 1}), ("funding", {}))
        bot = self.bot(seconds=seconds)
        bot.await_orders()
        until = time.monotonic() + seconds - 6
        done = []
        while time.monotonic() < until:
            name, fields = draw.choice(faults)
            done.append(name)
            if name == "funding":
                self.venue.ask("/control/funding", {})
            else:
                self.venue.fault(name, **fields)
            time.sleep(draw.uniform(0.2, 2.0))
        self.venue.fault("clock_skew", by_ms=0)
        print(f"MM_LIVE_FAULT_SEED={seed} MM_LIVE_FAULT_SECONDS={seconds} repeats it:", *done)
        self.agree(bot)
        summary = bot.summaries()[0]
        paid = [round(float(row["execFee"]) * 1e9) for row in self.venue.executions("Funding")]
        self.assertEqual(summary["funding_quote_e9"], sum(paid))
        self.assertEqual(summary["equity_change_quote_e9"], summary["net_quote_e9"])

    def watchdog(self, account):
        """On the venue, firing after three seconds; its log is returned, too."""
        log = pathlib.Path(self.work.name) / "watchdog.log"
        environment = {**os.environ, "MM_BYBIT_KEY": account["key"],
                       "MM_BYBIT_SECRET": account["secret"]}
        with open(log, "w", encoding="utf-8") as file:
            dog = subprocess.Popen([MMBOT, "watchdog", "--heartbeat", self.heartbeat(), "--after",
                                    "3s", "--rest", self.venue.rest, "--symbol", SYMBOL],
                                   env=environment, stderr=file)
        return dog, log

    def heartbeat(self):
        return pathlib.Path(self.work.name) / "heartbeat"

    def await_text(self, log, text, seconds=30):
        until = time.monotonic() + seconds
        while text not in log.read_text(encoding="utf-8"):
            self.assertLess(time.monotonic(), until, log.read_text(encoding="utf-8"))
            time.sleep(0.05)

    def test_the_watchdog_cancels_the_orders_of_a_killed_and_of_a_frozen_run(self):
        bot = self.bot("--heartbeat", self.heartbeat(), seconds=14)
        dog, log = self.watchdog(bot.account)
        try:
            bot.await_orders(2)
            self.await_text(log, "event=watchdog_watches")
            deaths = log.read_text(encoding="utf-8").count("event=watchdog_done")
            bot.process.send_signal(signal.SIGSTOP)
            until = time.monotonic() + 30
            while log.read_text(encoding="utf-8").count("event=watchdog_done") == deaths:
                self.assertLess(time.monotonic(), until)
                time.sleep(0.05)
            self.assertEqual(self.venue.account(bot.account["key"])["openOrders"], [])
            bot.process.send_signal(signal.SIGCONT) # it sees that they are gone, and goes on
            bot.await_orders(2)
            self.agree(bot)
            self.await_text(log, "event=watchdog_rests")
            second = self.bot("--heartbeat", self.heartbeat(), seconds=60, name="second")
            second.await_orders(2)
            second.process.kill()
            second.process.wait()
            until = time.monotonic() + 7
            while self.venue.account(bot.account["key"])["openOrders"]:
                self.assertLess(time.monotonic(), until)
                time.sleep(0.1)
            self.assertEqual(self.venue.ask("/control/state")["counters"]["dcpFired"], 0)
        finally:
            dog.send_signal(signal.SIGTERM)
            self.assertEqual(dog.wait(timeout=20), 143)

    def test_without_a_watchdog_the_exchange_cancels_where_it_does_and_else_nobody(self):
        bot = self.bot(seconds=60)
        bot.await_orders(2)
        bot.process.kill()
        bot.process.wait()
        time.sleep(4)
        self.assertNotEqual(self.venue.account(bot.account["key"])["openOrders"], [])
        until = time.monotonic() + 30
        while self.venue.account(bot.account["key"])["openOrders"]:
            self.assertLess(time.monotonic(), until)
            time.sleep(0.2)
        self.assertEqual(self.venue.ask("/control/state")["counters"]["dcpFired"], 1)

    def test_a_stop_that_cannot_be_verified_says_so(self):
        bot = self.bot(seconds=60)
        bot.await_orders()
        self.venue.fault("ban", for_ms=60000)
        self.venue.fault("silence", for_ms=60000)
        bot.process.send_signal(signal.SIGTERM)
        self.assertEqual(bot.wait(90), 4)
        self.assertIn("stopping could not be verified", bot.log.read_text(encoding="utf-8"))


class Refused(unittest.TestCase):
    def setUp(self):
        self.venue = Venue(MMBOT)

    def tearDown(self):
        self.venue.stop()

    def refused(self, said, options=(), env=None, keys=True):
        account = self.venue.info["accounts"][0]
        environment = {**os.environ, "MM_LIVE_ENABLE": "1", **(env or {})}
        if keys:
            environment |= {"MM_BYBIT_KEY": account["key"], "MM_BYBIT_SECRET": account["secret"]}
        done = subprocess.run([MMBOT, "soak", "--live", "--rest", self.venue.rest, "--stream",
                               self.venue.stream, "--symbol", SYMBOL, *options], env=environment,
                              capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn(said, done.stderr)
        self.assertNotIn(account["secret"], done.stderr + done.stdout)

    def test_what_arms_a_live_run_must_be_there(self):
        self.refused("MM_LIVE_ENABLE", env={"MM_LIVE_ENABLE": "0"})
        self.refused("needs an API key", keys=False)
        self.refused("exclude each other", ["--paper"])
        self.refused("--pace", ["--pace", "10"])
        self.refused("--prefix", ["--prefix", "a-b"])
        self.refused("--recv-window", ["--recv-window", "1m"])
        self.refused("linear and inverse", ["--category", "spot"])

    def test_keys_and_accounts_that_cannot_be_traded_with_are_refused_and_the_doctor_says_so(self):
        for fields, said in (({"may_withdraw": True}, "may withdraw"),
                             ({"read_only": True}, "only read"),
                             ({"balance": "399"}, "margin: the position limit of 4000.00 needs "
                              "400.00 at leverage 10, of a balance of 399.00"),
                             ({"hedge_mode": True}, "hedge mode")):
            account = self.venue.ask("/control/account", fields)
            env = {"MM_BYBIT_KEY": account["key"], "MM_BYBIT_SECRET": account["secret"]}
            self.refused(said, ["--market", "alt-perp"], env=env, keys=False)
            asked = subprocess.run([MMBOT, "doctor", "--json", "--rest", self.venue.rest,
                                    "--stream", self.venue.stream, "--symbol", SYMBOL, "--market",
                                    "alt-perp"], env={**os.environ, **env}, capture_output=True,
                                   text=True, check=False, timeout=60)
            told = "; ".join(f"{row['check']}: {row['finding']}"
                             for row in json.loads(asked.stdout) if row["level"] != "ok")
            self.assertIn(said, told)


def run_together():
    """The cases wait most of the time, each at a venue of its own: so they wait together."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    cases = [case for group in suite for case in group]
    results = [unittest.TestResult() for _ in cases]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda pair: pair[0].run(pair[1]), zip(cases, results)))
    for case, result in zip(cases, results):
        print("ok" if result.wasSuccessful() else "FAILED", case.id())
        for _, text in result.failures + result.errors:
            print(text)
    failed = sum(not result.wasSuccessful() for result in results)
    print(f"Ran {len(cases)} tests in this\n(failures={failed})", file=sys.stderr)
    return failed == 0


if __name__ == "__main__":
    sys.exit(0 if run_together() else 1)
