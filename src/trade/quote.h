// What to want: pure functions from market, inventory and parameters to wanted quotes.
#ifndef MM_TRADE_QUOTE_H
#define MM_TRADE_QUOTE_H

#include "market/event.h"
#include "market/instrument.h"
#include "trade/params.h"

#include <stdbool.h>
#include <stdint.h>

enum { QUOTE_LEVELS_MAX = 5 };

// The market preset's part of the quoter; bps are of the fair value.
struct quote_config {
    double base_half_spread_bps; // to which base_spread_bps_delta is added
    double volatility_weight;    // half-spread added per bps/sqrt(s) of volatility
    double half_spread_min_bps, half_spread_max_bps;
    double skew_bps_at_limit; // shift of both quotes at full inventory (GLFT-shaped, linear in it)
    double level_step_ratio;  // level k is this share of the half-spread further out
    uint32_t level_count;     // 1 .. QUOTE_LEVELS_MAX
    int64_t quote_qty_lots;   // wanted on the first level before the ratios cut it
    double microprice_weight; // fair = mid + weight * (microprice - mid)
    double imbalance_guard;   // |imbalance| above which the threatened side steps back, 0..1
    double drift_guard_bps;   // |drift| over its horizon that widens the threatened side
    double guard_widen_ratio; // by this much
    double replace_threshold_bps; // a live quote this close to the wanted price is left alone
    double fast_cancel_bps; // a live quote this far on the wrong side of where it should be goes at
                            // once
    bool join_at_touch; // never quote behind the touch by more than ... : prices are clamped to it
};

#endif
