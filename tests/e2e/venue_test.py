"""The venue as a program: how it starts and ends, and what only its sockets show.

    venue_test.py MMBOT
"""
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import signal
import ssl
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

MMBOT = pathlib.Path(sys.argv[1]).resolve()
ORDER = {"category": "linear", "symbol": "ALTUSDT", "side": "Buy", "orderType": "Limit",
         "qty": "10", "price": "1.9"}


class Venue:
    """A running venue and one kept connection to it."""

    def __init__(self, *options):
        self.process = subprocess.Popen([MMBOT, "venue", "--json", *options], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.info = json.loads(self.process.stdout.readline())
        self.url = urllib.parse.urlsplit(self.info["rest"])
        self.connect()

    def connect(self):
        host, port = self.url.hostname, self.url.port
        if self.url.scheme == "https":
            trust = ssl.create_default_context(cafile=self.info["certificate"])
            self.http = http.client.HTTPSConnection(host, port, timeout=30, context=trust)
        else:
            self.http = http.client.HTTPConnection(host, port, timeout=30)

    def ask(self, method, path, body=None, headers=None):
        text = None if body is None else json.dumps(body)
        self.http.request(method, path, text, headers or {})
        answer = self.http.getresponse()
        return answer.status, json.loads(answer.read()), answer.headers

    def signed(self, method, path, payload, account=0):
        """payload: a query as it is to be sent, or a body."""
        key, secret = (self.info["accounts"][account][name] for name in ("key", "secret"))
        text = payload if method == "GET" else json.dumps(payload)
        now = str(int(time.time() * 1000))
        signature = hmac.new(secret.encode(), (now + key + "5000" + text).encode(),
                             hashlib.sha256).hexdigest()
        headers = {"X-BAPI-API-KEY": key, "X-BAPI-TIMESTAMP": now, "X-BAPI-RECV-WINDOW": "5000",
                   "X-BAPI-SIGN": signature}
        if method == "GET":
            return self.ask(method, f"{path}?{text}" if text else path, None, headers)
        return self.ask(method, path, payload, headers)

    def fault(self, **fault):
        status, answer, _ = self.ask("POST", "/control/fault", fault)
        assert status == 200, answer

    def stop(self, number=signal.SIGTERM):
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors


class Serving(unittest.TestCase):
    def setUp(self):
        self.venue = Venue()

    def tearDown(self):
        self.assertEqual(self.venue.stop(), (143, ""))

    def test_a_query_is_signed_as_it_is_sent_plain_or_encoded(self):
        for query in ("accountType=UNIFIED&coin=USDT,USDC", "accountType=UNIFIED&coin=USDT%2CUSDC"):
            _, answer, headers = self.venue.signed("GET", "/v5/account/wallet-balance", query)
            self.assertEqual(answer["retCode"], 0, query)
            self.assertEqual(headers["X-Bapi-Limit"], "50")
        _, answer, _ = self.venue.signed("GET", "/v5/account/info", "")
        self.assertEqual(answer["retCode"], 0)

    def test_a_cursor_leads_to_the_next_page_raw_or_encoded_again(self):
        self.venue.ask("POST", "/control/switch", {"name": "rate_limits", "value": "off"})
        for _ in range(5):
            self.venue.signed("POST", "/v5/order/create", ORDER)
        query = "category=linear&symbol=ALTUSDT&limit=3"
        _, first, _ = self.venue.signed("GET", "/v5/order/realtime", query)
        cursor = first["result"]["nextPageCursor"]
        for sent in (cursor, urllib.parse.quote(cursor, safe="")):
            _, second, _ = self.venue.signed("GET", "/v5/order/realtime", f"{query}&cursor={sent}")
            self.assertEqual((second["retCode"], len(second["result"]["list"])), (0, 2), sent)

    def test_a_lost_answer_is_a_closed_connection_and_an_order_that_is_there(self):
        self.venue.fault(fault="lose_ack")
        order = {**ORDER, "orderLinkId": "lost"}
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionError)):
            self.venue.signed("POST", "/v5/order/create", order)
        self.venue.connect()
        _, answer, _ = self.venue.signed("GET", "/v5/order/realtime",
                                         "category=linear&orderLinkId=lost")
        self.assertEqual(answer["result"]["list"][0]["orderStatus"], "New")

    def test_a_delayed_answer_comes_later_and_may_find_nobody(self):
        self.venue.fault(fault="delay", by_ms=300, for_ms=2000)
        start = time.monotonic()
        status, _, _ = self.venue.ask("GET", "/v5/market/time")
        self.assertEqual(status, 200)
        self.assertGreaterEqual(time.monotonic() - start, 0.29)
        self.venue.http.request("GET", "/v5/market/time")
        self.venue.http.close() # gone before the answer is due
        time.sleep(0.5)
        self.venue.connect()
        status, _, _ = self.venue.ask("GET", "/control/state")
        self.assertEqual(status, 200)


class Running(unittest.TestCase):
    def test_tls_is_trusted_by_the_certificate_that_is_told(self):
        venue = Venue("--tls", "--accounts", "1")
        try:
            self.assertEqual(venue.ask("GET", "/v5/market/time")[0], 200)
            self.assertEqual(stat.S_IMODE(os.stat(venue.info["certificate"]).st_mode), 0o600)
        finally:
            code, _ = venue.stop(signal.SIGINT)
        self.assertEqual(code, 130)
        self.assertFalse(os.path.exists(venue.info["certificate"]))

    def test_accounts_come_from_a_file_and_keys_go_to_one(self):
        with tempfile.TemporaryDirectory() as work:
            accounts, info = pathlib.Path(work) / "accounts.json", pathlib.Path(work) / "info.json"
            accounts.write_text(json.dumps([{"key": "own-key", "secret": "own-secret",
                                             "balance": "123.5", "taker_fee": "0.001"}]))
            venue = Venue("--accounts", accounts, "--info", info, "--set", "ip_limit=off")
            try:
                self.assertEqual(json.loads(info.read_text()), venue.info)
                self.assertEqual(stat.S_IMODE(info.stat().st_mode), 0o600)
                _, answer, _ = venue.signed("GET", "/v5/account/wallet-balance",
                                            "accountType=UNIFIED")
                self.assertEqual(answer["result"]["list"][0]["totalEquity"], "123.5")
                _, answer, _ = venue.signed("GET", "/v5/account/fee-rate",
                                            "category=linear&symbol=ALTUSDT")
                self.assertEqual(answer["result"]["list"][0]["takerFeeRate"], "0.001")
            finally:
                venue.stop()

    def test_a_tape_is_traded_on_until_it_ends(self):
        with tempfile.TemporaryDirectory() as work:
            tape = pathlib.Path(work) / "market.tape"
            subprocess.run([MMBOT, "market", "export", "--hours", "0.001", "-o", tape], check=True)
            venue = Venue("--tape", tape)
            _, answer, _ = venue.signed("POST", "/v5/order/create", ORDER)
            self.assertEqual(answer["retCode"], 0)
            venue.http.close()
            self.assertEqual(venue.process.wait(timeout=60), 0)
            venue.stop()

    def test_what_cannot_be_is_refused_before_anything_listens(self):
        for options, said in ((["--market", "nope"], "there is no 'nope'"),
                              (["--set", "colour=red"], "no switch 'colour'"),
                              (["--set", "ip_ban_s=0"], "a whole number from 1 to 86400"),
                              (["--listen", "nowhere"], "--listen"),
                              (["--fees", "1"], "MAKER,TAKER"),
                              (["--accounts", "0"], "is not from 1 to 32"),
                              (["--key", "x"], "go together"),
                              (["--market", "alt-perp", "--market", "alt-perp"], "listed already"),
                              (["extra"], "unexpected argument")):
            done = subprocess.run([MMBOT, "venue", *options], capture_output=True, text=True,
                                  check=False, timeout=60)
            self.assertEqual((done.returncode, done.stdout), (2, ""), options)
            self.assertIn(said, done.stderr)

    def test_switches_are_listed_with_what_they_decide(self):
        done = subprocess.run([MMBOT, "venue", "--switches"], capture_output=True, text=True,
                              check=True, timeout=60)
        documented = pathlib.Path(__file__).resolve().parents[2] / "docs" / "venue.md"
        text = documented.read_text(encoding="utf-8")
        for line in done.stdout.splitlines():
            if not line.startswith(" "):
                name, value = line.split("=")
                self.assertIn(f"`{name}`", text)
                self.assertRegex(text, rf"(`{name}`|`{name}`, .*|.*, `{name}`) \|.*{value}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
