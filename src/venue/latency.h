// How long a request takes to reach the exchange, and an answer to come back.
//
// A model is constant, or interpolated from recorded round trips (hftbacktest's 32-byte rows). The
// model owns its rows; cursors borrow it, and each direction has a cursor of its own, because a
// cursor only moves forward. Plain memory of the caller; a cursor belongs to one thread.
#ifndef MM_VENUE_LATENCY_H
#define MM_VENUE_LATENCY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

// One recorded round trip: 32 bytes, little-endian, the layout of the files.
struct latency_row {
    int64_t request_ts_ns;
    int64_t exch_ts_ns; // 0 or below: the request never reached the matching engine
    int64_t response_ts_ns;
    int64_t padding;
};
_Static_assert(sizeof(struct latency_row) == 32, "the layout of the files");

struct latency_model {
    int64_t entry_ns, response_ns; // constant; used when there are no rows
    struct latency_row *rows;      // owned; NULL = constant
    size_t row_count;
};

struct latency_cursor {
    const struct latency_model *model; // borrowed
    size_t row;
};

// "10ms,10ms" (entry, response; units ns, us, ms, s) or the path of a file of rows.
// MM_ERROR_USAGE for text that is neither, MM_ERROR_INPUT for a file that cannot be used.
int latency_parse(const char *text, struct latency_model *out) MM_CHECKED;
int latency_load(const char *path, struct latency_model *out) MM_CHECKED;
void latency_fini(struct latency_model *model);

// Nanoseconds from sending at `local_ts_ns` to the exchange. Negative: the request never gets
// there, and word of that comes after the absolute value.
int64_t latency_entry(struct latency_cursor *cursor, int64_t local_ts_ns);

// Nanoseconds from the exchange's stamp back to us, never negative.
int64_t latency_response(struct latency_cursor *cursor, int64_t exch_ts_ns);

#endif
