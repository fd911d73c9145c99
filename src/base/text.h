// A text that grows as it is written: for reports and lines that are put together from parts.
//
// The struct is the caller's memory and owns its bytes from the first text_add to text_fini. One
// that is kept and cleared allocates only until it has been as large as it gets.
#ifndef MM_BASE_TEXT_H
#define MM_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    char *bytes; // owned; NULL or ended by NUL
    size_t size; // without the NUL
    size_t capacity;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_put(struct text *text, const char *bytes, size_t size); // as they are, NUL included
void text_integer(struct text *text, int64_t value);              // many times faster than text_add
static inline void text_word(struct text *text, const char *word)
{
    text_put(text, word, strlen(word));
}
const char *text_string(const struct text *text); // "" when empty; valid until the next call
void text_clear(struct text *text);               // empties it and keeps the memory
void text_cut(struct text *text, size_t size);    // to its first `size` bytes
void text_fini(struct text *text);                // accepts a zeroed one

#endif
