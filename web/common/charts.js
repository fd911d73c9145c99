// The charts: one above the other, sharing the time axis, drawn by dygraphs.
'use strict';

// The legends are ours; the library's would set styles in a way that a strict page forbids.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter(plugin => plugin !== Dygraph.Plugins.Legend);

const BPS_DECIMALS = 3;
const FILL_ALPHA = 0.18;

function cssColor(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// Text of a value in a chart's unit, as the legend shows it.
function valueText(model, chart, line, value) {
  const units = model.units;
  switch (chart.unit) {
  case 'price':
    return fixed(value, line.name === 'mid' ? units.midDecimals : units.priceDecimals);
  case 'quantity':
    return signed(value, units.quantityDecimals);
  case 'money':
    return signed(value, units.moneyDecimals);
  default:
    return fixed(value, BPS_DECIMALS);
  }
}

function unitText(model, chart) {
  return chart.unit === 'bps' ? 'bps of the mid' : model.units[chart.unit];
}

// Labels of one axis share their decimals: those its step needs.
function axisText(value, granularity, options, graph) {
  const [low, high] = graph.yAxisRange(0);
  const step = (high - low) / 4;
  const decimals = step > 0 ? Math.max(0, Math.min(9, Math.ceil(-Math.log10(step)))) : 0;
  return fixed(value, decimals);
}

// Labels of the time axis: as fine as the window is short, the day where a day begins.
function timeAxisText(value, granularity, options, graph) {
  const ms = value instanceof Date ? value.getTime() : value;
  const [from, to] = graph.xAxisRange();
  const length = to - from;
  if (length > 4 * 86400000 || (length > 7200000 && ms % 86400000 === 0)) {
    return dayText(ms);
  }
  if (length > 1800000) {
    return clockText(ms, 0).slice(0, 5);
  }
  return length > 8000 ? clockText(ms, 0) : clockText(ms, 3).slice(3);
}

// A line through the charts at each moment that the model marks.
function paintEvents(model, context, area, graph) {
  context.save();
  context.strokeStyle = cssColor('--event');
  context.lineWidth = 1;
  context.setLineDash([2, 3]);
  context.beginPath();
  for (const event of model.events) {
    const x = Math.round(graph.toDomXCoord(event.ms)) + 0.5;
    if (x > area.x && x < area.x + area.w) {
      context.moveTo(x, area.y);
      context.lineTo(x, area.y + area.h);
    }
  }
  context.stroke();
  context.restore();
}

// Fills a line of steps down to zero; the library's own filling goes on through gaps.
function fillSteps(plot) {
  const context = plot.drawingContext;
  const zero = plot.dygraph.toDomYCoord(0, 0);
  context.save();
  context.globalAlpha = FILL_ALPHA;
  context.fillStyle = plot.color;
  plot.points.forEach((point, index) => {
    const next = plot.points[index + 1];
    if (next && !Number.isNaN(point.canvasy)) {
      context.fillRect(point.canvasx, point.canvasy, next.canvasx - point.canvasx,
        zero - point.canvasy);
    }
  });
  context.restore();
}

function plotFilled(plot) {
  fillSteps(plot);
  Dygraph.Plotters.linePlotter(plot);
}

class Chart {
  constructor(model, spec, parent) {
    this.model = model;
    this.spec = spec;
    this.wanted = spec.lines.map(line => !line.off);
    this.shown = [];
    this.onScreen = false;
    this.stale = true;
    this.build(parent);
    this.noteData();
  }

  // After the model has changed: lines without data cannot be shown.
  noteData() {
    const known = this.spec.lines.map(line => this.hasData(line));
    this.shown = known.map((isThere, index) => isThere && this.wanted[index]);
    this.frame.classList.toggle('empty', !known.includes(true));
    this.unit.textContent = ' ' + unitText(this.model, this.spec) +
      (this.spec.note ? ' · ' + this.spec.note : '');
    this.keys.forEach((key, index) => {
      key.disabled = !known[index];
      key.title = known[index] ? 'Show or hide' : 'No data';
      key.setAttribute('aria-pressed', String(this.shown[index]));
    });
  }

  hasData(line) {
    return this.model.series[line.name].values.some(value => !Number.isNaN(value));
  }

  build(parent) {
    const spec = this.spec;
    this.values = [];
    this.keys = [];
    const legend = el('div', {class: 'legend'},
      ...spec.lines.map((line, index) => this.legendItem(line, index)));
    this.plot = el('div', {class: 'plot', style: '--height:' + spec.height + 'px'});
    this.surface = el('div', {class: 'surface'});
    this.crosshair = el('div', {class: 'crosshair', hidden: true});
    this.selection = el('div', {class: 'selection', hidden: true});
    this.marks = spec.fills ? el('canvas', {class: 'marks'}) : null;
    this.frame = el('div', {class: 'frame'}, this.plot, this.marks, this.crosshair, this.selection,
      this.surface);
    this.unit = el('span', {class: 'unit'});
    const heading = el('h2', {}, spec.title, this.unit);
    parent.append(el('section', {class: 'card chart', id: 'chart-' + spec.id},
      el('div', {class: 'head'}, heading, legend), this.frame));
  }

  legendItem(line, index) {
    const value = el('span', {class: 'value num'}, DASH);
    this.values.push(value);
    const button = el('button', {type: 'button', class: 'key'},
      el('span', {class: 'swatch' + (line.dash ? ' dashed' : ''), style: '--line:var(' +
        line.color + ')'}), el('span', {class: 'name'}, line.title), value);
    this.keys.push(button);
    button.addEventListener('click', () => {
      this.wanted[index] = !this.shown[index];
      this.shown[index] = this.wanted[index];
      button.setAttribute('aria-pressed', String(this.shown[index]));
      if (this.graph) {
        this.graph.updateOptions({visibility: this.shown,
          valueRange: this.valueRange(this.rows, this.view)});
        this.paintMarks();
      }
    });
    return button;
  }

  narrow() {
    return this.plot.clientWidth < 600;
  }

  options() {
    const spec = this.spec;
    const series = {};
    for (const line of spec.lines) {
      series[line.title] = {color: cssColor(line.color), strokeWidth: line.width,
        strokePattern: line.dash || null,
        plotter: line.fill ? plotFilled : Dygraph.Plotters.linePlotter};
    }
    return {
      labels: ['time', ...spec.lines.map(line => line.title)],
      series: series,
      visibility: this.shown,
      stepPlot: true,
      legend: 'never',
      interactionModel: {},
      highlightCircleSize: 0,
      labelsUTC: true,
      includeZero: Boolean(spec.zero),
      xRangePad: 0,
      yRangePad: spec.fills ? 0 : 6,
      rightGap: 8,
      underlayCallback: (context, area, graph) => paintEvents(this.model, context, area, graph),
      axisLineColor: cssColor('--border'),
      gridLineColor: cssColor('--grid'),
      gridLineWidth: 1,
      axisLabelFontSize: 11,
      axes: {
        x: {drawAxis: !spec.timeless, ticker: Dygraph.dateTicker, axisLabelFormatter: timeAxisText, drawGrid: true,
          pixelsPerLabel: 80, axisLabelWidth: 76},
        y: {axisLabelFormatter: axisText, axisLabelWidth: this.narrow() ? 54 : 78,
          pixelsPerLabel: 26},
      },
    };
  }

  // The prices to show: those of the lines that are on, and of the marks; null leaves it to dygraphs.
  valueRange(rows, view) {
    if (!this.spec.fills) {
      return null;
    }
    let low = Infinity;
    let high = -Infinity;
    const take = value => {
      if (value !== null) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    };
    for (const row of rows) {
      this.shown.forEach((shown, index) => take(shown ? row[index + 1] : null));
    }
    visibleMarks(this.model, view, markSlots(this)).forEach(mark => take(mark.price));
    const pad = Math.max((high - low) * 0.05, this.model.units.tick);
    return low <= high ? [low - pad, high + pad] : null;
  }

  // Draws the view; `rows` hold the series of all charts in the order of allSeriesNames().
  draw(rows, view, columns) {
    const own = rows.map(row => {
      const out = [row[0]];
      for (const line of this.spec.lines) {
        out.push(row[1 + columns.get(line.name)]);
      }
      return out;
    });
    if (own.length === 0) {
      own.push([view.from, ...this.spec.lines.map(() => null)]);
    }
    const range = this.valueRange(own, view);
    if (this.graph) {
      this.graph.updateOptions({file: own, dateWindow: [view.from, view.to], valueRange: range,
        visibility: this.shown});
    } else {
      const options = Object.assign(this.options(), {dateWindow: [view.from, view.to],
        valueRange: range});
      this.graph = new Dygraph(this.plot, own, options);
    }
    this.rows = own;
    this.view = view;
    this.stale = false;
    this.paintMarks();
  }

  restyle() {
    if (this.graph) {
      this.graph.updateOptions(this.options());
      this.paintMarks();
    }
  }

  resize() {
    if (this.graph) {
      this.graph.resize();
      this.restyle();
    }
  }

  area() {
    return this.graph ? this.graph.getArea() : {x: 0, y: 0, w: 1, h: 1};
  }

  timeAt(x) {
    return this.graph.toDataXCoord(x);
  }

  showCursor(ms, index) {
    const area = this.area();
    const inside = ms !== null && this.graph;
    const x = inside ? this.graph.toDomXCoord(ms) : -1;
    this.crosshair.hidden = !(inside && x >= area.x && x <= area.x + area.w);
    this.crosshair.style.transform = 'translateX(' + Math.round(x) + 'px)';
    this.crosshair.style.height = area.h + 'px';
    this.spec.lines.forEach((line, i) => {
      const value = index < 0 ? NaN : this.model.series[line.name].values[index];
      this.values[i].textContent = valueText(this.model, this.spec, line, value);
    });
  }

  showSelection(fromX, toX) {
    const area = this.area();
    this.selection.hidden = fromX === null;
    if (fromX !== null) {
      const left = Math.max(area.x, Math.min(fromX, toX));
      const right = Math.min(area.x + area.w, Math.max(fromX, toX));
      this.selection.style.left = left + 'px';
      this.selection.style.width = Math.max(0, right - left) + 'px';
      this.selection.style.height = area.h + 'px';
    }
  }

  paintMarks() {
    if (this.marks && this.graph) {
      paintFills(this);
    }
  }
}
