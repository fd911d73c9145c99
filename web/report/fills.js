// Fills on the price chart and in their table. A buy is a triangle that points up and hangs below
// its price, a sell one that points down and stands above it; a taker's is hollow.
'use strict';

const FILLS_PER_PAGE = 100;
const HIT_DISTANCE = 12;
const MARK_SPACING = 7; // pixels

const fillsState = {marks: [], selected: null, page: 0, sort: null, descending: false};

function marksIn(model, view) {
  const source = model.sums.length > 0 ? model.sums : model.fills;
  return source.filter(mark => mark.ms >= view.from && mark.ms <= view.to);
}

// The marks of the window, one by one or, when they would cover the prices, summed over slots.
function visibleMarks(model, view, slots) {
  const inside = marksIn(model, view);
  return inside.length > slots ? sumMarks(inside, view, slots) : inside;
}

function sumMarks(marks, view, slots) {
  const width = (view.to - view.from) / slots;
  const sums = new Map();
  for (const mark of marks) {
    const slot = Math.floor((mark.ms - view.from) / width);
    const key = mark.side + slot;
    if (sums.has(key)) {
      sums.set(key, joinMarks(sums.get(key), mark));
    } else {
      sums.set(key, mark);
    }
  }
  return [...sums.values()];
}

// Two marks of one side as one: a sum with the mean price, in the middle of its time.
function joinMarks(a, b) {
  const quantity = a.quantity + b.quantity;
  const fromMs = a.fromMs === undefined ? a.ms : a.fromMs;
  const toMs = b.toMs === undefined ? b.ms : b.toMs;
  return {
    side: a.side,
    count: (a.count || 1) + (b.count || 1),
    fromMs: fromMs,
    toMs: toMs,
    ms: (fromMs + toMs) / 2,
    price: (a.price * a.quantity + b.price * b.quantity) / quantity,
    quantity: quantity,
    maker: true,
  };
}

function triangle(context, x, y, size, up) {
  const tip = up ? y + 2 : y - 2;
  const base = up ? tip + size * 1.5 : tip - size * 1.5;
  context.beginPath();
  context.moveTo(x, tip);
  context.lineTo(x - size, base);
  context.lineTo(x + size, base);
  context.closePath();
}

function markSize(mark, count, largest) {
  if (mark.count) {
    return 2.5 + 3 * Math.sqrt(mark.quantity / largest);
  }
  return count > 100 ? 4 : 5.5;
}

// Sizes the canvas to its element in device pixels and clears it.
function freshContext(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = width + 'px';
  canvas.style.height = height + 'px';
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

function paintFills(chart) {
  const graph = chart.graph;
  const area = graph.getArea();
  const context = freshContext(chart.marks, chart.plot.clientWidth, chart.plot.clientHeight);
  const colors = {buy: cssColor('--bid'), sell: cssColor('--ask')};
  const paper = cssColor('--card');
  const [from, to] = graph.xAxisRange();
  const marks = visibleMarks(chart.model, {from: from, to: to},
    Math.floor(area.w / MARK_SPACING));
  const largest = marks.reduce((most, mark) => Math.max(most, mark.quantity), 0);
  context.beginPath();
  context.rect(area.x, area.y, area.w, area.h);
  context.clip();
  context.lineWidth = 1;
  fillsState.marks = marks.map(mark => {
    const x = graph.toDomXCoord(mark.ms);
    const y = graph.toDomYCoord(mark.price, 0);
    triangle(context, x, y, markSize(mark, marks.length, largest), mark.side === 'buy');
    context.fillStyle = mark.maker ? colors[mark.side] : paper;
    context.strokeStyle = mark.maker ? paper : colors[mark.side];
    context.fill();
    context.stroke();
    return {mark: mark, x: x, y: y};
  });
  const selected = fillsState.marks.find(each => each.mark === fillsState.selected);
  if (selected) {
    context.lineWidth = 2;
    context.strokeStyle = cssColor('--focus');
    context.beginPath();
    context.arc(selected.x, selected.y, 11, 0, 2 * Math.PI);
    context.stroke();
  }
}

function markNear(x, y) {
  let best = null;
  let bestDistance = HIT_DISTANCE;
  for (const each of fillsState.marks) {
    const distance = Math.hypot(each.x - x, each.y + (each.mark.side === 'buy' ? 6 : -6) - y);
    if (distance < bestDistance) {
      best = each;
      bestDistance = distance;
    }
  }
  return best;
}

function sideBadge(side) {
  return el('span', {class: 'side ' + side}, side === 'buy' ? '▲ buy' : '▼ sell');
}

function withUnit(text, unit) {
  return text === DASH ? text : text + ' ' + unit;
}

function horizonText(model) {
  return spanText(model.report.run.markout_ns / 1e6);
}

function fillLines(model, fill) {
  const units = model.units;
  const queue = fixed(fill.arrival, units.quantityDecimals) + ' → ' +
    fixed(fill.ahead, units.quantityDecimals);
  return [
    ['Time', dayText(fill.ms) + ' ' + clockText(fill.ms, 6) + ' UTC'],
    ['Price', fixed(fill.price, units.priceDecimals) + ' ' + units.price],
    ['Quantity', fixed(fill.quantity, units.quantityDecimals) + ' ' + units.quantity],
    ['Role', fill.maker ? 'maker' : 'taker'],
    ['Mid', withUnit(fixed(fill.mid, units.midDecimals), units.price)],
    ['Edge at the fill', withUnit(signed(fill.edge, BPS_DECIMALS), 'bps')],
    ['Markout ' + horizonText(model), withUnit(signed(fill.markout, BPS_DECIMALS), 'bps')],
    ['Fee', withUnit(signed(fill.fee, units.moneyDecimals), units.money)],
    ['Position after', signed(fill.position, units.quantityDecimals) + ' ' + units.quantity],
    ['Why', fill.rule.replace(/_/g, ' ')],
    ['Queue ahead', Number.isNaN(fill.arrival) ? DASH : queue + ' ' + units.quantity],
    ['Event, order', '#' + fill.event + ', ' + fill.order],
  ];
}

function sumLines(model, sum) {
  const units = model.units;
  return [
    ['Time', clockText(sum.fromMs, 1) + ' – ' + clockText(sum.toMs, 1) + ' UTC'],
    ['Fills', fixed(sum.count, 0)],
    ['Quantity', fixed(sum.quantity, units.quantityDecimals) + ' ' + units.quantity],
    ['Mean price', fixed(sum.price, units.priceDecimals + 1) + ' ' + units.price],
  ];
}

function showTip(model, mark, x, y) {
  const tip = byId('tip');
  const title = mark.count ? 'Fills of ' + spanText(mark.toMs - mark.fromMs)
    : 'Fill ' + (mark.number + 1);
  const lines = mark.count ? sumLines(model, mark) : fillLines(model, mark);
  tip.replaceChildren(el('h3', {}, sideBadge(mark.side), ' ' + title),
    el('dl', {class: 'num'}, ...lines.flatMap(([name, text]) => [el('dt', {}, name),
      el('dd', {}, text)])));
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const right = x + 16 + box.width > window.innerWidth - 8;
  const left = right ? Math.max(8, x - 16 - box.width) : x + 16;
  tip.style.left = left + 'px';
  tip.style.top = Math.max(8, Math.min(y - 20, window.innerHeight - box.height - 8)) + 'px';
}

function hideTip() {
  byId('tip').hidden = true;
}

// ---- the table ----

const FILL_COLUMNS = [
  {key: 'number', title: '#', number: true},
  {key: 'ms', title: 'Time', unit: 'UTC', number: true},
  {key: 'side', title: 'Side'},
  {key: 'price', title: 'Price', unitOf: 'price', number: true},
  {key: 'quantity', title: 'Quantity', unitOf: 'quantity', number: true},
  {key: 'maker', title: 'Role'},
  {key: 'mid', title: 'Mid', unitOf: 'price', number: true},
  {key: 'edge', title: 'Edge', unit: 'bps', number: true},
  {key: 'markout', title: 'Markout', unit: 'bps', number: true},
  {key: 'fee', title: 'Fee', unitOf: 'money', number: true},
  {key: 'position', title: 'Position', unitOf: 'quantity', number: true},
  {key: 'rule', title: 'Why'},
  {key: 'arrival', title: 'Ahead at arrival', unitOf: 'quantity', number: true},
  {key: 'ahead', title: 'at fill', unitOf: 'quantity', number: true},
  {key: 'event', title: 'Event', number: true},
  {key: 'order', title: 'Order', number: true},
];

function fillCell(model, fill, key, choose) {
  const units = model.units;
  switch (key) {
  case 'number': {
    const button = el('button', {type: 'button', class: 'link', title: 'Show in the charts'},
      String(fill.number + 1));
    button.addEventListener('click', () => choose(fill));
    return button;
  }
  case 'ms':
    return clockText(fill.ms, 6);
  case 'side':
    return sideBadge(fill.side);
  case 'maker':
    return fill.maker ? 'maker' : 'taker';
  case 'price':
    return fixed(fill.price, units.priceDecimals);
  case 'mid':
    return fixed(fill.mid, units.midDecimals);
  case 'quantity':
  case 'arrival':
  case 'ahead':
    return fixed(fill[key], units.quantityDecimals);
  case 'position':
    return signed(fill.position, units.quantityDecimals);
  case 'fee':
    return signed(fill.fee, units.moneyDecimals);
  case 'rule':
    return fill.rule.replace(/_/g, ' ');
  case 'edge':
  case 'markout':
    return signed(fill[key], BPS_DECIMALS);
  default:
    return String(fill[key]);
  }
}

// What is not known comes last, whichever way the column is sorted.
function compareFills(a, b) {
  const left = a[fillsState.sort];
  const right = b[fillsState.sort];
  const unknown = Number(Number.isNaN(left)) - Number(Number.isNaN(right));
  if (unknown !== 0) {
    return unknown;
  }
  const order = left < right ? -1 : left > right ? 1 : a.number - b.number;
  return fillsState.descending ? -order : order;
}

function listedFills(model, view) {
  const inView = byId('fills-in-view').checked;
  const fills = inView ? model.fills.filter(fill => fill.ms >= view.from && fill.ms <= view.to)
    : model.fills;
  return fillsState.sort === null ? fills : fills.slice().sort(compareFills);
}

function sortButton(column, redraw) {
  const button = el('button', {type: 'button', class: 'link', title: 'Sort'}, column.title);
  button.addEventListener('click', () => {
    fillsState.descending = fillsState.sort === column.key && !fillsState.descending;
    fillsState.sort = column.key;
    fillsState.page = 0;
    redraw();
  });
  return button;
}

function pageButtons(count, redraw) {
  const pages = Math.max(1, Math.ceil(count / FILLS_PER_PAGE));
  fillsState.page = Math.min(fillsState.page, pages - 1);
  const turn = (text, label, step) => {
    const page = fillsState.page + step;
    const button = el('button', {type: 'button', class: 'button', 'aria-label': label,
      disabled: page < 0 || page >= pages}, text);
    button.addEventListener('click', () => {
      fillsState.page = page;
      redraw();
    });
    return button;
  };
  byId('fills-pages').replaceChildren(turn('◀', 'Previous page', -1),
    el('span', {class: 'num'}, (fillsState.page + 1) + ' / ' + pages), turn('▶', 'Next page', 1));
}

function drawFillTable(model, view, choose) {
  const redraw = () => drawFillTable(model, view, choose);
  const fills = listedFills(model, view);
  pageButtons(fills.length, redraw);
  const first = fillsState.page * FILLS_PER_PAGE;
  const columns = FILL_COLUMNS.map(column => ({
    title: sortButton(column, redraw),
    unit: column.unitOf ? model.units[column.unitOf] : column.unit,
    number: column.number,
  }));
  const rows = fills.slice(first, first + FILLS_PER_PAGE).map(fill =>
    FILL_COLUMNS.map(column => fillCell(model, fill, column.key, choose)));
  const drawn = table(columns, rows);
  drawn.querySelectorAll('thead th').forEach((head, index) => {
    if (FILL_COLUMNS[index].key === fillsState.sort) {
      head.setAttribute('aria-sort', fillsState.descending ? 'descending' : 'ascending');
    }
  });
  byId('fills').replaceChildren(fills.length > 0 ? drawn : el('p', {class: 'muted'}, 'No fills.'));
  const every = model.report.fills.listed_every;
  byId('fills-note').textContent = 'Edge and markout: what the fill was worth at the mid of its ' +
    'moment and ' + horizonText(model) + ' later, against its price.' + (every > 1 ?
    ' One fill of ' + every + ' is listed, of ' + fixed(model.report.fills.count, 0) +
    '; the charts show sums over spans of time.' : '');
}
