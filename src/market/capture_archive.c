#include "market/capture_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

bool capture_archive_recognise(const void *data, size_t size)
{
    return size >= 4 && memcmp(data, "PK\x03\x04", 4) == 0;
}

static int fail_archive(const struct capture_archive *archive, const char *name)
{
    const char *why = archive_error_string(archive->archive);
    return mm_fail(MM_ERROR_INPUT, "%s: the zip archive is damaged or cut short: %s", name,
                   why != NULL ? why : "no reason given");
}

int capture_archive_open(struct capture_archive *archive, const char *name, const void *data,
                         size_t size)
{
    struct archive_entry *entry;
    *archive = (struct capture_archive){.archive = archive_read_new()};
    if (archive->archive == NULL) {
        return mm_fail(MM_ERROR_SYSTEM, "%s: no memory to read it", name);
    }
    if (archive_read_support_format_zip(archive->archive) != ARCHIVE_OK ||
        archive_read_open_memory(archive->archive, data, size) != ARCHIVE_OK) {
        return fail_archive(archive, name);
    }
    int result = archive_read_next_header(archive->archive, &entry);
    if (result == ARCHIVE_EOF) {
        return mm_fail(MM_ERROR_INPUT, "%s: the zip archive is empty", name);
    }
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
        return fail_archive(archive, name);
    }
    const char *member = archive_entry_pathname(entry);
    archive->member = member != NULL ? member : "";
    return MM_OK;
}

void capture_archive_fini(struct capture_archive *archive)
{
    if (archive != NULL && archive->archive != NULL) {
        (void)archive_read_free(archive->archive);
        *archive = (struct capture_archive){0};
    }
}

int capture_archive_read(struct capture_archive *archive, const char *name, void *out, size_t size,
                         size_t *out_read)
{
    la_ssize_t count = archive_read_data(archive->archive, out, size);
    if (count < 0) {
        return fail_archive(archive, name);
    }
    *out_read = (size_t)count;
    return MM_OK;
}
