// What the engine's files share: its state and the steps they call on each other.
//
// Private to src/engine. engine.c runs the loop, the windows and the end; engine_market.c digests
// what the market says; engine_reports.c what the venue reports; engine_look.c decides and sends;
// engine_samples.c shows the run's course.
#ifndef MM_ENGINE_ENGINE_STATE_H
#define MM_ENGINE_ENGINE_STATE_H

#include "engine/engine.h"
#include "market/book.h"

enum { ENGINE_GHOSTS_MAX = 32 };

// Quantity of ours that the exchange has taken out of its book but the feed may still show.
struct engine_ghost {
    enum side side;
    int64_t price_ticks, qty_lots;
    int64_t gone_exch_ts_ns;
};

// How far a quote may be off, in whole ticks, before it is moved or cancelled.
struct look_limits {
    int64_t keep_within_ticks;
    int64_t fast_cancel_ticks; // 0 = off
};

// What was ahead of an order at its price when it came to rest there, less what traded since.
struct engine_queue {
    uint64_t order_id; // 0 = not known
    int64_t price_ticks, qty_lots, ahead_lots;
};

// What the configuration's bps are in ticks, at a mid.
struct engine_scale {
    int64_t mid_half_ticks; // -1 = not computed
    struct look_limits limits;
    int64_t depth_range_ticks; // quote_depth_range_ticks
};

// One (side, level) as the last look left it.
struct engine_slot {
    struct quote_want want;
    struct risk_verdict verdict; // of the want
    enum orders_block block;     // what keeps its wanted action from being sent
    bool block_counted;          // the next two lines are a block that has been counted
    enum kpi_block counted_block;
    int64_t counted_price_ticks;
    struct engine_queue queue; // kept when the sink wants it
};

// What the last look that judged came to.
struct engine_judged {
    int64_t mid_half_ticks;
    uint32_t wanted_count, cut_count; // quotes
};

struct engine {
    struct engine_config config;
    struct venue *venue;     // borrowed
    struct engine_sink sink; // functions may be NULL
    struct kpi *kpi;         // owned
    struct book book;
    struct signals signals;
    struct own_quotes own;     // empty unless venue->own_orders_in_feed
    int64_t own_due_exch_ns;   // the feed's stamp at which `own` is no longer what it is
    bool orders_changed;       // since `own` was collected
    bool own_best_known;       // own_best_ticks is of the orders as they are
    int64_t own_best_ticks[2]; // orders_best_ticks
    struct engine_ghost ghosts[ENGINE_GHOSTS_MAX];
    uint32_t ghost_count;
    struct quote_set quotes;
    struct engine_slot slots[2][QUOTE_LEVELS_MAX];
    struct risk risk;
    struct engine_judged judged;
    struct orders orders;
    struct ledger ledger;
    enum side last_replaced;   // the other side goes first in the next look
    int64_t wake_ns;           // when the next look is due by itself, INT64_MAX = never
    int64_t stale_ns;          // when the market will have been silent for too long
    bool settled;              // the last actions sent nothing, and no order has changed since
    struct look_limits limits; // of the last actions
    struct engine_scale scale;
    int64_t last_market_ns;  // any market event
    int64_t feed_exch_ts_ns; // of the last batch that changed the book
    int64_t equity_e9;       // at the last valid mid
    int64_t next_sample_ns;  // INT64_MAX = none
    bool feed_gap, stopping, market_ended;
    bool rehearses;           // a look that is made for the caches: its decisions do not count
    const char *halt_reason;  // static; NULL = not halted
    const char *pause_reason; // static; NULL = not paused
    uint64_t event_count, ghost_lost_count, empty_fill_count, side_mismatch_count;
};

static inline int64_t engine_wake_ns(const struct engine *engine)
{
    return engine->wake_ns < engine->stale_ns ? engine->wake_ns : engine->stale_ns;
}

static inline int64_t engine_now_ns(const struct engine *engine)
{
    return engine->venue->now_ns;
}

// Takes the market's batch in and looks when it changed the book.
int engine_take_market(struct engine *engine, const struct market_batch *batch) MM_CHECKED;

// Goes the way of a batch of the two best levels as they are, and of a mid that moved to where it
// is: changes nothing.
void engine_rehearse_market(struct engine *engine);

// Recomputes the signals, and what hangs on the mid, from the book as it is; it may have changed on
// the sides of the set.
void engine_refresh_market(struct engine *engine, uint32_t sides);

// An order of ours has changed, or a request has gone out.
static inline void engine_note_order_change(struct engine *engine)
{
    engine->orders_changed = true;
    engine->own_best_known = false;
    engine->settled = false;
}

// Marks the ledger anew; halts when a loss limit says so.
void engine_follow_equity(struct engine *engine);

// Takes a report in, and looks.
int engine_take_report(struct engine *engine, const struct venue_report *report) MM_CHECKED;

// The lots of others that the feed's book shows at a price of ours.
int64_t engine_others_lots(const struct engine *engine, enum side side, int64_t price_ticks);

// Keeps the queue estimates: after a report, and for every trade.
void engine_note_queue(struct engine *engine, const struct orders_outcome *outcome);
void engine_note_trades(struct engine *engine, const struct market_batch *batch);

// One word or a sentence for why a slot is not as wanted; static.
const char *engine_slot_code(const struct engine *engine, const struct engine_slot *slot);
const char *engine_slot_text(const struct engine *engine, const struct engine_slot *slot);

// Tells the sink and the KPI what became of an order.
void engine_note_outcome(struct engine *engine, const struct orders_outcome *outcome);

// Has the windows' samples start, take what was due before `now_ns`, or end.
void engine_start_samples(struct engine *engine);
void engine_take_samples(struct engine *engine, int64_t now_ns);
void engine_end_samples(struct engine *engine);

// Decides what is wanted and allowed now, sends what may be sent, and sets the next wake-up.
int engine_look(struct engine *engine) MM_CHECKED;

#endif
