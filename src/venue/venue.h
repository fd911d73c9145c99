// Where orders go: one interface for the simulated, the recorded, the paper and the live market.
//
// A venue owns the run's clock. The engine pulls events in the order of that clock; whatever the
// venue must do in between (move the exchange, match, delay) happens inside venue_next. Requests
// are stamped with the venue's present time. Everything an event points to is borrowed until the
// next call. One owner thread. Nothing is allocated after creation in virtual time.
#ifndef MM_VENUE_VENUE_H
#define MM_VENUE_VENUE_H

#include "base/error.h"
#include "market/event.h"
#include "market/instrument.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum venue_op { VENUE_NONE = 0, VENUE_PLACE, VENUE_AMEND, VENUE_CANCEL };
enum order_type { ORDER_LIMIT = 0, ORDER_MARKET };
enum time_in_force { TIF_GTC = 0, TIF_POST_ONLY = 1, TIF_FOK = 2, TIF_IOC = 3 };

struct venue_request {
    enum venue_op op;
    enum side side;
    enum order_type type;   // place only
    enum time_in_force tif; // place only
    uint64_t order_id;      // ours, unique within a run, > 0
    int64_t price_ticks;    // place and amend
    int64_t qty_lots;       // place and amend: total quantity wanted open
};

enum venue_report_kind {
    REPORT_PLACED, // resting
    REPORT_AMENDED,
    REPORT_CANCELED, // answers our cancel
    REPORT_EXPIRED,  // ended by its own conditions: post-only that would cross, IOC remainder
    REPORT_REJECTED, // the request named by `answers` was refused; the order is as before
    REPORT_FILLED,   // an execution of exec_qty_lots; leaves_qty_lots 0 ends the order
    REPORT_LOST,     // no answer in time: the order's fate is unknown until a later report
    REPORT_FUNDING   // paid_quote_e9 for holding the position; of no order: order_id 0
};

enum venue_reject {
    VENUE_REJECT_NONE = 0,
    VENUE_REJECT_UNKNOWN_ORDER, // already filled, canceled or never there
    VENUE_REJECT_INVALID,       // price or quantity not acceptable
    VENUE_REJECT_RATE_LIMIT,
    VENUE_REJECT_UNREACHABLE // never reached the exchange
};

// Why an order filled: by which event, by which rule, with how much in front.
enum fill_rule {
    FILL_NONE = 0,
    FILL_TAKER,         // crossed on arrival
    FILL_BEST_CROSSED,  // the opposite best moved through our price
    FILL_TRADE_THROUGH, // a trade beyond our price
    FILL_QUEUE,         // a trade at our price used up the queue ahead
    FILL_MATCHED,       // the simulated exchange's matching engine
    FILL_EXCHANGE       // a real exchange, which does not show its queues
};

struct fill_provenance {
    enum fill_rule rule;
    uint32_t event_row; // first row of the tape's message, or the simulator's event number
    int64_t ahead_at_arrival_lots;
    int64_t ahead_at_fill_lots;
};

struct venue_report {
    enum venue_report_kind kind;
    enum venue_op answers; // VENUE_NONE for a fill of a resting order
    enum venue_reject reject;
    enum side side;
    uint64_t order_id;
    int64_t exch_ts_ns, local_ts_ns;
    int64_t request_ts_ns; // when we sent the request this order last answered to
    int64_t price_ticks, qty_lots, leaves_qty_lots;
    int64_t exec_price_ticks, exec_qty_lots; // REPORT_FILLED only
    int64_t paid_quote_e9;                   // REPORT_FUNDING only; negative: received
    bool maker;
    struct fill_provenance provenance;
};

enum venue_event_kind { VENUE_MARKET, VENUE_REPORT, VENUE_TIME, VENUE_END };

struct venue_event {
    enum venue_event_kind kind;
    int64_t now_ns;
    const struct market_batch *batch;  // VENUE_MARKET
    const struct venue_report *report; // VENUE_REPORT
};

struct venue;
struct venue_ops {
    const char *name; // "sim", "replay", ...
    int (*next)(struct venue *venue, int64_t until_ns, struct venue_event *out);
    int (*send)(struct venue *venue, const struct venue_request *request);
    void (*destroy)(struct venue *venue);
};

// First member of every venue.
struct venue {
    const struct venue_ops *ops;
    struct instrument instrument;
    struct book_geometry geometry; // of every batch this venue delivers
    bool own_orders_in_feed;       // our resting orders are part of the depth we are shown
    bool is_real_time;             // venue_next waits for what comes
    int64_t now_ns;                // the run's clock
    int64_t start_ns, end_ns;      // first local stamp; last one, INT64_MAX when endless
};

// The next event at or before `until_ns`. VENUE_TIME with now_ns = until_ns when there is none;
// VENUE_END when the market is over (the clock then stays where it is). All events at `until_ns`
// come before the VENUE_TIME for it. A venue in real time that never sleeps says VENUE_TIME sooner,
// with the time that it is, again and again while nothing comes: the engine then looks once more at
// what it knows, so that the way of the next event is still in the processor's caches.
static inline int venue_next(struct venue *venue, int64_t until_ns, struct venue_event *out)
{
    return venue->ops->next(venue, until_ns, out);
}

// Sends a request now. Its outcome comes as reports; a negative code is an operating error only.
static inline int venue_send(struct venue *venue, const struct venue_request *request)
{
    return venue->ops->send(venue, request);
}

static inline void venue_destroy(struct venue *venue)
{
    if (venue != NULL) {
        venue->ops->destroy(venue);
    }
}

const char *fill_rule_text(enum fill_rule rule);
bool fill_shows_queue(enum fill_rule rule, bool maker); // whether what was ahead is known
const char *venue_reject_text(enum venue_reject reject);

// Words of files, by their enums.
extern const char *const venue_op_texts[VENUE_CANCEL + 1]; // "" for VENUE_NONE
extern const char *const venue_report_texts[REPORT_FUNDING + 1];
extern const char *const time_in_force_texts[TIF_IOC + 1];

#endif
