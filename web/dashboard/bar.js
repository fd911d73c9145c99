// The first two rows: what the run is and does, how fresh that is, and the key figures.
'use strict';

const MODE_TITLES = {mock: 'SIMULATED', tape: 'TAPE', paper: 'PAPER', live: 'LIVE'};
const TRADING_TITLES = {quoting: '● QUOTING', paused: '❚❚ PAUSED', killed: '■ KILLED',
  halted: '✕ HALTED', stopping: '■ STOPPING'};
const END_TITLES = {complete: 'complete', market_ended: 'market ended', halted: 'halted',
  stopped: 'stopped', failed: 'failed'};
const TUNER_TITLES = {off: '○ off', active: '● active', frozen: '❄ frozen', cooldown: '◔ cooldown',
  panic_hold: '! panic hold', latency_frozen: '❄ latency', halted: '✕ halted'};

function pill(id, text, kind, title) {
  const element = byId(id);
  setClass(element, 'pill' + (kind ? ' ' + kind : '') + (element.classList.contains('progress')
    ? ' progress' : '') + (element.classList.contains('clock') ? ' clock' : ''));
  setText(element.querySelector('b'), text);
  element.title = title || '';
}

// ---- the status bar ----

function drawRun(page) {
  const run = page.state.get('run');
  const mode = run.mode;
  setText(byId('mode'), MODE_TITLES[mode] || DASH);
  document.body.dataset.mode = mode || '';
  setText(byId('symbol'), run.symbol || DASH);
  setText(byId('venue'), [run.venue, run.market, run.profile].filter(Boolean).join(' · ') || DASH);
  byId('venue').title = isKnown(run.seed) ? 'Run ' + run.run_id + ', seed ' + run.seed : '';
  setText(byId('program'), run.program ? run.program + '. Run ' + run.run_id + '.' : '');
  document.title = (run.symbol || 'mmbot') + ' ' + (MODE_TITLES[mode] || '') + ' · mmbot';
}

function tradingPill(status) {
  if (status.phase === 'ended') {
    pill('trading', '■ ENDED', 'quiet', END_TITLES[status.end] || '');
    return;
  }
  const trading = status.trading;
  const sides = (status.sides || []).filter(side => side.quoting).length;
  if (trading === 'quoting' && sides < 2) {
    pill('trading', sides === 1 ? '◐ ONE SIDE' : '○ NO QUOTES', 'warn',
      'Allowed to quote; why it does not is beside the ladder.');
    return;
  }
  pill('trading', TRADING_TITLES[trading] || DASH,
    trading === 'quoting' ? 'good' : isKnown(trading) ? 'bad' : 'quiet', status.trading_text);
}

function dataPill(status, run) {
  const stale = isKnown(run.stale_ns) && status.data_age_ns > run.stale_ns;
  if (status.phase === 'ended') {
    pill('market', 'ended', 'quiet');
  } else if (!isKnown(status.data_age_ns)) {
    pill('market', DASH, 'quiet', 'Nothing has come from the market yet');
  } else if (status.trusted === false) {
    pill('market', '✕ gap', 'bad', 'A message of the market is missing; the book waits for a snapshot');
  } else {
    pill('market', (stale ? '✕ ' : '● ') + latencyText(status.data_age_ns) + ' ms',
      stale ? 'bad' : 'good', 'Market time since the last message of the market');
  }
}

function drawStatus(page) {
  const status = page.state.get('status');
  const run = page.state.get('run');
  const tuner = page.state.get('tuner');
  tradingPill(status);
  dataPill(status, run);
  const kind = status.phase === 'ended' ? 'quiet' : {active: 'good', off: 'quiet'}[tuner.state] || (isKnown(tuner.state) ? 'warn'
    : 'quiet');
  pill('tuner-pill', TUNER_TITLES[tuner.state] || DASH, kind, tuner.text);
  const span = status.window_to_ns - status.window_from_ns;
  const share = status.phase === 'ended' ? 1
    : Math.max(0, Math.min(1, (status.time_ns - status.window_from_ns) / span));
  setText(byId('progress').querySelector('b'), isKnown(status.iteration)
    ? status.iteration + (run.iterations > 0 ? ' / ' + run.iterations : '') : DASH);
  byId('progress').querySelector('.progress-bar span').style.width = (share || 0) * 100 + '%';
  const ms = isKnown(status.time_ns) && isKnown(run.from_ms) ? run.from_ms + status.time_ns / 1e6
    : null;
  setText(byId('time'), clockText(ms, 0));
  setText(byId('day'), ms === null ? 'Market time' : dayText(ms) + ' UTC');
  byId('time').title = 'Market time' + (isKnown(run.pace) ? ', ' + fixed(run.pace, 0) +
    ' s of it in each second' : ', as fast as possible');
  drawControls(page, status);
}

function drawControls(page, status) {
  const trading = status.trading;
  const can = page.canControl() && status.phase !== 'ended';
  const stopped = trading === 'killed' || trading === 'halted';
  setAction(byId('pause'), trading === 'paused' ? 'resume' : 'pause',
    trading === 'paused' ? 'Resume' : 'Pause', can && (trading === 'quoting' ||
      trading === 'paused'));
  setAction(byId('kill'), stopped ? 'rearm' : 'kill', stopped ? 'Re-arm' : 'Kill',
    can && isKnown(trading));
  byId('kill').classList.toggle('danger', !stopped);
  byId('kill').title = stopped ? 'Quote again' : 'Cancel every order and quote nothing until re-armed';
  byId('pause').title = trading === 'paused' ? 'Quote again'
    : 'Cancel every order and quote nothing until resumed';
  byId('revert').disabled = !can;
}

// The newest request, until half a minute after its end; what this page has just asked comes first.
function drawRequest(page) {
  const [last] = page.state.list('audit').slice(-1);
  const element = byId('request');
  const age = last ? page.feed.ageMs(isKnown(last.done_wall_ms) ? last.done_wall_ms : last.wall_ms)
    : null;
  if (page.saying && clock.now() - page.saying.ms < 6000 && !(last && last.id > page.saying.auditId)) {
    setText(element, page.saying.text);
    setClass(element, 'request num ' + page.saying.kind);
  } else if (last && (last.state === 'working' || last.state === 'accepted' || age < 30000)) {
    const open = isKnown(last.open_orders) && (last.action === 'pause' || last.action === 'kill')
      ? ', ' + last.open_orders + ' open' : '';
    const sign = {done: '✓ ', failed: '✕ ', refused: '✕ '}[last.state] || '… ';
    setText(element, sign + last.action + ' ' + last.state + open);
    element.title = last.text + ' (' + last.who + ')';
    setClass(element, 'request num ' + ({done: 'good', failed: 'bad', refused: 'bad'}[last.state] ||
      'busy'));
  } else {
    setText(element, '');
  }
}

// ---- freshness ----

const LINK_TITLES = {
  connecting: ['… connecting', 'quiet'],
  reconnecting: ['… reconnecting', 'bad'],
  unauthorised: ['✕ token needed', 'bad'],
  version: ['✕ other version', 'bad'],
  record: ['■ record', 'quiet'],
};

function bannerText(page, silence) {
  const {feed} = page;
  const when = isKnown(silence) ? ' Everything below is ' + shortSpan(silence) + ' old.' : '';
  switch (feed.link) {
  case 'closed':
    return 'No connection to the run; trying again in ' +
      shortSpan(Math.max(0, feed.retryAtMs - clock.now())) + '.' + when;
  case 'reconnecting':
    return 'No connection to the run; trying again.' + when;
  case 'unauthorised':
    return 'The run shows itself only to who has its token.';
  case 'version':
    return 'The run speaks another version of the feed than this page; reload it.';
  default:
    return feed.isStale() ? 'The run has not said anything for ' + shortSpan(silence) + '.' + when
      : '';
  }
}

// Everything that depends on the clock alone; a few times a second.
function drawFreshness(page) {
  const {feed} = page;
  const silence = feed.silenceMs();
  const ended = page.state.get('status').phase === 'ended';
  const stale = feed.link !== 'record' && (feed.isStale() || (feed.link !== 'open' &&
    silence !== null));
  if (feed.link === 'open') {
    pill('feed', (stale ? '✕ stale ' : '● ') + shortSpan(silence), stale ? 'bad' : 'good',
      'Since the run last said something');
  } else if (feed.link === 'closed') {
    pill('feed', '✕ offline', 'bad');
  } else {
    pill('feed', ...LINK_TITLES[feed.link]);
  }
  document.body.dataset.feed = stale ? 'stale' : feed.link;
  const text = bannerText(page, silence);
  setText(byId('banner'), text);
  byId('banner').hidden = text === '';
  document.querySelectorAll('[data-age]').forEach(element => {
    const section = element.dataset.age;
    const age = feed.link === 'record' ? null
      : Math.max(silence || 0, feed.ageMs(page.state.get(section).wall_ms) || 0);
    setText(element, ended || feed.link === 'record' ? 'final' : silence === null ? DASH
      : shortSpan(age));
    element.classList.toggle('bad', stale);
  });
  drawRequest(page);
}

// ---- the key figures ----

const TILES = [
  {id: 'net', title: 'Net PnL'},
  {id: 'spread', title: 'Quoted spread'},
  {id: 'inventory', title: 'Inventory', gauge: 'signed'},
  {id: 'rate', title: 'Fills per hour'},
  {id: 'maker', title: 'Maker share'},
  {id: 'latency', title: 'Decision to ack, p50'},
  {id: 'drawdown', title: 'Drawdown', gauge: 'plain'},
  {id: 'verdict', title: 'Verdict'},
];

function buildTiles() {
  for (const spec of TILES) {
    const tile = el('div', {class: 'tile', id: 'tile-' + spec.id},
      el('div', {class: 'tile-title'}, spec.title),
      el('div', {class: 'big num'}, el('span', {class: 'value'}, DASH), el('span', {class: 'unit'})),
      spec.gauge ? el('div', {class: 'gauge ' + spec.gauge, 'aria-hidden': 'true'}, el('span'))
        : null,
      el('div', {class: 'below num'}, DASH));
    byId('tiles').append(tile);
  }
}

function fillTile(id, value, unit, below, kind, title) {
  const tile = byId('tile-' + id);
  setClass(tile, 'tile' + (kind ? ' ' + kind : ''));
  setText(tile.querySelector('.value'), value);
  setText(tile.querySelector('.unit'), value === DASH || !unit ? '' : ' ' + unit);
  setText(tile.querySelector('.below'), below);
  tile.title = title || '';
}

// A signed share fills from the middle.
function fillGauge(id, share, isSigned) {
  const fill = byId('tile-' + id).querySelector('.gauge span');
  const known = isKnown(share) ? Math.max(-1, Math.min(1, share)) : 0;
  const length = Math.abs(known) * (isSigned ? 50 : 100);
  fill.style.left = (isSigned ? known < 0 ? 50 - length : 50 : 0) + '%';
  fill.style.width = length + '%';
  fill.className = Math.abs(known) > 0.9 ? 'high' : Math.abs(known) > 0.7 ? 'raised' : '';
}

function drawMoneyTiles(page) {
  const kpi = page.state.get('kpi');
  const run = page.state.get('run');
  const {units} = page.model;
  const money = value => fixed(moneyOf(value), units.moneyDecimals);
  fillTile('net', signed(moneyOf(kpi.net_quote_e9), units.moneyDecimals), units.money,
    withUnit(signed(kpi.net_bps, 2), 'bps') + ' · window ' + signed(moneyOf(kpi.window_net_quote_e9),
      units.moneyDecimals), signKind(kpi.net_quote_e9),
    'Since the start, of the traded value; in the present window');
  const share = isKnown(kpi.drawdown_share) ? kpi.drawdown_share : kpi.loss_share;
  fillTile('drawdown', money(kpi.drawdown_quote_e9), units.money,
    isKnown(kpi.drawdown_share) ? percent(kpi.drawdown_share, 0) + ' of ' +
      money(run.loss_from_peak_quote_e9) : isKnown(kpi.loss_share)
      ? percent(kpi.loss_share, 0) + ' of the loss limit' : isKnown(kpi.drawdown_quote_e9)
        ? 'no limit is set' : DASH,
    share > 0.7 ? 'bad' : '', 'Below the highest equity');
  fillGauge('drawdown', share, false);
}

function drawTiles(page) {
  const kpi = page.state.get('kpi');
  const run = page.state.get('run');
  const {units} = page.model;
  drawMoneyTiles(page);
  fillTile('spread', fixed(kpi.quoted_spread_bps, 2), 'bps',
    'market ' + withUnit(fixed(kpi.market_spread_bps, 2), 'bps'), '',
    'Between our best quotes; between those of others');
  const lots = value => isKnown(value) ? value * units.lot : null;
  const limit = ' of ±' + fixed(lots(run.position_limit_lots), units.quantityDecimals);
  fillTile('inventory', signed(lots(kpi.position_lots), units.quantityDecimals), units.quantity,
    percent(kpi.position_share, 0) + (kpi.funding_quote_e9 ? ' · funding ' +
      signed(-moneyOf(kpi.funding_quote_e9), units.moneyDecimals) : limit),
    Math.abs(kpi.position_share) > 0.9 ? 'bad' : '',
    'Share' + limit + '; where there is funding, what it has brought');
  fillGauge('inventory', kpi.position_share, true);
  fillTile('rate', fixed(kpi.fills_per_hour, 0), '', withUnit(fixed(kpi.fills, 0), 'fills') +
    ' · window ' + fixed(kpi.window_fills, 0));
  const traded = moneyOf(kpi.notional_quote_e9);
  fillTile('maker', percent(kpi.maker_share, 1), '', 'of ' + withUnit(fixed(traded,
    isKnown(traded) ? Math.max(0, decimalsFor(traded) - 2) : 0), units.money));
  fillTile('latency', latencyText(kpi.latency_p50_ns), 'ms', 'p99 ' +
    withUnit(latencyText(kpi.latency_p99_ns), 'ms'));
  drawVerdict(page);
}

// The run's verdict, and those of its newest windows, oldest first.
function drawVerdict(page) {
  const status = page.state.get('status');
  const verdict = status.verdict;
  const tile = byId('tile-verdict');
  fillTile('verdict', verdictText(verdict), '', '', verdictKind(verdict), status.verdict_text);
  tile.querySelector('.below').replaceChildren(...page.state.list('iterations').slice(-14)
    .map(each => el('i', {class: verdictKind(each.verdict), title: 'Iteration ' + each.iteration +
      ': ' + each.verdict}, VERDICT_SIGNS[each.verdict].slice(0, 1))));
  if (page.state.list('iterations').length === 0) {
    setText(tile.querySelector('.below'), 'no window has ended yet');
  }
}
