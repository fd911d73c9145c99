// Reads Bybit's V5 market data: frames as the public WebSocket sends them, one per line, either a
// capture (`<receive time in ns> <frame>`) or the exchange's own archive of order books (frames
// alone; the receive time is then the exchange's plus the feed latency of the options).
//
// * orderbook.N of the deepest N: a snapshot replaces the book, a delta must carry the number (u)
//   after the last one, else an EVENT_GAP precedes it. Books of other depths have numbers and
//   windows of their own and are left out; level 1 goes to the best bid/offer section.
// * publicTrade: one message a trade; block trades (BT) took nothing from the book, left out.
// * The exchange's time is cts (the match) where there is one, else ts; of a trade its T.
#ifndef MM_MARKET_IMPORT_BYBIT_H
#define MM_MARKET_IMPORT_BYBIT_H

#include "base/error.h"
#include "market/capture_lines.h"
#include "market/tape_builder.h"
#include "market/tape_import.h"

#include <stdbool.h>

int import_bybit(struct capture_lines *lines, bool has_receive_time,
                 const struct tape_import_options *options, struct tape_builder *builder,
                 struct tape_import_report *report) MM_CHECKED;

#endif
