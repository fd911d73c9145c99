// What the live market's files share: its state and the steps they call on each other.
//
// Private to src/venue/live. live.c is the venue: it delivers what came and looks after the time;
// live_start.c asks the exchange what must be known before; live_lines.c keeps the private and the
// trade connection; live_orders.c writes requests and reads their answers; live_truth.c takes in
// what the exchange says and repairs what was believed.
#ifndef MM_VENUE_LIVE_LIVE_STATE_H
#define MM_VENUE_LIVE_LIVE_STATE_H

#include "base/text.h"
#include "venue/bybit/rate_budget.h"
#include "venue/bybit/sign.h"
#include "venue/latency_log.h"
#include "venue/live/live.h"
#include "venue/live/rest_worker.h"

#include <jansson.h>
#include <stdio.h>

enum line_state { LINE_DOWN, LINE_AUTH, LINE_UP };
enum account_state { ACCOUNT_DOWN, ACCOUNT_READING, ACCOUNT_READY };

enum {
    LIVE_URL_SIZE = 512,
    LIVE_BATCH_MAX = 10,
    LIVE_REQUESTS_MAX = 256, // kept, in turn; older ones have long been overdue
    LIVE_TOPICS_MAX = 5,
    LIVE_REASON_SIZE = 256
};

// A request on the trade connection, and the orders in it in their order.
struct live_request {
    uint64_t number; // 0: none
    enum venue_op op;
    uint32_t count;
    uint64_t ids[LIVE_BATCH_MAX];
    int64_t sent_ns;
    bool is_batch;
};

struct live {
    struct venue venue; // first: what callers hold
    struct bybit_market market;
    char prefix[LINK_PREFIX_MAX + 1];
    char key[BYBIT_KEY_SIZE];
    struct bybit_signer signer;
    struct live_clock clock;
    int64_t ahead_ms; // the exchange's clock less ours
    int64_t recv_window_ms;
    struct desk_filters filters;
    struct live_account account;
    struct link_namer namer;
    int64_t run_ms; // when the run began, by the exchange's clock
    // Connections.
    struct ws_loop *loop;
    struct bybit_feed *feed;
    struct ws_client *private_line, *trade_line;
    enum line_state private_state, trade_state;
    uint32_t topics_waited; // subscriptions not answered yet
    uint64_t request_number;
    struct live_request requests[LIVE_REQUESTS_MAX];
    struct rate_budget budgets[2][4]; // [batch][venue_op]
    struct text message;              // the request that is being written
    struct rest_worker worker;
    bool has_worker;
    bool dcp_armed;
    // Orders.
    struct desk *desk; // owned
    // The truth.
    enum account_state account_state;
    bool is_reading;          // a truth is under way
    uint64_t line_generation; // of the private connection
    uint64_t read_generation; // of it when the truth was asked for
    int64_t read_due_ns;      // when to ask for it (again)
    int64_t account_due_ns;   // when the account must be ready
    int64_t base_lots;        // position at the start, with what was repaired since
    int64_t off_by_lots;      // of the position at the last truth
    uint32_t truths;
    uint32_t own_open, other_open, stranger_open; // at the last truth
    char leftovers[REST_LINKS_MAX][LINK_ID_SIZE]; // of other runs under our prefix
    uint32_t leftover_count;
    uint32_t unknown_told; // orders that were unknown when it was last said
    bool is_started, is_stopping;
    char fatal[LIVE_REASON_SIZE]; // why the run must end; "" = it need not
    bool fatal_told;
    char problem[LIVE_REASON_SIZE]; // the last thing that went wrong with the account
    // Our own time, from the last batch that was delivered; 0: it has led to no request.
    int64_t arrived_ns, delivered_ns, decided_ns;
    int64_t sending_ns; // spent in handing requests to the system since delivered_ns
    struct histogram stages[LIVE_STAGE_COUNT];
    // What is delivered.
    struct market_batch batch;
    bool has_batch, feed_gap, told_gap; // told_gap: the engine believes in a gap
    struct venue_report report;
    // Time.
    int64_t clock_due_ns, heartbeat_due_ns;
    int64_t rehearse_due_ns; // INT64_MAX: never
    int heartbeat_file;      // -1: none
    FILE *latency_file;      // NULL: none
};

int64_t live_now_ns(const struct live *live);

// live_start.c
int live_ask_account(struct live *live, const struct live_config *config) MM_CHECKED;

// live_lines.c
int live_open_lines(struct live *live, const struct live_config *config) MM_CHECKED;

// live_orders.c
void live_flush(struct live *live);            // sends what is queued
void live_rehearse_request(struct live *live); // writes one, and sends nothing
void live_take_answer(struct live *live, const char *text, size_t size);
void live_take_order_job(struct live *live, const struct rest_job *job);
void live_lose_requests(struct live *live); // the trade connection is gone

// live_truth.c
void live_ask_truth(struct live *live, int64_t due_ns);
void live_take_private(struct live *live, const char *text, size_t size);
void live_lose_account(struct live *live, const char *reason);
void live_cancel_leftovers(struct live *live);
void live_work(struct live *live); // takes finished jobs, hands in new ones

#endif
