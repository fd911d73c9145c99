#include "venue/live/rest_worker.h"

#include "base/check.h"
#include "venue/bybit/account_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MS INT64_C(1000000)

enum { PAGES_MAX = 64, QUERY_SIZE = 512 };

static const int64_t IDLE_NS = 2 * MS; // between two looks for work
static const int64_t ANSWER_NS = 3000 * MS;
static const int64_t BAN_NS = INT64_C(600000) * MS;
static const int64_t STALE_NS = 1000 * MS; // a quote that waited for so long is not sent

// ---- the thread's side ----

static int64_t now_of(const struct rest_worker *worker)
{
    return live_clock_now_ns(worker->clock);
}

// Notes what the exchange said, or that it said nothing. True when it said yes.
static bool note(struct rest_job *job, int code, const struct bybit_reply *reply)
{
    job->is_answered = code == MM_OK;
    if (code != MM_OK) {
        (void)snprintf(job->reason, sizeof job->reason, "%s", mm_error_text());
        mm_error_clear();
        return false;
    }
    job->code = reply->code;
    if (reply->code != 0) {
        bybit_reply_refusal(reply, 150, job->reason, sizeof job->reason);
    }
    return reply->code == 0;
}

// ---- limits ----

static const char *const path_texts[REST_PATH_COUNT] = {[PATH_REALTIME] = "/v5/order/realtime",
                                                        [PATH_HISTORY] = "/v5/order/history",
                                                        [PATH_EXECUTIONS] = "/v5/execution/list",
                                                        [PATH_POSITION] = "/v5/position/list",
                                                        [PATH_CANCEL] = "/v5/order/cancel"};

static void await_limit(struct rest_worker *worker, enum rest_path path)
{
    struct rate_budget *budget = &worker->budgets[path];
    int64_t now_ns = now_of(worker);
    while (!rate_budget_take(budget, 1, now_ns)) {
        platform_sleep_ns(rate_budget_ready_ns(budget, now_ns) - now_ns);
        now_ns = now_of(worker);
    }
}

static void note_limit(struct rest_worker *worker, enum rest_path path, const struct rest_job *job)
{
    if (job->is_answered) {
        (void)rate_budget_note(&worker->budgets[path], &worker->rest.limit,
                               code_is_rate_limit(job->code), worker->rest.ahead_ms,
                               now_of(worker));
    }
}

// ---- lists ----

static bool get_page(struct rest_worker *worker, struct rest_job *job, enum rest_path path,
                     const char *query, struct bybit_reply *out)
{
    await_limit(worker, path);
    bool fine = note(job, bybit_rest_get(&worker->rest, path_texts[path], query, true, out), out);
    note_limit(worker, path, job);
    return fine;
}

// All pages of a list, added to `out`.
static bool get_pages(struct rest_worker *worker, struct rest_job *job, enum rest_path path,
                      const char *query, json_t *out)
{
    char paged[2 * QUERY_SIZE], cursor[QUERY_SIZE] = "";
    for (int page = 0; page < PAGES_MAX; page++) {
        struct bybit_reply reply;
        (void)snprintf(paged, sizeof paged, "%s%s%s", query, cursor[0] != '\0' ? "&cursor=" : "",
                       cursor);
        if (!get_page(worker, job, path, paged, &reply)) {
            bybit_reply_fini(&reply);
            return false;
        }
        json_t *list = json_object_get(reply.result, "list");
        size_t count = json_array_size(list);
        json_array_extend(out, list);
        const char *next = json_string_value(json_object_get(reply.result, "nextPageCursor"));
        (void)snprintf(cursor, sizeof cursor, "%s", next != NULL ? next : "");
        bybit_reply_fini(&reply);
        if (cursor[0] == '\0' || count == 0) {
            return true;
        }
    }
    job->is_answered = false;
    (void)snprintf(job->reason, sizeof job->reason, "%s: more than %d pages", path_texts[path],
                   PAGES_MAX);
    return false;
}

static void write_query(const struct rest_worker *worker, const char *rest, char out[QUERY_SIZE])
{
    (void)snprintf(out, QUERY_SIZE, "category=%s&symbol=%s%s",
                   bybit_category_text(worker->market->category), worker->market->symbol, rest);
}

static bool get_executions(struct rest_worker *worker, struct rest_job *job, const char *which)
{
    char query[QUERY_SIZE];
    write_query(worker, which, query);
    job->executions = json_array();
    return get_pages(worker, job, PATH_EXECUTIONS, query, job->executions);
}

// Executions are asked for after the order, so that they are all there when it has ended.
static void do_ask(struct rest_worker *worker, struct rest_job *job)
{
    char query[QUERY_SIZE], which[64];
    (void)snprintf(which, sizeof which, "&orderLinkId=%s", job->links[0]);
    write_query(worker, which, query);
    job->orders = json_array();
    job->asked_ns = now_of(worker);
    bool fine = get_pages(worker, job, PATH_REALTIME, query, job->orders);
    if (fine && json_array_size(job->orders) == 0) { // those that have ended are in the history
        fine = get_pages(worker, job, PATH_HISTORY, query, job->orders);
    }
    if (fine) {
        (void)get_executions(worker, job, which);
    }
}

static void do_truth(struct rest_worker *worker, struct rest_job *job)
{
    char query[QUERY_SIZE], since[48];
    job->orders = json_array();
    job->positions = json_array();
    (void)snprintf(since, sizeof since, "&startTime=%" PRId64 "&limit=100", job->since_ms);
    job->asked_ns = now_of(worker);
    write_query(worker, "&openOnly=0&limit=50", query);
    bool fine = get_pages(worker, job, PATH_REALTIME, query, job->orders) &&
                get_executions(worker, job, since);
    write_query(worker, "", query);
    if (fine) {
        (void)get_pages(worker, job, PATH_POSITION, query, job->positions);
    }
}

static void do_order(struct rest_worker *worker, struct rest_job *job)
{
    static const char *const paths[] = {[VENUE_PLACE] = "/v5/order/create",
                                        [VENUE_AMEND] = "/v5/order/amend",
                                        [VENUE_CANCEL] = "/v5/order/cancel"};
    struct bybit_reply reply;
    if (job->op != VENUE_CANCEL && now_of(worker) - job->begun_ns > STALE_NS) {
        job->is_answered = true; // by us: a stale quote dies here
        job->code = 10002;
        return;
    }
    (void)note(job, bybit_rest_post(&worker->rest, paths[job->op], job->body, &reply), &reply);
    job->limit = worker->rest.limit;
    bybit_reply_fini(&reply);
}

static void do_cancel(struct rest_worker *worker, struct rest_job *job)
{
    char body[REST_BODY_SIZE];
    for (uint32_t i = 0; i < job->link_count; i++) {
        struct bybit_reply reply;
        (void)snprintf(
            body, sizeof body, "{\"category\":\"%s\",\"symbol\":\"%s\",\"orderLinkId\":\"%s\"}",
            bybit_category_text(worker->market->category), worker->market->symbol, job->links[i]);
        await_limit(worker, PATH_CANCEL);
        (void)note(job, bybit_rest_post(&worker->rest, path_texts[PATH_CANCEL], body, &reply),
                   &reply);
        note_limit(worker, PATH_CANCEL, job);
        bybit_reply_fini(&reply);
        if (!job->is_answered) {
            return; // what is left open is found again
        }
    }
}

static void do_clock(struct rest_worker *worker, struct rest_job *job)
{
    int code = bybit_rest_clock(&worker->rest, &job->clock);
    (void)note(job, code, &(struct bybit_reply){0});
}

static void do_job(struct rest_worker *worker, struct rest_job *job)
{
    if (now_of(worker) < worker->banned_until_ns) {
        (void)snprintf(job->reason, sizeof job->reason,
                       "REST rests for 10 minutes after the exchange's HTTP status 403");
        return;
    }
    worker->rest.ahead_ms = atomic_load(&worker->ahead_ms);
    switch (job->kind) {
    case JOB_ORDER:
        do_order(worker, job);
        break;
    case JOB_ASK:
        do_ask(worker, job);
        break;
    case JOB_TRUTH:
        do_truth(worker, job);
        break;
    case JOB_CANCEL:
        do_cancel(worker, job);
        break;
    case JOB_CLOCK:
        do_clock(worker, job);
        break;
    }
    if (worker->rest.status == 403) { // asking on would make it last
        worker->banned_until_ns = now_of(worker) + BAN_NS;
    }
}

static void run(void *context)
{
    struct rest_worker *worker = context;
    uint32_t number;
    while (!atomic_load(&worker->stop)) {
        if (!lane_pop(&worker->todo, &number)) {
            platform_sleep_ns(IDLE_NS);
            continue;
        }
        do_job(worker, &worker->jobs[number]);
        bool fits = lane_push(&worker->done, &number);
        MM_ASSERT(fits); // as many places as jobs
        ws_loop_wake(worker->loop);
    }
}

// ---- the caller's side ----

int rest_worker_start(struct rest_worker *worker, const struct bybit_market *market,
                      const struct bybit_keys *keys, int64_t ahead_ms, int64_t recv_window_ms,
                      struct live_clock clock, struct ws_loop *loop)
{
    int code = bybit_rest_init(&worker->rest, market->rest_url, market->ca_file, keys);
    if (code != MM_OK) {
        return code;
    }
    bybit_rest_keep_open(&worker->rest);
    worker->rest.answer_ns = ANSWER_NS;
    worker->rest.recv_window_ms = recv_window_ms;
    worker->market = market;
    worker->clock = clock;
    worker->loop = loop;
    atomic_store(&worker->ahead_ms, ahead_ms);
    lane_init(&worker->todo, sizeof(uint32_t), REST_JOBS_MAX);
    lane_init(&worker->done, sizeof(uint32_t), REST_JOBS_MAX);
    int error = platform_thread_start(run, worker, &worker->thread);
    return error == 0 ? MM_OK
                      : mm_fail(MM_ERROR_SYSTEM, "no thread: %s", platform_error_text(error));
}

static void fini_documents(struct rest_job *job)
{
    json_decref(job->orders);
    json_decref(job->executions);
    json_decref(job->positions);
}

void rest_worker_stop(struct rest_worker *worker)
{
    atomic_store(&worker->stop, true);
    platform_thread_join(&worker->thread);
    for (uint32_t i = 0; i < REST_JOBS_MAX; i++) {
        fini_documents(&worker->jobs[i]);
    }
    bybit_rest_fini(&worker->rest);
    lane_fini(&worker->todo);
    lane_fini(&worker->done);
}

struct rest_job *rest_worker_job(struct rest_worker *worker, enum rest_job_kind kind)
{
    for (uint32_t i = 0; i < REST_JOBS_MAX; i++) {
        struct rest_job *job = &worker->jobs[i];
        if (!job->is_used) {
            *job = (struct rest_job){.kind = kind, .is_used = true};
            return job;
        }
    }
    return NULL;
}

void rest_worker_post(struct rest_worker *worker, struct rest_job *job)
{
    uint32_t number = (uint32_t)(job - worker->jobs);
    job->begun_ns = now_of(worker);
    bool fits = lane_push(&worker->todo, &number);
    MM_ASSERT(fits);
}

struct rest_job *rest_worker_take(struct rest_worker *worker)
{
    uint32_t number;
    return lane_pop(&worker->done, &number) ? &worker->jobs[number] : NULL;
}

void rest_worker_free(struct rest_job *job)
{
    fini_documents(job);
    *job = (struct rest_job){0};
}
