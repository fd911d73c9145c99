#include "market/import_binance.h"

#include "market/binance_instrument.h"
#include "market/binance_message.h"
#include "market/capture_time.h"
#include "market/update_chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// A receive clock that was set back by less is put right by sorting; more is no single recording.
#define STEP_BACK_MAX_NS INT64_C(1000000000)

enum { SYMBOLS_LISTED_MAX = 8 };

struct importer {
    const struct tape_import_options *options;
    struct tape_builder *builder;
    struct tape_import_report *report;
    struct binance_reader reader;
    struct binance_traits traits;
    struct update_chain chain;
    int64_t newest_local_ns, newest_exch_ns; // 0: none yet
    size_t unstamped_count; // messages at the start that wait for a first exchange time
    uint64_t line;          // the one being read
    uint64_t nameless_line; // of the last snapshot that names no symbol, 0 = none
    bool symbol_seen;
    char others[SYMBOLS_LISTED_MAX][INSTRUMENT_NAME_SIZE]; // symbols that are not wanted
    uint32_t other_symbol_count;
};

static int exchange_time(const struct binance_message *message, int64_t *out_ns)
{
    uint64_t ms = message->match_ms != 0 ? message->match_ms : message->event_ms;
    if (ms == 0) {
        return mm_fail(MM_ERROR_INPUT, "the message has no time (T or E)");
    }
    if (ms < CAPTURE_TS_MIN_NS / CAPTURE_NS_PER_MS || ms > CAPTURE_TS_MAX_NS / CAPTURE_NS_PER_MS) {
        return mm_fail(MM_ERROR_INPUT, "the exchange's time is out of range (it is in ms)");
    }
    *out_ns = (int64_t)ms * CAPTURE_NS_PER_MS;
    return MM_OK;
}

// Keeps the newest exchange time, which also goes to the messages at the start that had none.
static void note_exchange_time(struct importer *in, int64_t exch_ns)
{
    for (size_t i = 0; i < in->unstamped_count; i++) {
        in->builder->messages[i].exch_ts_ns = exch_ns;
    }
    in->unstamped_count = 0;
    in->newest_exch_ns = exch_ns > in->newest_exch_ns ? exch_ns : in->newest_exch_ns;
}

static void swap_rows(struct builder_row *rows, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct builder_row row = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = row;
    }
}

// Puts the bids before the asks when the message had them the other way round: reversing each half
// and then the whole exchanges the two.
static size_t order_sides(struct importer *in, const struct binance_message *message)
{
    const struct capture_levels *bids = &message->levels[SIDE_BUY];
    const struct capture_levels *asks = &message->levels[SIDE_SELL];
    struct builder_row *rows = in->builder->rows;
    if (bids->first <= asks->first) {
        return bids->first;
    }
    swap_rows(rows + asks->first, asks->count);
    swap_rows(rows + bids->first, bids->count);
    swap_rows(rows + asks->first, asks->count + bids->count);
    return asks->first;
}

// Checks that nothing is missing before a depth update, and leaves a gap in the tape where
// something is. 1 when the update is wanted, 0 when the book holds it already.
static int follow_chain(struct importer *in, const struct binance_message *message, int64_t exch_ns)
{
    // Futures say which update this one follows; spot numbers them without holes.
    bool has_previous = message->previous_update != 0 || message->first_update == 0;
    struct update_ids ids = {has_previous ? message->previous_update : message->first_update - 1,
                             message->last_update};
    switch (update_chain_follow(&in->chain, ids, exch_ns > in->newest_exch_ns)) {
    case UPDATE_STALE:
        in->report->stale_count++;
        return 0;
    case UPDATE_FOLLOWS:
        return 1;
    case UPDATE_BREAKS:
        break;
    }
    int status = tape_builder_message(in->builder, EVENT_GAP, exch_ns, message->local_ts_ns,
                                      in->builder->row_count, 0);
    return status < 0 ? status : 1;
}

static int add_depth(struct importer *in, const struct binance_message *message)
{
    const struct capture_levels *levels = message->levels;
    int64_t exch_ns = 0;
    if (!levels[SIDE_BUY].present || !levels[SIDE_SELL].present) {
        return mm_fail(MM_ERROR_INPUT, "a depth update lacks its bids (b) or asks (a)");
    }
    int status = exchange_time(message, &exch_ns);
    if (status < 0) {
        return status;
    }
    status = follow_chain(in, message, exch_ns);
    if (status != 1) {
        return status;
    }
    in->traits.has_match_time |= message->match_ms != 0;
    note_exchange_time(in, exch_ns);
    size_t first = order_sides(in, message);
    return tape_builder_message(in->builder, EVENT_DEPTH, exch_ns, message->local_ts_ns, first,
                                levels[SIDE_BUY].count + levels[SIDE_SELL].count);
}

static int add_trade_row(struct importer *in, const struct binance_message *message,
                         int64_t exch_ns)
{
    struct level_reader *reader = &in->reader.levels;
    int64_t price_ticks = 0;
    int64_t qty_lots = 0;
    int status =
        step_reader_text(&reader->price, in->builder, STEP_OF_TRADE, message->price, &price_ticks);
    if (status == MM_OK) {
        status =
            step_reader_text(&reader->qty, in->builder, STEP_OF_TRADE, message->qty, &qty_lots);
    }
    if (status == MM_OK && (price_ticks == 0 || qty_lots == 0)) {
        status = mm_fail(MM_ERROR_INPUT, "a trade's price or quantity is 0");
    }
    // When the buyer was the maker, the trade took from the bids.
    enum side taken = message->maker ? SIDE_BUY : SIDE_SELL;
    if (status == MM_OK) {
        status = tape_builder_row(in->builder, taken, price_ticks, qty_lots);
    }
    if (status < 0) {
        return status;
    }
    return tape_builder_message(in->builder, EVENT_TRADE, exch_ns, message->local_ts_ns,
                                in->builder->row_count - 1, 1);
}

static int add_trade(struct importer *in, const struct binance_message *message)
{
    if (message->price.data == NULL || message->qty.data == NULL || !message->has_maker) {
        return mm_fail(MM_ERROR_INPUT, "a trade lacks its price (p), quantity (q) or side (m)");
    }
    if (message->levels[SIDE_BUY].present || message->levels[SIDE_SELL].present) {
        return mm_fail(MM_ERROR_INPUT, "a trade holds levels");
    }
    if (message->order_type.data != NULL) {
        in->traits.has_match_time = true; // only futures say X
        if (!capture_text_is(message->order_type, "MARKET")) {
            in->report->not_market_count++;
            return MM_OK;
        }
    }
    int64_t exch_ns = 0;
    int status = exchange_time(message, &exch_ns);
    if (status < 0) {
        return status;
    }
    note_exchange_time(in, exch_ns);
    return add_trade_row(in, message, exch_ns);
}

static int add_best(struct importer *in, const struct binance_message *message)
{
    struct level_reader *reader = &in->reader.levels;
    struct tape_best best = {.local_ts_ns = message->local_ts_ns};
    int status = MM_OK;
    if (message->match_ms != 0 || message->event_ms != 0) { // spot says neither
        status = exchange_time(message, &best.exch_ts_ns);
    }
    for (int side = 0; side < 2 && status == MM_OK; side++) {
        if (message->best_price[side].data == NULL || message->best_qty[side].data == NULL) {
            return mm_fail(MM_ERROR_INPUT,
                           "a bookTicker lacks a price (b, a) or a quantity (B, A)");
        }
        status = step_reader_text(&reader->price, in->builder, STEP_OF_LEVEL,
                                  message->best_price[side], &best.price_ticks[side]);
        if (status == MM_OK) {
            status = step_reader_text(&reader->qty, in->builder, STEP_OF_LEVEL,
                                      message->best_qty[side], &best.qty_lots[side]);
        }
    }
    return status == MM_OK ? tape_builder_best(in->builder, &best) : status;
}

static int64_t worst_price(const struct importer *in, struct capture_levels levels, enum side side)
{
    int64_t worst = tape_builder_at(in->builder, levels.first).price_ticks;
    for (size_t i = 1; i < levels.count; i++) {
        int64_t price_ticks = tape_builder_at(in->builder, levels.first + i).price_ticks;
        bool worse = side == SIDE_BUY ? price_ticks < worst : price_ticks > worst;
        worst = worse ? price_ticks : worst;
    }
    return worst;
}

// The clear comes before the levels; its row may lie behind theirs, a message names its rows.
static int add_snapshot_side(struct importer *in, const struct binance_message *message,
                             enum side side, int64_t exch_ns)
{
    struct capture_levels levels = message->levels[side];
    if (levels.count == 0) {
        return MM_OK;
    }
    int status = tape_builder_row(in->builder, side, worst_price(in, levels, side), 0);
    if (status == MM_OK) {
        status = tape_builder_message(in->builder, EVENT_CLEAR, exch_ns, message->local_ts_ns,
                                      in->builder->row_count - 1, 1);
    }
    if (status == MM_OK) {
        status = tape_builder_message(in->builder, EVENT_SNAPSHOT, exch_ns, message->local_ts_ns,
                                      levels.first, levels.count);
    }
    return status;
}

static int add_snapshot(struct importer *in, const struct binance_message *message)
{
    if (!message->levels[SIDE_BUY].present || !message->levels[SIDE_SELL].present) {
        return mm_fail(MM_ERROR_INPUT, "a snapshot lacks its bids or asks");
    }
    int64_t exch_ns = in->newest_exch_ns;
    int status = MM_OK;
    if (message->match_ms != 0 || message->event_ms != 0) { // spot says neither
        status = exchange_time(message, &exch_ns);
        if (status < 0) {
            return status;
        }
        note_exchange_time(in, exch_ns);
    }
    for (int side = 0; side < 2 && status == MM_OK; side++) {
        status = add_snapshot_side(in, message, (enum side)side, exch_ns);
    }
    if (status == MM_OK && !update_chain_snapshot(&in->chain, message->snapshot_update)) {
        status = tape_builder_message(in->builder, EVENT_GAP, exch_ns, message->local_ts_ns,
                                      in->builder->row_count, 0);
    }
    if (exch_ns == 0) {
        in->unstamped_count = in->builder->message_count;
    }
    return status;
}

static void note_other_symbol(struct importer *in, struct capture_text symbol)
{
    in->report->foreign_count++;
    for (uint32_t i = 0; i < in->other_symbol_count; i++) {
        if (capture_text_is(symbol, in->others[i])) {
            return;
        }
    }
    if (in->other_symbol_count < SYMBOLS_LISTED_MAX && binance_symbol_valid(symbol)) {
        memcpy(in->others[in->other_symbol_count++], symbol.data, symbol.length);
    }
}

// The first symbol is the capture's, unless the options named one.
static int note_symbol(struct importer *in, struct capture_text symbol)
{
    char *wanted = in->report->instrument.symbol;
    if (wanted[0] == '\0') {
        if (!binance_symbol_valid(symbol)) {
            return mm_fail(MM_ERROR_INPUT,
                           "the symbol is not 1 to 31 letters, digits, '_' and '-'");
        }
        memcpy(wanted, symbol.data, symbol.length);
    } else if (!capture_text_is(symbol, wanted)) {
        return mm_fail(MM_ERROR_INPUT, "a second symbol, %.*s, beside %s: choose one with --symbol",
                       (int)(symbol.length < 31 ? symbol.length : 31), symbol.data, wanted);
    }
    in->symbol_seen = true;
    return MM_OK;
}

static enum binance_stream stream_of(const struct binance_message *message)
{
    if (message->event != STREAM_NONE) {
        return message->event;
    }
    if (message->stream == STREAM_NONE && message->best_price[SIDE_BUY].data != NULL &&
        message->best_qty[SIDE_BUY].data != NULL) {
        return STREAM_TICKER; // spot's bare bookTicker has no "e"
    }
    return message->stream;
}

static int add_stream(struct importer *in, const struct binance_message *message)
{
    enum binance_stream stream = stream_of(message);
    if (message->stream != STREAM_NONE && message->stream != stream) {
        return mm_fail(MM_ERROR_INPUT, "the stream's name and the message's kind (e) disagree");
    }
    if (stream != STREAM_NONE && message->symbol.data == NULL) {
        return mm_fail(MM_ERROR_INPUT, "the message names no symbol (s)");
    }
    switch (stream) {
    case STREAM_DEPTH:
        return add_depth(in, message);
    case STREAM_TRADE:
        return add_trade(in, message);
    case STREAM_TICKER:
        return add_best(in, message);
    case STREAM_NONE:
    case STREAM_OTHER:
        break;
    }
    in->report->other_count++;
    return MM_OK;
}

static int add_message(struct importer *in, const struct binance_message *message)
{
    if (message->foreign) {
        note_other_symbol(in, message->symbol);
        return MM_OK;
    }
    if (message->skip) {
        in->report->other_count++;
        return MM_OK;
    }
    int status = message->symbol.data != NULL ? note_symbol(in, message->symbol) : MM_OK;
    if (status < 0) {
        return status;
    }
    in->traits.has_pair |= message->has_pair;
    if (message->is_snapshot && message->stream == STREAM_NONE) {
        in->nameless_line = message->symbol.data == NULL ? in->line : in->nameless_line;
        return add_snapshot(in, message);
    }
    return add_stream(in, message);
}

static int check_order(struct importer *in, int64_t local_ns)
{
    if (local_ns < in->newest_local_ns) {
        if (in->newest_local_ns - local_ns > STEP_BACK_MAX_NS) {
            return mm_fail(MM_ERROR_INPUT,
                           "received more than 1 s before an earlier line: not in order");
        }
        in->report->step_back_count++;
        return MM_OK;
    }
    in->newest_local_ns = local_ns;
    return MM_OK;
}

static int import_line(struct importer *in, const char *line)
{
    struct binance_message message;
    struct tape_builder *builder = in->builder;
    size_t rows_before = builder->row_count;
    size_t messages_before = builder->message_count;
    int status = binance_message_read(&in->reader, line, &message);
    if (status == MM_OK) {
        status = check_order(in, message.local_ts_ns);
    }
    if (status == MM_OK) {
        status = add_message(in, &message);
    }
    if (builder->message_count == messages_before) {
        builder->row_count = rows_before; // levels of a message that is not wanted
    }
    return status;
}

static int start(struct importer *in)
{
    struct instrument *instrument = &in->report->instrument;
    memcpy(instrument->symbol, in->options->symbol, sizeof instrument->symbol);
    in->reader = (struct binance_reader){.levels.builder = in->builder,
                                         .symbol = instrument->symbol,
                                         .symbol_fixed = instrument->symbol[0] != '\0'};
    int status = step_reader_init(&in->reader.levels.price, true, in->options->tick);
    if (status == MM_OK) {
        status = step_reader_init(&in->reader.levels.qty, false, in->options->lot);
    }
    return status;
}

static int fail_symbol(const struct importer *in, const char *name)
{
    char list[SYMBOLS_LISTED_MAX * (INSTRUMENT_NAME_SIZE + 2)] = "";
    size_t length = 0;
    for (uint32_t i = 0; i < in->other_symbol_count; i++) {
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%s", i > 0 ? ", " : "",
                                   in->others[i]);
    }
    return mm_fail(MM_ERROR_INPUT, "%s: no message of %s; the capture holds %s", name,
                   in->options->symbol, in->other_symbol_count > 0 ? list : "no symbol");
}

static int finish_instrument(struct importer *in)
{
    const struct tape_import_options *options = in->options;
    struct tape_import_report *report = in->report;
    struct instrument *instrument = &report->instrument;
    binance_instrument_infer(instrument, in->traits);
    instrument->tick = step_reader_step(&in->reader.levels.price);
    instrument->lot = step_reader_step(&in->reader.levels.qty);
    if (options->contract_given) {
        instrument->contract = options->contract;
        instrument->contract_size = options->contract_size;
    }
    in->builder->inferred = (in->reader.levels.price.inferred ? TAPE_INFERRED_TICK : 0u) |
                            (in->reader.levels.qty.inferred ? TAPE_INFERRED_LOT : 0u) |
                            (options->contract_given ? 0u : TAPE_INFERRED_CONTRACT);
    report->first_follows = in->chain.first_follows;
    report->last_update = in->chain.last;
    report->rounded_count = in->reader.levels.qty.rounded_count;
    report->row_count = in->builder->row_count;
    report->message_count = in->builder->message_count;
    in->builder->facts.skipped_count =
        report->not_market_count + report->other_count + report->stale_count;
    return instrument_prepare(instrument);
}

static int finish(struct importer *in, const char *name)
{
    if (!in->symbol_seen && in->options->symbol[0] != '\0') {
        return fail_symbol(in, name);
    }
    if (in->other_symbol_count > 0 && in->nameless_line != 0) {
        return mm_fail(MM_ERROR_INPUT,
                       "%s:%" PRIu64 ": a snapshot that names no symbol, in a capture of several",
                       name, in->nameless_line);
    }
    if (!in->symbol_seen) {
        return mm_fail(MM_ERROR_INPUT, "%s: no message names a symbol", name);
    }
    if (in->unstamped_count > 0) {
        return mm_fail(MM_ERROR_INPUT, "%s: no message has the exchange's time", name);
    }
    int status = finish_instrument(in);
    return status < 0 ? mm_fail_add(status, "%s", name) : status;
}

int import_binance(struct capture_lines *lines, const struct tape_import_options *options,
                   struct tape_builder *builder, struct tape_import_report *report)
{
    memset(report, 0, sizeof *report);
    struct importer in = {.options = options, .builder = builder, .report = report};
    int status = start(&in);
    while (status == MM_OK) {
        const char *text;
        size_t length;
        int more = capture_lines_next(lines, &text, &length);
        if (more <= 0) {
            status = more;
            break;
        }
        in.line = lines->line;
        report->line_count++;
        status = import_line(&in, text);
        if (status < 0) {
            status = mm_fail_add(status, "%s:%" PRIu64, lines->name, lines->line);
        }
    }
    return status == MM_OK ? finish(&in, lines->name) : status;
}
