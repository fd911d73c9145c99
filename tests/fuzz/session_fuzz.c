// Any bytes either are refused as what a session left, with a message that names the file, or give
// what can be used: the report of a run, which begins with a brace, an instrument; requests, such
// as hang together and can be replayed on a tape.
#include "base/check.h"
#include "base/file.h"
#include "market/tape_builder.h"
#include "scratch_file.h"
#include "soak/compare.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tape tape;

static const struct instrument what = {
    .symbol = "TEST", .tick = {1, -1}, .lot = {1, -3}, .contract_size = {1, 0}};

static void add_row(struct tape_builder *builder, enum side side, int64_t price_ticks, int64_t lots)
{
    int status = tape_builder_row(builder, side, price_ticks, lots);
    MM_ASSERT(status == MM_OK);
}

static void add_message(struct tape_builder *builder, enum event_kind kind, int64_t ts_ns,
                        size_t first_row)
{
    int status = tape_builder_message(builder, kind, ts_ns, ts_ns, first_row,
                                      builder->row_count - first_row);
    MM_ASSERT(status == MM_OK);
}

// A book at 1000, trades at 2000 and 3000, a gap and its end, a book at 9000.
static void open_tape(void)
{
    struct tape_builder builder;
    struct instrument instrument = what;
    tape_builder_init(&builder);
    add_row(&builder, SIDE_BUY, 100, 5);
    add_row(&builder, SIDE_SELL, 103, 5);
    add_message(&builder, EVENT_DEPTH, 1000, 0);
    add_row(&builder, SIDE_BUY, 100, 3);
    add_message(&builder, EVENT_TRADE, 2000, 2);
    add_row(&builder, SIDE_BUY, 99, 4);
    add_message(&builder, EVENT_TRADE, 3000, 3);
    add_message(&builder, EVENT_GAP, 4000, 4);
    add_row(&builder, SIDE_BUY, 100, 5);
    add_message(&builder, EVENT_SNAPSHOT, 5000, 4);
    add_row(&builder, SIDE_SELL, 101, 5);
    add_message(&builder, EVENT_DEPTH, 9000, 5);
    int status = instrument_prepare(&instrument);
    if (status == MM_OK) {
        status = tape_builder_write(&builder, &instrument, scratch_file());
    }
    if (status == MM_OK) {
        status = tape_open(&tape, scratch_file());
    }
    MM_ASSERT(status == MM_OK);
    tape_builder_fini(&builder);
}

static void check_session(const struct session *session)
{
    for (size_t i = 1; i < session->order_count; i++) {
        MM_ASSERT(session->orders[i].id > session->orders[i - 1].id);
    }
    for (size_t i = 0; i < session->request_count; i++) {
        MM_ASSERT(session->requests[i].order < session->order_count);
        MM_ASSERT(session->requests[i].op != VENUE_NONE);
    }
    for (size_t i = 0; i < session->report_count; i++) {
        MM_ASSERT(session->reports[i].order < (int64_t)session->order_count);
    }
}

static void check_comparison(const struct session *session)
{
    struct comparison comparison;
    struct compare_options options = {.queue_model = {.kind = QUEUE_RISK}, .tolerance_ns = 10};
    int status = compare_run(session, &tape, &options, &comparison);
    MM_ASSERT(status == MM_OK || status == MM_ERROR_INPUT); // it covers nothing of the session
    if (status == MM_OK) {
        uint64_t kinds = 0;
        for (int i = COMPARE_SAME; i < COMPARE_KIND_COUNT; i++) {
            kinds += comparison.kinds[i].orders;
        }
        MM_ASSERT(kinds == comparison.order_count);
        MM_ASSERT(comparison.matched_lots <= comparison.session.lots);
        MM_ASSERT(comparison.matched_lots <= comparison.replay.lots);
    }
    mm_error_clear();
    comparison_fini(&comparison);
}

static void check_edge(void)
{
    struct session session = {0};
    if (session_read_edge(scratch_file(), &session) == MM_OK) {
        MM_ASSERT(session.instrument.symbol[0] != '\0');
        int status = instrument_prepare(&session.instrument);
        MM_ASSERT(status == MM_OK);
    } else {
        MM_ASSERT(strstr(mm_error_text(), scratch_file()) != NULL);
        mm_error_clear();
    }
    session_fini(&session);
}

static void check_requests(bool is_live)
{
    struct session session = {.instrument = what, .is_live = is_live};
    int status = instrument_prepare(&session.instrument);
    MM_ASSERT(status == MM_OK);
    if (session_read_requests(scratch_file(), &session) == MM_OK) {
        check_session(&session);
        check_comparison(&session);
    } else {
        MM_ASSERT(strstr(mm_error_text(), scratch_file()) != NULL);
        mm_error_clear();
    }
    session_fini(&session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (tape.message_count == 0) {
        open_tape();
    }
    int status = file_write_atomic(scratch_file(), data, size, 0644);
    MM_ASSERT(status == MM_OK);
    if (size > 0 && data[0] == '{') {
        check_edge();
    } else {
        check_requests(size % 2 == 1);
    }
    status = file_remove(scratch_file());
    MM_ASSERT(status == MM_OK);
    return 0;
}
