// Panic, halt, freeze and recovery over iterations, and what a state may be.
#include "guard_run.h"

static void step_with_a_panic_verdict(void)
{
    struct run run = new_run();
    step(&run, GATE_PANIC);
}

static void a_panic_is_the_guards_own_to_call(void **state)
{
    (void)state;
    assert_true(ends_the_process(step_with_a_panic_verdict));
}

static void three_failures_revert_from_every_state(void **state)
{
    (void)state;
    enum { FRESH, FROZEN, COOLING, LATE_ACKS, LAST, STATES };
    for (int kind = 0; kind < STATES; kind++) {
        struct run run = new_run();
        if (kind == FROZEN) {
            run.input.stable = true;
            step(&run, GATE_PASS);
            step(&run, GATE_PASS);
            assert_true(run.state.frozen_until > 0);
        } else if (kind == COOLING) {
            try_one(&run, INTERVAL, -20);
            assert_true(run.state.cooldown_until > 0);
        } else if (kind == LATE_ACKS) {
            run.input.has_latency = true;
            run.input.latency_p95_ms = 500;
        } else if (kind == LAST) {
            run.config.iterations = 3;
        }
        step(&run, GATE_FAIL);
        step(&run, GATE_FAIL);
        assert_false(on_safe_profile(&run));
        propose(&run, RATE, 5);
        assert_int_equal(step(&run, GATE_FAIL), GUARD_PANIC);
        assert_true(on_safe_profile(&run));
        assert_int_equal(run.out.fate[RATE].reason, GUARD_REASON_PANIC);
        assert_int_equal(run.state.frozen_until + run.state.cooldown_until, 0);
        assert_memory_equal(&run.out.after, &run.config.safe, sizeof run.out.after);
    }
}

static void only_fail_lengthens_the_streak_and_only_pass_and_warn_reset_it(void **state)
{
    (void)state;
    static const struct {
        const char *verdicts; // P W I E F
        uint32_t streak;
    } cases[] = {{"F", 1},   {"FF", 2},   {"FIF", 2},   {"FEF", 2}, {"FPF", 1},
                 {"FWF", 1}, {"FIEI", 1}, {"IIEEI", 0}, {"FFP", 0}, {"FFW", 0}};
    static const char order[] = "PWIEF";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct run run = new_run();
        for (const char *letter = cases[i].verdicts; *letter != '\0'; letter++) {
            step(&run, (enum gate_verdict)(strchr(order, *letter) - order));
        }
        assert_int_equal(run.state.fail_streak, cases[i].streak);
    }
}

static void after_a_panic_nothing_is_applied_for_four_iterations(void **state)
{
    (void)state;
    struct run run = new_run();
    for (int i = 0; i < 3; i++) {
        step(&run, GATE_FAIL);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(try_one(&run, RATE, 5), 0);
        assert_int_equal(run.out.skip_reason, GUARD_REASON_PANIC_HOLD);
    }
    assert_int_equal(try_one(&run, RATE, 5), 5);
    assert_false(run.state.on_safe);
}

static void three_more_failures_on_the_safe_profile_halt(void **state)
{
    (void)state;
    struct run run = new_run();
    for (int i = 0; i < 5; i++) {
        step(&run, GATE_FAIL);
    }
    assert_int_equal(step(&run, GATE_FAIL), GUARD_HALT);
    assert_true(run.state.halted);
    assert_int_equal(try_one(&run, RATE, 5), 0);
    assert_int_equal(run.out.skip_reason, GUARD_REASON_HALTED);
    assert_int_equal(run.out.action, GUARD_KEEP);
    guard_rearm(&run.state);
    for (int i = 0; i < 4; i++) {
        step(&run, GATE_PASS);
    }
    assert_int_equal(try_one(&run, RATE, 5), 5);
}

static void failures_after_leaving_the_safe_profile_panic_again(void **state)
{
    (void)state;
    struct run run = new_run();
    for (int i = 0; i < 3; i++) {
        step(&run, GATE_FAIL);
    }
    for (int i = 0; i < 4; i++) {
        step(&run, GATE_PASS);
    }
    assert_int_equal(try_one(&run, RATE, 5), 5);
    step(&run, GATE_FAIL);
    step(&run, GATE_FAIL);
    assert_int_equal(step(&run, GATE_FAIL), GUARD_PANIC);
    assert_false(run.state.halted);
}

static void a_revert_is_bound_by_nothing_and_clears_the_history(void **state)
{
    (void)state;
    struct run run = new_run();
    run.input.stable = true;
    try_one(&run, TAIL, -7);
    run.state.frozen_until = run.state.cooldown_until = 3;
    run.state.fail_streak = 1;
    assert_int_equal(run.state.stable_streak, 1);
    guard_revert(&run.config, &run.state);
    assert_int_equal(run.state.stable_streak + run.state.fail_streak, 0);
    assert_int_equal(run.state.frozen_until + run.state.cooldown_until, 0);
    assert_true(on_safe_profile(&run));
    assert_int_equal(run.state.param[TAIL].change_count, 0);
    assert_false(run.state.param[TAIL].has_previous);
    assert_null(guard_state_problem(&run.config, &run.state, 2, run.input.now_ns));
}

static void a_stable_run_freezes_its_sensitive_parameters_for_four_iterations(void **state)
{
    (void)state;
    struct run run = new_run();
    run.input.stable = true;
    step(&run, GATE_PASS);
    propose(&run, IMPACT, 1); // the freeze is for the iterations after
    step(&run, GATE_WARN);
    assert_int_equal(run.out.fate[IMPACT].applied, 1);
    for (int i = 0; i < 4; i++) {
        propose(&run, IMPACT, -2);
        propose(&run, DELTA, -2);
        propose(&run, INTERVAL, i == 0 ? 5 : 0);
        step(&run, GATE_PASS);
        assert_int_equal(run.out.fate[IMPACT].reason, GUARD_REASON_FREEZE);
        assert_int_equal(run.out.fate[DELTA].reason, GUARD_REASON_FREEZE);
    }
    assert_int_equal(run.state.params.steps[INTERVAL], 75);
    assert_int_equal(run.state.params.steps[IMPACT], 19);
    propose(&run, IMPACT, -2); // the first of the next two stable ones
    step(&run, GATE_PASS);
    assert_int_equal(run.state.params.steps[IMPACT], 17);
    assert_int_equal(run.state.stable_streak, 1);
}

static void what_counts_as_stable(void **state)
{
    (void)state;
    static const struct {
        enum gate_verdict verdict;
        bool stable, freezes;
    } cases[] = {{GATE_PASS, true, true},   {GATE_WARN, true, true},
                 {GATE_PASS, false, false}, {GATE_INCONCLUSIVE, true, false},
                 {GATE_ERROR, true, false}, {GATE_FAIL, true, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct run run = new_run();
        run.input.stable = true;
        step(&run, GATE_PASS);
        run.input.stable = cases[i].stable;
        step(&run, cases[i].verdict);
        assert_int_equal(run.state.frozen_until, cases[i].freezes ? 6 : 0);
        assert_int_equal(run.state.stable_streak, 0);
    }
}

static void a_failure_ends_the_freeze_at_once(void **state)
{
    (void)state;
    struct run run = new_run();
    run.input.stable = true;
    step(&run, GATE_PASS);
    step(&run, GATE_PASS);
    propose(&run, IMPACT, -1);
    step(&run, GATE_FAIL);
    assert_int_equal(run.out.fate[IMPACT].applied, -1);
    assert_int_equal(run.state.frozen_until, 0);
}

static void late_acknowledgements_freeze_what_sends_orders(void **state)
{
    (void)state;
    struct run run = new_run();
    run.config.keys_max = PARAM_COUNT;
    static const struct {
        int64_t latency_ms; // 0 = none measured
        bool frozen;
    } steps[] = {{400, false}, {401, true}, {400, true}, {350, true},  {351, true}, {350, true},
                 {401, true},  {350, true}, {0, true},   {349, false}, {380, false}};
    run.input.has_latency = true;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        run.input.has_latency = steps[i].latency_ms != 0;
        run.input.latency_p95_ms = steps[i].latency_ms;
        for (int p = 0; p < PARAM_COUNT; p++) {
            propose(&run, p, i % 2 == 0 ? 1 : -1);
        }
        step(&run, GATE_PASS);
        for (int p = 0; p < PARAM_COUNT; p++) {
            bool sends = p == INTERVAL || p == RATE || p == SPREAD;
            bool refused = run.out.fate[p].reason == GUARD_REASON_LATENCY_FREEZE;
            assert_int_equal(refused, sends && steps[i].frozen);
        }
        run.state.cooldown_until = 0;
        memset(run.state.param, 0, sizeof run.state.param);
    }
}

static void acknowledgements_that_were_late_in_a_panic_still_freeze(void **state)
{
    (void)state;
    struct run run = new_run();
    run.input.has_latency = true;
    run.input.latency_p95_ms = 380;
    step(&run, GATE_FAIL);
    step(&run, GATE_FAIL);
    run.input.latency_p95_ms = 401;
    assert_int_equal(step(&run, GATE_FAIL), GUARD_PANIC);
    run.input.latency_p95_ms = 380; // not late, not calm either
    for (int i = 0; i < 4; i++) {
        step(&run, GATE_PASS);
    }
    assert_int_equal(try_one(&run, RATE, 1), 0);
    assert_int_equal(run.out.fate[RATE].reason, GUARD_REASON_LATENCY_FREEZE);
}

static void a_halt_ends_the_freeze_as_any_failure_does(void **state)
{
    (void)state;
    struct run run = new_run();
    run.config.panic_fails = 1;
    run.config.panic_hold = 0;
    run.input.stable = true;
    step(&run, GATE_FAIL);
    step(&run, GATE_PASS);
    step(&run, GATE_PASS);
    assert_int_equal(run.state.frozen_until, 7);
    assert_int_equal(step(&run, GATE_FAIL), GUARD_HALT);
    assert_int_equal(run.state.frozen_until, 0);
    guard_rearm(&run.state);
    assert_int_equal(try_one(&run, IMPACT, 1), 1);
}

static void spoil(struct run *run, int how)
{
    struct guard_state *s = &run->state;
    switch (how) {
    case 0:
        s->version++;
        break;
    case 1:
        s->iteration += 5;
        break;
    case 2:
        s->iteration -= 2;
        break;
    case 3:
        s->params.steps[INTERVAL] = 81;
        break;
    case 4:
        s->params.steps[DELTA] = 19;
        break;
    case 5:
        s->fail_streak = 3;
        break;
    case 6:
        s->stable_streak = 2;
        break;
    case 7:
        s->frozen_until = s->iteration + 5;
        break;
    case 8:
        s->cooldown_until = s->iteration + 3;
        break;
    case 9:
        s->panic_hold_until = s->iteration + 5;
        break;
    case 10:
        s->param[RATE].held_until = s->iteration + 4;
        break;
    case 11:
        s->param[RATE].change_count = GUARD_CHANGES_MAX + 1;
        break;
    case 12:
        s->param[RATE].change_count = 1;
        break;
    case 13:
        s->param[RATE].change_count = 1;
        s->param[RATE].changes[0] = (struct guard_change){INT64_MAX, 1};
        break;
    case 14:
        s->on_safe = true;
        break;
    case 15:
        s->calm_streak = 2;
        break;
    default:
        s->param[TAIL].has_previous = true;
        s->param[TAIL].previous = s->params.steps[TAIL];
        break;
    }
}

static void a_state_that_cannot_be_trusted_leads_to_the_safe_profile(void **state)
{
    (void)state;
    for (int how = 0; how <= 16; how++) {
        struct run run = new_run();
        for (int i = 0; i < 4; i++) {
            step(&run, GATE_PASS);
        }
        struct guard_input input = {.iteration = 5, .now_ns = run.input.now_ns + 1};
        input.proposal = (struct guard_proposal){.iteration = 5, .before = run.state.params};
        input.proposal.deltas[INTERVAL] = 1;
        spoil(&run, how);
        guard_step(&run.config, &run.state, &input, &run.out);
        assert_int_equal(run.out.action, GUARD_RECOVER);
        assert_non_null(run.out.state_problem);
        assert_int_equal(run.out.skip_reason, GUARD_REASON_INVALID_STATE);
        assert_true(on_safe_profile(&run));
        assert_memory_equal(&run.out.after, &run.config.safe, sizeof run.out.after);
        assert_int_equal(run.state.iteration, 5);
        assert_null(guard_state_problem(&run.config, &run.state, 6, input.now_ns));
    }
}

static void remembered_changes_are_checked_at_their_limits(void **state)
{
    (void)state;
    struct run run = new_run();
    struct guard_param_state *param = &run.state.param[RATE];
    param->change_count = GUARD_CHANGES_MAX;
    for (int i = 0; i < GUARD_CHANGES_MAX; i++) {
        param->changes[i] = (struct guard_change){.at_ns = 7, .size = 1};
    }
    assert_null(guard_state_problem(&run.config, &run.state, 1, 7));
    assert_string_equal(guard_state_problem(&run.config, &run.state, 1, 6),
                        "a change from the future");
    param->change_count++;
    assert_string_equal(guard_state_problem(&run.config, &run.state, 1, 7),
                        "more changes than can be remembered");
}

static void a_state_that_cannot_be_trusted_is_not_taken_for_one_stepped_already(void **state)
{
    (void)state;
    struct run run = new_run();
    step(&run, GATE_PASS);
    run.state.fail_streak = 3;
    guard_step(&run.config, &run.state, &run.input, &run.out);
    assert_int_equal(run.out.action, GUARD_RECOVER);
}

static void a_halt_survives_a_state_that_cannot_be_trusted(void **state)
{
    (void)state;
    struct run run = new_run();
    run.state.halted = true;
    run.state.fail_streak = 99;
    assert_int_equal(step(&run, GATE_PASS), GUARD_RECOVER);
    assert_true(run.state.halted);
}

// Sets one number of a configuration to `value`.
static void set_number(struct guard_config *config, int which, int32_t value)
{
    uint32_t count = (uint32_t)value;
    switch (which) {
    case 0:
        config->min[TAIL] = value;
        break;
    case 1:
        config->max[TAIL] = value;
        break;
    case 2:
        config->safe.steps[RATE] = value;
        break;
    case 3:
        config->cap_per_iteration[RATE] = value;
        break;
    case 4:
        config->cap_per_window[RATE] = value;
        break;
    case 5:
        config->keys_max = count;
        break;
    case 6:
        config->panic_fails = count;
        break;
    case 7:
        config->freeze_stable = count;
        break;
    case 8:
        config->latency_calm_count = count;
        break;
    case 9:
        config->panic_hold = count;
        break;
    case 10:
        config->freeze_hold = count;
        break;
    case 11:
        config->oscillation_hold = count;
        break;
    case 12:
        config->cooldown_hold = count;
        break;
    case 13:
        config->oscillation_permille = count;
        break;
    case 14:
        config->cooldown_permille = count;
        break;
    case 15:
        config->latency_calm_ms = value;
        break;
    default:
        config->velocity_window_ns = value;
        break;
    }
}

static void a_configuration_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const struct {
        int which;
        int32_t good, bad;
    } cases[] = {{0, 0, -1},       {0, 74, 75},        {0, 74, 80},    {1, 74, 73},
                 {2, 200, 199},    {2, 320, 321},      {3, 1, 0},      {4, 1, 0},
                 {5, 1, 0},        {6, 1000, 1001},    {7, 1, 0},      {8, 1000, 1001},
                 {9, 1000, 1001},  {10, 0, 1001},      {11, 1000, -1}, {12, 1000, 1001},
                 {13, 1000, 1001}, {14, 10000, 10001}, {15, 400, 401}, {16, 1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct guard_config config = guard_config_default(1, 6);
        set_number(&config, cases[i].which, cases[i].good);
        assert_null(guard_config_problem(&config));
        set_number(&config, cases[i].which, cases[i].bad);
        assert_non_null(guard_config_problem(&config));
    }
    struct guard_config config = guard_config_default(1, 6);
    config.min[TAIL] = config.max[TAIL] = config.safe.steps[TAIL];
    assert_string_equal(guard_config_problem(&config), "a bound is not below the other");
}

static void limits_are_checked_of_every_parameter(void **state)
{
    (void)state;
    for (int p = 0; p < PARAM_COUNT; p++) {
        struct guard_config config = guard_config_default(1, 6);
        config.max[p] = config.min[p];
        assert_string_equal(guard_config_problem(&config), "a bound is not below the other");
        config = guard_config_default(1, 6);
        config.safe.steps[p] = config.max[p] + 1;
        assert_string_equal(guard_config_problem(&config),
                            "the safe profile is outside the bounds");
        config = guard_config_default(1, 6);
        config.cap_per_window[p] = 0;
        assert_string_equal(guard_config_problem(&config), "a cap is below one step");
    }
}

static void the_shipped_numbers_are_those_documented(void **state)
{
    (void)state;
    struct guard_config config = guard_config_default(5, 6);
    const uint32_t counts[][2] = {
        {config.iterations, 6},          {config.keys_max, 3},
        {config.panic_fails, 3},         {config.panic_hold, 4},
        {config.freeze_stable, 2},       {config.freeze_hold, 4},
        {config.oscillation_hold, 3},    {config.oscillation_permille, 100},
        {config.cooldown_permille, 350}, {config.cooldown_hold, 2},
        {config.latency_calm_count, 2},
    };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        assert_int_equal(counts[i][0], counts[i][1]);
    }
    assert_int_equal(config.run_id, 5);
    assert_true(config.velocity_window_ns == 60 * minute_ns);
    assert_int_equal(config.latency_freeze_ms, 400);
    assert_int_equal(config.latency_calm_ms, 350);
    for (int p = 0; p < PARAM_COUNT; p++) {
        assert_int_equal(config.min[p], param_specs[p].live_min);
        assert_int_equal(config.max[p], param_specs[p].live_max);
        assert_int_equal(config.cap_per_iteration[p], param_specs[p].cap_per_iteration);
        assert_int_equal(config.cap_per_window[p], param_specs[p].cap_per_hour);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_panic_is_the_guards_own_to_call),
        cmocka_unit_test(three_failures_revert_from_every_state),
        cmocka_unit_test(only_fail_lengthens_the_streak_and_only_pass_and_warn_reset_it),
        cmocka_unit_test(after_a_panic_nothing_is_applied_for_four_iterations),
        cmocka_unit_test(three_more_failures_on_the_safe_profile_halt),
        cmocka_unit_test(failures_after_leaving_the_safe_profile_panic_again),
        cmocka_unit_test(a_revert_is_bound_by_nothing_and_clears_the_history),
        cmocka_unit_test(a_stable_run_freezes_its_sensitive_parameters_for_four_iterations),
        cmocka_unit_test(what_counts_as_stable),
        cmocka_unit_test(a_failure_ends_the_freeze_at_once),
        cmocka_unit_test(late_acknowledgements_freeze_what_sends_orders),
        cmocka_unit_test(acknowledgements_that_were_late_in_a_panic_still_freeze),
        cmocka_unit_test(a_halt_ends_the_freeze_as_any_failure_does),
        cmocka_unit_test(a_state_that_cannot_be_trusted_leads_to_the_safe_profile),
        cmocka_unit_test(remembered_changes_are_checked_at_their_limits),
        cmocka_unit_test(a_state_that_cannot_be_trusted_is_not_taken_for_one_stepped_already),
        cmocka_unit_test(a_halt_survives_a_state_that_cannot_be_trusted),
        cmocka_unit_test(limits_are_checked_of_every_parameter),
        cmocka_unit_test(the_shipped_numbers_are_those_documented),
        cmocka_unit_test(a_configuration_that_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests_name("guard_state", tests, NULL, NULL);
}
