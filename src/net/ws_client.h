// WebSocket clients that stay connected, over libwebsockets: TLS, a look-out for silence, pings of
// the user's own, and a wait that grows between attempts.
//
// A loop is one context with its own poll; it is run by the thread that owns the clients, and every
// call and callback is on it, but for ws_loop_wake. Nothing in it waits for a name service. A loop
// owns its clients' connections, a client copies its configuration. Messages are whole; the memory
// of one is bounded. After create, plain connections allocate nothing per message.
#ifndef MM_NET_WS_CLIENT_H
#define MM_NET_WS_CLIENT_H

#include "base/error.h"
#include "net/backoff.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WS_PADDING = 16, // bytes behind a message that may be read, of which one may be changed
    WS_REASON_SIZE = 160,
    WS_READ_SIZE = 65536 // what is read from a socket at a time
};

struct ws_loop;
struct ws_client;

// `ca_file`: PEM certificates to trust in place of the system's; NULL: those. MM_ERROR_USAGE when
// they cannot be read.
int ws_loop_create(const char *ca_file, struct ws_loop **out) MM_CHECKED;
void ws_loop_destroy(struct ws_loop *loop); // after its clients; accepts NULL

// From now on ws_loop_run asks the sockets again and again in place of sleeping until one has
// something. What comes is seen at once, by a processor that is warm; it takes a whole core.
void ws_loop_poll_busily(struct ws_loop *loop);

// Serves the sockets until the monotonic clock reaches `until_ns`, something has arrived or
// changed, or ws_loop_wake is called. When it sleeps, a signal ends it, too.
void ws_loop_run(struct ws_loop *loop, int64_t until_ns);
void ws_loop_wake(struct ws_loop *loop); // from any thread

struct ws_client_config {
    const char *url;               // ws:// or wss://
    int64_t connect_ns;            // for a connection to be made [10 s]
    int64_t silence_ns;            // without any message, after which it is cut [40 s]
    int64_t ping_ns;               // between the user's own pings [20 s]
    const char *ping;              // their text; NULL: none
    struct backoff_config backoff; // zeroed: backoff_default
    uint64_t seed;                 // of the chance in the waits
    size_t message_size_max;       // a longer message cuts the connection [1 MiB]
    size_t send_size_max;          // of what is not sent yet [64 KiB]
    void *context;                 // given to every callback
    void (*opened)(void *context); // may be NULL
    // `data` is ended by NUL and has WS_PADDING bytes behind `size`.
    void (*message)(void *context, char *data, size_t size);
    void (*closed)(void *context, const char *reason); // also when an attempt failed; may be NULL
};

struct ws_counters {
    uint64_t attempts, opens, messages, bytes;
    uint64_t silences; // connections cut because nothing came
};

// Begins to connect at once, and again and again until destroyed. MM_ERROR_USAGE for the address.
int ws_client_create(struct ws_loop *loop, const struct ws_client_config *config,
                     struct ws_client **out) MM_CHECKED;
void ws_client_destroy(struct ws_client *client); // no callback after it; accepts NULL

bool ws_client_is_open(const struct ws_client *client);
const struct ws_counters *ws_client_counters(const struct ws_client *client);

// Sends a text message: at once if nothing waits before it, else as soon as the connection takes
// it. False when it is not open, when too much waits, or when it fails, which cuts it.
bool ws_client_send(struct ws_client *client, const char *data, size_t size);

// Cuts the connection, which is then made anew; `closed` is told the reason.
void ws_client_drop(struct ws_client *client, const char *reason);

#endif
