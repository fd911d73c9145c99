// The step after a window, from its KPIs to the sentence that tells of it.
#include "soak/tuning.h"

#include "base/log.h"
#include "cmocka_all.h"
#include "soak/reporter.h"

#include <stdio.h>
#include <string.h>

static struct run_config config;
static struct tuning tuning;

static int set_up(void **state)
{
    (void)state;
    log_init(stderr, LOG_OFF);
    struct config_options options = {.mock = true, .iterations = "9"};
    int code = config_resolve(&options, &config);
    tuning_init(&tuning, &config, 1);
    return code;
}

// A good window with `maker_lots` of 100 from makers.
static struct iteration_record window(uint32_t iteration, int64_t maker_lots)
{
    struct iteration_record record = {.iteration = iteration};
    record.summary = (struct kpi_summary){.from_ns = (iteration - 1) * INT64_C(900000000000),
                                          .to_ns = iteration * INT64_C(900000000000),
                                          .fill_count = 100,
                                          .notional_quote_e9 = INT64_C(1000000000000),
                                          .volume_lots = 100,
                                          .maker_volume_lots = maker_lots,
                                          .decision_count = 1000,
                                          .has_bps = true};
    for (int sample = 0; sample < KPI_SAMPLE_COUNT; sample++) {
        record.summary.has_p95[sample] = true;
        record.summary.p95[sample] = 1;
    }
    record.summary.part_bps[KPI_NET] = 2.8;
    record.summary.part_quote_e9[KPI_NET] = INT64_C(280000000);
    return record;
}

static void expect_change(const struct iteration_record *record, const char *text)
{
    struct report_change changes[REPORT_CHANGES_MAX];
    uint32_t count = report_changes(record, REPORT_ALL, changes);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(changes[i].text, text) == 0) {
            return;
        }
    }
    fail_msg("no change reads: %s", text);
}

static void a_venue_that_has_us_take_is_answered_by_maker_boost(void **state)
{
    (void)state;
    struct iteration_record record = window(1, 84);
    tuning_step(&tuning, &record);
    assert_int_equal(record.gate.verdict, GATE_WARN);
    assert_int_equal(record.outcome.action, GUARD_APPLY);
    expect_change(&record, "min_interval_ms 70 -> 80; maker_boost: maker_taker_ratio 0.84 is below "
                           "0.85 while net_bps is 2.8");
    expect_change(&record,
                  "base_spread_bps_delta 0.14 -> 0.155; maker_boost: maker_taker_ratio 0.84 "
                  "is below 0.85 while net_bps is 2.8");
    assert_int_equal(tuning.history.count, 1);
}

static void a_loss_limit_outweighs_the_window_and_lasts(void **state)
{
    (void)state;
    struct iteration_record record = window(1, 100);
    record.halt_reason = "loss from peak";
    tuning_step(&tuning, &record);
    assert_int_equal(record.gate.verdict, GATE_PANIC);
    assert_string_equal(record.gate.findings[0].text, "trading was halted: loss from peak");
}

static void with_the_tuner_off_nothing_is_proposed_or_remembered(void **state)
{
    (void)state;
    config.tuner_on = false;
    struct iteration_record record = window(1, 84);
    tuning_step(&tuning, &record);
    assert_int_equal(record.proposal.entry_count, 0);
    assert_string_equal(report_skip_reason(&record), "the tuner is off");
    assert_int_equal(tuning.history.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_venue_that_has_us_take_is_answered_by_maker_boost, set_up),
        cmocka_unit_test_setup(a_loss_limit_outweighs_the_window_and_lasts, set_up),
        cmocka_unit_test_setup(with_the_tuner_off_nothing_is_proposed_or_remembered, set_up),
    };
    return cmocka_run_group_tests_name("tuning", tests, NULL, NULL);
}
