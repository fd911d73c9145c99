// Runs the reference ladder against any venue: looks every 100 ms of our clock, keeps our view of
// its orders, and hands out a row for each order that ended.
//
// It follows the reference's loop to the letter (replay-semantics 3 of the golden logs), so that
// logs can be compared: the clock starts where the caller says, an order's state changes only when
// the report arrives, and a finished order is reported at the next look. Memory is sized before the
// first event. One owner thread.
#ifndef MM_ENGINE_LADDER_RUN_H
#define MM_ENGINE_LADDER_RUN_H

#include "base/error.h"
#include "trade/ladder.h"
#include "venue/venue.h"

#include <stdbool.h>
#include <stdint.h>

enum ladder_status { // numbers of the logs
    LADDER_PENDING = 0,
    LADDER_RESTING = 1,
    LADDER_EXPIRED = 2,
    LADDER_FILLED = 3,
    LADDER_CANCELED = 4
};

// An order that ended, as seen at a look.
struct ladder_row {
    int64_t seen_ts_ns;
    int64_t request_ts_ns; // of its last request: the cancel's, if one was sent
    int64_t exch_ts_ns;
    uint64_t order_id;
    enum side side;
    enum ladder_status status;
    int64_t price_ticks, qty_lots, leaves_lots;
    int64_t exec_lots;        // of all executions
    int64_t exec_price_ticks; // of the last, 0 = none; `maker` and `provenance` too are its
    bool maker;
    struct fill_provenance provenance;
};

struct ladder_run_config {
    struct ladder_config ladder;
    int64_t start_ns;    // where the clock starts: the first look is one interval later
    int64_t interval_ns; // 100 ms in the golden logs
    bool place_orders;   // false: only the market is followed, to measure what that costs
    bool heed_gaps;      // from an EVENT_GAP to the next snapshot: cancel all, place nothing
    void *context;
    void (*row)(void *context, const struct ladder_row *row); // may be NULL
};

struct ladder_totals {
    uint64_t batch_count, row_count; // of market data, as we saw it
    uint64_t look_count, place_count, cancel_count;
    uint64_t fill_count, maker_fill_count, expired_count, canceled_count, refused_count;
    int64_t position_lots, volume_lots;
    int64_t bid_ticks, ask_ticks; // at the end, 0 = none
    int64_t end_ns;               // our clock
};

int ladder_run(struct venue *venue, const struct ladder_run_config *config,
               struct ladder_totals *out) MM_CHECKED;

#endif
