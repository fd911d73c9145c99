// Any bytes either are refused as a log of round trips, with a message that names the file, or give
// rows that come back the same from both forms of a file and between which latencies can be
// interpolated.
#include "base/check.h"
#include "base/file.h"
#include "scratch_file.h"
#include "venue/latency.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_bytes(const uint8_t *data, size_t size)
{
    FILE *file = fopen(scratch_file(), "wb");
    MM_ASSERT(file != NULL);
    size_t written = fwrite(data, 1, size, file);
    MM_ASSERT(written == size);
    (void)fclose(file);
}

static void check_form(const char *suffix, const struct latency_row *rows, size_t count)
{
    char path[80];
    struct latency_row *again = NULL;
    size_t again_count = 0;
    (void)snprintf(path, sizeof path, "%s%s", scratch_file(), suffix);
    int status = latency_log_write(path, rows, count);
    MM_ASSERT(status == MM_OK);
    status = latency_log_read(path, &again, &again_count);
    MM_ASSERT(status == MM_OK && again_count == count);
    for (size_t i = 0; i < count; i++) {
        MM_ASSERT(again[i].request_ts_ns == rows[i].request_ts_ns);
        MM_ASSERT(again[i].exch_ts_ns == rows[i].exch_ts_ns);
        MM_ASSERT(again[i].response_ts_ns == rows[i].response_ts_ns);
    }
    free(again);
    status = file_remove(path);
    MM_ASSERT(status == MM_OK);
}

// Before, at, between and after the rows.
static void check_latencies(struct latency_row *rows, size_t count)
{
    struct latency_model model = {.rows = rows, .row_count = count};
    struct latency_cursor entry = {.model = &model}, response = {.model = &model};
    for (size_t i = 0; i < count; i++) {
        for (int64_t step = -1; step <= 1; step++) {
            (void)latency_entry(&entry, LATENCY_PLACE, rows[i].request_ts_ns + step);
            int64_t back = latency_response(&response, LATENCY_PLACE, rows[i].exch_ts_ns + step);
            MM_ASSERT(back >= 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct latency_row *rows = NULL;
    size_t count = 0;
    write_bytes(data, size);
    if (latency_log_read(scratch_file(), &rows, &count) == MM_OK) {
        MM_ASSERT(count > 0);
        check_form(".csv", rows, count);
        check_form(".bin", rows, count);
        check_latencies(rows, count);
    } else {
        MM_ASSERT(strstr(mm_error_text(), scratch_file()) != NULL);
        mm_error_clear();
    }
    free(rows);
    int status = file_remove(scratch_file());
    MM_ASSERT(status == MM_OK);
    return 0;
}
