// Which name somebody probably meant.
#include "base/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *const keys[] = {"min_interval_ms", "replace_rate_per_min", "tail_age_ms",
                                   "impact_cap_ratio"};
enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

static void a_typing_error_finds_its_name(void **state)
{
    (void)state;
    assert_string_equal(suggest_name("min_intervall_ms", keys, KEY_COUNT), keys[0]);
    assert_string_equal(suggest_name("min-interval-ms", keys, KEY_COUNT), keys[0]);
    assert_string_equal(suggest_name("tail_age", keys, KEY_COUNT), keys[2]);
    assert_string_equal(suggest_name("imp", keys, KEY_COUNT), keys[3]);
}

static void a_name_like_nothing_finds_nothing(void **state)
{
    (void)state;
    assert_null(suggest_name("", keys, KEY_COUNT));
    assert_null(suggest_name("spread", keys, KEY_COUNT));
    assert_null(suggest_name("x", keys, KEY_COUNT));
    char longest[SUGGEST_NAME_MAX + 2];
    for (size_t i = 0; i <= SUGGEST_NAME_MAX; i++) {
        longest[i] = 'a';
    }
    longest[SUGGEST_NAME_MAX + 1] = '\0';
    assert_null(suggest_name(longest, keys, KEY_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_typing_error_finds_its_name),
        cmocka_unit_test(a_name_like_nothing_finds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
