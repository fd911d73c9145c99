// Who asked for what, when, and what became of it: kept in a file of JSON lines and in memory.
//
// DIRECTORY/control/AUDIT.jsonl gets a line when a request is taken and one when it has ended; at
// 1 MB it becomes AUDIT.jsonl.1. The newest requests are kept in memory for whoever asks after
// them. One owner thread, the server's.
#ifndef MM_OBSERVE_AUDIT_H
#define MM_OBSERVE_AUDIT_H

#include "net/server.h"
#include "soak/operator.h"

#include <jansson.h>

enum { AUDIT_WHO_SIZE = 32 + NET_ADDRESS_SIZE + 2, AUDIT_KEPT = 100, AUDIT_STATE_SIZE = 16 };

struct audit_entry {
    uint64_t id;                   // from 1
    int64_t wall_ns, done_wall_ns; // 0 = not yet
    char who[AUDIT_WHO_SIZE];
    char action[16];
    const char *state; // static: "accepted", "working", "done", "failed", "refused"
    bool has_open_orders;
    uint32_t open_orders;
    char text[OPERATOR_TEXT_SIZE];
};

struct audit {
    char *directory; // owned; NULL = nothing is written
    uint64_t count;
    uint64_t failed_writes;
    struct audit_entry entries[AUDIT_KEPT]; // ring; entry n is at n % AUDIT_KEPT
};

void audit_init(struct audit *audit, const char *directory); // NULL = none
void audit_fini(struct audit *audit);

// Takes a new entry; its id and time are filled in. Valid until AUDIT_KEPT more have come.
struct audit_entry *audit_add(struct audit *audit, const char *who, const char *action,
                              const char *state, const char *text);
// Writes the entry as it is now; a failure is counted.
void audit_write(struct audit *audit, const struct audit_entry *entry);
// NULL when it is not kept.
struct audit_entry *audit_find(struct audit *audit, uint64_t id);

json_t *audit_json(const struct audit_entry *entry); // as in the feed; a new reference

#endif
