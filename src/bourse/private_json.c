#include "bourse/private_json.h"

#include "bourse/money.h"
#include "bourse/wire.h"

#include <stdlib.h>
#include <string.h>

static const char *side_text(enum side side)
{
    return side == SIDE_BUY ? "Buy" : "Sell";
}

static void write_average(const struct listing *listing, const char *key, int64_t value_e9,
                          int64_t lots, const char *none, struct text *out)
{
    if (lots == 0) {
        wire_string(out, key, none);
        return;
    }
    double price = listing_average_ticks(listing, value_e9, lots) *
                   decimal_to_double(listing->instrument.tick);
    int decimals = listing->instrument.tick.exponent < 0 ? -listing->instrument.tick.exponent : 0;
    wire_real(out, key, price, decimals + 6);
}

// What no order here has: the keys are there because clients read them.
static void write_conditions(struct text *out)
{
    static const char *const empty[] = {
        "triggerPrice", "takeProfit",   "stopLoss",     "triggerBy", "tpTriggerBy", "slTriggerBy",
        "tpLimitPrice", "slLimitPrice", "ocoTriggerBy", "placeType", "orderIv",     "marketUnit"};
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        wire_string(out, empty[i], "");
    }
    wire_string(out, "tpslMode", "UNKNOWN");
    wire_number(out, "triggerDirection", 0);
}

struct order_view {
    enum cancel_type cancel_type;
    enum reject_reason reason;
};

static void write_filled(const struct listing *listing, const struct order *order, struct text *out)
{
    struct decimal lot = listing->instrument.lot;
    int64_t leaves = order->live ? order->leaves_lots : 0;
    int64_t leaves_value_e9 =
        leaves > 0 ? money_value_e9(listing, leaves, 2 * order->price_ticks) : 0;
    write_average(listing, "avgPrice", order->filled_value_e9, order->filled_lots, "", out);
    if (leaves > 0) {
        wire_steps(out, "leavesQty", leaves, lot);
    } else {
        wire_string(out, "leavesQty", "0");
    }
    wire_money(out, "leavesValue", leaves_value_e9);
    if (order->filled_lots > 0) {
        wire_steps(out, "cumExecQty", order->filled_lots, lot);
    } else {
        wire_string(out, "cumExecQty", "0");
    }
    wire_money(out, "cumExecValue", order->filled_value_e9);
    wire_money(out, "cumExecFee", order->fee_e9);
    wire_open(out, "cumFeeDetail", '{');
    wire_money(out, listing->settle, order->fee_e9);
    wire_close(out, '}');
}

static void write_terms(const struct listing *listing, const struct order *order,
                        struct order_view view, struct text *out)
{
    wire_string(out, "symbol", listing->instrument.symbol);
    wire_string(out, "orderId", order->id);
    wire_string(out, "orderLinkId", order->link);
    wire_string(out, "blockTradeId", "");
    wire_string(out, "side", side_text(order->side));
    wire_number(out, "positionIdx", order->position_index);
    wire_string(out, "orderStatus", bourse_status_text(order->status));
    wire_string(out, "cancelType", cancel_type_text(view.cancel_type));
    wire_string(out, "rejectReason", reject_reason_text(view.reason));
    wire_string(out, "timeInForce", tif_text(order->tif));
    wire_string(out, "isLeverage", "");
    wire_steps(out, "price", order->price_ticks, listing->instrument.tick);
    wire_steps(out, "qty", order->qty_lots, listing->instrument.lot);
}

static void write_order(const struct bourse *bourse, const struct order *order,
                        struct order_view view, bool stream, struct text *out)
{
    const struct listing *listing = &bourse->listings[order->listing];
    wire_open(out, NULL, '{');
    if (stream) {
        wire_string(out, "category", category_text(listing->category));
    }
    write_terms(listing, order, view, out);
    write_filled(listing, order, out);
    wire_string(out, "orderType", order->kind == KIND_MARKET ? "Market" : "Limit");
    wire_string(out, "stopOrderType", "");
    write_conditions(out);
    wire_steps(out, "lastPriceOnCreated", order->price_at_creation_ticks, listing->instrument.tick);
    wire_bool(out, "closeOnTrigger", order->close_on_trigger);
    wire_bool(out, "reduceOnly", order->reduce_only);
    wire_number(out, "smpGroup", 0);
    wire_string(out, "smpType", self_match_text(order->self_match));
    wire_string(out, "smpOrderId", order->smp_id);
    wire_string(out, "createType", "CreateByUser");
    wire_number_text(out, "createdTime", order->created_ns / MS_NS);
    wire_number_text(out, "updatedTime", order->updated_ns / MS_NS);
    if (stream) {
        wire_string(out, "feeCurrency", listing->settle);
        wire_money(out, "closedPnl", order->closed_pnl_e9);
    }
    wire_close(out, '}');
}

void order_write(const struct bourse *bourse, const struct order *order, bool stream,
                 struct text *out)
{
    write_order(bourse, order, (struct order_view){order->cancel_type, order->reason}, stream, out);
}

void order_write_late_cancel(const struct bourse *bourse, const struct order *order,
                             struct text *out)
{
    write_order(bourse, order, (struct order_view){CANCEL_BY_USER, REASON_NO_ORIGINAL}, true, out);
}

// ---- executions ----

static void write_funding_or_trade(const struct listing *listing, const struct execution *execution,
                                   struct text *out)
{
    struct decimal lot = listing->instrument.lot, tick = listing->instrument.tick;
    const char *kind = execution->kind == KIND_MARKET ? "Market" : "Limit";
    wire_string(out, "orderType", execution->funding ? "UNKNOWN" : kind);
    wire_string(out, "execType", execution->funding ? "Funding" : "Trade");
    wire_steps(out, "orderPrice", execution->order_price_ticks, tick);
    wire_steps(out, "orderQty", execution->order_qty_lots, lot);
    wire_steps(out, "leavesQty", execution->leaves_lots, lot);
    wire_steps(out, "execPrice", execution->price_ticks, tick);
    wire_steps(out, "execQty", execution->qty_lots, lot);
    wire_steps(out, "closedSize", execution->closed_lots, lot);
    wire_steps(out, "markPrice", execution->mark_ticks, tick);
    wire_string(out, "createType", execution->funding ? "" : "CreateByUser");
}

void execution_write(const struct bourse *bourse, const struct execution *execution, bool stream,
                     struct text *out)
{
    static const char *const empty[] = {"tradeIv",      "markIv",          "indexPrice",
                                        "blockTradeId", "underlyingPrice", "marketUnit",
                                        "extraFees"};
    const struct listing *listing = &bourse->listings[execution->listing];
    wire_open(out, NULL, '{');
    if (stream) {
        wire_string(out, "category", category_text(listing->category));
    }
    wire_string(out, "symbol", listing->instrument.symbol);
    wire_string(out, "orderId", execution->order_id);
    wire_string(out, "orderLinkId", execution->link);
    wire_string(out, "side", side_text(execution->side));
    wire_string(out, "execId", execution->id);
    write_funding_or_trade(listing, execution, out);
    wire_string(out, "stopOrderType", "UNKNOWN");
    wire_money(out, "execValue", execution->value_e9);
    wire_money(out, "execFee", execution->fee_e9);
    wire_real(out, "feeRate", (double)execution->rate_e9 / 1e9, 9);
    wire_string(out, "feeCurrency", listing->settle);
    wire_money(out, "execPnl", execution->pnl_e9);
    wire_number_text(out, "execTime", execution->time_ns / MS_NS);
    wire_string(out, "isLeverage", "0");
    wire_bool(out, "isMaker", execution->maker);
    wire_number(out, "seq", (int64_t)execution->sequence);
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        wire_string(out, empty[i], "");
    }
    wire_close(out, '}');
}

void execution_fast_write(const struct bourse *bourse, const struct execution *execution,
                          struct text *out)
{
    const struct listing *listing = &bourse->listings[execution->listing];
    wire_open(out, NULL, '{');
    wire_string(out, "category", category_text(listing->category));
    wire_string(out, "symbol", listing->instrument.symbol);
    wire_string(out, "execId", execution->id);
    wire_steps(out, "execPrice", execution->price_ticks, listing->instrument.tick);
    wire_steps(out, "execQty", execution->qty_lots, listing->instrument.lot);
    wire_string(out, "orderId", execution->order_id);
    wire_bool(out, "isMaker", execution->maker);
    wire_string(out, "orderLinkId", execution->maker ? "" : execution->link);
    wire_string(out, "side", side_text(execution->side));
    wire_number_text(out, "execTime", execution->time_ns / MS_NS);
    wire_number(out, "seq", (int64_t)execution->sequence);
    wire_close(out, '}');
}

// ---- positions ----

static void write_held(const struct account *account, const struct listing *listing,
                       const struct position *position, bool stream, struct text *out)
{
    bool flat = position->lots == 0;
    int64_t lots = llabs(position->lots), entry_e9 = llabs(position->entry_value_e9);
    int64_t margin_e9 = position_margin_e9(account, listing, position);
    int64_t value_e9 = money_value_e9(listing, lots, listing_mark_half_ticks(listing));
    wire_string(out, "side", flat ? "" : side_text(position->lots > 0 ? SIDE_BUY : SIDE_SELL));
    if (flat) {
        wire_string(out, "size", "0");
    } else {
        wire_steps(out, "size", lots, listing->instrument.lot);
    }
    write_average(listing, stream ? "entryPrice" : "avgPrice", entry_e9, lots, "0", out);
    wire_money(out, "positionValue", value_e9);
    wire_money(out, "positionIM", margin_e9);
    wire_money(out, "positionMM", value_e9 / 200);
    wire_money(out, "positionIMByMp", margin_e9);
    wire_money(out, "positionMMByMp", value_e9 / 200);
    wire_money(out, "positionBalance", margin_e9);
    wire_money(out, "unrealisedPnl", position_unrealised_e9(listing, position));
    wire_money(out, "curRealisedPnl", position->realised_e9);
    wire_money(out, "cumRealisedPnl", position->realised_ever_e9);
    wire_number_text(out, "createdTime", position->opened_ns / MS_NS);
    wire_number_text(out, "updatedTime", position->updated_ns / MS_NS);
    wire_number(out, "seq", (int64_t)position->sequence);
}

void position_write(const struct bourse *bourse, const struct account *account,
                    const struct listing *listing, int index, bool stream, struct text *out)
{
    static const char *const empty[] = {"liqPrice",          "bustPrice",
                                        "sessionAvgPrice",   "breakEvenPrice",
                                        "mmrSysUpdatedTime", "leverageSysUpdatedTime"};
    (void)bourse;
    wire_open(out, NULL, '{');
    if (stream) {
        wire_string(out, "category", category_text(listing->category));
    }
    wire_number(out, "positionIdx", index);
    wire_number(out, "tradeMode", 0);
    wire_number(out, "riskId", 1);
    wire_string(out, "riskLimitValue", "1000000000");
    wire_string(out, "symbol", listing->instrument.symbol);
    write_held(account, listing, &account->positions[listing->number][index], stream, out);
    wire_real(out, "leverage", (double)account->leverage_e2[listing->number] / 100, 2);
    wire_steps(out, "markPrice", listing_mark_ticks(listing), listing->instrument.tick);
    wire_string(out, "takeProfit", "");
    wire_string(out, "stopLoss", "");
    wire_string(out, "trailingStop", "0");
    wire_string(out, "tpslMode", "Full");
    wire_string(out, "positionStatus", "Normal");
    wire_number(out, "adlRankIndicator", 0);
    wire_number(out, "autoAddMargin", 0);
    wire_bool(out, "isReduceOnly", false);
    for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
        wire_string(out, empty[i], "");
    }
    wire_close(out, '}');
}

// ---- wallets ----

static void write_coin(const struct bourse *bourse, const struct account *account, uint32_t coin,
                       const struct margin *margin, struct text *out)
{
    double usd = coin_usd(bourse, coin);
    static const char *const zero[] = {"borrowAmount",   "accruedInterest", "bonus",
                                       "spotHedgingQty", "spotBorrow",      "locked"};
    wire_open(out, NULL, '{');
    wire_string(out, "coin", bourse->coins[coin]);
    wire_money(out, "equity", margin->equity_e9);
    wire_real(out, "usdValue", (double)margin->equity_e9 / 1e9 * usd, 8);
    wire_money(out, "walletBalance", margin->balance_e9);
    wire_money(out, "totalOrderIM", margin->order_im_e9);
    wire_money(out, "totalPositionIM", margin->position_im_e9);
    wire_money(out, "totalPositionMM", margin->position_mm_e9);
    wire_money(out, "unrealisedPnl", margin->unrealised_e9);
    wire_money(out, "cumRealisedPnl", account->coins[coin].realised_e9);
    wire_money(out, "availableToWithdraw", margin->available_e9 > 0 ? margin->available_e9 : 0);
    wire_string(out, "availableToBorrow", "");
    wire_bool(out, "collateralSwitch", true);
    wire_bool(out, "marginCollateral", true);
    for (size_t i = 0; i < sizeof zero / sizeof zero[0]; i++) {
        wire_string(out, zero[i], "0");
    }
    wire_close(out, '}');
}

static bool is_listed(const char *coins, const char *coin)
{
    size_t length = strlen(coin);
    for (const char *at = coins; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, coin, length) == 0 && (at[length] == ',' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

struct wallet_totals {
    double equity, balance, available, unrealised, im, mm;
};

static void add_totals(struct wallet_totals *totals, const struct margin *margin, double usd)
{
    totals->equity += (double)margin->equity_e9 / 1e9 * usd;
    totals->balance += (double)margin->balance_e9 / 1e9 * usd;
    totals->available += (double)margin->available_e9 / 1e9 * usd;
    totals->unrealised += (double)margin->unrealised_e9 / 1e9 * usd;
    totals->im += (double)(margin->position_im_e9 + margin->order_im_e9) / 1e9 * usd;
    totals->mm += (double)margin->position_mm_e9 / 1e9 * usd;
}

void wallet_write(const struct bourse *bourse, const struct account *account, const char *coins,
                  struct text *out)
{
    struct margin margins[COINS_MAX];
    struct wallet_totals totals = {0};
    for (uint32_t coin = 0; coin < bourse->coin_count; coin++) {
        money_margin(bourse, account, coin, &margins[coin]);
        add_totals(&totals, &margins[coin], coin_usd(bourse, coin));
    }
    double base = totals.equity > 0 ? totals.equity : 1;
    wire_open(out, NULL, '{');
    wire_string(out, "accountType", "UNIFIED");
    wire_real(out, "accountIMRate", totals.im / base, 4);
    wire_real(out, "accountMMRate", totals.mm / base, 4);
    wire_string(out, "accountLTV", "0");
    wire_real(out, "totalEquity", totals.equity, 8);
    wire_real(out, "totalWalletBalance", totals.balance, 8);
    wire_real(out, "totalMarginBalance", totals.equity, 8);
    wire_real(out, "totalAvailableBalance", totals.available > 0 ? totals.available : 0, 8);
    wire_real(out, "totalPerpUPL", totals.unrealised, 8);
    wire_real(out, "totalInitialMargin", totals.im, 8);
    wire_real(out, "totalMaintenanceMargin", totals.mm, 8);
    wire_real(out, "totalInitialMarginByMp", totals.im, 8);
    wire_real(out, "totalMaintenanceMarginByMp", totals.mm, 8);
    wire_open(out, "coin", '[');
    for (uint32_t coin = 0; coin < bourse->coin_count; coin++) {
        bool wanted = coins == NULL || is_listed(coins, bourse->coins[coin]);
        if (wanted && (account->coins[coin].balance_e9 != 0 || coins != NULL)) {
            write_coin(bourse, account, coin, &margins[coin], out);
        }
    }
    wire_close(out, ']');
    wire_close(out, '}');
}
