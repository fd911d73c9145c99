// The market a run trades on: the simulated exchange, a tape with the replay's exchange, a live
// market with the same exchange, or a live one with real orders.
//
// Opening it touches nothing but the cache of imported captures, so that a run can open its market
// before it touches its artifacts. The struct is the caller's memory and owns venue, tape and
// latency model; it must not move while open. One thread.
#ifndef MM_SOAK_RUN_MARKET_H
#define MM_SOAK_RUN_MARKET_H

#include "base/error.h"
#include "market/capture_writer.h"
#include "market/tape.h"
#include "soak/config_manager.h"
#include "trade/ledger.h"
#include "venue/latency.h"
#include "venue/replay/exchange.h"
#include "venue/sim/model.h"
#include "venue/venue.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct run_market {
    struct venue *venue;
    const struct venue *simulated; // the exchange behind `venue`; NULL for a tape
    int64_t price_half_ticks;      // where the market starts: amounts become lots at it
    bool has_account;              // the next two are what the exchange says
    int64_t position_lots;         // at the start
    struct fees fees;
    struct tape tape;
    struct latency_model latency;
    struct capture_writer *record;      // of a live market; NULL = none
    const struct exchange_probe *probe; // of a tape's exchange, borrowed; set before opening
    const volatile sig_atomic_t *stop;  // ends the wait for a live market; likewise, may be NULL
};

// MM_ERROR_USAGE for a queue model, latency, regime or instrument that cannot be; MM_ERROR_INPUT or
// MM_ERROR_SYSTEM for a tape that does not open or never has both sides of a book.
int run_market_open(struct run_market *market, const struct run_config *config) MM_CHECKED;

// The time spent in each regime so far, which the bot does not see; false where it is not known.
bool run_market_regimes(const struct run_market *market, int64_t out[SIM_REGIME_COUNT]);

// After the engine has stopped: cancels what is left and has the exchange show that nothing of ours
// is open, where orders are real. MM_ERROR_SYSTEM when that could not be verified.
int run_market_stopped(struct run_market *market) MM_CHECKED;

void run_market_close(struct run_market *market); // accepts a zeroed one

#endif
