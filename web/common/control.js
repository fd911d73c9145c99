// What the reader does: moving, zooming and pointing, by mouse, touch and keys, in all charts.
'use strict';

const VIEW_MIN_POINTS = 8;
const ZOOM_STEP = 0.6;
const PAN_STEP = 0.2;
const SLOT_PIXELS = 2; // each holds a least and a greatest value

class Control {
  constructor(model, charts) {
    this.model = model;
    this.charts = charts;
    this.view = {from: model.startMs, to: model.endMs};
    this.names = [...new Set(charts.flatMap(chart => chart.spec.lines.map(line => line.name)))];
    this.columns = new Map(this.names.map((name, index) => [name, index]));
    this.cursor = null;
    this.pending = false;
    this.touches = new Map();
    this.listeners = [];
    for (const chart of charts) {
      this.listen(chart);
    }
    byId('stack').addEventListener('keydown', event => this.key(event));
    document.querySelectorAll('[data-zoom]').forEach(button =>
      button.addEventListener('click', () => this.act(button.dataset.zoom)));
    this.watchScreen();
  }

  // ---- the view ----

  setView(from, to) {
    const {startMs, endMs} = this.model;
    const least = Math.min(endMs - startMs, Math.max(VIEW_MIN_POINTS * this.model.pointMs, 1));
    const length = Math.min(endMs - startMs, Math.max(least, to - from));
    let start = to - from < least ? (from + to - length) / 2 : from;
    start = Math.max(startMs, Math.min(start, endMs - length));
    this.view = {from: start, to: start + length};
    this.charts.forEach(chart => {
      chart.stale = true;
    });
    this.schedule();
  }

  zoom(factor, at) {
    const {from, to} = this.view;
    const centre = at === undefined ? (from + to) / 2 : at;
    this.setView(centre - (centre - from) * factor, centre + (to - centre) * factor);
  }

  pan(share) {
    const {from, to} = this.view;
    this.move((to - from) * share);
  }

  move(ms) {
    const {from, to} = this.view;
    const {startMs, endMs} = this.model;
    const step = Math.max(startMs - from, Math.min(endMs - to, ms));
    this.setView(from + step, to + step);
  }

  act(name) {
    const acts = {
      'pan-left': () => this.pan(-PAN_STEP),
      'pan-right': () => this.pan(PAN_STEP),
      'in': () => this.zoom(ZOOM_STEP),
      'out': () => this.zoom(1 / ZOOM_STEP),
      'all': () => this.setView(this.model.startMs, this.model.endMs),
    };
    const last = /^last-(\d+)$/.exec(name);
    if (last) {
      this.setView(this.model.endMs - Number(last[1]), this.model.endMs);
    } else {
      acts[name]();
    }
  }

  // After the model has changed, which ended at `endMs`: a view of the end goes along with it, and
  // one of the whole run stays one.
  follow(startMs, endMs) {
    const {from, to} = this.view;
    const model = this.model;
    this.charts.forEach(chart => chart.noteData());
    if (to < endMs) {
      this.setView(from, to);
    } else if (from <= startMs) {
      this.setView(model.startMs, model.endMs);
    } else {
      this.setView(from + model.endMs - endMs, model.endMs);
    }
  }

  schedule() {
    if (!this.pending) {
      this.pending = true;
      requestAnimationFrame(() => {
        this.pending = false;
        this.render();
      });
    }
  }

  render() {
    const started = performance.now();
    const shown = this.charts.filter(chart => chart.onScreen && chart.stale);
    if (shown.length > 0) {
      const slots = Math.max(200, Math.floor(shown[0].plot.clientWidth / SLOT_PIXELS));
      const rows = visibleRows(this.model, this.names, this.view.from, this.view.to, slots);
      shown.forEach(chart => chart.draw(rows, this.view, this.columns));
    }
    this.showWindow();
    this.showCursor();
    this.listeners.forEach(listener => listener(this.view));
    this.lastRenderMs = performance.now() - started;
  }

  drawAll() {
    this.charts.forEach(chart => {
      chart.onScreen = true;
    });
    this.render();
  }

  showWindow() {
    const {from, to} = this.view;
    const decimals = to - from < 60000 ? 3 : to - from < 3600000 ? 1 : 0;
    const days = dayText(from) === dayText(to) ? [dayText(from) + ' ', '']
      : [dayText(from) + ' ', dayText(to) + ' '];
    byId('window-range').textContent = days[0] + clockText(from, decimals) + ' – ' + days[1] +
      clockText(to, decimals) + ' UTC';
    byId('window-length').textContent = spanText(Math.round(to - from));
    byId('window-point').textContent = this.model.pointMs > 0
      ? 'sampled every ' + spanText(this.model.pointMs) : '';
  }

  // Charts out of sight are drawn when they come into it.
  watchScreen() {
    const observer = new IntersectionObserver(entries => {
      for (const entry of entries) {
        const chart = this.charts.find(each => each.frame === entry.target);
        chart.onScreen = entry.isIntersecting;
      }
      this.schedule();
    }, {rootMargin: '200px'});
    const sizes = new ResizeObserver(() => {
      this.charts.forEach(chart => {
        chart.resize();
        chart.stale = true;
      });
      this.schedule();
    });
    this.charts.forEach(chart => observer.observe(chart.frame));
    sizes.observe(byId('stack'));
  }

  // ---- the cursor ----

  setCursor(ms) {
    this.cursor = ms;
    this.showCursor();
  }

  // Without a cursor the legends show the window's last point.
  showCursor() {
    const {times} = this.model;
    const at = this.cursor === null ? this.view.to : this.cursor;
    const index = indexAt(times, at);
    byId('cursor-time').textContent = this.cursor === null ? DASH : clockText(this.cursor, 3);
    this.charts.forEach(chart => chart.showCursor(this.cursor, index));
  }

  stepCursor(step) {
    const {times} = this.model;
    if (times.length === 0) {
      return;
    }
    const from = this.cursor === null ? this.view.to : this.cursor;
    const index = Math.max(0, Math.min(times.length - 1, indexAt(times, from) + step));
    this.bringIntoView(times[index]);
    this.setCursor(times[index]);
  }

  bringIntoView(ms) {
    const {from, to} = this.view;
    if (ms < from || ms > to) {
      this.setView(ms - (to - from) / 2, ms + (to - from) / 2);
    }
  }

  // ---- fills ----

  selectFill(fill) {
    marksState.selected = fill;
    if (fill === null) {
      hideTip();
    } else {
      this.bringIntoView(fill.ms);
      this.setCursor(fill.ms);
    }
    this.charts[0].paintMarks();
    requestAnimationFrame(() => this.showSelectedTip());
  }

  // After the frame in which the charts were drawn anew.
  showSelectedTip() {
    const each = marksState.marks.find(mark => mark.mark === marksState.selected);
    if (each) {
      const box = this.charts[0].frame.getBoundingClientRect();
      showTip(this.model, each.mark, box.left + each.x, box.top + each.y);
    }
  }

  // From the table: close enough to see the fill's surroundings.
  visitFill(fill) {
    const half = Math.max(VIEW_MIN_POINTS * this.model.pointMs, 10000, this.model.pointMs * 50);
    if (this.view.to - this.view.from > 2 * half) {
      this.setView(fill.ms - half, fill.ms + half);
    }
    this.charts[0].frame.scrollIntoView({block: 'center'});
    byId('stack').focus({preventScroll: true});
    requestAnimationFrame(() => this.selectFill(this.markOf(fill)));
  }

  // The fill itself, or the sum that holds it.
  markOf(fill) {
    const {sums} = this.model;
    return sums.length === 0 ? fill : sums.find(sum => sum.side === fill.side &&
      fill.ms >= sum.fromMs && fill.ms < sum.toMs) || fill;
  }

  stepFill(step) {
    const source = this.model.sums.length > 0 ? this.model.sums : this.model.fills;
    if (source.length === 0) {
      return;
    }
    let index = source.indexOf(marksState.selected);
    if (index < 0) {
      const inside = source.findIndex(fill => fill.ms >= this.view.from);
      index = inside < 0 ? source.length - 1 : step > 0 ? inside - 1 : inside;
    }
    this.selectFill(source[Math.max(0, Math.min(source.length - 1, index + step))]);
  }

  // ---- keys ----

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const keys = {
      'ArrowLeft': () => this.pan(-PAN_STEP), 'ArrowRight': () => this.pan(PAN_STEP),
      '+': () => this.zoom(ZOOM_STEP), '=': () => this.zoom(ZOOM_STEP),
      '-': () => this.zoom(1 / ZOOM_STEP), '_': () => this.zoom(1 / ZOOM_STEP),
      '0': () => this.act('all'),
      'Home': () => this.move(-Infinity), 'End': () => this.move(Infinity),
      ',': () => this.stepCursor(-1), '.': () => this.stepCursor(1),
      'n': () => this.stepFill(1), 'p': () => this.stepFill(-1),
      'Escape': () => this.selectFill(null),
    };
    const act = keys[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  }

  // ---- mouse and touch ----

  listen(chart) {
    const surface = chart.surface;
    surface.addEventListener('pointerdown', event => this.down(chart, event));
    surface.addEventListener('pointermove', event => this.moved(chart, event));
    surface.addEventListener('pointerup', event => this.up(chart, event));
    surface.addEventListener('pointercancel', event => this.cancel(chart, event));
    surface.addEventListener('pointerleave', () => this.leave());
    surface.addEventListener('dblclick', () => this.act('all'));
    surface.addEventListener('wheel', event => this.wheel(chart, event), {passive: false});
  }

  at(chart, event) {
    const box = chart.surface.getBoundingClientRect();
    return {x: event.clientX - box.left, y: event.clientY - box.top};
  }

  down(chart, event) {
    if (event.button !== 0 || !chart.graph) {
      return;
    }
    const {x} = this.at(chart, event);
    this.touches.set(event.pointerId, x);
    const pans = event.shiftKey || event.pointerType === 'touch';
    this.drag = {chart: chart, startX: x, lastX: x, pans: pans, moved: false};
    if (event.pointerType === 'mouse') {
      chart.surface.setPointerCapture(event.pointerId);
    }
  }

  moved(chart, event) {
    if (!chart.graph) {
      return;
    }
    const {x, y} = this.at(chart, event);
    if (this.touches.size === 2 && this.touches.has(event.pointerId)) {
      this.pinch(chart, event.pointerId, x);
      return;
    }
    if (this.drag && this.drag.chart === chart) {
      this.dragTo(chart, x);
    }
    if (!this.drag || !this.drag.pans) {
      this.setCursor(chart.timeAt(x));
    }
    this.hover(chart, event, x, y);
  }

  dragTo(chart, x) {
    const drag = this.drag;
    drag.moved = drag.moved || Math.abs(x - drag.startX) > 4;
    if (!drag.moved) {
      return;
    }
    if (drag.pans) {
      this.move((drag.lastX - x) * (this.view.to - this.view.from) / chart.area().w);
      drag.lastX = x;
    } else {
      chart.showSelection(drag.startX, x);
    }
  }

  pinch(chart, pointerId, x) {
    const [other] = [...this.touches].filter(([id]) => id !== pointerId).map(([, at]) => at);
    const before = Math.abs(this.touches.get(pointerId) - other);
    const after = Math.max(8, Math.abs(x - other));
    this.touches.set(pointerId, x);
    this.drag = null;
    if (before > 8) {
      this.zoom(before / after, chart.timeAt((x + other) / 2));
    }
  }

  hover(chart, event, x, y) {
    if (!chart.spec.fills || this.drag) {
      return;
    }
    const near = markNear(x, y);
    chart.surface.classList.toggle('on-mark', near !== null);
    if (near) {
      showTip(this.model, near.mark, event.clientX, event.clientY);
    } else if (marksState.selected === null) {
      hideTip();
    }
  }

  up(chart, event) {
    const drag = this.drag;
    const {x, y} = this.at(chart, event);
    this.touches.delete(event.pointerId);
    this.drag = null;
    chart.showSelection(null);
    if (!drag) {
      return;
    }
    if (!drag.moved) {
      this.click(chart, x, y);
    } else if (!drag.pans) {
      const edge = chart.area();
      const within = at => chart.timeAt(Math.max(edge.x, Math.min(edge.x + edge.w, at)));
      this.setView(within(Math.min(drag.startX, x)), within(Math.max(drag.startX, x)));
    }
  }

  click(chart, x, y) {
    const near = chart.spec.fills ? markNear(x, y) : null;
    this.setCursor(chart.timeAt(x));
    this.selectFill(near ? near.mark : null);
  }

  cancel(chart, event) {
    this.touches.delete(event.pointerId);
    this.drag = null;
    chart.showSelection(null);
  }

  leave() {
    if (!this.drag && marksState.selected === null) {
      this.setCursor(null);
      hideTip();
    }
  }

  // A plain wheel scrolls the page.
  wheel(chart, event) {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!chart.graph || (!event.ctrlKey && !event.metaKey && !event.shiftKey && !sideways)) {
      return;
    }
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {
      this.zoom(Math.exp(event.deltaY * 0.004), chart.timeAt(this.at(chart, event).x));
    } else {
      this.pan((sideways ? event.deltaX : event.deltaY) * 0.001);
    }
  }
}
