#include "net/resolver.h"

#include "base/memory.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct resolver_job {
    atomic_int users; // the resolver and the thread; the last one frees it
    atomic_bool done;
    char host[RESOLVER_HOST_SIZE];
    struct resolver_answer answer; // the thread's until done
};

static void release(struct resolver_job *job)
{
    if (atomic_fetch_sub(&job->users, 1) == 1) {
        free(job);
    }
}

static void look_up(void *context)
{
    struct resolver_job *job = context;
    (void)platform_resolve(job->host, job->answer.addresses, RESOLVER_ADDRESSES_MAX,
                           &job->answer.count, job->answer.reason);
    atomic_store(&job->done, true);
    release(job);
}

bool resolver_ask(struct resolver *resolver, const char *host)
{
    if (resolver->job != NULL) {
        return true;
    }
    struct resolver_job *job = mm_alloc(1, sizeof *job);
    struct platform_thread thread = {0};
    atomic_init(&job->users, 2);
    atomic_init(&job->done, false);
    (void)snprintf(job->host, sizeof job->host, "%s", host);
    if (platform_thread_start(look_up, job, &thread) < 0) {
        free(job);
        return false;
    }
    platform_thread_detach(&thread);
    resolver->job = job;
    return true;
}

bool resolver_take(struct resolver *resolver, struct resolver_answer *out)
{
    struct resolver_job *job = resolver->job;
    if (job == NULL || !atomic_load(&job->done)) {
        return false;
    }
    *out = job->answer;
    resolver->job = NULL;
    release(job);
    return true;
}

void resolver_fini(struct resolver *resolver)
{
    if (resolver->job != NULL) {
        release(resolver->job);
        resolver->job = NULL;
    }
}
