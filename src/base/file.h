// Files that reach the disk whole or not at all, over the platform layer.
#ifndef MM_BASE_FILE_H
#define MM_BASE_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Whether the writers below wait for the disk (fsync); they do unless told otherwise. Off, files
// are still whole after a killed process, but not after a power cut: for benchmarks that measure
// the program and not the disk. Set once, before any other thread starts.
void file_set_durable(bool durable);

// Writes data to `path`.tmp in the same directory, fsyncs it, renames it over `path`, fsyncs the
// directory. On error nothing at `path` has changed and the temporary is removed; only a failed
// fsync of the directory, the last step, leaves the new content there, not known to be durable.
// `mode` as chmod. One writer per path at a time. A link, a device or a pipe at `path` is refused
// here and by file_writer_open.
int file_write_atomic(const char *path, const void *data, size_t size, unsigned mode) MM_CHECKED;

// Reads a whole file into a malloc'd, NUL-terminated buffer the caller frees; refuses one larger
// than `size_max` bytes.
int file_read_all(const char *path, size_t size_max, char **out_data, size_t *out_size) MM_CHECKED;

bool file_exists(const char *path);
int dir_create(const char *path) MM_CHECKED;                  // with parents; fine when it exists
int file_remove(const char *path) MM_CHECKED;                 // fine when it does not exist
int file_rename(const char *from, const char *to) MM_CHECKED; // and fsyncs the directory

// A growing file that appears at its path only by file_writer_commit: what a long writer uses
// (tape, csv.gz). The temporary is `path`.tmp.PID; file_writer_abandon removes it.
struct file_writer {
    int fd;
    char *path;      // owned
    char *temp_path; // owned
};
int file_writer_open(struct file_writer *writer, const char *path) MM_CHECKED;
int file_writer_put(struct file_writer *writer, const void *data, size_t size) MM_CHECKED;
int file_writer_put_at(struct file_writer *writer, uint64_t offset, const void *data,
                       size_t size) MM_CHECKED;
int file_writer_commit(struct file_writer *writer, unsigned mode) MM_CHECKED;
void file_writer_abandon(
    struct file_writer *writer); // accepts a committed, abandoned or zeroed one

// A read-only memory map of a whole file, shared between processes.
struct file_map {
    const void *data; // NULL when the file is empty
    size_t size;
};
int file_map_open(struct file_map *map, const char *path) MM_CHECKED;
void file_map_close(struct file_map *map);

#endif
