// What an operator may ask when, and what follows from it.
#include "soak/operator.h"

#include "cmocka_all.h"

#include <string.h>

static void each_action_is_judged_in_each_state(void **state)
{
    (void)state;
    static const struct {
        bool paused, killed, halted;
        bool allowed[OPERATOR_ACTION_COUNT]; // pause, resume, kill, rearm, revert
    } cases[] = {{false, false, false, {true, false, true, false, true}},
                 {true, false, false, {true, true, true, false, true}},
                 {false, true, false, {false, false, true, true, true}},
                 {false, false, true, {true, false, true, true, true}},
                 {true, false, true, {true, true, true, true, true}},
                 {false, true, true, {false, false, true, true, true}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct operator_state now = {.paused = cases[i].paused, .killed = cases[i].killed};
        for (enum operator_action action = 0; action < OPERATOR_ACTION_COUNT; action++) {
            const char *problem = operator_problem(&now, cases[i].halted, action);
            assert_int_equal(problem == NULL, cases[i].allowed[action]);
        }
    }
}

static void a_kill_is_stronger_than_a_pause_and_only_rearm_ends_it(void **state)
{
    (void)state;
    struct operator_state now = {.paused = false};
    operator_follow(&now, OPERATOR_PAUSE);
    assert_true(now.paused && !now.killed);
    operator_follow(&now, OPERATOR_KILL);
    assert_true(!now.paused && now.killed);
    operator_follow(&now, OPERATOR_REVERT);
    assert_true(now.killed);
    operator_follow(&now, OPERATOR_REARM);
    assert_true(!now.paused && !now.killed);
    operator_follow(&now, OPERATOR_PAUSE);
    operator_follow(&now, OPERATOR_RESUME);
    assert_true(!now.paused && !now.killed);
}

static void a_full_memory_leaves_only_the_kill(void **state)
{
    (void)state;
    struct operator_state now = {.paused = true, .deed_count = OPERATOR_DEEDS_MAX};
    for (enum operator_action action = 0; action < OPERATOR_ACTION_COUNT; action++) {
        assert_int_equal(operator_problem(&now, false, action) == NULL, action == OPERATOR_KILL);
    }
}

static void names_are_found_again(void **state)
{
    (void)state;
    for (enum operator_action action = 0; action < OPERATOR_ACTION_COUNT; action++) {
        enum operator_action found;
        assert_true(operator_action_find(operator_action_name(action), &found));
        assert_int_equal(found, action);
    }
    enum operator_action found;
    assert_false(operator_action_find("stop", &found));
    assert_false(operator_action_find("", &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_action_is_judged_in_each_state),
        cmocka_unit_test(a_kill_is_stronger_than_a_pause_and_only_rearm_ends_it),
        cmocka_unit_test(a_full_memory_leaves_only_the_kill),
        cmocka_unit_test(names_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
