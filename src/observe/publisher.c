#include "observe/publisher.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/platform.h"
#include "observe/markouts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILLS = 4096,
    ORDERS = 4096,
    SAMPLES = 8192,
    ITERATIONS = 128,
    LOG_LINES = 1024,
    REQUESTS = 16
};

static const int64_t INTERVAL_NS = 50000000;     // between moments
static const int64_t SAMPLE_REAL_NS = 250000000; // between samples at a pace, at most

struct dated_answer {
    struct operator_answer answer;
    int64_t monotonic_ns;
};

struct publisher {
    struct publisher_config config;
    int64_t sample_ns;
    _Atomic(struct observed_run *) run; // owned
    struct board board;
    struct lane fills, markouts, orders, samples, iterations, log;
    struct lane requests; // to the engine's thread
    struct lane answers;  // struct dated_answer
    // The engine's thread's own.
    bool has_published;
    struct observed_side sides[2];
    struct histogram delays[ENGINE_DELAY_COUNT];
    struct markouts pending;
    uint64_t verdict_counts[GATE_VERDICT_COUNT];
    uint64_t fill_count, order_count, log_count;
    bool sample_lost;
    struct observed_course course;
    _Atomic bool has_moment;
    // The draining thread's own.
    struct observed_iteration taken_iteration;
    int64_t looked_ns; // the moment that was looked at last
    bool has_answer;   // taken, but not shown by a moment yet
    struct dated_answer taken_answer;
};

// ---- moments ----

static void publish(struct publisher *publisher, const struct soak_view *view)
{
    struct observed *draft = board_draft(&publisher->board);
    observed_of(view, publisher->has_published ? publisher->sides : NULL, draft);
    memcpy(publisher->sides, draft->sides, sizeof publisher->sides);
    memcpy(draft->delays, publisher->delays, sizeof draft->delays);
    memcpy(draft->verdict_counts, publisher->verdict_counts, sizeof draft->verdict_counts);
    draft->wall_ns = platform_wall_ns();
    draft->monotonic_ns = platform_monotonic_ns();
    publisher->has_published = true;
    board_publish(&publisher->board);
    atomic_store(&publisher->has_moment, true);
}

// The log's tap, on the engine's thread as all of the log.
static void take_line(void *context, enum log_level level, int64_t wall_ns, const char *event,
                      const char *line)
{
    struct publisher *publisher = context;
    struct observed_log entry = {
        .number = publisher->log_count++, .wall_ns = wall_ns, .level = (int)level};
    snprintf(entry.event, sizeof entry.event, "%s", event);
    // What follows the event's name; its time and level are fields of their own.
    const char *text = strstr(line, " event=");
    text = text != NULL ? strchr(text + 1, ' ') : NULL;
    snprintf(entry.text, sizeof entry.text, "%s", text != NULL ? text + 1 : "");
    (void)lane_push(&publisher->log, &entry);
}

static void begin(void *context, const struct soak_view *view)
{
    struct publisher *publisher = context;
    struct observed_run *run = mm_alloc(1, sizeof *run);
    observed_run_of(view, run);
    run->started_wall_ns = platform_wall_ns();
    atomic_store(&publisher->run, run);
    publish(publisher, view);
    if (publisher->config.begun != NULL) {
        publisher->config.begun(publisher->config.context);
    }
}

static void settle_markouts(struct publisher *publisher, int64_t now_ns, int64_t mid_half_ticks)
{
    struct observed_markout markout;
    while (markouts_take(&publisher->pending, now_ns, mid_half_ticks, &markout)) {
        (void)lane_push(&publisher->markouts, &markout);
    }
}

static void slice(void *context, const struct soak_view *view)
{
    struct publisher *publisher = context;
    struct engine_status status = engine_get_status(view->engine);
    if (status.mid_half_ticks > 0) {
        settle_markouts(publisher, status.now_ns, status.mid_half_ticks);
    }
    publish(publisher, view);
}

static void iteration(void *context, const struct soak_view *view,
                      const struct iteration_record *record)
{
    struct publisher *publisher = context;
    struct observed_iteration entry = {.record = *record, .wall_ns = platform_wall_ns()};
    (void)lane_push(&publisher->iterations, &entry);
    publisher->verdict_counts[record->gate.verdict]++;
    observed_course_close(&publisher->course, &record->summary);
    publish(publisher, view);
}

static void end(void *context, const struct soak_view *view)
{
    slice(context, view);
}

// ---- events ----

static void take_fill(void *context, const struct engine_fill_row *row)
{
    struct publisher *publisher = context;
    struct observed_fill fill = {.number = publisher->fill_count++, .row = *row};
    (void)lane_push(&publisher->fills, &fill);
    markouts_add(&publisher->pending, fill.number, row->local_ts_ns);
}

static void take_order(void *context, const struct engine_order_row *row)
{
    struct publisher *publisher = context;
    struct observed_order order = {.number = publisher->order_count++, .row = *row};
    (void)lane_push(&publisher->orders, &order);
}

static void take_sample(void *context, const struct engine_sample *sample)
{
    struct publisher *publisher = context;
    struct observed_sample entry = {.lost_before = publisher->sample_lost};
    observed_course_sample(&publisher->course, sample, &entry.sample);
    publisher->sample_lost = !lane_push(&publisher->samples, &entry);
}

static void take_delay(void *context, enum engine_delay delay, int64_t delay_ns)
{
    struct publisher *publisher = context;
    histogram_add(&publisher->delays[delay], delay_ns);
}

static void take_mid(void *context, int64_t now_ns, int64_t before_half_ticks)
{
    settle_markouts(context, now_ns, before_half_ticks);
}

// ---- requests ----

static bool take_request(void *context, struct operator_request *out)
{
    struct publisher *publisher = context;
    return lane_pop(&publisher->requests, out);
}

static void answer(void *context, const struct operator_answer *given)
{
    struct publisher *publisher = context;
    struct dated_answer dated = {*given, platform_monotonic_ns()};
    (void)lane_push(&publisher->answers, &dated);
}

// ---- life ----

struct publisher *publisher_create(const struct publisher_config *config)
{
    struct publisher *publisher = mm_alloc(1, sizeof *publisher);
    publisher->config = *config;
    int64_t most_ns = config->pace_e3 > 0 ? SAMPLE_REAL_NS / 1000 * config->pace_e3 : INT64_MAX;
    publisher->sample_ns = feed_model_sample_ns(config->span_ns, most_ns);
    board_init(&publisher->board, sizeof(struct observed));
    lane_init(&publisher->fills, sizeof(struct observed_fill), FILLS);
    lane_init(&publisher->markouts, sizeof(struct observed_markout), FILLS);
    lane_init(&publisher->orders, sizeof(struct observed_order), ORDERS);
    lane_init(&publisher->samples, sizeof(struct observed_sample), SAMPLES);
    lane_init(&publisher->iterations, sizeof(struct observed_iteration), ITERATIONS);
    lane_init(&publisher->log, sizeof(struct observed_log), LOG_LINES);
    lane_init(&publisher->requests, sizeof(struct operator_request), REQUESTS);
    lane_init(&publisher->answers, sizeof(struct dated_answer), 4 * REQUESTS);
    markouts_init(&publisher->pending);
    struct log_tap tap = {.context = publisher, .threshold = LOG_INFO, .line = take_line};
    log_set_tap(&tap);
    return publisher;
}

void publisher_destroy(struct publisher *publisher)
{
    if (publisher == NULL) {
        return;
    }
    log_set_tap(NULL);
    board_fini(&publisher->board);
    lane_fini(&publisher->fills);
    lane_fini(&publisher->markouts);
    lane_fini(&publisher->orders);
    lane_fini(&publisher->samples);
    lane_fini(&publisher->iterations);
    lane_fini(&publisher->log);
    lane_fini(&publisher->requests);
    lane_fini(&publisher->answers);
    markouts_fini(&publisher->pending);
    free(atomic_load(&publisher->run));
    free(publisher);
}

struct soak_watch publisher_watch(struct publisher *publisher)
{
    return (struct soak_watch){.context = publisher,
                               .interval_ns = INTERVAL_NS,
                               .begin = begin,
                               .slice = slice,
                               .iteration = iteration,
                               .end = end,
                               .take_request = take_request,
                               .answer = answer,
                               .sink = {.context = publisher,
                                        .order = take_order,
                                        .fill = take_fill,
                                        .sample_interval_ns = publisher->sample_ns,
                                        .sample = take_sample,
                                        .delay = take_delay,
                                        .mid = take_mid,
                                        .wants_queues = true}};
}

int64_t publisher_sample_ns(const struct publisher *publisher)
{
    return publisher->sample_ns;
}

// ---- the other side ----

const struct observed_run *publisher_run(struct publisher *publisher)
{
    return atomic_load(&publisher->run);
}

const struct observed *publisher_look(struct publisher *publisher, bool *is_new)
{
    *is_new = false;
    if (!atomic_load(&publisher->has_moment)) {
        return NULL;
    }
    const struct observed *now = board_look(&publisher->board, is_new);
    publisher->looked_ns = now->monotonic_ns;
    return now;
}

// Of a lane of which more waits than is kept, the oldest are thrown away unread.
static bool take(struct lane *lane, uint32_t kept, void *out)
{
    while (lane_waiting(lane) > kept) {
        (void)lane_pop(lane, out);
    }
    return lane_pop(lane, out);
}

static void drain_events(struct publisher *publisher, struct feed_model *model)
{
    // Counted first: the fills of these have been pushed, those of later ones perhaps not yet seen.
    uint64_t markout_count = lane_waiting(&publisher->markouts);
    struct observed_fill fill;
    while (take(&publisher->fills, FEED_FILLS, &fill)) {
        feed_model_fill(model, &fill);
    }
    struct observed_markout markout;
    for (; markout_count > 0 && lane_pop(&publisher->markouts, &markout); markout_count--) {
        feed_model_markout(model, &markout);
    }
    struct observed_order order;
    while (take(&publisher->orders, FEED_ORDERS, &order)) {
        feed_model_order(model, &order);
    }
    struct observed_sample sample;
    while (lane_pop(&publisher->samples, &sample)) {
        feed_model_sample(model, &sample);
    }
}

void publisher_drain(struct publisher *publisher, struct feed_model *model)
{
    if (publisher_run(publisher) != NULL) {
        drain_events(publisher, model);
        while (lane_pop(&publisher->iterations, &publisher->taken_iteration)) {
            feed_model_iteration(model, &publisher->taken_iteration);
        }
    }
    struct observed_log line;
    while (take(&publisher->log, FEED_LOG, &line)) {
        feed_model_log(model, &line);
    }
}

bool publisher_ask(struct publisher *publisher, const struct operator_request *request)
{
    return lane_push(&publisher->requests, request);
}

bool publisher_take_answer(struct publisher *publisher, struct operator_answer *out)
{
    if (!publisher->has_answer) {
        publisher->has_answer = lane_pop(&publisher->answers, &publisher->taken_answer);
    }
    if (!publisher->has_answer || publisher->taken_answer.monotonic_ns > publisher->looked_ns) {
        return false;
    }
    publisher->has_answer = false;
    *out = publisher->taken_answer.answer;
    return true;
}

struct publisher_losses publisher_losses(struct publisher *publisher)
{
    return (struct publisher_losses){.fills = lane_lost(&publisher->fills),
                                     .markouts = lane_lost(&publisher->markouts) +
                                                 markouts_lost(&publisher->pending),
                                     .orders = lane_lost(&publisher->orders),
                                     .samples = lane_lost(&publisher->samples),
                                     .iterations = lane_lost(&publisher->iterations),
                                     .log = lane_lost(&publisher->log)};
}
