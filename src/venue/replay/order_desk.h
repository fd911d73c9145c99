// Between us and an exchange that is not there: requests on their way, the exchange, reports on
// their way back. What a replay and a paper run have in common.
//
// Owns both ways and the exchange; the latency model is borrowed. Nothing is allocated after init.
// One owner thread.
#ifndef MM_VENUE_REPLAY_ORDER_DESK_H
#define MM_VENUE_REPLAY_ORDER_DESK_H

#include "base/error.h"
#include "venue/latency.h"
#include "venue/replay/exchange.h"
#include "venue/replay/order_bus.h"
#include "venue/venue.h"

#include <stdint.h>

enum { ORDER_DESK_IN_FLIGHT_MAX = 4096 };

struct order_desk {
    struct order_bus requests, reports;
    struct latency_cursor entry, response;
    struct exchange exchange;
};

// As exchange_init.
int order_desk_init(struct order_desk *desk, const struct tape *tape,
                    const struct queue_model *queue_model, const struct fill_rules *rules,
                    const struct latency_model *latency) MM_CHECKED;
void order_desk_fini(struct order_desk *desk); // accepts a zeroed one

// Sends a request at `now_ns`; one that never arrives is reported so after its time.
int order_desk_send(struct order_desk *desk, const struct venue_request *request,
                    int64_t now_ns) MM_CHECKED;

// The requests that arrive next, all of one instant, reach the exchange; there must be one.
// `known_ns` as in order_desk_post.
int order_desk_take(struct order_desk *desk, int64_t known_ns) MM_CHECKED;

// Sends what the exchange has reported on its way. Where what they tell of becomes known here only
// at `known_ns`, no report reaches us before that, nor later than its way takes from then on: it
// happened before. INT64_MIN: everything is known already.
int order_desk_post(struct order_desk *desk, int64_t known_ns) MM_CHECKED;

#endif
