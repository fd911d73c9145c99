// Whatever bytes a peer sends to the run's HTTP address, as requests, as a WebSocket, as garbage,
// the server stays: it refuses, and answers the next one. `TOKEN` in the input stands for the run's
// token, so that what only the token opens is reached too.
#include "base/check.h"
#include "net/secret.h"
#include "observe/service.h"

#include "net_client.h"

#include <stdlib.h>

enum { INPUT_MAX = 8192, REPLY_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct service *service; // for all inputs
static struct publisher *publisher;
static uint16_t port;
static char token[SECRET_SIZE];

static void start(void)
{
    struct publisher_config publishing = {.pace_e3 = 1000};
    publisher = publisher_create(&publishing);
    struct service_config config = {.publisher = publisher};
    int code = address_parse("127.0.0.1:0", &config.address);
    MM_ASSERT(code == MM_OK);
    code = service_create(&config, &service);
    MM_ASSERT(code == MM_OK);
    code = service_start(service);
    MM_ASSERT(code == MM_OK);
    char link[SERVICE_LINK_SIZE];
    service_link(service, link);
    const char *colon = strrchr(link, ':');
    port = (uint16_t)strtoul(colon + 1, NULL, 10);
    snprintf(token, sizeof token, "%s", strchr(link, '#') + 1);
}

// Copies the input with the token in its place; returns the length.
static size_t fill_in(const uint8_t *data, size_t size, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < size && used + SECRET_SIZE < INPUT_MAX; i++) {
        if (size - i >= 5 && memcmp(data + i, "TOKEN", 5) == 0) {
            memcpy(out + used, token, SECRET_SIZE - 1);
            used += SECRET_SIZE - 1;
            i += 4;
        } else {
            out[used++] = (char)data[i];
        }
    }
    return used;
}

static void check_alive(void)
{
    static char reply[REPLY_MAX];
    char request[128];
    snprintf(request, sizeof request,
             "GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n\r\n",
             port);
    client_ask(port, request, reply, sizeof reply);
    // 429 when inputs come faster than one address may ask.
    MM_ASSERT(strstr(reply, " 200 ") != NULL || strstr(reply, " 429 ") != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char input[INPUT_MAX], reply[REPLY_MAX];
    if (service == NULL) {
        start();
    }
    size_t length = fill_in(data, size, input);
    int file = client_connect(port, 0);
    MM_ASSERT(file >= 0);
    (void)client_send(file, input, length);
    shutdown(file, SHUT_WR);
    client_read_all(file, reply, sizeof reply);
    close(file);
    check_alive();
    return 0;
}
