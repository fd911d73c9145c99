#include "net/ws_client.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/platform.h"
#include "base/text.h"
#include "net/resolver.h"
#include "net/url.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

enum { TICK_US = 50000, TICK_NS = TICK_US * 1000, MESSAGES_MAX = 64 };

enum ws_stage {
    WS_WAITING,    // until due_ns, then the next attempt begins
    WS_RESOLVING,  // the name
    WS_CONNECTING, // until due_ns at most
    WS_OPEN
};

struct ws_client {
    struct ws_loop *loop;
    struct ws_client_config config;
    struct url url;
    struct ws_client *next;
    struct lws *wsi; // NULL: none
    enum ws_stage stage;
    bool is_cut; // a reason was given: the connection is to end
    char reason[WS_REASON_SIZE];
    int64_t due_ns, opened_ns, heard_ns, ping_due_ns;
    struct backoff backoff;
    struct resolver resolver;
    struct resolver_answer addresses;
    size_t address; // the one in use; the next attempt takes the next
    char *message;  // owned; message_size_max and padding
    size_t message_size;
    struct text queue; // LWS_PRE bytes, then each message with its size in front
    size_t queue_taken;
    struct ws_counters counters;
};

struct ws_loop {
    struct lws_context *lws;
    struct lws_protocols protocols[2];
    lws_retry_bo_t no_pings; // of the library's own
    struct ws_client *clients;
    lws_sorted_usec_list_t tick, until;
    bool polls_busily, has_news;
};

// The library's words on a failed attempt, but for those that say nothing.
static const char *reason_of(const char *words)
{
    if (words == NULL || words[0] == '\0') {
        return "no connection";
    }
    return strstr(words, "SSL") == NULL ? words
                                        : "TLS failed: is the certificate trusted, and for this "
                                          "name?";
}

// ---- the way of a connection ----

static void set_reason(struct ws_client *client, const char *reason)
{
    if (!client->is_cut) {
        (void)snprintf(client->reason, sizeof client->reason, "%s", reason);
    }
    client->is_cut = true;
}

// The connection is gone, or never came to be.
static void end_connection(struct ws_client *client, const char *reason)
{
    int64_t now_ns = platform_monotonic_ns();
    int64_t lived_ns = client->stage == WS_OPEN ? now_ns - client->opened_ns : 0;
    set_reason(client, reason);
    client->wsi = NULL;
    client->stage = WS_WAITING;
    client->is_cut = false;
    client->due_ns = now_ns + backoff_next_ns(&client->backoff, now_ns, lived_ns);
    client->message_size = 0;
    text_clear(&client->queue);
    client->queue_taken = 0;
    client->loop->has_news = true;
    if (client->config.closed != NULL) {
        client->config.closed(client->config.context, client->reason);
    }
}

static void connect_now(struct ws_client *client)
{
    struct ws_loop *loop = client->loop;
    const struct url *url = &client->url;
    struct lws_client_connect_info info = {
        .context = loop->lws,
        .address = client->addresses.addresses[client->address++ % client->addresses.count],
        .port = url->port,
        .ssl_connection = url->is_secure ? LCCSCF_USE_SSL : 0,
        .path = url->path,
        .host = url->host, // also the name that the certificate must have
        .alpn = "http/1.1",
        .local_protocol_name = loop->protocols[0].name,
        .retry_and_idle_policy = &loop->no_pings,
        .pwsi = &client->wsi,
        .opaque_user_data = client,
    };
    client->stage = WS_CONNECTING;
    client->due_ns = platform_monotonic_ns() + client->config.connect_ns;
    client->counters.attempts++;
    if (lws_client_connect_via_info(&info) == NULL && client->stage == WS_CONNECTING) {
        end_connection(client, "no connection could be begun");
    }
}

static void resolve(struct ws_client *client)
{
    client->stage = WS_RESOLVING;
    if (!resolver_ask(&client->resolver, client->url.host)) {
        end_connection(client, "no thread for the name service");
    }
}

static void take_addresses(struct ws_client *client)
{
    struct resolver_answer answer;
    if (!resolver_take(&client->resolver, &answer)) {
        return;
    }
    if (answer.count == 0) {
        char reason[WS_REASON_SIZE];
        (void)snprintf(reason, sizeof reason, "%.60s: %.80s", client->url.host, answer.reason);
        end_connection(client, reason);
        return;
    }
    client->addresses = answer;
    connect_now(client);
}

static void want_end(struct ws_client *client)
{
    if (client->wsi != NULL) {
        lws_set_timeout(client->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    }
}

static void check_open(struct ws_client *client, int64_t now_ns)
{
    const struct ws_client_config *config = &client->config;
    if (now_ns - client->heard_ns > config->silence_ns) {
        client->counters.silences++;
        ws_client_drop(client, "nothing was heard");
    } else if (config->ping != NULL && now_ns >= client->ping_due_ns) {
        client->ping_due_ns = now_ns + config->ping_ns;
        (void)ws_client_send(client, config->ping, strlen(config->ping));
    }
}

static void check_client(struct ws_client *client, int64_t now_ns)
{
    switch (client->stage) {
    case WS_WAITING:
        if (now_ns >= client->due_ns) {
            resolve(client);
        }
        break;
    case WS_RESOLVING:
        take_addresses(client);
        break;
    case WS_CONNECTING:
        if (now_ns >= client->due_ns) {
            set_reason(client, "no connection in time");
            want_end(client);
        }
        break;
    case WS_OPEN:
        check_open(client, now_ns);
        break;
    }
}

// ---- the library's callback ----

static void on_open(struct ws_client *client)
{
    int64_t now_ns = platform_monotonic_ns();
    client->stage = WS_OPEN;
    client->opened_ns = client->heard_ns = now_ns;
    client->ping_due_ns = now_ns + client->config.ping_ns;
    client->counters.opens++;
    client->loop->has_news = true;
    if (client->config.opened != NULL) {
        client->config.opened(client->config.context);
    }
}

static int on_receive(struct ws_client *client, const void *data, size_t size)
{
    client->heard_ns = platform_monotonic_ns();
    if (client->is_cut) {
        return -1;
    }
    if (size > client->config.message_size_max - client->message_size) {
        set_reason(client, "a message was too long");
        return -1;
    }
    memcpy(client->message + client->message_size, data, size);
    client->message_size += size;
    if (!lws_is_final_fragment(client->wsi) || lws_remaining_packet_payload(client->wsi) > 0) {
        return 0;
    }
    size = client->message_size;
    client->message_size = 0;
    client->message[size] = '\0';
    client->counters.messages++;
    client->counters.bytes += size;
    client->loop->has_news = true;
    client->config.message(client->config.context, client->message, size);
    return client->is_cut ? -1 : 0;
}

// Sends the queue's first message.
static int send_first(struct ws_client *client)
{
    struct text *queue = &client->queue;
    size_t size;
    memcpy(&size, queue->bytes + client->queue_taken, sizeof size);
    unsigned char *data =
        (unsigned char *)queue->bytes + client->queue_taken + sizeof size + LWS_PRE;
    if (lws_write(client->wsi, data, size, LWS_WRITE_TEXT) < (int)size) {
        return -1;
    }
    client->queue_taken += sizeof size + LWS_PRE + size;
    if (client->queue_taken == queue->size) {
        text_clear(queue);
        client->queue_taken = 0;
    }
    return 0;
}

static int on_writable(struct ws_client *client)
{
    if (client->is_cut || (client->queue.size > 0 && send_first(client) != 0)) {
        return -1;
    }
    if (client->queue.size > 0) {
        lws_callback_on_writable(client->wsi);
    }
    return 0;
}

static int on_client(struct ws_client *client, enum lws_callback_reasons reason, void *in,
                     size_t size)
{
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        end_connection(client, reason_of(in));
        return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        on_open(client);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return on_receive(client, in, size);
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return on_writable(client);
    case LWS_CALLBACK_CLIENT_CLOSED:
        end_connection(client, "the connection was closed");
        return 0;
    default:
        return 0;
    }
}

// The last word about every connection. A peer that hangs up just as the handshake is written is
// told by LWS_CALLBACK_CLOSED_CLIENT_HTTP in place of CLIENT_CONNECTION_ERROR (libwebsockets 4.1),
// so what has not ended by then ends here.
static void on_destroy(struct ws_client *client, const struct lws *wsi)
{
    if (client->wsi == wsi) {
        end_connection(client, "the connection was closed");
    }
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size)
{
    (void)user;
    if (reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED) {
        struct ws_loop *loop = lws_context_user(lws_get_context(wsi));
        loop->has_news = true; // ws_loop_wake
        return 0;
    }
    struct ws_client *client = lws_get_opaque_user_data(wsi);
    if (client != NULL && reason == LWS_CALLBACK_WSI_DESTROY) {
        on_destroy(client, wsi);
        return 0;
    }
    return client != NULL ? on_client(client, reason, in, size) : 0;
}

// ---- the loop ----

static void on_tick(lws_sorted_usec_list_t *timer)
{
    struct ws_loop *loop = lws_container_of(timer, struct ws_loop, tick);
    int64_t now_ns = platform_monotonic_ns();
    for (struct ws_client *client = loop->clients; client != NULL; client = client->next) {
        check_client(client, now_ns);
    }
    lws_sul_schedule(loop->lws, 0, timer, on_tick, TICK_US);
    if (loop->has_news) {
        lws_cancel_service(loop->lws); // a timer by itself does not end the service
    }
}

static void on_until(lws_sorted_usec_list_t *timer)
{
    struct ws_loop *loop = lws_container_of(timer, struct ws_loop, until);
    loop->has_news = true;
    lws_cancel_service(loop->lws);
}

static void sleep_until(struct ws_loop *loop, int64_t until_ns)
{
    int64_t left_ns = until_ns - platform_monotonic_ns();
    lws_sul_schedule(loop->lws, 0, &loop->until, on_until, left_ns > 0 ? left_ns / 1000 : 0);
    (void)lws_service(loop->lws, left_ns > 0 ? 0 : -1);
    lws_sul_cancel(&loop->until);
}

static void spin_until(struct ws_loop *loop, int64_t until_ns)
{
    do {
        (void)lws_service(loop->lws, -1);
    } while (!loop->has_news && platform_monotonic_ns() < until_ns);
}

void ws_loop_run(struct ws_loop *loop, int64_t until_ns)
{
    loop->has_news = false;
    (loop->polls_busily ? spin_until : sleep_until)(loop, until_ns);
}

void ws_loop_wake(struct ws_loop *loop)
{
    lws_cancel_service(loop->lws);
}

void ws_loop_poll_busily(struct ws_loop *loop)
{
    loop->polls_busily = true;
}

int ws_loop_create(const char *ca_file, struct ws_loop **out)
{
    *out = NULL;
    if (ca_file != NULL && !file_exists(ca_file)) {
        return mm_fail(MM_ERROR_USAGE, "%s: no such file of certificates", ca_file);
    }
    struct ws_loop *loop = mm_alloc(1, sizeof *loop);
    loop->protocols[0] = (struct lws_protocols){
        .name = "mmbot", .callback = on_event, .rx_buffer_size = WS_READ_SIZE};
    // The hang-up is far away: whoever uses a client says how long it may be silent.
    loop->no_pings.secs_since_valid_ping = loop->no_pings.secs_since_valid_hangup = UINT16_MAX;
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = loop->protocols,
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                   (ca_file != NULL ? LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS : 0),
        .client_ssl_ca_filepath = ca_file,
        .pt_serv_buf_size = WS_READ_SIZE,
        .retry_and_idle_policy = &loop->no_pings,
        .fd_limit_per_thread = MESSAGES_MAX,
        .user = loop,
        .gid = -1,
        .uid = -1,
    };
    lws_set_log_level(0, NULL); // what matters is told by `closed`
    loop->lws = lws_create_context(&info);
    if (loop->lws == NULL) {
        free(loop);
        return mm_fail(MM_ERROR_USAGE, "no TLS clients: %s",
                       ca_file != NULL ? ca_file : "the system's certificates cannot be used");
    }
    lws_sul_schedule(loop->lws, 0, &loop->tick, on_tick, 1);
    *out = loop;
    return MM_OK;
}

void ws_loop_destroy(struct ws_loop *loop)
{
    if (loop != NULL) {
        lws_sul_cancel(&loop->tick);
        lws_context_destroy(loop->lws);
        free(loop);
    }
}

// ---- clients ----

static void fill_defaults(struct ws_client_config *config)
{
    const struct {
        int64_t *value, usual;
    } times[] = {{&config->connect_ns, 10 * SECOND},
                 {&config->silence_ns, 40 * SECOND},
                 {&config->ping_ns, 20 * SECOND}};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        *times[i].value = *times[i].value > 0 ? *times[i].value : times[i].usual;
    }
    if (config->message_size_max == 0) {
        config->message_size_max = 1 << 20;
    }
    if (config->send_size_max == 0) {
        config->send_size_max = 1 << 16;
    }
    if (config->backoff.first_ns == 0) {
        config->backoff = backoff_default;
    }
}

int ws_client_create(struct ws_loop *loop, const struct ws_client_config *config,
                     struct ws_client **out)
{
    struct url url;
    *out = NULL;
    int code = url_parse(config->url, &url);
    if (code == MM_OK && !url.is_socket) {
        code = mm_fail(MM_ERROR_USAGE, "'%.200s' is no address of a WebSocket: ws:// or wss://",
                       config->url);
    }
    if (code != MM_OK) {
        return code;
    }
    struct ws_client *client = mm_alloc(1, sizeof *client);
    int64_t now_ns = platform_monotonic_ns();
    client->loop = loop;
    client->config = *config;
    client->url = url;
    fill_defaults(&client->config);
    client->config.url = NULL; // borrowed only until here
    client->message = mm_alloc(client->config.message_size_max + WS_PADDING, 1);
    backoff_init(&client->backoff, &client->config.backoff, config->seed, now_ns);
    client->due_ns = now_ns;
    client->next = loop->clients;
    loop->clients = client;
    *out = client;
    return MM_OK;
}

static void unlink_client(struct ws_client *client)
{
    struct ws_client **at = &client->loop->clients;
    while (*at != client) {
        at = &(*at)->next;
    }
    *at = client->next;
}

void ws_client_destroy(struct ws_client *client)
{
    if (client == NULL) {
        return;
    }
    unlink_client(client);
    if (client->wsi != NULL) {
        lws_set_opaque_user_data(client->wsi, NULL);
        lws_set_timeout(client->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
    }
    resolver_fini(&client->resolver);
    text_fini(&client->queue);
    free(client->message);
    free(client);
}

bool ws_client_is_open(const struct ws_client *client)
{
    return client->stage == WS_OPEN && !client->is_cut;
}

const struct ws_counters *ws_client_counters(const struct ws_client *client)
{
    return &client->counters;
}

bool ws_client_send(struct ws_client *client, const char *data, size_t size)
{
    static const char room[LWS_PRE];
    struct text *queue = &client->queue;
    bool is_first = queue->size == 0;
    if (!ws_client_is_open(client) || size > client->config.send_size_max ||
        queue->size - client->queue_taken > client->config.send_size_max - size) {
        return false;
    }
    text_put(queue, (const char *)&size, sizeof size);
    text_put(queue, room, sizeof room);
    text_put(queue, data, size);
    // Alone it need not wait for the loop; what the socket does not take the library keeps.
    if (!is_first || lws_partial_buffered(client->wsi) != 0) {
        lws_callback_on_writable(client->wsi);
    } else if (send_first(client) != 0) {
        ws_client_drop(client, "a message could not be written");
        return false;
    }
    return true;
}

void ws_client_drop(struct ws_client *client, const char *reason)
{
    set_reason(client, reason);
    want_end(client);
}
