// What this run is and what the panels show, for who sees the page for the first time.
'use strict';

const MODE_MEANINGS = {
  mock: 'a market that is simulated; no order leaves the machine and no money moves',
  tape: 'a recorded market that is replayed; no order leaves the machine and no money moves',
  paper: 'a real market as it happens, with fills that are worked out; no order leaves the machine',
  live: 'a real exchange: its orders are real and so is the money',
};

function runSentences(page) {
  const run = page.state.get('run');
  const status = page.state.get('status');
  const passed = isKnown(run.pace) ? fixed(run.pace, run.pace < 10 ? 1 : 0) +
    ' s of market time pass in each second' : 'market time passes as fast as the machine allows';
  const windows = isKnown(run.window_ns) ? 'windows of ' + spanText(run.window_ns / 1e6) : 'windows';
  const tuner = run.tuner === 'off' ? 'The tuner is off.'
    : 'After each the tuner may propose small changes to six parameters, and the guard lets them ' +
      'through, cuts or refuses them.';
  return [
    'mmbot keeps a buy and a sell order in the market for ' + (run.symbol || 'an instrument') +
      ' and earns when others trade with both. This run trades on ' +
      (MODE_MEANINGS[run.mode] || 'a market that is not known yet') + '.',
    'It is judged in ' + windows + ' (' + passed + '). ' + tuner,
    status.phase === 'ended' ? 'It has ended; everything shown is final.'
      : 'Everything shown is live; at its right each panel says how old it is.',
  ];
}

const PANEL_MEANINGS = [
  ['Net PnL', 'what was earned, in money and in bps (1 bps = 0.01 %) of the value traded: gross less ' +
    'slippage, adverse, inventory, fees and, on a live market, funding.'],
  ['Verdict', '✓ PASS and ! WARN are good enough, ✕ FAIL is not, ~ INCONCLUSIVE had too little to ' +
    'judge. The small signs are the newest windows.'],
  ['Ladder', 'the market’s orders by price, ours marked; ahead is the estimate of what is served ' +
    'before ours. When a side is not quoted its bar says why.'],
  ['Course', 'prices with our quotes and fills (▲ bought, ▼ sold), what each part added to the PnL, ' +
    'and what is held. Drag to zoom, double click for all.'],
  ['Fills', 'each trade of ours: its edge at that moment, and its worth 1, 5 and 30 s later. What ' +
    'falls from left to right was taken back by the market.'],
  ['Tuner', 'what was proposed, what the guard made of it, and the net of the window before and after.'],
  ['Iterations', 'the windows with their verdicts and reasons; a number opens all of one.'],
  ['—', 'is not known. It is never 0.'],
];

const CONTROL_MEANINGS = [
  ['Pause', 'cancels every order and quotes nothing until resumed.'],
  ['Kill', 'the same, until re-armed.'],
  ['Revert to safe', 'puts the six parameters back to the safe profile.'],
];

function meanings(pairs) {
  return el('dl', {class: 'meanings'}, ...pairs.flatMap(([name, text]) =>
    [el('dt', {}, name), el('dd', {}, text)]));
}

function showHelp(page) {
  const controls = document.body.classList.contains('record') ? []
    : [el('h3', {}, 'To ask for something, hold the button down for a second'),
      meanings(CONTROL_MEANINGS)];
  showDetail('What this page shows', ...runSentences(page).map(text =>
    el('p', {class: 'sentence'}, text)),
    el('h3', {}, 'How to read it'), meanings(PANEL_MEANINGS), ...controls);
}
