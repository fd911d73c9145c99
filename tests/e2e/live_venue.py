"""A venue that runs beside a test, a way to it that can be shut, and a bot trading there."""
import contextlib
import csv
import gzip
import hmac
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse
import urllib.request

SYMBOL = "ALTUSDT"


class Venue:
    def __init__(self, mmbot, *options):
        self.mmbot = mmbot
        self.process = subprocess.Popen([mmbot, "venue", "--json", *options], text=True,
                                        stdout=subprocess.PIPE)
        self.info = json.loads(self.process.stdout.readline())
        self.rest = self.info["rest"]
        self.stream = self.info["websocket"]
        certificate = self.info.get("certificate")
        self.trust = ssl.create_default_context(cafile=certificate) if certificate else None

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self.rest + path, data, timeout=30,
                                    context=self.trust) as answer:
            return json.loads(answer.read())

    def fault(self, name, **fields):
        return self.ask("/control/fault", {"fault": name, **fields})

    def signed(self, path, payload, is_post, number=0):
        """The answer to someone else's request on an account, the first if none is named."""
        account = self.info["accounts"][number]
        now = str(int(time.time() * 1000))
        signature = hmac.new(account["secret"].encode(),
                             (now + account["key"] + "5000" + payload).encode(), "sha256")
        headers = {"X-BAPI-API-KEY": account["key"], "X-BAPI-TIMESTAMP": now,
                   "X-BAPI-RECV-WINDOW": "5000", "X-BAPI-SIGN": signature.hexdigest()}
        url = self.rest + path + ("" if is_post else "?" + payload)
        data = payload.encode() if is_post else None
        with urllib.request.urlopen(urllib.request.Request(url, data, headers),
                                    timeout=30) as answer:
            return json.loads(answer.read())

    def order(self, what, fields):
        body = json.dumps({"category": "linear", "symbol": SYMBOL, **fields})
        answer = self.signed(f"/v5/order/{what}", body, True)
        assert answer["retCode"] in (0, 110001), answer

    def history(self):
        answer = self.signed("/v5/order/history", f"category=linear&symbol={SYMBOL}&limit=50",
                             False)
        return answer["result"]["list"]

    def executions(self, kind):
        found, cursor = [], ""
        while True:
            query = f"category=linear&symbol={SYMBOL}&execType={kind}&limit=100"
            result = self.signed("/v5/execution/list", query + cursor, False)["result"]
            found += result["list"]
            if not result["nextPageCursor"]:
                return found
            cursor = "&cursor=" + result["nextPageCursor"]

    def account(self, key):
        return next(one for one in self.ask("/control/state")["accounts"] if one["key"] == key)

    def position(self):
        """Lots of the first account."""
        positions = self.account(self.info["accounts"][0]["key"])["positions"]
        return sum(row["lots"] for row in positions)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self.process.stdout.close()


class Gate:
    """A way to the venue that can be shut: what is connected is cut, and nobody else gets in."""

    def __init__(self, venue):
        self.port = urllib.parse.urlsplit(venue.rest).port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"ws://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open, self.pairs = True, []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if not self.open:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.port))
            self.pairs += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    @staticmethod
    def carry(one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def shut(self):
        self.open = False
        for end in self.pairs:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.shut()
        self.listener.close()


class Bot:
    """A live run on the venue's account."""

    def __init__(self, venue, work, *options, seconds=6, name="out"):
        self.venue = venue
        self.account = account = venue.info["accounts"][0]
        self.log = pathlib.Path(work) / f"{name}.log"
        self.out = pathlib.Path(work) / name
        environment = {**os.environ, "MM_LIVE_ENABLE": "1", "MM_BYBIT_KEY": account["key"],
                       "MM_BYBIT_SECRET": account["secret"]}
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [venue.mmbot, "soak", "--live", "--rest", venue.rest, "--stream", venue.stream,
                 "--symbol", SYMBOL, "--market", "alt-perp", "--iterations", "1",
                 "--window", f"{seconds}s", "--log-level", "debug", "--out", self.out,
                 *map(str, options)], env=environment, stdout=subprocess.DEVNULL, stderr=log)

    def said(self, pattern):
        return re.findall(pattern, self.log.read_text(encoding="utf-8"))

    def tail(self):
        """The last of what it said."""
        return "\n".join(self.log.read_text(encoding="utf-8").splitlines()[-100:])

    def await_word(self, pattern, seconds=30, count=1):
        until = time.monotonic() + seconds
        while len(self.said(pattern)) < count:
            if time.monotonic() > until or self.process.poll() is not None:
                raise AssertionError(f"no {pattern!r} in\n" + self.log.read_text(encoding="utf-8"))
            time.sleep(0.05)

    def await_orders(self, count=1):
        until = time.monotonic() + 30
        while len(self.venue.account(self.account["key"])["openOrders"]) < count:
            assert time.monotonic() < until
            time.sleep(0.05)

    def wait(self, seconds=60):
        return self.process.wait(timeout=seconds)

    def fills(self):
        with gzip.open(self.out / "latest" / "fills.csv.gz", "rt", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def summaries(self):
        return [json.loads(path.read_text(encoding="utf-8"))["summary"]
                for path in sorted((self.out / "latest").glob("ITER_SUMMARY_*.json"))]
