// Where to listen, as an operator writes it: `127.0.0.1:8080`, `[::1]:0`, `localhost:8080`.
//
// Pure; any thread.
#ifndef MM_NET_ADDRESS_H
#define MM_NET_ADDRESS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { ADDRESS_TEXT_SIZE = 48 };

struct address {
    char text[ADDRESS_TEXT_SIZE]; // numeric
    uint16_t port;                // 0 = a free one
    bool is_ipv6;
    bool is_loopback; // reachable from this machine only
};

// MM_ERROR_USAGE says what is wrong.
int address_parse(const char *text, struct address *out) MM_CHECKED;

#endif
