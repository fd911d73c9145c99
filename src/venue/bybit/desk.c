#include "venue/bybit/desk.h"

#include "base/check.h"
#include "base/integers.h"

#include <string.h>

#define MS INT64_C(1000000)

static const int64_t BUSY_WAIT_NS = 50 * MS;
static const int64_t EXECUTIONS_WAIT_NS = 500 * MS; // for those of an order that has ended
static const int64_t ROW_WAIT_NS = 500 * MS; // for that of an order whose executions are all there
enum { ABSENCES_NEEDED = 2 };

void desk_init(struct desk *desk, const struct desk_config *config)
{
    memset(desk, 0, sizeof *desk);
    desk->config = *config;
}

static struct desk_order *find(struct desk *desk, uint64_t id)
{
    for (uint32_t i = 0; i < desk->order_end; i++) {
        if (id != 0 && desk->orders[i].id == id) {
            return &desk->orders[i];
        }
    }
    return NULL;
}

// The first free place, which is the caller's to fill; NULL: none.
static struct desk_order *take_free(struct desk *desk)
{
    uint32_t i = 0;
    while (i < desk->order_end && desk->orders[i].id != 0) {
        i++;
    }
    if (i == DESK_ORDERS_MAX) {
        return NULL;
    }
    desk->order_end = i == desk->order_end ? i + 1 : desk->order_end;
    return &desk->orders[i];
}

static void release(struct desk *desk, struct desk_order *order)
{
    *order = (struct desk_order){0};
    while (desk->order_end > 0 && desk->orders[desk->order_end - 1].id == 0) {
        desk->order_end--;
    }
}

const struct desk_order *desk_order(const struct desk *desk, uint64_t id)
{
    return find((struct desk *)desk, id);
}

// ---- reports ----

static struct venue_report *add_report(struct desk *desk, enum venue_report_kind kind,
                                       enum side side, uint64_t id, int64_t now_ns)
{
    MM_ASSERT(desk->report_count - desk->report_head < DESK_REPORTS_MAX);
    struct venue_report *report = &desk->reports[desk->report_count++ % DESK_REPORTS_MAX];
    *report = (struct venue_report){
        .kind = kind, .side = side, .order_id = id, .local_ts_ns = now_ns, .exch_ts_ns = now_ns};
    return report;
}

// About an order as it is now.
static struct venue_report *report_order(struct desk *desk, enum venue_report_kind kind,
                                         const struct desk_order *order, int64_t now_ns)
{
    struct venue_report *report = add_report(desk, kind, order->side, order->id, now_ns);
    report->answers = order->op;
    report->request_ts_ns = order->sent_ns;
    report->price_ticks = order->price_ticks;
    report->qty_lots = order->qty_lots;
    report->leaves_qty_lots = int64_larger(0, order->qty_lots - order->cum_lots);
    report->maker = true;
    if (order->updated_ms > 0) {
        report->exch_ts_ns = order->updated_ms * MS;
    }
    return report;
}

static void reject(struct desk *desk, const struct desk_order *order, enum venue_reject reason,
                   int64_t now_ns)
{
    report_order(desk, REPORT_REJECTED, order, now_ns)->reject = reason;
    desk->counters.refused++;
}

bool desk_take_report(struct desk *desk, struct venue_report *out)
{
    if (desk->report_head == desk->report_count) {
        return false;
    }
    *out = desk->reports[desk->report_head++ % DESK_REPORTS_MAX];
    return true;
}

// ---- states ----

static void settle(struct desk_order *order)
{
    order->op = VENUE_NONE;
    order->is_queued = false;
    order->is_unknown = false;
    order->was_busy = false;
    order->absences = 0;
    order->ask_due_ns = INT64_MAX;
}

static void become_unknown(struct desk *desk, struct desk_order *order, int64_t ask_ns,
                           int64_t now_ns)
{
    if (!order->is_unknown) {
        order->is_unknown = true;
        desk->counters.unknown++;
        (void)report_order(desk, REPORT_LOST, order, now_ns);
    }
    order->ask_due_ns = int64_smaller(order->ask_due_ns, ask_ns);
}

static void finish_if_whole(struct desk *desk, struct desk_order *order, int64_t now_ns)
{
    if (!order->is_over || order->cum_lots < order->end_lots) {
        return;
    }
    // A whole fill has been reported by its last execution.
    if (order->end_kind != REPORT_FILLED) {
        struct venue_report *report = report_order(desk, order->end_kind, order, now_ns);
        report->exch_ts_ns = order->end_ns;
        if (order->end_kind == REPORT_REJECTED) {
            report->answers = VENUE_PLACE;
            report->reject = VENUE_REJECT_INVALID;
        }
    }
    release(desk, order);
}

// ---- from the bot ----

static void refuse(struct desk *desk, const struct venue_request *request, enum venue_reject reason,
                   int64_t now_ns)
{
    struct venue_report *report =
        add_report(desk, REPORT_REJECTED, request->side, request->order_id, now_ns);
    report->answers = request->op;
    report->reject = reason;
    report->request_ts_ns = now_ns;
    desk->counters.refused++;
}

static bool is_within(int64_t value, int64_t least, int64_t most)
{
    return value >= least && (most == 0 || value <= most);
}

static bool is_acceptable(const struct desk *desk, int64_t price_ticks, int64_t lots)
{
    const struct desk_filters *filters = &desk->config.filters;
    return is_within(lots, filters->qty_min_lots, filters->qty_max_lots) &&
           is_within(price_ticks, filters->price_min_ticks, filters->price_max_ticks) &&
           (filters->value_min_e9 == 0 ||
            instrument_notional_e9(&desk->config.instrument, lots, 2 * price_ticks) >=
                filters->value_min_e9);
}

static void take_place(struct desk *desk, const struct venue_request *request, int64_t now_ns)
{
    if (!desk->takes_places || find(desk, request->order_id) != NULL) {
        refuse(desk, request, VENUE_REJECT_UNREACHABLE, now_ns);
        return;
    }
    if (!is_acceptable(desk, request->price_ticks, request->qty_lots)) {
        refuse(desk, request, VENUE_REJECT_INVALID, now_ns);
        return;
    }
    struct desk_order *order = take_free(desk);
    if (order == NULL) {
        refuse(desk, request, VENUE_REJECT_UNREACHABLE, now_ns);
        return;
    }
    *order = (struct desk_order){.id = request->order_id,
                                 .side = request->side,
                                 .tif = request->tif,
                                 .type = request->type,
                                 .price_ticks = request->price_ticks,
                                 .qty_lots = request->qty_lots,
                                 .target_price_ticks = request->price_ticks,
                                 .target_lots = request->qty_lots,
                                 .op = VENUE_PLACE,
                                 .is_queued = true,
                                 .sent_ns = now_ns,
                                 .ask_due_ns = INT64_MAX};
}

static void take_amend(struct desk *desk, const struct venue_request *request,
                       struct desk_order *order, int64_t now_ns)
{
    // The exchange counts what has been executed, too.
    int64_t lots = order->cum_lots + request->qty_lots;
    if (!desk->takes_places || order->op != VENUE_NONE || order->is_unknown || order->is_over) {
        refuse(desk, request, VENUE_REJECT_UNREACHABLE, now_ns);
        return;
    }
    if (!is_acceptable(desk, request->price_ticks, lots)) {
        refuse(desk, request, VENUE_REJECT_INVALID, now_ns);
        return;
    }
    order->op = VENUE_AMEND;
    order->sent_ns = now_ns;
    order->target_price_ticks = request->price_ticks;
    order->target_lots = lots;
    if (lots == order->qty_lots && request->price_ticks == order->price_ticks) {
        (void)report_order(desk, REPORT_AMENDED, order, now_ns); // the exchange refuses a no-op
        settle(order);
        return;
    }
    order->is_queued = true;
}

static void take_cancel(struct desk_order *order, int64_t now_ns)
{
    // What became of it is being found out; the bot decides anew when it is known.
    if (order->is_unknown || order->is_over || order->op != VENUE_NONE) {
        return;
    }
    order->op = VENUE_CANCEL;
    order->is_queued = true;
    order->sent_ns = now_ns;
}

void desk_send(struct desk *desk, const struct venue_request *request, int64_t now_ns)
{
    if (request->op == VENUE_PLACE) {
        take_place(desk, request, now_ns);
        return;
    }
    struct desk_order *order = find(desk, request->order_id);
    if (order == NULL) {
        refuse(desk, request, VENUE_REJECT_UNKNOWN_ORDER, now_ns);
    } else if (request->op == VENUE_AMEND) {
        take_amend(desk, request, order, now_ns);
    } else {
        take_cancel(order, now_ns);
    }
}

// ---- to the exchange ----

struct desk_order *desk_queued(struct desk *desk, enum venue_op op, uint32_t *cursor,
                               int64_t now_ns)
{
    while (*cursor < desk->order_end) {
        struct desk_order *order = &desk->orders[(*cursor)++];
        if (order->id != 0 && order->is_queued && order->op == op &&
            order->not_before_ns <= now_ns) {
            return order;
        }
    }
    return NULL;
}

void desk_sent(struct desk *desk, struct desk_order *order, int64_t now_ns)
{
    order->is_queued = false;
    order->sent_ns = now_ns;
    desk->counters.placed += order->op == VENUE_PLACE;
    desk->counters.amended += order->op == VENUE_AMEND;
    desk->counters.cancelled += order->op == VENUE_CANCEL;
}

void desk_withdraw(struct desk *desk, struct desk_order *order, enum venue_reject reason,
                   int64_t now_ns)
{
    bool is_place = order->op == VENUE_PLACE;
    reject(desk, order, reason, now_ns);
    settle(order);
    if (is_place) {
        release(desk, order);
    }
}

// ---- answers ----

static void take_refusal(struct desk *desk, struct desk_order *order, int64_t now_ns)
{
    if (order->op == VENUE_PLACE && order->is_shown) {
        become_unknown(desk, order, now_ns, now_ns); // it cannot be both
        return;
    }
    desk_withdraw(desk, order, VENUE_REJECT_INVALID, now_ns);
}

static void take_busy(struct desk *desk, struct desk_order *order, int64_t now_ns)
{
    if (order->was_busy || order->op == VENUE_PLACE) {
        become_unknown(desk, order, now_ns, now_ns);
        return;
    }
    order->was_busy = true;
    order->is_queued = true;
    order->not_before_ns = now_ns + BUSY_WAIT_NS;
}

// The request an answer belongs to, if it is still outstanding.
static struct desk_order *find_request(struct desk *desk, uint64_t id, enum venue_op op,
                                       int64_t sent_ns)
{
    struct desk_order *order = find(desk, id);
    bool waits = order != NULL && order->op == op && !order->is_queued &&
                 order->sent_ns == sent_ns && !order->is_over;
    return waits ? order : NULL;
}

void desk_answer(struct desk *desk, uint64_t id, enum venue_op op, int64_t sent_ns,
                 enum code_meaning meaning, int64_t now_ns)
{
    struct desk_order *order = find_request(desk, id, op, sent_ns);
    if (order == NULL) {
        return; // the row was first, or the order has ended
    }
    switch (meaning) {
    case CODE_ACCEPTED:
        break; // accepted is not done: its row says what became of it
    case CODE_REFUSED:
        take_refusal(desk, order, now_ns);
        break;
    case CODE_BUSY:
        take_busy(desk, order, now_ns);
        break;
    case CODE_GONE:
    case CODE_AMBIGUOUS:
        order->sent_ns = now_ns; // from here on it cannot be taken any more
        become_unknown(desk, order, now_ns, now_ns);
        break;
    }
}

void desk_no_answer(struct desk *desk, uint64_t id, enum venue_op op, int64_t sent_ns,
                    int64_t now_ns)
{
    struct desk_order *order = find_request(desk, id, op, sent_ns);
    if (order != NULL) {
        order->sent_ns = now_ns; // it may have been under way until now
        become_unknown(desk, order, now_ns, now_ns);
    }
}

// ---- rows ----

// Whether what was asked for at `sent_ns` can no longer happen: the exchange was asked later than
// it would have taken the request.
static bool is_too_late(const struct desk *desk, const struct desk_order *order, int64_t asked_ns)
{
    return asked_ns >= order->sent_ns + desk->config.recv_window_ns;
}

static void show(struct desk_order *order, const struct order_row *row)
{
    order->is_shown = true;
    order->absences = 0;
    order->price_ticks = row->price_ticks;
    order->qty_lots = row->qty_lots;
    order->updated_ms = row->updated_ms;
}

static void report_resting(struct desk *desk, struct desk_order *order, enum venue_report_kind kind,
                           const struct order_row *row, int64_t now_ns)
{
    struct venue_report *report = report_order(desk, kind, order, now_ns);
    // The executions it counts come by themselves, before or after.
    report->leaves_qty_lots =
        int64_larger(0, row->qty_lots - int64_larger(row->cum_lots, order->cum_lots));
    settle(order);
}

static bool is_as_wanted(const struct desk_order *order, const struct order_row *row)
{
    return row->price_ticks == order->target_price_ticks && row->qty_lots == order->target_lots;
}

// Nothing is outstanding, yet the bot was told that nothing is known.
static void report_found(struct desk *desk, struct desk_order *order, const struct order_row *row,
                         int64_t now_ns)
{
    if (order->is_unknown) {
        report_resting(desk, order, REPORT_PLACED, row, now_ns);
    }
}

static void take_open_row(struct desk *desk, struct desk_order *order, const struct order_row *row,
                          int64_t asked_ns, int64_t now_ns)
{
    show(order, row);
    if (order->is_queued) {
        return; // what is wanted has not been sent yet
    }
    switch (order->op) {
    case VENUE_PLACE:
        report_resting(desk, order, REPORT_PLACED, row, now_ns);
        return;
    case VENUE_AMEND:
        if (is_as_wanted(order, row)) {
            report_resting(desk, order, REPORT_AMENDED, row, now_ns);
            return;
        }
        break;
    case VENUE_CANCEL:
        break;
    case VENUE_NONE:
        report_found(desk, order, row, now_ns);
        return;
    }
    if (asked_ns != 0 && is_too_late(desk, order, asked_ns)) {
        reject(desk, order, VENUE_REJECT_UNREACHABLE, now_ns); // it stands as it was
        settle(order);
    }
}

static enum venue_report_kind end_kind_of(const struct desk_order *order,
                                          const struct order_row *row)
{
    if (row->stage == STAGE_FILLED) {
        return REPORT_FILLED;
    }
    if (row->would_take) {
        return REPORT_EXPIRED; // by its own condition, whatever the status says
    }
    return row->stage == STAGE_REJECTED && !order->is_shown ? REPORT_REJECTED : REPORT_CANCELED;
}

static void take_end(struct desk *desk, struct desk_order *order, const struct order_row *row,
                     int64_t now_ns)
{
    if (!order->is_over) {
        order->is_over = true;
        order->is_queued = false;
        order->end_kind = end_kind_of(order, row);
        order->end_lots = row->cum_lots;
        order->end_ns = row->updated_ms > 0 ? row->updated_ms * MS : now_ns;
        order->ask_due_ns = now_ns + EXECUTIONS_WAIT_NS;
        order->updated_ms = row->updated_ms;
    }
    finish_if_whole(desk, order, now_ns);
}

bool desk_row(struct desk *desk, uint64_t id, const struct order_row *row, int64_t asked_ns,
              int64_t now_ns)
{
    struct desk_order *order = find(desk, id);
    if (order == NULL) {
        desk->counters.late_rows++;
        return false;
    }
    order->seen_ns = now_ns;
    bool is_stale = row->updated_ms < order->updated_ms;
    if (row->stage == STAGE_FILLED || row->stage == STAGE_ENDED || row->stage == STAGE_REJECTED) {
        take_end(desk, order, row, now_ns);
    } else if (row->stage == STAGE_OPEN && !order->is_over && !is_stale) {
        take_open_row(desk, order, row, asked_ns, now_ns);
    }
    return true;
}

void desk_absent(struct desk *desk, uint64_t id, int64_t asked_ns, int64_t now_ns)
{
    struct desk_order *order = find(desk, id);
    if (order == NULL || order->is_over || order->is_shown || order->cum_lots > 0 ||
        order->op != VENUE_PLACE || order->is_queued || !is_too_late(desk, order, asked_ns)) {
        return;
    }
    if (++order->absences >= ABSENCES_NEEDED) {
        desk->counters.absent++;
        desk_withdraw(desk, order, VENUE_REJECT_UNREACHABLE, now_ns);
    }
}

static void ask_in(struct desk_order *order, int64_t wait_ns, int64_t now_ns)
{
    order->ask_due_ns = int64_smaller(order->ask_due_ns, now_ns + wait_ns);
}

void desk_list_taken(struct desk *desk, int64_t asked_ns, int64_t now_ns)
{
    for (uint32_t i = 0; i < desk->order_end; i++) {
        struct desk_order *order = &desk->orders[i];
        bool rests =
            order->id != 0 && order->op == VENUE_NONE && !order->is_unknown && !order->is_over;
        if (rests && order->seen_ns < asked_ns) {
            ask_in(order, 0, now_ns);
        }
    }
}

// ---- executions ----

static uint32_t place_of(const struct desk *desk, uint64_t execution_id)
{
    uint32_t at = (uint32_t)execution_id & (DESK_EXECUTIONS_KEPT - 1);
    while (desk->executions[at] != 0 && desk->executions[at] != execution_id) {
        at = (at + 1) & (DESK_EXECUTIONS_KEPT - 1);
    }
    return at;
}

// Of twice as many places as are kept. When the ring is full the older half goes.
static void forget_older(struct desk *desk)
{
    enum { KEPT = DESK_EXECUTIONS_KEPT / 4 };
    uint64_t first = desk->execution_count - KEPT;
    for (uint32_t i = 0; i < DESK_EXECUTIONS_KEPT; i++) {
        desk->executions[i] = 0;
    }
    for (uint64_t i = 0; i < KEPT; i++) {
        uint64_t id = desk->newest[first + i];
        desk->newest[i] = id;
        desk->executions[place_of(desk, id)] = id;
    }
    desk->execution_count = KEPT;
}

// False when it was there.
static bool remember(struct desk *desk, uint64_t execution_id)
{
    uint64_t id = execution_id != 0 ? execution_id : 1; // 0 marks a free place
    uint32_t at = place_of(desk, id);
    if (desk->executions[at] == id) {
        return false;
    }
    desk->executions[at] = id;
    desk->newest[desk->execution_count++] = id;
    if (desk->execution_count == DESK_EXECUTIONS_KEPT / 2) {
        forget_older(desk);
    }
    return true;
}

void desk_skip_execution(struct desk *desk, uint64_t execution_id)
{
    (void)remember(desk, execution_id);
}

static int64_t leaves_after(const struct desk_order *order, const struct execution_row *row)
{
    if (row->has_leaves) {
        return row->leaves_lots;
    }
    return order != NULL ? int64_larger(0, order->qty_lots - order->cum_lots) : 0;
}

static void report_fill(struct desk *desk, struct desk_order *order, uint64_t id,
                        const struct execution_row *row, int64_t now_ns)
{
    struct venue_report *report = add_report(desk, REPORT_FILLED, row->side, id, now_ns);
    report->exch_ts_ns = row->time_ms * MS;
    report->price_ticks = order != NULL ? order->price_ticks : row->price_ticks;
    report->qty_lots = order != NULL ? order->qty_lots : row->qty_lots;
    report->leaves_qty_lots = leaves_after(order, row);
    report->exec_price_ticks = row->price_ticks;
    report->exec_qty_lots = row->qty_lots;
    report->maker = row->maker;
    report->provenance.rule = row->maker ? FILL_EXCHANGE : FILL_TAKER;
}

static void book_fill(struct desk *desk, uint64_t id, const struct execution_row *row,
                      int64_t now_ns)
{
    struct desk_order *order = find(desk, id);
    desk->counters.fills++;
    desk->counters.stranger_fills += id == 0;
    desk->counters.late_fills += id != 0 && order == NULL;
    desk->position_lots += side_sign(row->side) * row->qty_lots;
    if (order != NULL) {
        order->cum_lots += row->qty_lots;
        order->is_shown = true;
    }
    report_fill(desk, order, id, row, now_ns);
    if (order == NULL) {
        return;
    }
    if (!order->is_over && order->cum_lots >= order->qty_lots) {
        ask_in(order, ROW_WAIT_NS, now_ns); // the row that ends it may have been lost
    }
    finish_if_whole(desk, order, now_ns);
}

static void book_funding(struct desk *desk, const struct execution_row *row, int64_t now_ns)
{
    struct venue_report *report = add_report(desk, REPORT_FUNDING, row->side, 0, now_ns);
    report->exch_ts_ns = row->time_ms * MS;
    report->paid_quote_e9 = row->fee_e9;
    desk->counters.fundings++;
    desk->counters.funding_quote_e9 += row->fee_e9;
}

bool desk_execution(struct desk *desk, uint64_t id, const struct execution_row *row, int64_t now_ns)
{
    bool is_fill = row->kind == EXECUTION_FILL && row->qty_lots > 0;
    if (!is_fill && row->kind != EXECUTION_FUNDING) {
        return false;
    }
    if (!remember(desk, row->id)) {
        desk->counters.duplicate_executions++;
        return false;
    }
    desk->newest_fill_ms = int64_larger(desk->newest_fill_ms, row->time_ms);
    if (is_fill) {
        book_fill(desk, id, row, now_ns);
    } else {
        book_funding(desk, row, now_ns);
    }
    return true;
}

// ---- questions and time ----

uint64_t desk_question(const struct desk *desk, int64_t now_ns)
{
    for (uint32_t i = 0; i < desk->order_end; i++) {
        const struct desk_order *order = &desk->orders[i];
        if (order->id != 0 && !order->is_asked && order->ask_due_ns <= now_ns) {
            return order->id;
        }
    }
    return 0;
}

void desk_asked(struct desk *desk, uint64_t id, int64_t now_ns)
{
    struct desk_order *order = find(desk, id);
    if (order != NULL) {
        order->is_asked = true;
        order->ask_due_ns = now_ns + desk->config.ask_again_ns;
        desk->counters.questions++;
    }
}

void desk_answered(struct desk *desk, uint64_t id, int64_t now_ns)
{
    struct desk_order *order = find(desk, id);
    if (order == NULL) {
        return;
    }
    bool goes_on = order->is_unknown || order->is_over;
    order->is_asked = false;
    order->ask_due_ns = goes_on ? now_ns + desk->config.ask_again_ns : INT64_MAX;
}

void desk_doubt(struct desk *desk, int64_t now_ns)
{
    for (uint32_t i = 0; i < desk->order_end; i++) {
        struct desk_order *order = &desk->orders[i];
        if (order->id != 0 && !order->is_queued && !order->is_over) {
            become_unknown(desk, order, now_ns, now_ns);
        }
    }
}

static bool waits(const struct desk_order *order)
{
    return order->id != 0 && order->op != VENUE_NONE && !order->is_queued && !order->is_unknown &&
           !order->is_over;
}

void desk_check(struct desk *desk, int64_t now_ns)
{
    for (uint32_t i = 0; i < desk->order_end; i++) {
        struct desk_order *order = &desk->orders[i];
        if (waits(order) && now_ns - order->sent_ns >= desk->config.answer_ns) {
            become_unknown(desk, order, now_ns, now_ns);
        }
    }
}

int64_t desk_deadline_ns(const struct desk *desk)
{
    int64_t next_ns = INT64_MAX;
    for (uint32_t i = 0; i < desk->order_end; i++) {
        const struct desk_order *order = &desk->orders[i];
        if (order->id == 0) {
            continue;
        }
        if (order->is_queued) {
            next_ns = int64_smaller(next_ns, order->not_before_ns);
        }
        if (waits(order)) {
            next_ns = int64_smaller(next_ns, order->sent_ns + desk->config.answer_ns);
        }
        if (!order->is_asked) {
            next_ns = int64_smaller(next_ns, order->ask_due_ns);
        }
    }
    return next_ns;
}

uint32_t desk_open_count(const struct desk *desk)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < desk->order_end; i++) {
        count += desk->orders[i].id != 0;
    }
    return count;
}

uint32_t desk_unknown_count(const struct desk *desk)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < desk->order_end; i++) {
        count += desk->orders[i].id != 0 && desk->orders[i].is_unknown;
    }
    return count;
}
