// The text of metrics, byte for byte.
#include "observe/metrics.h"

#include "cmocka_all.h"

#include <math.h>
#include <string.h>

static void families_and_samples_are_written_as_prometheus_reads_them(void **state)
{
    (void)state;
    struct text text = {0};
    struct metrics metrics = {.out = &text};
    metrics_single(&metrics, "a_total", METRIC_COUNTER, "All of them.", 3);
    metrics_family(&metrics, "b", METRIC_GAUGE, "Some.");
    metrics_add(&metrics, (struct metric_label){"kind", "a \"b\"\\\n"}, 0.1);
    const struct metric_label two[] = {{"x", "1"}, {"y", "2"}};
    metrics_add_labels(&metrics, two, 2, -INFINITY);
    metrics_add(&metrics, (struct metric_label){NULL, NULL}, NAN);
    assert_string_equal(text_string(&text), "# HELP a_total All of them.\n"
                                            "# TYPE a_total counter\n"
                                            "a_total 3\n"
                                            "# HELP b Some.\n"
                                            "# TYPE b gauge\n"
                                            "b{kind=\"a \\\"b\\\"\\\\\\n\"} 0.10000000000000001\n"
                                            "b{x=\"1\",y=\"2\"} -Inf\n"
                                            "b NaN\n");
    text_fini(&text);
}

static void one_state_of_a_set_holds_or_none(void **state)
{
    (void)state;
    static const char *const names[] = {"on", "off"};
    struct text text = {0};
    struct metrics metrics = {.out = &text, .name = "s"};
    metrics_add_states(&metrics, "state", names, 2, "off");
    metrics_add_states(&metrics, "state", names, 2, NULL);
    assert_string_equal(text_string(&text), "s{state=\"on\"} 0\ns{state=\"off\"} 1\n"
                                            "s{state=\"on\"} 0\ns{state=\"off\"} 0\n");
    text_fini(&text);
}

static void a_histogram_is_cumulative_in_seconds(void **state)
{
    (void)state;
    struct text text = {0};
    struct metrics metrics = {.out = &text, .name = "h"};
    struct histogram histogram = {0};
    histogram_add(&histogram, 1000000);
    histogram_add(&histogram, 3000000);
    histogram_add(&histogram, 500000000);
    metrics_add_histogram(&metrics, (struct metric_label){"of", "x"}, &histogram, 20, 22);
    assert_string_equal(text_string(&text), "h_bucket{of=\"x\",le=\"0.001048576\"} 1\n"
                                            "h_bucket{of=\"x\",le=\"0.002097152\"} 1\n"
                                            "h_bucket{of=\"x\",le=\"0.004194304\"} 2\n"
                                            "h_bucket{of=\"x\",le=\"+Inf\"} 3\n"
                                            "h_sum{of=\"x\"} 0.504\n"
                                            "h_count{of=\"x\"} 3\n");
    text_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_and_samples_are_written_as_prometheus_reads_them),
        cmocka_unit_test(one_state_of_a_set_holds_or_none),
        cmocka_unit_test(a_histogram_is_cumulative_in_seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
