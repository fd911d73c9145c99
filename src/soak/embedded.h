// The files of profiles/ as the binary carries them, byte for byte; written by tools/embed.py at
// build. Static memory; any thread.
#ifndef MM_SOAK_EMBEDDED_H
#define MM_SOAK_EMBEDDED_H

#include <stddef.h>

struct embedded_file {
    const char *name; // below profiles/, e.g. "steady_safe.json", "market/alt-perp.json"
    const char *data; // ended by a NUL that `size` does not count
    size_t size;
};

extern const struct embedded_file embedded_files[];
extern const size_t embedded_file_count;

#endif
