// Which faults a venue shall have, and how often. Pure; no allocation.
#ifndef MM_VENUE_FAULT_CONFIG_H
#define MM_VENUE_FAULT_CONFIG_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum fault {
    FAULT_GAP,         // batches of the feed are missing
    FAULT_DUPLICATE,   // a batch comes twice
    FAULT_REORDER,     // a batch comes after its successor
    FAULT_STALL,       // the feed is silent, then everything comes at once
    FAULT_TIMEOUT,     // a request gets no answer; most reach the exchange all the same
    FAULT_LATE_ACK,    // an answer, and every report behind it, comes late
    FAULT_REJECT,      // a request is refused
    FAULT_RATE_LIMIT,  // for a while every other request is refused
    FAULT_CANCEL_RACE, // a cancel is held up on its way, so that its order may fill first
    FAULT_DISCONNECT,  // no feed, no requests; answers are lost, executions told afterwards
    FAULT_CLOCK_JUMP,  // for a while the exchange's stamps are off, either way
    FAULT_MAINTENANCE, // silence; our orders are cancelled, requests refused
    FAULT_TAKEN,       // a post-only order's fill is told and charged as a taker's
    FAULT_COUNT
};

struct fault_spec {
    const char *name;
    uint32_t per_hour;         // unless asked otherwise
    int64_t least_ns, most_ns; // how long it lasts, 0 = no duration
};
extern const struct fault_spec fault_specs[FAULT_COUNT];

struct fault_config {
    uint32_t per_hour[FAULT_COUNT]; // mean strikes per hour, 0 = never
};

// "none", or a list like "all", "all:240", "gap,reject:60": names with strikes per hour; what comes
// later overrides. MM_ERROR_USAGE names what is wrong.
int fault_config_parse(const char *text, struct fault_config *out) MM_CHECKED;

bool fault_config_any(const struct fault_config *config); // whether anything shall strike

#endif
