#include "market/import_binance.h"

#include "base/file.h"
#include "market/tape.h"
#include "market/tape_cache.h"
#include "market/tape_import.h"
#include "scratch.h"

#include <inttypes.h>
#include <zlib.h>

// Lines of a USD-M capture, received 100 ms after the exchange's E; T is 1 ms before E.
#define DEPTH(ns, ms, bids, asks)                                                                  \
#ns " {\"stream\":\"abcusdt@depth@0ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":" #ms            \
        "001,\"T\":" #ms "000,\"s\":\"ABCUSDT\",\"b\":[" bids "],\"a\":[" asks "]}}\n"
#define TRADE(ns, ms, price, qty, type, maker)                                                     \
#ns " {\"stream\":\"abcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":" #ms "001,\"T\":" #ms     \
        "000,\"s\":\"ABCUSDT\",\"t\":7,\"p\":\"" price "\",\"q\":\"" qty "\",\"X\":\"" type        \
        "\",\"m\":" maker "}}\n"
#define TICKER(ns, ms, bid, ask)                                                                   \
#ns " {\"stream\":\"abcusdt@bookTicker\",\"data\":{\"e\":\"bookTicker\",\"u\":3,\"s\":"        \
        "\"ABCUSDT\",\"b\":\"" bid "\",\"B\":\"1.0\",\"a\":\"" ask "\",\"A\":\"2.0\",\"T\":" #ms   \
        "000,\"E\":" #ms "001}}\n"
#define SNAPSHOT(ns, ms, bids, asks)                                                               \
#ns " {\"lastUpdateId\":9,\"E\":" #ms "001,\"T\":" #ms "000,\"bids\":[" bids                   \
        "],\"asks\":[" asks "]}\n"
#define A_DEPTH DEPTH(1700000000100000000, 1700000000, "[\"10.5\",\"1\"]", "[\"10.7\",\"2\"]")

static int import_text(const char *text, const struct tape_import_options *options,
                       struct tape_import_report *report)
{
    static const struct tape_import_options none;
    const char *capture = scratch_path("capture");
    scratch_write(capture, text, strlen(text));
    return tape_import(capture, scratch_path("capture.tape"), options != NULL ? options : &none,
                       report);
}

static void import_and_open(const char *text, const struct tape_import_options *options,
                            struct tape *tape)
{
    struct tape_import_report report;
    if (import_text(text, options, &report) < 0 ||
        tape_open(tape, scratch_path("capture.tape")) < 0) {
        fail_msg("%s", mm_error_text());
        abort(); // not reached
    }
}

static void assert_message(const struct tape *tape, enum tape_clock clock, uint64_t index,
                           enum event_kind kind, int64_t ts_ns, uint32_t count)
{
    const struct tape_message *message = &tape->messages[clock][index];
    assert_int_equal(tape_message_kind(message), kind);
    assert_int_equal(message->ts_ns, ts_ns);
    assert_int_equal(tape_message_count(message), count);
}

static void assert_row(const struct tape *tape, uint64_t message, uint32_t number, enum side side,
                       int64_t price_ticks, uint32_t lots)
{
    const struct tape_message *of = &tape->messages[TAPE_EXCH][message];
    struct row row = tape->rows[of->first_row + number];
    assert_int_equal(row_side(row.key), side);
    assert_int_equal(geometry_ticks(tape->geometry, side, row_index(row.key)), price_ticks);
    assert_int_equal(row.lots, lots);
}

static void a_futures_capture_becomes_messages_by_match_time(void **state)
{
    (void)state;
    struct tape tape;
    import_and_open(
        DEPTH(1700000000100000000, 1700000000, "[\"10.50\",\"1.000\"],[\"10.40\",\"0.000\"]",
              "[\"10.70\",\"2.250\"]") TICKER(1700000000200000000, 1700000000, "10.50", "10.70")
            TRADE(1700000000300000000, 1700000000, "10.70", "0.250", "MARKET", "false")
                TRADE(1700000000300000000, 1700000000, "10.50", "0.500", "MARKET", "true"),
        NULL, &tape);
    assert_string_equal(tape.instrument.symbol, "ABCUSDT");
    assert_string_equal(tape.instrument.venue, "binance-usdm");
    assert_string_equal(tape.instrument.settle, "USDT");
    assert_string_equal(tape.facts.source, "binance:capture");
    assert_int_equal(tape.instrument.tick.mantissa, 1);
    assert_int_equal(tape.instrument.tick.exponent, -1);
    assert_int_equal(tape.instrument.lot.exponent, -2);
    assert_int_equal(tape.instrument.contract, CONTRACT_LINEAR);
    assert_int_equal(tape.inferred, 7);
    assert_int_equal(tape.message_count, 3);
    assert_message(&tape, TAPE_EXCH, 0, EVENT_DEPTH, INT64_C(1700000000000000000), 3);
    assert_message(&tape, TAPE_LOCAL, 0, EVENT_DEPTH, INT64_C(1700000000100000000), 3);
    assert_row(&tape, 0, 0, SIDE_BUY, 105, 100);
    assert_row(&tape, 0, 1, SIDE_BUY, 104, 0);
    assert_row(&tape, 0, 2, SIDE_SELL, 107, 225);
    // A buyer who was not the maker took from the asks.
    assert_row(&tape, 1, 0, SIDE_SELL, 107, 25);
    assert_row(&tape, 2, 0, SIDE_BUY, 105, 50);
    assert_int_equal(tape.best_count, 1);
    assert_int_equal(tape.bests[0].price_ticks[SIDE_SELL], 107);
    assert_int_equal(tape.bests[0].qty_lots[SIDE_SELL], 200);
    tape_close(&tape);
}

static void only_market_trades_are_kept(void **state)
{
    (void)state;
    struct tape tape;
    // What is left out does not refine the steps either.
    import_and_open(
        A_DEPTH TRADE(1700000000300000000, 1700000000, "10.77777", "1", "INSURANCE_FUND", "true")
            TRADE(1700000000300000000, 1700000000, "0", "0", "NA", "true"),
        NULL, &tape);
    assert_int_equal(tape.facts.trade_count, 0);
    assert_int_equal(tape.facts.skipped_count, 2);
    assert_int_equal(tape.instrument.tick.exponent, -1);
    tape_close(&tape);
}

static void a_snapshot_is_a_clear_and_the_levels_of_each_side(void **state)
{
    (void)state;
    struct tape tape;
    import_and_open(A_DEPTH SNAPSHOT(1700000000300000000, 1700000001,
                                     "[\"10.4\",\"3\"],[\"10.2\",\"4\"]",
                                     "[\"10.8\",\"5\"],[\"10.9\",\"6\"],[\"11.0\",\"7\"]"),
                    NULL, &tape);
    assert_int_equal(tape.message_count, 5);
    assert_int_equal(tape.facts.snapshot_count, 2);
    int64_t ts_ns = INT64_C(1700000001000000000);
    assert_message(&tape, TAPE_EXCH, 1, EVENT_CLEAR, ts_ns, 1);
    assert_message(&tape, TAPE_EXCH, 2, EVENT_SNAPSHOT, ts_ns, 2);
    assert_message(&tape, TAPE_EXCH, 3, EVENT_CLEAR, ts_ns, 1);
    assert_message(&tape, TAPE_EXCH, 4, EVENT_SNAPSHOT, ts_ns, 3);
    assert_row(&tape, 1, 0, SIDE_BUY, 102, 0);
    assert_row(&tape, 2, 0, SIDE_BUY, 104, 3);
    assert_row(&tape, 3, 0, SIDE_SELL, 110, 0);
    assert_row(&tape, 4, 2, SIDE_SELL, 110, 7);
    // The receive clock was 700 ms behind the match.
    assert_int_equal(tape.facts.clock_shift_ns, 700000000);
    tape_close(&tape);
}

static void an_empty_side_of_a_snapshot_clears_nothing(void **state)
{
    (void)state;
    struct tape tape;
    import_and_open(A_DEPTH SNAPSHOT(1700000000300000000, 1700000000, "", "[\"10.8\",\"5\"]"), NULL,
                    &tape);
    assert_int_equal(tape.message_count, 3);
    assert_message(&tape, TAPE_EXCH, 1, EVENT_CLEAR, INT64_C(1700000000000000000), 1);
    assert_row(&tape, 1, 0, SIDE_SELL, 108, 0);
    tape_close(&tape);
}

static void a_depth_update_without_levels_is_no_message(void **state)
{
    (void)state;
    struct tape tape;
    // Nor does it take part in the correction of the clocks.
    import_and_open(A_DEPTH DEPTH(1700000000200000000, 1700000009, "", ""), NULL, &tape);
    assert_int_equal(tape.message_count, 1);
    assert_int_equal(tape.facts.clock_shift_ns, 0);
    tape_close(&tape);
}

static void asks_before_bids_are_put_after_them(void **state)
{
    (void)state;
    struct tape tape;
    import_and_open("1700000000100000000 {\"e\":\"depthUpdate\",\"T\":1700000000000,\"s\":\"ABC\","
                    "\"a\":[[\"12\",\"1\"],[\"13\",\"2\"],[\"14\",\"3\"]],"
                    "\"b\":[[\"11\",\"4\"],[\"10\",\"5\"]]}\n",
                    NULL, &tape);
    assert_row(&tape, 0, 0, SIDE_BUY, 11, 4);
    assert_row(&tape, 0, 1, SIDE_BUY, 10, 5);
    assert_row(&tape, 0, 2, SIDE_SELL, 12, 1);
    assert_row(&tape, 0, 3, SIDE_SELL, 13, 2);
    assert_row(&tape, 0, 4, SIDE_SELL, 14, 3);
    tape_close(&tape);
}

#define SPOT(ns, event, data)                                                                      \
#ns " {\"stream\":\"abcusdt@" event "\",\"data\":{" data ",\"s\":\"ABCUSDT\"}}\n"

static void a_spot_capture_uses_what_times_it_has(void **state)
{
    (void)state;
    struct tape tape;
    import_and_open(
        // A snapshot says no time: the first one seen after it, at the start of the file.
        "1700000000010000000 {\"lastUpdateId\":1,\"bids\":[[\"10.10000000\",\"1.00000000\"]],"
        "\"asks\":[]}\n" SPOT(
            1700000000020000000, "depth@100ms",
            "\"e\":\"depthUpdate\",\"E\":1700000000015,\"U\":1,\"u\":2,"
            "\"b\":[[\"10.10000000\",\"1.50000000\"]],\"a\":[[\"10.20000000\",\"1.00000000\"]]")
            SPOT(1700000000030000000, "trade",
                 "\"e\":\"trade\",\"E\":1700000000025,\"T\":1700000000024,\"t\":1,"
                 "\"p\":\"10.20000000\",\"q\":\"0.50000000\",\"m\":false,\"M\":true")
                SPOT(1700000000040000000, "bookTicker",
                     "\"u\":5,\"b\":\"10.10000000\",\"B\":\"1.00000000\",\"a\":\"10.20000000\","
                     "\"A\":\"1.00000000\"")
        // And the newest one before it later on.
        "1700000000050000000 {\"lastUpdateId\":9,\"bids\":[],\"asks\":[[\"10.30000000\","
        "\"1.00000000\"]]}\n",
        NULL, &tape);
    assert_string_equal(tape.instrument.venue, "binance-spot");
    assert_int_equal(tape.instrument.tick.exponent, -1);
    assert_int_equal(tape.message_count, 6);
    int64_t base_ns = INT64_C(1700000000000000000);
    assert_message(&tape, TAPE_EXCH, 0, EVENT_CLEAR, base_ns + 15000000, 1);
    assert_message(&tape, TAPE_EXCH, 1, EVENT_SNAPSHOT, base_ns + 15000000, 1);
    assert_message(&tape, TAPE_EXCH, 2, EVENT_DEPTH, base_ns + 15000000, 2);
    assert_message(&tape, TAPE_EXCH, 3, EVENT_TRADE, base_ns + 24000000, 1);
    assert_message(&tape, TAPE_EXCH, 4, EVENT_CLEAR, base_ns + 24000000, 1);
    assert_int_equal(tape.best_count, 1);
    assert_int_equal(tape.bests[0].exch_ts_ns, 0);
    tape_close(&tape);
}

#define COINM(symbol, pair)                                                                        \
    "1700000000100000000 "                                                                         \
    "{\"e\":\"depthUpdate\",\"E\":1700000000001,\"T\":1700000000000,\"s\":\"" symbol               \
    "\",\"ps\":\"" pair "\",\"b\":[[\"100.1\",\"7\"]],\"a\":[]}\n"

static void coin_margined_contracts_are_inverse(void **state)
{
    (void)state;
    struct tape tape;
    import_and_open(COINM("BTCUSD_PERP", "BTCUSD"), NULL, &tape);
    assert_string_equal(tape.instrument.venue, "binance-coinm");
    assert_string_equal(tape.instrument.settle, "BTC");
    assert_int_equal(tape.instrument.contract, CONTRACT_INVERSE);
    assert_true(decimal_to_double(tape.instrument.contract_size) == 100);
    assert_int_equal(tape.instrument.lot.exponent, 0);
    tape_close(&tape);
    import_and_open(COINM("ETHUSD_250627", "ETHUSD"), NULL, &tape);
    assert_string_equal(tape.instrument.settle, "ETH");
    assert_true(decimal_to_double(tape.instrument.contract_size) == 10);
    tape_close(&tape);
}

static struct tape_import_options options_of(const char *key, const char *value)
{
    struct tape_import_options options = {0};
    if (tape_import_option(&options, key, value) < 0) {
        fail_msg("%s", mm_error_text());
        abort(); // not reached
    }
    return options;
}

static void given_steps_and_contract_take_the_place_of_inferred_ones(void **state)
{
    (void)state;
    struct tape tape;
    struct tape_import_options options = options_of("tick", "0.5");
    assert_int_equal(tape_import_option(&options, "lot", "0.1"), MM_OK);
    assert_int_equal(tape_import_option(&options, "contract", "inverse:10"), MM_OK);
    import_and_open(DEPTH(1700000000100000000, 1700000000, "[\"10.50\",\"1.0\"]", ""), &options,
                    &tape);
    assert_int_equal(tape.inferred, 0);
    assert_int_equal(tape.instrument.tick.mantissa, 5);
    assert_int_equal(tape.instrument.contract, CONTRACT_INVERSE);
    assert_row(&tape, 0, 0, SIDE_BUY, 21, 10);
    tape_close(&tape);
    options = options_of("tick", "10");
    import_and_open(DEPTH(1700000000100000000, 1700000000, "[\"110.00\",\"1.0\"]", ""), &options,
                    &tape);
    assert_row(&tape, 0, 0, SIDE_BUY, 11, 1);
    tape_close(&tape);
}

static void finer_numbers_restate_the_earlier_ones(void **state)
{
    (void)state;
    struct tape tape;
    import_and_open(DEPTH(1700000000100000000, 1700000000, "[\"10\",\"1\"]", "[\"12\",\"2.000\"]")
                        DEPTH(1700000000200000000, 1700000000, "[\"10.25\",\"0.001\"]", ""),
                    NULL, &tape);
    assert_row(&tape, 0, 0, SIDE_BUY, 1000, 1000);
    assert_row(&tape, 0, 1, SIDE_SELL, 1200, 2000);
    assert_row(&tape, 1, 0, SIDE_BUY, 1025, 1);
    tape_close(&tape);
}

static void other_streams_and_answers_are_counted_and_left_out(void **state)
{
    (void)state;
    struct tape_import_report report;
    assert_int_equal(
        import_text(
            "1700000000000000000 {\"result\":null,\"id\":1}\n"
            "1700000000000000000 {\"stream\":\"abcusdt@aggTrade\",\"data\":{\"e\":\"aggTrade\","
            "\"a\":[1,{\"x\":[]}],\"b\":true,\"s\":\"OTHER\"}}\n"
            "1700000000000000000 {\"stream\":\"abcusdt@depth20@100ms\",\"data\":"
            "{\"lastUpdateId\":1,\"bids\":[[\"1.23456\",\"1\"]],\"asks\":[]}}\n"
            "1700000000000000000 {\"e\":\"markPriceUpdate\",\"p\":1.5e3,\"E\":-1}\n"
            "1700000000000000000 {\"code\":-1121,\"msg\":\"Invalid \\\"symbol\\\" "
            "\\u00e9.\"}\n" A_DEPTH,
            NULL, &report),
        MM_OK);
    assert_int_equal(report.other_count, 5);
    assert_int_equal(report.message_count, 1);
    assert_int_equal(report.line_count, 6);
    assert_int_equal(report.instrument.tick.exponent, -1);
}

static void blanks_and_a_missing_last_newline_do_no_harm(void **state)
{
    (void)state;
    struct tape tape;
    import_and_open("1700000000100000000  { \"e\" : \"depthUpdate\" , \"E\" : 1700000000000 ,\t"
                    "\"s\": \"ABC\", \"b\" : [ [ \"1\" , \"2\" ] , [\"3\",\"4\"] ], \"a\" : [ ] } "
                    "\r",
                    NULL, &tape);
    assert_message(&tape, TAPE_EXCH, 0, EVENT_DEPTH, INT64_C(1700000000000000000), 2);
    tape_close(&tape);
}

#define ETH_DEPTH                                                                                  \
    "1700000000100000000 {\"stream\":\"ethusdt@depth\",\"data\":{\"e\":\"depthUpdate\",\"E\":"     \
    "1700000000000,\"s\":\"ETHUSDT\",\"b\":[[\"0.12345\",\"1\"]],\"a\":[]}}\n"

static void one_symbol_of_several_can_be_taken(void **state)
{
    (void)state;
    struct tape tape;
    struct tape_import_options options = options_of("symbol", "ABCUSDT");
    import_and_open(ETH_DEPTH A_DEPTH ETH_DEPTH, &options, &tape);
    assert_int_equal(tape.message_count, 1);
    assert_int_equal(tape.instrument.tick.exponent, -1);
    tape_close(&tape);
}

static void a_clock_set_back_a_little_is_put_right(void **state)
{
    (void)state;
    struct tape_import_report report;
    assert_int_equal(
        import_text(A_DEPTH DEPTH(1700000000090000000, 1700000000, "[\"10.5\",\"3\"]", ""), NULL,
                    &report),
        MM_OK);
    assert_int_equal(report.step_back_count, 1);
}

static void assert_fails(const char *text, size_t size, const struct tape_import_options *options,
                         const char *expected)
{
    static const struct tape_import_options none;
    const char *capture = scratch_path("bad");
    const char *out = scratch_path("bad.tape");
    scratch_write(capture, text, size);
    int before = scratch_count(scratch_directory);
    int status = tape_import(capture, out, options != NULL ? options : &none, NULL);
    if (status != MM_ERROR_INPUT || strstr(mm_error_text(), expected) == NULL ||
        strstr(mm_error_text(), capture) == NULL) {
        fail_msg("%d '%s' is not '%s'", status, mm_error_text(), expected);
    }
    assert_false(file_exists(out));
    assert_int_equal(scratch_count(scratch_directory), before);
}

#define LINE2(data) A_DEPTH "1700000000200000000 " data "\n"
#define BARE(data) LINE2("{\"e\":\"depthUpdate\",\"s\":\"ABCUSDT\"," data "}")
#define BIDS(levels) BARE("\"T\":1700000000000,\"a\":[],\"b\":" levels)

static const struct {
    const char *text;
    const char *expected;
} bad_lines[] = {
    {"\n", ":1: the line does not start with its receive time"},
    {A_DEPTH "hello\n", ":2: the line does not start with its receive time"},
    {A_DEPTH " 1700000000000000000 {}\n", ":2: the line does not start with its receive time"},
    {A_DEPTH "1700000000000 {}\n", ":2: the receive time is out of range"},
    {A_DEPTH "99999999999999999999999 {}\n", ":2: the line does not start with its receive"},
    {A_DEPTH "1700000000200000000{}\n", ":2: a space is missing after the receive time"},
    {A_DEPTH "1600000000000000000 {}\n", ":2: received more than 1 s before an earlier line"},
    {LINE2(""), ":2: a JSON object is missing"},
    {LINE2("[]"), ":2: a JSON object is missing"},
    {LINE2("{\"e\":\"depth"), ":2: a string does not end"},
    {LINE2("{\"e\":\"\\x\"}"), ":2: a string holds a broken escape"},
    {LINE2("{\"z\":\"\\u12g4\"}"), ":2: a string holds a broken escape"},
    {LINE2("{\"z\" 1}"), ":2: a colon is missing after a key"},
    {LINE2("{\"z\":1 \"y\":2}"), ":2: a comma or brace is missing"},
    {LINE2("{\"z\":[1 2]}"), ":2: a comma or bracket is missing"},
    {LINE2("{\"z\":01}"), ":2: a number is broken"},
    {LINE2("{\"z\":1.}"), ":2: a number is broken"},
    {LINE2("{\"z\":-}"), ":2: a number is broken"},
    {LINE2("{\"z\":nul}"), ":2: a value is missing"},
    {LINE2("{\"z\":}"), ":2: a value is missing"},
    {LINE2("{\"z\":1} x"), ":2: there is text after the message"},
    {LINE2("{1:2}"), ":2: a string is missing"},
    {BARE("\"E\":\"x\""), ":2: an integer of 0 or more is missing"},
    {BARE("\"E\":-1"), ":2: an integer of 0 or more is missing"},
    {BARE("\"E\":1.5"), ":2: an integer of 0 or more is missing"},
    {BARE("\"E\":18446744073709551616"), ":2: an integer is too large"},
    {BARE("\"E\":5,\"b\":[],\"a\":[]"), ":2: the exchange's time is out of range"},
    {BARE("\"b\":[],\"a\":[]"), ":2: the message has no time"},
    {BARE("\"T\":1700000000000,\"a\":[]"), ":2: a depth update lacks its bids (b) or asks"},
    {BARE("\"b\":[],\"b\":[]"), ":2: one side is there twice"},
    {BIDS("[[\"1\"]]"), ":2: a level is not [\"price\",\"quantity\"]"},
    {BIDS("[[1,2]]"), ":2: a level is not [\"price\",\"quantity\"]"},
    {BIDS("[[\"1\",\"2\",\"3\"]]"), ":2: a level is not [\"price\",\"quantity\"]"},
    {BIDS("[[\"1\",\"2\"]"), ":2: "},
    {BIDS("[[\"-1\",\"2\"]]"), ":2: a price is negative"},
    {BIDS("[[\"1\",\"-2\"]]"), ":2: a quantity is negative"},
    {BIDS("[[\"0.0\",\"2\"]]"), ":2: a price is 0"},
    {BIDS("[[\"1e5\",\"2\"]]"), ":2: a price is not a decimal number"},
    {BIDS("[[\"\",\"2\"]]"), ":2: a price is not a decimal number"},
    {BIDS("[[\"1.\",\"2\"]]"), ":2: a price is not a decimal number"},
    {BIDS("[[\"1\",\"nan\"]]"), ":2: a quantity is not a decimal number"},
    {BIDS("[[\"1\",\"2x\"]]"), ":2: a quantity is not a decimal number"},
    {BIDS("[[\"99999999999999999999\",\"2\"]]"), ":2: a price is too large"},
    {BIDS("[[\"9007199254740992\",\"2\"]]"), ":2: a price is too large"},
    {BIDS("[[\"1\",\"9007199254740992\"]]"), ":2: a quantity is too large"},
    {BIDS("[[\"1.0000000000000000001\",\"2\"]]"), ":2: a price has more than 18 decimals"},
    {BIDS("[[\"1.00000000000000001\",\"2\"]]"), ":2: a"},
    {LINE2("{\"e\":\"depthUpdate\",\"T\":1700000000000,\"b\":[],\"a\":[]}"),
     ":2: the message names no symbol"},
    {LINE2("{\"s\":\"XYZ\"}"), ":2: a second symbol, XYZ, beside ABCUSDT: choose one"},
    {"1700000000000000000 {\"e\":\"depthUpdate\",\"s\":\"A/B\"}\n", ":1: the symbol is not"},
    {LINE2("{\"stream\":\"abcusdt@trade\",\"data\":{\"e\":\"depthUpdate\"}}"),
     ":2: the stream's name and the message's kind (e) disagree"},
    {TRADE(1700000000300000000, 1700000000, "0", "1", "MARKET", "true"),
     ":1: a trade's price or quantity is 0"},
    {TRADE(1700000000300000000, 1700000000, "1", "0", "MARKET", "true"),
     ":1: a trade's price or quantity is 0"},
    {TRADE(1700000000300000000, 1700000000, "1x", "1", "MARKET", "true"),
     ":1: a price is not a decimal number"},
    {TRADE(1700000000300000000, 1700000000, "1", "1", "MARKET", "1"),
     ":1: true or false is missing"},
    {LINE2("{\"e\":\"trade\",\"s\":\"ABCUSDT\",\"p\":\"1\"}"), ":2: a trade lacks its price"},
    {LINE2("{\"e\":\"trade\",\"s\":\"ABCUSDT\",\"p\":\"1\",\"q\":\"1\",\"m\":true,\"T\":"
           "1700000000000,\"b\":[[\"1\",\"1\"]]}"),
     ":2: a trade holds levels"},
    {LINE2("{\"e\":\"bookTicker\",\"s\":\"ABCUSDT\",\"b\":\"1\"}"), ":2: a bookTicker lacks"},
    {LINE2("{\"lastUpdateId\":1,\"bids\":[]}"), ":2: a snapshot lacks its bids or asks"},
    {"1700000000000000000 {}\n", "no message names a symbol"},
    {"1700000000000000000 {\"lastUpdateId\":1,\"bids\":[[\"1\",\"1\"]],\"asks\":[]}\n",
     "no message names a symbol"},
    {TICKER(1700000000200000000, 1700000000, "1", "2"), "no depth update, snapshot or trade"},
};

static void each_bad_line_says_what_is_wrong_and_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_lines / sizeof bad_lines[0]; i++) {
        assert_fails(bad_lines[i].text, strlen(bad_lines[i].text), NULL, bad_lines[i].expected);
    }
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    char text[400];
    size_t length = (size_t)snprintf(text, sizeof text, "1700000000000000000 {\"z\":");
    memset(text + length, '[', 300);
    text[length + 300] = '\n';
    assert_fails(text, length + 301, NULL, ":1: arrays and objects are nested too deeply");
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    assert_fails("", 0, NULL, "the file is empty");
    assert_fails("\0\0\0", 3, NULL, ":1: the line does not start with its receive time");
    assert_fails("1700000000000000000 {\"e\0\":1}", 28, NULL, ":1: a string does not end");
    assert_fails("\x28\xb5\x2f\xfd junk", 9, NULL, ":1: the line does not start");
}

static void steps_that_do_not_fit_the_numbers_are_refused(void **state)
{
    (void)state;
    struct tape_import_options options = options_of("tick", "0.5");
    assert_fails(A_DEPTH, strlen(A_DEPTH), &options,
                 ":1: a price is not a whole number of ticks of 0.5");
    options = options_of("lot", "3");
    assert_fails(A_DEPTH, strlen(A_DEPTH), &options,
                 ":1: a quantity is not a whole number of lots of 3");
    options = options_of("tick", "1");
    assert_fails(A_DEPTH, strlen(A_DEPTH), &options,
                 ":1: a price is not a whole number of ticks of 1");
}

static void a_level_finer_than_the_given_lot_is_rounded_and_a_trade_is_not(void **state)
{
    (void)state;
    struct tape tape;
    struct tape_import_options options = options_of("lot", "0.02");
    import_and_open(DEPTH(1700000000100000000, 1700000000,
                          "[\"10.5\",\"0.029\"],[\"10.4\",\"0.031\"]",
                          "[\"10.7\",\"0.009\"],[\"10.8\",\"0.04\"]"),
                    &options, &tape);
    assert_row(&tape, 0, 0, SIDE_BUY, 105, 1);
    assert_row(&tape, 0, 1, SIDE_BUY, 104, 2);
    assert_row(&tape, 0, 2, SIDE_SELL, 107, 0);
    assert_row(&tape, 0, 3, SIDE_SELL, 108, 2);
    tape_close(&tape);
    static const char trade[] =
        TRADE(1700000000300000000, 1700000000, "10.70", "0.029", "MARKET", "false");
    assert_fails(trade, strlen(trade), &options,
                 ":1: a quantity is not a whole number of lots of 0.02");
}

static void a_symbol_that_is_not_there_lists_those_that_are(void **state)
{
    (void)state;
    struct tape_import_options options = options_of("symbol", "XRPUSDT");
    const char *text = A_DEPTH ETH_DEPTH;
    assert_fails(text, strlen(text), &options,
                 "no message of XRPUSDT; the capture holds ABCUSDT, ETHUSDT");
    options = options_of("symbol", "ABCUSDT");
    text = A_DEPTH ETH_DEPTH SNAPSHOT(1700000000200000000, 1700000000, "", "");
    assert_fails(text, strlen(text), &options,
                 ":3: a snapshot that names no symbol, in a capture of several");
}

static size_t compress_text(const char *text, size_t size, unsigned char *out, size_t out_size)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (z_const Bytef *)text;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = (uInt)out_size;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    (void)deflateEnd(&stream);
    return out_size - stream.avail_out;
}

static void gzip_is_read_in_any_number_of_members_and_never_half(void **state)
{
    (void)state;
    static unsigned char data[4096];
    const char *second = DEPTH(1700000000200000000, 1700000000, "[\"10.4\",\"3\"]", "");
    size_t first_size = compress_text(A_DEPTH, strlen(A_DEPTH), data, sizeof data);
    size_t size = first_size + compress_text(second, strlen(second), data + first_size,
                                             sizeof data - first_size);
    const char *capture = scratch_path("capture.gz");
    struct tape_import_options options = {0};
    struct tape_import_report report;
    scratch_write(capture, data, size);
    assert_int_equal(tape_import(capture, scratch_path("gzip.tape"), &options, &report), MM_OK);
    assert_int_equal(report.message_count, 2);
    for (size_t cut = 2; cut < size; cut++) {
        if (cut != first_size) {
            assert_fails((const char *)data, cut, NULL, ": the gzip file is cut short");
        }
    }
    data[first_size - 6] ^= 1; // within the first member's checksum
    assert_fails((const char *)data, size, NULL, ": the gzip data is damaged");
    data[first_size - 6] ^= 1;
    data[size] = 'x';
    data[size + 1] = 'y';
    assert_fails((const char *)data, size + 2, NULL, ": the gzip data is damaged");
}

static void lines_longer_than_the_buffer_are_read(void **state)
{
    (void)state;
    enum { LEVELS = 200000, SIZE = LEVELS * 24 + 400 };
    char *text = malloc(SIZE);
    assert_non_null(text);
    int length = snprintf(text, SIZE,
                          "%s1700000000200000000 {\"e\":\"depthUpdate\",\"E\":1700000000000,"
                          "\"s\":\"ABCUSDT\",\"a\":[],\"b\":[[\"1\",\"1\"]",
                          A_DEPTH);
    for (int i = 0; i < LEVELS; i++) {
        length += snprintf(text + length, (size_t)(SIZE - length), ",[\"%d.%d\",\"%d\"]",
                           i / 10 + 1, i % 10, i);
    }
    (void)snprintf(text + length, (size_t)(SIZE - length), "]}\n");
    struct tape tape;
    import_and_open(text, NULL, &tape);
    assert_int_equal(tape.row_count, LEVELS + 3);
    assert_row(&tape, 1, LEVELS, SIDE_BUY, LEVELS + 9, LEVELS - 1);
    tape_close(&tape);
    free(text);
}

static void a_line_without_end_is_refused(void **state)
{
    (void)state;
    size_t size = (size_t)CAPTURE_LINE_MAX * 3;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, '1', size);
    assert_fails(text, size, NULL, ":1: the line is longer than 16 MiB");
    free(text);
}

static void import_options_name_the_key_and_the_value(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"tick", "-1", "tick '-1' is not a decimal number above 0"},
        {"lot", "0", "lot '0' is not a decimal number above 0"},
        {"tick", "1e9", "tick '1e9' is not a decimal number above 0"},
        {"symbol", "", "symbol '' is not 1 to 31 characters long"},
        {"symbol", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "is not 1 to 31 characters long"},
        {"contract", "inverse", "contract 'inverse' is not"},
        {"format", "xyz", "format 'xyz' is not one of: auto, binance"},
        {"colour", "red", "unknown import option 'colour'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tape_import_options options = {0};
        assert_int_equal(tape_import_option(&options, cases[i][0], cases[i][1]), MM_ERROR_USAGE);
        assert_non_null(strstr(mm_error_text(), cases[i][2]));
    }
}

// The cache.

static void a_capture_is_imported_once_and_found_again(void **state)
{
    (void)state;
    const char *cache = scratch_path("cache");
    const char *capture = scratch_path("cached");
    assert_int_equal(setenv("MM_CACHE_DIR", cache, 1), 0);
    scratch_write(capture, A_DEPTH, strlen(A_DEPTH));
    struct tape tape;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tape_cache_open(&tape, capture, NULL), MM_OK);
        assert_string_equal(tape.facts.source, "binance:cached");
        tape_close(&tape);
        assert_int_equal(scratch_count(cache), 1);
    }
    // Other options and other content are other tapes.
    struct tape_import_options options = options_of("contract", "inverse:10");
    assert_int_equal(tape_cache_open(&tape, capture, &options), MM_OK);
    assert_int_equal(tape.instrument.contract, CONTRACT_INVERSE);
    tape_close(&tape);
    assert_int_equal(scratch_count(cache), 2);
    const char *longer = A_DEPTH DEPTH(1700000000200000000, 1700000000, "[\"10.4\",\"3\"]", "");
    scratch_write(capture, longer, strlen(longer));
    assert_int_equal(tape_cache_open(&tape, capture, NULL), MM_OK);
    assert_int_equal(tape.message_count, 2);
    tape_close(&tape);
    assert_int_equal(scratch_count(cache), 3);
    assert_int_equal(unsetenv("MM_CACHE_DIR"), 0);
}

static void a_damaged_cached_tape_is_imported_again(void **state)
{
    (void)state;
    const char *cache = scratch_path("cache2");
    const char *capture = scratch_path("cached2");
    assert_int_equal(setenv("MM_CACHE_DIR", cache, 1), 0);
    scratch_write(capture, A_DEPTH, strlen(A_DEPTH));
    struct tape tape;
    assert_int_equal(tape_cache_open(&tape, capture, NULL), MM_OK);
    tape_close(&tape);
    DIR *directory = opendir(cache);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] != '.') {
            char path[PATH_MAX];
            (void)snprintf(path, sizeof path, "%s/%s", cache, entry->d_name);
            scratch_write(path, "junk", 4);
        }
    }
    assert_int_equal(closedir(directory), 0);
    assert_int_equal(tape_cache_open(&tape, capture, NULL), MM_OK);
    assert_int_equal(tape.message_count, 1);
    tape_close(&tape);
    assert_int_equal(unsetenv("MM_CACHE_DIR"), 0);
}

static void a_cache_that_cannot_be_written_is_an_error_when_it_was_named(void **state)
{
    (void)state;
    const char *capture = scratch_path("cached3");
    scratch_write(capture, A_DEPTH, strlen(A_DEPTH));
    assert_int_equal(setenv("MM_CACHE_DIR", scratch_path("cached3/no"), 1), 0);
    struct tape tape;
    assert_int_equal(tape_cache_open(&tape, capture, NULL), MM_ERROR_SYSTEM);
    assert_int_equal(unsetenv("MM_CACHE_DIR"), 0);
}

static void a_tape_is_opened_as_it_is_and_must_agree_with_the_options(void **state)
{
    (void)state;
    struct tape tape;
    import_and_open(A_DEPTH, NULL, &tape);
    tape_close(&tape);
    const char *path = scratch_path("capture.tape");
    struct tape_import_options options = options_of("contract", "inverse:10");
    assert_int_equal(tape_cache_open(&tape, path, &options), MM_OK);
    assert_int_equal(tape.instrument.contract, CONTRACT_INVERSE);
    tape_close(&tape);
    options = options_of("tick", "0.01");
    assert_int_equal(tape_cache_open(&tape, path, &options), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "is a tape with a tick of 0.1"));
    options = options_of("lot", "0.01");
    assert_int_equal(tape_cache_open(&tape, path, &options), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "is a tape with a lot of 1"));
    options = options_of("symbol", "XRPUSDT");
    assert_int_equal(tape_cache_open(&tape, path, &options), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "is a tape of ABCUSDT, not of XRPUSDT"));
    options = options_of("tick", "0.1");
    assert_int_equal(tape_cache_open(&tape, path, &options), MM_OK);
    tape_close(&tape);
    options = options_of("feed-latency", "1ms");
    assert_int_equal(tape_cache_open(&tape, path, &options), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "a feed latency are for recordings"));
    assert_int_equal(tape_cache_open(&tape, scratch_path("nosuch"), NULL), MM_ERROR_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_futures_capture_becomes_messages_by_match_time),
        cmocka_unit_test(only_market_trades_are_kept),
        cmocka_unit_test(a_snapshot_is_a_clear_and_the_levels_of_each_side),
        cmocka_unit_test(an_empty_side_of_a_snapshot_clears_nothing),
        cmocka_unit_test(a_depth_update_without_levels_is_no_message),
        cmocka_unit_test(asks_before_bids_are_put_after_them),
        cmocka_unit_test(a_spot_capture_uses_what_times_it_has),
        cmocka_unit_test(coin_margined_contracts_are_inverse),
        cmocka_unit_test(given_steps_and_contract_take_the_place_of_inferred_ones),
        cmocka_unit_test(finer_numbers_restate_the_earlier_ones),
        cmocka_unit_test(other_streams_and_answers_are_counted_and_left_out),
        cmocka_unit_test(blanks_and_a_missing_last_newline_do_no_harm),
        cmocka_unit_test(one_symbol_of_several_can_be_taken),
        cmocka_unit_test(a_clock_set_back_a_little_is_put_right),
        cmocka_unit_test(each_bad_line_says_what_is_wrong_and_where),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(steps_that_do_not_fit_the_numbers_are_refused),
        cmocka_unit_test(a_level_finer_than_the_given_lot_is_rounded_and_a_trade_is_not),
        cmocka_unit_test(a_symbol_that_is_not_there_lists_those_that_are),
        cmocka_unit_test(gzip_is_read_in_any_number_of_members_and_never_half),
        cmocka_unit_test(lines_longer_than_the_buffer_are_read),
        cmocka_unit_test(a_line_without_end_is_refused),
        cmocka_unit_test(import_options_name_the_key_and_the_value),
        cmocka_unit_test(a_capture_is_imported_once_and_found_again),
        cmocka_unit_test(a_damaged_cached_tape_is_imported_again),
        cmocka_unit_test(a_cache_that_cannot_be_written_is_an_error_when_it_was_named),
        cmocka_unit_test(a_tape_is_opened_as_it_is_and_must_agree_with_the_options),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
