// The bounded error stack: an operating error is a negative code plus a story a person can read.
//
// A function that fails returns a negative `enum mm_error` and has pushed one line at the origin
// with mm_fail(); every caller that passes it on may add a line with mm_fail_add(). The text is
// kept per thread, at most MM_ERROR_LINES lines of MM_ERROR_LINE_SIZE bytes; further lines are
// counted, not kept. Nothing here allocates. Refusals (a risk reject, an order rejected) are
// values, not errors.
#ifndef MM_BASE_ERROR_H
#define MM_BASE_ERROR_H

#include <stddef.h>

enum mm_error {
    MM_OK = 0,
    MM_ERROR_USAGE = -1,  // wrong flag, key or value given by the operator: exit code 2
    MM_ERROR_INPUT = -2,  // a file or stream that cannot be trusted: exit code 4
    MM_ERROR_SYSTEM = -3, // the machine said no (disk, memory, permissions): exit code 4
    MM_ERROR_STOPPED = -4 // asked to stop by a signal: exit code 130 or 143
};

enum { MM_ERROR_LINES = 8, MM_ERROR_LINE_SIZE = 512 };

// Clears the stack, pushes the formatted line and returns `code`.
int mm_fail(enum mm_error code, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Adds one line of context above what is there and returns `code` unchanged.
int mm_fail_add(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

// The static analyser sees one file at a time; told what comes back, it does not follow the paths
// on which a failure would be a success.
#ifdef __clang_analyzer__
#define mm_fail(code, ...) ((void)mm_fail(code, __VA_ARGS__), (int)(code))
#define mm_fail_add(code, ...) ((void)mm_fail_add(code, __VA_ARGS__), (int)(code))
#endif

// Outermost context first, joined by ": ". Static per thread, valid until the next call here.
const char *mm_error_text(void);

void mm_error_clear(void);

// Exit code of DESIGN 11 for an error code: 2 for USAGE, 4 for INPUT and SYSTEM, 130 for STOPPED.
int mm_error_exit_code(int code);

#define MM_CHECKED __attribute__((warn_unused_result))

#endif
