#include "venue/latency.h"

#include "base/file.h"
#include "base/units.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LATENCY_FILE_SIZE_MAX = 1 << 30 };

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

int64_t latency_entry(struct latency_cursor *cursor, int64_t local_ts_ns)
{
    const struct latency_model *model = cursor->model;
    const struct latency_row *rows = model->rows;
    if (rows == NULL) {
        return model->entry_ns;
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

int64_t latency_response(struct latency_cursor *cursor, int64_t exch_ts_ns)
{
    const struct latency_model *model = cursor->model;
    const struct latency_row *rows = model->rows;
    if (rows == NULL) {
        return model->response_ns;
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
    return mm_fail(MM_ERROR_USAGE,
                   "latency '%s' is neither ENTRY,RESPONSE (such as 10ms,10ms) nor a file", text);
}

static int check_rows(const char *path, const struct latency_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool absurd = rows[i].request_ts_ns <= 0 || rows[i].response_ts_ns < rows[i].request_ts_ns;
        if (absurd || rows[i].exch_ts_ns > INT64_MAX / 2 ||
            rows[i].response_ts_ns > INT64_MAX / 2 || rows[i].exch_ts_ns < 0) {
            return mm_fail(MM_ERROR_INPUT, "%s: row %zu: stamps are not those of a round trip",
                           path, i);
        }
        if (i > 0 && rows[i].request_ts_ns < rows[i - 1].request_ts_ns) {
            return mm_fail(MM_ERROR_INPUT, "%s: row %zu: requests are not in the order of time",
                           path, i);
        }
    }
    return MM_OK;
}

int latency_load(const char *path, struct latency_model *out)
{
    char *data;
    size_t size;
    *out = (struct latency_model){0};
    int rc = file_read_all(path, LATENCY_FILE_SIZE_MAX, &data, &size);
    if (rc < 0) {
        return rc;
    }
    size_t count = size / sizeof(struct latency_row);
    if (count == 0 || size % sizeof(struct latency_row) != 0) {
        free(data);
        return mm_fail(MM_ERROR_INPUT, "%s: %zu bytes are not a whole number of 32-byte rows", path,
                       size);
    }
    rc = check_rows(path, (const struct latency_row *)(const void *)data, count);
    if (rc < 0) {
        free(data);
        return rc;
    }
    *out = (struct latency_model){.rows = (struct latency_row *)(void *)data, .row_count = count};
    return MM_OK;
}

void latency_fini(struct latency_model *model)
{
    if (model != NULL) {
        free(model->rows);
        *model = (struct latency_model){0};
    }
}
