// Reads raw Binance captures: one line per message, `<receive time in ns> <json>`.
//
// The messages are those of the streams SYMBOL@depth[@rate], SYMBOL@trade and SYMBOL@bookTicker,
// wrapped ({"stream":…,"data":…}) or bare, of USD-M futures, COIN-M futures and spot, and answers
// of the REST depth endpoint ({"lastUpdateId":…,"bids":…,"asks":…}). Other streams are counted and
// left out; a known stream with an unknown shape is an error. What is kept, and in which order, is
// what the reference's converter keeps (hftbacktest 2.4, binancefutures.py):
//
// * the exchange's time is T (the match) where there is one, else E;
// * trades whose X is not MARKET are left out (spot has no X: all are kept);
// * a depth update's bids come before its asks;
// * a snapshot is, for each side that has levels, a clear down to its worst price and the levels;
// * the numbers of the depth updates (pu, U, u, lastUpdateId) must form a chain: where it breaks,
//   an EVENT_GAP precedes the update; updates that a snapshot holds already are left out;
// * bookTicker goes to the best bid/offer section and takes no part in the clock correction.
//
// Spot snapshots carry no time: they get the newest exchange time seen before them, or the first
// one after them at the start of a file.
#ifndef MM_MARKET_IMPORT_BINANCE_H
#define MM_MARKET_IMPORT_BINANCE_H

#include "base/error.h"
#include "market/capture_lines.h"
#include "market/tape_builder.h"
#include "market/tape_import.h"

// Reads all lines into the builder and fills `report`, its instrument included (prepared). An
// error names the file and the line.
int import_binance(struct capture_lines *lines, const struct tape_import_options *options,
                   struct tape_builder *builder, struct tape_import_report *report) MM_CHECKED;

#endif
