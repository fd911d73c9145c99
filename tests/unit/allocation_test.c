// Nothing is allocated per event once a run has started: the linker sends every allocation of the
// program through the counters here.
#include "base/memory.h"
#include "cmocka_all.h"
#include "engine/engine.h"
#include "engine/recorder.h"
#include "observe/publisher.h"
#include "venue/sim/sim.h"

#include <unistd.h>

static uint64_t allocation_count;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_platform_pages_alloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_platform_pages_alloc(size_t size);

void *__wrap_malloc(size_t size)
{
    allocation_count++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocation_count++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    allocation_count++;
    return __real_realloc(memory, size);
}

void *__wrap_platform_pages_alloc(size_t size)
{
    allocation_count++;
    return __real_platform_pages_alloc(size);
}

static struct engine_config test_config(void)
{
    return (struct engine_config){
        .quote = {.base_half_spread_bps = 3,
                  .half_spread_max_bps = 60,
                  .skew_bps_at_limit = 3,
                  .level_count = 2,
                  .level_step_ratio = 0.5,
                  .quote_qty_lots = 100,
                  .microprice_weight = 0.5,
                  .imbalance_guard = 0.8,
                  .replace_threshold_bps = 0.2,
                  .fast_cancel_bps = 3},
        .risk = {.position_limit_lots = 2000, .order_qty_max_lots = 1000, .stale_ns = 30000000000},
        .orders = {.concurrency_limit = 4, .unknown_query_ns = 5000000000},
        .kpi = {.markout_ns = 1000000000, .pending_max = 1024, .samples_max = 4096},
        .params = params_of_profile(PARAMS_DEFAULT)};
}

static void a_run_allocates_nothing_after_its_start(void **state)
{
    (void)state;
    char directory[] = "/tmp/allocation_test_XXXXXX";
    assert_non_null(mkdtemp(directory));
    char orders_path[64];
    char fills_path[64];
    snprintf(orders_path, sizeof orders_path, "%s/orders", directory);
    snprintf(fills_path, sizeof fills_path, "%s/fills", directory);
    struct recorder *recorder = NULL;
    assert_int_equal(recorder_create(orders_path, fills_path, NULL, &recorder), MM_OK);
    struct engine_sink sink = recorder_sink(recorder);
    struct sim_config sim;
    assert_int_equal(sim_config_of_preset(sim_preset_find("alt-perp"), &sim), MM_OK);
    struct venue *venue = sim_create(&sim);
    struct engine_config config = test_config();
    struct engine *engine = engine_create(&config, venue, &sink);
    assert_true(allocation_count > 0); // the counters are in place

    uint64_t before = allocation_count;
    struct kpi_summary summary;
    uint64_t fill_count = 0;
    for (int window = 0; window < 4; window++) {
        engine_open_window(engine);
        assert_int_equal(engine_run_until(engine, venue->now_ns + 900000000000, NULL), MM_OK);
        engine_close_window(engine, &summary);
        engine_set_params(engine, params_of_profile(PARAMS_STEADY_SAFE));
        fill_count += summary.fill_count;
    }
    uint32_t open = 0;
    assert_int_equal(engine_stop(engine, 5000000000, &open), MM_OK);
    assert_int_equal(allocation_count, before);
    assert_int_equal(open, 0);
    assert_true(fill_count > 100);
    assert_true(engine_get_status(engine).event_count > 50000);

    engine_destroy(engine);
    venue_destroy(venue);
    recorder_destroy(recorder);
    assert_int_equal(rmdir(directory), 0);
}

// A soak's view of an engine that runs by itself.
struct watched {
    struct run_config config;
    struct run_record run;
    struct guard_config guard_config;
    struct guard_state guard;
    struct engine_config engine_config;
    struct soak_view view;
};

static void set_up_watched(struct watched *watched, const struct venue *venue)
{
    struct config_options options = {.mock = true};
    assert_int_equal(config_resolve(&options, &watched->config), MM_OK);
    run_record_init(&watched->run, &watched->config);
    watched->run.instrument = venue->instrument;
    watched->run.venue = "sim";
    watched->guard_config = watched->config.preset.guard;
    guard_state_init(&watched->guard, watched->config.params);
    watched->engine_config = test_config();
    watched->view = (struct soak_view){.phase = SOAK_RUNNING,
                                       .run = &watched->run,
                                       .engine_config = &watched->engine_config,
                                       .guard_config = &watched->guard_config,
                                       .guard = &watched->guard};
}

// Nobody drains what is published: the lanes fill up, and what has no room is lost and counted.
static void being_watched_allocates_nothing_and_waits_for_nobody(void **state)
{
    (void)state;
    static struct watched watched;
    struct publisher_config publishing = {.pace_e3 = 0, .span_ns = INT64_C(3600000000000)};
    struct publisher *publisher = publisher_create(&publishing);
    struct soak_watch watch = publisher_watch(publisher);
    struct sim_config sim;
    assert_int_equal(sim_config_of_preset(sim_preset_find("alt-perp"), &sim), MM_OK);
    struct venue *venue = sim_create(&sim);
    set_up_watched(&watched, venue);
    struct engine *engine = engine_create(&watched.engine_config, venue, &watch.sink);
    watched.view.engine = engine;
    watch.begin(watch.context, &watched.view);

    uint64_t before = allocation_count;
    static struct iteration_record record;
    for (int window = 0; window < 8; window++) {
        engine_open_window(engine);
        for (int piece = 0; piece < 30; piece++) {
            int64_t until_ns = venue->now_ns + 30000000000;
            assert_int_equal(engine_run_until(engine, until_ns, NULL), MM_OK);
            watch.slice(watch.context, &watched.view);
        }
        engine_close_window(engine, &record.summary);
        watch.iteration(watch.context, &watched.view, &record);
    }
    assert_int_equal(allocation_count, before);
    assert_true(publisher_losses(publisher).orders > 0);
    bool is_new = false;
    assert_int_equal(publisher_look(publisher, &is_new)->engine.status.now_ns, venue->now_ns);
    assert_true(is_new);

    engine_destroy(engine);
    venue_destroy(venue);
    run_record_fini(&watched.run);
    publisher_destroy(publisher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_allocates_nothing_after_its_start),
        cmocka_unit_test(being_watched_allocates_nothing_and_waits_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
