// The first file inside a zip archive that lies in memory, inflated piece by piece.
#ifndef MM_MARKET_CAPTURE_ARCHIVE_H
#define MM_MARKET_CAPTURE_ARCHIVE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct archive;

struct capture_archive {
    struct archive *archive; // owned; NULL when closed
    const char *member;      // its name, borrowed from the archive
};

bool capture_archive_recognise(const void *data, size_t size);

// `data` stays borrowed until fini. Errors name `name`. fini accepts a zeroed or failed one.
int capture_archive_open(struct capture_archive *archive, const char *name, const void *data,
                         size_t size) MM_CHECKED;
void capture_archive_fini(struct capture_archive *archive);

// Up to `size` bytes; *out_read is 0 at the end.
int capture_archive_read(struct capture_archive *archive, const char *name, void *out, size_t size,
                         size_t *out_read) MM_CHECKED;

#endif
