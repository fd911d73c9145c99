#include "venue/live/watchdog.h"

#include "base/log.h"
#include "base/platform.h"
#include "venue/bybit/checkup.h"
#include "venue/bybit/link_id.h"
#include "venue/bybit/rest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)

enum { BATCH_MAX = 10, QUERY_SIZE = 640, CURSOR_SIZE = 512, PAGES_MAX = 64 };

static const int64_t LOOK_NS = 100 * MS;
static const int64_t AGAIN_NS = 1000 * MS;
// A request of the dead bot may still have been on its way: nothing must be open for so long.
static const int64_t QUIET_NS = 3000 * MS;
static const int64_t CLOCK_NS = 60000 * MS; // between two questions that keep the connection open

// ---- the judgement ----

void heartbeat_write(const char *state, const char *prefix, int64_t now_ns,
                     char out[HEARTBEAT_SIZE + 1])
{
    // Fixed in size, so that a reader sees the old one or the new one.
    (void)snprintf(out, HEARTBEAT_SIZE + 1, "mmbot %-7s %-10.10s %-20" PRId64 "\n", state, prefix,
                   now_ns);
}

enum heartbeat_news heartbeat_look(struct heartbeat_watch *watch, const char *text, int64_t now_ns)
{
    if (text[0] != '\0' && strncmp(text, watch->last, HEARTBEAT_SIZE) != 0) {
        bool is_first = watch->last[0] == '\0';
        bool was_armed = watch->is_armed;
        (void)snprintf(watch->last, sizeof watch->last, "%s", text);
        watch->changed_ns = now_ns;
        watch->is_armed = strncmp(text, "mmbot alive", 11) == 0;
        if (!watch->is_armed) {
            return was_armed || is_first ? HEART_STOPPED : HEART_SAME;
        }
        return was_armed ? HEART_SAME : HEART_BEGAN;
    }
    if (watch->is_armed && now_ns - watch->changed_ns >= watch->after_ns) {
        watch->is_armed = false;
        return HEART_DEAD;
    }
    return HEART_SAME;
}

// ---- the exchange ----

struct watchdog {
    const struct watchdog_config *config;
    struct bybit_rest rest;
    struct link_namer namer;
    struct heartbeat_watch watch;
    int64_t clock_due_ns;
    uint64_t requests; // to cancel, of this death
};

static bool is_stopped(const struct watchdog *dog)
{
    return dog->config->stop != NULL && *dog->config->stop != 0;
}

static void tell_failure(const char *what)
{
    char quoted[LOG_LINE_SIZE / 4];
    log_event(LOG_ERROR, "watchdog_failed", "what=%s why=%s", what,
              log_quote(mm_error_text(), quoted, sizeof quoted));
    mm_error_clear();
}

static int refusal(const char *path, const struct bybit_reply *reply)
{
    return mm_fail(MM_ERROR_SYSTEM, "%s: the exchange refused: code %" JSON_INTEGER_FORMAT, path,
                   reply->code);
}

// The ids of open orders under our prefix on one page, as objects of a batch; *out_cursor "" after
// the last page.
static int list_page(struct watchdog *dog, json_t *out, char cursor[CURSOR_SIZE])
{
    const struct bybit_market *market = dog->config->market;
    char query[QUERY_SIZE];
    struct bybit_reply reply;
    (void)snprintf(query, sizeof query, "category=%s&symbol=%s&openOnly=0&limit=50%s%s",
                   bybit_category_text(market->category), market->symbol,
                   cursor[0] != '\0' ? "&cursor=" : "", cursor);
    int code = bybit_rest_get(&dog->rest, "/v5/order/realtime", query, true, &reply);
    if (code != MM_OK) {
        return code;
    }
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(reply.result, "list"), i, item)
    {
        const char *link = json_string_value(json_object_get(item, "orderLinkId"));
        if (link != NULL && link_read(&dog->namer, link).owner != LINK_STRANGER) {
            json_array_append_new(
                out, json_pack("{ssss}", "symbol", market->symbol, "orderLinkId", link));
        }
    }
    const char *next = json_string_value(json_object_get(reply.result, "nextPageCursor"));
    (void)snprintf(cursor, CURSOR_SIZE, "%s", next != NULL && i > 0 ? next : "");
    code = reply.code == 0 ? MM_OK : refusal("/v5/order/realtime", &reply);
    bybit_reply_fini(&reply);
    return code;
}

static int list_open(struct watchdog *dog, json_t *out)
{
    char cursor[CURSOR_SIZE] = "";
    int code = MM_OK;
    for (int page = 0; page < PAGES_MAX && code == MM_OK; page++) {
        code = list_page(dog, out, cursor);
        if (cursor[0] == '\0') {
            break;
        }
    }
    return code;
}

static int cancel_batch(struct watchdog *dog, json_t *orders)
{
    struct bybit_reply reply;
    json_t *request =
        json_pack("{sssO}", "category", bybit_category_text(dog->config->market->category),
                  "request", orders);
    char *body = json_dumps(request, JSON_COMPACT);
    int code = body != NULL ? bybit_rest_post(&dog->rest, "/v5/order/cancel-batch", body, &reply)
                            : mm_fail(MM_ERROR_SYSTEM, "no memory");
    if (code == MM_OK) {
        code = reply.code == 0 ? MM_OK : refusal("/v5/order/cancel-batch", &reply);
        bybit_reply_fini(&reply);
    }
    dog->requests += code == MM_OK ? json_array_size(orders) : 0;
    free(body);
    json_decref(request);
    return code;
}

// What is left open shows at the next look.
static int cancel_all(struct watchdog *dog, const json_t *open)
{
    size_t count = json_array_size(open);
    for (size_t first = 0; first < count; first += BATCH_MAX) {
        json_t *orders = json_array();
        for (size_t i = first; i < count && i < first + BATCH_MAX; i++) {
            json_array_append(orders, json_array_get(open, i));
        }
        int code = cancel_batch(dog, orders);
        json_decref(orders);
        if (code != MM_OK) {
            return code;
        }
    }
    return MM_OK;
}

// Cancels what is open; *out_open is how many that were.
static int sweep(struct watchdog *dog, size_t *out_open)
{
    json_t *open = json_array();
    int code = list_open(dog, open);
    *out_open = json_array_size(open);
    if (code == MM_OK) {
        code = cancel_all(dog, open);
    }
    json_decref(open);
    return code;
}

// Until nothing has been open for a while, however long the exchange takes to be reached.
static void fire(struct watchdog *dog)
{
    int64_t quiet_ns = 0, again_ns = AGAIN_NS / 10;
    log_event(LOG_WARN, "watchdog_fires", "prefix=%s silent_ms=%" PRId64, dog->config->prefix,
              dog->config->after_ns / MS);
    dog->requests = 0;
    while (!is_stopped(dog)) {
        size_t open = 0;
        int64_t now_ns = platform_monotonic_ns();
        if (sweep(dog, &open) != MM_OK) {
            tell_failure("cancel");
            quiet_ns = 0;
            again_ns = AGAIN_NS;
        } else if (open > 0) {
            quiet_ns = 0;
        } else if (quiet_ns == 0) {
            quiet_ns = now_ns;
        } else if (now_ns - quiet_ns >= QUIET_NS) {
            log_event(LOG_WARN, "watchdog_done", "requests=%" PRIu64 " open=0 verified=yes",
                      dog->requests);
            return;
        }
        platform_sleep_ns(again_ns);
    }
}

// ---- the heartbeat ----

static void read_heartbeat(const char *path, char out[HEARTBEAT_SIZE + 1])
{
    size_t size = 0;
    int file = platform_open_read(path);
    out[0] = '\0';
    if (file >= 0) {
        if (platform_read(file, out, HEARTBEAT_SIZE, &size) < 0) {
            size = 0;
        }
        out[size] = '\0';
        (void)platform_close(file);
    }
}

static void watch_once(struct watchdog *dog)
{
    char text[HEARTBEAT_SIZE + 1];
    read_heartbeat(dog->config->heartbeat, text);
    switch (heartbeat_look(&dog->watch, text, platform_monotonic_ns())) {
    case HEART_SAME:
        break;
    case HEART_BEGAN:
        log_event(LOG_INFO, "watchdog_watches", "prefix=%s", dog->config->prefix);
        break;
    case HEART_STOPPED:
        log_event(LOG_INFO, "watchdog_rests", "why=\"the bot stopped and left nothing open\"");
        break;
    case HEART_DEAD:
        fire(dog);
        break;
    }
}

// ---- the process ----

static void follow_clock(struct watchdog *dog)
{
    struct bybit_clock clock;
    int64_t now_ns = platform_monotonic_ns();
    if (now_ns < dog->clock_due_ns) {
        return;
    }
    dog->clock_due_ns = now_ns + CLOCK_NS;
    if (bybit_rest_clock(&dog->rest, &clock) != MM_OK) {
        tell_failure("clock");
        return;
    }
    dog->rest.ahead_ms = clock.ahead_ns / MS;
}

static int check_key(struct watchdog *dog)
{
    struct bybit_reply reply;
    struct finding finding;
    int code = bybit_rest_get(&dog->rest, "/v5/user/query-api", "", true, &reply);
    if (code != MM_OK) {
        return code;
    }
    checkup_key(reply.result, &finding);
    if (reply.code != 0) {
        code = mm_fail(MM_ERROR_USAGE, "the exchange refuses the key: code %" JSON_INTEGER_FORMAT,
                       reply.code);
    } else if (finding.level == FINDING_FAIL) {
        code = mm_fail(MM_ERROR_USAGE, "%s; %s", finding.text, finding.advice);
    } else if (!checkup_key_may_trade(reply.result)) {
        code = mm_fail(MM_ERROR_USAGE, "the key may only read, and could cancel nothing");
    }
    bybit_reply_fini(&reply);
    return code;
}

static int start(struct watchdog *dog)
{
    const struct watchdog_config *config = dog->config;
    struct bybit_clock clock = {0};
    int code = link_namer_init(&dog->namer, config->prefix, 0, 0);
    if (code == MM_OK) {
        code = bybit_rest_init(&dog->rest, config->market->rest_url, config->market->ca_file,
                               config->keys);
    }
    if (code == MM_OK) {
        bybit_rest_keep_open(&dog->rest);
        code = bybit_rest_clock(&dog->rest, &clock);
    }
    dog->rest.ahead_ms = clock.ahead_ns / MS;
    dog->clock_due_ns = platform_monotonic_ns() + CLOCK_NS;
    return code == MM_OK ? check_key(dog) : code;
}

int watchdog_run(const struct watchdog_config *config)
{
    struct watchdog dog = {.config = config, .watch = {.after_ns = config->after_ns}};
    int code = start(&dog);
    if (code == MM_OK) {
        log_event(LOG_INFO, "watchdog_start", "symbol=%s prefix=%s after_ms=%" PRId64,
                  config->market->symbol, config->prefix, config->after_ns / MS);
    }
    while (code == MM_OK) {
        watch_once(&dog);
        follow_clock(&dog);
        if (is_stopped(&dog)) {
            code = mm_fail(MM_ERROR_STOPPED, "stopped by a signal");
        } else {
            platform_sleep_ns(LOOK_NS);
        }
    }
    bybit_rest_fini(&dog.rest);
    return code;
}
