// Answers of the exchange: to a REST request, and to what was asked on a stream.
//
// Owned json_t documents of jansson. Not for the path of an event.
#ifndef MM_VENUE_BYBIT_REPLY_H
#define MM_VENUE_BYBIT_REPLY_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct bybit_reply {
    json_int_t code;      // retCode, 0: fine
    const char *text;     // retMsg, "" when absent; borrowed from the document
    const json_t *result; // borrowed from the document
    json_t *document;     // owned
};

// MM_ERROR_INPUT for what is no answer.
int bybit_reply_read(const char *text, size_t size, struct bybit_reply *out) MM_CHECKED;
void bybit_reply_fini(struct bybit_reply *reply);

// "code N, WORDS" of an answer whose code is not 0, with at most `most` bytes of the exchange's
// words, into `size` bytes. On a wrong signature its words repeat what was signed, the key
// included, and are left out.
void bybit_reply_refusal(const struct bybit_reply *reply, int most, char *out, size_t size);

enum { BYBIT_REQUEST_ID_SIZE = 37, BYBIT_ACK_TEXT_SIZE = 160 };

enum bybit_op { BYBIT_OP_OTHER, BYBIT_OP_SUBSCRIBE, BYBIT_OP_UNSUBSCRIBE, BYBIT_OP_PONG };

// What a stream says that is no data: {"success":true,"ret_msg":"","req_id":"b1","op":"subscribe"}.
struct bybit_ack {
    enum bybit_op op;
    bool success;
    char request_id[BYBIT_REQUEST_ID_SIZE]; // "" when absent
    char text[BYBIT_ACK_TEXT_SIZE];
};

// False for what is no such message.
bool bybit_ack_read(const char *text, size_t size, struct bybit_ack *out);

#endif
