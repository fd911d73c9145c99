// A small exchange on loopback for tests: answers the instrument's request and subscriptions, and
// sends on its public stream whatever a test says. On a thread of its own; tests meet it in a
// mailbox and in counters.
#ifndef MM_TESTS_UNIT_FAKE_BYBIT_H
#define MM_TESTS_UNIT_FAKE_BYBIT_H

#include "base/platform.h"
#include "net/server.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { FAKE_MAILS_MAX = 256, FAKE_REQUESTS_MAX = 64, FAKE_TEXT_SIZE = 512 };

// A mail is a text to send, or this: cut the sockets.
#define FAKE_CUT "cut"

struct fake_bybit {
    struct net_server *server;
    char url[64], rest_url[64];
    pthread_mutex_t lock;
    char mails[FAKE_MAILS_MAX][FAKE_TEXT_SIZE]; // not sent yet; under the lock, as all below
    uint32_t mail_count;
    char requests[FAKE_REQUESTS_MAX][FAKE_TEXT_SIZE]; // of all sockets, but for pings
    uint32_t request_count;
    const char *answer;  // to a subscription in place of success; %s is the request's id
    const char *on_book; // sent after a subscription to the book; NULL: nothing
    atomic_int ahead_ms;
    atomic_uint open_count, ping_count, foreign_count; // foreign: asked for anything else
};

static inline void fake_field(const char *text, const char *key, char *out, size_t size)
{
    const char *at = strstr(text, key);
    out[0] = '\0';
    if (at != NULL) {
        at += strlen(key);
        snprintf(out, size, "%.*s", (int)strcspn(at, "\""), at);
    }
}

static inline void fake_answer(struct fake_bybit *fake, struct net_connection *socket,
                               const char *text)
{
    char id[64], reply[FAKE_TEXT_SIZE];
    fake_field(text, "\"req_id\":\"", id, sizeof id);
    bool is_book = strstr(text, "orderbook.") != NULL;
    bool subscribes = strstr(text, "\"subscribe\"") != NULL;
    if (subscribes && fake->answer != NULL && is_book) {
        snprintf(reply, sizeof reply,
                 "{\"success\":false,\"ret_msg\":\"%s\",\"conn_id\":\"c\","
                 "\"req_id\":\"%s\",\"op\":\"subscribe\"}",
                 fake->answer, id);
    } else {
        snprintf(reply, sizeof reply,
                 "{\"success\":true,\"ret_msg\":\"\",\"conn_id\":\"c\","
                 "\"req_id\":\"%s\",\"op\":\"%s\"}",
                 id, subscribes ? "subscribe" : "unsubscribe");
    }
    net_socket_send(socket, reply, strlen(reply));
    if (subscribes && is_book && fake->on_book != NULL) {
        net_socket_send(socket, fake->on_book, strlen(fake->on_book));
    }
}

static inline void fake_message(void *context, struct net_connection *socket, const char *data,
                                size_t size)
{
    struct fake_bybit *fake = context;
    if (strstr(data, "\"ping\"") != NULL) {
        static const char pong[] =
            "{\"success\":true,\"ret_msg\":\"pong\",\"conn_id\":\"c\",\"op\":\"ping\"}";
        fake->ping_count++;
        net_socket_send(socket, pong, sizeof pong - 1);
        return;
    }
    pthread_mutex_lock(&fake->lock);
    if (fake->request_count < FAKE_REQUESTS_MAX) {
        snprintf(fake->requests[fake->request_count++], FAKE_TEXT_SIZE, "%.*s", (int)size, data);
    }
    fake_answer(fake, socket, data);
    pthread_mutex_unlock(&fake->lock);
}

static inline void fake_opened(void *context, struct net_connection *socket)
{
    (void)socket;
    ((struct fake_bybit *)context)->open_count++;
}

static const struct net_endpoint fake_endpoints[] = {
    {.path = "/v5/public/linear", .opened = fake_opened, .message = fake_message}};

struct fake_mail {
    const char *text;
};

static inline void fake_deliver(void *context, struct net_connection *socket)
{
    const char *text = ((const struct fake_mail *)context)->text;
    if (strcmp(text, FAKE_CUT) == 0) {
        net_drop(socket);
    } else {
        net_socket_send(socket, text, strlen(text));
    }
}

static inline void fake_woken(void *context)
{
    struct fake_bybit *fake = context;
    pthread_mutex_lock(&fake->lock);
    for (uint32_t i = 0; i < fake->mail_count; i++) {
        struct fake_mail mail = {fake->mails[i]};
        net_server_each_socket(fake->server, fake_endpoints, fake_deliver, &mail);
    }
    fake->mail_count = 0;
    pthread_mutex_unlock(&fake->lock);
}

static inline void fake_instruments(void *context, struct net_connection *connection,
                                    const struct net_request *request)
{
    static const char body[] =
        "{\"retCode\":0,\"retMsg\":\"OK\",\"result\":{\"category\":\"linear\",\"list\":[{"
        "\"symbol\":\"BTCUSDT\",\"status\":\"Trading\",\"baseCoin\":\"BTC\",\"quoteCoin\":"
        "\"USDT\",\"settleCoin\":\"USDT\",\"priceFilter\":{\"minPrice\":\"0.10\",\"maxPrice\":"
        "\"1999999.80\",\"tickSize\":\"0.10\"},\"lotSizeFilter\":{\"maxOrderQty\":\"1190.000\","
        "\"minOrderQty\":\"0.001\",\"qtyStep\":\"0.001\"}}]},\"retExtInfo\":{},\"time\":1}";
    (void)context;
    (void)request;
    net_reply(connection, &(struct net_reply){.status = 200,
                                              .content_type = "application/json",
                                              .body = body,
                                              .body_size = sizeof body - 1,
                                              .body_is_static = true});
}

// Its clock is `ahead_ms` ahead of ours.
static inline void fake_time(void *context, struct net_connection *connection,
                             const struct net_request *request)
{
    struct fake_bybit *fake = context;
    char body[FAKE_TEXT_SIZE];
    (void)request;
    int64_t now_ns = platform_wall_ns() + (int64_t)fake->ahead_ms * 1000000;
    int size = snprintf(
        body, sizeof body,
        "{\"retCode\":0,\"retMsg\":\"OK\",\"result\":{\"timeNano\":\"%" PRId64 "\"}}", now_ns);
    net_reply(connection,
              &(struct net_reply){.status = 200, .body = body, .body_size = (size_t)size});
}

static inline void fake_other(void *context, struct net_connection *connection,
                              const struct net_request *request)
{
    (void)request;
    ((struct fake_bybit *)context)->foreign_count++;
    net_reply_error(connection, 404, "nothing here");
}

static const struct net_route fake_routes[] = {
    {"GET", "/v5/market/instruments-info", false, fake_instruments},
    {"GET", "/v5/market/time", false, fake_time},
    {"GET", "/", true, fake_other},
    {"POST", "/", true, fake_other}};

static inline int fake_start(struct fake_bybit *fake)
{
    struct net_server_config config = {.endpoints = fake_endpoints,
                                       .endpoint_count = 1,
                                       .routes = fake_routes,
                                       .route_count = 4,
                                       .context = fake,
                                       .woken = fake_woken};
    memset(fake, 0, sizeof *fake);
    pthread_mutex_init(&fake->lock, NULL);
    int code = net_server_create(&config, &fake->server);
    if (code == MM_OK) {
        snprintf(fake->url, sizeof fake->url, "ws://127.0.0.1:%u", net_server_port(fake->server));
        snprintf(fake->rest_url, sizeof fake->rest_url, "http://127.0.0.1:%u",
                 net_server_port(fake->server));
        code = net_server_start(fake->server);
    }
    return code;
}

static inline void fake_stop(struct fake_bybit *fake)
{
    if (fake->server != NULL) {
        net_server_stop(fake->server);
        net_server_join(fake->server);
        net_server_destroy(fake->server);
        pthread_mutex_destroy(&fake->lock);
        fake->server = NULL;
    }
}

static inline void fake_send(struct fake_bybit *fake, const char *text)
{
    pthread_mutex_lock(&fake->lock);
    snprintf(fake->mails[fake->mail_count++], FAKE_TEXT_SIZE, "%s", text);
    pthread_mutex_unlock(&fake->lock);
    net_server_wake(fake->server);
}

// How many requests so far hold both texts.
static inline uint32_t fake_count(struct fake_bybit *fake, const char *one, const char *other)
{
    uint32_t count = 0;
    pthread_mutex_lock(&fake->lock);
    for (uint32_t i = 0; i < fake->request_count; i++) {
        count += strstr(fake->requests[i], one) != NULL && strstr(fake->requests[i], other) != NULL;
    }
    pthread_mutex_unlock(&fake->lock);
    return count;
}

// A frame of the book at 50 levels; static, one of eight in turn. `bids` and `asks` are the levels
// without the outer brackets. Its time is FAKE_MS and the update's number.
#define FAKE_MS UINT64_C(1790134712000)
static inline const char *fake_book(const char *type, const char *bids, const char *asks,
                                    unsigned update)
{
    static char texts[8][FAKE_TEXT_SIZE];
    static unsigned turn;
    char *text = texts[turn++ % 8];
    snprintf(text, FAKE_TEXT_SIZE,
             "{\"topic\":\"orderbook.50.BTCUSDT\",\"type\":\"%s\",\"ts\":%llu,\"data\":{\"s\":"
             "\"BTCUSDT\",\"b\":[%s],\"a\":[%s],\"u\":%u,\"seq\":%u},\"cts\":%llu}",
             type, (unsigned long long)(FAKE_MS + update + 3), bids, asks, update, update,
             (unsigned long long)(FAKE_MS + update));
    return text;
}

#endif
