// What the whole bot meets on the synthetic market: steady_safe passes the gate in calm and fails
// it in a spike, and each of the six parameters does what it is for. Fixed seeds; the parameters
// are compared on the same worlds, as bench_pairs does at length.
#include "bot_run.h"
#include "cmocka_all.h"
#include "kpi/kpi_names.h"

#include <math.h>

static const int64_t MINUTE_NS = INT64_C(60) * 1000000000;

static void run_bot(const struct bot_run *run, const struct params *params, struct kpi_summary *out)
{
    const struct bot_setting setting = {.params = *params};
    assert_int_equal(bot_run_simulated(run, &setting, out), MM_OK);
}

// The profile on four seeds of 4 hours: how many fail the gate, how many pass it whole, and
// the net of all in bps of what was traded.
struct judged {
    uint32_t failed, passed;
    double net_bps;
};

static struct judged judge_steady_safe(enum sim_regime regime)
{
    static struct kpi_summary summary;
    struct params params = params_of_profile(PARAMS_STEADY_SAFE);
    struct judged judged = {0};
    struct bot_run run;
    double net = 0, notional = 0;
    assert_int_equal(bot_run_init(&run, "alt-perp", 240 * MINUTE_NS), MM_OK);
    run.sim.regime = regime;
    for (run.sim.seed = 1; run.sim.seed <= 4; run.sim.seed++) {
        struct gate_result result;
        run_bot(&run, &params, &summary);
        gate_window(&run.config.preset.gate, &summary, &result);
        judged.failed += result.verdict == GATE_FAIL;
        judged.passed += result.verdict == GATE_PASS;
        net += (double)summary.part_quote_e9[KPI_NET];
        notional += (double)summary.notional_quote_e9;
    }
    judged.net_bps = net / notional * 1e4;
    print_message("steady_safe in %s: net %.3f bps\n", sim_regime_name(regime), judged.net_bps);
    return judged;
}

static void steady_safe_passes_the_soft_gate_in_calm(void **state)
{
    (void)state;
    struct judged judged = judge_steady_safe(SIM_CALM);
    assert_int_equal(judged.passed, 4);
    assert_true(judged.net_bps > 2.9 && judged.net_bps < 3.3);
}

static void steady_safe_fails_the_hard_gate_in_a_spike(void **state)
{
    (void)state;
    struct judged judged = judge_steady_safe(SIM_SPIKE);
    assert_int_equal(judged.passed, 0);
    assert_true(judged.failed >= 3);
    assert_true(judged.net_bps < 1);
}

// What the parameter's high bound changes against its low one.
struct effect {
    enum param_id id;
    enum sim_regime regime;
    enum kpi_name kpi;
    int sign;
};

static double kpi_of(const struct bot_run *run, const struct params *params, enum kpi_name kpi)
{
    static struct kpi_summary summary;
    run_bot(run, params, &summary);
    struct kpi_value value = kpi_value(&summary, kpi);
    assert_true(value.has);
    return value.real;
}

static void hold_effect(const struct effect *effect)
{
    const struct param_spec *spec = &param_specs[effect->id];
    const int seeds = 12;
    const double student = 2.201; // 95 %, 11 degrees of freedom
    double sum = 0, square = 0;
    struct bot_run run;
    assert_int_equal(bot_run_init(&run, "alt-perp", 30 * MINUTE_NS), MM_OK);
    run.sim.regime = effect->regime;
    for (run.sim.seed = 1; run.sim.seed <= (uint64_t)seeds; run.sim.seed++) {
        struct params low = run.config.params, high = run.config.params;
        low.steps[effect->id] = spec->live_min;
        high.steps[effect->id] = spec->live_max;
        double difference = kpi_of(&run, &high, effect->kpi) - kpi_of(&run, &low, effect->kpi);
        sum += difference;
        square += difference * difference;
    }
    double mean = sum / seeds;
    double half = student * sqrt((square - sum * mean) / (seeds - 1) / seeds);
    print_message("%s in %s: %s %+.4g +- %.2g\n", spec->key, sim_regime_name(effect->regime),
                  kpi_name_specs[effect->kpi].name, mean, half);
    assert_true(effect->sign * mean > half);
}

static void each_parameter_does_what_it_is_for(void **state)
{
    (void)state;
    static const struct effect effects[PARAM_COUNT] = {
        {PARAM_MIN_INTERVAL_MS, SIM_CALM, KPI_ORDER_AGE_P95_MS, 1},
        {PARAM_REPLACE_RATE_PER_MIN, SIM_CALM, KPI_ORDER_AGE_P95_MS, -1},
        {PARAM_BASE_SPREAD_BPS_DELTA, SIM_CALM, KPI_FILLS_PER_HOUR, -1},
        {PARAM_TAIL_AGE_MS, SIM_CALM, KPI_CANCEL_RATIO, -1},
        {PARAM_IMPACT_CAP_RATIO, SIM_THIN, KPI_NOTIONAL_QUOTE_E9, 1}, // where depth is scarce
        {PARAM_MAX_DELTA_RATIO, SIM_CALM, KPI_NOTIONAL_QUOTE_E9, 1},
    };
    for (int i = 0; i < PARAM_COUNT; i++) {
        hold_effect(&effects[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady_safe_passes_the_soft_gate_in_calm),
        cmocka_unit_test(steady_safe_fails_the_hard_gate_in_a_spike),
        cmocka_unit_test(each_parameter_does_what_it_is_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
