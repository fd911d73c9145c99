// mmbot market: an exported market is the market, and what cannot be is refused.
#include "cmd/commands.h"
#include "cmocka_all.h"
#include "market/stats_tape.h"
#include "scratch.h"
#include "venue/sim/sim_stats.h"
#include "venue/sim/sim_tape.h"

#include <math.h>
#include <stdio.h>

static int market(int argc, const char *const *arguments)
{
    return cmd_market(argc, (char **)arguments);
}

static void an_exported_market_has_the_statistics_of_the_market(void **state)
{
    (void)state;
    const int64_t duration_ns = INT64_C(600000000000);
    static double direct[STAT_COUNT], taped[STAT_COUNT];
    static struct market_stats stats;
    struct sim_config config;
    struct tape tape;
    const char *path = scratch_path("market.tape");
    assert_int_equal(sim_config_of_preset(sim_preset_find("btc-perp"), &config), MM_OK);
    assert_int_equal(sim_stats(&config, duration_ns, direct), MM_OK);
    assert_int_equal(sim_write_tape(&config, duration_ns, path), MM_OK);
    assert_int_equal(tape_open(&tape, path), MM_OK);
    assert_string_equal(tape.facts.source, "simulated btc-perp calm seed 1");
    assert_int_equal(tape.facts.gap_count, 0);
    assert_int_equal(market_stats_init(&stats, tape.geometry), MM_OK);
    stats_add_tape(&stats, &tape);
    market_stats_values(&stats, taped);
    for (int stat = 0; stat < STAT_COUNT; stat++) {
        if (fabs(direct[stat] - taped[stat]) > 1e-12 * fabs(direct[stat])) {
            fail_msg("%s: %g on the feed, %g on the tape", stat_specs[stat].name, direct[stat],
                     taped[stat]);
        }
    }
    market_stats_fini(&stats);
    tape_close(&tape);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    const char *const wrong[][5] = {
        {"market", "fly", NULL},
        {"market", "stats", "--market", "moon", NULL},
        {"market", "stats", "--hours", "-1", NULL},
        {"market", "stats", "--regime", "stormy", NULL},
        {"market", "export", NULL},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int count = 0;
        while (count < 5 && wrong[i][count] != NULL) {
            count++;
        }
        assert_int_equal(market(count, wrong[i]), 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_exported_market_has_the_statistics_of_the_market),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
