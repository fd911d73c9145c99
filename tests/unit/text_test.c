// A text put together from parts.
#include "base/text.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void parts_follow_one_another(void **state)
{
    (void)state;
    struct text text = {0};
    assert_string_equal(text_string(&text), "");
    text_add(&text, "%s", "");
    text_add(&text, "a%d", 1);
    text_add(&text, "-%s", "b");
    assert_string_equal(text_string(&text), "a1-b");
    assert_int_equal(text.size, 4);
    text_clear(&text);
    assert_string_equal(text_string(&text), "");
    for (int i = 0; i < 10000; i++) {
        text_add(&text, "%d,", i % 10);
    }
    assert_int_equal(strlen(text_string(&text)), 20000);
    assert_memory_equal(text_string(&text) + 19996, "8,9,", 4);
    text_fini(&text);
    text_fini(&text);
}

static void integers_are_written_as_a_print_writes_them(void **state)
{
    (void)state;
    static const int64_t values[] = {0, 7, -7, 10, 1790134712130, -99, INT64_MAX, INT64_MIN};
    struct text text = {0};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char expected[32];
        snprintf(expected, sizeof expected, "x%" PRId64 "y", values[i]);
        text_clear(&text);
        text_word(&text, "x");
        text_integer(&text, values[i]);
        text_word(&text, "y");
        assert_string_equal(text_string(&text), expected);
    }
    text_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_follow_one_another),
        cmocka_unit_test(integers_are_written_as_a_print_writes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
