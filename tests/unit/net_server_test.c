// The server: what it answers, what it refuses, and that it never waits for a peer.
#include "net/secret.h"
#include "net/server.h"

#include "net_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { REPLY_SIZE = 1 << 20, BIG_SIZE = 300000 };

struct fixture {
    struct net_server *server;
    uint16_t port;
    char *reply;
    struct net_connection *later; // a request whose reply waits for the next tick
    atomic_int woken, opened, closed, flooded;
};

static char big[BIG_SIZE];

static void say_hello(void *context, struct net_connection *connection,
                      const struct net_request *request)
{
    (void)context;
    char name[16] = "you";
    (void)net_request_field(request, "name", name, sizeof name);
    char text[128];
    const char *own = net_request_header(request, "x-own");
    int size = snprintf(text, sizeof text, "hello %s from %s, %s", name, request->peer,
                        own != NULL ? own : "none");
    const struct net_header header = {"x-kind", "greeting"};
    struct net_reply reply = {.status = 200,
                              .content_type = "text/plain",
                              .body = text,
                              .body_size = (size_t)size,
                              .headers = &header,
                              .header_count = 1};
    net_reply(connection, &reply);
}

static void echo(void *context, struct net_connection *connection,
                 const struct net_request *request)
{
    (void)context;
    struct net_reply reply = {
        .status = 200, .body = request->body, .body_size = request->body_size};
    net_reply(connection, &reply);
}

static void give_big(void *context, struct net_connection *connection,
                     const struct net_request *request)
{
    (void)context;
    (void)request;
    struct net_reply reply = {
        .status = 200, .body = big, .body_size = sizeof big, .body_is_static = true};
    net_reply(connection, &reply);
}

static void answer_later(void *context, struct net_connection *connection,
                         const struct net_request *request)
{
    (void)request;
    struct fixture *fixture = context;
    fixture->later = connection;
}

static void drop(void *context, struct net_connection *connection,
                 const struct net_request *request)
{
    (void)context;
    (void)request;
    net_drop(connection);
}

static void on_tick(void *context)
{
    struct fixture *fixture = context;
    if (fixture->later != NULL) {
        struct net_reply reply = {.status = 200, .body = "late", .body_size = 4};
        net_reply(fixture->later, &reply);
        fixture->later = NULL;
    }
}

static void on_woken(void *context)
{
    struct fixture *fixture = context;
    atomic_fetch_add(&fixture->woken, 1);
}

static int accept_friends(void *context, struct net_connection *socket,
                          const struct net_request *request)
{
    (void)context;
    (void)socket;
    const char *origin = net_request_header(request, "origin");
    return origin != NULL && strcmp(origin, "http://elsewhere") == 0 ? 403 : 0;
}

static void on_opened(void *context, struct net_connection *socket)
{
    struct fixture *fixture = context;
    atomic_fetch_add(&fixture->opened, 1);
    assert_true(net_socket_send(socket, "welcome", 7));
}

static void on_message(void *context, struct net_connection *socket, const char *data, size_t size)
{
    struct fixture *fixture = context;
    if (strcmp(data, "bye") == 0) {
        net_socket_close(socket, 4000, "as asked");
    } else if (strcmp(data, "flood") == 0) {
        while (net_socket_send(socket, big, 10000)) {
            atomic_fetch_add(&fixture->flooded, 1);
        }
        assert_true(net_socket_send(socket, "full", 4));
    } else {
        assert_true(net_socket_send(socket, data, size));
    }
}

static void on_closed(void *context, struct net_connection *socket)
{
    (void)socket;
    struct fixture *fixture = context;
    atomic_fetch_add(&fixture->closed, 1);
}

static void push_opened(void *context, struct net_connection *socket)
{
    (void)context;
    net_socket_ask(socket);
}

static void push_ready(void *context, struct net_connection *socket, struct text *out)
{
    (void)context;
    text_put(out, big, 100000);
    net_socket_ask(socket); // for ever
}

static const struct net_route routes[] = {
    {"GET", "/hello", false, say_hello}, {"POST", "/echo", false, echo},
    {"GET", "/big/", true, give_big},    {"GET", "/late", false, answer_later},
    {"GET", "/drop", false, drop},
};
static const struct net_endpoint endpoints[] = {
    {.path = "/talk",
     .accept = accept_friends,
     .opened = on_opened,
     .message = on_message,
     .closed = on_closed},
    {.path = "/push", .opened = push_opened, .message = on_message, .ready = push_ready},
};
static const char *const kept[] = {"host", "origin", "x-own"};
static const struct net_header always[] = {{"x-frame-options", "DENY"}};

static struct net_server_config config_of(struct fixture *fixture)
{
    return (struct net_server_config){.connection_max = 20,
                                      .body_size_max = 1000,
                                      .message_size_max = 50000,
                                      .socket_queue_size = 200000,
                                      .idle_ns = INT64_C(1000000000),
                                      .stall_ns = 300000000,
                                      .send_buffer_size = 16384,
                                      .headers = kept,
                                      .header_count = 3,
                                      .reply_headers = always,
                                      .reply_header_count = 1,
                                      .routes = routes,
                                      .route_count = sizeof routes / sizeof routes[0],
                                      .endpoints = endpoints,
                                      .endpoint_count = 2,
                                      .context = fixture,
                                      .tick_ns = 20000000,
                                      .tick = on_tick,
                                      .woken = on_woken};
}

static void start(struct fixture *fixture, const struct net_server_config *config)
{
    assert_int_equal(net_server_create(config, &fixture->server), MM_OK);
    fixture->port = net_server_port(fixture->server);
    assert_int_equal(net_server_start(fixture->server), MM_OK);
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->reply = malloc(REPLY_SIZE);
    memset(big, 'x', sizeof big);
    struct net_server_config config = config_of(fixture);
    start(fixture, &config);
    *state = fixture;
    return 0;
}

// Afterwards the counters may be read.
static struct net_counters stop(struct fixture *fixture)
{
    net_server_stop(fixture->server);
    net_server_join(fixture->server);
    return net_server_counters(fixture->server);
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    stop(fixture);
    net_server_destroy(fixture->server);
    free(fixture->reply);
    free(fixture);
    return 0;
}

static const char *ask(struct fixture *fixture, const char *request)
{
    client_ask(fixture->port, request, fixture->reply, REPLY_SIZE);
    return fixture->reply;
}

#define END "Host: h\r\nConnection: close\r\n\r\n"

static void a_request_is_answered_with_its_fields_and_headers(void **state)
{
    const char *reply = ask(*state, "GET /hello?a=1&name=me HTTP/1.1\r\nX-Own: mine\r\n" END);
    assert_memory_equal(reply, "HTTP/1.1 200 ", 13);
    assert_non_null(strstr(reply, "\r\n\r\nhello me from 127.0.0.1, mine"));
    assert_non_null(strstr(reply, "x-frame-options: DENY"));
    assert_non_null(strstr(reply, "x-kind: greeting"));
}

static void a_body_comes_back_whole(void **state)
{
    char request[2048];
    char body[1001];
    memset(body, 'b', 1000);
    body[1000] = '\0';
    snprintf(request, sizeof request, "POST /echo HTTP/1.1\r\nContent-Length: 1000\r\n" END "%s",
             body);
    assert_string_equal(strstr(ask(*state, request), "\r\n\r\n") + 4, body);
}

static void several_requests_share_a_connection(void **state)
{
    struct fixture *fixture = *state;
    int file = client_connect(fixture->port, 0);
    for (int i = 0; i < 5; i++) {
        const char *request = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";
        assert_true(client_send(file, request, strlen(request)));
        client_read_until(file, "none", fixture->reply, REPLY_SIZE);
        assert_non_null(strstr(fixture->reply, "hello you"));
    }
    close(file);
    assert_int_equal(stop(fixture).replies_by_class[2], 5);
}

static void a_large_static_body_comes_whole(void **state)
{
    const char *reply = ask(*state, "GET /big/one HTTP/1.1\r\n" END);
    assert_int_equal(strlen(strstr(reply, "\r\n\r\n") + 4), BIG_SIZE);
}

static void a_head_has_no_body(void **state)
{
    const char *reply = ask(*state, "HEAD /big/one HTTP/1.1\r\n" END);
    assert_non_null(strstr(reply, "content-length: 300000"));
    assert_string_equal(strstr(reply, "\r\n\r\n") + 4, "");
}

static void a_reply_may_come_later(void **state)
{
    assert_non_null(strstr(ask(*state, "GET /late HTTP/1.1\r\n" END), "late"));
}

static void a_request_may_be_dropped_without_a_word(void **state)
{
    assert_string_equal(ask(*state, "GET /drop HTTP/1.1\r\n" END), "");
}

static void assert_status(struct fixture *fixture, const char *request, const char *status)
{
    const char *reply = ask(fixture, request);
    if (strstr(reply, status) == NULL) {
        fail_msg("%.60s: %.80s instead of %s", request, reply, status);
    }
}

static void what_cannot_be_served_is_refused_and_counted(void **state)
{
    struct fixture *fixture = *state;
    assert_status(fixture, "GET /none HTTP/1.1\r\n" END, " 404 ");
    assert_status(fixture, "DELETE /hello HTTP/1.1\r\n" END, " 405 ");
    assert_status(fixture, "POST /echo HTTP/1.1\r\n" END, " 411 ");
    assert_status(fixture, "POST /echo HTTP/1.1\r\nContent-Length: 1001\r\n" END, " 413 ");
    assert_status(fixture, "POST /echo HTTP/1.1\r\nContent-Length: 9999999999999\r\n" END, " 413 ");
    assert_status(fixture, "POST /echo HTTP/1.1\r\nContent-Length: x\r\n" END, " 400 ");
    assert_status(fixture, "POST /echo HTTP/1.1\r\nContent-Length: -1\r\n" END, " 400 ");
    struct net_counters counters = stop(fixture);
    assert_int_equal(counters.refused[NET_REFUSED_ROUTE], 2);
    assert_int_equal(counters.refused[NET_REFUSED_SIZE], 2);
    assert_int_equal(counters.refused[NET_REFUSED_MALFORMED], 3);
}

static void garbage_and_huge_headers_are_cut_and_counted(void **state)
{
    struct fixture *fixture = *state;
    char junk[4096];
    for (size_t i = 0; i < sizeof junk; i++) {
        junk[i] = (char)(i * 131 + 7);
    }
    for (int round = 0; round < 3; round++) {
        int file = client_connect(fixture->port, 0);
        for (int i = 0; i < 2500 && client_send(file, junk, sizeof junk); i++) {
        }
        client_read_all(file, fixture->reply, REPLY_SIZE);
        close(file);
    }
    int file = client_connect(fixture->port, 0);
    const char *head = "GET /hello HTTP/1.1\r\nX-Own: ";
    bool goes_on = client_send(file, head, strlen(head));
    for (int i = 0; goes_on && i < 10000000 / 4096; i++) { // ten megabytes of one header
        goes_on = client_send(file, big, 4096);
    }
    client_read_all(file, fixture->reply, REPLY_SIZE);
    close(file);
    assert_status(fixture, "GET /hello HTTP/1.1\r\n" END, " 200 ");
    assert_true(stop(fixture).refused[NET_REFUSED_MALFORMED] >= 4);
}

static void a_request_right_behind_a_body_is_cut_and_others_are_served(void **state)
{
    struct fixture *fixture = *state;
    const char *const heads[] = {"POST /echo", "GET /none", "POST /none"};
    for (int i = 0; i < 3; i++) {
        char request[256];
        snprintf(request, sizeof request,
                 "%s HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nabGET /hello HTTP/1.1\r\n"
                 "Host: h\r\n\r\n",
                 heads[i]);
        ask(fixture, request);
        assert_status(fixture, "GET /hello HTTP/1.1\r\n" END, " 200 ");
    }
    assert_int_equal(stop(fixture).refused[NET_REFUSED_MALFORMED], 3);
}

static void a_connection_that_says_nothing_is_closed(void **state)
{
    struct fixture *fixture = *state;
    int file = client_connect(fixture->port, 0);
    client_send(file, "GET /hel", 8);
    assert_int_equal(client_read_all(file, fixture->reply, REPLY_SIZE), 0);
    close(file);
    assert_int_equal(stop(fixture).refused[NET_REFUSED_MALFORMED], 1);
}

static void only_so_many_connections_are_held(void **state)
{
    struct fixture *fixture = *state;
    int files[40];
    for (int i = 0; i < 40; i++) {
        files[i] = client_connect(fixture->port, 0);
    }
    char byte;
    for (int i = 20; i < 40; i++) {
        assert_true(recv(files[i], &byte, 1, 0) <= 0);
    }
    for (int i = 0; i < 40; i++) {
        close(files[i]);
    }
    assert_int_equal(stop(fixture).refused[NET_REFUSED_CONNECTIONS], 20);
}

static void a_peer_that_asks_too_often_is_told_so(void **state)
{
    struct fixture *fixture = *state;
    stop(fixture);
    net_server_destroy(fixture->server);
    struct net_server_config config = config_of(fixture);
    config.requests_per_second = 3;
    start(fixture, &config);
    int refused = 0;
    for (int i = 0; i < 12; i++) {
        refused += strstr(ask(fixture, "GET /hello HTTP/1.1\r\n" END), " 429 ") != NULL;
    }
    assert_true(refused >= 3 && refused <= 6); // six at once, a few while this ran
    assert_int_equal(stop(fixture).refused[NET_REFUSED_RATE], refused);
}

static void read_text(int file, const char *expected)
{
    char message[64];
    size_t length;
    assert_int_equal(client_read_frame(file, message, sizeof message, &length), 1);
    assert_string_equal(message, expected);
}

static void messages_come_back_also_in_parts(void **state)
{
    struct fixture *fixture = *state;
    int file = client_connect(fixture->port, 0);
    assert_true(client_upgrade(file, "/talk", ""));
    read_text(file, "welcome");
    client_send_frame(file, 1, true, "one", 3);
    read_text(file, "one");
    client_send_frame(file, 1, false, "tw", 2);
    client_send_frame(file, 0, true, "o", 1);
    read_text(file, "two");
    client_send_frame(file, 1, true, big, 40000);
    size_t length;
    assert_int_equal(client_read_frame(file, fixture->reply, REPLY_SIZE, &length), 1);
    assert_int_equal(length, 40000);
    client_send_frame(file, 1, true, "bye", 3);
    assert_int_equal(client_read_frame(file, fixture->reply, REPLY_SIZE, &length), 8);
    assert_memory_equal(fixture->reply,
                        "\x0f\xa0"
                        "as asked",
                        10);
    close(file);
    struct net_counters counters = stop(fixture);
    assert_int_equal(counters.messages_in, 4);
    net_server_destroy(fixture->server);
    assert_int_equal(fixture->opened, 1);
    assert_int_equal(fixture->closed, 1);
    struct net_server_config config = config_of(fixture);
    start(fixture, &config);
}

static void a_message_that_is_too_large_closes_the_socket(void **state)
{
    struct fixture *fixture = *state;
    int file = client_connect(fixture->port, 0);
    assert_true(client_upgrade(file, "/talk", ""));
    read_text(file, "welcome");
    client_send_frame(file, 1, true, big, 50001);
    size_t length;
    assert_int_equal(client_read_frame(file, fixture->reply, REPLY_SIZE, &length), 8);
    assert_memory_equal(fixture->reply, "\x03\xf1", 2); // 1009
    close(file);
    assert_int_equal(stop(fixture).refused[NET_REFUSED_SIZE], 1);
}

static void upgrades_elsewhere_or_from_elsewhere_are_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct {
        const char *path, *extra;
    } bad[] = {{"/none", ""}, {"/hello", ""}, {"/talk", "Origin: http://elsewhere\r\n"}};
    for (size_t i = 0; i < 3; i++) {
        int file = client_connect(fixture->port, 0);
        assert_false(client_upgrade(file, bad[i].path, bad[i].extra));
        close(file);
    }
    assert_string_equal(ask(fixture, "GET /talk HTTP/1.1\r\nUpgrade: foobar\r\n"
                                     "Connection: Upgrade\r\nHost: h\r\n\r\n") != NULL
                            ? "survived"
                            : "",
                        "survived");
    assert_status(fixture, "GET /hello HTTP/1.1\r\n" END, " 200 ");
    assert_true(stop(fixture).refused[NET_REFUSED_UPGRADE] >= 3);
}

static void a_socket_that_takes_nothing_is_cut_and_others_are_served(void **state)
{
    struct fixture *fixture = *state;
    int stuck[5];
    for (int i = 0; i < 5; i++) {
        stuck[i] = client_connect(fixture->port, 4096);
        assert_true(client_upgrade(stuck[i], "/push", ""));
    }
    int file = client_connect(fixture->port, 0);
    assert_true(client_upgrade(file, "/push", ""));
    size_t length;
    for (int i = 0; i < 200; i++) {
        assert_int_equal(client_read_frame(file, fixture->reply, REPLY_SIZE, &length), 1);
        assert_int_equal(length, 100000);
    }
    usleep(600000);
    // The last one has been left unread for as long now and is cut as well.
    for (int i = 0; i < 5; i++) {
        close(stuck[i]);
    }
    close(file);
    struct net_counters counters = stop(fixture);
    assert_in_range(counters.sockets_cut, 5, 6);
}

static void a_slow_socket_is_not_cut_while_it_takes_something(void **state)
{
    struct fixture *fixture = *state;
    int file = client_connect(fixture->port, 4096);
    assert_true(client_upgrade(file, "/push", ""));
    char bytes[2000];
    for (int i = 0; i < 40; i++) { // one message of 100000 takes longer than a stall
        assert_true(client_read_exactly(file, bytes, sizeof bytes));
        usleep(20000);
    }
    close(file);
    assert_int_equal(stop(fixture).sockets_cut, 0);
}

static void a_full_queue_refuses_and_keeps_what_it_has(void **state)
{
    struct fixture *fixture = *state;
    int file = client_connect(fixture->port, 0);
    assert_true(client_upgrade(file, "/talk", ""));
    read_text(file, "welcome");
    client_send_frame(file, 1, true, "flood", 5);
    size_t length = 10000;
    int count = -1;
    for (; length == 10000; count++) {
        assert_int_equal(client_read_frame(file, fixture->reply, REPLY_SIZE, &length), 1);
    }
    assert_int_equal(length, 4);
    assert_int_equal(count, fixture->flooded);
    assert_true(count >= 19); // 200000 bytes, and what the system has taken at once
    client_send_frame(file, 1, true, "one", 3);
    read_text(file, "one");
    close(file);
}

static void a_wake_from_another_thread_arrives(void **state)
{
    struct fixture *fixture = *state;
    net_server_wake(fixture->server);
    for (int i = 0; i < 2000 && fixture->woken == 0; i++) {
        usleep(1000);
    }
    assert_true(fixture->woken > 0);
}

static void a_port_in_use_is_refused_by_name(void **state)
{
    struct fixture *fixture = *state;
    struct net_server_config config = config_of(fixture);
    config.port = fixture->port;
    struct net_server *second = NULL;
    assert_int_equal(net_server_create(&config, &second), MM_ERROR_USAGE);
    char port[16];
    snprintf(port, sizeof port, "port %u", fixture->port);
    assert_non_null(strstr(mm_error_text(), port));
}

static void a_secret_is_compared_whole(void **state)
{
    (void)state;
    char one[SECRET_SIZE], two[SECRET_SIZE];
    assert_int_equal(secret_make(one), MM_OK);
    assert_int_equal(secret_make(two), MM_OK);
    assert_string_not_equal(one, two);
    assert_int_equal(strspn(one, "0123456789abcdef"), SECRET_SIZE - 1);
    assert_true(secret_equal(one, one));
    assert_false(secret_equal(one, two));
    assert_false(secret_equal(one, ""));
    assert_false(secret_equal(one, NULL));
    assert_string_equal(secret_of_bearer("bearer abc"), "abc");
    assert_null(secret_of_bearer("Basic abc"));
    assert_null(secret_of_bearer(NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_answered_with_its_fields_and_headers),
        TEST(a_body_comes_back_whole),
        TEST(several_requests_share_a_connection),
        TEST(a_large_static_body_comes_whole),
        TEST(a_head_has_no_body),
        TEST(a_reply_may_come_later),
        TEST(a_request_may_be_dropped_without_a_word),
        TEST(what_cannot_be_served_is_refused_and_counted),
        TEST(garbage_and_huge_headers_are_cut_and_counted),
        TEST(a_request_right_behind_a_body_is_cut_and_others_are_served),
        TEST(a_connection_that_says_nothing_is_closed),
        TEST(only_so_many_connections_are_held),
        TEST(a_peer_that_asks_too_often_is_told_so),
        TEST(messages_come_back_also_in_parts),
        TEST(a_message_that_is_too_large_closes_the_socket),
        TEST(upgrades_elsewhere_or_from_elsewhere_are_refused),
        TEST(a_socket_that_takes_nothing_is_cut_and_others_are_served),
        TEST(a_slow_socket_is_not_cut_while_it_takes_something),
        TEST(a_full_queue_refuses_and_keeps_what_it_has),
        TEST(a_wake_from_another_thread_arrives),
        TEST(a_port_in_use_is_refused_by_name),
        cmocka_unit_test(a_secret_is_compared_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
