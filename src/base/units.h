// Durations and sizes as people write them: a decimal number and a unit. Pure; no allocation.
//
// Durations: ns, us, ms, s, m, h, d (`500ms`, `1.5h`); only `0` needs no unit. Sizes: bytes, or K,
// M, G, T of 1024 each (`500M`). A value that is no whole number of ns or bytes is refused.
#ifndef MM_BASE_UNITS_H
#define MM_BASE_UNITS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { DURATION_TEXT_SIZE = 32 };

// MM_ERROR_USAGE says what is wrong with the text; *out is then not written. Never negative.
int duration_parse(const char *text, int64_t *out_ns) MM_CHECKED;
int size_parse(const char *text, uint64_t *out_bytes) MM_CHECKED;

// Writes the duration in the largest unit of which it is a whole number (`15m`, `1500ms`), or from
// one second on, when that would be us or ns, in seconds (`57.467941573s`); returns the length.
// `out` holds DURATION_TEXT_SIZE bytes.
size_t duration_print(int64_t duration_ns, char *out);

#endif
