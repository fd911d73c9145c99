// What to want: a pure function from market, inventory and parameters to wanted quotes.
//
// With h the half-spread, both in bps of the fair value:
//     fair = mid + microprice_weight * (microprice - mid)
//     h    = clamp(base + base_spread_bps_delta + volatility_weight * volatility, min, max)
//     bid  = fair - h - skew * position / limit      ask = fair + h - skew * position / limit
// which is the closed form of Gueant, Lehalle and Fernandez-Tapia (2013, "Dealing with the
// inventory risk", proposition 3): with its c = ln(1 + gamma/k) / gamma and slope s per lot,
// h = c + s/2 and skew = s * limit. Prices are rounded away from the touch to ticks and never cross
// the opposite best (of others or our own). Every quote that is not wanted says why.
// No state, no I/O; any thread.
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
    double level_step_ratio;  // level k is k times this share of the half-spread further out
    uint32_t level_count;     // 1 .. QUOTE_LEVELS_MAX
    int64_t quote_qty_lots;   // wanted on each level before the ratios cut it
    double microprice_weight; // fair = mid + weight * (microprice - mid)
    double imbalance_guard;   // |imbalance| above which the threatened side steps back; 0 = off
    double drift_guard_bps;   // |drift| over its horizon above which it steps back; 0 = off
    double guard_widen_ratio; // by this share of its half-spread (once, even if both say so)
    double replace_threshold_bps; // a live quote this close to the wanted price is left alone
    double fast_cancel_bps; // a live quote this much better than its wanted price is cancelled at
                            // once; 0 = off
    bool join_at_touch;     // prices better than the touch of others are moved back to it
};

// What the quoter sees; our own orders are not in it, except in own_best_ticks.
struct quote_market {
    bool trusted;                 // false from a gap in the feed until the next snapshot
    int64_t best_ticks[2];        // 0 = the side is empty
    int64_t depth_lots[2];        // within quote_depth_range_ticks of the touch
    int64_t mid_half_ticks;       // the last valid one, 0 = none yet
    double microprice_half_ticks; // 0 = none
    double volatility_bps, drift_bps, imbalance; // 0 when unknown
    int64_t own_best_ticks[2]; // the best price we may have resting on each side, 0 = none
    int64_t price_min_ticks, price_max_ticks; // what the book can hold
};

struct quote_inventory {
    int64_t position_lots;
    int64_t limit_lots; // > 0
};

enum quote_reason {
    QUOTE_WANTED = 0,
    QUOTE_LEVEL_OFF,   // the configuration has fewer levels
    QUOTE_NO_MID,      // no two-sided book seen yet
    QUOTE_FEED_GAP,    // the book cannot be trusted until a snapshot
    QUOTE_SIDE_EMPTY,  // nobody else quotes this side
    QUOTE_PRICE_RANGE, // the price would leave what the book can hold
    QUOTE_IMPACT_CAP,  // impact_cap_ratio of the visible depth is less than a lot
    QUOTE_MAX_DELTA,   // the levels before it use up max_delta_ratio of the position limit
    QUOTE_HALTED,      // trading is halted until it is re-armed
    QUOTE_PAUSED,      // an operator has stopped quoting
    QUOTE_STOPPED,     // the run is ending
    QUOTE_REASON_COUNT
};

struct quote_want {
    enum quote_reason reason;
    int64_t price_ticks, qty_lots; // valid when reason is QUOTE_WANTED
};

// What a set was computed from, and how far that may move before a wanted quote may change.
struct quote_room {
    bool is_known;
    struct quote_market market;
    struct quote_inventory inventory;
    double fair_ticks, half_spread_bps[2];
    double half_bps;             // of the half-spread, before the guards
    double up_ticks, down_ticks; // every model's price stays on its tick within these
    double fair_slope;           // the most that a price moves per tick of the fair value
    double half_spread_slope;    // and that its distance from the fair value does, as a ratio
    int64_t limit[2], most[2];   // signed prices, larger = more aggressive: the bound, the first
    int64_t size_lots[2];
    int64_t full_depth_lots; // the least that leaves a level its whole size
};

struct quote_set {
    double fair_ticks;         // 0 = none
    double half_spread_bps[2]; // after the guards
    double skew_bps;           // both quotes are this much lower
    struct quote_want want[2][QUOTE_LEVELS_MAX];
    struct quote_room room;
};

void quote_compute(const struct quote_config *config, const struct params *params,
                   const struct quote_market *market, struct quote_inventory inventory,
                   struct quote_set *out);

// Whether quote_compute would want in this market just what the set wants; it was computed with the
// same configuration and parameters. True sets what else it would set. False says that it may want
// something else, and leaves a set that must be computed again. Much quicker than computing.
bool quote_keeps(const struct quote_config *config, const struct params *params,
                 const struct quote_market *market, struct quote_inventory inventory,
                 struct quote_set *set) MM_CHECKED;

// Wants nothing anywhere, for one reason.
void quote_none(enum quote_reason reason, struct quote_set *out);

// One base half-spread (base + base_spread_bps_delta) in ticks, rounded down: how far from the
// touch the depth counts that impact_cap_ratio is a share of.
int64_t quote_depth_range_ticks(const struct quote_config *config, const struct params *params,
                                int64_t mid_half_ticks);

const char *quote_reason_name(enum quote_reason reason); // one word; static
// A sentence for a person; static.
const char *quote_reason_text(enum quote_reason reason);

#endif
