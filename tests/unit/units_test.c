// Durations and sizes as people write them.
#include "base/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void durations_are_read_in_every_unit(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"0", 0},
        {"1ns", 1},
        {"3us", 3000},
        {"500ms", 500000000},
        {"50s", INT64_C(50000000000)},
        {"15m", INT64_C(900000000000)},
        {"1.5h", INT64_C(5400000000000)},
        {"24h", INT64_C(86400000000000)},
        {"7d", INT64_C(604800000000000)},
        {"0.000000001s", 1},
        {"106751d", INT64_C(9223286400000000000)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ns = -1;
        assert_int_equal(duration_parse(cases[i].text, &ns), MM_OK);
        assert_int_equal(ns, cases[i].ns);
    }
}

static void wrong_durations_are_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "not a duration"},       {"15", "has no unit"},
        {"15x", "unknown unit"},      {"m", "not a duration"},
        {"-5s", "not a duration"},    {"1.5ns", "whole number of ns"},
        {"1e3s", "unknown unit"},     {"106752d", "too long"},
        {"1.2.3s", "not a duration"}, {"15 m", "unknown unit"},
        {"15M", "unknown unit"},      {"999999999999999999999s", "not a duration"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ns = -1;
        mm_error_clear();
        assert_int_equal(duration_parse(cases[i].text, &ns), MM_ERROR_USAGE);
        assert_non_null(strstr(mm_error_text(), cases[i].message));
        assert_int_equal(ns, -1);
    }
}

static void durations_are_printed_as_people_read_them(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "0s"},
        {1, "1ns"},
        {1500000, "1500us"},
        {INT64_C(50000000000), "50s"},
        {INT64_C(1001000000), "1001ms"},
        {INT64_C(1000500000), "1.0005s"},
        {INT64_C(57467941573), "57.467941573s"},
        {INT64_MAX, "9223372036.854775807s"},
        {INT64_C(900000000000), "15m"},
        {INT64_C(86400000000000), "1d"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[DURATION_TEXT_SIZE];
        assert_int_equal(duration_print(cases[i].ns, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
        int64_t back = -1;
        assert_int_equal(duration_parse(text, &back), MM_OK);
        assert_int_equal(back, cases[i].ns);
    }
}

static void sizes_are_read_in_units_of_1024(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"0", 0},
        {"4096", 4096},
        {"64K", 65536},
        {"500M", UINT64_C(524288000)},
        {"1.5G", UINT64_C(1610612736)},
        {"2T", UINT64_C(2199023255552)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t bytes = 1;
        assert_int_equal(size_parse(cases[i].text, &bytes), MM_OK);
        assert_int_equal(bytes, cases[i].bytes);
    }
    static const char *const wrong[] = {"", "M", "-1", "5x", "0.5", "1e3", "5 M", "99999999T"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint64_t bytes = 1;
        mm_error_clear();
        assert_int_equal(size_parse(wrong[i], &bytes), MM_ERROR_USAGE);
        assert_non_null(strstr(mm_error_text(), "not a size"));
        assert_int_equal(bytes, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read_in_every_unit),
        cmocka_unit_test(wrong_durations_are_refused_with_the_reason),
        cmocka_unit_test(durations_are_printed_as_people_read_them),
        cmocka_unit_test(sizes_are_read_in_units_of_1024),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
