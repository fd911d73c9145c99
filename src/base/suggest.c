#include "base/suggest.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Edits between two names of at most SUGGEST_NAME_MAX characters, one row of the table at a time.
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t row[SUGGEST_NAME_MAX + 1];
    for (size_t j = 0; j <= b_length; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = smaller(replaced, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_length];
}

const char *suggest_name(const char *name, const char *const *candidates, size_t count)
{
    size_t length = strlen(name);
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    for (size_t i = 0; i < count && length <= SUGGEST_NAME_MAX; i++) {
        size_t other = strlen(candidates[i]);
        if (other > SUGGEST_NAME_MAX) {
            continue;
        }
        size_t distance = edit_distance(name, length, candidates[i], other);
        size_t longer = length > other ? length : other;
        bool near = distance * 3 <= longer;
        bool beginning = length >= 3 && strncmp(name, candidates[i], length) == 0;
        if ((near || beginning) && distance < best_distance) {
            best = candidates[i];
            best_distance = distance;
        }
    }
    return best;
}
