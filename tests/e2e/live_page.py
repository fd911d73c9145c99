"""What the tests in a browser and those who take pictures know of the page."""

HOLD_MS = 900  # how long a button is held down to confirm a request

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
    """Holds a button down, by pointer or key, for a time by the page's clock."""
    browser.run("if (!('step' in window)) {" + STEPPED_CLOCK + "}")
    if key:
        browser.run("document.querySelector(arguments[0]).focus()", selector)
        browser.key_down(key)
    else:
        browser.pointer_down(selector)
    browser.wait("return document.querySelector(arguments[0]).classList.contains('holding')",
                 selector, what=f"{selector} is held")
    browser.run("step(arguments[0])", ms)
    if key:
        browser.key_up(key)
    else:
        browser.pointer_up()
