// The state of a run as the feed tells it (docs/feed.md): sections, lists and series.
'use strict';

const FEED_VERSION = 1;

const LIST_KEYS = {fills: 'number', orders: 'number', iterations: 'iteration', log: 'number',
  audit: 'id'};
const SERIES = ['series_run', 'series_recent'];

class RunState {
  constructor() {
    this.limits = {};
    this.forget();
  }

  forget() {
    this.seq = null;
    this.sections = {};
    this.lists = {};
    this.series = {};
    this.changed = new Set();
    for (const name of Object.keys(LIST_KEYS)) {
      this.lists[name] = [];
    }
  }

  // A `state` or a `diff`. False when it does not follow on what is known.
  apply(message) {
    if (message.type === 'state') {
      this.forget();
      [...Object.keys(LIST_KEYS), 'series'].forEach(name => this.changed.add(name));
    } else if (message.since !== this.seq) {
      return false;
    }
    this.seq = message.seq;
    for (const [name, values] of Object.entries(message.set || {})) {
      this.sections[name] = Object.assign({}, this.sections[name], values);
      this.changed.add(name);
    }
    for (const [name, values] of Object.entries(message.add || {})) {
      if (SERIES.includes(name)) {
        this.addPoints(name, values);
      } else if (LIST_KEYS[name] !== undefined) {
        this.addEntries(name, values);
      }
    }
    return true;
  }

  addEntries(name, entries) {
    const key = LIST_KEYS[name];
    const list = this.lists[name];
    for (const entry of entries) {
      let at = list.length;
      while (at > 0 && list[at - 1][key] > entry[key]) {
        at--;
      }
      const known = at > 0 && list[at - 1][key] === entry[key];
      list.splice(known ? at - 1 : at, known ? 1 : 0, entry);
    }
    const limit = this.limits[name];
    if (limit > 0 && list.length > limit) {
      list.splice(0, list.length - limit);
    }
    this.changed.add(name);
  }

  addPoints(name, given) {
    let series = this.series[name];
    if (!series || series.generation !== given.generation) {
      series = {generation: given.generation, start: given.start, columns: {}};
      this.series[name] = series;
    }
    series.interval_ns = given.interval_ns;
    const keep = given.start - series.start;
    for (const [column, values] of Object.entries(given.columns)) {
      const known = series.columns[column] || [];
      known.length = Math.min(known.length, Math.max(0, keep));
      known.push(...values);
      series.columns[column] = known;
    }
    this.trimPoints(series, this.limits[name]);
    this.changed.add('series');
  }

  trimPoints(series, limit) {
    const extra = (series.columns.time_ns || []).length - limit;
    if (extra > 0) {
      for (const values of Object.values(series.columns)) {
        values.splice(0, extra);
      }
      series.start += extra;
    }
  }

  // A section; {} while it is not known, so that all of it is unknown.
  get(name) {
    return this.sections[name] || {};
  }

  list(name) {
    return this.lists[name];
  }

  takeChanged() {
    const changed = this.changed;
    this.changed = new Set();
    return changed;
  }
}
