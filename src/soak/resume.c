#include "soak/resume.h"

#include "base/directory.h"
#include "base/file.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENT_SIZE_MAX = 1 << 20, MARK_MODE = 0644 };

static const char mark_name[] = ".safe_start";

// What is wrong with the files makes the state untrusted; what is wrong with the machine is an
// error.
static int distrust(struct resume *resume, int code)
{
    if (code != MM_ERROR_INPUT && code != MM_ERROR_USAGE) {
        return code;
    }
    resume->kind = RESUME_SAFE;
    resume->state = (struct tuning_state){0};
    snprintf(resume->reason, sizeof resume->reason, "%s", mm_error_text());
    mm_error_clear();
    return MM_OK;
}

static int look_for_summaries(const struct artifacts *artifacts, bool *out_found)
{
    static const char prefix[] = "ITER_SUMMARY_";
    char *latest = artifacts_path(artifacts, "latest");
    struct directory_list list;
    int code = directory_list(latest, &list);
    *out_found = false;
    for (size_t i = 0; i < list.count; i++) {
        const char *name = list.names[i];
        bool temporary = strstr(name, ".tmp") != NULL;
        *out_found |= strncmp(name, prefix, sizeof prefix - 1) == 0 && !temporary;
    }
    directory_list_fini(&list);
    free(latest);
    return code;
}

// The first state is written before the first window, so that summaries without one have lost it.
static int without_state(const struct artifacts *artifacts, struct resume *out)
{
    bool found = false;
    int code = look_for_summaries(artifacts, &found);
    if (code != MM_OK || !found) {
        return code;
    }
    return distrust(out, mm_fail(MM_ERROR_INPUT, "TUNING_STATE.json is missing"));
}

static int check_overrides(const struct artifacts *artifacts, struct resume *out)
{
    char *path = artifacts_path(artifacts, "runtime_overrides.json");
    char *data = NULL, hash[ARTIFACT_HASH_SIZE];
    size_t size = 0;
    int code = MM_OK;
    if (!file_exists(path)) {
        code = mm_fail(MM_ERROR_INPUT, "runtime_overrides.json is missing");
    } else {
        code = file_read_all(path, DOCUMENT_SIZE_MAX, &data, &size);
    }
    free(path);
    if (code == MM_OK) {
        artifact_hash(data, size, hash);
        bool current = strcmp(hash, out->state.overrides_hash) == 0;
        out->overrides_are_old = !current && strcmp(hash, out->state.overrides_hash_before) == 0;
        if (!current && !out->overrides_are_old) {
            code = mm_fail(MM_ERROR_INPUT, "runtime_overrides.json is not the one that "
                                           "TUNING_STATE.json names: it was damaged or edited");
        }
    }
    free(data);
    return code;
}

int resume_mark_safe(const struct artifacts *artifacts, const char *reason)
{
    char *path = artifacts_path(artifacts, mark_name);
    int code = file_write_atomic(path, reason, strlen(reason), MARK_MODE);
    free(path);
    return code;
}

int resume_unmark_safe(const struct artifacts *artifacts)
{
    char *path = artifacts_path(artifacts, mark_name);
    int code = file_exists(path) ? file_remove(path) : MM_OK;
    free(path);
    return code;
}

static int read_mark(const struct artifacts *artifacts, struct resume *out)
{
    char *path = artifacts_path(artifacts, mark_name), *reason = NULL;
    size_t size = 0;
    int code = file_exists(path) ? file_read_all(path, DOCUMENT_SIZE_MAX, &reason, &size) : MM_OK;
    if (reason != NULL) {
        out->kind = RESUME_SAFE;
        snprintf(out->reason, sizeof out->reason, "%s", reason);
    }
    free(reason);
    free(path);
    return code;
}

int resume_read(const struct artifacts *artifacts, struct resume *out)
{
    *out = (struct resume){.kind = RESUME_FRESH};
    int marked = read_mark(artifacts, out);
    if (marked != MM_OK || out->kind == RESUME_SAFE) {
        return marked;
    }
    char *path = artifacts_path(artifacts, "latest/TUNING_STATE.json");
    if (!file_exists(path)) {
        free(path);
        return without_state(artifacts, out);
    }
    int code = json_document_read(path, DOCUMENT_SIZE_MAX, &out->document);
    free(path);
    if (code == MM_OK) {
        code = state_read(out->document, &out->state);
    }
    if (code == MM_OK) {
        code = check_overrides(artifacts, out);
    }
    if (code != MM_OK) {
        return distrust(out, code);
    }
    out->kind = RESUME_CONTINUE;
    return MM_OK;
}

void resume_fini(struct resume *resume)
{
    json_decref(resume->document);
    *resume = (struct resume){0};
}
