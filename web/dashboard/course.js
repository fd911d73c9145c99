// The course of the run for the charts: the whole of it, and its newest part in full detail.
'use strict';

const COURSE_CHARTS = [
  {
    id: 'price', title: 'Price', height: 200, unit: 'price', fills: true, timeless: true,
    lines: [
      {name: 'bid', title: 'Bid', color: '--market', width: 1, off: true},
      {name: 'ask', title: 'Ask', color: '--market', width: 1, dash: [4, 2], off: true},
      {name: 'ownBid', title: 'Our bid', color: '--bid', width: 1.5},
      {name: 'ownAsk', title: 'Our ask', color: '--ask', width: 1.5},
      {name: 'mid', title: 'Mid', color: '--ink', width: 1.25},
    ],
  },
  {
    id: 'equity', title: 'PnL', height: 140, unit: 'money', zero: true, timeless: true,
    lines: [
      {name: 'gross', title: 'Gross', color: '--gross', width: 1.5},
      {name: 'slippage', title: 'Slip', color: '--slippage', width: 1.5, dash: [6, 3]},
      {name: 'adverse', title: 'Adverse', color: '--adverse', width: 1.5},
      {name: 'inventory', title: 'Invent.', color: '--inventory', width: 1.5, dash: [9, 3, 2, 3]},
      {name: 'fees', title: 'Fees', color: '--fees', width: 1.5, dash: [2, 3]},
      {name: 'net', title: 'Net', color: '--ink', width: 2.25},
    ],
  },
  {
    id: 'position', title: 'Inventory', height: 100, unit: 'quantity', zero: true,
    lines: [{name: 'position', title: 'Position', color: '--position', width: 1.5, fill: true}],
  },
];

const SERIES_COLUMNS = ['time_ns', 'mid_half_ticks', 'mid_low_half_ticks', 'mid_high_half_ticks',
  'bid_ticks', 'ask_ticks', 'own_bid_ticks', 'own_ask_ticks', 'wanted_bid_ticks',
  'wanted_ask_ticks', 'position_lots', 'drawdown_quote_e9', 'net_quote_e9',
  ...PARTS.map(part => part.name + '_quote_e9')];

const NO_INSTRUMENT = {symbol: '', settle: '', tick: '1', lot: '1', contract: 'linear',
  contract_size: '1'};

// The value of `lots` at `price` in the settlement coin.
function valueOf(instrument, units, lots, price) {
  const quantity = lots * units.lot * Number(instrument.contract_size);
  return instrument.contract === 'inverse' ? quantity / price : quantity * price;
}

// As many decimals of money as the position limit's value has a use for: they never change.
function moneyDecimals(instrument, units, run, midHalfTicks) {
  const price = isKnown(midHalfTicks) ? midHalfTicks * units.tick / 2 : NaN;
  const limit = valueOf(instrument, units, run.position_limit_lots, price);
  return limit > 0 ? decimalsFor(limit) : 2;
}

// The columns of the whole run up to where the newest samples begin, and these.
function joinSeries(state) {
  const run = state.series.series_run;
  const recent = state.series.series_recent;
  const newest = recent ? recent.columns.time_ns : [];
  const from = newest.length > 0 ? newest[0] : Infinity;
  const older = run ? run.columns.time_ns : [];
  let count = older.length;
  while (count > 0 && older[count - 1] >= from) {
    count--;
  }
  const joined = {};
  for (const name of SERIES_COLUMNS) {
    const first = run && run.columns[name] || older.map(() => null);
    const last = recent && recent.columns[name] || newest.map(() => null);
    joined[name] = first.slice(0, count).concat(last);
  }
  return joined;
}

function courseFill(fill, units, startMs) {
  return {
    number: fill.number,
    side: fill.side,
    ms: startMs + fill.time_ns / 1e6,
    price: fill.price_ticks * units.tick,
    quantity: fill.qty_lots * units.lot,
    maker: fill.maker,
    fill: fill,
  };
}

const MARKOUT_NAMES = ['1 s', '5 s', '30 s'];
const MARKOUT_DECIMALS = 2;

function courseFillLines(model, mark) {
  const {units} = model;
  const fill = mark.fill;
  const mid = isKnown(fill.mid_half_ticks) ? fill.mid_half_ticks * units.tick / 2 : null;
  return [
    ['Time', dayText(mark.ms) + ' ' + clockText(mark.ms, 3) + ' UTC'],
    ['Price', fixed(mark.price, units.priceDecimals) + ' ' + units.price],
    ['Quantity', fixed(mark.quantity, units.quantityDecimals) + ' ' + units.quantity],
    ['Role', mark.maker ? 'maker' : 'taker'],
    ['Mid', withUnit(fixed(mid, units.midDecimals), units.price)],
    ['Edge at the fill', withUnit(signed(fill.edge_bps, MARKOUT_DECIMALS), 'bps')],
    ...MARKOUT_NAMES.map((name, index) => ['Markout ' + name,
      withUnit(signed(fill.markout_bps[index], MARKOUT_DECIMALS), 'bps')]),
    ['Fee', withUnit(signed(fill.fee_quote_e9 / 1e9, units.moneyDecimals), units.money)],
    ['Position after', signed(fill.position_lots * units.lot, units.quantityDecimals) + ' ' +
      units.quantity],
    ['Why', words(fill.rule)],
    ['Order', String(fill.order_id)],
  ];
}

// Where the guard let something through.
function courseEvents(state, startMs) {
  return state.list('iterations').filter(each => each.action !== 'keep')
    .map(each => ({ms: startMs + each.to_ns / 1e6}));
}

// Brings `model`, which charts and control hold, up to date with the state.
function updateCourse(model, state) {
  const run = state.get('run');
  const instrument = state.sections.instrument || NO_INSTRUMENT;
  const startMs = run.from_ms || 0;
  const data = joinSeries(state);
  const times = derive(data.time_ns.length, i => startMs + data.time_ns[i] / 1e6);
  const units = unitsOf(instrument);
  const firstMid = data.mid_half_ticks.find(isKnown);
  units.moneyDecimals = moneyDecimals(instrument, units, run, firstMid);
  const series = Object.assign(priceSeries(data, units), moneySeries(data));
  series.position = plain(column(data.position_lots, units.lot));
  const status = state.get('status');
  const endMs = Math.max(startMs + (status.time_ns || 0) / 1e6, times.length > 0
    ? times[times.length - 1] : 0);
  const points = state.series.series_recent || state.series.series_run;
  const fills = state.list('fills').map(fill => courseFill(fill, units, startMs));
  return Object.assign(model, {
    units: units,
    times: times,
    series: series,
    startMs: startMs,
    endMs: endMs > startMs ? endMs : startMs + 1,
    hasRanges: true,
    pointMs: points ? points.interval_ns / 1e6 : 0,
    fills: fills,
    sums: [],
    events: courseEvents(state, startMs),
    fillLines: mark => courseFillLines(model, mark),
  });
}
