#include "venue/bybit/feed.h"

#include "base/check.h"
#include "base/log.h"
#include "base/memory.h"
#include "market/update_chain.h"
#include "net/url.h"
#include "venue/bybit/frame_parser.h"
#include "venue/bybit/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

enum {
    // What one read of the socket (WS_READ_SIZE) and a message begun before it can hold at most: a
    // level takes 10 bytes, a trade 60, a frame 100. A snapshot removes the old levels, too.
    ROWS_MAX = 65536,
    BATCHES_MAX = 65536,
    SNAPSHOT_ROOM = 32768, // for its levels and those it removes
    SPAN_LEAST = 1024,
    REHEARSAL_SIZE = 512,
    RESUBSCRIBES_MAX = 5 // in a minute; then the connection is made anew
};

static const int64_t snapshot_wait_ns = 10000 * MS;
static const int64_t minute_ns = 60000 * MS;

struct queued {
    struct market_batch batch;
    uint32_t first_row;
};

struct bybit_feed {
    struct bybit_feed_config config;
    struct ws_client *client;
    struct bybit_parser parser;
    struct update_chain chain;
    struct book book;
    bool has_book;   // geometry is set
    bool is_trusted; // a snapshot and all since
    bool is_refused;
    uint64_t request_number;
    int64_t newest_exch_ns, heard_book_ns, snapshot_due_ns;
    int64_t resubscribed_ns[RESUBSCRIBES_MAX]; // the last ones, in turn
    struct queued *queue;                      // owned
    uint32_t batch_head, batch_count;          // taken; in all
    struct row *rows;                          // owned
    struct wide_row *wide;                     // owned
    uint32_t row_count, wide_count;
    struct bybit_feed_counters counters;
    char rehearsal[REHEARSAL_SIZE + BYBIT_PADDING]; // a frame of the first snapshot's best levels
    size_t rehearsal_size;
    char problem[WS_REASON_SIZE];
};

const char *bybit_break_text(enum bybit_break reason)
{
    static const char *const texts[BYBIT_BREAK_COUNT] = {
        [BYBIT_BREAK_UPDATE] = "update_missing", [BYBIT_BREAK_CROSSED] = "crossed",
        [BYBIT_BREAK_UNREADABLE] = "unreadable", [BYBIT_BREAK_OVERFLOW] = "overflow",
        [BYBIT_BREAK_SILENCE] = "silence",       [BYBIT_BREAK_CLOSED] = "closed"};
    return texts[reason];
}

static int64_t now_of(const struct bybit_feed *feed)
{
    return live_clock_now_ns(feed->config.clock);
}

// ---- what is asked of the exchange ----

// One topic in a request, because one that is wrong makes the exchange refuse them all; the answer
// names only the request.
static void ask(struct bybit_feed *feed, const char *op, bool book)
{
    char topic[64], text[192];
    const struct bybit_market *market = feed->config.market;
    if (book) {
        (void)snprintf(topic, sizeof topic, "orderbook.%u.%s", market->depth, market->symbol);
    } else {
        (void)snprintf(topic, sizeof topic, "publicTrade.%s", market->symbol);
    }
    int size = snprintf(text, sizeof text,
                        "{\"req_id\":\"%s%" PRIu64 "\",\"op\":\"%s\",\"args\":[\"%s\"]}",
                        book ? "book" : "trades", ++feed->request_number, op, topic);
    if (!ws_client_send(feed->client, text, (size_t)size)) {
        ws_client_drop(feed->client, "a request could not be sent");
    }
}

static void await_snapshot(struct bybit_feed *feed)
{
    feed->snapshot_due_ns = now_of(feed) + snapshot_wait_ns;
}

// The only way to a new snapshot is to subscribe again.
static void resubscribe(struct bybit_feed *feed)
{
    int64_t now_ns = now_of(feed);
    int64_t *oldest_ns = &feed->resubscribed_ns[feed->counters.resubscribes % RESUBSCRIBES_MAX];
    if (*oldest_ns != 0 && now_ns - *oldest_ns < minute_ns) {
        ws_client_drop(feed->client, "the book broke again and again");
        return;
    }
    *oldest_ns = now_ns;
    feed->counters.resubscribes++;
    ask(feed, "unsubscribe", true);
    ask(feed, "subscribe", true);
    await_snapshot(feed);
}

// ---- the queue ----

static struct queued *add_batch(struct bybit_feed *feed, enum event_kind kind, int64_t exch_ns,
                                int64_t local_ns)
{
    MM_ASSERT(feed->batch_count < BATCHES_MAX);
    struct queued *queued = &feed->queue[feed->batch_count++];
    *queued = (struct queued){.batch = {.exch_ts_ns = exch_ns,
                                        .local_ts_ns = local_ns,
                                        .wide = feed->wide,
                                        .kind = kind,
                                        .best_known = true},
                              .first_row = feed->row_count};
    return queued;
}

static void add_row(struct bybit_feed *feed, enum side side, int64_t price_ticks, int64_t qty_lots)
{
    struct row *row = &feed->rows[feed->row_count++];
    if (geometry_holds(feed->book.geometry, price_ticks) && qty_lots < ROW_LOTS_LIMIT) {
        *row =
            (struct row){geometry_key(feed->book.geometry, side, price_ticks), (uint32_t)qty_lots};
        return;
    }
    feed->wide[feed->wide_count] = (struct wide_row){price_ticks, qty_lots, (uint32_t)side, 0};
    *row = (struct row){ROW_WIDE, feed->wide_count++};
}

static void finish_batch(struct bybit_feed *feed, struct queued *queued)
{
    struct market_batch *batch = &queued->batch;
    batch->rows = &feed->rows[queued->first_row];
    batch->count = feed->row_count - queued->first_row;
    if (feed->has_book) {
        book_apply(&feed->book, batch);
        batch->best_end[0] = feed->book.best[0];
        batch->best_end[1] = feed->book.best[1];
    }
}

// Rows, each of which may be a batch; some are kept for a gap and a clear.
static bool has_room(const struct bybit_feed *feed, uint32_t rows)
{
    return ROWS_MAX - feed->row_count >= rows && BATCHES_MAX - feed->batch_count > rows + 4;
}

// ---- breaks ----

// The book cannot be trusted from here on.
static void lose_book(struct bybit_feed *feed, enum bybit_break reason)
{
    int64_t now_ns = now_of(feed);
    feed->counters.breaks[reason]++;
    if (feed->is_trusted) {
        feed->is_trusted = false;
        finish_batch(feed, add_batch(feed, EVENT_GAP, 0, now_ns));
    }
    log_event(LOG_WARN, "feed_break", "symbol=%s reason=%s", feed->config.market->symbol,
              bybit_break_text(reason));
    if (feed->config.broken != NULL) {
        feed->config.broken(feed->config.context, reason, now_ns);
    }
}

static void break_book(struct bybit_feed *feed, enum bybit_break reason)
{
    // While a snapshot is waited for, only its not coming counts.
    if (feed->is_trusted || reason == BYBIT_BREAK_CROSSED) {
        lose_book(feed, reason);
        resubscribe(feed);
    }
}

// ---- the book ----

static int add_rehearsed(const struct bybit_feed *feed, const char *name, int64_t ticks, char *out,
                         size_t size)
{
    struct decimal_text price = decimal_steps_text(ticks, feed->config.instrument.tick);
    struct decimal_text lot = decimal_steps_text(1, feed->config.instrument.lot);
    return snprintf(out, size, "\"%s\":[[\"%s\",\"%s\"]],", name, price.text, lot.text);
}

static void write_rehearsal(struct bybit_feed *feed, const struct bybit_public *frame)
{
    char *out = feed->rehearsal;
    const struct bybit_market *market = feed->config.market;
    int64_t ticks = frame->levels[0].price_ticks;
    int size = snprintf(out, REHEARSAL_SIZE,
                        "{\"topic\":\"orderbook.%u.%s\",\"type\":\"delta\",\"ts\":1790134712130,"
                        "\"data\":{\"s\":\"%s\",",
                        market->depth, market->symbol, market->symbol);
    size += add_rehearsed(feed, "b", ticks, out + size, REHEARSAL_SIZE - (size_t)size);
    size += add_rehearsed(feed, "a", ticks, out + size, REHEARSAL_SIZE - (size_t)size);
    size += snprintf(out + size, REHEARSAL_SIZE - (size_t)size,
                     "\"u\":173678160,\"seq\":814547787693},\"cts\":1790134712126}");
    feed->rehearsal_size = (size_t)size;
}

static void choose_geometry(struct bybit_feed *feed, const struct bybit_public *frame)
{
    int64_t ticks = frame->levels[frame->bid_count > 0 ? 0 : frame->bid_count].price_ticks;
    int64_t span = 4 * ticks < SPAN_LEAST ? SPAN_LEAST : 4 * ticks;
    struct book_geometry geometry = {0, (uint32_t)(span < BOOK_SPAN_MAX ? span : BOOK_SPAN_MAX)};
    if (span > BOOK_SPAN_MAX) {
        geometry.base_ticks = ticks - BOOK_SPAN_MAX / 2;
    }
    int code = book_init(&feed->book, geometry);
    MM_ASSERT(code == MM_OK); // the span is within the bounds
    feed->has_book = true;
    write_rehearsal(feed, frame);
}

static void mark_levels(struct bybit_feed *feed, const struct bybit_public *frame)
{
    struct book_geometry geometry = feed->book.geometry;
    for (uint32_t i = 0; i < frame->level_count; i++) {
        enum side side = i < frame->bid_count ? SIDE_BUY : SIDE_SELL;
        const struct bybit_level *level = &frame->levels[i];
        if (geometry_holds(geometry, level->price_ticks)) {
            uint32_t index = geometry_index(geometry, side, level->price_ticks);
            feed->book.lots[side][index] |= BOOK_MARK;
        }
    }
}

static void unmark_levels(struct bybit_feed *feed, const struct bybit_public *frame)
{
    struct book_geometry geometry = feed->book.geometry;
    for (uint32_t i = 0; i < frame->level_count; i++) {
        enum side side = i < frame->bid_count ? SIDE_BUY : SIDE_SELL;
        const struct bybit_level *level = &frame->levels[i];
        if (geometry_holds(geometry, level->price_ticks)) {
            feed->book.lots[side][geometry_index(geometry, side, level->price_ticks)] &= ~BOOK_MARK;
        }
    }
}

// Rows that remove what the snapshot does not hold. False when there is no room.
static bool remove_others(struct bybit_feed *feed, enum side side, uint32_t room)
{
    const struct book *book = &feed->book;
    uint32_t top = book->geometry.span - 1; // stale levels may lie above the best
    for (uint32_t index = book_scan(book, side, top); index != 0;
         index = book_scan(book, side, index - 1)) {
        if ((book->lots[side][index] & BOOK_MARK) == 0) {
            if (ROWS_MAX - feed->row_count <= room) {
                return false;
            }
            feed->rows[feed->row_count++] = (struct row){index | (uint32_t)side << 31, 0};
        }
    }
    return true;
}

static void add_levels(struct bybit_feed *feed, const struct bybit_public *frame)
{
    for (uint32_t i = 0; i < frame->level_count; i++) {
        enum side side = i < frame->bid_count ? SIDE_BUY : SIDE_SELL;
        add_row(feed, side, frame->levels[i].price_ticks, frame->levels[i].qty_lots);
    }
}

// A best that had to give way to one of the other side, and is still there.
static bool is_crossed(const struct book *book)
{
    for (int side = 0; side < 2; side++) {
        uint32_t peak = book->peak[side];
        if (peak > book->best[side] && book_lots(book, (enum side)side, peak) > 0) {
            return true;
        }
    }
    return false;
}

static int64_t exchange_time(const struct bybit_public *frame)
{
    return (int64_t)(frame->cts_ms != 0 ? frame->cts_ms : frame->ts_ms) * MS;
}

// In place of a row for each level: a clear of both sides before the snapshot, which is returned.
static struct queued *clear_book(struct bybit_feed *feed, struct queued *snapshot)
{
    struct market_batch batch = snapshot->batch;
    feed->row_count = snapshot->first_row;
    feed->rows[feed->row_count++] = (struct row){1, 0};
    feed->rows[feed->row_count++] = (struct row){1 | ROW_SIDE_BIT, 0};
    snapshot->batch.kind = EVENT_CLEAR;
    book_reset(&feed->book);
    finish_batch(feed, snapshot);
    return add_batch(feed, EVENT_SNAPSHOT, batch.exch_ts_ns, batch.local_ts_ns);
}

static void take_snapshot(struct bybit_feed *feed, const struct bybit_public *frame,
                          int64_t local_ns)
{
    if (!feed->has_book && frame->level_count > 0) {
        choose_geometry(feed, frame);
    }
    if (!feed->has_book) {
        return; // an empty market: there is nothing to say yet
    }
    struct queued *queued = add_batch(feed, EVENT_SNAPSHOT, exchange_time(frame), local_ns);
    mark_levels(feed, frame);
    bool fits = remove_others(feed, SIDE_BUY, frame->level_count) &&
                remove_others(feed, SIDE_SELL, frame->level_count);
    unmark_levels(feed, frame);
    if (!fits) { // a book of tens of thousands of levels
        queued = clear_book(feed, queued);
    }
    add_levels(feed, frame);
    feed->chain = (struct update_chain){.start = frame->update, .last = frame->update};
    feed->newest_exch_ns = exchange_time(frame);
    feed->is_trusted = true;
    feed->counters.snapshots++;
    finish_batch(feed, queued);
}

static void take_delta(struct bybit_feed *feed, const struct bybit_public *frame, int64_t local_ns)
{
    if (!feed->is_trusted) {
        feed->counters.early_deltas++;
        return;
    }
    int64_t exch_ns = exchange_time(frame);
    struct update_ids ids = {frame->update - 1, frame->update};
    enum update_step step = update_chain_follow(&feed->chain, ids, exch_ns > feed->newest_exch_ns);
    if (step == UPDATE_STALE) {
        feed->counters.stale_deltas++;
        return;
    }
    if (step == UPDATE_BREAKS) {
        break_book(feed, BYBIT_BREAK_UPDATE);
        return;
    }
    feed->newest_exch_ns = exch_ns > feed->newest_exch_ns ? exch_ns : feed->newest_exch_ns;
    feed->counters.deltas++;
    struct queued *queued = add_batch(feed, EVENT_DEPTH, exch_ns, local_ns);
    add_levels(feed, frame);
    finish_batch(feed, queued);
}

static void take_book(struct bybit_feed *feed, const struct bybit_public *frame, int64_t local_ns)
{
    feed->heard_book_ns = local_ns;
    if (frame->depth != feed->config.market->depth) {
        return; // another window on the same book
    }
    if (!has_room(feed, frame->is_snapshot ? SNAPSHOT_ROOM : frame->level_count)) {
        break_book(feed, BYBIT_BREAK_OVERFLOW);
        return;
    }
    if (frame->is_snapshot) {
        take_snapshot(feed, frame, local_ns);
    } else {
        take_delta(feed, frame, local_ns);
    }
    if (feed->is_trusted && is_crossed(&feed->book)) {
        break_book(feed, BYBIT_BREAK_CROSSED);
    }
}

// ---- trades ----

static void take_trades(struct bybit_feed *feed, const struct bybit_public *frame, int64_t local_ns)
{
    if (!feed->has_book) {
        return;
    }
    if (!has_room(feed, frame->trade_count)) {
        break_book(feed, BYBIT_BREAK_OVERFLOW);
        return;
    }
    for (uint32_t i = 0; i < frame->trade_count;) {
        uint64_t match_ms = frame->trades[i].match_ms;
        struct queued *queued = add_batch(feed, EVENT_TRADE, (int64_t)match_ms * MS, local_ns);
        for (; i < frame->trade_count && frame->trades[i].match_ms == match_ms; i++) {
            const struct bybit_public_trade *trade = &frame->trades[i];
            add_row(feed, trade->taken, trade->price_ticks, trade->qty_lots);
            feed->counters.trades++;
        }
        finish_batch(feed, queued);
    }
}

// ---- messages ----

static void take_ack(struct bybit_feed *feed, const char *text, size_t size)
{
    struct bybit_ack ack;
    if (!bybit_ack_read(text, size, &ack) || ack.success || ack.op == BYBIT_OP_PONG ||
        strstr(ack.text, "already subscribed") != NULL) {
        return;
    }
    (void)snprintf(feed->problem, sizeof feed->problem, "the exchange refused: %.130s", ack.text);
    feed->is_refused = ack.op == BYBIT_OP_SUBSCRIBE;
    log_event(LOG_WARN, "feed_refused", "request=%s text=\"%s\"", ack.request_id, ack.text);
    if (feed->is_refused) {
        ws_client_drop(feed->client, feed->problem);
    }
}

// An importer of what is told here knows the fast reader's shapes only: another one is a hole.
static void tell_raw(const struct bybit_feed *feed, const char *text, size_t size, int64_t local_ns)
{
    const struct bybit_feed_config *config = &feed->config;
    if (text != NULL && config->raw != NULL) {
        config->raw(config->context, text, size, local_ns);
    } else if (text == NULL && config->broken != NULL) {
        config->broken(config->context, BYBIT_BREAK_UNREADABLE, local_ns);
    }
}

static void on_message(void *context, char *data, size_t size)
{
    struct bybit_feed *feed = context;
    const struct bybit_public *frame;
    int64_t local_ns = now_of(feed);
    uint64_t slow_count = feed->parser.slow_count;
    feed->counters.frames++;
    int code = bybit_parser_read(&feed->parser, data, size, &frame);
    if (code == MM_OK && frame->kind != BYBIT_FRAME_OTHER) {
        tell_raw(feed, feed->parser.slow_count == slow_count ? data : NULL, size, local_ns);
    }
    if (code != MM_OK) {
        char quoted[LOG_LINE_SIZE / 4];
        log_event(LOG_WARN, "feed_unreadable", "why=%s",
                  log_quote(mm_error_text(), quoted, sizeof quoted));
        mm_error_clear();
        break_book(feed, BYBIT_BREAK_UNREADABLE);
        return;
    }
    switch (frame->kind) {
    case BYBIT_FRAME_BOOK:
        take_book(feed, frame, local_ns);
        break;
    case BYBIT_FRAME_TRADES:
        take_trades(feed, frame, local_ns);
        break;
    case BYBIT_FRAME_OTHER:
        take_ack(feed, data, size);
        break;
    }
}

static void on_opened(void *context)
{
    struct bybit_feed *feed = context;
    feed->is_refused = false;
    feed->heard_book_ns = now_of(feed);
    log_event(LOG_INFO, "feed_open", "symbol=%s", feed->config.market->symbol);
    ask(feed, "subscribe", true);
    ask(feed, "subscribe", false);
    await_snapshot(feed);
}

static void on_closed(void *context, const char *reason)
{
    struct bybit_feed *feed = context;
    if (!feed->is_refused) {
        (void)snprintf(feed->problem, sizeof feed->problem, "%s", reason);
    }
    char quoted[2 * WS_REASON_SIZE];
    log_event(LOG_WARN, "feed_closed", "symbol=%s why=%s", feed->config.market->symbol,
              log_quote(reason, quoted, sizeof quoted));
    if (feed->is_trusted) {
        lose_book(feed, BYBIT_BREAK_CLOSED);
    }
}

// ---- rehearsal ----

static void set_level(const struct bybit_feed *feed, enum side side, struct bybit_level *out)
{
    uint32_t index = feed->book.best[side];
    out->price_ticks = geometry_ticks(feed->book.geometry, side, index);
    out->qty_lots = book_lots(&feed->book, side, index);
}

void bybit_feed_rehearse(struct bybit_feed *feed)
{
    const struct bybit_public *read;
    bool is_idle = feed->batch_head == feed->batch_count;
    if (!is_idle || !feed->is_trusted || !book_two_sided(&feed->book) ||
        bybit_parser_read(&feed->parser, feed->rehearsal, feed->rehearsal_size, &read) != MM_OK) {
        return;
    }
    struct bybit_public frame = *read;
    frame.update = feed->chain.last + 1;
    set_level(feed, SIDE_BUY, &frame.levels[0]);
    set_level(feed, SIDE_SELL, &frame.levels[1]);
    struct update_chain chain = feed->chain;
    struct bybit_feed_counters counters = feed->counters;
    int64_t newest_exch_ns = feed->newest_exch_ns, heard_book_ns = feed->heard_book_ns;
    take_book(feed, &frame, now_of(feed));
    feed->chain = chain;
    feed->counters = counters;
    feed->newest_exch_ns = newest_exch_ns;
    feed->heard_book_ns = heard_book_ns;
    feed->batch_head = feed->batch_count = feed->row_count = feed->wide_count = 0;
}

// ---- the rest ----

void bybit_feed_check(struct bybit_feed *feed)
{
    int64_t now_ns = now_of(feed);
    if (!ws_client_is_open(feed->client)) {
        return;
    }
    if (feed->is_trusted && now_ns - feed->heard_book_ns > feed->config.market->silence_ns) {
        lose_book(feed, BYBIT_BREAK_SILENCE);
        ws_client_drop(feed->client, "the book was silent");
    } else if (!feed->is_trusted && now_ns > feed->snapshot_due_ns) {
        ws_client_drop(feed->client, "no snapshot came");
    }
}

bool bybit_feed_take(struct bybit_feed *feed, struct market_batch *out)
{
    if (feed->batch_head == feed->batch_count) {
        feed->batch_head = feed->batch_count = feed->row_count = feed->wide_count = 0;
        return false;
    }
    *out = feed->queue[feed->batch_head++].batch;
    return true;
}

bool bybit_feed_geometry(const struct bybit_feed *feed, struct book_geometry *out)
{
    *out = feed->book.geometry;
    return feed->has_book;
}

bool bybit_feed_is_trusted(const struct bybit_feed *feed)
{
    return feed->is_trusted;
}

const struct book *bybit_feed_book(const struct bybit_feed *feed)
{
    return &feed->book;
}

const struct bybit_feed_counters *bybit_feed_get_counters(const struct bybit_feed *feed)
{
    return &feed->counters;
}

const char *bybit_feed_problem(const struct bybit_feed *feed)
{
    return feed->problem;
}

bool bybit_feed_is_refused(const struct bybit_feed *feed)
{
    return feed->is_refused;
}

static int connect_feed(struct bybit_feed *feed, struct ws_loop *loop)
{
    char url[URL_SIZE];
    const struct bybit_market *market = feed->config.market;
    size_t length = strlen(market->stream_url);
    bool has_slash = length > 0 && market->stream_url[length - 1] == '/';
    (void)snprintf(url, sizeof url, "%s%sv5/public/%s", market->stream_url, has_slash ? "" : "/",
                   bybit_category_text(market->category));
    return ws_client_create(loop,
                            &(struct ws_client_config){.url = url,
                                                       .ping = "{\"op\":\"ping\"}",
                                                       .ping_ns = feed->config.ping_ns,
                                                       .seed = feed->config.seed,
                                                       .context = feed,
                                                       .opened = on_opened,
                                                       .message = on_message,
                                                       .closed = on_closed},
                            &feed->client);
}

int bybit_feed_create(const struct bybit_feed_config *config, struct ws_loop *loop,
                      struct bybit_feed **out)
{
    *out = NULL;
    struct bybit_feed *feed = mm_alloc(1, sizeof *feed);
    feed->config = *config;
    feed->queue = mm_alloc(BATCHES_MAX, sizeof *feed->queue);
    feed->rows = mm_alloc(ROWS_MAX, sizeof *feed->rows);
    feed->wide = mm_alloc(ROWS_MAX, sizeof *feed->wide);
    int code = bybit_parser_init(&feed->parser, &config->instrument);
    if (code == MM_OK) {
        code = connect_feed(feed, loop);
    }
    if (code != MM_OK) {
        bybit_feed_destroy(feed);
        return code;
    }
    *out = feed;
    return MM_OK;
}

void bybit_feed_destroy(struct bybit_feed *feed)
{
    if (feed == NULL) {
        return;
    }
    ws_client_destroy(feed->client);
    bybit_parser_fini(&feed->parser);
    book_fini(&feed->book);
    free(feed->queue);
    free(feed->rows);
    free(feed->wide);
    free(feed);
}
