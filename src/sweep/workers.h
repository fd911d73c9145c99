// A pool of processes that work through numbered tasks, each in a process of its own.
//
// A worker starts as a copy of this process, so everything opened before is there, shared and
// read-only maps included; it writes its outcome into a slot of memory shared with this process
// and ends. A worker that crashes takes nothing with it. This process alone calls `next`, `done`
// and `tick`; it must have one thread. When this process dies, so do its workers.
#ifndef MM_SWEEP_WORKERS_H
#define MM_SWEEP_WORKERS_H

#include "base/error.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORKERS_MAX = 1024 };

struct workers_tasks {
    void *context;
    size_t slot_size;
    // The next task; *out_any false when there is none left.
    int (*next)(void *context, uint32_t *out_task, bool *out_any);
    // In the worker: does the task and writes its outcome into the zeroed slot.
    void (*work)(void *context, uint32_t task, void *slot);
    // A worker has ended; `status` is 0, or what it ended with, negative for a signal.
    int (*done)(void *context, uint32_t task, const void *slot, int status);
    // At least every 100 ms, with the slots of the `running` workers.
    void (*tick)(void *context, void *const *slots, size_t running);
};

// Works through all tasks, at most `count` (1 .. WORKERS_MAX) at once. An error of `next` or `done`
// ends it, and so does *stop (MM_ERROR_STOPPED): what still runs is killed.
int workers_run(const struct workers_tasks *tasks, uint32_t count,
                const volatile sig_atomic_t *stop) MM_CHECKED;

#endif
