"""A browser for tests: Debian's chromium, driven by its chromedriver over the WebDriver protocol.

One Browser is one fresh profile and one window; nothing of it is left behind.
"""
import base64
import http.client
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # what the protocol calls an element's key
PROGRAMS = ("chromium", "chromedriver")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--disable-extensions", "--no-default-browser-check",
    "--hide-scrollbars", "--force-color-profile=srgb", "--no-proxy-server",
]
WAIT_S = 60


def missing():
    """The programs that are needed and not there."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


class BrowserError(Exception):
    """The driver refused a command, or a wait was in vain."""


class Browser:
    """width and height are the viewport's; scheme is what the system prefers, light or dark."""

    def __init__(self, width=1440, height=900, scheme="dark", mobile=False, origin=None):
        self.folder = tempfile.TemporaryDirectory(prefix="mmbot-browser-")
        self.driver = self.connection = self.session = None
        self.origin = origin
        try:
            self._start(width, height, scheme, mobile)
        except BaseException:
            self.close()
            raise

    def _start(self, width, height, scheme, mobile):
        log = pathlib.Path(self.folder.name, "driver.log")
        with open(log, "wb") as output:
            # In the test's process group, so that what ends the test ends the browser too.
            self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=output,
                                           stderr=output)
        port = self._port(log)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        options = {
            "binary": shutil.which("chromium"),
            "args": [*ARGUMENTS, f"--window-size={width},{height}",
                     f"--user-data-dir={self.folder.name}/profile"],
        }
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options,
                        "goog:loggingPrefs": {"browser": "ALL"}}
        answer = self.command("POST", "/session",
                              {"capabilities": {"alwaysMatch": capabilities}})
        self.session = answer["sessionId"]
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=mobile)
        self.devtools("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": scheme},
                                {"name": "prefers-reduced-motion", "value": "reduce"}])

    def _port(self, log):
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            said = log.read_text(errors="replace")
            if found := re.search(r"started successfully on port (\d+)", said):
                return int(found.group(1))
            if self.driver.poll() is not None:
                break
            time.sleep(0.05)
        raise BrowserError(f"chromedriver does not start: {log.read_text(errors='replace')}")

    def close(self):
        """Ends the browser and its driver."""
        if self.session is not None:
            try:
                self.command("DELETE", f"/session/{self.session}")
            except (OSError, BrowserError):
                pass
        if self.driver is not None:
            self.driver.terminate()
            self.driver.wait()
        if self.connection is not None:
            self.connection.close()
        self.folder.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- the protocol ----

    def command(self, method, path, body=None):
        """One command; its value."""
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, {"Content-Type": "application/json"})
        value = json.loads(self.connection.getresponse().read())["value"]
        if isinstance(value, dict) and "error" in value:
            raise BrowserError(f"{path}: {value['error']}: {value['message'][:2000]}")
        return value

    def do(self, method, path, body=None):
        """One command of the session."""
        return self.command(method, f"/session/{self.session}{path}", body)

    def devtools(self, name, **parameters):
        return self.do("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    # ---- what tests do ----

    def open(self, url):
        self.do("POST", "/url", {"url": url})

    def reload(self):
        self.do("POST", "/refresh", {})

    def run(self, script, *arguments):
        """Runs `script` as the body of a function in the page; what it returns."""
        return self.do("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script, *arguments, what=None, seconds=WAIT_S):
        """Waits until the script returns something true, and returns it."""
        until = time.monotonic() + seconds
        while True:
            value = self.run(script, *arguments)
            if value:
                return value
            if time.monotonic() > until:
                raise BrowserError(f"in vain for {seconds} s: {what or script}")
            time.sleep(0.05)

    def find(self, selector):
        return self.do("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent.trim()", selector)

    def click(self, selector):
        self.do("POST", f"/element/{self.find(selector)}/click", {})

    def _act(self, kind, *actions):
        self.do("POST", "/actions", {"actions": [{"type": kind, "id": kind, "actions": actions}]})

    def pointer_down(self, selector):
        """Puts the mouse on an element and its button down."""
        origin = {ELEMENT: self.find(selector)}
        self._act("pointer", {"type": "pointerMove", "duration": 0, "origin": origin, "x": 0,
                              "y": 0}, {"type": "pointerDown", "button": 0})

    def pointer_up(self):
        self._act("pointer", {"type": "pointerUp", "button": 0})

    def key_down(self, key):
        """Puts a key down on what has the focus."""
        self._act("key", {"type": "keyDown", "value": key})

    def key_up(self, key):
        self._act("key", {"type": "keyUp", "value": key})

    def key(self, key):
        self.key_down(key)
        self.key_up(key)

    def screenshot(self, path):
        data = base64.b64decode(self.do("GET", "/screenshot"))
        pathlib.Path(path).write_bytes(data)

    def console(self):
        """What has come to the console since the last call: (level, text)."""
        entries = self.do("POST", "/se/log", {"type": "browser"})
        return [(entry["level"], entry["message"]) for entry in entries]

