// What is allowed: limits checked for every wanted quote; each refusal is a value with its reason.
#ifndef MM_TRADE_RISK_H
#define MM_TRADE_RISK_H

#include <stdint.h>

struct risk_config {
    int64_t position_limit_lots; // worst case: position plus everything open on that side
    int64_t order_qty_max_lots;
    double price_band_bps;            // around the mid
    int64_t loss_from_peak_quote_e9;  // 0 = off
    int64_t loss_from_start_quote_e9; // 0 = off
    int64_t stale_ns;                 // no market event for this long
    double volatility_halt_bps; // volatility in bps/sqrt(s) above which nothing is quoted, 0 = off
};

#endif
