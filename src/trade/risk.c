#include "trade/risk.h"

#include "base/check.h"
#include "base/decimal.h"
#include "base/integers.h"

#include <math.h>

void risk_init(struct risk *risk, const struct risk_config *config)
{
    *risk = (struct risk){.config = *config};
}

static bool has_lost(int64_t reference_e9, int64_t equity_e9, int64_t limit_e9)
{
    return limit_e9 > 0 && sub_checked(reference_e9, equity_e9) >= limit_e9;
}

enum risk_reason risk_follow_equity(struct risk *risk, int64_t equity_quote_e9)
{
    if (equity_quote_e9 > risk->peak_equity_e9) {
        risk->peak_equity_e9 = equity_quote_e9;
    }
    if (risk->halt != RISK_OK) {
        return RISK_OK;
    }
    if (has_lost(risk->start_equity_e9, equity_quote_e9, risk->config.loss_from_start_quote_e9)) {
        risk->halt = RISK_LOSS_FROM_START;
    } else if (has_lost(risk->peak_equity_e9, equity_quote_e9,
                        risk->config.loss_from_peak_quote_e9)) {
        risk->halt = RISK_LOSS_FROM_PEAK;
    }
    return risk->halt;
}

void risk_rearm(struct risk *risk, int64_t equity_quote_e9)
{
    if (risk->halt == RISK_LOSS_FROM_START) {
        risk->start_equity_e9 = equity_quote_e9;
    }
    if (risk->halt == RISK_LOSS_FROM_PEAK || risk->halt == RISK_LOSS_FROM_START) {
        risk->peak_equity_e9 = equity_quote_e9;
    }
    risk->halt = RISK_OK;
}

enum risk_reason risk_check_market(const struct risk *risk, const struct risk_market *market)
{
    const struct risk_config *config = &risk->config;
    const int64_t *best = market->best_ticks;
    if (config->stale_ns > 0 && market->now_ns - market->last_event_ns >= config->stale_ns) {
        return RISK_STALE_DATA;
    }
    if (best[SIDE_BUY] != 0 && best[SIDE_SELL] != 0 && best[SIDE_BUY] >= best[SIDE_SELL]) {
        return RISK_CROSSED_BOOK;
    }
    if (config->volatility_halt_bps > 0 && market->volatility_bps > config->volatility_halt_bps) {
        return RISK_VOLATILITY;
    }
    return RISK_OK;
}

static bool in_price_band(const struct risk_config *config, const struct risk_market *market,
                          int64_t price_ticks)
{
    if (config->price_band_bps <= 0) {
        return true;
    }
    double mid = 0.5 * (double)market->mid_half_ticks;
    return fabs((double)price_ticks - mid) <= config->price_band_bps * 1e-4 * mid;
}

int64_t risk_headroom_lots(const struct risk *risk, enum side side, int64_t position_lots,
                           int64_t open_lots)
{
    return risk->config.position_limit_lots - side_sign(side) * position_lots - open_lots;
}

static struct risk_verdict judge(const struct risk *risk, enum risk_reason market_reason,
                                 const struct risk_market *market, const struct risk_quote *quote,
                                 int64_t position_lots)
{
    if (market_reason != RISK_OK) {
        return (struct risk_verdict){market_reason, 0};
    }
    if (!in_price_band(&risk->config, market, quote->price_ticks)) {
        return (struct risk_verdict){RISK_PRICE_BAND, 0};
    }
    struct risk_verdict verdict = {RISK_OK, quote->qty_lots};
    if (verdict.qty_lots > risk->config.order_qty_max_lots) {
        verdict = (struct risk_verdict){RISK_ORDER_SIZE, risk->config.order_qty_max_lots};
    }
    int64_t headroom = risk_headroom_lots(risk, quote->side, position_lots, quote->open_lots);
    if (verdict.qty_lots > headroom) {
        verdict =
            (struct risk_verdict){RISK_POSITION_LIMIT, int64_smaller(verdict.qty_lots, headroom)};
    }
    verdict.qty_lots = verdict.qty_lots > 0 ? verdict.qty_lots : 0;
    return verdict;
}

struct risk_verdict risk_check(struct risk *risk, enum risk_reason market_reason,
                               const struct risk_market *market, const struct risk_quote *quote,
                               int64_t position_lots)
{
    struct risk_verdict verdict = judge(risk, market_reason, market, quote, position_lots);
    if (verdict.reason != RISK_OK) {
        uint64_t *counts = verdict.qty_lots == 0 ? risk->refused_count : risk->reduced_count;
        counts[verdict.reason]++;
    }
    return verdict;
}

const char *risk_reason_text(enum risk_reason reason)
{
    static const char *const texts[RISK_REASON_COUNT] = {
        [RISK_OK] = "allowed",
        [RISK_LOSS_FROM_PEAK] = "the loss from the highest equity reached its limit",
        [RISK_LOSS_FROM_START] = "the loss from the start reached its limit",
        [RISK_STALE_DATA] = "the market has been silent for too long",
        [RISK_CROSSED_BOOK] = "the book is crossed",
        [RISK_VOLATILITY] = "the market is too volatile",
        [RISK_PRICE_BAND] = "the price is too far from the mid",
        [RISK_ORDER_SIZE] = "larger than the largest order",
        [RISK_POSITION_LIMIT] = "the position could exceed its limit",
    };
    MM_ASSERT(reason < RISK_REASON_COUNT);
    return texts[reason];
}

const char *risk_reason_name(enum risk_reason reason)
{
    static const char *const names[RISK_REASON_COUNT] = {
        [RISK_OK] = "ok",
        [RISK_LOSS_FROM_PEAK] = "loss_from_peak",
        [RISK_LOSS_FROM_START] = "loss_from_start",
        [RISK_STALE_DATA] = "stale_data",
        [RISK_CROSSED_BOOK] = "crossed_book",
        [RISK_VOLATILITY] = "volatility",
        [RISK_PRICE_BAND] = "price_band",
        [RISK_ORDER_SIZE] = "order_size",
        [RISK_POSITION_LIMIT] = "position_limit",
    };
    MM_ASSERT(reason < RISK_REASON_COUNT);
    return names[reason];
}
