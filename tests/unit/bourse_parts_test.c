// The small parts of the simulated exchange: JSON as it writes it, requests as it reads them, bars.
#include "bourse/bars.h"
#include "bourse/params.h"
#include "bourse/switches.h"
#include "bourse/wire.h"
#include "cmocka_all.h"

#include <inttypes.h>
#include <string.h>

static void values_are_written_with_commas_escapes_and_the_steps_decimals(void **state)
{
    (void)state;
    struct text out = {0};
    wire_open(&out, NULL, '{');
    wire_string(&out, "a", "q\" b\\ n\n");
    wire_number(&out, "b", -5);
    wire_open(&out, "c", '[');
    wire_bool(&out, NULL, true);
    wire_steps(&out, NULL, 867234, (struct decimal){1, -1});
    wire_steps(&out, NULL, 5, (struct decimal){5, -4});
    wire_steps(&out, NULL, 7, (struct decimal){1, 0});
    wire_steps(&out, NULL, 2, (struct decimal){1, 2});
    wire_money(&out, NULL, -1500000000);
    wire_real(&out, NULL, 0.00055, 9);
    wire_real(&out, NULL, -0.0000000001, 6);
    wire_number_text(&out, NULL, 12);
    wire_close(&out, ']');
    wire_open(&out, "d", '{');
    wire_close(&out, '}');
    wire_raw(&out, "e", "null");
    wire_close(&out, '}');
    assert_string_equal(
        text_string(&out),
        "{\"a\":\"q\\\" b\\\\ n\\u000a\",\"b\":-5,\"c\":[true,\"86723.4\",\"0.0025\","
        "\"7\",\"200\",\"-1.5\",\"0.00055\",\"0\",\"12\"],\"d\":{},\"e\":null}");
    text_fini(&out);
}

static void a_query_is_decoded_field_by_field(void **state)
{
    (void)state;
    json_t *params = params_of_query("a=1&b=USDT%2cUSDC&c&d=x%26y&a=2&e=%zz%4&f=p+q&g=page%253D7");
    char text[PARAM_TEXT_SIZE];
    static const char *const expected[][2] = {{"a", "1"},        {"b", "USDT,USDC"}, {"c", ""},
                                              {"d", "x&y"},      {"e", "%zz%4"},     {"f", "p q"},
                                              {"g", "page%3D7"}, {"h", ""}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_string_equal(param_text(params, expected[i][0], text), expected[i][1]);
    }
    assert_true(param_present(params, "a") && !param_present(params, "c"));
    json_decref(params);
}

static void numbers_are_taken_as_texts_and_as_numbers(void **state)
{
    (void)state;
    static const char body[] = "{\"a\":\"7\",\"b\":7,\"c\":0.25,\"d\":\"x\",\"e\":null,\"f\":true}";
    json_t *params = params_of_body(body, sizeof body - 1);
    int64_t number;
    assert_true(param_number(params, "a", 0, 9, 1, &number) && number == 7);
    assert_true(param_number(params, "b", 0, 9, 1, &number) && number == 7);
    assert_true(param_number(params, "e", 0, 9, 1, &number) && number == 1);
    assert_false(param_number(params, "a", 8, 9, 1, &number));
    assert_false(param_number(params, "d", 0, 9, 1, &number));
    assert_int_equal(param_steps(params, "c", (struct decimal){5, -2}, &number), DECIMAL_OK);
    assert_int_equal(number, 5);
    assert_int_equal(param_steps(params, "c", (struct decimal){1, -1}, &number),
                     DECIMAL_NOT_MULTIPLE);
    assert_true(param_bool(params, "f") && !param_bool(params, "a"));
    json_decref(params);
    assert_null(params_of_body("[]", 2));
    assert_null(params_of_body("{", 1));
}

static void bars_begin_where_their_interval_does(void **state)
{
    (void)state;
    static const struct {
        const char *interval;
        int64_t time_ms, start_ms, end_ms;
    } cases[] = {
        {"1", 1764000061000, 1764000060000, 1764000119999},
        {"240", 1764000061000, 1764000000000, 1764014399999},
        {"D", 1764000061000, 1763942400000, 1764028799999},
        {"W", 1764000061000, 1763942400000, 1764547199999}, // 2025-11-24 was a Monday
        {"M", 1764000061000, 1761955200000, 1764547199999}, // November 2025
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int number;
        int64_t start_ms, end_ms;
        assert_true(bar_interval_parse(cases[i].interval, &number));
        bar_span(number, cases[i].time_ms, &start_ms, &end_ms);
        assert_int_equal(start_ms, cases[i].start_ms);
        assert_int_equal(end_ms, cases[i].end_ms);
    }
}

static void bars_are_joined_from_their_minutes(void **state)
{
    (void)state;
    struct bars bars;
    bars_init(&bars);
    const int64_t minute_ms = 60000, start_ms = INT64_C(1764000000000);
    bars_roll(&bars, start_ms, 100);
    for (int i = 0; i < 10; i++) {
        bars_roll(&bars, start_ms + i * minute_ms, 100);
        bars_add(&bars, &(struct trade_print){.price_ticks = 100 + i, .qty_lots = 1 + i}, 1000);
    }
    int five;
    struct bar bar;
    assert_true(bar_interval_parse("5", &five));
    assert_true(bars_find(&bars, five, start_ms + 9 * minute_ms, &bar));
    assert_int_equal(bar.start_ms, start_ms + 5 * minute_ms);
    assert_int_equal(bar.open, 104); // a minute opens at the price before it
    assert_int_equal(bar.close, 109);
    assert_int_equal(bar.volume_lots, 6 + 7 + 8 + 9 + 10);
    assert_true(bars_find(&bars, five, start_ms + 5 * minute_ms - 1, &bar));
    assert_int_equal(bar.open, 100);
    assert_int_equal(bar.high, 104);
    assert_false(bars_find(&bars, five, start_ms - 1, &bar));
    // After a long pause there are only minutes that the ring can hold.
    bars_roll(&bars, start_ms + 5000 * minute_ms, 100);
    assert_true(bars_day(&bars, &bar));
    assert_int_equal(bar.volume_lots, 0);
    assert_int_equal(bar.open, 109);
    bars_fini(&bars);
}

static void a_switch_takes_its_words_and_numbers_only(void **state)
{
    (void)state;
    struct switches switches;
    switches_init(&switches);
    assert_int_equal(switches_set(&switches, "rate_limits", "vip2"), MM_OK);
    assert_int_equal(switches.values[SWITCH_RATE_LIMITS], LIMITS_VIP2);
    assert_int_equal(switches_set(&switches, "rate_limits", "vip9"), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "default, vip1, vip2, vip3 or off"));
    assert_int_equal(switches_set(&switches, "funding_rate", "-50000"), MM_OK);
    assert_int_equal(switches_set(&switches, "funding_rate", "-50001"), MM_ERROR_USAGE);
    assert_int_equal(switches_set(&switches, "funding_rate", "1.5"), MM_ERROR_USAGE);
    assert_int_equal(switches.values[SWITCH_FUNDING_RATE], -50000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_written_with_commas_escapes_and_the_steps_decimals),
        cmocka_unit_test(a_query_is_decoded_field_by_field),
        cmocka_unit_test(numbers_are_taken_as_texts_and_as_numbers),
        cmocka_unit_test(bars_begin_where_their_interval_does),
        cmocka_unit_test(bars_are_joined_from_their_minutes),
        cmocka_unit_test(a_switch_takes_its_words_and_numbers_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
