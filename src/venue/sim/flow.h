// The book's flow (stream E): who joins, deepens, cancels, pulls and fills gaps, as a function of
// the book and the efficient price; and what a taker of the world does when it meets the book.
//
// Market recipe, section 2.2. The flow owns the background orders in a matching engine it borrows;
// orders of other owners stand in the same queues, are reacted to like any other, and are never
// pulled or picked for a cancel. One owner thread; flow_init takes all memory.
//
// Draws are keyed so that two runs on one world stay alike although their books differ. Additions
// come at times of their own, and each brings everything that will ever be drawn for it: kind,
// side, size, distance, and how much hazard its order lives through until it is cancelled. Hazards
// are common to a class and side, so what differs between two books is forgotten with the orders
// that are in both of them by chance. What only the book's state calls for (pulls, filled gaps) is
// keyed by the world's last event and counted from there. Between events a clock's hazard is
// constant; whatever else changes the book or the price, the owner calls flow_update.
#ifndef MM_VENUE_SIM_FLOW_H
#define MM_VENUE_SIM_FLOW_H

#include "base/random.h"
#include "venue/sim/draw.h"
#include "venue/sim/matching.h"
#include "venue/sim/world.h"

#include <stdbool.h>
#include <stdint.h>

enum { FLOW_OWNER = 0 }; // of background orders in the matching engine

// Lists of background orders: class * 2 + side.
enum flow_class { FLOW_FAST, FLOW_SLOW, FLOW_CLASS_COUNT };
enum { FLOW_LIST_COUNT = FLOW_CLASS_COUNT * 2 };

enum flow_kind {
    FLOW_ADD,
    FLOW_CANCEL, // one per list
    FLOW_PULL = FLOW_CANCEL + FLOW_LIST_COUNT,
    FLOW_GAP,
    FLOW_KIND_COUNT
};

// Strikes when the integral of its hazard reaches `strikes_at`.
struct flow_clock {
    double hazard;     // per second, constant since as_of_ns
    double age;        // the integral up to as_of_ns
    double strikes_at; // INFINITY = nothing to come
    int64_t as_of_ns;
    uint64_t epoch;      // the world's event that its draw is keyed by (pulls and gaps)
    uint32_t draw_count; // since that event
};

// A background order's end by cancel. The order may have ended before: its slot then has another
// tag or is free. Empty places of a heap have at = INFINITY.
struct flow_end {
    double at; // age of the list's clock
    uint32_t slot, tag;
};

// With four children to an entry a heap is half as deep as with two, and choosing among four that
// lie side by side costs little.
enum { FLOW_HEAP_CHILDREN = 4 };

struct flow_list {
    struct flow_end *heap; // owned; the next end first, entry i before those from 4 i + 1 on
    uint32_t count;
};

struct flow {
    const struct world *world; // borrowed
    struct matching *matching; // borrowed
    uint32_t list_most;        // entries of one list
    struct flow_list lists[FLOW_LIST_COUNT];
    struct flow_clock clocks[FLOW_KIND_COUNT];
    int64_t due_ns[FLOW_KIND_COUNT]; // when each clock strikes, INT64_MAX = never
    bool stale[2];                   // the side's touch is beyond where makers want it
    bool hit[2];                     // an informed taker traded with the side since it became stale
    double skew;                     // x: how the mid lies to the efficient price, -1...1
    double stress;                   // of world.h
    int64_t now_ns, next_ns;
    enum flow_kind next_kind;
    uint64_t add_count;   // additions drawn so far, numbering their draws
    uint32_t add_draw[4]; // of the addition to come: drawn ahead, so that nothing waits for it
    uint32_t gap_draw[4]; // of the gap filling order to come
    uint32_t order_count; // background orders placed so far: their tags
    uint64_t event_counts[FLOW_KIND_COUNT];
    uint64_t dropped_count; // background orders not placed for want of room
    uint64_t seed;
    struct draw_table order_size, distance, normal;
    struct draw_exponential gap;
};

// `background_most` background orders find room; memory is sized for it.
void flow_init(struct flow *flow, const struct world *world, struct matching *matching,
               uint32_t background_most, uint64_t seed, int64_t start_ns);
void flow_fini(struct flow *flow);

// Takes the event at next_ns.
void flow_step(struct flow *flow);

// Lets a taker of the world meet the book; flow_update is still to be called.
void flow_take(struct flow *flow, const struct world_event *taker);

// After anything else has changed the book or the efficient price at `now_ns`.
void flow_update(struct flow *flow, int64_t now_ns);

#endif
