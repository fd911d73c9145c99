// What an operator asks of the run: by holding a button down, with the run's token.
'use strict';

const TOKEN_KEY = 'mmbot-token';
const HOLD_MS = 900;
const HOLD_HINT = 'keep holding to confirm';

let memoryToken = null; // where the tab may not store anything

// The token is at the end of the link that the run prints; it does not stay in the address.
function takeTokenFromAddress() {
  const token = location.hash.slice(1);
  if (/^[0-9a-f]{64}$/.test(token)) {
    storeToken(token);
    history.replaceState(null, '', location.pathname + location.search);
  }
}

function storeToken(token) {
  memoryToken = token;
  try {
    sessionStorage.setItem(TOKEN_KEY, token);
  } catch {
    // Then it lasts as long as the page.
  }
}

function storedToken() {
  try {
    return sessionStorage.getItem(TOKEN_KEY) || memoryToken;
  } catch {
    return memoryToken;
  }
}

// Asks for the token; `then` is called when there is one.
function askForToken(text, then) {
  byId('token-text').textContent = text;
  byId('token-input').value = '';
  byId('token-form').onsubmit = event => {
    event.preventDefault();
    storeToken(byId('token-input').value.trim());
    byId('token').close();
    then();
  };
  byId('token-cancel').onclick = () => byId('token').close();
  if (!byId('token').open) {
    byId('token').showModal();
  }
}

const TOKEN_WHERE = 'It is at the end of the link that the run printed when it started, and in ' +
  '.control.json in its directory.';

// Asks the run for `action`; say(text, kind) tells how it went until the feed's audit does.
async function sendRequest(action, say) {
  const token = storedToken();
  if (!token) {
    askForToken(TOKEN_WHERE, () => sendRequest(action, say));
    return;
  }
  say(action + ': asking', 'busy');
  try {
    const response = await fetch('/api/v1/control', {
      method: 'POST',
      headers: {'Authorization': 'Bearer ' + token, 'Content-Type': 'application/json'},
      body: JSON.stringify({action: action, who: 'page'}),
      cache: 'no-store',
    });
    const answer = await response.json();
    if (response.status === 401) {
      say(action + ': refused, wrong token', 'bad');
      askForToken('The run refused the token. ' + TOKEN_WHERE, () => sendRequest(action, say));
    } else if (!response.ok) {
      say(action + ': ' + (answer.error || answer.text || 'refused'), 'bad');
    }
  } catch {
    say(action + ': the run does not answer', 'bad');
  }
}

// ---- hold to confirm ----

// Calls act() when the button has been held down, by pointer or key, for HOLD_MS. The events' own
// times count, so that a busy page neither shortens nor lengthens the hold. A button that becomes
// another one while it is held asks for nothing.
class HoldButton {
  constructor(button, act, say) {
    this.button = button;
    this.act = act;
    this.say = say;
    this.since = null; // the press that is held, by the events' clock
    button.append(el('span', {class: 'hold-fill', 'aria-hidden': 'true'}));
    button.setAttribute('aria-description', 'hold for a second to confirm');
    button.addEventListener('pointerdown', event => event.button === 0 && this.start(event));
    button.addEventListener('keydown', event => this.keyDown(event));
    for (const name of ['pointerup', 'keyup']) {
      button.addEventListener(name, event => this.release(event));
    }
    for (const name of ['pointerleave', 'pointercancel', 'blur']) {
      button.addEventListener(name, () => this.since !== null && this.cancel());
    }
    button.addEventListener('contextmenu', event => event.preventDefault());
  }

  keyDown(event) {
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault();
      if (!event.repeat) {
        this.start(event);
      }
    }
  }

  start(event) {
    if (this.since === null && !this.button.disabled) {
      this.since = clock.of(event);
      this.action = this.button.dataset.action;
      this.button.classList.add('holding');
      this.timer = clock.call(() => this.confirm(), HOLD_MS);
    }
  }

  release(event) {
    if (this.since !== null) {
      if (clock.of(event) - this.since >= HOLD_MS) {
        this.confirm();
      } else {
        this.cancel();
      }
    }
  }

  confirm() {
    if (this.button.disabled || this.button.dataset.action !== this.action) {
      this.cancel();
    } else {
      this.end();
      this.act(this.action);
    }
  }

  cancel() {
    this.end();
    this.say(this.action + ': ' + HOLD_HINT, 'hint');
  }

  end() {
    clock.cancel(this.timer);
    this.since = null;
    this.button.classList.remove('holding');
  }
}

function setAction(button, action, title, enabled) {
  if (button.dataset.action !== action) {
    button.dataset.action = action;
    button.firstChild.textContent = title;
  }
  button.disabled = !enabled;
}
