#include "base/text.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct text *text, size_t size)
{
    if (size <= text->capacity) {
        return;
    }
    size_t capacity = size > 2 * text->capacity ? size : 2 * text->capacity;
    char *bytes = mm_alloc(capacity, 1);
    if (text->bytes != NULL) {
        memcpy(bytes, text->bytes, text->size + 1);
        free(text->bytes);
    }
    text->bytes = bytes;
    text->capacity = capacity;
}

static size_t add_formatted(struct text *text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

// Formats into the memory that is there; returns the length of the whole.
static size_t add_formatted(struct text *text, const char *format, va_list arguments)
{
    size_t room = text->capacity - text->size;
    char *end = room > 0 ? text->bytes + text->size : NULL;
    int length = vsnprintf(end, room, format, arguments);
    MM_ASSERT(length >= 0);
    return (size_t)length;
}

void text_add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = add_formatted(text, format, arguments);
    va_end(arguments);
    if (length >= text->capacity - text->size) {
        reserve(text, text->size + length + 1);
        va_start(arguments, format);
        (void)add_formatted(text, format, arguments);
        va_end(arguments);
    }
    text->size += length;
}

void text_put(struct text *text, const char *bytes, size_t size)
{
    reserve(text, text->size + size + 1);
    if (size > 0) {
        memcpy(text->bytes + text->size, bytes, size);
    }
    text->size += size;
    text->bytes[text->size] = '\0';
}

void text_integer(struct text *text, int64_t value)
{
    char digits[20]; // of 2^63, and a sign
    size_t count = 0;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[sizeof digits - ++count] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0) {
        digits[sizeof digits - ++count] = '-';
    }
    text_put(text, digits + sizeof digits - count, count);
}

const char *text_string(const struct text *text)
{
    return text->bytes != NULL ? text->bytes : "";
}

void text_clear(struct text *text)
{
    text_cut(text, 0);
}

void text_cut(struct text *text, size_t size)
{
    MM_ASSERT(size <= text->size);
    text->size = size;
    if (text->bytes != NULL) {
        text->bytes[size] = '\0';
    }
}

void text_fini(struct text *text)
{
    free(text->bytes);
    *text = (struct text){0};
}
