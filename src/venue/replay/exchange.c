#include "venue/replay/exchange.h"

#include "base/check.h"

#include <string.h>

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

int exchange_init(struct exchange *exchange, const struct tape *tape,
                  const struct queue_model *queue_model)
{
    // Field by field: the table's arrays need no start, and clearing them costs more than a short
    // run's orders do.
    exchange->queue_model = *queue_model;
    exchange->rows = tape->rows;
    exchange->wide = tape->wide;
    exchange->row_by_row = tape->wide_count != 0;
    exchange->count = 0;
    exchange->event_row = 0;
    exchange->report_count = 0;
    for (int side = 0; side < 2; side++) {
        exchange->trip[side] = UINT32_MAX;
        exchange->own_best[side] = 0;
    }
    int rc = book_init(&exchange->book, tape->geometry);
    if (rc < 0) {
        return rc;
    }
    struct decimal lot = tape->instrument.lot;
    exchange->lot = decimal_to_double(lot);
    // lots * mantissa is exact, and one correctly rounded operation by an exact power of ten gives
    // what parsing the decimal text gives.
    exchange->qty_factor = (double)lot.mantissa;
    exchange->qty_divisor = 1.0;
    double *scale = lot.exponent < 0 ? &exchange->qty_divisor : &exchange->qty_factor;
    for (int32_t i = lot.exponent < 0 ? -lot.exponent : lot.exponent; i > 0; i--) {
        *scale *= 10.0;
    }
    for (uint32_t i = 0; i < EXCHANGE_ORDERS_MAX; i++) {
        exchange->free_slots[i] = (uint16_t)(EXCHANGE_ORDERS_MAX - 1 - i);
    }
    return MM_OK;
}

void exchange_fini(struct exchange *exchange)
{
    if (exchange != NULL) {
        book_fini(&exchange->book);
    }
}

// ---- the table of resting orders ----

// The key of an own order. Beyond the far end of the geometry no row can ever reach it, which is
// what index 0 stands for; beyond the near end there is no such key (false).
static bool own_key(const struct exchange *exchange, enum side side, int64_t price_ticks,
                    uint32_t *out)
{
    struct book_geometry geometry = exchange->book.geometry;
    if (geometry_holds(geometry, price_ticks)) {
        *out = geometry_key(geometry, side, price_ticks);
        return true;
    }
    *out = (uint32_t)side << 31;
    return (price_ticks <= geometry.base_ticks) == (side == SIDE_BUY);
}

// What the comparisons per message need. Index 0, out of every row's reach, counts as none.
static void set_own_best(struct exchange *exchange, enum side side, uint32_t index)
{
    exchange->own_best[side] = index;
    exchange->trip[side_opposite(side)] =
        index > 0 ? exchange->book.geometry.span - index : UINT32_MAX;
}

static void find_own_best(struct exchange *exchange, enum side side)
{
    uint32_t best = 0;
    for (uint32_t i = 0; i < exchange->count; i++) {
        uint32_t key = exchange->keys[i];
        best = row_side(key) == side && row_index(key) > best ? row_index(key) : best;
    }
    set_own_best(exchange, side, best);
}

static struct exchange_order *add_order(struct exchange *exchange, uint32_t key)
{
    uint32_t at = exchange->count++;
    uint16_t slot = exchange->free_slots[EXCHANGE_ORDERS_MAX - 1 - at];
    exchange->keys[at] = key;
    exchange->slots[at] = slot;
    enum side side = row_side(key);
    if (row_index(key) != 0) {
        exchange->book.lots[side][row_index(key)] |= BOOK_MARK;
    }
    if (row_index(key) > exchange->own_best[side]) {
        set_own_best(exchange, side, row_index(key));
    }
    return &exchange->orders[slot];
}

static void remove_order(struct exchange *exchange, uint32_t at)
{
    uint32_t key = exchange->keys[at];
    uint16_t slot = exchange->slots[at];
    uint32_t behind = --exchange->count - at;
    memmove(&exchange->keys[at], &exchange->keys[at + 1], behind * sizeof exchange->keys[0]);
    memmove(&exchange->slots[at], &exchange->slots[at + 1], behind * sizeof exchange->slots[0]);
    exchange->free_slots[EXCHANGE_ORDERS_MAX - 1 - exchange->count] = slot;
    bool shared = false;
    for (uint32_t i = 0; i < exchange->count; i++) {
        shared |= exchange->keys[i] == key;
    }
    if (!shared) {
        exchange->book.lots[row_side(key)][row_index(key)] &= ~BOOK_MARK;
    }
    if (row_index(key) == exchange->own_best[row_side(key)]) {
        find_own_best(exchange, row_side(key));
    }
}

// Position in the table, or `count` when no such order rests.
static uint32_t find_order(const struct exchange *exchange, uint64_t order_id)
{
    uint32_t i = 0;
    while (i < exchange->count && exchange->orders[exchange->slots[i]].order_id != order_id) {
        i++;
    }
    return i;
}

// ---- reports ----

static struct venue_report *add_report(struct exchange *exchange, enum venue_report_kind kind,
                                       const struct exchange_order *order, int64_t exch_ts_ns)
{
    MM_ASSERT(exchange->report_count < EXCHANGE_ORDERS_MAX + 1);
    struct venue_report *report = &exchange->reports[exchange->report_count++];
    *report = (struct venue_report){.kind = kind,
                                    .side = order->side,
                                    .order_id = order->order_id,
                                    .exch_ts_ns = exch_ts_ns,
                                    .request_ts_ns = order->request_ts_ns,
                                    .price_ticks = order->price_ticks,
                                    .qty_lots = order->qty_lots,
                                    .leaves_qty_lots = order->leaves_lots};
    return report;
}

struct execution {
    enum fill_rule rule;
    int64_t price_ticks;
    int64_t exch_ts_ns;
    int64_t ahead_lots;
    enum venue_op answers;
};

static void report_fill(struct exchange *exchange, const struct exchange_order *order,
                        struct execution execution)
{
    struct venue_report *report = add_report(exchange, REPORT_FILLED, order, execution.exch_ts_ns);
    report->answers = execution.answers;
    report->leaves_qty_lots = 0;
    report->exec_price_ticks = execution.price_ticks;
    report->exec_qty_lots = order->leaves_lots;
    report->maker = execution.rule != FILL_TAKER;
    report->provenance =
        (struct fill_provenance){.rule = execution.rule,
                                 .event_row = exchange->event_row,
                                 .ahead_at_arrival_lots = order->ahead_at_arrival_lots,
                                 .ahead_at_fill_lots = execution.ahead_lots};
}

// A resting order fills at its own price.
static void fill_maker(struct exchange *exchange, uint32_t at, enum fill_rule rule,
                       int64_t exch_ts_ns)
{
    const struct exchange_order *order = &exchange->orders[exchange->slots[at]];
    report_fill(exchange, order,
                (struct execution){.rule = rule,
                                   .price_ticks = order->price_ticks,
                                   .exch_ts_ns = exch_ts_ns,
                                   .ahead_lots = queue_ahead_lots(&order->queue, exchange->lot)});
    remove_order(exchange, at);
}

// ---- the market ----

// A level with own orders changed: their places in the queue move.
__attribute__((noinline)) static void level_changed(struct exchange *exchange, uint32_t key,
                                                    uint32_t lots_before, uint32_t lots_after)
{
    double before = exchange_qty(exchange, lots_before);
    double after = exchange_qty(exchange, lots_after);
    for (uint32_t i = 0; i < exchange->count; i++) {
        if (exchange->keys[i] == key) {
            queue_level(&exchange->queue_model, &exchange->orders[exchange->slots[i]].queue, before,
                        after);
        }
    }
}

// Own orders that a best of `side` at `index` reaches fill at their own prices.
static void best_reached(struct exchange *exchange, enum side side, uint32_t index,
                         int64_t exch_ts_ns)
{
    uint32_t least = exchange->book.geometry.span - index;
    for (uint32_t i = 0; i < exchange->count;) {
        if (row_side(exchange->keys[i]) != side && row_index(exchange->keys[i]) >= least) {
            fill_maker(exchange, i, FILL_BEST_CROSSED, exch_ts_ns);
        } else {
            i++;
        }
    }
}

// One depth row where anything may happen. A row with a quantity at or above `trip` is always a
// new best, because the present best is below it.
static inline void apply_row(struct exchange *exchange, enum side side, uint32_t index,
                             uint32_t lots, int64_t exch_ts_ns)
{
    struct book *book = &exchange->book;
    uint32_t before = book->lots[side][index];
    book->lots[side][index] = (before & BOOK_MARK) | lots;
    if (UNLIKELY((before & BOOK_MARK) != 0)) {
        level_changed(exchange, index | (uint32_t)side << 31, before & ~BOOK_MARK, lots);
    }
    if (UNLIKELY(index >= exchange->trip[side] && lots > 0)) {
        best_reached(exchange, side, index, exch_ts_ns);
    }
}

// A message that may reach own orders, or has wide rows: row by row.
__attribute__((noinline)) static void apply_depth_slowly(struct exchange *exchange,
                                                         const struct tape_message *message)
{
    const struct row *row = exchange->rows + message->first_row;
    const struct row *end = row + tape_message_count(message);
    for (; row < end; row++) {
        if (row->key != ROW_WIDE) {
            apply_row(exchange, row_side(row->key), row_index(row->key), row->lots, message->ts_ns);
            continue;
        }
        const struct wide_row *wide = &exchange->wide[row->lots];
        struct book_geometry geometry = exchange->book.geometry;
        exchange->book.outside_count++;
        if (geometry_holds(geometry, wide->price_ticks)) {
            enum side side = (enum side)wide->side;
            int64_t lots = wide->qty_lots < ROW_LOTS_LIMIT ? wide->qty_lots : ROW_LOTS_LIMIT;
            apply_row(exchange, side, geometry_index(geometry, side, wide->price_ticks),
                      (uint32_t)lots, message->ts_ns);
        }
    }
}

// A trade that took from `side` at a price: beyond an own order it fills it; at its price it moves
// the queue. (Trades at or behind the opposite best reach nothing: no own order is there.)
static void apply_trade(struct exchange *exchange, enum side side, int64_t price_ticks,
                        int64_t lots, int64_t exch_ts_ns)
{
    double qty = exchange_qty(exchange, lots);
    for (uint32_t i = 0; i < exchange->count;) {
        struct exchange_order *order = &exchange->orders[exchange->slots[i]];
        int64_t beyond =
            side == SIDE_BUY ? order->price_ticks - price_ticks : price_ticks - order->price_ticks;
        if (order->side != side || beyond < 0) {
            i++;
            continue;
        }
        if (beyond > 0) {
            fill_maker(exchange, i, FILL_TRADE_THROUGH, exch_ts_ns);
            continue;
        }
        queue_trade(&exchange->queue_model, &order->queue, qty);
        if (queue_take_filled_lots(&order->queue, exchange->lot) > 0) {
            fill_maker(exchange, i, FILL_QUEUE, exch_ts_ns);
        } else {
            i++;
        }
    }
}

__attribute__((noinline)) static void apply_trade_row(struct exchange *exchange, struct row row,
                                                      int64_t exch_ts_ns)
{
    if (row.key == ROW_WIDE) {
        const struct wide_row *wide = &exchange->wide[row.lots];
        apply_trade(exchange, (enum side)wide->side, wide->price_ticks, wide->qty_lots, exch_ts_ns);
    } else {
        enum side side = row_side(row.key);
        apply_trade(exchange, side,
                    geometry_ticks(exchange->book.geometry, side, row_index(row.key)), row.lots,
                    exch_ts_ns);
    }
}

// A clear removes the side's levels from the best down to its price. It changes no queue: the
// snapshot after it does.
__attribute__((noinline)) static void apply_clear(struct exchange *exchange, struct row row)
{
    struct book *book = &exchange->book;
    enum side side = row_side(row.key);
    uint32_t last = row_index(row.key);
    if (row.key == ROW_WIDE) {
        const struct wide_row *wide = &exchange->wide[row.lots];
        bool below = wide->price_ticks <= book->geometry.base_ticks;
        side = (enum side)wide->side;
        last = geometry_holds(book->geometry, wide->price_ticks)
                   ? geometry_index(book->geometry, side, wide->price_ticks)
               : below == (side == SIDE_BUY) ? 1
                                             : book->geometry.span;
    }
    for (uint32_t index = book->best[side]; index >= last && index != 0; index--) {
        book->lots[side][index] &= BOOK_MARK;
    }
}

// Depth rows of one side, none of which reaches an own order by its price, up to the first of the
// other side, which is returned.
static inline const struct row *store_run(struct exchange *exchange, enum side side,
                                          const struct row *row, const struct row *end)
{
    uint32_t *lots = exchange->book.lots[side];
    for (; row < end && row_side(row->key) == side; row++) {
        uint32_t *level = &lots[row_index(row->key)];
        uint32_t before = *level;
        *level = row->lots;
        if (UNLIKELY((before & BOOK_MARK) != 0)) {
            *level = row->lots | BOOK_MARK;
            level_changed(exchange, row->key, before & ~BOOK_MARK, row->lots);
        }
    }
    return row;
}

// Trades, of which each that is no better than the best own order there may reach one.
static inline void apply_trades(struct exchange *exchange, const struct row *row,
                                const struct row *end, int64_t exch_ts_ns)
{
    for (; row < end; row++) {
        if (UNLIKELY(row_index(row->key) <= exchange->own_best[row_side(row->key)] ||
                     row->key == ROW_WIDE)) {
            apply_trade_row(exchange, *row, exch_ts_ns);
        }
    }
}

static inline void apply_message(struct exchange *exchange, const struct tape_message *message)
{
    const struct row *row = exchange->rows + message->first_row;
    const struct row *end = row + tape_message_count(message);
    exchange->event_row = message->first_row;
    switch (tape_message_kind(message)) {
    case EVENT_TRADE:
        apply_trades(exchange, row, end, message->ts_ns);
        return;
    case EVENT_DEPTH:
    case EVENT_SNAPSHOT:
        if (UNLIKELY(message->best_peak[0] >= exchange->trip[0] ||
                     message->best_peak[1] >= exchange->trip[1] || exchange->row_by_row)) {
            apply_depth_slowly(exchange, message);
        } else {
            while (row < end) { // feeds list one side, then the other: a few long runs
                row = store_run(exchange, SIDE_BUY, row, end);
                row = store_run(exchange, SIDE_SELL, row, end);
            }
        }
        break;
    case EVENT_CLEAR:
        for (; row < end; row++) {
            apply_clear(exchange, *row);
        }
        break;
    case EVENT_GAP:
        break;
    }
    exchange->book.best[0] = message->best_end[0];
    exchange->book.best[1] = message->best_end[1];
}

const struct tape_message *exchange_run(struct exchange *exchange,
                                        const struct tape_message *message,
                                        const struct tape_message *end, int64_t until_ns)
{
    while (message < end && message->ts_ns < until_ns) {
        apply_message(exchange, message++);
        if (exchange->report_count != 0) {
            break;
        }
    }
    return message;
}

// ---- requests ----

static bool crosses(const struct book *book, const struct exchange_order *order)
{
    enum side opposite = side_opposite(order->side);
    if (book->best[opposite] == 0) {
        return false;
    }
    int64_t best = book_best_ticks(book, opposite);
    return order->side == SIDE_BUY ? order->price_ticks >= best : order->price_ticks <= best;
}

static void refuse(struct exchange *exchange, const struct exchange_order *order,
                   enum venue_op answers, enum venue_reject reject, int64_t exch_ts_ns)
{
    struct venue_report *report = add_report(exchange, REPORT_REJECTED, order, exch_ts_ns);
    report->answers = answers;
    report->reject = reject;
}

// Whether an order that arrived now rests; if not, its report has been made.
static bool takes_or_ends(struct exchange *exchange, const struct exchange_order *order,
                          enum venue_op answers, int64_t exch_ts_ns)
{
    enum side opposite = side_opposite(order->side);
    bool market = order->type == ORDER_MARKET;
    bool crossing = market ? exchange->book.best[opposite] != 0 : crosses(&exchange->book, order);
    if (crossing && (market || order->tif != TIF_POST_ONLY)) {
        int64_t best = book_best_ticks(&exchange->book, opposite);
        report_fill(exchange, order,
                    (struct execution){.rule = FILL_TAKER,
                                       .price_ticks = best,
                                       .exch_ts_ns = exch_ts_ns,
                                       .answers = answers});
        return true;
    }
    if (crossing || market || order->tif == TIF_IOC || order->tif == TIF_FOK) {
        add_report(exchange, REPORT_EXPIRED, order, exch_ts_ns)->answers = answers;
        return true;
    }
    return false;
}

// Puts an order that arrived now where its price and conditions say.
static void place_order(struct exchange *exchange, const struct exchange_order *arrived,
                        enum venue_op answers, int64_t exch_ts_ns)
{
    if (takes_or_ends(exchange, arrived, answers, exch_ts_ns)) {
        return;
    }
    uint32_t key;
    bool fits = own_key(exchange, arrived->side, arrived->price_ticks, &key);
    if (!fits && answers == VENUE_AMEND) { // the order it replaces is gone already
        add_report(exchange, REPORT_EXPIRED, arrived, exch_ts_ns)->answers = answers;
        return;
    }
    if (!fits || exchange->count == EXCHANGE_ORDERS_MAX) {
        enum venue_reject why = fits ? VENUE_REJECT_RATE_LIMIT : VENUE_REJECT_INVALID;
        refuse(exchange, arrived, answers, why, exch_ts_ns);
        return;
    }
    struct exchange_order *order = add_order(exchange, key);
    *order = *arrived;
    order->ahead_at_arrival_lots = book_lots(&exchange->book, order->side, row_index(key));
    queue_join(&order->queue, exchange_qty(exchange, order->ahead_at_arrival_lots));
    enum venue_report_kind kind = answers == VENUE_PLACE ? REPORT_PLACED : REPORT_AMENDED;
    add_report(exchange, kind, order, exch_ts_ns)->answers = answers;
}

static void cancel_order(struct exchange *exchange, uint32_t at, int64_t request_ts_ns,
                         int64_t exch_ts_ns)
{
    struct exchange_order *order = &exchange->orders[exchange->slots[at]];
    order->request_ts_ns = request_ts_ns;
    add_report(exchange, REPORT_CANCELED, order, exch_ts_ns)->answers = VENUE_CANCEL;
    remove_order(exchange, at);
}

// A new price or a larger quantity is a new order at the end of the queue. It keeps the quantity
// left to fill of the old one: the reference does not carry the new one over (its defect 3).
static void amend_order(struct exchange *exchange, uint32_t at, const struct venue_request *request,
                        int64_t request_ts_ns, int64_t exch_ts_ns)
{
    struct exchange_order *order = &exchange->orders[exchange->slots[at]];
    bool afresh =
        request->price_ticks != order->price_ticks || request->qty_lots > order->leaves_lots;
    order->request_ts_ns = request_ts_ns;
    order->price_ticks = request->price_ticks;
    order->qty_lots = request->qty_lots;
    if (afresh) {
        struct exchange_order arrived = *order;
        remove_order(exchange, at);
        place_order(exchange, &arrived, VENUE_AMEND, exch_ts_ns);
        return;
    }
    order->leaves_lots = request->qty_lots;
    add_report(exchange, REPORT_AMENDED, order, exch_ts_ns)->answers = VENUE_AMEND;
}

int exchange_request(struct exchange *exchange, const struct venue_request *request,
                     int64_t request_ts_ns, int64_t exch_ts_ns)
{
    struct exchange_order arrived = {.order_id = request->order_id,
                                     .request_ts_ns = request_ts_ns,
                                     .price_ticks = request->price_ticks,
                                     .qty_lots = request->qty_lots,
                                     .leaves_lots = request->qty_lots,
                                     .side = request->side,
                                     .type = request->type,
                                     .tif = request->tif};
    uint32_t at = find_order(exchange, request->order_id);
    bool resting = at != exchange->count;
    if (request->op == VENUE_PLACE && resting) {
        return mm_fail(MM_ERROR_USAGE, "order id %llu is used twice",
                       (unsigned long long)request->order_id);
    }
    enum venue_reject reject = VENUE_REJECT_NONE;
    if (request->op != VENUE_PLACE && !resting) {
        reject = VENUE_REJECT_UNKNOWN_ORDER;
    } else if (request->op != VENUE_CANCEL && request->qty_lots <= 0) {
        reject = VENUE_REJECT_INVALID;
    }
    if (reject != VENUE_REJECT_NONE) {
        refuse(exchange, &arrived, request->op, reject, exch_ts_ns);
    } else if (request->op == VENUE_PLACE) {
        place_order(exchange, &arrived, VENUE_PLACE, exch_ts_ns);
    } else if (request->op == VENUE_CANCEL) {
        cancel_order(exchange, at, request_ts_ns, exch_ts_ns);
    } else {
        amend_order(exchange, at, request, request_ts_ns, exch_ts_ns);
    }
    return MM_OK;
}
