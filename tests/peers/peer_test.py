"""Runs one peer's script against a venue of its own.

    peer_test.py MMBOT PEER plain|tls

PEER is the name of an npm package; its script is PEER.js beside this file. The package is looked
for in $MM_NODE_MODULES, then in $NODE_PATH. Exit status 77 (skipped) when Node or it is missing.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

MMBOT, PEER, TRANSPORT = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3]
SCRIPT = pathlib.Path(__file__).resolve().parent / f"{PEER}.js"
SKIPPED = 77
LIMIT_SECONDS = 150


def module_path():
    """The NODE_PATH to run with, or None when the package is not found."""
    for path in (os.environ.get("MM_NODE_MODULES"), os.environ.get("NODE_PATH")):
        for folder in (path or "").split(os.pathsep):
            if folder and (pathlib.Path(folder) / PEER / "package.json").exists():
                return path
    return None


def start_venue():
    """A venue, and where to reach it."""
    command = [MMBOT, "venue", "--market", "alt-perp", "--fees", "2,5.5", "--json"]
    command += ["--tls"] if TRANSPORT == "tls" else []
    venue = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return venue, json.loads(venue.stdout.readline())


def main():
    node, path = shutil.which("node"), module_path()
    if node is None or path is None:
        missing = "node" if node is None else f"the npm package {PEER} (MM_NODE_MODULES, NODE_PATH)"
        print(f"skipped: {missing} is not there")
        return SKIPPED
    venue, info = start_venue()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(info, file)
        file.flush()
        environment = {**os.environ, "NODE_PATH": path}
        if "certificate" in info:
            environment["NODE_EXTRA_CA_CERTS"] = info["certificate"]
        try:
            done = subprocess.run([node, SCRIPT, file.name], env=environment, check=False,
                                  timeout=LIMIT_SECONDS)
        finally:
            venue.terminate()
            ended = venue.wait(timeout=30)
    if ended != 143:
        print(f"the venue ended with {ended}")
        return 1
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
