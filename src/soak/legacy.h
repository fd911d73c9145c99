// Parameters as documents spell them, and the layout of files that mmbot config migrate replaces.
//
// Read, never written: flat keys, the nested ones of older tools ("engine.min_interval_ms",
// "risk.impact_cap_ratio", "quoting.*", "impact.*"), and the keys of theirs that nothing here acts
// on, which are named and left out. One parameter may be spelt twice only with one value. Structs
// are the caller's memory and own nothing.
#ifndef MM_SOAK_LEGACY_H
#define MM_SOAK_LEGACY_H

#include "base/error.h"
#include "base/text.h"
#include "trade/params.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { OVERRIDES_TEXT_SIZE = 40, OVERRIDES_IGNORED_SIZE = 256, LEGACY_FILES_MAX = 5 };

struct overrides {
    bool has[PARAM_COUNT];
    char texts[PARAM_COUNT][OVERRIDES_TEXT_SIZE]; // as written; ranges are the reader's business
    bool nested;                                  // some key was not flat
    char ignored[OVERRIDES_IGNORED_SIZE];         // known keys without an effect, or ""
};

// `origin` begins every error. MM_ERROR_USAGE for a key that nobody knows, a value that is no
// number, a parameter with two values.
int overrides_read(const json_t *document, const char *origin, struct overrides *out) MM_CHECKED;
// The refusal of an unknown key, with what may have been meant.
int overrides_refuse_key(const char *key, const char *origin) MM_CHECKED;

struct legacy_layout {
    const char *files[LEGACY_FILES_MAX]; // static names in the directory, of what is to be migrated
    size_t file_count;
    bool has_runtime; // runtime_overrides.json is one of them
    struct overrides runtime;
    bool has_profile; // PROFILE_overrides.json
    const char *profile_name;
    struct overrides profile;
};

// Before a run writes its own: the old layout's runtime_overrides.json goes to legacy/.
int legacy_keep_runtime(const char *directory) MM_CHECKED;

// Moves the old layout's files to legacy/ and writes runtime_overrides.json flat; says what it does
// (or, with `dry_run`, would do) line by line. Nothing to do is fine.
int legacy_migrate(const char *directory, bool dry_run, struct text *out) MM_CHECKED;

// What of the old layout is in `directory`; nothing (file_count 0) for a new one. Reads the values
// of runtime_overrides.json and, when `profile` is not NULL, of that profile's file.
int legacy_read(const char *directory, const char *profile, struct legacy_layout *out) MM_CHECKED;

#endif
