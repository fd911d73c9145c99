// hftbacktest's feed files, .npy or .npz, both ways: rows of 64 bytes, each of which is an event of
// the exchange's clock, of the local clock, or of both.
//
// Import keeps the order of both clocks: a row of one clock is paired with its twin of the other,
// which carries the same stamps, kind, side, price and quantity. Tick and lot are the finest
// decimal step of the numbers. Rows of best bids and offers are left out, as the reference's own
// processors ignore them. Export writes the rows that such an import gives back; gaps and best bids
// and offers have no row there. The files hold no symbol: it is the file's name up to the first
// character that is no letter or digit, unless the options say it.
#ifndef MM_MARKET_IMPORT_NPY_H
#define MM_MARKET_IMPORT_NPY_H

#include "base/error.h"
#include "market/tape.h"
#include "market/tape_builder.h"
#include "market/tape_import.h"

#include <stddef.h>

int import_npy(const char *name, const void *data, size_t size,
               const struct tape_import_options *options, struct tape_builder *builder,
               struct tape_import_report *report) MM_CHECKED;

#endif
