#include "venue/sim/flow.h"

#include "base/memory.h"
#include "venue/sim/draw.h"

#include "cmocka_all.h"

#include <math.h>
#include <string.h>

static const double HOUR_NS = 3600e9;

static void assert_near(double value, double expected, double share)
{
    if (fabs(value - expected) > share * fabs(expected)) {
        fail_msg("%g is not within %g %% of %g", value, 100 * share, expected);
    }
}

// Tables and arithmetic.

static double table_mean(const struct draw_table *table)
{
    double sum = 0;
    for (int i = 0; i < DRAW_CELLS; i++) {
        sum += (double)table->value[i];
    }
    return sum / DRAW_CELLS;
}

static void tables_have_the_means_of_their_laws(void **state)
{
    (void)state;
    static struct draw_table table;
    // E exp(s N), N the sum of four uniforms scaled to variance 1: (sinh(a) / a)^4, a = s
    // sqrt(3)/2.
    double a = 2.5 * sqrt(3.0) / 2;
    draw_table_lognormal(&table, 2.5);
    assert_near(table_mean(&table), pow(sinh(a) / a, 4), .002);
    draw_table_normal(&table);
    assert_true(fabs(table_mean(&table)) < 1e-6);
    double square = 0;
    for (int i = 0; i < DRAW_CELLS; i++) {
        square += (double)table.value[i] * (double)table.value[i] / DRAW_CELLS;
    }
    assert_near(square, 1, .001);
    // Lomax with scale 1 and power p capped at c: (1 - (1 + c)^(1 - p)) / (p - 1).
    draw_table_lomax(&table, 39, 2.6, 400);
    assert_near(table_mean(&table), 39 * (1 - pow(1 + 400. / 39, -1.6)) / 1.6, .002);
}

static void exponential_draws_have_mean_and_variance_one_and_stay_bounded(void **state)
{
    (void)state;
    static struct draw_exponential table;
    struct random_stream stream;
    double sum = 0, square = 0;
    const int count = 1 << 20;
    draw_exponential_init(&table);
    random_init(&stream, 1, RANDOM_TEST, 0);
    for (int i = 0; i < count; i++) {
        double draw = draw_exponential_from(&table, random_u32(&stream));
        sum += draw;
        square += draw * draw;
    }
    assert_near(sum / count, 1, .005);
    assert_near(square / count, 2, .01);
    assert_true(draw_exponential_from(&table, 0) == 0);
    assert_near(draw_exponential_from(&table, UINT32_MAX), 2 * log(DRAW_CELLS), .001);
}

static void lags_and_distances_are_whole_and_bounded(void **state)
{
    (void)state;
    static struct draw_table lag, distance;
    draw_table_lag(&lag, .25, 200);
    draw_table_distance(&distance, 2, .6, 1500);
    for (int i = 0; i < DRAW_CELLS; i++) {
        assert_true(lag.value[i] >= 1 && lag.value[i] <= 200);
        assert_true(lag.value[i] == floorf(lag.value[i]));
        assert_true(distance.value[i] >= 1 && distance.value[i] <= 1501);
    }
}

// The world.

static void takers_never_bring_more_than_nine_tenths_of_a_taker_each(void **state)
{
    (void)state;
    for (uint32_t i = 0; sim_preset_name(i) != NULL; i++) {
        const struct sim_model *preset = sim_preset_find(sim_preset_name(i));
        for (int regime = 0; regime < SIM_REGIME_COUNT; regime++) {
            struct sim_model model = sim_model_in_regime(preset, (enum sim_regime)regime);
            assert_true(sim_model_branching(&model) < .9);
        }
    }
}

static void run_world(struct world *world, double hours)
{
    int64_t until_ns = world->updated_ns + (int64_t)(hours * HOUR_NS);
    while (world->next_ns <= until_ns) {
        (void)world_step(world);
    }
}

// Counts over long times vary some 40 times more than independent arrivals would: with 60,000
// takers 8 % are 3 standard errors.
static double model_hours(const struct sim_model *preset)
{
    return 60000 / sim_model_taker_rate(preset) / 3600;
}

// Crashes add takers of their own, so spike is left out.
static void takers_come_at_the_predicted_rate(void **state)
{
    (void)state;
    static struct world world;
    for (uint32_t i = 0; sim_preset_name(i) != NULL; i++) {
        const struct sim_model *preset = sim_preset_find(sim_preset_name(i));
        for (int regime = 0; regime < SIM_REGIME_COUNT; regime++) {
            if (regime == SIM_SPIKE) {
                continue;
            }
            double hours = model_hours(preset);
            world_init(&world, preset, (enum sim_regime)regime, 7, 0);
            run_world(&world, hours);
            double rate = (double)world.taker_count / (3600 * hours);
            assert_near(rate, sim_model_taker_rate(&world.model), .08);
        }
    }
}

static void the_chain_visits_every_regime_for_about_its_share(void **state)
{
    (void)state;
    static struct world world;
    double stay_s[SIM_REGIME_COUNT] = {0};
    int visits[SIM_REGIME_COUNT] = {0};
    struct sim_model quiet = *sim_preset_find("btc-perp"); // hardly any events, so that it is quick
    quiet.base_rate = quiet.jump_rate = .01;
    world_init(&world, &quiet, SIM_SWITCHING, 3, 0);
    enum sim_regime regime = SIM_CALM;
    int64_t since_ns = 0;
    while (world.updated_ns < (int64_t)(24 * 60 * HOUR_NS)) {
        (void)world_step(&world);
        if (world.regime != regime) {
            stay_s[regime] += (double)(world.updated_ns - since_ns) / 1e9;
            visits[regime]++;
            since_ns = world.updated_ns;
            regime = world.regime;
        }
    }
    for (int i = 0; i < SIM_REGIME_COUNT; i++) {
        assert_true(visits[i] > 20);
        assert_near(stay_s[i] / visits[i], sim_regime_dwell((enum sim_regime)i), .3);
    }
    assert_int_equal(visits[SIM_SPIKE], world.crash_count);
}

static void what_follows_a_regime_is_certain(void **state)
{
    (void)state;
    for (int from = 0; from < SIM_REGIME_COUNT; from++) {
        double sum = 0;
        for (int to = 0; to < SIM_REGIME_COUNT; to++) {
            sum += sim_regime_follows((enum sim_regime)from, (enum sim_regime)to);
        }
        assert_near(sum, 1, 1e-9);
        assert_true(sim_regime_follows((enum sim_regime)from, (enum sim_regime)from) == 0);
    }
}

// The share of a crash that comes back, with the jumps that go on meanwhile.
static double recovered_share(uint64_t seed)
{
    static struct world world;
    world_init(&world, sim_preset_find("btc-perp"), SIM_SPIKE, seed, 0);
    while (world.crash == CRASH_NONE) {
        (void)world_step(&world);
    }
    double before = world.value, sign = world.crash_side == SIDE_BUY ? -1 : 1;
    assert_true(world_stress(&world, world.updated_ns) == 1);
    while (world.crash == CRASH_FALL) {
        (void)world_step(&world);
    }
    double fallen = sign * (world.value / before - 1);
    assert_near(fallen, .04, .25);
    while (world.crash == CRASH_RECOVERY) {
        (void)world_step(&world);
    }
    assert_true(world_stress(&world, world.updated_ns) == 0);
    return 1 - sign * (world.value / before - 1) / fallen;
}

static void a_crash_takes_four_percent_and_gives_some_of_it_back(void **state)
{
    (void)state;
    enum { CRASHES = 100 };
    double sum = 0, least = 1, most = 0;
    for (uint64_t seed = 1; seed <= CRASHES; seed++) {
        double share = recovered_share(seed);
        sum += share;
        least = fmin(least, share);
        most = fmax(most, share);
    }
    assert_near(sum / CRASHES, .5, .3);
    assert_true(least < .1 && most > .9);
}

static void the_price_stays_inside_the_book_for_days(void **state)
{
    (void)state;
    static struct world world;
    world_init(&world, sim_preset_find("btc-perp"), SIM_SPIKE, 11, 0);
    run_world(&world, 24);
    assert_int_equal(world.held_count, 0);
    world_init(&world, sim_preset_find("alt-perp"), SIM_TREND, 11, 0);
    run_world(&world, 24);
    assert_int_equal(world.held_count, 0);
    // Put where nothing leads, it is held.
    world.value = 0;
    (void)world_step(&world);
    assert_int_equal(world.held_count, 1);
    assert_true(world.value > 0);
}

// The flow, without anybody else.

struct market {
    struct world world;
    struct flow flow;
    struct matching matching;
    int64_t own_lots; // executed of orders that are not the flow's
};

static void on_executed(void *context, const struct match_execution *execution)
{
    struct market *market = context;
    if (execution->maker_owner != FLOW_OWNER) {
        market->own_lots += execution->lots;
    }
}

static void market_init(struct market *market, const char *preset, enum sim_regime regime)
{
    const struct sim_model *model = sim_preset_find(preset);
    market->own_lots = 0;
    matching_init(&market->matching, (struct book_geometry){.base_ticks = 0, .span = model->span},
                  4096, on_executed, market);
    world_init(&market->world, model, regime, 5, 0);
    flow_init(&market->flow, &market->world, &market->matching, 4000, 5, 0);
}

static void market_fini(struct market *market)
{
    flow_fini(&market->flow);
    matching_fini(&market->matching);
}

static void market_step(struct market *market)
{
    matching_clear_changed(&market->matching);
    if (market->flow.next_ns < market->world.next_ns) {
        flow_step(&market->flow);
        return;
    }
    struct world_event event = world_step(&market->world);
    if (event.kind == WORLD_TAKER) {
        flow_take(&market->flow, &event);
    }
    flow_update(&market->flow, event.ts_ns);
}

static void assert_lists_match_the_book(const struct market *market, uint32_t own_count)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < FLOW_LIST_COUNT; i++) {
        const struct flow_list *list = &market->flow.lists[i];
        for (uint32_t place = 0; place < list->count; place++) {
            const struct flow_end *end = &list->heap[place];
            const struct match_order *order = &market->matching.orders[end->slot];
            assert_true(place == 0 || list->heap[(place - 1) / FLOW_HEAP_CHILDREN].at <= end->at);
            if (order->lots > 0 && order->owner == FLOW_OWNER && order->tag == end->tag) {
                assert_int_equal(order->kind, i);
                assert_int_equal(order->side, i % 2);
                count++;
            }
        }
    }
    assert_int_equal(count + own_count, market->matching.order_count);
}

static void the_lists_hold_exactly_the_background_orders_of_the_book(void **state)
{
    (void)state;
    static struct market market;
    const char *const presets[] = {"alt-perp", "btc-perp"};
    for (int i = 0; i < 2; i++) {
        for (int regime = 0; regime < SIM_REGIME_COUNT; regime++) {
            market_init(&market, presets[i], (enum sim_regime)regime);
            for (int step = 0; step < 40000; step++) {
                market_step(&market);
                if (step % 500 == 0) {
                    assert_lists_match_the_book(&market, 0);
                }
            }
            assert_int_equal(market.flow.dropped_count, 0);
            market_fini(&market);
        }
    }
}

// A foreign order right where makers pull and takers snipe: beyond the efficient price.
static void a_foreign_order_leaves_the_book_only_by_execution(void **state)
{
    (void)state;
    static struct market market;
    market_init(&market, "btc-perp", SIM_CALM);
    for (int step = 0; step < 20000; step++) {
        market_step(&market);
    }
    uint64_t pulls = market.flow.event_counts[FLOW_PULL];
    const int64_t lots = 1000000000;
    struct match_result placed = matching_place(
        &market.matching, &(struct match_request){.side = SIDE_BUY,
                                                  .type = ORDER_LIMIT,
                                                  .tif = TIF_GTC,
                                                  .price_ticks = (int64_t)market.world.value + 50,
                                                  .qty_lots = lots,
                                                  .owner = 1});
    assert_int_equal(placed.outcome, MATCH_RESTING);
    flow_update(&market.flow, market.flow.now_ns);
    for (int step = 0; step < 100000; step++) {
        market_step(&market);
    }
    const struct match_order *order = &market.matching.orders[placed.slot];
    assert_int_equal(order->owner, 1);
    assert_int_equal(order->lots + market.own_lots + placed.executed_lots, lots);
    assert_true(market.own_lots > 0);
    assert_true(market.flow.event_counts[FLOW_PULL] > pulls + 1000);
    assert_lists_match_the_book(&market, 1);
    market_fini(&market);
}

static void background_orders_never_take(void **state)
{
    (void)state;
    static struct market market;
    market_init(&market, "alt-perp", SIM_VOLATILE);
    for (int step = 0; step < 50000; step++) {
        market_step(&market);
        uint32_t bid = market.matching.best[SIDE_BUY], ask = market.matching.best[SIDE_SELL];
        assert_true(bid == 0 || ask == 0 || bid + ask < market.matching.geometry.span);
    }
    assert_int_equal(market.flow.dropped_count, 0); // a post-only order that crosses is dropped
    market_fini(&market);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_have_the_means_of_their_laws),
        cmocka_unit_test(exponential_draws_have_mean_and_variance_one_and_stay_bounded),
        cmocka_unit_test(lags_and_distances_are_whole_and_bounded),
        cmocka_unit_test(takers_never_bring_more_than_nine_tenths_of_a_taker_each),
        cmocka_unit_test(takers_come_at_the_predicted_rate),
        cmocka_unit_test(the_chain_visits_every_regime_for_about_its_share),
        cmocka_unit_test(what_follows_a_regime_is_certain),
        cmocka_unit_test(a_crash_takes_four_percent_and_gives_some_of_it_back),
        cmocka_unit_test(the_price_stays_inside_the_book_for_days),
        cmocka_unit_test(the_lists_hold_exactly_the_background_orders_of_the_book),
        cmocka_unit_test(a_foreign_order_leaves_the_book_only_by_execution),
        cmocka_unit_test(background_orders_never_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
