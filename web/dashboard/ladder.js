// The book with our own quotes in it, and for each side whether it is quoted and if not why.
'use strict';

const ROW_HEIGHT = 20; // at least
const HEAD_HEIGHT = 22;
const LADDER_ROWS_MIN = 3; // a side
const STATE_TITLES = {pending_place: 'placing', pending_amend: 'moving', pending_cancel: 'leaving',
  unknown: 'unknown'};

function buildLadder(page) {
  page.ladder = {rows: [], space: 0};
  byId('ladder-body').append(el('table', {class: 'book num'}, el('thead', {}, el('tr', {},
    el('th', {class: 'num', scope: 'col'}, 'Price'),
    el('th', {class: 'num', scope: 'col', title: 'Quantity of others'}, 'Others'),
    el('th', {class: 'num', scope: 'col', title: 'What is open of ours'}, 'Ours'),
    el('th', {class: 'num', scope: 'col', title: 'Estimate of what is before ours at its price'},
      'Ahead'),
    el('th', {class: 'num', scope: 'col', title: 'Since our order is at its price'}, 'Age'))),
  el('tbody')));
  page.ladder.body = byId('ladder-body').querySelector('tbody');
  // Asking for the height while drawing would make the browser lay out the page each time.
  new ResizeObserver(([entry]) => {
    page.ladder.space = entry.contentRect.height;
    page.dirty('ladder');
  }).observe(byId('ladder-body'));
}

// One side's levels from the touch outwards with our quotes put in: {price, lots, quote}.
function sideLevels(levels, quotes) {
  const out = (levels || []).map(([price, lots]) => ({price: price, lots: lots, quote: null}));
  for (const quote of quotes) {
    const at = out.find(level => level.price === quote.price_ticks);
    if (at) {
      at.quote = quote;
    } else {
      out.push({price: quote.price_ticks, lots: null, quote: quote});
    }
  }
  return out;
}

// The nearest levels; one with a quote of ours takes the place of the last one without.
function nearest(levels, count) {
  const kept = levels.slice(0, count);
  const beyond = levels.slice(count).filter(level => level.quote);
  for (let i = kept.length - 1; i >= 0 && beyond.length > 0; i--) {
    if (!kept[i].quote) {
      kept.splice(i, 1);
      kept.push(beyond.shift());
    }
  }
  return kept;
}

function ladderLevels(page, side, count) {
  const ladder = page.state.get('ladder');
  const quotes = (page.state.get('quotes').quotes || [])
    .filter(quote => quote.side === side && isKnown(quote.price_ticks));
  const buy = side === 'buy';
  const levels = sideLevels(buy ? ladder.bids : ladder.asks, quotes);
  levels.sort((a, b) => buy ? b.price - a.price : a.price - b.price);
  return nearest(levels, count);
}

function ladderRow(page, index) {
  const {rows, body} = page.ladder;
  while (rows.length <= index) {
    const cells = [1, 2, 3, 4, 5].map(() => el('td', {class: 'num'}));
    const depth = el('span', {class: 'depth', 'aria-hidden': 'true'});
    const lots = el('span');
    cells[1].append(depth, lots);
    const tr = el('tr', {}, ...cells);
    body.append(tr);
    rows.push({tr: tr, cells: cells, depth: depth, lots: lots});
  }
  return rows[index];
}

function fillLevel(page, row, side, level, most) {
  const {units} = page.model;
  const quote = level.quote;
  const now = page.state.get('status').time_ns;
  setClass(row.tr, side + (quote ? ' own' : ''));
  const quantity = lots => isKnown(lots) ? fixed(lots * units.lot, units.quantityDecimals) : DASH;
  setText(row.cells[0], fixed(level.price * units.tick, units.priceDecimals));
  setText(row.lots, quantity(level.lots));
  row.depth.style.width = (most > 0 ? (level.lots || 0) / most * 100 : 0) + '%';
  const state = quote && STATE_TITLES[quote.state];
  setText(row.cells[2], quote ? (side === 'buy' ? '▲ ' : '▼ ') + quantity(quote.qty_lots) : '');
  setText(row.cells[3], quote ? quantity(quote.queue_ahead_lots) : '');
  setText(row.cells[4], !quote ? '' : state || shortSpan(isKnown(quote.quoted_ns)
    ? Math.max(0, now - quote.quoted_ns) / 1e6 : null));
  setClass(row.cells[4], 'num' + (quote && quote.state === 'unknown' ? ' bad' : ''));
}

function fillMiddle(page, row) {
  const {units} = page.model;
  const ladder = page.state.get('ladder');
  const half = value => isKnown(value) ? value * units.tick / 2 : null;
  const lean = isKnown(ladder.fair_half_ticks) && isKnown(ladder.mid_half_ticks)
    ? (ladder.fair_half_ticks - ladder.mid_half_ticks) / ladder.mid_half_ticks * 1e4 : null;
  setClass(row.tr, 'middle');
  setText(row.cells[0], fixed(half(ladder.mid_half_ticks), units.midDecimals));
  setText(row.lots, 'mid');
  row.depth.style.width = '0';
  setText(row.cells[2], '');
  setText(row.cells[3], 'fair');
  setText(row.cells[4], signed(lean, 2));
  row.cells[4].title = 'Fair value against the mid, in bps';
}

function drawLadder(page) {
  const rows = Math.floor((page.ladder.space - HEAD_HEIGHT) / ROW_HEIGHT);
  const count = Math.max(LADDER_ROWS_MIN, Math.min(12, Math.floor((rows - 1) / 2)));
  const asks = ladderLevels(page, 'sell', count).reverse();
  const bids = ladderLevels(page, 'buy', count);
  const most = Math.max(0, ...asks.concat(bids).map(level => level.lots || 0));
  const shown = [];
  for (let i = asks.length; i < count; i++) {
    shown.push(null);
  }
  asks.forEach(level => shown.push({side: 'sell', level: level}));
  shown.push('middle');
  bids.forEach(level => shown.push({side: 'buy', level: level}));
  while (shown.length < 2 * count + 1) {
    shown.push(null);
  }
  shown.forEach((each, index) => {
    const row = ladderRow(page, index);
    row.tr.hidden = false;
    if (each === 'middle') {
      fillMiddle(page, row);
    } else if (each === null) {
      setClass(row.tr, 'blank');
      [row.cells[0], row.lots, ...row.cells.slice(2)].forEach(cell => setText(cell, ''));
      row.depth.style.width = '0';
    } else {
      fillLevel(page, row, each.side, each.level, most);
    }
  });
  page.ladder.rows.slice(shown.length).forEach(row => {
    row.tr.hidden = true;
  });
  setText(byId('ladder-unit'), page.model.units.price + ' · ' + page.model.units.quantity);
}

function drawWhy(page) {
  const status = page.state.get('status');
  const ended = status.phase === 'ended';
  for (const name of ['buy', 'sell']) {
    const side = (status.sides || []).find(each => each.side === name);
    const element = byId('why-' + name);
    const sign = name === 'buy' ? '▲ Buy' : '▼ Sell';
    const since = side && isKnown(side.since_ns)
      ? shortSpan(Math.max(0, status.time_ns - side.since_ns) / 1e6) : DASH;
    const state = !side || ended ? '' : side.quoting ? 'good' : 'bad';
    setClass(element, 'why ' + name + ' ' + state);
    const head = !side ? DASH : ended ? 'run ended' : side.quoting ? '● quoting'
      : '✕ not quoting: ' + words(side.code);
    const text = side && !side.quoting && !ended ? side.text || status.trading_text || '' : '';
    if (element.dataset.shown !== sign + head + since + text) {
      element.dataset.shown = sign + head + since + text;
      element.title = text;
      element.replaceChildren(el('b', {class: 'side ' + name}, sign), ' ',
        el('span', {class: 'why-state'}, head), el('span', {class: 'num since'}, ended ? '' : since),
        el('span', {class: 'why-text'}, text));
    }
  }
}
