// Who asks: API keys, signatures over the bytes that came, and the window of time they hold in.
#ifndef MM_BOURSE_AUTH_H
#define MM_BOURSE_AUTH_H

#include "bourse/state.h"

enum { AUTH_MESSAGE_SIZE = 1024 };

struct auth_result {
    int code; // 0, or the exchange's
    char message[AUTH_MESSAGE_SIZE];
    struct account *account;
};

// A REST request: the key, the time window, then the signature over
// timestamp + key + window + payload (the query or the body).
void auth_request(struct bourse *bourse, const struct bourse_request *given,
                  struct auth_result *out);

// A WebSocket's `auth` arguments: key, expiry in ms, signature over "GET/realtime" + expiry.
void auth_socket(struct bourse *bourse, const char *key, const char *expires, const char *sign,
                 struct auth_result *out);

// Whether `server - window <= timestamp < server + 1000`; texts as sent, "" window = 5000.
bool auth_in_time(const struct bourse *bourse, const char *timestamp, const char *window,
                  struct auth_result *out);

#endif
