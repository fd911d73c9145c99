"""What the tests in a browser and those who take pictures know of the page."""
import time

HOLD_MS = 900  # how long a button is held down to confirm a request
HOLD_WAIT_S = 60

# True once the page shows what the run has said.
PAGE_READY = "return window.mmbot !== undefined && mmbot.drawnSeq !== null"
CHARTS_READY = "return mmbot.model.times.length > 10"


def link_to(soak, token=None):
    """The address of a live_run.Run's page."""
    return f"http://127.0.0.1:{soak.port}/#{token or soak.token}"


# Puts presses on a clock that stands still until step(ms), so that none depends on how long the
# browser and its driver really take.
STEPPED_CLOCK = """
let now = 0, calls = [];
clock.of = () => now;
clock.call = (act, ms) => { const call = {act: act, at: now + ms}; calls.push(call); return call; };
clock.cancel = call => { calls = calls.filter(each => each !== call); };
window.step = ms => {
  now += ms;
  const due = calls.filter(call => call.at <= now);
  calls = calls.filter(call => call.at > now);
  due.forEach(call => call.act());
};
"""


def hold(browser, selector, ms, key=None):
    """Holds a button down, by pointer or key, for a time by the page's clock; what the page says.

    Again while the button cannot be held, as when a page that others starve has lost the run.
    """
    browser.run("if (!('step' in window)) {" + STEPPED_CLOCK + "}")
    until = time.monotonic() + HOLD_WAIT_S
    while time.monotonic() < until:
        if key:
            browser.run("document.querySelector(arguments[0]).focus()", selector)
            browser.key_down(key)
        else:
            browser.pointer_down(selector)
        is_held = browser.run(
            "const held = document.querySelector(arguments[0]).classList.contains('holding');"
            " mmbot.saying = null; if (held) { step(arguments[1]); } return held", selector, ms)
        if key:
            browser.key_up(key)
        else:
            browser.pointer_up()
        if is_held:
            return browser.run("return mmbot.saying ? mmbot.saying.text : ''")
        time.sleep(0.1)
    raise AssertionError(f"{selector} cannot be held")
