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

// A connection that is kept between requests to one host; of one thread. NULL when there is none to
// be had.
struct http_session;
struct http_session *http_session_create(void);
void http_session_destroy(struct http_session *session); // accepts NULL

// A field of an answer's header that is wanted.
enum { HTTP_FIELD_SIZE = 64 };
struct http_field {
    const char *name;            // borrowed; capitals do not matter
    char value[HTTP_FIELD_SIZE]; // "" when the answer has none, or a longer one
};

struct http_options {
    struct http_session *session; // NULL: a connection for this request alone
    const char *ca_file;          // PEM certificates in place of the system's; NULL: those
    int64_t timeout_ns;           // for all of it
    size_t body_size_max;
    const char *const *headers; // lines "Name: value", ended by NULL; NULL: none
    struct http_field *fields;  // filled in by the answer; NULL when `field_count` is 0
    size_t field_count;
};

// GETs `url`; the answer's body is added to `body` and *out_status is its status. MM_ERROR_SYSTEM
// when there was no answer, with the reason: the request may or may not have been done.
int http_get(const char *url, const struct http_options *options, struct text *body,
             int *out_status) MM_CHECKED;

// POSTs `sent` as JSON; the rest as http_get.
int http_post(const char *url, const struct http_options *options, const char *sent,
              struct text *body, int *out_status) MM_CHECKED;

#endif
