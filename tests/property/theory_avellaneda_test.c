// Avellaneda and Stoikov (2008, "High-frequency trading in a limit order book", section 3.3): their
// three tables, simulated again with our quoter in the place of their formula.
//
// The reservation price s - q gamma sigma^2 (T - t) is the quoter's skew, and the optimal spread
// gamma sigma^2 (T - t) + (2 / gamma) ln(1 + gamma / k) its base half-spread plus its weight of the
// volatility. Their "symmetric" strategy quotes the same spread on average, around the mid. Both
// meet the same draws.
#include "base/random.h"
#include "theory.h"

enum { PATHS = 4000, PUBLISHED_PATHS = 1000, REFERENCE_PATHS = 200000, STEPS = 200, SEED = 1 };

static const double SIGMA = 2, HORIZON = 1, STEP = HORIZON / STEPS, ARRIVALS = 140, DECAY = 1.5;

struct results {
    struct moments profit, inventory;
};

enum strategy { INVENTORY, SYMMETRIC };

static double base_half_spread(double gamma)
{
    return log1p(gamma / DECAY) / gamma;
}

// The mean over the steps, each quoted for its beginning.
static double average_spread(double gamma)
{
    return gamma * SIGMA * SIGMA * (HORIZON + STEP) / 2 + 2 * base_half_spread(gamma);
}

static struct distances quotes(enum strategy strategy, double gamma, double left, int64_t position)
{
    if (strategy == SYMMETRIC) {
        struct quote_config config = quote_config_of(average_spread(gamma) / 2, 0);
        return quote_distances(&config, SIGMA, position);
    }
    struct quote_config config =
        quote_config_of(base_half_spread(gamma), gamma * SIGMA * SIGMA * left);
    config.volatility_weight = gamma * SIGMA * left / 2;
    return quote_distances(&config, SIGMA, position);
}

static bool is_hit(struct random_stream *stream, double distance)
{
    return random_uniform(stream) < ARRIVALS * exp(-DECAY * distance) * STEP;
}

static void run_path(enum strategy strategy, double gamma, uint32_t path, struct results *results)
{
    struct random_stream stream;
    random_init(&stream, SEED, RANDOM_TEST, path);
    double mid = 100, cash = 0;
    int64_t position = 0;
    for (int step = 0; step < STEPS; step++) {
        struct distances at = quotes(strategy, gamma, HORIZON - step * STEP, position);
        if (is_hit(&stream, at.ask)) {
            position--;
            cash += mid + at.ask;
        }
        if (is_hit(&stream, at.bid)) {
            position++;
            cash -= mid - at.bid;
        }
        mid += (random_u32(&stream) >> 31 ? 1 : -1) * SIGMA * sqrt(STEP);
    }
    moments_add(&results->profit, cash + (double)position * mid);
    moments_add(&results->inventory, (double)position);
}

static struct results simulate(enum strategy strategy, double gamma, uint32_t paths)
{
    struct results results = {0};
    for (uint32_t path = 0; path < paths; path++) {
        run_path(strategy, gamma, path, &results);
    }
    return results;
}

struct table_row {
    double gamma, spread;
    enum strategy strategy;
    // As printed, of 1000 paths; NAN: not in the paper.
    double profit, profit_std, inventory, inventory_std;
    // Of 200 000 paths of an independent program.
    double more_profit, more_profit_std, more_inventory_std;
};

// The paper prints a third table for gamma 1; gamma 0.5 is of the independent program alone.
static const struct table_row rows[] = {
    {.1, 1.49, INVENTORY, 65.0, 6.6, .08, 2.9, 64.93, 6.54, 2.92},
    {.1, 1.49, SYMMETRIC, 68.4, 12.7, .26, 8.4, 68.20, 13.42, 8.41},
    {.01, 1.35, INVENTORY, 68.6, 8.7, .12, 5.1, 68.41, 8.96, 5.22},
    {.01, 1.35, SYMMETRIC, 68.8, 12.8, .09, 8.7, 68.71, 13.68, 8.71},
    {1, 3.02, INVENTORY, 31.4, 5.0, .02, 1.7, 31.46, 4.86, 1.64},
    {1, 3.02, SYMMETRIC, 44.0, 11.0, .00, 5.1, 43.66, 10.72, 5.17},
    {.5, 2.156, INVENTORY, NAN, NAN, NAN, NAN, 48.55, 5.89, 1.95},
    {.5, 2.156, SYMMETRIC, NAN, NAN, NAN, NAN, 59.93, 12.32, 6.91},
};

static void compare_mean(const char *what, const struct moments *sample, double expected,
                         double rounding, double paths)
{
    double error = moments_mean_error(sample, paths);
    assert_within_3_errors(what, (struct expected){expected, error, rounding}, moments_mean(sample),
                           moments_mean_error(sample, sample->count));
}

static void compare_std(const char *what, const struct moments *sample, double expected,
                        double rounding, double paths)
{
    double error = moments_std_error(sample, paths);
    assert_within_3_errors(what, (struct expected){expected, error, rounding}, moments_std(sample),
                           moments_std_error(sample, sample->count));
}

static void compare(const struct table_row *row)
{
    struct results results = simulate(row->strategy, row->gamma, PATHS);
    print_message("gamma %g, %s\n", row->gamma,
                  row->strategy == INVENTORY ? "inventory" : "symmetric");
    // The paper averages over continuous time, which is half a step's worth less.
    double half_step = row->gamma * SIGMA * SIGMA * STEP / 2;
    assert_true(fabs(average_spread(row->gamma) - row->spread) < half_step + .005);
    if (!isnan(row->profit)) {
        compare_mean("  published profit", &results.profit, row->profit, .05, PUBLISHED_PATHS);
        compare_std("  published std(profit)", &results.profit, row->profit_std, .05,
                    PUBLISHED_PATHS);
        compare_mean("  published final q", &results.inventory, row->inventory, .005,
                     PUBLISHED_PATHS);
        compare_std("  published std(final q)", &results.inventory, row->inventory_std, .05,
                    PUBLISHED_PATHS);
    }
    compare_mean("  profit", &results.profit, row->more_profit, .005, REFERENCE_PATHS);
    compare_std("  std(profit)", &results.profit, row->more_profit_std, .005, REFERENCE_PATHS);
    compare_mean("  final q", &results.inventory, 0, 0, INFINITY);
    compare_std("  std(final q)", &results.inventory, row->more_inventory_std, .005,
                REFERENCE_PATHS);
}

static void the_published_tables_are_within_3_standard_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        compare(&rows[i]);
    }
}

static void the_inventory_strategy_halves_the_risk_for_a_twentieth_of_the_profit(void **state)
{
    (void)state;
    struct results inventory = simulate(INVENTORY, .1, PATHS / 4);
    struct results symmetric = simulate(SYMMETRIC, .1, PATHS / 4);
    assert_true(moments_std(&inventory.profit) < .55 * moments_std(&symmetric.profit));
    assert_true(moments_mean(&inventory.profit) > .94 * moments_mean(&symmetric.profit));
}

static void without_risk_aversion_both_strategies_are_the_same(void **state)
{
    (void)state;
    struct results inventory = simulate(INVENTORY, 1e-7, 50);
    struct results symmetric = simulate(SYMMETRIC, 1e-7, 50);
    for (int i = 0; i < 4; i++) {
        double one = inventory.profit.sums[i], other = symmetric.profit.sums[i];
        assert_true(fabs(one - other) < 1e-4 * fabs(other));
        assert_true(inventory.inventory.sums[i] == symmetric.inventory.sums[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_tables_are_within_3_standard_errors),
        cmocka_unit_test(the_inventory_strategy_halves_the_risk_for_a_twentieth_of_the_profit),
        cmocka_unit_test(without_risk_aversion_both_strategies_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
