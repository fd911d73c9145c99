#include "venue/latency.h"

#include "base/decimal.h"
#include "base/file.h"
#include "base/random.h"
#include "base/units.h"

#include <stdlib.h>
#include <string.h>

struct point {
    int64_t x, y;
};

// In doubles and truncated, as the reference does it (hftbacktest IntpOrderLatency). Rows are
// checked when they are loaded, so the difference of stamps cannot be 0 here nor overflow.
static int64_t interpolate(int64_t x, struct point from, struct point to)
{
    double slope = (double)(to.y - from.y) / (double)(to.x - from.x);
    return (int64_t)(slope * (double)(x - from.x)) + from.y;
}

enum direction { ENTRY, RESPONSE };

// Uniform in [0, jitter_ns]. jitter_ns + 1 is below 2^31, so a product with 32 bits fits.
static int64_t jitter(const struct latency_model *model, enum latency_kind kind,
                      enum direction direction, int64_t ts_ns)
{
    if (model->jitter_ns == 0) {
        return 0;
    }
    uint64_t time = (uint64_t)ts_ns;
    uint32_t counter[4] = {(uint32_t)time, (uint32_t)(time >> 32), RANDOM_LATENCY,
                           (uint32_t)kind * 2 + (uint32_t)direction};
    uint32_t key[2] = {(uint32_t)model->seed, (uint32_t)(model->seed >> 32)}, block[4];
    philox4x32_10(counter, key, block);
    return (int64_t)((uint64_t)block[0] * ((uint64_t)model->jitter_ns + 1) >> 32);
}

int64_t latency_entry(struct latency_cursor *cursor, enum latency_kind kind, int64_t local_ts_ns)
{
    const struct latency_model *model = cursor->model;
    const struct latency_row *rows = model->rows;
    const struct latency_way *way = &model->ways[kind];
    if (way->given || rows == NULL) {
        return (way->given ? way->entry_ns : model->entry_ns) +
               jitter(model, kind, ENTRY, local_ts_ns);
    }
    if (local_ts_ns < rows[0].request_ts_ns) {
        return rows[0].exch_ts_ns - rows[0].request_ts_ns;
    }
    for (; cursor->row + 1 < model->row_count; cursor->row++) {
        const struct latency_row *row = &rows[cursor->row], *next = row + 1;
        if (row->request_ts_ns > local_ts_ns || local_ts_ns >= next->request_ts_ns) {
            continue;
        }
        struct point from = {row->request_ts_ns, row->exch_ts_ns - row->request_ts_ns};
        struct point to = {next->request_ts_ns, next->exch_ts_ns - next->request_ts_ns};
        if (row->exch_ts_ns <= 0 || next->exch_ts_ns <= 0) {
            from.y = row->response_ts_ns - row->request_ts_ns;
            to.y = next->response_ts_ns - next->request_ts_ns;
            return -interpolate(local_ts_ns, from, to);
        }
        return interpolate(local_ts_ns, from, to);
    }
    const struct latency_row *last = &rows[model->row_count - 1];
    return last->exch_ts_ns - last->request_ts_ns;
}

// The reference stops the run on a negative response; a recorded pair around an outage can give
// one, so it counts as none.
static int64_t not_negative(int64_t value)
{
    return value > 0 ? value : 0;
}

int64_t latency_response(struct latency_cursor *cursor, enum latency_kind kind, int64_t exch_ts_ns)
{
    const struct latency_model *model = cursor->model;
    const struct latency_row *rows = model->rows;
    const struct latency_way *way = &model->ways[kind];
    if (way->given || rows == NULL) {
        return (way->given ? way->response_ns : model->response_ns) +
               jitter(model, kind, RESPONSE, exch_ts_ns);
    }
    if (exch_ts_ns < rows[0].exch_ts_ns) {
        return not_negative(rows[0].response_ts_ns - rows[0].exch_ts_ns);
    }
    for (; cursor->row + 1 < model->row_count; cursor->row++) {
        const struct latency_row *row = &rows[cursor->row], *next = row + 1;
        if (row->exch_ts_ns <= exch_ts_ns && exch_ts_ns < next->exch_ts_ns) {
            struct point from = {row->exch_ts_ns, row->response_ts_ns - row->exch_ts_ns};
            struct point to = {next->exch_ts_ns, next->response_ts_ns - next->exch_ts_ns};
            return not_negative(interpolate(exch_ts_ns, from, to));
        }
    }
    const struct latency_row *last = &rows[model->row_count - 1];
    return not_negative(last->response_ts_ns - last->exch_ts_ns);
}

// "ENTRY,RESPONSE", each a duration.
static bool parse_constant(const char *text, struct latency_model *out)
{
    char entry[DURATION_TEXT_SIZE];
    const char *comma = strchr(text, ',');
    if (comma == NULL || (size_t)(comma - text) >= sizeof entry) {
        return false;
    }
    memcpy(entry, text, (size_t)(comma - text));
    entry[comma - text] = '\0';
    return duration_parse(entry, &out->entry_ns) == MM_OK &&
           duration_parse(comma + 1, &out->response_ns) == MM_OK;
}

// ---- the list of key=value ----

enum { ITEM_SIZE_MAX = 1024 };

struct latency_list {
    struct latency_model *model;
    bool has_base; // all= or log= was given
};

static int parse_pair(const char *value, bool single, struct latency_way *out)
{
    char entry[DURATION_TEXT_SIZE];
    const char *slash = strchr(value, '/');
    size_t length = slash != NULL ? (size_t)(slash - value) : strlen(value);
    if (length >= sizeof entry || (single && slash != NULL)) {
        return mm_fail(MM_ERROR_USAGE, "'%s' is not %s", value,
                       single ? "a duration" : "ENTRY/RESPONSE");
    }
    memcpy(entry, value, length);
    entry[length] = '\0';
    int rc = duration_parse(entry, &out->entry_ns);
    if (rc == MM_OK) {
        rc = duration_parse(slash != NULL ? slash + 1 : entry, &out->response_ns);
    }
    out->given = rc == MM_OK;
    return rc;
}

static int parse_jitter(const char *value, struct latency_model *model)
{
    int rc = duration_parse(value, &model->jitter_ns);
    if (rc == MM_OK && model->jitter_ns > LATENCY_JITTER_MAX_NS) {
        return mm_fail(MM_ERROR_USAGE, "jitter %s is more than 2s", value);
    }
    return rc;
}

static int parse_seed(const char *value, struct latency_model *model)
{
    struct decimal seed;
    if (decimal_parse(value, strlen(value), &seed) != DECIMAL_OK || seed.exponent != 0 ||
        seed.mantissa < 0) {
        return mm_fail(MM_ERROR_USAGE, "seed '%s' is no whole number", value);
    }
    model->seed = (uint64_t)seed.mantissa;
    return MM_OK;
}

static int parse_log(const char *path, struct latency_model *model)
{
    return model->rows != NULL ? mm_fail(MM_ERROR_USAGE, "log is given twice")
                               : latency_log_read(path, &model->rows, &model->row_count);
}

static int parse_item(struct latency_list *list, const char *key, const char *value)
{
    static const char *const kinds[LATENCY_KIND_COUNT] = {"place", "amend", "cancel", "fill"};
    struct latency_model *model = list->model;
    for (int kind = 0; kind < LATENCY_KIND_COUNT; kind++) {
        if (strcmp(key, kinds[kind]) == 0) {
            return parse_pair(value, kind == LATENCY_FILL, &model->ways[kind]);
        }
    }
    if (strcmp(key, "all") == 0) {
        struct latency_way way = {0};
        int rc = parse_pair(value, false, &way);
        model->entry_ns = way.entry_ns;
        model->response_ns = way.response_ns;
        list->has_base = true;
        return rc;
    }
    if (strcmp(key, "log") == 0) {
        list->has_base = true;
        return parse_log(value, model);
    }
    if (strcmp(key, "jitter") == 0) {
        return parse_jitter(value, model);
    }
    if (strcmp(key, "seed") == 0) {
        return parse_seed(value, model);
    }
    return mm_fail(MM_ERROR_USAGE,
                   "'%s' is none of place, amend, cancel, fill, all, log, jitter, seed", key);
}

// Splits at commas; "key=value" each.
static int parse_list(const char *text, struct latency_list *list)
{
    int rc = MM_OK;
    for (const char *at = text; rc == MM_OK && at != NULL;) {
        const char *comma = strchr(at, ',');
        size_t length = comma != NULL ? (size_t)(comma - at) : strlen(at);
        char item[ITEM_SIZE_MAX];
        if (length >= sizeof item) {
            return mm_fail(MM_ERROR_USAGE, "more than %d bytes between commas", ITEM_SIZE_MAX - 1);
        }
        memcpy(item, at, length);
        item[length] = '\0';
        char *equals = strchr(item, '=');
        if (equals == NULL) {
            return mm_fail(MM_ERROR_USAGE, "'%s' is not KEY=VALUE", item);
        }
        *equals = '\0';
        rc = parse_item(list, item, equals + 1);
        at = comma != NULL ? comma + 1 : NULL;
    }
    return rc;
}

static int parse_ways(const char *text, struct latency_model *out)
{
    struct latency_list list = {.model = out};
    out->seed = 1;
    int rc = parse_list(text, &list);
    const struct latency_way *place = &out->ways[LATENCY_PLACE];
    if (rc == MM_OK && !list.has_base && !place->given) {
        rc = mm_fail(MM_ERROR_USAGE, "neither place, all nor log is given");
    }
    if (rc == MM_OK && !list.has_base) {
        out->entry_ns = place->entry_ns;
        out->response_ns = place->response_ns;
    }
    if (rc < 0) {
        latency_fini(out);
        return mm_fail_add(rc, "latency");
    }
    return MM_OK;
}

int latency_parse(const char *text, struct latency_model *out)
{
    *out = (struct latency_model){0};
    if (parse_constant(text, out)) {
        return MM_OK;
    }
    *out = (struct latency_model){0};
    if (file_exists(text)) {
        return latency_load(text, out);
    }
    if (strchr(text, '=') != NULL) {
        return parse_ways(text, out);
    }
    return mm_fail(MM_ERROR_USAGE,
                   "latency '%s' is neither ENTRY,RESPONSE (such as 10ms,10ms) nor "
                   "place=10ms,cancel=5ms/8ms,fill=8ms,jitter=2ms nor a file",
                   text);
}

int latency_load(const char *path, struct latency_model *out)
{
    *out = (struct latency_model){0};
    return latency_log_read(path, &out->rows, &out->row_count);
}

bool latency_is_plain(const struct latency_model *model)
{
    bool plain = model->rows == NULL && model->jitter_ns == 0;
    for (int kind = 0; kind < LATENCY_KIND_COUNT; kind++) {
        plain &= !model->ways[kind].given;
    }
    return plain;
}

void latency_fini(struct latency_model *model)
{
    if (model != NULL) {
        free(model->rows);
        *model = (struct latency_model){0};
    }
}
