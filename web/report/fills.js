// The fills, one by one: what the charts tell of each, and their table.
'use strict';

const FILLS_PER_PAGE = 100;

const fillTable = {page: 0, sort: null, descending: false};

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
  const left = a[fillTable.sort];
  const right = b[fillTable.sort];
  const unknown = Number(Number.isNaN(left)) - Number(Number.isNaN(right));
  if (unknown !== 0) {
    return unknown;
  }
  const order = left < right ? -1 : left > right ? 1 : a.number - b.number;
  return fillTable.descending ? -order : order;
}

function listedFills(model, view) {
  const inView = byId('fills-in-view').checked;
  const fills = inView ? model.fills.filter(fill => fill.ms >= view.from && fill.ms <= view.to)
    : model.fills;
  return fillTable.sort === null ? fills : fills.slice().sort(compareFills);
}

function sortButton(column, redraw) {
  const button = el('button', {type: 'button', class: 'link', title: 'Sort'}, column.title);
  button.addEventListener('click', () => {
    fillTable.descending = fillTable.sort === column.key && !fillTable.descending;
    fillTable.sort = column.key;
    fillTable.page = 0;
    redraw();
  });
  return button;
}

function pageButtons(count, redraw) {
  const pages = Math.max(1, Math.ceil(count / FILLS_PER_PAGE));
  fillTable.page = Math.min(fillTable.page, pages - 1);
  const turn = (text, label, step) => {
    const page = fillTable.page + step;
    const button = el('button', {type: 'button', class: 'button', 'aria-label': label,
      disabled: page < 0 || page >= pages}, text);
    button.addEventListener('click', () => {
      fillTable.page = page;
      redraw();
    });
    return button;
  };
  byId('fills-pages').replaceChildren(turn('◀', 'Previous page', -1),
    el('span', {class: 'num'}, (fillTable.page + 1) + ' / ' + pages), turn('▶', 'Next page', 1));
}

function drawFillTable(model, view, choose) {
  const redraw = () => drawFillTable(model, view, choose);
  const fills = listedFills(model, view);
  pageButtons(fills.length, redraw);
  const first = fillTable.page * FILLS_PER_PAGE;
  const columns = FILL_COLUMNS.map(column => ({
    title: sortButton(column, redraw),
    unit: column.unitOf ? model.units[column.unitOf] : column.unit,
    number: column.number,
  }));
  const rows = fills.slice(first, first + FILLS_PER_PAGE).map(fill =>
    FILL_COLUMNS.map(column => fillCell(model, fill, column.key, choose)));
  const drawn = table(columns, rows);
  drawn.querySelectorAll('thead th').forEach((head, index) => {
    if (FILL_COLUMNS[index].key === fillTable.sort) {
      head.setAttribute('aria-sort', fillTable.descending ? 'descending' : 'ascending');
    }
  });
  byId('fills').replaceChildren(fills.length > 0 ? drawn : el('p', {class: 'muted'}, 'No fills.'));
  const every = model.report.fills.listed_every;
  byId('fills-note').textContent = 'Edge and markout: what the fill was worth at the mid of its ' +
    'moment and ' + horizonText(model) + ' later, against its price.' + (every > 1 ?
    ' One fill of ' + every + ' is listed, of ' + fixed(model.report.fills.count, 0) +
    '; the charts show sums over spans of time.' : '');
}
