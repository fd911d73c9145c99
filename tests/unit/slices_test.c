// Where the engine's run is cut into slices changes nothing: it looks when something happens or is
// due, not when somebody comes back. A soak may therefore run at any pace.
#include "engine/engine.h"
#include "soak/run_market.h"

#include "base/random.h"
#include "cmocka_all.h"

#include <string.h>
#include <xxhash.h>

#define SECOND INT64_C(1000000000)

enum { RUN_S = 600 };

struct rows {
    XXH3_state_t *hash;
    uint64_t count;
};

static void add_row(struct rows *rows, const void *row, size_t size)
{
    (void)XXH3_64bits_update(rows->hash, row, size);
    rows->count++;
}

static void add_order(void *context, const struct engine_order_row *row)
{
    const int64_t values[] = {(int64_t)row->order_id, (int64_t)row->side,       row->placed_ts_ns,
                              row->ended_ts_ns,       row->price_ticks,         row->qty_lots,
                              row->leaves_qty_lots,   (int64_t)row->amend_count};
    add_row(context, values, sizeof values);
}

static void add_fill(void *context, const struct engine_fill_row *row)
{
    const int64_t values[] = {(int64_t)row->order_id, (int64_t)row->side, row->local_ts_ns,
                              row->price_ticks,       row->qty_lots,      row->wanted_price_ticks,
                              row->mid_half_ticks,    row->position_lots};
    add_row(context, values, sizeof values);
}

// What slices are: the longest, and whether shorter ones come by chance.
struct cut {
    int64_t slice_ns;
    bool random;
};

static void run(struct engine *engine, struct cut cut)
{
    struct random_stream stream;
    random_init(&stream, 5, RANDOM_TEST, 0);
    int64_t at_ns = engine_get_status(engine).now_ns, end_ns = at_ns + RUN_S * SECOND;
    while (at_ns < end_ns) {
        int64_t slice_ns =
            cut.random ? 1 + (int64_t)random_below(&stream, (uint64_t)cut.slice_ns) : cut.slice_ns;
        at_ns = at_ns + slice_ns < end_ns ? at_ns + slice_ns : end_ns;
        assert_int_equal(engine_run_until(engine, at_ns, NULL), MM_OK);
    }
}

// The hash of every order and fill of ten minutes, and the window's summary.
static uint64_t outcome_of(const char *market, const char *faults, struct cut cut,
                           struct kpi_summary *out)
{
    struct config_options options = {.market = market, .faults = faults, .seed = "7"};
    struct run_config config;
    struct run_market run_market = {0};
    assert_int_equal(config_resolve(&options, &config), MM_OK);
    assert_int_equal(run_market_open(&run_market, &config), MM_OK);
    struct engine_config engine_config = market_preset_engine(
        &config.preset, &run_market.venue->instrument, run_market.price_half_ticks);
    engine_config.params = config.params;
    struct rows rows = {.hash = XXH3_createState()};
    (void)XXH3_64bits_reset(rows.hash);
    struct engine_sink sink = {.context = &rows, .order = add_order, .fill = add_fill};
    struct engine *engine = engine_create(&engine_config, run_market.venue, &sink);
    engine_open_window(engine);
    run(engine, cut);
    memset(out, 0, sizeof *out);
    engine_close_window(engine, out);
    assert_true(rows.count > 100);
    uint64_t hash = XXH3_64bits_digest(rows.hash);
    (void)XXH3_freeState(rows.hash);
    engine_destroy(engine);
    run_market_close(&run_market);
    return hash;
}

static void check(const char *market, const char *faults)
{
    const struct cut cuts[] = {{15 * SECOND, false},
                               {SECOND / 20, false},
                               {7777777, false},
                               {3 * SECOND, true},
                               {SECOND / 100, true}};
    struct kpi_summary whole, sliced;
    uint64_t expected = outcome_of(market, faults, (struct cut){RUN_S * SECOND, false}, &whole);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        assert_int_equal(outcome_of(market, faults, cuts[i], &sliced), expected);
        assert_memory_equal(&sliced, &whole, sizeof whole);
    }
}

static void slices_of_a_quiet_market_change_nothing(void **state)
{
    (void)state;
    check("alt-perp", NULL);
}

static void slices_change_nothing_while_things_go_wrong(void **state)
{
    (void)state;
    check("alt-perp", "all");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_of_a_quiet_market_change_nothing),
        cmocka_unit_test(slices_change_nothing_while_things_go_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
