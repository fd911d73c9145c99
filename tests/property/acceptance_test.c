// What the synthetic market is accepted by: the stylised facts of btc-perp inside their bands, and
// what two plain quoters earn. Fixed seeds; figures and bands are the market recipe's (sections 1,
// 4, 7 and 8) and tuning D9's.
#include "market/book.h"
#include "market/stats.h"
#include "venue/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

static const int64_t MS_NS = 1000000;
static const int64_t HOUR_NS = INT64_C(3600) * 1000000000;
static const double BPS = 1e4;

static struct sim_config config_of(const char *preset, enum sim_regime regime, uint64_t seed)
{
    struct sim_config config;
    assert_int_equal(sim_config_of_preset(sim_preset_find(preset), &config), MM_OK);
    config.regime = regime;
    config.seed = seed;
    return config;
}

// Bands.

static void add_values(const struct sim_config *config, double *sums)
{
    static struct market_stats stats;
    struct venue *venue = sim_create(config);
    struct venue_event event = {0};
    double values[STAT_COUNT];
    assert_int_equal(market_stats_init(&stats, venue->geometry), MM_OK);
    while (event.kind != VENUE_TIME) {
        assert_int_equal(venue_next(venue, venue->start_ns + HOUR_NS, &event), MM_OK);
        if (event.kind == VENUE_MARKET) {
            market_stats_add(&stats, event.batch);
        }
    }
    market_stats_values(&stats, values);
    for (int stat = 0; stat < STAT_COUNT; stat++) {
        sums[stat] += values[stat];
    }
    market_stats_fini(&stats);
    venue_destroy(venue);
}

static void btc_perp_is_inside_its_bands(void **state)
{
    (void)state;
    const uint64_t seeds = 4;
    double sums[STAT_COUNT] = {0};
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct sim_config config = config_of("btc-perp", SIM_CALM, seed);
        add_values(&config, sums);
    }
    for (int stat = 0; stat < STAT_COUNT; stat++) {
        const struct stat_spec *spec = &stat_specs[stat];
        double mean = sums[stat] / (double)seeds;
        if (spec->low <= spec->high && !(mean >= spec->low && mean <= spec->high)) {
            fail_msg("%s is %g, outside %g to %g", spec->name, mean, spec->low, spec->high);
        }
    }
    for (int i = STAT_UP_1; i < STAT_UP_5; i++) {
        assert_true(sums[i] < sums[i + 1]);
    }
}

// A plain quoter: one order a side around the mid without its own orders, moved only when it should
// be somewhere else, at its decision times and seen by the exchange one entry delay later.

struct quote {
    uint64_t order_id; // 0 = none
    bool waiting;      // for an answer
    int64_t price_ticks, leaves_lots;
};

struct quoter {
    struct venue *venue;
    struct book book;
    struct quote quotes[2];
    int64_t half_spread_bps10; // tenths of a bp; 0 = joins the touch
    int64_t qty_lots;
    double skew_bps; // at the limit of five quotes
    uint64_t last_id;
    int64_t position_lots;
    double cash, turnover; // in ticks times lots
    double mid;
};

static void on_report(struct quoter *quoter, const struct venue_report *report)
{
    struct quote *quote = &quoter->quotes[report->side];
    if (report->kind == REPORT_FILLED) {
        double value = (double)report->exec_price_ticks * (double)report->exec_qty_lots;
        quoter->position_lots += side_sign(report->side) * report->exec_qty_lots;
        quoter->cash -= side_sign(report->side) * value;
        quoter->turnover += value;
    }
    if (quote->order_id != report->order_id) {
        return;
    }
    quote->waiting = quote->waiting && report->answers == VENUE_NONE;
    quote->price_ticks = report->price_ticks;
    quote->leaves_lots = report->leaves_qty_lots;
    if (report->leaves_qty_lots == 0) {
        *quote = (struct quote){0};
    }
}

// The best price of a side on which somebody else stands; 0 = none.
static int64_t others_best(const struct quoter *quoter, enum side side)
{
    const struct quote *own = &quoter->quotes[side];
    for (uint32_t index = quoter->book.best[side]; index != 0;) {
        int64_t price = geometry_ticks(quoter->book.geometry, side, index);
        bool ours = own->order_id != 0 && price == own->price_ticks;
        if (book_lots(&quoter->book, side, index) > (ours ? own->leaves_lots : 0)) {
            return price;
        }
        index = index == 1 ? 0 : book_scan(&quoter->book, side, index - 1);
    }
    return 0;
}

static int64_t wanted_price(const struct quoter *quoter, enum side side, int64_t others)
{
    if (quoter->half_spread_bps10 == 0) {
        return others;
    }
    double skew =
        quoter->skew_bps * (double)quoter->position_lots / (5. * (double)quoter->qty_lots);
    double distance = .1 * (double)quoter->half_spread_bps10;
    double price = quoter->mid * (1 - (skew + side_sign(side) * distance) / BPS);
    return (int64_t)(side == SIDE_BUY ? floor(price) : ceil(price));
}

static void decide_side(struct quoter *quoter, enum side side, int64_t others)
{
    struct quote *quote = &quoter->quotes[side];
    int64_t wanted = wanted_price(quoter, side, others);
    bool full = side_sign(side) * quoter->position_lots >= 5 * quoter->qty_lots;
    double moved_bps = BPS * fabs((double)(wanted - quote->price_ticks)) / quoter->mid;
    if (quote->waiting || (quote->order_id == 0 && full) ||
        (quote->order_id != 0 && !full && moved_bps < (quoter->half_spread_bps10 ? .3 : 1e-6))) {
        return;
    }
    struct venue_request request = {.op = VENUE_PLACE,
                                    .side = side,
                                    .tif = TIF_POST_ONLY,
                                    .price_ticks = wanted,
                                    .qty_lots = quoter->qty_lots};
    if (quote->order_id != 0) {
        request.op = full ? VENUE_CANCEL : VENUE_AMEND;
    } else {
        quote->order_id = ++quoter->last_id;
    }
    request.order_id = quote->order_id;
    quote->waiting = true;
    assert_int_equal(venue_send(quoter->venue, &request), MM_OK);
}

static void decide(struct quoter *quoter)
{
    int64_t bid = others_best(quoter, SIDE_BUY), ask = others_best(quoter, SIDE_SELL);
    if (bid == 0 || ask == 0 || bid >= ask) {
        return;
    }
    quoter->mid = .5 * (double)(bid + ask);
    decide_side(quoter, SIDE_BUY, bid);
    decide_side(quoter, SIDE_SELL, ask);
}

static void run_quoter(struct quoter *quoter, int64_t interval_ns, int64_t duration_ns)
{
    struct venue *venue = quoter->venue;
    int64_t end_ns = venue->start_ns + duration_ns;
    for (int64_t at_ns = venue->start_ns; at_ns <= end_ns; at_ns += interval_ns) {
        struct venue_event event = {0};
        while (event.kind != VENUE_TIME) {
            assert_int_equal(venue_next(venue, at_ns, &event), MM_OK);
            if (event.kind == VENUE_REPORT) {
                on_report(quoter, event.report);
            } else if (event.kind == VENUE_MARKET && event.batch->kind != EVENT_TRADE) {
                book_apply(&quoter->book, event.batch);
            }
        }
        decide(quoter);
    }
}

// Net of the marked position, in bps of what was traded.
static double net_bps(struct sim_config config, int64_t half_spread_bps10, int64_t qty_lots,
                      int64_t interval_ns, double hours)
{
    static struct quoter quoter;
    quoter = (struct quoter){
        .half_spread_bps10 = half_spread_bps10, .qty_lots = qty_lots, .skew_bps = 1};
    config.latency = (struct sim_latency){.entry_ns = interval_ns};
    quoter.venue = sim_create(&config);
    assert_int_equal(book_init(&quoter.book, quoter.venue->geometry), MM_OK);
    run_quoter(&quoter, interval_ns, (int64_t)(hours * (double)HOUR_NS));
    double equity = quoter.cash + (double)quoter.position_lots * quoter.mid;
    double net = BPS * equity / quoter.turnover;
    print_message("%s %s, half-spread %.1f bps, seed %d: net %.3f bps\n", config.model.name,
                  sim_regime_name(config.regime), .1 * (double)half_spread_bps10, (int)config.seed,
                  net);
    book_fini(&quoter.book);
    venue_destroy(quoter.venue);
    return net;
}

// The recipe has -.354 with a spread of .04 between quarters of an hour.
static void naive_quoting_at_the_touch_loses_on_btc_perp(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        double net = net_bps(config_of("btc-perp", SIM_CALM, seed), 0, 1, 20 * MS_NS, .25);
        assert_true(net > -.6 && net < -.2);
    }
}

// 2.78 in calm, -11 in spike, with half-spread 3.5 bps.
static void wide_quoting_earns_on_alt_perp_in_calm_and_loses_in_a_spike(void **state)
{
    (void)state;
    double calm = 0, spike = 0;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        calm += net_bps(config_of("alt-perp", SIM_CALM, seed), 35, 20, 50 * MS_NS, 2) / 4;
        spike += net_bps(config_of("alt-perp", SIM_SPIKE, seed), 35, 20, 50 * MS_NS, 2) / 4;
    }
    assert_true(calm > 2.3 && calm < 3.3);
    assert_true(spike < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(btc_perp_is_inside_its_bands),
        cmocka_unit_test(naive_quoting_at_the_touch_loses_on_btc_perp),
        cmocka_unit_test(wide_quoting_earns_on_alt_perp_in_calm_and_loses_in_a_spike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
