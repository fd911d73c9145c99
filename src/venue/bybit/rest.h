// Requests to the exchange that wait for their answer: for the start of a run and for questions.
//
// Owns the signer and a copy of the key; the addresses are borrowed. One thread at a time.
#ifndef MM_VENUE_BYBIT_REST_H
#define MM_VENUE_BYBIT_REST_H

#include "base/error.h"
#include "net/http_client.h"
#include "venue/bybit/keys.h"
#include "venue/bybit/rate_budget.h"
#include "venue/bybit/reply.h"
#include "venue/bybit/sign.h"

#include <stdbool.h>
#include <stdint.h>

struct bybit_rest {
    const char *url, *ca_file; // borrowed; https://HOST, and NULL or certificates
    char key[BYBIT_KEY_SIZE];  // "": only public requests
    struct bybit_signer signer;
    struct http_session *session; // owned; NULL: a connection for each request
    int64_t ahead_ms;  // the exchange's clock less ours: what requests are stamped with is its time
    int64_t answer_ns; // how long an answer is waited for [10 s]
    int status;        // of the last answer in HTTP, 0: there was none
    struct rate_limit limit; // what the last answer says of it
    int64_t recv_window_ms;  // after which the exchange no longer takes a request [5000]
};

// `keys` may be none.
int bybit_rest_init(struct bybit_rest *rest, const char *url, const char *ca_file,
                    const struct bybit_keys *keys) MM_CHECKED;
void bybit_rest_keep_open(struct bybit_rest *rest); // from here on one connection is kept
void bybit_rest_fini(struct bybit_rest *rest);      // accepts a zeroed one

// GETs `path` with `query` ("" = none), signed if `is_private`. The answer's own code is in *out,
// which the caller ends by bybit_reply_fini. MM_ERROR_SYSTEM when there is no answer or no HTTP
// status 200, MM_ERROR_INPUT when the answer cannot be read.
int bybit_rest_get(struct bybit_rest *rest, const char *path, const char *query, bool is_private,
                   struct bybit_reply *out) MM_CHECKED;

// POSTs `body`, signed; the rest as bybit_rest_get. After MM_ERROR_SYSTEM or MM_ERROR_INPUT it may
// have been carried out.
int bybit_rest_post(struct bybit_rest *rest, const char *path, const char *body,
                    struct bybit_reply *out) MM_CHECKED;

// The exchange's clock less ours, by the quickest of a few questions, which took so long.
struct bybit_clock {
    int64_t ahead_ns, round_trip_ns;
};
int bybit_rest_clock(struct bybit_rest *rest, struct bybit_clock *out) MM_CHECKED;

#endif
