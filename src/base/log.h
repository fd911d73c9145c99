// Structured log: one line per event, `key=value` pairs (logfmt), to stderr by default.
//
//   log_event(LOG_INFO, "soak_start", "profile=%s seed=%" PRIu64, profile, seed);
//   -> t=2026-01-01T00:00:00.000Z level=info event=soak_start profile=alt seed=42
//
// Lines with the same event name beyond LOG_BURST in one second of wall time are dropped and a
// following line says how many (`repeats=N`). Values with blanks or quotes must be passed through
// log_quote(). The log is never part of what determinism compares. Called from one thread.
#ifndef MM_BASE_LOG_H
#define MM_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };
enum { LOG_BURST = 20, LOG_LINE_SIZE = 2048 };

void log_init(FILE *sink, enum log_level threshold); // sink borrowed until the next log_init
void log_event(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Writes the `repeats` lines still due; before the process ends.
void log_flush(void);
// Replaces the wall clock in ns, for tests; NULL brings it back.
void log_set_clock(int64_t (*wall_ns)(void));
// As log_event at LOG_INFO, but never dropped as a repeat: for verdicts and applied changes, whose
// number is bounded by what they are about.
void log_decision(const char *event, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Sees what log_event and log_decision say at `threshold` or above, whatever is written to the
// sink: on the thread that logs, `line` whole as it is written, without its newline, borrowed for
// the call. NULL takes it away.
struct log_tap {
    void *context;
    enum log_level threshold;
    void (*line)(void *context, enum log_level level, int64_t wall_ns, const char *event,
                 const char *line);
};
void log_set_tap(const struct log_tap *tap); // copied

const char *log_level_name(enum log_level level); // "debug", ...; static

// Quotes and escapes `text` into `out` (size bytes, always terminated) and returns `out`.
const char *log_quote(const char *text, char *out, size_t size);
int log_level_parse(const char *text, enum log_level *out); // 0 or -1

#endif
