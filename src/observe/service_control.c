// Tokens, requests and what became of them.
#include "base/decimal.h"
#include "base/json.h"
#include "base/platform.h"
#include "observe/service_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUESTS_PER_SECOND = 5, WHO_MAX = 32 };

static const int64_t SECOND_NS = 1000000000;

bool service_has_token(struct service *service, const struct net_request *request)
{
    const char *given = secret_of_bearer(net_request_header(request, "authorization"));
    bool ok = secret_equal(service->token, given);
    service->counters.wrong_tokens += !ok && given != NULL;
    return ok;
}

// Five a second, as many at once.
static bool may_ask(struct service *service)
{
    int64_t now_ns = platform_monotonic_ns();
    int64_t full = REQUESTS_PER_SECOND * SECOND_NS;
    int64_t passed_ns =
        service->control_updated_ns == 0 ? SECOND_NS : now_ns - service->control_updated_ns;
    passed_ns = passed_ns < SECOND_NS ? passed_ns : SECOND_NS;
    service->control_updated_ns = now_ns;
    service->control_tokens_e9 += passed_ns * REQUESTS_PER_SECOND;
    service->control_tokens_e9 =
        service->control_tokens_e9 < full ? service->control_tokens_e9 : full;
    if (service->control_tokens_e9 < SECOND_NS) {
        return false;
    }
    service->control_tokens_e9 -= SECOND_NS;
    return true;
}

static void tell(struct service *service, const struct audit_entry *entry)
{
    feed_model_audit(service->model, (int64_t)entry->id, audit_json(entry));
}

static void send_entry(struct net_connection *connection, const struct audit_entry *entry,
                       int status)
{
    char location[64];
    snprintf(location, sizeof location, "/api/v1/control/%" PRIu64, entry->id);
    const struct net_header headers[] = {{"location", location}, {"cache-control", "no-store"}};
    json_t *object = audit_json(entry);
    char *body = json_document_text(object, NULL);
    struct net_reply reply = {.status = status,
                              .content_type = "application/json",
                              .body = body,
                              .body_size = strlen(body),
                              .headers = headers,
                              .header_count = 2};
    net_reply(connection, &reply);
    free(body);
    json_decref(object);
}

// ---- requests ----

static bool is_printable(const char *text, size_t size_max)
{
    size_t size = 0;
    for (; text[size] != '\0'; size++) {
        if (text[size] < ' ' || text[size] > '~' || size == size_max) {
            return false;
        }
    }
    return size > 0;
}

// Fills action and who of {"action": ..., "who": ...}; false for anything else.
static bool read_request(const struct net_request *request, enum operator_action *out_action,
                         char who[AUDIT_WHO_SIZE])
{
    json_t *document = NULL;
    if (json_document_parse(request->body, request->body_size, "request", &document) != MM_OK) {
        mm_error_clear();
        return false;
    }
    const char *action = json_string_value(json_object_get(document, "action"));
    const char *name = json_string_value(json_object_get(document, "who"));
    bool ok = json_object_size(document) == 2 && action != NULL && name != NULL &&
              operator_action_find(action, out_action) && is_printable(name, WHO_MAX);
    if (ok) {
        snprintf(who, AUDIT_WHO_SIZE, "%s %s", name, request->peer);
    }
    json_decref(document);
    return ok;
}

// The status and sentence that refuse a request before it is read, 0 = none.
static int refuse_unread(struct service *service, const struct net_request *request,
                         const char **out_text)
{
    const char *type = net_request_header(request, "content-type");
    if (!service_has_token(service, request)) {
        *out_text = "a request needs the run's token";
        return 401;
    }
    if (type == NULL || strncmp(type, "application/json", strlen("application/json")) != 0) {
        *out_text = "the request must be application/json";
        return 415;
    }
    if (!may_ask(service)) {
        *out_text = "at most 5 requests a second";
        return 429;
    }
    if (service->now == NULL || service->now->phase == SOAK_ENDED) {
        *out_text = "there is no run to ask";
        return 503;
    }
    return 0;
}

static struct operator_state shown_state(const struct observed *now)
{
    return (struct operator_state){.killed = now->killed,
                                   .paused = !now->killed && now->engine.pause_reason != NULL};
}

static const char *problem_of(const struct service *service, enum operator_action action)
{
    const struct observed *now = service->now;
    struct operator_state shown = shown_state(now);
    return operator_problem(service->outstanding == 0 ? &shown : &service->asked,
                            now->engine.status.halted || now->guard.halted, action);
}

static void expect(struct service *service, enum operator_action action)
{
    if (service->outstanding++ == 0) {
        service->asked = shown_state(service->now);
    }
    operator_follow(&service->asked, action);
}

void service_post_control(void *context, struct net_connection *connection,
                          const struct net_request *request)
{
    struct service *service = context;
    const char *text = "";
    service_refresh(service);
    int status = service->config.publisher == NULL ? 503 : 0;
    if (status == 0) {
        status = refuse_unread(service, request, &text);
    } else {
        text = "a finished run takes no requests";
    }
    if (status != 0) {
        net_reply_error(connection, status, text);
        return;
    }
    enum operator_action action;
    char who[AUDIT_WHO_SIZE];
    if (!read_request(request, &action, who)) {
        net_reply_error(connection, 400,
                        "a request is {\"action\": \"pause|resume|kill|rearm|revert\", \"who\": "
                        "up to 32 printable characters}");
        return;
    }
    const char *problem = problem_of(service, action);
    struct audit_entry *entry =
        audit_add(&service->audit, who, operator_action_name(action),
                  problem == NULL ? "accepted" : "refused", problem != NULL ? problem : "");
    entry->done_wall_ns = problem != NULL ? entry->wall_ns : 0;
    struct operator_request order = {.id = entry->id, .action = action};
    if (problem == NULL && !publisher_ask(service->config.publisher, &order)) {
        entry->state = "failed";
        snprintf(entry->text, sizeof entry->text, "too many requests wait");
        entry->done_wall_ns = entry->wall_ns;
    }
    if (strcmp(entry->state, "accepted") == 0) {
        expect(service, action);
    }
    service->counters.requests[action]++;
    audit_write(&service->audit, entry);
    tell(service, entry);
    send_entry(connection, entry, problem == NULL ? 202 : 409);
}

void service_get_control(void *context, struct net_connection *connection,
                         const struct net_request *request)
{
    struct service *service = context;
    if (!service_may_read(service, connection, request)) {
        return;
    }
    service_refresh(service);
    const char *digits = request->path + strlen("/api/v1/control/");
    struct decimal one = {1, 0};
    int64_t id = 0;
    bool is_number = decimal_parse_steps(digits, strlen(digits), one, &id) == DECIMAL_OK && id > 0;
    const struct audit_entry *entry = is_number ? audit_find(&service->audit, (uint64_t)id) : NULL;
    if (entry == NULL) {
        net_reply_error(connection, 404, "no such request is kept");
    } else {
        send_entry(connection, entry, 200);
    }
}

void service_follow_requests(struct service *service)
{
    struct operator_answer answer;
    while (publisher_take_answer(service->config.publisher, &answer)) {
        struct audit_entry *entry = audit_find(&service->audit, answer.id);
        if (entry == NULL) {
            continue;
        }
        entry->state = operator_outcome_name(answer.outcome);
        entry->has_open_orders = true;
        entry->open_orders = answer.open_order_count;
        snprintf(entry->text, sizeof entry->text, "%s", answer.text);
        if (answer.outcome != OPERATOR_WORKING) {
            entry->done_wall_ns = platform_wall_ns();
            service->outstanding--;
            audit_write(&service->audit, entry);
        }
        tell(service, entry);
    }
}
