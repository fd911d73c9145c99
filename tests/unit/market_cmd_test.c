// mmbot market: an exported market is the market, and what cannot be is refused.
#include "base/json.h"
#include "cmd/commands.h"
#include "cmocka_all.h"
#include "market/stats_tape.h"
#include "scratch.h"
#include "venue/sim/calibrate.h"
#include "venue/sim/model_json.h"
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

static void assert_share(double value, double wanted, double tolerance)
{
    if (fabs(value / wanted - 1) > tolerance) {
        fail_msg("%g is not within %g of %g", value, tolerance, wanted);
    }
}

static void a_calibration_finds_the_model_that_made_the_market(void **state)
{
    (void)state;
    static double target[STAT_COUNT], fitted[STAT_COUNT];
    struct sim_config config;
    assert_int_equal(sim_config_of_preset(sim_preset_find("btc-perp"), &config), MM_OK);
    struct sim_model start = config.model;
    config.model.taker_median *= 2;
    config.model.order_median *= .6;
    config.model.gap_median *= .6;
    config.model.jump_scale *= 1.3;
    config.model.base_rate *= .7;
    config.seed = 5;
    assert_int_equal(sim_stats(&config, INT64_C(3600000000000), target), MM_OK);
    assert_int_equal(
        sim_calibrate(&config.instrument, start.reference_ticks, target, &start, fitted), MM_OK);
    assert_share(start.taker_median, config.model.taker_median, .25);
    assert_share(start.order_median, config.model.order_median, .25);
    assert_share(start.jump_scale, config.model.jump_scale, .25);
    const enum market_stat met[] = {STAT_ORDER_RATE, STAT_ORDER_SIZE_Q50, STAT_QUEUE_Q50,
                                    STAT_BEST_RATE, STAT_VOL_1S};
    for (size_t i = 0; i < sizeof met / sizeof met[0]; i++) {
        assert_share(fitted[met[i]], target[met[i]], .1);
    }
}

static void a_model_reads_back_as_it_was_written(void **state)
{
    (void)state;
    const struct sim_model *model = sim_preset_find("btc-perp");
    const char *path = scratch_path("model.json");
    struct sim_model_file file;
    json_t *document = sim_model_json(model);
    assert_int_equal(json_document_write(path, document, 0600), MM_OK);
    assert_int_equal(sim_model_read(path, &file), MM_OK);
    json_t *again = sim_model_json(&file.model);
    assert_true(json_equal(document, again));
    json_decref(again);
    // Each field is needed, and within its range.
    const char *key;
    json_t *value;
    json_object_foreach(document, key, value)
    {
        json_t *cut = json_copy(document);
        assert_int_equal(json_object_del(cut, key), 0);
        assert_int_equal(json_document_write(path, cut, 0600), MM_OK);
        assert_int_equal(sim_model_read(path, &file), MM_ERROR_INPUT);
        json_decref(cut);
    }
    json_object_set_new(document, "fast_kick", json_real(1.5)); // every taker brings more than one
    assert_int_equal(json_document_write(path, document, 0600), MM_OK);
    assert_int_equal(sim_model_read(path, &file), MM_ERROR_INPUT);
    json_decref(document);
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
        {"market", "calibrate", NULL},
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
        cmocka_unit_test(a_calibration_finds_the_model_that_made_the_market),
        cmocka_unit_test(a_model_reads_back_as_it_was_written),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, scratch_set_up, scratch_tear_down);
}
