// What the tests of theory share: sample moments with their standard errors, the comparison with a
// number from the literature, and our quoter as a function of a model's market.
//
// Every comparison prints one line; docs/simulator.md, "Theory", has a selection of them.
#ifndef MM_TESTS_PROPERTY_THEORY_H
#define MM_TESTS_PROPERTY_THEORY_H

#include "cmocka_all.h"
#include "trade/quote.h"

#include <math.h>

struct moments {
    double count, sums[4]; // of the first four powers
};

static inline void moments_add(struct moments *moments, double value)
{
    double power = 1;
    moments->count++;
    for (int i = 0; i < 4; i++) {
        power *= value;
        moments->sums[i] += power;
    }
}

static inline double moments_mean(const struct moments *moments)
{
    return moments->sums[0] / moments->count;
}

static inline double moments_std(const struct moments *moments)
{
    double mean = moments_mean(moments);
    return sqrt(moments->sums[1] / moments->count - mean * mean);
}

// Standard errors that a sample of `count` would have.
static inline double moments_mean_error(const struct moments *moments, double count)
{
    return moments_std(moments) / sqrt(count);
}

// By the delta method: the variance of the sample variance is (m4 - m2^2) / count.
static inline double moments_std_error(const struct moments *moments, double count)
{
    double m1 = moments_mean(moments);
    double r2 = moments->sums[1] / moments->count, r3 = moments->sums[2] / moments->count;
    double r4 = moments->sums[3] / moments->count;
    double m2 = r2 - m1 * m1;
    double m4 = r4 - 4 * m1 * r3 + 6 * m1 * m1 * r2 - 3 * m1 * m1 * m1 * m1;
    return sqrt((m4 - m2 * m2) / (4 * m2 * count));
}

struct expected {
    double value;
    double error;    // standard error, when it comes from a simulation
    double rounding; // at most this far from what was printed
};

static inline void assert_within_3_errors(const char *what, struct expected expected,
                                          double obtained, double error)
{
    double errors = sqrt(error * error + expected.error * expected.error);
    double off = obtained - expected.value;
    print_message("%-46s %9.4f, obtained %9.4f +- %.4f: %+.1f standard errors\n", what,
                  expected.value, obtained, error, off / errors);
    assert_true(fabs(off) <= 3 * errors + expected.rounding);
}

static inline void assert_mean(const char *what, double expected, const struct moments *sample)
{
    assert_within_3_errors(what, (struct expected){.value = expected}, moments_mean(sample),
                           moments_mean_error(sample, sample->count));
}

// Distances of the quotes from the mid. A model's unit of price is one bps of a mid of 1e14 ticks,
// and nobody else quotes near, so that nothing but the formula decides.
struct distances {
    double bid, ask;
};

enum { THEORY_LIMIT_LOTS = 1000 };

static inline struct distances quote_distances(const struct quote_config *config, double volatility,
                                               int64_t position)
{
    const int64_t mid = INT64_C(100000000000000), ticks_per_bps = INT64_C(10000000000);
    struct params params = {0}; // base_spread_bps_delta is 0
    params.steps[PARAM_IMPACT_CAP_RATIO] = param_specs[PARAM_IMPACT_CAP_RATIO].hard_max;
    params.steps[PARAM_MAX_DELTA_RATIO] = param_specs[PARAM_MAX_DELTA_RATIO].hard_max;
    const struct quote_market market = {
        .trusted = true,
        .best_ticks = {mid - 1000 * ticks_per_bps, mid + 1000 * ticks_per_bps},
        .mid_half_ticks = 2 * mid,
        .microprice_half_ticks = 2 * (double)mid,
        .volatility_bps = volatility,
        .price_min_ticks = 1,
        .price_max_ticks = 2 * mid,
        .depth_lots = {INT64_C(1) << 40, INT64_C(1) << 40}};
    struct quote_set set;
    quote_compute(config, &params, &market, (struct quote_inventory){position, THEORY_LIMIT_LOTS},
                  &set);
    assert_int_equal(set.want[SIDE_BUY][0].reason, QUOTE_WANTED);
    assert_int_equal(set.want[SIDE_SELL][0].reason, QUOTE_WANTED);
    double scale = 1 / (double)ticks_per_bps;
    return (struct distances){(double)(mid - set.want[SIDE_BUY][0].price_ticks) * scale,
                              (double)(set.want[SIDE_SELL][0].price_ticks - mid) * scale};
}

// The quoter with a half-spread, and a shift per lot of inventory, of the model.
static inline struct quote_config quote_config_of(double half_spread, double shift_per_lot)
{
    return (struct quote_config){.base_half_spread_bps = half_spread,
                                 .half_spread_max_bps = 900,
                                 .skew_bps_at_limit = shift_per_lot * THEORY_LIMIT_LOTS,
                                 .level_count = 1,
                                 .quote_qty_lots = 1};
}

#endif
