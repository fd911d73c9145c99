// What each guard lets through, cuts and refuses.
#include "guard_run.h"

#include <xxhash.h>

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

static void a_cap_lowered_below_what_has_moved_leaves_nothing(void **state)
{
    (void)state;
    struct run run = new_run();
    assert_int_equal(try_one(&run, INTERVAL, 5), 5);
    run.config.cap_per_window[INTERVAL] = 4;
    assert_int_equal(try_one(&run, INTERVAL, 5), 0);
    assert_int_equal(run.out.fate[INTERVAL].reason, GUARD_REASON_VELOCITY);
    propose(&run, INTERVAL, 0);
    assert_int_equal(step(&run, GATE_PASS), GUARD_KEEP);
}

static void a_change_that_left_the_window_leaves_no_trace(void **state)
{
    (void)state;
    static const struct guard_change none[GUARD_CHANGES_MAX];
    struct run run = new_run();
    assert_int_equal(try_one(&run, INTERVAL, 5), 5);
    run.window_ns = 60 * minute_ns;
    step(&run, GATE_PASS);
    assert_int_equal(run.state.param[INTERVAL].change_count, 0);
    assert_memory_equal(run.state.param[INTERVAL].changes, none, sizeof none);
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

static void a_return_is_refused_even_where_velocity_would_stop_it_halfway(void **state)
{
    (void)state;
    struct run run = new_run();
    run.config.cooldown_permille = 10000;
    try_one(&run, INTERVAL, 10);                       // 70 -> 80
    run.config.cap_per_window[INTERVAL] = 15;          // 5 are left
    assert_int_equal(try_one(&run, INTERVAL, -10), 0); // 75 would not be near 70
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

static void what_is_large_is_judged_to_a_billionth_of_a_range(void **state)
{
    (void)state;
    for (int32_t more = 0; more <= 1; more++) {
        struct run run = new_run();
        run.config.min[TAIL] = 0;
        run.config.max[TAIL] = 1000000000;
        run.config.cap_per_iteration[TAIL] = run.config.cap_per_window[TAIL] = 1000000000;
        assert_int_equal(try_one(&run, TAIL, 350000000 + more), 350000000 + more);
        assert_int_equal(run.state.cooldown_until, more == 0 ? 0 : 3);
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

static void another_proposal_for_an_iteration_stepped_already_is_stale(void **state)
{
    (void)state;
    struct run run = new_run();
    step(&run, GATE_PASS);
    struct guard_state after = run.state;
    run.input.proposal.before = run.state.params;
    propose(&run, RATE, 1);
    guard_step(&run.config, &run.state, &run.input, &run.out);
    assert_int_equal(run.out.fate[RATE].applied, 0);
    assert_int_equal(run.out.fate[RATE].reason, GUARD_REASON_STALE);
    assert_int_equal(run.out.skip_reason, GUARD_REASON_STALE);
    assert_memory_equal(&after, &run.state, sizeof after);
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

// Pinned, because a state on disk keeps it: a later version must still know what it applied.
static void a_signature_is_the_hash_of_run_iteration_values_and_deltas(void **state)
{
    (void)state;
    struct guard_config config = guard_config_default(7, 0);
    struct guard_proposal proposal = {.iteration = 3, .before = {{1, 2, 3, 4, 5, 6}}};
    for (int p = 0; p < PARAM_COUNT; p++) {
        proposal.deltas[p] = p - 3;
    }
    uint64_t words[14] = {7, 3, 1, 2, 3, 4, 5, 6, (uint64_t)-3, (uint64_t)-2, (uint64_t)-1,
                          0, 1, 2};
    assert_true(guard_signature(&config, &proposal) == XXH64(words, sizeof words, 0));
    assert_true(guard_signature(&config, &proposal) == UINT64_C(5270400082463672168));
}

static void when_two_guards_would_refuse_the_earlier_one_is_named(void **state)
{
    (void)state;
    struct run run = new_run();
    run.config.iterations = 1;
    run.state.panic_hold_until = 1;
    try_one(&run, RATE, 1);
    assert_int_equal(run.out.skip_reason, GUARD_REASON_PANIC_HOLD);

    run = new_run();
    run.config.iterations = 1;
    run.state.params.steps[TAIL] = 80;
    try_one(&run, TAIL, 1);
    assert_int_equal(run.out.fate[TAIL].reason, GUARD_REASON_LATE);

    run = new_run();
    run.state.latency_frozen = true;
    run.state.param[RATE].held_until = 1;
    try_one(&run, RATE, 1);
    assert_int_equal(run.out.fate[RATE].reason, GUARD_REASON_LATENCY_FREEZE);

    run = new_run();
    run.state.cooldown_until = 1;
    for (int p = 0; p < PARAM_COUNT; p++) {
        propose(&run, p, 1);
    }
    step(&run, GATE_PASS);
    assert_int_equal(run.out.fate[RATE].reason, GUARD_REASON_KEYS);
    assert_int_equal(run.out.fate[IMPACT].reason, GUARD_REASON_COOLDOWN);

    run = new_run();
    run.state.cooldown_until = 1;
    struct guard_input input = {.iteration = 1, .proposal = {.deltas = {1}}};
    guard_step(&run.config, &run.state, &input, &run.out);
    assert_int_equal(run.out.fate[0].reason, GUARD_REASON_COOLDOWN);
}

static void a_change_refused_as_oscillation_leaves_its_place_to_another(void **state)
{
    (void)state;
    struct run run = new_run();
    run.config.cap_per_window[INTERVAL] = 18;
    try_one(&run, INTERVAL, 9); // 70 -> 79
    propose(&run, RATE, 1);
    propose(&run, SPREAD, 1);
    propose(&run, TAIL, 1);
    step(&run, GATE_PASS); // three others, and
    propose(&run, RATE, 1);
    propose(&run, SPREAD, 1);
    propose(&run, TAIL, 1);
    assert_int_equal(try_one(&run, INTERVAL, -18), 0); // cut to 70
    assert_int_equal(run.out.fate[INTERVAL].reason, GUARD_REASON_OSCILLATION);
    assert_int_equal(run.out.changed_count, 3);
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
        cmocka_unit_test(a_cap_lowered_below_what_has_moved_leaves_nothing),
        cmocka_unit_test(a_change_that_left_the_window_leaves_no_trace),
        cmocka_unit_test(more_changes_than_remembered_are_refused),
        cmocka_unit_test(going_back_is_an_oscillation_and_going_on_is_not),
        cmocka_unit_test(after_an_oscillation_the_parameter_rests_for_three_iterations),
        cmocka_unit_test(a_move_cut_by_velocity_may_not_end_where_it_returns),
        cmocka_unit_test(a_return_is_refused_even_where_velocity_would_stop_it_halfway),
        cmocka_unit_test(a_large_change_is_followed_by_a_rest),
        cmocka_unit_test(what_is_large_is_judged_to_a_billionth_of_a_range),
        cmocka_unit_test(the_same_proposal_a_hundred_times_is_applied_once),
        cmocka_unit_test(another_proposal_for_an_iteration_stepped_already_is_stale),
        cmocka_unit_test(a_proposal_for_other_values_or_iterations_is_stale),
        cmocka_unit_test(the_same_deltas_later_are_a_new_proposal),
        cmocka_unit_test(a_signature_is_the_hash_of_run_iteration_values_and_deltas),
        cmocka_unit_test(when_two_guards_would_refuse_the_earlier_one_is_named),
        cmocka_unit_test(a_change_refused_as_oscillation_leaves_its_place_to_another),
        cmocka_unit_test(a_fate_reads_as_a_sentence),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
