// What the service's files share. Private to src/observe.
//
// service.c has its life and its ticks; service_http.c pages and snapshots; service_feed.c the
// WebSocket; service_control.c tokens, requests and the audit log.
#ifndef MM_OBSERVE_SERVICE_STATE_H
#define MM_OBSERVE_SERVICE_STATE_H

#include "net/secret.h"
#include "net/server.h"
#include "observe/audit.h"
#include "observe/feed_model.h"
#include "observe/service.h"
#include "soak/operator.h"

enum { SERVICE_TICKS_PER_SECOND = 10, SERVICE_LAG_TICKS = 100 };

// A reader of the feed.
struct feed_client {
    uint64_t since; // the number of its last message, 0 = none
    bool may_read;
    int64_t opened_ns, last_sent_ns;
};

struct service {
    struct service_config config;
    struct net_server *server;
    bool is_started;
    char token[SECRET_SIZE];
    char host[ADDRESS_TEXT_SIZE + 16]; // as a Host header names it
    bool reads_need_token;
    char *control_path; // owned; NULL until announced
    struct feed_model *model;
    bool has_run, moment_is_new;
    const struct observed *now; // NULL until there is one
    struct text diff;           // of the newest message after diff_since
    uint64_t diff_since, diff_sequence;
    bool diff_is_empty;
    uint64_t tick_count;
    int64_t slow_due_ns, process_due_ns;
    uint64_t artifact_bytes, disk_free_bytes;
    bool has_artifacts;
    int64_t lag_ns[SERVICE_LAG_TICKS];
    struct service_counters counters;
    struct audit audit;
    int64_t control_tokens_e9, control_updated_ns;
    uint32_t outstanding;        // requests that were accepted and have not ended
    struct operator_state asked; // what they make of it
};

extern const struct net_endpoint service_feed_endpoint;

// Brings the model up to date.
void service_refresh(struct service *service);

// Whether the request may read; answers it when not.
bool service_may_read(struct service *service, struct net_connection *connection,
                      const struct net_request *request);
// Whether the request carries the token.
bool service_has_token(struct service *service, const struct net_request *request);

void service_get_page(void *context, struct net_connection *connection,
                      const struct net_request *request);
void service_get_asset(void *context, struct net_connection *connection,
                       const struct net_request *request);
void service_get_metrics(void *context, struct net_connection *connection,
                         const struct net_request *request);
void service_get_part(void *context, struct net_connection *connection,
                      const struct net_request *request);
void service_get_control(void *context, struct net_connection *connection,
                         const struct net_request *request);
void service_post_control(void *context, struct net_connection *connection,
                          const struct net_request *request);

// Sends what has changed to those who can take it.
void service_tell_clients(struct service *service);
// Takes in what became of requests.
void service_follow_requests(struct service *service);

#endif
