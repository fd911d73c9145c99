// The live market: Bybit itself. Requests go out by the trade WebSocket, or by REST when that is
// not connected; what becomes of orders comes on the private stream.
//
// At the start and after every break of the private stream the truth is read anew: subscribe, then
// open orders, executions since the last known, position. Until that is done nothing is placed and
// the engine is told EVENT_GAP, which makes it take its quotes back. Differences between what was
// believed and what the exchange says are logged by kind and repaired. Orders of strangers (without
// our prefix) are counted and never touched; their fills count into the position, because the
// exchange has one position per symbol.
//
// live_create waits for the exchange; after that nothing but the stop does: REST runs on a thread
// of its own. The venue owns its connections and the thread. One owner thread.
#ifndef MM_VENUE_LIVE_LIVE_H
#define MM_VENUE_LIVE_LIVE_H

#include "base/histogram.h"
#include "venue/bybit/desk.h"
#include "venue/bybit/feed.h"
#include "venue/bybit/keys.h"
#include "venue/venue.h"

#include <signal.h>

struct live_config {
    const struct bybit_market *market; // borrowed
    const struct bybit_keys *keys;     // borrowed until live_create returns
    const char *private_url;           // wss://HOST; NULL: the market's stream_url
    const char *trade_url;             // likewise
    const char *prefix;                // of order ids; NULL: LINK_PREFIX_DEFAULT
    const char *heartbeat;             // a file for mmbot watchdog; NULL: none
    const char *latency_log;           // CSV of round trips; NULL: none
    int64_t recv_window_ms;            // of order requests
    int64_t position_limit_e9;         // in the quote coin; > 0
    uint64_t seed;
    int64_t first_wait_ns;             // for the first book and the account
    bool polls_busily;                 // waits without sleeping, as ws_loop_poll_busily
    const volatile sig_atomic_t *stop; // ends that wait; may be NULL
    // As bybit_feed_config's.
    void *context;
    void (*raw)(void *context, const char *text, size_t size, int64_t local_ns);
    void (*broken)(void *context, enum bybit_break reason, int64_t local_ns);
};

// MM_ERROR_USAGE for keys, an account or a market that cannot be traded with, MM_ERROR_SYSTEM when
// the exchange does not answer, MM_ERROR_STOPPED.
int live_create(const struct live_config *config, struct venue **out) MM_CHECKED;

bool live_is(const struct venue *venue);
const struct bybit_feed *live_feed(const struct venue *venue);

// What the account was at the start.
struct live_account {
    int64_t position_lots;
    int64_t maker_fee_e9, taker_fee_e9; // share of notional
};
struct live_account live_get_account(const struct venue *venue);

// Cancels what of ours is still open and asks until the exchange shows nothing, for at most
// `grace_ns`. MM_ERROR_SYSTEM says that it could not be verified, and why.
int live_verify_stopped(struct venue *venue, int64_t grace_ns) MM_CHECKED;

// Our own time on the way from a frame of the book to the requests that it led to.
enum live_stage {
    LIVE_STAGE_READ,   // the frame's arrival to the engine having it: parsed and checked
    LIVE_STAGE_DECIDE, // until the engine asks for the first request
    LIVE_STAGE_ENCODE, // the engine's other requests, and all of them written
    LIVE_STAGE_OWN,    // these three: from the frame to the requests
    LIVE_STAGE_SEND,   // the requests handed to the system: TLS and its calls
    LIVE_STAGE_ALL,    // everything
    LIVE_STAGE_COUNT
};
const struct histogram *live_stage_times(const struct venue *venue, enum live_stage stage);
const char *live_stage_name(enum live_stage stage);

const struct desk_counters *live_counters(const struct venue *venue);

#endif
