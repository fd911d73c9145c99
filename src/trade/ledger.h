// Position, cash, fees and profit of one instrument, in integers. Pure; owned by the engine's
// thread.
//
// cash falls by V(q, p) on a buy and rises on a sell; fees are kept apart. Equity at a mark is
// cash + V(position, mark) - fees - funding, exactly. Realised profit uses the average entry:
// cost_quote_e9 is what the open position cost, reduced pro rata (rounded half away from zero) as
// it is closed.
#ifndef MM_TRADE_LEDGER_H
#define MM_TRADE_LEDGER_H

#include "market/event.h"
#include "market/instrument.h"

#include <stdbool.h>
#include <stdint.h>

struct fees {
    int64_t maker_e9, taker_e9; // share of notional in 1e-9; negative = rebate
};

struct ledger {
    struct instrument instrument;
    struct fees fees;
    int64_t position_lots;
    int64_t cash_quote_e9;
    int64_t fees_quote_e9;     // paid so far, rebates negative
    int64_t funding_quote_e9;  // paid so far for holding the position, what was received negative
    int64_t cost_quote_e9;     // signed V of the open position at its entry prices
    int64_t realised_quote_e9; // before fees and funding
    uint64_t fill_count;
    int64_t volume_lots;
    int64_t turnover_quote_e9;
};

struct ledger_fill {
    enum side side;
    int64_t price_ticks, qty_lots;
    bool maker;
};

void ledger_init(struct ledger *ledger, const struct instrument *instrument, struct fees fees);

// Books a fill and returns the fee charged (negative = rebate), rounded half away from zero.
int64_t ledger_apply(struct ledger *ledger, const struct ledger_fill *fill);

// Books a payment for holding the position (negative: received). It is no fill and belongs to none.
void ledger_fund(struct ledger *ledger, int64_t paid_quote_e9);

// Opens with a position that was bought or sold at `price_half_ticks` without fees.
void ledger_open(struct ledger *ledger, int64_t position_lots, int64_t price_half_ticks);

// A flat ledger has the same equity at any mark, 0 (none yet) included.
int64_t ledger_equity_e9(const struct ledger *ledger, int64_t mark_half_ticks);

// V(position, mark) - cost. Always: equity = realised + unrealised - fees - funding, to the
// unit.
int64_t ledger_unrealised_e9(const struct ledger *ledger, int64_t mark_half_ticks);

#endif
