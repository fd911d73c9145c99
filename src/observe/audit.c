#include "observe/audit.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/platform.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MODE = 0600, SIZE_MAX_BYTES = 1000000, READ_MAX = 4 * SIZE_MAX_BYTES };

void audit_init(struct audit *audit, const char *directory)
{
    *audit = (struct audit){.count = 0};
    if (directory != NULL) {
        struct text path = {0};
        text_add(&path, "%s/control", directory);
        audit->directory = path.bytes;
    }
}

void audit_fini(struct audit *audit)
{
    free(audit->directory);
    audit->directory = NULL;
}

struct audit_entry *audit_add(struct audit *audit, const char *who, const char *action,
                              const char *state, const char *text)
{
    uint64_t id = ++audit->count;
    struct audit_entry *entry = &audit->entries[id % AUDIT_KEPT];
    *entry = (struct audit_entry){.id = id, .wall_ns = platform_wall_ns(), .state = state};
    snprintf(entry->who, sizeof entry->who, "%s", who);
    snprintf(entry->action, sizeof entry->action, "%s", action);
    snprintf(entry->text, sizeof entry->text, "%s", text);
    return entry;
}

struct audit_entry *audit_find(struct audit *audit, uint64_t id)
{
    struct audit_entry *entry = &audit->entries[id % AUDIT_KEPT];
    return id > 0 && entry->id == id ? entry : NULL;
}

json_t *audit_json(const struct audit_entry *entry)
{
    bool is_over = entry->done_wall_ns != 0;
    json_t *open =
        entry->has_open_orders ? json_integer((json_int_t)entry->open_orders) : json_null();
    json_t *done =
        is_over ? json_integer((json_int_t)(entry->done_wall_ns / 1000000)) : json_null();
    return json_pack("{s:I, s:I, s:o, s:s, s:s, s:s, s:o, s:s}", "id", (json_int_t)entry->id,
                     "wall_ms", (json_int_t)(entry->wall_ns / 1000000), "done_wall_ms", done, "who",
                     entry->who, "action", entry->action, "state", entry->state, "open_orders",
                     open, "text", entry->text);
}

// The file so far, and the new line; what has grown too large is moved aside first.
static int append(const struct audit *audit, const char *line)
{
    struct text path = {0}, old = {0}, whole = {0};
    text_add(&path, "%s/AUDIT.jsonl", audit->directory);
    text_add(&old, "%s.1", text_string(&path));
    char *before = NULL;
    size_t size = 0;
    int code = dir_create(audit->directory);
    if (code == MM_OK && file_exists(text_string(&path))) {
        code = file_read_all(text_string(&path), READ_MAX, &before, &size);
    }
    if (code == MM_OK && size > SIZE_MAX_BYTES) {
        code = file_rename(text_string(&path), text_string(&old));
        size = 0;
    }
    if (code == MM_OK) {
        text_put(&whole, before != NULL ? before : "", size);
        text_add(&whole, "%s\n", line);
        code = file_write_atomic(text_string(&path), text_string(&whole), whole.size, FILE_MODE);
    }
    free(before);
    text_fini(&path);
    text_fini(&old);
    text_fini(&whole);
    return code;
}

void audit_write(struct audit *audit, const struct audit_entry *entry)
{
    if (audit->directory == NULL) {
        return;
    }
    char time[PLATFORM_TIME_TEXT_SIZE];
    platform_time_text(entry->done_wall_ns != 0 ? entry->done_wall_ns : entry->wall_ns, time);
    json_t *object = audit_json(entry);
    json_object_set_new(object, "time", json_string(time));
    char *line = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
    if (line == NULL || append(audit, line) != MM_OK) {
        audit->failed_writes++;
        mm_error_clear();
    }
    free(line);
    json_decref(object);
}
