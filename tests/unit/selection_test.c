// Selection statistics against the numbers of their papers' examples, computed independently.
#include "kpi/selection.h"

#include "base/random.h"
#include "cmocka_all.h"

#include <math.h>

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance)) {
        fail_msg("%.9g is not within %g of %.9g", value, tolerance, expected);
    }
}

static void the_normal_quantile_inverts_the_distribution(void **state)
{
    (void)state;
    assert_near(normal_quantile(0.975), 1.959963984540054, 1e-14);
    double p = 1e-12;
    for (int i = 0; i < 120; i++) {
        assert_near(normal_cdf(normal_quantile(p)) / p, 1.0, 1e-12);
        p = p < 0.01 ? p * 3.0 : p + 0.0095;
    }
}

static void the_best_of_more_trials_is_expected_higher(void **state)
{
    (void)state;
    assert_near(selection_expected_maximum(1), 0.0, 0.0);
    assert_near(selection_expected_maximum(10), 1.574598, 5e-7);
    assert_near(selection_expected_maximum(46), 2.244171, 5e-7);
    assert_near(selection_expected_maximum(100), 2.530603, 5e-7);
    assert_near(selection_expected_maximum(1000), 3.255122, 5e-7);
}

// The example of the paper: an annual ratio of 2.5 from five years of days, the trials' ratios with
// an annual variance of 1/2.
static double deflated(double trials, double skewness, double kurtosis)
{
    double benchmark = selection_deflated_benchmark(trials, 0.5 / 250.0);
    return selection_psr(2.5 / sqrt(250.0), benchmark, 1250, skewness, kurtosis);
}

static void the_deflated_ratio_falls_with_the_number_of_trials(void **state)
{
    (void)state;
    assert_near(selection_deflated_benchmark(100, 0.5 / 250.0), 0.113172, 5e-7);
    assert_near(deflated(10, -3, 10), 0.993880, 5e-7);
    assert_near(deflated(46, -3, 10), 0.950502, 5e-7);
    assert_near(deflated(100, -3, 10), 0.900397, 5e-7);
    assert_near(deflated(88, 0, 3), 0.950491, 5e-7);
}

static void a_longer_search_needs_a_longer_backtest(void **state)
{
    (void)state;
    assert_near(selection_min_backtest_length(45, 1), 4.998, 5e-4);
    assert_true(selection_min_backtest_length(45, 1) < 2.0 * log(45.0)); // their bound
    assert_near(selection_min_backtest_length(45, 2), 4.998 / 4.0, 5e-4);
    assert_near(selection_min_backtest_length(1, 1), 0.0, 0.0);
    assert_true(isinf(selection_min_backtest_length(45, 0)));
}

static void skew_and_fat_tails_make_a_ratio_less_sure(void **state)
{
    (void)state;
    assert_near(selection_psr(0.458, 0, 24, -2.448, 10.164), 0.913361, 5e-7);
    assert_near(selection_psr(0.458, 0, 24, 0, 3), 0.981675, 5e-7);
    assert_near(selection_min_track_record(0.458, 0, -2.448, 10.164, 0.95), 34.5575, 5e-5);
    assert_near(selection_min_track_record(0.458, 0, 0, 3, 0.95), 15.2508, 5e-5);
    double two = 2.0 / sqrt(250.0), one = 1.0 / sqrt(250.0);
    assert_near(selection_min_track_record(two, one, 0, 3, 0.95), 682.80, 5e-3);
    assert_true(isinf(selection_min_track_record(0.1, 0.1, 0, 3, 0.95)));
}

static void moments_of_a_small_sample_are_exact(void **state)
{
    (void)state;
    double values[] = {2, 4, 4, 4, 5, 5, 7, 9};
    struct selection_moments moments = selection_moments(values, 8);
    assert_near(moments.mean, 5.0, 1e-12);
    assert_near(moments.deviation, sqrt(32.0 / 7.0), 1e-12);
    assert_near(moments.skewness, 0.65625, 1e-12);
    assert_near(moments.kurtosis, 2.78125, 1e-12);
    double sharpe = 0.0;
    assert_true(selection_sharpe(&moments, &sharpe));
    assert_near(sharpe, 5.0 / sqrt(32.0 / 7.0), 1e-12);
}

static void values_without_spread_have_no_ratio(void **state)
{
    (void)state;
    double values[] = {0.1, 0.1, 0.1};
    double sharpe;
    struct selection_moments moments = selection_moments(values, 3);
    assert_false(selection_sharpe(&moments, &sharpe));
    moments = selection_moments(values, 1);
    assert_false(selection_sharpe(&moments, &sharpe));
    moments = selection_moments(NULL, 0);
    assert_false(selection_sharpe(&moments, &sharpe));
}

enum { PERIODS = 320, TRIALS = 50, BLOCKS = 12, SKILLED = 7 };

static void fill_with_noise(double *values, uint64_t seed)
{
    struct random_stream stream;
    random_init(&stream, seed, RANDOM_TEST, 0);
    for (size_t i = 0; i < PERIODS * TRIALS; i++) {
        values[i] = random_normal(&stream);
    }
}

static void choosing_among_noise_overfits_half_the_time(void **state)
{
    (void)state;
    static double values[PERIODS * TRIALS];
    enum { SEEDS = 12 };
    double sum = 0.0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        double probability;
        fill_with_noise(values, seed);
        assert_true(selection_overfit_probability(values, PERIODS, TRIALS, BLOCKS, &probability));
        sum += probability;
    }
    assert_near(sum / SEEDS, 0.5, 0.1);
}

static void a_skilled_trial_is_no_overfit(void **state)
{
    (void)state;
    static double values[PERIODS * TRIALS];
    double probability;
    fill_with_noise(values, 1);
    for (size_t i = SKILLED; i < PERIODS * TRIALS; i += TRIALS) {
        values[i] += 0.5;
    }
    assert_true(selection_overfit_probability(values, PERIODS, TRIALS, BLOCKS, &probability));
    assert_near(probability, 0.0, 0.0);
}

static void too_little_data_gives_no_probability(void **state)
{
    (void)state;
    double values[8] = {1, 2, 3, 4, 5, 6, 7, 8}, probability;
    assert_false(selection_overfit_probability(values, 8, 1, 2, &probability));
    assert_false(selection_overfit_probability(values, 4, 2, 4, &probability));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_normal_quantile_inverts_the_distribution),
        cmocka_unit_test(the_best_of_more_trials_is_expected_higher),
        cmocka_unit_test(the_deflated_ratio_falls_with_the_number_of_trials),
        cmocka_unit_test(a_longer_search_needs_a_longer_backtest),
        cmocka_unit_test(skew_and_fat_tails_make_a_ratio_less_sure),
        cmocka_unit_test(moments_of_a_small_sample_are_exact),
        cmocka_unit_test(values_without_spread_have_no_ratio),
        cmocka_unit_test(choosing_among_noise_overfits_half_the_time),
        cmocka_unit_test(a_skilled_trial_is_no_overfit),
        cmocka_unit_test(too_little_data_gives_no_probability),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
