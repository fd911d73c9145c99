#!/usr/bin/env python3
"""A running soak seen and asked from outside: feed, snapshots, metrics, requests, hostile peers.

    observe_test.py MMBOT SOURCE_ROOT
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

from live_run import Feed, Run, merge, tree

MMBOT = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2])
CLIENTS, STUCK = 50, 5


def soak(*arguments, **more):
    return Run(MMBOT, "--http", "127.0.0.1:0", *arguments, **more)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Feeds(unittest.TestCase):
    def test_differences_add_up_to_the_state_and_to_the_artifacts(self):
        with soak("--pace", 300, "--iterations", 3, "--window", "3m", "--keep-open") as run:
            feed = Feed(run.port)
            self.addCleanup(feed.close)
            hello = feed.message()
            self.assertEqual((hello["type"], hello["version"]), ("hello", 1))
            state, times = None, []
            while not state or state["set"].get("status", {}).get("phase") != "ended":
                message = feed.message()
                times.append(time.monotonic())
                if message["type"] == "beat":
                    self.assertGreaterEqual(message["seq"], state["seq"])
                    state["seq"] = message["seq"]
                else:
                    state = merge(state, message)
            # Ten a second, with room for one that was late.
            for before, after in zip(times, times[12:]):
                self.assertGreater(after - before, 1.0)
            self.check_against_snapshots(run, state)
            self.check_against_artifacts(run, state)

    def check_against_snapshots(self, run, state):
        whole = merge(None, run.part("state"))
        for name in ("run", "instrument", "params", "tuner", "gate", "config"):
            self.assertEqual(state["set"][name], whole["set"][name], name)
        for name in ("fills", "orders", "iterations"):
            newest = dict(list(state["add"][name].items())[-hello_limit(name):])
            self.assertEqual(newest, whole["add"][name], name)
        kept = {key: value for key, value in run.part("kpi").items() if key != "wall_ms"}
        self.assertEqual({**state["set"]["kpi"], "wall_ms": 0}, {**kept, "wall_ms": 0})
        ours, theirs = state["series"]["series_run"], whole["series"]["series_run"]
        self.assertEqual(ours["columns"], theirs["columns"])
        self.assertEqual(run.get("/api/v1/iterations/2")[1],
                         (run.out / "latest/ITER_SUMMARY_2.json").read_text(encoding="utf-8"))

    def check_against_artifacts(self, run, state):
        edge = json.loads((run.out / "latest/EDGE_REPORT.json").read_text(encoding="utf-8"))
        kpi, metrics = state["set"]["kpi"], run.metrics()
        self.assertEqual(kpi["net_quote_e9"], edge["totals"]["net_quote_e9"])
        self.assertEqual(kpi["fills"], edge["totals"]["fills"])
        self.assertAlmostEqual(metrics["mmbot_pnl_coins"]['{part="net"}'],
                               edge["totals"]["net_quote_e9"] / 1e9, 9)
        self.assertEqual(sum(metrics["mmbot_fills_total"].values()), edge["totals"]["fills"])
        self.assertEqual(metrics["mmbot_iterations_total"][""], 3)
        overrides = json.loads((run.out / "runtime_overrides.json").read_text(encoding="utf-8"))
        self.assertEqual({p["key"]: p["value"] for p in state["set"]["params"]["params"]},
                         overrides)
        fills = list(state["add"]["fills"].values())
        self.assertEqual(fills[-1]["position_lots"], kpi["position_lots"])
        # Those of the last half minute were never measured.
        early = [fill for fill in fills if fill["time_ns"] < 500 * 10**9]
        self.assertTrue(early and all(None not in fill["markout_bps"] for fill in early))
        changes = [change for n in state["add"]["iterations"].values() for change in n["changes"]]
        self.assertTrue(any(change["applied"] for change in changes))

    def test_a_client_without_the_token_may_read_but_not_ask_for_anything_else(self):
        with soak("--pace", 60, "--iterations", 2, "--window", "10m") as run:
            good, bad, rude = feeds = [Feed(run.port) for _ in range(3)]
            good.send(json.dumps({"type": "auth", "token": run.token}))
            bad.send(json.dumps({"type": "auth", "token": "0" * 64}))
            rude.send('{"type": "subscribe"}')
            for feed, expected in ((good, True), (bad, False)):
                while (message := feed.message())["type"] != "auth":
                    pass
                self.assertEqual((message["ok"], message["control"]), (expected, expected))
            while rude.message():
                pass  # until it is closed
            for origin, expected in (("http://elsewhere.example", 403),
                                     (f"http://127.0.0.1:{run.port}", 101)):
                feeds.append(Feed(run.port, origin=origin))
                self.assertEqual(feeds[-1].status, expected)
            for feed in feeds:
                feed.close()
            status, text, _ = run.get("/api/v1/status", headers={"Host": "evil.example"})
            self.assertEqual(status, 403, text)


def hello_limit(name):
    return {"fills": 500, "orders": 300, "iterations": 100}[name]


class Metrics(unittest.TestCase):
    def test_the_page_is_clean_and_says_what_the_documentation_says(self):
        with soak("--pace", 300, "--iterations", 2, "--window", "3m", "--keep-open") as run:
            run.wait_for(lambda: "mmbot_quoted_spread_ratio" in run.metrics())
            families = {"mmbot_quoted_spread_ratio"}  # not once the run has ended
            run.wait_for(lambda: run.part("status")["phase"] == "ended")
            text = run.get("/metrics")[1]
            self.assertGreater(len(text), 10000)
            if shutil.which("promtool"):
                checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                                         capture_output=True, check=False)
                self.assertEqual((checked.returncode, checked.stderr), (0, ""))
            families |= set(re.findall(r"^# TYPE (\w+)", text, re.M))
            page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
            rows = re.findall(r"^\| (`.*?) \| (?:gauge|counter|histogram) ", page, re.M)
            self.assertEqual(families, set(re.findall(r"`(\w+)`", " ".join(rows))))
            self.assertNotIn(run.token, text)

    @unittest.skipUnless(shutil.which("prometheus"), "Debian's package prometheus is not there")
    def test_a_real_prometheus_tells_of_a_spike_and_that_it_is_over(self):
        port, server = free_port(), None
        # Quiet at first; from second 98 of the market to 203 nobody would quote.
        spikes = ("--regime", "spike", "--seed", 8)
        with soak("--pace", 20, "--iterations", 2, "--window", "30m", *spikes) as run, \
                tempfile.TemporaryDirectory() as work:
            try:
                server = start_prometheus(pathlib.Path(work), port, run.port)
                value = run.wait_for(lambda: query(port, "mmbot_engine_events_total"))
                self.assertGreater(float(value[0]["value"][1]), 0)
                self.assertEqual(value[0]["metric"]["job"], "mmbot")
                self.check_alert(run, port)
                self.check_queries(run, port)
            finally:
                if server:
                    server.terminate()
                    server.wait(timeout=30)

    def check_queries(self, run, port):
        run.wait_for(lambda: query(port, "sum by (job) (rate(mmbot_fills_total[1m])) > 0"))
        found = query(port, 'mmbot_run_info{symbol="ALTUSDT", mode="mock"}')
        self.assertEqual(found[0]["value"][1], "1")

    def check_alert(self, run, port):
        """The spike stops the quoting for seconds, and then it goes on."""
        def firing():
            labels = [alert["labels"] for alert in alerts(port) if alert["state"] == "firing"]
            return [each for each in labels if each["alertname"] == "MmbotNotQuoting"]
        run.wait_for(lambda: "volatility" in [each["reason"] for each in firing()])
        run.wait_for(lambda: not firing())
        sides = [side["quoting"] for side in run.part("status")["sides"]]
        self.assertIn(True, sides)


def start_prometheus(work, port, target):
    """With the rules of deploy/, in which five minutes are two seconds."""
    for path in (ROOT / "deploy/prometheus").glob("*.yml"):
        text = path.read_text(encoding="utf-8").replace("127.0.0.1:9464", f"127.0.0.1:{target}")
        text = text.replace("5s", "200ms").replace("[5m]", "[2s]").replace("offset 5m", "offset 2s")
        (work / path.name).write_text(text, encoding="utf-8")
    return subprocess.Popen(
        ["prometheus", f"--config.file={work}/prometheus.yml", f"--storage.tsdb.path={work}/data",
         f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ask_prometheus(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=10) as reply:
        return json.load(reply)["data"]


def query(port, expression):
    try:
        return ask_prometheus(port, "query?query=" + urllib.request.quote(expression))["result"]
    except OSError:
        return []  # it has only begun


def alerts(port):
    return ask_prometheus(port, "alerts")["alerts"]


class Control(unittest.TestCase):
    def open_orders(self, run):
        return [quote for quote in run.part("quotes")["quotes"] if quote["order_id"] is not None]

    def test_every_request_has_its_effect_and_is_in_the_audit_log(self):
        with soak("--pace", 60, "--iterations", 1, "--window", "5m") as run:
            run.wait_for(lambda: self.open_orders(run))
            for action, state in (("pause", "paused"), ("kill", "killed")):
                entry = run.ask_until_done(action)
                self.assertEqual((entry["state"], entry["open_orders"]), ("done", 0))
                self.assertEqual(self.open_orders(run), [])
                run.wait_for(lambda: run.part("status")["trading"] == state)
            fills = run.part("kpi")["fills"]
            self.assertEqual(run.ask("resume")[0], 409)
            time.sleep(0.5)  # half a minute of the market
            self.assertEqual(run.part("kpi")["fills"], fills)
            self.assertEqual(run.ask_until_done("rearm")["state"], "done")
            run.wait_for(lambda: self.open_orders(run))
            self.assertEqual(run.ask_until_done("revert")["state"], "done")
            profile = json.loads((run.out / "profiles/steady_safe.json").read_text("utf-8"))
            overrides = json.loads((run.out / "runtime_overrides.json").read_text("utf-8"))
            self.assertEqual(overrides, {key: profile[key] for key in overrides})
            self.check_audit(run)
            self.assertEqual(run.wait() in (0, 1, 3), True)
            summary = json.loads((run.out / "latest/ITER_SUMMARY_1.json").read_text("utf-8"))
            self.assertEqual(summary["summary"]["kpi_verdict"], "INCONCLUSIVE")

    def test_a_pause_and_a_kill_are_done_while_the_soak_sleeps(self):
        environment = {"SOAK_SLEEP_SECONDS": "600"}
        with soak("--iterations", 2, "--window", "2m", environment=environment) as run:
            run.wait_for(lambda: run.part("status")["phase"] == "sleeping")
            self.assertTrue(self.open_orders(run))
            for action, back in (("pause", "resume"), ("kill", "rearm")):
                entry = run.ask_until_done(action)
                self.assertEqual((entry["state"], entry["open_orders"]), ("done", 0))
                run.wait_for(lambda: not self.open_orders(run))
                self.assertEqual(run.ask_until_done(back)["state"], "done")
            status = run.part("status")
            self.assertEqual((status["phase"], status["iteration"]), ("sleeping", 1))
            self.assertLess(status["time_ns"], 180e9)  # no more of the market than that takes
            run.process.send_signal(signal.SIGKILL)
            run.process.wait()
            run.environment["SOAK_SLEEP_SECONDS"] = "0"
            run.start("--resume")
            self.assertIn(run.wait(), (0, 1, 3))
            self.assertNotIn("not resumed", run.said())

    def check_audit(self, run):
        path = run.out / "control/AUDIT.jsonl"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        done = [(line["action"], line["who"]) for line in lines if line["state"] == "done"]
        self.assertEqual(done, [(action, "test 127.0.0.1")
                                for action in ("pause", "kill", "rearm", "revert")])
        self.assertTrue(any(line["state"] == "refused" for line in lines))
        self.assertTrue(all(re.match(r"\d{4}-\d\d-\d\dT", line["time"]) for line in lines))
        self.assertNotIn(run.token, path.read_text("utf-8"))

    def test_a_request_that_is_not_one_is_refused_with_its_reason(self):
        with soak("--pace", 60, "--iterations", 1, "--window", "10m") as run:
            def post(body, token=run.token, kind="application/json"):
                return run.get("/api/v1/control", token, body, {"Content-Type": kind})[0]
            good = b'{"action": "resume", "who": "x"}'
            self.assertEqual(post(good, token=None), 401)
            self.assertEqual(post(good, token="0" * 64), 401)
            self.assertEqual(post(good, kind="text/plain"), 415)
            self.assertEqual(post(b"x" * 2000), 413)
            self.assertEqual(post(good), 409)
            for bad in (b"", b"{", b"[]", b'{"action": "pause"}', b'{"action": "stop", "who": "x"}',
                        b'{"action": "pause", "who": ""}', b'{"action": 1, "who": "x"}'):
                run.wait_for(lambda: (status := post(bad)) != 429 and
                             self.assertEqual(status, 400, bad) is None)
            statuses = [post(good) for _ in range(20)]
            self.assertIn(429, statuses)
            self.assertEqual(run.get("/api/v1/control/99")[0], 404)
            self.assertGreaterEqual(run.metrics()["mmbot_wrong_tokens_total"][""], 1)

    def ctl(self, *arguments, **more):
        return subprocess.run([MMBOT, "ctl", *arguments], capture_output=True, text=True,
                              check=False, timeout=60, **more)

    def test_ctl_asks_waits_and_says_what_became_of_it(self):
        with soak("--pace", 60, "--iterations", 1, "--window", "10m") as run:
            control = run.out / ".control.json"
            self.assertEqual(control.stat().st_mode & 0o777, 0o600)
            done = self.ctl("pause", "--out", run.out)
            self.assertEqual((done.returncode, done.stdout),
                             (0, "pause done: no order is open, nothing is quoted\n"))
            self.assertEqual(self.ctl("rearm", "--out", run.out).returncode, 1)
            done = self.ctl("kill", "--out", run.out, "--json")
            self.assertEqual(json.loads(done.stdout)["open_orders"], 0)
            given = json.loads(control.read_text("utf-8"))
            environment = {**os.environ, "MM_CONTROL_ADDRESS": given["address"],
                           "MM_CONTROL_TOKEN": "0" * 64}
            self.assertEqual(self.ctl("rearm", env=environment).returncode, 4)
            environment["MM_CONTROL_TOKEN"] = given["token"]
            self.assertEqual(self.ctl("rearm", env=environment).returncode, 0)
            self.assertEqual(self.ctl("stop", "--out", run.out).returncode, 2)
            command = pathlib.Path(f"/proc/{run.process.pid}/cmdline").read_bytes()
            self.assertNotIn(run.token.encode(), command)
        self.assertEqual(self.ctl("pause", "--out", "/nowhere").returncode, 4)

    def test_a_kill_outlives_a_crash_and_a_resumed_run_repeats_what_was_done(self):
        with soak("--pace", 120, "--iterations", 3, "--window", "4m") as run:
            run.wait_for(lambda: self.open_orders(run))
            run.ask_until_done("pause")
            run.ask_until_done("resume")
            run.wait_for(lambda: run.part("status")["iteration"] == 2)
            run.ask_until_done("kill")
            run.process.send_signal(signal.SIGKILL)
            run.process.wait()
            before = json.loads((run.out / "latest/ITER_SUMMARY_1.json").read_text("utf-8"))
            run.start("--resume")
            run.wait_for(lambda: run.part("status")["trading"] == "killed")
            run.wait_for(lambda: not self.open_orders(run))
            self.assertNotIn("not resumed", run.said())
            run.ask_until_done("rearm")
            run.wait()
            after = json.loads((run.out / "latest/ITER_SUMMARY_1.json").read_text("utf-8"))
            self.assertEqual(before, after)
            verdicts = [json.loads((run.out / f"latest/ITER_SUMMARY_{n}.json").read_text("utf-8"))
                        ["summary"]["kpi_verdict"] for n in (1, 2, 3)]
            self.assertEqual(verdicts[:2], ["INCONCLUSIVE", "INCONCLUSIVE"])
            self.assertFalse((run.out / ".control.json").exists())


class Undisturbed(unittest.TestCase):
    """The run's bytes are the same with nobody there and with a crowd, part of it hostile."""
    ARGUMENTS = ("--pace", 60, "--iterations", 3, "--window", "4m", "--seed", 7)

    def test_fifty_clients_and_hostile_peers_change_nothing(self):
        with tempfile.TemporaryDirectory() as work:
            alone = pathlib.Path(work) / "alone"
            subprocess.run([MMBOT, "soak", "--no-http", "--out", alone, "--iterations", "3",
                            "--window", "4m", "--seed", "7"], check=False, capture_output=True)
            with soak(*self.ARGUMENTS, "--keep-open") as run:
                self.disturb(run)
                run.wait_for(lambda: run.part("status")["phase"] == "ended")
                self.check_counters(run)
                self.assertEqual(tree(alone), tree(run.out))

    def attack(self, run):
        attack_with_garbage(run.port)
        attack_with_a_header(run.port)
        self.refused = attack_with_connections(run.port, 10000)
        for _ in range(5):
            self.assertEqual(run.ask("kill", token="0" * 64)[0], 401)

    def disturb(self, run):
        self.stuck = [Feed(run.port, receive_size=4096) for _ in range(STUCK)]
        self.readers = [Feed(run.port) for _ in range(CLIENTS - STUCK)]
        attacker = threading.Thread(target=self.attack, args=(run,))
        attacker.start()
        until = time.monotonic() + 9
        self.states = [None] * len(self.readers)
        while time.monotonic() < until:
            for i, feed in enumerate(self.readers):
                message = feed.message()
                if message and message["type"] in ("state", "diff"):
                    self.states[i] = merge(self.states[i], message)
        for feed in self.readers:
            feed.close()
        attacker.join()

    def check_counters(self, run):
        metrics = run.metrics()
        # On a machine that is busy enough others take nothing for as long, too.
        self.assertGreaterEqual(metrics["mmbot_feed_clients_cut_total"][""], STUCK)
        self.assertGreater(metrics["mmbot_feed_frames_dropped_total"][""], 5 * STUCK)
        self.assertEqual(metrics["mmbot_wrong_tokens_total"][""], 5)
        refused = metrics["mmbot_http_refused_total"]
        # Some were cut only after the attacker had given up looking.
        self.assertGreaterEqual(refused['{reason="connections"}'], self.refused)
        self.assertGreater(self.refused, 5000)
        self.assertGreaterEqual(refused['{reason="malformed"}'], 20)
        self.assertEqual(sum(metrics["mmbot_observed_lost_total"].values()), 0)
        self.assertTrue(all(state["add"]["fills"] for state in self.states))
        for feed in self.stuck:
            with contextlib.suppress(ConnectionError):
                while feed.file.read(65536):  # until its end
                    pass
            feed.close()


def attack_with_garbage(port):
    for seed in range(20):
        with socket.create_connection(("127.0.0.1", port)) as peer:
            try:
                peer.sendall(bytes((seed * 131 + i * 37) % 256 for i in range(4096)))
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(4096):
                    pass
            except OSError:
                pass  # it was cut


def attack_with_a_header(port):
    with socket.create_connection(("127.0.0.1", port)) as peer:
        try:
            peer.sendall(b"GET / HTTP/1.1\r\nX-Large: " + b"a" * 10_000_000)
        except OSError:
            pass


def attack_with_connections(port, count):
    """Opens so many, 500 at a time; returns how many were cut at once."""
    cut = 0
    for _ in range(count // 500):
        peers = [socket.create_connection(("127.0.0.1", port)) for _ in range(500)]
        for peer in peers:
            peer.settimeout(0.001)
            try:
                cut += peer.recv(1) == b""
            except TimeoutError:
                pass
            except OSError:
                cut += 1
        for peer in peers:
            peer.close()
    return cut


class Address(unittest.TestCase):
    def refused(self, *arguments):
        done = subprocess.run([MMBOT, "soak", "--out", "/nowhere", *arguments], text=True,
                              capture_output=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def test_an_address_that_others_reach_needs_tls_or_an_explicit_refusal_of_it(self):
        self.assertIn("--http-plain", self.refused("--http", "0.0.0.0:0"))
        self.assertIn("ADDRESS:PORT", self.refused("--http", "here"))
        self.assertIn("go together", self.refused("--http", "127.0.0.1:0", "--http-cert", "x"))
        self.assertIn("--no-http", self.refused("--http", "127.0.0.1:0", "--no-http"))
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.assertIn(str(port), self.refused("--http", f"127.0.0.1:{port}"))

    def test_without_a_page_there_is_one_thread_and_no_socket(self):
        with tempfile.TemporaryDirectory() as work:
            process = subprocess.Popen([MMBOT, "soak", "--out", work + "/out", "--pace", "60",
                                        "--iterations", "1", "--window", "5m"],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            proc = pathlib.Path(f"/proc/{process.pid}")
            Run.wait_for(lambda: pathlib.Path(work, "out/latest").exists())
            process.send_signal(signal.SIGSTOP)  # so that no file comes or goes meanwhile
            os.waitpid(process.pid, os.WUNTRACED)
            self.assertEqual(len(list((proc / "task").iterdir())), 1)
            links = [os.readlink(link) for link in (proc / "fd").iterdir()]
            self.assertFalse([link for link in links if link.startswith("socket:")])
            process.kill()
            process.communicate()

    @unittest.skipUnless(shutil.which("openssl"), "openssl makes the certificate")
    def test_over_tls_everything_but_the_pages_files_needs_the_token(self):
        with tempfile.TemporaryDirectory() as work:
            certificate, key = work + "/cert.pem", work + "/key.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                            "2", "-subj", "/CN=localhost", "-addext",
                            "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                           check=True, capture_output=True)
            with Run(MMBOT, "--http", "0.0.0.0:0", "--http-cert", certificate, "--http-key", key,
                     "--pace", 60, "--iterations", 1, "--window", "10m") as run:
                self.check_tls(run, ssl.create_default_context(cafile=certificate))
                done = subprocess.run([MMBOT, "ctl", "pause", "--out", run.out, "--ca",
                                       certificate], env=self.control(run), capture_output=True,
                                      text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)

    def control(self, run):
        return {**os.environ, "MM_CONTROL_ADDRESS": f"https://127.0.0.1:{run.port}",
                "MM_CONTROL_TOKEN": run.token}

    def check_tls(self, run, context):
        def get(path, token):
            request = urllib.request.Request(f"https://127.0.0.1:{run.port}{path}")
            if token:
                request.add_header("Authorization", "Bearer " + token)
            try:
                with urllib.request.urlopen(request, context=context, timeout=30) as reply:
                    return reply.status
            except urllib.error.HTTPError as error:
                return error.code
        self.assertEqual(get("/", None), 200)
        for path in ("/metrics", "/api/v1/status"):
            self.assertEqual(get(path, None), 401)
            self.assertEqual(get(path, "0" * 64), 401)
            self.assertEqual(get(path, run.token), 200)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
