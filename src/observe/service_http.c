// Pages, their parts, and snapshots.
#include "base/decimal.h"
#include "observe/page.h"
#include "observe/page_file.h"
#include "observe/service_metrics.h"
#include "observe/service_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

// On a loopback address a page of another site could reach us under a name of its own that leads
// here; what the browser then calls us is not one of our names.
static bool is_own_host(const struct service *service, const struct net_request *request)
{
    const char *host = net_request_header(request, "host");
    if (!service->config.address.is_loopback) {
        return true; // names of an open address are not known here; reading needs the token
    }
    if (host == NULL) {
        return false;
    }
    char local[32];
    snprintf(local, sizeof local, "localhost:%u", net_server_port(service->server));
    return strcmp(host, service->host) == 0 || strcmp(host, local) == 0;
}

bool service_may_read(struct service *service, struct net_connection *connection,
                      const struct net_request *request)
{
    if (!is_own_host(service, request)) {
        net_reply_error(connection, 403, "not under this name");
        return false;
    }
    if (service->reads_need_token && !service_has_token(service, request)) {
        net_reply_error(connection, 401, "this address needs the run's token");
        return false;
    }
    return true;
}

// ---- files ----

static const char *type_of(const char *name)
{
    static const char *const types[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".css", "text/css; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".svg", "image/svg+xml"}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (dot != NULL && strcmp(dot, types[i][0]) == 0) {
            return types[i][1];
        }
    }
    return "text/plain; charset=utf-8";
}

static void send_file(struct net_connection *connection, const struct net_request *request,
                      const struct page_file *file)
{
    const char *accepted = net_request_header(request, "accept-encoding");
    const char *known = net_request_header(request, "if-none-match");
    bool packed = accepted != NULL && strstr(accepted, "gzip") != NULL;
    char tag[32];
    snprintf(tag, sizeof tag, "\"%016" PRIx64 "%s\"", (uint64_t)XXH3_64bits(file->data, file->size),
             packed ? "-gz" : "");
    const struct net_header headers[] = {{"etag", tag},
                                         {"cache-control", "no-cache"},
                                         {"vary", "accept-encoding"},
                                         {"content-encoding", "gzip"}};
    struct net_reply reply = {.status = 200,
                              .content_type = type_of(file->name),
                              .body = packed ? file->packed : file->data,
                              .body_size = packed ? file->packed_size : file->size,
                              .body_is_static = true,
                              .headers = headers,
                              .header_count = packed ? 4 : 3};
    if (known != NULL && strcmp(known, tag) == 0) {
        reply.status = 304;
        reply.body_size = 0;
        reply.header_count = 3;
    }
    net_reply(connection, &reply);
}

void service_get_page(void *context, struct net_connection *connection,
                      const struct net_request *request)
{
    struct service *service = context;
    const struct page_file *file = page_file_find(PAGE_DASHBOARD, strlen(PAGE_DASHBOARD));
    if (!is_own_host(service, request)) {
        net_reply_error(connection, 403, "not under this name");
    } else if (file == NULL) {
        net_reply_error(connection, 404, "this build has no page");
    } else {
        send_file(connection, request, file);
    }
}

void service_get_asset(void *context, struct net_connection *connection,
                       const struct net_request *request)
{
    (void)context;
    const char *name = request->path + strlen("/assets/");
    const struct page_file *file = page_file_find(name, strlen(name));
    if (file == NULL) {
        net_reply_error(connection, 404, "there is no such file");
    } else {
        send_file(connection, request, file);
    }
}

// ---- snapshots ----

static void send_text(struct net_connection *connection, const char *type, const struct text *body)
{
    const struct net_header fresh = {"cache-control", "no-store"};
    struct net_reply reply = {.status = 200,
                              .content_type = type,
                              .body = text_string(body),
                              .body_size = body->size,
                              .headers = &fresh,
                              .header_count = 1};
    net_reply(connection, &reply);
}

static bool add_part(struct service *service, const char *name, struct text *out)
{
    static const char iterations[] = "iterations/";
    if (service->config.publisher == NULL) {
        text_add(out, "%s", strcmp(name, "state") == 0 ? service->config.fixed_state : "");
        return out->size > 0;
    }
    if (strcmp(name, "state") == 0) {
        return feed_model_message(service->model, 0, out);
    }
    if (strncmp(name, iterations, sizeof iterations - 1) == 0) {
        const char *digits = name + sizeof iterations - 1;
        struct decimal one = {1, 0};
        int64_t number = 0;
        return decimal_parse_steps(digits, strlen(digits), one, &number) == DECIMAL_OK &&
               number > 0 && number <= UINT32_MAX &&
               feed_model_summary(service->model, (uint32_t)number, out);
    }
    return feed_model_part(service->model, name, out);
}

void service_get_part(void *context, struct net_connection *connection,
                      const struct net_request *request)
{
    struct service *service = context;
    if (!service_may_read(service, connection, request)) {
        return;
    }
    service_refresh(service);
    struct text body = {0};
    if (add_part(service, request->path + strlen("/api/v1/"), &body)) {
        send_text(connection, "application/json", &body);
    } else {
        net_reply_error(connection, 404, "there is no such part");
    }
    text_fini(&body);
}

void service_get_metrics(void *context, struct net_connection *connection,
                         const struct net_request *request)
{
    struct service *service = context;
    if (!service_may_read(service, connection, request)) {
        return;
    }
    if (service->config.publisher == NULL) {
        net_reply_error(connection, 404, "a finished run has no metrics");
        return;
    }
    service_refresh(service);
    struct text body = {0};
    service_add_metrics(service, &body);
    send_text(connection, "text/plain; version=0.0.4; charset=utf-8", &body);
    text_fini(&body);
}
