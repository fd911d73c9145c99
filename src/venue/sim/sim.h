// The simulated exchange as a venue: a synthetic market (world.h, flow.h) on a matching engine,
// seen through a feed with delay.
//
// A run is a pure function of (configuration, seed, requests). Exchange time and ours are one
// clock; a message takes the configured latency each way. What is seen: per event of the exchange
// one batch of trades (if any; one row per execution) and one batch of the levels that changed, as
// absolute quantities, our own orders included. The first batches are a clear of both sides and a
// snapshot. A side without orders shows as such: all its levels are removed.
//
// Reports. Every report that a request causes on arrival names it in `answers`: a limit order that
// crosses is first FILLED (maker false) and then PLACED with what rests, or EXPIRED with what does
// not; executions by one request at one price come as one report. An amend that would make a
// post-only order take ends it with EXPIRED, as exchanges do. `qty_lots` is the quantity wanted
// open by the last place or amend, `leaves_lots` what of it still rests. Provenance: `event_row`
// counts the exchange's events; ahead_at_fill_lots is what stood in front of us when the taker
// that reached us came.
//
// Queues in between are bounded (line.h, SIM_OWN_ORDERS). A full request line answers UNREACHABLE,
// a full table of own orders INVALID; a full feed line shows as EVENT_GAP followed by a snapshot.
// sim_create takes all memory; nothing is allocated afterwards. One owner thread.
#ifndef MM_VENUE_SIM_SIM_H
#define MM_VENUE_SIM_SIM_H

#include "venue/sim/flow.h"
#include "venue/sim/matching.h"
#include "venue/sim/model.h"
#include "venue/sim/world.h"
#include "venue/venue.h"

#include <stdint.h>

// 2024-01-01 00:00:00 UTC, the first local stamp of every run: an ordinary date, so that nothing
// that prints or stores one sees an odd case.
#define SIM_START_NS (INT64_C(1704067200) * 1000000000)

enum { SIM_OWN_ORDERS = 256 }; // ours at once
enum { SIM_ORDERS = 1 << 14 }; // everybody's at once

struct sim_config {
    struct sim_model model;
    struct instrument instrument;
    enum sim_regime regime;
    struct sim_latency latency;
    uint64_t seed;
};

// The preset's instrument and latencies, calm, seed 1.
int sim_config_of_preset(const struct sim_model *preset, struct sim_config *out) MM_CHECKED;

struct sim_counters {
    uint64_t event_count; // of the exchange: world, flow and requests
    uint64_t execution_count, own_execution_count;
    uint64_t gap_count;         // feed line full
    uint64_t unreachable_count; // request line full
    uint64_t report_lost_count; // report line full
    int64_t own_position_lots;  // sum of our executions
    uint32_t own_open[2];       // our resting orders by side
    uint32_t own_open_most[2];
};

struct venue *sim_create(const struct sim_config *config);

// For tests and statistics: what only the exchange knows.
const struct sim_counters *sim_get_counters(const struct venue *venue);
const struct matching *sim_get_matching(const struct venue *venue);
const struct world *sim_get_world(const struct venue *venue);
const struct flow *sim_get_flow(const struct venue *venue);

#endif
