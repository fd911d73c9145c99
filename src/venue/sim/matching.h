// The matching engine: price-time priority over first-in-first-out levels, for one instrument.
//
// Every participant's orders stand in the same queues; the engine knows an owner only as a number
// that it hands back. Levels are an array per side indexed like the feed's rows (mirrored for asks,
// a better price is a larger index), with a bitmap of three layers over them, so that every
// operation costs the same at any depth; an execution or removal is paid for by the insertion of
// the order it ends. Prices are those of the geometry: nothing wraps around.
//
// The caller owns the struct. matching_init takes all memory (level pages are touched lazily), no
// call allocates. One owner thread. An order is named by its slot, which is reused once the order
// has ended: `executed` tells the owner of a slot about an end by execution, everything else ends
// by the owner's own call.
#ifndef MM_VENUE_SIM_MATCHING_H
#define MM_VENUE_SIM_MATCHING_H

#include "market/event.h"
#include "venue/venue.h"

#include <stdbool.h>
#include <stdint.h>

enum { MATCHING_BITMAP_LAYERS = 3 };

struct match_order {
    uint32_t lots;           // open quantity; 0 = the slot is free
    uint32_t index;          // mirrored price index
    uint32_t previous, next; // neighbours in the level's queue, 0 = none
    uint32_t tag;            // the owner's, e.g. its place in a list of its own
    uint8_t owner;
    uint8_t side;
    uint8_t kind;      // the owner's
    uint8_t post_only; // an amend may not make it take
};

struct match_level {
    uint32_t first, last; // slots, 0 = empty
    uint32_t lots;        // sum of the queue, below ROW_LOTS_LIMIT
    uint32_t changed;     // is in the list of changed levels
};

// One execution. `consumed_lots` is what the same taker took from this level before this maker,
// that is the queue that was still ahead of the maker when the taker came.
struct match_execution {
    uint32_t maker_slot, taker_tag;
    uint8_t maker_owner, taker_owner;
    enum side maker_side;
    uint32_t key; // of the level, as in the feed
    int64_t price_ticks;
    uint32_t lots, maker_leaves_lots; // leaves 0: the maker's slot is freed after the call
    uint32_t taker_leaves_lots;
    uint32_t consumed_lots;
};

struct match_request {
    enum side side;
    enum order_type type;
    enum time_in_force tif;
    int64_t price_ticks; // limit only
    int64_t qty_lots;
    uint8_t owner, kind;
    uint32_t tag;
};

enum match_outcome {
    MATCH_REFUSED, // price or quantity not acceptable, or no room: nothing has changed
    MATCH_RESTING, // rests, perhaps after executions
    MATCH_FILLED,  // ended by executions
    MATCH_EXPIRED  // ended by its own conditions, perhaps after executions
};

struct match_result {
    enum match_outcome outcome;
    uint32_t slot; // of a resting order
    int64_t executed_lots, leaves_lots;
    int64_t ahead_lots; // in front of a resting order in its queue
};

typedef void (*match_executed)(void *context, const struct match_execution *execution);

struct matching {
    struct book_geometry geometry;
    struct match_order *orders; // owned; slot 0 is never used
    uint32_t order_capacity, order_count, free_first;
    struct match_level *levels[2];              // owned pages
    uint64_t *bits[2][MATCHING_BITMAP_LAYERS];  // owned pages
    uint32_t bit_words[MATCHING_BITMAP_LAYERS]; // words in each layer
    uint32_t best[2];                           // index, 0 = the side is empty
    uint32_t *changed_keys;                     // owned; levels changed since the list was cleared
    uint32_t changed_count;
    match_executed executed;
    void *context;
};

// `executed` is called for every execution, inside the call that causes it; it may read the
// engine and must not change it.
void matching_init(struct matching *matching, struct book_geometry geometry,
                   uint32_t order_capacity, match_executed executed, void *context);
void matching_fini(struct matching *matching);

struct match_result matching_place(struct matching *matching, const struct match_request *request);

// `qty_lots` is the quantity wanted open. A smaller one at the same price keeps the place in the
// queue; a larger one or another price goes to the back, executing first if it crosses. A post-only
// order that would cross expires.
struct match_result matching_amend(struct matching *matching, uint32_t slot, int64_t price_ticks,
                                   int64_t qty_lots);

void matching_cancel(struct matching *matching, uint32_t slot);

// The next level with an order at `index` or below (further from the touch); 0 = none.
uint32_t matching_scan(const struct matching *matching, enum side side, uint32_t index);

// Ends a round of changes; the caller has read `changed_keys`.
void matching_clear_changed(struct matching *matching);

static inline bool matching_two_sided(const struct matching *matching)
{
    return matching->best[0] != 0 && matching->best[1] != 0;
}

static inline int64_t matching_best_ticks(const struct matching *matching, enum side side)
{
    return geometry_ticks(matching->geometry, side, matching->best[side]);
}

#endif
