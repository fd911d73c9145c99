// Everything a report shows of a run, gathered as the engine goes: its course, fills and orders.
//
// A sink for engine_create that keeps what series.h, fill_history.h and order_outcomes.h keep.
// Memory is sized at creation, whatever the run's length; owned by the history. One owner thread,
// the engine's.
#ifndef MM_ENGINE_HISTORY_H
#define MM_ENGINE_HISTORY_H

#include "engine/fill_history.h"
#include "engine/order_outcomes.h"
#include "engine/series.h"

struct history {
    int64_t sample_interval_ns;
    struct series series;
    struct fill_history fills;
    struct order_outcomes orders;
};

// For a run from `start_ns` over `span_ns` of market time; INT64_MAX when its end is not known.
struct history *history_create(int64_t start_ns, int64_t span_ns);
void history_destroy(struct history *history);

// Borrows the history.
struct engine_sink history_sink(struct history *history);

#endif
