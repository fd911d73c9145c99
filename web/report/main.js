// Reads the report that is part of the page and shows it.
'use strict';

const THEMES = [
  {name: 'auto', title: '◐ auto'},
  {name: 'light', title: '○ light'},
  {name: 'dark', title: '● dark'},
];

// A page opened from a file may not be allowed to remember anything.
function storedTheme() {
  try {
    return localStorage.getItem('mmbot-theme');
  } catch {
    return null;
  }
}

function storeTheme(name) {
  try {
    localStorage.setItem('mmbot-theme', name);
  } catch {
    // Then it lasts as long as the page.
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme.name;
  byId('theme').textContent = theme.title;
  byId('theme').title = 'Colours: ' + theme.name + '. Click for the next.';
}

function prepareTheme(onChange) {
  let index = Math.max(0, THEMES.findIndex(theme => theme.name === storedTheme()));
  setTheme(THEMES[index]);
  byId('theme').addEventListener('click', () => {
    index = (index + 1) % THEMES.length;
    setTheme(THEMES[index]);
    storeTheme(THEMES[index].name);
    onChange();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
}

function main() {
  const charts = [];
  prepareTheme(() => charts.forEach(chart => chart.restyle()));
  byId('licence').textContent = byId('licence-text').textContent.trim();
  const model = buildModel(JSON.parse(byId('report').textContent));
  drawTables(model);
  charts.push(...CHARTS.map(spec => new Chart(model, spec, byId('stack'))));
  const control = new Control(model, charts);
  const choose = fill => control.visitFill(fill);
  const drawFills = () => drawFillTable(model, control.view, choose);
  byId('fills-in-view').addEventListener('change', drawFills);
  control.listeners.push(() => {
    if (byId('fills-in-view').checked) {
      drawFills();
    }
  });
  drawFills();
  // On paper nothing is out of sight.
  window.addEventListener('beforeprint', () => control.drawAll());
  window.mmbotReport = {model: model, control: control};
}

main();
