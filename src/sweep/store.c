#include "sweep/store.h"

#include "base/check.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/memory.h"
#include "base/platform.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum {
    APPLICATION_ID = 0x6d6d5357, // "mmSW", in the file's header
    SCHEMA_VERSION = 1,
    BUSY_MS = 10000,
    LOCK_TRIES = 40,
    LOCK_WAIT_NS = 25000000
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "series are little-endian in the file");

struct store {
    sqlite3 *database; // owned
    char *name;        // owned; the path, for errors
    struct lock lock;
    json_t *identity;    // owned
    sqlite3_stmt *start; // owned, as the next two; NULL until used
    sqlite3_stmt *insert;
    sqlite3_stmt *select_one;
    int64_t *net_quote_e9; // owned; of the row last read
    bool in_transaction;
};

// The columns of table result after `point` and the six parameters, before the series.
static const struct column {
    const char *name;
    size_t offset; // of a 64-bit integer in struct trial_result
} columns[] = {
    {"net_quote_e9", offsetof(struct trial_result, part_quote_e9[KPI_NET])},
    {"gross_quote_e9", offsetof(struct trial_result, part_quote_e9[KPI_GROSS])},
    {"slippage_quote_e9", offsetof(struct trial_result, part_quote_e9[KPI_SLIPPAGE])},
    {"adverse_quote_e9", offsetof(struct trial_result, part_quote_e9[KPI_ADVERSE])},
    {"inventory_quote_e9", offsetof(struct trial_result, part_quote_e9[KPI_INVENTORY])},
    {"fees_quote_e9", offsetof(struct trial_result, part_quote_e9[KPI_FEES])},
    {"notional_quote_e9", offsetof(struct trial_result, notional_quote_e9)},
    {"fills", offsetof(struct trial_result, fill_count)},
    {"maker_fills", offsetof(struct trial_result, maker_fill_count)},
    {"volume_lots", offsetof(struct trial_result, volume_lots)},
    {"maker_volume_lots", offsetof(struct trial_result, maker_volume_lots)},
    {"places", offsetof(struct trial_result, place_count)},
    {"replaces", offsetof(struct trial_result, replace_count)},
    {"cancels", offsetof(struct trial_result, cancel_count)},
    {"decisions", offsetof(struct trial_result, decision_count)},
    {"decisions_cut_by_risk", offsetof(struct trial_result, decision_risk_count)},
    {"max_abs_position_lots", offsetof(struct trial_result, max_abs_position_lots)},
    {"max_drawdown_quote_e9", offsetof(struct trial_result, max_drawdown_quote_e9)},
    {"halted", offsetof(struct trial_result, halted_count)},
    {"market_ns", offsetof(struct trial_result, market_ns)},
};
enum {
    COLUMN_COUNT = sizeof columns / sizeof columns[0],
    FIRST_PARAM = 1,
    FIRST_COLUMN = FIRST_PARAM + PARAM_COUNT,
    SERIES = FIRST_COLUMN + COLUMN_COUNT
};
_Static_assert(sizeof(struct trial_result) == COLUMN_COUNT * sizeof(int64_t),
               "every field of a result is kept");

static int64_t *field(struct trial_result *result, size_t column)
{
    return (int64_t *)(void *)((char *)result + columns[column].offset);
}

// ---- SQLite made whole ----

static int fail_sql(const struct store *store, const char *what)
{
    return mm_fail(MM_ERROR_SYSTEM, "%s: %s: %s", store->name, what,
                   sqlite3_errmsg(store->database));
}

static int execute(struct store *store, const char *sql)
{
    return sqlite3_exec(store->database, sql, NULL, NULL, NULL) == SQLITE_OK
               ? MM_OK
               : fail_sql(store, "the database refused");
}

static int prepare(struct store *store, const char *sql, sqlite3_stmt **out)
{
    if (*out != NULL) {
        return MM_OK;
    }
    return sqlite3_prepare_v2(store->database, sql, -1, out, NULL) == SQLITE_OK
               ? MM_OK
               : fail_sql(store, "the database refused");
}

// Runs a statement that returns nothing, and makes it ready for the next use.
static int finish(struct store *store, sqlite3_stmt *statement, const char *what)
{
    int status = sqlite3_step(statement);
    int code = status == SQLITE_DONE ? MM_OK : fail_sql(store, what);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return code;
}

static int read_integer(struct store *store, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    int code = prepare(store, sql, &statement);
    if (code == MM_OK && sqlite3_step(statement) == SQLITE_ROW) {
        *out = sqlite3_column_int64(statement, 0);
    } else if (code == MM_OK) {
        code = fail_sql(store, "cannot be read");
    }
    sqlite3_finalize(statement);
    return code;
}

// ---- the schema ----

static void write_schema(struct text *out)
{
    text_add(out, "CREATE TABLE sweep (key TEXT PRIMARY KEY, value TEXT NOT NULL)"
                  " STRICT, WITHOUT ROWID;"
                  "CREATE TABLE attempt (point INTEGER PRIMARY KEY, count INTEGER NOT NULL) STRICT;"
                  "CREATE TABLE result (point INTEGER PRIMARY KEY");
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        text_add(out, ", %s %s NOT NULL", param_specs[i].key,
                 param_specs[i].step.exponent < 0 ? "REAL" : "INTEGER");
    }
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        text_add(out, ", %s INTEGER NOT NULL", columns[i].name);
    }
    text_add(out,
             ", period_net_quote_e9 BLOB NOT NULL) STRICT;"
             "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             APPLICATION_ID, SCHEMA_VERSION);
}

static int write_identity(struct store *store, const json_t *identity)
{
    sqlite3_stmt *statement = NULL;
    int code = prepare(store, "INSERT INTO sweep VALUES (?, ?)", &statement);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)identity, key, value)
    {
        if (code == MM_OK) {
            sqlite3_bind_text(statement, 1, key, -1, SQLITE_TRANSIENT);
            sqlite3_bind_text(statement, 2, json_string_value(value), -1, SQLITE_TRANSIENT);
            code = finish(store, statement, "cannot be written");
        }
    }
    sqlite3_finalize(statement);
    return code;
}

static int create_schema(struct store *store, const json_t *identity)
{
    struct text schema = {0};
    write_schema(&schema);
    int code = store_begin(store);
    if (code == MM_OK) {
        code = execute(store, text_string(&schema));
    }
    if (code == MM_OK) {
        code = write_identity(store, identity);
    }
    if (code == MM_OK) {
        code = store_commit(store);
    }
    text_fini(&schema);
    return code;
}

static int read_identity(struct store *store)
{
    sqlite3_stmt *statement = NULL;
    int code = prepare(store, "SELECT key, value FROM sweep", &statement);
    store->identity = json_object();
    int status = SQLITE_DONE;
    while (code == MM_OK && (status = sqlite3_step(statement)) == SQLITE_ROW) {
        json_object_set_new(store->identity, (const char *)sqlite3_column_text(statement, 0),
                            json_string((const char *)sqlite3_column_text(statement, 1)));
    }
    if (code == MM_OK && status != SQLITE_DONE) {
        code = fail_sql(store, "cannot be read");
    }
    sqlite3_finalize(statement);
    return code;
}

// ---- opening ----

static int open_database(struct store *store, const char *path, int flags)
{
    if (sqlite3_open_v2(path != NULL ? path : ":memory:", &store->database,
                        flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        return fail_sql(store, "cannot be opened");
    }
    sqlite3_busy_timeout(store->database, BUSY_MS);
    return MM_OK;
}

// Empty, ours (then its identity is read), or somebody else's.
static int recognise(struct store *store, bool *out_empty)
{
    int64_t tables = 0, application = 0, version = 0;
    *out_empty = false;
    if (read_integer(store, "SELECT count(*) FROM sqlite_schema", &tables) != MM_OK) {
        return mm_fail_add(MM_ERROR_INPUT, "not a sweep's database");
    }
    int code = read_integer(store, "PRAGMA application_id", &application);
    if (code == MM_OK) {
        code = read_integer(store, "PRAGMA user_version", &version);
    }
    if (code != MM_OK) {
        return code;
    }
    if (tables == 0 && application == 0) {
        *out_empty = true;
        return MM_OK;
    }
    if (application != APPLICATION_ID) {
        return mm_fail(MM_ERROR_INPUT, "%s is not a sweep's database", store->name);
    }
    if (version != SCHEMA_VERSION) {
        return mm_fail(MM_ERROR_INPUT, "%s has version %" PRId64 " of the schema, not %d",
                       store->name, version, SCHEMA_VERSION);
    }
    return read_identity(store);
}

static struct store *create_store(const char *path)
{
    struct store *store = mm_alloc(1, sizeof *store);
    const char *name = path != NULL ? path : "the database in memory";
    store->name = mm_alloc(strlen(name) + 1, 1);
    memcpy(store->name, name, strlen(name));
    store->lock.file = -1;
    return store;
}

// Tries for a while: a worker that a killed sweep had only just started holds its lock until it
// ends, too.
static int lock_store(struct store *store, const char *path)
{
    struct text lock_path = {0};
    text_add(&lock_path, "%s.lock", path);
    int code = lock_take(&store->lock, text_string(&lock_path));
    for (int i = 0; i < LOCK_TRIES && code == MM_ERROR_USAGE; i++) {
        platform_sleep_ns(LOCK_WAIT_NS);
        code = lock_take(&store->lock, text_string(&lock_path));
    }
    text_fini(&lock_path);
    return code;
}

static int open_for_writing(struct store *store, const char *path, const json_t *identity)
{
    bool empty = false;
    int code = path != NULL ? lock_store(store, path) : MM_OK;
    if (code == MM_OK) {
        code = open_database(store, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    }
    if (code == MM_OK) {
        code = recognise(store, &empty);
    }
    if (code == MM_OK) {
        // A killed process loses no commit; a power cut loses the last ones at most, whole.
        code = execute(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    }
    if (code == MM_OK && empty) {
        code = create_schema(store, identity);
        store->identity = json_deep_copy(identity);
    }
    if (code != MM_OK) {
        return code;
    }
    struct text differences = {0};
    store_compare_identities(store->identity, identity, &differences);
    if (differences.size > 0) {
        code = mm_fail(MM_ERROR_USAGE, "%s belongs to another sweep: %s", store->name,
                       text_string(&differences));
    }
    text_fini(&differences);
    return code;
}

int store_open(const char *path, const json_t *identity, struct store **out)
{
    struct store *store = create_store(path);
    int code = open_for_writing(store, path, identity);
    if (code != MM_OK) {
        store_close(store);
        store = NULL;
    }
    *out = store;
    return code;
}

int store_open_existing(const char *path, struct store **out)
{
    *out = NULL;
    if (!file_exists(path)) {
        return mm_fail(MM_ERROR_INPUT, "%s does not exist", path);
    }
    struct store *store = create_store(path);
    bool empty = false;
    int code = open_database(store, path, SQLITE_OPEN_READWRITE);
    if (code == MM_OK) {
        code = recognise(store, &empty);
    }
    if (code == MM_OK && empty) {
        code = mm_fail(MM_ERROR_INPUT, "%s is empty", path);
    }
    if (code != MM_OK) {
        store_close(store);
        return code;
    }
    *out = store;
    return MM_OK;
}

void store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    sqlite3_finalize(store->start);
    sqlite3_finalize(store->insert);
    sqlite3_finalize(store->select_one);
    sqlite3_close(store->database);
    json_decref(store->identity);
    lock_release(&store->lock);
    free(store->net_quote_e9);
    free(store->name);
    free(store);
}

const json_t *store_identity(const struct store *store)
{
    return store->identity;
}

static void add_difference(struct text *out, const char *key, const json_t *database,
                           const json_t *sweep)
{
    const char *texts[2] = {json_string_value(database), json_string_value(sweep)};
    if (texts[0] == NULL || texts[1] == NULL || strcmp(texts[0], texts[1]) != 0) {
        text_add(out, "%s%s: the database has %s, this sweep %s", out->size > 0 ? "; " : "", key,
                 texts[0] != NULL ? texts[0] : "none", texts[1] != NULL ? texts[1] : "none");
    }
}

void store_compare_identities(const json_t *database, const json_t *sweep, struct text *out)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)sweep, key, value)
    {
        add_difference(out, key, json_object_get(database, key), value);
    }
    json_object_foreach((json_t *)database, key, value)
    {
        if (json_object_get(sweep, key) == NULL) {
            add_difference(out, key, value, NULL);
        }
    }
}

// ---- writing ----

int store_begin(struct store *store)
{
    int code = execute(store, "BEGIN IMMEDIATE");
    store->in_transaction = code == MM_OK;
    return code;
}

int store_commit(struct store *store)
{
    MM_ASSERT(store->in_transaction);
    store->in_transaction = false;
    return execute(store, "COMMIT");
}

int store_start_point(struct store *store, uint32_t point)
{
    int code = prepare(store,
                       "INSERT INTO attempt VALUES (?, 1)"
                       " ON CONFLICT (point) DO UPDATE SET count = count + 1",
                       &store->start);
    if (code != MM_OK) {
        return code;
    }
    sqlite3_bind_int64(store->start, 1, point);
    return finish(store, store->start, "cannot be written");
}

static int prepare_insert(struct store *store)
{
    struct text sql = {0};
    text_add(&sql, "INSERT INTO result VALUES (?");
    for (size_t i = 0; i < SERIES; i++) {
        text_add(&sql, ", ?");
    }
    text_add(&sql, ")");
    int code = prepare(store, text_string(&sql), &store->insert);
    text_fini(&sql);
    return code;
}

int store_put(struct store *store, const struct store_row *row)
{
    int code = prepare_insert(store);
    if (code != MM_OK) {
        return code;
    }
    sqlite3_stmt *insert = store->insert;
    struct trial_result result = row->result;
    sqlite3_bind_int64(insert, 1, row->point);
    for (int i = 0; i < PARAM_COUNT; i++) {
        double value = param_value(&row->params, (enum param_id)i);
        if (param_specs[i].step.exponent < 0) {
            sqlite3_bind_double(insert, 1 + FIRST_PARAM + i, value);
        } else {
            sqlite3_bind_int64(insert, 1 + FIRST_PARAM + i, (int64_t)value);
        }
    }
    for (int i = 0; i < COLUMN_COUNT; i++) {
        sqlite3_bind_int64(insert, 1 + FIRST_COLUMN + i, *field(&result, (size_t)i));
    }
    sqlite3_bind_blob64(insert, 1 + SERIES, row->net_quote_e9,
                        row->period_count * sizeof *row->net_quote_e9, SQLITE_TRANSIENT);
    return finish(store, insert, "cannot be written");
}

// ---- reading ----

int store_mark_done(struct store *store, bool *done, uint32_t count, uint32_t *out_done)
{
    sqlite3_stmt *statement = NULL;
    int code = prepare(store, "SELECT point FROM result ORDER BY point", &statement);
    int status = SQLITE_DONE;
    *out_done = 0;
    while (code == MM_OK && (status = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t point = sqlite3_column_int64(statement, 0);
        if (point < 0 || point >= count) {
            code = mm_fail(MM_ERROR_INPUT, "%s: point %" PRId64 " is not of this sweep",
                           store->name, point);
        } else {
            done[point] = true;
            (*out_done)++;
        }
    }
    if (code == MM_OK && status != SQLITE_DONE) {
        code = fail_sql(store, "cannot be read");
    }
    sqlite3_finalize(statement);
    return code;
}

static int read_params(const struct store *store, sqlite3_stmt *statement, struct params *out)
{
    for (int i = 0; i < PARAM_COUNT; i++) {
        const char *text = (const char *)sqlite3_column_text(statement, FIRST_PARAM + i);
        int code = param_parse((enum param_id)i, text != NULL ? text : "", param_specs[i].hard_min,
                               param_specs[i].hard_max, &out->steps[i]);
        if (code != MM_OK) {
            return mm_fail_add(MM_ERROR_INPUT, "%s", store->name);
        }
    }
    return MM_OK;
}

static int read_row(struct store *store, sqlite3_stmt *statement, struct store_row *out)
{
    *out = (struct store_row){.point = (uint32_t)sqlite3_column_int64(statement, 0)};
    int code = read_params(store, statement, &out->params);
    if (code != MM_OK) {
        return code;
    }
    for (int i = 0; i < COLUMN_COUNT; i++) {
        *field(&out->result, (size_t)i) = sqlite3_column_int64(statement, FIRST_COLUMN + i);
    }
    const void *series = sqlite3_column_blob(statement, SERIES);
    size_t size = (size_t)sqlite3_column_bytes(statement, SERIES);
    if (series == NULL || size % sizeof(int64_t) != 0) {
        return mm_fail(MM_ERROR_INPUT, "%s: point %" PRIu32 " has no whole series", store->name,
                       out->point);
    }
    free(store->net_quote_e9);
    store->net_quote_e9 = mm_alloc(size, 1);
    memcpy(store->net_quote_e9, series, size);
    out->net_quote_e9 = store->net_quote_e9;
    out->period_count = (uint32_t)(size / sizeof(int64_t));
    return MM_OK;
}

int store_each(struct store *store, int (*visit)(void *context, const struct store_row *row),
               void *context)
{
    sqlite3_stmt *statement = NULL;
    int code = prepare(store, "SELECT * FROM result ORDER BY point", &statement);
    int status = SQLITE_DONE;
    while (code == MM_OK && (status = sqlite3_step(statement)) == SQLITE_ROW) {
        struct store_row row;
        code = read_row(store, statement, &row);
        if (code == MM_OK) {
            code = visit(context, &row);
        }
    }
    if (code == MM_OK && status != SQLITE_DONE) {
        code = fail_sql(store, "cannot be read");
    }
    sqlite3_finalize(statement);
    return code;
}

// ---- merging ----

static int find_row(struct store *store, uint32_t point, struct store_row *out, bool *out_found)
{
    int code = prepare(store, "SELECT * FROM result WHERE point = ?", &store->select_one);
    if (code != MM_OK) {
        return code;
    }
    sqlite3_bind_int64(store->select_one, 1, point);
    int status = sqlite3_step(store->select_one);
    *out_found = status == SQLITE_ROW;
    if (status == SQLITE_ROW) {
        code = read_row(store, store->select_one, out);
    } else if (status != SQLITE_DONE) {
        code = fail_sql(store, "cannot be read");
    }
    sqlite3_reset(store->select_one);
    return code;
}

static bool same_row(const struct store_row *a, const struct store_row *b)
{
    return memcmp(&a->params, &b->params, sizeof a->params) == 0 &&
           memcmp(&a->result, &b->result, sizeof a->result) == 0 &&
           a->period_count == b->period_count &&
           memcmp(a->net_quote_e9, b->net_quote_e9, a->period_count * sizeof a->net_quote_e9[0]) ==
               0;
}

struct merge {
    struct store *into;
    const char *from_path;
};

static int merge_row(void *context, const struct store_row *row)
{
    const struct merge *merge = context;
    struct store_row there;
    bool found = false;
    int code = find_row(merge->into, row->point, &there, &found);
    if (code != MM_OK || !found) {
        return code != MM_OK ? code : store_put(merge->into, row);
    }
    return same_row(&there, row)
               ? MM_OK
               : mm_fail(MM_ERROR_INPUT, "point %" PRIu32 " has other results in %s than before",
                         row->point, merge->from_path);
}

// How often a point was started: the larger count, so that merging twice changes nothing.
static int merge_attempts(struct store *into, struct store *from)
{
    sqlite3_stmt *read = NULL, *write = NULL;
    int code = prepare(from, "SELECT point, count FROM attempt ORDER BY point", &read);
    if (code == MM_OK) {
        code = prepare(into,
                       "INSERT INTO attempt VALUES (?, ?) ON CONFLICT (point)"
                       " DO UPDATE SET count = max(count, excluded.count)",
                       &write);
    }
    int status = SQLITE_DONE;
    while (code == MM_OK && (status = sqlite3_step(read)) == SQLITE_ROW) {
        sqlite3_bind_int64(write, 1, sqlite3_column_int64(read, 0));
        sqlite3_bind_int64(write, 2, sqlite3_column_int64(read, 1));
        code = finish(into, write, "cannot be written");
    }
    if (code == MM_OK && status != SQLITE_DONE) {
        code = fail_sql(from, "cannot be read");
    }
    sqlite3_finalize(read);
    sqlite3_finalize(write);
    return code;
}

int store_merge(struct store *into, struct store *from, const char *from_path)
{
    struct text differences = {0};
    store_compare_identities(from->identity, into->identity, &differences);
    int code = differences.size == 0 ? MM_OK
                                     : mm_fail(MM_ERROR_USAGE, "%s is of another sweep: %s",
                                               from_path, text_string(&differences));
    text_fini(&differences);
    struct merge merge = {into, from_path};
    if (code == MM_OK) {
        code = store_each(from, merge_row, &merge);
    }
    return code == MM_OK ? merge_attempts(into, from) : code;
}
