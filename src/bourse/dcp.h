// Disconnect-cancel-all: when every private connection that asked for it has died and stayed dead
// for the account's window, the account's orders are cancelled.
#ifndef MM_BOURSE_DCP_H
#define MM_BOURSE_DCP_H

#include "bourse/state.h"

enum { DCP_WINDOW_LEAST_S = 3, DCP_WINDOW_MOST_S = 300, DCP_WINDOW_DEFAULT_S = 10 };

void dcp_set_window(struct bourse *bourse, struct account *account, int32_t window_s);

// A connection that subscribed to dcp.future lives: it subscribed now or sent a frame.
void dcp_heard(struct bourse *bourse, struct account *account);

int64_t dcp_next_ns(const struct bourse *bourse);
void dcp_run(struct bourse *bourse);

#endif
