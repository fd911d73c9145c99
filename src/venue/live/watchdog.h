// The dead man's switch of our own: when the bot's heartbeat stops, its orders are cancelled.
//
// For a process of its own, with its own connection to the exchange: it outlives a bot that is
// killed or frozen. Looks at the heartbeat's file ten times a second; what it says of time is not
// used, only that it changes. Orders are told by the prefix of their ids; others are not touched.
// Waits for the exchange; one thread.
#ifndef MM_VENUE_LIVE_WATCHDOG_H
#define MM_VENUE_LIVE_WATCHDOG_H

#include "base/error.h"
#include "venue/bybit/keys.h"
#include "venue/bybit/market.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

// ---- the judgement, pure ----

enum { HEARTBEAT_SIZE = 96 };

struct heartbeat_watch {
    int64_t after_ns;
    bool is_armed; // a bot was seen alive, and has not said that it stopped
    int64_t changed_ns;
    char last[HEARTBEAT_SIZE + 1];
};

enum heartbeat_news { HEART_SAME, HEART_BEGAN, HEART_STOPPED, HEART_DEAD };

// Takes what the file says now ("" = there is none). HEART_DEAD comes once for each death: after it
// the watch is armed again by the next change.
enum heartbeat_news heartbeat_look(struct heartbeat_watch *watch, const char *text, int64_t now_ns);

// What a bot writes. `state` is "alive" or "stopped".
void heartbeat_write(const char *state, const char *prefix, int64_t now_ns,
                     char out[HEARTBEAT_SIZE + 1]);

// ---- the process ----

struct watchdog_config {
    const struct bybit_market *market; // borrowed, as all
    const struct bybit_keys *keys;
    const char *prefix, *heartbeat;
    int64_t after_ns;
    const volatile sig_atomic_t *stop; // ends it
};

// Returns when stopped (MM_ERROR_STOPPED), or before it watches when the key or the exchange does
// not do.
int watchdog_run(const struct watchdog_config *config) MM_CHECKED;

#endif
