#include "venue/replay/exchange.h"

#include "base/check.h"

#include <math.h>
#include <string.h>

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

int exchange_init(struct exchange *exchange, const struct tape *tape,
                  const struct queue_model *queue_model, const struct fill_rules *rules)
{
    // Field by field: the table's arrays need no start, and clearing them costs more than a short
    // run's orders do.
    exchange->queue_model = *queue_model;
    exchange->rules = *rules;
    exchange->probe = NULL;
    exchange->taken.count = 0;
    exchange->rows = tape->rows;
    exchange->wide = tape->wide;
    exchange->row_by_row = tape->wide_count != 0;
    exchange->count = 0;
    exchange->event_row = 0;
    exchange->event_ts_ns = 0;
    exchange->report_count = 0;
    for (int side = 0; side < 2; side++) {
        exchange->trip[side] = UINT32_MAX;
        exchange->own_best[side] = 0;
        exchange->top[side] = 0;
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

// A level is marked while an own order is there, or something was taken from it.
static void unmark_unused(struct exchange *exchange, uint32_t key)
{
    bool used = taken_lots(&exchange->taken, key) != 0;
    for (uint32_t i = 0; i < exchange->count; i++) {
        used |= exchange->keys[i] == key;
    }
    if (!used) {
        exchange->book.lots[row_side(key)][row_index(key)] &= ~BOOK_MARK;
    }
}

static void remove_order(struct exchange *exchange, uint32_t at)
{
    uint32_t key = exchange->keys[at];
    uint16_t slot = exchange->slots[at];
    uint32_t behind = --exchange->count - at;
    memmove(&exchange->keys[at], &exchange->keys[at + 1], behind * sizeof exchange->keys[0]);
    memmove(&exchange->slots[at], &exchange->slots[at + 1], behind * sizeof exchange->slots[0]);
    exchange->free_slots[EXCHANGE_ORDERS_MAX - 1 - exchange->count] = slot;
    unmark_unused(exchange, key);
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
    int64_t qty_lots;
    int64_t exch_ts_ns;
    int64_t ahead_lots;
    enum venue_op answers;
};

static void report_fill(struct exchange *exchange, struct exchange_order *order,
                        struct execution execution)
{
    order->leaves_lots -= execution.qty_lots;
    struct venue_report *report = add_report(exchange, REPORT_FILLED, order, execution.exch_ts_ns);
    report->answers = execution.answers;
    report->exec_price_ticks = execution.price_ticks;
    report->exec_qty_lots = execution.qty_lots;
    report->maker = execution.rule != FILL_TAKER;
    report->provenance =
        (struct fill_provenance){.rule = execution.rule,
                                 .event_row = exchange->event_row,
                                 .ahead_at_arrival_lots = order->ahead_at_arrival_lots,
                                 .ahead_at_fill_lots = execution.ahead_lots};
}

// Of an order that fills: what is asked for, up to all that is left.
static const int64_t whole_order = INT64_MAX;

// A resting order fills at its own price. Returns the lots executed; an order with nothing left is
// gone from the table.
static int64_t fill_maker(struct exchange *exchange, uint32_t at, enum fill_rule rule, int64_t lots,
                          int64_t exch_ts_ns)
{
    struct exchange_order *order = &exchange->orders[exchange->slots[at]];
    if (lots >= order->leaves_lots) {
        lots = order->leaves_lots;
    } else if (exchange->report_count >= EXCHANGE_PARTIAL_MAX) {
        return 0;
    }
    report_fill(exchange, order,
                (struct execution){.rule = rule,
                                   .price_ticks = order->price_ticks,
                                   .qty_lots = lots,
                                   .exch_ts_ns = exch_ts_ns,
                                   .ahead_lots = queue_ahead_lots(&order->queue, exchange->lot)});
    if (order->leaves_lots == 0) {
        remove_order(exchange, at);
    }
    return lots;
}

// Whether the recorded book's best reaches a resting order: only the rest of one that took.
static bool is_crossed(const struct exchange *exchange, uint32_t key)
{
    uint32_t best = exchange->book.best[side_opposite(row_side(key))];
    return exchange->rules.partial && row_index(key) + best >= exchange->book.geometry.span;
}

// ---- the market ----

// Tells the probe, if it asked for this order.
static void tell_move(const struct exchange *exchange, const struct exchange_order *order,
                      struct queue_move move, double front_before)
{
    const struct exchange_probe *probe = exchange->probe;
    if (probe == NULL || probe->order_id != order->order_id) {
        return;
    }
    move.order_id = order->order_id;
    move.exch_ts_ns = exchange->event_ts_ns;
    move.event_row = exchange->event_row;
    move.ahead_before =
        queue_ahead_lots(&(struct queue_position){.front = front_before}, exchange->lot);
    move.ahead_after = queue_ahead_lots(&order->queue, exchange->lot);
    probe->moved(probe->context, &move);
}

// A level with own orders, or from which some was taken, changed: places in the queue move.
__attribute__((noinline)) static void level_changed(struct exchange *exchange, uint32_t key,
                                                    uint32_t lots_before, uint32_t lots_after)
{
    double before = exchange_qty(exchange, lots_before);
    double after = exchange_qty(exchange, lots_after);
    double ahead_of_us = -INFINITY; // an own order never stands before one that came earlier
    for (uint32_t i = 0; i < exchange->count; i++) {
        if (exchange->keys[i] != key) {
            continue;
        }
        struct exchange_order *order = &exchange->orders[exchange->slots[i]];
        double front = order->queue.front;
        queue_level(&exchange->queue_model, &order->queue, before, after);
        if (exchange->rules.own_queue) {
            order->queue.front = fmax(order->queue.front, ahead_of_us);
            ahead_of_us = order->queue.front;
        }
        tell_move(exchange, order,
                  (struct queue_move){.lots_before = lots_before, .lots_after = lots_after}, front);
    }
    if (exchange->taken.count > 0) {
        taken_forget(&exchange->taken, key);
        unmark_unused(exchange, key);
    }
}

// Own orders that a level of `side` at `index` reaches fill at their own prices: in full, or from
// the `added_lots` where the best had reached them before.
static void best_reached(struct exchange *exchange, enum side side, uint32_t index,
                         int64_t added_lots, int64_t exch_ts_ns)
{
    uint32_t least = exchange->book.geometry.span - index;
    for (uint32_t i = 0; i < exchange->count;) {
        uint32_t key = exchange->keys[i], count = exchange->count;
        if (row_side(key) != side && row_index(key) >= least) {
            bool crossed = is_crossed(exchange, key);
            if (!crossed || added_lots > 0) {
                int64_t lots = fill_maker(exchange, i, FILL_BEST_CROSSED,
                                          crossed ? added_lots : whole_order, exch_ts_ns);
                added_lots -= crossed ? lots : 0;
            }
        }
        i += exchange->count == count;
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
        int64_t added_lots = (int64_t)lots - (before & ~BOOK_MARK);
        best_reached(exchange, side, index, added_lots, exch_ts_ns);
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

struct trade {
    enum side side; // of the book it took from
    int64_t price_ticks;
    int64_t lots, own_lots; // as recorded, and of them what own orders ahead took
};

// A trade at an order's price: fills it once the queue ahead is used up.
static void trade_at_price(struct exchange *exchange, uint32_t at, struct trade *trade,
                           int64_t exch_ts_ns)
{
    struct exchange_order *order = &exchange->orders[exchange->slots[at]];
    double front = order->queue.front;
    int64_t own_lots = exchange->rules.own_queue ? trade->own_lots : 0;
    queue_trade(&exchange->queue_model, &order->queue, exchange_qty(exchange, trade->lots),
                exchange_qty(exchange, trade->lots - own_lots));
    int64_t past_lots = queue_take_filled_lots(&order->queue, exchange->lot);
    tell_move(exchange, order, (struct queue_move){.by_trade = true, .lots_before = trade->lots},
              front);
    if (past_lots > 0) {
        trade->own_lots +=
            fill_maker(exchange, at, FILL_QUEUE, exchange->rules.partial ? past_lots : whole_order,
                       exch_ts_ns);
    }
}

// A trade beyond an order's price fills it.
static void trade_beyond_price(struct exchange *exchange, uint32_t at, struct trade *trade,
                               int64_t exch_ts_ns)
{
    if (!is_crossed(exchange, exchange->keys[at])) {
        fill_maker(exchange, at, FILL_TRADE_THROUGH, whole_order, exch_ts_ns);
    } else if (trade->lots > trade->own_lots) {
        trade->own_lots +=
            fill_maker(exchange, at, FILL_TRADE_THROUGH, trade->lots - trade->own_lots, exch_ts_ns);
    }
}

// A trade against every own order that it meets. (Trades at or behind the opposite best reach
// nothing: no own order is there.)
static void apply_trade(struct exchange *exchange, struct trade trade, int64_t exch_ts_ns)
{
    for (uint32_t i = 0; i < exchange->count;) {
        const struct exchange_order *order = &exchange->orders[exchange->slots[i]];
        uint32_t count = exchange->count;
        int64_t beyond = trade.side == SIDE_BUY ? order->price_ticks - trade.price_ticks
                                                : trade.price_ticks - order->price_ticks;
        if (order->side == trade.side && beyond > 0) {
            trade_beyond_price(exchange, i, &trade, exch_ts_ns);
        } else if (order->side == trade.side && beyond == 0) {
            trade_at_price(exchange, i, &trade, exch_ts_ns);
        }
        i += exchange->count == count;
    }
}

__attribute__((noinline)) static void apply_trade_row(struct exchange *exchange, struct row row,
                                                      int64_t exch_ts_ns)
{
    enum side side = row_side(row.key);
    struct trade trade = {.side = side, .lots = row.lots};
    if (row.key == ROW_WIDE) {
        const struct wide_row *wide = &exchange->wide[row.lots];
        trade = (struct trade){.side = (enum side)wide->side,
                               .price_ticks = wide->price_ticks,
                               .lots = wide->qty_lots};
    } else {
        trade.price_ticks = geometry_ticks(exchange->book.geometry, side, row_index(row.key));
    }
    apply_trade(exchange, trade, exch_ts_ns);
}

// A clear removes the side's levels down to its price, from the best or, with clear_stale, from the
// top: levels that a crossing best left behind lie above. It changes no queue: the snapshot after
// it does.
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
    uint32_t first = exchange->rules.clear_stale ? exchange->top[side] : book->best[side];
    for (uint32_t index = first; index >= last && index != 0; index--) {
        if (book->lots[side][index] != 0) { // a page never written stays the common zero page
            book->lots[side][index] &= BOOK_MARK;
        }
    }
    if (exchange->rules.clear_stale && last <= first) {
        exchange->top[side] = last - 1;
    }
}

// Depth rows of one side, one by one.
static inline void store_rows(struct exchange *exchange, uint32_t *lots, const struct row *row,
                              const struct row *end)
{
    for (; row < end; row++) {
        uint32_t *level = &lots[row_index(row->key)];
        uint32_t before = *level;
        *level = row->lots;
        if (UNLIKELY((before & BOOK_MARK) != 0)) {
            *level = row->lots | BOOK_MARK;
            level_changed(exchange, row->key, before & ~BOOK_MARK, row->lots);
        }
    }
}

// Depth rows of one side, none of which reaches an own order by its price, up to the first of the
// other side, which is returned. Four at a time while all are of the side and no level of theirs is
// marked: one test each for four.
static inline const struct row *store_run(struct exchange *exchange, enum side side,
                                          const struct row *row, const struct row *end)
{
    uint32_t *lots = exchange->book.lots[side];
    const uint32_t flip =
        side == SIDE_SELL ? ROW_SIDE_BIT : 0; // a key of the side becomes its index
    for (; end - row >= 4; row += 4) {
        uint32_t a = row[0].key ^ flip, b = row[1].key ^ flip;
        uint32_t c = row[2].key ^ flip, d = row[3].key ^ flip;
        if (((a | b | c | d) & ROW_SIDE_BIT) != 0) {
            break;
        }
        if (UNLIKELY(((lots[a] | lots[b] | lots[c] | lots[d]) & BOOK_MARK) != 0)) {
            store_rows(exchange, lots, row, row + 4);
            continue;
        }
        lots[a] = row[0].lots;
        lots[b] = row[1].lots;
        lots[c] = row[2].lots;
        lots[d] = row[3].lots;
    }
    const struct row *run_end = row;
    while (run_end < end && row_side(run_end->key) == side) {
        run_end++;
    }
    store_rows(exchange, lots, row, run_end);
    return run_end;
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

static inline void raise_top(struct exchange *exchange, enum side side, uint32_t peak)
{
    exchange->top[side] = peak > exchange->top[side] ? peak : exchange->top[side];
}

static inline void apply_message(struct exchange *exchange, const struct tape_message *message)
{
    const struct row *row = exchange->rows + message->first_row;
    const struct row *end = row + tape_message_count(message);
    exchange->event_row = message->first_row;
    exchange->event_ts_ns = message->ts_ns;
    switch (tape_message_kind(message)) {
    case EVENT_TRADE:
        apply_trades(exchange, row, end, message->ts_ns);
        return;
    case EVENT_DEPTH:
    case EVENT_SNAPSHOT:
        raise_top(exchange, SIDE_BUY, message->best_peak[0]);
        raise_top(exchange, SIDE_SELL, message->best_peak[1]);
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

// The levels that an order takes, from the best on.
struct sweep {
    uint32_t count;
    int64_t lots;
    uint32_t keys[EXCHANGE_SWEEP_MAX];
    int64_t level_lots[EXCHANGE_SWEEP_MAX];
};

// The last level of the other side within a crossing order's price.
static uint32_t last_index(const struct book *book, const struct exchange_order *order)
{
    bool limited = order->type == ORDER_LIMIT && geometry_holds(book->geometry, order->price_ticks);
    return limited ? geometry_index(book->geometry, side_opposite(order->side), order->price_ticks)
                   : 1;
}

static void plan_sweep(const struct exchange *exchange, const struct exchange_order *order,
                       struct sweep *out)
{
    const struct book *book = &exchange->book;
    enum side opposite = side_opposite(order->side);
    uint32_t last = last_index(book, order);
    out->count = 0;
    out->lots = 0;
    for (uint32_t index = book->best[opposite];
         index >= last && out->lots < order->leaves_lots && out->count < EXCHANGE_SWEEP_MAX;
         index--) {
        uint32_t key = index | (uint32_t)opposite << 31;
        int64_t lots = book_lots(book, opposite, index) - taken_lots(&exchange->taken, key);
        int64_t wanted = order->leaves_lots - out->lots;
        if (lots > 0 && taken_has_room(&exchange->taken, key)) {
            out->keys[out->count] = key;
            out->level_lots[out->count] = lots < wanted ? lots : wanted;
            out->lots += out->level_lots[out->count++];
        }
    }
}

static void remember_taken(struct exchange *exchange, uint32_t key, int64_t lots)
{
    if (exchange->rules.remember_taken) {
        taken_add(&exchange->taken, key, lots);
        exchange->book.lots[row_side(key)][row_index(key)] |= BOOK_MARK;
    }
}

// Executes an order that crosses: all of it at the best price, or what each level holds.
static void take(struct exchange *exchange, struct exchange_order *order, enum venue_op answers,
                 int64_t exch_ts_ns)
{
    struct book *book = &exchange->book;
    struct execution execution = {.rule = FILL_TAKER,
                                  .price_ticks = book_best_ticks(book, side_opposite(order->side)),
                                  .qty_lots = order->leaves_lots,
                                  .exch_ts_ns = exch_ts_ns,
                                  .answers = answers};
    if (!exchange->rules.partial) {
        report_fill(exchange, order, execution);
        return;
    }
    struct sweep sweep;
    plan_sweep(exchange, order, &sweep);
    if (order->tif == TIF_FOK && sweep.lots < order->leaves_lots) {
        return;
    }
    for (uint32_t i = 0; i < sweep.count; i++) {
        uint32_t key = sweep.keys[i];
        execution.price_ticks = geometry_ticks(book->geometry, row_side(key), row_index(key));
        execution.qty_lots = sweep.level_lots[i];
        remember_taken(exchange, key, execution.qty_lots);
        report_fill(exchange, order, execution);
    }
}

// Whether what is left of an order that arrived now rests; if not, its last report has been made.
static bool takes_or_ends(struct exchange *exchange, struct exchange_order *order,
                          enum venue_op answers, int64_t exch_ts_ns)
{
    bool market = order->type == ORDER_MARKET;
    bool crossing = market ? exchange->book.best[side_opposite(order->side)] != 0
                           : crosses(&exchange->book, order);
    bool ends = market || order->tif == TIF_IOC || order->tif == TIF_FOK;
    if (crossing && (market || order->tif != TIF_POST_ONLY)) {
        take(exchange, order, answers, exch_ts_ns);
        if (order->leaves_lots == 0) {
            return true;
        }
    } else {
        ends |= crossing;
    }
    if (ends) {
        add_report(exchange, REPORT_EXPIRED, order, exch_ts_ns)->answers = answers;
    }
    return ends;
}

// What own orders at a level have in front of the next one.
static int64_t own_lots_at(const struct exchange *exchange, uint32_t key)
{
    int64_t lots = 0;
    for (uint32_t i = 0; exchange->rules.own_queue && i < exchange->count; i++) {
        lots += exchange->keys[i] == key ? exchange->orders[exchange->slots[i]].leaves_lots : 0;
    }
    return lots;
}

// Puts an order that arrived now where its price and conditions say.
static void place_order(struct exchange *exchange, struct exchange_order *arrived,
                        enum venue_op answers, int64_t exch_ts_ns)
{
    int64_t leaves_lots = arrived->leaves_lots;
    if (takes_or_ends(exchange, arrived, answers, exch_ts_ns)) {
        return;
    }
    uint32_t key;
    bool fits = own_key(exchange, arrived->side, arrived->price_ticks, &key);
    bool full = exchange->count == EXCHANGE_ORDERS_MAX;
    // The order that an amend replaces is gone already, and executions cannot be taken back.
    bool begun = answers == VENUE_AMEND || arrived->leaves_lots < leaves_lots;
    if ((!fits || full) && begun) {
        add_report(exchange, REPORT_EXPIRED, arrived, exch_ts_ns)->answers = answers;
        return;
    }
    if (!fits || full) {
        enum venue_reject why = fits ? VENUE_REJECT_RATE_LIMIT : VENUE_REJECT_INVALID;
        refuse(exchange, arrived, answers, why, exch_ts_ns);
        return;
    }
    arrived->ahead_at_arrival_lots = book_lots(&exchange->book, arrived->side, row_index(key));
    queue_join(&arrived->queue, exchange_qty(exchange, arrived->ahead_at_arrival_lots));
    arrived->ahead_at_arrival_lots += own_lots_at(exchange, key);
    struct exchange_order *order = add_order(exchange, key);
    *order = *arrived;
    enum venue_report_kind kind = answers == VENUE_PLACE ? REPORT_PLACED : REPORT_AMENDED;
    struct venue_report *report = add_report(exchange, kind, order, exch_ts_ns);
    report->answers = answers;
    report->provenance.ahead_at_arrival_lots = order->ahead_at_arrival_lots;
}

static void cancel_order(struct exchange *exchange, uint32_t at, int64_t request_ts_ns,
                         int64_t exch_ts_ns)
{
    struct exchange_order *order = &exchange->orders[exchange->slots[at]];
    order->request_ts_ns = request_ts_ns;
    add_report(exchange, REPORT_CANCELED, order, exch_ts_ns)->answers = VENUE_CANCEL;
    remove_order(exchange, at);
}

// A new price or a larger quantity is a new order at the end of the queue. Without amend_in_full it
// keeps the quantity left to fill of the old one: the reference does not carry the new one over
// (its defect 3).
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
        arrived.leaves_lots =
            exchange->rules.amend_in_full ? request->qty_lots : order->leaves_lots;
        remove_order(exchange, at);
        place_order(exchange, &arrived, VENUE_AMEND, exch_ts_ns);
        return;
    }
    order->leaves_lots = request->qty_lots;
    struct venue_report *report = add_report(exchange, REPORT_AMENDED, order, exch_ts_ns);
    report->answers = VENUE_AMEND;
    report->provenance.ahead_at_arrival_lots = order->ahead_at_arrival_lots;
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
