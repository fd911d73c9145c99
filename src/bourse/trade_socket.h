// Orders by WebSocket: the endpoint /v5/trade.
#ifndef MM_BOURSE_TRADE_SOCKET_H
#define MM_BOURSE_TRADE_SOCKET_H

#include "bourse/auth.h"
#include "bourse/state.h"

#include <jansson.h>

// One frame from a connection of the endpoint.
void trade_socket_handle(struct bourse *bourse, uint32_t number, const json_t *frame);

// Of stream.c: appends an id as the client wrote it, number or string; nothing when it is NULL.
void stream_write_id(struct text *out, const char *key, const json_t *id);
// Checks the three arguments of an `auth` frame.
void stream_authenticate(struct bourse *bourse, const json_t *frame, struct auth_result *out);

#endif
