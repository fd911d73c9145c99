#include "trade/quote.h"

#include "base/check.h"
#include "base/integers.h"

#include <math.h>

// A price this close to a tick is meant to be on it: rounding noise must not move it a tick out.
static const double TICK_NOISE = 1e-6;

// What computing a price, and how far it may move, can be wrong by is far less, in ticks.
static const double ROOM_MARGIN = 1e-7;

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

// Before the guards.
static double half_spread_bps(const struct quote_config *config, const struct params *params,
                              double volatility_bps)
{
    double wanted =
        base_half_spread_bps(config, params) + config->volatility_weight * volatility_bps;
    return clamp(wanted, config->half_spread_min_bps, config->half_spread_max_bps);
}

static void set_half_spreads(const struct quote_config *config, const struct quote_market *market,
                             double half_bps, struct quote_set *out)
{
    for (int side = 0; side < 2; side++) {
        bool widen = is_threatened(config, market, (enum side)side);
        out->half_spread_bps[side] =
            widen ? half_bps * (1.0 + config->guard_widen_ratio) : half_bps;
    }
}

static double skew_bps(const struct quote_config *config, struct quote_inventory inventory)
{
    return config->skew_bps_at_limit * (double)inventory.position_lots /
           (double)inventory.limit_lots;
}

static double fair_ticks(const struct quote_config *config, const struct quote_market *market)
{
    double mid = (double)market->mid_half_ticks;
    bool has_micro = market->microprice_half_ticks > 0;
    double lean = has_micro ? market->microprice_half_ticks - mid : 0.0;
    return 0.5 * (mid + config->microprice_weight * lean);
}

// What a price may not be more aggressive than; prices here are signed, larger = more aggressive.
static int64_t side_limit(const struct quote_config *config, const struct quote_market *market,
                          enum side side)
{
    int64_t sign = side_sign(side);
    enum side opposite = side_opposite(side);
    const int64_t ahead[2] = {market->best_ticks[opposite], market->own_best_ticks[opposite]};
    int64_t limit = INT64_MAX;
    for (int i = 0; i < 2; i++) {
        if (ahead[i] != 0) {
            limit = int64_smaller(limit, sign * ahead[i] - 1);
        }
    }
    // With the other side empty the fair value is a memory: stay behind those who still quote.
    if (config->join_at_touch || market->best_ticks[opposite] == 0) {
        limit = int64_smaller(limit, sign * market->best_ticks[side]);
    }
    return limit;
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

static double highest_of(double a, double b)
{
    return a > b ? a : b;
}

static double lowest_of(double a, double b)
{
    return a < b ? a : b;
}

// Notes how far the model's price may move; `ticks` is the signed tick that it is on.
static void narrow_room(struct quote_room *room, enum side side, double price, int64_t ticks)
{
    double meant = side_sign(side) * price + TICK_NOISE;
    int64_t limit = room->limit[side];
    double back = meant - (double)int64_smaller(ticks, limit) - ROOM_MARGIN;
    double ahead = ticks >= limit ? INFINITY : (double)(ticks + 1) - meant - ROOM_MARGIN;
    double *toward = side == SIDE_BUY ? &room->up_ticks : &room->down_ticks;
    double *away = side == SIDE_BUY ? &room->down_ticks : &room->up_ticks;
    *toward = lowest_of(*toward, ahead);
    *away = lowest_of(*away, back);
    room->most[side] = int64_larger(room->most[side], ticks);
}

static int64_t level_price(const struct quote_config *config, enum side side, uint32_t level,
                           struct quote_set *set)
{
    int64_t sign = side_sign(side);
    double half_bps = set->half_spread_bps[side];
    double away_bps = half_bps * (1.0 + (double)level * config->level_step_ratio);
    double shift_bps = -(double)sign * away_bps - set->skew_bps;
    double price = set->fair_ticks + instrument_bps_to_ticks(shift_bps, set->fair_ticks);
    double possible = clamp(price, 0.0, 4e18);
    int64_t ticks = sign * away_from_touch(side, possible);
    struct quote_room *room = &set->room;
    narrow_room(room, side, price, ticks);
    room->fair_slope = highest_of(room->fair_slope, 1.0 + fabs(shift_bps) * 1e-4);
    room->is_known = room->is_known && price == possible;
    return sign * int64_smaller(ticks, room->limit[side]);
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

static struct quote_want want_level(const struct quote_market *market, int64_t price_ticks,
                                    int64_t size_lots, int64_t delta_lots)
{
    if (price_ticks < market->price_min_ticks || price_ticks > market->price_max_ticks) {
        return (struct quote_want){.reason = QUOTE_PRICE_RANGE};
    }
    if (size_lots <= 0) {
        return (struct quote_want){.reason = QUOTE_IMPACT_CAP};
    }
    if (delta_lots <= 0) {
        return (struct quote_want){.reason = QUOTE_MAX_DELTA};
    }
    return (struct quote_want){.reason = QUOTE_WANTED,
                               .price_ticks = price_ticks,
                               .qty_lots = int64_smaller(size_lots, delta_lots)};
}

// The lots of a level before the position has its say.
static int64_t side_size_lots(const struct quote_config *config, const struct params *params,
                              const struct quote_market *market, enum side side)
{
    int64_t share = param_share_of(params, PARAM_IMPACT_CAP_RATIO, market->depth_lots[side]);
    return int64_smaller(config->quote_qty_lots, share);
}

static void want_side(const struct quote_config *config, const struct params *params,
                      const struct quote_market *market, enum side side, struct quote_set *out)
{
    struct quote_want *wants = out->want[side];
    struct quote_room *room = &out->room;
    enum quote_reason reason = side_reason(market, side);
    int64_t size_lots = side_size_lots(config, params, market, side);
    int64_t delta_lots = param_share_of(params, PARAM_MAX_DELTA_RATIO, room->inventory.limit_lots);
    room->limit[side] = side_limit(config, market, side);
    room->most[side] = INT64_MIN;
    room->size_lots[side] = size_lots;
    room->is_known = room->is_known && reason == QUOTE_WANTED;
    uint32_t level = 0;
    for (; level < config->level_count; level++) {
        if (reason != QUOTE_WANTED) {
            wants[level] = (struct quote_want){.reason = reason};
            continue;
        }
        int64_t price = level_price(config, side, level, out);
        wants[level] = want_level(market, price, size_lots, delta_lots);
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
    double half_bps = half_spread_bps(config, params, market->volatility_bps);
    if (market->mid_half_ticks != 0) {
        out->fair_ticks = fair_ticks(config, market);
        out->skew_bps = skew_bps(config, inventory);
        set_half_spreads(config, market, half_bps, out);
    }
    out->room = (struct quote_room){
        .is_known = true,
        .market = *market,
        .inventory = inventory,
        .fair_ticks = out->fair_ticks,
        .half_bps = half_bps,
        .half_spread_bps = {out->half_spread_bps[SIDE_BUY], out->half_spread_bps[SIDE_SELL]},
        .up_ticks = INFINITY,
        .down_ticks = INFINITY,
        .full_depth_lots = param_whole_of(params, PARAM_IMPACT_CAP_RATIO, config->quote_qty_lots),
        .half_spread_slope = 1.0 + (config->level_count - 1) * config->level_step_ratio};
    want_side(config, params, market, SIDE_BUY, out);
    want_side(config, params, market, SIDE_SELL, out);
}

static bool is_same_touch(const struct quote_market *a, const struct quote_market *b)
{
    return a->best_ticks[SIDE_BUY] == b->best_ticks[SIDE_BUY] &&
           a->best_ticks[SIDE_SELL] == b->best_ticks[SIDE_SELL] &&
           a->own_best_ticks[SIDE_BUY] == b->own_best_ticks[SIDE_BUY] &&
           a->own_best_ticks[SIDE_SELL] == b->own_best_ticks[SIDE_SELL];
}

// Whether a side's prices would be bounded to what they are.
static bool is_bound_kept(const struct quote_config *config, const struct quote_market *market,
                          enum side side, const struct quote_room *room)
{
    int64_t limit = side_limit(config, market, side);
    int64_t most = room->most[side];
    return side_reason(market, side) == QUOTE_WANTED &&
           (limit == room->limit[side] || (most < room->limit[side] && most <= limit));
}

static bool is_size_kept(const struct quote_config *config, const struct params *params,
                         const struct quote_market *market, enum side side,
                         const struct quote_room *room)
{
    int64_t depth_lots = market->depth_lots[side];
    bool was_full = room->size_lots[side] == config->quote_qty_lots;
    return depth_lots >= room->full_depth_lots
               ? was_full
               : !was_full && side_size_lots(config, params, market, side) == room->size_lots[side];
}

static bool is_within_room(const struct quote_set *set)
{
    const struct quote_room *room = &set->room;
    double fair_move = (set->fair_ticks - room->fair_ticks) * room->fair_slope;
    double widened =
        highest_of(fabs(set->half_spread_bps[SIDE_BUY] - room->half_spread_bps[SIDE_BUY]),
                   fabs(set->half_spread_bps[SIDE_SELL] - room->half_spread_bps[SIDE_SELL]));
    double apart = instrument_bps_to_ticks(widened * room->half_spread_slope, set->fair_ticks);
    return fair_move + apart < room->up_ticks && apart - fair_move < room->down_ticks &&
           apart < room->up_ticks && apart < room->down_ticks;
}

bool quote_keeps(const struct quote_config *config, const struct params *params,
                 const struct quote_market *market, struct quote_inventory inventory,
                 struct quote_set *set)
{
    const struct quote_room *room = &set->room;
    const struct quote_market *before = &room->market;
    if (!room->is_known || !market->trusted ||
        inventory.position_lots != room->inventory.position_lots ||
        inventory.limit_lots != room->inventory.limit_lots ||
        market->price_min_ticks != before->price_min_ticks ||
        market->price_max_ticks != before->price_max_ticks) {
        return false;
    }
    bool bounds_kept =
        is_same_touch(market, before) || (is_bound_kept(config, market, SIDE_BUY, room) &&
                                          is_bound_kept(config, market, SIDE_SELL, room));
    if (!bounds_kept || !is_size_kept(config, params, market, SIDE_BUY, room) ||
        !is_size_kept(config, params, market, SIDE_SELL, room)) {
        return false;
    }
    bool is_as_volatile = market->volatility_bps == before->volatility_bps; // between its samples
    double half_bps =
        is_as_volatile ? room->half_bps : half_spread_bps(config, params, market->volatility_bps);
    set->fair_ticks = fair_ticks(config, market);
    set_half_spreads(config, market, half_bps, set);
    return is_within_room(set);
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
