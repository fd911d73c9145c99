// The tuner: what the last window suggests changing. It only proposes; the guard disposes.
//
// Rules fire in the order of `enum tuner_rule`; the first to move a parameter has it. FALLBACK and
// MULTI_FAILURE stand alone: when one fires no other does. ZONE_NORMALIZE and those after it act
// for money only, and only when no rule before them moves anything. A rule whose KPI has no data
// does not fire. Widening the spread always raises net_bps and may still lose money, so every
// widening is dropped when net_per_hour is lower than in the newest remembered window with a
// narrower spread. The reliefs go back from what earned less by more than its scatter. Every number
// is in struct tuner_rules (docs/tuning.md has the table). Pure; no allocation; any thread.
#ifndef MM_SOAK_TUNER_H
#define MM_SOAK_TUNER_H

#include "kpi/kpi.h"
#include "trade/params.h"

#include <stdbool.h>
#include <stdint.h>

enum tuner_rule {
    TUNER_FALLBACK,           // two windows in a row lost money
    TUNER_MULTI_FAILURE,      // everything is bad at once
    TUNER_ZONE_AGGRESSIVE,    // risk limits cut very often
    TUNER_ZONE_MODERATE,      // risk limits cut often
    TUNER_MAKER_BOOST,        // good, but too much was taken
    TUNER_LATENCY_HARD,       // acknowledgements very late
    TUNER_LATENCY_SOFT,       // acknowledgements late
    TUNER_DRIVER_ADVERSE,     // the market takes the edge back
    TUNER_EDGE_TAIL,          // the worst fills are very bad
    TUNER_DRIVER_SLIPPAGE,    // fills away from what was wanted
    TUNER_DRIVER_CONCURRENCY, // actions waited for others
    TUNER_CANCEL_RATIO,       // too many cancels
    TUNER_FEED_LAG,           // the feed is late
    TUNER_NET_LOW,            // too little was earned and nothing else explains it
    TUNER_SIZE_RELIEF,        // larger quotes earned less
    TUNER_SPREAD_RELIEF,      // the wider spread earned less
    TUNER_AGE_RELIEF,         // orders grow old because throttles hold them
    TUNER_ZONE_NORMALIZE,     // all is good: quote faster
    TUNER_SIZE_UP,            // sound: quote larger
    TUNER_SPREAD_CLOSE,       // edge to spare: quote closer
    TUNER_RULE_COUNT
};

// A rule's move of one parameter, in steps: never past `limit`, which a value beyond it stays at.
struct tuner_move {
    int32_t delta; // 0 = the rule leaves the parameter alone
    int32_t limit;
};

struct tuner_rules {
    uint64_t min_fills; // fewer say nothing: no proposal
    double zone_aggressive_risk, zone_moderate_risk, zone_normal_risk, zone_normal_net_bps;
    double maker_boost_risk, maker_boost_share, maker_boost_net_bps;
    double latency_soft_ms, latency_hard_ms;
    double driver_adverse_bps, driver_slippage_bps; // p95
    double driver_concurrency_share;                // of all blocked actions
    double tail_adverse_bps, tail_slippage_bps;     // p95
    double cancel_ratio;
    double feed_lag_ms;
    double net_low_bps;
    double spread_close_net_bps;
    double age_ms;
    double blocked_share; // blocked actions of all decisions that make a block worth acting on
    uint32_t multi_failure_count; // of cancel ratio, edge tail and feed lag
    uint32_t evidence_windows;    // on each side, before a difference in net_per_hour counts
    double evidence_errors;       // and how many of its standard errors it must have
    double stable_risk, stable_net_bps;
    struct tuner_move moves[TUNER_RULE_COUNT][PARAM_COUNT];
};

struct tuner_rules tuner_rules_default(void);

// What is remembered of a finished window.
struct tuner_window {
    bool has_net_bps, has_net_per_hour;
    double net_bps, net_per_hour;
    struct params params; // in force
    bool fallback;        // the fallback was proposed after it
};

enum { TUNER_HISTORY_MAX = 16 };

struct tuner_history {
    uint32_t count;
    struct tuner_window windows[TUNER_HISTORY_MAX]; // newest first
};

enum tuner_fate {
    TUNER_PROPOSED,
    TUNER_LOST,        // another rule had moved the parameter already
    TUNER_CONFLICT,    // quoting faster while widening under risk contradicts itself
    TUNER_PINNED,      // the operator keeps the tuner off the parameter
    TUNER_WIDER_LOSES, // net per hour fell when the spread last rose
    TUNER_LESS_EARNED, // and a move for money was tried and earned clearly less
    TUNER_FATE_COUNT
};

enum { TUNER_TEXT_SIZE = 160, TUNER_ENTRY_MAX = TUNER_RULE_COUNT * PARAM_COUNT };

// One move that a rule wanted.
struct tuner_entry {
    enum tuner_rule rule;
    enum param_id param;
    int32_t delta; // in steps
    enum tuner_fate fate;
    char why[TUNER_TEXT_SIZE]; // a sentence without the fate
};

struct tuner_proposal {
    int32_t deltas[PARAM_COUNT];
    uint32_t entry_count;
    struct tuner_entry entries[TUNER_ENTRY_MAX];
    char note[TUNER_TEXT_SIZE]; // why nothing is proposed; "" when something is
};

// `params` were in force in the window; `history` is what came before it.
void tuner_propose(const struct tuner_rules *rules, const struct tuner_history *history,
                   const struct kpi_summary *summary, struct params params,
                   struct tuner_proposal *out);

// Takes the moves of the pinned parameters out of a proposal.
void tuner_pin(const bool pinned[PARAM_COUNT], struct tuner_proposal *proposal);

// Puts the window in front of the history, which forgets its oldest when full. The net of fewer
// than min_fills is not kept.
void tuner_remember(const struct tuner_rules *rules, struct tuner_history *history,
                    const struct kpi_summary *summary, struct params params,
                    const struct tuner_proposal *proposal);

// Whether the window is good enough to count as stable for the guard's freeze.
bool tuner_is_stable(const struct tuner_rules *rules, const struct kpi_summary *summary);

const char *tuner_rule_name(enum tuner_rule rule); // "zone_moderate", ...
const char *tuner_fate_text(enum tuner_fate fate); // a clause: "another rule came first", ...

#endif
