// A text put together from parts.
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_follow_one_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
