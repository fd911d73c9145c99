// Collects the messages of a recorded market in arrival order and writes them as a tape.
//
//   rows:     tape_builder_row for each, then tape_builder_message over them
//   at last:  tape_builder_write
//
// Prices and quantities are ticks and lots; should finer steps turn up on the way, everything so
// far is restated by tape_builder_rescale. Owns its memory, which grows with the capture (8 bytes
// a row); one owner thread. Writing spends what was collected: afterwards only fini.
#ifndef MM_MARKET_TAPE_BUILDER_H
#define MM_MARKET_TAPE_BUILDER_H

#include "base/error.h"
#include "market/event.h"
#include "market/instrument.h"
#include "market/tape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Both small as nearly always, so that a capture needs half the memory.
struct builder_row {
    uint32_t price_side; // price in ticks << 1 | side; BUILDER_WIDE: neither fits
    uint32_t lots;       // below ROW_LOTS_LIMIT; of a row that does not fit its place in `wide`
};
#define BUILDER_WIDE UINT32_C(0xffffffff)

struct builder_message {
    int64_t exch_ts_ns, local_ts_ns;
    uint32_t first_row;
    uint32_t count_kind; // as in struct tape_message
};

struct tape_builder {
    struct builder_row *rows;         // owned
    struct wide_row *wide;            // owned
    struct builder_message *messages; // owned, in arrival order
    struct tape_best *bests;          // owned, in arrival order
    // The messages in the order of the local clock, where that is not their arrival order on ties;
    // owned, NULL in most.
    uint32_t *local_order;
    size_t row_count, row_capacity;
    size_t wide_count, wide_capacity;
    size_t message_count, message_capacity;
    size_t best_count, best_capacity;
    uint32_t inferred;       // bits of enum tape_inferred, filled by the caller
    struct tape_facts facts; // the caller fills skipped_count and source, the builder the rest
};

void tape_builder_init(struct tape_builder *builder);
void tape_builder_fini(struct tape_builder *builder);

// Room for so many rows, before the first; not more than that many are expected.
void tape_builder_reserve(struct tape_builder *builder, size_t row_count);

int tape_builder_grow_rows(struct tape_builder *builder) MM_CHECKED;

// Whether price and quantity fit a row; neither is negative.
static inline bool builder_row_fits(int64_t price_ticks, int64_t qty_lots)
{
    return price_ticks < BUILDER_WIDE >> 1 && qty_lots < ROW_LOTS_LIMIT;
}

static inline struct builder_row builder_row_of(enum side side, int64_t price_ticks,
                                                int64_t qty_lots)
{
    return (struct builder_row){(uint32_t)price_ticks << 1 | (uint32_t)side, (uint32_t)qty_lots};
}

// A row as it was added.
static inline struct wide_row tape_builder_at(const struct tape_builder *builder, size_t index)
{
    struct builder_row row = builder->rows[index];
    return row.price_side == BUILDER_WIDE
               ? builder->wide[row.lots]
               : (struct wide_row){row.price_side >> 1, row.lots, row.price_side & 1, 0};
}

int tape_builder_wide_row(struct tape_builder *builder, enum side side, int64_t price_ticks,
                          int64_t qty_lots) MM_CHECKED;

// One row; the price is above 0, both at most TAPE_VALUE_MAX (tape_format.h).
static inline int tape_builder_row(struct tape_builder *builder, enum side side,
                                   int64_t price_ticks, int64_t qty_lots)
{
    if (builder->row_count == builder->row_capacity) {
        int status = tape_builder_grow_rows(builder);
        if (status < 0) {
            return status;
        }
    }
    if (!builder_row_fits(price_ticks, qty_lots)) {
        return tape_builder_wide_row(builder, side, price_ticks, qty_lots);
    }
    builder->rows[builder->row_count++] = builder_row_of(side, price_ticks, qty_lots);
    return MM_OK;
}

// A message over rows [first_row, first_row + count). Every row belongs to one message by the time
// of tape_builder_write; rows of none are taken back by lowering row_count. Nothing for count 0,
// except for EVENT_GAP.
int tape_builder_message(struct tape_builder *builder, enum event_kind kind, int64_t exch_ts_ns,
                         int64_t local_ts_ns, size_t first_row, size_t count) MM_CHECKED;

int tape_builder_best(struct tape_builder *builder, const struct tape_best *best) MM_CHECKED;

// Multiplies all prices and quantities so far. MM_ERROR_INPUT when one leaves the range.
int tape_builder_rescale(struct tape_builder *builder, int64_t price_factor,
                         int64_t qty_factor) MM_CHECKED;

// Corrects the clocks, orders the messages by each, annotates the best prices and writes the tape;
// it appears at `path` whole or not at all. MM_ERROR_INPUT when nothing was collected.
int tape_builder_write(struct tape_builder *builder, const struct instrument *instrument,
                       const char *path) MM_CHECKED;

#endif
