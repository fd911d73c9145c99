#include "market/import_bybit.h"

#include "market/capture_time.h"
#include "market/import_base.h"
#include "market/update_chain.h"

#include <inttypes.h>
#include <string.h>

struct importer {
    struct import_base base;
    struct import_worst worst;
    struct update_chain chain;
    bool has_receive_time;
    uint64_t depth; // of the book that is taken, 0: none yet
    int64_t newest_exch_ns;
};

struct frame {
    int64_t local_ns;
    uint64_t ts_ms, cts_ms;
    struct capture_text topic, type;
    const char *data; // where its value begins, NULL: none
};

struct book_update {
    struct capture_text symbol;
    struct capture_levels levels[2];
    uint64_t update;
    int64_t exch_ns, local_ns;
};

static int fail_json(const struct import_base *base, const struct capture_json *json)
{
    return base->levels.failure < 0 ? base->levels.failure
                                    : mm_fail(MM_ERROR_INPUT, "%s", json->error);
}

static bool read_frame_field(struct capture_json *json, struct capture_text key,
                             struct frame *frame)
{
    if (capture_text_is(key, "topic")) {
        return capture_json_string(json, &frame->topic);
    }
    if (capture_text_is(key, "type")) {
        return capture_json_string(json, &frame->type);
    }
    if (capture_text_is(key, "ts")) {
        return capture_json_uint(json, &frame->ts_ms);
    }
    if (capture_text_is(key, "cts")) {
        return capture_json_uint(json, &frame->cts_ms);
    }
    if (capture_text_is(key, "data")) {
        (void)capture_json_peek(json);
        frame->data = json->at; // read when the topic is known
    }
    return capture_json_skip(json);
}

static bool read_frame(struct capture_json *json, bool has_receive_time, struct frame *frame)
{
    uint64_t local_ns = 0;
    if (has_receive_time) {
        if ((unsigned)(*json->at - '0') >= 10 || !capture_json_uint(json, &local_ns) ||
            local_ns > CAPTURE_TS_MAX_NS) {
            return capture_json_fail(json, "the line does not start with its receive time in ns");
        }
        if (*json->at != ' ') {
            return capture_json_fail(json, "a space is missing after the receive time");
        }
    }
    frame->local_ns = (int64_t)local_ns;
    if (!capture_json_take(json, '{', "a JSON object is missing")) {
        return false;
    }
    bool first = true;
    struct capture_text key;
    while (capture_json_key(json, &first, &key)) {
        if (!read_frame_field(json, key, frame)) {
            return false;
        }
    }
    return json->error == NULL && capture_json_end(json);
}

static int exchange_time(uint64_t ms, int64_t *out_ns)
{
    if (ms < CAPTURE_TS_MIN_NS / CAPTURE_NS_PER_MS || ms > CAPTURE_TS_MAX_NS / CAPTURE_NS_PER_MS) {
        return mm_fail(MM_ERROR_INPUT, "the exchange's time is missing or out of range");
    }
    *out_ns = (int64_t)ms * CAPTURE_NS_PER_MS;
    return MM_OK;
}

static int64_t local_time(const struct importer *in, const struct frame *frame, int64_t exch_ns)
{
    return in->has_receive_time ? frame->local_ns : exch_ns + in->base.options->feed_latency_ns;
}

static bool read_book_field(struct import_base *base, struct capture_json *json,
                            struct capture_text key, struct book_update *update)
{
    if (capture_text_is(key, "s")) {
        return capture_json_string(json, &update->symbol);
    }
    if (capture_text_is(key, "b")) {
        return capture_levels_read(&base->levels, json, &update->levels[SIDE_BUY], SIDE_BUY);
    }
    if (capture_text_is(key, "a")) {
        return capture_levels_read(&base->levels, json, &update->levels[SIDE_SELL], SIDE_SELL);
    }
    if (capture_text_is(key, "u")) {
        return capture_json_uint(json, &update->update);
    }
    return capture_json_skip(json);
}

static int read_book(struct import_base *base, const char *data, struct book_update *update)
{
    struct capture_json json = {data, NULL};
    bool first = true;
    struct capture_text key;
    if (!capture_json_take(&json, '{', "the book's data is no object")) {
        return fail_json(base, &json);
    }
    while (capture_json_key(&json, &first, &key)) {
        if (!read_book_field(base, &json, key, update)) {
            return fail_json(base, &json);
        }
    }
    if (json.error != NULL) {
        return fail_json(base, &json);
    }
    if (!update->levels[SIDE_BUY].present || !update->levels[SIDE_SELL].present) {
        return mm_fail(MM_ERROR_INPUT, "a book lacks its bids (b) or asks (a)");
    }
    return MM_OK;
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
        struct builder_row row = builder->rows[update->levels[side].first];
        best.price_ticks[side] = (int64_t)(row.price_side >> 1);
        best.qty_lots[side] = row.qty_lots;
    }
    return tape_builder_best(in->base.builder, &best);
}

// orderbook.50.BTCUSDT: true and 50.
static bool depth_of(struct capture_text topic, uint64_t *out)
{
    static const char head[] = "orderbook.";
    size_t length = sizeof head - 1;
    if (topic.length <= length || memcmp(topic.data, head, length) != 0) {
        return false;
    }
    *out = 0;
    size_t digits = 0;
    for (; length < topic.length && topic.data[length] != '.'; length++, digits++) {
        unsigned digit = (unsigned)(topic.data[length] - '0');
        if (digit >= 10 || digits >= 6) {
            return false;
        }
        *out = *out * 10 + digit;
    }
    return digits > 0;
}

static int add_book(struct importer *in, const struct frame *frame, uint64_t depth)
{
    struct book_update update = {0};
    int64_t exch_ns = 0;
    int status = exchange_time(frame->cts_ms != 0 ? frame->cts_ms : frame->ts_ms, &exch_ns);
    bool is_snapshot = capture_text_is(frame->type, "snapshot");
    if (status == MM_OK && !is_snapshot && !capture_text_is(frame->type, "delta")) {
        status = mm_fail(MM_ERROR_INPUT, "a book is neither a snapshot nor a delta");
    }
    if (status == MM_OK) {
        status = read_book(&in->base, frame->data, &update);
    }
    if (status == MM_OK) {
        status = import_base_symbol(&in->base, update.symbol);
    }
    if (status <= 0) {
        return status;
    }
    update.exch_ns = exch_ns;
    update.local_ns = local_time(in, frame, exch_ns);
    if (depth == 1) {
        return add_best(in, &update);
    }
    if (depth < in->depth || (depth > in->depth && !is_snapshot && in->depth != 0)) {
        in->base.report->other_count++; // another window on the same book
        return MM_OK;
    }
    if (depth > in->depth) {
        in->depth = depth;
        in->chain = (struct update_chain){0};
    }
    status = is_snapshot ? add_snapshot(in, &update) : add_delta(in, &update);
    in->newest_exch_ns = exch_ns > in->newest_exch_ns ? exch_ns : in->newest_exch_ns;
    return status;
}

struct trade {
    struct capture_text symbol, side, price, qty;
    uint64_t match_ms;
    bool block;
};

static bool read_trade_field(struct capture_json *json, struct capture_text key,
                             struct trade *trade)
{
    if (key.length == 1) {
        switch (key.data[0]) {
        case 'T':
            return capture_json_uint(json, &trade->match_ms);
        case 's':
            return capture_json_string(json, &trade->symbol);
        case 'S':
            return capture_json_string(json, &trade->side);
        case 'v':
            return capture_json_string(json, &trade->qty);
        case 'p':
            return capture_json_string(json, &trade->price);
        default:
            return capture_json_skip(json);
        }
    }
    return capture_text_is(key, "BT") ? capture_json_bool(json, &trade->block)
                                      : capture_json_skip(json);
}

static int add_trade(struct importer *in, const struct frame *frame, const struct trade *trade)
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
    return status < 0
               ? status
               : import_base_trade(
                     &in->base, &(struct import_trade){.taken = buy ? SIDE_SELL : SIDE_BUY,
                                                       .price = trade->price,
                                                       .qty = trade->qty,
                                                       .exch_ns = exch_ns,
                                                       .local_ns = local_time(in, frame, exch_ns)});
}

static int add_trades(struct importer *in, const struct frame *frame)
{
    struct capture_json json = {frame->data, NULL};
    if (!capture_json_take(&json, '[', "the trades are no array")) {
        return fail_json(&in->base, &json);
    }
    if (capture_json_try(&json, ']')) {
        return MM_OK;
    }
    do {
        struct trade trade = {0};
        bool first = true;
        struct capture_text key;
        if (!capture_json_take(&json, '{', "a trade is no object")) {
            return fail_json(&in->base, &json);
        }
        while (capture_json_key(&json, &first, &key)) {
            if (!read_trade_field(&json, key, &trade)) {
                return fail_json(&in->base, &json);
            }
        }
        int status =
            json.error != NULL ? fail_json(&in->base, &json) : add_trade(in, frame, &trade);
        if (status < 0) {
            return status;
        }
    } while (capture_json_try(&json, ','));
    return MM_OK;
}

static int import_line(struct importer *in, const char *line)
{
    struct frame frame = {0};
    struct capture_json json = {line, NULL};
    uint64_t depth = 0;
    in->base.levels.failure = MM_OK;
    if (!read_frame(&json, in->has_receive_time, &frame)) {
        return fail_json(&in->base, &json);
    }
    int status = in->has_receive_time ? import_base_received(&in->base, frame.local_ns) : MM_OK;
    if (status < 0) {
        return status;
    }
    bool is_book = frame.topic.data != NULL && depth_of(frame.topic, &depth);
    bool is_trades = frame.topic.data != NULL && frame.topic.length > 12 &&
                     memcmp(frame.topic.data, "publicTrade.", 12) == 0;
    if (!is_book && !is_trades) {
        in->base.report->other_count++;
        return MM_OK;
    }
    if (frame.data == NULL) {
        return mm_fail(MM_ERROR_INPUT, "the frame has no data");
    }
    struct tape_builder *builder = in->base.builder;
    size_t rows = builder->row_count, messages = builder->message_count;
    status = is_book ? add_book(in, &frame, depth) : add_trades(in, &frame);
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
