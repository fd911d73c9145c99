#include "venue/sim/model_json.h"

#include "base/json.h"
#include "market/event.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { MODEL_FILE_SIZE_MAX = 1 << 16 };

static const double SPAN_MOST = 1 << 27; // of a book

struct field {
    const char *name;
    size_t offset;
};

#define FIELD(name)                                                                                \
    {                                                                                              \
#name, offsetof(struct sim_model, name)                                                    \
    }

// Of type double, none negative.
static const struct field fields[] = {
    FIELD(base_rate),      FIELD(fast_kick),       FIELD(fast_decay),     FIELD(slow_kick),
    FIELD(slow_decay),     FIELD(news_fast),       FIELD(news_slow),      FIELD(copy_chance),
    FIELD(copy_power),     FIELD(informed_chance), FIELD(informed_edge),  FIELD(taker_median),
    FIELD(taker_sigma),    FIELD(informed_size),   FIELD(taker_slippage), FIELD(impact),
    FIELD(jump_rate),      FIELD(jump_per_taker),  FIELD(jump_scale),     FIELD(jump_power),
    FIELD(jump_most),      FIELD(jump_follows),    FIELD(diffusion),      FIELD(drift),
    FIELD(half_spread),    FIELD(dead_band),       FIELD(skew_scale),     FIELD(skew),
    FIELD(price_noise),    FIELD(join_rate),       FIELD(deeper_rate),    FIELD(depth_power),
    FIELD(depth_scale),    FIELD(depth_most),      FIELD(order_median),   FIELD(order_sigma),
    FIELD(gap_median),     FIELD(fast_cancel),     FIELD(slow_cancel),    FIELD(pull_rate),
    FIELD(pull_after_hit), FIELD(gap_rate),
};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static json_t *step_json(struct decimal step)
{
    return json_pack("[I, i]", (json_int_t)step.mantissa, (int)step.exponent);
}

json_t *sim_model_json(const struct sim_model *model)
{
    json_t *document = json_pack(
        "{s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:[I, I, I, I]}", "name", model->name, "symbol",
        model->symbol, "tick", step_json(model->tick), "lot", step_json(model->lot),
        "contract_size", step_json(model->contract_size), "reference_ticks",
        (json_int_t)model->reference_ticks, "span", (json_int_t)model->span, "latency_ns",
        (json_int_t)model->latency.feed_ns, (json_int_t)model->latency.entry_ns,
        (json_int_t)model->latency.response_ns, (json_int_t)model->latency.jitter_ns);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        double value;
        memcpy(&value, (const char *)model + fields[i].offset, sizeof value);
        json_object_set_new(document, fields[i].name, json_real(value));
    }
    return document;
}

static int refuse(const char *path, const char *field)
{
    return mm_fail(MM_ERROR_INPUT, "%s: %s is missing, of another type or out of range", path,
                   field);
}

static bool read_step(const json_t *document, const char *name, struct decimal *out)
{
    const json_t *step = json_object_get(document, name);
    const json_t *mantissa = json_array_get(step, 0), *exponent = json_array_get(step, 1);
    int64_t power = json_integer_value(exponent);
    *out = (struct decimal){json_integer_value(mantissa), (int32_t)power};
    return json_is_integer(mantissa) && json_is_integer(exponent) && out->mantissa > 0 &&
           power >= -18 && power <= 18;
}

static bool read_text(const json_t *document, const char *name, char *out)
{
    const char *text = json_string_value(json_object_get(document, name));
    int length = text != NULL ? snprintf(out, SIM_TEXT_SIZE, "%s", text) : 0;
    return length > 0 && length < SIM_TEXT_SIZE;
}

// Constants of the feed, requests and answers, and the mean of the random part: up to a minute.
static bool read_latency(const json_t *document, struct sim_latency *out)
{
    const json_t *latency = json_object_get(document, "latency_ns");
    int64_t *const parts[] = {&out->feed_ns, &out->entry_ns, &out->response_ns, &out->jitter_ns};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const json_t *part = json_array_get(latency, i);
        *parts[i] = json_integer_value(part);
        if (!json_is_integer(part) || *parts[i] < 0 || *parts[i] > INT64_C(60000000000)) {
            return false;
        }
    }
    return true;
}

static int read_numbers(const json_t *document, const char *path, struct sim_model *out)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const json_t *number = json_object_get(document, fields[i].name);
        double value = json_number_value(number);
        if (!json_is_number(number) || !(value >= 0 && value <= 1e12)) {
            return refuse(path, fields[i].name);
        }
        memcpy((char *)out + fields[i].offset, &value, sizeof value);
    }
    // What the mechanism divides by, or what would let the flow explode.
    const struct {
        const char *name;
        bool holds;
    } needs[] = {
        {"fast_decay", out->fast_decay > 0},
        {"slow_decay", out->slow_decay > 0},
        {"jump_scale", out->jump_scale > 0},
        {"jump_power", out->jump_power > 1},
        {"skew_scale", out->skew_scale > 0},
        {"depth_power", out->depth_power > 0},
        {"slow_cancel", out->slow_cancel > 0},
        {"taker_median", out->taker_median > 0},
        {"base_rate", out->base_rate > 0},
        {"order_median", out->order_median > 0},
        {"n1, n2 and kappa j1 together", sim_model_branching(out) < .95},
    };
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        if (!needs[i].holds) {
            return refuse(path, needs[i].name);
        }
    }
    return MM_OK;
}

static int read_document(const json_t *document, const char *path, struct sim_model_file *out)
{
    struct sim_model *model = &out->model;
    *out = (struct sim_model_file){0};
    double span = json_number_value(json_object_get(document, "span"));
    model->reference_ticks = json_integer_value(json_object_get(document, "reference_ticks"));
    bool in_book = span <= SPAN_MOST && model->reference_ticks > 0 &&
                   span >= 2 * (double)model->reference_ticks;
    if (!read_text(document, "name", out->name) || !read_text(document, "symbol", out->symbol)) {
        return refuse(path, "name or symbol");
    }
    if (!in_book) {
        return refuse(path, "reference_ticks or span (at least twice it)");
    }
    if (!read_step(document, "tick", &model->tick) || !read_step(document, "lot", &model->lot) ||
        !read_step(document, "contract_size", &model->contract_size)) {
        return refuse(path, "tick, lot or contract_size");
    }
    if (!read_latency(document, &model->latency)) {
        return refuse(path, "latency_ns");
    }
    model->span = (uint32_t)span;
    model->name = out->name;
    model->symbol = out->symbol;
    return read_numbers(document, path, model);
}

int sim_model_read(const char *path, struct sim_model_file *out)
{
    json_t *document = NULL;
    int code = json_document_read(path, MODEL_FILE_SIZE_MAX, &document);
    if (code == MM_OK) {
        code = read_document(document, path, out);
    }
    json_decref(document);
    return code;
}
