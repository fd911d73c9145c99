#include "market/signals.h"

#include "cmocka_all.h"

#include <math.h>

static const int64_t MS = 1000000;
static const struct book_geometry geometry = {.base_ticks = 0, .span = 100000};
static const struct own_quotes nothing = {0};

static void set(struct book *book, enum side side, int64_t price, uint32_t lots)
{
    (void)book_set(book, side, geometry_index(geometry, side, price), lots);
}

static void open_book(struct book *book)
{
    assert_int_equal(book_init(book, geometry), MM_OK);
    set(book, SIDE_BUY, 9999, 10);
    set(book, SIDE_BUY, 9998, 20);
    set(book, SIDE_BUY, 9990, 70);
    set(book, SIDE_SELL, 10001, 30);
    set(book, SIDE_SELL, 10003, 40);
}

static void the_touch_the_mid_and_the_microprice_come_from_the_best_levels(void **state)
{
    (void)state;
    struct book book;
    open_book(&book);
    struct signals signals;
    signals_init(&signals, &(struct signals_config){0});
    signals_update(&signals, &book, &nothing, BOTH_SIDES, 0);
    assert_int_equal(signals.best_ticks[SIDE_BUY], 9999);
    assert_int_equal(signals.best_lots[SIDE_SELL], 30);
    assert_int_equal(signals.mid_half_ticks, 20000);
    // (10001 * 10 + 9999 * 30) / 40 = 9999.5
    assert_true(fabs(signals.microprice_half_ticks - 19999.0) < 1e-9);
    book_fini(&book);
}

static void an_empty_side_leaves_the_last_valid_mid(void **state)
{
    (void)state;
    struct book book;
    open_book(&book);
    struct signals signals;
    signals_init(&signals, &(struct signals_config){0});
    signals_update(&signals, &book, &nothing, BOTH_SIDES, 0);
    set(&book, SIDE_SELL, 10001, 0);
    set(&book, SIDE_SELL, 10003, 0);
    signals_update(&signals, &book, &nothing, BOTH_SIDES, MS);
    assert_int_equal(signals.mid_half_ticks, 0);
    assert_int_equal(signals.last_mid_half_ticks, 20000);
    assert_int_equal(signals.last_mid_ns, 0);
    assert_int_equal(signals.best_lots[SIDE_SELL], 0);
    signals_look_near(&signals, &book, &nothing, 100, false);
    assert_int_equal(signals.depth_lots[SIDE_SELL], 0);
    assert_int_equal(signals.depth_lots[SIDE_BUY], 100);
    book_fini(&book);
}

static void our_own_orders_are_not_part_of_the_market(void **state)
{
    (void)state;
    struct book book;
    open_book(&book);
    set(&book, SIDE_BUY, 10000, 5); // ours alone: the touch of others is 9999
    set(&book, SIDE_BUY, 9998, 25); // five of them ours
    struct own_quotes own = {
        .of[SIDE_BUY] = {.count = 2, .quotes = {{true, 10000, 5}, {true, 9998, 5}}}};
    struct signals signals;
    signals_init(&signals, &(struct signals_config){0});
    signals_update(&signals, &book, &own, BOTH_SIDES, 0);
    assert_int_equal(signals.mid_half_ticks, 20000);
    signals_look_near(&signals, &book, &own, 1, false);
    assert_int_equal(signals.depth_lots[SIDE_BUY], 30);
    assert_true(fabs(signals.imbalance - 30.0 / 170.0) < 1e-12);
    signals_look_near(&signals, &book, &own, 9, true);
    assert_int_equal(signals.depth_lots[SIDE_BUY], 100);
    assert_true(signals.imbalance == 0);
    book_fini(&book);
}

static void an_order_that_may_not_have_arrived_is_taken_out_only_where_it_fits(void **state)
{
    (void)state;
    struct book book;
    open_book(&book);
    struct signals signals;
    signals_init(&signals, &(struct signals_config){0});
    struct own_quotes pending = {.of[SIDE_BUY] = {.count = 1, .quotes = {{false, 9999, 15}}}};
    signals_update(&signals, &book, &pending, BOTH_SIDES,
                   0); // ten at the level: ours is not among them
    assert_int_equal(signals.best_lots[SIDE_BUY], 10);
    set(&book, SIDE_BUY, 9999, 25);
    signals_update(&signals, &book, &pending, BOTH_SIDES, 0);
    assert_int_equal(signals.best_lots[SIDE_BUY], 10);
    // A fill that the feed shows before we are told: what is left of ours is not others'.
    struct own_quotes sure = {.of[SIDE_BUY] = {.count = 1, .quotes = {{true, 9999, 40}}}};
    signals_update(&signals, &book, &sure, BOTH_SIDES, 0);
    assert_int_equal(signals.best_ticks[SIDE_BUY], 9998);
    book_fini(&book);
}

static void what_was_not_looked_at_is_known(void **state)
{
    (void)state;
    struct book book;
    open_book(&book);
    struct signals signals;
    signals_init(&signals, &(struct signals_config){.imbalance_levels = 2});
    signals_update(&signals, &book, &nothing, BOTH_SIDES, 0);
    // The range ends at 9998 and 10002; the second bid level is within it, the second ask level is
    // not.
    signals_look_near(&signals, &book, &nothing, 1, false);
    assert_int_equal(signals.seen_index[SIDE_BUY], geometry_index(geometry, SIDE_BUY, 9998));
    assert_int_equal(signals.seen_index[SIDE_SELL], geometry_index(geometry, SIDE_SELL, 10003));
    signals_look_near(&signals, &book, &nothing, 5, false);
    assert_int_equal(signals.seen_index[SIDE_BUY], geometry_index(geometry, SIDE_BUY, 9994));
    assert_int_equal(signals.seen_index[SIDE_SELL], geometry_index(geometry, SIDE_SELL, 10006));
    signals_look_near(&signals, &book, &nothing, 1, true);
    assert_int_equal(signals.seen_index[SIDE_SELL], geometry_index(geometry, SIDE_SELL, 10002));
    // Fewer levels than asked for: any new one would count.
    signals.config.imbalance_levels = 3;
    signals_look_near(&signals, &book, &nothing, 1, false);
    assert_int_equal(signals.seen_index[SIDE_SELL], 0);
    book_fini(&book);
}

// Moves the best ask between 10001 and 10003, so that the mid jumps by one tick of 10,000.
static void jump(struct book *book, struct signals *signals, int step, int64_t now_ns)
{
    set(book, SIDE_SELL, 10001, step % 2 == 0 ? 30 : 0);
    signals_update(signals, book, &nothing, BOTH_SIDES, now_ns);
}

static void volatility_is_per_root_second_whatever_the_spacing_of_updates(void **state)
{
    (void)state;
    static const int64_t spacings[3] = {100000000, 250000000, 1000000000};
    for (int i = 0; i < 3; i++) {
        struct book book;
        open_book(&book);
        struct signals signals;
        signals_init(&signals, &(struct signals_config){0});
        double volatility = 0;
        assert_false(signals_volatility_bps(&signals, &volatility));
        for (int step = 0; step * spacings[i] < 200000 * MS; step++) {
            jump(&book, &signals, step, step * spacings[i]);
        }
        // One bps a step: sqrt(steps per second) bps per root second.
        assert_true(signals_volatility_bps(&signals, &volatility));
        assert_true(fabs(volatility - sqrt(1e9 / (double)spacings[i])) < 0.02 * volatility);
        book_fini(&book);
    }
}

static void volatility_forgets_with_its_time_constant(void **state)
{
    (void)state;
    struct book book;
    open_book(&book);
    struct signals signals;
    signals_init(&signals, &(struct signals_config){.volatility_tau_ns = 10000 * MS});
    int64_t now = 0;
    for (int step = 0; step < 2000; step++, now += 100 * MS) {
        jump(&book, &signals, step, now);
    }
    double before = 0;
    double after = 0;
    assert_true(signals_volatility_bps(&signals, &before));
    for (int step = 0; step < 100; step++, now += 100 * MS) { // ten quiet seconds
        signals_update(&signals, &book, &nothing, BOTH_SIDES, now);
    }
    assert_true(signals_volatility_bps(&signals, &after));
    assert_true(fabs(after / before - exp(-0.5)) < 0.01); // the variance falls by e
    book_fini(&book);
}

static void drift_is_the_change_over_the_horizon(void **state)
{
    (void)state;
    struct book book;
    open_book(&book);
    struct signals signals;
    signals_init(&signals, &(struct signals_config){0});
    double drift = 0;
    for (int i = 0; i <= 9; i++) {
        signals_update(&signals, &book, &nothing, BOTH_SIDES, i * 100 * MS);
        assert_false(signals_drift_bps(&signals, &drift));
    }
    set(&book, SIDE_SELL, 10001,
        0); // the mid rises by half a tick... of two: one tick in half ticks
    signals_update(&signals, &book, &nothing, BOTH_SIDES, 1000 * MS);
    assert_true(signals_drift_bps(&signals, &drift));
    assert_true(fabs(drift - 1.0) < 1e-9);
    for (int i = 11; i <= 20; i++) {
        signals_update(&signals, &book, &nothing, BOTH_SIDES, i * 100 * MS);
    }
    assert_true(signals_drift_bps(&signals, &drift));
    assert_true(fabs(drift) < 1e-9);
    book_fini(&book);
}

static void a_reset_forgets_everything_but_the_last_mid(void **state)
{
    (void)state;
    struct book book;
    open_book(&book);
    struct signals signals;
    signals_init(&signals, &(struct signals_config){0});
    for (int step = 0; step < 100; step++) {
        jump(&book, &signals, step, step * 100 * MS);
    }
    signals_reset(&signals);
    double value;
    assert_false(signals_volatility_bps(&signals, &value));
    assert_false(signals_drift_bps(&signals, &value));
    assert_int_equal(signals.mid_half_ticks, 0);
    assert_true(signals.last_mid_half_ticks > 0);
    book_fini(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_touch_the_mid_and_the_microprice_come_from_the_best_levels),
        cmocka_unit_test(an_empty_side_leaves_the_last_valid_mid),
        cmocka_unit_test(our_own_orders_are_not_part_of_the_market),
        cmocka_unit_test(an_order_that_may_not_have_arrived_is_taken_out_only_where_it_fits),
        cmocka_unit_test(what_was_not_looked_at_is_known),
        cmocka_unit_test(volatility_is_per_root_second_whatever_the_spacing_of_updates),
        cmocka_unit_test(volatility_forgets_with_its_time_constant),
        cmocka_unit_test(drift_is_the_change_over_the_horizon),
        cmocka_unit_test(a_reset_forgets_everything_but_the_last_mid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
