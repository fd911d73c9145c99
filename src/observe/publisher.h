// The engine's side of what is seen of a soak: copies moments and events to another thread.
//
// Its watch is called on the engine's thread, waits for nobody and, after publisher_create and
// apart from one copy of what does not change when the run begins, allocates nothing: events go
// into lanes, moments onto a board, and what does not fit is lost and counted. One other thread
// drains it. The struct is owned by the caller and must outlive both.
#ifndef MM_OBSERVE_PUBLISHER_H
#define MM_OBSERVE_PUBLISHER_H

#include "base/handover.h"
#include "observe/feed_model.h"
#include "soak/operator.h"

struct publisher;

struct publisher_config {
    int64_t pace_e3; // of the run, in thousandths; 0 = as fast as possible
    int64_t span_ns; // of market time; 0 = not known
    void *context;
    void (*begun)(void *context); // on the engine's thread, once the run owns its directory
};

struct publisher *publisher_create(const struct publisher_config *config);
void publisher_destroy(struct publisher *publisher); // accepts NULL

// What orchestrator_run is given; borrows the publisher. The log is tapped from begin to end.
struct soak_watch publisher_watch(struct publisher *publisher);

int64_t publisher_sample_ns(const struct publisher *publisher); // market time between samples

// ---- for the draining thread ----

// NULL until the run has begun.
const struct observed_run *publisher_run(struct publisher *publisher);
// The newest moment, valid until the next call; NULL until there is one.
const struct observed *publisher_look(struct publisher *publisher, bool *is_new);

// Everything that has happened since the last call goes into the model, which has advanced; of a
// kind of which more waits than the model keeps, the newest.
void publisher_drain(struct publisher *publisher, struct feed_model *model);

// Hands a request to the soak; false when too many wait already.
bool publisher_ask(struct publisher *publisher, const struct operator_request *request);
// What has become of one; not before the moment that was looked at last shows it.
bool publisher_take_answer(struct publisher *publisher, struct operator_answer *out);

// What had no room.
struct publisher_losses {
    uint64_t fills, markouts, orders, samples, iterations, log;
};
struct publisher_losses publisher_losses(struct publisher *publisher);

#endif
