// The six queue models, by hand: numbers worked out from the formulas in replay-semantics 2.6.
#include "venue/replay/queue_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct queue_model parsed(const char *text)
{
    struct queue_model model = {0};
    assert_int_equal(queue_model_parse(text, &model), MM_OK);
    return model;
}

static void all_six_spellings_are_read(void **state)
{
    (void)state;
    assert_int_equal(parsed("risk").kind, QUEUE_RISK);
    assert_int_equal(parsed("log").kind, QUEUE_LOG);
    assert_int_equal(parsed("log2").kind, QUEUE_LOG2);
    assert_int_equal(parsed("pow:2").kind, QUEUE_POW);
    assert_int_equal(parsed("pow2:2").kind, QUEUE_POW2);
    assert_int_equal(parsed("pow3:3").kind, QUEUE_POW3);
    assert_true(parsed("pow3:2.5").exponent == 2.5);
}

static void other_spellings_are_refused(void **state)
{
    (void)state;
    static const char *wrong[] = {"",       "pow",     "pow:",    "pow:0",   "pow:-1", "pow:x",
                                  "pow4:2", "risk:",   "risk:1",  "log:2",   "log3",   "POW:2",
                                  "pow:2 ", "pow:1e2", "pow:101", "pow3:nan"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct queue_model model;
        assert_int_equal(queue_model_parse(wrong[i], &model), MM_ERROR_USAGE);
        assert_non_null(strstr(mm_error_text(), wrong[i]));
    }
}

static void the_probabilities_are_the_published_ones(void **state)
{
    (void)state;
    // front 1, back 3
    static const struct {
        const char *model;
        double expected;
    } cases[] = {
        {"pow:2", 9.0 / 10.0},
        {"pow2:2", 9.0 / 16.0},
        {"pow3:3", 1.0 - 1.0 / 64.0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct queue_model model = parsed(cases[i].model);
        assert_true(queue_probability(&model, 1.0, 3.0) == cases[i].expected);
    }
    struct queue_model log1 = parsed("log"), log2_model = parsed("log2");
    assert_true(queue_probability(&log1, 1.0, 3.0) == log(4.0) / (log(4.0) + log(2.0)));
    assert_true(queue_probability(&log2_model, 1.0, 3.0) == log(4.0) / log(5.0));
}

static void nothing_ahead_and_nothing_behind_is_no_number(void **state)
{
    (void)state;
    static const char *texts[] = {"pow:2", "pow2:2", "pow3:3", "log", "log2"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct queue_model model = parsed(texts[i]);
        assert_true(isnan(queue_probability(&model, 0.0, 0.0)));
        // ... and then the level's new quantity stands
        struct queue_position position;
        queue_join(&position, 0.0);
        queue_level(&model, &position, 0.0, 0.0);
        assert_true(position.front == 0.0);
    }
}

static void risk_moves_forward_only_when_the_level_is_smaller_than_what_is_ahead(void **state)
{
    (void)state;
    struct queue_model model = parsed("risk");
    struct queue_position position;
    queue_join(&position, 5.0);
    queue_level(&model, &position, 5.0, 9.0);
    assert_true(position.front == 5.0);
    queue_level(&model, &position, 9.0, 6.0);
    assert_true(position.front == 5.0);
    queue_level(&model, &position, 6.0, 2.0);
    assert_true(position.front == 2.0);
    queue_trade(&model, &position, 1.5, 1.5);
    assert_true(position.front == 0.5);
    assert_true(position.traded == 0.0);
}

static void a_decrease_is_shared_by_the_probability(void **state)
{
    (void)state;
    struct queue_model model = parsed("pow:2");
    struct queue_position position;
    queue_join(&position, 1.0);
    queue_level(&model, &position, 1.0, 4.0); // grows: behind us
    assert_true(position.front == 1.0);
    // front 1, back 3, change 2, p = 0.9: front = 1 - 0.1 * 2 + min(3 - 1.8, 0)
    queue_level(&model, &position, 4.0, 2.0);
    assert_true(position.front == 1.0 - (1.0 - 0.9) * 2.0);
}

static void what_traded_is_not_counted_twice(void **state)
{
    (void)state;
    struct queue_model model = parsed("pow:2");
    struct queue_position position;
    queue_join(&position, 4.0);
    queue_trade(&model, &position, 1.0, 1.0);
    assert_true(position.front == 3.0 && position.traded == 1.0);
    queue_level(&model, &position, 4.0, 3.0); // the trade's own decrease: nothing more to share
    assert_true(position.front == 3.0 && position.traded == 0.0);
}

static void a_decrease_larger_than_what_is_behind_comes_off_the_front(void **state)
{
    (void)state;
    struct queue_model model = parsed("pow:1");
    struct queue_position position;
    queue_join(&position, 3.0);
    // front 3, back 1, change 4, p = 1/4: 3 - 3/4 * 4 + min(1 - 1, 0) = 0
    queue_level(&model, &position, 4.0, 0.0);
    assert_true(position.front == 0.0);
    queue_join(&position, 1.0);
    // front 1, back 9, change 10, p = 0.9: 1 - 0.1 * 10 + min(9 - 9, 0)
    queue_level(&model, &position, 10.0, 0.0);
    assert_true(position.front <= 0.0);
}

static void a_level_smaller_than_what_is_ahead_cuts_it(void **state)
{
    (void)state;
    struct queue_model model = parsed("pow3:3");
    struct queue_position position;
    queue_join(&position, 5.0);
    queue_trade(&model, &position, 2.0, 2.0); // front 3, traded 2
    queue_level(&model, &position, 5.0, 4.0); // change 1 - 2 < 0
    assert_true(position.front == 3.0);
    queue_trade(&model, &position, 5.0, 5.0);
    queue_level(&model, &position, 4.0, 1.0); // change < 0: min(front, 1)
    assert_true(position.front == -2.0);
}

static void only_whole_lots_past_us_fill(void **state)
{
    (void)state;
    struct queue_model model = parsed("risk");
    struct queue_position position;
    queue_join(&position, 0.002);
    queue_trade(&model, &position, 0.002, 0.002);
    assert_int_equal(queue_take_filled_lots(&position, 0.001), 0);
    queue_trade(&model, &position, 0.0004, 0.0004);
    assert_int_equal(queue_take_filled_lots(&position, 0.001), 0);
    assert_true(position.front < 0.0); // kept
    queue_trade(&model, &position, 0.0006, 0.0006);
    assert_int_equal(queue_take_filled_lots(&position, 0.001), 1);
    assert_true(position.front == 0.0); // used up
    queue_trade(&model, &position, 0.0025, 0.0025);
    assert_int_equal(queue_take_filled_lots(&position, 0.001), 3); // half away from zero
}

static void the_queue_ahead_is_told_in_lots(void **state)
{
    (void)state;
    struct queue_position position;
    queue_join(&position, 0.0126);
    assert_int_equal(queue_ahead_lots(&position, 0.001), 13);
    position.front = -1.0;
    assert_int_equal(queue_ahead_lots(&position, 0.001), 0);
    position.front = (double)NAN;
    assert_int_equal(queue_ahead_lots(&position, 0.001), 0);
    assert_int_equal(queue_take_filled_lots(&position, 0.001), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_six_spellings_are_read),
        cmocka_unit_test(other_spellings_are_refused),
        cmocka_unit_test(the_probabilities_are_the_published_ones),
        cmocka_unit_test(nothing_ahead_and_nothing_behind_is_no_number),
        cmocka_unit_test(risk_moves_forward_only_when_the_level_is_smaller_than_what_is_ahead),
        cmocka_unit_test(a_decrease_is_shared_by_the_probability),
        cmocka_unit_test(what_traded_is_not_counted_twice),
        cmocka_unit_test(a_decrease_larger_than_what_is_behind_comes_off_the_front),
        cmocka_unit_test(a_level_smaller_than_what_is_ahead_cuts_it),
        cmocka_unit_test(only_whole_lots_past_us_fill),
        cmocka_unit_test(the_queue_ahead_is_told_in_lots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
