// Recorded round trips: what a live connection took, request by request.
//
// Two forms of a file: hftbacktest's 32-byte rows, and CSV for people with the line
// `request_ts_ns,exch_ts_ns,response_ts_ns` first. Either is read; the name's end says which is
// written. Rows are in the order of their requests, and no stamp lies beyond half of int64.
#ifndef MM_VENUE_LATENCY_LOG_H
#define MM_VENUE_LATENCY_LOG_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

// One recorded round trip: 32 bytes, little-endian, the layout of the files.
struct latency_row {
    int64_t request_ts_ns;
    int64_t exch_ts_ns; // 0 or below: refused or lost, it never reached the matching engine
    int64_t response_ts_ns;
    int64_t padding;
};
_Static_assert(sizeof(struct latency_row) == 32, "the layout of the files");

// *out_rows: malloc'd, the caller frees it; at least one row. MM_ERROR_INPUT names path and row.
int latency_log_read(const char *path, struct latency_row **out_rows, size_t *out_count) MM_CHECKED;

// As CSV when the path ends in .csv. The file appears whole or not at all.
int latency_log_write(const char *path, const struct latency_row *rows, size_t count) MM_CHECKED;

// One line of CSV with its newline; returns the length.
enum { LATENCY_LINE_SIZE = 96 };
extern const char latency_log_header[];
size_t latency_log_line(const struct latency_row *row, char out[LATENCY_LINE_SIZE]);

#endif
