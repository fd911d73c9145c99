#include "trade/ledger.h"

#include "base/check.h"
#include "base/decimal.h"
#include "base/integers.h"

static const int64_t FEE_UNITS = 1000000000; // fee rates are in 1e-9 of the notional

static int64_t absolute(int64_t value)
{
    return value < 0 ? -value : value;
}

void ledger_init(struct ledger *ledger, const struct instrument *instrument, struct fees fees)
{
    *ledger = (struct ledger){.instrument = *instrument, .fees = fees};
}

// The lots of a fill that close part of the open position; what is left opens or adds.
static int64_t closing_lots(const struct ledger *ledger, int64_t signed_lots)
{
    bool reduces = (ledger->position_lots > 0) != (signed_lots > 0) && ledger->position_lots != 0;
    return reduces ? int64_smaller(absolute(signed_lots), absolute(ledger->position_lots)) : 0;
}

// Splits the fill's value into a closing and an opening part whose sum is the value exactly. Holds
// cash = realised - cost throughout, so that equity = realised + unrealised - fees - funding to the
// unit.
static void book_value(struct ledger *ledger, int64_t signed_lots, int64_t price_half_ticks,
                       int64_t value_e9)
{
    int64_t closed = closing_lots(ledger, signed_lots);
    int64_t close_value = 0;
    if (closed > 0) {
        int64_t cost_closed =
            mul_div_round(ledger->cost_quote_e9, closed, absolute(ledger->position_lots));
        int64_t signed_closed = signed_lots > 0 ? closed : -closed;
        close_value =
            closed == absolute(signed_lots)
                ? value_e9
                : instrument_value_e9(&ledger->instrument, signed_closed, price_half_ticks);
        ledger->cost_quote_e9 = sub_checked(ledger->cost_quote_e9, cost_closed);
        ledger->realised_quote_e9 =
            sub_checked(ledger->realised_quote_e9, add_checked(close_value, cost_closed));
    }
    ledger->cost_quote_e9 = add_checked(ledger->cost_quote_e9, sub_checked(value_e9, close_value));
    ledger->cash_quote_e9 = sub_checked(ledger->cash_quote_e9, value_e9);
    ledger->position_lots = add_checked(ledger->position_lots, signed_lots);
}

int64_t ledger_apply(struct ledger *ledger, const struct ledger_fill *fill)
{
    MM_ASSERT(fill->qty_lots > 0 && fill->price_ticks > 0);
    int64_t half_ticks = mul_checked(fill->price_ticks, 2);
    int64_t signed_lots = side_sign(fill->side) * fill->qty_lots;
    int64_t value = instrument_value_e9(&ledger->instrument, signed_lots, half_ticks);
    int64_t notional = absolute(value);
    int64_t rate = fill->maker ? ledger->fees.maker_e9 : ledger->fees.taker_e9;
    int64_t fee = mul_div_round(notional, rate, FEE_UNITS);

    book_value(ledger, signed_lots, half_ticks, value);
    ledger->fees_quote_e9 = add_checked(ledger->fees_quote_e9, fee);
    ledger->fill_count++;
    ledger->volume_lots = add_checked(ledger->volume_lots, fill->qty_lots);
    ledger->turnover_quote_e9 = add_checked(ledger->turnover_quote_e9, notional);
    return fee;
}

void ledger_fund(struct ledger *ledger, int64_t paid_quote_e9)
{
    ledger->funding_quote_e9 = add_checked(ledger->funding_quote_e9, paid_quote_e9);
}

void ledger_open(struct ledger *ledger, int64_t position_lots, int64_t price_half_ticks)
{
    MM_ASSERT(ledger->position_lots == 0 && ledger->fill_count == 0);
    if (position_lots == 0) {
        return;
    }
    book_value(ledger, position_lots, price_half_ticks,
               instrument_value_e9(&ledger->instrument, position_lots, price_half_ticks));
}

static int64_t position_value(const struct ledger *ledger, int64_t mark_half_ticks)
{
    return ledger->position_lots == 0
               ? 0
               : instrument_value_e9(&ledger->instrument, ledger->position_lots, mark_half_ticks);
}

int64_t ledger_equity_e9(const struct ledger *ledger, int64_t mark_half_ticks)
{
    int64_t assets = add_checked(ledger->cash_quote_e9, position_value(ledger, mark_half_ticks));
    return sub_checked(assets, add_checked(ledger->fees_quote_e9, ledger->funding_quote_e9));
}

int64_t ledger_unrealised_e9(const struct ledger *ledger, int64_t mark_half_ticks)
{
    return sub_checked(position_value(ledger, mark_half_ticks), ledger->cost_quote_e9);
}
