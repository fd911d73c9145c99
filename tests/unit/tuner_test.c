// Every rule firing by itself, what it moves, and which rule wins.
#include "soak/tuner.h"

#include "cmocka_all.h"

#include <string.h>

enum {
    INTERVAL = PARAM_MIN_INTERVAL_MS,
    RATE = PARAM_REPLACE_RATE_PER_MIN,
    SPREAD = PARAM_BASE_SPREAD_BPS_DELTA,
    TAIL = PARAM_TAIL_AGE_MS,
    IMPACT = PARAM_IMPACT_CAP_RATIO,
    DELTA = PARAM_MAX_DELTA_RATIO
};

// What a case changes of a dull window: one in which no rule fires.
struct case_kpis {
    double net_bps, risk, maker;                    // dull: 2.8, 0.37, 0.9
    double latency_ms, adverse, slippage;           // p95; dull: 100, 1, 1
    double age_ms, lag_ms, cancels;                 // dull: 100, 50, 0.2
    double min_interval_blocks, concurrency_blocks; // of all decisions; dull: 0
};

static const struct case_kpis dull = {2.8, 0.37, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0};

static void set_p95(struct kpi_summary *summary, enum kpi_sample sample, double value)
{
    summary->has_p95[sample] = true;
    summary->p95[sample] = (int64_t)(value + 0.5);
}

static struct kpi_summary summary_of(const struct case_kpis *kpis)
{
    struct kpi_summary s = {.to_ns = INT64_C(3600) * 1000000000,
                            .fill_count = 100,
                            .notional_quote_e9 = 1000000,
                            .volume_lots = 1000,
                            .maker_volume_lots = (int64_t)(1000 * kpis->maker),
                            .decision_count = 10000,
                            .decision_risk_count = (uint64_t)(10000 * kpis->risk + 0.5),
                            .place_count = 800,
                            .cancel_count = (uint64_t)(800 * kpis->cancels / (1 - kpis->cancels)),
                            .has_bps = true};
    s.part_bps[KPI_NET] = kpis->net_bps;
    s.part_quote_e9[KPI_NET] = (int64_t)(kpis->net_bps * 1e9);
    set_p95(&s, KPI_SAMPLE_LATENCY_NS, kpis->latency_ms * 1e6);
    set_p95(&s, KPI_SAMPLE_ADVERSE_BPS_E4, kpis->adverse * 1e4);
    set_p95(&s, KPI_SAMPLE_SLIPPAGE_BPS_E4, kpis->slippage * 1e4);
    set_p95(&s, KPI_SAMPLE_ORDER_AGE_NS, kpis->age_ms * 1e6);
    set_p95(&s, KPI_SAMPLE_FEED_LAG_NS, kpis->lag_ms * 1e6);
    s.block_count[KPI_BLOCK_MIN_INTERVAL] = (uint64_t)(10000 * kpis->min_interval_blocks);
    s.block_count[KPI_BLOCK_CONCURRENCY] = (uint64_t)(10000 * kpis->concurrency_blocks);
    return s;
}

static struct tuner_proposal propose(const struct kpi_summary *summary,
                                     const struct tuner_history *history, struct params params)
{
    struct tuner_rules rules = tuner_rules_default();
    struct tuner_proposal proposal;
    tuner_propose(&rules, history, summary, params, &proposal);
    return proposal;
}

static struct tuner_proposal propose_for(const struct case_kpis *kpis)
{
    struct kpi_summary summary = summary_of(kpis);
    struct tuner_history none = {0};
    return propose(&summary, &none, params_of_profile(PARAMS_DEFAULT));
}

static bool fired(const struct tuner_proposal *proposal, enum tuner_rule rule)
{
    for (uint32_t i = 0; i < proposal->entry_count; i++) {
        if (proposal->entries[i].rule == rule) {
            return true;
        }
    }
    return false;
}

static void a_dull_window_asks_for_nothing(void **state)
{
    (void)state;
    struct tuner_proposal proposal = propose_for(&dull);
    assert_int_equal(proposal.entry_count, 0);
    assert_string_equal(proposal.note, "no rule asks for a change");
}

static const struct {
    struct case_kpis kpis;
    enum tuner_rule rule; // TUNER_RULE_COUNT = none
    int32_t deltas[PARAM_COUNT];
} rule_cases[] = {
    // net risk maker | latency adverse slippage | age lag cancels | blocks
    {{2.8, 0.60, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_ZONE_AGGRESSIVE, {5, 0, 0, 3, -2, 0}},
    {{2.8, 0.59, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_ZONE_MODERATE, {5, 0, 0, 0, 0, 0}},
    {{2.8, 0.40, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_ZONE_MODERATE, {5, 0, 0, 0, 0, 0}},
    {{2.8, 0.39, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_RULE_COUNT, {0}},
    {{3.0, 0.34, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_ZONE_NORMALIZE, {-1, 0, -1, 0, 1, 2}},
    {{3.0, 0.35, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_RULE_COUNT, {0}},
    {{2.99, 0.34, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_SPREAD_CLOSE, {0, 0, -1, 0, 1, 2}},
    {{2.85, 0.34, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_SPREAD_CLOSE, {0, 0, -1, 0, 1, 2}},
    {{2.84, 0.34, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_SIZE_UP, {0, 0, 0, 0, 1, 2}},
    {{2.84, 0.35, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_RULE_COUNT, {0}},
    {{2.5, 0.34, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_SIZE_UP, {0, 0, 0, 0, 1, 2}},
    {{2.49, 0.34, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_NET_LOW, {0, 0, 4, 0, 0, 0}},
    {{2.9, 0.34, 0.9, 100, 1, 1, 100, 121, 0.2, 0, 0}, TUNER_FEED_LAG, {10, 0, 0, 0, 0, 0}},
    {{2.7, 0.40, 0.84, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_MAKER_BOOST, {5, -40, 3, 0, 0, 0}},
    {{2.8, 0.37, 0.84, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_MAKER_BOOST, {10, -40, 3, 0, 0, 0}},
    {{2.8, 0.37, 0.85, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_RULE_COUNT, {0}},
    {{2.8, 0.37, 0.9, 330, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_LATENCY_SOFT, {0, 0, 0, 5, 0, 0}},
    {{2.8, 0.37, 0.9, 360, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_LATENCY_SOFT, {0, 0, 0, 5, 0, 0}},
    {{2.8, 0.37, 0.9, 361, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_LATENCY_HARD, {10, 0, 0, 7, 0, 0}},
    {{2.8, 0.37, 0.9, 329, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_RULE_COUNT, {0}},
    {{2.8, 0.37, 0.9, 100, 3.6, 1, 100, 50, 0.2, 0, 0}, TUNER_DRIVER_ADVERSE, {0, 0, 0, 0, -2, -2}},
    {{2.8, 0.37, 0.9, 100, 3.5, 1, 100, 50, 0.2, 0, 0}, TUNER_RULE_COUNT, {0}},
    {{2.8, 0.37, 0.9, 100, 1, 2.6, 100, 50, 0.2, 0, 0}, TUNER_DRIVER_SLIPPAGE, {0, 0, 4, 3, 0, 0}},
    {{2.8, 0.37, 0.9, 100, 1, 2.5, 100, 50, 0.2, 0, 0}, TUNER_RULE_COUNT, {0}},
    {{2.8, 0.37, 0.9, 100, 4.1, 1, 100, 50, 0.2, 0, 0}, TUNER_EDGE_TAIL, {0, 0, 10, 0, -2, -2}},
    {{2.8, 0.37, 0.9, 100, 1, 3.1, 100, 50, 0.2, 0, 0}, TUNER_EDGE_TAIL, {0, 0, 10, 3, 0, 0}},
    {{2.8, 0.37, 0.9, 100, 1, 1, 100, 50, 0.6, 0, 0}, TUNER_CANCEL_RATIO, {10, -30, 0, 0, 0, 0}},
    {{2.8, 0.37, 0.9, 100, 1, 1, 100, 50, 0.55, 0, 0}, TUNER_RULE_COUNT, {0}},
    {{2.8, 0.37, 0.9, 100, 1, 1, 100, 121, 0.2, 0, 0}, TUNER_FEED_LAG, {10, 0, 0, 0, 0, 0}},
    {{2.8, 0.37, 0.9, 100, 1, 1, 100, 120, 0.2, 0, 0}, TUNER_RULE_COUNT, {0}},
    {{2.4, 0.37, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_NET_LOW, {0, 0, 4, 0, 0, 0}},
    {{2.5, 0.37, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0}, TUNER_RULE_COUNT, {0}},
    {{2.8, 0.37, 0.9, 100, 1, 1, 331, 50, 0.2, 0.05, 0}, TUNER_AGE_RELIEF, {-5, 20, 0, 0, 0, 0}},
    {{2.8, 0.37, 0.9, 100, 1, 1, 331, 50, 0.2, 0.04, 0}, TUNER_RULE_COUNT, {0}},
    {{2.8, 0.37, 0.9, 100, 1, 1, 330, 50, 0.2, 0.05, 0}, TUNER_RULE_COUNT, {0}},
    {{2.8, 0.37, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0.05},
     TUNER_DRIVER_CONCURRENCY,
     {0, -30, 0, 0, 0, 0}},
    {{2.8, 0.37, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0.04}, TUNER_RULE_COUNT, {0}},
    {{2.8, 0.37, 0.9, 100, 1, 1, 100, 50, 0.2, 0.2, 0.05}, TUNER_RULE_COUNT, {0}},
    {{2.8, 0.37, 0.9, 100, 4.1, 1, 100, 121, 0.6, 0, 0},
     TUNER_MULTI_FAILURE,
     {10, -30, 10, 0, 0, 0}},
};

static void each_rule_fires_beyond_its_level_and_moves_what_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rule_cases / sizeof rule_cases[0]; i++) {
        struct tuner_proposal proposal = propose_for(&rule_cases[i].kpis);
        if (memcmp(proposal.deltas, rule_cases[i].deltas, sizeof proposal.deltas) != 0 ||
            (rule_cases[i].rule != TUNER_RULE_COUNT && !fired(&proposal, rule_cases[i].rule))) {
            fail_msg("case %zu: %d %d %d %d %d %d", i, proposal.deltas[0], proposal.deltas[1],
                     proposal.deltas[2], proposal.deltas[3], proposal.deltas[4],
                     proposal.deltas[5]);
        }
    }
}

static void a_loss_names_its_drivers(void **state)
{
    (void)state;
    struct case_kpis kpis = dull;
    kpis.net_bps = -0.5;
    struct kpi_summary summary = summary_of(&kpis);
    struct tuner_history none = {0};
    summary.part_quote_e9[KPI_ADVERSE] = 900;
    summary.part_quote_e9[KPI_SLIPPAGE] = 800;
    summary.part_quote_e9[KPI_FEES] = 700;
    struct tuner_proposal p = propose(&summary, &none, params_of_profile(PARAMS_DEFAULT));
    assert_true(fired(&p, TUNER_DRIVER_ADVERSE) && fired(&p, TUNER_DRIVER_SLIPPAGE));
    summary.part_quote_e9[KPI_FEES] = 1000;
    p = propose(&summary, &none, params_of_profile(PARAMS_DEFAULT));
    assert_true(fired(&p, TUNER_DRIVER_ADVERSE) && !fired(&p, TUNER_DRIVER_SLIPPAGE));
}

static void no_move_goes_past_its_limit_or_back_to_it(void **state)
{
    (void)state;
    static const struct {
        int32_t interval, delta;
    } cases[] = {{68, 5}, {72, 3}, {75, 0}, {80, 0}};
    struct case_kpis kpis = dull;
    kpis.risk = 0.45; // moderate: +5 up to 75
    struct kpi_summary summary = summary_of(&kpis);
    struct tuner_history none = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct params params = params_of_profile(PARAMS_DEFAULT);
        params.steps[INTERVAL] = cases[i].interval;
        assert_int_equal(propose(&summary, &none, params).deltas[INTERVAL], cases[i].delta);
    }
    struct params params = params_of_profile(PARAMS_DEFAULT);
    params.steps[IMPACT] = 24; // -1 down to 18
    assert_int_equal(propose(&summary, &none, params).deltas[IMPACT], -1);
}

static void the_first_rule_to_move_a_parameter_has_it(void **state)
{
    (void)state;
    struct case_kpis kpis = dull;
    kpis.risk = 0.7;
    kpis.adverse = 3.8;
    kpis.latency_ms = 390;
    struct tuner_proposal p = propose_for(&kpis);
    assert_int_equal(p.deltas[INTERVAL], 5); // zone before latency
    assert_int_equal(p.deltas[TAIL], 3);
    assert_int_equal(p.deltas[DELTA], -2); // adverse moves what is left
    for (uint32_t i = 0; i < p.entry_count; i++) {
        bool first = p.entries[i].rule == TUNER_ZONE_AGGRESSIVE ||
                     p.entries[i].param == PARAM_MAX_DELTA_RATIO;
        assert_int_equal(p.entries[i].fate, first ? TUNER_PROPOSED : TUNER_LOST);
        assert_true(p.entries[i].why[0] != '\0');
    }
}

static void two_losing_windows_fall_back_once(void **state)
{
    (void)state;
    struct tuner_rules rules = tuner_rules_default();
    struct params params = params_of_profile(PARAMS_AGGRESSIVE);
    struct tuner_history history = {0};
    struct case_kpis losing = dull, winning = dull;
    losing.net_bps = -1;
    losing.risk = 0.7; // would be another rule's
    static const struct {
        bool loses, falls_back;
    } windows[] = {{true, false},  {true, true},  {true, false}, {true, true},
                   {false, false}, {true, false}, {true, true}};
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        struct kpi_summary summary = summary_of(windows[i].loses ? &losing : &winning);
        struct tuner_proposal p;
        tuner_propose(&rules, &history, &summary, params, &p);
        assert_int_equal(fired(&p, TUNER_FALLBACK), windows[i].falls_back);
        if (windows[i].falls_back) {
            static const int32_t deltas[PARAM_COUNT] = {20, -60, 4, 20, 0, -4};
            assert_memory_equal(p.deltas, deltas, sizeof deltas);
        }
        tuner_remember(&rules, &history, &summary, params, &p);
    }
}

// Windows before that earned each of `per_hour` coins at the defaults but one value.
static struct tuner_history earned(const double *per_hour, uint32_t count, enum param_id param,
                                   int32_t steps)
{
    struct tuner_history history = {.count = count};
    for (uint32_t i = 0; i < count; i++) {
        history.windows[i] = (struct tuner_window){.has_net_per_hour = true,
                                                   .net_per_hour = per_hour[i],
                                                   .has_net_bps = true,
                                                   .net_bps = 3,
                                                   .params = params_of_profile(PARAMS_DEFAULT)};
        history.windows[i].params.steps[param] = steps;
    }
    return history;
}

static struct tuner_history earned_once(double per_hour, int32_t spread_steps)
{
    return earned(&per_hour, 1, PARAM_BASE_SPREAD_BPS_DELTA, spread_steps);
}

static void no_rule_widens_the_spread_while_net_per_hour_falls_with_it(void **state)
{
    (void)state;
    static const struct {
        double per_hour;
        int32_t spread_steps; // of the window before; now 2.4 coins per hour at 28 steps
        bool widens;
    } cases[] = {{2.5, 24, false}, {2.4, 24, true}, {2.5, 28, true}, {2.5, 32, true}};
    struct case_kpis kpis = dull;
    kpis.net_bps = 2.4;
    struct kpi_summary summary = summary_of(&kpis);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tuner_history history = earned_once(cases[i].per_hour, cases[i].spread_steps);
        struct tuner_proposal p = propose(&summary, &history, params_of_profile(PARAMS_DEFAULT));
        assert_true(fired(&p, TUNER_NET_LOW));
        assert_int_equal(p.deltas[SPREAD] > 0, cases[i].widens);
        assert_int_equal(p.entries[0].fate, cases[i].widens ? TUNER_PROPOSED : TUNER_WIDER_LOSES);
        assert_string_equal(p.note, cases[i].widens ? "" : "every move was withdrawn");
    }
}

static void every_rule_that_widens_is_held_by_the_money(void **state)
{
    (void)state;
    struct tuner_rules rules = tuner_rules_default();
    struct tuner_history history = earned_once(100, 24);
    history.windows[0].net_bps = -1; // so that the fallback fires too
    static const struct case_kpis cases[] = {
        {2.8, 0.37, 0.84, 100, 1, 1, 100, 50, 0.2, 0, 0},   // maker boost
        {2.8, 0.37, 0.9, 100, 1, 2.6, 100, 50, 0.2, 0, 0},  // slippage
        {2.8, 0.37, 0.9, 100, 4.1, 1, 100, 50, 0.2, 0, 0},  // edge tail
        {2.8, 0.37, 0.9, 100, 4.1, 1, 100, 121, 0.6, 0, 0}, // multi-failure
        {-1, 0.37, 0.9, 100, 1, 1, 100, 50, 0.2, 0, 0},     // fallback
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kpi_summary summary = summary_of(&cases[i]);
        struct tuner_proposal p;
        tuner_propose(&rules, &history, &summary, params_of_profile(PARAMS_DEFAULT), &p);
        assert_int_equal(p.deltas[SPREAD], 0);
        bool withdrawn = false;
        for (uint32_t k = 0; k < p.entry_count; k++) {
            withdrawn = withdrawn || p.entries[k].fate == TUNER_WIDER_LOSES;
        }
        assert_true(withdrawn);
    }
}

// 2.8 coins an hour now; three windows before scattered around `mean` with the other value, and two
// at the present one.
static struct tuner_proposal after_windows(double mean, enum param_id param, int32_t away)
{
    struct case_kpis kpis = dull;
    kpis.risk = 0.2;
    struct kpi_summary summary = summary_of(&kpis);
    struct params params = params_of_profile(PARAMS_DEFAULT);
    const double there[] = {mean - 0.1, mean, mean + 0.1}, here[] = {2.7, 2.9};
    struct tuner_history history = earned(here, 2, param, params.steps[param]);
    struct tuner_history before = earned(there, 3, param, params.steps[param] + away);
    memcpy(&history.windows[2], before.windows, 3 * sizeof before.windows[0]);
    history.count = 5;
    return propose(&summary, &history, params);
}

static void a_wider_spread_that_clearly_earned_less_is_taken_back(void **state)
{
    (void)state;
    struct tuner_proposal p = after_windows(3.2, PARAM_BASE_SPREAD_BPS_DELTA, -4);
    assert_true(fired(&p, TUNER_SPREAD_RELIEF));
    assert_int_equal(p.deltas[SPREAD], -2);
    p = after_windows(2.95, PARAM_BASE_SPREAD_BPS_DELTA, -4); // within the scatter
    assert_false(fired(&p, TUNER_SPREAD_RELIEF));
    p = after_windows(3.2, PARAM_BASE_SPREAD_BPS_DELTA, 4); // with a wider one
    assert_false(fired(&p, TUNER_SPREAD_RELIEF));
}

static void larger_quotes_that_clearly_earned_less_are_made_smaller(void **state)
{
    (void)state;
    struct tuner_proposal p = after_windows(3.2, PARAM_MAX_DELTA_RATIO, -2);
    assert_true(fired(&p, TUNER_SIZE_RELIEF));
    assert_int_equal(p.deltas[DELTA], -1);
    assert_int_equal(p.deltas[IMPACT], -1);
    p = after_windows(2.95, PARAM_MAX_DELTA_RATIO, -2);
    assert_false(fired(&p, TUNER_SIZE_RELIEF));
    assert_int_equal(p.deltas[DELTA], 2);
}

static void few_windows_are_no_evidence(void **state)
{
    (void)state;
    struct tuner_rules rules = tuner_rules_default();
    struct case_kpis kpis = dull;
    kpis.risk = 0.2;
    struct kpi_summary summary = summary_of(&kpis);
    const double there[] = {99, 99.1};
    struct tuner_history history = earned(there, 2, PARAM_MAX_DELTA_RATIO, 26);
    struct tuner_proposal p;
    rules.evidence_windows = 1;
    tuner_propose(&rules, &history, &summary, params_of_profile(PARAMS_DEFAULT), &p);
    assert_true(fired(&p, TUNER_SIZE_RELIEF));
    rules.evidence_windows = 2; // only this window has the present value
    tuner_propose(&rules, &history, &summary, params_of_profile(PARAMS_DEFAULT), &p);
    assert_false(fired(&p, TUNER_SIZE_RELIEF));
}

static void a_move_for_money_is_not_repeated_where_it_clearly_earned_less(void **state)
{
    (void)state;
    struct case_kpis kpis = dull;
    kpis.risk = 0.2;
    kpis.net_bps = 2.9;
    struct kpi_summary summary = summary_of(&kpis);
    struct params params = params_of_profile(PARAMS_DEFAULT);
    const double here[] = {2.8, 3.0}, there[] = {4.0, 4.1, 4.2};
    struct tuner_history history =
        earned(here, 2, PARAM_BASE_SPREAD_BPS_DELTA, params.steps[SPREAD]);
    struct tuner_history before =
        earned(there, 3, PARAM_BASE_SPREAD_BPS_DELTA, params.steps[SPREAD] + 1);
    memcpy(&history.windows[2], before.windows, 3 * sizeof before.windows[0]);
    history.count = 5;
    struct tuner_proposal p = propose(&summary, &history, params);
    assert_true(fired(&p, TUNER_SPREAD_CLOSE));
    assert_int_equal(p.deltas[SPREAD], 0);
    for (uint32_t i = 0; i < p.entry_count; i++) {
        bool spread = p.entries[i].param == PARAM_BASE_SPREAD_BPS_DELTA;
        assert_int_equal(p.entries[i].fate, spread ? TUNER_LESS_EARNED : TUNER_PROPOSED);
    }
}

static void little_in_bps_is_not_low_when_it_is_much_in_money(void **state)
{
    (void)state;
    struct case_kpis kpis = dull;
    kpis.net_bps = 2.4; // and coins per hour
    struct kpi_summary summary = summary_of(&kpis);
    struct tuner_history history = earned_once(2.3, 28);
    struct tuner_proposal p = propose(&summary, &history, params_of_profile(PARAMS_DEFAULT));
    assert_false(fired(&p, TUNER_NET_LOW));
    history = earned_once(2.4, 28);
    p = propose(&summary, &history, params_of_profile(PARAMS_DEFAULT));
    assert_true(fired(&p, TUNER_NET_LOW));
}

static void nothing_grows_while_trading_loses_whatever_the_levels(void **state)
{
    (void)state;
    struct tuner_rules rules = tuner_rules_default();
    rules.net_low_bps = rules.spread_close_net_bps = -5;
    struct case_kpis kpis = dull;
    kpis.risk = 0.2;
    struct tuner_history none = {0};
    for (int i = 0; i < 2; i++) {
        kpis.net_bps = i == 0 ? 0 : 0.1;
        struct kpi_summary summary = summary_of(&kpis);
        struct tuner_proposal p;
        tuner_propose(&rules, &none, &summary, params_of_profile(PARAMS_DEFAULT), &p);
        assert_int_equal(fired(&p, TUNER_SIZE_UP), i == 1);
        assert_int_equal(fired(&p, TUNER_SPREAD_CLOSE), i == 1);
    }
}

static void quoting_faster_while_widening_under_risk_is_dropped(void **state)
{
    (void)state;
    struct case_kpis kpis = dull;
    kpis.risk = 0.45;
    kpis.slippage = 2.8; // widens
    kpis.age_ms = 400;   // wants a shorter interval, which the zone leaves alone at 75
    kpis.min_interval_blocks = 0.1;
    struct kpi_summary summary = summary_of(&kpis);
    struct params params = params_of_profile(PARAMS_STEADY_SAFE);
    struct tuner_history none = {0};
    struct tuner_proposal p = propose(&summary, &none, params);
    assert_int_equal(p.deltas[SPREAD], 4);
    assert_int_equal(p.deltas[INTERVAL], 0);
    bool seen = false;
    for (uint32_t i = 0; i < p.entry_count; i++) {
        seen = seen ||
               (p.entries[i].fate == TUNER_CONFLICT && p.entries[i].param == PARAM_MIN_INTERVAL_MS);
    }
    assert_true(seen);
}

static void few_fills_say_nothing(void **state)
{
    (void)state;
    struct case_kpis kpis = dull;
    kpis.risk = 0.9;
    struct kpi_summary summary = summary_of(&kpis);
    struct tuner_history none = {0};
    summary.fill_count = 9;
    struct tuner_proposal p = propose(&summary, &none, params_of_profile(PARAMS_DEFAULT));
    assert_int_equal(p.entry_count, 0);
    assert_string_equal(p.note, "9 fills, 10 are needed to tune");
    struct tuner_rules rules = tuner_rules_default();
    struct tuner_history history = {0};
    tuner_remember(&rules, &history, &summary, params_of_profile(PARAMS_DEFAULT), &p);
    assert_false(history.windows[0].has_net_bps);
    assert_true(history.windows[0].has_net_per_hour);
}

static void a_rule_without_its_kpi_does_not_fire(void **state)
{
    (void)state;
    struct case_kpis kpis = {3.5, 0.9, 0.2, 900, 9, 9, 900, 900, 0.2, 0, 0};
    struct kpi_summary summary = summary_of(&kpis);
    memset(summary.has_p95, 0, sizeof summary.has_p95);
    summary.decision_count = 0;
    summary.volume_lots = 0;
    struct tuner_history none = {0};
    struct tuner_proposal p = propose(&summary, &none, params_of_profile(PARAMS_DEFAULT));
    assert_int_equal(p.entry_count, 0);
}

static void the_history_keeps_the_newest_windows_first(void **state)
{
    (void)state;
    struct tuner_rules rules = tuner_rules_default();
    struct tuner_history history = {0};
    struct tuner_proposal none = {0};
    for (int i = 0; i < 20; i++) {
        struct params params = params_of_profile(PARAMS_DEFAULT);
        struct kpi_summary summary = summary_of(&dull);
        params.steps[SPREAD] = i;
        tuner_remember(&rules, &history, &summary, params, &none);
    }
    assert_int_equal(history.count, TUNER_HISTORY_MAX);
    for (int i = 0; i < TUNER_HISTORY_MAX; i++) {
        assert_int_equal(history.windows[i].params.steps[SPREAD], 19 - i);
    }
}

static void stable_means_enough_net_and_little_risk(void **state)
{
    (void)state;
    static const struct {
        double net, risk;
        bool stable;
    } cases[] = {{2.7, 0.35, true}, {2.6, 0.35, false}, {2.7, 0.36, false}};
    struct tuner_rules rules = tuner_rules_default();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct case_kpis kpis = dull;
        kpis.net_bps = cases[i].net;
        kpis.risk = cases[i].risk;
        struct kpi_summary summary = summary_of(&kpis);
        assert_int_equal(tuner_is_stable(&rules, &summary), cases[i].stable);
    }
    struct kpi_summary empty = {0};
    assert_false(tuner_is_stable(&rules, &empty));
}

static void every_move_of_every_rule_points_into_the_live_bounds(void **state)
{
    (void)state;
    struct tuner_rules rules = tuner_rules_default();
    for (int rule = 0; rule < TUNER_RULE_COUNT; rule++) {
        int moved = 0;
        for (int p = 0; p < PARAM_COUNT; p++) {
            struct tuner_move move = rules.moves[rule][p];
            moved += move.delta != 0;
            assert_true(move.delta == 0 || (move.limit >= param_specs[p].live_min &&
                                            move.limit <= param_specs[p].live_max));
        }
        assert_true(moved > 0);
        assert_non_null(tuner_rule_name((enum tuner_rule)rule));
    }
    assert_string_equal(tuner_fate_text(TUNER_LOST), "another rule came first");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dull_window_asks_for_nothing),
        cmocka_unit_test(each_rule_fires_beyond_its_level_and_moves_what_it_should),
        cmocka_unit_test(a_loss_names_its_drivers),
        cmocka_unit_test(no_move_goes_past_its_limit_or_back_to_it),
        cmocka_unit_test(the_first_rule_to_move_a_parameter_has_it),
        cmocka_unit_test(two_losing_windows_fall_back_once),
        cmocka_unit_test(no_rule_widens_the_spread_while_net_per_hour_falls_with_it),
        cmocka_unit_test(every_rule_that_widens_is_held_by_the_money),
        cmocka_unit_test(a_wider_spread_that_clearly_earned_less_is_taken_back),
        cmocka_unit_test(larger_quotes_that_clearly_earned_less_are_made_smaller),
        cmocka_unit_test(few_windows_are_no_evidence),
        cmocka_unit_test(a_move_for_money_is_not_repeated_where_it_clearly_earned_less),
        cmocka_unit_test(little_in_bps_is_not_low_when_it_is_much_in_money),
        cmocka_unit_test(nothing_grows_while_trading_loses_whatever_the_levels),
        cmocka_unit_test(quoting_faster_while_widening_under_risk_is_dropped),
        cmocka_unit_test(few_fills_say_nothing),
        cmocka_unit_test(a_rule_without_its_kpi_does_not_fire),
        cmocka_unit_test(the_history_keeps_the_newest_windows_first),
        cmocka_unit_test(stable_means_enough_net_and_little_risk),
        cmocka_unit_test(every_move_of_every_rule_points_into_the_live_bounds),
    };
    return cmocka_run_group_tests_name("tuner", tests, NULL, NULL);
}
