#include "base/check.h"
#include "base/error.h"

#include "cmocka_all.h"

#include <pthread.h>
#include <string.h>

static void the_text_reads_from_the_outermost_context_to_the_origin(void **state)
{
    (void)state;
    assert_int_equal(mm_fail(MM_ERROR_INPUT, "line %d is bad", 7), MM_ERROR_INPUT);
    assert_int_equal(mm_fail_add(MM_ERROR_INPUT, "cannot read %s", "a.json"), MM_ERROR_INPUT);
    assert_int_equal(mm_fail_add(MM_ERROR_INPUT, "cannot start"), MM_ERROR_INPUT);
    assert_string_equal(mm_error_text(), "cannot start: cannot read a.json: line 7 is bad");
}

static void a_new_failure_forgets_the_last_one(void **state)
{
    (void)state;
    (void)mm_fail(MM_ERROR_SYSTEM, "first");
    (void)mm_fail_add(MM_ERROR_SYSTEM, "outer");
    (void)mm_fail(MM_ERROR_USAGE, "second");
    assert_string_equal(mm_error_text(), "second");
    mm_error_clear();
    assert_string_equal(mm_error_text(), "");
}

static void a_failure_can_quote_the_last_one(void **state)
{
    (void)state;
    (void)mm_fail(MM_ERROR_SYSTEM, "disk full");
    (void)mm_fail(MM_ERROR_INPUT, "gave up (%s)", mm_error_text());
    assert_string_equal(mm_error_text(), "gave up (disk full)");
}

static void lines_beyond_the_limit_are_counted(void **state)
{
    (void)state;
    (void)mm_fail(MM_ERROR_SYSTEM, "origin");
    for (int i = 1; i < MM_ERROR_LINES + 2; i++) {
        (void)mm_fail_add(MM_ERROR_SYSTEM, "line %d", i);
    }
    assert_string_equal(mm_error_text(), "(2 outer lines not kept): line 7: line 6: line 5: "
                                         "line 4: line 3: line 2: line 1: origin");
}

static void long_lines_are_cut_visibly_and_all_fit(void **state)
{
    (void)state;
    char name[2 * MM_ERROR_LINE_SIZE];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    (void)mm_fail(MM_ERROR_SYSTEM, "%s", name);
    for (int i = 0; i < MM_ERROR_LINES; i++) {
        (void)mm_fail_add(MM_ERROR_SYSTEM, "%s", name);
    }
    const char *text = mm_error_text();
    size_t length = strlen(text);
    assert_true(length > (size_t)MM_ERROR_LINES * (MM_ERROR_LINE_SIZE - 1));
    assert_string_equal(text + length - 4, "x...");
}

static void *fail_elsewhere(void *unused)
{
    (void)unused;
    (void)mm_fail(MM_ERROR_SYSTEM, "elsewhere");
    return NULL;
}

static void each_thread_has_its_own_stack(void **state)
{
    (void)state;
    (void)mm_fail(MM_ERROR_SYSTEM, "here");
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(mm_error_text(), "here");
}

static void every_code_has_its_exit_code(void **state)
{
    (void)state;
    assert_int_equal(mm_error_exit_code(MM_OK), 0);
    assert_int_equal(mm_error_exit_code(MM_ERROR_USAGE), 2);
    assert_int_equal(mm_error_exit_code(MM_ERROR_INPUT), 4);
    assert_int_equal(mm_error_exit_code(MM_ERROR_SYSTEM), 4);
    assert_int_equal(mm_error_exit_code(MM_ERROR_STOPPED), 130);
    assert_int_equal(mm_error_exit_code(-99), 4);
}

static void break_a_rule(void)
{
    MM_ASSERT(1 + 1 == 3);
}

static void keep_a_rule(void)
{
    MM_ASSERT(1 + 1 == 2);
}

static void a_failed_assertion_ends_the_process_in_release_too(void **state)
{
    (void)state;
    assert_true(ends_the_process(break_a_rule));
    assert_false(ends_the_process(keep_a_rule));
}

static void a_failed_assertion_names_what_where_seed_and_event(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDERR_FILENO);
        mm_check_context = (struct mm_check_context){.seed = 42, .event_number = 1234567};
        break_a_rule();
        _exit(0);
    }
    (void)close(ends[1]);
    char text[512];
    ssize_t length = read(ends[0], text, sizeof text - 1);
    (void)close(ends[0]);
    (void)waitpid(child, NULL, 0);
    assert_true(length > 0);
    text[length] = '\0';
    assert_non_null(strstr(text, "1 + 1 == 3"));
    assert_non_null(strstr(text, "break_a_rule"));
    assert_non_null(strstr(text, "error_test.c:"));
    assert_non_null(strstr(text, "seed 42, event 1234567"));
}

static void counting_yields_the_condition(void **state)
{
    (void)state;
    uint64_t counter = 0;
    assert_false(MM_COUNT_IF(counter, 1 > 2));
    assert_int_equal(counter, 0);
    assert_true(MM_COUNT_IF(counter, 2 > 1));
    assert_int_equal(counter, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_reads_from_the_outermost_context_to_the_origin),
        cmocka_unit_test(a_new_failure_forgets_the_last_one),
        cmocka_unit_test(a_failure_can_quote_the_last_one),
        cmocka_unit_test(lines_beyond_the_limit_are_counted),
        cmocka_unit_test(long_lines_are_cut_visibly_and_all_fit),
        cmocka_unit_test(each_thread_has_its_own_stack),
        cmocka_unit_test(every_code_has_its_exit_code),
        cmocka_unit_test(a_failed_assertion_ends_the_process_in_release_too),
        cmocka_unit_test(a_failed_assertion_names_what_where_seed_and_event),
        cmocka_unit_test(counting_yields_the_condition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
