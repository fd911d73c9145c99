#include "market/capture_lines.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUFFER_SIZE = 1 << 20,
    GZIP_WINDOW = 15 + 16, // zlib: the largest window, with a gzip header and checksum
    INPUT_STEP = 1 << 30   // zlib counts its input in 32 bits
};

static int fail_line(const struct capture_lines *lines, const char *what)
{
    return mm_fail(MM_ERROR_INPUT, "%s:%" PRIu64 ": %s", lines->name, lines->line + 1, what);
}

int capture_lines_open_memory(struct capture_lines *lines, const char *name, const void *data,
                              size_t size)
{
    memset(lines, 0, sizeof *lines);
    lines->name = name;
    lines->input = data;
    lines->input_size = size;
    lines->input_total = size;
    if (size == 0) {
        return mm_fail(MM_ERROR_INPUT, "%s: the file is empty", name);
    }
    lines->is_gzip = size >= 2 && lines->input[0] == 0x1f && lines->input[1] == 0x8b;
    if (lines->is_gzip && inflateInit2(&lines->stream, GZIP_WINDOW) != Z_OK) {
        return mm_fail(MM_ERROR_SYSTEM, "%s: no memory to inflate it", name);
    }
    if (capture_archive_recognise(data, size)) {
        int status = capture_archive_open(&lines->zip, name, data, size);
        if (status < 0) {
            return status;
        }
    }
    lines->at_member = lines->is_gzip;
    lines->capacity = BUFFER_SIZE;
    lines->buffer = mm_alloc(lines->capacity, 1);
    return MM_OK;
}

int capture_lines_open(struct capture_lines *lines, const char *path)
{
    memset(lines, 0, sizeof *lines);
    struct file_map map;
    int status = file_map_open(&map, path);
    if (status < 0) {
        return status;
    }
    status = capture_lines_open_memory(lines, path, map.data, map.size);
    lines->map = map;
    return status;
}

void capture_lines_fini(struct capture_lines *lines)
{
    if (lines == NULL) {
        return;
    }
    if (lines->is_gzip) {
        (void)inflateEnd(&lines->stream);
    }
    capture_archive_fini(&lines->zip);
    free(lines->buffer);
    file_map_close(&lines->map);
    memset(lines, 0, sizeof *lines);
}

// Moves the unfinished line to the front and leaves room behind it.
static int make_room(struct capture_lines *lines)
{
    size_t kept = lines->end - lines->begin;
    if (lines->begin > 0) {
        memmove(lines->buffer, lines->buffer + lines->begin, kept);
        lines->begin = 0;
        lines->end = kept;
    }
    if (kept < lines->capacity / 2) {
        return MM_OK;
    }
    if (kept > CAPTURE_LINE_MAX) {
        return fail_line(lines, "the line is longer than 16 MiB");
    }
    char *grown = mm_alloc(lines->capacity * 2, 1);
    memcpy(grown, lines->buffer, kept);
    free(lines->buffer);
    lines->buffer = grown;
    lines->capacity *= 2;
    return MM_OK;
}

static size_t room_in(const struct capture_lines *lines)
{
    return lines->capacity - 1 - lines->end; // one byte is kept for the end of the last line
}

static void fill_plain(struct capture_lines *lines)
{
    size_t room = room_in(lines);
    size_t size = lines->input_size < room ? lines->input_size : room;
    memcpy(lines->buffer + lines->end, lines->input, size);
    lines->input += size;
    lines->input_size -= size;
    lines->end += size;
    lines->input_done = lines->input_size == 0;
}

// A gzip file may consist of several members, one after the other.
static int end_member(struct capture_lines *lines)
{
    lines->at_member = false;
    if (lines->input_size == 0) {
        lines->input_done = true;
        return MM_OK;
    }
    lines->at_member = true;
    return inflateReset(&lines->stream) == Z_OK ? MM_OK : fail_line(lines, "inflate failed");
}

static int fill_gzip(struct capture_lines *lines)
{
    z_stream *stream = &lines->stream;
    size_t room = room_in(lines);
    size_t offered = lines->input_size < INPUT_STEP ? lines->input_size : INPUT_STEP;
    stream->next_in = (z_const Bytef *)lines->input;
    stream->avail_in = (uInt)offered;
    stream->next_out = (Bytef *)lines->buffer + lines->end;
    stream->avail_out = (uInt)room;
    int result = inflate(stream, Z_NO_FLUSH);
    size_t used = offered - stream->avail_in;
    size_t made = room - stream->avail_out;
    lines->input += used;
    lines->input_size -= used;
    lines->end += made;
    if (result == Z_STREAM_END) {
        return end_member(lines);
    }
    if (result == Z_MEM_ERROR) {
        return mm_fail(MM_ERROR_SYSTEM, "%s: no memory to inflate it", lines->name);
    }
    if (result != Z_OK && result != Z_BUF_ERROR) {
        return fail_line(lines, "the gzip data is damaged");
    }
    if (lines->input_size == 0 && made == 0) {
        return fail_line(lines, "the gzip file is cut short");
    }
    return MM_OK;
}

static int fill_zip(struct capture_lines *lines)
{
    size_t count = 0;
    int status = capture_archive_read(&lines->zip, lines->name, lines->buffer + lines->end,
                                      room_in(lines), &count);
    lines->end += count;
    lines->input_done = count == 0;
    return status;
}

static int fill(struct capture_lines *lines)
{
    int status = make_room(lines);
    if (status < 0) {
        return status;
    }
    if (lines->advance != NULL) {
        lines->advance(lines->advance_context, lines->name, lines->input_total - lines->input_size,
                       lines->input_total);
    }
    if (lines->zip.archive != NULL) {
        return fill_zip(lines);
    }
    if (!lines->is_gzip) {
        fill_plain(lines);
        return MM_OK;
    }
    return fill_gzip(lines);
}

int capture_lines_next(struct capture_lines *lines, const char **text, size_t *length)
{
    size_t searched = lines->begin;
    for (;;) {
        const char *from = lines->buffer + searched;
        char *newline = memchr(from, '\n', lines->end - searched);
        if (newline != NULL) {
            *text = lines->buffer + lines->begin;
            *length = (size_t)(newline - *text);
            lines->begin = (size_t)(newline - lines->buffer) + 1;
            lines->line++;
            return 1;
        }
        if (lines->input_done) {
            break;
        }
        size_t seen = lines->end - lines->begin;
        int status = fill(lines);
        if (status < 0) {
            return status;
        }
        searched = lines->begin + seen;
    }
    if (lines->begin == lines->end) {
        return 0;
    }
    // The last line lacks its end: give it one.
    lines->buffer[lines->end++] = '\n';
    *text = lines->buffer + lines->begin;
    *length = lines->end - 1 - lines->begin;
    lines->begin = lines->end;
    lines->line++;
    return 1;
}
