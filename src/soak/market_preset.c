#include "soak/market_preset.h"

#include "base/check.h"
#include "base/json.h"
#include "base/suggest.h"
#include "base/units.h"
#include "soak/preset_gate.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum field_kind {
    FIELD_TEXT,     // char[PRESET_TEXT_SIZE]
    FIELD_FLAG,     // bool
    FIELD_COUNT,    // uint32_t
    FIELD_REAL,     // double
    FIELD_DURATION, // int64_t in ns, written with a unit
    FIELD_MS,       // int64_t in ms, written with a unit
    FIELD_AMOUNT,   // int64_t in 1e-9 of the quote coin
    FIELD_BPS_E9    // int64_t share in 1e-9, written in bps
};

// One field of the document; min and max as it is written there (durations in ms).
struct field {
    const char *section, *key; // section "" = top level
    enum field_kind kind;
    size_t offset;
    double min, max;
};

#define AT(member) offsetof(struct market_preset, member)

static const struct field fields[] = {
    {"", "name", FIELD_TEXT, AT(name), 0, 0},
    {"", "simulated", FIELD_TEXT, AT(simulated), 0, 0},
    {"", "queue", FIELD_TEXT, AT(queue), 0, 0},
    {"", "latency", FIELD_TEXT, AT(latency), 0, 0},
    {"fees", "maker_bps", FIELD_BPS_E9, AT(engine.fees.maker_e9), -100, 100},
    {"fees", "taker_bps", FIELD_BPS_E9, AT(engine.fees.taker_e9), -100, 100},
    {"quote", "notional", FIELD_AMOUNT, AT(amounts.quote_e9), 1e-9, 1e9},
    {"quote", "base_half_spread_bps", FIELD_REAL, AT(engine.quote.base_half_spread_bps), 0, 1000},
    {"quote", "volatility_weight", FIELD_REAL, AT(engine.quote.volatility_weight), 0, 100},
    {"quote", "half_spread_min_bps", FIELD_REAL, AT(engine.quote.half_spread_min_bps), 0, 1000},
    {"quote", "half_spread_max_bps", FIELD_REAL, AT(engine.quote.half_spread_max_bps), 0, 1000},
    {"quote", "skew_bps_at_limit", FIELD_REAL, AT(engine.quote.skew_bps_at_limit), 0, 1000},
    {"quote", "level_step_ratio", FIELD_REAL, AT(engine.quote.level_step_ratio), 0, 10},
    {"quote", "level_count", FIELD_COUNT, AT(engine.quote.level_count), 1, QUOTE_LEVELS_MAX},
    {"quote", "microprice_weight", FIELD_REAL, AT(engine.quote.microprice_weight), 0, 1},
    {"quote", "imbalance_guard", FIELD_REAL, AT(engine.quote.imbalance_guard), 0, 1},
    {"quote", "drift_guard_bps", FIELD_REAL, AT(engine.quote.drift_guard_bps), 0, 1000},
    {"quote", "guard_widen_ratio", FIELD_REAL, AT(engine.quote.guard_widen_ratio), 0, 10},
    {"quote", "replace_threshold_bps", FIELD_REAL, AT(engine.quote.replace_threshold_bps), 0, 100},
    {"quote", "fast_cancel_bps", FIELD_REAL, AT(engine.quote.fast_cancel_bps), 0, 1000},
    {"quote", "join_at_touch", FIELD_FLAG, AT(engine.quote.join_at_touch), 0, 0},
    {"risk", "position_limit", FIELD_AMOUNT, AT(amounts.position_limit_e9), 1e-9, 1e9},
    {"risk", "order_max", FIELD_AMOUNT, AT(amounts.order_max_e9), 1e-9, 1e9},
    {"risk", "loss_from_peak", FIELD_AMOUNT, AT(amounts.loss_from_peak_e9), 0, 1e9},
    {"risk", "loss_from_start", FIELD_AMOUNT, AT(amounts.loss_from_start_e9), 0, 1e9},
    {"risk", "price_band_bps", FIELD_REAL, AT(engine.risk.price_band_bps), 0, 10000},
    {"risk", "stale", FIELD_DURATION, AT(engine.risk.stale_ns), 1, 3600e3},
    {"risk", "volatility_halt_bps", FIELD_REAL, AT(engine.risk.volatility_halt_bps), 0, 10000},
    {"orders", "concurrency_limit", FIELD_COUNT, AT(engine.orders.concurrency_limit), 1, 1000},
    {"orders", "unknown_query", FIELD_DURATION, AT(engine.orders.unknown_query_ns), 1, 3600e3},
    {"kpi", "markout", FIELD_DURATION, AT(engine.kpi.markout_ns), 1, 3600e3},
    {"kpi", "pending_max", FIELD_COUNT, AT(engine.kpi.pending_max), 1, 1e6},
    {"kpi", "samples_max", FIELD_COUNT, AT(engine.kpi.samples_max), 1, 1e7},
    {"guard", "keys_max", FIELD_COUNT, AT(guard.keys_max), 1, PARAM_COUNT},
    {"guard", "panic_fails", FIELD_COUNT, AT(guard.panic_fails), 1, 1000},
    {"guard", "panic_hold", FIELD_COUNT, AT(guard.panic_hold), 0, 1000},
    {"guard", "freeze_stable", FIELD_COUNT, AT(guard.freeze_stable), 1, 1000},
    {"guard", "freeze_hold", FIELD_COUNT, AT(guard.freeze_hold), 0, 1000},
    {"guard", "oscillation_hold", FIELD_COUNT, AT(guard.oscillation_hold), 0, 1000},
    {"guard", "oscillation_permille", FIELD_COUNT, AT(guard.oscillation_permille), 0, 1000},
    {"guard", "cooldown_permille", FIELD_COUNT, AT(guard.cooldown_permille), 0, 10000},
    {"guard", "cooldown_hold", FIELD_COUNT, AT(guard.cooldown_hold), 0, 1000},
    {"guard", "velocity_window", FIELD_DURATION, AT(guard.velocity_window_ns), 1e3, 7 * 86400e3},
    {"guard", "latency_freeze", FIELD_MS, AT(guard.latency_freeze_ms), 1, 3600e3},
    {"guard", "latency_calm", FIELD_MS, AT(guard.latency_calm_ms), 1, 3600e3},
    {"guard", "end_on_halt", FIELD_FLAG, AT(end_on_halt), 0, 0},
    {"guard", "latency_calm_count", FIELD_COUNT, AT(guard.latency_calm_count), 1, 1000},
    {"tuner", "multi_failure_count", FIELD_COUNT, AT(tuner.multi_failure_count), 1, 3},
    {"tuner", "zone_aggressive_risk", FIELD_REAL, AT(tuner.zone_aggressive_risk), 0, 1},
    {"tuner", "zone_moderate_risk", FIELD_REAL, AT(tuner.zone_moderate_risk), 0, 1},
    {"tuner", "zone_normal_risk", FIELD_REAL, AT(tuner.zone_normal_risk), 0, 1},
    {"tuner", "zone_normal_net_bps", FIELD_REAL, AT(tuner.zone_normal_net_bps), -1000, 1000},
    {"tuner", "maker_boost_risk", FIELD_REAL, AT(tuner.maker_boost_risk), 0, 1},
    {"tuner", "maker_boost_share", FIELD_REAL, AT(tuner.maker_boost_share), 0, 1},
    {"tuner", "maker_boost_net_bps", FIELD_REAL, AT(tuner.maker_boost_net_bps), -1000, 1000},
    {"tuner", "latency_soft_ms", FIELD_REAL, AT(tuner.latency_soft_ms), 0, 1e6},
    {"tuner", "latency_hard_ms", FIELD_REAL, AT(tuner.latency_hard_ms), 0, 1e6},
    {"tuner", "driver_adverse_bps", FIELD_REAL, AT(tuner.driver_adverse_bps), 0, 1000},
    {"tuner", "driver_slippage_bps", FIELD_REAL, AT(tuner.driver_slippage_bps), 0, 1000},
    {"tuner", "driver_concurrency_share", FIELD_REAL, AT(tuner.driver_concurrency_share), 0, 1},
    {"tuner", "tail_adverse_bps", FIELD_REAL, AT(tuner.tail_adverse_bps), 0, 1000},
    {"tuner", "tail_slippage_bps", FIELD_REAL, AT(tuner.tail_slippage_bps), 0, 1000},
    {"tuner", "cancel_ratio", FIELD_REAL, AT(tuner.cancel_ratio), 0, 1},
    {"tuner", "feed_lag_ms", FIELD_REAL, AT(tuner.feed_lag_ms), 0, 1e6},
    {"tuner", "net_low_bps", FIELD_REAL, AT(tuner.net_low_bps), -1000, 1000},
    {"tuner", "spread_close_net_bps", FIELD_REAL, AT(tuner.spread_close_net_bps), -1000, 1000},
    {"tuner", "evidence_windows", FIELD_COUNT, AT(tuner.evidence_windows), 1, TUNER_HISTORY_MAX},
    {"tuner", "evidence_errors", FIELD_REAL, AT(tuner.evidence_errors), 0, 100},
    {"tuner", "age_ms", FIELD_REAL, AT(tuner.age_ms), 0, 1e9},
    {"tuner", "blocked_share", FIELD_REAL, AT(tuner.blocked_share), 0, 1},
    {"tuner", "stable_risk", FIELD_REAL, AT(tuner.stable_risk), 0, 1},
    {"tuner", "stable_net_bps", FIELD_REAL, AT(tuner.stable_net_bps), -1000, 1000},
};
enum { FIELD_COUNT_ALL = sizeof fields / sizeof fields[0] };

// Sections of fields, which must be there; then those that others read, or nobody.
static const char *const sections[] = {"fees",  "guard", "kpi",   "orders", "quote",     "risk",
                                       "tuner", "gate",  "moves", "notes",  "parameters"};
enum { SECTION_COUNT = sizeof sections / sizeof sections[0], FIELD_SECTION_COUNT = 7 };

// A field's place in a document, e.g. "quote.level_count of market preset alt-perp".
struct place {
    const char *origin;
    const struct field *field;
};

static int refuse(struct place place, const json_t *value, const char *expected)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(JSON_REAL_DIGITS));
    int code = mm_fail(MM_ERROR_USAGE, "%s: %s%s%s is %.100s: expected %s", place.origin,
                       place.field->section, place.field->section[0] != '\0' ? "." : "",
                       place.field->key, text != NULL ? text : "?", expected);
    free(text);
    return code;
}

static int refuse_range(struct place place, const json_t *value, const char *what)
{
    char expected[128];
    snprintf(expected, sizeof expected, "%s in %.15g .. %.15g", what, place.field->min,
             place.field->max);
    return refuse(place, value, expected);
}

static bool in_range(const struct field *field, double value)
{
    return value >= field->min && value <= field->max;
}

static int read_text(struct place place, const json_t *value, void *out)
{
    const char *text = json_string_value(value);
    if (text == NULL || text[0] == '\0' || strlen(text) >= PRESET_TEXT_SIZE) {
        return refuse(place, value, "a text of 1 to 63 bytes");
    }
    snprintf(out, PRESET_TEXT_SIZE, "%s", text);
    return MM_OK;
}

static int read_duration(struct place place, const json_t *value, int64_t *out)
{
    if (!json_is_string(value) || duration_parse(json_string_value(value), out) != MM_OK ||
        !in_range(place.field, (double)*out / 1e6)) {
        mm_error_clear();
        return refuse_range(place, value, "a duration such as \"5s\", in ms");
    }
    return MM_OK;
}

static int read_ms(struct place place, const json_t *value, int64_t *out)
{
    int code = read_duration(place, value, out);
    if (code == MM_OK && *out % 1000000 != 0) {
        return refuse(place, value, "a whole number of ms");
    }
    *out /= 1000000;
    return code;
}

// A JSON number as value / 10^exponent, exactly as it is written.
static int read_scaled(struct place place, const json_t *value, int32_t exponent, int64_t *out)
{
    if (!json_is_number(value) || !in_range(place.field, json_number_value(value))) {
        return refuse_range(place, value, "a number");
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(JSON_REAL_DIGITS));
    enum decimal_status status =
        text != NULL ? decimal_parse_scaled(text, strlen(text), exponent, out) : DECIMAL_SYNTAX;
    free(text);
    return status == DECIMAL_OK ? MM_OK : refuse_range(place, value, "a plain decimal number");
}

static int read_number(struct place place, const json_t *value, void *out)
{
    bool whole = place.field->kind == FIELD_COUNT;
    if (!(whole ? json_is_integer(value) : json_is_number(value)) ||
        !in_range(place.field, json_number_value(value))) {
        return refuse_range(place, value, whole ? "a whole number" : "a number");
    }
    if (whole) {
        *(uint32_t *)out = (uint32_t)json_integer_value(value);
    } else {
        *(double *)out = json_number_value(value);
    }
    return MM_OK;
}

static int read_field(struct place place, const json_t *value, struct market_preset *preset)
{
    void *out = (char *)preset + place.field->offset;
    switch (place.field->kind) {
    case FIELD_TEXT:
        return read_text(place, value, out);
    case FIELD_FLAG:
        *(bool *)out = json_is_true(value);
        return json_is_boolean(value) ? MM_OK : refuse(place, value, "true or false");
    case FIELD_DURATION:
        return read_duration(place, value, out);
    case FIELD_MS:
        return read_ms(place, value, out);
    case FIELD_AMOUNT:
        return read_scaled(place, value, -9, out);
    case FIELD_BPS_E9:
        return read_scaled(place, value, -5, out);
    default:
        return read_number(place, value, out);
    }
}

static int read_fields(const json_t *document, const char *origin, struct market_preset *out)
{
    for (size_t i = 0; i < FIELD_COUNT_ALL; i++) {
        const struct field *field = &fields[i];
        bool top = field->section[0] == '\0';
        const json_t *section = top ? document : json_object_get(document, field->section);
        const json_t *value = json_object_get(section, field->key);
        if (value == NULL) {
            return mm_fail(MM_ERROR_USAGE, "%s: %s%s%s is missing", origin, field->section,
                           top ? "" : ".", field->key);
        }
        int code = read_field((struct place){origin, field}, value, out);
        if (code != MM_OK) {
            return code;
        }
    }
    return MM_OK;
}

// Names that may stand in a section ("" = the top level); returns how many.
static size_t known_names(const char *section, const char **out)
{
    size_t count = 0;
    for (size_t i = 0; i < FIELD_COUNT_ALL; i++) {
        if (strcmp(fields[i].section, section) == 0) {
            out[count++] = fields[i].key;
        }
    }
    for (size_t i = 0; i < SECTION_COUNT && section[0] == '\0'; i++) {
        out[count++] = sections[i];
    }
    return count;
}

static int refuse_unknown(const json_t *object, const char *section, const char *origin)
{
    const char *names[FIELD_COUNT_ALL + SECTION_COUNT];
    size_t count = known_names(section, names);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        bool known = false;
        for (size_t i = 0; i < count && !known; i++) {
            known = strcmp(key, names[i]) == 0;
        }
        if (!known) {
            const char *near = suggest_name(key, names, count);
            return mm_fail(MM_ERROR_USAGE, "%s: unknown field %s%s%.64s%s%s%s", origin, section,
                           section[0] != '\0' ? "." : "", key,
                           near != NULL ? ", did you mean " : "", near != NULL ? near : "",
                           near != NULL ? "?" : "");
        }
    }
    return MM_OK;
}

static int refuse_all_unknown(const json_t *document, const char *origin)
{
    int code = refuse_unknown(document, "", origin);
    for (size_t i = 0; i < FIELD_SECTION_COUNT && code == MM_OK; i++) {
        const json_t *section = json_object_get(document, sections[i]);
        if (!json_is_object(section)) {
            return mm_fail(MM_ERROR_USAGE, "%s: section %s is missing", origin, sections[i]);
        }
        code = refuse_unknown(section, sections[i], origin);
    }
    return code;
}

static int read_sections(const json_t *document, const char *origin, struct market_preset *out)
{
    int code = preset_gate_read(json_object_get(document, "gate"), origin, &out->gate);
    if (code == MM_OK) {
        code = preset_parameters_read(json_object_get(document, "parameters"), origin, &out->guard,
                                      &out->given);
    }
    return code == MM_OK ? preset_moves_read(json_object_get(document, "moves"), origin,
                                             &out->tuner, &out->given)
                         : code;
}

int market_preset_read(const json_t *document, const char *origin, struct market_preset *out)
{
    *out = (struct market_preset){.engine.orders.first_order_id = 1,
                                  .guard = guard_config_default(0, 0),
                                  .tuner = tuner_rules_default()};
    if (!json_is_object(document)) {
        return mm_fail(MM_ERROR_USAGE, "%s: expected an object", origin);
    }
    int code = refuse_all_unknown(document, origin);
    if (code == MM_OK) {
        code = read_fields(document, origin, out);
    }
    if (code == MM_OK) {
        code = read_sections(document, origin, out);
    }
    const char *problem = guard_config_problem(&out->guard);
    if (code == MM_OK && problem != NULL) {
        return mm_fail(MM_ERROR_USAGE, "%s: section guard: %s", origin, problem);
    }
    if (code == MM_OK &&
        out->engine.quote.half_spread_min_bps > out->engine.quote.half_spread_max_bps) {
        return mm_fail(MM_ERROR_USAGE,
                       "%s: quote.half_spread_min_bps is above quote.half_spread_max_bps", origin);
    }
    return code;
}

static json_t *duration_json(int64_t duration_ns)
{
    char text[DURATION_TEXT_SIZE];
    duration_print(duration_ns, text);
    return json_string(text);
}

static json_t *field_json(const struct field *field, const struct market_preset *preset)
{
    const void *at = (const char *)preset + field->offset;
    switch (field->kind) {
    case FIELD_TEXT:
        return json_string(at);
    case FIELD_FLAG:
        return json_boolean(*(const bool *)at);
    case FIELD_COUNT:
        return json_integer(*(const uint32_t *)at);
    case FIELD_REAL:
        return json_real_stable(*(const double *)at, JSON_DECIMALS_MAX);
    case FIELD_DURATION:
        return duration_json(*(const int64_t *)at);
    case FIELD_MS:
        return duration_json(*(const int64_t *)at * 1000000);
    case FIELD_AMOUNT:
        return json_real_stable((double)*(const int64_t *)at / 1e9, 9);
    default:
        return json_real_stable((double)*(const int64_t *)at / 1e5, 5);
    }
}

static json_t *limit_json(const struct field *field, double limit)
{
    bool is_time = field->kind == FIELD_DURATION || field->kind == FIELD_MS;
    return is_time ? duration_json((int64_t)(limit * 1e6))
                   : json_real_stable(limit, JSON_DECIMALS_MAX);
}

json_t *market_preset_json(const struct market_preset *preset)
{
    json_t *object = json_object();
    for (size_t i = 0; i < FIELD_COUNT_ALL; i++) {
        const struct field *field = &fields[i];
        char name[2 * PRESET_TEXT_SIZE];
        snprintf(name, sizeof name, "%s%s%s", field->section, field->section[0] != '\0' ? "." : "",
                 field->key);
        json_t *entry = json_pack("{s:o}", "value", field_json(field, preset));
        if (field->kind != FIELD_TEXT && field->kind != FIELD_FLAG) {
            json_object_set_new(entry, "min", limit_json(field, field->min));
            json_object_set_new(entry, "max", limit_json(field, field->max));
        }
        json_object_set_new(object, name, entry);
    }
    preset_gate_show(&preset->gate, object);
    preset_limits_show(&preset->guard, &preset->tuner, &preset->given, object);
    return object;
}

// What one lot is worth in whole quote coins: an inverse contract's size is money of the quote coin
// already, whatever the price.
static double lot_worth(const struct instrument *instrument, int64_t price_half_ticks)
{
    double size = decimal_to_double(instrument->lot) * decimal_to_double(instrument->contract_size);
    double price = 0.5 * (double)price_half_ticks * decimal_to_double(instrument->tick);
    return instrument->contract == CONTRACT_INVERSE ? size : size * price;
}

static int64_t amount_lots(int64_t amount_e9, double worth)
{
    double lots = floor((double)amount_e9 / 1e9 / worth + 0.5);
    return lots < 1 ? 1 : (int64_t)lots;
}

static int64_t amount_money_e9(int64_t amount_e9, const struct instrument *instrument,
                               int64_t price_half_ticks)
{
    if (instrument->contract == CONTRACT_LINEAR) {
        return amount_e9;
    }
    double price = 0.5 * (double)price_half_ticks * decimal_to_double(instrument->tick);
    return (int64_t)floor((double)amount_e9 / price + 0.5);
}

struct engine_config market_preset_engine(const struct market_preset *preset,
                                          const struct instrument *instrument,
                                          int64_t price_half_ticks)
{
    MM_ASSERT(price_half_ticks > 0);
    const struct preset_amounts *amounts = &preset->amounts;
    double worth = lot_worth(instrument, price_half_ticks);
    struct engine_config engine = preset->engine;
    engine.quote.quote_qty_lots = amount_lots(amounts->quote_e9, worth);
    engine.risk.position_limit_lots = amount_lots(amounts->position_limit_e9, worth);
    engine.risk.order_qty_max_lots = amount_lots(amounts->order_max_e9, worth);
    engine.risk.loss_from_peak_quote_e9 =
        amount_money_e9(amounts->loss_from_peak_e9, instrument, price_half_ticks);
    engine.risk.loss_from_start_quote_e9 =
        amount_money_e9(amounts->loss_from_start_e9, instrument, price_half_ticks);
    return engine;
}
