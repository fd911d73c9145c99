#include "engine/history.h"

#include "base/memory.h"

#include <stdlib.h>

struct history *history_create(int64_t start_ns, int64_t span_ns)
{
    struct history *history = mm_alloc(1, sizeof *history);
    history->sample_interval_ns = series_interval_ns(span_ns, SERIES_POINTS_DEFAULT);
    series_init(&history->series, SERIES_POINTS_DEFAULT);
    fill_history_init(&history->fills, FILL_RECORDS_DEFAULT, start_ns, history->sample_interval_ns);
    order_outcomes_init(&history->orders);
    return history;
}

void history_destroy(struct history *history)
{
    if (history == NULL) {
        return;
    }
    series_fini(&history->series);
    fill_history_fini(&history->fills);
    order_outcomes_fini(&history->orders);
    free(history);
}

static void take_order(void *context, const struct engine_order_row *row)
{
    struct history *history = context;
    order_outcomes_add(&history->orders, row);
}

static void take_fill(void *context, const struct engine_fill_row *row)
{
    struct history *history = context;
    fill_history_add(&history->fills, row);
}

static void take_markout(void *context, uint64_t fill_number, int64_t later_half_ticks)
{
    struct history *history = context;
    fill_history_markout(&history->fills, fill_number, later_half_ticks);
}

static void take_sample(void *context, const struct engine_sample *sample)
{
    struct history *history = context;
    series_add(&history->series, sample);
}

struct engine_sink history_sink(struct history *history)
{
    return (struct engine_sink){.context = history,
                                .order = take_order,
                                .fill = take_fill,
                                .markout = take_markout,
                                .sample_interval_ns = history->sample_interval_ns,
                                .sample = take_sample};
}
