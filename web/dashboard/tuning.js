// What the tuner did and what came of it, and how each window was judged.
'use strict';

const KPI_SHOWN = 'net_bps';

// ---- the tuner's timeline ----

const ACTION_TITLES = {panic: '✕ panic: safe profile', halt: '■ halt', recover: '↺ safe profile'};

// One entry for each change of an iteration, or one that says that there was none.
function timeline(page) {
  const list = page.state.list('iterations');
  const out = [];
  for (let i = list.length - 1; i >= 0; i--) {
    const each = list[i];
    const after = i + 1 < list.length ? list[i + 1].kpi[KPI_SHOWN] : null;
    const shared = {iteration: each, before: each.kpi[KPI_SHOWN], after: after,
      span: Math.max(1, each.changes.length)};
    if (each.changes.length === 0) {
      out.push(Object.assign({key: each.iteration + ' none', change: null}, shared));
    }
    for (const change of each.changes) {
      out.push(Object.assign({key: each.iteration + ' ' + change.key, change: change}, shared));
    }
  }
  return out;
}

// What the guard did with the proposal, as a sign and a word.
function fateCell(iteration, change) {
  if (change === null) {
    const action = ACTION_TITLES[iteration.action];
    return {text: action || '· none', kind: action ? 'bad' : 'muted', title: iteration.skip_text};
  }
  if (change.applied) {
    return change.code === 'none'
      ? {text: ACTION_TITLES[iteration.action] || '✓ applied', chip: true,
        kind: ACTION_TITLES[iteration.action] ? 'bad' : 'good', title: change.text}
      : {text: '✂ cut: ' + words(change.code), chip: true, kind: 'warn', title: change.text};
  }
  return {text: '✕ ' + words(change.code), chip: true, kind: 'bad', title: change.text};
}

function arrow(before, after) {
  return before + ' → ' + after;
}

function timelineCells(page, entry) {
  const {iteration, change} = entry;
  const open = {text: String(iteration.iteration), press: () => showIteration(page, iteration),
    title: 'All of iteration ' + iteration.iteration};
  if (change === null) {
    return [open, {text: iteration.skip_text || 'no change', kind: 'muted clip',
      title: iteration.skip_text}, '', fateCell(iteration, null), '', ''];
  }
  const asked = isKnown(change.asked) ? String(change.asked) : DASH;
  const kept = change.before === change.after;
  return [
    open,
    {text: change.key, kind: 'code', title: change.rules.map(rule => words(rule.rule) + ': ' +
      rule.why).join('; ')},
    {text: asked, title: 'Asked for'},
    fateCell(iteration, change),
    {text: kept ? String(change.before) : arrow(change.before, change.after),
      kind: kept ? 'muted' : 'strong'},
    {text: arrow(fixed(entry.before, 2), fixed(entry.after, 2)),
      kind: kept || !isKnown(entry.after) ? 'muted' : signKind(entry.after - entry.before),
      title: 'Net in bps of the window before and after'},
  ];
}

function buildTuner(page) {
  page.tunerRows = new Rows(byId('tuner-body'), [
    {title: '#', what: 'Iteration'}, {title: 'Proposal', wide: true}, {title: 'asked', number: true},
    {title: 'Guard'}, {title: 'Value', number: true},
    {title: 'Net bps', number: true, what: 'Of the window before and of the one after'},
  ], entry => entry.key, entry => timelineCells(page, entry), 'Nothing has been proposed yet.');
}

function drawTuner(page) {
  const tuner = page.state.get('tuner');
  page.tunerRows.show(timeline(page));
  const note = isKnown(tuner.proposed) ? tuner.applied + ' of ' + tuner.proposed + ' applied, ' +
    tuner.cut + ' cut, ' + tuner.refused + ' refused' + (tuner.panics > 0 ? ', ' + tuner.panics +
    ' panics' : '') : '';
  setText(byId('tuner-note'), note + (tuner.text ? ' · ' + tuner.text : ''));
  byId('tuner-note').title = tuner.text || '';
}

// ---- iterations ----

function iterationCells(page, each) {
  const kpi = each.kpi;
  const finding = each.findings.length > 0 ? each.findings[0].text : '';
  return [
    {text: String(each.iteration), press: () => showIteration(page, each),
      title: 'All of iteration ' + each.iteration},
    {text: verdictText(each.verdict), kind: verdictKind(each.verdict), chip: true,
      title: each.findings.map(one => one.text).join('; ')},
    {text: signed(kpi.net_bps, 2), kind: signKind(kpi.net_bps)},
    fixed(kpi.adverse_bps, 2),
    fixed(kpi.fills, 0),
    percent(kpi.risk_ratio, 0),
    isKnown(kpi.p95_latency_ms) ? fixed(kpi.p95_latency_ms, 0) : DASH,
    {text: finding || (each.modes || []).map(words).join(', '), kind: 'clip' + (finding ? ''
      : ' muted'), title: finding},
  ];
}

function buildIterations(page) {
  page.iterationRows = new Rows(byId('iterations-body'), [
    {title: '#'}, {title: 'Verdict'}, {title: 'Net', unit: 'bps', number: true},
    {title: 'Adverse', number: true, what: 'What the market took back, in bps'},
    {title: 'Fills', number: true}, {title: 'Risk', number: true,
      what: 'Share of the decisions that a limit refused or reduced'},
    {title: 'p95 ms', number: true, what: 'Decision to acknowledgement'},
    {title: 'Because', wide: true},
  ], each => each.iteration, each => iterationCells(page, each), 'No window has ended yet.');
}

function drawIterations(page) {
  page.iterationRows.show(page.state.list('iterations').slice().reverse());
  setText(byId('iterations-note'), page.state.get('status').verdict_text || '');
  byId('iterations-note').title = page.state.get('status').verdict_text || '';
}

// ---- one iteration in full ----

function showDetail(title, ...children) {
  setText(byId('detail-title'), title);
  byId('detail-body').replaceChildren(...children);
  if (!byId('detail').open) {
    byId('detail').showModal();
  }
}

function listOf(texts, otherwise) {
  return texts.length > 0 ? el('ul', {}, ...texts.map(text => el('li', {}, text)))
    : el('p', {class: 'muted'}, otherwise);
}

function showIteration(page, each) {
  const list = page.state.list('iterations');
  const next = list.find(other => other.iteration === each.iteration + 1);
  const shown = value => !isKnown(value) ? DASH : fixed(value, Number.isInteger(value) ? 0 : 4);
  const kpis = Object.keys(each.kpi).sort().map(name => [el('code', {}, name),
    shown(each.kpi[name]), next ? shown(next.kpi[name]) : DASH]);
  showDetail('Iteration ' + each.iteration + ': ' + each.verdict,
    el('p', {class: 'muted num'}, marketClock(page, each.from_ns) + ' – ' +
      marketClock(page, each.to_ns) + ' UTC'),
    el('h3', {}, 'Findings'), listOf(each.findings.map(one => one.text), 'None: every level is met.'),
    el('h3', {}, 'Tuner and guard: ' + words(each.action)),
    listOf(each.changes.map(change => change.text), each.skip_text || 'Nothing was proposed.'),
    el('h3', {}, 'Parameters from here on'),
    table([{title: 'Parameter'}, {title: 'Value', number: true}], Object.entries(each.params)
      .map(([key, value]) => [el('code', {}, key), String(value)])),
    el('h3', {}, 'KPIs'),
    table([{title: 'KPI'}, {title: 'This window', number: true},
      {title: 'The next', number: true}], kpis));
}
