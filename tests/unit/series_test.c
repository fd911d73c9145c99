#include "engine/series.h"

#include "base/random.h"
#include "cmocka_all.h"

static struct engine_sample sample_at(int64_t now_ns, int64_t value)
{
    struct engine_sample sample = {.now_ns = now_ns,
                                   .mid_half_ticks = value + 1000,
                                   .position_lots = -value,
                                   .drawdown_quote_e9 = value > 0 ? value : 0};
    sample.part_quote_e9[KPI_NET] = 3 * value;
    return sample;
}

static void it_keeps_every_sample_until_it_is_full(void **state)
{
    (void)state;
    struct series series;
    series_init(&series, 10);
    for (int64_t i = 0; i < 10; i++) {
        struct engine_sample sample = sample_at(100 + i, i);
        series_add(&series, &sample);
    }
    assert_int_equal(series.count, 10);
    assert_int_equal(series.samples_per_point, 1);
    for (int64_t i = 0; i < 10; i++) {
        assert_int_equal(series.points[i].last.now_ns, 100 + i);
        assert_int_equal(series.points[i].mid_half_ticks.low, 1000 + i);
        assert_int_equal(series.points[i].mid_half_ticks.high, 1000 + i);
    }
    series_fini(&series);
}

static void it_never_holds_more_than_its_capacity_nor_less_than_half(void **state)
{
    (void)state;
    struct series series;
    series_init(&series, 7); // an odd capacity counts as one more
    for (int64_t i = 0; i < 10000; i++) {
        struct engine_sample sample = sample_at(i, i % 13);
        series_add(&series, &sample);
        assert_in_range(series.count, i < 4 ? (uint64_t)i + 1 : 4, 8);
    }
    series_fini(&series);
}

static void points_stay_in_order_and_take_in_equal_numbers_of_samples(void **state)
{
    (void)state;
    struct series series;
    series_init(&series, 8);
    for (int64_t i = 0; i < 1000; i++) {
        struct engine_sample sample = sample_at(i, 0);
        series_add(&series, &sample);
    }
    assert_int_equal(series.samples_per_point, 128);
    for (uint32_t i = 0; i + 1 < series.count; i++) {
        assert_int_equal(series.points[i].last.now_ns, 128 * (i + 1) - 1);
    }
    assert_int_equal(series.points[series.count - 1].last.now_ns, 999);
    assert_int_equal(series.samples_in_last, 1000 - 128 * (series.count - 1));
    series_fini(&series);
}

static void a_point_keeps_its_last_sample_whole(void **state)
{
    (void)state;
    struct series series;
    series_init(&series, 2);
    for (int64_t i = 0; i < 64; i++) {
        struct engine_sample sample = sample_at(i, i * i % 17);
        series_add(&series, &sample);
    }
    for (uint32_t i = 0; i < series.count; i++) {
        const struct engine_sample *last = &series.points[i].last;
        struct engine_sample expected = sample_at(last->now_ns, last->now_ns * last->now_ns % 17);
        assert_memory_equal(last, &expected, sizeof expected);
    }
    series_fini(&series);
}

static void a_single_spike_survives_any_thinning(void **state)
{
    (void)state;
    struct random_stream random;
    random_init(&random, 3, RANDOM_TEST, 0);
    for (int round = 0; round < 50; round++) {
        struct series series;
        series_init(&series, 2 + (uint32_t)random_below(&random, 40));
        int64_t count = 2 + (int64_t)random_below(&random, 5000);
        int64_t peak_at = (int64_t)random_below(&random, (uint64_t)count);
        for (int64_t i = 0; i < count; i++) {
            struct engine_sample sample = sample_at(i, i == peak_at ? 900 : 5);
            series_add(&series, &sample);
        }
        uint32_t found = 0;
        for (uint32_t i = 0; i < series.count; i++) {
            const struct series_point *point = &series.points[i];
            bool holds = point->mid_half_ticks.high == 1900;
            assert_true(holds == (point->position_lots.low == -900));
            assert_true(holds == (point->net_quote_e9.high == 2700));
            assert_true(holds == (point->drawdown_high_quote_e9 == 900));
            found += holds;
        }
        assert_int_equal(found, 1);
        series_fini(&series);
    }
}

static void a_mid_that_is_not_known_is_no_extreme(void **state)
{
    (void)state;
    struct series series;
    series_init(&series, 2);
    for (int64_t i = 0; i < 8; i++) {
        struct engine_sample sample = sample_at(i, 7);
        sample.mid_half_ticks = i < 6 ? 0 : 1007;
        series_add(&series, &sample);
    }
    assert_int_equal(series.count, 2);
    assert_int_equal(series.points[0].mid_half_ticks.high, 0);
    assert_int_equal(series.points[1].mid_half_ticks.low, 1007);
    series_fini(&series);
}

static void the_interval_is_the_shortest_round_one_that_fits(void **state)
{
    (void)state;
    assert_int_equal(series_interval_ns(0, 1000), 1000000);
    assert_int_equal(series_interval_ns(INT64_C(999999999), 1000), 1000000);
    assert_int_equal(series_interval_ns(INT64_C(1000000000), 1000), 2000000);
    assert_int_equal(series_interval_ns(INT64_C(4000000000), 1000), 5000000);
    assert_int_equal(series_interval_ns(INT64_C(5000000000), 1000), 10000000);
    assert_int_equal(series_interval_ns(INT64_C(86400000000000), 100000), 1000000000);
    assert_int_equal(series_interval_ns(INT64_MAX, 1000), 100000000);
    assert_true(INT64_C(9000000000000000000) / series_interval_ns(9000000000000000000, 2) < 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_keeps_every_sample_until_it_is_full),
        cmocka_unit_test(it_never_holds_more_than_its_capacity_nor_less_than_half),
        cmocka_unit_test(points_stay_in_order_and_take_in_equal_numbers_of_samples),
        cmocka_unit_test(a_point_keeps_its_last_sample_whole),
        cmocka_unit_test(a_single_spike_survives_any_thinning),
        cmocka_unit_test(a_mid_that_is_not_known_is_no_extreme),
        cmocka_unit_test(the_interval_is_the_shortest_round_one_that_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
