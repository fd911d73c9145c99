#include "soak/rotation.h"

#include "base/directory.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/platform.h"

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FILE_MODE = 0644,
    BLOCK_SIZE = 1 << 16,
    LOG_SIZE_MAX = 1000000, // then it becomes ROTATION_LOG.jsonl.1
    DAYS_PER_ERA = 146097   // 400 years
};

#define MEGABYTE UINT64_C(1000000)
#define DAY_NS (INT64_C(86400) * 1000000000)

static const char summary_prefix[] = "ITER_SUMMARY_";
static const char archive_suffix[] = ".tar.gz";

struct rotation_limits rotation_limits_default(void)
{
    return (struct rotation_limits){.keep = 100,
                                    .ttl_ns = 7 * DAY_NS,
                                    .warn_bytes = 500 * MEGABYTE,
                                    .max_bytes = 900 * MEGABYTE};
}

struct rotation {
    const struct rotation_limits *limits;
    const char *root;
    int64_t now_ns;
    bool dry_run;
    struct text *said;
    struct text log; // lines for ROTATION_LOG.jsonl
    uint64_t bytes;  // under root as it is now
    struct rotation_result result;
};

// ---- telling of it ----

static void tell(struct rotation *rotation, const char *action, const char *path, uint64_t bytes)
{
    char time[PLATFORM_TIME_TEXT_SIZE], quoted[LOG_LINE_SIZE / 2];
    platform_time_text(rotation->now_ns, time);
    json_t *line = json_pack("{s:s, s:s, s:I, s:s}", "action", action, "path", path, "bytes",
                             (json_int_t)bytes, "time", time);
    char *text = json_document_line(line, NULL);
    text_add(&rotation->log, "%s", text);
    free(text);
    json_decref(line);
    log_event(LOG_INFO, "rotation", "action=%s path=%s bytes=%" PRIu64 " dry_run=%d", action,
              log_quote(path, quoted, sizeof quoted), bytes, rotation->dry_run);
    if (rotation->said != NULL) {
        text_add(rotation->said, "%s%s %s (%.1f MB)\n", rotation->dry_run ? "would " : "", action,
                 path, (double)bytes / (double)MEGABYTE);
    }
}

// What went wrong with one step; the others are not kept from theirs.
static void tell_failure(struct rotation *rotation, const char *path)
{
    char quoted[LOG_LINE_SIZE / 2];
    rotation->result.failed++;
    log_event(LOG_ERROR, "rotation_failed", "error=%s",
              log_quote(mm_error_text(), quoted, sizeof quoted));
    if (rotation->said != NULL) {
        text_add(rotation->said, "failed: %s: %s\n", path, mm_error_text());
    }
    mm_error_clear();
}

static uint64_t file_size(const char *path)
{
    struct platform_entry entry;
    return platform_look_at(path, &entry) == 0 && entry.is_file ? entry.size : 0;
}

static uint64_t size_of(const char *path)
{
    uint64_t bytes = file_size(path);
    if (bytes == 0 && directory_size(path, &bytes) != MM_OK) {
        mm_error_clear();
    }
    return bytes;
}

// ---- summaries ----

// The number in ITER_SUMMARY_<number>.json, 0 for another name.
static uint64_t summary_number(const char *name)
{
    if (strncmp(name, summary_prefix, sizeof summary_prefix - 1) != 0) {
        return 0;
    }
    char *end = NULL;
    uint64_t number = strtoull(name + sizeof summary_prefix - 1, &end, 10);
    return strcmp(end, ".json") == 0 ? number : 0;
}

static int descending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

static void prune_summary(struct rotation *rotation, const char *latest, uint64_t number)
{
    char name[64];
    snprintf(name, sizeof name, "%s%" PRIu64 ".json", summary_prefix, number);
    char *path = path_join(latest, name);
    uint64_t bytes = file_size(path);
    if (!rotation->dry_run && file_remove(path) != MM_OK) {
        tell_failure(rotation, name);
    } else {
        rotation->result.pruned++;
        rotation->bytes -= bytes;
    }
    free(path);
}

static void prune_summaries(struct rotation *rotation)
{
    char *latest = path_join(rotation->root, "latest");
    struct directory_list list;
    if (directory_list(latest, &list) != MM_OK) {
        tell_failure(rotation, latest);
    }
    uint64_t *numbers = mm_alloc(list.count + 1, sizeof *numbers);
    uint64_t before = rotation->bytes;
    size_t count = 0;
    for (size_t i = 0; i < list.count; i++) {
        numbers[count] = summary_number(list.names[i]);
        count += numbers[count] > 0;
    }
    qsort(numbers, count, sizeof *numbers, descending);
    for (size_t i = rotation->limits->keep; i < count; i++) {
        prune_summary(rotation, latest, numbers[i]);
    }
    if (rotation->result.pruned > 0) {
        char what[64];
        snprintf(what, sizeof what, "%" PRIu32 " summaries", rotation->result.pruned);
        tell(rotation, "prune", what, before - rotation->bytes);
    }
    free(numbers);
    directory_list_fini(&list);
    free(latest);
}

// ---- archives ----

static la_ssize_t write_block(struct archive *archive, void *context, const void *data, size_t size)
{
    (void)archive;
    return file_writer_put(context, data, size) == MM_OK ? (la_ssize_t)size : -1;
}

static int fail_archive(struct archive *archive, const char *path)
{
    const char *why = archive_error_string(archive);
    return mm_fail(MM_ERROR_SYSTEM, "cannot pack %s: %s", path, why != NULL ? why : "no reason");
}

static int pack_content(struct archive *archive, const char *path, const struct file_map *map)
{
    const char *data = map->data;
    for (size_t at = 0; at < map->size; at += BLOCK_SIZE) {
        size_t size = map->size - at < BLOCK_SIZE ? map->size - at : BLOCK_SIZE;
        if (archive_write_data(archive, data + at, size) != (la_ssize_t)size) {
            return fail_archive(archive, path);
        }
    }
    return MM_OK;
}

// Only name, size and bytes: no owner, no time, one mode, so that equal files are equal archives.
static int pack_file(struct archive *archive, const char *path, const char *name)
{
    struct platform_entry found;
    if (platform_look_at(path, &found) != 0 || !found.is_file) {
        return MM_OK;
    }
    struct file_map map;
    int code = file_map_open(&map, path);
    if (code != MM_OK) {
        return code;
    }
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)map.size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, FILE_MODE);
    archive_entry_set_mtime(entry, 0, 0);
    code = archive_write_header(archive, entry) == ARCHIVE_OK ? pack_content(archive, path, &map)
                                                              : fail_archive(archive, path);
    archive_entry_free(entry);
    file_map_close(&map);
    return code;
}

static int pack_tree(struct archive *archive, const char *directory)
{
    const char *slash = strrchr(directory, '/');
    const char *base = slash != NULL ? slash + 1 : directory;
    struct directory_list tree;
    int code = directory_tree(directory, &tree);
    for (size_t i = 0; i < tree.count && code == MM_OK; i++) {
        char *path = path_join(directory, tree.names[i]), *name = path_join(base, tree.names[i]);
        code = pack_file(archive, path, name);
        free(path);
        free(name);
    }
    directory_list_fini(&tree);
    return code;
}

static int pack_to(struct file_writer *writer, const char *directory)
{
    struct archive *archive = archive_write_new();
    int code = MM_OK;
    if (archive_write_set_format_pax_restricted(archive) != ARCHIVE_OK ||
        archive_write_add_filter_gzip(archive) != ARCHIVE_OK ||
        archive_write_set_options(archive, "gzip:!timestamp") != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
        archive_write_open(archive, writer, NULL, write_block, NULL) != ARCHIVE_OK) {
        code = fail_archive(archive, directory);
    }
    if (code == MM_OK) {
        code = pack_tree(archive, directory);
    }
    if (code == MM_OK && archive_write_close(archive) != ARCHIVE_OK) {
        code = fail_archive(archive, directory);
    }
    archive_write_free(archive);
    return code;
}

int rotation_pack(const char *directory, const char *archive)
{
    struct file_writer writer;
    int code = file_writer_open(&writer, archive);
    if (code != MM_OK) {
        return code;
    }
    code = pack_to(&writer, directory);
    if (code == MM_OK) {
        return file_writer_commit(&writer, FILE_MODE);
    }
    file_writer_abandon(&writer);
    return code;
}

// ---- snapshots ----

// Days since 1970-01-01 of a date of the Gregorian calendar (Hinnant 2013, days_from_civil).
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - 719468;
}

// The start in a snapshot's name, 2026-01-01T00-00-00.000Z; false for another name.
static bool start_of(const char *name, int64_t *out_ns)
{
    static const char form[] = "dddd-dd-ddTdd-dd-dd";
    int64_t fields[6] = {0};
    size_t field = 0;
    for (size_t i = 0; form[i] != '\0'; i++) {
        bool digit = name[i] >= '0' && name[i] <= '9';
        if (form[i] == 'd' ? !digit : name[i] != form[i]) {
            return false;
        }
        field += form[i] != 'd';
        fields[field] = digit ? 10 * fields[field] + (name[i] - '0') : 0;
    }
    int64_t days = days_of(fields[0], fields[1], fields[2]);
    int64_t seconds = ((days * 24 + fields[3]) * 60 + fields[4]) * 60 + fields[5];
    *out_ns = seconds * INT64_C(1000000000);
    return true;
}

static bool is_archive(const char *name)
{
    size_t length = strlen(name), suffix = sizeof archive_suffix - 1;
    return length > suffix && strcmp(name + length - suffix, archive_suffix) == 0;
}

static char *archive_path(const char *snapshot)
{
    size_t size = strlen(snapshot) + sizeof archive_suffix;
    char *path = mm_alloc(size, 1);
    snprintf(path, size, "%s%s", snapshot, archive_suffix);
    return path;
}

// The archive first; one that is there already is whole, and only the removal was cut short.
static void pack_snapshot(struct rotation *rotation, const char *snapshot)
{
    char *archive = archive_path(snapshot);
    uint64_t bytes = size_of(snapshot);
    int code = MM_OK;
    if (!rotation->dry_run) {
        uint64_t there = file_size(archive);
        code = there > 0 ? MM_OK : rotation_pack(snapshot, archive);
        if (code == MM_OK) {
            code = directory_remove(snapshot);
        }
        rotation->bytes += code == MM_OK ? file_size(archive) - there : 0;
        rotation->bytes -= code == MM_OK ? bytes : 0;
    }
    if (code == MM_OK) {
        rotation->result.packed++;
        tell(rotation, "pack", snapshot, bytes);
    } else {
        tell_failure(rotation, snapshot);
    }
    free(archive);
}

static void pack_old_snapshots(struct rotation *rotation, const char *snapshots,
                               const struct directory_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        int64_t start_ns = 0;
        char *path = path_join(snapshots, list->names[i]);
        bool old = start_of(list->names[i], &start_ns) &&
                   rotation->now_ns - start_ns > rotation->limits->ttl_ns;
        struct platform_entry entry;
        if (old && platform_look_at(path, &entry) == 0 && entry.is_directory) {
            pack_snapshot(rotation, path);
        }
        free(path);
    }
}

static void remove_one(struct rotation *rotation, const char *path)
{
    uint64_t bytes = size_of(path);
    if (!rotation->dry_run && directory_remove(path) != MM_OK) {
        tell_failure(rotation, path);
        return;
    }
    rotation->bytes -= bytes;
    rotation->result.removed++;
    tell(rotation, "remove", path, bytes);
}

// The names are times, so that the oldest come first. Archives before snapshots, which are younger.
static void remove_oldest(struct rotation *rotation, const char *snapshots, bool archives)
{
    struct directory_list list;
    if (directory_list(snapshots, &list) != MM_OK) {
        tell_failure(rotation, snapshots);
    }
    for (size_t i = 0; i < list.count && rotation->bytes > rotation->limits->max_bytes; i++) {
        int64_t start_ns = 0;
        if (is_archive(list.names[i]) == archives && start_of(list.names[i], &start_ns)) {
            char *path = path_join(snapshots, list.names[i]);
            remove_one(rotation, path);
            free(path);
        }
    }
    directory_list_fini(&list);
}

static void rotate_snapshots(struct rotation *rotation)
{
    char *snapshots = path_join(rotation->root, "snapshots");
    struct directory_list list;
    int code = rotation->dry_run ? MM_OK : directory_remove_leftovers(snapshots);
    if (code != MM_OK || directory_list(snapshots, &list) != MM_OK) {
        tell_failure(rotation, snapshots);
        free(snapshots);
        return;
    }
    pack_old_snapshots(rotation, snapshots, &list);
    directory_list_fini(&list);
    remove_oldest(rotation, snapshots, true);
    remove_oldest(rotation, snapshots, false);
    free(snapshots);
}

// ---- the whole ----

static int write_log(struct rotation *rotation)
{
    char *directory = path_join(rotation->root, "rotation");
    char *path = path_join(directory, "ROTATION_LOG.jsonl");
    char *old = path_join(directory, "ROTATION_LOG.jsonl.1");
    char *before = NULL;
    size_t size = 0;
    int code = dir_create(directory);
    if (code == MM_OK && file_exists(path)) {
        code = file_size(path) > LOG_SIZE_MAX
                   ? file_rename(path, old)
                   : file_read_all(path, 2 * LOG_SIZE_MAX, &before, &size);
    }
    if (code == MM_OK) {
        struct text all = {0};
        text_add(&all, "%s%s", before != NULL ? before : "", text_string(&rotation->log));
        code = file_write_atomic(path, text_string(&all), all.size, FILE_MODE);
        text_fini(&all);
    }
    free(before);
    free(directory);
    free(path);
    free(old);
    return code;
}

int rotation_run(const char *root, const struct rotation_limits *limits, int64_t now_ns,
                 bool dry_run, struct text *said, struct rotation_result *out)
{
    struct rotation rotation = {
        .limits = limits, .root = root, .now_ns = now_ns, .dry_run = dry_run, .said = said};
    int code = directory_size(root, &rotation.bytes);
    if (code != MM_OK) {
        return code;
    }
    rotation.result.bytes_before = rotation.bytes;
    prune_summaries(&rotation);
    rotate_snapshots(&rotation);
    if (rotation.result.pruned + rotation.result.packed + rotation.result.removed > 0 && !dry_run &&
        write_log(&rotation) != MM_OK) {
        tell_failure(&rotation, "rotation/ROTATION_LOG.jsonl");
    }
    text_fini(&rotation.log);
    rotation.result.bytes_after = rotation.bytes;
    rotation.result.warns = rotation.bytes > limits->warn_bytes;
    log_event(rotation.result.warns ? LOG_WARN : LOG_INFO, "artifacts_size",
              "bytes=%" PRIu64 " warn_bytes=%" PRIu64 " max_bytes=%" PRIu64, rotation.bytes,
              limits->warn_bytes, limits->max_bytes);
    *out = rotation.result;
    return MM_OK;
}
