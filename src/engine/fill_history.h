// What became of the fills of a run, in bounded memory, for reports.
//
// Fills are kept one by one until there are too many; from then on every second one is kept, then
// every fourth, and so on. Beside them, and whole at any length: counts over equal spans of time
// (the spans double when there would be too many) and totals by the rule that caused the fill.
// Money is not kept here; the sums of doubles are for presentation. Memory is the owner's from
// init to fini; nothing is allocated in between. One owner thread.
#ifndef MM_ENGINE_FILL_HISTORY_H
#define MM_ENGINE_FILL_HISTORY_H

#include "base/memory.h"
#include "engine/engine.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    FILL_RULE_COUNT = FILL_EXCHANGE + 1,
    FILL_SPANS_MAX = 1024,
    FILL_RECORDS_DEFAULT = 5000,
    FILL_PENDING_MAX = 1 << 14 // fills that can wait for their markout at once
};

struct fill_record {
    uint64_t number; // 0 is the run's first fill
    struct engine_fill_row row;
    int64_t later_half_ticks; // the mid one markout horizon later, 0 = unknown
};

// One side's fills within a span of time.
struct fill_sum {
    uint64_t count;
    int64_t qty_lots;
    double price_lots; // sum of price in ticks times quantity in lots
};

struct fill_span {
    struct fill_sum of[2];
};

// Fills by one rule. Edge is what a fill was worth at the mid of its moment, markout what it was
// worth at the mid one horizon later, both against its price and weighted by quantity.
struct fill_rule_sum {
    uint64_t count;
    int64_t qty_lots;
    double edge_lots, edge_bps_lots;
    double markout_lots, markout_bps_lots;
};

struct fill_history {
    struct fill_record *records; // owned, ascending
    uint32_t capacity, count;
    uint64_t stride; // one of so many fills is in records
    uint64_t fill_count;
    int64_t start_ns, span_ns;
    uint32_t span_count;
    struct fill_span spans[FILL_SPANS_MAX];
    struct fill_rule_sum rules[FILL_RULE_COUNT];
    struct ring pending; // fills that wait for their markout
};

// `capacity` is at least 2; an odd one counts as one more. Spans count from `start_ns`, each
// `span_ns` (> 0) long at first. Fills beyond those that can wait for their markout stay without.
void fill_history_init(struct fill_history *history, uint32_t capacity, int64_t start_ns,
                       int64_t span_ns);
void fill_history_fini(struct fill_history *history);

void fill_history_add(struct fill_history *history, const struct engine_fill_row *row);

// The mid one horizon after the fill of this number; numbers come ascending and may leave some out.
void fill_history_markout(struct fill_history *history, uint64_t number, int64_t later_half_ticks);

// s * (mid - price) / price in bps; mid > 0 in half ticks, price > 0 in ticks.
double fill_gain_bps(enum side side, int64_t price_ticks, int64_t mid_half_ticks);

#endif
