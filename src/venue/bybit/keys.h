// The API key and its secret: from a file that only its owner may read, from standard input, or
// from the environment. Never from the command line, where anybody can see it, and never printed.
//
// Two lines, key=... and secret=..., in any order; blanks and lines that begin with # are left out.
// Plain struct of the caller's; bybit_keys_fini wipes it.
#ifndef MM_VENUE_BYBIT_KEYS_H
#define MM_VENUE_BYBIT_KEYS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { BYBIT_KEY_SIZE = 129 };

#define BYBIT_KEY_VARIABLE "MM_BYBIT_KEY"
#define BYBIT_SECRET_VARIABLE "MM_BYBIT_SECRET"

struct bybit_keys {
    char key[BYBIT_KEY_SIZE], secret[BYBIT_KEY_SIZE]; // both empty: none were given
};

// `path`: a file, "-" for standard input, NULL for the environment's values, which may be absent.
// MM_ERROR_USAGE says what is wrong with where they are, and never what they are.
int bybit_keys_read(const char *path, const char *env_key, const char *env_secret,
                    struct bybit_keys *out) MM_CHECKED;

// The same from the text of such a file.
int bybit_keys_parse(const char *text, size_t size, struct bybit_keys *out) MM_CHECKED;

bool bybit_keys_given(const struct bybit_keys *keys);
void bybit_keys_fini(struct bybit_keys *keys);

#endif
