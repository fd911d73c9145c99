// Writes a raw capture as it happens: lines of `<receive time in ns> <message>`, gzipped, on a
// thread of its own, so that no disk makes the feed wait.
//
// The one who adds lines and the thread meet in a ring of bytes. A line that does not fit is lost
// and counted, and the next one that fits is preceded by a line that says so, as every known hole
// in a capture is: {"topic":"mmbot.gap","type":REASON,"ts":MILLISECONDS}. The importer makes a gap
// of it.
#ifndef MM_MARKET_CAPTURE_WRITER_H
#define MM_MARKET_CAPTURE_WRITER_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define CAPTURE_GAP_TOPIC "mmbot.gap"

struct capture_writer;

struct capture_writer_counters {
    uint64_t lines, bytes, gaps, lost; // lost: lines that did not fit
};

// Begins the file; one that exists is refused. MM_ERROR_USAGE, MM_ERROR_SYSTEM.
int capture_writer_create(const char *path, struct capture_writer **out) MM_CHECKED;

// `text` without its line's end; blanks at line ends within it are made spaces.
void capture_writer_add(struct capture_writer *writer, int64_t local_ns, const char *text,
                        size_t size);

// `reason` is one word.
void capture_writer_gap(struct capture_writer *writer, int64_t local_ns, const char *reason);

struct capture_writer_counters capture_writer_get_counters(const struct capture_writer *writer);

// Writes what is left and ends the file. MM_ERROR_SYSTEM when the disk did not take all of it.
int capture_writer_finish(struct capture_writer *writer) MM_CHECKED;

#endif
