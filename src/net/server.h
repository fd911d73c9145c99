// An HTTP/1.1 and WebSocket server over libwebsockets: routes, endpoints, limits.
//
// One context with its own poll loop, run by the thread that calls net_server_run or by one of its
// own (net_server_start). Every callback comes on that thread, and every function here must be
// called on it, but for net_server_create, _start, _wake, _stop, _join, _port and _destroy.
// net_server_wake and net_server_stop may be called from any thread at any time and never wait.
//
// The server owns connections and copies what is given to it, unless a reply says that its body is
// static. What a request points to is borrowed for the call. Memory per connection is bounded by
// the limits below; a peer that sends too much, too fast or nothing, or takes nothing, is refused
// or cut, and counted.
#ifndef MM_NET_SERVER_H
#define MM_NET_SERVER_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct net_server;
struct net_connection; // carries one request at a time, or messages once it is a socket

enum {
    NET_ADDRESS_SIZE = 48, // a numeric address, ended by NUL
    NET_PATH_SIZE = 512,
    NET_QUERY_SIZE = 2048,
    NET_HEADER_SIZE = 1024, // of a kept header's value
    NET_HEADERS_MAX = 16
};

struct net_header {
    const char *name, *value;
};

struct net_request {
    const char *method; // "GET", "POST", ...
    const char *path;   // decoded, starts with '/'
    const char *query;  // what follows '?', decoded, fields joined by '&'; "" = none
    const char *peer;   // numeric address
    const char *body;   // ended by NUL; "" when there is none
    size_t body_size;
    const struct net_header *kept; // values of config.headers in their order; value NULL = absent
    uint32_t kept_count;
};

// The value of a kept header, NULL when absent. `name` as in config.headers.
const char *net_request_header(const struct net_request *request, const char *name);

// Copies a field of the query into `out`; false when absent or larger than `size` - 1.
bool net_request_field(const struct net_request *request, const char *name, char *out, size_t size);

struct net_reply {
    int status;
    const char *content_type; // NULL = none
    const char *body;         // NULL = none
    size_t body_size;
    bool body_is_static;              // lives as long as the server: not copied
    const struct net_header *headers; // beside config.reply_headers
    uint32_t header_count;
};

// Answers the connection's present request; every request is answered once, at once or later.
void net_reply(struct net_connection *connection, const struct net_reply *reply);

// The same with a JSON text of its own: {"error": "..."}.
void net_reply_error(struct net_connection *connection, int status, const char *text);

// Cuts the connection without an answer or a closing handshake.
void net_drop(struct net_connection *connection);

// What the user keeps with a connection; NULL at first.
void net_set_data(struct net_connection *connection, void *data);
void *net_data(const struct net_connection *connection);
const char *net_peer(const struct net_connection *connection);

struct net_route {
    const char *method;
    const char *path; // whole, or with is_prefix all that begins with it
    bool is_prefix;
    void (*handle)(void *context, struct net_connection *connection,
                   const struct net_request *request);
};

// A path at which connections become WebSockets. Any function but `message` may be NULL.
struct net_endpoint {
    const char *path;
    // 0, or the status with which the upgrade is refused.
    int (*accept)(void *context, struct net_connection *socket, const struct net_request *request);
    void (*opened)(void *context, struct net_connection *socket);
    // A whole message; longer ones than config.message_size_max close the socket with 1009.
    void (*message)(void *context, struct net_connection *socket, const char *data, size_t size);
    // The socket can take a message and net_socket_ask was called: writes the newest one into the
    // empty `out`, or leaves it empty. Queued messages go first.
    void (*ready)(void *context, struct net_connection *socket, struct text *out);
    void (*closed)(void *context, struct net_connection *socket);
};

// Sends a text message: at once if nothing waits before it, else as soon as the peer takes it.
// False when it does not fit the queue any more, and nothing is queued then, or when the socket
// fails.
bool net_socket_send(struct net_connection *socket, const char *data, size_t size);
// Has `ready` called when the socket can take a message.
void net_socket_ask(struct net_connection *socket);
// Whether it was asked for and has not been called yet: the peer reads slowly.
bool net_socket_is_asked(const struct net_connection *socket);
// A closing handshake after what is queued; `reason` is at most 120 bytes.
void net_socket_close(struct net_connection *socket, uint16_t code, const char *reason);
// Calls for every open socket of the endpoint.
void net_server_each_socket(struct net_server *server, const struct net_endpoint *endpoint,
                            void (*visit)(void *context, struct net_connection *socket),
                            void *context);

// Fields that are 0 take the value in brackets. Texts and tables are borrowed and outlive the
// server.
struct net_server_config {
    const char *address;                     // numeric [127.0.0.1]
    uint16_t port;                           // 0 = a free one
    const char *certificate_file, *key_file; // PEM, both or none: with them TLS only
    uint32_t connection_max;                 // [128]
    size_t header_size_max;       // of a request's line and headers [8192], at most 65535
    size_t body_size_max;         // [65536]
    size_t message_size_max;      // of a WebSocket message [65536]
    size_t socket_queue_size;     // of messages not yet sent per socket, in bytes [1 MiB]
    uint32_t requests_per_second; // per peer address, twice as many at once [no limit]
    int64_t idle_ns;              // a connection that sends no request, or half of one [15 s]
    int64_t stall_ns;             // a socket that takes nothing [10 s]
    int64_t ping_ns;              // a silent socket is pinged, and cut after as long again [20 s]
    int send_buffer_size;         // of a socket, in the system [the system's]
    const char *const *headers;   // lower-case names of the headers requests keep
    uint32_t header_count;
    const struct net_header *reply_headers; // of every reply
    uint32_t reply_header_count;
    const struct net_route *routes;
    uint32_t route_count;
    const struct net_endpoint *endpoints;
    uint32_t endpoint_count;
    void *context; // given to every callback
    // A connection is about to be forgotten, with all that was to be replied; may be NULL.
    void (*gone)(void *context, struct net_connection *connection);
    int64_t tick_ns;              // [100 ms]
    void (*tick)(void *context);  // every so often; may be NULL
    void (*woken)(void *context); // after net_server_wake, calls may be merged; may be NULL
};

// Listens. MM_ERROR_USAGE when address and port cannot be had or the certificate cannot be used.
int net_server_create(const struct net_server_config *config, struct net_server **out) MM_CHECKED;
void net_server_destroy(struct net_server *server); // not while it runs; accepts NULL

uint16_t net_server_port(const struct net_server *server);

void net_server_run(struct net_server *server);             // until net_server_stop
int net_server_start(struct net_server *server) MM_CHECKED; // the same on a thread of its own
void net_server_wake(struct net_server *server);
void net_server_stop(struct net_server *server);
void net_server_join(struct net_server *server); // after net_server_start and _stop

// What it has seen. Owned by its thread.
enum net_refusal {
    NET_REFUSED_CONNECTIONS, // too many at once
    NET_REFUSED_MALFORMED,   // closed without a request that could be read, also idle ones
    NET_REFUSED_RATE,
    NET_REFUSED_SIZE,    // of a body or message
    NET_REFUSED_ROUTE,   // no such path or method
    NET_REFUSED_UPGRADE, // no such endpoint, or refused by it
    NET_REFUSAL_COUNT
};
struct net_counters {
    uint64_t accepted, requests, replies_by_class[6]; // [2] = 2xx, ...
    uint64_t refused[NET_REFUSAL_COUNT];
    uint64_t messages_in, messages_out, bytes_out;
    uint64_t sockets_cut;          // took nothing
    uint32_t connections, sockets; // open now
    int64_t tick_lag_ns;           // how late the last tick was
};
struct net_counters net_server_counters(const struct net_server *server);
const char *net_refusal_name(enum net_refusal refusal); // one word; static

#endif
