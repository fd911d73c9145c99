#include "soak/legacy.h"

#include "base/directory.h"
#include "base/file.h"
#include "base/json.h"
#include "base/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENT_SIZE_MAX = 1 << 20 };

static const char *const sections[] = {"engine",       "risk",   "quoting", "impact",
                                       "taker_rescue", "market", "tuner"};

// Keys of older tools that no part of this program acts on.
static const char *const without_effect[] = {
    "base_spread_bps",
    "risk_limit_ratio",
    "concurrency_limit",
    "max_age_ms",
    "max_delta_per_hour",
    "cooldown_iters",
    "velocity_cap",
    "oscillation_window",
    "min_order_size",
    "max_order_size",
    "tick_size",
    "rescue_max_ratio",
    "min_edge_bps",
    "cooldown_ms",
    "position_limit_notional",
    "rebid_threshold_bps",
    "rescue_spread_cap_bps",
    "maker_taker_min",
    "latency_p95_limit_ms",
};

static const char runtime_name[] = "runtime_overrides.json";
static const char applied_name[] = "applied_profile.json";
static const struct {
    const char *file, *profile;
} profile_files[] = {
    {"steady_safe_overrides.json", "steady_safe"},
    {"ultra_safe_overrides.json", "ultra_safe"},
    {"steady_overrides.json", "steady"},
};

static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

int overrides_refuse_key(const char *key, const char *origin)
{
    const char *names[PARAM_COUNT];
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        names[i] = param_specs[i].key;
    }
    const char *near = suggest_name(key, names, PARAM_COUNT);
    if (near != NULL) {
        return mm_fail(MM_ERROR_USAGE, "%s: unknown parameter '%.64s', did you mean %s?", origin,
                       key, near);
    }
    return mm_fail(MM_ERROR_USAGE,
                   "%s: unknown parameter '%.64s'; there are %s, %s, %s, %s, %s, %s", origin, key,
                   names[0], names[1], names[2], names[3], names[4], names[5]);
}

static void note_ignored(struct overrides *out, const char *key)
{
    size_t length = strlen(out->ignored);
    snprintf(out->ignored + length, sizeof out->ignored - length, "%s%s", length > 0 ? ", " : "",
             key);
}

static int read_value(enum param_id id, const json_t *value, const char *origin,
                      struct overrides *out)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(JSON_REAL_DIGITS));
    const char *key = param_specs[id].key;
    int code = MM_OK;
    if (!json_is_number(value) || text == NULL || strlen(text) >= OVERRIDES_TEXT_SIZE) {
        code = mm_fail(MM_ERROR_USAGE, "%s: %s is %.64s: expected a number", origin, key,
                       text != NULL ? text : "?");
    } else if (out->has[id] && strcmp(out->texts[id], text) != 0) {
        code = mm_fail(MM_ERROR_USAGE, "%s: %s is given twice: %s and %s", origin, key,
                       out->texts[id], text);
    } else {
        out->has[id] = true;
        snprintf(out->texts[id], OVERRIDES_TEXT_SIZE, "%s", text);
    }
    free(text);
    return code;
}

static int read_object(const json_t *object, const char *origin, bool top, struct overrides *out)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        enum param_id id = param_find(key);
        int code = MM_OK;
        if (top && json_is_object(value) &&
            is_among(key, sections, sizeof sections / sizeof sections[0])) {
            continue; // after the flat ones
        } else if (id != PARAM_COUNT) {
            out->nested |= !top;
            code = read_value(id, value, origin, out);
        } else if (is_among(key, without_effect,
                            sizeof without_effect / sizeof without_effect[0])) {
            note_ignored(out, key);
        } else {
            code = overrides_refuse_key(key, origin);
        }
        if (code != MM_OK) {
            return code;
        }
    }
    return MM_OK;
}

int overrides_read(const json_t *document, const char *origin, struct overrides *out)
{
    *out = (struct overrides){0};
    if (!json_is_object(document)) {
        return mm_fail(MM_ERROR_USAGE, "%s: expected a JSON object", origin);
    }
    int code = read_object(document, origin, true, out);
    for (size_t i = 0; i < sizeof sections / sizeof sections[0] && code == MM_OK; i++) {
        const json_t *section = json_object_get(document, sections[i]);
        if (json_is_object(section)) {
            code = read_object(section, origin, false, out);
        }
    }
    return code;
}

static bool has_file(const char *directory, const char *name)
{
    char *path = path_join(directory, name);
    bool has = file_exists(path);
    free(path);
    return has;
}

static int read_file(const char *directory, const char *name, struct overrides *out)
{
    char *path = path_join(directory, name);
    json_t *document = NULL;
    int code = json_document_read(path, DOCUMENT_SIZE_MAX, &document);
    if (code == MM_OK) {
        code = overrides_read(document, path, out);
    }
    json_decref(document);
    free(path);
    return code;
}

// This program's own file lies beside profiles/; without them it is of the old layout.
static int find_runtime(const char *directory, struct legacy_layout *out)
{
    if (!has_file(directory, runtime_name) || has_file(directory, "profiles")) {
        return MM_OK;
    }
    out->files[out->file_count++] = runtime_name;
    out->has_runtime = true;
    return read_file(directory, runtime_name, &out->runtime);
}

int legacy_read(const char *directory, const char *profile, struct legacy_layout *out)
{
    *out = (struct legacy_layout){0};
    int code = find_runtime(directory, out);
    for (size_t i = 0; i < sizeof profile_files / sizeof profile_files[0] && code == MM_OK; i++) {
        if (!has_file(directory, profile_files[i].file)) {
            continue;
        }
        out->files[out->file_count++] = profile_files[i].file;
        if (profile != NULL && strcmp(profile, profile_files[i].profile) == 0) {
            out->has_profile = true;
            out->profile_name = profile_files[i].file;
            code = read_file(directory, profile_files[i].file, &out->profile);
        }
    }
    if (has_file(directory, applied_name)) {
        out->files[out->file_count++] = applied_name;
    }
    return code;
}

// ---- migration ----

static int move_to_legacy(const char *directory, const char *name)
{
    char *legacy = path_join(directory, "legacy");
    char *from = path_join(directory, name), *to = path_join(legacy, name);
    int code = dir_create(legacy);
    if (code == MM_OK && file_exists(to)) {
        code = mm_fail(MM_ERROR_USAGE, "%s is there already; move it away first", to);
    }
    if (code == MM_OK) {
        code = file_rename(from, to);
    }
    free(legacy);
    free(from);
    free(to);
    return code;
}

int legacy_keep_runtime(const char *directory)
{
    struct legacy_layout legacy;
    int code = legacy_read(directory, NULL, &legacy);
    return code == MM_OK && legacy.has_runtime ? move_to_legacy(directory, runtime_name) : code;
}

// The six values: those given, else the defaults. Out of range is refused, not bent.
static int resolve_values(const struct overrides *overrides, struct params *out)
{
    *out = params_of_profile(PARAMS_DEFAULT);
    int code = MM_OK;
    for (size_t i = 0; i < PARAM_COUNT && code == MM_OK; i++) {
        if (overrides->has[i]) {
            code = param_parse((enum param_id)i, overrides->texts[i], param_specs[i].live_min,
                               param_specs[i].live_max, &out->steps[i]);
        }
    }
    return code;
}

static void say_values(const struct overrides *overrides, struct text *out)
{
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (overrides->has[i]) {
            text_add(out, "    --set %s=%s\n", param_specs[i].key, overrides->texts[i]);
        }
    }
    if (overrides->ignored[0] != '\0') {
        text_add(out, "    without an effect: %s\n", overrides->ignored);
    }
}

static int migrate_runtime(const char *directory, const struct overrides *overrides, bool dry_run,
                           struct text *out)
{
    struct params params;
    int code = resolve_values(overrides, &params);
    if (code != MM_OK) {
        return mm_fail_add(code, "%s/%s", directory, runtime_name);
    }
    text_add(out, "%s: rewritten with flat keys; it said\n", runtime_name);
    say_values(overrides, out);
    if (dry_run) {
        return MM_OK;
    }
    char *path = path_join(directory, runtime_name), *profiles = path_join(directory, "profiles");
    json_t *document = json_object();
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        char value[DECIMAL_TEXT_SIZE];
        param_print((enum param_id)i, params.steps[i], value);
        json_object_set_new(document, param_specs[i].key, json_loads(value, JSON_DECODE_ANY, NULL));
    }
    code = json_document_write(path, document, 0644);
    // Their place is what tells the new layout from the old one.
    if (code == MM_OK) {
        code = dir_create(profiles);
    }
    json_decref(document);
    free(path);
    free(profiles);
    return code;
}

int legacy_migrate(const char *directory, bool dry_run, struct text *out)
{
    struct legacy_layout legacy;
    int code = legacy_read(directory, NULL, &legacy);
    if (code == MM_OK && legacy.file_count == 0) {
        text_add(out, "%s has nothing of the old layout\n", directory);
    }
    for (size_t i = 0; i < legacy.file_count && code == MM_OK; i++) {
        const char *name = legacy.files[i];
        text_add(out, "%s -> legacy/%s\n", name, name);
        struct overrides values;
        bool profile = strcmp(name, runtime_name) != 0 && strcmp(name, applied_name) != 0;
        if (profile && read_file(directory, name, &values) == MM_OK) {
            text_add(out,
                     "  the profile of its name is part of mmbot; to keep these values, give\n");
            say_values(&values, out);
        }
        mm_error_clear();
        code = dry_run ? MM_OK : move_to_legacy(directory, name);
    }
    if (code == MM_OK && legacy.has_runtime) {
        code = migrate_runtime(directory, &legacy.runtime, dry_run, out);
    }
    return code;
}
