#include "venue/faults.h"

#include "base/check.h"
#include "base/integers.h"
#include "base/memory.h"
#include "base/random.h"
#include "market/book.h"
#include "venue/sim/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LATER_MAX = 256, LOST_MAX = 64, OPEN_MAX = 64, LATE_ROWS = 64, SNAPSHOT_ROWS = 1 << 14 };

#define MS INT64_C(1000000)
#define HOUR_NS INT64_C(3600000000000)

static const int64_t ANSWER_NS = 20 * MS;        // until a refusal comes back
static const int64_t RESYNC_RETRY_NS = 100 * MS; // when a snapshot finds no room in the line
static const int64_t CLOCK_JUMP_MOST_NS = 2000 * MS;

// A request, or a report that an answer is overdue, that goes out at its time.
struct later {
    int64_t due_ns;
    bool is_request;
    struct venue_request request;
    struct venue_report report;
};

struct lost_answer {
    uint64_t order_id;
    enum venue_op op; // VENUE_NONE = free
};

struct open_order {
    uint64_t order_id;
    enum side side;
    int64_t forced_ns; // when we cancelled it in the exchange's name, 0 = we did not
};

struct faults {
    struct venue venue;  // first
    struct venue *inner; // owned
    struct fault_config config;
    struct random_stream streams[FAULT_COUNT];
    int64_t strike_ns[FAULT_COUNT]; // INT64_MAX = never
    bool armed[FAULT_COUNT];        // strikes the next message that fits
    struct book book;               // what the wrapped feed says
    int64_t book_exch_ts_ns;
    struct feed_line feed;      // what waits to be shown
    struct report_line reports; // by the time they are due, in order
    struct later later[LATER_MAX];
    uint32_t later_count;
    struct lost_answer lost[LOST_MAX];
    uint32_t lost_next;
    struct open_order open[OPEN_MAX];
    uint32_t open_count;
    struct row late_rows[LATE_ROWS]; // the batch that comes after its successor
    struct market_batch late;
    bool has_late;
    int64_t feed_free_ns;    // nothing of the feed is shown before
    int64_t answers_free_ns; // no report is
    int64_t resync_ns;       // when a gap ends, INT64_MAX = there is none
    bool gap_told;
    int64_t offline_until_ns, limited_until_ns, maintenance_until_ns, stamps_until_ns;
    int64_t stamp_offset_ns;
    bool gap_shown; // to whoever trades
    bool batch_out, report_out;
    struct market_batch batch;
    struct fault_counters counters;
};

static int64_t draw_duration(struct faults *faults, enum fault fault)
{
    const struct fault_spec *spec = &fault_specs[fault];
    uint64_t range = (uint64_t)(spec->most_ns - spec->least_ns) + 1;
    return spec->least_ns + (int64_t)random_below(&faults->streams[fault], range);
}

// Whether an armed fault takes this message; counts it.
static bool takes(struct faults *faults, enum fault fault)
{
    if (!faults->armed[fault]) {
        return false;
    }
    faults->armed[fault] = false;
    faults->counters.struck[fault]++;
    return true;
}

static int64_t shifted(const struct faults *faults, int64_t exch_ts_ns)
{
    bool off = faults->venue.now_ns < faults->stamps_until_ns && exch_ts_ns != 0;
    return exch_ts_ns + (off ? faults->stamp_offset_ns : 0);
}

// Reports.

static void push_report(struct faults *faults, const struct venue_report *report, int64_t due_ns)
{
    struct report_line *line = &faults->reports;
    if (MM_COUNT_IF(faults->counters.report_lost_count, line->tail - line->head == LINE_REPORTS)) {
        return;
    }
    faults->answers_free_ns = int64_larger(faults->answers_free_ns, due_ns);
    struct venue_report *back = &line->reports[line->tail++ & (LINE_REPORTS - 1)];
    *back = *report;
    back->local_ts_ns = faults->answers_free_ns;
    back->exch_ts_ns = shifted(faults, report->exch_ts_ns);
}

static void refuse(struct faults *faults, const struct venue_request *request,
                   enum venue_reject reject)
{
    int64_t now_ns = faults->venue.now_ns;
    struct venue_report report = {.kind = REPORT_REJECTED,
                                  .answers = request->op,
                                  .reject = reject,
                                  .side = request->side,
                                  .order_id = request->order_id,
                                  .exch_ts_ns = now_ns,
                                  .request_ts_ns = now_ns,
                                  .price_ticks = request->price_ticks,
                                  .qty_lots = request->qty_lots};
    push_report(faults, &report, now_ns + ANSWER_NS);
}

static bool add_later(struct faults *faults, const struct later *later)
{
    if (faults->later_count == LATER_MAX) {
        return false;
    }
    faults->later[faults->later_count++] = *later;
    return true;
}

// The orders that rest at the exchange.

static struct open_order *find_open(struct faults *faults, uint64_t order_id)
{
    for (uint32_t i = 0; i < faults->open_count; i++) {
        if (faults->open[i].order_id == order_id) {
            return &faults->open[i];
        }
    }
    return NULL;
}

static int force_cancel(struct faults *faults, struct open_order *open)
{
    open->forced_ns = faults->venue.now_ns;
    faults->counters.forced_cancel_count++;
    struct venue_request request = {
        .op = VENUE_CANCEL, .side = open->side, .order_id = open->order_id};
    return venue_send(faults->inner, &request);
}

static int follow_order(struct faults *faults, const struct venue_report *report)
{
    bool in_maintenance = faults->venue.now_ns < faults->maintenance_until_ns;
    struct open_order *open = find_open(faults, report->order_id);
    if (report->kind == REPORT_PLACED && open == NULL && faults->open_count < OPEN_MAX) {
        open = &faults->open[faults->open_count++];
        *open = (struct open_order){report->order_id, report->side, 0};
        return in_maintenance ? force_cancel(faults, open) : MM_OK;
    }
    bool ended = report->kind == REPORT_CANCELED || report->kind == REPORT_EXPIRED ||
                 (report->kind == REPORT_FILLED && report->leaves_qty_lots == 0);
    if (open != NULL && ended) {
        *open = faults->open[--faults->open_count];
    }
    return MM_OK;
}

// Whether a report answers the cancel we sent in the exchange's name.
static bool answers_forced(struct faults *faults, const struct venue_report *report)
{
    struct open_order *open = find_open(faults, report->order_id);
    return open != NULL && open->forced_ns != 0 && report->answers == VENUE_CANCEL &&
           report->request_ts_ns == open->forced_ns;
}

static bool answer_is_lost(struct faults *faults, const struct venue_report *report)
{
    for (uint32_t i = 0; i < LOST_MAX; i++) {
        struct lost_answer *lost = &faults->lost[i];
        if (lost->op != VENUE_NONE && lost->op == report->answers &&
            lost->order_id == report->order_id) {
            lost->op = VENUE_NONE;
            return true;
        }
    }
    return faults->venue.now_ns < faults->offline_until_ns &&
           random_below(&faults->streams[FAULT_DISCONNECT], 2) == 0;
}

static int take_report(struct faults *faults, const struct venue_report *in)
{
    struct venue_report report = *in;
    bool is_answer = report.answers != VENUE_NONE && report.kind != REPORT_FILLED;
    if (report.kind == REPORT_FILLED) {
        faults->counters.position_lots += side_sign(report.side) * report.exec_qty_lots;
        report.maker = report.maker && !takes(faults, FAULT_TAKEN);
    }
    if (is_answer && answers_forced(faults, in)) {
        is_answer = false;
        report.answers = VENUE_NONE;
    }
    int code = follow_order(faults, in);
    if (code != MM_OK) {
        return code;
    }
    int64_t due_ns = faults->venue.now_ns;
    if (is_answer && answer_is_lost(faults, in)) {
        faults->counters.answer_dropped_count++;
        return MM_OK;
    }
    if (is_answer && takes(faults, FAULT_LATE_ACK)) {
        due_ns += draw_duration(faults, FAULT_LATE_ACK);
    }
    push_report(faults, &report, due_ns);
    return MM_OK;
}

// The feed.

static bool push_batch(struct faults *faults, const struct market_batch *batch)
{
    int64_t due_ns = int64_larger(faults->venue.now_ns, faults->feed_free_ns);
    struct row *rows = batch->wide != NULL
                           ? NULL
                           : feed_line_push(&faults->feed, shifted(faults, batch->exch_ts_ns),
                                            due_ns, batch->kind, batch->count);
    if (rows != NULL && batch->count > 0) {
        memcpy(rows, batch->rows, batch->count * sizeof *rows);
    }
    return rows != NULL;
}

static bool tell_gap(struct faults *faults)
{
    faults->gap_told =
        faults->gap_told ||
        push_batch(faults, &(struct market_batch){.exch_ts_ns = faults->book_exch_ts_ns,
                                                  .kind = EVENT_GAP});
    return faults->gap_told;
}

// From now on until then the feed says nothing; told at once, or when somebody notices.
static void begin_gap(struct faults *faults, int64_t duration_ns)
{
    int64_t until_ns = faults->venue.now_ns + duration_ns;
    bool running = faults->resync_ns != INT64_MAX;
    faults->gap_told = running && faults->gap_told;
    faults->resync_ns = running ? int64_larger(faults->resync_ns, until_ns) : until_ns;
}

static uint32_t copy_side(const struct book *book, enum side side, struct row *rows)
{
    uint32_t count = 0;
    for (uint32_t index = book->best[side]; index != 0 && count < SNAPSHOT_ROWS;
         index = book_scan(book, side, index - 1)) {
        rows[count++] = (struct row){index | (uint32_t)side << 31, book_lots(book, side, index)};
    }
    return count;
}

static uint32_t count_side(const struct book *book, enum side side)
{
    uint32_t count = 0;
    for (uint32_t index = book->best[side]; index != 0 && count < SNAPSHOT_ROWS;
         index = book_scan(book, side, index - 1)) {
        count++;
    }
    return count;
}

static bool push_snapshot(struct faults *faults)
{
    const struct book *book = &faults->book;
    uint32_t count = count_side(book, SIDE_BUY) + count_side(book, SIDE_SELL);
    if (!feed_line_has_room(&faults->feed, 4, count + 2) || !tell_gap(faults)) {
        return false;
    }
    for (uint32_t side = 0; side < 2; side++) {
        // Index 1: the price furthest from the touch.
        struct row all = {.key = 1 | side << 31};
        (void)push_batch(faults, &(struct market_batch){.exch_ts_ns = faults->book_exch_ts_ns,
                                                        .rows = &all,
                                                        .count = 1,
                                                        .kind = EVENT_CLEAR});
    }
    struct row *rows = feed_line_push(&faults->feed, shifted(faults, faults->book_exch_ts_ns),
                                      int64_larger(faults->venue.now_ns, faults->feed_free_ns),
                                      EVENT_SNAPSHOT, count);
    if (rows != NULL) {
        rows += copy_side(book, SIDE_BUY, rows);
        (void)copy_side(book, SIDE_SELL, rows);
    }
    return rows != NULL;
}

static void end_gap(struct faults *faults)
{
    bool done = push_snapshot(faults);
    faults->resync_ns = done ? INT64_MAX : faults->venue.now_ns + RESYNC_RETRY_NS;
    faults->has_late = false;
}

// During a gap a batch is lost; it shows what was not noticed before. What had been held back comes
// behind it, as a break in the numbering would show them both.
static void lose_batch(struct faults *faults, const struct market_batch *batch)
{
    faults->counters.batch_dropped_count++;
    if (faults->venue.now_ns < faults->maintenance_until_ns) {
        return;
    }
    bool told = tell_gap(faults);
    if (told && faults->has_late) {
        (void)(push_batch(faults, batch) && push_batch(faults, &faults->late));
        faults->has_late = false;
    }
}

static void hold_back(struct faults *faults, const struct market_batch *batch)
{
    faults->has_late = batch->count <= LATE_ROWS && batch->wide == NULL;
    if (faults->has_late && batch->count > 0) {
        memcpy(faults->late_rows, batch->rows, batch->count * sizeof *batch->rows);
    }
    faults->late = *batch;
    faults->late.rows = faults->late_rows;
}

static void show(struct faults *faults, const struct market_batch *batch, struct venue_event *out)
{
    faults->batch = *batch;
    if (batch->kind == EVENT_GAP || batch->kind == EVENT_SNAPSHOT) {
        faults->gap_shown = batch->kind == EVENT_GAP;
    }
    *out = (struct venue_event){
        .kind = VENUE_MARKET, .now_ns = faults->venue.now_ns, .batch = &faults->batch};
}

// True when the batch goes straight through.
static bool take_batch(struct faults *faults, const struct market_batch *in,
                       struct venue_event *out)
{
    book_apply(&faults->book, in);
    faults->book_exch_ts_ns = in->exch_ts_ns;
    bool is_depth = in->kind == EVENT_DEPTH;
    if (faults->resync_ns != INT64_MAX) {
        lose_batch(faults, in);
        return false;
    }
    if (is_depth && takes(faults, FAULT_GAP)) {
        begin_gap(faults, draw_duration(faults, FAULT_GAP));
        faults->counters.batch_dropped_count++;
        return false;
    }
    if (is_depth && takes(faults, FAULT_REORDER)) {
        hold_back(faults, in);
        begin_gap(faults, draw_duration(faults, FAULT_REORDER));
        return false;
    }
    if (takes(faults, FAULT_STALL)) {
        faults->feed_free_ns = int64_larger(
            faults->feed_free_ns, faults->venue.now_ns + draw_duration(faults, FAULT_STALL));
    }
    bool twice = takes(faults, FAULT_DUPLICATE);
    bool straight =
        feed_line_front(&faults->feed) == NULL && faults->venue.now_ns >= faults->feed_free_ns;
    if ((!straight || twice) && !push_batch(faults, in)) {
        begin_gap(faults, RESYNC_RETRY_NS);
        return straight;
    }
    if (straight) {
        struct market_batch batch = *in;
        batch.exch_ts_ns = shifted(faults, in->exch_ts_ns);
        show(faults, &batch, out);
    } else if (twice) {
        (void)push_batch(faults, in);
    }
    return straight;
}

static void show_front(struct faults *faults, struct venue_event *out)
{
    struct market_batch batch = *feed_line_front(&faults->feed);
    batch.local_ts_ns = faults->venue.now_ns;
    faults->batch_out = true;
    show(faults, &batch, out);
}

// Strikes.

static void next_strike(struct faults *faults, enum fault fault)
{
    uint32_t per_hour = faults->config.per_hour[fault];
    double mean_ns = per_hour > 0 ? (double)HOUR_NS / per_hour : 0;
    double wait_ns = mean_ns * random_exponential(&faults->streams[fault]);
    faults->strike_ns[fault] =
        per_hour > 0 ? faults->venue.now_ns + 1 + (int64_t)wait_ns : INT64_MAX;
}

static int begin_maintenance(struct faults *faults, int64_t duration_ns)
{
    int64_t until_ns = faults->venue.now_ns + duration_ns;
    faults->maintenance_until_ns = int64_larger(faults->maintenance_until_ns, until_ns);
    begin_gap(faults, duration_ns);
    for (uint32_t i = 0; i < faults->open_count; i++) {
        int code = faults->open[i].forced_ns == 0 ? force_cancel(faults, &faults->open[i]) : MM_OK;
        if (code != MM_OK) {
            return code;
        }
    }
    return MM_OK;
}

static void begin_clock_jump(struct faults *faults, int64_t until_ns)
{
    uint64_t draw =
        random_below(&faults->streams[FAULT_CLOCK_JUMP], 2 * (uint64_t)CLOCK_JUMP_MOST_NS + 1);
    faults->stamp_offset_ns = (int64_t)draw - CLOCK_JUMP_MOST_NS;
    faults->stamps_until_ns = until_ns;
}

static int strike(struct faults *faults, enum fault fault)
{
    int64_t now_ns = faults->venue.now_ns;
    bool lasts = fault == FAULT_RATE_LIMIT || fault == FAULT_DISCONNECT ||
                 fault == FAULT_CLOCK_JUMP || fault == FAULT_MAINTENANCE;
    next_strike(faults, fault);
    if (!lasts) {
        faults->armed[fault] = true;
        return MM_OK;
    }
    faults->counters.struck[fault]++;
    int64_t duration_ns = draw_duration(faults, fault);
    int64_t until_ns = now_ns + duration_ns;
    switch (fault) {
    case FAULT_RATE_LIMIT:
        faults->limited_until_ns = until_ns;
        return MM_OK;
    case FAULT_DISCONNECT:
        faults->offline_until_ns = int64_larger(faults->offline_until_ns, until_ns);
        faults->answers_free_ns = int64_larger(faults->answers_free_ns, until_ns);
        begin_gap(faults, duration_ns);
        (void)tell_gap(faults);
        return MM_OK;
    case FAULT_CLOCK_JUMP:
        begin_clock_jump(faults, until_ns);
        return MM_OK;
    default:
        return begin_maintenance(faults, duration_ns);
    }
}

// What is due by itself.

static int64_t front_report_ns(const struct faults *faults)
{
    const struct report_line *line = &faults->reports;
    return line->head == line->tail ? INT64_MAX
                                    : line->reports[line->head & (LINE_REPORTS - 1)].local_ts_ns;
}

static int64_t front_batch_ns(const struct faults *faults)
{
    const struct market_batch *front = feed_line_front(&faults->feed);
    return front == NULL ? INT64_MAX : front->local_ts_ns;
}

static uint32_t earliest_later(const struct faults *faults)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i < faults->later_count; i++) {
        first = faults->later[i].due_ns < faults->later[first].due_ns ? i : first;
    }
    return first;
}

static int64_t later_ns(const struct faults *faults)
{
    return faults->later_count == 0 ? INT64_MAX : faults->later[earliest_later(faults)].due_ns;
}

static enum fault earliest_strike(const struct faults *faults)
{
    int first = 0;
    for (int fault = 1; fault < FAULT_COUNT; fault++) {
        first = faults->strike_ns[fault] < faults->strike_ns[first] ? fault : first;
    }
    return (enum fault)first;
}

static int64_t next_due_ns(const struct faults *faults)
{
    int64_t due_ns = faults->strike_ns[earliest_strike(faults)];
    due_ns = int64_smaller(due_ns, later_ns(faults));
    due_ns = int64_smaller(due_ns, faults->resync_ns);
    due_ns = int64_smaller(due_ns, front_report_ns(faults));
    return int64_smaller(due_ns, front_batch_ns(faults));
}

static int send_later(struct faults *faults)
{
    uint32_t place = earliest_later(faults);
    struct later later = faults->later[place];
    faults->later[place] = faults->later[--faults->later_count];
    if (later.is_request) {
        return venue_send(faults->inner, &later.request);
    }
    push_report(faults, &later.report, faults->venue.now_ns);
    return MM_OK;
}

// Does one thing that is due; *out_shown says whether `out` is an event for the caller.
static int do_due(struct faults *faults, struct venue_event *out, bool *out_shown)
{
    int64_t now_ns = faults->venue.now_ns;
    *out_shown = false;
    if (faults->strike_ns[earliest_strike(faults)] <= now_ns) {
        return strike(faults, earliest_strike(faults));
    }
    if (later_ns(faults) <= now_ns) {
        return send_later(faults);
    }
    if (faults->resync_ns <= now_ns) {
        end_gap(faults);
        return MM_OK;
    }
    *out_shown = true;
    if (front_report_ns(faults) <= now_ns) {
        struct report_line *line = &faults->reports;
        struct venue_report *front = &line->reports[line->head & (LINE_REPORTS - 1)];
        front->local_ts_ns = now_ns;
        faults->report_out = true;
        *out = (struct venue_event){.kind = VENUE_REPORT, .now_ns = now_ns, .report = front};
    } else {
        show_front(faults, out);
    }
    return MM_OK;
}

// The venue.

static void release(struct faults *faults)
{
    if (faults->batch_out) {
        feed_line_pop(&faults->feed);
    }
    if (faults->report_out) {
        line_pop(&faults->reports.head, &faults->reports.tail);
    }
    faults->batch_out = faults->report_out = false;
}

static int take_event(struct faults *faults, const struct venue_event *event,
                      struct venue_event *out, bool *out_shown)
{
    *out_shown = false;
    if (event->kind == VENUE_MARKET) {
        *out_shown = take_batch(faults, event->batch, out);
    } else if (event->kind == VENUE_REPORT) {
        return take_report(faults, event->report);
    }
    return MM_OK;
}

// After the wrapped market's end what is still under way comes at its time.
static bool is_over(struct faults *faults, int64_t due_ns, int64_t until_ns)
{
    bool empty = front_batch_ns(faults) == INT64_MAX && front_report_ns(faults) == INT64_MAX &&
                 faults->later_count == 0;
    if (!empty && due_ns <= until_ns) {
        faults->venue.now_ns = due_ns;
    }
    return empty || due_ns > until_ns;
}

static int faults_next(struct venue *venue, int64_t until_ns, struct venue_event *out)
{
    struct faults *faults = (struct faults *)venue;
    release(faults);
    for (;;) {
        int64_t due_ns = next_due_ns(faults);
        bool shown = false;
        int code = MM_OK;
        if (due_ns <= venue->now_ns) {
            code = do_due(faults, out, &shown);
        } else {
            struct venue_event event;
            code = venue_next(faults->inner, int64_smaller(until_ns, due_ns), &event);
            if (code < 0) {
                return code;
            }
            venue->now_ns = int64_larger(venue->now_ns, faults->inner->now_ns);
            bool over = event.kind == VENUE_END && is_over(faults, due_ns, until_ns);
            if (over || (event.kind == VENUE_TIME && due_ns > until_ns)) {
                *out = (struct venue_event){.kind = event.kind, .now_ns = venue->now_ns};
                return MM_OK;
            }
            code = take_event(faults, &event, out, &shown);
        }
        if (code < 0 || shown) {
            return code;
        }
    }
}

// The request may or may not get there; no answer to it does, except that half of the time somebody
// notices.
static int lose_answer(struct faults *faults, const struct venue_request *request)
{
    struct random_stream *stream = &faults->streams[FAULT_TIMEOUT];
    int64_t now_ns = faults->venue.now_ns;
    struct later told = {.due_ns = now_ns + draw_duration(faults, FAULT_TIMEOUT),
                         .report = {.kind = REPORT_LOST,
                                    .answers = request->op,
                                    .side = request->side,
                                    .order_id = request->order_id,
                                    .request_ts_ns = now_ns}};
    if (random_below(stream, 2) == 0) {
        (void)add_later(faults, &told); // full: nobody notices
    }
    if (random_below(stream, 4) == 0) {
        return MM_OK;
    }
    faults->lost[faults->lost_next++ % LOST_MAX] =
        (struct lost_answer){request->order_id, request->op};
    return venue_send(faults->inner, request);
}

static int faults_send(struct venue *venue, const struct venue_request *request)
{
    struct faults *faults = (struct faults *)venue;
    int64_t now_ns = venue->now_ns;
    faults->counters.untrusted_request_count += faults->gap_shown && request->op != VENUE_CANCEL;
    if (now_ns < faults->offline_until_ns || now_ns < faults->maintenance_until_ns) {
        refuse(faults, request, VENUE_REJECT_UNREACHABLE);
        return MM_OK;
    }
    if (now_ns < faults->limited_until_ns &&
        random_below(&faults->streams[FAULT_RATE_LIMIT], 2) == 0) {
        refuse(faults, request, VENUE_REJECT_RATE_LIMIT);
        return MM_OK;
    }
    if (takes(faults, FAULT_REJECT)) {
        refuse(faults, request, VENUE_REJECT_INVALID);
        return MM_OK;
    }
    if (request->op == VENUE_CANCEL && takes(faults, FAULT_CANCEL_RACE)) {
        struct later held = {.due_ns = now_ns + draw_duration(faults, FAULT_CANCEL_RACE),
                             .is_request = true,
                             .request = *request};
        if (add_later(faults, &held)) {
            return MM_OK;
        }
    }
    return takes(faults, FAULT_TIMEOUT) ? lose_answer(faults, request)
                                        : venue_send(faults->inner, request);
}

static void faults_destroy(struct venue *venue)
{
    struct faults *faults = (struct faults *)venue;
    venue_destroy(faults->inner);
    book_fini(&faults->book);
    feed_line_fini(&faults->feed);
    free(faults->reports.reports);
    free(faults);
}

static const struct venue_ops faults_ops = {
    .name = "faults", .next = faults_next, .send = faults_send, .destroy = faults_destroy};

struct venue *faults_create(struct venue *inner, const struct fault_config *config, uint64_t seed)
{
    struct faults *faults = mm_alloc(1, sizeof *faults);
    faults->venue = *inner;
    faults->venue.ops = &faults_ops;
    faults->inner = inner;
    faults->config = *config;
    faults->resync_ns = INT64_MAX;
    int code = book_init(&faults->book, inner->geometry);
    MM_ASSERT(code == MM_OK); // a venue's geometry is checked where it is made
    feed_line_init(&faults->feed);
    faults->reports.reports = mm_alloc(LINE_REPORTS, sizeof(struct venue_report));
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        random_init(&faults->streams[fault], seed, RANDOM_FAULT, (uint32_t)fault);
        next_strike(faults, (enum fault)fault);
    }
    return &faults->venue;
}

void faults_stop(struct venue *venue)
{
    struct faults *faults = (struct faults *)venue;
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        faults->strike_ns[fault] = INT64_MAX;
        faults->armed[fault] = false;
    }
}

bool faults_is(const struct venue *venue)
{
    return venue->ops == &faults_ops;
}

const struct fault_counters *faults_get_counters(const struct venue *venue)
{
    return &((const struct faults *)venue)->counters;
}

const struct venue *faults_get_inner(const struct venue *venue)
{
    return ((const struct faults *)venue)->inner;
}

void faults_print(const struct venue *venue, char *out)
{
    const struct fault_counters *counters = faults_get_counters(venue);
    size_t length = 0;
    out[0] = '\0';
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        if (counters->struck[fault] > 0) {
            length += (size_t)snprintf(out + length, FAULTS_TEXT_SIZE - length, "%s%s %llu",
                                       length > 0 ? ", " : "", fault_specs[fault].name,
                                       (unsigned long long)counters->struck[fault]);
        }
    }
}
