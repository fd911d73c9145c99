// The lines of a capture, plain, gzip or the first file of a zip archive, as text that is parsed
// where it lies.
//
// Owns one buffer that grows to the longest line (at most CAPTURE_LINE_MAX) and the map of the
// file. A line is borrowed until the next call. One owner thread.
#ifndef MM_MARKET_CAPTURE_LINES_H
#define MM_MARKET_CAPTURE_LINES_H

#include "base/error.h"
#include "base/file.h"
#include "market/capture_archive.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

enum { CAPTURE_LINE_MAX = 16 << 20 };

struct capture_lines {
    const char *name;    // for errors, borrowed
    uint64_t line;       // number of the line last returned, from 1
    struct file_map map; // owned; empty over memory
    const unsigned char *input;
    size_t input_size;       // what is left of the input
    bool is_gzip, at_member; // at_member: inside a gzip member, so that the input must go on
    bool input_done;
    z_stream stream;
    struct capture_archive zip; // open: the input is a zip archive
    uint64_t input_total;
    // Told how much of the input has been read, now and then; may be NULL.
    void (*advance)(void *context, const char *name, uint64_t done, uint64_t total);
    void *advance_context;
    char *buffer; // owned
    size_t capacity, begin, end;
};

// MM_ERROR_INPUT for an empty file. fini accepts a zeroed or failed one.
int capture_lines_open(struct capture_lines *lines, const char *path) MM_CHECKED;
int capture_lines_open_memory(struct capture_lines *lines, const char *name, const void *data,
                              size_t size) MM_CHECKED;
void capture_lines_fini(struct capture_lines *lines);

// 1 and the text of the next line, of which (*text)[*length] is '\n'; 0 at the end; negative with
// the name and the line number when the input is cut short or damaged.
int capture_lines_next(struct capture_lines *lines, const char **text, size_t *length) MM_CHECKED;

#endif
