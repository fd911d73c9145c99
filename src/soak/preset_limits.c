#include "soak/preset_limits.h"

#include "base/json.h"
#include "base/suggest.h"
#include "soak/config_manager.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_SIZE = 192, NAMES_MAX = TUNER_RULE_COUNT };

static const char *const limit_names[PRESET_LIMIT_COUNT] = {"min", "max", "step_cap",
                                                            "velocity_cap"};

// ---- the values, in steps ----

struct range {
    int32_t min, max;
};

static struct range limit_range(enum param_id id, enum preset_limit limit)
{
    const struct param_spec *spec = &param_specs[id];
    switch (limit) {
    case PRESET_LIMIT_MIN:
        return (struct range){spec->hard_min, spec->hard_max - 1};
    case PRESET_LIMIT_MAX:
        return (struct range){spec->hard_min + 1, spec->hard_max};
    default:
        return (struct range){1, spec->hard_max - spec->hard_min};
    }
}

static struct range delta_range(enum param_id id)
{
    int32_t width = param_specs[id].hard_max - param_specs[id].hard_min;
    return (struct range){-width, width};
}

static struct range move_limit_range(enum param_id id)
{
    return (struct range){param_specs[id].hard_min, param_specs[id].hard_max};
}

static int32_t *limit_at(struct guard_config *guard, enum param_id id, enum preset_limit limit)
{
    int32_t *const at[PRESET_LIMIT_COUNT] = {&guard->min[id], &guard->max[id],
                                             &guard->cap_per_iteration[id],
                                             &guard->cap_per_window[id]};
    return at[limit];
}

// ---- reading ----

static int read_steps(enum param_id id, const json_t *value, struct range range, const char *place,
                      int32_t *out)
{
    if (!json_is_number(value)) {
        return mm_fail(MM_ERROR_USAGE, "%s: expected a number", place);
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(JSON_REAL_DIGITS));
    int code = param_parse(id, text != NULL ? text : "", range.min, range.max, out);
    free(text);
    return code == MM_OK ? MM_OK : mm_fail_add(code, "%s", place);
}

static int refuse_name(const char *name, const char *place, const char *const *names, size_t count)
{
    const char *near = suggest_name(name, names, count);
    return mm_fail(MM_ERROR_USAGE, "%s: there is no %.64s%s%s%s", place, name,
                   near != NULL ? ", did you mean " : "", near != NULL ? near : "",
                   near != NULL ? "?" : "");
}

// Where `name` is among `names`; `count` when it is not.
static size_t find(const char *name, const char *const *names, size_t count)
{
    size_t i = 0;
    while (i < count && strcmp(names[i], name) != 0) {
        i++;
    }
    return i;
}

static void param_names(const char *out[PARAM_COUNT])
{
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        out[i] = param_specs[i].key;
    }
}

static int check_object(const json_t *value, const char *place)
{
    return json_is_object(value) ? MM_OK : mm_fail(MM_ERROR_USAGE, "%s: expected an object", place);
}

// "min 60 and max 60": which leaves nothing to choose, or leaves the safe profile out.
static int check_bounds(enum param_id id, const struct guard_config *guard, const char *place)
{
    char low[DECIMAL_TEXT_SIZE], high[DECIMAL_TEXT_SIZE], safe[DECIMAL_TEXT_SIZE];
    param_print(id, guard->min[id], low);
    param_print(id, guard->max[id], high);
    param_print(id, guard->safe.steps[id], safe);
    if (guard->min[id] >= guard->max[id]) {
        return mm_fail(MM_ERROR_USAGE, "%s: min %s is not below max %s", place, low, high);
    }
    if (guard->safe.steps[id] < guard->min[id] || guard->safe.steps[id] > guard->max[id]) {
        return mm_fail(MM_ERROR_USAGE,
                       "%s: %s .. %s leaves out %s, which a panic goes back to (profile %s)", place,
                       low, high, safe, params_profile_name(PARAMS_STEADY_SAFE));
    }
    return MM_OK;
}

static int read_parameter(enum param_id id, const json_t *object, const char *origin,
                          struct guard_config *guard, bool given[PRESET_LIMIT_COUNT])
{
    char place[PLACE_SIZE], below[PLACE_SIZE + 32];
    snprintf(place, sizeof place, "%.100s: parameters.%s", origin, param_specs[id].key);
    int code = check_object(object, place);
    if (code != MM_OK) {
        return code;
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        size_t limit = find(key, limit_names, PRESET_LIMIT_COUNT);
        if (limit == PRESET_LIMIT_COUNT) {
            return refuse_name(key, place, limit_names, PRESET_LIMIT_COUNT);
        }
        snprintf(below, sizeof below, "%s.%s", place, key);
        code = read_steps(id, value, limit_range(id, (enum preset_limit)limit), below,
                          limit_at(guard, id, (enum preset_limit)limit));
        if (code != MM_OK) {
            return code;
        }
        given[limit] = true;
    }
    return check_bounds(id, guard, place);
}

int preset_parameters_read(const json_t *section, const char *origin, struct guard_config *guard,
                           struct preset_given *given)
{
    const char *names[PARAM_COUNT];
    char place[PLACE_SIZE];
    param_names(names);
    snprintf(place, sizeof place, "%.100s: parameters", origin);
    int code = section == NULL ? MM_OK : check_object(section, place);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)section, key, value)
    {
        size_t id = find(key, names, PARAM_COUNT);
        if (id == PARAM_COUNT) {
            return refuse_name(key, place, names, PARAM_COUNT);
        }
        code = read_parameter((enum param_id)id, value, origin, guard, given->limit[id]);
        if (code != MM_OK) {
            return code;
        }
    }
    return code;
}

static int read_move(enum param_id id, const json_t *object, const char *place,
                     struct tuner_move *out)
{
    json_t *delta = NULL, *limit = NULL;
    json_error_t error;
    if (json_unpack_ex((json_t *)object, &error, JSON_STRICT, "{s:o, s:o}", "delta", &delta,
                       "limit", &limit) != 0) {
        return mm_fail(MM_ERROR_USAGE, "%s: expected delta and limit: %s", place, error.text);
    }
    char below[PLACE_SIZE + 32];
    snprintf(below, sizeof below, "%s.delta", place);
    int code = read_steps(id, delta, delta_range(id), below, &out->delta);
    if (code == MM_OK) {
        snprintf(below, sizeof below, "%s.limit", place);
        code = read_steps(id, limit, move_limit_range(id), below, &out->limit);
    }
    return code;
}

static int read_rule(enum tuner_rule rule, const json_t *object, const char *origin,
                     struct tuner_rules *rules, bool given[PARAM_COUNT])
{
    const char *names[PARAM_COUNT];
    char place[PLACE_SIZE], below[PLACE_SIZE];
    param_names(names);
    snprintf(place, sizeof place, "%.100s: moves.%s", origin, tuner_rule_name(rule));
    int code = check_object(object, place);
    if (code != MM_OK) {
        return code;
    }
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        size_t id = find(key, names, PARAM_COUNT);
        if (id == PARAM_COUNT) {
            return refuse_name(key, place, names, PARAM_COUNT);
        }
        snprintf(below, sizeof below, "%.100s: moves.%s.%s", origin, tuner_rule_name(rule), key);
        code = read_move((enum param_id)id, value, below, &rules->moves[rule][id]);
        if (code != MM_OK) {
            return code;
        }
        given[id] = true;
    }
    return MM_OK;
}

int preset_moves_read(const json_t *section, const char *origin, struct tuner_rules *rules,
                      struct preset_given *given)
{
    const char *names[TUNER_RULE_COUNT];
    char place[PLACE_SIZE];
    for (enum tuner_rule rule = 0; rule < TUNER_RULE_COUNT; rule++) {
        names[rule] = tuner_rule_name(rule);
    }
    snprintf(place, sizeof place, "%.100s: moves", origin);
    int code = section == NULL ? MM_OK : check_object(section, place);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)section, key, value)
    {
        size_t rule = find(key, names, TUNER_RULE_COUNT);
        if (rule == TUNER_RULE_COUNT) {
            return refuse_name(key, place, names, TUNER_RULE_COUNT);
        }
        code = read_rule((enum tuner_rule)rule, value, origin, rules, given->move[rule]);
        if (code != MM_OK) {
            return code;
        }
    }
    return code;
}

// ---- showing ----

static void show(json_t *out, const char *name, enum param_id id, int32_t steps, struct range range,
                 bool given)
{
    json_t *entry =
        json_pack("{s:o, s:o, s:o}", "value", config_param_json(id, steps), "min",
                  config_param_json(id, range.min), "max", config_param_json(id, range.max));
    if (!given) {
        json_object_set_new(entry, "source", json_string("default"));
    }
    json_object_set_new(out, name, entry);
}

static void show_move(json_t *out, enum tuner_rule rule, enum param_id id, struct tuner_move move,
                      bool given)
{
    char name[PLACE_SIZE];
    if (move.delta == 0 && !given) {
        return;
    }
    snprintf(name, sizeof name, "moves.%s.%s.delta", tuner_rule_name(rule), param_specs[id].key);
    show(out, name, id, move.delta, delta_range(id), given);
    snprintf(name, sizeof name, "moves.%s.%s.limit", tuner_rule_name(rule), param_specs[id].key);
    show(out, name, id, move.limit, move_limit_range(id), given);
}

void preset_limits_show(const struct guard_config *guard, const struct tuner_rules *rules,
                        const struct preset_given *given, json_t *out)
{
    struct guard_config copy = *guard;
    for (enum param_id id = 0; id < PARAM_COUNT; id++) {
        for (enum preset_limit limit = 0; limit < PRESET_LIMIT_COUNT; limit++) {
            char name[PLACE_SIZE];
            snprintf(name, sizeof name, "parameters.%s.%s", param_specs[id].key,
                     limit_names[limit]);
            show(out, name, id, *limit_at(&copy, id, limit), limit_range(id, limit),
                 given->limit[id][limit]);
        }
    }
    for (enum tuner_rule rule = 0; rule < TUNER_RULE_COUNT; rule++) {
        for (enum param_id id = 0; id < PARAM_COUNT; id++) {
            show_move(out, rule, id, rules->moves[rule][id], given->move[rule][id]);
        }
    }
}
