#include "trade/quote.h"

#include "base/check.h"
#include "base/integers.h"

#include <math.h>

// A price this close to a tick is meant to be on it: rounding noise must not move it a tick out.
static const double TICK_NOISE = 1e-6;

static double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

static double base_half_spread_bps(const struct quote_config *config, const struct params *params)
{
    return config->base_half_spread_bps + param_value(params, PARAM_BASE_SPREAD_BPS_DELTA);
}

int64_t quote_depth_range_ticks(const struct quote_config *config, const struct params *params,
                                int64_t mid_half_ticks)
{
    double mid_ticks = 0.5 * (double)mid_half_ticks;
    double bps = base_half_spread_bps(config, params);
    return (int64_t)(instrument_bps_to_ticks(bps, mid_ticks) + TICK_NOISE); // none is below 0
}

// Buying pressure threatens our asks, selling pressure our bids.
static bool is_threatened(const struct quote_config *config, const struct quote_market *market,
                          enum side side)
{
    double toward = -side_sign(side); // + for asks: what rises comes at them
    bool by_imbalance =
        config->imbalance_guard > 0 && toward * market->imbalance > config->imbalance_guard;
    bool by_drift =
        config->drift_guard_bps > 0 && toward * market->drift_bps > config->drift_guard_bps;
    return by_imbalance || by_drift;
}

static void set_spreads(const struct quote_config *config, const struct params *params,
                        const struct quote_market *market, struct quote_inventory inventory,
                        struct quote_set *out)
{
    double wanted =
        base_half_spread_bps(config, params) + config->volatility_weight * market->volatility_bps;
    double half = clamp(wanted, config->half_spread_min_bps, config->half_spread_max_bps);
    for (int side = 0; side < 2; side++) {
        bool widen = is_threatened(config, market, (enum side)side);
        out->half_spread_bps[side] = widen ? half * (1.0 + config->guard_widen_ratio) : half;
    }
    out->skew_bps =
        config->skew_bps_at_limit * (double)inventory.position_lots / (double)inventory.limit_lots;
}

static double fair_ticks(const struct quote_config *config, const struct quote_market *market)
{
    double mid = (double)market->mid_half_ticks;
    bool has_micro = market->microprice_half_ticks > 0;
    double lean = has_micro ? market->microprice_half_ticks - mid : 0.0;
    return 0.5 * (mid + config->microprice_weight * lean);
}

// The least aggressive of the model's price and what must not be crossed or improved.
static int64_t limit_price(const struct quote_config *config, const struct quote_market *market,
                           enum side side, int64_t price_ticks)
{
    int64_t sign = side_sign(side);
    enum side opposite = side_opposite(side);
    int64_t signed_price = sign * price_ticks; // larger = more aggressive on either side
    const int64_t ahead[2] = {market->best_ticks[opposite], market->own_best_ticks[opposite]};
    for (int i = 0; i < 2; i++) {
        if (ahead[i] != 0) {
            signed_price = int64_smaller(signed_price, sign * ahead[i] - 1);
        }
    }
    // With the other side empty the fair value is a memory: stay behind those who still quote.
    if (config->join_at_touch || market->best_ticks[opposite] == 0) {
        signed_price = int64_smaller(signed_price, sign * market->best_ticks[side]);
    }
    return sign * signed_price;
}

// The whole tick not better than a price in [0, 4e18].
static int64_t away_from_touch(enum side side, double price)
{
    double meant = side == SIDE_BUY ? price + TICK_NOISE : price - TICK_NOISE;
    int64_t ticks = (int64_t)meant; // rounds towards 0
    if (side == SIDE_BUY) {
        return ticks;
    }
    return ticks + ((double)ticks < meant);
}

static int64_t level_price(const struct quote_config *config, const struct quote_market *market,
                           const struct quote_set *set, enum side side, uint32_t level)
{
    int64_t sign = side_sign(side);
    double half_bps = set->half_spread_bps[side];
    double away_bps = half_bps * (1.0 + (double)level * config->level_step_ratio);
    double shift_bps = -(double)sign * away_bps - set->skew_bps;
    double price = set->fair_ticks + instrument_bps_to_ticks(shift_bps, set->fair_ticks);
    int64_t ticks = away_from_touch(side, clamp(price, 0.0, 4e18));
    return limit_price(config, market, side, ticks);
}

static enum quote_reason side_reason(const struct quote_market *market, enum side side)
{
    if (!market->trusted) {
        return QUOTE_FEED_GAP;
    }
    if (market->mid_half_ticks == 0) {
        return QUOTE_NO_MID;
    }
    return market->best_ticks[side] == 0 ? QUOTE_SIDE_EMPTY : QUOTE_WANTED;
}

static struct quote_want want_level(const struct quote_config *config,
                                    const struct quote_market *market, int64_t price_ticks,
                                    int64_t impact_lots, int64_t delta_lots)
{
    if (price_ticks < market->price_min_ticks || price_ticks > market->price_max_ticks) {
        return (struct quote_want){.reason = QUOTE_PRICE_RANGE};
    }
    if (impact_lots <= 0) {
        return (struct quote_want){.reason = QUOTE_IMPACT_CAP};
    }
    if (delta_lots <= 0) {
        return (struct quote_want){.reason = QUOTE_MAX_DELTA};
    }
    return (struct quote_want){
        .reason = QUOTE_WANTED,
        .price_ticks = price_ticks,
        .qty_lots = int64_smaller(config->quote_qty_lots, int64_smaller(impact_lots, delta_lots))};
}

static void want_side(const struct quote_config *config, const struct params *params,
                      const struct quote_market *market, int64_t limit_lots, enum side side,
                      struct quote_set *out)
{
    struct quote_want *wants = out->want[side];
    enum quote_reason reason = side_reason(market, side);
    int64_t impact_lots = param_share_of(params, PARAM_IMPACT_CAP_RATIO, market->depth_lots[side]);
    int64_t delta_lots = param_share_of(params, PARAM_MAX_DELTA_RATIO, limit_lots);
    uint32_t level = 0;
    for (; level < config->level_count; level++) {
        if (reason != QUOTE_WANTED) {
            wants[level] = (struct quote_want){.reason = reason};
            continue;
        }
        int64_t price = level_price(config, market, out, side, level);
        wants[level] = want_level(config, market, price, impact_lots, delta_lots);
        delta_lots -= wants[level].qty_lots;
    }
    for (; level < QUOTE_LEVELS_MAX; level++) {
        wants[level].reason = QUOTE_LEVEL_OFF;
    }
}

void quote_compute(const struct quote_config *config, const struct params *params,
                   const struct quote_market *market, struct quote_inventory inventory,
                   struct quote_set *out)
{
    MM_ASSERT(inventory.limit_lots > 0 && config->quote_qty_lots > 0);
    out->fair_ticks = out->skew_bps = 0;
    out->half_spread_bps[SIDE_BUY] = out->half_spread_bps[SIDE_SELL] = 0;
    if (market->mid_half_ticks != 0) {
        out->fair_ticks = fair_ticks(config, market);
        set_spreads(config, params, market, inventory, out);
    }
    want_side(config, params, market, inventory.limit_lots, SIDE_BUY, out);
    want_side(config, params, market, inventory.limit_lots, SIDE_SELL, out);
}

void quote_none(enum quote_reason reason, struct quote_set *out)
{
    *out = (struct quote_set){0};
    for (int level = 0; level < QUOTE_LEVELS_MAX; level++) {
        out->want[SIDE_BUY][level].reason = reason;
        out->want[SIDE_SELL][level].reason = reason;
    }
}

const char *quote_reason_name(enum quote_reason reason)
{
    static const char *const names[QUOTE_REASON_COUNT] = {
        [QUOTE_WANTED] = "ok",
        [QUOTE_LEVEL_OFF] = "level_off",
        [QUOTE_NO_MID] = "no_mid",
        [QUOTE_FEED_GAP] = "feed_gap",
        [QUOTE_SIDE_EMPTY] = "side_empty",
        [QUOTE_PRICE_RANGE] = "price_range",
        [QUOTE_IMPACT_CAP] = "impact_cap",
        [QUOTE_MAX_DELTA] = "max_delta",
        [QUOTE_HALTED] = "halted",
        [QUOTE_PAUSED] = "paused",
        [QUOTE_STOPPED] = "stopped",
    };
    MM_ASSERT(reason < QUOTE_REASON_COUNT);
    return names[reason];
}

const char *quote_reason_text(enum quote_reason reason)
{
    static const char *const texts[QUOTE_REASON_COUNT] = {
        [QUOTE_WANTED] = "wanted",
        [QUOTE_LEVEL_OFF] = "this level is not configured",
        [QUOTE_NO_MID] = "no two-sided book has been seen yet",
        [QUOTE_FEED_GAP] = "the feed lost something: waiting for a snapshot",
        [QUOTE_SIDE_EMPTY] = "nobody else quotes this side",
        [QUOTE_PRICE_RANGE] = "the price would leave the book's range",
        [QUOTE_IMPACT_CAP] = "too little visible depth for impact_cap_ratio",
        [QUOTE_MAX_DELTA] = "max_delta_ratio of the position limit is used up",
        [QUOTE_HALTED] = "trading is halted until it is re-armed",
        [QUOTE_PAUSED] = "quoting is paused by an operator",
        [QUOTE_STOPPED] = "the run is ending",
    };
    MM_ASSERT(reason < QUOTE_REASON_COUNT);
    return texts[reason];
}
