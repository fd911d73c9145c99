// One owner at a time, and what the last one wrote.
#include "base/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];

static int make_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/mm_lock_XXXXXX");
    int file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

static void a_second_owner_is_refused_and_told_who_holds_it(void **state)
{
    (void)state;
    struct lock first, second;
    assert_int_equal(lock_take(&first, path), MM_OK);
    assert_string_equal(first.previous, "");
    assert_int_equal(lock_write(&first, "pid 7\n"), MM_OK);
    mm_error_clear();
    assert_int_equal(lock_take(&second, path), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "pid 7"));
    lock_release(&second);
    lock_release(&first);
}

static void the_next_owner_reads_what_the_last_one_wrote(void **state)
{
    (void)state;
    struct lock lock;
    assert_int_equal(lock_take(&lock, path), MM_OK);
    assert_int_equal(lock_write(&lock, "a long first text\n"), MM_OK);
    assert_int_equal(lock_write(&lock, "short\n"), MM_OK);
    lock_release(&lock);
    lock_release(&lock);
    assert_int_equal(lock_take(&lock, path), MM_OK);
    assert_string_equal(lock.previous, "short");
    lock_release(&lock);
}

static void a_path_that_cannot_be_made_is_a_system_error(void **state)
{
    (void)state;
    struct lock lock;
    assert_int_equal(lock_take(&lock, "/nowhere/at/all"), MM_ERROR_SYSTEM);
    lock_release(&lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_second_owner_is_refused_and_told_who_holds_it, make_path,
                                        remove_path),
        cmocka_unit_test_setup_teardown(the_next_owner_reads_what_the_last_one_wrote, make_path,
                                        remove_path),
        cmocka_unit_test(a_path_that_cannot_be_made_is_a_system_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
