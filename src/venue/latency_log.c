#include "venue/latency_log.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_SIZE_MAX = 1 << 30, CSV_LINE_SIZE_MIN = 6 };

const char latency_log_header[] = "request_ts_ns,exch_ts_ns,response_ts_ns\n";

static bool is_round_trip(const struct latency_row *row)
{
    return row->request_ts_ns > 0 && row->response_ts_ns >= row->request_ts_ns &&
           row->response_ts_ns <= INT64_MAX / 2 && row->exch_ts_ns <= INT64_MAX / 2 &&
           row->exch_ts_ns >= INT64_MIN / 2;
}

static int check_rows(const char *path, const struct latency_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_round_trip(&rows[i])) {
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

// One stamp and the character after it; moves on past both.
static bool read_stamp(const char **text, char end, int64_t *out)
{
    char *after;
    errno = 0;
    long long value = strtoll(*text, &after, 10);
    bool digits = **text == '-' || (**text >= '0' && **text <= '9');
    if (!digits || errno != 0 || after == *text || *after != end) {
        return false;
    }
    *out = value;
    *text = after + 1;
    return true;
}

static int read_csv(const char *path, const char *text, size_t size, struct latency_row **out_rows,
                    size_t *out_count)
{
    struct latency_row *rows = mm_alloc(size / CSV_LINE_SIZE_MIN + 1, sizeof *rows);
    size_t count = 0;
    const char *end = text + size;
    for (const char *at = text + strlen(latency_log_header); at < end; count++) {
        struct latency_row *row = &rows[count];
        if (!read_stamp(&at, ',', &row->request_ts_ns) || !read_stamp(&at, ',', &row->exch_ts_ns) ||
            !read_stamp(&at, '\n', &row->response_ts_ns)) {
            free(rows);
            return mm_fail(MM_ERROR_INPUT, "%s: row %zu: expected three stamps", path, count);
        }
    }
    *out_rows = rows;
    *out_count = count;
    return MM_OK;
}

int latency_log_read(const char *path, struct latency_row **out_rows, size_t *out_count)
{
    char *data;
    size_t size;
    int rc = file_read_all(path, FILE_SIZE_MAX, &data, &size);
    if (rc < 0) {
        return rc;
    }
    struct latency_row *rows = (struct latency_row *)(void *)data;
    size_t count = size / sizeof *rows;
    if (strncmp(data, latency_log_header, strlen(latency_log_header)) == 0) {
        rc = read_csv(path, data, size, &rows, &count);
        free(data);
        if (rc < 0) {
            return rc;
        }
    } else if (size % sizeof *rows != 0) {
        count = 0;
    }
    rc = count > 0
             ? check_rows(path, rows, count)
             : mm_fail(MM_ERROR_INPUT, "%s: %zu bytes are neither rows of 32 bytes nor their CSV",
                       path, size);
    if (rc < 0) {
        free(rows);
        return rc;
    }
    *out_rows = rows;
    *out_count = count;
    return MM_OK;
}

size_t latency_log_line(const struct latency_row *row, char out[LATENCY_LINE_SIZE])
{
    return (size_t)snprintf(out, LATENCY_LINE_SIZE, "%" PRId64 ",%" PRId64 ",%" PRId64 "\n",
                            row->request_ts_ns, row->exch_ts_ns, row->response_ts_ns);
}

static int put_csv(struct file_writer *writer, const struct latency_row *rows, size_t count)
{
    int rc = file_writer_put(writer, latency_log_header, strlen(latency_log_header));
    for (size_t i = 0; rc == MM_OK && i < count; i++) {
        char line[LATENCY_LINE_SIZE];
        rc = file_writer_put(writer, line, latency_log_line(&rows[i], line));
    }
    return rc;
}

int latency_log_write(const char *path, const struct latency_row *rows, size_t count)
{
    struct file_writer writer;
    size_t length = strlen(path);
    bool csv = length > 4 && strcmp(path + length - 4, ".csv") == 0;
    int rc = check_rows(path, rows, count);
    if (rc == MM_OK) {
        rc = file_writer_open(&writer, path);
    }
    if (rc < 0) {
        return rc;
    }
    rc = csv ? put_csv(&writer, rows, count) : file_writer_put(&writer, rows, count * sizeof *rows);
    if (rc == MM_OK) {
        rc = file_writer_commit(&writer, 0644);
    }
    file_writer_abandon(&writer);
    return rc;
}
