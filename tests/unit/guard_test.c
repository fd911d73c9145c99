// Each guard letting through, cutting and refusing; panic, freeze and recovery over iterations.
#include "soak/guard.h"

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

static const int64_t minute_ns = INT64_C(60) * 1000000000;

struct run {
    struct guard_config config;
    struct guard_state state;
    struct guard_input input; // of the next step; its proposal is emptied after each
    struct guard_outcome out;
    int64_t window_ns;
};

// An endless run on the default profile with windows of 15 minutes.
static struct run new_run(void)
{
    struct run run = {.config = guard_config_default(7, 0), .window_ns = 15 * minute_ns};
    assert_null(guard_config_problem(&run.config));
    guard_state_init(&run.state, params_of_profile(PARAMS_DEFAULT));
    run.input.verdict = GATE_PASS;
    return run;
}

static void propose(struct run *run, int param, int32_t delta)
{
    run->input.proposal.deltas[param] = delta;
}

static enum guard_action step(struct run *run, enum gate_verdict verdict)
{
    run->input.iteration = run->state.iteration + 1;
    run->input.now_ns += run->window_ns;
    run->input.verdict = verdict;
    run->input.proposal.iteration = run->input.iteration;
    run->input.proposal.before = run->state.params;
    guard_step(&run->config, &run->state, &run->input, &run->out);
    memset(run->input.proposal.deltas, 0, sizeof run->input.proposal.deltas);
    return run->out.action;
}

// One step with one proposal: what of it was applied.
static int32_t try_one(struct run *run, int param, int32_t delta)
{
    propose(run, param, delta);
    step(run, GATE_PASS);
    return run->out.fate[param].applied;
}

static bool on_safe_profile(const struct run *run)
{
    return memcmp(&run->state.params, &run->config.safe, sizeof run->config.safe) == 0;
}

static void a_modest_change_is_applied_as_proposed(void **state)
{
    (void)state;
    struct run run = new_run();
    propose(&run, INTERVAL, 5);
    propose(&run, IMPACT, -1);
    assert_int_equal(step(&run, GATE_PASS), GUARD_APPLY);
    assert_int_equal(run.state.params.steps[INTERVAL], 75);
    assert_int_equal(run.state.params.steps[IMPACT], 17);
    assert_int_equal(run.out.changed_count, 2);
    assert_int_equal(run.out.skip_reason, GUARD_REASON_NONE);
    assert_int_equal(run.out.fate[INTERVAL].reason, GUARD_REASON_NONE);
    assert_memory_equal(&run.out.after, &run.state.params, sizeof run.out.after);
    assert_int_equal(run.state.last_signature, run.out.signature);
}

static void changes_are_cut_to_bounds_and_step_cap(void **state)
{
    (void)state;
    static const struct {
        int param;
        int32_t delta, applied;
        enum guard_reason reason;
    } cases[] = {
        {INTERVAL, 10, 10, GUARD_REASON_NONE},       {INTERVAL, 11, 10, GUARD_REASON_BOUNDS},
        {INTERVAL, -20, -20, GUARD_REASON_NONE},     {INTERVAL, -21, -20, GUARD_REASON_STEP_CAP},
        {INTERVAL, -31, -20, GUARD_REASON_STEP_CAP}, {RATE, 60, 60, GUARD_REASON_NONE},
        {RATE, -61, -60, GUARD_REASON_BOUNDS},       {SPREAD, 10, 10, GUARD_REASON_NONE},
        {SPREAD, 11, 10, GUARD_REASON_STEP_CAP},     {SPREAD, -13, -10, GUARD_REASON_STEP_CAP},
        {TAIL, 8, 7, GUARD_REASON_STEP_CAP},         {IMPACT, -2, -2, GUARD_REASON_NONE},
        {IMPACT, -3, -2, GUARD_REASON_BOUNDS},       {IMPACT, 5, 4, GUARD_REASON_STEP_CAP},
        {DELTA, INT32_MAX, 4, GUARD_REASON_BOUNDS},  {DELTA, INT32_MIN, -4, GUARD_REASON_STEP_CAP},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct run run = new_run();
        assert_int_equal(try_one(&run, cases[i].param, cases[i].delta), cases[i].applied);
        assert_int_equal(run.out.fate[cases[i].param].reason, cases[i].reason);
        assert_int_equal(run.out.fate[cases[i].param].proposed, cases[i].delta);
    }
}

static void nothing_is_left_of_a_change_at_the_bound(void **state)
{
    (void)state;
    struct run run = new_run();
    run.state.params.steps[TAIL] = 80;
    assert_int_equal(try_one(&run, TAIL, 3), 0);
    assert_int_equal(run.out.fate[TAIL].reason, GUARD_REASON_BOUNDS);
    assert_int_equal(run.out.action, GUARD_KEEP);
    assert_int_equal(run.out.skip_reason, GUARD_REASON_BOUNDS);
}

static void nothing_proposed_is_no_op(void **state)
{
    (void)state;
    struct run run = new_run();
    struct params before = run.state.params;
    assert_int_equal(step(&run, GATE_PASS), GUARD_KEEP);
    assert_int_equal(run.out.skip_reason, GUARD_REASON_NO_OP);
    assert_memory_equal(&before, &run.state.params, sizeof before);
    assert_int_equal(run.state.iteration, 1);
}

static void nothing_is_applied_after_the_last_iteration(void **state)
{
    (void)state;
    struct run run = new_run();
    run.config.iterations = 2;
    assert_int_equal(try_one(&run, INTERVAL, 1), 1);
    assert_int_equal(try_one(&run, INTERVAL, 1), 0);
    assert_int_equal(run.out.skip_reason, GUARD_REASON_LATE);
}

static void at_most_three_keys_the_largest_shares(void **state)
{
    (void)state;
    // Ranges 40, 120, 34, 30, 8, 12.
    static const struct {
        int32_t deltas[PARAM_COUNT];
        bool applied[PARAM_COUNT];
    } cases[] = {
        {{4, 12, 1, 3, 0, 0}, {true, true, false, true, false, false}},
        {{4, 12, 0, 3, -1, 0}, {true, true, false, false, true, false}}, // ties: table order
        {{1, 1, 1, 1, 1, 1}, {false, false, false, true, true, true}},
        {{-4, 12, 10, -3, 0, 0}, {true, true, true, false, false, false}},
        {{1, 0, 1, 0, 1, 0}, {true, false, true, false, true, false}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct run run = new_run();
        memcpy(run.input.proposal.deltas, cases[i].deltas, sizeof cases[i].deltas);
        step(&run, GATE_PASS);
        for (int p = 0; p < PARAM_COUNT; p++) {
            int32_t wanted = cases[i].applied[p] ? cases[i].deltas[p] : 0;
            assert_int_equal(run.out.fate[p].applied, wanted);
            bool dropped = cases[i].deltas[p] != 0 && !cases[i].applied[p];
            assert_int_equal(run.out.fate[p].reason,
                             dropped ? GUARD_REASON_KEYS : GUARD_REASON_NONE);
        }
    }
}

static void velocity_limits_the_sum_of_sizes_over_a_sliding_hour(void **state)
{
    (void)state;
    struct run run = new_run();
    run.config.cooldown_permille = 10000;
    run.config.oscillation_hold = 0;
    run.window_ns = 20 * minute_ns;
    assert_int_equal(try_one(&run, INTERVAL, -20), -20); // at 20 min
    assert_int_equal(try_one(&run, INTERVAL, -20), -10); // at 40 min: bounds leave 10
    assert_int_equal(run.out.fate[INTERVAL].reason, GUARD_REASON_BOUNDS);
    assert_int_equal(try_one(&run, INTERVAL, 5), 0); // at 60 min: 30 moved, nothing left
    assert_int_equal(run.out.fate[INTERVAL].reason, GUARD_REASON_VELOCITY);
    assert_int_equal(try_one(&run, INTERVAL, 20), 20); // at 80 min the first is one hour old
    assert_int_equal(try_one(&run, INTERVAL, 20), 10); // at 100 min 20 of 30 are used
    assert_int_equal(run.out.fate[INTERVAL].reason, GUARD_REASON_VELOCITY);
}

static void velocity_counts_to_the_nanosecond(void **state)
{
    (void)state;
    for (int64_t early = 0; early <= 1; early++) {
        struct run run = new_run();
        run.config.cooldown_permille = 10000;
        assert_int_equal(try_one(&run, DELTA, -4), -4);
        run.window_ns = 60 * minute_ns - early;
        assert_int_equal(try_one(&run, DELTA, -4), early == 0 ? -4 : -2);
    }
}

static void more_changes_than_remembered_are_refused(void **state)
{
    (void)state;
    struct run run = new_run();
    run.config.cap_per_window[RATE] = 1000;
    run.window_ns = 1;
    for (int i = 0; i < GUARD_CHANGES_MAX; i++) {
        assert_int_equal(try_one(&run, RATE, i % 2 == 0 ? 1 : -1), i % 2 == 0 ? 1 : -1);
    }
    assert_int_equal(try_one(&run, RATE, 1), 0);
    assert_int_equal(run.out.skip_reason, GUARD_REASON_VELOCITY);
}

static void going_back_is_an_oscillation_and_going_on_is_not(void **state)
{
    (void)state;
    static const struct {
        int32_t moves[3];
        bool caught; // the last one
    } cases[] = {
        {{-10, 20, -20}, true},                          // 60 -> 80 -> 60
        {{-10, 20, -17}, true},                          // back to within 10 % of the range
        {{-10, 20, -16}, true}, {{-10, 20, -15}, false}, // 65 is not near 60
        {{-20, 5, 5}, false},                            // monotone
        {{-10, 4, -4}, false},                           // never far away
        {{-10, 5, -5}, true},   {{-10, 5, -9}, true},    // as near on the other side
        {{-10, 5, -10}, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct run run = new_run();
        run.config.cooldown_permille = 10000;
        run.window_ns = 61 * minute_ns;
        for (int k = 0; k < 2; k++) {
            assert_int_equal(try_one(&run, INTERVAL, cases[i].moves[k]), cases[i].moves[k]);
        }
        int32_t applied = try_one(&run, INTERVAL, cases[i].moves[2]);
        assert_int_equal(applied, cases[i].caught ? 0 : cases[i].moves[2]);
        assert_int_equal(run.out.fate[INTERVAL].reason,
                         cases[i].caught ? GUARD_REASON_OSCILLATION : GUARD_REASON_NONE);
    }
}

static void after_an_oscillation_the_parameter_rests_for_three_iterations(void **state)
{
    (void)state;
    struct run run = new_run();
    run.config.cooldown_permille = 10000;
    run.window_ns = 61 * minute_ns;
    assert_int_equal(try_one(&run, INTERVAL, -10), -10);
    propose(&run, RATE, 1); // the others go on
    assert_int_equal(try_one(&run, INTERVAL, 10), 0);
    assert_int_equal(run.out.fate[RATE].applied, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(try_one(&run, INTERVAL, 5), 0);
        assert_int_equal(run.out.fate[INTERVAL].reason, GUARD_REASON_OSCILLATION_HOLD);
    }
    assert_int_equal(try_one(&run, INTERVAL, 10), 10); // the way back is forgotten
    assert_int_equal(try_one(&run, INTERVAL, -10), 0); // and this is a new oscillation
}

static void a_move_cut_by_velocity_may_not_end_where_it_returns(void **state)
{
    (void)state;
    struct run run = new_run();
    run.config.cooldown_permille = 10000;
    try_one(&run, INTERVAL, 10);                       // 70 -> 80
    run.config.cap_per_window[INTERVAL] = 20;          // 10 are left
    assert_int_equal(try_one(&run, INTERVAL, -18), 0); // 62 is far from 70, but 70 is not
    assert_int_equal(run.out.fate[INTERVAL].reason, GUARD_REASON_OSCILLATION);
}

static void a_large_change_is_followed_by_a_rest(void **state)
{
    (void)state;
    static const struct {
        int32_t interval, rate;
        bool rests;
    } cases[] = {{-14, 0, false}, {-15, 0, true}, {-7, 21, false}, {-7, 22, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct run run = new_run();
        propose(&run, RATE, cases[i].rate);
        assert_int_equal(try_one(&run, INTERVAL, cases[i].interval), cases[i].interval);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(try_one(&run, TAIL, 1), cases[i].rests ? 0 : 1);
            assert_int_equal(run.out.skip_reason,
                             cases[i].rests ? GUARD_REASON_COOLDOWN : GUARD_REASON_NONE);
        }
        assert_int_equal(try_one(&run, TAIL, 1), 1);
    }
}

static void the_same_proposal_a_hundred_times_is_applied_once(void **state)
{
    (void)state;
    struct run run = new_run();
    struct guard_proposal proposal = {.iteration = 1, .before = run.state.params};
    proposal.deltas[INTERVAL] = 5;
    struct guard_input input = {.iteration = 1, .verdict = GATE_FAIL, .proposal = proposal};
    struct guard_outcome out;
    guard_step(&run.config, &run.state, &input, &out);
    assert_int_equal(out.action, GUARD_APPLY);
    struct guard_state after = run.state;
    for (int i = 0; i < 100; i++) {
        guard_step(&run.config, &run.state, &input, &out);
        assert_int_equal(out.action, GUARD_KEEP);
        assert_int_equal(out.skip_reason, GUARD_REASON_SIGNATURE);
        assert_memory_equal(&after, &run.state, sizeof after); // no streak counts twice either
    }
    input.iteration = 2; // nor as the next iteration's
    guard_step(&run.config, &run.state, &input, &out);
    assert_int_equal(out.skip_reason, GUARD_REASON_SIGNATURE);
    assert_int_equal(run.state.params.steps[INTERVAL], 75);
}

static void a_proposal_for_other_values_or_iterations_is_stale(void **state)
{
    (void)state;
    struct run run = new_run();
    for (int wrong = 0; wrong < 2; wrong++) {
        struct guard_input input = {.iteration = run.state.iteration + 1, .verdict = GATE_PASS};
        input.proposal =
            (struct guard_proposal){.iteration = input.iteration, .before = run.state.params};
        input.proposal.deltas[RATE] = 1;
        input.proposal.iteration -= wrong == 0;
        input.proposal.before.steps[TAIL] += wrong == 1;
        guard_step(&run.config, &run.state, &input, &run.out);
        assert_int_equal(run.out.skip_reason, GUARD_REASON_STALE);
        assert_int_equal(run.out.action, GUARD_KEEP);
    }
}

static void the_same_deltas_later_are_a_new_proposal(void **state)
{
    (void)state;
    struct run run = new_run();
    assert_int_equal(try_one(&run, INTERVAL, 2), 2);
    uint64_t first = run.out.signature;
    assert_int_equal(try_one(&run, INTERVAL, 2), 2);
    assert_true(run.out.signature != first);
    run.config.run_id++;
    struct guard_proposal proposal = run.input.proposal;
    assert_true(guard_signature(&run.config, &proposal) != 0);
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
    try_one(&run, TAIL, -7);
    guard_revert(&run.config, &run.state);
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
    } steps[] = {{400, false}, {401, true}, {400, true},  {350, true}, {351, true},
                 {350, true},  {0, true},   {349, false}, {380, false}};
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
        assert_int_equal(run.state.iteration, 5);
        assert_null(guard_state_problem(&run.config, &run.state, 6, input.now_ns));
    }
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

static void a_configuration_that_makes_no_sense_is_named(void **state)
{
    (void)state;
    struct guard_config good = guard_config_default(1, 6);
    struct guard_config config = good;
    config.max[TAIL] = config.min[TAIL];
    assert_non_null(guard_config_problem(&config));
    config = good;
    config.safe.steps[RATE] = 321;
    assert_non_null(guard_config_problem(&config));
    config = good;
    config.panic_fails = 0;
    assert_non_null(guard_config_problem(&config));
    config = good;
    config.cap_per_window[RATE] = 0;
    assert_non_null(guard_config_problem(&config));
    config = good;
    config.velocity_window_ns = 0;
    assert_non_null(guard_config_problem(&config));
    config = good;
    config.latency_calm_ms = 401;
    assert_non_null(guard_config_problem(&config));
    config = good;
    config.oscillation_permille = 1001;
    assert_non_null(guard_config_problem(&config));
}

static void a_fate_reads_as_a_sentence(void **state)
{
    (void)state;
    struct run run = new_run();
    char text[GUARD_TEXT_SIZE];
    run.state.params.steps[IMPACT] = 16;
    propose(&run, INTERVAL, 5);
    propose(&run, TAIL, 15);
    propose(&run, IMPACT, -2);
    step(&run, GATE_PASS);
    guard_describe(&run.out, (enum param_id)INTERVAL, text);
    assert_string_equal(text, "min_interval_ms 70 -> 75");
    guard_describe(&run.out, (enum param_id)TAIL, text);
    assert_string_equal(text, "tail_age_ms 650 -> 720, asked 800: cut by step_cap (the largest "
                              "change in one iteration)");
    guard_describe(&run.out, (enum param_id)IMPACT, text);
    assert_string_equal(text, "impact_cap_ratio stays 0.08, asked 0.07: bounds (the parameter's "
                              "bounds)");
    guard_describe(&run.out, (enum param_id)RATE, text);
    assert_string_equal(text, "");
    for (int i = 0; i < GUARD_REASON_COUNT; i++) {
        assert_non_null(guard_reason_name((enum guard_reason)i));
        assert_non_null(guard_reason_text((enum guard_reason)i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_modest_change_is_applied_as_proposed),
        cmocka_unit_test(changes_are_cut_to_bounds_and_step_cap),
        cmocka_unit_test(nothing_is_left_of_a_change_at_the_bound),
        cmocka_unit_test(nothing_proposed_is_no_op),
        cmocka_unit_test(nothing_is_applied_after_the_last_iteration),
        cmocka_unit_test(at_most_three_keys_the_largest_shares),
        cmocka_unit_test(velocity_limits_the_sum_of_sizes_over_a_sliding_hour),
        cmocka_unit_test(velocity_counts_to_the_nanosecond),
        cmocka_unit_test(more_changes_than_remembered_are_refused),
        cmocka_unit_test(going_back_is_an_oscillation_and_going_on_is_not),
        cmocka_unit_test(after_an_oscillation_the_parameter_rests_for_three_iterations),
        cmocka_unit_test(a_move_cut_by_velocity_may_not_end_where_it_returns),
        cmocka_unit_test(a_large_change_is_followed_by_a_rest),
        cmocka_unit_test(the_same_proposal_a_hundred_times_is_applied_once),
        cmocka_unit_test(a_proposal_for_other_values_or_iterations_is_stale),
        cmocka_unit_test(the_same_deltas_later_are_a_new_proposal),
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
        cmocka_unit_test(a_state_that_cannot_be_trusted_leads_to_the_safe_profile),
        cmocka_unit_test(a_halt_survives_a_state_that_cannot_be_trusted),
        cmocka_unit_test(a_configuration_that_makes_no_sense_is_named),
        cmocka_unit_test(a_fate_reads_as_a_sentence),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
