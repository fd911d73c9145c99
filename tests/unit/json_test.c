#include "base/json.h"

#include "base/decimal.h"
#include "base/file.h"
#include "base/random.h"
#include "cmocka_all.h"

#include <float.h>
#include <math.h>
#include <string.h>

// Asserts that `value`, a new reference, prints as `expected` within an array.
static void assert_prints(json_t *value, const char *expected)
{
    json_t *array = json_pack("[o]", value);
    char *text = json_document_line(array, NULL);
    assert_non_null(text);
    char whole[512];
    (void)snprintf(whole, sizeof whole, "[%s]\n", expected);
    assert_string_equal(text, whole);
    free(text);
    json_decref(array);
}

static void a_stable_real_prints_as_the_shortest_decimal(void **state)
{
    (void)state;
    assert_prints(json_real_stable(0.14, 6), "0.14");
    assert_prints(json_real_stable(0.1 + 0.04, 6), "0.14");
    assert_prints(json_real_stable(0.1 + 0.2, 15), "0.3");
    assert_prints(json_real_stable(2.0 / 3.0, 4), "0.6667");
    assert_prints(json_real_stable(-2.71828182845, 2), "-2.72");
    assert_prints(json_real_stable(3.0, 2), "3.0");
    assert_prints(json_real_stable(1234567.891, 3), "1234567.891");
    assert_prints(json_real_stable(0.4, 0), "0.0");
}

static void minus_zero_becomes_zero(void **state)
{
    (void)state;
    assert_prints(json_real_stable(-0.0, 3), "0.0");
    assert_prints(json_real_stable(-0.0004, 3), "0.0");
}

static void what_is_not_a_number_becomes_null(void **state)
{
    (void)state;
    assert_prints(json_real_stable(NAN, 3), "null");
    assert_prints(json_real_stable(INFINITY, 3), "null");
    assert_prints(json_real_stable(-INFINITY, 3), "null");
}

static void the_largest_and_smallest_doubles_do_not_break_it(void **state)
{
    (void)state;
    static const double VALUES[] = {DBL_MAX, -DBL_MAX, DBL_MIN, 1e15, 1e22};
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        json_t *value = json_real_stable(VALUES[i], JSON_DECIMALS_MAX);
        assert_true(json_is_real(value));
        assert_true(fabs(json_real_value(value) - VALUES[i]) <= fabs(VALUES[i]));
        json_decref(value);
    }
}

static void noise_in_the_last_bits_does_not_reach_the_text(void **state)
{
    (void)state;
    struct random_stream stream;
    random_init(&stream, 1, RANDOM_TEST, 0);
    for (int round = 0; round < 20000; round++) {
        int32_t places = 1 + (int32_t)random_below(&stream, 6);
        struct decimal decimal = {(int64_t)random_below(&stream, UINT64_C(1000000000000)), -places};
        double exact = decimal_to_double(decimal);
        double noisy = exact * (1.0 + ((double)random_below(&stream, 9) - 4.0) * DBL_EPSILON);
        // Below 1e-4 the library writes an exponent: the same number in another dress.
        char expected[DECIMAL_TEXT_SIZE + 2];
        size_t length = decimal_print(decimal, expected);
        if (strchr(expected, '.') == NULL) {
            memcpy(expected + length, ".0", 3);
        }
        if (exact >= 1e-4 || exact == 0.0) {
            assert_prints(json_real_stable(noisy, places), expected);
        }
        json_t *value = json_real_stable(noisy, places);
        assert_true(json_real_value(value) == exact);
        json_decref(value);
    }
}

static void a_document_has_sorted_keys_two_spaces_and_a_newline(void **state)
{
    (void)state;
    json_t *document = json_pack("{s:i, s:[b,n], s:{s:o}}", "zeta", 1, "alpha", 1, "mid", "x",
                                 json_real_stable(0.09, 3));
    size_t size = 0;
    char *text = json_document_text(document, &size);
    assert_string_equal(text, "{\n"
                              "  \"alpha\": [\n"
                              "    true,\n"
                              "    null\n"
                              "  ],\n"
                              "  \"mid\": {\n"
                              "    \"x\": 0.09\n"
                              "  },\n"
                              "  \"zeta\": 1\n"
                              "}\n");
    assert_int_equal(size, strlen(text));
    free(text);
    text = json_document_line(document, &size);
    assert_string_equal(text, "{\"alpha\":[true,null],\"mid\":{\"x\":0.09},\"zeta\":1}\n");
    assert_int_equal(size, strlen(text));
    free(text);
    json_decref(document);
}

static void the_order_of_building_does_not_reach_the_text(void **state)
{
    (void)state;
    json_t *first = json_pack("{s:i, s:i, s:i}", "b", 2, "a", 1, "c", 3);
    json_t *second = json_pack("{s:i, s:i, s:i}", "c", 3, "b", 2, "a", 1);
    char *first_text = json_document_text(first, NULL);
    char *second_text = json_document_text(second, NULL);
    assert_string_equal(first_text, second_text);
    free(first_text);
    free(second_text);
    json_decref(first);
    json_decref(second);
}

static void what_cannot_be_encoded_gives_null(void **state)
{
    (void)state;
    assert_null(json_document_text(NULL, NULL));
    json_t *number = json_integer(1);
    assert_null(json_document_text(number, NULL));
    json_decref(number);
}

static json_t *parse(const char *text)
{
    json_t *document = NULL;
    int status = json_document_parse(text, strlen(text), "a.json", &document);
    assert_true((status == MM_OK) == (document != NULL));
    assert_true(status == MM_OK || status == MM_ERROR_INPUT);
    return document;
}

static void an_error_names_file_line_and_column(void **state)
{
    (void)state;
    assert_null(parse("{\n  \"a\": 1,\n  \"b\": oops\n}\n"));
    assert_non_null(strstr(mm_error_text(), "a.json:3:11: "));
    assert_non_null(strstr(mm_error_text(), "oops"));
}

static void a_key_given_twice_is_refused(void **state)
{
    (void)state;
    assert_null(parse("{\"a\": 1, \"a\": 2}"));
    assert_non_null(strstr(mm_error_text(), "a.json:1:"));
    assert_non_null(strstr(mm_error_text(), "duplicate"));
}

static void what_is_not_quite_json_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",
                                        "1",
                                        "{",
                                        "{}x",
                                        "[1,]",
                                        "{\"a\":NaN}",
                                        "[01]",
                                        "[1] [2]",
                                        "{'a':1}",
                                        "[\"\x80\"]",
                                        "[\"\\u0000\"]",
                                        "[1e999]",
                                        "[\"a\n\"]",
                                        "// c\n[1]",
                                        "[99999999999999999999]"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        assert_null(parse(TEXTS[i]));
        assert_non_null(strstr(mm_error_text(), "a.json:"));
    }
}

static void a_document_survives_the_way_to_disk_and_back(void **state)
{
    (void)state;
    char directory[] = "/tmp/mmbot_json_test.XXXXXX";
    assert_non_null(mkdtemp(directory));
    char path[128];
    (void)snprintf(path, sizeof path, "%s/doc.json", directory);
    json_t *document = json_pack("{s:I, s:o, s:s}", "money_e9", (json_int_t)INT64_MIN, "share",
                                 json_real_stable(0.105, 3), "name", "caf\xc3\xa9 \"x\"\n");
    assert_int_equal(json_document_write(path, document, 0644), MM_OK);
    json_t *again = NULL;
    assert_int_equal(json_document_read(path, 1 << 16, &again), MM_OK);
    assert_true(json_equal(document, again));
    json_decref(again);

    assert_int_equal(json_document_read(path, 10, &again), MM_ERROR_INPUT);
    assert_null(again);
    assert_int_equal(json_document_write(path, NULL, 0644), MM_ERROR_SYSTEM);
    assert_int_equal(json_document_read(path, 1 << 16, &again), MM_OK);
    assert_true(json_equal(document, again));
    json_decref(again);
    json_decref(document);

    assert_int_equal(file_remove(path), MM_OK);
    assert_int_equal(json_document_read(path, 10, &again), MM_ERROR_SYSTEM);
    assert_null(again);
    assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stable_real_prints_as_the_shortest_decimal),
        cmocka_unit_test(minus_zero_becomes_zero),
        cmocka_unit_test(what_is_not_a_number_becomes_null),
        cmocka_unit_test(the_largest_and_smallest_doubles_do_not_break_it),
        cmocka_unit_test(noise_in_the_last_bits_does_not_reach_the_text),
        cmocka_unit_test(a_document_has_sorted_keys_two_spaces_and_a_newline),
        cmocka_unit_test(the_order_of_building_does_not_reach_the_text),
        cmocka_unit_test(what_cannot_be_encoded_gives_null),
        cmocka_unit_test(an_error_names_file_line_and_column),
        cmocka_unit_test(a_key_given_twice_is_refused),
        cmocka_unit_test(what_is_not_quite_json_is_refused),
        cmocka_unit_test(a_document_survives_the_way_to_disk_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
