"""What the tests in a browser and those who take pictures know of the page."""

HOLD_S = 1.3  # longer than a request has to be confirmed

# True once the page shows what the run has said.
PAGE_READY = """return window.mmbot !== undefined && mmbot.state.seq !== null &&
  mmbot.drawnMs > 0"""
CHARTS_READY = "return mmbot.model.times.length > 10"


def link_to(soak, token=None):
    """The address of a live_run.Run's page."""
    return f"http://127.0.0.1:{soak.port}/#{token or soak.token}"
