// The recorded captures against what the reference's converter makes of them: hftbacktest 2.4.4,
// data/utils/binancefutures.py, run with its defaults over the same files. There is no reference
// for spot, whose depth and snapshots it does not read.
//
// The captures are not in the repository: $MM_SHARED names the directory that holds data/, by
// default ../shared beside the source tree. Without them the test is skipped.
#include "market/export_npy.h"
#include "market/tape_check.h"
#include "market/tape_import.h"

#include "base/file.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SKIPPED = 77 };

struct expected {
    const char *name;
    const char *description;
    uint64_t rows, messages, bests;
    uint64_t reference_rows; // with those that the reference doubles; 0 = no reference
    int64_t clock_shift_ns;
};

static const struct expected captures[] = {
    {"usdm-btcusdt-20240808.gz",
     "BTCUSDT on binance-usdm, tick 0.1 (inferred), lot 0.001 (inferred), linear:1 (inferred)",
     466836, 27868, 66089, 491973, 1272156851},
    {"coinm-btcusd_perp-20240808.gz",
     "BTCUSD_PERP on binance-coinm, tick 0.1 (inferred), lot 1 (inferred), inverse:100 (inferred)",
     300301, 29137, 19136, 303861, 1267953940},
    {"spot-btcusdt-20240808.gz",
     "BTCUSDT on binance-spot, tick 0.01 (inferred), lot 0.000001 (inferred), linear:1 (inferred)",
     135849, 13212, 28040, 0, 1274761454},
};

static const char *shared_path(const char *name)
{
    static char path[PATH_MAX];
    const char *shared = getenv("MM_SHARED");
    const char *root = getenv("MM_SOURCE_ROOT");
    if (shared != NULL) {
        (void)snprintf(path, sizeof path, "%s/data/binance/%s", shared, name);
    } else {
        (void)snprintf(path, sizeof path, "%s/../shared/data/binance/%s", root != NULL ? root : ".",
                       name);
    }
    return path;
}

// One clock's rows, one after the other, with both times of each.
struct row_walk {
    const struct tape *tape;
    enum tape_clock clock;
    uint64_t message;
    uint32_t row;
};

static bool walk_ended(const struct row_walk *walk)
{
    return walk->message == walk->tape->message_count;
}

static uint32_t walk_row(const struct row_walk *walk)
{
    return walk->tape->messages[walk->clock][walk->message].first_row + walk->row;
}

static void walk_step(struct row_walk *walk)
{
    walk->row++;
    if (walk->row == tape_message_count(&walk->tape->messages[walk->clock][walk->message])) {
        walk->row = 0;
        walk->message++;
    }
}

// The times of all rows on both clocks.
static int64_t *row_times(const struct tape *tape, enum tape_clock clock)
{
    int64_t *times = mm_alloc(tape->row_count, sizeof *times);
    for (uint64_t i = 0; i < tape->message_count; i++) {
        const struct tape_message *message = &tape->messages[clock][i];
        for (uint32_t j = 0; j < tape_message_count(message); j++) {
            times[message->first_row + j] = message->ts_ns;
        }
    }
    return times;
}

// How many rows the reference's file has: one for both clocks where the next row of the one and of
// the other have equal times, else one for each.
static uint64_t count_reference_rows(const struct tape *tape)
{
    int64_t *exch_ns = row_times(tape, TAPE_EXCH);
    int64_t *local_ns = row_times(tape, TAPE_LOCAL);
    struct row_walk exch = {.tape = tape, .clock = TAPE_EXCH};
    struct row_walk local = {.tape = tape, .clock = TAPE_LOCAL};
    uint64_t count = 0;
    while (!walk_ended(&exch) && !walk_ended(&local)) {
        uint32_t a = walk_row(&exch);
        uint32_t b = walk_row(&local);
        bool equal = exch_ns[a] == exch_ns[b] && local_ns[a] == local_ns[b];
        bool exch_first =
            exch_ns[a] < exch_ns[b] || (exch_ns[a] == exch_ns[b] && local_ns[a] < local_ns[b]);
        if (equal || exch_first) {
            walk_step(&exch);
        }
        if (equal || !exch_first) {
            walk_step(&local);
        }
        count++;
    }
    for (; !walk_ended(&exch); count++) {
        walk_step(&exch);
    }
    for (; !walk_ended(&local); count++) {
        walk_step(&local);
    }
    free(exch_ns);
    free(local_ns);
    return count;
}

// As hftbacktest's file the tape has the reference's rows, and comes back from there.
static void check_export(const struct tape *tape, uint64_t reference_rows)
{
    char exported[64], imported[64];
    uint64_t count;
    struct tape again;
    struct tape_import_options options = {.symbol = "ABC"};
    (void)snprintf(exported, sizeof exported, "/tmp/mmbot_captures_test.%ld.npz", (long)getpid());
    (void)snprintf(imported, sizeof imported, "/tmp/mmbot_captures_test.%ld.again", (long)getpid());
    if (export_npy(tape, exported, &count) < 0 ||
        tape_import(exported, imported, &options, NULL) < 0 || tape_open(&again, imported) < 0) {
        fail_msg("%s", mm_error_text());
        abort(); // not reached
    }
    assert_int_equal(count, reference_rows);
    assert_int_equal(again.row_count, tape->row_count);
    assert_int_equal(again.message_count, tape->message_count);
    tape_close(&again);
    assert_int_equal(file_remove(exported), MM_OK);
    assert_int_equal(file_remove(imported), MM_OK);
}

static void check_capture(const struct expected *expected)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/mmbot_captures_test.%ld", (long)getpid());
    struct tape_import_options options = {0};
    struct tape tape;
    if (tape_import(shared_path(expected->name), path, &options, NULL) < 0 ||
        tape_open(&tape, path) < 0) {
        fail_msg("%s", mm_error_text());
        abort(); // not reached
    }
    assert_int_equal(file_remove(path), MM_OK);
    char text[TAPE_DESCRIPTION_SIZE];
    tape_describe(&tape, text, sizeof text);
    assert_string_equal(text, expected->description);
    assert_int_equal(tape.row_count, expected->rows);
    assert_int_equal(tape.message_count, expected->messages);
    assert_int_equal(tape.best_count, expected->bests);
    assert_int_equal(tape.wide_count, 0);
    assert_int_equal(tape.facts.clock_shift_ns, expected->clock_shift_ns);
    if (expected->reference_rows > 0) {
        assert_int_equal(count_reference_rows(&tape), expected->reference_rows);
        check_export(&tape, expected->reference_rows);
    }
    assert_int_equal(tape.facts.gap_count, 0); // their chains of updates are whole
    struct tape_check check;
    assert_int_equal(tape_check(&tape, &check), MM_OK);
    assert_int_equal(check.annotation_count, 0);
    assert_int_equal(check.latency_min_ns, 0);
    assert_true(check.best_compared > 3000);
    assert_true(check.best_agreed * 1000 > check.best_compared * 998);
    tape_close(&tape);
}

static void the_usdm_capture_becomes_the_rows_of_the_reference(void **state)
{
    (void)state;
    check_capture(&captures[0]);
}

static void the_coinm_capture_becomes_the_rows_of_the_reference(void **state)
{
    (void)state;
    check_capture(&captures[1]);
}

static void the_spot_capture_becomes_a_book_that_agrees_with_the_published_best(void **state)
{
    (void)state;
    check_capture(&captures[2]);
}

int main(void)
{
    if (!file_exists(shared_path(captures[0].name))) {
        (void)printf("skipped: no capture at %s ($MM_SHARED)\n", shared_path(captures[0].name));
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usdm_capture_becomes_the_rows_of_the_reference),
        cmocka_unit_test(the_coinm_capture_becomes_the_rows_of_the_reference),
        cmocka_unit_test(the_spot_capture_becomes_a_book_that_agrees_with_the_published_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
