// The bot on a simulated market whose venue misbehaves in every way it can.
#include "cmocka_all.h"
#include "fault_run.h"

enum { SEEDS = 150 };

static const int64_t SECOND_NS = 1000000000;

static void run_seeds(const char *preset, const char *faults, int64_t seconds, uint64_t seeds)
{
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct fault_run run = {
            .preset = preset, .faults = faults, .duration_ns = seconds * SECOND_NS, .seed = seed};
        assert_int_equal(fault_run(&run), MM_OK);
        if (run.failure[0] != '\0') {
            fail_msg("%s; repeat with: bench_faults 1 %llu %lld %s %s", run.failure,
                     (unsigned long long)seed, (long long)seconds, preset, faults);
        }
    }
}

static void the_bot_comes_through_all_faults_together(void **state)
{
    (void)state;
    run_seeds("alt-perp", "all:120", 60, SEEDS);
    run_seeds("btc-perp", "all:600", 10, SEEDS / 10);
}

static void the_bot_comes_through_each_fault_alone(void **state)
{
    (void)state;
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        char faults[64];
        snprintf(faults, sizeof faults, "%s:360", fault_specs[fault].name);
        run_seeds("alt-perp", faults, 60, 8);
    }
}

static void every_fault_strikes(void **state)
{
    (void)state;
    struct fault_run run = {
        .preset = "alt-perp", .faults = "all:60", .duration_ns = 1800 * SECOND_NS, .seed = 1};
    assert_int_equal(fault_run(&run), MM_OK);
    assert_string_equal(run.failure, "");
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        if (run.counters.struck[fault] < 5) {
            fail_msg("%s struck %llu times", fault_specs[fault].name,
                     (unsigned long long)run.counters.struck[fault]);
        }
    }
    assert_true(run.fill_count > 50);
}

static void the_same_seed_meets_the_same_faults(void **state)
{
    (void)state;
    struct fault_run runs[2];
    for (int i = 0; i < 2; i++) {
        runs[i] = (struct fault_run){
            .preset = "alt-perp", .faults = "all:240", .duration_ns = 300 * SECOND_NS, .seed = 7};
        assert_int_equal(fault_run(&runs[i]), MM_OK);
    }
    assert_memory_equal(&runs[0].counters, &runs[1].counters, sizeof runs[0].counters);
    assert_int_equal(runs[0].event_count, runs[1].event_count);
    assert_int_equal(runs[0].fill_count, runs[1].fill_count);
}

// The world after so long with this bot (or nobody) and these faults.
static void run_world(const char *faults, enum params_profile profile, bool quotes,
                      struct world *out)
{
    const int64_t duration_ns = 900 * SECOND_NS;
    struct fault_run run = {.preset = "btc-perp", .faults = faults, .seed = 3};
    struct fault_run_state state = {0};
    struct venue_event event = {.kind = VENUE_MARKET};
    assert_int_equal(fault_run_open(&run, &state, NULL), MM_OK);
    int64_t until_ns = state.venue->start_ns + duration_ns;
    if (quotes) {
        engine_set_params(state.engine, params_of_profile(profile));
        engine_open_window(state.engine);
        assert_int_equal(engine_run_until(state.engine, until_ns, NULL), MM_OK);
        assert_true(engine_get_status(state.engine).fill_count > 10);
    }
    while (!quotes && event.kind != VENUE_TIME) {
        assert_int_equal(venue_next(state.venue, until_ns, &event), MM_OK);
    }
    *out = *sim_get_world(faults_get_inner(state.venue));
    engine_destroy(state.engine);
    venue_destroy(state.venue);
}

static void neither_bot_nor_faults_move_the_world(void **state)
{
    (void)state;
    static struct world alone, other;
    const struct {
        const char *faults;
        enum params_profile profile;
    } runs[] = {{"none", PARAMS_STEADY_SAFE}, {"none", PARAMS_AGGRESSIVE}, {"all", PARAMS_DEFAULT}};
    run_world("none", PARAMS_DEFAULT, false, &alone);
    assert_true(alone.taker_count > 5000);
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++) {
        run_world(runs[i].faults, runs[i].profile, true, &other);
        assert_true(other.value == alone.value);
        assert_int_equal(other.taker_count, alone.taker_count);
        assert_int_equal(other.jump_count, alone.jump_count);
        assert_memory_equal(other.intents, alone.intents, sizeof alone.intents);
    }
}

static void a_list_of_faults_says_which_and_how_often(void **state)
{
    (void)state;
    struct fault_config config;
    assert_int_equal(fault_config_parse("all,gap:7,reject:0", &config), MM_OK);
    assert_int_equal(config.per_hour[FAULT_GAP], 7);
    assert_int_equal(config.per_hour[FAULT_REJECT], 0);
    assert_int_equal(config.per_hour[FAULT_STALL], fault_specs[FAULT_STALL].per_hour);
    assert_int_equal(fault_config_parse("none", &config), MM_OK);
    assert_int_equal(config.per_hour[FAULT_GAP], 0);
    const char *const wrong[] = {"", "gaps", "gap:", "gap:-1", "gap:1x", "gap,", "none,gap"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(fault_config_parse(wrong[i], &config), MM_ERROR_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bot_comes_through_all_faults_together),
        cmocka_unit_test(the_bot_comes_through_each_fault_alone),
        cmocka_unit_test(every_fault_strikes),
        cmocka_unit_test(the_same_seed_meets_the_same_faults),
        cmocka_unit_test(neither_bot_nor_faults_move_the_world),
        cmocka_unit_test(a_list_of_faults_says_which_and_how_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
