#!/usr/bin/env python3
"""A sweep gives the same results however it is run: on one core or several, killed and resumed,
interrupted and resumed, in shards that are merged.

usage: sweep_test.py MMBOT. Runs over a small capture that it makes itself.
"""
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

STEP_NS = 100_000_000
START_MS = 1_700_000_000_000
GRID = ["--grid", "min_interval_ms=40:80:2", "--grid", "base_spread_bps_delta=0.08:0.24:0.01"]
POINTS = 21 * 17
SMALL = ["--grid", "min_interval_ms=40:80:20", "--grid", "tail_age_ms=500,800"]


def levels(best_ticks, direction, rng):
    return [
        [f"{(best_ticks + direction * i) / 10:.1f}", f"{rng.randint(1, 3000) / 1000:.3f}"]
        for i in range(20)
    ]


def write_capture(path, steps):
    """A book around a random walk in ticks of 0.1, ten steps and some trades a second."""
    rng = random.Random(1)
    middle = 600_000
    with open(path, "w", encoding="ascii") as out:

        def line(step, text):
            out.write(f"{START_MS * 1_000_000 + step * STEP_NS + 20_000_000} {text}\n")

        def stream(step, name, body):
            event = {"E": START_MS + step * 100, "T": START_MS + step * 100, "s": "BTCUSDT"}
            line(step, json.dumps({"stream": f"btcusdt@{name}", "data": event | body}))

        snapshot = {"lastUpdateId": 1, "E": START_MS, "T": START_MS}
        sides = {"bids": levels(middle - 1, -1, rng), "asks": levels(middle + 1, 1, rng)}
        line(0, json.dumps(snapshot | sides))
        for step in range(1, steps):
            before, middle = middle, middle + rng.choice([-3, -1, 0, 0, 1, 3])
            gone = range(min(before, middle) - 1, max(before, middle) + 2)
            empty = [[f"{price / 10:.1f}", "0"] for price in gone]
            update = {"e": "depthUpdate", "U": step + 1, "u": step + 1, "pu": step}
            update["b"] = empty + levels(middle - 1, -1, rng)
            update["a"] = empty + levels(middle + 1, 1, rng)
            stream(step, "depth@0ms", update)
            for _ in range(rng.randint(0, 3)):
                sell = rng.random() < 0.5
                price = middle + (-1 if sell else 1) * rng.randint(1, 60)
                trade = {"e": "trade", "t": step, "p": f"{price / 10:.1f}", "X": "MARKET"}
                stream(step, "trade", trade | {"q": "1.500", "m": sell})


class Sweeps:
    """Runs of mmbot sweep over one capture, each with a database below one folder."""

    def __init__(self, mmbot, folder):
        self.mmbot = mmbot
        self.folder = folder
        self.capture = folder / "capture.txt"
        self.environment = {**os.environ, "MM_CACHE_DIR": str(folder / "cache")}
        self.environment.pop("MM_RUNTIME_OVERRIDES_JSON", None)

    def command(self, arguments, name, *, tapes=1):
        command = [self.mmbot, "sweep", *["--tape", self.capture] * tapes, *arguments]
        return command + (["--db", self.folder / name] if name else [])

    def call(self, command, expected=0):
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=self.environment
        )
        if done.returncode != expected:
            sys.exit(f"{command}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout if expected in (0, 3) else done.stderr

    def run(self, arguments, name=None, *, expected=0, tapes=1):
        return self.call(self.command(arguments, name, tapes=tapes), expected)

    def merge(self, into, *inputs, expected=0):
        paths = [self.folder / name for name in (into, *inputs)]
        return self.call([self.mmbot, "sweep", "merge", *paths], expected)

    def start(self, arguments, name):
        return subprocess.Popen(
            self.command(arguments, name),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.environment,
        )

    def query(self, name, text):
        connection = sqlite3.connect(f"file:{self.folder / name}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(text).fetchall()
        finally:
            connection.close()

    def content(self, name):
        return [
            self.query(name, "SELECT * FROM sweep ORDER BY key"),
            self.query(name, "SELECT * FROM result ORDER BY point"),
        ]

    def attempts(self, name):
        return dict(self.query(name, "SELECT point, count FROM attempt"))

    def wait_for_points(self, name, process, count):
        """Until that many points are finished; the points there are then."""
        while process.poll() is None:
            try:
                points = {row[0] for row in self.query(name, "SELECT point FROM result")}
            except sqlite3.OperationalError:
                points = set()  # not made yet
            if len(points) >= count:
                return points
            time.sleep(0.005)
        sys.exit("the sweep ended before it could be stopped")


def check(condition, message):
    if not condition:
        sys.exit(f"not so: {message}")


def check_series(sweeps, name):
    """The nets of the periods add up, and the market is one in which something happens."""
    rows = sweeps.query(name, "SELECT net_quote_e9, fills, period_net_quote_e9 FROM result")
    check(len(rows) == POINTS, "every point has a result")
    check(min(row[1] for row in rows) > 0, "every point has fills")
    check(len({row[0] for row in rows}) > 10, "the parameters make a difference")
    for net, _, blob in rows:
        series = [
            int.from_bytes(blob[at : at + 8], "little", signed=True)
            for at in range(0, len(blob), 8)
        ]
        check(sum(series) == net, "the nets of the periods add up to the net")


def check_stopped(sweeps, name, process, number, arguments, whole):
    """Stops a sweep with a signal when some points are done, resumes it, compares."""
    before = sweeps.wait_for_points(name, process, 5)
    process.send_signal(number)
    status = process.wait()
    check(status == (-9 if number == signal.SIGKILL else 130), f"exit status {status}")
    kept = {row[0] for row in sweeps.query(name, "SELECT point FROM result")}
    check(before <= kept and len(kept) < POINTS, "finished points are kept")
    sweeps.run(arguments, name)
    check(sweeps.content(name) == whole, "a resumed sweep holds what an uninterrupted one does")
    attempts = sweeps.attempts(name)
    check(all(attempts[point] == 1 for point in kept), "no finished point runs twice")
    again = [point for point in attempts if attempts[point] > 1]
    check(len(again) <= 2, "only what was running is run again")
    check(max(attempts.values()) <= 2, "nothing is run a third time")


def check_jobs(sweeps):
    whole_text = sweeps.run([*GRID, "--jobs", "1"], "one.sqlite")
    check(sweeps.run([*GRID, "--jobs", "3"], "three.sqlite") == whole_text, "the same output")
    whole = sweeps.content("one.sqlite")
    check(sweeps.content("three.sqlite") == whole, "the same results")
    check_series(sweeps, "one.sqlite")
    # Nothing is left to do, so nothing is run, and the output is the same.
    check(sweeps.run(GRID, "one.sqlite") == whole_text, "the same output again")
    check(set(sweeps.attempts("one.sqlite").values()) == {1}, "nothing is run again")
    return whole, whole_text


def check_shards(sweeps, whole, whole_text):
    for shard in (1, 2, 3):
        sweeps.run([*GRID, "--shard", f"{shard}/3"], f"shard{shard}.sqlite")
    part = sweeps.merge("merged.sqlite", "shard1.sqlite", "shard3.sqlite", expected=3)
    check("missing: 1, 4, 7," in part, "missing points are listed")
    check(sweeps.merge("merged.sqlite", "shard2.sqlite") == whole_text, "the whole's output")
    check(sweeps.content("merged.sqlite") == whole, "merged shards are the whole")
    check(set(sweeps.attempts("merged.sqlite").values()) == {1}, "every point ran once")
    sweeps.run([*SMALL], "small.sqlite")
    refused = sweeps.merge("merged.sqlite", "small.sqlite", expected=2)
    check("belongs to another sweep" in refused, "another sweep is refused")
    check(sweeps.content("merged.sqlite") == whole, "a refused merge changes nothing")


def check_arguments(sweeps, whole):
    refused = sweeps.run([*GRID, "--window", "20s"], "one.sqlite", expected=2)
    check("window: the database has 10s, this sweep 20s" in refused, "what differs is named")
    refused = sweeps.run([*SMALL, "--grid", "base_spread=0.1"], expected=2)
    check("did you mean base_spread_bps_delta?" in refused, "a near miss is named")
    check(sweeps.content("one.sqlite") == whole, "a refusal changes nothing")


def check_tapes(sweeps):
    """Two tapes are two runs, added up."""
    sweeps.run(SMALL, "once.sqlite")
    sweeps.run(SMALL, "twice.sqlite", tapes=2)
    columns = "SELECT net_quote_e9, fills, market_ns, hex(period_net_quote_e9) FROM result"
    once, twice = (sweeps.query(f"{name}.sqlite", columns) for name in ("once", "twice"))
    check([tuple(2 * value for value in row) for row in once] == twice, "two tapes add up")
    report = json.loads(sweeps.run([*SMALL, "--json", "--rank", "net"]))
    nets = [point["money"]["net_quote_e9"] for point in report["best"]]
    check(nets == sorted((row[0] for row in once), reverse=True), "points are ranked")


def check_latency(sweeps):
    """Of a file of round trips its rows count, not its path; a list may be long."""
    rows = "".join(f"{at},{at + 9_000_000},{at + 20_000_000}\n"
                   for at in (START_MS * 1_000_000 + second * 10**9 for second in range(30)))
    for name, more in (("here", ""), ("elsewhere", ""), ("other", "1,2,3\n")):
        text = "request_ts_ns,exch_ts_ns,response_ts_ns\n" + more + rows
        (sweeps.folder / f"{name}.csv").write_text(text, encoding="ascii")
    others = "place=10ms/12ms,amend=11ms/12ms,cancel=5ms/8ms,fill=8ms,jitter=2ms,log="
    for prefix, name in (("", "file.sqlite"), (others, "list.sqlite")):
        latency = [prefix + str(sweeps.folder / f"{log}.csv")
                   for log in ("here", "elsewhere", "other")]
        sweeps.run([*SMALL, "--latency", latency[0]], name)
        sweeps.run([*SMALL, "--latency", latency[1]], name)
        check(set(sweeps.attempts(name).values()) == {1}, "the path of a log does not count")
        refused = sweeps.run([*SMALL, "--latency", latency[2]], name, expected=2)
        check("latency: the database has" in refused, "another log is another sweep")


def main():
    with tempfile.TemporaryDirectory() as name:
        sweeps = Sweeps(sys.argv[1], pathlib.Path(name))
        write_capture(sweeps.capture, 3000)
        whole, whole_text = check_jobs(sweeps)
        for number, database in ((signal.SIGKILL, "killed"), (signal.SIGINT, "stopped")):
            arguments = [*GRID, "--jobs", "2"]
            process = sweeps.start(arguments, f"{database}.sqlite")
            check_stopped(sweeps, f"{database}.sqlite", process, number, arguments, whole)
        check_shards(sweeps, whole, whole_text)
        check_arguments(sweeps, whole)
        check_tapes(sweeps)
        check_latency(sweeps)
    print("sweeps: the same results in every way of running them")


if __name__ == "__main__":
    main()
