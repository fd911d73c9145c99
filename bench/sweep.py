"""How a sweep scales over cores: the same points with 1, 2, ... processes, in turn.

    sweep.py MMBOT TAPE [--jobs 1,2] [--rounds 5]

Every process replays the one memory-mapped tape. Prints the points per second of the median round
and, paired by round, how many times as fast each number of processes is as the first. Times are
those on the wall: the machine should have nothing else to do.
"""
import argparse
import os
import statistics
import subprocess
import tempfile
import time

GRID = ["--grid", "min_interval_ms=40:75:5", "--grid", "base_spread_bps_delta=0.08:0.22:0.02"]
POINTS = 8 * 8


def time_sweep(mmbot, tape, jobs, work):
    """Seconds of one sweep into a database of its own."""
    database = os.path.join(work, "sweep.sqlite")
    for name in (database, database + "-wal", database + "-shm"):
        if os.path.exists(name):
            os.unlink(name)
    start = time.perf_counter()
    subprocess.run([mmbot, "sweep", "--tape", tape, *GRID, "--jobs", str(jobs), "--db", database],
                   check=True, capture_output=True)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("mmbot")
    parser.add_argument("tape")
    parser.add_argument("--jobs", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    jobs = [int(text) for text in options.jobs.split(",")]
    with tempfile.TemporaryDirectory() as work:
        rounds = [[time_sweep(options.mmbot, options.tape, count, work) for count in jobs]
                  for _ in range(options.rounds)]
    for which, count in enumerate(jobs):
        seconds = statistics.median(measured[which] for measured in rounds)
        ratios = [measured[0] / measured[which] for measured in rounds]
        print(f"{count:3} processes: {POINTS / seconds:7.1f} points/s, "
              f"{statistics.median(ratios):.2f} times as fast as {jobs[0]} "
              f"({min(ratios):.2f} to {max(ratios):.2f}), {POINTS} points, {options.rounds} rounds")


if __name__ == "__main__":
    main()
