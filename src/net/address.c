#include "net/address.h"

#include "base/decimal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static int refuse(const char *text)
{
    return mm_fail(
        MM_ERROR_USAGE,
        "'%.64s' is no ADDRESS:PORT; the address is numeric or localhost, an IPv6 one in "
        "brackets, the port 0 (a free one) to 65535",
        text);
}

static bool read_port(const char *text, uint16_t *out)
{
    struct decimal one = {1, 0};
    int64_t port = 0;
    bool is_number = decimal_parse_steps(text, strlen(text), one, &port) == DECIMAL_OK;
    *out = (uint16_t)port;
    return is_number && port >= 0 && port <= UINT16_MAX;
}

// Fills is_ipv6 and is_loopback; false for what is no numeric address.
static bool judge(struct address *address)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, address->text, &four) == 1) {
        address->is_loopback = ntohl(four.s_addr) >> 24 == 127;
        return true;
    }
    address->is_ipv6 = true;
    if (inet_pton(AF_INET6, address->text, &six) != 1) {
        return false;
    }
    address->is_loopback = IN6_IS_ADDR_LOOPBACK(&six);
    return true;
}

int address_parse(const char *text, struct address *out)
{
    struct address address = {.port = 0};
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !read_port(colon + 1, &address.port)) {
        return refuse(text);
    }
    const char *start = text;
    size_t length = (size_t)(colon - text);
    bool has_brackets = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    if (has_brackets) {
        start++;
        length -= 2;
    }
    if (length == 0 || length >= ADDRESS_TEXT_SIZE) {
        return refuse(text);
    }
    memcpy(address.text, start, length);
    if (strcmp(address.text, "localhost") == 0) {
        snprintf(address.text, sizeof address.text, "127.0.0.1");
    }
    if (!judge(&address) || address.is_ipv6 != has_brackets) {
        return refuse(text);
    }
    *out = address;
    return MM_OK;
}
