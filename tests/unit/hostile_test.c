// Every importer on what nobody should record: random bytes, files cut anywhere, books of ten
// thousand levels, prices at the edges of int64, one event alone, two instruments in one file. What
// is refused names its file; what becomes a tape opens, is checked, and is traded on by the ladder
// and by the quoter.
#include "base/file.h"
#include "base/random.h"
#include "engine/engine.h"
#include "engine/ladder_run.h"
#include "market/tape.h"
#include "market/tape_check.h"
#include "market/tape_import.h"
#include "recording.h"
#include "scratch.h"
#include "soak/run_market.h"
#include "venue/replay/replay.h"

static const struct tape_import_options no_options;

// ---- what a tape must stand ----

static void trade_ladder(const struct tape *tape, enum fills_mode fills)
{
    struct latency_model latency = {.entry_ns = 10000000, .response_ns = 10000000};
    struct replay_config config = {.fills = fills, .latency = &latency};
    struct ladder_run_config run = {.ladder = ladder_defaults(&tape->instrument),
                                    .start_ns = replay_earliest_ns(tape),
                                    .interval_ns = 100000000,
                                    .place_orders = true};
    struct ladder_totals totals;
    struct venue *venue = NULL;
    assert_int_equal(queue_model_parse("pow3:3", &config.queue_model), MM_OK);
    assert_int_equal(replay_create(tape, &config, &venue), MM_OK);
    assert_int_equal(ladder_run(venue, &run, &totals), MM_OK);
    venue_destroy(venue);
}

static void trade_quoter(const char *path)
{
    static struct run_config config;
    struct config_options options = {.tape = path};
    struct run_market market = {0};
    struct kpi_summary summary;
    uint32_t open = 0;
    assert_int_equal(config_resolve(&options, &config), MM_OK);
    int status = run_market_open(&market, &config);
    if (status != MM_OK) {
        assert_int_equal(status, MM_ERROR_INPUT); // never both sides
        assert_non_null(strstr(mm_error_text(), path));
        mm_error_clear();
        return;
    }
    struct engine_config settings =
        market_preset_engine(&config.preset, &market.venue->instrument, market.price_half_ticks);
    settings.params = config.params;
    struct engine *engine = engine_create(&settings, market.venue, NULL);
    engine_open_window(engine);
    assert_int_equal(engine_run_until(engine, market.venue->end_ns, NULL), MM_OK);
    assert_int_equal(engine_stop(engine, 1000000000, &open), MM_OK);
    engine_close_window(engine, &summary);
    engine_destroy(engine);
    run_market_close(&market);
}

static void trade_on(const char *path)
{
    struct tape tape;
    struct tape_check check;
    if (tape_open(&tape, path) < 0) {
        fail_msg("%s", mm_error_text());
    }
    assert_int_equal(tape_check(&tape, &check), MM_OK);
    assert_int_equal(check.annotation_count, 0);
    trade_ladder(&tape, FILLS_STRICT);
    trade_ladder(&tape, FILLS_COMPAT);
    tape_close(&tape);
    trade_quoter(path);
}

// Imports the bytes; a refusal must name the file and leave nothing behind.
static int import_bytes(const char *name, const void *bytes, size_t size,
                        const struct tape_import_options *options)
{
    const char *path = scratch_path(name), *tape = scratch_path("a.tape");
    scratch_write(path, bytes, size);
    (void)remove(tape);
    int before = scratch_count(scratch_directory);
    int status = tape_import(path, tape, options, NULL);
    if (status != MM_OK) {
        assert_int_equal(status, MM_ERROR_INPUT);
        if (strstr(mm_error_text(), path) == NULL) {
            fail_msg("'%s' does not name %s", mm_error_text(), path);
        }
        assert_int_equal(scratch_count(scratch_directory), before);
    }
    return status;
}

static int import_recording(const struct recording *recording,
                            const struct tape_import_options *options)
{
    size_t size;
    char *bytes = recording_bytes(recording, &size);
    int status = import_bytes(recording->kind == RECORDED_NPY ? "ABCUSDT.npy" : "recording", bytes,
                              size, options);
    free(bytes);
    return status;
}

static void assert_imported(const struct recording *recording)
{
    if (import_recording(recording, &no_options) != MM_OK) {
        fail_msg("%s: %s", recording_names[recording->kind], mm_error_text());
    }
}

// ---- the cases ----

static const struct recorded_level usual[] = {
    {false, "10.5", "3"}, {false, "10.4", "7"}, {true, "10.6", "4"}, {true, "10.8", "1.5"}};

static void record_usual(struct recording *out, enum recording_kind kind)
{
    recording_init(out, kind);
    for (int i = 0; i < 4; i++) {
        recording_add(out, usual, 4);
    }
}

static void a_recording_of_each_format_is_traded_on(void **state)
{
    (void)state;
    for (int kind = 0; kind < RECORDED_COUNT; kind++) {
        struct recording recording;
        record_usual(&recording, (enum recording_kind)kind);
        assert_imported(&recording);
        trade_on(scratch_path("a.tape"));
        recording_fini(&recording);
    }
}

static void one_event_is_a_tape_in_each_format(void **state)
{
    (void)state;
    for (int kind = 0; kind < RECORDED_COUNT; kind++) {
        for (size_t side = 0; side < 4; side += 2) {
            struct recording recording;
            struct tape tape;
            recording_init(&recording, (enum recording_kind)kind);
            recording_add(&recording, &usual[side], 1);
            assert_imported(&recording);
            assert_int_equal(tape_open(&tape, scratch_path("a.tape")), MM_OK);
            assert_int_equal(tape.row_count, 1);
            tape_close(&tape);
            trade_on(scratch_path("a.tape"));
            recording_fini(&recording);
        }
    }
}

static void ten_thousand_levels_a_side_are_read_in_each_format(void **state)
{
    (void)state;
    enum { LEVELS = 10000, PRICE_SIZE = 16 };
    struct recorded_level *levels = mm_alloc((size_t)2 * LEVELS, sizeof *levels);
    char(*prices)[PRICE_SIZE] = mm_alloc((size_t)2 * LEVELS, PRICE_SIZE);
    for (int i = 0; i < 2 * LEVELS; i++) {
        (void)snprintf(prices[i], PRICE_SIZE, "%d.5", i < LEVELS ? 2 * LEVELS - i : LEVELS + 1 + i);
        levels[i] = (struct recorded_level){i >= LEVELS, prices[i], "1.25"};
    }
    for (int kind = 0; kind < RECORDED_COUNT; kind++) {
        struct recording recording;
        struct tape tape;
        recording_init(&recording, (enum recording_kind)kind);
        recording_add(&recording, levels, (size_t)2 * LEVELS);
        recording_add(&recording, levels, (size_t)2 * LEVELS);
        assert_imported(&recording);
        assert_int_equal(tape_open(&tape, scratch_path("a.tape")), MM_OK);
        assert_int_equal(tape.row_count, 4 * LEVELS);
        tape_close(&tape);
        trade_on(scratch_path("a.tape"));
        recording_fini(&recording);
    }
    free(levels);
    free(prices);
}

static void prices_at_the_edges_are_read_or_refused_in_each_format(void **state)
{
    (void)state;
    static const struct {
        const char *number;
        bool fits; // as a price beside 10.5 or as a quantity, in the formats of text
    } numbers[] = {
        {"9223372036854775807", false},
        {"9223372036854775808", false},
        {"18446744073709551616", false},
        {"-9223372036854775808", false},
        {"-1", false},
        {"9007199254740992", false}, // 2^53
        {"9007199254740991", false}, // too large in steps of 0.1
        {"900719925474099", true},
        {"0.00000000000000001", false},
        {"0.000000000001", true},
        {"99999999999999999999999999999999999999999999999999", false},
    };
    for (int kind = 0; kind < RECORDED_COUNT; kind++) {
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            for (int as_qty = 0; as_qty < 2; as_qty++) {
                struct recorded_level levels[4];
                struct recording recording;
                memcpy(levels, usual, sizeof levels);
                levels[3].price = as_qty ? "10.8" : numbers[i].number;
                levels[3].qty = as_qty ? numbers[i].number : "1.5";
                record_usual(&recording, (enum recording_kind)kind);
                recording_add(&recording, levels, 4);
                recording_add(&recording, usual, 4);
                int status = import_recording(&recording, &no_options);
                if ((status == MM_OK) != numbers[i].fits) {
                    fail_msg("%s, %s of %s: %s", recording_names[kind],
                             as_qty ? "quantity" : "price", numbers[i].number,
                             status == MM_OK ? "imported" : mm_error_text());
                }
                if (status == MM_OK) {
                    trade_on(scratch_path("a.tape"));
                }
                recording_fini(&recording);
            }
        }
    }
}

// An array of hftbacktest's names none, so that it cannot hold two.
static void of_two_instruments_one_must_be_chosen_in_each_format(void **state)
{
    (void)state;
    for (int kind = 0; kind < RECORDED_NPY; kind++) {
        struct recording recording;
        struct tape_import_options options = {0};
        struct tape tape;
        record_usual(&recording, (enum recording_kind)kind);
        memcpy(recording.symbol, "XYZUSDT", 8);
        recording_add(&recording, usual, 2);
        assert_int_equal(import_recording(&recording, &no_options), MM_ERROR_INPUT);
        if (strstr(mm_error_text(), "XYZUSDT") == NULL) {
            fail_msg("%s: '%s' does not name XYZUSDT", recording_names[kind], mm_error_text());
        }
        assert_int_equal(tape_import_option(&options, "symbol", "ABCUSDT"), MM_OK);
        assert_int_equal(import_recording(&recording, &options), MM_OK);
        assert_int_equal(tape_open(&tape, scratch_path("a.tape")), MM_OK);
        assert_string_equal(tape.instrument.symbol, "ABCUSDT");
        assert_int_equal(tape.row_count, 16);
        tape_close(&tape);
        trade_on(scratch_path("a.tape"));
        recording_fini(&recording);
    }
}

static void a_file_cut_anywhere_is_read_or_refused_in_each_format(void **state)
{
    (void)state;
    for (int kind = 0; kind < RECORDED_COUNT; kind++) {
        struct recording recording;
        size_t size;
        record_usual(&recording, (enum recording_kind)kind);
        char *bytes = recording_bytes(&recording, &size);
        for (size_t length = 0; length < size; length++) {
            if (import_bytes("ABCUSDT", bytes, length, &no_options) == MM_OK) {
                // Lines end anywhere in a file that is cut, an array's size is known.
                assert_true(kind != RECORDED_NPY);
                struct tape tape;
                assert_int_equal(tape_open(&tape, scratch_path("a.tape")), MM_OK);
                tape_close(&tape);
            }
        }
        free(bytes);
        recording_fini(&recording);
    }
}

static void random_bytes_are_read_or_refused_in_each_format(void **state)
{
    (void)state;
    struct random_stream stream;
    random_init(&stream, 7, RANDOM_TEST, 0);
    for (int kind = 0; kind < RECORDED_COUNT; kind++) {
        struct recording recording;
        size_t size;
        record_usual(&recording, (enum recording_kind)kind);
        char *bytes = recording_bytes(&recording, &size), *changed = mm_alloc(size, 1);
        for (int round = 0; round < 300; round++) {
            // From a few bytes to all of them.
            uint64_t count = round % 3 == 0 ? size : 1 + random_below(&stream, 8);
            memcpy(changed, bytes, size);
            for (uint64_t i = 0; i < count; i++) {
                changed[count == size ? i : random_below(&stream, size)] =
                    (char)random_below(&stream, 256);
            }
            if (import_bytes("ABCUSDT", changed, size, &no_options) == MM_OK) {
                struct tape tape;
                assert_int_equal(tape_open(&tape, scratch_path("a.tape")), MM_OK);
                tape_close(&tape);
            }
        }
        free(changed);
        free(bytes);
        recording_fini(&recording);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_of_each_format_is_traded_on),
        cmocka_unit_test(one_event_is_a_tape_in_each_format),
        cmocka_unit_test(ten_thousand_levels_a_side_are_read_in_each_format),
        cmocka_unit_test(prices_at_the_edges_are_read_or_refused_in_each_format),
        cmocka_unit_test(of_two_instruments_one_must_be_chosen_in_each_format),
        cmocka_unit_test(a_file_cut_anywhere_is_read_or_refused_in_each_format),
        cmocka_unit_test(random_bytes_are_read_or_refused_in_each_format),
    };
    file_set_durable(false);
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
