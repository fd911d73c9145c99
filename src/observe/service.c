#include "observe/service.h"

#include "base/directory.h"
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/platform.h"
#include "observe/service_state.h"
#include "soak/rotation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECTIONS_MAX = 200,
    REQUESTS_PER_SECOND = 200,
    BODY_SIZE_MAX = 1024,
    MESSAGE_SIZE_MAX = 1024,
    SEND_BUFFER_SIZE = 32 * 1024, // what a client has not taken shows soon
    CONTROL_FILE_MODE = 0600
};

static const int64_t SECOND_NS = 1000000000;

// ---- what the server is told ----

static const struct net_header reply_headers[] = {
    {"x-content-type-options", "nosniff"},
    {"x-frame-options", "DENY"},
    {"referrer-policy", "no-referrer"},
    {"cross-origin-opener-policy", "same-origin"},
    {"cross-origin-resource-policy", "same-origin"},
    {"content-security-policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
};

static const char *const kept_headers[] = {"host",         "origin",        "authorization",
                                           "content-type", "if-none-match", "accept-encoding"};

static const struct net_route routes[] = {
    {"GET", "/", false, service_get_page},
    {"GET", "/assets/", true, service_get_asset},
    {"GET", "/metrics", false, service_get_metrics},
    {"POST", "/api/v1/control", false, service_post_control},
    {"GET", "/api/v1/control/", true, service_get_control},
    {"GET", "/api/v1/", true, service_get_part},
};

static void on_tick(void *context);

static int listen_there(struct service *service)
{
    const struct service_config *config = &service->config;
    struct net_server_config server = {
        .address = config->address.text,
        .port = config->address.port,
        .certificate_file = config->certificate_file,
        .key_file = config->key_file,
        .connection_max = CONNECTIONS_MAX,
        .body_size_max = BODY_SIZE_MAX,
        .message_size_max = MESSAGE_SIZE_MAX,
        .requests_per_second = REQUESTS_PER_SECOND,
        .send_buffer_size = SEND_BUFFER_SIZE,
        .stall_ns = 5 * SECOND_NS,
        .headers = kept_headers,
        .header_count = sizeof kept_headers / sizeof kept_headers[0],
        .reply_headers = reply_headers,
        .reply_header_count = sizeof reply_headers / sizeof reply_headers[0],
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .endpoints = &service_feed_endpoint,
        .endpoint_count = 1,
        .context = service,
        .tick_ns = SECOND_NS / SERVICE_TICKS_PER_SECOND,
        .tick = on_tick,
    };
    return net_server_create(&server, &service->server);
}

int service_create(const struct service_config *config, struct service **out)
{
    struct service *service = mm_alloc(1, sizeof *service);
    service->config = *config;
    service->reads_need_token = !config->address.is_loopback;
    int64_t sample_ns =
        config->publisher != NULL ? publisher_sample_ns(config->publisher) : SECOND_NS;
    service->model = feed_model_create(sample_ns, true);
    audit_init(&service->audit, config->directory);
    int code = secret_make(service->token);
    if (code == MM_OK) {
        code = listen_there(service);
    }
    if (code != MM_OK) {
        service_destroy(service);
        return code;
    }
    const struct address *address = &service->config.address;
    snprintf(service->host, sizeof service->host, address->is_ipv6 ? "[%s]:%u" : "%s:%u",
             address->text, net_server_port(service->server));
    *out = service;
    return MM_OK;
}

int service_start(struct service *service)
{
    int code = net_server_start(service->server);
    service->is_started = code == MM_OK;
    return code;
}

static const char *scheme_of(const struct service *service)
{
    return service->config.certificate_file != NULL ? "https" : "http";
}

int service_announce(struct service *service)
{
    char address[sizeof service->host + 16];
    snprintf(address, sizeof address, "%s://%s", scheme_of(service), service->host);
    json_t *document = json_pack("{s:s, s:s}", "address", address, "token", service->token);
    struct text path = {0};
    text_add(&path, "%s/.control.json", service->config.directory);
    int code = json_document_write(text_string(&path), document, CONTROL_FILE_MODE);
    json_decref(document);
    service->control_path = path.bytes;
    return code;
}

void service_link(const struct service *service, char out[SERVICE_LINK_SIZE])
{
    snprintf(out, SERVICE_LINK_SIZE, "%s://%s/#%s", scheme_of(service), service->host,
             service->token);
}

void service_stop(struct service *service)
{
    if (service != NULL && service->is_started) {
        net_server_stop(service->server);
        net_server_join(service->server);
        service->is_started = false;
    }
}

void service_destroy(struct service *service)
{
    if (service == NULL) {
        return;
    }
    net_server_destroy(service->server);
    if (service->control_path != NULL && file_remove(service->control_path) != MM_OK) {
        mm_error_clear(); // it holds a token that opens nothing any more
    }
    feed_model_destroy(service->model);
    audit_fini(&service->audit);
    text_fini(&service->diff);
    free(service->control_path);
    memset(service->token, 0, sizeof service->token);
    free(service);
}

struct service_counters service_counters(const struct service *service)
{
    struct net_counters server = net_server_counters(service->server);
    struct service_counters counters = service->counters;
    counters.clients = server.sockets;
    counters.clients_cut += server.sockets_cut;
    return counters;
}

// ---- what the service itself has to tell ----

// Sizes on disk: seldom, because a large directory takes a while to be counted. False while there
// is nothing to look at yet.
static bool look_at_artifacts(struct service *service)
{
    const char *directory = service->config.directory;
    if (directory == NULL || !platform_exists(directory)) {
        return false;
    }
    if (directory_size(directory, &service->artifact_bytes) != MM_OK) {
        mm_error_clear();
        return false;
    }
    service->has_artifacts = true;
    service->disk_free_bytes = platform_disk_free_bytes(directory);
    struct rotation_limits limits = rotation_limits_default();
    bool knows_disk = service->disk_free_bytes != UINT64_MAX;
    json_t *free_bytes =
        knows_disk ? json_integer((json_int_t)service->disk_free_bytes) : json_null();
    json_t *object = json_pack(
        "{s:I, s:I, s:I, s:o, s:I}", "bytes", (json_int_t)service->artifact_bytes, "warn_bytes",
        (json_int_t)limits.warn_bytes, "max_bytes", (json_int_t)limits.max_bytes, "disk_free_bytes",
        free_bytes, "wall_ms", (json_int_t)(platform_wall_ns() / 1000000));
    json_t *name = json_string(directory);
    json_object_set_new(object, "directory", name != NULL ? name : json_string("?"));
    feed_model_set(service->model, FEED_SECTION_ARTIFACTS, object);
    return true;
}

static int64_t worst_lag_ns(const struct service *service)
{
    int64_t worst = 0;
    for (int i = 0; i < SERVICE_LAG_TICKS; i++) {
        worst = service->lag_ns[i] > worst ? service->lag_ns[i] : worst;
    }
    return worst;
}

static void look_at_process(struct service *service)
{
    struct platform_usage usage = platform_usage();
    struct service_counters counters = service_counters(service);
    struct net_counters server = net_server_counters(service->server);
    uint64_t refused = 0;
    for (int i = 0; i < NET_REFUSAL_COUNT; i++) {
        refused += server.refused[i];
    }
    const struct observed_run *run = publisher_run(service->config.publisher);
    int64_t wall_ns = platform_wall_ns();
    double uptime = run != NULL ? (double)(wall_ns - run->started_wall_ns) / 1e9 : 0;
    json_t *object = json_object();
    const struct {
        const char *key;
        uint64_t value;
    } integers[] = {{"pid", platform_process_id()},
                    {"resident_bytes", platform_resident_bytes()},
                    {"open_files", usage.file_count},
                    {"threads", usage.thread_count},
                    {"loop_lag_ns", (uint64_t)worst_lag_ns(service)},
                    {"clients", counters.clients},
                    {"frames_sent", counters.frames_sent},
                    {"frames_dropped", counters.frames_dropped},
                    {"clients_cut", counters.clients_cut},
                    {"requests_refused", refused},
                    {"wall_ms", (uint64_t)wall_ns / 1000000}};
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        json_object_set_new(object, integers[i].key, json_integer((json_int_t)integers[i].value));
    }
    json_object_set_new(object, "cpu_seconds", json_real_stable((double)usage.cpu_ns / 1e9, 3));
    json_object_set_new(object, "uptime_seconds", json_real_stable(uptime, 1));
    feed_model_set(service->model, FEED_SECTION_PROCESS, object);
    struct publisher_losses lost = publisher_losses(service->config.publisher);
    feed_model_set(service->model, FEED_SECTION_COUNTERS,
                   json_pack("{s:{s:I, s:I, s:I, s:I, s:I, s:I}}", "lost", "fills",
                             (json_int_t)lost.fills, "markouts", (json_int_t)lost.markouts,
                             "orders", (json_int_t)lost.orders, "samples", (json_int_t)lost.samples,
                             "iterations", (json_int_t)lost.iterations, "log",
                             (json_int_t)lost.log));
}

// ---- ticks ----

void service_refresh(struct service *service)
{
    struct publisher *publisher = service->config.publisher;
    if (publisher == NULL) {
        return;
    }
    int64_t now_ns = platform_monotonic_ns();
    feed_model_advance(service->model, platform_wall_ns());
    const struct observed_run *run = publisher_run(publisher);
    if (run != NULL && !service->has_run) {
        feed_model_begin(service->model, run);
        service->has_run = true;
    }
    publisher_drain(publisher, service->model);
    bool is_new = false;
    service->now = publisher_look(publisher, &is_new);
    service->moment_is_new |= is_new;
    if (service->moment_is_new && service->has_run) {
        feed_model_moment(service->model, service->now);
        service->moment_is_new = false;
    }
    service_follow_requests(service);
    if (now_ns >= service->slow_due_ns) {
        bool any = look_at_artifacts(service);
        service->slow_due_ns = now_ns + (any ? 10 : 1) * SECOND_NS;
    }
    if (now_ns >= service->process_due_ns) {
        look_at_process(service);
        service->process_due_ns = now_ns + SECOND_NS;
    }
}

static void on_tick(void *context)
{
    struct service *service = context;
    struct net_counters server = net_server_counters(service->server);
    service->lag_ns[service->tick_count++ % SERVICE_LAG_TICKS] = server.tick_lag_ns;
    service_refresh(service);
    service_tell_clients(service);
}
