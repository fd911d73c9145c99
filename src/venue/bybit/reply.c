#include "venue/bybit/reply.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

int bybit_reply_read(const char *text, size_t size, struct bybit_reply *out)
{
    *out = (struct bybit_reply){0};
    int code = json_document_parse(text, size, "the exchange's answer", &out->document);
    if (code != MM_OK) {
        return code;
    }
    const json_t *number = json_object_get(out->document, "retCode");
    if (!json_is_integer(number)) {
        bybit_reply_fini(out);
        return mm_fail(MM_ERROR_INPUT, "the exchange's answer has no retCode");
    }
    out->code = json_integer_value(number);
    out->text = json_text_at(out->document, "retMsg");
    out->result = json_object_get(out->document, "result");
    return MM_OK;
}

void bybit_reply_fini(struct bybit_reply *reply)
{
    json_decref(reply->document);
    *reply = (struct bybit_reply){0};
}

void bybit_reply_refusal(const struct bybit_reply *reply, int most, char *out, size_t size)
{
    bool tells_key = reply->code == 10004;
    (void)snprintf(out, size, "code %" JSON_INTEGER_FORMAT "%s%.*s", reply->code,
                   tells_key ? "" : ", ", most, tells_key ? "" : reply->text);
}

static enum bybit_op op_of(const json_t *document)
{
    static const struct {
        const char *name;
        enum bybit_op op;
    } ops[] = {{"subscribe", BYBIT_OP_SUBSCRIBE},
               {"unsubscribe", BYBIT_OP_UNSUBSCRIBE},
               {"ping", BYBIT_OP_PONG}, // linear and spot answer a ping by its own name
               {"pong", BYBIT_OP_PONG}};
    const char *name = json_text_at(document, "op");
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (strcmp(name, ops[i].name) == 0) {
            return ops[i].op;
        }
    }
    return BYBIT_OP_OTHER;
}

bool bybit_ack_read(const char *text, size_t size, struct bybit_ack *out)
{
    json_t *document = json_loadb(text, size, 0, NULL);
    bool is_ack = json_is_object(document) && json_object_get(document, "topic") == NULL;
    if (is_ack) {
        const json_t *success = json_object_get(document, "success");
        *out = (struct bybit_ack){.op = op_of(document),
                                  .success = success == NULL || json_is_true(success)};
        (void)snprintf(out->request_id, sizeof out->request_id, "%s",
                       json_text_at(document, "req_id"));
        (void)snprintf(out->text, sizeof out->text, "%s", json_text_at(document, "ret_msg"));
    }
    json_decref(document);
    return is_ack;
}
