// The exchange of bourse.h on a port: REST, WebSocket and control over one server (net/server.h),
// in real time. What it knows of sockets ends here.
//
// The struct is on the heap and owns the server; the exchange is the caller's and must outlive it.
// One thread: serve_run.
#ifndef MM_BOURSE_SERVE_H
#define MM_BOURSE_SERVE_H

#include "bourse/bourse.h"

#include <signal.h>
#include <stdint.h>

struct serve;

struct serve_config {
    const char *address;                     // numeric
    uint16_t port;                           // 0 = a free one
    const char *certificate_file, *key_file; // PEM; NULL = no TLS
    const volatile sig_atomic_t *stop;       // serve_run ends when it is not 0
};

// The sink to create the exchange with, before serve_open.
struct serve *serve_create(void);
void serve_destroy(struct serve *serve); // accepts NULL
struct bourse_sink serve_sink(struct serve *serve);

// Listens. MM_ERROR_USAGE when it cannot.
int serve_open(struct serve *serve, struct bourse *bourse,
               const struct serve_config *config) MM_CHECKED;
uint16_t serve_port(const struct serve *serve);

// The present time as the exchange counts it.
int64_t serve_now_ns(struct serve *serve);

// Until it is told to stop, or every recorded market has ended.
void serve_run(struct serve *serve);

#endif
