#include "sweep/workers.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/platform.h"

#include <stdlib.h>
#include <string.h>

enum { TICK_NS = 100000000, SLOT_ALIGNMENT = 64 };

struct pool_of_workers {
    const struct workers_tasks *tasks;
    size_t count, slot_size, running;
    unsigned char *slots;               // owned, shared with the workers
    struct platform_process *processes; // owned
    uint32_t *task_of;                  // owned; by worker
    void **running_slots;               // owned; for tick
};

struct assignment {
    const struct workers_tasks *tasks;
    uint32_t task;
    void *slot;
};

static void *slot_at(const struct pool_of_workers *pool, size_t worker)
{
    return pool->slots + worker * pool->slot_size;
}

static int work(void *context)
{
    const struct assignment *assignment = context;
    assignment->tasks->work(assignment->tasks->context, assignment->task, assignment->slot);
    return 0;
}

static int start(struct pool_of_workers *pool, size_t worker, uint32_t task)
{
    struct assignment assignment = {pool->tasks, task, slot_at(pool, worker)};
    memset(assignment.slot, 0, pool->slot_size);
    int status = platform_process_start(work, &assignment, &pool->processes[worker]);
    if (status < 0) {
        return mm_fail(MM_ERROR_SYSTEM, "cannot start a process: %s", platform_error_text(status));
    }
    pool->task_of[worker] = task;
    pool->running++;
    return MM_OK;
}

// Gives every idle worker a task; *more false when there are none left.
static int start_idle(struct pool_of_workers *pool, bool *more)
{
    for (size_t i = 0; i < pool->count && *more; i++) {
        if (pool->processes[i].id != 0) {
            continue;
        }
        uint32_t task = 0;
        int code = pool->tasks->next(pool->tasks->context, &task, more);
        if (code == MM_OK && *more) {
            code = start(pool, i, task);
        }
        if (code != MM_OK) {
            return code;
        }
    }
    return MM_OK;
}

static void tick(struct pool_of_workers *pool)
{
    size_t running = 0;
    for (size_t i = 0; i < pool->count; i++) {
        if (pool->processes[i].id != 0) {
            pool->running_slots[running++] = slot_at(pool, i);
        }
    }
    pool->tasks->tick(pool->tasks->context, pool->running_slots, running);
}

static int collect(struct pool_of_workers *pool)
{
    size_t ended = pool->count;
    int status = 0;
    int code = platform_process_wait(pool->processes, pool->count, TICK_NS, &ended, &status);
    if (code < 0) {
        return mm_fail(MM_ERROR_SYSTEM, "cannot wait for a process: %s", platform_error_text(code));
    }
    if (ended == pool->count) {
        return MM_OK;
    }
    pool->running--;
    return pool->tasks->done(pool->tasks->context, pool->task_of[ended], slot_at(pool, ended),
                             status);
}

static int work_through(struct pool_of_workers *pool, const volatile sig_atomic_t *stop)
{
    bool more = true;
    int code = start_idle(pool, &more);
    while (code == MM_OK && pool->running > 0) {
        if (*stop != 0) {
            return mm_fail(MM_ERROR_STOPPED, "stopped by a signal");
        }
        code = collect(pool);
        if (code == MM_OK && *stop == 0) {
            code = start_idle(pool, &more);
        }
        tick(pool);
    }
    return code == MM_OK && *stop != 0 ? mm_fail(MM_ERROR_STOPPED, "stopped by a signal") : code;
}

int workers_run(const struct workers_tasks *tasks, uint32_t count,
                const volatile sig_atomic_t *stop)
{
    MM_ASSERT(count > 0 && count <= WORKERS_MAX);
    size_t slot_size = (tasks->slot_size + SLOT_ALIGNMENT - 1) / SLOT_ALIGNMENT * SLOT_ALIGNMENT;
    struct pool_of_workers pool = {.tasks = tasks, .count = count, .slot_size = slot_size};
    pool.slots = platform_pages_shared(count * slot_size);
    if (pool.slots == NULL) {
        return mm_fail(MM_ERROR_SYSTEM, "cannot have %zu bytes for %u workers", count * slot_size,
                       (unsigned)count);
    }
    pool.processes = mm_alloc(count, sizeof *pool.processes);
    pool.task_of = mm_alloc(count, sizeof *pool.task_of);
    pool.running_slots = mm_alloc(count, sizeof *pool.running_slots);
    int code = work_through(&pool, stop);
    for (size_t i = 0; i < count; i++) {
        platform_process_kill(&pool.processes[i]);
    }
    free(pool.running_slots);
    free(pool.task_of);
    free(pool.processes);
    platform_pages_free(pool.slots, count * slot_size);
    return code;
}
