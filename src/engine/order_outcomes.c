#include "engine/order_outcomes.h"

#include <string.h>

void order_outcomes_init(struct order_outcomes *outcomes)
{
    *outcomes = (struct order_outcomes){0};
    samples_init(&outcomes->lifetimes_ns, ORDER_LIFETIMES_MAX);
}

void order_outcomes_fini(struct order_outcomes *outcomes)
{
    if (outcomes != NULL) {
        samples_fini(&outcomes->lifetimes_ns);
        *outcomes = (struct order_outcomes){0};
    }
}

static struct order_outcome *find_or_add(struct order_outcomes *outcomes,
                                         const struct engine_order_row *row)
{
    for (uint32_t i = 0; i < outcomes->count; i++) {
        struct order_outcome *outcome = &outcomes->of[i];
        if (strcmp(outcome->status, row->status) == 0 &&
            strcmp(outcome->reason, row->reason) == 0) {
            return outcome;
        }
    }
    if (outcomes->count == ORDER_OUTCOMES_MAX) {
        return NULL;
    }
    struct order_outcome *added = &outcomes->of[outcomes->count++];
    *added = (struct order_outcome){.status = row->status, .reason = row->reason};
    return added;
}

void order_outcomes_add(struct order_outcomes *outcomes, const struct engine_order_row *row)
{
    outcomes->order_count++;
    outcomes->amend_count += row->amend_count;
    samples_add(&outcomes->lifetimes_ns, row->ended_ts_ns - row->placed_ts_ns);
    struct order_outcome *outcome = find_or_add(outcomes, row);
    if (outcome == NULL) {
        outcomes->lost_count++;
        return;
    }
    outcome->count++;
    outcome->part_filled_count += row->leaves_qty_lots > 0 && row->leaves_qty_lots < row->qty_lots;
}
