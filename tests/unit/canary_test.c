// How likely a panic by chance is, and what the page says of spikes.
#include "soak/canary.h"

#include "cmocka_all.h"

#include <string.h>

// Published values of the exact recursion for a run of N failures within 288 and 96 windows.
static void the_probability_of_a_panic_is_that_of_the_table(void **state)
{
    (void)state;
    static const struct {
        double rate;
        uint32_t windows, fails;
        double probability, tolerance;
    } cases[] = {
        {.01, 288, 2, .0280, 5e-5}, {.01, 288, 3, .00028, 5e-6}, {.02, 288, 2, .1065, 5e-5},
        {.05, 288, 3, .0334, 5e-5}, {.10, 288, 4, .0253, 5e-5},  {.20, 288, 5, .0703, 5e-5},
        {.01, 96, 2, .0094, 5e-5},  {.02, 96, 3, .0007, 5e-5},   {.05, 96, 3, .0111, 5e-5},
        {.10, 96, 3, .0815, 5e-5},  {.20, 96, 4, .1131, 5e-5},   {.20, 96, 5, .0234, 5e-5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double got = canary_panic_probability(cases[i].rate, cases[i].windows, cases[i].fails);
        assert_true(got > cases[i].probability - cases[i].tolerance);
        assert_true(got < cases[i].probability + cases[i].tolerance);
    }
}

static void the_ends_of_the_probability_are_certain(void **state)
{
    (void)state;
    assert_true(canary_panic_probability(0, 1000, 1) <= 0);
    assert_true(canary_panic_probability(1, 3, 3) >= 1);
    assert_true(canary_panic_probability(1, 2, 3) <= 0);
    assert_true(canary_panic_probability(0.5, 0, 1) <= 0);
}

// Wilson's interval for 1 of 96 and for none of 10 (0.2775: z^2 / (n + z^2)).
static void the_upper_rate_is_wilsons(void **state)
{
    (void)state;
    double none = canary_rate_upper(0, 10), one = canary_rate_upper(1, 96);
    assert_true(none > 0.2775 && none < 0.2776);
    assert_true(one > 0.0566 && one < 0.0568);
    assert_true(canary_rate_upper(10, 10) <= 1);
}

struct window {
    enum gate_verdict verdict;
    bool spiked;
};

// The page of a run of these windows, which last a minute each.
static struct text page_of(const struct window *windows, uint32_t count)
{
    struct config_options options = {.iterations = "9", .window = "1m"};
    struct run_config config;
    struct run_record run;
    assert_int_equal(config_resolve(&options, &config), MM_OK);
    run_record_init(&run, &config);
    run.instrument.settle[0] = 'X';
    run.venue = "sim";
    run.window_ns = config.window_ns;
    for (uint32_t i = 0; i < count; i++) {
        struct iteration_record record = {.iteration = i + 1, .has_regimes = true};
        record.gate.verdict = windows[i].verdict;
        record.regime_ns[SIM_CALM] = 59;
        record.regime_ns[SIM_SPIKE] = windows[i].spiked;
        run_record_add(&run, &record);
    }
    struct text page = {0};
    canary_report(&run, (struct canary_machine){0}, (struct canary_machine){0}, &page);
    run_record_fini(&run);
    return page;
}

static void assert_says(const struct text *page, const char *words)
{
    if (strstr(text_string(page), words) == NULL) {
        fail_msg("'%s' is not in\n%s", words, text_string(page));
    }
}

static void the_time_to_recover_runs_from_a_spike_to_a_good_window_without_one(void **state)
{
    (void)state;
    const struct window windows[] = {{GATE_PASS, false}, {GATE_PASS, true},  {GATE_FAIL, true},
                                     {GATE_FAIL, false}, {GATE_WARN, false}, {GATE_FAIL, false},
                                     {GATE_WARN, true},  {GATE_PASS, false}, {GATE_FAIL, true}};
    struct text page = page_of(windows, 9);
    assert_says(&page, "- window 2: PASS; good again in window 5 (WARN), 3m after");
    assert_says(&page, "- window 7: WARN; good again in window 8 (PASS), 1m after");
    assert_says(&page, "- window 9: FAIL; the run ended before");
    assert_says(&page, "3 spikes; recovered after 2.0 windows on average, 3 at most.");
    text_fini(&page);
}

static void without_a_spike_there_is_none(void **state)
{
    (void)state;
    const struct window windows[] = {{GATE_PASS, false}, {GATE_FAIL, false}};
    struct text page = page_of(windows, 2);
    assert_says(&page, "\n0 spikes.\n");
    text_fini(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_probability_of_a_panic_is_that_of_the_table),
        cmocka_unit_test(the_ends_of_the_probability_are_certain),
        cmocka_unit_test(the_upper_rate_is_wilsons),
        cmocka_unit_test(the_time_to_recover_runs_from_a_spike_to_a_good_window_without_one),
        cmocka_unit_test(without_a_spike_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
