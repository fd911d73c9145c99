// Looks a host's addresses up on a thread of its own, because the name service may take as long as
// it likes: whoever asked goes on and looks now and then whether there is an answer.
//
// One look-up at a time. A thread that is still waiting when its resolver ends is left to end by
// itself. One owner thread.
#ifndef MM_NET_RESOLVER_H
#define MM_NET_RESOLVER_H

#include "base/platform.h"

#include <stdbool.h>
#include <stddef.h>

enum { RESOLVER_ADDRESSES_MAX = 8, RESOLVER_HOST_SIZE = 256 };

struct resolver_job;
struct resolver {
    struct resolver_job *job; // shared with its thread; NULL: none
};

struct resolver_answer {
    char addresses[RESOLVER_ADDRESSES_MAX][PLATFORM_ADDRESS_SIZE];
    size_t count; // 0: there is none, and `reason` says why
    char reason[PLATFORM_REASON_SIZE];
};

// Begins a look-up, unless one is going on. False when no thread can be had.
bool resolver_ask(struct resolver *resolver, const char *host);

// The answer, once, when it has come.
bool resolver_take(struct resolver *resolver, struct resolver_answer *out);

void resolver_fini(struct resolver *resolver); // accepts a zeroed one

#endif
