#include "engine/fill_history.h"

#include "cmocka_all.h"

static struct engine_fill_row fill_at(int64_t ts_ns, enum side side, int64_t price_ticks)
{
    return (struct engine_fill_row){.side = side,
                                    .local_ts_ns = ts_ns,
                                    .price_ticks = price_ticks,
                                    .qty_lots = 2,
                                    .mid_half_ticks = 2 * 1000,
                                    .maker = true,
                                    .provenance = {.rule = FILL_QUEUE}};
}

static void add_many(struct fill_history *history, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        struct engine_fill_row row = fill_at(i * 10, i % 3 == 0 ? SIDE_SELL : SIDE_BUY, 999);
        fill_history_add(history, &row);
    }
}

static void few_fills_are_all_kept(void **state)
{
    (void)state;
    struct fill_history history;
    fill_history_init(&history, 100, 0, 1000);
    add_many(&history, 100);
    assert_int_equal(history.count, 100);
    assert_int_equal(history.stride, 1);
    assert_int_equal(history.records[99].number, 99);
    assert_int_equal(history.records[99].row.local_ts_ns, 990);
    fill_history_fini(&history);
}

static void many_fills_are_thinned_evenly(void **state)
{
    (void)state;
    struct fill_history history;
    fill_history_init(&history, 99, 0, 1000); // an odd capacity counts as one more
    add_many(&history, 12345);
    assert_int_equal(history.fill_count, 12345);
    assert_int_equal(history.stride, 128);
    assert_int_equal(history.count, 12345 / 128 + 1);
    for (uint32_t i = 0; i < history.count; i++) {
        assert_int_equal(history.records[i].number, 128 * i);
        assert_int_equal(history.records[i].row.local_ts_ns, 1280 * i);
    }
    fill_history_fini(&history);
}

static void spans_count_every_fill_however_long_the_run(void **state)
{
    (void)state;
    struct fill_history history;
    fill_history_init(&history, 2, 0, 1);
    add_many(&history, 9000);
    assert_in_range(history.span_count, FILL_SPANS_MAX / 2, FILL_SPANS_MAX);
    uint64_t count[2] = {0};
    int64_t lots[2] = {0};
    for (uint32_t i = 0; i < history.span_count; i++) {
        for (int side = 0; side < 2; side++) {
            count[side] += history.spans[i].of[side].count;
            lots[side] += history.spans[i].of[side].qty_lots;
        }
    }
    assert_int_equal(count[SIDE_SELL], 3000);
    assert_int_equal(count[SIDE_BUY], 6000);
    assert_int_equal(lots[SIDE_BUY], 12000);
    assert_true(history.spans[0].of[SIDE_BUY].price_lots ==
                999.0 * (double)history.spans[0].of[SIDE_BUY].qty_lots);
    fill_history_fini(&history);
}

static void rules_are_summed_over_all_fills(void **state)
{
    (void)state;
    struct fill_history history;
    fill_history_init(&history, 2, 0, 1000);
    struct engine_fill_row good = fill_at(1, SIDE_BUY, 999), bad = fill_at(2, SIDE_BUY, 1001);
    bad.provenance.rule = FILL_BEST_CROSSED;
    for (int i = 0; i < 10; i++) {
        fill_history_add(&history, &good);
        fill_history_add(&history, &bad);
    }
    const struct fill_rule_sum *queue = &history.rules[FILL_QUEUE];
    const struct fill_rule_sum *crossed = &history.rules[FILL_BEST_CROSSED];
    assert_int_equal(queue->count, 10);
    assert_int_equal(crossed->qty_lots, 20);
    assert_true(queue->edge_bps_lots / queue->edge_lots > 10.0);
    assert_true(crossed->edge_bps_lots / crossed->edge_lots < -9.9);
    assert_int_equal(history.rules[FILL_TAKER].count, 0);
    fill_history_fini(&history);
}

static void a_markout_reaches_its_own_fill(void **state)
{
    (void)state;
    struct fill_history history;
    fill_history_init(&history, 100, 0, 1000);
    add_many(&history, 10);
    fill_history_markout(&history, 1, 2010);
    fill_history_markout(&history, 4, 2040); // 2 and 3 were measured early
    assert_int_equal(history.records[0].later_half_ticks, 0);
    assert_int_equal(history.records[1].later_half_ticks, 2010);
    assert_int_equal(history.records[3].later_half_ticks, 0);
    assert_int_equal(history.records[4].later_half_ticks, 2040);
    assert_true(history.rules[FILL_QUEUE].markout_lots == 4.0);
    fill_history_markout(&history, 2, 2020); // too late
    fill_history_markout(&history, 77, 2077);
    assert_int_equal(history.records[2].later_half_ticks, 0);
    assert_true(history.rules[FILL_QUEUE].markout_lots == 4.0);
    fill_history_fini(&history);
}

static void a_markout_of_a_fill_that_is_not_kept_still_counts(void **state)
{
    (void)state;
    struct fill_history history;
    fill_history_init(&history, 2, 0, 1000);
    add_many(&history, 100);
    for (uint64_t i = 0; i < 100; i++) {
        fill_history_markout(&history, i, 2000 + (int64_t)i);
    }
    assert_true(history.rules[FILL_QUEUE].markout_lots == 200.0);
    for (uint32_t i = 0; i < history.count; i++) {
        const struct fill_record *record = &history.records[i];
        assert_int_equal(record->later_half_ticks, 2000 + (int64_t)record->number);
    }
    fill_history_fini(&history);
}

static void more_fills_than_can_wait_leave_the_oldest_without_a_markout(void **state)
{
    (void)state;
    struct fill_history history;
    fill_history_init(&history, 100000, 0, 1000);
    add_many(&history, FILL_PENDING_MAX + 5);
    fill_history_markout(&history, 4, 2004);
    fill_history_markout(&history, 5, 2005);
    assert_int_equal(history.records[4].later_half_ticks, 0);
    assert_int_equal(history.records[5].later_half_ticks, 2005);
    fill_history_fini(&history);
}

static void a_gain_is_signed_by_the_side(void **state)
{
    (void)state;
    assert_true(fill_gain_bps(SIDE_BUY, 10000, 20002) > 0.99);
    assert_true(fill_gain_bps(SIDE_SELL, 10000, 20002) < -0.99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_fills_are_all_kept),
        cmocka_unit_test(many_fills_are_thinned_evenly),
        cmocka_unit_test(spans_count_every_fill_however_long_the_run),
        cmocka_unit_test(rules_are_summed_over_all_fills),
        cmocka_unit_test(a_markout_reaches_its_own_fill),
        cmocka_unit_test(a_markout_of_a_fill_that_is_not_kept_still_counts),
        cmocka_unit_test(more_fills_than_can_wait_leave_the_oldest_without_a_markout),
        cmocka_unit_test(a_gain_is_signed_by_the_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
