#!/usr/bin/env python3
"""Takes the pictures in docs/dashboard.md anew: screenshots.py MMBOT DOCS

They show the default soak at a minute a second after some windows, as a screen and a telephone of
either theme show it, a run that an operator has killed, and one that does not answer.
"""
import pathlib
import signal
import sys

from browser_test import HOLD_S, PAGE_READY, link_to
from live_run import Run
from webdriver import Browser

SOAK = ["--http", "127.0.0.1:0", "--iterations", "12", "--window", "10m", "--pace", "60"]
SCREEN, PHONE = (1440, 900), (390, 844)


def take(soak, path, size, scheme, before=None):
    """One picture; `before` does something to the page first."""
    with Browser(*size, scheme, mobile=size == PHONE) as browser:
        browser.open(link_to(soak))
        browser.wait(PAGE_READY)
        browser.wait("return mmbot.chartsDrawnMs > 0 && performance.now() > 4000")
        if before:
            before(browser)
        browser.screenshot(path)


def kill(browser):
    browser.press("#kill", HOLD_S)
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


main()
