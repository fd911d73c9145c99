// What looks at a soak while it runs, such as a page or metrics.
//
// The soak calls these functions on the engine's thread, between two slices of market time, and
// everything in a view is borrowed for the call. They must return soon, for the engine waits; what
// they do must not reach the run, whose bytes are the same with and without them. What a resumed
// run repeats is shown again, as catching up.
#ifndef MM_SOAK_SOAK_WATCH_H
#define MM_SOAK_SOAK_WATCH_H

#include "engine/engine.h"
#include "soak/metrics_collector.h"
#include "soak/operator.h"

#include <stdbool.h>
#include <stdint.h>

enum soak_phase {
    SOAK_STARTING,
    SOAK_RUNNING,  // inside a window
    SOAK_SLEEPING, // after an iteration; also early in the next window, begun to see cancels
    SOAK_ENDED
};

struct soak_view {
    enum soak_phase phase;
    bool catching_up; // with what an earlier process has finished
    bool killed;      // an operator has stopped quoting until it is re-armed
    int64_t window_from_ns, window_to_ns;
    const struct run_record *run; // with the configuration
    const struct engine *engine;
    const struct engine_config *engine_config;
    const struct guard_config *guard_config;
    const struct guard_state *guard;
};

// Any function may be NULL.
struct soak_watch {
    void *context;
    int64_t interval_ns; // least real time between two calls of `slice`
    void (*begin)(void *context, const struct soak_view *view);
    // Also while the soak sleeps or waits for real time, then at least every 100 ms.
    void (*slice)(void *context, const struct soak_view *view);
    // After an iteration is kept and its values are in force.
    void (*iteration)(void *context, const struct soak_view *view,
                      const struct iteration_record *record);
    // Once when `begin` was called, however the run ended; run->end says how.
    void (*end)(void *context, const struct soak_view *view);
    // What an operator asks for: the next request, false when there is none, and what becomes of it
    // (soak/operator.h).
    bool (*take_request)(void *context, struct operator_request *out);
    void (*answer)(void *context, const struct operator_answer *answer);
    // Every order, fill, markout and sample of the run, beside the recorder; has its own context.
    struct engine_sink sink;
};

// The soak's own side: calls the watches at their times, and passes rows on to the recorder and to
// them. Engines sample at one interval: each watch's must be a multiple of the shortest, and all
// get every sample.
enum { SOAK_WATCHES_MAX = 2 };

struct soak_watcher {
    const struct soak_watch *watches[SOAK_WATCHES_MAX]; // borrowed
    uint32_t watch_count;
    struct engine_sink recorder;
    int64_t due_ns[SOAK_WATCHES_MAX]; // monotonic: the next slice's
};

// At most SOAK_WATCHES_MAX; those that are NULL are left out.
void soak_watcher_init(struct soak_watcher *watcher, const struct soak_watch *const watches[],
                       uint32_t count);

// A sink that passes everything on to `recorder` and to the watches; borrows the watcher.
struct engine_sink soak_watcher_sink(struct soak_watcher *watcher, struct engine_sink recorder);

void soak_watcher_begin(const struct soak_watcher *watcher, const struct soak_view *view);
void soak_watcher_slice(struct soak_watcher *watcher, const struct soak_view *view); // when due
void soak_watcher_iteration(const struct soak_watcher *watcher, const struct soak_view *view,
                            const struct iteration_record *record);
void soak_watcher_end(const struct soak_watcher *watcher, const struct soak_view *view);

// The next request of any watch; false when there is none. Answers go to every watch.
bool soak_watcher_take_request(const struct soak_watcher *watcher, struct operator_request *out);
void soak_watcher_answer(const struct soak_watcher *watcher, const struct operator_answer *answer);

#endif
