#include "engine/recorder.h"

#include "base/check.h"
#include "base/file.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// Rows are many and short: the lowest level takes a third of the time of the default and gives
// files a quarter larger.
enum { DEFLATE_LEVEL = 1, WINDOW_BITS_GZIP = 15 + 16, MEMORY_LEVEL = 8 };
enum {
    TEXT_SIZE = 1 << 16,
    PACKED_SIZE = 1 << 16,
    FIELD_SIZE = 24,
    ROW_SIZE_MAX = 20 * FIELD_SIZE
};
enum { FILE_MODE = 0644, OS_UNKNOWN = 255 };

struct table {
    struct file_writer file;
    z_stream stream; // owned between open and close
    gz_header header;
    int error; // the first one; nothing is written after it
    bool is_open;
    bool is_packed;
    size_t used; // of text
    unsigned char text[TEXT_SIZE];
    unsigned char packed[PACKED_SIZE];
};

struct recorder {
    struct table orders, fills, requests;
};

const char recorder_request_columns[] =
    "event,answers,order_id,side,tif,price_ticks,qty_lots,leaves_qty_lots,local_ts_ns,"
    "request_ts_ns,exch_ts_ns,reject,liquidity,rule,ahead_at_arrival_lots,ahead_at_fill_lots\n";

// Writes out what is in `text`; with Z_FINISH until the compressed stream has ended.
static int flush_text(struct table *table, int flush)
{
    if (!table->is_packed) {
        size_t size = table->used;
        table->used = 0;
        return file_writer_put(&table->file, table->text, size);
    }
    z_stream *stream = &table->stream;
    stream->next_in = table->text;
    stream->avail_in = (uInt)table->used;
    table->used = 0;
    int status = Z_OK;
    do {
        stream->next_out = table->packed;
        stream->avail_out = PACKED_SIZE;
        status = deflate(stream, flush);
        MM_ASSERT(status != Z_STREAM_ERROR);
        size_t size = PACKED_SIZE - stream->avail_out;
        int rc = size > 0 ? file_writer_put(&table->file, table->packed, size) : MM_OK;
        if (rc != MM_OK) {
            return rc;
        }
    } while (stream->avail_out == 0 || (flush == Z_FINISH && status != Z_STREAM_END));
    return MM_OK;
}

// Room for one row, or nothing after an error.
static bool make_room(struct table *table)
{
    if (table->is_open && table->error == MM_OK && table->used + ROW_SIZE_MAX > TEXT_SIZE) {
        table->error = flush_text(table, Z_NO_FLUSH);
    }
    return table->is_open && table->error == MM_OK;
}

static void put_text(struct table *table, const char *text)
{
    size_t length = strnlen(text, FIELD_SIZE - 1);
    memcpy(table->text + table->used, text, length);
    table->used += length;
    table->text[table->used++] = ',';
}

static void put_unsigned(struct table *table, uint64_t value)
{
    char digits[FIELD_SIZE];
    size_t at = sizeof digits;
    digits[--at] = ',';
    do {
        digits[--at] = (char)('0' + (int)(value % 10));
        value /= 10;
    } while (value != 0);
    memcpy(table->text + table->used, digits + at, sizeof digits - at);
    table->used += sizeof digits - at;
}

static void put_signed(struct table *table, int64_t value)
{
    if (value < 0) {
        table->text[table->used++] = '-';
        put_unsigned(table, -(uint64_t)value);
    } else {
        put_unsigned(table, (uint64_t)value);
    }
}

// An empty cell is a number that is not known, or that there is none of.
static void put_known(struct table *table, bool known, int64_t value)
{
    if (known) {
        put_signed(table, value);
    } else {
        put_text(table, "");
    }
}

static void end_row(struct table *table)
{
    table->text[table->used - 1] = '\n'; // in place of the last comma
}

static const char *side_text(enum side side)
{
    return side == SIDE_BUY ? "buy" : "sell";
}

static void write_order(void *context, const struct engine_order_row *row)
{
    struct table *table = &((struct recorder *)context)->orders;
    if (!make_room(table)) {
        return;
    }
    put_unsigned(table, row->order_id);
    put_text(table, side_text(row->side));
    put_text(table, row->status);
    put_text(table, row->reason);
    put_signed(table, row->placed_ts_ns);
    put_signed(table, row->ended_ts_ns);
    put_signed(table, row->exch_ts_ns);
    put_signed(table, row->price_ticks);
    put_signed(table, row->qty_lots);
    put_signed(table, row->leaves_qty_lots);
    put_unsigned(table, row->amend_count);
    end_row(table);
}

static void write_fill(void *context, const struct engine_fill_row *row)
{
    struct table *table = &((struct recorder *)context)->fills;
    if (!make_room(table)) {
        return;
    }
    put_unsigned(table, row->order_id);
    put_text(table, side_text(row->side));
    put_signed(table, row->local_ts_ns);
    put_signed(table, row->exch_ts_ns);
    put_signed(table, row->price_ticks);
    put_signed(table, row->qty_lots);
    put_known(table, row->wanted_price_ticks != 0, row->wanted_price_ticks);
    put_known(table, row->mid_half_ticks != 0, row->mid_half_ticks);
    put_signed(table, row->fee_quote_e9);
    put_signed(table, row->position_lots);
    put_text(table, row->maker ? "maker" : "taker");
    put_text(table, fill_rule_text(row->provenance.rule));
    put_unsigned(table, row->provenance.event_row);
    bool has_queue = fill_shows_queue(row->provenance.rule, row->maker);
    put_known(table, has_queue, row->provenance.ahead_at_arrival_lots);
    put_known(table, has_queue, row->provenance.ahead_at_fill_lots);
    end_row(table);
}

// A cancel has neither price nor quantity.
static void write_sent(void *context, const struct venue_request *request, int64_t now_ns)
{
    struct table *table = &((struct recorder *)context)->requests;
    if (!make_room(table)) {
        return;
    }
    bool has_target = request->op != VENUE_CANCEL;
    put_text(table, venue_op_texts[request->op]);
    put_text(table, "");
    put_unsigned(table, request->order_id);
    put_text(table, side_text(request->side));
    put_text(table, request->op == VENUE_PLACE ? time_in_force_texts[request->tif] : "");
    put_known(table, has_target, request->price_ticks);
    put_known(table, has_target, request->qty_lots);
    put_text(table, "");
    put_signed(table, now_ns);
    for (int i = 0; i < 7; i++) {
        put_text(table, ""); // what only an answer tells
    }
    end_row(table);
}

// Price and quantity of a fill are those of the execution.
static void write_reported(void *context, const struct venue_report *report)
{
    struct table *table = &((struct recorder *)context)->requests;
    if (!make_room(table)) {
        return;
    }
    bool is_fill = report->kind == REPORT_FILLED;
    bool is_rejected = report->kind == REPORT_REJECTED;
    bool is_maker = is_fill && report->maker;
    bool has_queue = fill_shows_queue(report->provenance.rule, is_maker);
    put_text(table, venue_report_texts[report->kind]);
    put_text(table, venue_op_texts[report->answers]);
    put_unsigned(table, report->order_id);
    put_text(table, side_text(report->side));
    put_text(table, "");
    put_signed(table, is_fill ? report->exec_price_ticks : report->price_ticks);
    put_signed(table, is_fill ? report->exec_qty_lots : report->qty_lots);
    put_signed(table, report->leaves_qty_lots);
    put_signed(table, report->local_ts_ns);
    put_known(table, report->request_ts_ns > 0, report->request_ts_ns);
    put_known(table, report->exch_ts_ns > 0, report->exch_ts_ns);
    put_text(table, is_rejected ? venue_reject_text(report->reject) : "");
    put_text(table, !is_fill ? "" : is_maker ? "maker" : "taker");
    put_text(table, is_fill ? fill_rule_text(report->provenance.rule) : "");
    put_known(table, has_queue, report->provenance.ahead_at_arrival_lots);
    put_known(table, has_queue, report->provenance.ahead_at_fill_lots);
    end_row(table);
}

static bool ends_in_gz(const char *path)
{
    size_t length = strlen(path);
    return length >= 3 && strcmp(path + length - 3, ".gz") == 0;
}

static int start_packing(struct table *table, const char *path)
{
    int status = deflateInit2(&table->stream, DEFLATE_LEVEL, Z_DEFLATED, WINDOW_BITS_GZIP,
                              MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
    if (status != Z_OK) {
        return mm_fail(MM_ERROR_SYSTEM, "%s: zlib refuses to start (%d)", path, status);
    }
    table->is_packed = true;
    table->header = (gz_header){.os = OS_UNKNOWN};
    status = deflateSetHeader(&table->stream, &table->header);
    MM_ASSERT(status == Z_OK);
    return MM_OK;
}

static int table_open(struct table *table, const char *path, const char *columns)
{
    if (path == NULL) {
        return MM_OK;
    }
    int rc = file_writer_open(&table->file, path);
    if (rc == MM_OK && ends_in_gz(path)) {
        rc = start_packing(table, path);
    }
    if (rc != MM_OK) {
        return rc;
    }
    table->is_open = true;
    table->used = strlen(columns);
    memcpy(table->text, columns, table->used);
    return MM_OK;
}

static void table_close(struct table *table)
{
    if (table->is_packed) {
        (void)deflateEnd(&table->stream);
    }
    table->is_packed = false;
    table->is_open = false;
}

static int table_end(struct table *table)
{
    if (!table->is_open) {
        return MM_OK;
    }
    int rc = table->error;
    if (rc == MM_OK) {
        rc = flush_text(table, Z_FINISH);
    }
    table_close(table);
    return rc;
}

int recorder_create(const char *orders_path, const char *fills_path, const char *requests_path,
                    struct recorder **out)
{
    struct recorder *recorder = mm_alloc(1, sizeof *recorder);
    int rc = table_open(&recorder->orders, orders_path,
                        "order_id,side,status,reason,placed_ts_ns,ended_ts_ns,exch_ts_ns,"
                        "price_ticks,qty_lots,leaves_qty_lots,amend_count\n");
    if (rc == MM_OK) {
        rc = table_open(&recorder->fills, fills_path,
                        "order_id,side,local_ts_ns,exch_ts_ns,price_ticks,qty_lots,"
                        "wanted_price_ticks,mid_half_ticks,fee_quote_e9,position_lots,liquidity,"
                        "rule,event_row,ahead_at_arrival_lots,ahead_at_fill_lots\n");
    }
    if (rc == MM_OK) {
        rc = table_open(&recorder->requests, requests_path, recorder_request_columns);
    }
    if (rc != MM_OK) {
        recorder_destroy(recorder);
        return rc;
    }
    *out = recorder;
    return MM_OK;
}

struct engine_sink recorder_sink(struct recorder *recorder)
{
    bool has_requests = recorder->requests.is_open;
    return (struct engine_sink){.context = recorder,
                                .order = write_order,
                                .fill = write_fill,
                                .sent = has_requests ? write_sent : NULL,
                                .reported = has_requests ? write_reported : NULL};
}

int recorder_commit(struct recorder *recorder)
{
    enum { TABLES = 3 };
    struct table *tables[TABLES] = {&recorder->orders, &recorder->fills, &recorder->requests};
    for (int i = 0; i < TABLES; i++) {
        int rc = table_end(tables[i]);
        if (rc != MM_OK) {
            return rc;
        }
    }
    for (int i = 0; i < TABLES; i++) {
        bool is_there = tables[i]->file.path != NULL;
        int rc = is_there ? file_writer_commit(&tables[i]->file, FILE_MODE) : MM_OK;
        if (rc != MM_OK) {
            return rc;
        }
    }
    return MM_OK;
}

void recorder_destroy(struct recorder *recorder)
{
    if (recorder == NULL) {
        return;
    }
    table_close(&recorder->orders);
    table_close(&recorder->fills);
    table_close(&recorder->requests);
    file_writer_abandon(&recorder->orders.file);
    file_writer_abandon(&recorder->fills.file);
    file_writer_abandon(&recorder->requests.file);
    free(recorder);
}
