// Reads the report that is part of the page and shows it.
'use strict';

function main() {
  const charts = [];
  prepareTheme(() => charts.forEach(chart => chart.restyle()));
  byId('licence').textContent = byId('licence-text').textContent.trim();
  const model = buildModel(JSON.parse(byId('data').textContent));
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
