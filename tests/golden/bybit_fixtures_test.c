// Messages of the exchange as others collected them, some recorded and some made up: each is
// understood as what it is. They are in ../shared beside the source tree, or in $MM_SHARED; without
// them the test is skipped.
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/platform.h"
#include "venue/bybit/account_rows.h"
#include "venue/bybit/frame_parser.h"
#include "venue/bybit/market.h"
#include "venue/bybit/reply.h"

enum { FIXTURES_MAX = 256 };

static char directory[PATH_MAX];
static char names[FIXTURES_MAX][128];
static size_t name_count;

static void add_name(void *context, const char *name)
{
    (void)context;
    assert_true(name_count < FIXTURES_MAX);
    snprintf(names[name_count++], sizeof names[0], "%s", name);
}

static char *read_fixture(const char *name, size_t *out_size)
{
    char path[PATH_MAX + 256];
    char *data;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    assert_int_equal(file_read_all(path, 4 << 20, &data, out_size), MM_OK);
    return data;
}

static void every_answer_to_a_request_has_its_code_and_result(void **state)
{
    (void)state;
    size_t count = 0;
    for (size_t i = 0; i < name_count; i++) {
        if (strncmp(names[i], "http_", 5) == 0) {
            size_t size;
            char *text = read_fixture(names[i], &size);
            struct bybit_reply reply;
            assert_int_equal(bybit_reply_read(text, size, &reply), MM_OK);
            assert_int_equal(reply.code, 0);
            assert_non_null(reply.result);
            bybit_reply_fini(&reply);
            free(text);
            count++;
        }
    }
    assert_int_equal(count, 32);
}

// Steps so small that every number is a whole number of them.
static bool is_understood(const json_t *item, const char *kind)
{
    struct order_row order;
    struct execution_row execution;
    struct position_row position;
    bool is_broken = false;
    struct instrument fine = {.tick = {1, -8}, .lot = {1, -8}};
    const char *symbol = json_string_value(json_object_get(item, "symbol"));
    snprintf(fine.symbol, sizeof fine.symbol, "%s", symbol != NULL ? symbol : "");
    if (strcmp(kind, "order") == 0) {
        return order_row_read(item, &fine, &order, &is_broken) && order.stage != STAGE_UNKNOWN;
    }
    if (strcmp(kind, "execution") == 0) {
        return execution_row_read(item, &fine, &execution, &is_broken) &&
               execution.kind != EXECUTION_OTHER;
    }
    return position_row_read(item, &fine, &position);
}

static size_t read_account(const char *prefix, const char *kind, bool is_answer)
{
    size_t count = 0;
    for (size_t i = 0; i < name_count; i++) {
        if (strncmp(names[i], prefix, strlen(prefix)) != 0) {
            continue;
        }
        size_t size, row;
        const json_t *item;
        char *text = read_fixture(names[i], &size);
        json_t *document = json_loadb(text, size, 0, NULL);
        const json_t *list = is_answer
                                 ? json_object_get(json_object_get(document, "result"), "list")
                                 : json_object_get(document, "data");
        json_array_foreach(list, row, item)
        {
            if (!is_understood(item, kind)) {
                fail_msg("%s, row %zu", names[i], row);
            }
            count++;
        }
        json_decref(document);
        free(text);
    }
    return count;
}

static void orders_executions_and_positions_are_understood(void **state)
{
    (void)state;
    assert_true(read_account("ws_account_order", "order", false) >= 10);
    assert_true(read_account("http_get_order_partially", "order", true) >= 1);
    assert_true(read_account("http_get_orders_", "order", true) >= 4);
    assert_true(read_account("ws_account_execution.", "execution", false) >= 1);
    assert_true(read_account("ws_account_execution_adl", "execution", false) >= 1);
    assert_true(read_account("http_get_executions", "execution", true) >= 1);
    assert_true(read_account("ws_account_position", "position", false) >= 2);
    assert_true(read_account("http_get_positions", "position", true) >= 2);
}

static void instruments_are_read_with_their_steps(void **state)
{
    (void)state;
    static const struct {
        const char *name, *symbol, *settle;
        enum bybit_category category;
        struct decimal tick, lot;
    } expected[] = {
        {"http_get_instruments_linear.json", "ETHUSDT", "USDT", BYBIT_LINEAR, {5, -2}, {1, -2}},
        {"http_get_instruments_linear_symbol_type.json",
         "TSLAUSDT",
         "USDT",
         BYBIT_LINEAR,
         {1, -2},
         {1, -3}},
        {"http_get_instruments_inverse.json", "BTCUSD", "BTC", BYBIT_INVERSE, {5, -1}, {1, 0}},
        {"http_get_instruments_spot.json", "ETHUSDT", "USDT", BYBIT_SPOT, {1, -2}, {1, -5}},
        {"http_get_instruments_spot_xstocks.json",
         "AAPLUSDT",
         "USDT",
         BYBIT_SPOT,
         {1, -2},
         {1, -4}},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct bybit_market market = {.category = expected[i].category};
        struct instrument instrument;
        size_t size;
        char *text = read_fixture(expected[i].name, &size);
        snprintf(market.symbol, sizeof market.symbol, "%s", expected[i].symbol);
        assert_int_equal(bybit_market_read(&market, text, size, &instrument), MM_OK);
        assert_string_equal(instrument.symbol, expected[i].symbol);
        assert_string_equal(instrument.settle, expected[i].settle);
        assert_int_equal(instrument.tick.mantissa, expected[i].tick.mantissa);
        assert_int_equal(instrument.tick.exponent, expected[i].tick.exponent);
        assert_int_equal(instrument.lot.mantissa, expected[i].lot.mantissa);
        assert_int_equal(instrument.lot.exponent, expected[i].lot.exponent);
        assert_int_equal(instrument.contract, expected[i].category == BYBIT_INVERSE
                                                  ? CONTRACT_INVERSE
                                                  : CONTRACT_LINEAR);
        free(text);
    }
}

static void every_message_of_a_stream_is_a_book_or_something_else(void **state)
{
    (void)state;
    const struct instrument instrument = {.symbol = "BTCUSDT", .tick = {5, -1}, .lot = {1, -3}};
    struct bybit_parser parser;
    size_t count = 0, book_count = 0;
    assert_int_equal(bybit_parser_init(&parser, &instrument), MM_OK);
    for (size_t i = 0; i < name_count; i++) {
        if (strncmp(names[i], "ws_", 3) != 0) {
            continue;
        }
        size_t size;
        char *text = read_fixture(names[i], &size);
        char *padded = calloc(size + BYBIT_PADDING, 1);
        const struct bybit_public *out;
        assert_non_null(padded);
        memcpy(padded, text, size);
        assert_int_equal(bybit_parser_read(&parser, padded, size, &out), MM_OK);
        bool is_book = strncmp(names[i], "ws_orderbook_", 13) == 0;
        assert_int_equal(out->kind, is_book ? BYBIT_FRAME_BOOK : BYBIT_FRAME_OTHER);
        book_count += is_book && out->level_count >= 2;
        count++;
        free(text);
        free(padded);
    }
    bybit_parser_fini(&parser);
    assert_int_equal(count, 32);
    assert_int_equal(book_count, 2);
}

static void answers_on_a_stream_say_whether_they_are_a_yes(void **state)
{
    (void)state;
    struct bybit_ack ack;
    size_t size;
    char *yes = read_fixture("ws_subscription_ack.json", &size);
    assert_true(bybit_ack_read(yes, size, &ack));
    assert_true(ack.success && ack.op == BYBIT_OP_SUBSCRIBE);
    assert_string_equal(ack.request_id, "sub-orderbook-1");
    char *no = read_fixture("ws_subscription_failure.json", &size);
    assert_true(bybit_ack_read(no, size, &ack));
    assert_true(!ack.success && ack.op == BYBIT_OP_SUBSCRIBE);
    assert_non_null(strstr(ack.text, "invalid.topic"));
    char *data = read_fixture("ws_ticker_linear.json", &size);
    assert_false(bybit_ack_read(data, size, &ack));
    free(yes);
    free(no);
    free(data);
}

int main(void)
{
    const char *shared = getenv("MM_SHARED"), *root = getenv("MM_SOURCE_ROOT");
    if (shared != NULL) {
        snprintf(directory, sizeof directory, "%s/data/bybit/fixtures", shared);
    } else {
        snprintf(directory, sizeof directory, "%s/../shared/data/bybit/fixtures",
                 root != NULL ? root : ".");
    }
    if (!platform_is_directory(directory)) {
        printf("skipped: no fixtures at %s ($MM_SHARED)\n", directory);
        return 77;
    }
    if (platform_list_directory(directory, add_name, NULL) < 0) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_to_a_request_has_its_code_and_result),
        cmocka_unit_test(orders_executions_and_positions_are_understood),
        cmocka_unit_test(instruments_are_read_with_their_steps),
        cmocka_unit_test(every_message_of_a_stream_is_a_book_or_something_else),
        cmocka_unit_test(answers_on_a_stream_say_whether_they_are_a_yes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
