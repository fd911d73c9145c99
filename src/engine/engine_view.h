// All that may be seen of an engine at one moment, copied whole: a plain struct without pointers
// but to static texts, so that it can be handed to another thread.
//
// engine_view is called by the engine's thread between two runs; it costs some microseconds,
// allocates nothing and changes nothing.
#ifndef MM_ENGINE_ENGINE_VIEW_H
#define MM_ENGINE_ENGINE_VIEW_H

#include "engine/engine.h"

enum { ENGINE_VIEW_LEVELS = 12 };

struct engine_view_level {
    int64_t price_ticks;
    int64_t lots;     // of others
    int64_t own_lots; // resting or perhaps resting
};

// Whether a side has an order resting, and if not why.
struct engine_view_side {
    bool is_quoting;
    const char *code, *text; // static; of the side's first level that is not as wanted
};

struct engine_view {
    struct engine_status status;
    bool is_trusted; // the book
    bool has_market;
    int64_t last_market_ns;   // of any message
    const char *pause_reason; // static; NULL = not paused
    enum risk_reason loss_halt;

    int64_t mid_half_ticks;                        // now; 0 = a side is empty or nothing is trusted
    int64_t best_ticks[2];                         // of others; 0 = empty
    double microprice_half_ticks, fair_half_ticks; // 0 = none
    bool has_volatility, has_drift;
    double volatility_bps, drift_bps, imbalance;
    uint32_t level_count[2];
    struct engine_view_level levels[2][ENGINE_VIEW_LEVELS]; // from the touch outwards

    uint32_t quote_count;
    struct engine_quote quotes[ENGINE_QUOTES_MAX];
    int64_t ahead_lots[ENGINE_QUOTES_MAX]; // estimate of the queue before it; -1 = not known
    struct engine_view_side sides[2];

    int64_t realised_quote_e9, unrealised_quote_e9, fees_quote_e9, turnover_quote_e9;
    int64_t start_equity_e9, peak_equity_e9;
    uint32_t orders_by_state[ORDER_STATE_COUNT];
    uint32_t in_flight;
    uint64_t unknown_count, stray_count, reject_count;
    uint64_t risk_refused[RISK_REASON_COUNT], risk_reduced[RISK_REASON_COUNT];
    bool has_window;
    struct kpi_summary window; // the open one so far, see kpi_look
};

void engine_view(const struct engine *engine, struct engine_view *out);

#endif
