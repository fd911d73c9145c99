// Keeps what runs leave small: the newest summaries, old snapshots packed, a limit for the whole.
//
// Under ROOT: latest/ keeps the newest `keep` ITER_SUMMARY files by their number and everything
// else; a snapshot whose run was started more than `ttl_ns` ago becomes snapshots/<start>.tar.gz;
// above `max_bytes` the oldest archives go, then the oldest snapshots. Each step is logged and
// added to rotation/ROTATION_LOG.jsonl. An archive appears whole before its snapshot goes, so that
// a killed or failed rotation loses nothing and is finished by the next; equal snapshots give equal
// archives. The caller holds ROOT's lock; one thread.
#ifndef MM_SOAK_ROTATION_H
#define MM_SOAK_ROTATION_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

struct rotation_limits {
    uint32_t keep;
    int64_t ttl_ns;
    uint64_t warn_bytes, max_bytes;
};

struct rotation_limits rotation_limits_default(void); // 100, 7 days, 500 MB, 900 MB

struct rotation_result {
    uint32_t pruned, packed, removed, failed; // files, snapshots, archives, steps that failed
    uint64_t bytes_before, bytes_after;
    bool warns; // more than warn_bytes are left
};

// `now_ns` is wall time. `said` (may be NULL) gets a line per step. A step that fails, for example
// on a full disk, is counted and logged, and the others go on; an error only when nothing can be
// done at all. With `dry_run` nothing is changed and bytes_after is what it would be, archives
// counted as large as their snapshots.
int rotation_run(const char *root, const struct rotation_limits *limits, int64_t now_ns,
                 bool dry_run, struct text *said, struct rotation_result *out) MM_CHECKED;

// Writes the directory's files as a .tar.gz at `archive`, the same bytes for the same files.
int rotation_pack(const char *directory, const char *archive) MM_CHECKED;

#endif
