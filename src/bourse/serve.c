#include "bourse/serve.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/platform.h"
#include "net/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t TICK_NS = 1000000;
static const int64_t IDLE_NS = INT64_C(120000000000);       // of kept connections between requests
static const int64_t NO_PINGS_NS = INT64_C(30000000000000); // the exchange has its own rules
static const size_t QUEUE_SIZE = 8 << 20;

enum { CONNECTIONS_MAX = 1024, ENDPOINTS = 7, QUERY_ENCODED_SIZE = 3 * NET_QUERY_SIZE };

// The headers that requests keep, by their place.
enum { HEADER_KEY, HEADER_TIMESTAMP, HEADER_WINDOW, HEADER_SIGN, HEADER_COUNT };
static const char *const header_names[HEADER_COUNT] = {"x-bapi-api-key", "x-bapi-timestamp",
                                                       "x-bapi-recv-window", "x-bapi-sign"};

struct serve {
    struct bourse *bourse; // borrowed
    struct net_server *server;
    struct net_endpoint endpoints[ENDPOINTS];
    const volatile sig_atomic_t *stop;
    int64_t now_ns;
    struct net_connection *sockets[BOURSE_CONNECTIONS_MAX + 1]; // by the exchange's number
};

// What the exchange is given as a request's handle: the connection, until it is gone.
struct pending {
    struct net_connection *connection; // NULL once it is gone
    uint32_t number;                   // of a WebSocket
};

struct serve *serve_create(void)
{
    return mm_alloc(1, sizeof(struct serve));
}

void serve_destroy(struct serve *serve)
{
    if (serve != NULL) {
        net_server_destroy(serve->server);
        free(serve);
    }
}

// The wall clock may be set back; the exchange's does not go back.
int64_t serve_now_ns(struct serve *serve)
{
    int64_t now_ns = platform_wall_ns();
    serve->now_ns = now_ns > serve->now_ns ? now_ns : serve->now_ns;
    return serve->now_ns;
}

// ---- what the exchange sends ----

static void send_answer(void *context, void *handle, const struct bourse_answer *answer)
{
    (void)context;
    struct pending *pending = handle;
    struct net_header headers[8];
    uint32_t count = 0;
    for (; count < answer->field_count; count++) {
        MM_ASSERT(count < sizeof headers / sizeof headers[0]);
        headers[count] =
            (struct net_header){answer->fields[count].name, answer->fields[count].value};
    }
    if (pending->connection != NULL) {
        net_set_data(pending->connection, NULL);
        net_reply(pending->connection, &(struct net_reply){.status = answer->status,
                                                           .content_type = "application/json",
                                                           .body = answer->body,
                                                           .body_size = answer->body_size,
                                                           .headers = headers,
                                                           .header_count = count});
    }
    free(pending);
}

static void drop_request(void *context, void *handle)
{
    (void)context;
    struct pending *pending = handle;
    if (pending->connection != NULL) {
        net_set_data(pending->connection, NULL);
        net_drop(pending->connection);
    }
    free(pending);
}

static void send_frame(void *context, uint32_t number, const char *bytes, size_t size)
{
    struct serve *serve = context;
    struct net_connection *socket = serve->sockets[number];
    if (socket != NULL && !net_socket_send(socket, bytes, size)) {
        net_drop(socket); // it reads too slowly
    }
}

static void close_socket(void *context, uint32_t number)
{
    struct serve *serve = context;
    if (serve->sockets[number] != NULL) {
        net_socket_close(serve->sockets[number], 1001, "");
    }
}

struct bourse_sink serve_sink(struct serve *serve)
{
    return (struct bourse_sink){.context = serve,
                                .answer = send_answer,
                                .drop = drop_request,
                                .frame = send_frame,
                                .close = close_socket};
}

// ---- what the server receives ----

static struct pending *pend(struct net_connection *connection)
{
    struct pending *pending = mm_alloc(1, sizeof *pending);
    pending->connection = connection;
    net_set_data(connection, pending);
    return pending;
}

// The server hands queries over decoded. Most clients send what decodes to itself; the others
// encode names and values as browsers' encodeURIComponent does, which is the other spelling.
static void encode_query(const char *query, char *out)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
    size_t size = 0;
    bool in_value = false;
    for (const char *at = query; *at != '\0'; at++) {
        bool mark = *at == '&' || (*at == '=' && !in_value);
        in_value = *at == '&' ? false : in_value || *at == '=';
        if (mark || strchr(plain, *at) != NULL) {
            out[size++] = *at;
        } else {
            size += (size_t)snprintf(out + size, 4, "%%%02X", (unsigned char)*at);
        }
    }
    out[size] = '\0';
}

static void on_request(void *context, struct net_connection *connection,
                       const struct net_request *request)
{
    struct serve *serve = context;
    char encoded[QUERY_ENCODED_SIZE];
    encode_query(request->query, encoded);
    struct bourse_request asked = {.handle = pend(connection),
                                   .method = request->method,
                                   .path = request->path,
                                   .query = request->query,
                                   .query_else = encoded,
                                   .api_key = request->kept[HEADER_KEY].value,
                                   .timestamp = request->kept[HEADER_TIMESTAMP].value,
                                   .recv_window = request->kept[HEADER_WINDOW].value,
                                   .sign = request->kept[HEADER_SIGN].value,
                                   .body = request->body,
                                   .body_size = request->body_size};
    bool control = strncmp(request->path, "/control/", 9) == 0;
    (control ? bourse_control : bourse_handle)(serve->bourse, &asked, serve_now_ns(serve));
}

static int on_upgrade(void *context, struct net_connection *socket,
                      const struct net_request *request)
{
    struct serve *serve = context;
    uint32_t number =
        bourse_open(serve->bourse, request->path, request->query, serve_now_ns(serve));
    if (number == 0) {
        return 503;
    }
    pend(socket)->number = number;
    return 0;
}

static void on_opened(void *context, struct net_connection *socket)
{
    struct serve *serve = context;
    const struct pending *pending = net_data(socket);
    serve->sockets[pending->number] = socket;
}

static void on_message(void *context, struct net_connection *socket, const char *data, size_t size)
{
    struct serve *serve = context;
    const struct pending *pending = net_data(socket);
    bourse_receive(serve->bourse, pending->number, data, size, serve_now_ns(serve));
}

static void on_gone(void *context, struct net_connection *connection)
{
    struct serve *serve = context;
    struct pending *pending = net_data(connection);
    if (pending == NULL) {
        return;
    }
    pending->connection = NULL;
    if (pending->number != 0) {
        serve->sockets[pending->number] = NULL;
        bourse_close(serve->bourse, pending->number, serve_now_ns(serve));
        free(pending);
    } // a request's is freed with its answer
}

static void on_tick(void *context)
{
    struct serve *serve = context;
    int64_t now_ns = serve_now_ns(serve);
    if (bourse_next_ns(serve->bourse) <= now_ns) {
        bourse_run(serve->bourse, now_ns);
    }
    if (*serve->stop != 0 || bourse_is_over(serve->bourse)) {
        net_server_stop(serve->server);
    }
}

// ---- setting up ----

static void fill_endpoints(struct serve *serve)
{
    static const char *const paths[ENDPOINTS] = {
        "/v5/public/linear", "/v5/public/inverse", "/v5/public/spot",       "/v5/public/option",
        "/v5/private",       "/v5/trade",          "/v5/public/misc/status"};
    for (int i = 0; i < ENDPOINTS; i++) {
        serve->endpoints[i] = (struct net_endpoint){
            .path = paths[i], .accept = on_upgrade, .opened = on_opened, .message = on_message};
    }
}

int serve_open(struct serve *serve, struct bourse *bourse, const struct serve_config *config)
{
    static const struct net_route routes[] = {{"GET", "/", true, on_request},
                                              {"POST", "/", true, on_request}};
    serve->bourse = bourse;
    serve->stop = config->stop;
    fill_endpoints(serve);
    struct net_server_config server = {
        .address = config->address,
        .port = config->port,
        .certificate_file = config->certificate_file,
        .key_file = config->key_file,
        .connection_max = CONNECTIONS_MAX,
        .body_size_max = 1 << 20,
        .message_size_max = 1 << 20,
        .socket_queue_size = QUEUE_SIZE,
        .idle_ns = IDLE_NS,
        .ping_ns = NO_PINGS_NS,
        .headers = header_names,
        .header_count = HEADER_COUNT,
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .endpoints = serve->endpoints,
        .endpoint_count = ENDPOINTS,
        .context = serve,
        .gone = on_gone,
        .tick_ns = TICK_NS,
        .tick = on_tick,
    };
    return net_server_create(&server, &serve->server);
}

uint16_t serve_port(const struct serve *serve)
{
    return net_server_port(serve->server);
}

void serve_run(struct serve *serve)
{
    net_server_run(serve->server);
}
