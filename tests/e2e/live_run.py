"""A soak that runs beside a test with its page open, and a client of its feed."""
import base64
import contextlib
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

LINK = re.compile(r"^page: (https?)://([0-9.]+):(\d+)/#([0-9a-f]{64})$", re.M)


class Run:
    """One `mmbot soak`; ends with the block it is used in."""

    def __init__(self, mmbot, *arguments, environment=None):
        self.work = tempfile.TemporaryDirectory()
        self.out = pathlib.Path(self.work.name) / "out"
        self.command = [str(mmbot), "soak", "--out", str(self.out), *map(str, arguments)]
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.port = self.token = self.log = None

    def __enter__(self):
        self.start()
        return self

    def start(self, *more):
        self.log = pathlib.Path(self.work.name) / "said"
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen([*self.command, *more], stdout=log,
                                            stderr=subprocess.STDOUT, env=self.environment)
        self.wait_for(lambda: self.process.poll() is not None or LINK.search(self.said()))
        found = LINK.search(self.said())
        if not found:
            raise AssertionError("no page: " + self.said())
        self.port, self.token = int(found[3]), found[4]

    def said(self):
        return self.log.read_text(encoding="utf-8")

    @staticmethod
    def wait_for(condition, seconds=60):
        """The condition's value once it holds."""
        until = time.monotonic() + seconds
        while not (value := condition()):
            if time.monotonic() > until:
                raise AssertionError("waited in vain")
            time.sleep(0.02)
        return value

    def get(self, path, token=None, body=None, headers=None):
        """(status, text, headers) of a request."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body,
                                         headers=headers or {})
        if token:
            request.add_header("Authorization", "Bearer " + token)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, reply.read().decode(), reply.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers

    def part(self, name):
        status, text, _ = self.get("/api/v1/" + name)
        assert status == 200, (name, status, text)
        return json.loads(text)

    def ask(self, action, token=None, who="test"):
        """(status, answer) of a control request."""
        body = json.dumps({"action": action, "who": who}).encode()
        status, text, _ = self.get("/api/v1/control", self.token if token is None else token, body,
                                   {"Content-Type": "application/json"})
        return status, json.loads(text)

    def ask_until_done(self, action):
        status, entry = self.ask(action)
        assert status == 202, entry
        return self.wait_for(lambda: (now := self.part(f"control/{entry['id']}"))["state"] in
                             ("done", "failed", "refused") and now)

    def metrics(self):
        """{name: {labels: value}} of the page."""
        return parse_metrics(self.get("/metrics")[1])

    def wait(self):
        """The exit status, once it has ended by itself."""
        return self.process.wait(timeout=120)

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.work.cleanup()


def parse_metrics(text):
    found = {}
    for name, labels, value in re.findall(r"^(\w+)(\{.*\})? (\S+)$", text, re.M):
        found.setdefault(name, {})[labels] = float(value)
    return found


def tree(directory):
    """{path: bytes} of what a run leaves that must not depend on who looks."""
    kept = [directory / "runtime_overrides.json", *sorted((directory / "latest").rglob("*"))]
    return {str(path.relative_to(directory)): path.read_bytes() for path in kept if path.is_file()}


class Feed:
    """A WebSocket client that reads when it is told to."""

    def __init__(self, port, receive_size=0, origin=None, timeout=30):
        self.socket = socket.socket()
        self.socket.settimeout(timeout)
        if receive_size:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_size)
        self.socket.connect(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        lines = ["GET /api/v1/feed HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket",
                 "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        if origin:
            lines.append("Origin: " + origin)
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        while self.status == 101 and self.file.readline() not in (b"\r\n", b""):
            pass

    def frame(self):
        """(opcode, payload); (None, b"") at the end."""
        head = self.file.read(2)
        if len(head) < 2:
            return None, b""
        size = head[1] & 127
        if size > 125:
            width = 2 if size == 126 else 8
            size = int.from_bytes(self.file.read(width), "big")
        return head[0] & 15, self.file.read(size)

    def message(self):
        """The next JSON message; None at the end."""
        while True:
            opcode, data = self.frame()
            if opcode == 1:
                return json.loads(data)
            if opcode in (None, 8):
                return None

    def send(self, text):
        data = text.encode()
        head = struct.pack("!BB", 0x81, 0x80 | len(data)) if len(data) < 126 else struct.pack(
            "!BBH", 0x81, 0xFE, len(data))
        self.socket.sendall(head + b"\0\0\0\0" + data)

    def close(self):
        with contextlib.suppress(OSError):
            self.file.close()
            self.socket.close()


def merge(state, message):
    """Applies a state or diff message as docs/feed.md says; returns the new state."""
    if message["type"] == "state":
        state = {"set": {}, "add": {}, "series": {}, "seq": 0}
    elif message["since"] != state["seq"]:
        raise AssertionError(f"{message['since']} does not follow {state['seq']}")
    state["seq"] = message["seq"]
    for name, keys in message["set"].items():
        state["set"].setdefault(name, {}).update(keys)
    keys = {"fills": "number", "orders": "number", "iterations": "iteration", "log": "number",
            "audit": "id"}
    for name, entries in message["add"].items():
        if name in keys:
            known = state["add"].setdefault(name, {})
            for entry in entries:
                known[entry[keys[name]]] = entry
        else:
            merge_series(state["series"], name, entries)
    return state


def merge_series(all_series, name, given):
    known = all_series.get(name)
    if not known or known["generation"] != given["generation"]:
        known = all_series[name] = {"generation": given["generation"],
                                    "first": given["start"], "columns": {}}
    for column, values in given["columns"].items():
        points = known["columns"].setdefault(column, [])
        del points[given["start"] - known["first"]:]
        points.extend(values)
