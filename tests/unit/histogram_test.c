// The histogram's buckets, and its quantiles against sorting.
#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { VALUES = 5000 };

static void buckets_meet_and_widen_with_their_octave(void **state)
{
    (void)state;
    assert_int_equal(histogram_upper_ns(0), 1024);
    assert_int_equal(histogram_upper_ns(1), 1152);
    assert_int_equal(histogram_upper_ns(8), 2048);
    assert_int_equal(histogram_upper_ns(9), 2304);
    assert_int_equal(histogram_upper_ns(HISTOGRAM_BUCKETS - 2), INT64_C(1) << 38);
    for (uint32_t i = 0; i + 1 < HISTOGRAM_BUCKETS; i++) {
        struct histogram histogram = {0};
        int64_t upper = histogram_upper_ns(i);
        histogram_add(&histogram, upper - 1);
        histogram_add(&histogram, upper);
        assert_int_equal(histogram.buckets[i], 1);
        assert_int_equal(histogram.buckets[i + 1], 1);
        assert_int_equal(histogram_below(&histogram, upper), 1);
    }
}

static void what_is_outside_is_counted_at_the_ends(void **state)
{
    (void)state;
    struct histogram histogram = {0};
    assert_int_equal(histogram_quantile_ns(&histogram, 0.5), -1);
    histogram_add(&histogram, -5);
    histogram_add(&histogram, INT64_MAX / 4);
    assert_int_equal(histogram.buckets[0], 1);
    assert_int_equal(histogram.buckets[HISTOGRAM_BUCKETS - 1], 1);
    assert_int_equal(histogram_quantile_ns(&histogram, 0.99), INT64_MAX / 4);
    assert_int_equal(histogram.sum_ns, INT64_MAX / 4);
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void quantiles_are_within_an_eighth_of_the_sorted_ones(void **state)
{
    (void)state;
    static int64_t values[VALUES];
    struct histogram histogram = {0};
    for (uint64_t i = 0; i < VALUES; i++) {
        values[i] = 2000 + (int64_t)((i * UINT64_C(2654435761) + i * i * 40503) % 900000007);
        histogram_add(&histogram, values[i]);
    }
    qsort(values, VALUES, sizeof values[0], compare);
    const double qs[] = {0, 0.01, 0.5, 0.9, 0.99, 0.999, 1};
    for (size_t i = 0; i < sizeof qs / sizeof qs[0]; i++) {
        size_t rank = (size_t)(qs[i] * VALUES);
        int64_t exact = values[rank < VALUES ? rank : VALUES - 1];
        int64_t found = histogram_quantile_ns(&histogram, qs[i]);
        assert_true(found >= exact && found <= exact + exact / 8 + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_meet_and_widen_with_their_octave),
        cmocka_unit_test(what_is_outside_is_counted_at_the_ends),
        cmocka_unit_test(quantiles_are_within_an_eighth_of_the_sorted_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
