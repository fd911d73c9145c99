// Frames of the public streams become ticks and lots, by a fast reader where they are compact JSON
// and by a slow one where they are not; what neither understands is refused.
#include "cmocka_all.h"

#include "base/random.h"
#include "venue/bybit/frame_parser.h"

#include <inttypes.h>
#include <string.h>

static const struct instrument linear = {.symbol = "BTCUSDT", .tick = {1, -1}, .lot = {1, -3}};
static const struct instrument spot = {.symbol = "BTCUSDT", .tick = {1, -2}, .lot = {1, -6}};

static struct bybit_parser parser;
static char buffer[1 << 17];

static int use(const struct instrument *instrument)
{
    bybit_parser_fini(&parser);
    return bybit_parser_init(&parser, instrument);
}

static int use_linear(void **state)
{
    (void)state;
    return use(&linear);
}

static int end_parser(void **state)
{
    (void)state;
    bybit_parser_fini(&parser);
    return 0;
}

static int read_text(const char *text, const struct bybit_public **out)
{
    size_t size = strlen(text);
    assert_true(size + BYBIT_PADDING <= sizeof buffer);
    memcpy(buffer, text, size + 1);
    return bybit_parser_read(&parser, buffer, size, out);
}

static void assert_level(const struct bybit_level *level, int64_t price_ticks, int64_t qty_lots)
{
    assert_int_equal(level->price_ticks, price_ticks);
    assert_int_equal(level->qty_lots, qty_lots);
}

static void a_snapshot_of_a_linear_perpetual_is_read_in_ticks_and_lots(void **state)
{
    (void)state;
    const struct bybit_public *out;
    assert_int_equal(
        read_text("{\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"snapshot\",\"ts\":1790134712130,"
                  "\"data\":{\"s\":\"BTCUSDT\",\"b\":[[\"86723.40\",\"0.194\"],[\"86723.30\","
                  "\"0.002\"]],\"a\":[[\"86723.50\",\"5.959\"],[\"86723.60\",\"0.320\"]],\"u\":"
                  "173678160,\"seq\":814547787693},\"cts\":1790134712126}",
                  &out),
        MM_OK);
    assert_int_equal(parser.slow_count, 0);
    assert_int_equal(out->kind, BYBIT_FRAME_BOOK);
    assert_true(out->is_snapshot);
    assert_int_equal(out->depth, 50);
    assert_int_equal(out->update, 173678160);
    assert_int_equal(out->sequence, 814547787693);
    assert_int_equal(out->ts_ms, 1790134712130);
    assert_int_equal(out->cts_ms, 1790134712126);
    assert_int_equal(out->bid_count, 2);
    assert_int_equal(out->level_count, 4);
    assert_level(&out->levels[0], 867234, 194);
    assert_level(&out->levels[1], 867233, 2);
    assert_level(&out->levels[2], 867235, 5959);
    assert_level(&out->levels[3], 867236, 320);
}

static void a_delta_of_spot_has_its_type_behind_its_time_and_no_trailing_zeros(void **state)
{
    (void)state;
    const struct bybit_public *out;
    assert_int_equal(use(&spot), MM_OK);
    assert_int_equal(
        read_text("{\"topic\":\"orderbook.50.BTCUSDT\",\"ts\":1682083231922,\"type\":\"delta\","
                  "\"data\":{\"s\":\"BTCUSDT\",\"b\":[[\"27579.99\",\"0.031244\"],[\"27580\","
                  "\"0\"]],\"a\":[],\"u\":1323397,\"seq\":792472763}}",
                  &out),
        MM_OK);
    assert_int_equal(parser.slow_count, 0);
    assert_false(out->is_snapshot);
    assert_int_equal(out->cts_ms, 0);
    assert_int_equal(out->bid_count, 2);
    assert_level(&out->levels[0], 2757999, 31244);
    assert_level(&out->levels[1], 2758000, 0);
}

static void trades_say_which_side_of_the_book_they_took_from(void **state)
{
    (void)state;
    const struct bybit_public *out;
    assert_int_equal(
        read_text("{\"topic\":\"publicTrade.BTCUSDT\",\"type\":\"snapshot\",\"ts\":1758841135824,"
                  "\"data\":[{\"T\":1758841135823,\"s\":\"BTCUSDT\",\"S\":\"Buy\",\"v\":\"0.020\","
                  "\"p\":\"109378.90\",\"L\":\"ZeroPlusTick\",\"i\":\"2a74ac78\",\"BT\":false},{"
                  "\"T\":1758841135824,\"s\":\"BTCUSDT\",\"S\":\"Sell\",\"v\":\"1\",\"p\":"
                  "\"109378.80\",\"BT\":false},{\"T\":1758841135824,\"s\":\"BTCUSDT\",\"S\":"
                  "\"Sell\",\"v\":\"500\",\"p\":\"109378.80\",\"BT\":true}]}",
                  &out),
        MM_OK);
    assert_int_equal(parser.slow_count, 0);
    assert_int_equal(out->kind, BYBIT_FRAME_TRADES);
    assert_int_equal(out->trade_count, 2);
    assert_int_equal(out->trades[0].taken, SIDE_SELL);
    assert_int_equal(out->trades[0].price_ticks, 1093789);
    assert_int_equal(out->trades[0].qty_lots, 20);
    assert_int_equal(out->trades[0].match_ms, 1758841135823);
    assert_int_equal(out->trades[1].taken, SIDE_BUY);
    assert_int_equal(out->trades[1].qty_lots, 1000);
    assert_int_equal(parser.block_count, 1); // agreed outside the book
}

#define BOOK(sides)                                                                                \
    "{\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"delta\",\"ts\":1790134712130,"                 \
    "\"data\":{\"s\":\"BTCUSDT\"," sides ",\"u\":7}}"

static void shapes_the_fast_reader_does_not_know_are_read_slowly(void **state)
{
    (void)state;
    static const char *const texts[] = {
        BOOK("\n \"b\":[[\"1.5\",\"0.002\"]],\n\"a\":[]"),
        BOOK("\"\\u0062\":[[\"1.5\",\"0.002\"]],\"a\":[]"),
        BOOK("\"a\":[],\"b\":[[\"1.5\",\"0.002\"]]"),
        BOOK("\"b\":[[\"1.5\",\"0.002\"]],\"a\":[],\"seq\":\"12\""),
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct bybit_public *out;
        assert_int_equal(read_text(texts[i], &out), MM_OK);
        assert_int_equal(parser.slow_count, i + 1);
        assert_int_equal(out->kind, BYBIT_FRAME_BOOK);
        assert_int_equal(out->update, 7);
        assert_int_equal(out->bid_count, 1);
        assert_int_equal(out->level_count, 1);
        assert_level(&out->levels[0], 15, 2);
    }
    const struct bybit_public *out;
    assert_int_equal(read_text(BOOK("\"b\":[[2,3]],\"a\":[]"), &out), MM_OK); // without quotes
    assert_level(&out->levels[0], 20, 3000);
}

static void what_neither_reader_understands_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "hello",
        "[]",
        "{\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"delta\",\"ts\":1}",
        "{\"topic\":\"publicTrade.BTCUSDT\",\"data\":[{\"s\":\"BTCUSDT\",\"S\":\"Up\"}]}",
        "{\"topic\":\"publicTrade.BTCUSDT\",\"data\":[{\"T\":1,\"s\":\"BTCUSDT\",\"S\":\"Buy\","
        "\"p\":\"\",\"v\":\"1\"}]}",
        "{\"topic\":\"publicTrade.BTCUSDT\",\"data\":{}}",
        BOOK("\"b\":[[\"1.5\",\"1\"]]"),
        BOOK("\"b\":[[\"1.55\",\"1\"]],\"a\":[]"),
        BOOK("\"b\":[[\"-1.5\",\"1\"]],\"a\":[]"),
        BOOK("\"b\":[[\"1e5\",\"1\"]],\"a\":[]"),
        BOOK("\"b\":[[\"0\",\"1\"]],\"a\":[]"),
        BOOK("\"b\":[[\"1\",\"\"]],\"a\":[]"),
        BOOK("\"b\":[[\"1\"]],\"a\":[]"),
        BOOK("\"b\":[[1.5,1]],\"a\":[]"),
        BOOK("\"b\":[],\"a\":[],\"b\":[]"),
        BOOK("\"b\":[[\"99999999999999999999\",\"1\"]],\"a\":[]"),
        "{\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"whole\",\"ts\":1,\"data\":{\"s\":"
        "\"BTCUSDT\",\"b\":[],\"a\":[],\"u\":7}}",
        "{\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"delta\",\"ts\":1,\"data\":{\"s\":"
        "\"BTCUSDT\",\"b\":[],\"a\":[]}}",
        "{\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"delta\",\"ts\":99999999999999,\"data\":{"
        "\"s\":\"BTCUSDT\",\"b\":[],\"a\":[],\"u\":7}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct bybit_public *out;
        mm_error_clear();
        assert_int_equal(read_text(texts[i], &out), MM_ERROR_INPUT);
        assert_true(mm_error_text()[0] != '\0');
    }
}

static void quantities_finer_than_the_lot_are_rounded_and_prices_are_not(void **state)
{
    (void)state;
    const struct bybit_public *out;
    assert_int_equal(
        read_text(BOOK("\"b\":[[\"1.500\",\"0.0015\"],[\"1.4\",\"0.00149\"]],\"a\":[]"), &out),
        MM_OK);
    assert_level(&out->levels[0], 15, 2);
    assert_level(&out->levels[1], 14, 1);
    assert_int_equal(parser.steps.qty.rounded_count, 2);
}

static void frames_about_something_else_are_let_pass(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"success\":true,\"ret_msg\":\"pong\",\"conn_id\":\"x\",\"op\":\"ping\"}",
        "{\"topic\":\"tickers.BTCUSDT\",\"type\":\"delta\",\"data\":{\"symbol\":\"BTCUSDT\"},"
        "\"ts\":1790134712383}",
        "{\"topic\":\"orderbook.50.ETHUSDT\",\"type\":\"delta\",\"ts\":1,\"data\":{\"s\":"
        "\"ETHUSDT\",\"b\":[],\"a\":[],\"u\":7}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct bybit_public *out;
        assert_int_equal(read_text(texts[i], &out), MM_OK);
        assert_int_equal(out->kind, BYBIT_FRAME_OTHER);
        assert_int_equal(parser.slow_count, 0);
    }
}

static void a_frame_of_too_many_levels_is_refused_by_both_readers(void **state)
{
    (void)state;
    static char text[1 << 17];
    size_t at = (size_t)snprintf(text, sizeof text, "%s",
                                 "{\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"delta\",\"ts\":1,"
                                 "\"data\":{\"s\":\"BTCUSDT\",\"a\":[],\"b\":[");
    for (int i = 0; i <= BYBIT_LEVELS_MAX; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%s[\"%d\",\"1\"]", i > 0 ? "," : "",
                               i + 1);
    }
    snprintf(text + at, sizeof text - at, "],\"u\":7}}");
    const struct bybit_public *out;
    assert_int_equal(read_text(text, &out), MM_ERROR_INPUT);
}

// ---- both readers say the same ----

// A number with up to 9 digits before and 9 behind the dot, mostly a whole number of steps.
static size_t put_number(struct random_stream *draws, uint64_t decimals, char *out, size_t size)
{
    static const uint64_t bounds[] = {10, 1000, 1000000, 1000000000};
    uint64_t whole = random_below(draws, bounds[random_below(draws, 4)]);
    uint64_t zeros = random_below(draws, 4), shown = random_below(draws, decimals + 2);
    size_t at = (size_t)snprintf(out, size, "\"%" PRIu64, whole);
    for (uint64_t i = 0; i < shown + zeros && i < 9; i++) {
        at += (size_t)snprintf(out + at, size - at, "%s%d", i == 0 ? "." : "",
                               i < shown ? (int)random_below(draws, 10) : 0);
    }
    return at + (size_t)snprintf(out + at, size - at, "\"");
}

static size_t put_side(struct random_stream *draws, const struct instrument *instrument, char *out,
                       size_t size)
{
    size_t at = 0;
    uint64_t count = random_below(draws, 6);
    for (uint64_t i = 0; i < count; i++) {
        at += (size_t)snprintf(out + at, size - at, "%s[", i > 0 ? "," : "");
        at += put_number(draws, (uint64_t)-instrument->tick.exponent, out + at, size - at);
        at += (size_t)snprintf(out + at, size - at, random_below(draws, 8) == 0 ? " , " : ",");
        at += put_number(draws, (uint64_t)-instrument->lot.exponent, out + at, size - at);
        at += (size_t)snprintf(out + at, size - at, "]");
    }
    return at;
}

static void assert_same(const struct bybit_public *a, const struct bybit_public *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->bid_count, b->bid_count);
    assert_int_equal(a->level_count, b->level_count);
    for (uint32_t i = 0; i < a->level_count; i++) {
        assert_level(&a->levels[i], b->levels[i].price_ticks, b->levels[i].qty_lots);
    }
}

static void both_readers_say_the_same_of_ten_thousand_random_books(void **state)
{
    (void)state;
    static const struct instrument instruments[] = {
        {.symbol = "BTCUSDT", .tick = {1, -1}, .lot = {1, -3}},
        {.symbol = "BTCUSDT", .tick = {5, -1}, .lot = {1, 0}},
        {.symbol = "BTCUSDT", .tick = {25, -4}, .lot = {1, -6}},
        {.symbol = "BTCUSDT", .tick = {1, -8}, .lot = {1, 0}},
    };
    static struct bybit_parser other;
    static struct bybit_level levels[BYBIT_LEVELS_MAX];
    struct random_stream draws;
    uint32_t read_count = 0, fast_count = 0;
    random_init(&draws, 7, RANDOM_TEST, 0);
    for (int i = 0; i < 10000; i++) {
        const struct instrument *instrument = &instruments[i % 4];
        assert_int_equal(use(instrument), MM_OK);
        char text[2048];
        size_t at = (size_t)snprintf(text, sizeof text,
                                     "{\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"delta\","
                                     "\"ts\":1,\"data\":{\"s\":\"BTCUSDT\",\"b\":[");
        at += put_side(&draws, instrument, text + at, sizeof text - at);
        at += (size_t)snprintf(text + at, sizeof text - at, "],\"a\":[");
        at += put_side(&draws, instrument, text + at, sizeof text - at);
        at += (size_t)snprintf(text + at, sizeof text - at, "],\"u\":7}}");
        const struct bybit_public *out;
        int code = read_text(text, &out);
        fast_count += parser.slow_count == 0;
        struct bybit_public seen = *out;
        memcpy(levels, out->levels, out->level_count * sizeof levels[0]);
        seen.levels = levels;
        assert_int_equal(bybit_parser_init(&other, instrument), MM_OK);
        assert_int_equal(bybit_parser_slow(&other, text, at), code);
        if (code == MM_OK) {
            read_count++;
            assert_same(&seen, &other.out);
        }
        bybit_parser_fini(&other);
    }
    assert_in_range(read_count, 1000, 9999); // some are refused, and many are not
    assert_in_range(fast_count, 1000, 9999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_snapshot_of_a_linear_perpetual_is_read_in_ticks_and_lots,
                                        use_linear, end_parser),
        cmocka_unit_test_setup_teardown(
            a_delta_of_spot_has_its_type_behind_its_time_and_no_trailing_zeros, use_linear,
            end_parser),
        cmocka_unit_test_setup_teardown(trades_say_which_side_of_the_book_they_took_from,
                                        use_linear, end_parser),
        cmocka_unit_test_setup_teardown(shapes_the_fast_reader_does_not_know_are_read_slowly,
                                        use_linear, end_parser),
        cmocka_unit_test_setup_teardown(what_neither_reader_understands_is_refused, use_linear,
                                        end_parser),
        cmocka_unit_test_setup_teardown(
            quantities_finer_than_the_lot_are_rounded_and_prices_are_not, use_linear, end_parser),
        cmocka_unit_test_setup_teardown(frames_about_something_else_are_let_pass, use_linear,
                                        end_parser),
        cmocka_unit_test_setup_teardown(a_frame_of_too_many_levels_is_refused_by_both_readers,
                                        use_linear, end_parser),
        cmocka_unit_test_setup_teardown(both_readers_say_the_same_of_ten_thousand_random_books,
                                        use_linear, end_parser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
