#!/usr/bin/env python3
"""Takes the pictures in docs/dashboard.md anew: screenshots.py MMBOT DOCS

They show the default soak at a minute a second after some windows, as a screen and a telephone of
either theme show it, a run that an operator has killed, and one that does not answer.
"""
import collections
import pathlib
import signal
import struct
import sys
import zlib

from live_page import CHARTS_READY, HOLD_MS, PAGE_READY, hold, link_to
from live_run import Run
from webdriver import Browser

SOAK = ["--http", "127.0.0.1:0", "--iterations", "60", "--window", "10m", "--pace", "60"]
SCREEN, PHONE = (1440, 900), (390, 844)


def rows_of(png):
    """Rows of RGB of a PNG as chromium writes them: 8 bits, RGB or RGBA, not interlaced."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    depth = {2: 3, 6: 4}[kind]
    packed, at = b"", 8
    while at < len(png):
        size, name = struct.unpack(">I4s", png[at:at + 8])
        packed += png[at + 8:at + 8 + size] if name == b"IDAT" else b""
        at += size + 12
    data, above, stride = zlib.decompress(packed), bytes(width * depth), width * depth
    for y in range(height):
        kind, *line = data[y * (stride + 1):(y + 1) * (stride + 1)]
        for x in range(stride if kind else 0):
            left = line[x - depth] if x >= depth else 0
            up, corner = above[x], above[x - depth] if x >= depth else 0
            if kind == 4:
                near = sorted((left, up, corner), key=lambda each: abs(left + up - corner - each))
                guess = near[0]
            else:
                guess = (0, left, up, (left + up) // 2)[kind]
            line[x] = (line[x] + guess) & 255
        above = bytes(line)
        yield [tuple(line[x:x + 3]) for x in range(0, stride, depth)]


def shrink(path):
    """Rewrites a PNG with the 256 colours that are nearest to its own, a quarter of the size."""
    rows = list(rows_of(path.read_bytes()))
    counts = collections.Counter(pixel for row in rows for pixel in row)
    palette = [pixel for pixel, _ in counts.most_common(256)]

    def nearest(pixel):
        return min(range(len(palette)), key=lambda index: sum(
            (a - b) ** 2 for a, b in zip(pixel, palette[index])))

    index_of = {pixel: nearest(pixel) for pixel in counts}
    lines = b"".join(b"\0" + bytes(index_of[pixel] for pixel in row) for row in rows)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)),
              (b"PLTE", bytes(value for pixel in palette for value in pixel)),
              (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks))


def take(soak, path, size, scheme, before=None):
    """One picture; `before` does something to the page first."""
    with Browser(*size, scheme, mobile=size == PHONE) as browser:
        browser.open(link_to(soak))
        browser.wait(PAGE_READY)
        browser.wait(CHARTS_READY)
        browser.wait("return performance.now() > 5000")  # the charts have been drawn more than once
        if before:
            before(browser)
        browser.screenshot(path)


def kill(browser):
    hold(browser, "#kill", HOLD_MS)
    browser.wait("return byId('request').textContent.includes('kill done')")
    browser.run("byId('kill').blur()")


def main():
    mmbot, docs = sys.argv[1], pathlib.Path(sys.argv[2])
    with Run(mmbot, *SOAK) as soak:
        soak.wait_for(lambda: soak.part("status")["iteration"] > 6, seconds=180)
        take(soak, docs / "dashboard-dark.png", SCREEN, "dark")
        take(soak, docs / "dashboard-light.png", SCREEN, "light")
        take(soak, docs / "dashboard-phone-dark.png", PHONE, "dark")
        take(soak, docs / "dashboard-phone-light.png", PHONE, "light")
        take(soak, docs / "dashboard-killed.png", SCREEN, "dark", kill)

        def stall(browser):
            soak.process.send_signal(signal.SIGSTOP)
            browser.run("const now = clock.now; clock.now = () => now() + 12000;"
                        " drawFreshness(mmbot)")

        take(soak, docs / "dashboard-stale.png", SCREEN, "light", stall)
    for path in docs.glob("dashboard-*.png"):
        shrink(path)


main()
