// The bounded store behind every 95th percentile.
#include "kpi/kpi_samples.h"

#include "base/random.h"
#include "cmocka_all.h"

static int64_t p95_of(const int64_t *values, uint32_t count)
{
    struct samples samples;
    samples_init(&samples, 256);
    for (uint32_t i = 0; i < count; i++) {
        samples_add(&samples, values[i]);
    }
    int64_t result = 0;
    assert_true(samples_take_p95(&samples, &result));
    samples_fini(&samples);
    return result;
}

static void no_sample_gives_no_value(void **state)
{
    (void)state;
    struct samples samples;
    samples_init(&samples, 2);
    int64_t value = 77;
    assert_false(samples_take_p95(&samples, &value));
    assert_int_equal(value, 77);
    samples_fini(&samples);
    samples_fini(NULL);
}

static void p95_is_the_sorted_value_at_the_floor_of_95_percent(void **state)
{
    (void)state;
    int64_t falling[200];
    for (int i = 0; i < 200; i++) {
        falling[i] = 199 - i;
    }
    // sorted[floor(0.95 n)] of 0 .. n-1 is floor(0.95 n) itself.
    static const struct {
        uint32_t count, index;
    } cases[] = {{1, 0}, {2, 1}, {3, 2}, {19, 18}, {20, 19}, {21, 19}, {40, 38}, {100, 95}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int64_t *values = &falling[200 - cases[i].count];
        assert_int_equal(p95_of(values, cases[i].count), cases[i].index);
    }
}

static void repeated_and_negative_values_are_values(void **state)
{
    (void)state;
    static const int64_t same[] = {5, 5, 5, 5, 5, 5};
    static const int64_t mixed[] = {-3, 0, INT64_MIN, -3, INT64_MAX, -3};
    assert_int_equal(p95_of(same, 6), 5);
    assert_int_equal(p95_of(mixed, 6), INT64_MAX);
    assert_int_equal(p95_of(mixed, 4), 0);
}

static void taking_the_value_empties_the_store(void **state)
{
    (void)state;
    struct samples samples;
    samples_init(&samples, 4);
    for (int i = 0; i < 100; i++) {
        samples_add(&samples, i);
    }
    int64_t value = 0;
    assert_true(samples_take_p95(&samples, &value));
    assert_false(samples_take_p95(&samples, &value));
    samples_add(&samples, 3);
    assert_true(samples_take_p95(&samples, &value));
    assert_int_equal(value, 3);
    samples_fini(&samples);
}

static void a_full_store_keeps_evenly_spread_samples(void **state)
{
    (void)state;
    struct samples samples;
    samples_init(&samples, 7); // counts as 8
    for (int i = 0; i < 1000; i++) {
        samples_add(&samples, i);
        assert_true(samples.count <= 8);
        for (uint32_t k = 0; k < samples.count; k++) {
            assert_int_equal(samples.values[k], k * samples.stride);
        }
    }
    samples_fini(&samples);
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void selecting_agrees_with_sorting(void **state)
{
    (void)state;
    enum { ROUNDS = 300, SIZE_MAX_TESTED = 64 };
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct random_stream stream;
        random_init(&stream, 1, RANDOM_TEST, round);
        uint32_t count = 1 + (uint32_t)random_below(&stream, SIZE_MAX_TESTED);
        uint64_t distinct = 1 + random_below(&stream, 20);
        int64_t values[SIZE_MAX_TESTED], sorted[SIZE_MAX_TESTED];
        for (uint32_t i = 0; i < count; i++) {
            values[i] = sorted[i] = (int64_t)random_below(&stream, distinct) - 5;
        }
        qsort(sorted, count, sizeof sorted[0], compare);
        uint32_t index = (uint32_t)random_below(&stream, count);
        assert_int_equal(samples_select(values, count, index), sorted[index]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_sample_gives_no_value),
        cmocka_unit_test(p95_is_the_sorted_value_at_the_floor_of_95_percent),
        cmocka_unit_test(repeated_and_negative_values_are_values),
        cmocka_unit_test(taking_the_value_empties_the_store),
        cmocka_unit_test(a_full_store_keeps_evenly_spread_samples),
        cmocka_unit_test(selecting_agrees_with_sorting),
    };
    return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
