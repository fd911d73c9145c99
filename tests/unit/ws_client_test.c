// Clients that stay connected: when they try again, what they cut, and what cannot hold them up.
#include "cmocka_all.h"

#include "fake_bybit.h"
#include "net/backoff.h"
#include "net/url.h"
#include "net/ws_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

// The linker sends every look-up of a name through here.
bool __real_platform_resolve(const char *host, char (*out)[PLATFORM_ADDRESS_SIZE], size_t count,
                             size_t *out_count, char *reason);
bool __wrap_platform_resolve(const char *host, char (*out)[PLATFORM_ADDRESS_SIZE], size_t count,
                             size_t *out_count, char *reason);

static atomic_bool names_hang, names_are_known;

bool __wrap_platform_resolve(const char *host, char (*out)[PLATFORM_ADDRESS_SIZE], size_t count,
                             size_t *out_count, char *reason)
{
    while (atomic_load(&names_hang) && strcmp(host, "slow.test") == 0) {
        platform_sleep_ns(1000000);
    }
    if (!atomic_load(&names_are_known) && strcmp(host, "slow.test") == 0) {
        *out_count = 0;
        snprintf(reason, PLATFORM_REASON_SIZE, "no such name");
        return false;
    }
    return __real_platform_resolve(strcmp(host, "slow.test") == 0 ? "127.0.0.1" : host, out, count,
                                   out_count, reason);
}

// ---- when to try again ----

#define SECOND INT64_C(1000000000)

static void waits_double_with_each_failure_up_to_the_most(void **state)
{
    (void)state;
    struct backoff backoff;
    int64_t now_ns = 0;
    backoff_init(&backoff, &backoff_default, 1, now_ns);
    int64_t full_ns = SECOND / 2;
    for (int i = 0; i < 12; i++) {
        int64_t wait_ns = backoff_next_ns(&backoff, now_ns, 0);
        assert_in_range(wait_ns, full_ns / 2, full_ns);
        now_ns += wait_ns;
        full_ns = 2 * full_ns < 30 * SECOND ? 2 * full_ns : 30 * SECOND;
    }
    now_ns += 60 * SECOND;
    assert_in_range(backoff_next_ns(&backoff, now_ns, 31 * SECOND), SECOND / 4, SECOND / 2);
}

static void two_clients_do_not_come_back_at_the_same_moment(void **state)
{
    (void)state;
    struct backoff one, other;
    backoff_init(&one, &backoff_default, 1, 0);
    backoff_init(&other, &backoff_default, 2, 0);
    assert_int_not_equal(backoff_next_ns(&one, 0, 0), backoff_next_ns(&other, 0, 0));
}

static void connections_that_open_and_die_stay_within_the_limits_of_an_exchange(void **state)
{
    (void)state;
    struct backoff backoff;
    int64_t now_ns = 0;
    uint32_t count = 0;
    backoff_init(&backoff, &backoff_default, 3, now_ns);
    // The worst there is: every connection lives just long enough not to count as a failure.
    struct backoff_config short_lived = backoff_default;
    short_lived.lived_ns = 1;
    backoff.config = short_lived;
    while (now_ns < 300 * SECOND) {
        now_ns += backoff_next_ns(&backoff, now_ns, 1);
        count++;
    }
    assert_in_range(count, 100, 125); // the exchange allows 500 in five minutes
}

// ---- addresses ----

static void addresses_are_taken_apart(void **state)
{
    (void)state;
    struct url url;
    assert_int_equal(url_parse("wss://stream.bybit.com/v5/public/linear?x=1", &url), MM_OK);
    assert_true(url.is_secure && url.is_socket);
    assert_string_equal(url.host, "stream.bybit.com");
    assert_int_equal(url.port, 443);
    assert_string_equal(url.path, "/v5/public/linear?x=1");
    assert_int_equal(url_parse("http://127.0.0.1:8080", &url), MM_OK);
    assert_false(url.is_secure || url.is_socket);
    assert_int_equal(url.port, 8080);
    assert_string_equal(url.path, "/");
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "stream.bybit.com",
                                        "ftp://host",
                                        "ws://",
                                        "ws://host:0",
                                        "ws://host:65536",
                                        "ws://host:",
                                        "ws://key:secret@host/",
                                        "ws://host/a b",
                                        "ws://host\n/",
                                        "ws://host?x"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct url url;
        assert_int_equal(url_parse(texts[i], &url), MM_ERROR_USAGE);
    }
}

// ---- clients ----

struct peer {
    uint32_t opens, messages, closes;
    size_t size; // of the last message
    char reason[WS_REASON_SIZE];
};

static struct fake_bybit fake;
static struct ws_loop *loop;
static struct ws_client *client;
static struct peer peer;

static void on_opened(void *context)
{
    ((struct peer *)context)->opens++;
}

static void on_message(void *context, char *data, size_t size)
{
    struct peer *at = context;
    assert_int_equal(data[size], '\0');
    at->messages++;
    at->size = size;
}

static void on_closed(void *context, const char *reason)
{
    struct peer *at = context;
    at->closes++;
    snprintf(at->reason, sizeof at->reason, "%s", reason);
}

static int start(void **state)
{
    (void)state;
    client = NULL;
    peer = (struct peer){0};
    atomic_store(&names_hang, false);
    atomic_store(&names_are_known, true);
    return fake_start(&fake) == MM_OK && ws_loop_create(NULL, &loop) == MM_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    ws_client_destroy(client);
    ws_loop_destroy(loop);
    fake_stop(&fake);
    return 0;
}

static struct ws_client_config config_of(struct peer *at, const char *url)
{
    return (struct ws_client_config){
        .url = url, .context = at, .opened = on_opened, .message = on_message, .closed = on_closed};
}

static const char *stream_url(const char *host)
{
    static char url[128];
    snprintf(url, sizeof url, "ws://%s:%u/v5/public/linear", host, net_server_port(fake.server));
    return url;
}

// Runs until *value is at least `least`; fails after 20 s.
static void await(const uint32_t *value, uint32_t least)
{
    int64_t until_ns = platform_monotonic_ns() + 20 * SECOND;
    while (*value < least) {
        assert_true(platform_monotonic_ns() < until_ns);
        ws_loop_run(loop, platform_monotonic_ns() + 20000000);
    }
}

static void a_message_in_many_pieces_arrives_as_one(void **state)
{
    (void)state;
    struct ws_client_config config = config_of(&peer, stream_url("127.0.0.1"));
    assert_int_equal(ws_client_create(loop, &config, &client), MM_OK);
    await(&peer.opens, 1);
    static char book[300000];
    memset(book, 'x', sizeof book - 1);
    fake.on_book = book;
    const char *ask = "{\"op\":\"subscribe\",\"args\":[\"orderbook.50.BTCUSDT\"]}";
    assert_true(ws_client_send(client, ask, strlen(ask)));
    await(&peer.messages, 2); // what was asked is answered first
    assert_int_equal(peer.size, sizeof book - 1);
}

static void pings_are_messages_of_the_users_own_and_keep_the_connection(void **state)
{
    (void)state;
    struct ws_client_config config = config_of(&peer, stream_url("127.0.0.1"));
    config.ping = "{\"op\":\"ping\"}";
    config.ping_ns = SECOND / 10;
    config.silence_ns = SECOND;
    assert_int_equal(ws_client_create(loop, &config, &client), MM_OK);
    await(&peer.messages, 12); // longer than the silence allowed
    assert_in_range(fake.ping_count, 12, 100);
    assert_int_equal(peer.closes, 0);
    assert_int_equal(peer.opens, 1);
}

static void a_loop_that_polls_busily_keeps_time_and_hands_messages_over(void **state)
{
    (void)state;
    struct ws_client_config config = config_of(&peer, stream_url("127.0.0.1"));
    config.ping = "{\"op\":\"ping\"}";
    config.ping_ns = SECOND / 10;
    ws_loop_poll_busily(loop);
    assert_int_equal(ws_client_create(loop, &config, &client), MM_OK);
    await(&peer.messages, 3);
    int64_t until_ns = platform_monotonic_ns() + SECOND / 100;
    while (platform_monotonic_ns() < until_ns) { // messages end it sooner
        ws_loop_run(loop, until_ns);
    }
    ws_loop_wake(loop);
    int64_t before_ns = platform_monotonic_ns();
    ws_loop_run(loop, before_ns + 100 * SECOND);
    assert_true(platform_monotonic_ns() < before_ns + 50 * SECOND);
    assert_int_equal(peer.closes, 0);
}

static void a_silent_connection_is_cut_and_made_anew(void **state)
{
    (void)state;
    struct ws_client_config config = config_of(&peer, stream_url("127.0.0.1"));
    config.silence_ns = SECOND / 10;
    assert_int_equal(ws_client_create(loop, &config, &client), MM_OK);
    await(&peer.opens, 2);
    assert_int_equal(peer.closes, 1);
    assert_string_equal(peer.reason, "nothing was heard");
    assert_int_equal(ws_client_counters(client)->silences, 1);
}

static void a_message_that_is_too_long_cuts_the_connection(void **state)
{
    (void)state;
    struct ws_client_config config = config_of(&peer, stream_url("127.0.0.1"));
    config.message_size_max = 100;
    assert_int_equal(ws_client_create(loop, &config, &client), MM_OK);
    await(&peer.opens, 1);
    static char text[200];
    memset(text, 'x', sizeof text - 1);
    fake_send(&fake, text);
    await(&peer.closes, 1);
    assert_string_equal(peer.reason, "a message was too long");
    assert_int_equal(peer.messages, 0);
}

static void a_name_service_that_hangs_holds_nobody_up(void **state)
{
    (void)state;
    struct peer other = {0};
    struct ws_client *quick;
    struct ws_client_config slow = config_of(&peer, stream_url("slow.test"));
    atomic_store(&names_hang, true);
    assert_int_equal(ws_client_create(loop, &slow, &client), MM_OK);
    struct ws_client_config config = config_of(&other, stream_url("127.0.0.1"));
    config.ping = "{\"op\":\"ping\"}";
    config.ping_ns = SECOND / 20;
    assert_int_equal(ws_client_create(loop, &config, &quick), MM_OK);
    await(&other.messages, 5);
    assert_int_equal(peer.opens, 0);
    assert_int_equal(peer.closes, 0);
    atomic_store(&names_hang, false);
    await(&peer.opens, 1);
    ws_client_destroy(quick);
}

static void a_client_may_go_while_its_name_is_looked_up(void **state)
{
    (void)state;
    struct ws_client_config config = config_of(&peer, stream_url("slow.test"));
    atomic_store(&names_hang, true);
    assert_int_equal(ws_client_create(loop, &config, &client), MM_OK);
    ws_loop_run(loop, platform_monotonic_ns() + SECOND / 10);
    ws_client_destroy(client);
    client = NULL;
    atomic_store(&names_hang, false);
}

static void an_unknown_name_is_told_and_tried_again(void **state)
{
    (void)state;
    struct ws_client_config config = config_of(&peer, stream_url("slow.test"));
    atomic_store(&names_are_known, false);
    assert_int_equal(ws_client_create(loop, &config, &client), MM_OK);
    await(&peer.closes, 1);
    assert_string_equal(peer.reason, "slow.test: no such name");
    atomic_store(&names_are_known, true);
    await(&peer.opens, 1);
}

// ---- a peer that hangs up ----

struct quitter {
    int listener;
    uint16_t port;
    atomic_bool stop;
    struct platform_thread thread;
};

// Takes each connection and ends it, a little sooner or later.
static void quit_each(void *context)
{
    struct quitter *quitter = context;
    for (unsigned i = 0; !atomic_load(&quitter->stop); i++) {
        int file = accept(quitter->listener, NULL, NULL);
        if (file < 0) {
            continue; // nobody for 50 ms
        }
        platform_sleep_ns((int64_t)(i % 16) * 2000); // among them: just as the handshake is written
        (void)close(file);
    }
}

static void quitter_start(struct quitter *quitter)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_usec = 50000};
    socklen_t size = sizeof address;
    *quitter = (struct quitter){.listener = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(bind(quitter->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(quitter->listener, 128), 0);
    assert_int_equal(getsockname(quitter->listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(
        setsockopt(quitter->listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    quitter->port = ntohs(address.sin_port);
    assert_int_equal(platform_thread_start(quit_each, quitter, &quitter->thread), 0);
}

static void quitter_stop(struct quitter *quitter)
{
    atomic_store(&quitter->stop, true);
    platform_thread_join(&quitter->thread);
    (void)close(quitter->listener);
}

// However early the peer hangs up, the end is told at once; nothing waits for connect_ns.
static void every_end_of_an_attempt_is_told(void **state)
{
    (void)state;
    enum { CLIENTS = 48, ENDS = 24 };
    struct quitter quitter;
    struct peer peers[CLIENTS] = {0};
    struct ws_client *clients[CLIENTS];
    char url[64];
    quitter_start(&quitter);
    snprintf(url, sizeof url, "ws://127.0.0.1:%u/", quitter.port);
    for (int i = 0; i < CLIENTS; i++) {
        struct ws_client_config config = config_of(&peers[i], url);
        config.connect_ns = 3600 * SECOND;
        config.backoff = (struct backoff_config){.first_ns = 1000000,
                                                 .most_ns = 1000000,
                                                 .lived_ns = SECOND,
                                                 .burst = 1000,
                                                 .refill_ns = 1000000};
        config.seed = (uint64_t)i;
        assert_int_equal(ws_client_create(loop, &config, &clients[i]), MM_OK);
    }
    for (int i = 0; i < CLIENTS; i++) {
        await(&peers[i].closes, ENDS);
        assert_int_equal(peers[i].opens, 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        ws_client_destroy(clients[i]);
    }
    quitter_stop(&quitter);
}

static void nothing_is_sent_before_there_is_a_connection(void **state)
{
    (void)state;
    struct ws_client_config config = config_of(&peer, stream_url("127.0.0.1"));
    assert_int_equal(ws_client_create(loop, &config, &client), MM_OK);
    assert_false(ws_client_send(client, "x", 1));
    await(&peer.opens, 1);
    assert_true(ws_client_send(client, "x", 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_double_with_each_failure_up_to_the_most),
        cmocka_unit_test(two_clients_do_not_come_back_at_the_same_moment),
        cmocka_unit_test(connections_that_open_and_die_stay_within_the_limits_of_an_exchange),
        cmocka_unit_test(addresses_are_taken_apart),
        cmocka_unit_test(what_is_no_address_is_refused),
        TEST(a_message_in_many_pieces_arrives_as_one),
        TEST(pings_are_messages_of_the_users_own_and_keep_the_connection),
        TEST(a_loop_that_polls_busily_keeps_time_and_hands_messages_over),
        TEST(a_silent_connection_is_cut_and_made_anew),
        TEST(a_message_that_is_too_long_cuts_the_connection),
        TEST(a_name_service_that_hangs_holds_nobody_up),
        TEST(a_client_may_go_while_its_name_is_looked_up),
        TEST(an_unknown_name_is_told_and_tried_again),
        TEST(every_end_of_an_attempt_is_told),
        TEST(nothing_is_sent_before_there_is_a_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
