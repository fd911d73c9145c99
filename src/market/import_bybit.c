#include "market/import_bybit.h"

#include "market/bybit_frame.h"
#include "market/capture_time.h"
#include "market/capture_writer.h"
#include "market/import_base.h"
#include "market/update_chain.h"

#include <inttypes.h>
#include <string.h>

struct book_update {
    struct capture_text symbol;
    struct capture_levels levels[2];
    uint64_t update;
    int64_t exch_ns, local_ns;
};

struct importer {
    struct import_base base;
    int64_t line_local_ns;
    struct book_update *book; // that is being read
    struct import_worst worst;
    struct update_chain chain;
    bool has_receive_time;
    uint64_t depth; // of the book that is taken, 0: none yet
    int64_t newest_exch_ns;
};

static int fail_json(const struct import_base *base, const struct capture_json *json)
{
    return base->levels.failure < 0 ? base->levels.failure
                                    : mm_fail(MM_ERROR_INPUT, "%s", json->error);
}

static bool read_receive_time(struct importer *in, struct capture_json *json)
{
    uint64_t local_ns = 0;
    if ((unsigned)(*json->at - '0') >= 10 || !capture_json_uint(json, &local_ns) ||
        local_ns > CAPTURE_TS_MAX_NS) {
        return capture_json_fail(json, "the line does not start with its receive time in ns");
    }
    if (*json->at != ' ') {
        return capture_json_fail(json, "a space is missing after the receive time");
    }
    in->line_local_ns = (int64_t)local_ns;
    return true;
}

static int exchange_time(uint64_t ms, int64_t *out_ns)
{
    if (ms < CAPTURE_TS_MIN_NS / CAPTURE_NS_PER_MS || ms > CAPTURE_TS_MAX_NS / CAPTURE_NS_PER_MS) {
        return mm_fail(MM_ERROR_INPUT, "the exchange's time is missing or out of range");
    }
    *out_ns = (int64_t)ms * CAPTURE_NS_PER_MS;
    return MM_OK;
}

static int64_t local_time(const struct importer *in, int64_t exch_ns)
{
    return in->has_receive_time ? in->line_local_ns : exch_ns + in->base.options->feed_latency_ns;
}

static bool take_levels(void *context, struct capture_json *json, enum side side)
{
    struct importer *in = context;
    return capture_levels_read(&in->base.levels, json, &in->book->levels[side], side);
}

// The two arrays lie one after the other; which comes first does not matter to a book.
static int add_levels(struct importer *in, enum event_kind kind, const struct book_update *update)
{
    const struct capture_levels *bids = &update->levels[SIDE_BUY];
    const struct capture_levels *asks = &update->levels[SIDE_SELL];
    size_t first = bids->first < asks->first ? bids->first : asks->first;
    return tape_builder_message(in->base.builder, kind, update->exch_ns, update->local_ns, first,
                                bids->count + asks->count);
}

static int add_gap(struct importer *in, const struct book_update *update)
{
    return tape_builder_message(in->base.builder, EVENT_GAP, update->exch_ns, update->local_ns,
                                in->base.builder->row_count, 0);
}

static void note_worst(struct importer *in, const struct book_update *update)
{
    for (int side = 0; side < 2; side++) {
        import_worst_note(&in->worst, &in->base, update->levels[side], (enum side)side);
    }
}

static int add_snapshot(struct importer *in, const struct book_update *update)
{
    int status = MM_OK;
    in->chain = (struct update_chain){
        .start = update->update, .last = update->update, .first_follows = in->chain.first_follows};
    for (int side = 0; side < 2 && status == MM_OK; side++) {
        status = import_worst_clear(&in->worst, &in->base, (enum side)side, update->exch_ns,
                                    update->local_ns);
    }
    note_worst(in, update);
    return status == MM_OK ? add_levels(in, EVENT_SNAPSHOT, update) : status;
}

static int add_delta(struct importer *in, const struct book_update *update)
{
    struct update_ids ids = {update->update - 1, update->update};
    bool is_newer = update->exch_ns > in->newest_exch_ns;
    enum update_step step = update_chain_follow(&in->chain, ids, is_newer);
    if (step == UPDATE_STALE) {
        in->base.report->stale_count++;
        return MM_OK;
    }
    note_worst(in, update);
    int status = step == UPDATE_BREAKS ? add_gap(in, update) : MM_OK;
    return status == MM_OK ? add_levels(in, EVENT_DEPTH, update) : status;
}

// Level 1: one bid and one ask, of which either may be missing in old captures' deltas.
static int add_best(struct importer *in, const struct book_update *update)
{
    const struct tape_builder *builder = in->base.builder;
    struct tape_best best = {.exch_ts_ns = update->exch_ns, .local_ts_ns = update->local_ns};
    for (int side = 0; side < 2; side++) {
        if (update->levels[side].count != 1) {
            return MM_OK;
        }
        struct wide_row row = tape_builder_at(builder, update->levels[side].first);
        best.price_ticks[side] = row.price_ticks;
        best.qty_lots[side] = row.qty_lots;
    }
    return tape_builder_best(in->base.builder, &best);
}

static int check_book(struct importer *in, const struct bybit_frame *frame,
                      const struct book_update *update)
{
    if (!capture_text_is(frame->type, "snapshot") && !capture_text_is(frame->type, "delta")) {
        return mm_fail(MM_ERROR_INPUT, "a book is neither a snapshot nor a delta");
    }
    if (!update->levels[SIDE_BUY].present || !update->levels[SIDE_SELL].present) {
        return mm_fail(MM_ERROR_INPUT, "a book lacks its bids (b) or asks (a)");
    }
    return import_base_symbol(&in->base, frame->symbol);
}

static int add_book(struct importer *in, const struct bybit_frame *frame,
                    struct book_update *update)
{
    int64_t exch_ns = 0;
    uint64_t depth = frame->depth;
    bool is_snapshot = capture_text_is(frame->type, "snapshot");
    int status = exchange_time(frame->cts_ms != 0 ? frame->cts_ms : frame->ts_ms, &exch_ns);
    if (status == MM_OK) {
        status = check_book(in, frame, update);
    }
    if (status <= 0) {
        return status;
    }
    update->update = frame->update;
    update->exch_ns = exch_ns;
    update->local_ns = local_time(in, exch_ns);
    if (depth == 1) {
        return add_best(in, update);
    }
    if (depth < in->depth || (depth > in->depth && !is_snapshot && in->depth != 0)) {
        in->base.report->other_count++; // another window on the same book
        return MM_OK;
    }
    if (depth > in->depth) {
        in->depth = depth;
        in->chain = (struct update_chain){0};
    }
    status = is_snapshot ? add_snapshot(in, update) : add_delta(in, update);
    in->newest_exch_ns = exch_ns > in->newest_exch_ns ? exch_ns : in->newest_exch_ns;
    return status;
}

static int add_trade(struct importer *in, const struct bybit_trade *trade)
{
    int64_t exch_ns = 0;
    int status = import_base_symbol(&in->base, trade->symbol);
    if (status <= 0) {
        return status;
    }
    if (trade->block) {
        in->base.report->not_market_count++;
        return MM_OK;
    }
    bool buy = capture_text_is(trade->side, "Buy");
    if (!buy && !capture_text_is(trade->side, "Sell")) {
        return mm_fail(MM_ERROR_INPUT, "a trade's side (S) is neither Buy nor Sell");
    }
    status = exchange_time(trade->match_ms, &exch_ns);
    return status < 0 ? status
                      : import_base_trade(
                            &in->base, &(struct import_trade){.taken = buy ? SIDE_SELL : SIDE_BUY,
                                                              .price = trade->price,
                                                              .qty = trade->qty,
                                                              .exch_ns = exch_ns,
                                                              .local_ns = local_time(in, exch_ns)});
}

static bool take_trade(void *context, struct capture_json *json, const struct bybit_trade *trade)
{
    struct importer *in = context;
    (void)json;
    in->base.levels.failure = add_trade(in, trade);
    return in->base.levels.failure == MM_OK;
}

// A hole that whoever recorded knew of; anything else is not wanted.
static int add_other(struct importer *in, const struct bybit_frame *frame)
{
    int64_t exch_ns = 0;
    if (!capture_text_is(frame->topic, CAPTURE_GAP_TOPIC)) {
        in->base.report->other_count++;
        return MM_OK;
    }
    int status = exchange_time(frame->ts_ms, &exch_ns);
    struct book_update gap = {.exch_ns = exch_ns, .local_ns = local_time(in, exch_ns)};
    in->chain = (struct update_chain){.first_follows = in->chain.first_follows};
    return status == MM_OK ? add_gap(in, &gap) : status;
}

static int import_frame(struct importer *in, struct capture_json *json)
{
    const struct bybit_frame_sink sink = {in, take_levels, take_trade};
    struct book_update update = {0};
    struct bybit_frame frame;
    in->book = &update;
    in->base.levels.failure = MM_OK;
    if (!bybit_frame_read(json, &sink, &frame) || !capture_json_end(json)) {
        return fail_json(&in->base, json);
    }
    if (frame.kind == BYBIT_FRAME_OTHER) {
        return add_other(in, &frame);
    }
    if (!frame.has_data) {
        return mm_fail(MM_ERROR_INPUT, "the frame has no data");
    }
    return frame.kind == BYBIT_FRAME_BOOK ? add_book(in, &frame, &update) : MM_OK;
}

static int import_line(struct importer *in, const char *line)
{
    struct capture_json json = {line, NULL};
    if (in->has_receive_time) {
        if (!read_receive_time(in, &json)) {
            return mm_fail(MM_ERROR_INPUT, "%s", json.error);
        }
        int status = import_base_received(&in->base, in->line_local_ns);
        if (status < 0) {
            return status;
        }
    }
    struct tape_builder *builder = in->base.builder;
    size_t rows = builder->row_count, messages = builder->message_count;
    int status = import_frame(in, &json);
    if (builder->message_count == messages) {
        builder->row_count = rows; // levels that are not wanted
    }
    return status;
}

int import_bybit(struct capture_lines *lines, bool has_receive_time,
                 const struct tape_import_options *options, struct tape_builder *builder,
                 struct tape_import_report *report)
{
    struct importer in = {.has_receive_time = has_receive_time};
    const char *text;
    size_t length;
    int more = 0;
    int status = import_base_start(&in.base, options, builder, report);
    while (status == MM_OK && (more = capture_lines_next(lines, &text, &length)) > 0) {
        report->line_count++;
        status = import_line(&in, text);
        if (status < 0) {
            status = mm_fail_add(status, "%s:%" PRIu64, lines->name, lines->line);
        }
    }
    status = status == MM_OK ? more : status;
    report->first_follows = in.chain.first_follows;
    report->last_update = in.chain.last;
    return status < 0 ? status : import_base_finish(&in.base, lines->name, "bybit", true);
}
