#include "venue/live/live_state.h"

#include "base/log.h"

#include <inttypes.h>
#include <string.h>

#define MS INT64_C(1000000)

static const int64_t AGAIN_NS = 1000 * MS;
static const int64_t CLOCK_NS = 60000 * MS;
enum {
    OVERLAP_MS = 60000,     // executions are asked for from so long before the last known
    CLOCK_STEP_MS = 250,    // a change of the clocks' difference that is worth a word
    CLOCK_REFUSED_MS = 900, // our clock ahead by more: the exchange is about to refuse
    QUESTIONS_MAX = 8       // at once
};

static void fail_run(struct live *live, const char *reason)
{
    if (live->fatal[0] == '\0') {
        (void)snprintf(live->fatal, sizeof live->fatal, "%s", reason);
        live->desk->takes_places = false;
        char quoted[2 * LIVE_REASON_SIZE];
        log_event(LOG_ERROR, "live_stops", "why=%s", log_quote(reason, quoted, sizeof quoted));
    }
}

// ---- rows ----

static uint64_t own_id(const struct link_meaning *meaning)
{
    return meaning->owner == LINK_OWN ? meaning->order_number : 0;
}

static void tell_difference(const char *kind, const char *link, const char *what)
{
    log_event(LOG_WARN, "difference", "kind=%s order=%s %s", kind, link[0] != '\0' ? link : "-",
              what);
}

// Another process works under our prefix: whoever came later ends.
static void meet_other_run(struct live *live, const struct order_row *row,
                           const struct link_meaning *meaning)
{
    char reason[LIVE_REASON_SIZE];
    if (row->stage != STAGE_OPEN || live->is_stopping || row->updated_ms < live->run_ms) {
        return;
    }
    if (meaning->run_ms > live->run_ms) {
        tell_difference("second_instance", row->link, "began=later");
        return;
    }
    (void)snprintf(reason, sizeof reason,
                   "another instance trades under the prefix %s: order %.40s moves and is not of "
                   "this run; give each instance a --prefix of its own",
                   live->prefix, row->link);
    fail_run(live, reason);
}

static void take_order_row(struct live *live, const json_t *item, int64_t asked_ns)
{
    struct order_row row;
    bool is_broken;
    if (!order_row_read(item, &live->venue.instrument, &row, &is_broken)) {
        if (is_broken) {
            tell_difference("unreadable_order", row.link, "");
        }
        return;
    }
    struct link_meaning meaning = link_read(&live->namer, row.link);
    if (meaning.owner == LINK_OWN) {
        (void)desk_row(live->desk, meaning.order_number, &row, asked_ns, live_now_ns(live));
    } else if (meaning.owner == LINK_OTHER_RUN && asked_ns == 0) {
        meet_other_run(live, &row, &meaning);
    }
}

// True for a fill that was not known.
static bool take_execution(struct live *live, const json_t *item, bool skip)
{
    struct execution_row row;
    bool is_broken;
    if (!execution_row_read(item, &live->venue.instrument, &row, &is_broken)) {
        if (is_broken) {
            tell_difference("unreadable_execution", row.link, "");
        }
        return false;
    }
    if (skip) {
        desk_skip_execution(live->desk, row.id);
        return false;
    }
    if (row.kind == EXECUTION_OTHER) {
        tell_difference("strange_execution", row.link, "booked=no");
        return false;
    }
    struct link_meaning meaning = link_read(&live->namer, row.link);
    bool is_new = desk_execution(live->desk, own_id(&meaning), &row, live_now_ns(live));
    if (is_new && row.kind == EXECUTION_FUNDING) {
        log_event(LOG_INFO, "funding", "paid_quote_e9=%" PRId64 " total_quote_e9=%" PRId64,
                  row.fee_e9, live->desk->counters.funding_quote_e9);
    }
    return is_new && row.kind == EXECUTION_FILL;
}

// Lists of executions come newest first.
static uint32_t take_executions(struct live *live, const json_t *list, bool skip)
{
    uint32_t news = 0;
    for (size_t i = json_array_size(list); i > 0; i--) {
        news += take_execution(live, json_array_get(list, i - 1), skip);
    }
    return news;
}

// ---- the private stream ----

static void take_position(struct live *live, const json_t *item)
{
    struct position_row row;
    if (position_row_read(item, &live->venue.instrument, &row) && row.mode_index != 0) {
        fail_run(live, "the account was switched to hedge mode");
    }
}

static void take_wallet(const json_t *item)
{
    const char *equity = json_string_value(json_object_get(item, "totalEquity"));
    log_event(LOG_DEBUG, "wallet", "equity=%.40s", equity != NULL ? equity : "");
}

void live_take_private(struct live *live, const char *text, size_t size)
{
    json_t *frame = json_loadb(text, size, 0, NULL);
    const char *topic = json_string_value(json_object_get(frame, "topic"));
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(frame, "data"), i, item)
    {
        if (topic == NULL) {
            break;
        }
        if (strcmp(topic, "order") == 0) {
            take_order_row(live, item, 0);
        } else if (strcmp(topic, "execution") == 0) {
            (void)take_execution(live, item, false);
        } else if (strcmp(topic, "position") == 0) {
            take_position(live, item);
        } else if (strcmp(topic, "wallet") == 0) {
            take_wallet(item);
        }
    }
    json_decref(frame);
}

void live_lose_account(struct live *live, const char *reason)
{
    char quoted[2 * WS_REASON_SIZE];
    bool was_ready = live->account_state == ACCOUNT_READY;
    live->account_state = ACCOUNT_DOWN;
    live->read_due_ns = INT64_MAX;
    live->account_due_ns = INT64_MAX;
    live->desk->takes_places = false;
    log_event(was_ready ? LOG_WARN : LOG_INFO, "account_lost", "why=%s open=%u",
              log_quote(reason, quoted, sizeof quoted), desk_open_count(live->desk));
    if (live->problem[0] == '\0' || was_ready) {
        (void)snprintf(live->problem, sizeof live->problem, "private stream: %.160s", reason);
    }
    if (was_ready) {
        desk_doubt(live->desk, live_now_ns(live));
    }
}

// ---- the truth ----

void live_ask_truth(struct live *live, int64_t due_ns)
{
    if (live->account_state == ACCOUNT_DOWN) {
        live->account_state = ACCOUNT_READING;
    }
    live->read_due_ns = due_ns;
}

static void begin_truth(struct live *live)
{
    struct rest_job *job = rest_worker_job(&live->worker, JOB_TRUTH);
    if (job == NULL) {
        live->read_due_ns = live_now_ns(live) + AGAIN_NS / 10;
        return;
    }
    int64_t from_ms = live->desk->newest_fill_ms > 0 ? live->desk->newest_fill_ms : live->run_ms;
    job->since_ms = from_ms - OVERLAP_MS;
    live->is_reading = true;
    live->read_due_ns = INT64_MAX;
    live->read_generation = live->line_generation;
    rest_worker_post(&live->worker, job);
}

static void count_open(struct live *live, const json_t *list)
{
    size_t i;
    const json_t *item;
    live->own_open = live->other_open = live->stranger_open = live->leftover_count = 0;
    json_array_foreach(list, i, item)
    {
        struct order_row row;
        bool is_broken;
        if (!order_row_read(item, &live->venue.instrument, &row, &is_broken) ||
            row.stage != STAGE_OPEN) {
            continue;
        }
        struct link_meaning meaning = link_read(&live->namer, row.link);
        bool is_orphan =
            meaning.owner == LINK_OWN && desk_order(live->desk, meaning.order_number) == NULL;
        live->own_open += meaning.owner == LINK_OWN;
        live->other_open += meaning.owner == LINK_OTHER_RUN;
        live->stranger_open += meaning.owner == LINK_STRANGER;
        bool is_left = is_orphan || (meaning.owner == LINK_OTHER_RUN && !live->is_started);
        if (is_left || (meaning.owner == LINK_OWN && live->is_stopping)) {
            if (live->leftover_count < REST_LINKS_MAX) {
                memcpy(live->leftovers[live->leftover_count++], row.link, LINK_ID_SIZE);
            }
            tell_difference(is_orphan ? "orphan" : "leftover", row.link, "repair=cancel");
        }
    }
}

static bool find_position(const struct live *live, const json_t *list, struct position_row *out)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        if (position_row_read(item, &live->venue.instrument, out)) {
            return true;
        }
    }
    return false;
}

// What is missing or too much is booked at the middle of the book, under no order's id.
static void repair_position(struct live *live, int64_t off_by_lots)
{
    char text[64];
    int64_t mid = book_mid_half_ticks(bybit_feed_book(live->feed)) / 2;
    struct execution_row row = {.id = (uint64_t)live_now_ns(live),
                                .kind = EXECUTION_FILL,
                                .side = off_by_lots > 0 ? SIDE_BUY : SIDE_SELL,
                                .price_ticks = mid > 0 ? mid : 1,
                                .qty_lots = off_by_lots > 0 ? off_by_lots : -off_by_lots,
                                .has_leaves = true,
                                .time_ms = live->desk->newest_fill_ms};
    (void)snprintf(text, sizeof text, "lots=%" PRId64 " repair=booked", off_by_lots);
    tell_difference("position", "", text);
    (void)desk_execution(live->desk, 0, &row, live_now_ns(live));
}

// Whether the exchange's position is what it was at the start and all fills since. A fill may be on
// its way: only the same difference twice is one.
static bool check_position(struct live *live, const json_t *list)
{
    struct position_row row;
    if (!find_position(live, list, &row)) {
        row.size_lots = 0; // flat markets may have no row
    }
    if (live->truths == 0) {
        live->base_lots = live->account.position_lots = row.size_lots;
        return true;
    }
    int64_t off_by_lots = row.size_lots - live->base_lots - live->desk->position_lots;
    bool same = off_by_lots == live->off_by_lots;
    live->off_by_lots = off_by_lots;
    if (off_by_lots != 0 && same) {
        repair_position(live, off_by_lots);
        live->off_by_lots = 0;
        return true;
    }
    return off_by_lots == 0;
}

void live_cancel_leftovers(struct live *live)
{
    struct rest_job *job =
        live->leftover_count > 0 ? rest_worker_job(&live->worker, JOB_CANCEL) : NULL;
    if (job != NULL) {
        memcpy(job->links, live->leftovers, sizeof job->links);
        job->link_count = live->leftover_count;
        rest_worker_post(&live->worker, job);
    }
}

static void become_ready(struct live *live)
{
    if (live->account_state == ACCOUNT_READY) {
        return;
    }
    live->account_state = ACCOUNT_READY;
    live->account_due_ns = INT64_MAX;
    live->problem[0] = '\0';
    live->desk->takes_places = live->fatal[0] == '\0' && !live->is_stopping;
    log_event(LOG_INFO, "account_ready",
              "position_lots=%" PRId64 " own=%u other_runs=%u strangers=%u unknown=%u",
              live->base_lots + live->desk->position_lots, live->own_open, live->other_open,
              live->stranger_open, desk_unknown_count(live->desk));
}

static void take_truth(struct live *live, const struct rest_job *job)
{
    live->is_reading = false;
    if (!job->is_answered || job->code != 0) {
        (void)snprintf(live->problem, sizeof live->problem, "account: %.200s", job->reason);
        char quoted[2 * REST_REASON_SIZE];
        log_event(LOG_WARN, "truth_failed", "why=%s",
                  log_quote(job->reason, quoted, sizeof quoted));
        live->read_due_ns = live_now_ns(live) + AGAIN_NS;
        return;
    }
    // Executions first, so that orders that have ended are whole.
    uint32_t fills = take_executions(live, job->executions, live->truths == 0);
    size_t i;
    const json_t *item;
    json_array_foreach(job->orders, i, item)
    {
        take_order_row(live, item, job->asked_ns);
    }
    desk_list_taken(live->desk, job->asked_ns, live_now_ns(live));
    count_open(live, job->orders);
    bool is_position_right = check_position(live, job->positions);
    log_event(LOG_INFO, "truth",
              "own=%u other_runs=%u strangers=%u missed_fills=%u position_right=%s", live->own_open,
              live->other_open, live->stranger_open, fills, is_position_right ? "yes" : "not_yet");
    live->truths++;
    if (live->is_started) { // before, live_create judges them
        live_cancel_leftovers(live);
    }
    bool is_of_this_line =
        live->read_generation == live->line_generation && live->private_state == LINE_UP;
    if (is_position_right && is_of_this_line) {
        become_ready(live);
    } else if (live->private_state == LINE_UP) {
        live->read_due_ns = live_now_ns(live) + AGAIN_NS;
    }
}

// ---- questions about single orders ----

static void take_ask(struct live *live, const struct rest_job *job)
{
    int64_t now_ns = live_now_ns(live);
    size_t i;
    const json_t *item;
    if (job->is_answered && job->code == 0) {
        (void)take_executions(live, job->executions, false);
        json_array_foreach(job->orders, i, item)
        {
            take_order_row(live, item, job->asked_ns);
        }
        if (json_array_size(job->orders) == 0) {
            desk_absent(live->desk, job->order_id, job->asked_ns, now_ns);
        }
    }
    desk_answered(live->desk, job->order_id, now_ns);
}

static void ask_questions(struct live *live)
{
    int64_t now_ns = live_now_ns(live);
    for (int i = 0; i < QUESTIONS_MAX; i++) {
        uint64_t id = desk_question(live->desk, now_ns);
        struct rest_job *job = id != 0 ? rest_worker_job(&live->worker, JOB_ASK) : NULL;
        if (job == NULL) {
            return;
        }
        job->order_id = id;
        link_write(&live->namer, id, job->links[0]);
        desk_asked(live->desk, id, now_ns);
        rest_worker_post(&live->worker, job);
    }
}

// ---- the clock ----

static void take_clock(struct live *live, const struct rest_job *job)
{
    if (!job->is_answered) {
        return;
    }
    int64_t ahead_ms = job->clock.ahead_ns / MS, before_ms = live->ahead_ms;
    int64_t step_ms = ahead_ms > before_ms ? ahead_ms - before_ms : before_ms - ahead_ms;
    live->ahead_ms = ahead_ms;
    atomic_store(&live->worker.ahead_ms, ahead_ms);
    log_event(step_ms > CLOCK_STEP_MS || ahead_ms < -CLOCK_REFUSED_MS ? LOG_WARN : LOG_DEBUG,
              "exchange_clock", "ahead_ms=%" PRId64 " before_ms=%" PRId64, ahead_ms, before_ms);
}

static void ask_clock(struct live *live)
{
    struct rest_job *job = rest_worker_job(&live->worker, JOB_CLOCK);
    live->clock_due_ns = live_now_ns(live) + CLOCK_NS;
    if (job != NULL) {
        rest_worker_post(&live->worker, job);
    }
}

// ---- all jobs ----

static void take_jobs(struct live *live)
{
    struct rest_job *job;
    while ((job = rest_worker_take(&live->worker)) != NULL) {
        switch (job->kind) {
        case JOB_ORDER:
            live_take_order_job(live, job);
            break;
        case JOB_ASK:
            take_ask(live, job);
            break;
        case JOB_TRUTH:
            take_truth(live, job);
            break;
        case JOB_CLOCK:
            take_clock(live, job);
            break;
        case JOB_CANCEL:
            live->read_due_ns = live->private_state == LINE_UP ? live_now_ns(live) : INT64_MAX;
            break;
        }
        rest_worker_free(job);
    }
}

static void tell_unknown(struct live *live)
{
    uint32_t unknown = desk_unknown_count(live->desk);
    if (unknown != live->unknown_told) {
        log_event(LOG_INFO, "unknown_orders", "count=%u open=%u", unknown,
                  desk_open_count(live->desk));
        live->unknown_told = unknown;
    }
}

void live_work(struct live *live)
{
    int64_t now_ns = live_now_ns(live);
    take_jobs(live);
    desk_check(live->desk, now_ns);
    tell_unknown(live);
    ask_questions(live);
    if (!live->is_reading && live->read_due_ns <= now_ns) {
        begin_truth(live);
    }
    if (live->clock_due_ns <= now_ns) {
        ask_clock(live);
    }
    if (live->account_due_ns <= now_ns && live->private_line != NULL) {
        live->account_due_ns = INT64_MAX;
        ws_client_drop(live->private_line, "the account was not ready in time");
    }
}
