// What the book says beyond its levels: mid, microprice, imbalance, volatility, drift, staleness.
//
// Everything is measured on the book without our own orders, because a fair value that sees them
// chases itself. Where the feed shows our orders (venue.own_orders_in_feed) the caller passes them
// and they are taken out of their levels; elsewhere it passes none. A side of the book may be
// empty: then there is no mid, and the last valid one stays in `last_mid_half_ticks`.
//
// Plain struct on the caller's memory, no allocation, one owner thread. Floating point: these are
// models.
#ifndef MM_MARKET_SIGNALS_H
#define MM_MARKET_SIGNALS_H

#include "market/book.h"
#include "market/event.h"

#include <stdbool.h>
#include <stdint.h>

enum { SIGNALS_SAMPLES = 64, OWN_QUOTES_MAX = 64 };

// Sets of sides: a bit each.
enum { NO_SIDES = 0, BOTH_SIDES = 1 << SIDE_BUY | 1 << SIDE_SELL };

// Every field 0 takes the value in brackets.
struct signals_config {
    int64_t sample_ns;         // mids are sampled at least this far apart [100 ms]
    int64_t volatility_tau_ns; // time constant of the volatility's average [30 s]
    int64_t drift_horizon_ns;  // [1 s]; at most SIGNALS_SAMPLES - 2 samples
    uint32_t imbalance_levels; // per side [5]
};

// An order of ours that the feed's book may hold. A sure one is known to rest there; one that is
// not (just sent, answer not seen) is taken out only where the level is large enough to hold it.
struct own_quote {
    bool sure;
    int64_t price_ticks, qty_lots;
};

struct own_side {
    uint32_t count;
    struct own_quote quotes[OWN_QUOTES_MAX];
};

struct own_quotes {
    struct own_side of[2];
};

// A level of the feed's book goes to another quantity.
struct level_change {
    enum side side;
    uint32_t index;
    int64_t price_ticks;
    int64_t before_lots, after_lots;
};

struct signals_sample {
    int64_t ts_ns;
    int64_t mid_half_ticks;
};

struct signals {
    struct signals_config config;
    int64_t best_ticks[2], best_lots[2]; // of others; 0 = side empty
    int64_t mid_half_ticks;              // 0 = a side is empty
    int64_t last_mid_half_ticks;         // the last valid one, 0 = none yet
    int64_t last_mid_ns;                 // when it was last seen valid
    double microprice_half_ticks;        // 0 when a side is empty
    int64_t depth_lots[2];               // of others near the touch, by signals_look_near
    double imbalance;                    // of others, in [-1, 1]; 0 without a mid
    uint32_t seen_index[2];              // nothing behind this book index was looked at
    uint32_t best_index[2], range_index[2], top_index[2]; // the last levels counted in each
    uint32_t unseen_sides;                                // changed since signals_look_near
    int64_t near_range_ticks, top_lots[2];                // of the last signals_look_near
    bool near_skipped_imbalance;
    bool is_touch_new, is_near_new; // since signals_update, signals_look_near
    double drift_bps;               // from the first sample to the last valid mid
    bool has_volatility;
    double volatility_bps;
    double variance_sum, variance_weight;
    struct signals_sample samples[SIGNALS_SAMPLES]; // ring; sample n is at n % SIGNALS_SAMPLES
    uint64_t sample_first, sample_end;
};

void signals_init(struct signals *signals, const struct signals_config *config);

// Forgets the touch and all samples: after a gap prices may have moved unseen.
void signals_reset(struct signals *signals);

// Takes the touch from the book as it is now; samples volatility and drift when it is time. `sides`
// are those on which the book at or before seen_index, or our orders, may have changed since the
// last call; all before the first signals_look_near and after a reset.
void signals_update(struct signals *signals, const struct book *book, const struct own_quotes *own,
                    uint32_t sides, int64_t now_ns);

// Whether everything counted on the change's side has followed by the difference: others have
// something on the level before and after. Then signals_update needs to know nothing of it. False:
// nothing is done, and the side may have changed.
bool signals_shift_level(struct signals *signals, const struct own_quotes *own,
                         const struct level_change *change);

// Whether the next signals_update samples volatility and drift.
bool signals_is_sample_due(const struct signals *signals, int64_t now_ns);

// What lies near the touch, of others: `depth_lots` from the best of each side down to
// `range_ticks` behind it, and `imbalance` = (B - A) / (B + A) over the configured number of levels
// unless `skip_imbalance`. Sets `seen_index`: as long as the book does not change at or before it
// on either side, and our orders do not, neither the touch nor these can have changed.
void signals_look_near(struct signals *signals, const struct book *book,
                       const struct own_quotes *own, int64_t range_ticks, bool skip_imbalance);

// Volatility of the mid in bps per sqrt(second): the root of an average of squared returns per unit
// of time, weighted by time with e^(-age / tau). False until a twentieth of tau has been seen.
bool signals_volatility_bps(const struct signals *signals, double *out);

// Change of the mid over the horizon in bps. False until the horizon has been seen.
bool signals_drift_bps(const struct signals *signals, double *out);

#endif
