// Where a run's files go (docs/artifacts.md), one process at a time.
//
//   ROOT/.run.lock  runtime_overrides.json  profiles/  latest/  snapshots/
//
// Every file appears whole or not at all. Nothing under ROOT holds wall-clock time but the lock
// file and the names of snapshots, so that equal runs leave equal bytes. The struct is the caller's
// memory and owns its texts; one thread.
#ifndef MM_SOAK_ARTIFACT_MANAGER_H
#define MM_SOAK_ARTIFACT_MANAGER_H

#include "base/error.h"
#include "base/lock.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { ARTIFACT_HASH_SIZE = 33 }; // XXH3-128 in hexadecimal, ended by NUL

struct artifacts {
    char *root; // owned
    struct lock lock;
    bool begun;
};

// Makes ROOT, takes its lock and checks the profiles in it against the binary's. MM_ERROR_USAGE
// when another process holds it or a profile differs; nothing else has been touched then.
int artifacts_open(struct artifacts *artifacts, const char *root) MM_CHECKED;

// Starts a run: the last one's latest/ becomes snapshots/<the time it started>, latest/ is empty,
// the profiles are there.
int artifacts_begin(struct artifacts *artifacts) MM_CHECKED;

// Goes on with the run in latest/ instead; the lock file keeps the time it was started.
int artifacts_continue(struct artifacts *artifacts) MM_CHECKED;

// Writes ROOT/NAME, e.g. "latest/KPI_GATE.json". With `hash` not NULL also the hash of the bytes.
int artifacts_write_json(struct artifacts *artifacts, const char *name, const json_t *document,
                         char hash[ARTIFACT_HASH_SIZE]) MM_CHECKED;
int artifacts_write_text(struct artifacts *artifacts, const char *name,
                         const char *text) MM_CHECKED;

// The hash that artifacts_write_json would give, without writing.
void artifacts_hash_json(const json_t *document, char hash[ARTIFACT_HASH_SIZE]);

// XXH3-128 of bytes, as artifacts write it.
void artifact_hash(const char *bytes, size_t size, char out[ARTIFACT_HASH_SIZE]);

// ROOT/NAME for others that write; to be freed by the caller.
char *artifacts_path(const struct artifacts *artifacts, const char *name);

void artifacts_close(struct artifacts *artifacts); // accepts a zeroed one

#endif
