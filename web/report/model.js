// The report's data as the charts and tables take it.
'use strict';

// Fills in shown units. `gain` is what the fill was worth against a mid, in bps of its price.
function fillList(report, units, startMs) {
  return report.fills.list.map(fill => {
    const price = fill.price_ticks * units.tick;
    const sign = fill.side === 'buy' ? 1 : -1;
    const gain = half => half === null ? NaN : sign * (half * units.tick / 2 - price) / price * 1e4;
    return {
      number: fill.number,
      order: fill.order,
      side: fill.side,
      ms: startMs + fill.time_ns / 1e6,
      price: price,
      quantity: fill.qty_lots * units.lot,
      maker: fill.maker,
      mid: fill.mid_half_ticks === null ? NaN : fill.mid_half_ticks * units.tick / 2,
      edge: gain(fill.mid_half_ticks),
      markout: gain(fill.later_half_ticks),
      fee: fill.fee_quote_e9 / 1e9,
      position: fill.position_lots * units.lot,
      rule: fill.rule,
      event: fill.event,
      arrival: fill.ahead_at_arrival_lots === null ? NaN : fill.ahead_at_arrival_lots * units.lot,
      ahead: fill.ahead_at_fill_lots === null ? NaN : fill.ahead_at_fill_lots * units.lot,
    };
  });
}

// Sums over spans of time as markers of their own, when not every fill is listed.
function fillSums(report, units, startMs) {
  const sums = [];
  for (const span of report.fills.spans || []) {
    for (const side of ['buy', 'sell']) {
      if (span[side].fills > 0) {
        sums.push({
          side: side,
          count: span[side].fills,
          ms: startMs + (span.time_ns + report.fills.span_ns / 2) / 1e6,
          fromMs: startMs + span.time_ns / 1e6,
          toMs: startMs + (span.time_ns + report.fills.span_ns) / 1e6,
          price: span[side].mean_price_ticks * units.tick,
          quantity: span[side].qty_lots * units.lot,
          maker: true,
        });
      }
    }
  }
  return sums;
}

function buildModel(report) {
  const units = unitsOf(report.instrument);
  const data = report.series;
  const startMs = report.run.from_ns / 1e6;
  const times = derive(data.time_ns.length, i => startMs + data.time_ns[i] / 1e6);
  const series = Object.assign(priceSeries(data, units), moneySeries(data));
  const extreme = name => data[name] ? column(data[name], units.lot) : null;
  series.position = withRange(column(data.position_lots, units.lot),
    extreme('position_low_lots'), extreme('position_high_lots'));
  const mid = series.mid.values;
  series.marketSpread = plain(spreadBps(series.bid.values, series.ask.values, mid));
  series.ownSpread = plain(spreadBps(series.ownBid.values, series.ownAsk.values, mid));
  series.wantedSpread = plain(spreadBps(series.wantedBid.values, series.wantedAsk.values, mid));
  const money = Math.max(...PARTS.map(part => largestOf(series[part.name].values)),
    largestOf(series.net.values));
  units.moneyDecimals = decimalsFor(money);
  const endMs = Math.max(report.run.to_ns / 1e6, times.length ? times[times.length - 1] : startMs);
  const model = {
    report: report,
    units: units,
    times: times,
    series: series,
    startMs: startMs,
    endMs: endMs > startMs ? endMs : startMs + 1,
    hasRanges: data.samples_per_point > 1,
    pointMs: data.sample_interval_ns * data.samples_per_point / 1e6,
    fills: fillList(report, units, startMs),
    sums: fillSums(report, units, startMs),
    events: [],
  };
  model.fillLines = fill => fillLines(model, fill);
  return model;
}
