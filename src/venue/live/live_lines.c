#include "venue/live/live_state.h"

#include "base/log.h"
#include "net/url.h"
#include "venue/bybit/reply.h"

#include <inttypes.h>
#include <string.h>

#define MS INT64_C(1000000)

// Short, because what is not known of orders while a line is dead is exposure.
static const int64_t PING_NS = 5000 * MS, SILENCE_NS = 12000 * MS, CONNECT_NS = 4000 * MS;
static const int64_t ACCOUNT_NS = 10000 * MS; // from an open line to a ready account
enum { AUTH_MS = 10000 };

static const struct backoff_config line_backoff = {.first_ns = 500 * MS,
                                                   .most_ns = 3000 * MS,
                                                   .lived_ns = 30000 * MS,
                                                   .burst = 20,
                                                   .refill_ns = 3000 * MS};

static void send_auth(struct live *live, struct ws_client *line)
{
    char expires[24], signature[BYBIT_SIGNATURE_SIZE], text[512];
    (void)snprintf(expires, sizeof expires, "%" PRId64,
                   live_now_ns(live) / MS + live->ahead_ms + AUTH_MS);
    const struct bybit_piece pieces[] = {{"GET/realtime", 12}, {expires, strlen(expires)}};
    bybit_sign(&live->signer, pieces, 2, signature);
    int size = snprintf(text, sizeof text,
                        "{\"req_id\":\"auth\",\"op\":\"auth\",\"args\":[\"%s\",%s,\"%s\"]}",
                        live->key, expires, signature);
    if (!ws_client_send(line, text, (size_t)size)) {
        ws_client_drop(line, "a request could not be sent");
    }
}

// ---- the private stream ----

static void subscribe(struct live *live)
{
    static const char *const topics[LIVE_TOPICS_MAX] = {"order", "execution", "position", "wallet",
                                                        "dcp.future"};
    live->topics_waited = 0;
    for (uint32_t i = 0; i < LIVE_TOPICS_MAX; i++) {
        if (strcmp(topics[i], "dcp.future") == 0 && !live->dcp_armed) {
            continue;
        }
        char text[160];
        int size =
            snprintf(text, sizeof text,
                     "{\"req_id\":\"s%u\",\"op\":\"subscribe\",\"args\":[\"%s\"]}", i, topics[i]);
        live->topics_waited++;
        if (!ws_client_send(live->private_line, text, (size_t)size)) {
            ws_client_drop(live->private_line, "a request could not be sent");
            return;
        }
    }
}

static void on_private_opened(void *context)
{
    struct live *live = context;
    live->private_state = LINE_AUTH;
    live->line_generation++;
    live->account_due_ns = live_now_ns(live) + ACCOUNT_NS;
    send_auth(live, live->private_line);
}

static void on_private_closed(void *context, const char *reason)
{
    struct live *live = context;
    live->private_state = LINE_DOWN;
    live_lose_account(live, reason);
}

static bool is_auth(const char *text, size_t size, bool *out_success)
{
    json_t *frame = json_loadb(text, size, 0, NULL);
    const char *op = json_string_value(json_object_get(frame, "op"));
    bool is = op != NULL && strcmp(op, "auth") == 0;
    *out_success = json_is_true(json_object_get(frame, "success"));
    json_decref(frame);
    return is;
}

static void take_private_ack(struct live *live, const char *text, size_t size,
                             const struct bybit_ack *ack)
{
    bool success = false;
    if (is_auth(text, size, &success)) {
        if (success) {
            live->private_state = LINE_UP;
            subscribe(live);
            return;
        }
        (void)snprintf(live->problem, sizeof live->problem,
                       "private stream: the exchange refused the key");
        ws_client_drop(live->private_line, live->problem);
        return;
    }
    if (ack->op != BYBIT_OP_SUBSCRIBE || live->topics_waited == 0) {
        return;
    }
    if (!ack->success && strstr(ack->text, "already subscribed") == NULL) {
        (void)snprintf(live->problem, sizeof live->problem, "private stream: %.160s", ack->text);
        ws_client_drop(live->private_line, live->problem);
    } else if (--live->topics_waited == 0) {
        live_ask_truth(live, live_now_ns(live)); // nothing can be missed from here on
    }
}

static void on_private_message(void *context, char *data, size_t size)
{
    struct live *live = context;
    struct bybit_ack ack;
    if (bybit_ack_read(data, size, &ack)) {
        take_private_ack(live, data, size, &ack);
    } else {
        live_take_private(live, data, size);
    }
}

// ---- order entry ----

static void on_trade_opened(void *context)
{
    struct live *live = context;
    live->trade_state = LINE_AUTH;
    send_auth(live, live->trade_line);
}

static void on_trade_message(void *context, char *data, size_t size)
{
    live_take_answer(context, data, size);
}

static void on_trade_closed(void *context, const char *reason)
{
    struct live *live = context;
    char quoted[2 * WS_REASON_SIZE];
    live->trade_state = LINE_DOWN;
    log_event(LOG_WARN, "trade_closed", "why=%s", log_quote(reason, quoted, sizeof quoted));
    live_lose_requests(live);
}

// ---- both ----

static int open_line(struct live *live, const char *host, const char *path, uint64_t seed,
                     struct ws_client_config *config, struct ws_client **out)
{
    char url[URL_SIZE];
    const char *base = host != NULL ? host : live->market.stream_url;
    size_t length = strlen(base);
    (void)snprintf(url, sizeof url, "%s%s%s", base,
                   length > 0 && base[length - 1] == '/' ? "" : "/", path);
    config->url = url;
    config->ping = "{\"op\":\"ping\"}";
    config->ping_ns = PING_NS;
    config->silence_ns = SILENCE_NS;
    config->connect_ns = CONNECT_NS;
    config->backoff = line_backoff;
    config->seed = seed;
    config->context = live;
    return ws_client_create(live->loop, config, out);
}

int live_open_lines(struct live *live, const struct live_config *config)
{
    struct ws_client_config private_line = {
        .opened = on_private_opened, .message = on_private_message, .closed = on_private_closed};
    struct ws_client_config trade_line = {
        .opened = on_trade_opened, .message = on_trade_message, .closed = on_trade_closed};
    int code = open_line(live, config->private_url, "v5/private", config->seed + 1, &private_line,
                         &live->private_line);
    return code == MM_OK ? open_line(live, config->trade_url, "v5/trade", config->seed + 2,
                                     &trade_line, &live->trade_line)
                         : code;
}
