#include "base/check.h"
#include "base/decimal.h"
#include "net/server_state.h"

#include <string.h>

enum { STATUS_TOO_MANY_HEADERS = 431, LENGTH_DIGITS_MAX = 18 };

static const struct {
    enum lws_token_indexes token;
    const char *method;
} methods[] = {
    {WSI_TOKEN_GET_URI, "GET"},       {WSI_TOKEN_POST_URI, "POST"},
    {WSI_TOKEN_HEAD_URI, "HEAD"},     {WSI_TOKEN_PUT_URI, "PUT"},
    {WSI_TOKEN_DELETE_URI, "DELETE"}, {WSI_TOKEN_OPTIONS_URI, "OPTIONS"},
    {WSI_TOKEN_PATCH_URI, "PATCH"},
};
enum { METHOD_COUNT = sizeof methods / sizeof methods[0] };

// ---- requests ----

const char *net_request_header(const struct net_request *request, const char *name)
{
    for (uint32_t i = 0; i < request->kept_count; i++) {
        if (strcmp(request->kept[i].name, name) == 0) {
            return request->kept[i].value;
        }
    }
    return NULL;
}

bool net_request_field(const struct net_request *request, const char *name, char *out, size_t size)
{
    size_t length = strlen(name);
    const char *field = request->query;
    while (*field != '\0') {
        size_t whole = strcspn(field, "&");
        if (whole > length && strncmp(field, name, length) == 0 && field[length] == '=') {
            size_t value = whole - length - 1;
            if (value >= size) {
                return false;
            }
            memcpy(out, field + length + 1, value);
            out[value] = '\0';
            return true;
        }
        field += whole + (field[whole] == '&');
    }
    return false;
}

static void start_exchange(struct net_exchange *exchange)
{
    struct text body = exchange->body;
    struct text head = exchange->head;
    struct text copy = exchange->reply_copy;
    *exchange = (struct net_exchange){.body = body, .head = head, .reply_copy = copy};
    text_clear(&exchange->body);
    text_clear(&exchange->head);
    text_clear(&exchange->reply_copy);
}

// Whether each header that is there fits.
static bool keep_headers(struct net_connection *connection)
{
    const struct net_server *server = connection->server;
    struct lws *wsi = connection->wsi;
    for (uint32_t i = 0; i < server->config.header_count; i++) {
        char *value = connection->values + (size_t)i * NET_HEADER_SIZE;
        const char *name = server->header_name[i];
        int token = server->header_token[i];
        int size = token >= 0 ? lws_hdr_total_length(wsi, (enum lws_token_indexes)token)
                              : lws_hdr_custom_length(wsi, name, (int)strlen(name));
        connection->kept[i] = (struct net_header){.name = server->config.headers[i]};
        if (size <= 0) {
            continue;
        }
        if (size >= NET_HEADER_SIZE) {
            return false;
        }
        int copied =
            token >= 0 ? lws_hdr_copy(wsi, value, NET_HEADER_SIZE, (enum lws_token_indexes)token)
                       : lws_hdr_custom_copy(wsi, value, NET_HEADER_SIZE, name, (int)strlen(name));
        connection->kept[i].value = copied >= 0 ? value : NULL;
    }
    return true;
}

static enum lws_token_indexes find_method(struct net_connection *connection)
{
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        if (lws_hdr_total_length(connection->wsi, methods[i].token) > 0) {
            memcpy(connection->exchange.method, methods[i].method, strlen(methods[i].method) + 1);
            return methods[i].token;
        }
    }
    return WSI_TOKEN_COUNT;
}

// lws keeps the fields apart. False when they do not fit.
static bool read_query(struct lws *wsi, char out[NET_QUERY_SIZE])
{
    size_t used = 0;
    for (int i = 0;; i++) {
        char *at = out + used + (i > 0);
        int room = (int)(out + NET_QUERY_SIZE - at);
        if (room < 2) {
            return false;
        }
        int size = lws_hdr_copy_fragment(wsi, at, room, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (size <= 0) {
            out[used] = '\0';
            return size == 0 || lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS) <= (int)used;
        }
        if (i > 0) {
            out[used++] = '&';
        }
        used += (size_t)size;
    }
}

// Reads method, path, query and headers; 0 or the status that refuses them.
static int read_request(struct net_connection *connection)
{
    struct net_exchange *exchange = &connection->exchange;
    struct lws *wsi = connection->wsi;
    start_exchange(exchange);
    enum lws_token_indexes token = find_method(connection);
    if (token == WSI_TOKEN_COUNT) {
        return 405;
    }
    if (lws_hdr_copy(wsi, exchange->path, NET_PATH_SIZE, token) <= 0) {
        return 414;
    }
    if (!read_query(wsi, exchange->query)) {
        return 414;
    }
    return keep_headers(connection) ? 0 : STATUS_TOO_MANY_HEADERS;
}

// The length of the body that follows; 0 or the status that refuses it.
static int read_length(struct net_connection *connection)
{
    struct net_exchange *exchange = &connection->exchange;
    char digits[LENGTH_DIGITS_MAX + 2];
    int length = lws_hdr_total_length(connection->wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    if (length <= 0) {
        bool has_body = strcmp(exchange->method, "POST") == 0 ||
                        strcmp(exchange->method, "PUT") == 0 ||
                        strcmp(exchange->method, "PATCH") == 0;
        return has_body ? 411 : 0;
    }
    struct decimal one = {1, 0};
    int64_t size = 0;
    int copied =
        lws_hdr_copy(connection->wsi, digits, sizeof digits, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    if (copied < 0 || decimal_parse_steps(digits, (size_t)copied, one, &size) != DECIMAL_OK ||
        size < 0) {
        return 400;
    }
    if ((uint64_t)size > connection->server->config.body_size_max) {
        return 413;
    }
    exchange->body_expected = (size_t)size;
    return 0;
}

static bool path_matches(const struct net_route *route, const char *path)
{
    return route->is_prefix ? strncmp(route->path, path, strlen(route->path)) == 0
                            : strcmp(route->path, path) == 0;
}

// A HEAD is a GET whose body is not sent. Fills the exchange's route; 0 or the status.
static int find_route(struct net_connection *connection)
{
    struct net_exchange *exchange = &connection->exchange;
    const struct net_server_config *config = &connection->server->config;
    const char *method = strcmp(exchange->method, "HEAD") == 0 ? "GET" : exchange->method;
    bool has_path = false;
    for (uint32_t i = 0; i < config->route_count; i++) {
        const struct net_route *route = &config->routes[i];
        if (path_matches(route, exchange->path)) {
            has_path = true;
            if (strcmp(route->method, method) == 0) {
                exchange->route = route;
                return 0;
            }
        }
    }
    return has_path ? 405 : 404;
}

static void count_refusal(struct net_server *server, int status)
{
    if (status == 429) {
        server->counters.refused[NET_REFUSED_RATE]++;
    } else if (status == 413 || status == 414 || status == STATUS_TOO_MANY_HEADERS) {
        server->counters.refused[NET_REFUSED_SIZE]++;
    } else if (status == 404 || status == 405) {
        server->counters.refused[NET_REFUSED_ROUTE]++;
    } else {
        server->counters.refused[NET_REFUSED_MALFORMED]++;
    }
}

static const char *refusal_text(int status)
{
    switch (status) {
    case 404:
        return "there is no such path";
    case 405:
        return "not with this method";
    case 411:
        return "a body needs a Content-Length";
    case 413:
        return "the body is too large";
    case 414:
        return "the path or query is too long";
    case 429:
        return "too many requests";
    case STATUS_TOO_MANY_HEADERS:
        return "a header is too long";
    default:
        return "the request cannot be read";
    }
}

static int refuse(struct net_connection *connection, int status)
{
    count_refusal(connection->server, status);
    connection->stage = NET_HANDLING;
    // What follows of a request that was refused by its head is not read.
    connection->exchange.close_after = status != 404 && status != 405 && status != 429;
    connection->exchange.close_after |= connection->exchange.body_expected > 0;
    net_reply_error(connection, status, refusal_text(status));
    return 0;
}

static struct net_request request_of(const struct net_connection *connection)
{
    const struct net_exchange *exchange = &connection->exchange;
    return (struct net_request){.method = exchange->method,
                                .path = exchange->path,
                                .query = exchange->query,
                                .peer = connection->peer,
                                .body = text_string(&exchange->body),
                                .body_size = exchange->body.size,
                                .kept = connection->kept,
                                .kept_count = connection->server->config.header_count};
}

static int handle(struct net_connection *connection)
{
    connection->stage = NET_HANDLING;
    struct net_request request = request_of(connection);
    connection->exchange.route->handle(connection->server->config.context, connection, &request);
    return 0;
}

int net_http_begin(struct net_connection *connection, const char *path, size_t size)
{
    (void)path; // read by its method instead, because that says its length
    (void)size;
    struct net_server *server = connection->server;
    connection->has_spoken = true;
    server->counters.requests++;
    int status = read_request(connection);
    if (status == 0) {
        status = read_length(connection);
    }
    if (status == 0 && !net_may_ask(server, connection->peer)) {
        status = 429;
    }
    if (status == 0) {
        status = find_route(connection);
    }
    if (status != 0) {
        return refuse(connection, status);
    }
    if (connection->exchange.body_expected > 0) {
        connection->stage = NET_RECEIVING;
        return 0;
    }
    return handle(connection);
}

int net_http_body(struct net_connection *connection, const void *data, size_t size)
{
    struct net_exchange *exchange = &connection->exchange;
    if (connection->stage != NET_RECEIVING) {
        return 0; // of a request that was refused
    }
    if (exchange->body.size + size > exchange->body_expected) {
        return -1;
    }
    text_put(&exchange->body, data, size);
    return 0;
}

// lws calls this again and again, for ever, while more bytes lie behind the body and the reply has
// not been sent: a peer that does not wait for the reply to a request with a body is cut.
int net_http_complete(struct net_connection *connection)
{
    if (connection->exchange.body_has_ended) {
        connection->server->counters.refused[NET_REFUSED_MALFORMED]++;
        return -1;
    }
    connection->exchange.body_has_ended = true;
    return connection->stage == NET_RECEIVING ? handle(connection) : 0;
}

// ---- replies ----

static void keep_reply_header(struct text *head, const struct net_header *header)
{
    text_add(head, "%s:", header->name);
    text_put(head, "", 1);
    text_add(head, "%s", header->value);
    text_put(head, "", 1);
}

void net_reply(struct net_connection *connection, const struct net_reply *reply)
{
    struct net_exchange *exchange = &connection->exchange;
    const struct net_server_config *config = &connection->server->config;
    MM_ASSERT(connection->stage == NET_HANDLING && reply->status >= 200 && reply->status < 600);
    connection->stage = NET_REPLYING;
    exchange->status = reply->status;
    snprintf(exchange->content_type, sizeof exchange->content_type, "%s",
             reply->content_type != NULL ? reply->content_type : "");
    for (uint32_t i = 0; i < config->reply_header_count; i++) {
        keep_reply_header(&exchange->head, &config->reply_headers[i]);
    }
    for (uint32_t i = 0; i < reply->header_count; i++) {
        keep_reply_header(&exchange->head, &reply->headers[i]);
    }
    exchange->reply_size = reply->body_size;
    exchange->reply_bytes = reply->body;
    if (!reply->body_is_static && reply->body_size > 0) {
        text_put(&exchange->reply_copy, reply->body, reply->body_size);
        exchange->reply_bytes = text_string(&exchange->reply_copy);
    }
    connection->server->counters.replies_by_class[reply->status / 100]++;
    lws_callback_on_writable(connection->wsi);
}

void net_reply_error(struct net_connection *connection, int status, const char *text)
{
    struct text body = {0};
    text_add(&body, "{\"error\": \"");
    for (; *text != '\0'; text++) {
        bool plain = (unsigned char)*text >= ' ' && *text != '"' && *text != '\\';
        text_add(&body, plain ? "%c" : "\\u%04x", (unsigned char)*text);
    }
    text_add(&body, "\"}\n");
    struct net_reply reply = {.status = status,
                              .content_type = "application/json",
                              .body = text_string(&body),
                              .body_size = body.size};
    net_reply(connection, &reply);
    text_fini(&body);
}

// Writes status and headers; non-zero when they do not fit or the peer is gone.
static int send_head(struct net_connection *connection)
{
    struct net_exchange *exchange = &connection->exchange;
    unsigned char *start = connection->server->buffer + LWS_PRE;
    unsigned char *at = start;
    unsigned char *end = start + NET_CHUNK_SIZE - 1;
    const char *type = exchange->content_type[0] != '\0' ? exchange->content_type : NULL;
    if (lws_add_http_common_headers(connection->wsi, (unsigned)exchange->status, type,
                                    exchange->reply_size, &at, end) != 0) {
        return -1;
    }
    const char *line = text_string(&exchange->head);
    const char *lines_end = line + exchange->head.size;
    while (line < lines_end) {
        const char *value = line + strlen(line) + 1;
        if (lws_add_http_header_by_name(connection->wsi, (const unsigned char *)line,
                                        (const unsigned char *)value, (int)strlen(value), &at,
                                        end) != 0) {
            return -1;
        }
        line = value + strlen(value) + 1;
    }
    exchange->head_sent = true;
    return lws_finalize_write_http_header(connection->wsi, start, &at, end);
}

static int end_reply(struct net_connection *connection)
{
    connection->stage = NET_IDLE;
    // The next request on the connection, unless the peer or we want none.
    return lws_http_transaction_completed(connection->wsi) != 0 || connection->exchange.close_after
               ? -1
               : 0;
}

int net_http_writable(struct net_connection *connection)
{
    struct net_exchange *exchange = &connection->exchange;
    if (connection->stage != NET_REPLYING) {
        return 0;
    }
    if (!exchange->head_sent) {
        if (send_head(connection) != 0) {
            return -1;
        }
        if (exchange->reply_size == 0 || strcmp(exchange->method, "HEAD") == 0) {
            return end_reply(connection);
        }
        lws_callback_on_writable(connection->wsi);
        return 0;
    }
    size_t left = exchange->reply_size - exchange->reply_sent;
    size_t size = left < NET_CHUNK_SIZE ? left : NET_CHUNK_SIZE;
    unsigned char *chunk = connection->server->buffer + LWS_PRE;
    memcpy(chunk, exchange->reply_bytes + exchange->reply_sent, size);
    bool last = size == left;
    if (lws_write(connection->wsi, chunk, size, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
        (int)size) {
        return -1;
    }
    exchange->reply_sent += size;
    connection->server->counters.bytes_out += size;
    if (last) {
        return end_reply(connection);
    }
    lws_callback_on_writable(connection->wsi);
    return 0;
}

// ---- becoming a socket ----

static const struct net_endpoint *find_endpoint(const struct net_server *server, const char *path)
{
    for (uint32_t i = 0; i < server->config.endpoint_count; i++) {
        if (strcmp(server->config.endpoints[i].path, path) == 0) {
            return &server->config.endpoints[i];
        }
    }
    return NULL;
}

// 0 or the status that refuses the upgrade. That the header is there is checked first, and what lws
// hands over of it is not read: of a bad one it may be freed memory.
static int judge_upgrade(struct net_connection *connection)
{
    char protocol[16];
    if (lws_hdr_total_length(connection->wsi, WSI_TOKEN_UPGRADE) <= 0 ||
        lws_hdr_copy(connection->wsi, protocol, sizeof protocol, WSI_TOKEN_UPGRADE) < 0 ||
        lws_hdr_total_length(connection->wsi, WSI_TOKEN_GET_URI) <= 0) {
        return 400;
    }
    for (char *letter = protocol; *letter != '\0'; letter++) {
        *letter = (char)(*letter >= 'A' && *letter <= 'Z' ? *letter + ('a' - 'A') : *letter);
    }
    if (strcmp(protocol, "websocket") != 0) {
        return 400;
    }
    int status = read_request(connection);
    if (status != 0) {
        return status;
    }
    if (!net_may_ask(connection->server, connection->peer)) {
        return 429;
    }
    connection->endpoint = find_endpoint(connection->server, connection->exchange.path);
    if (connection->endpoint == NULL) {
        return 404;
    }
    struct net_request request = request_of(connection);
    return connection->endpoint->accept != NULL
               ? connection->endpoint->accept(connection->server->config.context, connection,
                                              &request)
               : 0;
}

int net_http_upgrade(struct net_connection *connection)
{
    struct net_server *server = connection->server;
    connection->has_spoken = true;
    server->counters.requests++;
    int status = judge_upgrade(connection);
    if (status == 0) {
        return 0;
    }
    server->counters.refused[NET_REFUSED_UPGRADE]++;
    server->counters.replies_by_class[status / 100]++;
    connection->endpoint = NULL;
    (void)lws_return_http_status(connection->wsi, (unsigned)status, NULL);
    return -1;
}
