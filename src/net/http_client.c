#include "net/http_client.h"

#include "base/memory.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

struct http_session {
    CURL *handle; // owned
};

struct http_session *http_session_create(void)
{
    struct http_session *session = mm_alloc(1, sizeof *session);
    session->handle = curl_easy_init();
    if (session->handle == NULL) {
        free(session);
        return NULL;
    }
    return session;
}

void http_session_destroy(struct http_session *session)
{
    if (session != NULL) {
        curl_easy_cleanup(session->handle);
        free(session);
    }
}

struct answer {
    struct text *body;
    size_t size_left;
};

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct answer *answer = context;
    if (size * count > answer->size_left) {
        return 0;
    }
    answer->size_left -= size * count;
    text_put(answer->body, data, size * count);
    return size * count;
}

static void set_options(CURL *handle, const char *url, const struct http_options *options,
                        struct answer *answer)
{
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)(options->timeout_ns / 1000000));
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "mmbot"); // some hosts refuse requests without one
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, answer);
    if (options->ca_file != NULL) {
        curl_easy_setopt(handle, CURLOPT_CAINFO, options->ca_file);
    }
}

// Before the handle is reset: libcurl owns the texts.
static void take_fields(CURL *handle, const struct http_options *options)
{
    for (size_t i = 0; i < options->field_count; i++) {
        struct http_field *field = &options->fields[i];
        struct curl_header *header = NULL;
        bool found =
            curl_easy_header(handle, field->name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK &&
            strlen(header->value) < HTTP_FIELD_SIZE;
        const char *value = found ? header->value : "";
        memcpy(field->value, value, strlen(value) + 1);
    }
}

// GETs when there is nothing to send.
static int do_request(const char *url, const struct http_options *options, const char *sent,
                      struct text *body, int *out_status)
{
    struct answer answer = {body, options->body_size_max};
    char reason[CURL_ERROR_SIZE] = "";
    long status = 0;
    struct http_session *session = options->session;
    CURL *handle = session != NULL ? session->handle : curl_easy_init();
    if (handle == NULL) {
        return mm_fail(MM_ERROR_SYSTEM, "libcurl cannot be used");
    }
    set_options(handle, url, options, &answer);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);
    struct curl_slist *headers = NULL;
    for (const char *const *line = options->headers; line != NULL && *line != NULL; line++) {
        headers = curl_slist_append(headers, *line);
    }
    if (sent != NULL) {
        headers = curl_slist_append(headers, "Content-Type: application/json");
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, sent);
    }
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(handle);
    curl_slist_free_all(headers);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    take_fields(handle, options);
    if (session != NULL) {
        curl_easy_reset(handle); // its connections stay
    } else {
        curl_easy_cleanup(handle);
    }
    *out_status = (int)status;
    return code == CURLE_OK ? MM_OK
                            : mm_fail(MM_ERROR_SYSTEM, "%s: %s", url,
                                      reason[0] != '\0' ? reason : curl_easy_strerror(code));
}

int http_get(const char *url, const struct http_options *options, struct text *body,
             int *out_status)
{
    return do_request(url, options, NULL, body, out_status);
}

int http_post(const char *url, const struct http_options *options, const char *sent,
              struct text *body, int *out_status)
{
    return do_request(url, options, sent, body, out_status);
}
