// What the market says, as every venue delivers it: batches of 8-byte rows.
//
// A row is a key and a number of lots. The key holds the side in its top bit and a price index in
// the rest; indices are mirrored for asks, so that a better price is a larger index on both sides
// and no code branches on the side. Index 0 is "no price". Read-only for everyone but the venue
// that made it.
#ifndef MM_MARKET_EVENT_H
#define MM_MARKET_EVENT_H

#include <stdbool.h>
#include <stdint.h>

enum side { SIDE_BUY = 0, SIDE_SELL = 1 }; // of an order; of the book: bid and ask

static inline enum side side_opposite(enum side side)
{
    return (enum side)(1 - (int)side);
}

static inline int side_sign(enum side side)
{
    return 1 - 2 * (int)side;
}

enum event_kind {
    EVENT_DEPTH = 1,    // rows set levels to a quantity, 0 removes
    EVENT_TRADE = 2,    // rows are trades; the key's side is the side of the book they took from
    EVENT_CLEAR = 3,    // one row: remove the side's levels from the best down to its price
    EVENT_SNAPSHOT = 4, // as depth, after a clear
    EVENT_GAP = 6       // the feed lost something: the book cannot be trusted until a snapshot
};

struct row {
    uint32_t key;
    uint32_t lots; // below ROW_LOTS_LIMIT; for a wide row the index into the wide table
};

// A row that does not fit (quantity of 31 bits or more, price outside the geometry).
struct wide_row {
    int64_t price_ticks;
    int64_t qty_lots;
    uint32_t side;
    uint32_t padding;
};

#define ROW_SIDE_BIT UINT32_C(0x80000000)
#define ROW_WIDE UINT32_C(0xffffffff)
#define ROW_LOTS_LIMIT UINT32_C(0x7fffffff)

// The prices a book can hold: ticks in (base, base + span).
struct book_geometry {
    int64_t base_ticks;
    uint32_t span; // at most 2^27
};

static inline bool geometry_holds(struct book_geometry geometry, int64_t price_ticks)
{
    return price_ticks > geometry.base_ticks && price_ticks < geometry.base_ticks + geometry.span;
}

static inline uint32_t geometry_index(struct book_geometry geometry, enum side side,
                                      int64_t price_ticks)
{
    int64_t above = price_ticks - geometry.base_ticks;
    return (uint32_t)(side == SIDE_BUY ? above : (int64_t)geometry.span - above);
}

static inline uint32_t geometry_key(struct book_geometry geometry, enum side side,
                                    int64_t price_ticks)
{
    return geometry_index(geometry, side, price_ticks) | ((uint32_t)side << 31);
}

static inline int64_t geometry_ticks(struct book_geometry geometry, enum side side, uint32_t index)
{
    return side == SIDE_BUY ? geometry.base_ticks + index
                            : geometry.base_ticks + geometry.span - index;
}

static inline enum side row_side(uint32_t key)
{
    return (enum side)(key >> 31);
}

static inline uint32_t row_index(uint32_t key)
{
    return key & ~ROW_SIDE_BIT;
}

// One message of the feed: all rows share both stamps. Borrowed from the venue until its next call.
struct market_batch {
    int64_t exch_ts_ns;  // the exchange's clock, 0 when unknown
    int64_t local_ts_ns; // when we see it
    const struct row *rows;
    const struct wide_row *wide; // what wide rows index; NULL when there can be none
    uint32_t count;
    enum event_kind kind;
    bool best_known;      // the next two lines are filled (a recorded tape precomputes them)
    uint32_t best_end[2]; // index of the best bid and ask after the batch, 0 = none
};

#endif
