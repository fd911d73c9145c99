#include "soak/soak_watch.h"

#include "base/platform.h"

void soak_watcher_init(struct soak_watcher *watcher, const struct soak_watch *watch)
{
    static const struct soak_watch nobody;
    *watcher = (struct soak_watcher){.watch = watch != NULL ? watch : &nobody};
}

void soak_watcher_begin(const struct soak_watcher *watcher, const struct soak_view *view)
{
    if (watcher->watch->begin != NULL) {
        watcher->watch->begin(watcher->watch->context, view);
    }
}

void soak_watcher_slice(struct soak_watcher *watcher, const struct soak_view *view)
{
    if (watcher->watch->slice != NULL && platform_monotonic_ns() >= watcher->due_ns) {
        watcher->watch->slice(watcher->watch->context, view);
        watcher->due_ns = platform_monotonic_ns() + watcher->watch->interval_ns;
    }
}

void soak_watcher_iteration(const struct soak_watcher *watcher, const struct soak_view *view,
                            const struct iteration_record *record)
{
    if (watcher->watch->iteration != NULL) {
        watcher->watch->iteration(watcher->watch->context, view, record);
    }
}

void soak_watcher_end(const struct soak_watcher *watcher, const struct soak_view *view)
{
    if (watcher->watch->end != NULL) {
        watcher->watch->end(watcher->watch->context, view);
    }
}

// The sink.

static void pass_order(void *context, const struct engine_order_row *row)
{
    const struct soak_watcher *watcher = context;
    const struct engine_sink *watch = &watcher->watch->sink;
    watcher->recorder.order(watcher->recorder.context, row);
    if (watch->order != NULL) {
        watch->order(watch->context, row);
    }
}

static void pass_fill(void *context, const struct engine_fill_row *row)
{
    const struct soak_watcher *watcher = context;
    const struct engine_sink *watch = &watcher->watch->sink;
    watcher->recorder.fill(watcher->recorder.context, row);
    if (watch->fill != NULL) {
        watch->fill(watch->context, row);
    }
}

static void pass_markout(void *context, uint64_t fill_number, int64_t later_half_ticks)
{
    const struct engine_sink *watch = &((const struct soak_watcher *)context)->watch->sink;
    watch->markout(watch->context, fill_number, later_half_ticks);
}

static void pass_sample(void *context, const struct engine_sample *sample)
{
    const struct engine_sink *watch = &((const struct soak_watcher *)context)->watch->sink;
    watch->sample(watch->context, sample);
}

static void pass_delay(void *context, enum engine_delay delay, int64_t delay_ns)
{
    const struct engine_sink *watch = &((const struct soak_watcher *)context)->watch->sink;
    watch->delay(watch->context, delay, delay_ns);
}

static void pass_mid(void *context, int64_t now_ns, int64_t before_half_ticks)
{
    const struct engine_sink *watch = &((const struct soak_watcher *)context)->watch->sink;
    watch->mid(watch->context, now_ns, before_half_ticks);
}

struct engine_sink soak_watcher_sink(struct soak_watcher *watcher, struct engine_sink recorder)
{
    const struct engine_sink *watch = &watcher->watch->sink;
    watcher->recorder = recorder;
    return (struct engine_sink){.context = watcher,
                                .order = pass_order,
                                .fill = pass_fill,
                                .markout = watch->markout != NULL ? pass_markout : NULL,
                                .sample_interval_ns = watch->sample_interval_ns,
                                .sample = watch->sample != NULL ? pass_sample : NULL,
                                .delay = watch->delay != NULL ? pass_delay : NULL,
                                .mid = watch->mid != NULL ? pass_mid : NULL,
                                .wants_queues = watch->wants_queues};
}
