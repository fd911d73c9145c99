#include "observe/run_report.h"

#include "base/memory.h"
#include "observe/markouts.h"
#include "observe/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct report_fill {
    struct observed_fill fill;
    int64_t later_half_ticks[MARKOUT_COUNT]; // 0 = not known
};

struct run_report {
    char *path; // owned
    struct feed_model *model;
    struct report_fill *fills;     // owned ring; fill n is at n % FEED_FILLS
    struct observed_order *orders; // owned ring; order n is at n % FEED_ORDERS
    uint64_t fill_count, order_count;
    struct markouts pending;
    struct histogram delays[ENGINE_DELAY_COUNT];
    struct observed_course course;
    int64_t sample_ns;
    struct engine_sample newest, told; // of all samples; of those that the model has
    struct engine_sample closing;      // of the last window that was closed
    int64_t opened_ns;                 // market time at which the present window was opened
    int status;
    // For one call each, because they are large.
    struct observed_run run;
    struct observed now;
    struct observed_iteration iteration;
};

// ---- while the run goes on ----

static void begin(void *context, const struct soak_view *view)
{
    struct run_report *report = context;
    observed_run_of(view, &report->run);
    report->opened_ns = report->run.start_ns;
}

static void iteration(void *context, const struct soak_view *view,
                      const struct iteration_record *record)
{
    struct run_report *report = context;
    // Each window has a last sample at its close.
    observed_course_sample(&report->course, &report->newest, &report->closing);
    observed_course_close(&report->course, &record->summary);
    report->opened_ns = engine_get_status(view->engine).now_ns;
}

static void take_order(void *context, const struct engine_order_row *row)
{
    struct run_report *report = context;
    uint64_t number = report->order_count++;
    report->orders[number % FEED_ORDERS] = (struct observed_order){.number = number, .row = *row};
}

static void take_fill(void *context, const struct engine_fill_row *row)
{
    struct run_report *report = context;
    uint64_t number = report->fill_count++;
    report->fills[number % FEED_FILLS] =
        (struct report_fill){.fill = {.number = number, .row = *row}};
    markouts_add(&report->pending, number, row->local_ts_ns);
}

static void take_mid(void *context, int64_t now_ns, int64_t before_half_ticks)
{
    struct run_report *report = context;
    struct observed_markout markout;
    while (markouts_take(&report->pending, now_ns, before_half_ticks, &markout)) {
        struct report_fill *fill = &report->fills[markout.number % FEED_FILLS];
        if (fill->fill.number == markout.number) {
            fill->later_half_ticks[markout.horizon] = markout.later_half_ticks;
        }
    }
}

static void take_delay(void *context, enum engine_delay delay, int64_t delay_ns)
{
    struct run_report *report = context;
    histogram_add(&report->delays[delay], delay_ns);
}

static void tell_sample(struct run_report *report, const struct engine_sample *sample)
{
    struct observed_sample entry = {.sample = *sample};
    report->told = *sample;
    feed_model_sample(report->model, &entry);
}

// Those that there are too because another watch wants more of them are left out.
static void take_sample(void *context, const struct engine_sample *sample)
{
    struct run_report *report = context;
    report->newest = *sample;
    if ((sample->now_ns - report->opened_ns) % report->sample_ns == 0) {
        struct engine_sample whole;
        observed_course_sample(&report->course, sample, &whole);
        tell_sample(report, &whole);
    }
}

// ---- at its end ----

static void tell_rows(struct run_report *report)
{
    uint64_t first = report->fill_count > FEED_FILLS ? report->fill_count - FEED_FILLS : 0;
    for (uint64_t i = first; i < report->fill_count; i++) {
        const struct report_fill *fill = &report->fills[i % FEED_FILLS];
        feed_model_fill_known(report->model, &fill->fill, fill->later_half_ticks);
    }
    first = report->order_count > FEED_ORDERS ? report->order_count - FEED_ORDERS : 0;
    for (uint64_t i = first; i < report->order_count; i++) {
        feed_model_order(report->model, &report->orders[i % FEED_ORDERS]);
    }
}

static void tell_iterations(struct run_report *report, const struct run_record *run)
{
    for (uint32_t i = run_record_first(run); i <= run->iteration_count; i++) {
        report->iteration.record = *run_record_at(run, i);
        feed_model_iteration(report->model, &report->iteration);
    }
}

static void settle(struct run_report *report, const struct soak_view *view)
{
    struct engine_status status = engine_get_status(view->engine);
    if (status.mid_half_ticks > 0) {
        take_mid(report, status.now_ns, status.mid_half_ticks);
    }
}

// A run that failed, or that was only caught up with, leaves what is there.
static void end(void *context, const struct soak_view *view)
{
    struct run_report *report = context;
    struct text message = {0};
    if (view->run->end == RUN_UNFINISHED || view->catching_up) {
        return;
    }
    settle(report, view);
    if (report->closing.now_ns > report->told.now_ns) {
        tell_sample(report, &report->closing);
    }
    observed_of(view, NULL, &report->now);
    memcpy(report->now.delays, report->delays, sizeof report->delays);
    feed_model_advance(report->model, 0);
    feed_model_begin(report->model, &report->run);
    feed_model_moment(report->model, &report->now);
    tell_rows(report);
    tell_iterations(report, view->run);
    (void)feed_model_message(report->model, 0, &message);
    report->status = page_write(report->path, PAGE_DASHBOARD, message.bytes, message.size);
    text_fini(&message);
}

// ---- life ----

struct run_report *run_report_create(const char *directory, int64_t span_ns)
{
    static const char NAME[] = "/latest/report.html";
    struct run_report *report = mm_alloc(1, sizeof *report);
    size_t size = strlen(directory) + sizeof NAME;
    report->path = mm_alloc(size, 1);
    snprintf(report->path, size, "%s%s", directory, NAME);
    report->sample_ns = feed_model_sample_ns(span_ns, INT64_MAX);
    report->model = feed_model_create(report->sample_ns, false);
    report->fills = mm_alloc(FEED_FILLS, sizeof *report->fills);
    report->orders = mm_alloc(FEED_ORDERS, sizeof *report->orders);
    markouts_init(&report->pending);
    return report;
}

void run_report_destroy(struct run_report *report)
{
    if (report == NULL) {
        return;
    }
    feed_model_destroy(report->model);
    markouts_fini(&report->pending);
    free(report->fills);
    free(report->orders);
    free(report->path);
    free(report);
}

struct soak_watch run_report_watch(struct run_report *report)
{
    return (struct soak_watch){.context = report,
                               .begin = begin,
                               .iteration = iteration,
                               .end = end,
                               .sink = {.context = report,
                                        .order = take_order,
                                        .fill = take_fill,
                                        .sample_interval_ns = report->sample_ns,
                                        .sample = take_sample,
                                        .delay = take_delay,
                                        .mid = take_mid}};
}

int run_report_status(const struct run_report *report)
{
    return report->status;
}
