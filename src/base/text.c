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

void text_add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    MM_ASSERT(length >= 0);
    reserve(text, text->size + (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text->bytes + text->size, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->size += (size_t)length;
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
