#include "observe/service_metrics.h"

#include "base/platform.h"
#include "observe/run_metrics.h"
#include "soak/rotation.h"

#include <stdio.h>

static void add_artifacts(const struct service *service, struct metrics *metrics)
{
    struct rotation_limits limits = rotation_limits_default();
    if (!service->has_artifacts) {
        return;
    }
    metrics_single(metrics, "mmbot_artifacts_bytes", METRIC_GAUGE,
                   "Size of the artifacts' directory.", (double)service->artifact_bytes);
    metrics_single(metrics, "mmbot_artifacts_warn_bytes", METRIC_GAUGE,
                   "Above which rotation warns.", (double)limits.warn_bytes);
    metrics_single(metrics, "mmbot_artifacts_limit_bytes", METRIC_GAUGE,
                   "Above which rotation removes the oldest.", (double)limits.max_bytes);
    if (service->disk_free_bytes != UINT64_MAX) {
        metrics_single(metrics, "mmbot_disk_free_bytes", METRIC_GAUGE,
                       "Free on the artifacts' disk.", (double)service->disk_free_bytes);
    }
}

static void add_process(const struct service *service, const struct observed_run *run,
                        struct metrics *metrics)
{
    struct platform_usage usage = platform_usage();
    metrics_single(metrics, "process_cpu_seconds_total", METRIC_COUNTER,
                   "User and system time spent.", (double)usage.cpu_ns / 1e9);
    metrics_single(metrics, "process_resident_memory_bytes", METRIC_GAUGE, "Memory occupied.",
                   (double)platform_resident_bytes());
    metrics_single(metrics, "process_open_fds", METRIC_GAUGE, "Open files.", usage.file_count);
    metrics_single(metrics, "process_threads", METRIC_GAUGE, "Threads.", usage.thread_count);
    if (run != NULL) {
        metrics_single(metrics, "process_start_time_seconds", METRIC_GAUGE,
                       "When the run was started, seconds since 1970.",
                       (double)run->started_wall_ns / 1e9);
    }
    if (service->now != NULL) {
        int64_t age_ns = platform_monotonic_ns() - service->now->monotonic_ns;
        metrics_single(metrics, "mmbot_moment_age_seconds", METRIC_GAUGE,
                       "Real time since the engine was last looked at.", (double)age_ns / 1e9);
    }
    int64_t worst_ns = 0;
    for (int i = 0; i < SERVICE_LAG_TICKS; i++) {
        worst_ns = service->lag_ns[i] > worst_ns ? service->lag_ns[i] : worst_ns;
    }
    metrics_single(metrics, "mmbot_loop_lag_seconds", METRIC_GAUGE,
                   "How late the server's loop ran, the worst of the last 10 s.",
                   (double)worst_ns / 1e9);
}

static void add_server(const struct service *service, struct metrics *metrics)
{
    struct net_counters server = net_server_counters(service->server);
    metrics_single(metrics, "mmbot_http_connections", METRIC_GAUGE, "Open connections.",
                   server.connections);
    metrics_single(metrics, "mmbot_http_connections_total", METRIC_COUNTER, "Accepted connections.",
                   (double)server.accepted);
    metrics_single(metrics, "mmbot_http_requests_total", METRIC_COUNTER,
                   "Requests that could be read.", (double)server.requests);
    metrics_family(metrics, "mmbot_http_replies_total", METRIC_COUNTER, "Replies by status.");
    for (int i = 2; i < 6; i++) {
        char code[8];
        snprintf(code, sizeof code, "%dxx", i);
        metrics_add(metrics, (struct metric_label){"status", code},
                    (double)server.replies_by_class[i]);
    }
    metrics_family(metrics, "mmbot_http_refused_total", METRIC_COUNTER,
                   "Connections, requests and messages refused.");
    for (enum net_refusal i = 0; i < NET_REFUSAL_COUNT; i++) {
        metrics_add(metrics, (struct metric_label){"reason", net_refusal_name(i)},
                    (double)server.refused[i]);
    }
}

static void add_feed(const struct service *service, struct metrics *metrics)
{
    struct service_counters counters = service_counters(service);
    metrics_single(metrics, "mmbot_feed_clients", METRIC_GAUGE, "Open WebSockets.",
                   counters.clients);
    metrics_single(metrics, "mmbot_feed_frames_sent_total", METRIC_COUNTER, "Messages of the feed.",
                   (double)counters.frames_sent);
    metrics_single(metrics, "mmbot_feed_frames_dropped_total", METRIC_COUNTER,
                   "Messages left out because a client had not taken its last one.",
                   (double)counters.frames_dropped);
    metrics_single(metrics, "mmbot_feed_clients_cut_total", METRIC_COUNTER,
                   "Clients cut off because they took nothing.", (double)counters.clients_cut);
    metrics_single(metrics, "mmbot_wrong_tokens_total", METRIC_COUNTER,
                   "Requests with a wrong token.", (double)counters.wrong_tokens);
    metrics_family(metrics, "mmbot_control_requests_total", METRIC_COUNTER,
                   "Requests of operators that were understood.");
    for (enum operator_action i = 0; i < OPERATOR_ACTION_COUNT; i++) {
        metrics_add(metrics, (struct metric_label){"action", operator_action_name(i)},
                    (double)counters.requests[i]);
    }
    metrics_single(metrics, "mmbot_audit_failures_total", METRIC_COUNTER,
                   "Lines of the audit log that could not be written.",
                   (double)service->audit.failed_writes);
}

static void add_losses(const struct service *service, struct metrics *metrics)
{
    struct publisher_losses lost = publisher_losses(service->config.publisher);
    const struct {
        const char *kind;
        uint64_t count;
    } kinds[] = {{"fills", lost.fills},   {"markouts", lost.markouts},
                 {"orders", lost.orders}, {"samples", lost.samples},
                 {"log", lost.log},       {"iterations", lost.iterations}};
    metrics_family(metrics, "mmbot_observed_lost_total", METRIC_COUNTER,
                   "What there was no room for on its way from the engine to the page.");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        metrics_add(metrics, (struct metric_label){"kind", kinds[i].kind}, (double)kinds[i].count);
    }
}

void service_add_metrics(struct service *service, struct text *out)
{
    struct metrics metrics = {.out = out};
    const struct observed_run *run = publisher_run(service->config.publisher);
    metrics_family(&metrics, "mmbot_build_info", METRIC_GAUGE, "What was built; always 1.");
    metrics_add(&metrics, (struct metric_label){"version", MM_VERSION}, 1);
    if (run != NULL && service->now != NULL) {
        run_metrics_add(run, service->now, &metrics);
    }
    add_artifacts(service, &metrics);
    add_process(service, run, &metrics);
    add_server(service, &metrics);
    add_feed(service, &metrics);
    add_losses(service, &metrics);
}
