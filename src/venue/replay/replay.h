// A recorded market as a venue: two clocks, latencies, and the exchange of exchange.h.
//
// The exchange's book follows the tape's exchange clock, what the caller sees follows the local
// clock, and requests and reports travel between the two with a latency each way. Events that fall
// on the same instant come in a fixed order: market data to us, report to us, market data at the
// exchange, request at the exchange. The tape must outlive the venue. One owner thread; nothing is
// allocated after replay_create.
#ifndef MM_VENUE_REPLAY_REPLAY_H
#define MM_VENUE_REPLAY_REPLAY_H

#include "base/error.h"
#include "market/tape.h"
#include "venue/latency.h"
#include "venue/replay/exchange.h"
#include "venue/replay/fill_rules.h"
#include "venue/replay/order_desk.h"
#include "venue/replay/queue_model.h"
#include "venue/venue.h"

#include <stdbool.h>
#include <stdint.h>

// Requests, and reports, that may be on their way at once; beyond it the run ends with an error.
enum { REPLAY_IN_FLIGHT_MAX = ORDER_DESK_IN_FLIGHT_MAX };

struct replay_config {
    enum fills_mode fills;
    bool forget_taken; // strict without its memory of what own orders took
    struct queue_model queue_model;
    const struct latency_model *latency; // borrowed for the venue's life
    const struct exchange_probe *probe;  // likewise; NULL = none
};

// --fills and --consume as given; NULL = strict, on. MM_ERROR_USAGE names the option.
int replay_fills_parse(const char *fills, const char *consume,
                       struct replay_config *config) MM_CHECKED;

// MM_ERROR_INPUT for a tape without messages.
int replay_create(const struct tape *tape, const struct replay_config *config,
                  struct venue **out) MM_CHECKED;

// The earliest stamp of either clock: where the reference's clock starts.
int64_t replay_earliest_ns(const struct tape *tape);

#endif
