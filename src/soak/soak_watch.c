#include "soak/soak_watch.h"

#include "base/check.h"
#include "base/platform.h"

void soak_watcher_init(struct soak_watcher *watcher, const struct soak_watch *const watches[],
                       uint32_t count)
{
    *watcher = (struct soak_watcher){0};
    MM_ASSERT(count <= SOAK_WATCHES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        if (watches[i] != NULL) {
            watcher->watches[watcher->watch_count++] = watches[i];
        }
    }
}

void soak_watcher_begin(const struct soak_watcher *watcher, const struct soak_view *view)
{
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        if (watcher->watches[i]->begin != NULL) {
            watcher->watches[i]->begin(watcher->watches[i]->context, view);
        }
    }
}

void soak_watcher_slice(struct soak_watcher *watcher, const struct soak_view *view)
{
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        const struct soak_watch *watch = watcher->watches[i];
        if (watch->slice != NULL && platform_monotonic_ns() >= watcher->due_ns[i]) {
            watch->slice(watch->context, view);
            watcher->due_ns[i] = platform_monotonic_ns() + watch->interval_ns;
        }
    }
}

void soak_watcher_iteration(const struct soak_watcher *watcher, const struct soak_view *view,
                            const struct iteration_record *record)
{
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        if (watcher->watches[i]->iteration != NULL) {
            watcher->watches[i]->iteration(watcher->watches[i]->context, view, record);
        }
    }
}

void soak_watcher_end(const struct soak_watcher *watcher, const struct soak_view *view)
{
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        if (watcher->watches[i]->end != NULL) {
            watcher->watches[i]->end(watcher->watches[i]->context, view);
        }
    }
}

bool soak_watcher_take_request(const struct soak_watcher *watcher, struct operator_request *out)
{
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        const struct soak_watch *watch = watcher->watches[i];
        if (watch->take_request != NULL && watch->take_request(watch->context, out)) {
            return true;
        }
    }
    return false;
}

void soak_watcher_answer(const struct soak_watcher *watcher, const struct operator_answer *answer)
{
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        if (watcher->watches[i]->answer != NULL) {
            watcher->watches[i]->answer(watcher->watches[i]->context, answer);
        }
    }
}

// ---- the sink ----

static void pass_order(void *context, const struct engine_order_row *row)
{
    const struct soak_watcher *watcher = context;
    watcher->recorder.order(watcher->recorder.context, row);
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        const struct engine_sink *sink = &watcher->watches[i]->sink;
        if (sink->order != NULL) {
            sink->order(sink->context, row);
        }
    }
}

static void pass_fill(void *context, const struct engine_fill_row *row)
{
    const struct soak_watcher *watcher = context;
    watcher->recorder.fill(watcher->recorder.context, row);
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        const struct engine_sink *sink = &watcher->watches[i]->sink;
        if (sink->fill != NULL) {
            sink->fill(sink->context, row);
        }
    }
}

static void pass_markout(void *context, uint64_t fill_number, int64_t later_half_ticks)
{
    const struct soak_watcher *watcher = context;
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        const struct engine_sink *sink = &watcher->watches[i]->sink;
        if (sink->markout != NULL) {
            sink->markout(sink->context, fill_number, later_half_ticks);
        }
    }
}

static void pass_sample(void *context, const struct engine_sample *sample)
{
    const struct soak_watcher *watcher = context;
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        const struct engine_sink *sink = &watcher->watches[i]->sink;
        if (sink->sample != NULL) {
            sink->sample(sink->context, sample);
        }
    }
}

static void pass_delay(void *context, enum engine_delay delay, int64_t delay_ns)
{
    const struct soak_watcher *watcher = context;
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        const struct engine_sink *sink = &watcher->watches[i]->sink;
        if (sink->delay != NULL) {
            sink->delay(sink->context, delay, delay_ns);
        }
    }
}

static void pass_mid(void *context, int64_t now_ns, int64_t before_half_ticks)
{
    const struct soak_watcher *watcher = context;
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        const struct engine_sink *sink = &watcher->watches[i]->sink;
        if (sink->mid != NULL) {
            sink->mid(sink->context, now_ns, before_half_ticks);
        }
    }
}

static void pass_sent(void *context, const struct venue_request *request, int64_t now_ns)
{
    const struct soak_watcher *watcher = context;
    watcher->recorder.sent(watcher->recorder.context, request, now_ns);
}

static void pass_reported(void *context, const struct venue_report *report)
{
    const struct soak_watcher *watcher = context;
    watcher->recorder.reported(watcher->recorder.context, report);
}

// Only what somebody wants is asked of the engine.
struct engine_sink soak_watcher_sink(struct soak_watcher *watcher, struct engine_sink recorder)
{
    watcher->recorder = recorder;
    struct engine_sink out = {.context = watcher,
                              .order = pass_order,
                              .fill = pass_fill,
                              .sent = recorder.sent != NULL ? pass_sent : NULL,
                              .reported = recorder.reported != NULL ? pass_reported : NULL};
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        const struct engine_sink *sink = &watcher->watches[i]->sink;
        out.markout = sink->markout != NULL ? pass_markout : out.markout;
        out.delay = sink->delay != NULL ? pass_delay : out.delay;
        out.mid = sink->mid != NULL ? pass_mid : out.mid;
        out.wants_queues = out.wants_queues || sink->wants_queues;
        bool is_shorter = out.sample == NULL || sink->sample_interval_ns < out.sample_interval_ns;
        if (sink->sample != NULL && is_shorter) {
            out.sample_interval_ns = sink->sample_interval_ns;
            out.sample = pass_sample;
        }
    }
    for (uint32_t i = 0; i < watcher->watch_count; i++) {
        const struct engine_sink *sink = &watcher->watches[i]->sink;
        MM_ASSERT(sink->sample == NULL || sink->sample_interval_ns % out.sample_interval_ns == 0);
    }
    return out;
}
