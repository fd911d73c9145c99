// The name somebody probably meant. Pure; no allocation.
#ifndef MM_BASE_SUGGEST_H
#define MM_BASE_SUGGEST_H

#include <stddef.h>

enum { SUGGEST_NAME_MAX = 64 }; // longer names get no suggestion

// The candidate with the fewest single-character edits to `name` (Levenshtein 1965), when those are
// at most a third of the longer one's length; the first of equals; NULL when none is near. A name
// that is a candidate's beginning of at least three characters counts as near too.
const char *suggest_name(const char *name, const char *const *candidates, size_t count);

#endif
