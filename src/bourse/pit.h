// One instrument's market at the exchange: a book in which everybody's orders stand.
//
// Two kinds. The simulated one runs the synthetic market's world and flow on its matching engine,
// and orders of all accounts stand in the same queues as the background's. The recorded one replays
// a tape through the replay exchange: the book is the tape's, orders of accounts queue in it and
// fill by its rules, but do not meet one another. Both are driven from outside: pit_step takes the
// next thing that happens by itself, place, amend and cancel happen at once. Time is the caller's,
// in ns; the pit's own time starts when it is created.
//
// The listener is told inside the call that causes it: executions first, then the trades and levels
// that all see. It must not call the pit. One owner thread; nothing is allocated after creation.
#ifndef MM_BOURSE_PIT_H
#define MM_BOURSE_PIT_H

#include "base/error.h"
#include "market/book.h"
#include "market/event.h"
#include "market/instrument.h"
#include "market/tape.h"
#include "venue/replay/queue_model.h"
#include "venue/sim/model.h"
#include "venue/venue.h"

#include <stdbool.h>
#include <stdint.h>

// What becomes of an order that would meet one of the same account; the arriving order decides.
enum self_match {
    SELF_MATCH_ALLOWED,
    SELF_MATCH_CANCEL_MAKER,
    SELF_MATCH_CANCEL_TAKER,
    SELF_MATCH_CANCEL_BOTH
};

struct pit_order {
    uint32_t tag; // the caller's name for it, below the pit's capacity; free when the order ended
    uint8_t account;
    enum self_match self_match;
    enum side side;
    enum time_in_force tif;
    int64_t price_ticks;
    int64_t qty_lots; // to be open
};

struct pit_execution {
    uint32_t tag;
    bool maker;
    int64_t price_ticks, qty_lots;
    int64_t leaves_lots; // 0 ends the order
};

enum pit_outcome {
    PIT_REFUSED, // nothing has changed: no room, or a price or quantity that the book cannot hold
    PIT_RESTING,
    PIT_FILLED,
    PIT_EXPIRED,     // ended by its own conditions, perhaps after executions
    PIT_SELF_MATCHED // ended because it would have met an order of its account
};

struct pit_listener {
    void *context;
    void (*executed)(void *context, const struct pit_execution *execution);
    // A resting order ended because an arriving one of its account would have met it.
    void (*self_matched)(void *context, uint32_t tag, uint32_t arriving_tag);
    void (*market)(void *context, const struct market_batch *batch); // exch_ts_ns: the caller's ns
};

struct pit;
struct pit_ops {
    int64_t (*next_ns)(const struct pit *pit);
    void (*step)(struct pit *pit);
    enum pit_outcome (*place)(struct pit *pit, const struct pit_order *order, int64_t now_ns);
    enum pit_outcome (*amend)(struct pit *pit, const struct pit_order *order, int64_t now_ns);
    void (*cancel)(struct pit *pit, uint32_t tag, int64_t now_ns);
    void (*destroy)(struct pit *pit);
};

// First member of both kinds.
struct pit {
    const struct pit_ops *ops;
    struct instrument instrument;
    struct pit_listener listener;
    struct book book; // what all see
    int64_t shift_ns; // the caller's time less the pit's
};

// When the next thing happens by itself; INT64_MAX when nothing ever will.
static inline int64_t pit_next_ns(const struct pit *pit)
{
    return pit->ops->next_ns(pit);
}

static inline void pit_step(struct pit *pit)
{
    pit->ops->step(pit);
}

static inline enum pit_outcome pit_place(struct pit *pit, const struct pit_order *order,
                                         int64_t now_ns)
{
    return pit->ops->place(pit, order, now_ns);
}

// The resting order `tag` gets another price and open quantity. A smaller quantity at the same
// price keeps the place in the queue.
static inline enum pit_outcome pit_amend(struct pit *pit, const struct pit_order *order,
                                         int64_t now_ns)
{
    return pit->ops->amend(pit, order, now_ns);
}

static inline void pit_cancel(struct pit *pit, uint32_t tag, int64_t now_ns)
{
    pit->ops->cancel(pit, tag, now_ns);
}

static inline void pit_destroy(struct pit *pit)
{
    if (pit != NULL) {
        pit->ops->destroy(pit);
    }
}

struct pit_setup {
    struct pit_listener listener;
    uint32_t capacity; // tags
    int64_t now_ns;
};

struct pit_sim_setup {
    const struct sim_model *preset;
    enum sim_regime regime;
    uint64_t seed;
};
int pit_sim_create(const struct pit_setup *setup, const struct pit_sim_setup *config,
                   struct pit **out) MM_CHECKED;

// The tape is borrowed for the pit's life. MM_ERROR_INPUT for a tape without messages.
int pit_tape_create(const struct pit_setup *setup, const struct tape *tape,
                    const struct queue_model *queue_model, struct pit **out) MM_CHECKED;

// For the two kinds: applies a batch to the book that all see and tells the listener. The batch's
// time is the pit's own.
void pit_publish(struct pit *pit, const struct market_batch *batch);

#endif
