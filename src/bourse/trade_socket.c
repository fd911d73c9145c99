#include "bourse/trade_socket.h"

#include "bourse/entry.h"
#include "bourse/push.h"
#include "bourse/settle.h"
#include "bourse/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { REQUEST_ID_MOST = 36 };

struct trade_ack {
    const json_t *frame;
    const char *op;
    int code;
    char message[AUTH_MESSAGE_SIZE];
    struct text data, extra; // JSON objects, {} when empty
    struct rate_state rate;
    bool limited, nameless; // nameless: without reqId, in the old form
    uint32_t late_tag;
};

static void refuse(struct trade_ack *ack, int code, const char *message)
{
    ack->code = code;
    snprintf(ack->message, sizeof ack->message, "%s", message);
}

static void write_header(struct bourse *bourse, const struct trade_ack *ack, struct text *out)
{
    char trace[TOKEN_SIZE];
    name_token(&bourse->ids, 32, trace);
    wire_open(out, "header", '{');
    if (ack->limited) {
        wire_number_text(out, "X-Bapi-Limit", ack->rate.limit);
        wire_number_text(out, "X-Bapi-Limit-Status", ack->rate.left);
        wire_number_text(out, "X-Bapi-Limit-Reset-Timestamp", ack->rate.reset_ms);
    }
    wire_string(out, "Traceid", trace);
    wire_number_text(out, "Timenow", bourse_clock_ms(bourse));
    wire_close(out, '}');
}

static void send_ack(struct bourse *bourse, uint32_t number, const struct trade_ack *ack)
{
    struct text *out = &bourse->message;
    const char *name = connection_of(bourse, number)->name;
    text_clear(out);
    wire_open(out, NULL, '{');
    if (ack->nameless) {
        wire_bool(out, "success", false);
        wire_string(out, "ret_msg", "Params Error");
        wire_string(out, "op", ack->op);
        wire_string(out, "conn_id", name);
        wire_close(out, '}');
        push_frame(bourse, number, out);
        return;
    }
    stream_write_id(out, "reqId", json_object_get(ack->frame, "reqId"));
    wire_number(out, "retCode", ack->code);
    wire_string(out, "retMsg", ack->message);
    wire_string(out, "op", ack->op);
    wire_raw(out, "data", ack->code == 0 && ack->data.size > 0 ? ack->data.bytes : "{}");
    wire_raw(out, "retExtInfo", ack->code == 0 && ack->extra.size > 0 ? ack->extra.bytes : "{}");
    write_header(bourse, ack, out);
    wire_string(out, "connId", name);
    wire_close(out, '}');
    push_frame(bourse, number, out);
}

// ---- ping and auth ----

static void answer_short(struct bourse *bourse, uint32_t number, const json_t *frame,
                         const char *op, int code, const char *message)
{
    struct text *out = &bourse->message;
    char now[24];
    text_clear(out);
    wire_open(out, NULL, '{');
    stream_write_id(out, "reqId", json_object_get(frame, "reqId"));
    wire_number(out, "retCode", code);
    wire_string(out, "retMsg", message);
    wire_string(out, "op", op);
    if (strcmp(op, "pong") == 0) {
        snprintf(now, sizeof now, "%" PRId64, bourse_clock_ms(bourse));
        wire_open(out, "data", '[');
        wire_string(out, NULL, now);
        wire_close(out, ']');
    }
    wire_string(out, "connId", connection_of(bourse, number)->name);
    wire_close(out, '}');
    push_frame(bourse, number, out);
}

static void authenticate(struct bourse *bourse, uint32_t number, const json_t *frame)
{
    struct connection *connection = connection_of(bourse, number);
    struct auth_result result;
    if (connection->account >= 0) {
        answer_short(bourse, number, frame, "auth", 20001, "Repeat auth");
        return;
    }
    stream_authenticate(bourse, frame, &result);
    if (result.code == 0) {
        connection->account = (int32_t)result.account->number;
    }
    answer_short(bourse, number, frame, "auth", result.code,
                 result.code == 0 ? "OK" : result.message);
}

// ---- orders ----

struct trade_op {
    const char *name;
    enum entry_op op;
    bool batch;
};

static const struct trade_op *find_op(const char *name)
{
    static const struct trade_op ops[] = {
        {"order.create", ENTRY_CREATE, false},    {"order.amend", ENTRY_AMEND, false},
        {"order.cancel", ENTRY_CANCEL, false},    {"order.create-batch", ENTRY_CREATE, true},
        {"order.amend-batch", ENTRY_AMEND, true}, {"order.cancel-batch", ENTRY_CANCEL, true}};
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (strcmp(ops[i].name, name) == 0) {
            return &ops[i];
        }
    }
    return NULL;
}

// Whether the connection used the id before; notes it.
static bool repeats_id(struct connection *connection, const json_t *id)
{
    char *text = id != NULL ? json_dumps(id, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (text == NULL) {
        return false;
    }
    uint64_t hash = XXH3_64bits(text, strlen(text));
    free(text);
    for (uint32_t i = 0; i < REQUEST_IDS_KEPT; i++) {
        if (connection->request_ids[i] == hash) {
            return true;
        }
    }
    connection->request_ids[connection->request_id_next++ % REQUEST_IDS_KEPT] = hash;
    return false;
}

// What stands in the way of a request before its order is looked at.
static bool is_admitted(struct bourse *bourse, struct connection *connection,
                        const struct trade_op *op, struct trade_ack *ack)
{
    char timestamp[PARAM_TEXT_SIZE], window[PARAM_TEXT_SIZE], id[PARAM_TEXT_SIZE];
    const json_t *header = json_object_get(ack->frame, "header");
    struct auth_result time = {0};
    if (bourse->now_ns < bourse->faults.maintenance_until_ns) {
        refuse(ack, 10016, "Internal server error");
        return false;
    }
    if (strlen(param_text(ack->frame, "reqId", id)) > REQUEST_ID_MOST) {
        refuse(ack, 10001, "params error: reqId is longer than 36");
        return false;
    }
    if (repeats_id(connection, json_object_get(ack->frame, "reqId"))) {
        refuse(ack, 20006, "Duplicate reqId");
        return false;
    }
    param_text(header, "X-BAPI-TIMESTAMP", timestamp);
    param_text(header, "X-BAPI-RECV-WINDOW", window);
    if (!auth_in_time(bourse, timestamp, window, &time)) {
        refuse(ack, time.code, time.message);
        return false;
    }
    struct account *account = &bourse->accounts[connection->account];
    if (account->read_only) {
        refuse(ack, 10005, "Permission denied for current apikey");
        return false;
    }
    int group = (op->batch ? RATE_CREATE_BATCH : RATE_CREATE) + (int)op->op;
    ack->limited = true;
    if (!rate_take(bourse, account, (enum rate_group)group, &ack->rate)) {
        refuse(ack, 10006, "Too many visits. Exceeded the API Rate Limit.");
        return false;
    }
    return true;
}

static void do_one(struct bourse *bourse, struct account *account, const struct trade_op *op,
                   const json_t *params, struct trade_ack *ack)
{
    struct entry_answer answer;
    entry_handle(bourse, account, op->op, params, &answer);
    refuse(ack, answer.code, answer.message);
    ack->late_tag = answer.late_tag;
    wire_open(&ack->data, NULL, '{');
    wire_string(&ack->data, "orderId", answer.order_id);
    wire_string(&ack->data, "orderLinkId", answer.link);
    wire_close(&ack->data, '}');
}

static void do_batch(struct bourse *bourse, struct account *account, const struct trade_op *op,
                     const json_t *params, struct trade_ack *ack)
{
    struct entry_answer answers[BATCH_MAX];
    size_t count;
    const char *message;
    int code = entry_handle_batch(bourse, account, op->op, params, answers, &count, &message);
    refuse(ack, code, message);
    if (code == 0) {
        entry_write_batch(op->op, params, answers, count, &ack->data, &ack->extra);
    }
}

static void carry_out(struct bourse *bourse, uint32_t number, const struct trade_op *op,
                      struct trade_ack *ack)
{
    struct connection *connection = connection_of(bourse, number);
    const json_t *params = json_array_get(json_object_get(ack->frame, "args"), 0);
    if (connection->account < 0) {
        refuse(ack, 10005, "Permission denied: the connection is not authenticated");
    } else if (is_admitted(bourse, connection, op, ack)) {
        struct account *account = &bourse->accounts[connection->account];
        (op->batch ? do_batch : do_one)(bourse, account, op, params, ack);
    }
    ack->nameless = ack->code == 10001 && bourse_switch(bourse, SWITCH_REJECT_WITHOUT_ID) == ON;
}

static void handle_order(struct bourse *bourse, uint32_t number, const struct trade_op *op,
                         const json_t *frame)
{
    struct trade_ack ack = {.frame = frame, .op = op->name, .message = "OK"};
    carry_out(bourse, number, op, &ack);
    if (settle_tells_first(bourse)) {
        settle_round(bourse);
    }
    if (bourse->faults.lose_ack > 0) {
        bourse->faults.lose_ack--;
        bourse->counters.acks_lost++;
    } else {
        send_ack(bourse, number, &ack);
    }
    settle_round(bourse);
    if (ack.late_tag != 0) {
        entry_tell_late(bourse, ack.late_tag);
    }
    text_fini(&ack.data);
    text_fini(&ack.extra);
}

void trade_socket_handle(struct bourse *bourse, uint32_t number, const json_t *frame)
{
    char name[PARAM_TEXT_SIZE];
    param_text(frame, "op", name);
    const struct trade_op *op = find_op(name);
    if (strcmp(name, "ping") == 0) {
        answer_short(bourse, number, frame, "pong", 0, "OK");
    } else if (strcmp(name, "auth") == 0) {
        authenticate(bourse, number, frame);
    } else if (op != NULL) {
        handle_order(bourse, number, op, frame);
    } else {
        answer_short(bourse, number, frame, name, 10404, "op is not found");
    }
}
