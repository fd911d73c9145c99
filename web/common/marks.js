// Fills on the price chart. A buy is a triangle that points up and hangs below
// its price, a sell one that points down and stands above it; a taker's is hollow.
'use strict';

const HIT_DISTANCE = 12;
const MARK_SPACING = 7; // pixels

const marksState = {marks: [], selected: null};

function marksIn(model, view) {
  const source = model.sums.length > 0 ? model.sums : model.fills;
  return source.filter(mark => mark.ms >= view.from && mark.ms <= view.to);
}

// The marks of the window, one by one or, when they would cover the prices, summed over slots.
function visibleMarks(model, view, slots) {
  const inside = marksIn(model, view);
  return inside.length > slots ? sumMarks(inside, view, slots) : inside;
}

// As many as there is room for side by side.
function markSlots(chart) {
  const width = chart.graph ? chart.graph.getArea().w : chart.plot.clientWidth;
  return Math.max(1, Math.floor(width / MARK_SPACING));
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
  const marks = visibleMarks(chart.model, {from: from, to: to}, markSlots(chart));
  const largest = marks.reduce((most, mark) => Math.max(most, mark.quantity), 0);
  context.beginPath();
  context.rect(area.x, area.y, area.w, area.h);
  context.clip();
  context.lineWidth = 1;
  marksState.marks = marks.map(mark => {
    const x = graph.toDomXCoord(mark.ms);
    const y = graph.toDomYCoord(mark.price, 0);
    triangle(context, x, y, markSize(mark, marks.length, largest), mark.side === 'buy');
    context.fillStyle = mark.maker ? colors[mark.side] : paper;
    context.strokeStyle = mark.maker ? paper : colors[mark.side];
    context.fill();
    context.stroke();
    return {mark: mark, x: x, y: y};
  });
  const selected = marksState.marks.find(each => each.mark === marksState.selected);
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
  for (const each of marksState.marks) {
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
  const lines = mark.count ? sumLines(model, mark) : model.fillLines(mark);
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
