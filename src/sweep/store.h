// The database of a sweep: what it is, which points were started, and what came of each.
//
// SQLite in WAL mode; docs/sweep.md has the schema. A point's result and series are committed in
// one transaction: a point is there whole or not at all, and stays, whatever kills the process. (A
// power cut may take the last points back; they are then run again.) A database belongs to one
// sweep, told by its identity: texts by key. Writers hold PATH.lock, so that no two processes run
// the same points; anyone may read at any time. One thread; not to be used in a process that was
// started after it was opened.
#ifndef MM_SWEEP_STORE_H
#define MM_SWEEP_STORE_H

#include "base/error.h"
#include "base/text.h"
#include "sweep/trial.h"
#include "trade/params.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct store;

// A finished point. The series is borrowed until the next call on the store.
struct store_row {
    uint32_t point;
    struct params params;
    struct trial_result result;
    const int64_t *net_quote_e9;
    uint32_t period_count;
};

// Opens the database at `path` for writing, or creates it; NULL is one in memory. MM_ERROR_USAGE
// when it belongs to another sweep (the text says what differs) or another process writes it,
// MM_ERROR_INPUT when it is no sweep's database.
int store_open(const char *path, const json_t *identity, struct store **out) MM_CHECKED;

// Opens one that must exist, to read it.
int store_open_existing(const char *path, struct store **out) MM_CHECKED;

void store_close(struct store *store); // accepts NULL; undoes a transaction that is open

// The object of texts; borrowed from the store.
const json_t *store_identity(const struct store *store);

// What differs, as "KEY: the database has A, this sweep B; ..."; empty when they are the same.
void store_compare_identities(const json_t *database, const json_t *sweep, struct text *out);

// Sets done[point] for every point below `count` with a result; returns how many in *out_done.
int store_mark_done(struct store *store, bool *done, uint32_t count, uint32_t *out_done) MM_CHECKED;

// Counts that the point's run begins.
int store_start_point(struct store *store, uint32_t point) MM_CHECKED;

// Keeps a result; the point must not have one.
int store_put(struct store *store, const struct store_row *row) MM_CHECKED;

// Calls `visit` with every finished point in ascending order, until it returns an error.
int store_each(struct store *store, int (*visit)(void *context, const struct store_row *row),
               void *context) MM_CHECKED;

// Between these two, changes are kept together or not at all.
int store_begin(struct store *store) MM_CHECKED;
int store_commit(struct store *store) MM_CHECKED;

// Takes the points of `from`, a database of the same sweep, that `into` does not have.
// MM_ERROR_INPUT when both have a point with different results.
int store_merge(struct store *into, struct store *from, const char *from_path) MM_CHECKED;

#endif
