// One HTTP request and its answer, over libcurl. Waits; for times at which nothing else is going
// on.
//
// http and https only, certificates checked, no redirects followed. Any thread, one call at a time
// per thread.
#ifndef MM_NET_HTTP_CLIENT_H
#define MM_NET_HTTP_CLIENT_H

#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

struct http_options {
    const char *ca_file; // PEM certificates in place of the system's; NULL: those
    int64_t timeout_ns;  // for all of it
    size_t body_size_max;
    const char *const *headers; // lines "Name: value", ended by NULL; NULL: none
};

// GETs `url`; the answer's body is added to `body` and *out_status is its status. MM_ERROR_SYSTEM
// when there was no answer, with the reason: the request may or may not have been done.
int http_get(const char *url, const struct http_options *options, struct text *body,
             int *out_status) MM_CHECKED;

#endif
