// The step that ties market, venue, trade and KPI together, and the windows it is measured in.
//
// The engine owns book, signals, quoter state, risk state, orders, ledger and KPI; it borrows the
// venue and the sink, which must outlive it. It pulls one event from the venue, updates what it
// knows, lets the quoter look, and sends what risk and throttles let through. One owner thread;
// nothing is allocated after engine_create. A run is a pure function of (configuration, venue's
// inputs).
#ifndef MM_ENGINE_ENGINE_H
#define MM_ENGINE_ENGINE_H

#include "base/error.h"
#include "engine/sample.h"
#include "kpi/kpi.h"
#include "market/signals.h"
#include "trade/ledger.h"
#include "trade/orders.h"
#include "trade/params.h"
#include "trade/quote.h"
#include "trade/risk.h"
#include "venue/venue.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum { ENGINE_QUOTES_MAX = 2 * QUOTE_LEVELS_MAX };

struct engine_config {
    struct signals_config signals; // zeroed: signals.h's values
    struct quote_config quote;
    struct risk_config risk;
    struct orders_config orders;
    struct kpi_config kpi;
    struct fees fees;
    struct params params;
    // A position that is there before the first fill, worth `open_half_ticks` (> 0) each lot.
    int64_t open_lots, open_half_ticks;
};

// One finished order or one fill, for orders.csv and fills.csv. Borrowed for the call.
struct engine_order_row {
    uint64_t order_id;
    enum side side;
    const char *status;                // "filled", "canceled", "expired", "rejected"
    const char *reason;                // why it was ended, in one word
    int64_t placed_ts_ns, ended_ts_ns; // our clock
    int64_t exch_ts_ns;
    int64_t price_ticks, qty_lots, leaves_qty_lots;
    uint32_t amend_count;
};

struct engine_fill_row {
    uint64_t order_id;
    enum side side;
    int64_t local_ts_ns, exch_ts_ns;
    int64_t price_ticks, qty_lots, wanted_price_ticks; // wanted 0 = none
    int64_t mid_half_ticks, fee_quote_e9, position_lots;
    bool maker;
    struct fill_provenance provenance;
};

// What takes time on the way of an event, by the stamps of the run.
enum engine_delay {
    ENGINE_DELAY_FEED,  // the exchange's stamp of a market message to us
    ENGINE_DELAY_PLACE, // decision to acknowledgement
    ENGINE_DELAY_AMEND,
    ENGINE_DELAY_CANCEL,
    ENGINE_DELAY_FILL, // the exchange's stamp of a fill to us
    ENGINE_DELAY_COUNT
};

// Any function may be NULL.
struct engine_sink {
    void *context;
    void (*order)(void *context, const struct engine_order_row *row);
    void (*fill)(void *context, const struct engine_fill_row *row);
    // The mid one markout horizon after the run's n-th fill, counted from 0; fills measured early
    // have no call.
    void (*markout)(void *context, uint64_t fill_number, int64_t later_half_ticks);
    // While a window is open: the state every so much market time, with everything of that instant
    // in it, and once more at its close.
    int64_t sample_interval_ns;
    void (*sample)(void *context, const struct engine_sample *sample);
    void (*delay)(void *context, enum engine_delay delay, int64_t delay_ns);
    // What went to the venue at `now_ns` of its clock, and what came back about orders.
    void (*sent)(void *context, const struct venue_request *request, int64_t now_ns);
    void (*reported)(void *context, const struct venue_report *report);
    // The mid changes now; `before_half_ticks` (> 0) was the last valid one until now.
    void (*mid)(void *context, int64_t now_ns, int64_t before_half_ticks);
    bool wants_queues; // engine_view then estimates what is ahead of each order
};

// What others may see of a running engine (engine_view.h has more); a copy, valid for ever.
struct engine_status {
    int64_t now_ns;
    bool market_ended;
    bool halted;
    const char *halt_reason; // static; "" when not halted
    uint64_t event_count;
    int64_t position_lots;
    int64_t mid_half_ticks; // last valid, 0 = none
    int64_t equity_quote_e9;
    uint32_t open_order_count; // resting, in flight or unknown
    uint32_t unknown_order_count;
    uint64_t fill_count;
};

// What is wanted and what is out there at one level of one side, as the last look left it, and why
// nothing is where nothing is.
struct engine_quote {
    enum side side;
    uint32_t level;
    int64_t wanted_price_ticks, wanted_qty_lots; // 0 = nothing wanted
    int64_t open_price_ticks, open_qty_lots;     // 0 = nothing out there
    uint64_t order_id;                           // 0 = none
    int64_t quoted_ns;                           // since when it is at its price
    const char *state;                           // of the order; static
    const char *reason; // why it is not wanted, not allowed or not sent; "" = nothing amiss; static
    const char *code;   // the same as one word, "ok" = nothing amiss; static
};

struct engine;

// `sink` may be NULL. Allocates everything the run needs.
struct engine *engine_create(const struct engine_config *config, struct venue *venue,
                             const struct engine_sink *sink);
void engine_destroy(struct engine *engine);

// Values in force from the next look on.
void engine_set_params(struct engine *engine, struct params params);

void engine_open_window(struct engine *engine);

// Runs until the venue's clock reaches `until_ns`, the market ends (status says so) or *stop
// becomes non-zero (MM_ERROR_STOPPED; checked at least every 1024 events).
int engine_run_until(struct engine *engine, int64_t until_ns,
                     const volatile sig_atomic_t *stop) MM_CHECKED;

void engine_close_window(struct engine *engine, struct kpi_summary *out);

// Quotes nothing more and cancels what is open; runs the venue until nothing is open or `grace_ns`
// of market time has passed. *out_open is how many orders could not be confirmed ended (0 is
// success).
int engine_stop(struct engine *engine, int64_t grace_ns, uint32_t *out_open) MM_CHECKED;

// Stops quoting until engine_rearm, e.g. after a panic: cancels everything, at the next
// engine_run_until or engine_stop. `reason` is static. A loss limit halts by itself.
void engine_halt(struct engine *engine, const char *reason);

// An operator's stop: cancels everything and quotes nothing until called with NULL. `reason` is
// static. A halt that comes meanwhile stays when it ends.
void engine_pause(struct engine *engine, const char *reason);

// Quotes again. A loss that had halted trading is measured from the present equity on.
void engine_rearm(struct engine *engine);

struct engine_status engine_get_status(const struct engine *engine);

// Fills `out` with the configured levels of both sides, bids first; returns how many.
uint32_t engine_get_quotes(const struct engine *engine, struct engine_quote out[ENGINE_QUOTES_MAX]);

#endif
