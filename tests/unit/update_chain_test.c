#include "market/update_chain.h"

#include "base/file.h"
#include "market/tape.h"
#include "market/tape_check.h"
#include "market/tape_import.h"
#include "scratch.h"

static enum update_step follow(struct update_chain *chain, uint64_t previous, uint64_t last)
{
    return update_chain_follow(chain, (struct update_ids){previous, last}, true);
}

static void updates_that_follow_one_another_are_a_chain(void **state)
{
    (void)state;
    struct update_chain chain = {0};
    assert_int_equal(follow(&chain, 7, 10), UPDATE_FOLLOWS); // the start is no gap
    assert_int_equal(follow(&chain, 10, 11), UPDATE_FOLLOWS);
    assert_int_equal(follow(&chain, 12, 13), UPDATE_BREAKS);
    assert_int_equal(follow(&chain, 13, 14), UPDATE_FOLLOWS);
    assert_int_equal(follow(&chain, 0, 0), UPDATE_FOLLOWS); // no number, not checked
    assert_int_equal(follow(&chain, 14, 20), UPDATE_FOLLOWS);
}

static void an_update_that_came_before_is_stale_unless_the_count_began_anew(void **state)
{
    (void)state;
    struct update_chain chain = {0};
    assert_int_equal(follow(&chain, 10, 20), UPDATE_FOLLOWS);
    assert_int_equal(update_chain_follow(&chain, (struct update_ids){10, 20}, false), UPDATE_STALE);
    assert_int_equal(update_chain_follow(&chain, (struct update_ids){1, 2}, true), UPDATE_BREAKS);
    assert_int_equal(follow(&chain, 2, 3), UPDATE_FOLLOWS);
    assert_int_equal(follow(&chain, 1, 9), UPDATE_BREAKS); // follows another than the last one
}

static void the_first_update_after_a_snapshot_must_straddle_it(void **state)
{
    (void)state;
    struct update_chain chain = {0};
    assert_true(update_chain_snapshot(&chain, 100));
    assert_int_equal(follow(&chain, 90, 95), UPDATE_STALE);
    assert_int_equal(follow(&chain, 95, 100), UPDATE_STALE);
    assert_int_equal(follow(&chain, 98, 105), UPDATE_FOLLOWS);
    assert_int_equal(follow(&chain, 105, 106), UPDATE_FOLLOWS);
    assert_true(update_chain_snapshot(&chain, 200));
    assert_int_equal(follow(&chain, 201, 205), UPDATE_BREAKS);
}

static void a_late_snapshot_joins_a_run_that_holds_its_number(void **state)
{
    (void)state;
    struct update_chain chain = {0};
    assert_int_equal(follow(&chain, 50, 60), UPDATE_FOLLOWS);
    assert_int_equal(follow(&chain, 60, 70), UPDATE_FOLLOWS);
    assert_true(update_chain_snapshot(&chain, 55));
    assert_true(update_chain_snapshot(&chain, 50));
    assert_false(update_chain_snapshot(&chain, 49));
    assert_int_equal(follow(&chain, 70, 71), UPDATE_FOLLOWS);
    assert_int_equal(follow(&chain, 80, 90), UPDATE_BREAKS);
    assert_false(update_chain_snapshot(&chain, 75)); // what lay between it and 80 is missing
    assert_true(update_chain_snapshot(&chain, 85));
}

// Lines of captures, 100 ms apart: number `n`, with the ids of futures (pu) or of spot (U).
#define AT(n) "17000000" #n "000000000 "
#define TIMES(n) "\"E\":17000000" #n "000,\"T\":17000000" #n "000,"
#define LEVELS(b, a) "\"" b "\":[[\"10\",\"1\"]],\"" a "\":[[\"11\",\"1\"]]}\n"
#define FUTURES(n, pu, u)                                                                          \
    AT(n)                                                                                          \
    "{\"e\":\"depthUpdate\",\"s\":\"ABCUSDT\"," TIMES(n) "\"pu\":" #pu ",\"U\":" #u ",\"u\":" #u   \
                                                         "," LEVELS("b", "a")
#define SPOT(n, first, u)                                                                          \
    AT(n)                                                                                          \
    "{\"e\":\"depthUpdate\",\"s\":\"ABCUSDT\",\"E\":17000000" #n "000,\"U\":" #first ",\"u\":" #u  \
    "," LEVELS("b", "a")
#define SNAPSHOT(n, id) AT(n) "{\"lastUpdateId\":" #id "," TIMES(n) LEVELS("bids", "asks")

struct expected {
    const char *capture;
    const char *kinds; // by our clock: d depth, c clear, s snapshot, g gap
    uint64_t stale_count;
};

static const struct expected captures[] = {
    {FUTURES(10, 1, 2) FUTURES(11, 2, 5) FUTURES(12, 5, 6), "ddd", 0},
    {FUTURES(10, 1, 2) FUTURES(11, 3, 5) FUTURES(12, 5, 6), "dgdd", 0},
    {SPOT(10, 1, 2) SPOT(11, 3, 5) SPOT(12, 6, 6), "ddd", 0},
    {SPOT(10, 1, 2) SPOT(11, 4, 5) SPOT(12, 7, 7), "dgdgd", 0},
    {SNAPSHOT(10, 8) FUTURES(11, 6, 7) FUTURES(12, 7, 9) FUTURES(13, 9, 10), "cscsdd", 1},
    {SNAPSHOT(10, 8) FUTURES(11, 9, 12), "cscsgd", 0},
    {FUTURES(10, 6, 7) FUTURES(11, 7, 9) SNAPSHOT(12, 8) FUTURES(13, 9, 10), "ddcscsd", 0},
    {FUTURES(10, 6, 7) SNAPSHOT(12, 5) FUTURES(13, 7, 8), "dcscsgd", 0},
};

static void kinds_of(const struct tape *tape, char *out)
{
    static const char letters[] = {[EVENT_DEPTH] = 'd',
                                   [EVENT_TRADE] = 't',
                                   [EVENT_CLEAR] = 'c',
                                   [EVENT_SNAPSHOT] = 's',
                                   [EVENT_GAP] = 'g'};
    uint64_t count = tape->message_count < 30 ? tape->message_count : 30;
    for (uint64_t i = 0; i < count; i++) {
        out[i] = letters[tape_message_kind(&tape->messages[TAPE_LOCAL][i])];
    }
    out[count] = '\0';
}

static void a_break_in_a_binance_capture_is_a_gap_in_the_tape(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof captures / sizeof captures[0]; i++) {
        static const struct tape_import_options none;
        struct tape_import_report report;
        struct tape tape;
        char kinds[32];
        int64_t places[TAPE_GAPS_SHOWN];
        scratch_write(scratch_path("capture"), captures[i].capture, strlen(captures[i].capture));
        int status = tape_import(scratch_path("capture"), scratch_path("a.tape"), &none, &report);
        if (status < 0 || tape_open(&tape, scratch_path("a.tape")) < 0) {
            fail_msg("%zu: %s", i, mm_error_text());
        }
        kinds_of(&tape, kinds);
        assert_string_equal(kinds, captures[i].kinds);
        assert_int_equal(report.stale_count, captures[i].stale_count);
        assert_int_equal(tape_first_gaps(&tape, places), tape.facts.gap_count);
        const char *gap = strchr(kinds, 'g');
        if (gap != NULL) {
            assert_int_equal(places[0], tape.messages[TAPE_LOCAL][gap - kinds].ts_ns);
        }
        tape_close(&tape);
    }
}

static void a_recording_cut_in_two_is_joined_without_a_gap(void **state)
{
    (void)state;
    static const struct tape_import_options none;
    static const char *const seconds[] = {FUTURES(12, 5, 6) FUTURES(13, 6, 8),
                                          FUTURES(12, 6, 7) FUTURES(13, 7, 8)};
    static const char *const expected[] = {"dddd", "ddgdd"};
    const char *one = FUTURES(10, 1, 2) FUTURES(11, 2, 5);
    scratch_write(scratch_path("one"), one, strlen(one));
    for (size_t i = 0; i < 2; i++) {
        struct tape tape;
        char kinds[32];
        scratch_write(scratch_path("two"), seconds[i], strlen(seconds[i]));
        const char *paths[] = {scratch_path("two"), scratch_path("one")};
        if (tape_import_files(paths, 2, scratch_path("b.tape"), &none, NULL) < 0 ||
            tape_open(&tape, scratch_path("b.tape")) < 0) {
            fail_msg("%s", mm_error_text());
        }
        kinds_of(&tape, kinds);
        assert_string_equal(kinds, expected[i]);
        tape_close(&tape);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_that_follow_one_another_are_a_chain),
        cmocka_unit_test(an_update_that_came_before_is_stale_unless_the_count_began_anew),
        cmocka_unit_test(the_first_update_after_a_snapshot_must_straddle_it),
        cmocka_unit_test(a_late_snapshot_joins_a_run_that_holds_its_number),
        cmocka_unit_test(a_recording_cut_in_two_is_joined_without_a_gap),
        cmocka_unit_test(a_break_in_a_binance_capture_is_a_gap_in_the_tape),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
