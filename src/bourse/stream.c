#include "bourse/stream.h"

#include "base/memory.h"
#include "bourse/auth.h"
#include "bourse/dcp.h"
#include "bourse/listing.h"
#include "bourse/params.h"
#include "bourse/push.h"
#include "bourse/topic.h"
#include "bourse/trade_socket.h"
#include "bourse/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENT_SIZE_MOST = 21000, SPOT_ARGUMENTS_MOST = 10, ACK_SIZE = 256 };

// ---- connections ----

static bool read_path(const char *path, struct connection *out)
{
    static const char public_path[] = "/v5/public/";
    if (strcmp(path, "/v5/private") == 0) {
        out->endpoint = ENDPOINT_PRIVATE;
    } else if (strcmp(path, "/v5/trade") == 0) {
        out->endpoint = ENDPOINT_TRADE;
    } else if (strcmp(path, "/v5/public/misc/status") == 0) {
        out->endpoint = ENDPOINT_STATUS;
    } else if (strncmp(path, public_path, sizeof public_path - 1) == 0 &&
               category_parse(path + sizeof public_path - 1, &out->category)) {
        out->endpoint = ENDPOINT_PUBLIC;
    } else {
        return false;
    }
    return true;
}

// max_active_time of private connections: 30s to 600s, or whole minutes.
static int64_t idle_limit_ns(const struct bourse *bourse, const struct connection *connection,
                             const char *query)
{
    bool is_public =
        connection->endpoint == ENDPOINT_PUBLIC || connection->endpoint == ENDPOINT_STATUS;
    int64_t limit_s =
        bourse_switch(bourse, is_public ? SWITCH_IDLE_PUBLIC_S : SWITCH_IDLE_PRIVATE_S);
    char text[PARAM_TEXT_SIZE];
    json_t *params = params_of_query(query);
    param_text(params, "max_active_time", text);
    json_decref(params);
    size_t size = strlen(text);
    int64_t number;
    if (size > 1 && decimal_parse_scaled(text, size - 1, 0, &number) == DECIMAL_OK) {
        int64_t seconds = text[size - 1] == 'm' ? number * 60 : number;
        limit_s =
            number > 0 && number <= 600 && seconds >= 30 && seconds <= 600 ? seconds : limit_s;
    }
    return limit_s * SECOND_NS;
}

uint32_t bourse_open(struct bourse *bourse, const char *path, const char *query, int64_t now_ns)
{
    struct connection opened = {
        .account = -1, .opened_ns = now_ns, .heard_ns = now_ns, .told_ns = now_ns};
    bourse_run(bourse, now_ns);
    uint32_t number = 1;
    while (number <= bourse->connection_top &&
           connection_of(bourse, number)->endpoint != ENDPOINT_FREE) {
        number++;
    }
    if (!read_path(path, &opened) || number > BOURSE_CONNECTIONS_MAX ||
        now_ns < bourse->faults.maintenance_until_ns) {
        return 0;
    }
    opened.idle_ns = idle_limit_ns(bourse, &opened, query);
    name_token(&bourse->ids, 20, opened.name);
    snprintf(opened.name + 20, sizeof opened.name - 20, "-%" PRIx64,
             ++bourse->counters.connections_opened);
    opened.subscriptions = mm_alloc(SUBSCRIPTIONS_MAX, sizeof(struct subscription));
    *connection_of(bourse, number) = opened;
    bourse->connection_top = number > bourse->connection_top ? number : bourse->connection_top;
    return number;
}

void bourse_close(struct bourse *bourse, uint32_t number, int64_t now_ns)
{
    struct connection *connection = connection_of(bourse, number);
    bourse_run(bourse, now_ns);
    if (connection->account >= 0) {
        for (uint32_t i = 0; i < connection->subscription_count; i++) {
            if (connection->subscriptions[i].topic == TOPIC_DCP) {
                dcp_heard(bourse, &bourse->accounts[connection->account]); // its last sign of life
            }
        }
    }
    topic_remove_all(bourse, connection);
    free(connection->subscriptions);
    *connection = (struct connection){0};
    bourse->generations[number - 1]++;
}

// A public connection that subscribed to something is kept; otherwise traffic keeps it.
static int64_t idle_due_ns(const struct connection *connection)
{
    bool is_public =
        connection->endpoint == ENDPOINT_PUBLIC || connection->endpoint == ENDPOINT_STATUS;
    if (connection->endpoint == ENDPOINT_FREE || connection->closing ||
        (is_public && connection->subscription_count > 0)) {
        return INT64_MAX;
    }
    int64_t last_ns = connection->heard_ns;
    last_ns = !is_public && connection->told_ns > last_ns ? connection->told_ns : last_ns;
    return last_ns + connection->idle_ns;
}

int64_t stream_next_ns(const struct bourse *bourse)
{
    int64_t next_ns = INT64_MAX;
    for (uint32_t number = 1; number <= bourse->connection_top; number++) {
        int64_t due_ns = idle_due_ns(connection_of(bourse, number));
        next_ns = due_ns < next_ns ? due_ns : next_ns;
    }
    return next_ns;
}

void stream_run(struct bourse *bourse)
{
    for (uint32_t number = 1; number <= bourse->connection_top; number++) {
        if (idle_due_ns(connection_of(bourse, number)) <= bourse->now_ns) {
            push_close(bourse, number);
        }
    }
}

// ---- answers ----

// The answer of a stream endpoint to an op: success, ret_msg, conn_id, req_id, op.
static void send_ack(struct bourse *bourse, uint32_t number, const json_t *frame, const char *op,
                     bool success, const char *message)
{
    struct text *out = &bourse->message;
    text_clear(out);
    wire_open(out, NULL, '{');
    wire_bool(out, "success", success);
    wire_string(out, "ret_msg", message);
    wire_string(out, "conn_id", connection_of(bourse, number)->name);
    stream_write_id(out, "req_id", json_object_get(frame, "req_id"));
    wire_string(out, "op", op);
    wire_close(out, '}');
    push_frame(bourse, number, out);
}

void stream_write_id(struct text *out, const char *key, const json_t *id)
{
    char *text = id != NULL ? json_dumps(id, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (text != NULL) {
        wire_raw(out, key, text);
        free(text);
    }
}

static void send_command_response(struct bourse *bourse, uint32_t number, const json_t *frame,
                                  bool success)
{
    struct text *out = &bourse->message;
    char *topics = json_dumps(json_object_get(frame, "args"), JSON_COMPACT);
    text_clear(out);
    wire_open(out, NULL, '{');
    wire_bool(out, "success", success);
    wire_string(out, "conn_id", connection_of(bourse, number)->name);
    wire_open(out, "data", '{');
    wire_raw(out, "failTopics", success || topics == NULL ? "[]" : topics);
    wire_raw(out, "successTopics", success && topics != NULL ? topics : "[]");
    wire_close(out, '}');
    wire_string(out, "type", "COMMAND_RESP");
    wire_close(out, '}');
    free(topics);
    push_frame(bourse, number, out);
}

static void answer_ping(struct bourse *bourse, uint32_t number, const json_t *frame)
{
    const struct connection *connection = connection_of(bourse, number);
    struct text *out = &bourse->message;
    char now[24];
    if (connection->endpoint == ENDPOINT_PUBLIC && connection->category != CATEGORY_OPTION) {
        send_ack(bourse, number, frame, "ping", true, "pong");
        return;
    }
    snprintf(now, sizeof now, "%" PRId64, bourse_clock_ms(bourse));
    text_clear(out);
    wire_open(out, NULL, '{');
    stream_write_id(out, "req_id", json_object_get(frame, "req_id"));
    wire_string(out, "op", "pong");
    wire_open(out, "args", '[');
    wire_string(out, NULL, now);
    wire_close(out, ']');
    wire_string(out, "conn_id", connection->name);
    wire_close(out, '}');
    push_frame(bourse, number, out);
}

// ---- subscriptions ----

// Why the topics of a request cannot all be had: into `why` of ACK_SIZE bytes; false = they can.
static bool find_fault(const struct bourse *bourse, const struct connection *connection,
                       const json_t *arguments, char *why)
{
    size_t count = json_array_size(arguments), size = 0;
    bool is_spot = connection->endpoint == ENDPOINT_PUBLIC && connection->category == CATEGORY_SPOT;
    if (is_spot && count > SPOT_ARGUMENTS_MOST) {
        snprintf(why, ACK_SIZE, "args size >%d", SPOT_ARGUMENTS_MOST);
        return true;
    }
    if (count == 0) {
        snprintf(why, ACK_SIZE, "error:args are missing");
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(arguments, i));
        struct subscription parsed;
        name = name != NULL ? name : "";
        size += strlen(name);
        if (!topic_parse(bourse, connection, name, &parsed)) {
            snprintf(why, ACK_SIZE, "error:handler not found,topic:%.128s", name);
            return true;
        }
        if (topic_find(connection, name) != NULL) {
            snprintf(why, ACK_SIZE, "error:already subscribed,topic:%.128s", name);
            return true;
        }
    }
    if (size > ARGUMENT_SIZE_MOST || connection->subscription_count + count > SUBSCRIPTIONS_MAX) {
        snprintf(why, ACK_SIZE, "error:too many topics");
        return true;
    }
    return false;
}

static void add_topics(struct bourse *bourse, uint32_t number, const json_t *arguments)
{
    struct connection *connection = connection_of(bourse, number);
    for (size_t i = 0; i < json_array_size(arguments); i++) {
        struct subscription added;
        const char *name = json_string_value(json_array_get(arguments, i));
        if (topic_find(connection, name) != NULL ||
            !topic_parse(bourse, connection, name, &added) ||
            !topic_add(bourse, connection, &added)) {
            continue; // a request may name a topic twice
        }
        if (connection->endpoint == ENDPOINT_PUBLIC) {
            listing_send_snapshot(&bourse->listings[added.listing], number, added.topic,
                                  added.argument);
        } else if (added.topic == TOPIC_DCP) {
            dcp_heard(bourse, &bourse->accounts[connection->account]);
        }
    }
}

static void subscribe(struct bourse *bourse, uint32_t number, const json_t *frame)
{
    struct connection *connection = connection_of(bourse, number);
    const json_t *arguments = json_object_get(frame, "args");
    char why[ACK_SIZE];
    bool faulty = find_fault(bourse, connection, arguments, why);
    bool is_public = connection->endpoint == ENDPOINT_PUBLIC;
    if (is_public && connection->category == CATEGORY_OPTION) {
        send_command_response(bourse, number, frame, !faulty);
    } else {
        const char *done = is_public && connection->category == CATEGORY_SPOT ? "subscribe" : "";
        send_ack(bourse, number, frame, "subscribe", !faulty, faulty ? why : done);
    }
    if (!faulty) {
        add_topics(bourse, number, arguments);
    }
}

static void unsubscribe(struct bourse *bourse, uint32_t number, const json_t *frame)
{
    const json_t *arguments = json_object_get(frame, "args");
    for (size_t i = 0; i < json_array_size(arguments); i++) {
        const char *name = json_string_value(json_array_get(arguments, i));
        if (name != NULL) {
            topic_remove(bourse, connection_of(bourse, number), name);
        }
    }
    send_ack(bourse, number, frame, "unsubscribe", true, "");
}

static void authenticate(struct bourse *bourse, uint32_t number, const json_t *frame)
{
    struct connection *connection = connection_of(bourse, number);
    struct auth_result result;
    stream_authenticate(bourse, frame, &result);
    if (result.code == 0) {
        connection->account = (int32_t)result.account->number;
    }
    send_ack(bourse, number, frame, "auth", result.code == 0, result.message);
}

void stream_authenticate(struct bourse *bourse, const json_t *frame, struct auth_result *out)
{
    char key[PARAM_TEXT_SIZE], expires[PARAM_TEXT_SIZE], sign[PARAM_TEXT_SIZE];
    const json_t *arguments = json_object_get(frame, "args");
    json_t *named = json_object();
    static const char *const names[] = {"key", "expires", "sign"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_object_set(named, names[i], json_array_get(arguments, i));
    }
    auth_socket(bourse, param_text(named, "key", key), param_text(named, "expires", expires),
                param_text(named, "sign", sign), out);
    json_decref(named);
}

// ---- frames ----

static void handle_stream(struct bourse *bourse, uint32_t number, const json_t *frame)
{
    const struct connection *connection = connection_of(bourse, number);
    char op[PARAM_TEXT_SIZE];
    param_text(frame, "op", op);
    if (strcmp(op, "ping") == 0) {
        answer_ping(bourse, number, frame);
    } else if (strcmp(op, "subscribe") == 0) {
        subscribe(bourse, number, frame);
    } else if (strcmp(op, "unsubscribe") == 0) {
        unsubscribe(bourse, number, frame);
    } else if (strcmp(op, "auth") == 0 && connection->endpoint == ENDPOINT_PRIVATE) {
        authenticate(bourse, number, frame);
    } else {
        send_ack(bourse, number, frame, op, false, "error:invalid op");
    }
}

void bourse_receive(struct bourse *bourse, uint32_t number, const char *bytes, size_t size,
                    int64_t now_ns)
{
    bourse_run(bourse, now_ns);
    struct connection *connection = connection_of(bourse, number);
    bourse->counters.frames_in++;
    connection->heard_ns = now_ns;
    if (connection->closing) {
        return;
    }
    json_t *frame = json_loadb(bytes, size, 0, NULL);
    if (!json_is_object(frame)) {
        send_ack(bourse, number, frame, "", false,
                 "Failed to decode incoming data:readObjectStart: expect { or n");
    } else if (connection->endpoint == ENDPOINT_TRADE) {
        trade_socket_handle(bourse, number, frame);
    } else {
        handle_stream(bourse, number, frame);
    }
    json_decref(frame);
}
