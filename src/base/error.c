#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// The analyser's macros of these names stop here, because here are the functions.
#undef mm_fail
#undef mm_fail_add

struct error_stack {
    char lines[MM_ERROR_LINES][MM_ERROR_LINE_SIZE]; // [0] is the origin
    unsigned count;
    unsigned dropped;
};

static _Thread_local struct error_stack stack;

static void push(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

static void push(const char *format, va_list arguments)
{
    if (stack.count == MM_ERROR_LINES) {
        stack.dropped++;
        return;
    }
    char *line = stack.lines[stack.count++];
    int length = vsnprintf(line, MM_ERROR_LINE_SIZE, format, arguments);
    if (length >= MM_ERROR_LINE_SIZE) {
        memcpy(line + MM_ERROR_LINE_SIZE - 4, "...", 4);
    }
}

int mm_fail(enum mm_error code, const char *format, ...)
{
    mm_error_clear();
    va_list arguments;
    va_start(arguments, format);
    push(format, arguments);
    va_end(arguments);
    return code;
}

int mm_fail_add(int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    push(format, arguments);
    va_end(arguments);
    return code;
}

const char *mm_error_text(void)
{
    // Lines, the ": " after each, and the count of what was not kept.
    static _Thread_local char text[MM_ERROR_LINES * (MM_ERROR_LINE_SIZE + 2) + 64];
    size_t used = 0;
    text[0] = '\0';
    if (stack.dropped > 0) {
        used += (size_t)snprintf(text, sizeof text, "(%u outer lines not kept): ", stack.dropped);
    }
    for (unsigned i = stack.count; i > 0; i--) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", stack.lines[i - 1],
                                 i > 1 ? ": " : "");
    }
    return text;
}

void mm_error_clear(void)
{
    stack.count = 0;
    stack.dropped = 0;
}

int mm_error_exit_code(int code)
{
    switch (code) {
    case MM_OK:
        return 0;
    case MM_ERROR_USAGE:
        return 2;
    case MM_ERROR_STOPPED:
        return 130;
    default:
        return 4;
    }
}
