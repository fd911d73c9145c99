// What is out there: order states, throttles, exposure. One outstanding operation per order.
//
// A slot per (side, level) holds at most one order. The functions here build requests and digest
// reports; sending, sizing and judging are the engine's. An order whose operation got no answer in
// time is UNKNOWN: it stays in its slot and in the exposure until a report says what became of it,
// and is asked after with a cancel, whose answer is definite either way.
//
// Reports about one order are taken to come in the order in which they arose at the exchange, as
// venues deliver them; some may be missing, and a fill may come after its order was given up.
//
// Plain struct on the caller's memory, no allocation, integers only; owned by the engine's thread.
#ifndef MM_TRADE_ORDERS_H
#define MM_TRADE_ORDERS_H

#include "trade/quote.h"
#include "venue/venue.h"

#include <stdbool.h>
#include <stdint.h>

struct orders_config {
    uint32_t concurrency_limit; // operations in flight at once; cancels may exceed it
    int64_t unknown_query_ns;   // an operation unanswered for this long makes the order unknown,
                                // an unknown order is asked after this often; 0 = never
    uint64_t first_order_id;    // 0 takes 1
};

enum order_state {
    ORDER_FREE = 0,
    ORDER_PENDING_PLACE,
    ORDER_LIVE,
    ORDER_PENDING_AMEND,
    ORDER_PENDING_CANCEL,
    ORDER_UNKNOWN,
    ORDER_STATE_COUNT
};

// Why an order ended or is being cancelled.
enum order_reason {
    ORDER_REASON_NONE = 0,
    ORDER_REASON_FILLED,
    ORDER_REASON_NOT_WANTED,  // the quoter wants nothing there
    ORDER_REASON_RISK,        // a limit refuses it
    ORDER_REASON_FAST_CANCEL, // far on the wrong side of where it should be
    ORDER_REASON_TAIL_AGE,    // old and not where it should be
    ORDER_REASON_HALTED,
    ORDER_REASON_STOPPED,
    ORDER_REASON_POST_ONLY, // would have crossed
    ORDER_REASON_REJECTED,
    ORDER_REASON_UNKNOWN, // its fate was unknown: asked after, or given up
    ORDER_REASON_VENUE,   // the venue ended it by itself
    ORDER_REASON_COUNT
};

// How an order ended.
enum order_status {
    ORDER_OPEN = 0,
    ORDER_FILLED,
    ORDER_CANCELED,
    ORDER_EXPIRED,
    ORDER_REJECTED,
    ORDER_STATUS_COUNT
};

struct order {
    uint64_t id;
    enum order_state state;
    enum order_reason reason; // of the cancel that is under way
    enum side side;
    uint32_t level;
    enum venue_op op;                           // outstanding; VENUE_NONE when none
    int64_t price_ticks, qty_lots, leaves_lots; // as last confirmed; of the place until it is
    int64_t target_price_ticks, target_lots;    // of an outstanding place or amend
    int64_t placed_ns;                          // place sent
    int64_t quoted_ns;                          // placed or last moved to another price
    int64_t op_sent_ns;
    int64_t gone_ns;         // when the venue said it knows the order no more; 0 = it has not
    int64_t unknown_ns;      // when it became unknown, 0 = never
    int64_t exch_ts_ns;      // of the last report
    int64_t rest_exch_ts_ns; // the exchange's stamp since when it rests at its price
    uint32_t amend_count;
    bool is_confirmed; // a report has shown it resting
};

// What a report did.
struct orders_outcome {
    bool is_known;  // false: no order under that id is open (a fill must still be booked)
    bool answered;  // it answered the outstanding operation, after latency_ns
    bool moved;     // the order rests at another price now
    bool ended;     // `order` holds it as it was; its slot is free
    bool has_place; // side and level below are those of the order, open or lately ended
    enum side side;
    uint32_t level;
    int64_t latency_ns;
    int64_t age_ns;                           // of the quote that moved or ended
    int64_t old_price_ticks, old_leaves_lots; // before the report
    enum order_status status;
    struct order order; // after the report
};

// Why an operation may not be sent now.
enum orders_block {
    ORDERS_CLEAR = 0,
    ORDERS_BLOCK_OUTSTANDING,  // this order's own operation is unanswered
    ORDERS_BLOCK_CONCURRENCY,  // too many operations in flight
    ORDERS_BLOCK_MIN_INTERVAL, // too soon after the quote's last replace
    ORDERS_BLOCK_THROTTLE,     // the replace rate is used up
    ORDERS_BLOCK_BACK_OFF,     // the venue refused the last operation; waiting one interval
    ORDERS_BLOCK_COUNT
};

struct orders_gate {
    enum orders_block block;
    int64_t retry_ns; // when the block can end by itself; INT64_MAX = only a report ends it
};

// Tokens without drift: every ns adds `rate_per_min` units, a replace takes REPLACE_UNITS, and the
// bucket holds what one second adds (but at least one replace).
struct replace_bucket {
    int64_t rate_per_min;
    int64_t units;
    int64_t updated_ns;
};

struct orders_slot {
    struct order order;
    int64_t last_replace_ns; // INT64_MIN = none
    int64_t back_off_until_ns;
};

// Order ids of the recent past, for what is reported late about them.
struct ended_order {
    uint64_t id;
    enum side side;
    uint32_t level;
};

enum { ORDERS_ENDED_MAX = 64 };

struct orders {
    struct orders_config config;
    uint32_t level_count;
    int64_t min_interval_ns;
    struct replace_bucket bucket;
    uint64_t next_id;
    struct orders_slot slots[2][QUOTE_LEVELS_MAX];
    struct ended_order ended[ORDERS_ENDED_MAX]; // ring by ended_count
    uint64_t ended_count;
    uint64_t unknown_count;      // how often an order became unknown
    uint64_t stray_report_count; // reports about orders that were not open
    uint64_t reject_count;
};

void orders_init(struct orders *orders, const struct orders_config *config, uint32_t level_count);

// Sets min_interval_ms and replace_rate_per_min from now on.
void orders_set_params(struct orders *orders, const struct params *params, int64_t now_ns);

// Whether an operation on a slot's order may be sent now.
struct orders_gate orders_check(struct orders *orders, enum side side, uint32_t level,
                                enum venue_op op, int64_t now_ns);

// These fill the request and note it as outstanding; orders_check must have said ORDERS_CLEAR.
void orders_place(struct orders *orders, enum side side, uint32_t level, int64_t price_ticks,
                  int64_t qty_lots, int64_t now_ns, struct venue_request *out);
void orders_amend(struct orders *orders, enum side side, uint32_t level, int64_t price_ticks,
                  int64_t qty_lots, int64_t now_ns, struct venue_request *out);
void orders_cancel(struct orders *orders, enum side side, uint32_t level, enum order_reason reason,
                   int64_t now_ns, struct venue_request *out);

// Digests a report. Fills of orders that have ended already come out with is_known false.
void orders_report(struct orders *orders, const struct venue_report *report, int64_t now_ns,
                   struct orders_outcome *out);

// Turns an order whose operation is overdue unknown, and ends one whose venue no longer knows it
// and about which nothing more came. True when it ended, with `out` as from a report.
bool orders_time_out(struct orders *orders, enum side side, uint32_t level, int64_t now_ns,
                     struct orders_outcome *out);

// Whether an unknown order should be asked after now.
bool orders_should_ask(const struct orders *orders, enum side side, uint32_t level, int64_t now_ns);

// When orders_time_out or orders_should_ask has something to do next; INT64_MAX = never.
int64_t orders_next_deadline_ns(const struct orders *orders);

// The most an order may still fill: its rest, and while an amend is unanswered what may fill before
// it arrives on top of what it asks for.
int64_t order_exposure_lots(const struct order *order);
int64_t orders_exposure_lots(const struct orders *orders, enum side side);

uint32_t orders_in_flight(const struct orders *orders); // operations awaiting an answer in time
uint32_t orders_open_count(const struct orders *orders);
uint32_t orders_unknown_open_count(const struct orders *orders);

// The best price any of a side's orders may rest at, outstanding places and amends included;
// 0 = none.
int64_t orders_best_ticks(const struct orders *orders, enum side side);

static inline const struct order *orders_at(const struct orders *orders, enum side side,
                                            uint32_t level)
{
    return &orders->slots[side][level].order;
}

const char *order_reason_name(enum order_reason reason); // one word; static
const char *order_status_name(enum order_status status); // as in orders.csv; static
const char *order_state_name(enum order_state state);
const char *orders_block_name(enum orders_block block); // one word; static
const char *orders_block_text(enum orders_block block); // a sentence; static

#endif
