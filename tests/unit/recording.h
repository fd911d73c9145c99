// Recordings of every format, made up message by message: a book's levels, or trades where a format
// holds nothing else. All of one market, ABCUSDT unless said otherwise, a message a second.
#ifndef MM_TESTS_UNIT_RECORDING_H
#define MM_TESTS_UNIT_RECORDING_H

#include "base/memory.h"
#include "base/text.h"
#include "market/npy_format.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum recording_kind {
    RECORDED_BINANCE,
    RECORDED_BYBIT,
    RECORDED_BYBIT_BOOK,
    RECORDED_BYBIT_TRADES,
    RECORDED_TARDIS_BOOK,
    RECORDED_TARDIS_TRADES,
    RECORDED_NPY,
    RECORDED_COUNT
};

static const char *const recording_names[RECORDED_COUNT] = {
    "binance", "bybit", "bybit-book", "bybit-trades", "tardis-book", "tardis-trades", "npy"};

struct recorded_level {
    bool is_ask;
    const char *price, *qty;
};

struct recording {
    enum recording_kind kind;
    struct text text;     // owned; not of RECORDED_NPY
    struct npy_row *rows; // owned
    size_t row_count, row_capacity;
    uint64_t message_count;
    char symbol[16];
};

enum { RECORDING_START_S = 1700000000, NPY_HEADER_SIZE = 256 };

static inline void recording_init(struct recording *out, enum recording_kind kind)
{
    *out = (struct recording){.kind = kind, .symbol = "ABCUSDT"};
    if (kind == RECORDED_BYBIT_TRADES) {
        text_add(&out->text, "timestamp,symbol,side,size,price\n");
    } else if (kind == RECORDED_TARDIS_BOOK) {
        text_add(&out->text, "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,"
                             "amount\n");
    } else if (kind == RECORDED_TARDIS_TRADES) {
        text_add(&out->text, "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n");
    }
}

static inline void recording_fini(struct recording *recording)
{
    text_fini(&recording->text);
    free(recording->rows);
}

// Holds trades and nothing else.
static inline bool recording_has_trades(const struct recording *recording)
{
    return recording->kind == RECORDED_BYBIT_TRADES || recording->kind == RECORDED_TARDIS_TRADES;
}

static inline void recording_add_side(struct recording *out, const struct recorded_level *levels,
                                      size_t count, bool asks)
{
    const char *separator = "";
    for (size_t i = 0; i < count; i++) {
        if (levels[i].is_ask == asks) {
            text_add(&out->text, "%s[\"%s\",\"%s\"]", separator, levels[i].price, levels[i].qty);
            separator = ",";
        }
    }
}

static inline void recording_add_json(struct recording *out, const struct recorded_level *levels,
                                      size_t count)
{
    uint64_t number = out->message_count, second = RECORDING_START_S + number;
    if (out->kind != RECORDED_BYBIT_BOOK) {
        text_add(&out->text, "%" PRIu64 "000000000 ", second);
    }
    if (out->kind == RECORDED_BINANCE) {
        text_add(&out->text,
                 "{\"stream\":\"x@depth@0ms\",\"data\":{\"e\":\"depthUpdate\",\"E\":%" PRIu64
                 "000,\"T\":%" PRIu64 "000,\"s\":\"%s\",\"U\":%" PRIu64 ",\"u\":%" PRIu64
                 ",\"pu\":%" PRIu64 ",\"b\":[",
                 second, second, out->symbol, number + 1, number + 1, number);
    } else {
        text_add(&out->text,
                 "{\"topic\":\"orderbook.500.%s\",\"type\":\"%s\",\"ts\":%" PRIu64
                 "000,\"data\":{\"s\":\"%s\",\"u\":%" PRIu64 ",\"seq\":1,\"b\":[",
                 out->symbol, number == 0 ? "snapshot" : "delta", second, out->symbol, number + 2);
    }
    recording_add_side(out, levels, count, false);
    text_add(&out->text, "],\"a\":[");
    recording_add_side(out, levels, count, true);
    text_add(&out->text, out->kind == RECORDED_BINANCE ? "]}}\n" : "]},\"cts\":%" PRIu64 "000}\n",
             second);
}

static inline void recording_add_csv(struct recording *out, const struct recorded_level *level)
{
    uint64_t second = RECORDING_START_S + out->message_count;
    switch (out->kind) {
    case RECORDED_BYBIT_TRADES:
        text_add(&out->text, "%" PRIu64 ",%s,%s,%s,%s\n", second, out->symbol,
                 level->is_ask ? "Buy" : "Sell", level->qty, level->price);
        break;
    case RECORDED_TARDIS_TRADES:
        text_add(&out->text, "x,%s,%" PRIu64 "000000,%" PRIu64 "000000,1,%s,%s,%s\n", out->symbol,
                 second, second, level->is_ask ? "buy" : "sell", level->price, level->qty);
        break;
    default:
        text_add(&out->text, "x,%s,%" PRIu64 "000000,%" PRIu64 "000000,%s,%s,%s,%s\n", out->symbol,
                 second, second, out->message_count == 0 ? "true" : "false",
                 level->is_ask ? "ask" : "bid", level->price, level->qty);
    }
}

static inline void recording_add_row(struct recording *out, const struct recorded_level *level)
{
    if (out->row_count == out->row_capacity) {
        size_t capacity = 2 * out->row_capacity + 16;
        struct npy_row *rows = mm_alloc(capacity, sizeof *rows);
        if (out->row_count > 0) {
            memcpy(rows, out->rows, out->row_count * sizeof *rows);
        }
        free(out->rows);
        out->rows = rows;
        out->row_capacity = capacity;
    }
    int64_t ts_ns = (RECORDING_START_S + (int64_t)out->message_count) * INT64_C(1000000000);
    out->rows[out->row_count++] = (struct npy_row){
        .event = NPY_EXCH | NPY_LOCAL | (level->is_ask ? NPY_SELL : NPY_BUY) | NPY_DEPTH,
        .exch_ts_ns = ts_ns,
        .local_ts_ns = ts_ns,
        .price = strtod(level->price, NULL),
        .qty = strtod(level->qty, NULL)};
}

// One message over all levels; of trades, one each.
static inline void recording_add(struct recording *out, const struct recorded_level *levels,
                                 size_t count)
{
    if (out->kind <= RECORDED_BYBIT_BOOK) {
        recording_add_json(out, levels, count);
    }
    for (size_t i = 0; i < count && out->kind > RECORDED_BYBIT_BOOK; i++) {
        if (out->kind == RECORDED_NPY) {
            recording_add_row(out, &levels[i]);
        } else {
            recording_add_csv(out, &levels[i]);
        }
    }
    out->message_count++;
}

// The file's bytes on the heap.
static inline char *recording_bytes(const struct recording *recording, size_t *out_size)
{
    size_t rows_size = recording->row_count * sizeof *recording->rows;
    if (recording->kind != RECORDED_NPY) {
        char *bytes = mm_alloc(recording->text.size + 1, 1);
        memcpy(bytes, text_string(&recording->text), recording->text.size);
        *out_size = recording->text.size;
        return bytes;
    }
    char *bytes = mm_alloc(NPY_HEADER_SIZE + rows_size, 1), shape[NPY_HEADER_SIZE];
    memset(bytes, ' ', NPY_HEADER_SIZE);
    memcpy(bytes, NPY_MAGIC "\x01\x00\xf6\x00", 10);
    int length = snprintf(shape, sizeof shape,
                          "{'descr': " NPY_DESCRIPTION ", 'fortran_order': False, 'shape': (%zu,)}",
                          recording->row_count);
    memcpy(bytes + 10, shape, (size_t)length);
    if (rows_size > 0) {
        memcpy(bytes + NPY_HEADER_SIZE, recording->rows, rows_size);
    }
    *out_size = NPY_HEADER_SIZE + rows_size;
    return bytes;
}

#endif
