#!/usr/bin/env python3
"""clang-format and clang-tidy over our own C.

usage: clang.py format | tidy BUILD_DIR | analyse BUILD_DIR; only analyse runs clang's static
analyser, which takes thirty times as long as all other checks.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

import tidy

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(command):
    """(exit status, output) of a command run at the root."""
    done = subprocess.run(command, cwd=ROOT, stdout=-1, stderr=-2, text=True, check=False)
    return done.returncode, done.stdout


def check_format():
    paths = [path for path in tidy.list_files(ROOT) if path.endswith((".c", ".h"))]
    status, output = run(["clang-format", "--dry-run", "--Werror", *paths])
    print(output, end="")
    return status


def check_file(build, path, checks):
    status, output = run(["clang-tidy", f"-p={build}", "--quiet", f"--checks={checks}", path])
    # On stderr it also counts the warnings of system headers that it hid.
    lines = [line for line in output.splitlines() if not line.endswith("warnings generated.")]
    return status, "\n".join(lines)


def check_bugs(build, checks):
    """`checks` is added to those of .clang-tidy."""
    database = json.loads(pathlib.Path(build, "compile_commands.json").read_text(encoding="utf-8"))
    ours = set(tidy.list_files(ROOT))
    paths = {os.path.relpath(os.path.join(entry["directory"], entry["file"]), ROOT)
             for entry in database}
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(check_file, build, path, checks) for path in sorted(paths & ours)]
        for status, output in (job.result() for job in jobs):
            if status != 0:
                failed += 1
                print(output)
    print(f"{len(jobs)} files, {failed} with findings")
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["format"]:
        sys.exit(check_format())
    if sys.argv[1:2] == ["tidy"] and len(sys.argv) == 3:
        sys.exit(check_bugs(sys.argv[2], "-clang-analyzer-*"))
    if sys.argv[1:2] == ["analyse"] and len(sys.argv) == 3:
        sys.exit(check_bugs(sys.argv[2], ""))
    sys.exit(__doc__)
