// Where a run's values come from, and what is refused.
#include "soak/config_manager.h"

#include "base/json.h"
#include "soak/embedded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int32_t steps_of(const struct run_config *config, const char *key)
{
    return config->params.steps[param_find(key)];
}

static enum config_source source_of(const struct run_config *config, const char *key)
{
    return config->param_source[param_find(key)];
}

// Resolves and expects a refusal that says all of the words.
static void expect_refusal(const struct config_options *options, const char *first,
                           const char *second, const char *third)
{
    struct run_config config;
    mm_error_clear();
    assert_int_equal(config_resolve(options, &config), MM_ERROR_USAGE);
    const char *const words[] = {first, second, third};
    for (size_t i = 0; i < 3; i++) {
        if (words[i] != NULL && strstr(mm_error_text(), words[i]) == NULL) {
            fail_msg("'%s' is not in: %s", words[i], mm_error_text());
        }
    }
}

static void without_arguments_it_is_six_windows_of_alt_perp_with_the_defaults(void **state)
{
    (void)state;
    struct run_config config;
    assert_int_equal(config_resolve(&(struct config_options){0}, &config), MM_OK);
    assert_int_equal(config.iterations, 6);
    assert_int_equal(config.window_ns, INT64_C(900000000000));
    assert_int_equal(config.seed, 42);
    assert_true(config.tuner_on);
    assert_null(config.tape);
    assert_string_equal(config.preset.name, "alt-perp");
    assert_string_equal(config.out_dir, "artifacts/soak");
    struct params defaults = params_of_profile(PARAMS_DEFAULT);
    assert_memory_equal(&config.params, &defaults, sizeof defaults);
    assert_int_equal(source_of(&config, "tail_age_ms"), CONFIG_DEFAULT);
}

static void a_tape_brings_btc_perp_and_its_own_window(void **state)
{
    (void)state;
    struct run_config config;
    struct config_options options = {.tape = "/data/x.gz"};
    assert_int_equal(config_resolve(&options, &config), MM_OK);
    assert_string_equal(config.preset.name, "btc-perp");
    assert_int_equal(config.window_ns, 0);
    assert_string_equal(config.settings[CONFIG_TAPE].value, "x.gz");
    options.market = "alt-perp";
    assert_int_equal(config_resolve(&options, &config), MM_OK);
    assert_string_equal(config.preset.name, "alt-perp");
}

static void command_line_beats_environment_beats_profile_beats_defaults(void **state)
{
    (void)state;
    struct run_config config;
    struct config_options options = {
        .profile = "steady_safe",
        .overrides_json = "{\"min_interval_ms\": 60, \"base_spread_bps_delta\": 0.145}",
        .sets = {"min_interval_ms=55"},
        .set_count = 1,
    };
    assert_int_equal(config_resolve(&options, &config), MM_OK);
    assert_int_equal(steps_of(&config, "min_interval_ms"), 55);
    assert_int_equal(source_of(&config, "min_interval_ms"), CONFIG_CLI);
    assert_int_equal(steps_of(&config, "base_spread_bps_delta"), 29);
    assert_int_equal(source_of(&config, "base_spread_bps_delta"), CONFIG_ENV);
    assert_int_equal(steps_of(&config, "tail_age_ms"), 74);
    assert_int_equal(source_of(&config, "tail_age_ms"), CONFIG_PROFILE);
    char origin[CONFIG_ORIGIN_SIZE];
    config_param_origin(&config, PARAM_TAIL_AGE_MS, origin);
    assert_string_equal(origin, "profile:steady_safe");
    options.profile = NULL;
    options.overrides_json = "";
    assert_int_equal(config_resolve(&options, &config), MM_OK);
    assert_int_equal(steps_of(&config, "tail_age_ms"), 65);
    assert_int_equal(source_of(&config, "tail_age_ms"), CONFIG_DEFAULT);
}

static void a_wrong_set_names_key_value_range_and_place(void **state)
{
    (void)state;
    static const struct {
        const char *set, *words[3];
    } cases[] = {
        {"min_interval_ms=7", {"min_interval_ms", "7", "40 .. 80"}},
        {"min_interval_ms=60.5", {"min_interval_ms", "60.5", "steps of 1"}},
        {"base_spread_bps_delta=0.141", {"base_spread_bps_delta", "0.141", "steps of 0.005"}},
        {"tail_age_ms=nan", {"tail_age_ms", "nan", NULL}},
        {"tail_age_ms=", {"tail_age_ms", NULL, NULL}},
        {"min_intervall=60", {"min_intervall", "did you mean min_interval_ms?", NULL}},
        {"colour=red", {"colour", "there are min_interval_ms", NULL}},
        {"tail_age_ms", {"KEY=VALUE", NULL, NULL}},
        {"=5", {"KEY=VALUE", NULL, NULL}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config_options options = {.sets = {cases[i].set}, .set_count = 1};
        expect_refusal(&options, "--set", cases[i].words[0], cases[i].words[1]);
        expect_refusal(&options, cases[i].words[2], NULL, NULL);
    }
    struct config_options twice = {.sets = {"tail_age_ms=600", "tail_age_ms=650"}, .set_count = 2};
    expect_refusal(&twice, "--set", "tail_age_ms", "twice");
}

static void wrong_overrides_in_the_environment_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *json, *words[2];
    } cases[] = {
        {"{\"min_interval_ms\": 60", {NULL, NULL}},
        {"[60]", {"object", NULL}},
        {"{\"min_interval_ms\": \"60\"}", {"min_interval_ms", "expected a number"}},
        {"{\"min_interval_ms\": null}", {"min_interval_ms", "expected a number"}},
        {"{\"min_interval_ms\": 39}", {"min_interval_ms", "40 .. 80"}},
        {"{\"min_interval_ms\": 60, \"min_interval_ms\": 61}", {"min_interval_ms", NULL}},
        {"{\"min_interval\": 60}", {"did you mean", "min_interval_ms"}},
        {"{\"impact_cap_ratio\": 1e300}", {"impact_cap_ratio", NULL}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config_options options = {.overrides_json = cases[i].json};
        expect_refusal(&options, CONFIG_OVERRIDES_VARIABLE, cases[i].words[0], cases[i].words[1]);
    }
}

static void an_unknown_profile_or_market_lists_what_there_is(void **state)
{
    (void)state;
    expect_refusal(&(struct config_options){.profile = "x"}, "steady_safe", "ultra_safe",
                   "aggressive");
    expect_refusal(&(struct config_options){.profile = "default"}, "--profile", NULL, NULL);
    expect_refusal(&(struct config_options){.market = "x"}, "alt-perp", "btc-perp", "--market");
}

static void wrong_numbers_and_combinations_are_refused(void **state)
{
    (void)state;
    expect_refusal(&(struct config_options){.iterations = "0"}, "--iterations", "'0'", "1 ..");
    expect_refusal(&(struct config_options){.iterations = "six"}, "--iterations", "'six'", NULL);
    expect_refusal(&(struct config_options){.seed = "-1"}, "--seed", "'-1'", NULL);
    expect_refusal(&(struct config_options){.window = "15"}, "--window", "no unit", NULL);
    expect_refusal(&(struct config_options){.window = "1ms"}, "--window", "1ms", "1s ..");
    expect_refusal(&(struct config_options){.tuner = "on"}, "--tuner", "'on'", "rules");
    expect_refusal(&(struct config_options){.sleep_seconds = "5s"}, CONFIG_SLEEP_VARIABLE, "'5s'",
                   NULL);
    expect_refusal(&(struct config_options){.mock = true, .tape = "x"}, "--mock", "--tape", NULL);
    expect_refusal(&(struct config_options){.tape = "x", .regime = "calm"}, "--regime", "--mock",
                   NULL);
    expect_refusal(&(struct config_options){.tick = "0.1"}, "--tick", "--tape", NULL);
    expect_refusal(&(struct config_options){.out = ""}, "--out", NULL, NULL);
}

// The shipped preset with one change: `value` (stolen, NULL removes) at section.key.
static json_t *changed_preset(const char *section, const char *key, json_t *value)
{
    json_t *document = NULL;
    for (size_t i = 0; i < embedded_file_count; i++) {
        if (strcmp(embedded_files[i].name, "market/btc-perp.json") == 0) {
            assert_int_equal(json_document_parse(embedded_files[i].data, embedded_files[i].size,
                                                 "preset", &document),
                             MM_OK);
        }
    }
    assert_non_null(document);
    json_t *object = section != NULL ? json_object_get(document, section) : document;
    if (value != NULL) {
        json_object_set_new(object, key, value);
    } else {
        json_object_del(object, key);
    }
    return document;
}

static void expect_preset_refusal(json_t *document, const char *first, const char *second)
{
    struct market_preset preset;
    mm_error_clear();
    assert_int_equal(market_preset_read(document, "mine.json", &preset), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "mine.json"));
    assert_non_null(strstr(mm_error_text(), first));
    assert_non_null(strstr(mm_error_text(), second));
    json_decref(document);
}

static void a_preset_with_a_wrong_field_is_refused(void **state)
{
    (void)state;
    expect_preset_refusal(changed_preset("quote", "level_count", json_integer(9)),
                          "quote.level_count", "1 .. 5");
    expect_preset_refusal(changed_preset("quote", "level_count", json_real(1.5)),
                          "quote.level_count", "whole");
    expect_preset_refusal(changed_preset("quote", "level_count", NULL), "quote.level_count",
                          "missing");
    expect_preset_refusal(changed_preset("quote", "level_counts", json_integer(1)),
                          "quote.level_counts", "did you mean level_count?");
    expect_preset_refusal(changed_preset("risk", "stale", json_string("5")), "risk.stale",
                          "duration");
    expect_preset_refusal(changed_preset("risk", "position_limit", json_integer(-5)),
                          "risk.position_limit", "-5");
    expect_preset_refusal(changed_preset("quote", "join_at_touch", json_integer(1)),
                          "quote.join_at_touch", "true or false");
    expect_preset_refusal(changed_preset(NULL, "kpi", NULL), "kpi", "missing");
    expect_preset_refusal(changed_preset("gate", "min_fills", NULL), "gate", "min_fills");
    expect_preset_refusal(changed_preset("gate", "soft", json_pack("{s:i}", "net_bp", 3)), "net_bp",
                          "did you mean net_bps");
    expect_preset_refusal(json_array(), "object", "mine.json");
}

static void a_preset_with_a_wrong_gate_level_is_refused(void **state)
{
    (void)state;
    expect_preset_refusal(changed_preset("gate", "soft", json_pack("{s:f}", "risk_ratio", 1.5)),
                          "gate.soft.risk_ratio is 1.5", "0 .. 1");
    expect_preset_refusal(changed_preset("gate", "hard", json_pack("{s:s}", "net_bps", "2")),
                          "gate.hard.net_bps", "expected a number");
    expect_preset_refusal(changed_preset("gate", "min_fills", json_integer(-1)),
                          "gate.min_fills is -1", "0 .. 1000000");
}

// A section with one entry of one key.
static json_t *nested(const char *name, const char *key, json_t *value)
{
    return json_pack("{s:{s:o}}", name, key, value);
}

static void expect_parameters_refusal(const char *param, const char *key, json_t *value,
                                      const char *first, const char *second)
{
    expect_preset_refusal(changed_preset(NULL, "parameters", nested(param, key, value)), first,
                          second);
}

static void wrong_bounds_and_caps_are_refused_with_their_place(void **state)
{
    (void)state;
    expect_parameters_refusal("min_interval_ms", "min", json_integer(19),
                              "parameters.min_interval_ms.min", "19 is outside 20 .. 299 ms");
    expect_parameters_refusal("min_interval_ms", "max", json_integer(301),
                              "parameters.min_interval_ms.max", "301 is outside 21 .. 300 ms");
    expect_parameters_refusal("min_interval_ms", "min", json_integer(80),
                              "parameters.min_interval_ms", "min 80 is not below max 80");
    expect_parameters_refusal("min_interval_ms", "min", json_integer(76), "76 .. 80 leaves out 75",
                              "profile steady_safe");
    expect_parameters_refusal("tail_age_ms", "step_cap", json_integer(75),
                              "parameters.tail_age_ms.step_cap", "not a multiple of the step");
    expect_parameters_refusal("tail_age_ms", "velocity_cap", json_integer(0),
                              "parameters.tail_age_ms.velocity_cap", "10 .. 800 ms");
    expect_parameters_refusal("max_delta_ratio", "max", json_string("0.2"),
                              "parameters.max_delta_ratio.max", "expected a number");
    expect_parameters_refusal("max_delta_ratio", "maxx", json_real(0.2), "maxx",
                              "did you mean max?");
    expect_parameters_refusal("max_deltaratio", "max", json_real(0.2), "max_deltaratio",
                              "did you mean max_delta_ratio?");
    expect_preset_refusal(changed_preset(NULL, "parameters", json_array()), "parameters",
                          "expected an object");
}

static void expect_move_refusal(const char *rule, const char *param, json_t *move,
                                const char *first, const char *second)
{
    expect_preset_refusal(changed_preset(NULL, "moves", nested(rule, param, move)), first, second);
}

static json_t *move_of(double delta, double limit)
{
    return json_pack("{s:f, s:f}", "delta", delta, "limit", limit);
}

static void wrong_moves_are_refused_with_their_place(void **state)
{
    (void)state;
    expect_move_refusal("net_lo", "tail_age_ms", move_of(10, 500), "net_lo",
                        "did you mean net_low?");
    expect_move_refusal("net_low", "tail_age", move_of(10, 500), "moves.net_low: there is no",
                        "did you mean tail_age_ms?");
    expect_move_refusal("net_low", "tail_age_ms", move_of(5, 500),
                        "moves.net_low.tail_age_ms.delta", "not a multiple of the step");
    expect_move_refusal("net_low", "tail_age_ms", move_of(-810, 500),
                        "moves.net_low.tail_age_ms.delta", "-800 .. 800 ms");
    expect_move_refusal("net_low", "tail_age_ms", move_of(10, 1010),
                        "moves.net_low.tail_age_ms.limit", "200 .. 1000 ms");
    expect_move_refusal("net_low", "tail_age_ms", json_pack("{s:i}", "delta", 10),
                        "moves.net_low.tail_age_ms", "limit");
}

static void a_preset_may_widen_bounds_and_change_caps_and_moves(void **state)
{
    (void)state;
    json_t *document = changed_preset(NULL, "parameters",
                                      json_pack("{s:{s:i, s:i, s:i}, s:{s:f}}", "min_interval_ms",
                                                "min", 20, "max", 300, "step_cap", 280,
                                                "base_spread_bps_delta", "velocity_cap", 0.6));
    json_object_set_new(document, "moves",
                        nested("zone_normalize", "min_interval_ms", move_of(-7, 25)));
    struct market_preset preset;
    assert_int_equal(market_preset_read(document, "mine.json", &preset), MM_OK);
    assert_int_equal(preset.guard.min[PARAM_MIN_INTERVAL_MS], 20);
    assert_int_equal(preset.guard.max[PARAM_MIN_INTERVAL_MS], 300);
    assert_int_equal(preset.guard.cap_per_iteration[PARAM_MIN_INTERVAL_MS], 280);
    assert_int_equal(preset.guard.cap_per_window[PARAM_MIN_INTERVAL_MS], 30); // the table's
    assert_int_equal(preset.guard.cap_per_window[PARAM_BASE_SPREAD_BPS_DELTA], 120);
    struct tuner_move move = preset.tuner.moves[TUNER_ZONE_NORMALIZE][PARAM_MIN_INTERVAL_MS];
    assert_int_equal(move.delta, -7);
    assert_int_equal(move.limit, 25);
    json_t *shown = market_preset_json(&preset);
    const json_t *given = json_object_get(shown, "parameters.min_interval_ms.max");
    const json_t *silent = json_object_get(shown, "parameters.min_interval_ms.velocity_cap");
    assert_int_equal(json_integer_value(json_object_get(given, "value")), 300);
    assert_null(json_object_get(given, "source"));
    assert_string_equal(json_string_value(json_object_get(silent, "source")), "default");
    assert_non_null(json_object_get(shown, "moves.zone_normalize.min_interval_ms.limit"));
    json_decref(shown);
    json_decref(document);
}

static void amounts_become_lots_of_any_instrument(void **state)
{
    (void)state;
    struct market_preset preset = {.amounts = {.quote_e9 = INT64_C(1000000000000),
                                               .position_limit_e9 = INT64_C(20000000000000),
                                               .order_max_e9 = 1,
                                               .loss_from_peak_e9 = INT64_C(600000000000)}};
    // 0.001 coins of 60000: a lot is 60, so 1000 are 16.67 lots.
    struct instrument linear = {
        .tick = {1, -1}, .lot = {1, -3}, .contract_size = {1, 0}, .contract = CONTRACT_LINEAR};
    struct engine_config engine = market_preset_engine(&preset, &linear, 1200000);
    assert_int_equal(engine.quote.quote_qty_lots, 17);
    assert_int_equal(engine.risk.position_limit_lots, 333);
    assert_int_equal(engine.risk.order_qty_max_lots, 1);
    assert_int_equal(engine.risk.loss_from_peak_quote_e9, INT64_C(600000000000));
    // A contract of 100: 10 contracts, and the loss limit of 600 is 0.01 coins.
    struct instrument inverse = {
        .tick = {1, -1}, .lot = {1, 0}, .contract_size = {100, 0}, .contract = CONTRACT_INVERSE};
    engine = market_preset_engine(&preset, &inverse, 1200000);
    assert_int_equal(engine.quote.quote_qty_lots, 10);
    assert_int_equal(engine.risk.position_limit_lots, 200);
    assert_int_equal(engine.risk.loss_from_peak_quote_e9, 10000000);
    assert_int_equal(engine.risk.loss_from_start_quote_e9, 0);
}

static void the_profile_files_hold_what_the_parameter_table_says(void **state)
{
    (void)state;
    for (enum params_profile profile = PARAMS_STEADY_SAFE; profile < PARAMS_PROFILE_COUNT;
         profile++) {
        char name[64];
        snprintf(name, sizeof name, "%s.json", params_profile_name(profile));
        bool found = false;
        for (size_t i = 0; i < embedded_file_count; i++) {
            if (strcmp(embedded_files[i].name, name) == 0) {
                struct params params = params_of_profile(profile);
                json_t *document = config_params_json(&params);
                char *text = json_document_text(document, NULL);
                assert_string_equal(text, embedded_files[i].data);
                free(text);
                json_decref(document);
                found = true;
            }
        }
        assert_true(found);
    }
}

static void the_configuration_in_artifacts_has_every_value_with_its_source(void **state)
{
    (void)state;
    struct run_config config;
    struct config_options options = {
        .tape = "/somewhere/x.gz", .sets = {"tail_age_ms=600"}, .set_count = 1};
    assert_int_equal(config_resolve(&options, &config), MM_OK);
    json_t *document = config_json(&config);
    assert_int_equal(json_object_size(document),
                     PARAM_COUNT + CONFIG_SETTING_COUNT - 2); // without sleep and pace
    const json_t *value = json_object_get(document, "tail_age_ms");
    assert_int_equal(json_integer_value(json_object_get(value, "value")), 600);
    assert_string_equal(json_string_value(json_object_get(value, "source")), "cli");
    char *text = json_document_text(document, NULL);
    assert_null(strstr(text, "somewhere"));
    free(text);
    json_decref(document);
}

static void a_latency_may_be_of_any_length(void **state)
{
    (void)state;
    struct run_config config;
    char path[2000] = "place=10ms/12ms,amend=11ms/12ms,cancel=5ms/8ms,fill=8ms,log=/";
    size_t length = strlen(path);
    memset(path + length, 'x', sizeof path - 1 - length);
    memcpy(path + CONFIG_VALUE_SIZE - 2, "\xc3\xa9", 2); // cut before, not within
    struct config_options options = {.tape = "x.gz", .latency = path};
    assert_int_equal(config_resolve(&options, &config), MM_OK);
    assert_string_equal(config_latency(&config), path);
    assert_int_equal(strlen(config.settings[CONFIG_LATENCY].value), CONFIG_VALUE_SIZE - 2);
    options.latency = NULL;
    assert_int_equal(config_resolve(&options, &config), MM_OK);
    assert_string_equal(config_latency(&config), config.preset.latency);
}

static void how_a_recording_is_imported_is_taken_from_the_options(void **state)
{
    (void)state;
    struct run_config config;
    struct config_options options = {.tape = "x.zip",
                                     .format = "bybit-archive",
                                     .feed_latency = "20ms",
                                     .symbol = "XRPUSDT",
                                     .contract = "inverse:10"};
    assert_int_equal(config_resolve(&options, &config), MM_OK);
    assert_int_equal(config.import.format, TAPE_FORMAT_BYBIT_ARCHIVE);
    assert_int_equal(config.import.feed_latency_ns, 20000000);
    assert_string_equal(config.import.symbol, "XRPUSDT");
    assert_true(config.import.contract_given);
    options.format = "bitmex";
    expect_refusal(&options, "format 'bitmex'", "bybit-archive", NULL);
    options = (struct config_options){.mock = true, .feed_latency = "20ms"};
    expect_refusal(&options, "--feed-latency is for --tape only", NULL, NULL);
    options = (struct config_options){.busy_poll = true}; // a simulated market never waits
    expect_refusal(&options, "--busy-poll is for --paper and --live only", NULL, NULL);
    options = (struct config_options){.tape = "x", .busy_poll = true};
    expect_refusal(&options, "--busy-poll is for --paper and --live only", NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_latency_may_be_of_any_length),
        cmocka_unit_test(how_a_recording_is_imported_is_taken_from_the_options),
        cmocka_unit_test(without_arguments_it_is_six_windows_of_alt_perp_with_the_defaults),
        cmocka_unit_test(a_tape_brings_btc_perp_and_its_own_window),
        cmocka_unit_test(command_line_beats_environment_beats_profile_beats_defaults),
        cmocka_unit_test(a_wrong_set_names_key_value_range_and_place),
        cmocka_unit_test(wrong_overrides_in_the_environment_are_refused),
        cmocka_unit_test(an_unknown_profile_or_market_lists_what_there_is),
        cmocka_unit_test(wrong_numbers_and_combinations_are_refused),
        cmocka_unit_test(a_preset_with_a_wrong_field_is_refused),
        cmocka_unit_test(a_preset_with_a_wrong_gate_level_is_refused),
        cmocka_unit_test(wrong_bounds_and_caps_are_refused_with_their_place),
        cmocka_unit_test(wrong_moves_are_refused_with_their_place),
        cmocka_unit_test(a_preset_may_widen_bounds_and_change_caps_and_moves),
        cmocka_unit_test(amounts_become_lots_of_any_instrument),
        cmocka_unit_test(the_profile_files_hold_what_the_parameter_table_says),
        cmocka_unit_test(the_configuration_in_artifacts_has_every_value_with_its_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
