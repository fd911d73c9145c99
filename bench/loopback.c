// The round trip of an order request over TLS on loopback beside a raw TLS echo of as many bytes,
// alternating. usage: bench_loopback INFO.json [ROUNDS], where INFO.json is what
// mmbot venue --tls --set rate_limits=off --info INFO.json has written.
//
// The request is a cancel of an order that is not there, which the venue looks up and refuses: the
// whole way of a request, and nothing stays behind. The echo is OpenSSL alone, blocking, on a
// thread of its own, with the venue's kind of certificate.
#include "base/platform.h"
#include "net/certificate.h"
#include "net/ws_client.h"
#include "venue/bybit/sign.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <jansson.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROUNDS = 2000, MESSAGE_MAX = 1024, WARM_UP = 100 };

struct order_line {
    struct ws_loop *loop;
    struct ws_client *client;
    const char *key, *secret;
    bool is_ready;
    uint64_t answers;
};

struct echo {
    struct certificate_files files;
    SSL_CTX *server, *client;
    SSL *ssl; // the client's
    int listener, port;
    struct platform_thread thread;
};

// ---- an order's way ----

static void authenticate(void *context)
{
    struct order_line *line = context;
    struct bybit_signer signer;
    char expires[24], signature[BYBIT_SIGNATURE_SIZE], text[512];
    snprintf(expires, sizeof expires, "%" PRId64, platform_wall_ns() / 1000000 + 10000);
    const struct bybit_piece pieces[] = {{"GET/realtime", 12}, {expires, strlen(expires)}};
    if (bybit_signer_init(&signer, line->secret, strlen(line->secret)) != MM_OK) {
        return;
    }
    bybit_sign(&signer, pieces, 2, signature);
    bybit_signer_fini(&signer);
    int size = snprintf(text, sizeof text, "{\"op\":\"auth\",\"args\":[\"%s\",%s,\"%s\"]}",
                        line->key, expires, signature);
    (void)ws_client_send(line->client, text, (size_t)size);
}

static void take_message(void *context, char *data, size_t size)
{
    struct order_line *line = context;
    (void)size;
    line->is_ready = line->is_ready || strstr(data, "\"auth\"") != NULL;
    line->answers += strstr(data, "order.cancel") != NULL;
}

static size_t write_cancel(uint64_t number, char out[MESSAGE_MAX])
{
    return (size_t)snprintf(
        out, MESSAGE_MAX,
        "{\"reqId\":\"0mx28501frx43-%" PRIu64 "\",\"header\":{\"X-BAPI-TIMESTAMP\":\"%" PRId64
        "\",\"X-BAPI-RECV-WINDOW\":\"1000\"},\"op\":\"order.cancel\",\"args\":[{\"category\":"
        "\"linear\",\"symbol\":\"ALTUSDT\",\"orderLinkId\":\"mmb-0mx28501frx43-%" PRIu64 "\"}]}",
        number, platform_wall_ns() / 1000000, number);
}

static int64_t time_order(struct order_line *line, uint64_t number)
{
    char message[MESSAGE_MAX];
    uint64_t before = line->answers;
    int64_t start_ns = platform_monotonic_ns();
    size_t size = write_cancel(number, message);
    if (!ws_client_send(line->client, message, size)) {
        return -1;
    }
    while (line->answers == before && platform_monotonic_ns() < start_ns + 2000000000) {
        ws_loop_run(line->loop, platform_monotonic_ns() + 100000000);
    }
    return line->answers == before ? -1 : platform_monotonic_ns() - start_ns;
}

// ---- the echo ----

static void serve_echo(void *context)
{
    struct echo *echo = context;
    char buffer[MESSAGE_MAX];
    int size, one = 1, file = accept(echo->listener, NULL, NULL);
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    SSL *ssl = SSL_new(echo->server);
    SSL_set_fd(ssl, file);
    if (SSL_accept(ssl) == 1) {
        while ((size = SSL_read(ssl, buffer, sizeof buffer)) > 0) {
            SSL_write(ssl, buffer, size);
        }
    }
    SSL_free(ssl);
    close(file);
}

static bool open_listener(struct echo *echo, struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    echo->listener = socket(AF_INET, SOCK_STREAM, 0);
    return bind(echo->listener, (struct sockaddr *)address, size) == 0 &&
           listen(echo->listener, 1) == 0 &&
           getsockname(echo->listener, (struct sockaddr *)address, &size) == 0;
}

static bool open_echo(struct echo *echo)
{
    struct sockaddr_in address;
    int one = 1;
    if (certificate_make("127.0.0.1", &echo->files) != MM_OK || !open_listener(echo, &address)) {
        return false;
    }
    echo->server = SSL_CTX_new(TLS_server_method());
    echo->client = SSL_CTX_new(TLS_client_method());
    SSL_CTX_use_certificate_file(echo->server, echo->files.certificate, SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(echo->server, echo->files.key, SSL_FILETYPE_PEM);
    if (platform_thread_start(serve_echo, echo, &echo->thread) != 0) {
        return false;
    }
    int file = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    echo->ssl = SSL_new(echo->client);
    SSL_set_fd(echo->ssl, file);
    return connect(file, (struct sockaddr *)&address, sizeof address) == 0 &&
           SSL_connect(echo->ssl) == 1;
}

static int64_t time_echo(struct echo *echo, uint64_t number)
{
    char message[MESSAGE_MAX], answer[MESSAGE_MAX];
    int64_t start_ns = platform_monotonic_ns();
    int size = (int)write_cancel(number, message);
    if (SSL_write(echo->ssl, message, size) != size) {
        return -1;
    }
    for (int got = 0; got < size;) {
        int more = SSL_read(echo->ssl, answer, sizeof answer);
        if (more <= 0) {
            return -1;
        }
        got += more;
    }
    return platform_monotonic_ns() - start_ns;
}

// ---- both ----

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void print(const char *name, int64_t *times, size_t count, double *out_median)
{
    qsort(times, count, sizeof times[0], compare);
    size_t middle = count / 2, late = count * 99 / 100;
    *out_median = (double)times[middle] / 1e3;
    printf("%-10s median %8.1f us   p99 %8.1f us   least %8.1f us\n", name, *out_median,
           (double)times[late] / 1e3, (double)times[0] / 1e3);
}

static bool measure(struct order_line *line, struct echo *echo, size_t rounds)
{
    int64_t *orders = calloc(rounds, sizeof *orders), *echoes = calloc(rounds, sizeof *echoes);
    double order_us = 0, echo_us = 0;
    bool fine = orders != NULL && echoes != NULL;
    for (size_t i = 0; i < rounds + WARM_UP && fine; i++) {
        int64_t order_ns = time_order(line, i + 1), echo_ns = time_echo(echo, i + 1);
        fine = order_ns > 0 && echo_ns > 0;
        if (fine && i >= WARM_UP) {
            orders[i - WARM_UP] = order_ns;
            echoes[i - WARM_UP] = echo_ns;
        }
    }
    if (fine) {
        print("order", orders, rounds, &order_us);
        print("TLS echo", echoes, rounds, &echo_us);
        printf("ratio of the medians %.2f\n", order_us / echo_us);
    }
    free(orders);
    free(echoes);
    return fine;
}

static bool open_line(struct order_line *line, const json_t *info)
{
    char url[256];
    const json_t *account = json_array_get(json_object_get(info, "accounts"), 0);
    const char *host = json_string_value(json_object_get(info, "websocket"));
    line->key = json_string_value(json_object_get(account, "key"));
    line->secret = json_string_value(json_object_get(account, "secret"));
    snprintf(url, sizeof url, "%s/v5/trade", host != NULL ? host : "");
    const struct ws_client_config config = {
        .url = url, .context = line, .opened = authenticate, .message = take_message};
    if (ws_loop_create(json_string_value(json_object_get(info, "certificate")), &line->loop) !=
            MM_OK ||
        ws_client_create(line->loop, &config, &line->client) != MM_OK) {
        return false;
    }
    int64_t until_ns = platform_monotonic_ns() + INT64_C(10000000000);
    while (!line->is_ready && platform_monotonic_ns() < until_ns) {
        ws_loop_run(line->loop, platform_monotonic_ns() + 50000000);
    }
    return line->is_ready;
}

int main(int argc, char **argv)
{
    struct order_line line = {0};
    struct echo echo = {0};
    json_t *info = argc > 1 ? json_load_file(argv[1], 0, NULL) : NULL;
    size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : ROUNDS;
    if (info == NULL || rounds == 0) {
        fprintf(stderr, "usage: bench_loopback INFO.json [ROUNDS]\n");
        return 2;
    }
    bool fine = open_line(&line, info) && open_echo(&echo) && measure(&line, &echo, rounds);
    if (!fine) {
        fprintf(stderr, "bench_loopback: no answer: %s\n", mm_error_text());
    }
    ws_client_destroy(line.client);
    ws_loop_destroy(line.loop);
    if (echo.ssl != NULL) {
        SSL_shutdown(echo.ssl);
        close(SSL_get_fd(echo.ssl));
        SSL_free(echo.ssl);
        platform_thread_join(&echo.thread);
    }
    SSL_CTX_free(echo.server);
    SSL_CTX_free(echo.client);
    certificate_remove(&echo.files);
    json_decref(info);
    return fine ? 0 : 4;
}
