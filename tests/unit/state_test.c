// The tuning state: what is written reads back to the same, and nothing else is taken for it.
#include "soak/state.h"

#include "base/json.h"
#include "cmocka_all.h"

#include <string.h>

static struct tuning_state sample_state(void)
{
    struct tuning_state state = {.run_id = UINT64_C(0xfedcba9876543210),
                                 .recovered = true,
                                 .overrides_hash = "0123456789abcdef0123456789abcdef",
                                 .overrides_hash_before = "fedcba9876543210fedcba9876543210"};
    guard_state_init(&state.guard, params_of_profile(PARAMS_STEADY_SAFE));
    state.guard.iteration = 17;
    state.guard.fail_streak = 2;
    state.guard.on_safe = true;
    state.guard.panic_hold_until = 19;
    state.guard.latency_frozen = true;
    state.guard.last_signature = UINT64_MAX;
    state.guard.param[PARAM_TAIL_AGE_MS] =
        (struct guard_param_state){.has_previous = true,
                                   .previous = 70,
                                   .held_until = 18,
                                   .change_count = 2,
                                   .changes = {{INT64_C(1704067200000000001), 4}, {INT64_MAX, 7}}};
    state.history.count = 2;
    state.history.windows[0] =
        (struct tuner_window){.has_net_bps = true,
                              .net_bps = 1.0 / 3.0,
                              .has_net_per_hour = true,
                              .net_per_hour = -1e-300,
                              .params = params_of_profile(PARAMS_ULTRA_SAFE)};
    state.history.windows[1] =
        (struct tuner_window){.params = params_of_profile(PARAMS_DEFAULT), .fallback = true};
    return state;
}

// Through text, as a file goes.
static json_t *written(const struct tuning_state *state)
{
    json_t *document = state_json(state), *back = NULL;
    size_t size = 0;
    char *text = json_document_text(document, &size);
    assert_int_equal(json_document_parse(text, size, "state", &back), MM_OK);
    free(text);
    json_decref(document);
    return back;
}

static void a_state_reads_back_to_the_same_bits(void **state)
{
    (void)state;
    struct tuning_state before = sample_state(), after;
    json_t *document = written(&before);
    assert_int_equal(state_read(document, &after), MM_OK);
    assert_memory_equal(&before, &after, sizeof before);
    json_decref(document);
}

static void expect_refusal(json_t *document, const char *word)
{
    struct tuning_state out;
    mm_error_clear();
    assert_int_equal(state_read(document, &out), MM_ERROR_INPUT);
    assert_non_null(strstr(mm_error_text(), word));
    json_decref(document);
}

static void an_edited_value_does_not_match_the_checksum(void **state)
{
    (void)state;
    struct tuning_state sample = sample_state();
    json_t *document = written(&sample);
    json_object_set_new(json_object_get(document, "guard"), "fail_streak", json_integer(0));
    expect_refusal(document, "checksum");
    document = written(&sample);
    json_object_set_new(document, "more", json_null());
    expect_refusal(document, "checksum");
    document = written(&sample);
    json_object_del(document, "checksum");
    expect_refusal(document, "checksum");
}

static void another_version_is_refused_as_such(void **state)
{
    (void)state;
    struct tuning_state sample = sample_state();
    json_t *document = written(&sample);
    json_object_set_new(document, "version", json_integer(STATE_VERSION + 1));
    expect_refusal(document, "another version");
    expect_refusal(json_array(), "version");
    expect_refusal(json_object(), "version");
}

// Sets a value at guard.KEY or, with a parent, guard.PARENT.KEY, and makes the checksum right
// again.
static json_t *forged(const char *parent, const char *key, json_t *value)
{
    struct tuning_state sample = sample_state();
    json_t *document = written(&sample);
    json_t *object = json_object_get(document, "guard");
    if (parent != NULL) {
        object = json_object_get(object, parent);
    }
    json_object_set_new(object, key, value);
    json_object_del(document, "checksum");
    size_t size = 0;
    char *text = json_document_line(document, &size), hash[ARTIFACT_HASH_SIZE];
    artifact_hash(text, size, hash);
    free(text);
    json_object_set_new(document, "checksum", json_string(hash));
    return document;
}

static void values_that_cannot_be_are_refused_even_with_a_right_checksum(void **state)
{
    (void)state;
    expect_refusal(forged(NULL, "iteration", json_integer(-1)), "out of range");
    expect_refusal(forged(NULL, "iteration", json_integer(INT64_C(1) << 32)), "out of range");
    expect_refusal(forged(NULL, "halted", json_integer(1)), "out of range");
    expect_refusal(forged(NULL, "last_signature", json_string("12")), "out of range");
    expect_refusal(forged("params", "min_interval_ms", json_integer(19)), "out of range");
    expect_refusal(forged("params", "min_interval_ms", json_real(70.5)), "out of range");
    expect_refusal(forged("params", "colour", json_integer(1)), "out of range");
    expect_refusal(forged("history", "tail_age_ms", json_null()), "out of range");
    expect_refusal(
        forged("history", "tail_age_ms",
               json_pack("{s:n, s:i, s:[[i, i]]}", "previous", "held_until", 0, "changes", 5, 0)),
        "out of range");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_reads_back_to_the_same_bits),
        cmocka_unit_test(an_edited_value_does_not_match_the_checksum),
        cmocka_unit_test(another_version_is_refused_as_such),
        cmocka_unit_test(values_that_cannot_be_are_refused_even_with_a_right_checksum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
