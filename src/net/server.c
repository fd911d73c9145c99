#include "net/server.h"

#include "base/check.h"
#include "base/memory.h"
#include "net/server_state.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    DEFAULT_CONNECTIONS = 128,
    DEFAULT_HEADER_SIZE = 8192,
    DEFAULT_BODY_SIZE = 65536,
    DEFAULT_QUEUE_SIZE = 1 << 20,
    HEADER_POOL = 64, // requests whose headers may be held at once; others wait for one
    FDS_BESIDE = 64   // of the context's own
};

static const int64_t SECOND_NS = 1000000000;

// ---- limits ----

bool net_may_ask(struct net_server *server, const char *peer)
{
    int64_t rate = server->config.requests_per_second;
    if (rate == 0) {
        return true;
    }
    struct net_bucket *bucket =
        &server->buckets[XXH3_64bits(peer, strlen(peer)) % NET_RATE_BUCKETS];
    int64_t now_ns = platform_monotonic_ns();
    int64_t full = 2 * rate * SECOND_NS;
    int64_t passed_ns = bucket->updated_ns == 0 ? 2 * SECOND_NS : now_ns - bucket->updated_ns;
    passed_ns = passed_ns < 2 * SECOND_NS ? passed_ns : 2 * SECOND_NS;
    bucket->tokens_e9 += passed_ns * rate;
    bucket->tokens_e9 = bucket->tokens_e9 < full ? bucket->tokens_e9 : full;
    bucket->updated_ns = now_ns;
    if (bucket->tokens_e9 < SECOND_NS) {
        return false;
    }
    bucket->tokens_e9 -= SECOND_NS;
    return true;
}

// ---- connections ----

static void add_connection(struct net_server *server, struct lws *wsi)
{
    struct net_connection *connection = mm_alloc(1, sizeof *connection);
    connection->server = server;
    connection->wsi = wsi;
    if (server->config.header_count > 0) {
        connection->values = mm_alloc(server->config.header_count, NET_HEADER_SIZE);
    }
    lws_get_peer_simple(wsi, connection->peer, sizeof connection->peer);
    connection->next = server->connections;
    if (connection->next != NULL) {
        connection->next->previous = connection;
    }
    server->connections = connection;
    server->counters.accepted++;
    server->counters.connections++;
    lws_set_opaque_user_data(wsi, connection);
}

static void remove_connection(struct net_connection *connection)
{
    struct net_server *server = connection->server;
    if (server->config.gone != NULL) {
        server->config.gone(server->config.context, connection);
    }
    if (!connection->has_spoken && !connection->is_dropped) {
        server->counters.refused[NET_REFUSED_MALFORMED]++;
    }
    if (connection->previous != NULL) {
        connection->previous->next = connection->next;
    } else {
        server->connections = connection->next;
    }
    if (connection->next != NULL) {
        connection->next->previous = connection->previous;
    }
    server->counters.connections--;
    lws_set_opaque_user_data(connection->wsi, NULL);
    text_fini(&connection->exchange.body);
    text_fini(&connection->exchange.head);
    text_fini(&connection->exchange.reply_copy);
    text_fini(&connection->incoming);
    text_fini(&connection->queue);
    free(connection->values);
    free(connection);
}

void net_drop(struct net_connection *connection)
{
    connection->is_dropped = true;
    lws_set_timeout(connection->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

void net_set_data(struct net_connection *connection, void *data)
{
    connection->data = data;
}

void *net_data(const struct net_connection *connection)
{
    return connection->data;
}

const char *net_peer(const struct net_connection *connection)
{
    return connection->peer;
}

// ---- what libwebsockets calls ----

static int on_connection(struct net_connection *connection, enum lws_callback_reasons reason,
                         void *in, size_t size)
{
    switch ((int)reason) {
    case LWS_CALLBACK_HTTP:
        return net_http_begin(connection, in, size);
    case LWS_CALLBACK_HTTP_BODY:
        return net_http_body(connection, in, size);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return net_http_complete(connection);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return net_http_writable(connection);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return net_http_upgrade(connection);
    case LWS_CALLBACK_ESTABLISHED:
        net_socket_open(connection);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return net_socket_receive(connection, in, size);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return net_socket_writable(connection);
    case LWS_CALLBACK_CLOSED:
        net_socket_gone(connection);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        remove_connection(connection);
        return 0;
    default:
        return 0;
    }
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size)
{
    (void)user;
    struct net_server *server = lws_context_user(lws_get_context(wsi));
    switch ((int)reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        if (server->counters.connections >= server->config.connection_max) {
            server->counters.refused[NET_REFUSED_CONNECTIONS]++;
            return 1;
        }
        return 0;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        add_connection(server, wsi);
        return 0;
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        if (server->config.woken != NULL) {
            server->config.woken(server->config.context);
        }
        return 0;
    default:
        break;
    }
    struct net_connection *connection = lws_get_opaque_user_data(wsi);
    return connection != NULL ? on_connection(connection, reason, in, size) : 0;
}

static void schedule_tick(struct net_server *server);

static void on_tick(lws_sorted_usec_list_t *list)
{
    struct net_server *server = lws_container_of(list, struct net_server, tick);
    int64_t now_ns = platform_monotonic_ns();
    server->counters.tick_lag_ns = now_ns - server->tick_due_ns;
    struct net_connection *next;
    for (struct net_connection *each = server->connections; each != NULL; each = next) {
        next = each->next;
        if (each->stage == NET_SOCKET) {
            net_socket_check(each, now_ns);
        }
    }
    if (server->config.tick != NULL) {
        server->config.tick(server->config.context);
    }
    schedule_tick(server);
}

static void schedule_tick(struct net_server *server)
{
    server->tick_due_ns = platform_monotonic_ns() + server->config.tick_ns;
    lws_sul_schedule(server->lws, 0, &server->tick, on_tick, server->config.tick_ns / 1000);
}

// ---- setting up ----

static void fill_defaults(struct net_server_config *config)
{
    config->address = config->address != NULL ? config->address : "127.0.0.1";
    config->connection_max =
        config->connection_max > 0 ? config->connection_max : DEFAULT_CONNECTIONS;
    config->header_size_max =
        config->header_size_max > 0 ? config->header_size_max : DEFAULT_HEADER_SIZE;
    config->body_size_max = config->body_size_max > 0 ? config->body_size_max : DEFAULT_BODY_SIZE;
    config->message_size_max =
        config->message_size_max > 0 ? config->message_size_max : DEFAULT_BODY_SIZE;
    config->socket_queue_size =
        config->socket_queue_size > 0 ? config->socket_queue_size : DEFAULT_QUEUE_SIZE;
    config->idle_ns = config->idle_ns > 0 ? config->idle_ns : 15 * SECOND_NS;
    config->stall_ns = config->stall_ns > 0 ? config->stall_ns : 10 * SECOND_NS;
    config->ping_ns = config->ping_ns > 0 ? config->ping_ns : 20 * SECOND_NS;
    config->tick_ns = config->tick_ns > 0 ? config->tick_ns : SECOND_NS / 10;
    MM_ASSERT(config->header_size_max <= UINT16_MAX && config->header_count <= NET_HEADERS_MAX);
    MM_ASSERT((config->certificate_file == NULL) == (config->key_file == NULL));
}

// Headers that lws parses by number are asked for by it, all others by name.
static void find_headers(struct net_server *server)
{
    for (uint32_t i = 0; i < server->config.header_count; i++) {
        char *name = server->header_name[i];
        int length =
            snprintf(name, sizeof server->header_name[i], "%s:", server->config.headers[i]);
        MM_ASSERT(length > 1 && (size_t)length < sizeof server->header_name[i]);
        server->header_token[i] = -1;
        for (int token = 0; token < WSI_TOKEN_COUNT; token++) {
            const unsigned char *known = lws_token_to_string((enum lws_token_indexes)token);
            if (known != NULL && strcmp((const char *)known, name) == 0) {
                server->header_token[i] = token;
            }
        }
    }
}

static int seconds_of(int64_t ns)
{
    return (int)((ns + SECOND_NS - 1) / SECOND_NS);
}

static int fail_to_listen(const struct net_server_config *config)
{
    if (config->certificate_file != NULL) {
        return mm_fail(MM_ERROR_USAGE,
                       "cannot listen on %s port %u with certificate %s and key %s: the port is in "
                       "use, the address is not this machine's, or the files do not fit",
                       config->address, config->port, config->certificate_file, config->key_file);
    }
    return mm_fail(MM_ERROR_USAGE,
                   "cannot listen on %s port %u: it is in use, or the address is not this "
                   "machine's",
                   config->address, config->port);
}

static int listen_there(struct net_server *server)
{
    const struct net_server_config *config = &server->config;
    bool tls = config->certificate_file != NULL;
    struct lws_context_creation_info info = {
        .port = config->port,
        .iface = config->address,
        .protocols = server->protocols,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS | LWS_SERVER_OPTION_SKIP_PROTOCOL_INIT,
        .timeout_secs = (unsigned)seconds_of(config->idle_ns),
        .timeout_secs_ah_idle = (unsigned)seconds_of(config->idle_ns),
        .keepalive_timeout = seconds_of(config->idle_ns),
        .max_http_header_data = (unsigned short)config->header_size_max,
        .max_http_header_pool = HEADER_POOL,
        .fd_limit_per_thread = config->connection_max + FDS_BESIDE,
        .pt_serv_buf_size = NET_CHUNK_SIZE,
        .retry_and_idle_policy = &server->idle_policy,
        .user = server,
        .gid = -1,
        .uid = -1,
    };
    if (strchr(config->address, ':') == NULL) {
        info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    }
    if (tls) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = config->certificate_file;
        info.ssl_private_key_filepath = config->key_file;
        info.alpn = "http/1.1";
    }
    server->lws = lws_create_context(&info);
    if (server->lws != NULL) {
        server->vhost = lws_create_vhost(server->lws, &info);
    }
    return server->vhost != NULL ? MM_OK : fail_to_listen(config);
}

int net_server_create(const struct net_server_config *config, struct net_server **out)
{
    struct net_server *server = mm_alloc(1, sizeof *server);
    server->config = *config;
    fill_defaults(&server->config);
    find_headers(server);
    server->buffer = mm_alloc(LWS_PRE + NET_CHUNK_SIZE, 1);
    server->protocols[0] = (struct lws_protocols){
        .name = "http", .callback = on_event, .rx_buffer_size = NET_CHUNK_SIZE};
    server->idle_policy.secs_since_valid_ping = (uint16_t)seconds_of(server->config.ping_ns);
    server->idle_policy.secs_since_valid_hangup = (uint16_t)seconds_of(2 * server->config.ping_ns);
    lws_set_log_level(0, NULL); // what matters is counted, and said where it is asked for
    int code = listen_there(server);
    if (code != MM_OK) {
        net_server_destroy(server);
        return code;
    }
    *out = server;
    return MM_OK;
}

void net_server_destroy(struct net_server *server)
{
    if (server == NULL) {
        return;
    }
    if (server->lws != NULL) {
        lws_context_destroy(server->lws);
    }
    text_fini(&server->outgoing);
    free(server->buffer);
    free(server);
}

uint16_t net_server_port(const struct net_server *server)
{
    return (uint16_t)lws_get_vhost_listen_port(server->vhost);
}

// ---- running ----

void net_server_run(struct net_server *server)
{
    schedule_tick(server);
    while (!atomic_load(&server->stopping)) {
        // The timeout is ignored: it sleeps until something happens, and net_server_stop is that.
        if (lws_service(server->lws, 0) < 0) {
            break;
        }
    }
    lws_sul_cancel(&server->tick);
}

static void run_thread(void *context)
{
    net_server_run(context);
}

int net_server_start(struct net_server *server)
{
    int error = platform_thread_start(run_thread, server, &server->thread);
    return error == 0 ? MM_OK
                      : mm_fail(MM_ERROR_SYSTEM, "the server's thread cannot be started: %s",
                                platform_error_text(error));
}

void net_server_wake(struct net_server *server)
{
    lws_cancel_service(server->lws);
}

void net_server_stop(struct net_server *server)
{
    atomic_store(&server->stopping, true);
    lws_cancel_service(server->lws);
}

void net_server_join(struct net_server *server)
{
    platform_thread_join(&server->thread);
}

// ---- what it has seen ----

struct net_counters net_server_counters(const struct net_server *server)
{
    return server->counters;
}

const char *net_refusal_name(enum net_refusal refusal)
{
    static const char *const names[NET_REFUSAL_COUNT] = {
        [NET_REFUSED_CONNECTIONS] = "connections",
        [NET_REFUSED_MALFORMED] = "malformed",
        [NET_REFUSED_RATE] = "rate",
        [NET_REFUSED_SIZE] = "size",
        [NET_REFUSED_ROUTE] = "route",
        [NET_REFUSED_UPGRADE] = "upgrade",
    };
    MM_ASSERT(refusal < NET_REFUSAL_COUNT);
    return names[refusal];
}
