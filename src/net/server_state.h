// What the server's files share. Private to src/net.
//
// server.c has the context, its callback and its loop; server_http.c requests and replies;
// server_socket.c WebSockets.
#ifndef MM_NET_SERVER_STATE_H
#define MM_NET_SERVER_STATE_H

#include "base/platform.h"
#include "net/server.h"

#include <libwebsockets.h>
#include <stdatomic.h>

enum { NET_RATE_BUCKETS = 256, NET_METHOD_SIZE = 8, NET_CLOSE_REASON_SIZE = 124 };

enum net_stage {
    NET_IDLE,      // between requests
    NET_RECEIVING, // the body of one
    NET_HANDLING,  // its reply is owed
    NET_REPLYING,  // it is being sent
    NET_SOCKET     // a WebSocket from now on
};

struct net_exchange {
    char method[NET_METHOD_SIZE];
    char path[NET_PATH_SIZE];
    char query[NET_QUERY_SIZE];
    struct text body;
    size_t body_expected;
    bool body_has_ended;
    const struct net_route *route;
    int status;
    struct text head;        // header lines of the reply, "name:\0value\0"...
    const char *reply_bytes; // reply_copy's, or static
    size_t reply_size, reply_sent;
    struct text reply_copy;
    char content_type[64];
    bool head_sent, close_after;
};

struct net_connection {
    struct net_server *server;
    struct lws *wsi;
    struct net_connection *next, *previous;
    enum net_stage stage;
    bool has_spoken; // a whole request came
    bool is_dropped;
    char peer[NET_ADDRESS_SIZE];
    void *data;
    struct net_header kept[NET_HEADERS_MAX];
    char *values; // owned; header_count of NET_HEADER_SIZE
    struct net_exchange exchange;
    const struct net_endpoint *endpoint; // of a socket
    struct text incoming;                // a message in parts
    struct text queue;                   // size and bytes of each message
    size_t queue_taken;
    bool is_asked;
    int64_t waits_since_ns; // for the peer to take something, 0 = it does not
    uint64_t taken_bytes;   // by the peer when that was looked at last
    uint16_t close_code;    // 0 = stays open
    char close_reason[NET_CLOSE_REASON_SIZE];
};

struct net_bucket {
    int64_t tokens_e9, updated_ns;
};

struct net_server {
    struct net_server_config config;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    struct lws_protocols protocols[2];
    lws_retry_bo_t idle_policy;
    struct net_connection *connections;
    int header_token[NET_HEADERS_MAX];     // lws's number of the header, -1 = it knows it not
    char header_name[NET_HEADERS_MAX][64]; // with a colon
    struct net_bucket buckets[NET_RATE_BUCKETS];
    struct net_counters counters;
    lws_sorted_usec_list_t tick;
    int64_t tick_due_ns;
    atomic_bool stopping;
    struct platform_thread thread;
    unsigned char *buffer; // LWS_PRE and a chunk
    struct text outgoing;
};

enum { NET_CHUNK_SIZE = 16384 };

// server_http.c: each returns what the callback returns, non-zero closes the connection.
int net_http_begin(struct net_connection *connection, const char *path, size_t size);
int net_http_body(struct net_connection *connection, const void *data, size_t size);
int net_http_complete(struct net_connection *connection);
int net_http_writable(struct net_connection *connection);
// Non-zero when the upgrade is refused, with the reply sent.
int net_http_upgrade(struct net_connection *connection);

// server_socket.c
void net_socket_open(struct net_connection *socket);
int net_socket_receive(struct net_connection *socket, const void *data, size_t size);
int net_socket_writable(struct net_connection *socket);
void net_socket_gone(struct net_connection *socket);
void net_socket_check(struct net_connection *socket, int64_t now_ns); // cuts it when stalled

// Whether the peer may ask once more now.
bool net_may_ask(struct net_server *server, const char *peer);

#endif
