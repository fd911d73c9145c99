// Numbers, times and elements. What is not known is an em dash, never 0.
'use strict';

const DASH = '—';
const MINUS = '−';

const formats = new Map();

function isKnown(value) {
  return value !== null && value !== undefined && !Number.isNaN(value);
}

// A number with a fixed count of decimals, thousands apart, and a true minus sign.
function fixed(value, decimals) {
  if (!isKnown(value)) {
    return DASH;
  }
  let format = formats.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat('en-US',
      {minimumFractionDigits: decimals, maximumFractionDigits: decimals});
    formats.set(decimals, format);
  }
  const text = format.format(value);
  // What rounds to nothing has no sign.
  return /^-[0.,]*$/.test(text) ? text.slice(1) : text.replace('-', MINUS);
}

function signed(value, decimals) {
  const text = fixed(value, decimals);
  return isKnown(value) && value > 0 && /[1-9]/.test(text) ? '+' + text : text;
}

function withUnit(text, unit) {
  return text === DASH ? text : text + ' ' + unit;
}

function percent(share, decimals) {
  return isKnown(share) ? fixed(share * 100, decimals) + ' %' : DASH;
}

// Decimals of money with which the largest of the amounts shows five digits that count, or cents.
function decimalsFor(largest) {
  const before = largest > 0 ? Math.floor(Math.log10(largest)) + 1 : 5;
  return Math.min(9, Math.max(2, 5 - before));
}

function decimalsOf(text) {
  const dot = text.indexOf('.');
  return dot < 0 ? 0 : text.length - dot - 1;
}

function two(value) {
  return String(value).padStart(2, '0');
}

function dayText(ms) {
  return new Date(ms).toISOString().slice(0, 10);
}

// UTC time of day; `decimals` of a second, 0 to 6 (beyond milliseconds from the fraction of ms).
function clockText(ms, decimals) {
  if (!isKnown(ms)) {
    return DASH;
  }
  const scale = 10 ** decimals;
  const ticks = Math.round((ms % 86400000) / 1000 * scale);
  const seconds = Math.floor(ticks / scale) % 86400;
  const text = two(Math.floor(seconds / 3600)) + ':' + two(Math.floor(seconds / 60) % 60) + ':' +
    two(seconds % 60);
  return decimals === 0 ? text : text + '.' + String(ticks % scale).padStart(decimals, '0');
}

// "2 d 3 h", "1 h 5 min", "4 min 10 s", "1.25 s", "40 ms".
function spanText(ms) {
  if (!isKnown(ms)) {
    return DASH;
  }
  if (ms < 1000) {
    return fixed(ms, ms < 10 && ms % 1 !== 0 ? 2 : 0) + ' ms';
  }
  const seconds = ms / 1000;
  if (seconds < 60) {
    return fixed(seconds, seconds % 1 === 0 ? 0 : 2) + ' s';
  }
  const units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]];
  const first = units.findIndex(unit => seconds >= unit[1]);
  const major = Math.floor(seconds / units[first][1]);
  const minor = Math.floor((seconds - major * units[first][1]) / units[first + 1][1]);
  return major + ' ' + units[first][0] + (minor > 0 ? ' ' + minor + ' ' + units[first + 1][0] : '');
}

function byId(id) {
  return document.getElementById(id);
}

// An element: el('td', {class: 'num'}, 'text', child, ...).
function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === 'style') {
      element.style.cssText = value; // an attribute would need an exception from the page's policy
    } else if (value === true) {
      element.setAttribute(name, '');
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value);
    }
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

// A table of {title, number, unit} columns and rows of texts or elements.
function table(columns, rows, caption) {
  const head = columns.map(column => el('th',
    {scope: 'col', class: column.number ? 'num' : null, title: column.what},
    column.title, column.unit ? el('span', {class: 'unit'}, ' ' + column.unit) : null));
  const body = rows.map(row => el('tr', {}, ...row.map((cell, index) => el(
    index === 0 ? 'th' : 'td',
    {scope: index === 0 ? 'row' : null, class: columns[index].number ? 'num' : null}, cell))));
  return el('table', {}, caption ? el('caption', {}, caption) : null,
    el('thead', {}, el('tr', {}, ...head)), el('tbody', {}, ...body));
}

// A share or a signed amount as a bar beside its number; `scale` is the length of the whole bar.
function bar(value, scale, isSigned) {
  const share = isKnown(value) && scale > 0 ? Math.min(1, Math.abs(value) / scale) : 0;
  const length = share * (isSigned ? 50 : 100);
  const left = !isSigned ? 0 : value < 0 ? 50 - length : 50;
  return el('span', {class: 'bar' + (isSigned ? ' signed' : ''), 'aria-hidden': 'true'},
    el('span', {class: !isSigned ? null : value < 0 ? 'loss' : 'gain',
      style: 'left:' + left + '%;width:' + length + '%'}));
}

// Why an order ended; '' where its status says it already.
const ORDER_REASONS = {
  filled: '',
  not_wanted: 'no longer wanted',
  risk: 'a limit refused it',
  fast_cancel: 'far from where it should be',
  tail_age: 'too old',
  halted: 'trading was halted',
  stopped: 'quoting was stopped',
  post_only: 'it would have taken',
  rejected: '',
  unknown: 'what became of it was unknown',
  venue: 'by the exchange',
};

function orderReason(reason) {
  return reason in ORDER_REASONS ? ORDER_REASONS[reason] : String(reason).replace(/_/g, ' ');
}
