// Fernandez-Tapia (2015, "Modeling, optimization and estimation for the on-line control of trading
// algorithms in limit-order markets", chapter 4): orders reach a distance d from the mid at rate
// A exp(-k d), and market/stats.h must find A and k again, with the two biases that its way of
// counting is known to have. It counts windows of 0.1 s that were reached, as seen from the mid at
// their beginning:
//     of several orders in a window one counts: (1 - exp(-rate * 0.1)) / 0.1 for a rate;
//     a mid that moves brings orders nearer than it takes them away: the rate is multiplied by the
//     mean over the window of exp(k^2 sigma^2 t / 2), the same at every distance.
// Taking the one after the other neglects less than a standard error of what follows.
#include "base/random.h"
#include "market/stats.h"
#include "theory.h"

#include <string.h>

static const double INTENSITY = .5, DECAY = 1.58, SIGMA = 1.28; // per second; per bps; bps
static const double WINDOW_S = .1, STEP_S = .05;

enum { RUNS = 40, STEPS = 20 * 1800, STEPS_PER_WINDOW = 2 }; // of half an hour
enum { BINS = 30, DISTANCES = 4 };                           // of .05 bps

// A tick is .001 bps here.
enum { TICKS_PER_BPS = 1000, REFERENCE = 10000 * TICKS_PER_BPS, SPAN = 1 << 20 };
static const struct book_geometry geometry = {.base_ticks = REFERENCE - SPAN / 2, .span = SPAN};

// Orders that do not reach the mid count once it has moved; none comes from further than this.
static const double NEAREST_BPS = -1;

struct feed {
    struct market_stats stats;
    struct random_stream stream;
    double mid_bps; // from the reference
    int64_t now_ns;
};

static int64_t ticks_at(double bps)
{
    return REFERENCE + llround(bps * TICKS_PER_BPS);
}

static void tell_mid(struct feed *feed)
{
    const int64_t lots[2] = {10, 10};
    int64_t mid = ticks_at(feed->mid_bps);
    market_stats_add_best(&feed->stats, feed->now_ns, (const int64_t[2]){mid - 1, mid + 1}, lots);
}

static void tell_order(struct feed *feed, int64_t ts_ns)
{
    enum side taken = random_u32(&feed->stream) >> 31 ? SIDE_SELL : SIDE_BUY;
    double reach = NEAREST_BPS + random_exponential(&feed->stream) / DECAY;
    double scale = 1 + feed->mid_bps * 1e-4; // a bps of the mid, in bps of the reference
    double price_bps = feed->mid_bps - side_sign(taken) * reach * scale;
    struct row row = {.key = geometry_key(geometry, taken, ticks_at(price_bps)), .lots = 1};
    market_stats_add(
        &feed->stats,
        &(struct market_batch){.exch_ts_ns = ts_ns, .rows = &row, .count = 1, .kind = EVENT_TRADE});
}

// The mid moves in the middle of each step, so that each window begins with a mid that is known.
static void take_half_step(struct feed *feed)
{
    double rate = 2 * INTENSITY * exp(-DECAY * NEAREST_BPS);
    double at_s = random_exponential(&feed->stream) / rate;
    while (at_s < STEP_S / 2) {
        tell_order(feed, feed->now_ns + (int64_t)(at_s * 1e9));
        at_s += random_exponential(&feed->stream) / rate;
    }
    feed->now_ns += (int64_t)(STEP_S / 2 * 1e9);
}

static void run(struct feed *feed, double sigma, uint32_t number, double values[STAT_COUNT])
{
    memset(feed, 0, sizeof *feed);
    feed->now_ns = 1000000000;
    random_init(&feed->stream, 1, RANDOM_TEST, number);
    assert_int_equal(market_stats_init(&feed->stats, geometry), MM_OK);
    tell_mid(feed);
    for (int step = 0; step < STEPS; step++) {
        take_half_step(feed);
        if (sigma > 0) {
            feed->mid_bps += sigma * sqrt(STEP_S) * random_normal(&feed->stream);
            tell_mid(feed);
        }
        take_half_step(feed);
    }
    market_stats_values(&feed->stats, values);
    market_stats_fini(&feed->stats);
}

// Mean over a window of exp(k^2 sigma^2 t / 2) when the mid moves in the middle of its steps.
static double moving_factor(double sigma)
{
    double sum = 0;
    for (int moves = 0; moves <= STEPS_PER_WINDOW; moves++) {
        double share = moves == 0 || moves == STEPS_PER_WINDOW ? .5 : 1;
        sum += share * exp(DECAY * DECAY * sigma * sigma * moves * STEP_S / 2);
    }
    return sum / STEPS_PER_WINDOW;
}

static double expected_rate(double sigma, double distance_bps)
{
    double rate = INTENSITY * exp(-DECAY * distance_bps) * moving_factor(sigma);
    return (1 - exp(-rate * WINDOW_S)) / WINDOW_S;
}

// Least squares of the logarithm of the expected rates over the bins.
static double expected_decay(double sigma)
{
    double middle = (BINS + 1) / 2., products = 0, squares = 0;
    for (int bin = 1; bin <= BINS; bin++) {
        products += (bin - middle) * log(expected_rate(sigma, .05 * bin));
        squares += (bin - middle) * (bin - middle) * .05;
    }
    return -products / squares;
}

static void compare(const char *what, double sigma)
{
    static const double distances[DISTANCES] = {.25, .5, 1, 1.5};
    struct feed *feed = malloc(sizeof *feed);
    struct moments decay = {0}, rates[DISTANCES] = {0};
    for (uint32_t number = 0; number < RUNS; number++) {
        double values[STAT_COUNT];
        run(feed, sigma, number, values);
        moments_add(&decay, values[STAT_FILL_DECAY]);
        for (int i = 0; i < DISTANCES; i++) {
            moments_add(&rates[i], values[STAT_FILL_250 + i]);
        }
    }
    free(feed);
    print_message("%s: A %.2f, k %.2f\n", what, INTENSITY, DECAY);
    assert_true(fabs(expected_decay(sigma) - DECAY) < .02);
    assert_mean("  k, per bps", expected_decay(sigma), &decay);
    for (int i = 0; i < DISTANCES; i++) {
        char text[48];
        snprintf(text, sizeof text, "  fills per second at %.2f bps", distances[i]);
        assert_mean(text, expected_rate(sigma, distances[i]), &rates[i]);
    }
}

static void the_intensity_of_fills_is_found_again(void **state)
{
    (void)state;
    compare("a mid that stands still", 0);
}

static void a_moving_mid_raises_it_alike_at_every_distance(void **state)
{
    (void)state;
    compare("a mid that moves", SIGMA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_intensity_of_fills_is_found_again),
        cmocka_unit_test(a_moving_mid_raises_it_alike_at_every_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
