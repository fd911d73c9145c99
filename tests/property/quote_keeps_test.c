// Markets that move a little or a lot, under random configurations: whenever quote_keeps says that
// a set still holds, computing it anew gives the same set to the bit. It may say no too often, so
// the share of yeses among quiet moves is held as well.
#include "trade/quote.h"

#include "base/random.h"
#include "cmocka_all.h"

#include <string.h>

enum { CONFIGS = 400, MOVES = 500, KINDS_OF_MOVE = 10 };

static double between(struct random_stream *stream, double low, double high)
{
    return low + (high - low) * random_uniform(stream);
}

static int64_t whole_between(struct random_stream *stream, int64_t low, int64_t high)
{
    return low + (int64_t)random_below(stream, (uint64_t)(high - low + 1));
}

static bool one_in(struct random_stream *stream, uint64_t count)
{
    return random_below(stream, count) == 0;
}

static struct quote_config random_config(struct random_stream *stream)
{
    return (struct quote_config){
        .base_half_spread_bps = between(stream, 0, one_in(stream, 2) ? 0.2 : 20),
        .volatility_weight = one_in(stream, 3) ? 0 : between(stream, 0, 0.5),
        .half_spread_min_bps = between(stream, 0, 0.1),
        .half_spread_max_bps = between(stream, 1, 50),
        .skew_bps_at_limit = one_in(stream, 3) ? 0 : between(stream, 0, 10),
        .level_step_ratio = between(stream, 0, 1),
        .level_count = (uint32_t)whole_between(stream, 1, QUOTE_LEVELS_MAX),
        .quote_qty_lots = whole_between(stream, 1, 100),
        .microprice_weight = between(stream, 0, 1),
        .imbalance_guard = one_in(stream, 3) ? 0 : 0.8,
        .drift_guard_bps = one_in(stream, 3) ? 0 : 2,
        .guard_widen_ratio = between(stream, 0, 1),
        .join_at_touch = one_in(stream, 2)};
}

static struct params random_params(struct random_stream *stream)
{
    struct params params;
    for (int id = 0; id < PARAM_COUNT; id++) {
        const struct param_spec *spec = &param_specs[id];
        params.steps[id] = (int32_t)whole_between(stream, spec->hard_min, spec->hard_max);
    }
    return params;
}

static void set_touch(struct random_stream *stream, struct quote_market *market, int64_t bid,
                      int64_t spread)
{
    market->best_ticks[SIDE_BUY] = bid;
    market->best_ticks[SIDE_SELL] = bid + spread;
    market->mid_half_ticks = 2 * bid + spread;
    market->microprice_half_ticks =
        (double)market->mid_half_ticks + between(stream, -1, 1) * (double)spread;
}

static struct quote_market random_market(struct random_stream *stream)
{
    struct quote_market market = {
        .trusted = true,
        .depth_lots = {whole_between(stream, 0, 5000), whole_between(stream, 0, 5000)},
        .volatility_bps = between(stream, 0, 3),
        .drift_bps = between(stream, -3, 3),
        .imbalance = between(stream, -1, 1),
        .price_min_ticks = 1,
        .price_max_ticks = 1000000};
    set_touch(stream, &market, whole_between(stream, 100, one_in(stream, 2) ? 3000 : 900000),
              whole_between(stream, 1, 10));
    market.own_best_ticks[SIDE_BUY] = one_in(stream, 2) ? market.best_ticks[SIDE_BUY] - 1 : 0;
    market.own_best_ticks[SIDE_SELL] = one_in(stream, 2) ? market.best_ticks[SIDE_SELL] + 1 : 0;
    return market;
}

// Changes one thing; returns whether it is one that mostly changes no quote.
static bool move(struct random_stream *stream, struct quote_market *market,
                 struct quote_inventory *inventory)
{
    enum side side = one_in(stream, 2) ? SIDE_BUY : SIDE_SELL;
    int64_t spread = market->best_ticks[SIDE_SELL] - market->best_ticks[SIDE_BUY];
    switch (random_below(stream, KINDS_OF_MOVE)) {
    case 0:
        set_touch(stream, market, market->best_ticks[SIDE_BUY] + whole_between(stream, -2, 2),
                  whole_between(stream, 1, 10));
        return false;
    case 1:
        inventory->position_lots = whole_between(stream, -100, 100);
        return false;
    case 2:
        market->own_best_ticks[side] =
            one_in(stream, 3) ? 0 : market->best_ticks[side] + whole_between(stream, -3, 3);
        return false;
    case 3:
        market->imbalance = between(stream, -1, 1);
        market->drift_bps = between(stream, -3, 3);
        return false;
    case 4:
        market->best_ticks[side] = one_in(stream, 8) ? 0 : market->best_ticks[side];
        market->trusted = !one_in(stream, 20);
        return false;
    case 5:
        market->depth_lots[side] = whole_between(stream, 0, 5000);
        return false;
    case 6:
        market->volatility_bps *= between(stream, 0.99, 1.01);
        return true;
    default:
        market->microprice_half_ticks += between(stream, -0.02, 0.02) * (double)spread;
        return true;
    }
}

static bool same_sets(const struct quote_config *config, const struct quote_set *a,
                      const struct quote_set *b)
{
    bool same = a->fair_ticks == b->fair_ticks && a->skew_bps == b->skew_bps;
    for (int side = 0; side < 2; side++) {
        same = same && a->half_spread_bps[side] == b->half_spread_bps[side];
        for (uint32_t level = 0; level < config->level_count; level++) {
            const struct quote_want *x = &a->want[side][level], *y = &b->want[side][level];
            same = same && x->reason == y->reason &&
                   (x->reason != QUOTE_WANTED ||
                    (x->price_ticks == y->price_ticks && x->qty_lots == y->qty_lots));
        }
    }
    return same;
}

struct tally {
    uint64_t kept, quiet, quiet_kept;
};

static void walk(uint32_t number, struct tally *tally)
{
    struct random_stream stream;
    random_init(&stream, 1, RANDOM_TEST, number);
    struct quote_config config = random_config(&stream);
    struct params params = random_params(&stream);
    struct quote_market market = random_market(&stream);
    struct quote_inventory inventory = {whole_between(&stream, -100, 100), 100};
    struct quote_set set, fresh;
    quote_compute(&config, &params, &market, inventory, &set);
    for (int i = 0; i < MOVES; i++) {
        bool quiet = move(&stream, &market, &inventory);
        bool kept = quote_keeps(&config, &params, &market, inventory, &set);
        quote_compute(&config, &params, &market, inventory, &fresh);
        if (kept && !same_sets(&config, &set, &fresh)) {
            fail_msg("configuration %u, move %d: a set that holds is not what is wanted", number,
                     i);
        }
        if (!kept) {
            set = fresh;
        }
        tally->kept += kept;
        tally->quiet += quiet;
        tally->quiet_kept += quiet && kept;
    }
}

static void what_is_kept_is_what_would_be_computed(void **state)
{
    (void)state;
    struct tally tally = {0};
    for (uint32_t number = 0; number < CONFIGS; number++) {
        walk(number, &tally);
    }
    print_message("kept %.3f of all moves, %.3f of the quiet ones\n",
                  (double)tally.kept / (CONFIGS * MOVES),
                  (double)tally.quiet_kept / (double)tally.quiet);
    assert_true(tally.kept > CONFIGS * MOVES / 4);
    assert_true(tally.quiet_kept * 2 > tally.quiet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_kept_is_what_would_be_computed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
