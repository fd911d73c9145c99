// How long a request takes to reach the exchange, and an answer to come back.
//
// A place, an amend, a cancel and a fill each have a latency of their own, or share one: constant,
// constant plus jitter, or interpolated from recorded round trips (hftbacktest's 32-byte rows). The
// jitter is a function of the time, the kind and the direction, so that no message shifts another's
// draw. The model owns its rows; cursors borrow it, and each direction has a cursor of its own,
// because a cursor only moves forward. Plain memory of the caller; a cursor belongs to one thread.
#ifndef MM_VENUE_LATENCY_H
#define MM_VENUE_LATENCY_H

#include "base/error.h"
#include "venue/latency_log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What is on its way. A fill has a response only.
enum latency_kind {
    LATENCY_PLACE,
    LATENCY_AMEND,
    LATENCY_CANCEL,
    LATENCY_FILL,
    LATENCY_KIND_COUNT
};

enum { LATENCY_JITTER_MAX_NS = 2000000000 };

struct latency_way {
    bool given; // else the model's own
    int64_t entry_ns, response_ns;
};

struct latency_model {
    int64_t entry_ns, response_ns; // constant; used when there are no rows
    struct latency_row *rows;      // owned; NULL = constant
    size_t row_count;
    struct latency_way ways[LATENCY_KIND_COUNT];
    int64_t jitter_ns; // up to this much is added to every constant
    uint64_t seed;     // of the jitter
};

struct latency_cursor {
    const struct latency_model *model; // borrowed
    size_t row;
};

// "10ms,10ms" (entry, response; units ns, us, ms, s), the path of a file of rows, or a list of
// place=E[/R], amend=E[/R], cancel=E[/R], fill=R, all=E[/R], log=FILE, jitter=D, seed=N. One value
// stands for both directions; a kind that is not given takes `all` or `log`, else what place says.
// MM_ERROR_USAGE for text that is none of these, MM_ERROR_INPUT for a file that cannot be used.
int latency_parse(const char *text, struct latency_model *out) MM_CHECKED;
int latency_load(const char *path, struct latency_model *out) MM_CHECKED;
void latency_fini(struct latency_model *model);

// Whether the model is one entry and one response latency and nothing more.
bool latency_is_plain(const struct latency_model *model);

// Nanoseconds from sending at `local_ts_ns` to the exchange. Negative: the request never gets
// there, and word of that comes after the absolute value.
int64_t latency_entry(struct latency_cursor *cursor, enum latency_kind kind, int64_t local_ts_ns);

// Nanoseconds from the exchange's stamp back to us, never negative.
int64_t latency_response(struct latency_cursor *cursor, enum latency_kind kind, int64_t exch_ts_ns);

#endif
