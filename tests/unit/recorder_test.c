#include "engine/recorder.h"

#include "base/file.h"
#include "cmocka_all.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { TEXT_MAX = 1 << 20, PATH_SIZE = 256 };

static char directory[] = "/tmp/recorder_test_XXXXXX";
static char orders_path[PATH_SIZE], fills_path[PATH_SIZE];
static char text[TEXT_MAX];

static int enter_directory(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL) {
        return -1;
    }
    snprintf(orders_path, sizeof orders_path, "%s/orders.csv.gz", directory);
    snprintf(fills_path, sizeof fills_path, "%s/fills.csv.gz", directory);
    return 0;
}

static int leave_directory(void **state)
{
    (void)state;
    (void)unlink(orders_path);
    (void)unlink(fills_path);
    return rmdir(directory); // fails when something was left behind
}

static const char *unpacked(const char *path)
{
    gzFile file = gzopen(path, "rb");
    assert_non_null(file);
    int size = gzread(file, text, TEXT_MAX - 1);
    assert_true(size >= 0);
    text[size] = '\0';
    assert_int_equal(gzclose(file), Z_OK);
    return text;
}

static const struct engine_order_row order = {.order_id = UINT64_MAX,
                                              .side = SIDE_SELL,
                                              .status = "canceled",
                                              .reason = "tail_age",
                                              .placed_ts_ns = 1704067200000000000,
                                              .ended_ts_ns = 1704067201000000000,
                                              .exch_ts_ns = 0,
                                              .price_ticks = 600001,
                                              .qty_lots = 10,
                                              .leaves_qty_lots = 7,
                                              .amend_count = 3};

static const struct engine_fill_row fill = {.order_id = 1,
                                            .side = SIDE_BUY,
                                            .local_ts_ns = 5,
                                            .exch_ts_ns = 4,
                                            .price_ticks = 100,
                                            .qty_lots = 3,
                                            .wanted_price_ticks = 99,
                                            .mid_half_ticks = 201,
                                            .fee_quote_e9 = INT64_MIN,
                                            .position_lots = -3,
                                            .maker = true,
                                            .provenance = {FILL_QUEUE, 12, 5, 0}};

static void record(const char *const *paths, int rows)
{
    struct recorder *recorder = NULL;
    assert_int_equal(recorder_create(paths[0], paths[1], NULL, &recorder), MM_OK);
    struct engine_sink sink = recorder_sink(recorder);
    for (int i = 0; i < rows; i++) {
        sink.order(sink.context, &order);
        sink.fill(sink.context, &fill);
    }
    assert_false(file_exists(paths[0]));
    assert_int_equal(recorder_commit(recorder), MM_OK);
    sink.order(sink.context, &order); // too late, and harmless
    recorder_destroy(recorder);
}

static void rows_come_out_as_they_went_in(void **state)
{
    (void)state;
    record((const char *const[]){orders_path, fills_path}, 1);
    assert_string_equal(unpacked(orders_path),
                        "order_id,side,status,reason,placed_ts_ns,ended_ts_ns,exch_ts_ns,"
                        "price_ticks,qty_lots,leaves_qty_lots,amend_count\n"
                        "18446744073709551615,sell,canceled,tail_age,1704067200000000000,"
                        "1704067201000000000,0,600001,10,7,3\n");
    assert_string_equal(unpacked(fills_path),
                        "order_id,side,local_ts_ns,exch_ts_ns,price_ticks,qty_lots,"
                        "wanted_price_ticks,mid_half_ticks,fee_quote_e9,position_lots,liquidity,"
                        "rule,event_row,ahead_at_arrival_lots,ahead_at_fill_lots\n"
                        "1,buy,5,4,100,3,99,201,-9223372036854775808,-3,maker,queue,12,5,0\n");
    assert_int_equal(unlink(orders_path), 0);
    assert_int_equal(unlink(fills_path), 0);
}

static void what_is_not_known_is_an_empty_cell(void **state)
{
    (void)state;
    struct recorder *recorder = NULL;
    assert_int_equal(recorder_create(NULL, fills_path, NULL, &recorder), MM_OK);
    struct engine_sink sink = recorder_sink(recorder);
    struct engine_fill_row row = fill;
    row.wanted_price_ticks = 0;
    row.mid_half_ticks = 0;
    row.maker = false;
    row.provenance.rule = FILL_TAKER;
    sink.fill(sink.context, &row);
    assert_int_equal(recorder_commit(recorder), MM_OK);
    recorder_destroy(recorder);
    const char *line = strchr(unpacked(fills_path), '\n') + 1;
    assert_string_equal(line, "1,buy,5,4,100,3,,,-9223372036854775808,-3,taker,taker,12,,\n");
    assert_int_equal(unlink(fills_path), 0);
}

static void requests_and_answers_come_out_in_their_order(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct recorder *recorder = NULL;
    snprintf(path, sizeof path, "%s/requests.csv.gz", directory);
    assert_int_equal(recorder_create(NULL, NULL, path, &recorder), MM_OK);
    struct engine_sink sink = recorder_sink(recorder);
    struct venue_request request = {.op = VENUE_PLACE,
                                    .side = SIDE_SELL,
                                    .tif = TIF_POST_ONLY,
                                    .order_id = 7,
                                    .price_ticks = 101,
                                    .qty_lots = 3};
    sink.sent(sink.context, &request, 10);
    struct venue_report report = {.kind = REPORT_PLACED,
                                  .answers = VENUE_PLACE,
                                  .side = SIDE_SELL,
                                  .order_id = 7,
                                  .exch_ts_ns = 12,
                                  .local_ts_ns = 14,
                                  .request_ts_ns = 11,
                                  .price_ticks = 101,
                                  .qty_lots = 3,
                                  .leaves_qty_lots = 3,
                                  .provenance.ahead_at_arrival_lots = 5};
    sink.reported(sink.context, &report);
    report.kind = REPORT_FILLED;
    report.answers = VENUE_NONE;
    report.exec_price_ticks = 102;
    report.exec_qty_lots = 1;
    report.leaves_qty_lots = 2;
    report.maker = true;
    report.provenance.rule = FILL_QUEUE;
    sink.reported(sink.context, &report);
    request.op = VENUE_CANCEL;
    sink.sent(sink.context, &request, 15);
    report = (struct venue_report){.kind = REPORT_REJECTED,
                                   .answers = VENUE_CANCEL,
                                   .reject = VENUE_REJECT_UNKNOWN_ORDER,
                                   .side = SIDE_SELL,
                                   .order_id = 7,
                                   .local_ts_ns = 17};
    sink.reported(sink.context, &report);
    assert_int_equal(recorder_commit(recorder), MM_OK);
    recorder_destroy(recorder);
    const char *columns = unpacked(path);
    size_t head = strlen(recorder_request_columns);
    assert_memory_equal(columns, recorder_request_columns, head);
    assert_string_equal(columns + head, "place,,7,sell,post_only,101,3,,10,,,,,,,\n"
                                        "placed,place,7,sell,,101,3,3,14,11,12,,,,,\n"
                                        "filled,,7,sell,,102,1,2,14,11,12,,maker,queue,5,0\n"
                                        "cancel,,7,sell,,,,,15,,,,,,,\n"
                                        "rejected,cancel,7,sell,,0,0,0,17,,,unknown_order,,,,\n");
    assert_int_equal(unlink(path), 0);
}

static void requests_are_not_asked_for_when_no_file_wants_them(void **state)
{
    (void)state;
    struct recorder *recorder = NULL;
    assert_int_equal(recorder_create(NULL, fills_path, NULL, &recorder), MM_OK);
    struct engine_sink sink = recorder_sink(recorder);
    assert_null(sink.sent);
    assert_null(sink.reported);
    recorder_destroy(recorder);
}

static void many_rows_survive_the_buffers(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    record((const char *const[]){orders_path, fills_path}, ROWS);
    size_t lines = 0;
    for (const char *at = unpacked(orders_path); (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    assert_int_equal(lines, ROWS + 1);
    assert_int_equal(unlink(orders_path), 0);
    assert_int_equal(unlink(fills_path), 0);
}

static void the_same_rows_give_the_same_bytes_without_time_or_name(void **state)
{
    (void)state;
    char other[PATH_SIZE];
    snprintf(other, sizeof other, "%s/another_name.gz", directory);
    record((const char *const[]){orders_path, fills_path}, 100);
    record((const char *const[]){other, fills_path}, 100);
    char *first = NULL;
    char *second = NULL;
    size_t first_size = 0;
    size_t second_size = 0;
    assert_int_equal(file_read_all(orders_path, TEXT_MAX, &first, &first_size), MM_OK);
    assert_int_equal(file_read_all(other, TEXT_MAX, &second, &second_size), MM_OK);
    assert_int_equal(first_size, second_size);
    assert_memory_equal(first, second, first_size);
    static const unsigned char header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255};
    assert_memory_equal(first, header, sizeof header);
    free(first);
    free(second);
    assert_int_equal(unlink(other), 0);
}

// Rows enough to fill the buffer several times.
static void a_path_without_gz_gets_plain_text_and_no_path_no_file(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    const char *path = "orders.csv";
    record((const char *const[]){path, NULL}, ROWS);
    char *log = NULL;
    size_t size = 0;
    assert_int_equal(file_read_all(path, 1 << 24, &log, &size), MM_OK);
    size_t lines = 0;
    for (size_t i = 0; i < size; i++) {
        lines += log[i] == '\n';
    }
    assert_int_equal(lines, ROWS + 1);
    assert_memory_equal(log, "order_id,side,", 14);
    assert_int_equal(log[size - 1], '\n');
    free(log);
    assert_int_equal(unlink(path), 0);
}

static void what_is_not_committed_leaves_nothing_behind(void **state)
{
    (void)state;
    (void)unlink(orders_path);
    (void)unlink(fills_path);
    struct recorder *recorder = NULL;
    assert_int_equal(recorder_create(orders_path, fills_path, NULL, &recorder), MM_OK);
    struct engine_sink sink = recorder_sink(recorder);
    sink.fill(sink.context, &fill);
    recorder_destroy(recorder);
    recorder_destroy(NULL);
    assert_false(file_exists(orders_path));
    assert_false(file_exists(fills_path));
    assert_true(recorder_create("/nonexistent/orders.csv.gz", fills_path, NULL, &recorder) < 0);
    assert_false(file_exists(fills_path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_out_as_they_went_in),
        cmocka_unit_test(what_is_not_known_is_an_empty_cell),
        cmocka_unit_test(requests_and_answers_come_out_in_their_order),
        cmocka_unit_test(requests_are_not_asked_for_when_no_file_wants_them),
        cmocka_unit_test(many_rows_survive_the_buffers),
        cmocka_unit_test(the_same_rows_give_the_same_bytes_without_time_or_name),
        cmocka_unit_test(a_path_without_gz_gets_plain_text_and_no_path_no_file),
        cmocka_unit_test(what_is_not_committed_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
