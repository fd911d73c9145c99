// The WebSocket side: connections, subscriptions, authentication, and orders by the trade endpoint.
//
// bourse_open, bourse_receive and bourse_close of bourse.h are implemented here.
#ifndef MM_BOURSE_STREAM_H
#define MM_BOURSE_STREAM_H

#include "bourse/state.h"

// Closes connections that have been silent for too long.
void stream_run(struct bourse *bourse);
int64_t stream_next_ns(const struct bourse *bourse);

#endif
