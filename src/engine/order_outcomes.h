// How the orders of a run ended, counted by status and reason, and how long they lived, for
// reports. Memory is the owner's from init to fini; nothing is allocated in between. One owner
// thread.
#ifndef MM_ENGINE_ORDER_OUTCOMES_H
#define MM_ENGINE_ORDER_OUTCOMES_H

#include "engine/engine.h"
#include "kpi/kpi_samples.h"

#include <stdint.h>

enum { ORDER_OUTCOMES_MAX = 64, ORDER_LIFETIMES_MAX = 65536 };

struct order_outcome {
    const char *status, *reason; // static, as in engine_order_row
    uint64_t count;
    uint64_t part_filled_count; // with something filled, though not all
};

struct order_outcomes {
    struct order_outcome of[ORDER_OUTCOMES_MAX]; // in the order of their first appearance
    uint32_t count;
    uint64_t order_count, amend_count;
    uint64_t lost_count; // orders of a kind for which there was no room
    struct samples lifetimes_ns;
};

void order_outcomes_init(struct order_outcomes *outcomes);
void order_outcomes_fini(struct order_outcomes *outcomes);

void order_outcomes_add(struct order_outcomes *outcomes, const struct engine_order_row *row);

#endif
