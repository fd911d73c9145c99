// Ties the feed to the panels. A panel is drawn anew when something that it shows has changed, a few
// times a second.
'use strict';

const DRAW_MS = 200; // least time between two drawings
const CHARTS_MS = 600; // and of the charts, which cost most
const AGES_MS = 250;

// What each panel shows, by name of section or list.
const DRAWINGS = [
  {draw: drawRun, of: ['run']},
  {draw: drawStatus, of: ['run', 'status', 'tuner', 'link']},
  {draw: drawTiles, of: ['kpi', 'run', 'instrument', 'status', 'iterations']},
  {draw: drawLadder, of: ['ladder', 'quotes', 'instrument', 'status']},
  {draw: drawWhy, of: ['status']},
  {draw: drawFills, of: ['fills', 'instrument', 'run']},
  {draw: drawTuner, of: ['tuner', 'iterations']},
  {draw: drawIterations, of: ['iterations', 'status']},
  {draw: drawOrders, of: ['orders', 'quotes', 'instrument', 'run'], tab: 'orders'},
  {draw: drawLog, of: ['log'], tab: 'log'},
  {draw: drawConfig, of: ['config', 'params', 'gate'], tab: 'config'},
  {draw: drawLatency, of: ['latency'], tab: 'latency'},
  {draw: drawSystem, of: ['process', 'artifacts', 'counters', 'audit', 'status'], tab: 'system'},
];

const COURSE_PARTS = ['series', 'fills', 'iterations', 'instrument', 'run'];

class Page {
  constructor() {
    this.state = new RunState();
    this.model = updateCourse({}, this.state);
    this.pending = false;
    this.courseChanged = false;
    this.drawnMs = -Infinity;
    this.drawnSeq = null; // of the state that is on the screen
    this.chartsDrawnMs = -Infinity;
    this.tab = 'orders';
    this.saying = null;
  }

  build() {
    buildTiles();
    buildLadder(this);
    buildFills(this);
    buildTuner(this);
    buildIterations(this);
    buildOrders(this);
    buildLog(this);
    buildConfig(this);
    buildLatency(this);
    buildSystem(this);
    buildTabs(this);
    buildPanels(this);
    this.charts = COURSE_CHARTS.map(spec => new Chart(this.model, spec, byId('stack')));
    this.control = new Control(this.model, this.charts);
    prepareTheme(() => this.charts.forEach(chart => chart.restyle()));
  }

  // ---- from the feed ----

  message(message) {
    if (message.type === 'hello') {
      this.state.limits = message.limits;
    } else if (message.type === 'auth') {
      if (!message.ok) {
        askForToken('The run refused the token. ' + TOKEN_WHERE, () => this.feed.reconnectNow());
      }
    } else if (message.type === 'state' || message.type === 'diff') {
      if (!this.state.apply(message)) {
        return false;
      }
      if (message.type === 'state') {
        this.showParts();
      }
      this.schedule();
    } else if (message.type === 'beat') {
      this.state.seq = message.seq;
    }
    return true;
  }

  // A run that has ended and was not watched to its end has no ladder, no log and takes no requests.
  showParts() {
    const isRecord = this.state.get('status').phase === 'ended' && !this.state.sections.ladder;
    document.body.classList.toggle('record', isRecord);
    document.querySelectorAll('.live-only').forEach(element => {
      element.classList.toggle('absent', isRecord);
    });
  }

  link(link) {
    if (link === 'unauthorised') {
      askForToken(TOKEN_WHERE, () => this.feed.reconnectNow());
    }
    this.dirty('link');
  }

  canControl() {
    return this.feed.link === 'open';
  }

  say(text, kind) {
    const [last] = this.state.list('audit').slice(-1);
    this.saying = {text: text, kind: kind, ms: clock.now(), auditId: last ? last.id : 0};
    drawRequest(this);
  }

  // ---- drawing ----

  dirty(name) {
    this.state.changed.add(name);
    this.schedule();
  }

  schedule() {
    if (!this.pending) {
      this.pending = true;
      const wait = this.drawnMs + DRAW_MS - performance.now();
      setTimeout(() => requestAnimationFrame(() => {
        this.pending = false;
        this.drawnMs = performance.now();
        this.draw();
      }), Math.max(0, wait));
    }
  }

  draw() {
    const changed = this.state.takeChanged();
    if (COURSE_PARTS.some(name => changed.has(name))) {
      this.courseChanged = true;
    }
    if (changed.has('instrument')) {
      this.chartsDrawnMs = -Infinity; // everything is shown in its units
    }
    this.drawCharts();
    for (const drawing of DRAWINGS) {
      const isShown = !drawing.tab || drawing.tab === this.tab;
      if (isShown && drawing.of.some(name => changed.has(name))) {
        drawing.draw(this);
      }
    }
    drawFreshness(this);
    this.drawnSeq = this.state.seq;
  }

  drawCharts() {
    const wait = this.chartsDrawnMs + CHARTS_MS - performance.now();
    if (!this.courseChanged) {
      return;
    }
    if (wait > 0) {
      clearTimeout(this.chartsTimer);
      this.chartsTimer = setTimeout(() => this.schedule(), wait);
      return;
    }
    this.chartsDrawnMs = performance.now();
    this.courseChanged = false;
    const {startMs, endMs} = this.model;
    updateCourse(this.model, this.state);
    this.control.follow(startMs, endMs);
  }

  showFill(number) {
    const mark = this.model.fills.find(fill => fill.number === number);
    if (mark) {
      this.control.visitFill(mark);
    }
  }

  async showLicence() {
    const held = byId('licence-text').textContent.trim();
    const text = held || await (await fetch('/assets/dygraphs-licence')).text();
    showDetail('Charts: dygraphs', el('pre', {}, text));
  }
}

// ---- tabs and panels ----

function selectTab(page, name) {
  page.tab = name;
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    const chosen = tab.id === 'tab-' + name;
    tab.setAttribute('aria-selected', String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    byId(tab.getAttribute('aria-controls')).hidden = !chosen;
  }
  DRAWINGS.filter(drawing => drawing.tab === name).forEach(drawing => drawing.draw(page));
}

function buildTabs(page) {
  for (const tab of document.querySelectorAll('[role="tab"]')) {
    tab.addEventListener('click', () => selectTab(page, tab.id.slice('tab-'.length)));
    tab.addEventListener('keydown', event => {
      const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
      if (step) {
        const tabs = [...document.querySelectorAll('[role="tab"]:not(.absent)')];
        const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
        event.preventDefault();
        next.focus();
        next.click();
      }
    });
  }
}

// Every panel says how old what it shows is, and can be made as large as the window.
function buildPanels(page) {
  for (const panel of document.querySelectorAll('.panel')) {
    const name = panel.querySelector('h2, [role="tab"]').textContent;
    const age = el('span', {class: 'age num', 'data-age': panel.dataset.section,
      title: 'How old this is'}, DASH);
    const button = el('button', {type: 'button', class: 'button small expand',
      'aria-label': name + ': whole window', title: 'Whole window, and back (Esc)'}, '⤢');
    button.addEventListener('click', () => panel.classList.toggle('whole'));
    panel.querySelector('.panel-head').append(age, button);
  }
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape' && !document.querySelector('dialog[open]')) {
      document.querySelectorAll('.panel.whole').forEach(panel => panel.classList.remove('whole'));
    }
  });
}

// ---- the start ----

function buildRequests(page) {
  const say = (text, kind) => page.say(text, kind);
  for (const id of ['pause', 'kill', 'revert']) {
    new HoldButton(byId(id), action => sendRequest(action, say), say);
  }
}

function main() {
  takeTokenFromAddress();
  const page = new Page();
  const data = byId('data').textContent.trim();
  page.feed = data ? new Record(page, JSON.parse(data)) : new Feed(page, storedToken);
  page.build();
  byId('help').addEventListener('click', () => showHelp(page));
  buildRequests(page);
  page.feed.connect();
  setInterval(() => drawFreshness(page), AGES_MS);
  window.mmbot = page;
}

main();
