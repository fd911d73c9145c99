#include "sweep/sweep.h"

#include "base/memory.h"
#include "sweep/progress.h"
#include "sweep/store.h"
#include "sweep/workers.h"

#include <inttypes.h>
#include <stdlib.h>

enum { FAILURES_SHOWN = 5 };

struct sweep {
    struct sweep_plan plan;
    struct trial_bench bench;
    struct store *store;
    const struct sweep_streams *streams;
    const volatile sig_atomic_t *stop;
    struct progress progress;
    bool *done;    // owned; by point, those finished before
    uint32_t next; // point that may be started next
};

// ---- the workers' tasks ----

static int next_point(void *context, uint32_t *out_point, bool *out_any)
{
    struct sweep *sweep = context;
    while (sweep->next < sweep->plan.points.count &&
           (sweep->done[sweep->next] || !plan_has(&sweep->plan, sweep->next))) {
        sweep->next++;
    }
    *out_any = sweep->next < sweep->plan.points.count;
    if (!*out_any) {
        return MM_OK;
    }
    *out_point = sweep->next++;
    return store_start_point(sweep->store, *out_point);
}

static void work_point(void *context, uint32_t point, void *slot)
{
    struct sweep *sweep = context;
    trial_run(&sweep->bench, points_at(&sweep->plan.points, point), sweep->stop, slot);
}

static void tell_failure(struct sweep *sweep, uint32_t point, const char *why)
{
    if (++sweep->progress.failed <= FAILURES_SHOWN) {
        progress_clear(&sweep->progress);
        fprintf(sweep->streams->log, "sweep: point %" PRIu32 " failed: %s\n", point, why);
    }
}

static int point_done(void *context, uint32_t point, const void *slot, int status)
{
    struct sweep *sweep = context;
    const struct trial_report *report = slot;
    char why[64];
    if (status != 0) {
        snprintf(why, sizeof why, "its process ended with %s %d", status < 0 ? "signal" : "status",
                 status < 0 ? -status : status);
        tell_failure(sweep, point, why);
        return MM_OK;
    }
    if (report->code == MM_ERROR_STOPPED) {
        return MM_OK; // we are being stopped, too
    }
    if (report->code != MM_OK) {
        tell_failure(sweep, point, report->error);
        return MM_OK;
    }
    struct store_row row = {.point = point,
                            .params = points_at(&sweep->plan.points, point),
                            .result = report->result,
                            .net_quote_e9 = report->net_quote_e9,
                            .period_count = sweep->bench.period_count};
    sweep->progress.done++;
    return store_put(sweep->store, &row);
}

static void show_progress(void *context, void *const *slots, size_t running)
{
    struct sweep *sweep = context;
    int64_t running_ns = 0;
    for (size_t i = 0; i < running; i++) {
        const struct trial_report *report = slots[i];
        running_ns += atomic_load_explicit(&report->done_ns, memory_order_relaxed);
    }
    progress_show(&sweep->progress, (uint32_t)running, running_ns);
}

// ---- a sweep ----

static int open_sweep(struct sweep *sweep, const struct sweep_options *options)
{
    int code = plan_make(&sweep->plan, options);
    if (code == MM_OK) {
        code = trial_bench_open(&sweep->bench, &sweep->plan.config, options->tapes,
                                options->tape_count);
    }
    if (code != MM_OK) {
        return code;
    }
    json_t *identity = plan_identity(&sweep->plan, &sweep->bench);
    code = store_open(options->database, identity, &sweep->store);
    json_decref(identity);
    return code;
}

static uint32_t count_left(const struct sweep *sweep)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < sweep->plan.points.count; i++) {
        left += plan_has(&sweep->plan, i) && !sweep->done[i];
    }
    return left;
}

static void tell_stop(const struct sweep *sweep)
{
    bool kept = sweep->plan.options->database != NULL;
    fprintf(sweep->streams->log, "sweep: stopped with %" PRIu32 " of %" PRIu32 " points run; %s\n",
            sweep->progress.done, sweep->progress.point_count,
            kept ? "the same command goes on from here" : "without --db nothing is kept");
}

static int run_points(struct sweep *sweep)
{
    uint32_t done_before = 0;
    sweep->done = mm_alloc(sweep->plan.points.count, sizeof *sweep->done);
    int code = store_mark_done(sweep->store, sweep->done, sweep->plan.points.count, &done_before);
    if (code != MM_OK) {
        return code;
    }
    struct workers_tasks tasks = {.context = sweep,
                                  .slot_size = trial_report_size(&sweep->bench),
                                  .next = next_point,
                                  .work = work_point,
                                  .done = point_done,
                                  .tick = show_progress};
    uint32_t left = count_left(sweep);
    progress_begin(&sweep->progress, sweep->streams->log, sweep->streams->log_is_terminal, left,
                   sweep->bench.span_ns);
    if (left > 0) {
        code = workers_run(&tasks, left < sweep->plan.jobs ? left : sweep->plan.jobs, sweep->stop);
    }
    progress_clear(&sweep->progress);
    if (code == MM_ERROR_STOPPED) {
        tell_stop(sweep);
    }
    return code;
}

static int print_results(struct sweep *sweep, const struct report_options *report)
{
    uint32_t missing = 0;
    int code = report_print(sweep->store, report, sweep->streams->out, &missing);
    return code == MM_OK && sweep->progress.failed > 0
               ? mm_fail(MM_ERROR_INPUT, "%" PRIu32 " points failed; the others are kept",
                         sweep->progress.failed)
               : code;
}

int sweep_run(const struct sweep_options *options, const struct report_options *report,
              const struct sweep_streams *streams, const volatile sig_atomic_t *stop)
{
    struct sweep sweep = {.streams = streams, .stop = stop};
    int code = open_sweep(&sweep, options);
    if (code == MM_OK) {
        code = run_points(&sweep);
    }
    if (code == MM_OK) {
        code = print_results(&sweep, report);
    }
    store_close(sweep.store);
    trial_bench_close(&sweep.bench);
    plan_fini(&sweep.plan);
    free(sweep.done);
    return code;
}

// ---- merging ----

// The database to merge into: the one that is there, or a new one of the first input's sweep.
static int open_target(const char *path, struct store *first, struct store **out)
{
    return first != NULL ? store_open(path, store_identity(first), out)
                         : store_open_existing(path, out);
}

static int merge_inputs(struct store *into, struct store *const *inputs, const char *const *paths,
                        uint32_t count)
{
    int code = store_begin(into);
    for (uint32_t i = 0; i < count && code == MM_OK; i++) {
        code = store_merge(into, inputs[i], paths[i]);
    }
    return code == MM_OK ? store_commit(into) : code;
}

int sweep_merge(const char *into, const char *const *inputs, uint32_t count,
                const struct report_options *report, const struct sweep_streams *streams,
                uint32_t *out_missing)
{
    struct store **stores = mm_alloc(count + 1, sizeof(struct store *));
    struct store *target = NULL;
    int code = MM_OK;
    for (uint32_t i = 0; i < count && code == MM_OK; i++) {
        code = store_open_existing(inputs[i], &stores[i]);
    }
    if (code == MM_OK) {
        code = open_target(into, stores[0], &target);
    }
    if (code == MM_OK && count > 0) {
        code = merge_inputs(target, stores, inputs, count);
    }
    if (code == MM_OK) {
        code = report_print(target, report, streams->out, out_missing);
    }
    for (uint32_t i = 0; i < count; i++) {
        store_close(stores[i]);
    }
    store_close(target);
    free(stores);
    return code;
}
