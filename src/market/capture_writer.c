#include "market/capture_writer.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/platform.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { RING_SIZE = 16 << 20, HEAD_SIZE = 128, POLL_NS = 20000000, CHUNK_SIZE = 1 << 18 };
_Static_assert((RING_SIZE & (RING_SIZE - 1)) == 0, "positions wrap by a mask");

struct capture_writer {
    gzFile file;
    char *path, *ring;        // owned
    atomic_size_t head, tail; // run on: taken, put
    atomic_bool ending, failed;
    struct platform_thread thread;
    struct capture_writer_counters counters;
    bool owes_gap; // a line was lost
};

// ---- the thread ----

static void write_some(struct capture_writer *writer, size_t from, size_t to)
{
    while (from < to && !atomic_load(&writer->failed)) {
        size_t at = from & (RING_SIZE - 1);
        size_t size = RING_SIZE - at < to - from ? RING_SIZE - at : to - from;
        size = size < CHUNK_SIZE ? size : CHUNK_SIZE;
        if (gzwrite(writer->file, writer->ring + at, (unsigned)size) != (int)size) {
            atomic_store(&writer->failed, true);
        }
        from += size;
        atomic_store(&writer->head, from);
    }
    atomic_store(&writer->head, to);
}

static void run_writer(void *context)
{
    struct capture_writer *writer = context;
    for (;;) {
        bool ending = atomic_load(&writer->ending); // before the last look at what there is
        size_t head = atomic_load(&writer->head), tail = atomic_load(&writer->tail);
        if (head != tail) {
            write_some(writer, head, tail);
        } else if (ending) {
            return;
        } else {
            platform_sleep_ns(POLL_NS);
        }
    }
}

// ---- who adds ----

static void put(struct capture_writer *writer, size_t *tail, const char *data, size_t size)
{
    size_t at = *tail & (RING_SIZE - 1);
    size_t first = RING_SIZE - at < size ? RING_SIZE - at : size;
    memcpy(writer->ring + at, data, first);
    memcpy(writer->ring, data + first, size - first);
    *tail += size;
}

// A message may hold line ends between its tokens; in a capture a line is a message.
static void join_lines(struct capture_writer *writer, size_t from, size_t to)
{
    for (; from < to; from++) {
        char *c = &writer->ring[from & (RING_SIZE - 1)];
        *c = *c == '\n' ? ' ' : *c;
    }
}

static bool add_line(struct capture_writer *writer, int64_t local_ns, const char *text, size_t size)
{
    char head[HEAD_SIZE];
    size_t tail = atomic_load(&writer->tail);
    size_t length = (size_t)snprintf(head, sizeof head, "%" PRId64 " ", local_ns);
    if (RING_SIZE - (tail - atomic_load(&writer->head)) < length + size + 1) {
        return false;
    }
    put(writer, &tail, head, length);
    put(writer, &tail, text, size);
    join_lines(writer, tail - size, tail);
    put(writer, &tail, "\n", 1);
    atomic_store(&writer->tail, tail);
    writer->counters.lines++;
    writer->counters.bytes += length + size + 1;
    return true;
}

void capture_writer_add(struct capture_writer *writer, int64_t local_ns, const char *text,
                        size_t size)
{
    if (writer->owes_gap) {
        capture_writer_gap(writer, local_ns, "lost_lines");
    }
    if (writer->owes_gap || !add_line(writer, local_ns, text, size)) {
        writer->owes_gap = true;
        writer->counters.lost++;
    }
}

void capture_writer_gap(struct capture_writer *writer, int64_t local_ns, const char *reason)
{
    char text[HEAD_SIZE];
    int size =
        snprintf(text, sizeof text,
                 "{\"topic\":\"" CAPTURE_GAP_TOPIC "\",\"type\":\"%.32s\",\"ts\":%" PRId64 "}",
                 reason, local_ns / 1000000);
    writer->owes_gap = !add_line(writer, local_ns, text, (size_t)size);
    writer->counters.gaps += !writer->owes_gap;
}

struct capture_writer_counters capture_writer_get_counters(const struct capture_writer *writer)
{
    return writer->counters;
}

// ---- life ----

static void free_writer(struct capture_writer *writer)
{
    free(writer->path);
    free(writer->ring);
    free(writer);
}

int capture_writer_create(const char *path, struct capture_writer **out)
{
    *out = NULL;
    if (file_exists(path)) {
        return mm_fail(MM_ERROR_USAGE, "%s is there already", path);
    }
    struct capture_writer *writer = mm_alloc(1, sizeof *writer);
    size_t size = strlen(path) + 1;
    writer->path = mm_alloc(size, 1);
    memcpy(writer->path, path, size);
    writer->ring = mm_alloc(RING_SIZE, 1);
    writer->file = gzopen(path, "wbx6");
    if (writer->file == NULL || platform_thread_start(run_writer, writer, &writer->thread) < 0) {
        if (writer->file != NULL) {
            (void)gzclose(writer->file);
        }
        free_writer(writer);
        return mm_fail(MM_ERROR_SYSTEM, "%s cannot be written", path);
    }
    *out = writer;
    return MM_OK;
}

int capture_writer_finish(struct capture_writer *writer)
{
    atomic_store(&writer->ending, true);
    platform_thread_join(&writer->thread);
    bool fine = gzclose(writer->file) == Z_OK && !atomic_load(&writer->failed);
    int code = fine ? MM_OK
                    : mm_fail(MM_ERROR_SYSTEM, "%s: the disk did not take all of it", writer->path);
    free_writer(writer);
    return code;
}
