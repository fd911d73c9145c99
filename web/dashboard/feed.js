// The connection to the run: messages in, and how fresh what they said still is.
'use strict';

const STALE_MS = 3000;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];

// The time of all that the page calls an age, and of a press; tests put another clock in its place.
const clock = {
  now: () => Date.now(),
  of: event => event.timeStamp, // in ms since the page was opened
  call: (act, ms) => setTimeout(act, ms),
  cancel: timer => clearTimeout(timer),
};

class Feed {
  // listener.message(message) and listener.link(); `token` is a function.
  constructor(listener, token) {
    this.listener = listener;
    this.token = token;
    this.failures = 0;
    this.lastMs = null; // when the last message came, by our clock
    this.skewMs = null; // our clock less the run's, as far as one can tell
    this.link = 'connecting';
    this.retryAtMs = null;
    this.refused = false;
  }

  connect() {
    this.retryAtMs = null;
    this.setLink(this.lastMs === null ? 'connecting' : 'reconnecting');
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(scheme + '//' + location.host + '/api/v1/feed');
    this.socket = socket;
    socket.onmessage = event => this.take(socket, JSON.parse(event.data));
    socket.onclose = event => this.closed(socket, event);
  }

  take(socket, message) {
    if (socket !== this.socket) {
      return;
    }
    if (message.version !== FEED_VERSION) {
      this.refused = true;
      socket.close();
      return;
    }
    this.lastMs = clock.now();
    const skew = this.lastMs - message.wall_ms;
    if (message.wall_ms !== undefined && (message.type === 'hello' || skew < this.skewMs)) {
      this.skewMs = skew;
    }
    if (message.type === 'hello' && message.reads_need_token) {
      this.authenticate();
    }
    if (message.type === 'state') {
      this.failures = 0;
      this.setLink('open');
    }
    if (this.listener.message(message) === false) {
      this.reconnectNow();
    }
  }

  authenticate() {
    const token = this.token();
    if (token) {
      this.socket.send(JSON.stringify({type: 'auth', token: token}));
    } else {
      this.socket.close();
    }
  }

  // A difference that does not follow: what is known is worth nothing, the whole state is.
  reconnectNow() {
    this.socket.onclose = null;
    this.socket.close();
    this.connect();
  }

  closed(socket, event) {
    if (socket !== this.socket) {
      return;
    }
    if (event.code === 4401) {
      this.setLink('unauthorised');
      return;
    }
    if (this.refused) {
      this.setLink('version');
      return;
    }
    const wait = RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)] * (0.8 + 0.4 * Math.random());
    this.failures++;
    this.retryAtMs = clock.now() + wait;
    this.setLink('closed');
    setTimeout(() => this.connect(), wait);
  }

  setLink(link) {
    this.link = link;
    this.listener.link(link);
  }

  // How long ago the run last said something.
  silenceMs() {
    return this.lastMs === null ? null : Math.max(0, clock.now() - this.lastMs);
  }

  isStale() {
    return this.silenceMs() !== null && this.silenceMs() > STALE_MS;
  }

  // How old something is that was so at `wallMs` of the run's clock.
  ageMs(wallMs) {
    return isKnown(wallMs) && this.skewMs !== null
      ? Math.max(0, clock.now() - this.skewMs - wallMs) : null;
  }
}

// A finished run that is part of the page.
class Record {
  constructor(listener, message) {
    this.listener = listener;
    this.message = message;
    this.link = 'record';
  }

  connect() {
    this.listener.message(this.message);
    this.listener.link(this.link);
  }

  silenceMs() {
    return null;
  }

  isStale() {
    return false;
  }

  ageMs() {
    return null;
  }
}
