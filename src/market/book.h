// The L2 book: one array of 31-bit quantities per side, indexed by the mirrored price index.
//
// The caller owns the struct; book_init takes zeroed pages, touched only where prices occur, and
// nothing is allocated afterwards. One owner thread. Setting a level costs the same at any depth;
// the best is searched only when the best level is removed, skipping blocks that were never
// touched. A new best that crosses the opposite side moves the opposite best past itself; the stale
// levels stay until the feed removes them (reference rule, hftbacktest "natural refresh").
#ifndef MM_MARKET_BOOK_H
#define MM_MARKET_BOOK_H

#include "base/error.h"
#include "market/event.h"

#include <stddef.h>

struct book {
    struct book_geometry geometry;
    uint32_t *lots[2];         // owned; [side][index]; the top bit is BOOK_MARK
    unsigned char *touched[2]; // owned; one byte per BOOK_BLOCK levels
    uint32_t best[2];          // index, 0 = side empty
    uint32_t peak[2];          // largest best from just before the last book_apply to its end
    uint64_t outside_count;    // wide rows met: prices outside are ignored, quantities cut to
                               // ROW_LOTS_LIMIT
};

enum { BOOK_BLOCK = 64, BOOK_SPAN_MAX = 1 << 27 };
#define BOOK_MARK UINT32_C(0x80000000) // "an own order is here": for the replay exchange

// Refuses a span below 2 or above BOOK_SPAN_MAX.
int book_init(struct book *book, struct book_geometry geometry) MM_CHECKED;
void book_fini(struct book *book);
// Removes every level; marks stay.
void book_reset(struct book *book);

// Applies one batch of depth, snapshot or clear rows; trades and gaps change nothing.
void book_apply(struct book *book, const struct market_batch *batch);

// As book_apply, but a batch that brings its bests (best_known) is only stored and nothing is
// searched: several times faster, with `peak` and the counters not kept. For a book without marks.
void book_follow(struct book *book, const struct market_batch *batch);

// Sets one level; returns the previous quantity. Keeps the mark bit.
uint32_t book_set(struct book *book, enum side side, uint32_t index, uint32_t lots);

// The next level with a quantity at `index` or below (further from the touch); 0 = none.
uint32_t book_scan(const struct book *book, enum side side, uint32_t index);

static inline uint32_t book_lots(const struct book *book, enum side side, uint32_t index)
{
    return book->lots[side][index] & ~BOOK_MARK;
}

static inline bool book_two_sided(const struct book *book)
{
    return book->best[0] != 0 && book->best[1] != 0;
}

// Price of the best level in ticks; the side must not be empty.
int64_t book_best_ticks(const struct book *book, enum side side);

// Quantity at a price in ticks, 0 outside the geometry.
int64_t book_qty_at(const struct book *book, enum side side, int64_t price_ticks);

// Bid + ask in ticks, that is the mid in half ticks; 0 when a side is empty.
int64_t book_mid_half_ticks(const struct book *book);

// Sum of lots of `side` from the best down to `price_ticks` inclusive, over at most `levels_max`
// levels.
int64_t book_depth_to(const struct book *book, enum side side, int64_t price_ticks,
                      uint32_t levels_max);

#endif
