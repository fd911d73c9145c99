// Our orders at a recorded exchange: the book as the tape tells it, and what would have become of
// orders that were never there.
//
// The recorded book never depends on our orders. Two things fill a resting order: a best price of
// the other side that reaches it, and trades, beyond its price or at it once they have used up the
// queue ahead. An order that crosses on arrival takes what is there. How much each of these
// executes is a matter of the rules (fill_rules.h).
//
// A best or a trade beyond an order's price fills all of it: the market could not have come there
// without. Only the rest of an order that took liquidity (strict) can stand where the recorded
// book crosses it; it fills by what arrives: the lots added at prices it reaches, or a trade's.
//
// The exchange owns its book and a fixed table of orders; reports are put into `reports` for the
// caller to take away after each call. Nothing is allocated after init. One owner thread.
//
// A depth message meets an own order only if the best's peak within the message reaches `trip`, and
// a trade only if it is no better than `own_best`: both are one comparison. Levels where an order
// rests carry BOOK_MARK, so a depth row elsewhere is a load, a store and one predicted branch. The
// bests come with the tape: nothing is searched here, and the book's `touched`, which only searches
// need, is not kept.
#ifndef MM_VENUE_REPLAY_EXCHANGE_H
#define MM_VENUE_REPLAY_EXCHANGE_H

#include "base/decimal.h"
#include "base/error.h"
#include "market/book.h"
#include "market/tape.h"
#include "venue/replay/fill_rules.h"
#include "venue/replay/queue_model.h"
#include "venue/replay/taken.h"
#include "venue/venue.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    EXCHANGE_ORDERS_MAX = 1024,  // resting at once; a further order is refused
    EXCHANGE_SWEEP_MAX = 256,    // levels one order takes; those behind are as if empty
    EXCHANGE_PARTIAL_MAX = 1024, // reports of one message, beyond which nothing fills in part
    EXCHANGE_REPORTS_MAX = EXCHANGE_PARTIAL_MAX + EXCHANGE_ORDERS_MAX
};

// One own order's place in the queue moved.
struct queue_move {
    uint64_t order_id;
    int64_t exch_ts_ns;
    uint32_t event_row;
    bool by_trade;                     // of `lots_before` lots; else the level changed
    int64_t lots_before, lots_after;   // of the level
    int64_t ahead_before, ahead_after; // lots of others ahead
};

// Told of every move of the order `order_id`.
struct exchange_probe {
    uint64_t order_id;
    void *context;
    void (*moved)(void *context, const struct queue_move *move);
};

struct exchange_order {
    uint64_t order_id;
    int64_t request_ts_ns; // of the request it last answered to
    int64_t price_ticks;
    int64_t qty_lots;    // as last asked for
    int64_t leaves_lots; // what a fill executes
    int64_t ahead_at_arrival_lots;
    struct queue_position queue;
    enum side side;
    enum order_type type;
    enum time_in_force tif;
};

struct exchange {
    struct book book; // owned
    struct queue_model queue_model;
    struct fill_rules rules;
    const struct exchange_probe *probe; // borrowed; NULL = none
    double lot;                         // nearest double of a lot
    double qty_factor, qty_divisor;
    const struct row *rows;      // of the tape, borrowed
    const struct wide_row *wide; // likewise
    bool row_by_row;             // the tape has wide rows, so no shortcut over a message

    uint32_t trip[2];     // bests at or above it, by side, cross an own order; UINT32_MAX = none
    uint32_t own_best[2]; // largest index of an own order, 0 = none
    uint32_t top[2];      // no level above it has lots: the best's peak since the last clear

    // Resting orders in the order of arrival: keys for the search, slots into `orders`.
    uint32_t count;
    uint32_t keys[EXCHANGE_ORDERS_MAX]; // as a row's key; index 0 for prices beyond the geometry
    uint16_t slots[EXCHANGE_ORDERS_MAX];
    uint16_t free_slots[EXCHANGE_ORDERS_MAX];
    struct exchange_order orders[EXCHANGE_ORDERS_MAX];

    struct taken taken; // by own orders, of the present levels; these carry BOOK_MARK too

    uint32_t event_row;  // first row of the message last applied
    int64_t event_ts_ns; // its stamp
    uint32_t report_count;
    struct venue_report reports[EXCHANGE_REPORTS_MAX];
};

int exchange_init(struct exchange *exchange, const struct tape *tape,
                  const struct queue_model *queue_model, const struct fill_rules *rules) MM_CHECKED;
void exchange_fini(struct exchange *exchange);

// Applies messages in [message, end) whose stamp is before `until_ns`, up to and including the
// first that makes a report. Returns the first message not applied.
const struct tape_message *exchange_run(struct exchange *exchange,
                                        const struct tape_message *message,
                                        const struct tape_message *end, int64_t until_ns);

// A request arrives at `exch_ts_ns`, sent at `request_ts_ns`. An id that is already resting is an
// error of the caller's: MM_ERROR_USAGE.
int exchange_request(struct exchange *exchange, const struct venue_request *request,
                     int64_t request_ts_ns, int64_t exch_ts_ns) MM_CHECKED;

// A quantity as the double its decimal text stands for.
static inline double exchange_qty(const struct exchange *exchange, int64_t lots)
{
    return (double)lots * exchange->qty_factor / exchange->qty_divisor;
}

#endif
