// What the importers of recordings share: the symbol that is wanted, the steps of price and
// quantity, the clocks' checks, and what goes into the report and the instrument at the end.
//
// Borrows options, builder and report. Errors are pushed without file and line, except by
// import_base_finish. One owner thread.
#ifndef MM_MARKET_IMPORT_BASE_H
#define MM_MARKET_IMPORT_BASE_H

#include "base/error.h"
#include "market/capture_levels.h"
#include "market/tape_builder.h"
#include "market/tape_import.h"

#include <stdbool.h>
#include <stdint.h>

enum { IMPORT_SYMBOLS_LISTED_MAX = 8 };

struct import_base {
    const struct tape_import_options *options;
    struct tape_import_report *report;
    struct tape_builder *builder;
    struct level_reader levels;
    char symbol[INSTRUMENT_NAME_SIZE]; // the one wanted, empty while none is known
    bool symbol_fixed, symbol_seen;    // by the operator; in the recording
    char others[IMPORT_SYMBOLS_LISTED_MAX][INSTRUMENT_NAME_SIZE];
    uint32_t other_count;
    int64_t newest_local_ns;
};

int import_base_start(struct import_base *base, const struct tape_import_options *options,
                      struct tape_builder *builder, struct tape_import_report *report) MM_CHECKED;

// 1 when the symbol is wanted, 0 when it is to be left out, negative when it is a second one or no
// symbol at all.
int import_base_symbol(struct import_base *base, struct capture_text symbol) MM_CHECKED;

// Refuses a receive time out of range, or more than a second before an earlier one.
int import_base_received(struct import_base *base, int64_t local_ns) MM_CHECKED;

// One trade as a message of its own; price and quantity above 0.
struct import_trade {
    enum side taken; // the side of the book it took from
    struct capture_text price, qty;
    int64_t exch_ns, local_ns;
};
int import_base_trade(struct import_base *base, const struct import_trade *trade) MM_CHECKED;

// Fills the report's instrument: symbol and steps from here, `venue`, and the contract by the
// symbol's name (BTCUSD is inverse where `by_name`), unless the options say otherwise.
int import_base_finish(struct import_base *base, const char *name, const char *venue,
                       bool by_name) MM_CHECKED;

// The worst prices of a book so far, so that a clear can reach all of it.
struct import_worst {
    int64_t ticks[2]; // 0: none yet
    uint32_t decimals;
};
void import_worst_note(struct import_worst *worst, const struct import_base *base,
                       struct capture_levels levels, enum side side);

// A clear of one side down to the worst price known; none when the side never had a level.
int import_worst_clear(struct import_worst *worst, struct import_base *base, enum side side,
                       int64_t exch_ns, int64_t local_ns) MM_CHECKED;

#endif
