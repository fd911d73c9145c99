// Latency models: constants, recorded round trips between which is interpolated, and bad files.
#include "venue/latency.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct latency_model model_of(struct latency_row *rows, size_t count)
{
    return (struct latency_model){.rows = rows, .row_count = count};
}

static void constants_are_durations_with_units(void **state)
{
    (void)state;
    struct latency_model model;
    assert_int_equal(latency_parse("10ms,250us", &model), MM_OK);
    struct latency_cursor cursor = {.model = &model};
    assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, 5), 10000000);
    assert_int_equal(latency_response(&cursor, LATENCY_PLACE, 5), 250000);
    latency_fini(&model);
}

static void text_that_is_neither_durations_nor_a_file_is_refused(void **state)
{
    (void)state;
    static const char *wrong[] = {"",         "10ms",       "10,10",          "10ms,",
                                  "10ms,-1s", "nosuch.bin", "10ms,10ms,10ms", ",10ms"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct latency_model model;
        assert_int_equal(latency_parse(wrong[i], &model), MM_ERROR_USAGE);
    }
}

static void before_the_first_row_and_after_the_last_their_own_latency_holds(void **state)
{
    (void)state;
    struct latency_row rows[] = {{1000, 1100, 1250, 0}, {2000, 2300, 2310, 0}};
    struct latency_model model = model_of(rows, 2);
    struct latency_cursor entry = {.model = &model}, response = {.model = &model};
    assert_int_equal(latency_entry(&entry, LATENCY_PLACE, 10), 100);
    assert_int_equal(latency_response(&response, LATENCY_PLACE, 10), 150);
    assert_int_equal(latency_entry(&entry, LATENCY_PLACE, 2000), 300);
    assert_int_equal(latency_entry(&entry, LATENCY_PLACE, 999999), 300);
    assert_int_equal(latency_response(&response, LATENCY_PLACE, 2300), 10);
}

static void between_rows_the_value_is_interpolated_and_truncated(void **state)
{
    (void)state;
    struct latency_row rows[] = {
        {1000, 1100, 1200, 0}, {2000, 2201, 2301, 0}, {3000, 3001, 3003, 0}};
    struct latency_model model = model_of(rows, 3);
    struct latency_cursor cursor = {.model = &model};
    assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, 1000), 100);
    assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, 1500), 150); // 100 + trunc(50.5)
    assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, 2500), 101); // 201 + trunc(-100.0)
    assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, 2501),
                     101); // 201 + trunc(-100.2): toward zero
}

static void the_response_is_looked_up_by_the_exchanges_stamp(void **state)
{
    (void)state;
    struct latency_row rows[] = {{1000, 1100, 1200, 0}, {2000, 2100, 2300, 0}};
    struct latency_model model = model_of(rows, 2);
    struct latency_cursor cursor = {.model = &model};
    assert_int_equal(latency_response(&cursor, LATENCY_PLACE, 1099), 100);
    assert_int_equal(latency_response(&cursor, LATENCY_PLACE, 1100), 100);
    assert_int_equal(latency_response(&cursor, LATENCY_PLACE, 1600), 150);
}

static void a_cursor_only_moves_forward(void **state)
{
    (void)state;
    struct latency_row rows[] = {
        {1000, 1100, 1200, 0}, {2000, 2200, 2300, 0}, {3000, 3300, 3400, 0}};
    struct latency_model model = model_of(rows, 3);
    struct latency_cursor cursor = {.model = &model};
    assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, 2500), 250);
    assert_int_equal(cursor.row, 1);
    // Back in time it finds no pair any more and ends at the last row, as the reference does.
    assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, 1500), 300);
}

static void around_an_outage_the_entry_is_negative(void **state)
{
    (void)state;
    struct latency_row rows[] = {{1000, 1100, 1200, 0}, {2000, 0, 2600, 0}, {3000, 3100, 3200, 0}};
    struct latency_model model = model_of(rows, 3);
    struct latency_cursor cursor = {.model = &model};
    assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, 1500), -400); // between 200 and 600
    assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, 2000), -600);
    assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, 2500), -400);
}

static char *write_file(const void *data, size_t size)
{
    static char path[] = "/tmp/latency_test_XXXXXX";
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, data, size), (ssize_t)size);
    close(file);
    return path;
}

static void a_file_of_rows_is_read(void **state)
{
    (void)state;
    struct latency_row rows[] = {{1000, 1100, 1200, 0}, {2000, 2200, 2300, 0}};
    struct latency_model model;
    const char *path = write_file(rows, sizeof rows);
    assert_int_equal(latency_parse(path, &model), MM_OK);
    assert_int_equal(model.row_count, 2);
    assert_int_equal(model.rows[1].exch_ts_ns, 2200);
    latency_fini(&model);
    latency_fini(&model); // a second time is fine
    remove(path);
}

static void a_file_that_is_no_latency_log_is_refused(void **state)
{
    (void)state;
    struct latency_row backwards[] = {{2000, 2200, 2300, 0}, {1000, 1100, 1200, 0}};
    struct latency_row before[] = {{2000, 2200, 1900, 0}};
    struct latency_row absurd[] = {{INT64_MAX - 1, INT64_MAX, INT64_MAX, 0}};
    static const struct {
        size_t size;
    } sizes[] = {{0}, {31}, {33}};
    struct latency_model model;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const char *path = write_file(backwards, sizes[i].size);
        assert_int_equal(latency_load(path, &model), MM_ERROR_INPUT);
        remove(path);
    }
    struct latency_row *files[] = {backwards, before, absurd};
    size_t counts[] = {2, 1, 1};
    for (size_t i = 0; i < 3; i++) {
        const char *path = write_file(files[i], counts[i] * sizeof(struct latency_row));
        assert_int_equal(latency_load(path, &model), MM_ERROR_INPUT);
        remove(path);
    }
}

static void each_kind_may_have_its_own(void **state)
{
    (void)state;
    struct latency_model model;
    assert_int_equal(latency_parse("place=10ms,cancel=5ms/8ms,fill=3ms", &model), MM_OK);
    struct latency_cursor cursor = {.model = &model};
    assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, 7), 10000000);
    assert_int_equal(latency_response(&cursor, LATENCY_PLACE, 7), 10000000);
    assert_int_equal(latency_entry(&cursor, LATENCY_AMEND, 7), 10000000); // not given: as place
    assert_int_equal(latency_entry(&cursor, LATENCY_CANCEL, 7), 5000000);
    assert_int_equal(latency_response(&cursor, LATENCY_CANCEL, 7), 8000000);
    assert_int_equal(latency_response(&cursor, LATENCY_FILL, 7), 3000000);
    assert_false(latency_is_plain(&model));
    assert_int_equal(latency_parse("cancel=5ms,all=1ms/2ms", &model), MM_OK);
    assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, 7), 1000000);
    assert_int_equal(latency_response(&cursor, LATENCY_FILL, 7), 2000000);
    assert_int_equal(latency_parse("1ms,2ms", &model), MM_OK);
    assert_true(latency_is_plain(&model));
}

static void jitter_is_seeded_and_a_function_of_time(void **state)
{
    (void)state;
    struct latency_model model, other;
    assert_int_equal(latency_parse("place=10ms,jitter=2ms", &model), MM_OK);
    assert_int_equal(latency_parse("place=10ms,jitter=2ms,seed=2", &other), MM_OK);
    struct latency_cursor cursor = {.model = &model}, second = {.model = &other};
    int64_t least = INT64_MAX, most = 0;
    int same_seed = 0, same_direction = 0;
    for (int64_t ts = 1; ts <= 1000; ts++) {
        int64_t value = latency_entry(&cursor, LATENCY_PLACE, ts);
        assert_true(value >= 10000000 && value <= 12000000);
        assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, ts), value);
        least = value < least ? value : least;
        most = value > most ? value : most;
        same_seed += latency_entry(&second, LATENCY_PLACE, ts) == value;
        same_direction += latency_response(&cursor, LATENCY_PLACE, ts) == value;
    }
    assert_true(least < 10050000 && most > 11950000);
    assert_true(same_seed < 5 && same_direction < 5);
}

static void a_list_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const char *wrong[] = {"cancel=5ms",        "place=",           "place=5",
                                  "place=5ms,",        "place=5ms,now",    "fill=1ms/2ms,place=1ms",
                                  "plaice=5ms",        "place=5ms/6ms/7s", "place=1ms,jitter=3s",
                                  "place=1ms,seed=-1", "jitter=2ms",       "place=1ms,seed=1.5"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct latency_model model;
        assert_int_equal(latency_parse(wrong[i], &model), MM_ERROR_USAGE);
        assert_null(model.rows);
    }
}

static void a_recorded_log_may_be_the_base_of_a_list(void **state)
{
    (void)state;
    struct latency_row rows[] = {{1000, 1100, 1200, 0}, {2000, -5, 2300, 0}};
    const char *path = write_file(rows, sizeof rows);
    char text[128];
    snprintf(text, sizeof text, "cancel=5ms,log=%s", path);
    struct latency_model model;
    assert_int_equal(latency_parse(text, &model), MM_OK);
    struct latency_cursor cursor = {.model = &model};
    assert_int_equal(latency_entry(&cursor, LATENCY_CANCEL, 1000), 5000000);
    assert_int_equal(latency_entry(&cursor, LATENCY_PLACE, 1000), -200); // into an outage
    latency_fini(&model);
    remove(path);
}

static void rows_survive_both_forms_of_the_file(void **state)
{
    (void)state;
    struct latency_row rows[] = {{1000, 1100, 1200, 0}, {2000, -5, 2300, 0}}, *read;
    static const char *const paths[] = {"/tmp/latency_test_out.csv", "/tmp/latency_test_out.bin"};
    for (size_t i = 0; i < 2; i++) {
        size_t count = 0;
        assert_int_equal(latency_log_write(paths[i], rows, 2), MM_OK);
        assert_int_equal(latency_log_read(paths[i], &read, &count), MM_OK);
        assert_int_equal(count, 2);
        assert_memory_equal(read, rows, sizeof rows);
        free(read);
        remove(paths[i]);
    }
    static const char *const wrong[] = {"1,2\n", "1,2,x\n",   "1,2,3",
                                        "x\n",   "1,2,3,4\n", " 1,2,3\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char text[128];
        int length = snprintf(text, sizeof text, "%s%s", latency_log_header, wrong[i]);
        const char *path = write_file(text, (size_t)length);
        size_t count;
        assert_int_equal(latency_log_read(path, &read, &count), MM_ERROR_INPUT);
        remove(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_are_durations_with_units),
        cmocka_unit_test(text_that_is_neither_durations_nor_a_file_is_refused),
        cmocka_unit_test(before_the_first_row_and_after_the_last_their_own_latency_holds),
        cmocka_unit_test(between_rows_the_value_is_interpolated_and_truncated),
        cmocka_unit_test(the_response_is_looked_up_by_the_exchanges_stamp),
        cmocka_unit_test(a_cursor_only_moves_forward),
        cmocka_unit_test(around_an_outage_the_entry_is_negative),
        cmocka_unit_test(each_kind_may_have_its_own),
        cmocka_unit_test(jitter_is_seeded_and_a_function_of_time),
        cmocka_unit_test(a_list_that_makes_no_sense_is_refused),
        cmocka_unit_test(a_recorded_log_may_be_the_base_of_a_list),
        cmocka_unit_test(rows_survive_both_forms_of_the_file),
        cmocka_unit_test(a_file_of_rows_is_read),
        cmocka_unit_test(a_file_that_is_no_latency_log_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
