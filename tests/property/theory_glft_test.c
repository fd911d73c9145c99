// Gueant, Lehalle and Fernandez-Tapia (2013, "Dealing with the inventory risk"): the exact optimal
// quotes from the paper's linear system, its closed form (proposition 3), and our quoter, which
// promises to be that closed form. The numbers are an independent program's; one row is the example
// of hftbacktest's documentation.
#include "base/random.h"
#include "theory.h"

enum { BOUND = 30, STATES = 2 * BOUND + 1, STEADY_STEPS = 20000 };

struct market {
    double sigma, intensity, k, gamma; // fills at distance d: intensity * exp(-k d)
};

struct closed_form {
    double base, slope; // half-spread: base + slope / 2; shift per lot: slope
};

// v' = M v with M tridiagonal: alpha q^2 on the diagonal, -eta beside it.
struct linear_system {
    double alpha, eta, lambda; // lambda: the smallest eigenvalue
    double v[STATES];          // and its vector, by inventory + BOUND
};

static double base_of(struct market market)
{
    return log1p(market.gamma / market.k) / market.gamma;
}

static struct closed_form closed_form(struct market market)
{
    double k = market.k, gamma = market.gamma;
    double power = pow(1 + gamma / k, 1 + k / gamma);
    double ratio = market.sigma * market.sigma * gamma / (2 * k * market.intensity);
    return (struct closed_form){base_of(market), sqrt(ratio * power)};
}

static void multiply(const struct linear_system *system, double out[STATES])
{
    for (int i = 0; i < STATES; i++) {
        double q = i - BOUND;
        double beside = (i > 0 ? system->v[i - 1] : 0) + (i < STATES - 1 ? system->v[i + 1] : 0);
        out[i] = system->alpha * q * q * system->v[i] - system->eta * beside;
    }
}

// v(t) far from the end points along the eigenvector of M's smallest eigenvalue: iterations of
// shift - M, all of whose entries are positive.
static void solve(struct linear_system *system)
{
    double shift = system->alpha * BOUND * BOUND + 2 * system->eta;
    double product[STATES];
    for (int i = 0; i < STATES; i++) {
        system->v[i] = 1;
    }
    for (int step = 0; step < STEADY_STEPS; step++) {
        double norm = 0, along = 0;
        multiply(system, product);
        for (int i = 0; i < STATES; i++) {
            norm += system->v[i] * system->v[i];
            along += system->v[i] * product[i];
        }
        system->lambda = along / norm;
        for (int i = 0; i < STATES; i++) {
            system->v[i] = (shift * system->v[i] - product[i]) / (shift - system->lambda);
        }
    }
}

static struct linear_system exact_solution(struct market market)
{
    double k = market.k, gamma = market.gamma;
    struct linear_system system = {
        .alpha = k / 2 * gamma * market.sigma * market.sigma,
        .eta = market.intensity * pow(1 + gamma / k, -(1 + k / gamma)),
    };
    solve(&system);
    return system;
}

static double exact_bid(const struct linear_system *system, double k, double base, int position)
{
    return log(system->v[position + BOUND] / system->v[position + 1 + BOUND]) / k + base;
}

static struct quote_config quoter_of(struct closed_form form)
{
    return quote_config_of(form.base + form.slope / 2, form.slope);
}

struct table_row {
    struct market market;
    double alpha, eta, lambda, base, slope;
    double exact[4], approximate[4]; // bid at inventory -2, 0, 2, 5
};

// The paper's figures 1 and 4 (left, right), and Avellaneda and Stoikov's market.
static const struct table_row rows[] = {
    {{.3, .9, .3, .01},
     1.35e-4,
     .325678356,
     -.644734430,
     3.278982282,
     .067865833,
     {3.176796, 3.313045, 3.449280, 3.653480},
     {3.177184, 3.312915, 3.448647, 3.652244}},
    {{.4, .9, .3, .01},
     2.4e-4,
     .325678356,
     -.642530764,
     3.278982282,
     .090487777,
     {3.142563, 3.324458, 3.506318, 3.778746},
     {3.143251, 3.324226, 3.505202, 3.776665}},
    {{1, .2, .3, .01},
     1.5e-3,
     .072372968,
     -.134421366,
     3.278982282,
     .479883904,
     {2.540419, 3.525651, 4.505189, 5.918517},
     {2.559156, 3.518924, 4.478692, 5.918344}},
    {{2, 140, 1.5, .1},
     .3,
     49.8503783,
     -95.8524146,
     .645385211,
     .051717216,
     {.566700, .671628, .776387, .931780},
     {.567809, .671244, .774678, .929830}},
};
static const int positions[4] = {-2, 0, 2, 5};

static bool near(double a, double b, double tolerance)
{
    return fabs(a - b) <= tolerance;
}

static void the_exact_quotes_and_the_closed_form_give_the_known_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct table_row *row = &rows[i];
        struct linear_system system = exact_solution(row->market);
        struct closed_form form = closed_form(row->market);
        assert_true(near(system.alpha, row->alpha, 1e-12));
        assert_true(near(system.eta, row->eta, 1e-8 * row->eta));
        assert_true(near(system.lambda, row->lambda, 1e-8 * fabs(row->lambda)));
        assert_true(near(form.base, row->base, 5.1e-10));
        assert_true(near(form.slope, row->slope, 5.1e-10));
        for (int p = 0; p < 4; p++) {
            double bid = exact_bid(&system, row->market.k, form.base, positions[p]);
            print_message("set %d, q %+d: exact bid %.6f, obtained %.6f\n", (int)i + 1,
                          positions[p], row->exact[p], bid);
            assert_true(near(bid, row->exact[p], 5.1e-7));
        }
    }
}

static void our_quoter_is_the_closed_form_to_a_tick(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct closed_form form = closed_form(rows[i].market);
        struct quote_config config = quoter_of(form);
        for (int q = -BOUND; q <= BOUND; q++) {
            struct distances at = quote_distances(&config, 0, q);
            assert_true(near(at.bid, form.base + (2 * q + 1) / 2. * form.slope, 1e-9));
            assert_true(near(at.ask, form.base - (2 * q - 1) / 2. * form.slope, 1e-9));
        }
        for (int p = 0; p < 4; p++) {
            struct distances at = quote_distances(&config, 0, positions[p]);
            struct distances mirror = quote_distances(&config, 0, -positions[p]);
            assert_true(near(at.bid, rows[i].approximate[p], 5.1e-7));
            assert_true(near(mirror.ask, rows[i].approximate[p], 5.1e-7));
        }
    }
}

// How good the straight line is: a hundredth of the half-spread in all four markets.
static void our_quoter_is_within_a_hundredth_of_the_exact_optimum(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct market market = rows[i].market;
        struct linear_system system = exact_solution(market);
        struct closed_form form = closed_form(market);
        struct quote_config config = quoter_of(form);
        double most = 0;
        for (int q = -5; q <= 5; q++) {
            double exact = exact_bid(&system, market.k, form.base, q);
            most = fmax(most, fabs(quote_distances(&config, 0, q).bid - exact));
        }
        print_message("set %d: our quotes are at most %.6f from the optimum\n", (int)i + 1, most);
        assert_true(most < .01 * form.base);
    }
}

// Gueant (2017, arXiv 1605.01862, equations 4.6 and 4.7) for order size 1: c1 = ln(1 + gamma/k) /
// gamma, c2 = sqrt(gamma / (2 A k) (1 + gamma/k)^(k/gamma + 1)); ETHUSDT, 2022-10-03, in ticks.
static void our_quoter_gives_the_quotes_of_hftbacktests_example(void **state)
{
    (void)state;
    struct market market = {10.69, 2.986162360812285, .04235741115084049, .05};
    struct quote_config config = quoter_of(closed_form(market));
    struct distances flat = quote_distances(&config, 0, 0);
    struct distances holding = quote_distances(&config, 0, 1);
    print_message("half-spread 20.472085338, obtained %.9f; skew 9.763268650, obtained %.9f\n",
                  flat.bid, holding.bid - flat.bid);
    assert_true(near(flat.bid, 20.47208533844371, 1e-9));
    assert_true(near(flat.ask, 20.47208533844371, 1e-9));
    assert_true(near(holding.bid - flat.bid, 9.76326865029227, 1e-9));
    assert_true(near(flat.ask - holding.ask, 9.76326865029227, 1e-9));
}

// Cartea and Jaimungal's running penalty phi on q^2 is the same system without risk aversion: alpha
// is k phi, eta is A / e, the base is 1 / k.
static void without_risk_aversion_the_quotes_are_cartea_and_jaimungals(void **state)
{
    (void)state;
    const double phi = 4.5e-4, k = .3, intensity = .9, gamma = 1e-6;
    struct market market = {sqrt(2 * phi / gamma), intensity, k, gamma};
    struct linear_system limit = exact_solution(market);
    struct linear_system penalty = {.alpha = k * phi, .eta = intensity / exp(1)};
    solve(&penalty);
    for (int q = -5; q <= 5; q++) {
        double one = exact_bid(&limit, k, base_of(market), q);
        double other = exact_bid(&penalty, k, 1 / k, q);
        assert_true(near(one, other, 1e-5));
    }
}

// With quotes linear in the inventory, fills raise it at rate A exp(-k (h + s q)) and lower it at
// rate A exp(-k (h - s q)); rates up from q and down from q + 1 balance in the law
// p(q) ~ exp(-k s q^2), whose mean income is the sum of the distances quoted times their rates.
struct steady_state {
    double variance, fills, income; // the last two per unit of time
};

static struct steady_state steady_state(struct market market, struct closed_form form)
{
    double half = form.base + form.slope / 2, total = 0;
    struct steady_state sum = {0};
    for (int q = -4 * BOUND; q <= 4 * BOUND; q++) {
        double weight = exp(-market.k * form.slope * q * q);
        double bid = half + form.slope * q, ask = half - form.slope * q;
        double up = market.intensity * exp(-market.k * bid);
        double down = market.intensity * exp(-market.k * ask);
        total += weight;
        sum.variance += weight * q * q;
        sum.fills += weight * (up + down);
        sum.income += weight * (up * bid + down * ask);
    }
    return (struct steady_state){sum.variance / total, sum.fills / total, sum.income / total};
}

enum { RUNS = 40, FILLS = 20000, WARM_UP = 500 };

// Averages over one run of fills, each quoted by the quoter.
static struct steady_state quote_a_run(struct market market, struct closed_form form, uint32_t run)
{
    struct random_stream stream;
    struct quote_config config = quoter_of(form);
    struct steady_state sum = {0};
    double elapsed = 0;
    int64_t position = 0;
    random_init(&stream, 1, RANDOM_TEST, run);
    for (int fill = -WARM_UP; fill < FILLS; fill++) {
        struct distances at = quote_distances(&config, 0, position);
        double up = market.intensity * exp(-market.k * at.bid);
        double down = market.intensity * exp(-market.k * at.ask);
        double wait = random_exponential(&stream) / (up + down);
        bool buys = random_uniform(&stream) * (up + down) < up;
        if (fill >= 0) {
            elapsed += wait;
            sum.variance += wait * (double)(position * position);
            sum.fills += 1;
            sum.income += buys ? at.bid : at.ask;
        }
        position += buys ? 1 : -1;
    }
    return (struct steady_state){sum.variance / elapsed, sum.fills / elapsed, sum.income / elapsed};
}

static void our_quoters_inventory_and_income_have_their_exact_law(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct market market = rows[i].market;
        struct closed_form form = closed_form(market);
        struct steady_state expected = steady_state(market, form);
        struct moments variance = {0}, fills = {0}, income = {0};
        for (uint32_t run = 0; run < RUNS; run++) {
            struct steady_state obtained = quote_a_run(market, form, run);
            moments_add(&variance, obtained.variance);
            moments_add(&fills, obtained.fills);
            moments_add(&income, obtained.income);
        }
        print_message("set %d\n", (int)i + 1);
        assert_mean("  variance of the inventory", expected.variance, &variance);
        assert_mean("  fills per unit of time", expected.fills, &fills);
        assert_mean("  income per unit of time", expected.income, &income);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exact_quotes_and_the_closed_form_give_the_known_numbers),
        cmocka_unit_test(our_quoter_is_the_closed_form_to_a_tick),
        cmocka_unit_test(our_quoter_is_within_a_hundredth_of_the_exact_optimum),
        cmocka_unit_test(our_quoter_gives_the_quotes_of_hftbacktests_example),
        cmocka_unit_test(without_risk_aversion_the_quotes_are_cartea_and_jaimungals),
        cmocka_unit_test(our_quoters_inventory_and_income_have_their_exact_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
