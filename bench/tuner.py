#!/usr/bin/env python3
"""What the tuner is worth: paired runs on the same simulated markets.

    bench/tuner.py MMBOT [--seeds 200] [--hours 6] [--market alt-perp] [--jobs 2]

Each seed is one market with switching regimes (equal seeds are equal worlds whatever the bot does).
On each run the tuner, starting from the defaults, and each profile with the tuner off. Printed, in
the settlement coin per hour of market time: mean and worst seed of each; the tuner's difference to
each, paired by seed, with a 95 % interval (normal); and to the static one that is best on average
in hindsight.
"""
import argparse
import concurrent.futures
import json
import math
import pathlib
import statistics
import subprocess
import tempfile

STATIC = {"default": [], "steady_safe": ["--profile", "steady_safe"],
          "ultra_safe": ["--profile", "ultra_safe"], "aggressive": ["--profile", "aggressive"]}


def run(options, seed, arguments):
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([options.mmbot, "canary", "--hours", str(options.hours), "--market",
                        options.market, "--seed", str(seed), "--log-level", "off", "--json",
                        "--out", out, *arguments],
                       stdout=subprocess.DEVNULL, check=False)
        latest = pathlib.Path(out) / "latest"
        edge = json.loads((latest / "EDGE_REPORT.json").read_text(encoding="utf-8"))
        tuning = json.loads((latest / "TUNING_REPORT.json").read_text(encoding="utf-8"))["totals"]
        return (edge["totals"]["net_quote_e9"] / 1e9 / options.hours, tuning["changes_applied"],
                tuning["panics"])


def interval(values):
    mean = statistics.fmean(values)
    half = 1.96 * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return mean, mean - half, mean + half


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mmbot", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--hours", type=int, default=6)
    parser.add_argument("--market", default="alt-perp")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    kinds = {"tuner": [], **{name: ["--tuner", "off", *arguments]
                             for name, arguments in STATIC.items()}}
    seeds = range(1, options.seeds + 1)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = {name: list(pool.map(lambda seed, a=arguments: run(options, seed, a), seeds))
                   for name, arguments in kinds.items()}
    nets = {name: [each[0] for each in result] for name, result in results.items()}
    print(f"{options.market}, {options.seeds} seeds of {options.hours} h, net per hour")
    print(f"{'':12} {'mean':>9} {'95 % interval':>21} {'worst':>9}   tuner - this, paired")
    for name, values in nets.items():
        mean, low, high = interval(values)
        line = f"{name:12} {mean:9.3f} {low:10.3f} .. {high:7.3f} {min(values):9.3f}"
        if name != "tuner":
            mean, low, high = interval([a - b for a, b in zip(nets["tuner"], values)])
            line += f"   {mean:+.3f} ({low:+.3f} .. {high:+.3f})"
        print(line)
    best = max(STATIC, key=lambda name: statistics.fmean(nets[name]))
    changes = [each[1] for each in results["tuner"]]
    print(f"best static in hindsight: {best}; changes applied per run: "
          f"{statistics.fmean(changes):.1f}; runs with a panic: "
          f"{sum(each[2] > 0 for each in results['tuner'])}")


if __name__ == "__main__":
    main()
