// A simulated exchange that speaks Bybit's V5 protocol: markets, accounts, REST and WebSocket.
//
// The core of it, without sockets and without a clock: what a client sent and when goes in, what
// the exchange answers and tells of itself comes out through a sink. The same calls at the same
// times give the same bytes. serve.h puts it on a port; tests call it directly. docs/venue.md says
// what it knows and what was chosen where the exchange's documentation is silent.
//
// Times are ns since 1970. They must not go back. Everything that happens by itself happens inside
// bourse_run, which is to be called at bourse_next_ns at the latest. The sink's functions must not
// call back into the exchange. One owner thread. Orders, executions and accounts have fixed tables;
// requests and answers allocate.
#ifndef MM_BOURSE_BOURSE_H
#define MM_BOURSE_BOURSE_H

#include "base/error.h"
#include "bourse/names.h"
#include "market/tape.h"
#include "venue/replay/queue_model.h"
#include "venue/sim/model.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bourse;

struct bourse_field {
    const char *name, *value; // of an HTTP header
};

struct bourse_answer {
    int status; // HTTP
    const struct bourse_field *fields;
    size_t field_count;
    const char *body;
    size_t body_size;
};

struct bourse_sink {
    void *context;
    // Answers the request that came with `handle`, once.
    void (*answer)(void *context, void *handle, const struct bourse_answer *answer);
    // The request will not be answered: its connection is to be closed.
    void (*drop)(void *context, void *handle);
    // A WebSocket text frame to a connection.
    void (*frame)(void *context, uint32_t connection, const char *bytes, size_t size);
    // The exchange closes the connection; bourse_close is still to be called for it.
    void (*close)(void *context, uint32_t connection);
};

struct bourse_request {
    void *handle;
    const char *method; // "GET", "POST", ...
    const char *path;   // without the query
    const char *query;  // as sent, without '?'; "" when there is none
    // Another spelling of the query that may be the one that was sent, for callers that cannot
    // tell; NULL = none.
    const char *query_else;
    // X-BAPI-API-KEY, -TIMESTAMP, -RECV-WINDOW and -SIGN as sent; NULL when absent.
    const char *api_key, *timestamp, *recv_window, *sign;
    const char *body;
    size_t body_size;
};

struct bourse_setup {
    struct bourse_sink sink;
    uint64_t seed;
    int64_t now_ns;
};

struct bourse *bourse_create(const struct bourse_setup *setup);
void bourse_destroy(struct bourse *bourse); // accepts NULL

enum { BOURSE_LISTINGS_MAX = 8, BOURSE_ACCOUNTS_MAX = 32, BOURSE_CONNECTIONS_MAX = 512 };

// Lists a market; before the first account. MM_ERROR_USAGE when the symbol is listed already or
// there is no room.
int bourse_list_simulated(struct bourse *bourse, const struct sim_model *preset,
                          enum sim_regime regime) MM_CHECKED;
// The tape is borrowed for the exchange's life.
int bourse_list_tape(struct bourse *bourse, const struct tape *tape,
                     const struct queue_model *queue_model) MM_CHECKED;

// What an account is made with. Texts "" and NULL are filled in from the exchange's seed.
struct bourse_account_spec {
    const char *key, *secret;
    int64_t balance_e9;                   // of each settlement coin
    int64_t maker_rate_e9, taker_rate_e9; // fee as a share of the value, 1e9 = all of it
    bool read_only, may_withdraw, hedge_mode, dcp;
};
int bourse_add_account(struct bourse *bourse, const struct bourse_account_spec *spec,
                       uint32_t *out_number) MM_CHECKED;
uint32_t bourse_account_count(const struct bourse *bourse);
const char *bourse_account_key(const struct bourse *bourse, uint32_t number);
const char *bourse_account_secret(const struct bourse *bourse, uint32_t number);

// Sets one of the switches of switches.h by its name.
int bourse_set_switch(struct bourse *bourse, const char *name, const char *value) MM_CHECKED;

// When something happens by itself next.
int64_t bourse_next_ns(const struct bourse *bourse);
// Everything due at `now_ns` or before.
void bourse_run(struct bourse *bourse, int64_t now_ns);
// Every recorded market has come to its end, and no simulated one is listed.
bool bourse_is_over(const struct bourse *bourse);

// A REST request, of any path; the answer may come later.
void bourse_handle(struct bourse *bourse, const struct bourse_request *request, int64_t now_ns);
// A request to the control port (control.h).
void bourse_control(struct bourse *bourse, const struct bourse_request *request, int64_t now_ns);

// A WebSocket connection to `path`; `query` may hold max_active_time. 0 when the path is none of
// the exchange's or there is no room, else the connection's number.
uint32_t bourse_open(struct bourse *bourse, const char *path, const char *query, int64_t now_ns);
void bourse_receive(struct bourse *bourse, uint32_t number, const char *bytes, size_t size,
                    int64_t now_ns);
// The connection is gone.
void bourse_close(struct bourse *bourse, uint32_t number, int64_t now_ns);

#endif
