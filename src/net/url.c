#include "net/url.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *scheme;
    bool is_secure, is_socket;
    uint16_t port;
} schemes[] = {{"ws://", false, true, 80},
               {"wss://", true, true, 443},
               {"http://", false, false, 80},
               {"https://", true, false, 443}};

static const char *take_scheme(const char *text, struct url *out)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i].scheme);
        if (strncmp(text, schemes[i].scheme, length) == 0) {
            out->is_secure = schemes[i].is_secure;
            out->is_socket = schemes[i].is_socket;
            out->port = schemes[i].port;
            return text + length;
        }
    }
    return NULL;
}

static bool is_host(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '-' || c == '_';
        if (!fine) {
            return false;
        }
    }
    return length > 0 && length < URL_HOST_SIZE;
}

// The digits up to the path; false for none or more than a port can be.
static bool take_port(const char *text, size_t length, uint16_t *out)
{
    uint32_t port = 0;
    for (size_t i = 0; i < length && port <= UINT16_MAX; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        port = digit < 10 ? port * 10 + digit : UINT32_MAX;
    }
    *out = (uint16_t)port;
    return length > 0 && port > 0 && port <= UINT16_MAX;
}

static bool is_path(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at <= ' ' || *at > '~') {
            return false;
        }
    }
    return strlen(text) < URL_PATH_SIZE;
}

int url_parse(const char *text, struct url *out)
{
    *out = (struct url){0};
    const char *host = take_scheme(text, out);
    bool fine = host != NULL;
    if (fine) {
        size_t authority = strcspn(host, "/?");
        const char *colon = memchr(host, ':', authority);
        size_t length = colon != NULL ? (size_t)(colon - host) : authority;
        const char *path = host + authority;
        fine = is_host(host, length) && is_path(path) && *path != '?' &&
               (colon == NULL || take_port(colon + 1, authority - length - 1, &out->port));
        if (fine) {
            memcpy(out->host, host, length);
            (void)snprintf(out->path, sizeof out->path, "%s", *path != '\0' ? path : "/");
        }
    }
    return fine ? MM_OK
                : mm_fail(MM_ERROR_USAGE,
                          "'%.200s' is no address: SCHEME://HOST[:PORT][/PATH] with ws, wss, http "
                          "or https",
                          text);
}
