#!/usr/bin/env python3
"""The same run writes the same bytes, twice and at -O0, -O2 and -O3.

usage: determinism.py WORK_DIR mock | tape | backtest BINARY LEVEL. BINARY is an mmbot built at the
optimisation LEVEL; those of the other levels are built under WORK_DIR (kept, so that a second call
only rebuilds what changed). Runs each twice and compares with the first run's what a soak leaves in
latest/ and runtime_overrides.json, or the order logs and results of backtests under both rules of
fills. Exit status 77 when the capture is not there.
"""
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("MM_SHARED", ROOT.parent / "shared"))
CAPTURE = SHARED / "data" / "binance" / "usdm-btcusdt-20240808.gz"
RUNS = {
    "mock": ["--mock", "--iterations", "3", "--window", "2m", "--seed", "7"],
    "tape": ["--tape", str(CAPTURE), "--iterations", "3", "--window", "30s"],
}
LADDER = "qty=0.005,max_position=0.05,half_spread=20"
LATENCY = "place=10ms,cancel=5ms/8ms,fill=8ms,jitter=2ms"
BACKTESTS = {
    "strict": ["--fills", "strict", "--ladder", LADDER, "--orders"],
    "compat": ["--fills", "compat", "--ladder", LADDER, "--orders"],
    "jitter": ["--latency", LATENCY, "--ladder", LADDER, "--orders"],
    "quoter": ["--strategy", "quoter"],
}
LEVELS = ["0", "2", "3"]
SKIPPED = 77


def run(command, **options):
    done = subprocess.run(command, stdout=-1, stderr=-2, text=True, check=False, **options)
    return done.returncode, done.stdout


def build(work, level):
    """The binary at this optimisation level."""
    folder = work / f"O{level}"
    commands = [["ninja", "--quiet", "-C", folder, "src/mmbot"]]
    if not (folder / "build.ninja").exists():
        options = ["-Ddebug=false", f"-Doptimization={level}", "-Dtests=false"]
        commands.insert(0, ["meson", "setup", *options, folder, ROOT])
    for command in commands:
        status, output = run(command)
        if status != 0:
            sys.exit(f"could not build at -O{level}\n{output}")
    return folder / "src" / "mmbot"


def soak(binary, arguments, out):
    """{path: bytes} of what a run must write the same every time."""
    shutil.rmtree(out, ignore_errors=True)
    environment = {**os.environ, "XDG_CACHE_HOME": str(out.parent / "cache")}
    for name in ("MM_RUNTIME_OVERRIDES_JSON", "SOAK_SLEEP_SECONDS"):
        environment.pop(name, None)
    status, output = run([binary, "soak", *arguments, "--out", out], env=environment)
    # PASS and WARN, FAIL, INCONCLUSIVE: the verdict is not what is tested here.
    if status not in (0, 1, 3):
        sys.exit(f"mmbot soak {' '.join(arguments)}: exit status {status}\n{output}")
    paths = [out / "runtime_overrides.json", *(out / "latest").rglob("*")]
    return {str(path.relative_to(out)): path.read_bytes() for path in paths if path.is_file()}


def backtests(binary, _, out):
    """{name: bytes} of the order logs and results."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    environment = {**os.environ, "XDG_CACHE_HOME": str(out.parent / "cache")}
    found = {}
    for name, arguments in BACKTESTS.items():
        log = out / f"{name}.csv"
        orders = [log] if arguments[-1] == "--orders" else []
        status, output = run([binary, "backtest", "--tape", CAPTURE, "--json", *arguments, *orders],
                             env=environment)
        if status not in (0, 1, 3):  # the quoter is judged
            sys.exit(f"mmbot backtest {' '.join(arguments)}: exit status {status}\n{output}")
        found[f"{name}.json"] = output.encode()
        if orders:
            found[f"{name}.csv"] = log.read_bytes()
    return found


def difference(expected, found):
    """What differs first between two runs, or None."""
    if expected.keys() != found.keys():
        return f"files: {sorted(expected.keys() ^ found.keys())} in only one of them"
    for path, data in sorted(expected.items()):
        if data == found[path]:
            continue
        pairs = zip(data.splitlines(), found[path].splitlines())
        for number, (one, other) in enumerate(pairs, 1):
            if one != other:
                return f"{path}:{number}:\n  {one[:200]!r}\n  {other[:200]!r}"
        return f"{path}: {len(data)} and {len(found[path])} bytes"
    return None


def main():
    if len(sys.argv) != 5 or sys.argv[2] not in (*RUNS, "backtest"):
        sys.exit(__doc__)
    work, kind = pathlib.Path(sys.argv[1]), sys.argv[2]
    built = {sys.argv[4]: sys.argv[3]}
    if kind != "mock" and not CAPTURE.exists():
        print(f"no capture at {CAPTURE}; MM_SHARED names the directory that holds data/")
        return SKIPPED
    work.mkdir(parents=True, exist_ok=True)
    expected = None
    for level in LEVELS:
        binary = built.get(level) or build(work, level)
        for turn in (1, 2):
            name = f"{kind}-O{level}-{turn}"
            once = backtests if kind == "backtest" else soak
            found = once(binary, RUNS.get(kind), work / name)
            expected = expected or found
            if differs := difference(expected, found):
                print(f"{work / name} differs from {work / kind}-O{LEVELS[0]}-1 in {differs}")
                return 1
    if len(expected) < 4:
        sys.exit(f"mmbot wrote only {sorted(expected)}")
    print(f"{len(expected)} files, {len(LEVELS)} optimisation levels, 2 runs each: same bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
