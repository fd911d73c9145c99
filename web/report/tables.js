// The report's tables and tiles.
'use strict';

const PART_COLUMNS = [
  {title: 'Part'},
  {title: 'Contribution', number: true},
  {title: 'Of notional', unit: 'bps', number: true},
  {title: ''},
];

const KPI_TITLES = {'1e-9 coin': 'money', 'coin/h': 'money per hour'};

function kpiOf(report, name) {
  const kpi = report.kpi.find(each => each.name === name);
  return kpi ? kpi.value : null;
}

function tile(title, value, unit, below, kind) {
  return el('div', {class: 'tile' + (kind ? ' ' + kind : '')}, el('div', {class: 'muted'}, title),
    el('div', {class: 'big num'}, value, unit && value !== DASH ? el('span', {class: 'unit'},
      ' ' + unit) : null), el('div', {class: 'muted num'}, below));
}

function moneyOf(value) {
  return isKnown(value) ? value / 1e9 : null;
}

function drawTiles(model) {
  const {report, units} = model;
  const value = name => kpiOf(report, name);
  const money = name => signed(moneyOf(value(name)), units.moneyDecimals);
  const plainMoney = name => fixed(moneyOf(value(name)), units.moneyDecimals);
  const net = value('net_quote_e9');
  const lots = name => isKnown(value(name)) ? value(name) * units.lot : null;
  const notional = moneyOf(value('notional_quote_e9'));
  byId('tiles').replaceChildren(
    tile('Net', money('net_quote_e9'), units.money,
      withUnit(signed(value('net_bps'), 3), 'bps of notional'),
      net > 0 ? 'good' : net < 0 ? 'bad' : null),
    tile('Gross', money('gross_quote_e9'), units.money,
      withUnit(signed(value('gross_bps'), 3), 'bps')),
    tile('Adverse', plainMoney('adverse_quote_e9'), units.money,
      withUnit(fixed(value('adverse_bps'), 3), 'bps taken back')),
    tile('Max drawdown', plainMoney('max_drawdown_quote_e9'), units.money, 'from the peak'),
    tile('Fills', fixed(value('fills'), 0), '',
      withUnit(fixed(value('fills_per_hour'), 1), 'per hour')),
    tile('Maker share', percent(value('maker_taker_ratio'), 1), '', 'of volume'),
    tile('Traded', fixed(notional, decimalsFor(notional)), units.money, 'notional'),
    tile('Largest position', fixed(lots('max_abs_position_lots'), units.quantityDecimals),
      units.quantity, withUnit(signed(lots('position_lots'), units.quantityDecimals), 'at the end')));
}

function drawParts(model) {
  const {report, units} = model;
  const rows = PARTS.map(part => ({
    title: part.title,
    money: part.sign * moneyOf(kpiOf(report, part.name + '_quote_e9')),
    bps: kpiOf(report, part.name + '_bps'),
    sign: part.sign,
  }));
  rows.push({title: 'Net', money: moneyOf(kpiOf(report, 'net_quote_e9')),
    bps: kpiOf(report, 'net_bps'), sign: 1});
  const scale = Math.max(...rows.map(row => Math.abs(row.money)));
  const columns = PART_COLUMNS.map((column, index) => index === 1
    ? Object.assign({}, column, {unit: units.money}) : column);
  byId('parts').replaceChildren(table(columns, rows.map(row => [row.title,
    signed(row.money, units.moneyDecimals),
    signed(isKnown(row.bps) ? row.sign * row.bps : null, 4), bar(row.money, scale, true)])));
}

function drawRules(model) {
  const {report, units} = model;
  const count = report.fills.count;
  const ahead = (queue, quantile) => queue === null || queue[quantile] === null ? DASH
    : fixed(queue[quantile] * units.lot, units.quantityDecimals);
  const columns = [
    {title: 'Rule'}, {title: 'Fills', number: true}, {title: 'Share', number: true},
    {title: 'Edge', unit: 'bps', number: true},
    {title: 'Markout', unit: 'bps', number: true},
    {title: 'Ahead at arrival', unit: units.quantity, number: true, what: 'median'},
    {title: 'p95', number: true},
    {title: 'Ahead at fill', unit: units.quantity, number: true, what: 'median'},
    {title: 'p95', number: true},
  ];
  const rows = report.rules.map(rule => [rule.rule.replace(/_/g, ' '), fixed(rule.fills, 0),
    percent(rule.fills / count, 1), signed(rule.edge_bps, BPS_DECIMALS),
    signed(rule.markout_bps, BPS_DECIMALS), ahead(rule.ahead_at_arrival_lots, 'p50'),
    ahead(rule.ahead_at_arrival_lots, 'p95'), ahead(rule.ahead_at_fill_lots, 'p50'),
    ahead(rule.ahead_at_fill_lots, 'p95')]);
  byId('rules').replaceChildren(rows.length > 0 ? table(columns, rows)
    : el('p', {class: 'muted'}, 'No fills.'));
  byId('rules-note').textContent = 'Edge and markout are weighted by quantity; the markout is ' +
    horizonText(model) + ' after the fill. Queues: the median and the 95th percentile of what stood ahead of us.';
}

function drawSpread(model) {
  const {report} = model;
  const decimals = unit => unit === 'ticks' ? 1 : 3;
  const columns = [{title: ''}, {title: 'Unit'}, {title: 'Mean', number: true},
    {title: 'p5', number: true}, {title: 'Median', number: true}, {title: 'p95', number: true},
    {title: 'Known', number: true}];
  const names = {market_spread: 'Market spread', own_spread: 'Our spread',
    wanted_spread: 'Wanted spread', bid_behind_touch: 'Our bid behind the touch',
    ask_behind_touch: 'Our ask behind the touch'};
  const points = report.series.points;
  byId('spread').replaceChildren(table(columns, report.spread.map(row => [
    el('span', {title: row.what}, names[row.name] || row.name), row.unit,
    ...['mean', 'p5', 'p50', 'p95'].map(key => fixed(row[key], decimals(row.unit))),
    percent(points > 0 ? row.count / points : null, 1)])));
  byId('spread-note').textContent = 'Over ' + fixed(points, 0) + ' samples, one every ' +
    spanText(model.pointMs) + '. Behind the touch: below 0 is better than the market.';
}

function drawPresence(model) {
  const names = {both: 'Both sides quoted', bid_only: 'Bid only', ask_only: 'Ask only',
    none: 'No quote', bid_at_touch: 'Bid at the touch', ask_at_touch: 'Ask at the touch',
    market_one_sided: 'Market one-sided or not trusted'};
  byId('presence').replaceChildren(table(
    [{title: ''}, {title: 'Share', number: true}, {title: ''}],
    model.report.presence.map(row => [el('span', {title: row.what}, names[row.name] || row.name),
      percent(row.share, 2), bar(row.share, 1, false)])));
}

function drawOrders(model) {
  const {orders} = model.report;
  const rows = orders.ended.slice().sort((a, b) => b.count - a.count);
  const columns = [{title: 'Ended'}, {title: 'Because'}, {title: 'Orders', number: true},
    {title: 'Share', number: true}, {title: 'Part filled', number: true}, {title: ''}];
  byId('orders').replaceChildren(rows.length === 0 ? el('p', {class: 'muted'}, 'No orders.')
    : table(columns, rows.map(row => [row.status, orderReason(row.reason),
      fixed(row.count, 0), percent(row.count / orders.orders, 1), fixed(row.part_filled, 0),
      bar(row.count, orders.orders, false)])));
  const life = orders.lifetime_ms;
  const ms = value => isKnown(value) ? spanText(value) : DASH;
  byId('orders-note').textContent = fixed(orders.orders, 0) + ' orders, ' +
    fixed(orders.amends, 0) + ' amends. Lifetime: median ' + ms(life.p50) + ', p95 ' +
    ms(life.p95) + '.';
}

// A KPI's value in the unit a person reads.
function kpiShown(kpi, units) {
  switch (kpi.unit) {
  case '1e-9 coin':
    return [fixed(moneyOf(kpi.value), units.moneyDecimals), units.money];
  case 'coin/h':
    return [fixed(kpi.value, units.moneyDecimals), units.money + '/h'];
  case 'share':
    return [fixed(isKnown(kpi.value) ? kpi.value * 100 : null, 2), '%'];
  case 'lots':
    return [fixed(isKnown(kpi.value) ? kpi.value * units.lot : null, units.quantityDecimals),
      units.quantity];
  case 'fills':
    return [fixed(kpi.value, 0), 'fills'];
  case '1/h':
    return [fixed(kpi.value, 1), '1/h'];
  default:
    return [fixed(kpi.value, 3), kpi.unit];
  }
}

function levelText(kpi, level, units) {
  return isKnown(level) ? kpiShown(Object.assign({}, kpi, {value: level}), units)[0] : '';
}

function drawKpi(model) {
  const {report, units} = model;
  const judged = report.kpi.some(kpi => isKnown(kpi.soft) || isKnown(kpi.hard));
  const columns = [{title: 'KPI'}, {title: 'Value', number: true}, {title: 'Unit'},
    ...judged ? [{title: 'Soft', number: true}, {title: 'Hard', number: true}] : [],
    {title: 'What it is'}];
  byId('kpi').replaceChildren(table(columns, report.kpi.map(kpi => {
    const [value, unit] = kpiShown(kpi, units);
    const levels = judged ? [levelText(kpi, kpi.soft, units), levelText(kpi, kpi.hard, units)] : [];
    return [el('code', {}, kpi.name), value, unit, ...levels, kpi.what];
  })));
  byId('kpi-note').textContent = report.gate === null ? ''
    : 'Verdict ' + report.gate.verdict + (report.gate.reasons.length > 0
      ? ': ' + report.gate.reasons.join('; ') : '') + '.';
}

function drawSettings(model) {
  const rows = [];
  let section = null;
  for (const setting of model.report.settings) {
    rows.push([el('code', {}, setting.name), setting.section === section ? '' : setting.section,
      setting.value, setting.unit, setting.source]);
    section = setting.section;
  }
  byId('settings').replaceChildren(table([{title: 'Setting'}, {title: 'Section'}, {title: 'Value'},
    {title: 'Unit'}, {title: 'Source'}], rows));
}

function drawHeader(model) {
  const {report} = model;
  const {run, instrument} = report;
  const symbol = instrument.symbol || 'unknown instrument';
  document.title = symbol + ' ' + run.command + ' · mmbot';
  byId('title').textContent = symbol;
  byId('subtitle').textContent = [instrument.venue, run.market,
    dayText(model.startMs) + ' ' + clockText(model.startMs, 0) + ' UTC',
    spanText(Math.round(model.endMs - model.startMs))].filter(Boolean).join(' · ');
  const badges = [el('span', {class: 'badge mode'}, run.command.toUpperCase()),
    el('span', {class: 'badge'}, run.strategy)];
  if (report.gate !== null) {
    badges.push(el('span', {class: 'badge ' + report.gate.verdict.toLowerCase(),
      title: report.gate.reasons.join('; ')}, report.gate.verdict));
  }
  byId('badges').replaceChildren(...badges);
  byId('footer').textContent = 'mmbot report, version ' + report.version + '. Tick ' +
    instrument.tick + ', lot ' + instrument.lot + ', ' + instrument.contract +
    ' contract of size ' + instrument.contract_size + '.';
}

function drawTables(model) {
  drawHeader(model);
  drawTiles(model);
  drawParts(model);
  drawRules(model);
  drawSpread(model);
  drawPresence(model);
  drawOrders(model);
  drawKpi(model);
  drawSettings(model);
}
