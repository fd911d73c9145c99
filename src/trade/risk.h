// What is allowed: limits checked for every wanted quote; each refusal is a value with its reason.
//
// The struct holds the limits, the references that losses are measured from, whether trading is
// halted, and a counter per reason. Integers except where a model's number is compared. No I/O, no
// allocation; owned by the engine's thread.
#ifndef MM_TRADE_RISK_H
#define MM_TRADE_RISK_H

#include "market/event.h"

#include <stdbool.h>
#include <stdint.h>

struct risk_config {
    int64_t position_limit_lots; // worst case: position plus everything open on that side
    int64_t order_qty_max_lots;
    double price_band_bps;            // around the mid, 0 = off
    int64_t loss_from_peak_quote_e9;  // 0 = off
    int64_t loss_from_start_quote_e9; // 0 = off
    int64_t stale_ns;                 // no market event for this long, 0 = off
    double volatility_halt_bps; // volatility in bps/sqrt(s) above which nothing is quoted, 0 = off
};

enum risk_reason {
    RISK_OK = 0,
    RISK_LOSS_FROM_PEAK,  // halts
    RISK_LOSS_FROM_START, // halts
    RISK_STALE_DATA,
    RISK_CROSSED_BOOK,
    RISK_VOLATILITY,
    RISK_PRICE_BAND,
    RISK_ORDER_SIZE,     // reduced to the largest order
    RISK_POSITION_LIMIT, // reduced to what is left, refused when nothing is
    RISK_REASON_COUNT
};

// The state of the market that all of a look's quotes share.
struct risk_market {
    int64_t now_ns, last_event_ns; // of the market
    int64_t best_ticks[2];         // 0 = side empty
    int64_t mid_half_ticks;        // last valid
    double volatility_bps;         // 0 = unknown
};

struct risk_quote {
    enum side side;
    int64_t price_ticks, qty_lots;
    int64_t open_lots; // what else may still be filled on that side
};

struct risk_verdict {
    enum risk_reason reason; // of a refusal or reduction
    int64_t qty_lots;        // allowed, 0 = refused
};

struct risk {
    struct risk_config config;
    int64_t start_equity_e9, peak_equity_e9; // losses are measured from these
    enum risk_reason halt;                   // RISK_OK = not halted by a loss
    uint64_t refused_count[RISK_REASON_COUNT];
    uint64_t reduced_count[RISK_REASON_COUNT];
};

// Losses are measured from an equity of 0 until the first risk_follow_equity says otherwise.
void risk_init(struct risk *risk, const struct risk_config *config);

// Follows the ledger's equity; returns the reason when it halts trading now, else RISK_OK.
enum risk_reason risk_follow_equity(struct risk *risk, int64_t equity_quote_e9);

// Ends a halt. A loss that tripped is measured from `equity_quote_e9` from now on, because
// re-arming accepts it; the other reference stays.
void risk_rearm(struct risk *risk, int64_t equity_quote_e9);

// What the market forbids for every quote of a look, or RISK_OK.
enum risk_reason risk_check_market(const struct risk *risk, const struct risk_market *market);

// Judges one wanted quote and counts. `market_reason` is risk_check_market's.
struct risk_verdict risk_check(struct risk *risk, enum risk_reason market_reason,
                               const struct risk_market *market, const struct risk_quote *quote,
                               int64_t position_lots);

// Lots that may still be opened on a side if everything open there fills; may be negative.
int64_t risk_headroom_lots(const struct risk *risk, enum side side, int64_t position_lots,
                           int64_t open_lots);

const char *risk_reason_text(enum risk_reason reason); // a sentence for a person; static
const char *risk_reason_name(enum risk_reason reason); // one word for files and metrics; static

#endif
