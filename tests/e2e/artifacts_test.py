"""`mmbot artifacts` from the outside: the disk stays small and nothing needed goes.

    artifacts_test.py MMBOT [TEST...]
"""
import datetime
import json
import os
import pathlib
import signal
import subprocess
import sys
import tarfile
import tempfile
import unittest

MMBOT = pathlib.Path(sys.argv[1]).resolve()
OLD, OLDER = "2020-03-01T00-00-00.000Z", "2019-12-31T23-59-59.999Z"


class Artifacts(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.out = pathlib.Path(work.name) / "out"
        self.out.mkdir()

    def mmbot(self, *arguments, **options):
        return subprocess.run([MMBOT, *map(str, arguments)], capture_output=True, text=True,
                              check=False, **options)

    def rotate(self, *arguments, code=0, **options):
        done = self.mmbot("artifacts", "rotate", self.out, *arguments, **options)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def fill(self, name, size=0, content=None):
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if content is not None else b"{}")
            file.truncate(max(size, len(content or b"{}")))

    def names(self, below=""):
        return sorted(str(path.relative_to(self.out)) for path in (self.out / below).rglob("*")
                      if path.is_file() and path.name != ".run.lock")

    def size(self):
        return sum((self.out / name).stat().st_size for name in self.names())

    def test_the_newest_hundred_summaries_stay_by_their_number(self):
        for number in range(1, 151):
            self.fill(f"latest/ITER_SUMMARY_{number}.json")
            os.utime(self.out / f"latest/ITER_SUMMARY_{number}.json", (0, 10**9 - number))
        for name in ("TUNING_STATE", "KPI_GATE", "ITER_SUMMARY_1x"):
            self.fill(f"latest/{name}.json")
        before = self.names()
        self.rotate("--dry-run")
        self.assertEqual(self.names(), before)
        self.assertIn("prune 50 summaries", self.rotate())
        left = self.names("latest")
        self.assertEqual(len(left), 103)
        self.assertTrue({f"latest/ITER_SUMMARY_{n}.json" for n in range(51, 151)} <= set(left))
        self.assertIn("MB", self.rotate())

    def test_old_snapshots_become_archives_of_equal_bytes(self):
        young = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H-%M-%S.000Z")
        packed = []
        for mode in (0o600, 0o644):
            for name in ("b.json", "a.json", "deep/er.csv"):
                self.fill(f"snapshots/{OLD}/{name}", content=name.encode() * 1000)
                (self.out / f"snapshots/{OLD}/{name}").chmod(mode)
            self.fill(f"snapshots/{young}/a.json")
            self.rotate()
            self.assertEqual(self.names("snapshots"),
                             [f"snapshots/{OLD}.tar.gz", f"snapshots/{young}/a.json"])
            archive = self.out / "snapshots" / f"{OLD}.tar.gz"
            packed.append(archive.read_bytes())
            with tarfile.open(archive) as tar:
                self.assertEqual(tar.getnames(), [f"{OLD}/a.json", f"{OLD}/b.json",
                                                  f"{OLD}/deep/er.csv"])
                self.assertEqual(tar.extractfile(f"{OLD}/a.json").read(), b"a.json" * 1000)
            archive.unlink()
        self.assertEqual(packed[0], packed[1])

    def test_above_the_limit_the_oldest_archives_go(self):
        for name, size in ((OLDER, 40), (OLD, 30), ("2021-01-01T00-00-00.000Z", 20)):
            self.fill(f"snapshots/{name}.tar.gz", size * 2**20)
        self.fill("latest/orders.csv.gz", 10 * 2**20)
        said = self.rotate("--max", "65M", "--warn", "50M")
        self.assertIn(f"remove {self.out}/snapshots/{OLDER}.tar.gz", said)
        self.assertIn("warning: larger than", said)
        self.assertEqual(len(self.names("snapshots")), 2)
        lines = (self.out / "rotation" / "ROTATION_LOG.jsonl").read_text().splitlines()
        self.assertEqual([json.loads(line)["action"] for line in lines], ["remove"])

    def test_fifty_thousand_iterations_stay_below_a_gigabyte(self):
        for number in range(1, 50001):
            self.fill(f"latest/ITER_SUMMARY_{number}.json", 9000)
        for day in range(1, 29):
            self.fill(f"snapshots/2020-02-{day:02}T00-00-00.000Z.tar.gz", 60 * 10**6)
        self.assertGreater(self.size(), 2 * 10**9)
        self.rotate()
        self.assertLess(self.size(), 9 * 10**8)
        self.assertEqual(len(self.names("latest")), 100)
        self.assertIn(f"latest/ITER_SUMMARY_{49901}.json", self.names("latest"))
        before = self.names()
        self.rotate()
        self.assertEqual(self.names(), before)

    def test_the_log_is_rotated_at_a_megabyte(self):
        self.fill("rotation/ROTATION_LOG.jsonl", content=b"x\n" * 600000)
        self.fill(f"snapshots/{OLD}/a.json")
        self.rotate()
        self.assertEqual((self.out / "rotation" / "ROTATION_LOG.jsonl.1").stat().st_size, 1200000)
        self.assertLess((self.out / "rotation" / "ROTATION_LOG.jsonl").stat().st_size, 1000)

    def test_what_a_killed_rotation_left_is_finished(self):
        self.fill(f"snapshots/{OLD}/a.json", content=b"a" * 5000)
        self.fill(f"snapshots/{OLD}.tar.gz.tmp.123")
        self.rotate()
        archive = (self.out / "snapshots" / f"{OLD}.tar.gz").read_bytes()
        self.fill(f"snapshots/{OLD}/b.json")  # killed while removing, the archive is whole
        self.rotate()
        self.assertEqual(self.names("snapshots"), [f"snapshots/{OLD}.tar.gz"])
        self.assertEqual((self.out / "snapshots" / f"{OLD}.tar.gz").read_bytes(), archive)

    def test_a_full_disk_loses_nothing(self):
        def limit():
            import resource
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        self.fill(f"snapshots/{OLD}/a.bin", content=os.urandom(100000))
        before = self.names()
        said = self.rotate(code=4, preexec_fn=limit)
        self.assertIn("failed", said)
        self.assertEqual(self.names(), before)

    def test_a_run_keeps_its_own_latest_small_and_resumes(self):
        command = ["soak", "--iterations", "130", "--window", "1s", "--log-level", "off",
                   "--out", self.out]
        self.mmbot(*command)
        summaries = [name for name in self.names("latest") if "ITER_SUMMARY" in name]
        self.assertEqual(len(summaries), 100)
        self.assertNotIn("latest/ITER_SUMMARY_30.json", summaries)
        before = {name: (self.out / name).read_bytes() for name in self.names()}
        self.assertIn(self.mmbot(*command, "--resume").returncode, (0, 1, 3))
        self.assertEqual({name: (self.out / name).read_bytes() for name in self.names()}, before)

    def test_while_a_run_goes_on_it_is_refused(self):
        environment = {**os.environ, "SOAK_SLEEP_SECONDS": "30"}
        run = subprocess.Popen([MMBOT, "soak", "--window", "1s", "--out", self.out],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               env=environment)
        self.addCleanup(lambda: (run.kill(), run.communicate()))
        for line in run.stdout:
            if line.startswith("   1 "):
                break
        self.rotate(code=2)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
