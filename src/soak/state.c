#include "soak/state.h"

#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { HEX_SIZE = 17, REAL_TEXT_SIZE = 40 };

static json_t *hex_json(uint64_t value)
{
    char text[HEX_SIZE];
    snprintf(text, sizeof text, "%016" PRIx64, value);
    return json_string(text);
}

// Reals as text that reads back to the same bits; documents round their numbers.
static json_t *exact_json(bool has, double value)
{
    char text[REAL_TEXT_SIZE];
    snprintf(text, sizeof text, "%.17g", value);
    return has ? json_string(text) : json_null();
}

// ---- writing ----

static json_t *param_state_json(enum param_id id, const struct guard_param_state *param)
{
    json_t *changes = json_array();
    for (uint32_t i = 0; i < param->change_count; i++) {
        json_array_append_new(changes, json_pack("[I, i]", (json_int_t)param->changes[i].at_ns,
                                                 (int)param->changes[i].size));
    }
    return json_pack("{s:o, s:I, s:o}", "previous",
                     param->has_previous ? config_param_json(id, param->previous) : json_null(),
                     "held_until", (json_int_t)param->held_until, "changes", changes);
}

static json_t *guard_json(const struct guard_state *guard)
{
    json_t *params = json_object();
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        json_object_set_new(params, param_specs[i].key,
                            param_state_json((enum param_id)i, &guard->param[i]));
    }
    json_t *object = json_object();
    const struct {
        const char *key;
        uint32_t value;
    } counts[] = {
        {"version", guard->version},
        {"iteration", guard->iteration},
        {"fail_streak", guard->fail_streak},
        {"panic_hold_until", guard->panic_hold_until},
        {"frozen_until", guard->frozen_until},
        {"cooldown_until", guard->cooldown_until},
        {"stable_streak", guard->stable_streak},
        {"calm_streak", guard->calm_streak},
    };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        json_object_set_new(object, counts[i].key, json_integer(counts[i].value));
    }
    json_object_set_new(object, "on_safe", json_boolean(guard->on_safe));
    json_object_set_new(object, "halted", json_boolean(guard->halted));
    json_object_set_new(object, "latency_frozen", json_boolean(guard->latency_frozen));
    json_object_set_new(object, "last_signature", hex_json(guard->last_signature));
    json_object_set_new(object, "params", config_params_json(&guard->params));
    json_object_set_new(object, "history", params);
    return object;
}

static json_t *history_json(const struct tuner_history *history)
{
    json_t *windows = json_array();
    for (uint32_t i = 0; i < history->count; i++) {
        const struct tuner_window *window = &history->windows[i];
        json_array_append_new(
            windows,
            json_pack("{s:o, s:o, s:o, s:b}", "net_bps",
                      exact_json(window->has_net_bps, window->net_bps), "net_per_hour",
                      exact_json(window->has_net_per_hour, window->net_per_hour), "params",
                      config_params_json(&window->params), "fallback", (int)window->fallback));
    }
    return windows;
}

// Only where there are any, so that a run nobody touched has the document it always had.
static void add_deeds(json_t *document, const struct tuning_state *state)
{
    json_t *deeds = json_array();
    for (uint32_t i = 0; i < state->deed_count; i++) {
        const struct operator_deed *deed = &state->deeds[i];
        json_array_append_new(deeds,
                              json_pack("{s:I, s:I, s:s}", "iteration", (json_int_t)deed->iteration,
                                        "at_ns", (json_int_t)deed->at_ns, "action",
                                        operator_action_name(deed->action)));
    }
    if (state->deed_count > 0) {
        json_object_set(document, "operator", deeds);
    }
    json_decref(deeds);
}

// Over the document without its checksum, as one line of text.
static json_t *checksum_json(const json_t *document)
{
    size_t size = 0;
    char *text = json_document_line(document, &size);
    char hash[ARTIFACT_HASH_SIZE];
    artifact_hash(text, size, hash);
    free(text);
    return json_string(hash);
}

json_t *state_json(const struct tuning_state *state)
{
    json_t *document =
        json_pack("{s:i, s:o, s:o, s:o, s:s, s:s, s:b, s:I}", "version", STATE_VERSION, "run_id",
                  hex_json(state->run_id), "guard", guard_json(&state->guard), "tuner_history",
                  history_json(&state->history), "overrides_hash", state->overrides_hash,
                  "overrides_hash_before", state->overrides_hash_before, "recovered",
                  (int)state->recovered, "iteration", (json_int_t)state->guard.iteration);
    add_deeds(document, state);
    json_object_set_new(document, "checksum", checksum_json(document));
    return document;
}

// ---- reading ----

static int refuse(const char *what)
{
    return mm_fail(MM_ERROR_INPUT, "the tuning state %s", what);
}

static bool read_hex(const json_t *value, uint64_t *out)
{
    const char *text = json_string_value(value);
    if (text == NULL || strlen(text) != HEX_SIZE - 1 ||
        strspn(text, "0123456789abcdef") != HEX_SIZE - 1) {
        return false;
    }
    *out = strtoull(text, NULL, 16);
    return true;
}

static bool read_exact(const json_t *value, bool *has, double *out)
{
    *has = json_is_string(value);
    if (!*has) {
        return json_is_null(value);
    }
    char *end = NULL;
    *out = strtod(json_string_value(value), &end);
    return json_string_length(value) > 0 && *end == '\0';
}

static bool read_count(const json_t *object, const char *key, uint32_t *out)
{
    const json_t *value = json_object_get(object, key);
    json_int_t number = json_integer_value(value);
    *out = (uint32_t)number;
    return json_is_integer(value) && number >= 0 && number <= UINT32_MAX;
}

static bool read_flag(const json_t *object, const char *key, bool *out)
{
    const json_t *value = json_object_get(object, key);
    *out = json_is_true(value);
    return json_is_boolean(value);
}

static bool read_change(const json_t *value, struct guard_change *out)
{
    const json_t *at = json_array_get(value, 0), *size = json_array_get(value, 1);
    json_int_t steps = json_integer_value(size);
    *out = (struct guard_change){.at_ns = json_integer_value(at), .size = (int32_t)steps};
    return json_array_size(value) == 2 && json_is_integer(at) && json_is_integer(size) &&
           steps > 0 && steps <= INT32_MAX;
}

static bool read_param_state(enum param_id id, const json_t *object, struct guard_param_state *out)
{
    const json_t *previous = json_object_get(object, "previous");
    const json_t *changes = json_object_get(object, "changes");
    out->has_previous = !json_is_null(previous);
    if ((out->has_previous && !config_param_read(id, previous, &out->previous)) ||
        !read_count(object, "held_until", &out->held_until) || !json_is_array(changes) ||
        json_array_size(changes) > GUARD_CHANGES_MAX) {
        return false;
    }
    out->change_count = (uint32_t)json_array_size(changes);
    for (uint32_t i = 0; i < out->change_count; i++) {
        if (!read_change(json_array_get(changes, i), &out->changes[i])) {
            return false;
        }
    }
    return true;
}

static bool read_params(const json_t *values, struct params *out)
{
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        enum param_id id = (enum param_id)i;
        if (!config_param_read(id, json_object_get(values, param_specs[i].key), &out->steps[i])) {
            return false;
        }
    }
    return json_object_size(values) == PARAM_COUNT;
}

static bool read_guard_params(const json_t *object, struct guard_state *out)
{
    const json_t *history = json_object_get(object, "history");
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (!read_param_state((enum param_id)i, json_object_get(history, param_specs[i].key),
                              &out->param[i])) {
            return false;
        }
    }
    return json_object_size(history) == PARAM_COUNT &&
           read_params(json_object_get(object, "params"), &out->params);
}

static bool read_guard(const json_t *object, struct guard_state *out)
{
    bool counts = read_count(object, "version", &out->version) &&
                  read_count(object, "iteration", &out->iteration) &&
                  read_count(object, "fail_streak", &out->fail_streak) &&
                  read_count(object, "panic_hold_until", &out->panic_hold_until) &&
                  read_count(object, "frozen_until", &out->frozen_until) &&
                  read_count(object, "cooldown_until", &out->cooldown_until) &&
                  read_count(object, "stable_streak", &out->stable_streak) &&
                  read_count(object, "calm_streak", &out->calm_streak);
    return counts && read_flag(object, "on_safe", &out->on_safe) &&
           read_flag(object, "halted", &out->halted) &&
           read_flag(object, "latency_frozen", &out->latency_frozen) &&
           read_hex(json_object_get(object, "last_signature"), &out->last_signature) &&
           read_guard_params(object, out);
}

static bool read_history(const json_t *windows, struct tuner_history *out)
{
    if (!json_is_array(windows) || json_array_size(windows) > TUNER_HISTORY_MAX) {
        return false;
    }
    out->count = (uint32_t)json_array_size(windows);
    for (uint32_t i = 0; i < out->count; i++) {
        const json_t *object = json_array_get(windows, i);
        struct tuner_window *window = &out->windows[i];
        if (!read_params(json_object_get(object, "params"), &window->params) ||
            !read_flag(object, "fallback", &window->fallback) ||
            !read_exact(json_object_get(object, "net_bps"), &window->has_net_bps,
                        &window->net_bps) ||
            !read_exact(json_object_get(object, "net_per_hour"), &window->has_net_per_hour,
                        &window->net_per_hour)) {
            return false;
        }
    }
    return true;
}

static bool read_deeds(const json_t *deeds, struct tuning_state *out)
{
    if (deeds == NULL) {
        return true;
    }
    if (!json_is_array(deeds) || json_array_size(deeds) > OPERATOR_DEEDS_MAX) {
        return false;
    }
    out->deed_count = (uint32_t)json_array_size(deeds);
    for (uint32_t i = 0; i < out->deed_count; i++) {
        const json_t *object = json_array_get(deeds, i);
        const json_t *at = json_object_get(object, "at_ns");
        const char *action = json_string_value(json_object_get(object, "action"));
        struct operator_deed *deed = &out->deeds[i];
        deed->at_ns = json_integer_value(at);
        if (!json_is_integer(at) || action == NULL ||
            !operator_action_find(action, &deed->action) ||
            !read_count(object, "iteration", &deed->iteration)) {
            return false;
        }
    }
    return true;
}

static bool checksum_holds(const json_t *document)
{
    json_t *copy = json_copy((json_t *)document);
    json_object_del(copy, "checksum");
    json_t *expected = checksum_json(copy);
    bool holds = json_equal(expected, json_object_get(document, "checksum"));
    json_decref(expected);
    json_decref(copy);
    return holds;
}

static bool read_hash(const json_t *document, const char *key, char out[ARTIFACT_HASH_SIZE])
{
    const char *hash = json_string_value(json_object_get(document, key));
    if (hash == NULL || strlen(hash) >= ARTIFACT_HASH_SIZE) {
        return false;
    }
    memcpy(out, hash, strlen(hash) + 1);
    return true;
}

int state_read(const json_t *document, struct tuning_state *out)
{
    *out = (struct tuning_state){0};
    const json_t *version = json_object_get(document, "version");
    if (!json_is_object(document) || !json_is_integer(version)) {
        return refuse("has no version");
    }
    if (json_integer_value(version) != STATE_VERSION) {
        return refuse("is of another version of this program");
    }
    if (!checksum_holds(document)) {
        return refuse("does not match its checksum: it was cut, damaged or edited");
    }
    if (!read_hash(document, "overrides_hash", out->overrides_hash) ||
        !read_hash(document, "overrides_hash_before", out->overrides_hash_before) ||
        !read_flag(document, "recovered", &out->recovered) ||
        !read_hex(json_object_get(document, "run_id"), &out->run_id) ||
        !read_guard(json_object_get(document, "guard"), &out->guard) ||
        !read_deeds(json_object_get(document, "operator"), out) ||
        !read_history(json_object_get(document, "tuner_history"), &out->history)) {
        return refuse("has a field that is missing or out of range");
    }
    return MM_OK;
}
