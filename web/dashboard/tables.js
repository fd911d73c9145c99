// Fills, orders, log, configuration, latency and the process.
'use strict';

const FILLS_SHOWN = 100;
const ORDERS_SHOWN = 50;
const LOG_SHOWN = 200;
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'];

function moneyOf(value) {
  return isKnown(value) ? value / 1e9 : null;
}

function sideText(side) {
  return side === 'buy' ? '▲ buy' : '▼ sell';
}

function newestFirst(list, count) {
  return list.slice(-count).reverse();
}

function marketClock(page, ns) {
  const from = page.state.get('run').from_ms;
  return isKnown(ns) && isKnown(from) ? clockText(from + ns / 1e6, 0) : DASH;
}

// ---- fills ----

function bpsCell(value, pending) {
  return {text: signed(value, MARKOUT_DECIMALS), kind: signKind(value),
    title: isKnown(value) ? '' : pending};
}

function fillCells(page, fill) {
  const {units} = page.model;
  return [
    {text: marketClock(page, fill.time_ns), press: () => page.showFill(fill.number),
      title: 'Show in the charts'},
    {text: sideText(fill.side), kind: 'side ' + fill.side,
      title: (fill.maker ? 'maker' : 'taker') + ', ' + words(fill.rule)},
    fixed(fill.price_ticks * units.tick, units.priceDecimals),
    fixed(fill.qty_lots * units.lot, units.quantityDecimals),
    bpsCell(fill.edge_bps, 'No mid was known'),
    ...fill.markout_bps.map((value, index) => bpsCell(value, 'Not known, or less than ' +
      MARKOUT_NAMES[index] + ' ago')),
  ];
}

function buildFills(page) {
  page.fillRows = new Rows(byId('fills-body'), [
    {title: 'Time'}, {title: 'Side'}, {title: 'Price', number: true}, {title: 'Qty', number: true},
    {title: 'Edge', number: true, what: 'Worth at the mid of its moment, against its price, in bps'},
    ...MARKOUT_NAMES.map(name => ({title: name, number: true,
      what: 'Markout: worth at the mid ' + name + ' later, against its price, in bps'})),
  ], fill => fill.number, fill => fillCells(page, fill), 'No fills yet.');
}

// What the listed fills were worth on average, by their quantity.
function meanMarkout(fills, pick) {
  let sum = 0;
  let weight = 0;
  for (const fill of fills) {
    const value = pick(fill);
    if (isKnown(value)) {
      sum += value * fill.qty_lots;
      weight += fill.qty_lots;
    }
  }
  return weight > 0 ? sum / weight : null;
}

function drawFills(page) {
  const fills = newestFirst(page.state.list('fills'), FILLS_SHOWN);
  page.fillRows.show(fills);
  const means = MARKOUT_NAMES.map((name, index) =>
    signed(meanMarkout(fills, fill => fill.markout_bps[index]), MARKOUT_DECIMALS));
  setText(byId('fills-note'), fills.length === 0 ? '' : 'mean of ' + fills.length + ': ' +
    means.join(' / ') + ' bps');
}

// ---- orders ----

function buildOrders(page) {
  page.openRows = new Rows(byId('open-orders'), [
    {title: 'Open'}, {title: 'Level', number: true}, {title: 'Price', number: true},
    {title: 'Qty', number: true}, {title: 'Ahead', number: true}, {title: 'State'},
    {title: 'Why not', wide: true},
  ], quote => quote.side + quote.level, quote => openCells(page, quote), 'No levels are configured.');
  page.orderRows = new Rows(byId('ended-orders'), [
    {title: 'Ended'}, {title: 'Side'}, {title: 'Price', number: true},
    {title: 'Qty', number: true, what: 'Filled of what was asked'}, {title: 'Moved', number: true},
    {title: 'Life', number: true}, {title: 'How it ended', wide: true},
  ], order => order.number, order => orderCells(page, order), 'No order has ended yet.');
}

function openCells(page, quote) {
  const {units} = page.model;
  const quantity = lots => isKnown(lots) ? fixed(lots * units.lot, units.quantityDecimals) : DASH;
  const price = isKnown(quote.price_ticks) ? quote.price_ticks : quote.wanted_price_ticks;
  return [
    {text: sideText(quote.side), kind: 'side ' + quote.side, title: isKnown(quote.order_id)
      ? 'Order ' + quote.order_id : ''},
    String(quote.level),
    {text: isKnown(price) ? fixed(price * units.tick, units.priceDecimals) : DASH,
      kind: isKnown(quote.price_ticks) ? '' : 'muted'},
    quantity(quote.qty_lots),
    quantity(quote.queue_ahead_lots),
    {text: words(quote.state), kind: quote.state === 'unknown' ? 'bad' : ''},
    {text: quote.code === 'ok' ? '' : words(quote.code) + (quote.text ? ': ' + quote.text : ''),
      title: quote.text},
  ];
}

function orderCells(page, order) {
  const {units} = page.model;
  const quantity = lots => fixed(lots * units.lot, units.quantityDecimals);
  return [
    {text: marketClock(page, order.ended_ns), title: 'Order ' + order.order_id},
    {text: sideText(order.side), kind: 'side ' + order.side},
    fixed(order.price_ticks * units.tick, units.priceDecimals),
    quantity(order.qty_lots - order.leaves_lots) + ' / ' + quantity(order.qty_lots),
    fixed(order.amends, 0),
    shortSpan((order.ended_ns - order.placed_ns) / 1e6),
    {text: [words(order.status), orderReason(order.reason)].filter(Boolean).join(': '),
      kind: order.status === 'rejected' ? 'bad' : ''},
  ];
}

function drawOrders(page) {
  page.openRows.show(page.state.get('quotes').quotes || []);
  page.orderRows.show(newestFirst(page.state.list('orders'), ORDERS_SHOWN));
}

// ---- log ----

function buildLog(page) {
  page.logRows = new Rows(byId('log'), [{title: 'Time'}, {title: 'Event', wide: true}],
    line => line.number, line => [
      {text: clockText(line.wall_ms, 0), kind: 'num', title: isKnown(line.wall_ms)
        ? dayText(line.wall_ms) + ' ' + clockText(line.wall_ms, 3) + ' UTC' : ''},
      {text: (line.level === 'warn' ? '! ' : line.level === 'error' ? '✕ ' : '') + line.event +
        (line.text ? ' ' + line.text : ''), kind: 'level ' + line.level}],
    'Nothing has been logged.');
  byId('log-level').addEventListener('change', () => page.dirty('log'));
}

function drawLog(page) {
  const least = LOG_LEVELS.indexOf(byId('log-level').value);
  const lines = page.state.list('log').filter(line => LOG_LEVELS.indexOf(line.level) >= least);
  page.logRows.show(newestFirst(lines, LOG_SHOWN));
}

// ---- configuration ----

function buildConfig(page) {
  page.paramRows = new Rows(byId('params'), [
    {title: 'Parameter'}, {title: 'Value', number: true}, {title: 'Start', number: true},
    {title: 'Bounds', number: true}, {title: 'Unit'}, {title: 'Source', wide: true},
  ], param => param.key, paramCells, 'Not known.');
  page.gateRows = new Rows(byId('gate'), [
    {title: 'KPI'}, {title: ''}, {title: 'Soft: warn', number: true},
    {title: 'Hard: fail', number: true},
  ], level => level.kpi, level => [{text: level.kpi, kind: 'code'}, level.at_least ? 'at least'
    : 'at most', isKnown(level.soft) ? String(level.soft) : DASH,
  isKnown(level.hard) ? String(level.hard) : DASH], 'Not known.');
  page.settingRows = new Rows(byId('settings'), [
    {title: 'Setting'}, {title: 'Value', wide: true}, {title: 'Source'},
  ], setting => setting.section + ' ' + setting.name, setting => [
    {text: setting.name, kind: 'code', title: setting.section},
    setting.value + (setting.unit ? ' ' + setting.unit : ''), setting.source], 'Not known.');
}

function paramCells(param) {
  const holds = [param.pinned ? 'pinned' : '', param.frozen ? 'frozen' : '',
    isKnown(param.held_until) ? 'held until ' + param.held_until : ''].filter(Boolean);
  return [
    {text: param.key, kind: 'code', title: param.what},
    {text: String(param.value), kind: param.value === param.start ? '' : 'strong'},
    String(param.start),
    param.live_min + ' – ' + param.live_max,
    param.unit,
    [param.source, ...holds].join(', '),
  ];
}

function drawConfig(page) {
  page.paramRows.show(page.state.get('params').params || []);
  page.gateRows.show(page.state.get('gate').levels || []);
  page.settingRows.show(page.state.get('config').settings || []);
}

// ---- latency ----

const STAGE_TITLES = {feed: 'feed: exchange to us', place: 'place: decision to ack',
  amend: 'amend: decision to ack', cancel: 'cancel: decision to ack', fill: 'fill: exchange to us'};

function buildLatency(page) {
  page.stage = 'amend';
  page.stageRows = new Rows(byId('stages'), [
    {title: 'Stage'}, {title: 'Count', number: true}, {title: 'p50', unit: 'ms', number: true},
    {title: 'p90', number: true}, {title: 'p99', number: true}, {title: 'max', number: true},
  ], stage => stage.stage, stage => [
    {text: STAGE_TITLES[stage.stage] || stage.stage, kind: stage.stage === page.stage ? 'strong' : '',
      title: 'Show its histogram', press: () => {
        page.stage = stage.stage;
        page.stageRows.show(page.state.get('latency').stages || [], true);
        drawHistogram(page);
      }},
    fixed(stage.count, 0), ...[stage.p50_ns, stage.p90_ns, stage.p99_ns, stage.max_ns]
      .map(latencyText)], 'Nothing has been measured yet.');
}

function drawLatency(page) {
  page.stageRows.show(page.state.get('latency').stages || [], true);
  drawHistogram(page);
}

// The buckets between the first and the last that hold something.
function drawHistogram(page) {
  const buckets = page.state.get('latency').buckets || {};
  const counts = buckets[page.stage] || [];
  const first = counts.findIndex(count => count > 0);
  if (first < 0) {
    byId('histogram').replaceChildren(el('p', {class: 'empty-text'}, 'Nothing has been measured yet.'));
    return;
  }
  const last = counts.length - 1 - counts.slice().reverse().findIndex(count => count > 0);
  const most = Math.max(...counts);
  const bars = [];
  for (let i = first; i <= last; i++) {
    const upper = i < buckets.upper_ns.length ? latencyText(buckets.upper_ns[i]) : '∞';
    bars.push(el('span', {class: 'histogram-bar', title: fixed(counts[i], 0) + ' up to ' + upper +
      ' ms'}, el('i', {style: 'height:' + counts[i] / most * 100 + '%'}), el('b', {class: 'num'},
      upper)));
  }
  byId('histogram').replaceChildren(...bars);
}

// ---- the process ----

function bytesText(bytes) {
  if (!isKnown(bytes)) {
    return DASH;
  }
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(4, bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0);
  return fixed(bytes / 1000 ** power, power === 0 ? 0 : 1) + ' ' + units[power];
}

function sumOf(counts) {
  return counts ? Object.values(counts).reduce((sum, count) => sum + count, 0) : null;
}

function facts(page) {
  const process = page.state.get('process');
  const artifacts = page.state.get('artifacts');
  const counters = page.state.get('counters');
  const status = page.state.get('status');
  const count = value => fixed(value, 0);
  return [
    ['Orders placed', count(counters.placed)], ['Orders amended', count(counters.amended)],
    ['Orders cancelled', count(counters.cancelled)], ['Orders rejected', count(counters.rejected)],
    ['Orders unknown', count(counters.unknown)], ['Risk refused', count(sumOf(counters.risk_refused))],
    ['Risk reduced', count(sumOf(counters.risk_reduced))], ['Blocked', count(sumOf(counters.blocked))],
    ['Events', count(status.event_count)], ['Events / s', count(status.events_per_second)],
    ['Memory', bytesText(process.resident_bytes)], ['Open files', count(process.open_files)],
    ['Processor', isKnown(process.cpu_seconds) ? shortSpan(process.cpu_seconds * 1000) : DASH],
    ['Uptime', isKnown(process.uptime_seconds) ? shortSpan(process.uptime_seconds * 1000) : DASH],
    ['Server late', withUnit(latencyText(process.loop_lag_ns), 'ms')],
    ['Clients', count(process.clients)], ['Frames dropped', count(process.frames_dropped)],
    ['Refused', count(process.requests_refused)],
    ['Lost to the page', count(sumOf(counters.lost))],
    ['Artifacts', bytesText(artifacts.bytes)], ['Disk free', bytesText(artifacts.disk_free_bytes)],
    ['Snapshots', count(artifacts.snapshots)],
  ];
}

function buildSystem(page) {
  page.auditRows = new Rows(byId('audit'), [
    {title: 'Time'}, {title: 'Who'}, {title: 'Request'}, {title: 'State'},
    {title: '', wide: true},
  ], entry => entry.id, entry => [
    {text: clockText(entry.wall_ms, 0), kind: 'num'}, entry.who, entry.action,
    {text: entry.state, kind: {done: 'good', failed: 'bad', refused: 'bad'}[entry.state]},
    entry.text], 'Nobody has asked for anything.');
  byId('licence-open').addEventListener('click', () => page.showLicence());
}

function drawSystem(page) {
  byId('system').replaceChildren(...facts(page).map(([name, text]) => el('div', {},
    el('span', {class: 'muted'}, name), el('b', {class: 'num'}, text))));
  page.auditRows.show(newestFirst(page.state.list('audit'), 50));
}
