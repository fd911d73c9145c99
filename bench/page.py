#!/usr/bin/env python3
"""What being watched costs the engine: the same soak alone, with its page open, and with readers.

    page.py MMBOT [--rounds N] [--windows N] [--clients N]

Rounds alternate, because a busy machine changes by the minute. Compared is the time that the
engine's thread spent on a processor, which others' work changes less than the time on the wall, and
the events it took in each second of it.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/e2e"))
from live_run import Feed, LINK  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def arguments(options, out):
    return [options.mmbot, "soak", "--iterations", str(options.windows), "--window", "15m",
            "--seed", "1", "--out", out]


def thread_seconds(process):
    fields = pathlib.Path(f"/proc/{process}/task/{process}/stat").read_text().rpartition(")")[2]
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / TICKS


def alone(options):
    """(seconds of the engine's thread, None): there is only that one."""
    with tempfile.TemporaryDirectory() as work:
        before = os.times()
        subprocess.run([*arguments(options, work + "/out"), "--no-http"], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = os.times()
        return (after.children_user + after.children_system - before.children_user
                - before.children_system), None


def read_on(port, stop):
    feed = Feed(port)
    while not stop.is_set() and feed.frame()[0] is not None:
        pass
    feed.close()


def with_page(options, clients):
    """(seconds of the engine's thread, events)."""
    with tempfile.TemporaryDirectory() as work:
        log = pathlib.Path(work, "said")
        with log.open("w") as out:
            process = subprocess.Popen(
                [*arguments(options, work + "/out"), "--http", "127.0.0.1:0", "--keep-open"],
                stdout=out, stderr=subprocess.STDOUT)
        while not (link := LINK.search(log.read_text())):
            time.sleep(0.001)
        port, stop = int(link[3]), threading.Event()
        readers = [threading.Thread(target=read_on, args=(port, stop)) for _ in range(clients)]
        for reader in readers:
            reader.start()
        while "artifacts in" not in log.read_text():
            time.sleep(0.005)
        seconds = thread_seconds(process.pid)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/status") as reply:
            events = json.load(reply)["event_count"]
        stop.set()
        process.kill()
        process.wait()
        for reader in readers:
            reader.join()
        return seconds, events


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mmbot")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--windows", type=int, default=400)
    parser.add_argument("--clients", type=int, default=50)
    options = parser.parse_args()
    kinds = {"alone": lambda: alone(options), "page": lambda: with_page(options, 0),
             f"page, {options.clients} readers": lambda: with_page(options, options.clients)}
    seconds, events = {kind: [] for kind in kinds}, None
    for number in range(options.rounds):
        for kind, measure in kinds.items():
            took, seen = measure()
            seconds[kind].append(took)
            events = seen or events
        print(f"round {number + 1}: " + ", ".join(f"{kind} {took[-1]:.2f} s"
                                                  for kind, took in seconds.items()), flush=True)
    for kind, took in seconds.items():
        ratios = sorted(each / base for each, base in zip(took, seconds["alone"]))
        print(f"{kind:>20}: {events / statistics.median(took) / 1e6:.2f} million events a second, "
              f"{statistics.median(ratios):.3f} of the time alone "
              f"({ratios[0]:.3f} to {ratios[-1]:.3f})")


if __name__ == "__main__":
    main()
