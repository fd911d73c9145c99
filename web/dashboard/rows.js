// Tables that change in place: a row is touched only when its entry is another one, a cell only
// when its text is, so that nothing jumps, and what is selected or has the focus stays so.
'use strict';

// A cell is a text, or {text, kind, title, press}: a class, a tooltip, and what pressing it does.
class Rows {
  // columns: {title, unit, number, what, wide}. cells(entry) gives one cell per column.
  constructor(parent, columns, keyOf, cells, empty) {
    this.columns = columns;
    this.keyOf = keyOf;
    this.cells = cells;
    this.rows = new Map();
    this.body = el('tbody');
    this.head = el('thead');
    this.table = el('table', {hidden: true}, this.head, this.body);
    this.empty = el('p', {class: 'empty-text'}, empty);
    this.setColumns(columns);
    parent.append(this.table, this.empty);
  }

  setColumns(columns) {
    this.columns = columns;
    this.head.replaceChildren(el('tr', {}, ...columns.map(column => el('th', {scope: 'col',
      class: (column.number ? 'num' : '') + (column.wide ? ' wide' : ''), title: column.what},
    column.title, column.unit ? el('span', {class: 'unit'}, ' ' + column.unit) : null))));
  }

  // Shows the entries in their order. With `all`, also those that are the same objects as before.
  show(entries, all) {
    const keys = new Set();
    let before = this.body.firstChild;
    for (const entry of entries) {
      const key = this.keyOf(entry);
      keys.add(key);
      let row = this.rows.get(key);
      if (row === undefined) {
        row = {tr: el('tr'), entry: null, shown: []};
        row.tr.append(...this.columns.map(column => el('td',
          {class: this.className(column)})));
        this.rows.set(key, row);
      }
      if (row.entry !== entry || all) {
        this.fill(row, entry);
      }
      if (row.tr === before) {
        before = before.nextSibling;
      } else {
        this.body.insertBefore(row.tr, before);
      }
    }
    for (const [key, row] of this.rows) {
      if (!keys.has(key)) {
        row.tr.remove();
        this.rows.delete(key);
      }
    }
    this.table.hidden = entries.length === 0;
    this.empty.hidden = entries.length > 0;
  }

  className(column) {
    return (column.number ? 'num' : '') + (column.wide ? ' wide' : '');
  }

  fill(row, entry) {
    row.entry = entry;
    this.cells(entry).forEach((given, index) => {
      const cell = typeof given === 'object' && given !== null ? given : {text: given};
      const mark = cell.text + '\n' + (cell.kind || '') + '\n' + (cell.title || '');
      if (row.shown[index] !== mark) {
        row.shown[index] = mark;
        this.fillCell(row, row.tr.children[index], this.columns[index], cell);
      } else if (cell.press) {
        row.tr.children[index].press = cell.press;
      }
    });
  }

  fillCell(row, td, column, cell) {
    td.className = this.className(column) + (cell.kind ? ' ' + cell.kind : '');
    td.title = cell.title || '';
    if (cell.press) {
      td.press = cell.press;
      const button = el('button', {type: 'button', class: 'link'}, cell.text);
      button.addEventListener('click', () => td.press());
      td.replaceChildren(button);
    } else if (cell.chip) {
      td.replaceChildren(el('span', {class: 'chip'}, cell.text));
    } else {
      td.textContent = cell.text;
    }
  }
}

// Sets a text only when it is another one.
function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function setClass(element, name) {
  if (element.className !== name) {
    element.className = name;
  }
}

// An age or a duration in as few signs as will do: "0.4 s", "12 s", "3 min", "2 h".
function shortSpan(ms) {
  if (!isKnown(ms)) {
    return DASH;
  }
  const seconds = ms / 1000;
  if (seconds < 10) {
    return fixed(Math.floor(seconds * 10) / 10, 1) + ' s';
  }
  if (seconds < 120) {
    return fixed(Math.floor(seconds), 0) + ' s';
  }
  if (seconds < 7200) {
    return fixed(Math.floor(seconds / 60), 0) + ' min';
  }
  return seconds < 172800 ? fixed(Math.floor(seconds / 3600), 0) + ' h'
    : fixed(Math.floor(seconds / 86400), 0) + ' d';
}

// A latency: always in ms with the digits that matter.
function latencyText(ns) {
  const ms = isKnown(ns) ? ns / 1e6 : null;
  return isKnown(ms) ? fixed(ms, ms < 1 ? 3 : ms < 10 ? 2 : ms < 100 ? 1 : 0) : DASH;
}

function words(code) {
  return isKnown(code) ? String(code).replace(/_/g, ' ') : DASH;
}

function signKind(value) {
  return !isKnown(value) || value === 0 ? '' : value > 0 ? 'good' : 'bad';
}

const VERDICT_SIGNS = {PASS: '✓', WARN: '!', FAIL: '✕', PANIC: '✕✕', ERROR: '?',
  INCONCLUSIVE: '~'};

function verdictText(verdict) {
  return isKnown(verdict) ? VERDICT_SIGNS[verdict] + ' ' + verdict : DASH;
}

function verdictKind(verdict) {
  return 'verdict ' + (isKnown(verdict) ? verdict.toLowerCase() : 'none');
}
