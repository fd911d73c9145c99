// Reads the trade files of Bybit's archive, CSV, plain or gzip: those of derivatives (timestamp in
// seconds, symbol, side, size, price, …; with or without a first line of names, rows in any order)
// and of spot (id, timestamp in milliseconds, price, volume, side; the symbol is the file's name up
// to '_' or '-' unless the options say it).
//
// The receive time is the exchange's plus the feed latency of the options.
#ifndef MM_MARKET_IMPORT_BYBIT_TRADES_H
#define MM_MARKET_IMPORT_BYBIT_TRADES_H

#include "base/error.h"
#include "market/capture_lines.h"
#include "market/tape_builder.h"
#include "market/tape_import.h"

int import_bybit_trades(struct capture_lines *lines, const struct tape_import_options *options,
                        struct tape_builder *builder, struct tape_import_report *report) MM_CHECKED;

#endif
