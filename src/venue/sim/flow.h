// The book's flow (stream E): who joins, deepens, cancels, pulls and fills gaps, as a function of
// the book and the efficient price; and what a taker of the world does when it meets the book.
//
// Market recipe, section 2.2. The flow owns the background orders in a matching engine it borrows;
// orders of other owners stand in the same queues, are reacted to like any other, and are never
// pulled or picked for a cancel. One owner thread; flow_init takes all memory.
//
// The next event comes when the summed rate, integrated over time, has used up a budget drawn from
// the unit exponential law: whatever changes the book in between, the owner calls flow_update.
#ifndef MM_VENUE_SIM_FLOW_H
#define MM_VENUE_SIM_FLOW_H

#include "base/random.h"
#include "venue/sim/draw.h"
#include "venue/sim/matching.h"
#include "venue/sim/world.h"

#include <stdbool.h>
#include <stdint.h>

enum { FLOW_OWNER = 0 }; // of background orders in the matching engine

// Lists of background orders: kind * 2 + side. The lists' positions are the orders' tags.
enum flow_class { FLOW_FAST, FLOW_SLOW, FLOW_CLASS_COUNT };
enum { FLOW_LIST_COUNT = FLOW_CLASS_COUNT * 2 };

enum flow_kind {
    FLOW_JOIN,
    FLOW_DEEPER,
    FLOW_CANCEL, // one per list
    FLOW_PULL = FLOW_CANCEL + FLOW_LIST_COUNT,
    FLOW_GAP,
    FLOW_KIND_COUNT
};

struct flow_list {
    uint32_t *slots; // owned
    uint32_t count;
};

struct flow {
    const struct world *world; // borrowed
    struct matching *matching; // borrowed
    uint32_t background_most;  // background orders at once
    struct flow_list lists[FLOW_LIST_COUNT];
    bool stale[2]; // the side's touch is beyond where makers want it
    bool hit[2];   // an informed taker traded with the side since it became stale
    double skew;   // x: how the mid lies to the efficient price, -1...1
    double stress; // of world.h
    double rates[FLOW_KIND_COUNT], rate; // per second, and their sum
    double budget;
    int64_t updated_ns, next_ns;
    uint64_t event_counts[FLOW_KIND_COUNT];
    uint64_t dropped_count; // background orders not placed for want of room
    struct random_stream stream;
    struct draw_table order_size, distance, normal;
    struct draw_exponential gap;
};

void flow_init(struct flow *flow, const struct world *world, struct matching *matching,
               uint32_t background_most, uint64_t seed, int64_t start_ns);
void flow_fini(struct flow *flow);

// Takes the event at next_ns.
void flow_step(struct flow *flow);

// Lets a taker of the world meet the book.
void flow_take(struct flow *flow, const struct world_event *taker);

// After anything else has changed the book or the efficient price at `now_ns`.
void flow_update(struct flow *flow, int64_t now_ns);

// A background order has ended by execution.
void flow_forget(struct flow *flow, uint32_t slot);

#endif
