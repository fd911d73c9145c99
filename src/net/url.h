// The parts of an address such as wss://host:443/path. Pure.
#ifndef MM_NET_URL_H
#define MM_NET_URL_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { URL_HOST_SIZE = 256, URL_PATH_SIZE = 512, URL_SIZE = 1024 };

struct url {
    bool is_secure; // wss, https
    bool is_socket; // ws, wss
    char host[URL_HOST_SIZE];
    uint16_t port;
    char path[URL_PATH_SIZE]; // "/" when there is none; with the query
};

// MM_ERROR_USAGE names the text and what is allowed. Names and passwords in an address are refused.
int url_parse(const char *text, struct url *out) MM_CHECKED;

#endif
