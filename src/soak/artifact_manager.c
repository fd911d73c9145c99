#include "soak/artifact_manager.h"

#include "base/check.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/platform.h"
#include "soak/embedded.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { PROFILE_MODE = 0444, FILE_MODE = 0644, SNAPSHOT_TRIES = 1000, PROFILE_SIZE_MAX = 1 << 20 };

static const char lock_name[] = ".run.lock";

char *artifacts_path(const struct artifacts *artifacts, const char *name)
{
    size_t size = strlen(artifacts->root) + strlen(name) + 2;
    char *path = mm_alloc(size, 1);
    snprintf(path, size, "%s/%s", artifacts->root, name);
    return path;
}

// Market presets are the binary's own business; the profiles of the six parameters are files.
static bool is_profile(const struct embedded_file *file)
{
    return strchr(file->name, '/') == NULL;
}

static char *profile_path(const struct artifacts *artifacts, const struct embedded_file *file)
{
    char name[128];
    snprintf(name, sizeof name, "profiles/%.64s", file->name);
    return artifacts_path(artifacts, name);
}

// An edited profile is refused, not repaired: somebody meant something by it.
static int check_profile(const struct embedded_file *file, const char *path)
{
    if (!file_exists(path)) {
        return MM_OK;
    }
    char *data = NULL;
    size_t size = 0;
    int code = file_read_all(path, PROFILE_SIZE_MAX, &data, &size);
    if (code == MM_OK && (size != file->size || memcmp(data, file->data, size) != 0)) {
        code = mm_fail(MM_ERROR_USAGE,
                       "%s differs from the profile of this mmbot; profiles are read-only: remove "
                       "the file to have it written again, and change parameters with --set",
                       path);
    }
    free(data);
    return code;
}

static int for_each_profile(const struct artifacts *artifacts,
                            int (*visit)(const struct embedded_file *, const char *))
{
    int code = MM_OK;
    for (size_t i = 0; i < embedded_file_count && code == MM_OK; i++) {
        if (is_profile(&embedded_files[i])) {
            char *path = profile_path(artifacts, &embedded_files[i]);
            code = visit(&embedded_files[i], path);
            free(path);
        }
    }
    return code;
}

static int write_profile(const struct embedded_file *file, const char *path)
{
    return file_exists(path) ? MM_OK
                             : file_write_atomic(path, file->data, file->size, PROFILE_MODE);
}

int artifacts_open(struct artifacts *artifacts, const char *root)
{
    *artifacts = (struct artifacts){.lock.file = -1};
    int code = dir_create(root);
    if (code != MM_OK) {
        return mm_fail_add(code, "--out %s", root);
    }
    artifacts->root = mm_alloc(strlen(root) + 1, 1);
    memcpy(artifacts->root, root, strlen(root));
    char *path = artifacts_path(artifacts, lock_name);
    code = lock_take(&artifacts->lock, path);
    free(path);
    if (code == MM_OK) {
        code = for_each_profile(artifacts, check_profile);
    }
    if (code != MM_OK) {
        artifacts_close(artifacts);
        return mm_fail_add(code, "--out %s", root);
    }
    return MM_OK;
}

// The time in the lock file, or now: when it is not known, the time it is found is the best there
// is.
static void started_time(const char *lock_text, char *out, size_t size)
{
    static const char key[] = "started=";
    char now[PLATFORM_TIME_TEXT_SIZE];
    const char *time = strstr(lock_text, key);
    time = time != NULL ? time + sizeof key - 1 : "";
    if (time[0] < '0' || time[0] > '9') {
        platform_time_text(platform_wall_ns(), now);
        time = now;
    }
    snprintf(out, size, "%.*s", (int)strspn(time, "0123456789-:.TZ"), time);
}

// The same as a directory's name: 2026-01-01T00-00-00.000Z.
static void snapshot_name(const char *lock_text, char *out, size_t size)
{
    started_time(lock_text, out, size);
    for (char *colon = strchr(out, ':'); colon != NULL; colon = strchr(colon, ':')) {
        *colon = '-';
    }
}

// A name under snapshots/ that is not taken: two runs may have started in one millisecond.
static char *free_snapshot_path(const struct artifacts *artifacts)
{
    char time[64], name[128];
    snapshot_name(artifacts->lock.previous, time, sizeof time);
    snprintf(name, sizeof name, "snapshots/%s", time);
    char *path = artifacts_path(artifacts, name);
    for (int i = 2; platform_exists(path) && i < SNAPSHOT_TRIES; i++) {
        free(path);
        snprintf(name, sizeof name, "snapshots/%s-%d", time, i);
        path = artifacts_path(artifacts, name);
    }
    return path;
}

// A run that was killed before it began has left nothing to keep.
static int move_latest_away(const struct artifacts *artifacts, const char *latest)
{
    struct directory_list files;
    int listed = directory_list(latest, &files);
    bool empty = files.count == 0;
    directory_list_fini(&files);
    if (listed != MM_OK || empty) {
        return listed;
    }
    char *snapshots = artifacts_path(artifacts, "snapshots");
    char *to = free_snapshot_path(artifacts);
    int code = dir_create(snapshots);
    if (code == MM_OK) {
        code = file_rename(latest, to);
    }
    if (code == MM_OK) {
        char quoted[LOG_LINE_SIZE / 2];
        log_event(LOG_INFO, "snapshot", "path=%s", log_quote(to, quoted, sizeof quoted));
    }
    free(to);
    free(snapshots);
    return code;
}

static int make_directory(const struct artifacts *artifacts, const char *name)
{
    char *path = artifacts_path(artifacts, name);
    int code = dir_create(path);
    free(path);
    return code;
}

static int write_lock_text(struct artifacts *artifacts, const char *time)
{
    char text[LOCK_TEXT_SIZE];
    snprintf(text, sizeof text, "started=%s pid=%u\n", time, (unsigned)platform_process_id());
    return lock_write(&artifacts->lock, text);
}

static int make_places(struct artifacts *artifacts)
{
    int code = make_directory(artifacts, "latest");
    if (code == MM_OK) {
        code = make_directory(artifacts, "profiles");
    }
    if (code == MM_OK) {
        code = for_each_profile(artifacts, write_profile);
    }
    artifacts->begun = code == MM_OK;
    return code;
}

// The lock is ours, so that whoever was writing there has ended.
static int remove_leftovers(const struct artifacts *artifacts)
{
    static const char *const names[] = {"", "latest", "profiles"};
    int code = MM_OK;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && code == MM_OK; i++) {
        char *path = artifacts_path(artifacts, names[i]);
        code = directory_remove_leftovers(path);
        free(path);
    }
    return code;
}

int artifacts_begin(struct artifacts *artifacts)
{
    int code = remove_leftovers(artifacts);
    if (code == MM_OK) {
        char *latest = artifacts_path(artifacts, "latest");
        code = move_latest_away(artifacts, latest);
        free(latest);
    }
    // Only now, because the last run's time names its snapshot.
    if (code == MM_OK) {
        char now[PLATFORM_TIME_TEXT_SIZE];
        platform_time_text(platform_wall_ns(), now);
        code = write_lock_text(artifacts, now);
    }
    return code == MM_OK ? make_places(artifacts) : code;
}

int artifacts_continue(struct artifacts *artifacts)
{
    int code = remove_leftovers(artifacts);
    char started[64];
    started_time(artifacts->lock.previous, started, sizeof started);
    if (code == MM_OK) {
        code = write_lock_text(artifacts, started);
    }
    return code == MM_OK ? make_places(artifacts) : code;
}

void artifact_hash(const char *bytes, size_t size, char out[ARTIFACT_HASH_SIZE])
{
    XXH128_hash_t hash = XXH3_128bits(bytes, size);
    snprintf(out, ARTIFACT_HASH_SIZE, "%016" PRIx64 "%016" PRIx64, (uint64_t)hash.high64,
             (uint64_t)hash.low64);
}

static int write_file(struct artifacts *artifacts, const char *name, const char *text, size_t size)
{
    char *path = artifacts_path(artifacts, name);
    int code = file_write_atomic(path, text, size, FILE_MODE);
    free(path);
    return code;
}

int artifacts_write_json(struct artifacts *artifacts, const char *name, const json_t *document,
                         char hash[ARTIFACT_HASH_SIZE])
{
    size_t size = 0;
    char *text = json_document_text(document, &size);
    if (text == NULL) {
        return mm_fail(MM_ERROR_SYSTEM, "cannot encode %s", name);
    }
    int code = write_file(artifacts, name, text, size);
    if (hash != NULL) {
        artifact_hash(text, size, hash);
    }
    free(text);
    return code;
}

void artifacts_hash_json(const json_t *document, char hash[ARTIFACT_HASH_SIZE])
{
    size_t size = 0;
    char *text = json_document_text(document, &size);
    MM_ASSERT(text != NULL);
    artifact_hash(text, size, hash);
    free(text);
}

int artifacts_write_text(struct artifacts *artifacts, const char *name, const char *text)
{
    return write_file(artifacts, name, text, strlen(text));
}

void artifacts_close(struct artifacts *artifacts)
{
    lock_release(&artifacts->lock);
    free(artifacts->root);
    *artifacts = (struct artifacts){.lock.file = -1};
}
