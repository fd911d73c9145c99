// When a window, and a run, passes, warns, fails or says nothing.
#include "kpi/gate.h"

#include "cmocka_all.h"

#include <string.h>

enum { FILLS = 100 };

// A window that passes every default level.
static struct kpi_summary good(void)
{
    struct kpi_summary s = {.to_ns = 900000000000,
                            .fill_count = FILLS,
                            .notional_quote_e9 = 1000,
                            .volume_lots = 1000,
                            .maker_volume_lots = 900,
                            .decision_count = 1000,
                            .decision_risk_count = 100,
                            .has_bps = true};
    s.part_bps[KPI_NET] = 3.0;
    s.has_p95[KPI_SAMPLE_ADVERSE_BPS_E4] = s.has_p95[KPI_SAMPLE_SLIPPAGE_BPS_E4] = true;
    s.has_p95[KPI_SAMPLE_LATENCY_NS] = true;
    s.p95[KPI_SAMPLE_ADVERSE_BPS_E4] = 20000;
    s.p95[KPI_SAMPLE_SLIPPAGE_BPS_E4] = 10000;
    s.p95[KPI_SAMPLE_LATENCY_NS] = 100000000;
    return s;
}

static struct gate_result judge(const struct kpi_summary *summary)
{
    struct gate_levels levels = gate_levels_default();
    struct gate_result result;
    gate_window(&levels, summary, &result);
    return result;
}

static void a_good_window_passes_without_findings(void **state)
{
    (void)state;
    struct kpi_summary s = good();
    struct gate_result result = judge(&s);
    assert_int_equal(result.verdict, GATE_PASS);
    assert_int_equal(result.finding_count, 0);
}

static void each_level_bites_just_beyond_itself(void **state)
{
    (void)state;
    enum field { NET, RISK, MAKER, LATENCY, ADVERSE, SLIPPAGE };
    static const struct {
        enum field field;
        double value;
        enum gate_verdict verdict;
    } cases[] = {
        {NET, 2.7, GATE_PASS},        {NET, 2.6999, GATE_WARN},     {NET, 2.0, GATE_WARN},
        {NET, 1.9999, GATE_FAIL},     {RISK, 400, GATE_PASS},       {RISK, 401, GATE_WARN},
        {RISK, 500, GATE_WARN},       {RISK, 501, GATE_FAIL},       {MAKER, 850, GATE_PASS},
        {MAKER, 849, GATE_WARN},      {MAKER, 830, GATE_WARN},      {MAKER, 829, GATE_FAIL},
        {LATENCY, 350e6, GATE_PASS},  {LATENCY, 351e6, GATE_WARN},  {LATENCY, 400e6, GATE_WARN},
        {LATENCY, 401e6, GATE_FAIL},  {ADVERSE, 30000, GATE_PASS},  {ADVERSE, 30001, GATE_WARN},
        {ADVERSE, 900000, GATE_WARN}, {SLIPPAGE, 25000, GATE_PASS}, {SLIPPAGE, 25001, GATE_WARN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kpi_summary s = good();
        int64_t value = (int64_t)cases[i].value;
        switch (cases[i].field) {
        case NET:
            s.part_bps[KPI_NET] = cases[i].value;
            break;
        case RISK:
            s.decision_risk_count = (uint64_t)value;
            break;
        case MAKER:
            s.maker_volume_lots = value;
            break;
        case LATENCY:
            s.p95[KPI_SAMPLE_LATENCY_NS] = value;
            break;
        case ADVERSE:
            s.p95[KPI_SAMPLE_ADVERSE_BPS_E4] = value;
            break;
        default:
            s.p95[KPI_SAMPLE_SLIPPAGE_BPS_E4] = value;
            break;
        }
        struct gate_result result = judge(&s);
        assert_int_equal(result.verdict, cases[i].verdict);
        assert_int_equal(result.finding_count, cases[i].verdict != GATE_PASS);
    }
}

static void a_finding_says_value_limit_and_why(void **state)
{
    (void)state;
    struct kpi_summary s = good();
    s.part_bps[KPI_NET] = 1.25;
    struct gate_result result = judge(&s);
    assert_int_equal(result.findings[0].reason, GATE_REASON_HARD_LEVEL);
    assert_int_equal(result.findings[0].kpi, KPI_NET_BPS);
    assert_true(result.findings[0].value == 1.25 && result.findings[0].limit == 2.0);
    assert_string_equal(result.findings[0].text, "net_bps 1.25 is below the hard level 2");
}

static void a_level_without_data_is_never_passed(void **state)
{
    (void)state;
    struct kpi_summary s = good();
    s.has_p95[KPI_SAMPLE_LATENCY_NS] = false;
    struct gate_result result = judge(&s);
    assert_int_equal(result.verdict, GATE_INCONCLUSIVE);
    assert_int_equal(result.findings[0].reason, GATE_REASON_NO_DATA);
    assert_string_equal(result.findings[0].text, "p95_latency_ms has no data");
}

static void a_metric_without_levels_needs_no_data(void **state)
{
    (void)state;
    struct kpi_summary s = good();
    s.has_p95[KPI_SAMPLE_LATENCY_NS] = false;
    struct gate_levels levels = gate_levels_default();
    levels.of[GATE_SOFT][GATE_LATENCY_MS].has = false;
    levels.of[GATE_HARD][GATE_LATENCY_MS].has = false;
    struct gate_result result;
    gate_window(&levels, &s, &result);
    assert_int_equal(result.verdict, GATE_PASS);
}

static void few_fills_say_nothing_about_what_fills_measure(void **state)
{
    (void)state;
    struct kpi_summary s = good();
    s.fill_count = 29;
    s.part_bps[KPI_NET] = -50;
    struct gate_result result = judge(&s);
    assert_int_equal(result.verdict, GATE_INCONCLUSIVE);
    assert_int_equal(result.finding_count, 1);
    assert_string_equal(result.findings[0].text, "29 fills, 30 are needed to judge");
    s.fill_count = 30;
    assert_int_equal(judge(&s).verdict, GATE_FAIL);
}

static void few_fills_do_not_excuse_risk(void **state)
{
    (void)state;
    struct kpi_summary s = good();
    s.fill_count = 0;
    s.decision_risk_count = 900;
    struct gate_result result = judge(&s);
    assert_int_equal(result.verdict, GATE_FAIL);
    assert_int_equal(result.finding_count, 2);
}

static void the_worst_reason_wins_in_any_order(void **state)
{
    (void)state;
    for (int first = 0; first < GATE_REASON_COUNT; first++) {
        for (int second = 0; second < GATE_REASON_COUNT; second++) {
            struct gate_result result = {.verdict = GATE_PASS};
            gate_add(&result, (enum gate_reason)first, "one");
            gate_add(&result, (enum gate_reason)second, "two");
            enum gate_verdict a = gate_reason_verdict((enum gate_reason)first);
            enum gate_verdict b = gate_reason_verdict((enum gate_reason)second);
            assert_int_equal(result.verdict, a > b ? a : b);
            assert_string_equal(result.findings[1].text, "two");
        }
    }
    assert_true(GATE_PANIC > GATE_FAIL && GATE_FAIL > GATE_ERROR);
    assert_true(GATE_ERROR > GATE_INCONCLUSIVE && GATE_INCONCLUSIVE > GATE_WARN);
}

static void a_full_list_keeps_the_verdict(void **state)
{
    (void)state;
    struct gate_result result = {.verdict = GATE_PASS};
    for (int i = 0; i < GATE_REASON_MAX; i++) {
        gate_add(&result, GATE_REASON_SOFT_LEVEL, "again");
    }
    gate_add(&result, GATE_REASON_PANIC, "too late for words");
    assert_int_equal(result.finding_count, GATE_REASON_MAX);
    assert_int_equal(result.verdict, GATE_PANIC);
}

// One letter per window: P W I E F and X for PANIC.
static struct gate_run run_of(const char *letters, bool halted)
{
    static const char order[] = "PWIEFX";
    enum gate_verdict verdicts[64];
    size_t count = strlen(letters);
    for (size_t i = 0; i < count; i++) {
        verdicts[i] = (enum gate_verdict)(strchr(order, letters[i]) - order);
    }
    struct gate_run run;
    gate_run(verdicts, count, halted, &run);
    return run;
}

static void a_run_is_judged_on_its_last_eight_windows(void **state)
{
    (void)state;
    static const struct {
        const char *windows;
        bool halted;
        enum gate_verdict verdict;
    } cases[] = {
        {"", false, GATE_INCONCLUSIVE},
        {"P", false, GATE_PASS},
        {"W", false, GATE_WARN},
        {"F", false, GATE_FAIL},
        {"I", false, GATE_INCONCLUSIVE},
        {"PP", false, GATE_PASS},
        {"PF", false, GATE_FAIL},   // 2 of 2 are needed
        {"PPFP", false, GATE_PASS}, // 3 of 4
        {"PFFP", false, GATE_FAIL},
        {"PPIFPP", false, GATE_FAIL}, // 5 of 6 are needed
        {"PPPFPP", false, GATE_PASS},
        {"FFPPPPPP", false, GATE_PASS}, // 6 of 8
        {"FFFPPPPP", false, GATE_FAIL},
        {"FFFFPPPPPPPP", false, GATE_PASS}, // the last 8 only
        {"WPPPPPPPP", false, GATE_PASS},    // the WARN is the ninth from the end
        {"PWPPPPPPP", false, GATE_WARN},
        {"WFFPPPPP", false, GATE_WARN},
        {"IIIIPPPP", false, GATE_FAIL}, // half is not most
        {"IIIIIPPP", false, GATE_INCONCLUSIVE},
        {"IIIIIIIF", false, GATE_INCONCLUSIVE},
        {"EEEEEEEE", false, GATE_FAIL},
        {"PPPPPPPP", true, GATE_FAIL},
        {"XPPPPPPPPPP", false, GATE_FAIL}, // a panic is never forgotten
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gate_run run = run_of(cases[i].windows, cases[i].halted);
        if (run.verdict != cases[i].verdict) {
            fail_msg("%s is %s", cases[i].windows, gate_verdict_name(run.verdict));
        }
        assert_true(run.text[0] != '\0');
    }
}

static void the_needed_count_is_three_quarters_rounded_up(void **state)
{
    (void)state;
    static const uint32_t needed[] = {0, 1, 2, 3, 3, 4, 5, 6, 6, 6};
    static const char windows[] = "PPPPPPPPP";
    for (size_t count = 0; count <= 9; count++) {
        assert_int_equal(run_of(&windows[9 - count], false).needed_count, needed[count]);
    }
}

static void a_run_says_of_how_many_windows_it_speaks(void **state)
{
    (void)state;
    static const struct {
        const char *windows, *text;
    } cases[] = {{"", "there was no window"},
                 {"P", "the only window passed"},
                 {"I", "the only window is inconclusive"},
                 {"F", "the only window failed"},
                 {"PWI", "2 of 3 windows passed (3 needed), 1 inconclusive"},
                 {"FPPPPPPPI", "7 of the last 8 windows passed (6 needed), 1 inconclusive"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct gate_run run = run_of(cases[i].windows, false);
        assert_string_equal(run.text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_says_of_how_many_windows_it_speaks),
        cmocka_unit_test(a_good_window_passes_without_findings),
        cmocka_unit_test(each_level_bites_just_beyond_itself),
        cmocka_unit_test(a_finding_says_value_limit_and_why),
        cmocka_unit_test(a_level_without_data_is_never_passed),
        cmocka_unit_test(a_metric_without_levels_needs_no_data),
        cmocka_unit_test(few_fills_say_nothing_about_what_fills_measure),
        cmocka_unit_test(few_fills_do_not_excuse_risk),
        cmocka_unit_test(the_worst_reason_wins_in_any_order),
        cmocka_unit_test(a_full_list_keeps_the_verdict),
        cmocka_unit_test(a_run_is_judged_on_its_last_eight_windows),
        cmocka_unit_test(the_needed_count_is_three_quarters_rounded_up),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
