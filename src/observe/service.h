// The run's HTTP address: page, feed, snapshots, metrics and requests (docs/feed.md, control.md).
//
// Runs on a thread of its own from service_start to service_stop and only ever sees what the
// publisher has copied for it, so that the engine neither waits for it nor for anyone who reads.
// Without a publisher it serves one fixed state and refuses requests. The service owns its token,
// and the file DIR/.control.json with it from service_announce to service_destroy.
#ifndef MM_OBSERVE_SERVICE_H
#define MM_OBSERVE_SERVICE_H

#include "base/error.h"
#include "net/address.h"
#include "observe/publisher.h"

struct service;

enum { SERVICE_LINK_SIZE = 192 };

struct service_config {
    struct address address;
    const char *certificate_file, *key_file; // both or none; a server of TLS with them
    struct publisher *publisher;             // borrowed; NULL = `fixed_state`
    const char *fixed_state;                 // borrowed; a state message
    const char *directory;                   // borrowed; of the run's artifacts, NULL = none
};

// Listens. MM_ERROR_USAGE when the address cannot be had.
int service_create(const struct service_config *config, struct service **out) MM_CHECKED;
int service_start(struct service *service) MM_CHECKED;

// Writes DIR/.control.json for `mmbot ctl`; once the directory is the run's own. Any thread.
int service_announce(struct service *service) MM_CHECKED;

// The link to the page with the token at its end.
void service_link(const struct service *service, char out[SERVICE_LINK_SIZE]);

void service_stop(struct service *service);    // waits for its thread
void service_destroy(struct service *service); // stopped or never started; accepts NULL

// What it has done so far; exact once it is stopped.
struct service_counters {
    uint64_t frames_sent, frames_dropped, clients_cut, wrong_tokens, requests[5];
    uint32_t clients;
};
struct service_counters service_counters(const struct service *service);

#endif
