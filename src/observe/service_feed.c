// The WebSocket: who reads, and what they are sent.
#include "base/json.h"
#include "base/memory.h"
#include "base/platform.h"
#include "observe/feed_json.h"
#include "observe/service_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t BEAT_NS = 1000000000, AUTH_WAIT_NS = 5000000000;

// The page's own, or a program's, which sends no origin. What another site's page may send carries
// the site's name.
static bool is_own_origin(const struct net_request *request)
{
    const char *origin = net_request_header(request, "origin");
    const char *host = net_request_header(request, "host");
    if (origin == NULL) {
        return true;
    }
    const char *start = strstr(origin, "://");
    return host != NULL && start != NULL && strcmp(start + 3, host) == 0;
}

static int accept_client(void *context, struct net_connection *socket,
                         const struct net_request *request)
{
    (void)context;
    (void)socket;
    return is_own_origin(request) ? 0 : 403;
}

static void send_hello(struct service *service, struct net_connection *socket)
{
    struct text hello = {0};
    const struct observed_run *run =
        service->config.publisher != NULL ? publisher_run(service->config.publisher) : NULL;
    text_add(&hello, "{\"type\":\"hello\",\"version\":%d,\"program\":\"mmbot " MM_VERSION "\"",
             FEED_VERSION);
    if (run != NULL) {
        text_add(&hello, ",\"run_id\":\"%016" PRIx64 "\"", run->run_id);
    } else {
        text_add(&hello, ",\"run_id\":null");
    }
    text_add(&hello,
             ",\"wall_ms\":%" PRId64 ",\"frame_interval_ms\":%d,\"reads_need_token\":%s"
             ",\"limits\":{\"fills\":%d,\"orders\":%d,\"iterations\":%d,\"log\":%d,\"audit\":%d"
             ",\"series_run\":%d,\"series_recent\":%d}}",
             platform_wall_ns() / 1000000, 1000 / SERVICE_TICKS_PER_SECOND,
             service->reads_need_token ? "true" : "false", FEED_FILLS, FEED_ORDERS, FEED_ITERATIONS,
             FEED_LOG, FEED_AUDIT, FEED_SERIES_RUN, FEED_SERIES_RECENT);
    (void)net_socket_send(socket, text_string(&hello), hello.size);
    text_fini(&hello);
}

static void open_client(void *context, struct net_connection *socket)
{
    struct service *service = context;
    struct feed_client *client = mm_alloc(1, sizeof *client);
    client->may_read = !service->reads_need_token;
    client->opened_ns = platform_monotonic_ns();
    net_set_data(socket, client);
    send_hello(service, socket);
    if (client->may_read) {
        net_socket_ask(socket);
    }
}

static void close_client(void *context, struct net_connection *socket)
{
    (void)context;
    free(net_data(socket));
    net_set_data(socket, NULL);
}

// The token of {"type": "auth", "token": ...}; NULL for anything else.
static json_t *read_auth(const char *data, size_t size, const char **out_token)
{
    json_t *message = NULL;
    *out_token = NULL;
    if (json_document_parse(data, size, "message", &message) != MM_OK) {
        mm_error_clear();
        return NULL;
    }
    const char *type = json_string_value(json_object_get(message, "type"));
    if (type != NULL && strcmp(type, "auth") == 0 && json_object_size(message) == 2) {
        *out_token = json_string_value(json_object_get(message, "token"));
    }
    return message;
}

static void take_message(void *context, struct net_connection *socket, const char *data,
                         size_t size)
{
    struct service *service = context;
    struct feed_client *client = net_data(socket);
    const char *token;
    json_t *message = read_auth(data, size, &token);
    if (token == NULL) {
        net_socket_close(socket, 1008, "only auth is understood");
    } else {
        bool ok = secret_equal(service->token, token);
        service->counters.wrong_tokens += !ok;
        char answer[128];
        int length = snprintf(answer, sizeof answer,
                              "{\"type\":\"auth\",\"version\":%d,\"ok\":%s,\"control\":%s}",
                              FEED_VERSION, ok ? "true" : "false",
                              ok && service->config.publisher != NULL ? "true" : "false");
        (void)net_socket_send(socket, answer, (size_t)length);
        client->may_read |= ok;
        if (!client->may_read) {
            net_socket_close(socket, 4401, "this token opens nothing");
        }
    }
    json_decref(message);
}

// ---- what is sent ----

// Many clients have the same last message, so that the newest difference is made once.
static bool difference(struct service *service, uint64_t since, struct text *out)
{
    uint64_t sequence = feed_model_sequence(service->model);
    if (service->diff_since != since || service->diff_sequence != sequence) {
        text_clear(&service->diff);
        service->diff_is_empty = !feed_model_message(service->model, since, &service->diff);
        service->diff_since = since;
        service->diff_sequence = sequence;
    }
    if (!service->diff_is_empty) {
        text_put(out, text_string(&service->diff), service->diff.size);
    }
    return !service->diff_is_empty;
}

static void add_beat(const struct feed_client *client, struct text *out)
{
    text_add(out, "{\"type\":\"beat\",\"version\":%d,\"seq\":%" PRIu64 ",\"wall_ms\":%" PRId64 "}",
             FEED_VERSION, client->since, platform_wall_ns() / 1000000);
}

static bool add_newest(struct service *service, struct feed_client *client, struct text *out)
{
    if (service->config.publisher == NULL) {
        if (client->since > 0) {
            return false;
        }
        client->since = 1;
        text_add(out, "%s", service->config.fixed_state);
        return true;
    }
    uint64_t sequence = feed_model_sequence(service->model);
    bool any = client->since == 0 ? feed_model_message(service->model, 0, out)
                                  : difference(service, client->since, out);
    client->since = any ? sequence : client->since;
    return any;
}

static void give_newest(void *context, struct net_connection *socket, struct text *out)
{
    struct service *service = context;
    struct feed_client *client = net_data(socket);
    int64_t now_ns = platform_monotonic_ns();
    bool any = add_newest(service, client, out);
    if (!any && now_ns - client->last_sent_ns >= BEAT_NS) {
        if (service->config.publisher != NULL) {
            client->since = feed_model_sequence(service->model); // nothing has changed until then
        }
        add_beat(client, out);
        any = true;
    }
    if (any) {
        client->last_sent_ns = now_ns;
        service->counters.frames_sent++;
    }
}

static void tell_client(void *context, struct net_connection *socket)
{
    struct service *service = context;
    const struct feed_client *client = net_data(socket);
    if (!client->may_read) {
        if (platform_monotonic_ns() - client->opened_ns > AUTH_WAIT_NS) {
            net_socket_close(socket, 4401, "no token came");
        }
    } else if (net_socket_is_asked(socket)) {
        service->counters.frames_dropped++; // it has not taken its last one
    } else {
        net_socket_ask(socket);
    }
}

void service_tell_clients(struct service *service)
{
    net_server_each_socket(service->server, &service_feed_endpoint, tell_client, service);
}

const struct net_endpoint service_feed_endpoint = {.path = "/api/v1/feed",
                                                   .accept = accept_client,
                                                   .opened = open_client,
                                                   .message = take_message,
                                                   .ready = give_newest,
                                                   .closed = close_client};
