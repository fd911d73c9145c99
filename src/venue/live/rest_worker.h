// REST on a thread of its own, so that nothing waits for it: jobs go in, results come out.
//
// Jobs are carried out one after another in the order of their coming. Questions, and cancels that
// come by their ids, wait until the exchange's limit lets them through; the limit of order requests
// is the caller's to keep. The struct owns the thread,
// the connection and the jobs' memory; all calls are from one thread, the jobs' documents are the
// caller's once taken (rest_job_fini).
#ifndef MM_VENUE_LIVE_REST_WORKER_H
#define MM_VENUE_LIVE_REST_WORKER_H

#include "base/handover.h"
#include "base/platform.h"
#include "net/ws_client.h"
#include "venue/bybit/link_id.h"
#include "venue/bybit/live_clock.h"
#include "venue/bybit/market.h"
#include "venue/bybit/rest.h"
#include "venue/venue.h"

#include <jansson.h>
#include <stdatomic.h>

enum rest_job_kind {
    JOB_ORDER,  // one create, amend or cancel
    JOB_ASK,    // about one order: its row, and its executions
    JOB_TRUTH,  // position, executions since, open orders
    JOB_CANCEL, // orders by their ids
    JOB_CLOCK
};

enum { REST_JOBS_MAX = 32, REST_BODY_SIZE = 512, REST_LINKS_MAX = 50, REST_REASON_SIZE = 200 };

struct rest_job {
    enum rest_job_kind kind;
    bool is_used;
    int64_t begun_ns; // our clock, when it was handed in
    // What is asked.
    enum venue_op op;
    uint64_t order_id;
    int64_t sent_ns;           // of the order's request
    char body[REST_BODY_SIZE]; // of JOB_ORDER
    char links[REST_LINKS_MAX][LINK_ID_SIZE];
    uint32_t link_count;
    int64_t since_ms; // of executions
    // What came of it.
    bool is_answered;        // by the exchange; else `reason`
    json_int_t code;         // the exchange's, 0: fine
    struct rate_limit limit; // of JOB_ORDER: what the answer says of it
    char reason[REST_REASON_SIZE];
    json_t *orders, *executions, *positions; // arrays, owned; NULL when not asked for
    int64_t asked_ns; // our clock, just before the exchange was asked for what is decisive
    struct bybit_clock clock;
};

// What the thread itself keeps to the limits of.
enum rest_path {
    PATH_REALTIME,
    PATH_HISTORY,
    PATH_EXECUTIONS,
    PATH_POSITION,
    PATH_CANCEL,
    REST_PATH_COUNT
};

struct rest_worker {
    struct bybit_rest rest;  // the thread's
    int64_t banned_until_ns; // likewise: the exchange answers no more until then
    struct rate_budget budgets[REST_PATH_COUNT]; // likewise
    const struct bybit_market *market;
    struct live_clock clock;
    struct ws_loop *loop; // woken when something is done
    struct rest_job jobs[REST_JOBS_MAX];
    struct lane todo, done; // of uint32_t
    struct platform_thread thread;
    atomic_bool stop;
    atomic_llong ahead_ms; // the exchange's clock less ours
};

// The worker must not move while it runs.
int rest_worker_start(struct rest_worker *worker, const struct bybit_market *market,
                      const struct bybit_keys *keys, int64_t ahead_ms, int64_t recv_window_ms,
                      struct live_clock clock, struct ws_loop *loop) MM_CHECKED;
void rest_worker_stop(struct rest_worker *worker); // accepts a zeroed one

// A job to fill in; NULL when all are used.
struct rest_job *rest_worker_job(struct rest_worker *worker, enum rest_job_kind kind);
void rest_worker_post(struct rest_worker *worker, struct rest_job *job);
struct rest_job *rest_worker_take(struct rest_worker *worker); // done; NULL: none
void rest_worker_free(struct rest_job *job);

#endif
