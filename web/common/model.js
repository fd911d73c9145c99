// The course of a run in the units in which it is shown, and what of it fits on the screen.
'use strict';

const PARTS = [
  {name: 'gross', title: 'Gross', sign: 1},
  {name: 'slippage', title: 'Slippage', sign: -1},
  {name: 'adverse', title: 'Adverse', sign: -1},
  {name: 'inventory', title: 'Inventory', sign: -1},
  {name: 'fees', title: 'Fees', sign: -1},
];

// What prices, quantities and money of this instrument are counted in.
function unitsOf(instrument) {
  const settle = instrument.settle || '';
  const symbol = instrument.symbol || '';
  const inverse = instrument.contract === 'inverse';
  let base = '';
  let quote = '';
  if (!inverse && settle && symbol.endsWith(settle)) {
    base = symbol.slice(0, -settle.length).replace(/[-_/]$/, '');
    quote = settle;
  } else if (inverse && settle && symbol.startsWith(settle)) {
    quote = symbol.slice(settle.length).split(/[-_]/)[0];
  }
  const wholeCoins = !inverse && Number(instrument.contract_size) === 1;
  return {
    money: settle || 'coin',
    price: quote || 'per unit',
    quantity: wholeCoins ? base || 'units' : 'contracts',
    tick: Number(instrument.tick),
    lot: Number(instrument.lot),
    priceDecimals: decimalsOf(instrument.tick),
    midDecimals: decimalsOf(String(Number(instrument.tick) / 2).includes('e') ? instrument.tick
      : String(Number((Number(instrument.tick) / 2).toPrecision(6)))),
    quantityDecimals: decimalsOf(instrument.lot),
  };
}

// A column of numbers, NaN where it is not known.
function column(values, factor) {
  const out = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    out[i] = values[i] === null ? NaN : values[i] * factor;
  }
  return out;
}

function derive(length, value) {
  const out = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    out[i] = value(i);
  }
  return out;
}

function largestOf(values) {
  let largest = 0;
  for (const value of values) {
    largest = Math.max(largest, Math.abs(value) || 0);
  }
  return largest;
}

function spreadBps(low, high, mid) {
  return derive(mid.length, i => (high[i] - low[i]) / mid[i] * 1e4);
}

// The extremes of a column: of its own beside it when its points stand for many samples.
function withRange(values, low, high) {
  return {values: values, low: low || values, high: high || values};
}

function plain(values) {
  return withRange(values, null, null);
}

function priceSeries(data, units) {
  const half = units.tick / 2;
  const bid = column(data.bid_ticks, units.tick);
  const ask = column(data.ask_ticks, units.tick);
  const mid = column(data.mid_half_ticks, half);
  // A mid that outlived its book is history, not a price.
  const gap = i => Number.isNaN(bid[i]) && Number.isNaN(ask[i]);
  const shown = values => derive(values.length, i => gap(i) ? NaN : values[i]);
  const extreme = name => data[name] ? shown(column(data[name], half)) : null;
  return {
    bid: plain(bid),
    ask: plain(ask),
    mid: withRange(shown(mid), extreme('mid_low_half_ticks'), extreme('mid_high_half_ticks')),
    ownBid: plain(column(data.own_bid_ticks, units.tick)),
    ownAsk: plain(column(data.own_ask_ticks, units.tick)),
    wantedBid: plain(column(data.wanted_bid_ticks, units.tick)),
    wantedAsk: plain(column(data.wanted_ask_ticks, units.tick)),
  };
}

function moneySeries(data) {
  const extreme = name => data[name] ? column(data[name], 1e-9) : null;
  const falls = name => data[name] ? column(data[name], -1e-9) : null;
  const series = {
    net: withRange(column(data.net_quote_e9, 1e-9), extreme('net_low_quote_e9'),
      extreme('net_high_quote_e9')),
    drawdown: withRange(column(data.drawdown_quote_e9, -1e-9), falls('drawdown_high_quote_e9'),
      null),
  };
  for (const part of PARTS) {
    series[part.name] = plain(column(data[part.name + '_quote_e9'], part.sign * 1e-9));
  }
  return series;
}

// The last index whose time is at most `ms`, -1 when there is none.
function indexAt(times, ms) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= ms) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low - 1;
}

// The least and the greatest of a series over [from, to), the earlier first; nulls when unknown.
function extremes(series, from, to, out) {
  let low = Infinity;
  let high = -Infinity;
  let lowAt = from;
  let highAt = from;
  for (let i = from; i < to; i++) {
    if (series.low[i] < low) {
      low = series.low[i];
      lowAt = i;
    }
    if (series.high[i] > high) {
      high = series.high[i];
      highAt = i;
    }
  }
  out[0] = low === Infinity ? null : lowAt <= highAt ? low : high;
  out[1] = low === Infinity ? null : lowAt <= highAt ? high : low;
}

function valueRow(times, chosen, i) {
  const row = [times[i]];
  for (const series of chosen) {
    row.push(Number.isNaN(series.values[i]) ? null : series.values[i]);
  }
  return row;
}

// The extremes of the points [from, to), as one row at the first and one at the last of them.
function putExtremes(rows, times, chosen, from, to) {
  const pair = [null, null];
  const early = [times[from]];
  const late = [times[to - 1]];
  for (const series of chosen) {
    extremes(series, from, to, pair);
    early.push(pair[0]);
    late.push(pair[1]);
  }
  rows.push(early, late);
}

// The rows the charts draw of [fromMs, toMs]: every point while they are few, else the extremes of
// each of `slots` equal spans. A neighbour on each side lets lines enter and leave the picture.
function visibleRows(model, names, fromMs, toMs, slots) {
  const times = model.times;
  const first = Math.max(0, indexAt(times, fromMs));
  const last = Math.min(times.length - 1, indexAt(times, toMs) + 1);
  const chosen = names.map(name => model.series[name]);
  const rows = [];
  if (last - first + 1 <= 2 * slots) {
    for (let i = first; i <= last; i++) {
      if (model.hasRanges) {
        putExtremes(rows, times, chosen, i, i + 1);
      }
      rows.push(valueRow(times, chosen, i));
    }
    return rows;
  }
  const width = (times[last] - times[first]) / slots;
  for (let from = first; from <= last;) {
    const end = times[first] + (Math.floor((times[from] - times[first]) / width) + 1) * width;
    let to = from + 1;
    while (to <= last && times[to] < end) {
      to++;
    }
    putExtremes(rows, times, chosen, from, to);
    from = to;
  }
  return rows;
}
