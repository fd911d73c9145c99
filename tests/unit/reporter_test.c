// The words and documents of a run.
#include "soak/reporter.h"

#include "cmocka_all.h"

#include <string.h>

static struct run_config config;

static int resolve(void **state)
{
    (void)state;
    return config_resolve(&(struct config_options){.iterations = "250"}, &config);
}

// A window that earned, with one proposal applied and one refused.
static struct iteration_record sample_record(uint32_t iteration)
{
    struct iteration_record record = {
        .iteration = iteration,
        .summary = {.from_ns = (int64_t)iteration * 1000,
                    .to_ns = (int64_t)iteration * 1000 + 1000,
                    .part_quote_e9 = {[KPI_GROSS] = 5000, [KPI_ADVERSE] = 2000, [KPI_NET] = 3000},
                    .notional_quote_e9 = 10000000,
                    .has_bps = true,
                    .fill_count = 3,
                    .volume_lots = 3,
                    .maker_volume_lots = 3,
                    .equity_change_quote_e9 = 3000,
                    .position_lots = -(int64_t)iteration},
        .gate = {.verdict = GATE_PASS},
        .state_hash = "0123456789abcdef0123456789abcdef",
    };
    record.proposal.entry_count = 1;
    record.proposal.entries[0] = (struct tuner_entry){.rule = TUNER_ZONE_NORMALIZE,
                                                      .param = PARAM_MIN_INTERVAL_MS,
                                                      .delta = -3,
                                                      .fate = TUNER_PROPOSED,
                                                      .why = "all is well"};
    record.proposal.deltas[PARAM_MIN_INTERVAL_MS] = -3;
    record.proposal.deltas[PARAM_TAIL_AGE_MS] = 5;
    record.outcome.action = GUARD_APPLY;
    record.outcome.before = record.outcome.after = config.params;
    record.outcome.after.steps[PARAM_MIN_INTERVAL_MS] -= 3;
    record.outcome.fate[PARAM_MIN_INTERVAL_MS] = (struct guard_fate){.proposed = -3, .applied = -3};
    record.outcome.fate[PARAM_TAIL_AGE_MS] =
        (struct guard_fate){.proposed = 5, .reason = GUARD_REASON_COOLDOWN};
    return record;
}

static void money_is_rounded_half_away_from_zero(void **state)
{
    (void)state;
    static const struct {
        int64_t money_e9;
        int decimals;
        const char *text;
    } cases[] = {
        {0, 2, "+0.00"},
        {INT64_C(1234567891), 9, "+1.234567891"},
        {INT64_C(1235000000), 2, "+1.24"},
        {INT64_C(-1235000000), 2, "-1.24"},
        {INT64_C(-4999999), 2, "+0.00"}, // nothing is negative
        {INT64_C(1500000000), 0, "+2"},
        {INT64_C(999999999), 3, "+1.000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[DECIMAL_TEXT_SIZE];
        report_money(cases[i].money_e9, cases[i].decimals, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void nothing_is_shown_as_minus_zero(void **state)
{
    (void)state;
    static const struct {
        double value;
        int decimals;
        const char *text;
    } cases[] = {{-0.004, 2, "0.00"}, {-0.0, 2, "0.00"},     {-0.006, 2, "-0.01"},
                 {-0.04, 1, "0.0"},   {-0.06, 1, "-0.1"},    {0.004, 2, "0.00"},
                 {-1.25, 2, "-1.25"}, {-0.0004, 3, "0.000"}, {-0.4, 0, "0"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        int decimals = cases[i].decimals;
        (void)snprintf(text, sizeof text, "%.*f", decimals, report_shown(cases[i].value, decimals));
        assert_string_equal(text, cases[i].text);
    }
}

static void every_change_says_what_and_why(void **state)
{
    (void)state;
    struct iteration_record record = sample_record(1);
    struct report_change changes[REPORT_CHANGES_MAX];
    assert_int_equal(report_changes(&record, REPORT_APPLIED, changes), 1);
    assert_string_equal(changes[0].text, "min_interval_ms 70 -> 67; zone_normalize: all is well");
    assert_int_equal(report_changes(&record, REPORT_ALL, changes), 2);
    assert_non_null(strstr(changes[1].text, "tail_age_ms stays 650, asked 700: cooldown"));
    assert_string_equal(report_skip_reason(&record), "");
}

static void a_panic_says_that_the_safe_profile_is_back(void **state)
{
    (void)state;
    struct iteration_record record = sample_record(1);
    record.outcome.action = GUARD_PANIC;
    record.outcome.after = params_of_profile(PARAMS_STEADY_SAFE);
    struct report_change changes[REPORT_CHANGES_MAX];
    uint32_t count = report_changes(&record, REPORT_ALL, changes);
    assert_true(count > 1);
    assert_string_equal(changes[0].text, "panic");
    assert_string_equal(changes[1].text,
                        "min_interval_ms 70 -> 75: panic, back to the safe profile, not 67 as "
                        "zone_normalize asked: all is well");
}

static void what_the_tuner_withdrew_says_why(void **state)
{
    (void)state;
    struct iteration_record record = sample_record(1);
    record.proposal.entries[1] = (struct tuner_entry){.rule = TUNER_NET_LOW,
                                                      .param = PARAM_BASE_SPREAD_BPS_DELTA,
                                                      .delta = 4,
                                                      .fate = TUNER_WIDER_LOSES,
                                                      .why = "too little"};
    record.proposal.entry_count = 2;
    struct report_change changes[REPORT_CHANGES_MAX];
    assert_int_equal(report_changes(&record, REPORT_ALL, changes), 3);
    assert_string_equal(changes[1].text,
                        "base_spread_bps_delta stays 0.14, asked 0.16: withdrawn (net per hour is "
                        "lower than with a narrower spread); net_low: too little");
    assert_int_equal(report_changes(&record, REPORT_APPLIED, changes), 1);
}

static void what_changed_nothing_says_who_stopped_it(void **state)
{
    (void)state;
    struct iteration_record record = sample_record(1);
    record.outcome.after = record.outcome.before;
    record.outcome.action = GUARD_KEEP;
    record.outcome.skip_reason = GUARD_REASON_COOLDOWN;
    assert_string_equal(report_skip_reason(&record), "cooldown");
    snprintf(record.proposal.note, sizeof record.proposal.note, "too few fills");
    assert_string_equal(report_skip_reason(&record), "too few fills");
}

static void the_totals_are_of_all_iterations_and_the_lists_of_the_newest(void **state)
{
    (void)state;
    struct run_record run;
    run_record_init(&run, &config);
    for (uint32_t i = 1; i <= 250; i++) {
        struct iteration_record record = sample_record(i);
        run_record_add(&run, &record);
    }
    assert_int_equal(run.total.fill_count, 750);
    assert_int_equal(run.total.part_quote_e9[KPI_NET], 750000);
    assert_int_equal(run.total.position_lots, -250);
    assert_int_equal(run.total.from_ns, 1000);
    assert_int_equal(run.total.to_ns, 251000);
    assert_int_equal(run.tuning.applied, 250);
    assert_int_equal(run.tuning.refused, 250);
    assert_int_equal(run.tuning.by_reason[GUARD_REASON_COOLDOWN], 250);
    assert_int_equal(run_record_first(&run), 151);
    assert_int_equal(run_record_at(&run, 250)->iteration, 250);
    json_t *document = report_tuning(&run);
    json_t *iterations = json_object_get(document, "iterations");
    assert_int_equal(json_array_size(iterations), RUN_RECORDS_MAX);
    const json_t *first = json_object_get(json_array_get(iterations, 0), "iteration");
    assert_int_equal(json_integer_value(first), 151);
    json_decref(document);
    run_record_fini(&run);
    run_record_fini(&run);
}

static void unknown_is_null_and_not_zero(void **state)
{
    (void)state;
    struct kpi_summary empty = {.from_ns = 1, .to_ns = 2};
    json_t *document = metrics_summary_json(&empty);
    static const char *const unknown[] = {"net_bps",          "adverse_bps_p95", "order_age_p95_ms",
                                          "p95_latency_ms",   "risk_ratio",      "cancel_ratio",
                                          "maker_taker_ratio"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        assert_true(json_is_null(json_object_get(document, unknown[i])));
    }
    assert_int_equal(json_integer_value(json_object_get(document, "net_quote_e9")), 0);
    json_decref(document);
}

static void a_run_without_iterations_has_a_report_too(void **state)
{
    (void)state;
    struct run_record run;
    struct text text = {0};
    run_record_init(&run, &config);
    run.venue = "sim";
    run.end = RUN_STOPPED;
    report_markdown(&run, &text);
    assert_non_null(strstr(text_string(&text), "INCONCLUSIVE"));
    assert_non_null(strstr(text_string(&text), "stopped by a signal"));
    text_fini(&text);
    run_record_fini(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_is_rounded_half_away_from_zero),
        cmocka_unit_test(nothing_is_shown_as_minus_zero),
        cmocka_unit_test(every_change_says_what_and_why),
        cmocka_unit_test(a_panic_says_that_the_safe_profile_is_back),
        cmocka_unit_test(what_the_tuner_withdrew_says_why),
        cmocka_unit_test(what_changed_nothing_says_who_stopped_it),
        cmocka_unit_test(the_totals_are_of_all_iterations_and_the_lists_of_the_newest),
        cmocka_unit_test(unknown_is_null_and_not_zero),
        cmocka_unit_test(a_run_without_iterations_has_a_report_too),
    };
    return cmocka_run_group_tests(tests, resolve, NULL);
}
