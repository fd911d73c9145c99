"""Instructions per row of a replay, counted by callgrind, which repeats exactly.

    replay_instructions.py BENCH_REPLAY MMBOT SOURCE_ROOT

Exit status 77, a skipped test, without valgrind or the capture.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
CAPTURE = "data/binance/usdm-btcusdt-20240808.gz"
LIMITS = {("feed", "compat"): 36, ("ladder", "compat"): 45, ("ladder", "strict"): 45}
STRICT_SHARE_MAX = 1.2  # of compat


def count(bench, tape, work, mode, fills):
    """Instructions per row of one run, from creating the venue's loop to its end."""
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={work}/out",
               "--toggle-collect=ladder_run", bench, tape, "--repeat", "1", "--rounds", "1",
               "--mode", mode, "--fills", fills]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    rows = int(re.search(rf"^{mode}\s+(\d+) rows", done.stdout, re.MULTILINE).group(1))
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1)) / rows


def main():
    bench, mmbot, root = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    shared = pathlib.Path(os.environ.get("MM_SHARED", root.parent / "shared"))
    if shutil.which("valgrind") is None or not (shared / CAPTURE).exists():
        print("needs valgrind and the capture")
        return SKIPPED
    with tempfile.TemporaryDirectory() as work:
        tape = pathlib.Path(work) / "usdm.tape"
        subprocess.run([mmbot, "tape", "import", "--format", "binance", shared / CAPTURE, "-o",
                        tape], check=True, capture_output=True)
        found = {run: count(bench, tape, work, *run) for run in LIMITS}
    for run, value in found.items():
        print(f"{' '.join(run)}: {value:.1f} instructions per row, at most {LIMITS[run]}")
    ratio = found["ladder", "strict"] / found["ladder", "compat"]
    print(f"strict is {ratio:.3f} of compat, at most {STRICT_SHARE_MAX}")
    within = all(value <= LIMITS[run] for run, value in found.items())
    return 0 if within and ratio <= STRICT_SHARE_MAX else 1


if __name__ == "__main__":
    sys.exit(main())
