// Tiny hand-made tapes for tests: rows in ticks and lots, stamps in milliseconds.
#ifndef MM_TESTS_UNIT_TAPE_FIXTURE_H
#define MM_TESTS_UNIT_TAPE_FIXTURE_H

#include "market/tape.h"
#include "market/tape_builder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

struct fixture {
    struct tape_builder builder;
    struct tape tape;
};

static inline void fixture_begin(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    tape_builder_init(&fixture->builder);
}

static inline void fixture_row(struct fixture *fixture, enum side side, int64_t price_ticks,
                               int64_t lots)
{
    assert_int_equal(tape_builder_row(&fixture->builder, side, price_ticks, lots), MM_OK);
}

// A message over the rows added since the last one.
static inline void fixture_message(struct fixture *fixture, enum event_kind kind, int64_t exch_ms,
                                   int64_t local_ms)
{
    struct tape_builder *builder = &fixture->builder;
    size_t first = 0;
    if (builder->message_count > 0) {
        const struct builder_message *last = &builder->messages[builder->message_count - 1];
        first = last->first_row + (last->count_kind >> 8);
    }
    assert_int_equal(tape_builder_message(builder, kind, exch_ms * MS, local_ms * MS, first,
                                          builder->row_count - first),
                     MM_OK);
}

// A depth message of one row.
static inline void fixture_level(struct fixture *fixture, int64_t exch_ms, int64_t local_ms,
                                 enum side side, int64_t price_ticks, int64_t lots)
{
    fixture_row(fixture, side, price_ticks, lots);
    fixture_message(fixture, EVENT_DEPTH, exch_ms, local_ms);
}

// A trade that took `lots` from `side` of the book.
static inline void fixture_trade(struct fixture *fixture, int64_t exch_ms, int64_t local_ms,
                                 enum side side, int64_t price_ticks, int64_t lots)
{
    fixture_row(fixture, side, price_ticks, lots);
    fixture_message(fixture, EVENT_TRADE, exch_ms, local_ms);
}

// Writes and opens the tape: tick 0.1, lot 0.001, linear.
static inline struct tape *fixture_open(struct fixture *fixture)
{
    char path[] = "/tmp/tape_fixture_XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    struct instrument instrument = {.symbol = "TEST",
                                    .venue = "hand",
                                    .settle = "USDT",
                                    .tick = {1, -1},
                                    .lot = {1, -3},
                                    .contract_size = {1, 0}};
    assert_int_equal(instrument_prepare(&instrument), MM_OK);
    if (tape_builder_write(&fixture->builder, &instrument, path) != MM_OK ||
        tape_open(&fixture->tape, path) != MM_OK) {
        fail_msg("%s", mm_error_text());
    }
    unlink(path);
    return &fixture->tape;
}

static inline void fixture_end(struct fixture *fixture)
{
    tape_close(&fixture->tape);
    tape_builder_fini(&fixture->builder);
}

#endif
