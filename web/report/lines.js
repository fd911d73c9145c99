// What the report's charts show.
'use strict';

const CHARTS = [
  {
    id: 'price', title: 'Price, quotes and fills', height: 380, unit: 'price', fills: true,
    lines: [
      {name: 'bid', title: 'Best bid', color: '--market', width: 1},
      {name: 'ask', title: 'Best ask', color: '--market', width: 1, dash: [4, 2]},
      {name: 'wantedBid', title: 'Wanted bid', color: '--bid', width: 1, dash: [2, 3], off: true},
      {name: 'wantedAsk', title: 'Wanted ask', color: '--ask', width: 1, dash: [2, 3], off: true},
      {name: 'ownBid', title: 'Our bid', color: '--bid', width: 1.5},
      {name: 'ownAsk', title: 'Our ask', color: '--ask', width: 1.5},
      {name: 'mid', title: 'Mid', color: '--ink', width: 1.25},
    ],
  },
  {
    id: 'position', title: 'Position', height: 150, unit: 'quantity', zero: true,
    lines: [{name: 'position', title: 'Position', color: '--position', width: 1.5, fill: true}],
  },
  {
    id: 'equity', title: 'Equity by its parts', height: 300, unit: 'money', zero: true,
    note: 'what each part added',
    lines: [
      {name: 'gross', title: 'Gross', color: '--gross', width: 1.5},
      {name: 'slippage', title: 'Slippage', color: '--slippage', width: 1.5, dash: [6, 3]},
      {name: 'adverse', title: 'Adverse', color: '--adverse', width: 1.5},
      {name: 'inventory', title: 'Inventory', color: '--inventory', width: 1.5, dash: [9, 3, 2, 3]},
      {name: 'fees', title: 'Fees', color: '--fees', width: 1.5, dash: [2, 3]},
      {name: 'net', title: 'Net', color: '--ink', width: 2.25},
    ],
  },
  {
    id: 'drawdown', title: 'Drawdown', height: 130, unit: 'money', zero: true,
    lines: [{name: 'drawdown', title: 'Below the peak', color: '--adverse', width: 1.25,
      fill: true}],
  },
  {
    id: 'spread', title: 'Spread', height: 180, unit: 'bps', zero: true,
    lines: [
      {name: 'marketSpread', title: 'Market', color: '--market', width: 1.25},
      {name: 'ownSpread', title: 'Ours', color: '--bid', width: 1.5},
      {name: 'wantedSpread', title: 'Wanted', color: '--inventory', width: 1, dash: [2, 3],
        off: true},
    ],
  },
];
