// Recordings of every format but Binance's: what becomes of them, how they join, what is refused.
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "market/capture_csv.h"
#include "market/export_npy.h"
#include "market/npy_format.h"
#include "market/tape.h"
#include "market/tape_import.h"
#include "scratch.h"

#include <inttypes.h>

#define BYBIT(n, topic, type, u, bids, asks)                                                       \
    "17000000" #n "000000000 {\"topic\":\"orderbook." topic ".ABCUSDT\",\"type\":\"" type          \
    "\",\"ts\":17000000" #n "000,\"data\":{\"s\":\"ABCUSDT\",\"b\":[" bids "],\"a\":[" asks        \
    "],\"u\":" #u ",\"seq\":1},\"cts\":17000000" #n "000}\n"
#define BYBIT_TRADE(n, side, block)                                                                \
    "17000000" #n "000000000 {\"topic\":\"publicTrade.ABCUSDT\",\"type\":\"snapshot\",\"ts\":1,"   \
    "\"data\":[{\"T\":17000000" #n "000,\"s\":\"ABCUSDT\",\"S\":\"" side "\",\"v\":\"0.5\","       \
    "\"p\":\"10.7\",\"BT\":" block "}]}\n"
#define BIDS "[\"10.5\",\"1\"],[\"10.3\",\"2\"]"
#define ASKS "[\"10.7\",\"1\"]"
#define TARDIS_BOOK "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
#define TARDIS_TRADES "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
#define LEVEL(us, snapshot, side, price, amount)                                                   \
    "bitmex,XBTUSD," #us "," #us "," snapshot "," side "," price "," amount "\n"

static const struct tape_import_options no_options;

static void write_text(const char *name, const char *text)
{
    scratch_write(scratch_path(name), text, strlen(text));
}

static void import_and_open(const char *text, const struct tape_import_options *options,
                            struct tape *tape)
{
    write_text("recording", text);
    if (tape_import(scratch_path("recording"), scratch_path("a.tape"), options, NULL) < 0 ||
        tape_open(tape, scratch_path("a.tape")) < 0) {
        fail_msg("%s", mm_error_text());
    }
}

static void assert_kinds(const struct tape *tape, const char *expected)
{
    static const char letters[] = {[EVENT_DEPTH] = 'd',
                                   [EVENT_TRADE] = 't',
                                   [EVENT_CLEAR] = 'c',
                                   [EVENT_SNAPSHOT] = 's',
                                   [EVENT_GAP] = 'g'};
    char kinds[64];
    assert_true(tape->message_count < sizeof kinds);
    for (uint64_t i = 0; i < tape->message_count; i++) {
        kinds[i] = letters[tape_message_kind(&tape->messages[TAPE_LOCAL][i])];
    }
    kinds[tape->message_count] = '\0';
    assert_string_equal(kinds, expected);
}

static void assert_fails(const char *text, const char *expected)
{
    write_text("bad", text);
    int before = scratch_count(scratch_directory);
    int status = tape_import(scratch_path("bad"), scratch_path("no.tape"), &no_options, NULL);
    if (status != MM_ERROR_INPUT || strstr(mm_error_text(), expected) == NULL ||
        strstr(mm_error_text(), scratch_path("bad")) == NULL) {
        fail_msg("%d '%s' is not '%s'", status, mm_error_text(), expected);
    }
    assert_int_equal(scratch_count(scratch_directory), before); // no part of a tape either
}

static void a_bybit_capture_is_read_with_its_gaps(void **state)
{
    (void)state;
    struct tape tape;
    import_and_open(BYBIT(10, "50", "snapshot", 7, BIDS, ASKS)
                        BYBIT(11, "1", "snapshot", 3, "[\"10.5\",\"1\"]", ASKS)
                            BYBIT(12, "50", "delta", 8, "[\"10.5\",\"0\"]", "")
                                BYBIT_TRADE(13, "Buy", "false") BYBIT_TRADE(14, "Sell", "true")
                                    BYBIT(15, "50", "delta", 10, "", ASKS)
                                        BYBIT(16, "50", "snapshot", 1, "[\"10.4\",\"1\"]", ASKS)
                                            BYBIT(17, "50", "delta", 2, "", ASKS),
                    &no_options, &tape);
    assert_kinds(&tape, "sdtgdccsd");
    assert_int_equal(tape.facts.gap_count, 1);
    assert_int_equal(tape.best_count, 1);
    assert_string_equal(tape.instrument.venue, "bybit");
    assert_string_equal(tape.facts.source, "bybit:recording");
    // A clear reaches the worst level there ever was: 10.3.
    const struct tape_message *clear = &tape.messages[TAPE_LOCAL][5];
    assert_int_equal(
        geometry_ticks(tape.geometry, SIDE_BUY, row_index(tape.rows[clear->first_row].key)), 103);
    // The buyer took from the asks.
    assert_int_equal(row_side(tape.rows[tape.messages[TAPE_LOCAL][2].first_row].key), SIDE_SELL);
    tape_close(&tape);
}

static void the_deepest_book_of_a_bybit_capture_is_taken(void **state)
{
    (void)state;
    struct tape tape;
    import_and_open(
        BYBIT(10, "50", "snapshot", 7, BIDS, ASKS) BYBIT(11, "200", "snapshot", 100, BIDS, ASKS)
            BYBIT(12, "50", "delta", 8, "", ASKS) BYBIT(13, "200", "delta", 101, "", ASKS),
        &no_options, &tape);
    assert_kinds(&tape, "sccsd");
    assert_int_equal(tape.facts.skipped_count, 1);
    tape_close(&tape);
}

static void tardis_rows_of_one_time_are_one_message(void **state)
{
    (void)state;
    struct tape tape;
    import_and_open(TARDIS_BOOK LEVEL(1700000000000000, "true", "bid", "10.5", "1")
                        LEVEL(1700000000000000, "true", "ask", "10.7", "2")
                            LEVEL(1700000001000000, "false", "bid", "10.4", "1e-05")
                                LEVEL(1700000002000000, "true", "bid", "10.6", "1"),
                    &no_options, &tape);
    assert_kinds(&tape, "sdccs");
    assert_int_equal(tape.instrument.lot.exponent, -5);
    assert_int_equal(tape.messages[TAPE_LOCAL][0].ts_ns, INT64_C(1700000000000000000));
    assert_string_equal(tape.instrument.venue, "bitmex");
    tape_close(&tape);
}

static void archived_trades_are_put_before_the_book_and_get_a_latency(void **state)
{
    (void)state;
    struct tape tape;
    struct tape_import_options options = {0};
    assert_int_equal(tape_import_option(&options, "feed-latency", "20ms"), MM_OK);
    const char *book = BYBIT(10, "500", "snapshot", 7, BIDS, ASKS);
    const char *update = BYBIT(11, "500", "delta", 8, "", ASKS);
    char archived[2048];
    (void)snprintf(archived, sizeof archived, "%s%s", strchr(book, '{'), strchr(update, '{'));
    write_text("book", archived);
    write_text("trades", "timestamp,symbol,side,size,price\n1700000011,ABCUSDT,Buy,0.25,10.7\n"
                         "1700000010.5,ABCUSDT,Sell,1,10.5\n");
    const char *paths[] = {scratch_path("book"), scratch_path("trades")};
    if (tape_import_files(paths, 2, scratch_path("b.tape"), &options, NULL) < 0 ||
        tape_open(&tape, scratch_path("b.tape")) < 0) {
        fail_msg("%s", mm_error_text());
    }
    assert_kinds(&tape, "sttd");
    assert_int_equal(tape.messages[TAPE_LOCAL][0].ts_ns, INT64_C(1700000010020000000));
    assert_int_equal(tape.messages[TAPE_EXCH][0].ts_ns, INT64_C(1700000010000000000));
    assert_int_equal(tape.instrument.lot.exponent, -2);
    tape_close(&tape);
}

static void files_are_joined_by_time_with_a_gap_between(void **state)
{
    (void)state;
    struct tape tape;
    write_text("one", BYBIT(10, "50", "snapshot", 7, BIDS, ASKS));
    write_text("two", BYBIT(20, "50", "snapshot", 70, "[\"10.55\",\"1\"]", ASKS));
    const char *paths[] = {scratch_path("two"), scratch_path("one")};
    if (tape_import_files(paths, 2, scratch_path("j.tape"), &no_options, NULL) < 0 ||
        tape_open(&tape, scratch_path("j.tape")) < 0) {
        fail_msg("%s", mm_error_text());
    }
    assert_kinds(&tape, "sgs");
    assert_int_equal(tape.instrument.tick.exponent, -2);
    assert_int_equal(tape.messages[TAPE_LOCAL][1].ts_ns, INT64_C(1700000020000000000));
    assert_string_equal(tape.facts.source, "bybit:one and 1 more");
    tape_close(&tape);
}

static void assert_not_joined(const char *one, const char *other, const char *expected)
{
    write_text("one", one);
    write_text("two", other);
    const char *paths[] = {scratch_path("one"), scratch_path("two")};
    int before = scratch_count(scratch_directory);
    int status = tape_import_files(paths, 2, scratch_path("no.tape"), &no_options, NULL);
    if (status != MM_ERROR_INPUT || strstr(mm_error_text(), expected) == NULL) {
        fail_msg("%d '%s' is not '%s'", status, mm_error_text(), expected);
    }
    assert_int_equal(scratch_count(scratch_directory), before);
}

static void files_that_are_no_one_recording_are_not_joined(void **state)
{
    (void)state;
    const char *one = BYBIT(10, "50", "snapshot", 7, BIDS, ASKS);
    assert_not_joined(one, one, "overlap: both hold the book");
    assert_not_joined(one, TARDIS_BOOK LEVEL(1700000000000000, "true", "bid", "10.5", "1"),
                      "is in the format bybit, but");
    assert_not_joined(TARDIS_TRADES "bitmex,XBTUSD,1700000000000000,1700000000000000,1,buy,10,1\n",
                      TARDIS_TRADES "bitmex,ETHUSD,1700000009000000,1700000009000000,1,buy,10,1\n",
                      "is of XBTUSD on bitmex, but");
}

static const struct {
    const char *text;
    const char *expected;
} bad[] = {
    {BYBIT(10, "50", "snapshot", 7, BIDS, "[\"1\"]"), ":1: a level is not"},
    {BYBIT(10, "50", "other", 7, BIDS, ASKS), ":1: a book is neither a snapshot nor a delta"},
    {BYBIT(10, "50", "snapshot", 7, BIDS, ASKS) "17000000", ":2: a space is missing"},
    {BYBIT(20, "50", "snapshot", 7, BIDS, ASKS) BYBIT(10, "50", "delta", 8, BIDS, ASKS),
     ":2: received more than 1 s before"},
    {BYBIT_TRADE(10, "Up", "false"), ":1: a trade's side (S)"},
    {BYBIT(10, "50", "snapshot", 7, "[\"9223372036854775807\",\"1\"]", ""),
     ":1: a price is too large"},
    {BYBIT(10, "50", "snapshot", 7, "[\"-9223372036854775808\",\"1\"]", ""),
     ":1: a price is negative"},
    {BYBIT_TRADE(10, "Buy", "false") "1700000011000000000 {\"topic\":\"orderbook.50.XYZ\",\"type\":"
                                     "\"delta\",\"ts\":1700000011000,\"data\":{\"s\":\"XYZ\",\"b\":"
                                     "[],\"a\":[],\"u\":2}}\n",
     ":2: a second symbol, XYZ, beside ABCUSDT"},
    {TARDIS_BOOK, "no message names a symbol"},
    {TARDIS_BOOK LEVEL(5, "true", "bid", "10.5", "1"), ":2: a timestamp is missing or out of"},
    {TARDIS_BOOK LEVEL(1700000000000000, "yes", "bid", "10.5", "1"), ":2: is_snapshot is neither"},
    {TARDIS_BOOK LEVEL(1700000000000000, "true", "buy", "10.5", "1"), ":2: a level's side is"},
    {TARDIS_BOOK LEVEL(1700000000000000, "true", "bid", "1e99", "1"), ":2: a price or amount"},
    {TARDIS_BOOK LEVEL(1700000000000000, "true", "bid", "10", "1")
         LEVEL(1700000000000000, "true", "bid", "10", "1") "bitmex,ETHUSD,1,1,true,bid,1,1\n",
     ":4: a second symbol, ETHUSD, beside XBTUSD"},
    {"timestamp,local_timestamp,x\n", ":1: the first line names no column 'exchange'"},
    {"timestamp,symbol,side,size,price\n1700000000,ABC,Hold,1,1\n", ":2: a trade's side is"},
    {"1700000000.5,ABC,Buy,1,1\n17,ABC,Buy,1,1\n", ":2: the timestamp is missing or out of range"},
    {"PK\x03\x04 not a zip", "zip archive is damaged or cut short"},
    {"\x93NUMPY\x01", "not an array in numpy's format"},
    {"\x93NUMPY\x01 \xff\xff\xff", "the header is cut short"},
    {"\x93NUMPY\x01 \x04 {'a'", ""},
};

static void what_is_wrong_is_said_with_the_file_and_the_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_fails(bad[i].text, bad[i].expected);
    }
}

// ---- hftbacktest ----

#define T INT64_C(1700000000000000000)
#define BOTH (NPY_EXCH | NPY_LOCAL)

// A snapshot; an update that comes later than a trade sent after it; a trade.
static const struct npy_row rows[] = {
    {BOTH | NPY_BUY | NPY_CLEAR, T, T + 10, 9.0, 0, 0, 0, 0},
    {BOTH | NPY_BUY | NPY_SNAPSHOT, T, T + 10, 10.5, 1, 0, 0, 0},
    {BOTH | NPY_BUY | NPY_SNAPSHOT, T, T + 10, 9.0, 2, 0, 0, 0},
    {BOTH | NPY_SELL | NPY_SNAPSHOT, T, T + 10, 10.7, 1, 0, 0, 0},
    {NPY_EXCH | NPY_BUY | NPY_DEPTH, T + 5, T + 40, 10.6, 0.001, 0, 0, 0},
    {BOTH | NPY_SELL | NPY_TRADE, T + 6, T + 20, 10.5, 0.25, 0, 0, 0},
    {NPY_LOCAL | NPY_BUY | NPY_DEPTH, T + 5, T + 40, 10.6, 0.001, 0, 0, 0},
    {BOTH | NPY_SELL | NPY_DEPTH, T + 50, T + 60, 10.75, 0, 0, 0, 0},
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0], HEADER = 256 };

static void write_npy(const char *name, const struct npy_row *content, size_t count)
{
    char *file = mm_alloc(HEADER + count * sizeof *content, 1);
    char text[HEADER];
    memset(file, ' ', HEADER);
    memcpy(file, NPY_MAGIC "\x01\x00\xf6\x00", 10);
    int length = snprintf(
        text, sizeof text,
        "{'descr': " NPY_DESCRIPTION ", 'fortran_order': False, 'shape': (%zu,), }", count);
    memcpy(file + 10, text, (size_t)length);
    file[HEADER - 1] = '\n';
    memcpy(file + HEADER, content, count * sizeof *content);
    scratch_write(scratch_path(name), file, HEADER + count * sizeof *content);
    free(file);
}

static void hftbacktest_rows_come_back_as_they_went_in(void **state)
{
    (void)state;
    struct tape tape;
    uint64_t count;
    write_npy("ABCUSDT_1.npy", rows, ROW_COUNT);
    for (int i = 0; i < 2; i++) { // by way of .npz the second time
        const char *out = scratch_path(i == 0 ? "ABCUSDT_1.npz" : "out.npy");
        if (tape_import(scratch_path(i == 0 ? "ABCUSDT_1.npy" : "ABCUSDT_1.npz"),
                        scratch_path("n.tape"), &no_options, NULL) < 0 ||
            tape_open(&tape, scratch_path("n.tape")) < 0 || export_npy(&tape, out, &count) < 0) {
            fail_msg("%s", mm_error_text());
        }
        assert_kinds(&tape, "cstdd");
        assert_string_equal(tape.instrument.symbol, "ABCUSDT");
        assert_int_equal(count, ROW_COUNT);
        tape_close(&tape);
    }
    char *first, *second;
    size_t size, second_size;
    assert_int_equal(file_read_all(scratch_path("ABCUSDT_1.npy"), 1 << 20, &first, &size), MM_OK);
    assert_int_equal(file_read_all(scratch_path("out.npy"), 1 << 20, &second, &second_size), MM_OK);
    assert_int_equal(size, second_size);
    assert_memory_equal(first + HEADER, second + HEADER, size - HEADER);
    free(first);
    free(second);
}

static void a_bad_hftbacktest_row_is_named(void **state)
{
    (void)state;
    static const struct {
        size_t index;
        struct npy_row row;
        const char *expected;
    } cases[] = {
        {1, {NPY_BUY | NPY_DEPTH, T, T, 1, 1, 0, 0, 0}, "row 1: of neither clock"},
        {1, {BOTH | NPY_BUY | 10, T, T, 1, 1, 0, 0, 0}, "row 1: its kind is none of"},
        {1, {BOTH | NPY_DEPTH, T, T, 1, 1, 0, 0, 0}, "row 1: it is not of one side"},
        {1, {BOTH | NPY_BUY | NPY_DEPTH, T, 7, 1, 1, 0, 0, 0}, "row 1: a time is out of range"},
        {5, {BOTH | NPY_BUY | NPY_DEPTH, T, T + 50, 1, 1, 0, 0, 0}, "row 5: its exchange time"},
        {6, {NPY_LOCAL | NPY_BUY | NPY_DEPTH, T + 5, T + 40, 10.6, 3, 0, 0, 0}, "row 4: the other"},
        {6, {BOTH | NPY_BUY | NPY_DEPTH, T + 9, T + 40, 10.6, 3, 0, 0, 0}, "8 rows of the"},
        {1, {BOTH | NPY_BUY | NPY_SNAPSHOT, T, T + 10, 9.3e18, 1, 0, 0, 0}, "row 1: its price is"},
        {1, {BOTH | NPY_BUY | NPY_SNAPSHOT, T, T + 10, -1, 1, 0, 0, 0}, "row 1: its price is not"},
        {1, {BOTH | NPY_BUY | NPY_SNAPSHOT, T, T + 10, 1, -1, 0, 0, 0}, "row 1: its quantity is"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct npy_row changed[ROW_COUNT];
        memcpy(changed, rows, sizeof changed);
        changed[cases[i].index] = cases[i].row;
        write_npy("x.npy", changed, ROW_COUNT);
        int status = tape_import(scratch_path("x.npy"), scratch_path("no.tape"), &no_options, NULL);
        if (status != MM_ERROR_INPUT || strstr(mm_error_text(), cases[i].expected) == NULL) {
            fail_msg("%zu: '%s' is not '%s'", i, mm_error_text(), cases[i].expected);
        }
        assert_false(file_exists(scratch_path("no.tape")));
    }
}

// ---- progress ----

struct progress_seen {
    uint64_t call_count, done, total;
    bool ended;
};

static void note_progress(void *context, const char *name, uint64_t done, uint64_t total)
{
    struct progress_seen *seen = context;
    assert_false(seen->ended);
    seen->ended = name == NULL;
    if (name != NULL) {
        assert_true(done >= seen->done && done <= total);
        seen->call_count++;
        seen->done = done;
        seen->total = total;
    }
}

static void an_import_tells_how_far_it_is_and_when_it_ends(void **state)
{
    (void)state;
    enum { COUNT = 300000 };
    struct progress_seen seen = {0};
    struct tape_import_progress progress = {note_progress, &seen};
    struct tape_import_options options = {.progress = &progress};
    struct npy_row *many = mm_alloc(COUNT, sizeof *many);
    for (size_t i = 0; i < COUNT; i++) {
        many[i] = rows[3];
        many[i].exch_ts_ns += (int64_t)i / 10;
        many[i].local_ts_ns += (int64_t)i / 10;
    }
    write_npy("many.npy", many, COUNT);
    free(many);
    assert_int_equal(tape_import(scratch_path("many.npy"), scratch_path("m.tape"), &options, NULL),
                     MM_OK);
    assert_true(seen.call_count > 2 && seen.ended);
    assert_int_equal(seen.total, COUNT);

    struct text lines = {0};
    for (int i = 0; i < 20000; i++) {
        text_add(&lines, "%s", BYBIT_TRADE(10, "Buy", "false"));
    }
    seen = (struct progress_seen){0};
    write_text("long", text_string(&lines));
    assert_int_equal(tape_import(scratch_path("long"), scratch_path("m.tape"), &options, NULL),
                     MM_OK);
    assert_true(seen.call_count > 2 && seen.ended);
    assert_int_equal(seen.total, lines.size);
    text_fini(&lines);

    seen = (struct progress_seen){0};
    write_text("bad", "17 nothing");
    assert_true(tape_import(scratch_path("bad"), scratch_path("m.tape"), &options, NULL) < 0);
    assert_true(seen.ended);
}

// ---- the edges ----

static void a_tape_of_one_event_is_a_tape(void **state)
{
    (void)state;
    struct tape tape;
    import_and_open(BYBIT_TRADE(10, "Buy", "false"), &no_options, &tape);
    assert_kinds(&tape, "t");
    uint64_t count;
    assert_int_equal(export_npy(&tape, scratch_path("one.npz"), &count), MM_OK);
    assert_int_equal(count, 1);
    tape_close(&tape);
}

static void a_book_of_ten_thousand_levels_is_read(void **state)
{
    (void)state;
    enum { LEVELS = 10000, SIZE = 1 << 20 };
    char *text = mm_alloc(SIZE, 1);
    int at = snprintf(text, SIZE,
                      "1700000010000000000 {\"topic\":\"orderbook.1000.ABCUSDT\","
                      "\"type\":\"snapshot\",\"ts\":1700000010000,\"data\":{\"s\":"
                      "\"ABCUSDT\",\"u\":1");
    for (int side = 0; side < 2; side++) {
        at += snprintf(text + at, (size_t)(SIZE - at), side == 0 ? ",\"b\":[" : "],\"a\":[");
        for (int i = 1; i <= LEVELS; i++) {
            at += snprintf(text + at, (size_t)(SIZE - at), "%s[\"%d.5\",\"1\"]", i > 1 ? "," : "",
                           side == 0 ? LEVELS + 1 - i : LEVELS + i);
        }
    }
    (void)snprintf(text + at, (size_t)(SIZE - at), "]}}\n");
    struct tape tape;
    import_and_open(text, &no_options, &tape);
    assert_int_equal(tape.row_count, 2 * LEVELS);
    assert_kinds(&tape, "s");
    tape_close(&tape);
    free(text);
}

static void numbers_in_scientific_notation_are_spelled_out(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"1.5e-05", "0.000015"},
        {"2.46E+06", "2460000"},
        {"1e0", "1"},
        {"12.5", "12.5"},
        {"1e-9", "0.000000001"},
        {"e5", NULL},
        {"1e", NULL},
        {"1e99", NULL},
        {"1e-99", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char buffer[CSV_NUMBER_SIZE];
        struct capture_text out;
        struct capture_text field = {cases[i][0], strlen(cases[i][0])};
        bool is_number = csv_number(field, buffer, &out);
        assert_int_equal(is_number, cases[i][1] != NULL);
        assert_true(!is_number || capture_text_is(out, cases[i][1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bybit_capture_is_read_with_its_gaps),
        cmocka_unit_test(the_deepest_book_of_a_bybit_capture_is_taken),
        cmocka_unit_test(tardis_rows_of_one_time_are_one_message),
        cmocka_unit_test(archived_trades_are_put_before_the_book_and_get_a_latency),
        cmocka_unit_test(files_are_joined_by_time_with_a_gap_between),
        cmocka_unit_test(files_that_are_no_one_recording_are_not_joined),
        cmocka_unit_test(what_is_wrong_is_said_with_the_file_and_the_line),
        cmocka_unit_test(hftbacktest_rows_come_back_as_they_went_in),
        cmocka_unit_test(a_bad_hftbacktest_row_is_named),
        cmocka_unit_test(an_import_tells_how_far_it_is_and_when_it_ends),
        cmocka_unit_test(a_tape_of_one_event_is_a_tape),
        cmocka_unit_test(a_book_of_ten_thousand_levels_is_read),
        cmocka_unit_test(numbers_in_scientific_notation_are_spelled_out),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
