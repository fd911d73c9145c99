"""Runs tests of a build folder in an order drawn by a seed, to show that none depends on another.

meson test keeps the order of its definitions, so that the programs are started here, as many at
once as there are cores; one that must be alone is.
"""
import concurrent.futures
import os
import random
import subprocess


def order_of(tests, seed, number):
    """The tests of repetition `number`, in its order."""
    drawn = sorted(tests, key=lambda test: test["name"])
    random.Random(f"{seed} {number}").shuffle(drawn)
    return drawn


def text_of(output):
    return output.decode("utf-8", "replace") if isinstance(output, bytes) else output or ""


def run_one(test, environment, folder):
    """Runs a test of the build in `folder`; what meson's log would say of it."""
    done = {"name": test["name"], "command": test["cmd"], "returncode": None}
    try:
        process = subprocess.run(test["cmd"], env={**os.environ, **environment, **test["env"]},
                                 cwd=test["workdir"] or folder, timeout=test["timeout"] or None,
                                 stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except subprocess.TimeoutExpired as error:
        return {**done, "result": "TIMEOUT", "stdout": text_of(error.stdout),
                "stderr": text_of(error.stderr)}
    result = {0: "OK", 77: "SKIP"}.get(process.returncode, "FAIL")
    return {**done, "result": result, "returncode": process.returncode,
            "stdout": text_of(process.stdout), "stderr": text_of(process.stderr)}


def run_all(tests, environment, folder, workers=os.cpu_count()):
    """Yields the outcome of each test as it ends."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        running = []
        for test in tests:
            if test["is_parallel"]:
                running.append(pool.submit(run_one, test, environment, folder))
                continue
            for each in concurrent.futures.as_completed(running):
                yield each.result()
            running = []
            yield run_one(test, environment, folder)
        for each in concurrent.futures.as_completed(running):
            yield each.result()
