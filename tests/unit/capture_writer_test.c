// What is written as it comes can be imported again, holes included.
#include "cmocka_all.h"

#include "base/file.h"
#include "market/capture_writer.h"
#include "market/tape.h"
#include "market/tape_import.h"

#include <inttypes.h>
#include <string.h>
#include <zlib.h>

static char directory[] = "/tmp/mm_capture_XXXXXX";
static char path[64], tape_path[64];

static int make_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/capture.gz", directory);
    snprintf(tape_path, sizeof tape_path, "%s/capture.tape", directory);
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(tape_path);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static const int64_t start_ns = INT64_C(1790134712000000000);

static void add_book(struct capture_writer *writer, int64_t after_ms, const char *type, int update)
{
    char text[256];
    int size = snprintf(
        text, sizeof text,
        "{\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"%s\",\n\"ts\":%" PRId64 ",\"data\":"
        "{\"s\":\"BTCUSDT\",\"b\":[[\"100.5\",\"%d\"]],\"a\":[[\"101\",\"1\"]],\"u\":"
        "%d}}",
        type, start_ns / 1000000 + after_ms, update, update);
    capture_writer_add(writer, start_ns + (after_ms + 5) * 1000000, text, (size_t)size);
}

static void what_was_recorded_becomes_a_tape_with_its_gaps(void **state)
{
    (void)state;
    struct capture_writer *writer;
    struct tape tape;
    assert_int_equal(capture_writer_create(path, &writer), MM_OK);
    add_book(writer, 0, "snapshot", 7);
    add_book(writer, 10, "delta", 8);
    capture_writer_gap(writer, start_ns + 30000000, "closed");
    add_book(writer, 40, "snapshot", 3); // the numbers begin anew, so only the line tells of it
    add_book(writer, 50, "delta", 4);
    assert_int_equal(capture_writer_get_counters(writer).lines, 5);
    assert_int_equal(capture_writer_finish(writer), MM_OK);
    assert_int_equal(tape_import(path, tape_path, &(struct tape_import_options){0}, NULL), MM_OK);
    assert_int_equal(tape_open(&tape, tape_path), MM_OK);
    assert_int_equal(tape.facts.gap_count, 1);
    assert_int_equal(tape.facts.snapshot_count, 2);
    assert_int_equal(tape.facts.depth_count, 2);
    tape_close(&tape);
}

static void lines_that_do_not_fit_are_counted_and_leave_a_gap(void **state)
{
    (void)state;
    enum { LINE_SIZE = 17 << 20 }; // more than the ring holds
    struct capture_writer *writer;
    char *line = calloc(LINE_SIZE, 1);
    assert_non_null(line);
    memset(line, 'x', LINE_SIZE);
    assert_int_equal(capture_writer_create(path, &writer), MM_OK);
    capture_writer_add(writer, start_ns, line, LINE_SIZE);
    assert_int_equal(capture_writer_get_counters(writer).lost, 1);
    capture_writer_add(writer, start_ns, "y", 1); // what comes next says so first
    struct capture_writer_counters counters = capture_writer_get_counters(writer);
    assert_int_equal(counters.lost, 1);
    assert_int_equal(counters.gaps, 1);
    assert_int_equal(counters.lines, 2);
    assert_int_equal(capture_writer_finish(writer), MM_OK);
    gzFile file = gzopen(path, "rb");
    assert_non_null(file);
    char text[256];
    bool found = false;
    while (gzgets(file, text, sizeof text) != NULL) {
        found |= strstr(text, CAPTURE_GAP_TOPIC "\",\"type\":\"lost_lines\"") != NULL;
    }
    assert_true(found);
    gzclose(file);
    free(line);
}

static void a_file_that_exists_is_not_written_over(void **state)
{
    (void)state;
    struct capture_writer *writer;
    assert_int_equal(file_write_atomic(path, "x", 1, 0644), MM_OK);
    assert_int_equal(capture_writer_create(path, &writer), MM_ERROR_USAGE);
    assert_null(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_was_recorded_becomes_a_tape_with_its_gaps, remove_files),
        cmocka_unit_test_teardown(lines_that_do_not_fit_are_counted_and_leave_a_gap, remove_files),
        cmocka_unit_test_teardown(a_file_that_exists_is_not_written_over, remove_files),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
