#include "venue/bybit/market.h"

#include "base/units.h"
#include "net/url.h"
#include "venue/bybit/reply.h"
#include "venue/bybit/rest.h"

#include <stdio.h>
#include <string.h>

static const char *const category_texts[] = {"linear", "inverse", "spot"};

const char *bybit_category_text(enum bybit_category category)
{
    return category_texts[category];
}

// ---- what is wanted ----

static int take_category(const char *text, struct bybit_market *out)
{
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, category_texts[i]) == 0) {
            out->category = (enum bybit_category)i;
            return MM_OK;
        }
    }
    return mm_fail(MM_ERROR_USAGE, "--category: '%.64s' is none of linear, inverse, spot", text);
}

static int take_symbol(const char *text, struct bybit_market *out)
{
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    if (length == 0 || text[length] != '\0' || length >= sizeof out->symbol) {
        return mm_fail(MM_ERROR_USAGE, "--symbol: '%.64s' is not 1 to 31 capitals, digits and '-'",
                       text);
    }
    memcpy(out->symbol, text, length + 1);
    return MM_OK;
}

static int take_depth(const char *text, struct bybit_market *out)
{
    static const uint32_t depths[] = {50, 200, 1000};
    for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
        char allowed[16];
        (void)snprintf(allowed, sizeof allowed, "%u", depths[i]);
        if (strcmp(text, allowed) == 0) {
            out->depth = depths[i];
            return MM_OK;
        }
    }
    return mm_fail(MM_ERROR_USAGE, "--depth: '%.64s' is none of 50, 200, 1000", text);
}

static int take_silence(const char *text, struct bybit_market *out)
{
    int code = duration_parse(text, &out->silence_ns);
    if (code == MM_OK &&
        (out->silence_ns < 100000000 || out->silence_ns > INT64_C(6000000000000))) {
        code = mm_fail(MM_ERROR_USAGE, "'%.64s' is not between 100ms and 100m", text);
    }
    return code == MM_OK ? MM_OK : mm_fail_add(code, "--silence");
}

static int check_url(const char *option, const char *text, bool is_socket)
{
    struct url url;
    int code = url_parse(text, &url);
    if (code == MM_OK && (url.is_socket != is_socket || strcmp(url.path, "/") != 0)) {
        code = mm_fail(MM_ERROR_USAGE, "'%.200s' is not %s://HOST[:PORT]", text,
                       is_socket ? "ws or wss" : "http or https");
    }
    return code == MM_OK ? MM_OK : mm_fail_add(code, "%s", option);
}

static const char *or_usual(const char *text, const char *usual)
{
    return text != NULL ? text : usual;
}

int bybit_market_resolve(const struct bybit_market_options *options, struct bybit_market *out)
{
    *out = (struct bybit_market){.rest_url = or_usual(options->rest, BYBIT_REST_URL),
                                 .stream_url = or_usual(options->stream, BYBIT_STREAM_URL),
                                 .ca_file = options->ca};
    int code = take_category(or_usual(options->category, "linear"), out);
    if (code == MM_OK) {
        code = take_symbol(or_usual(options->symbol, "BTCUSDT"), out);
    }
    if (code == MM_OK) {
        code = take_depth(or_usual(options->depth, "50"), out);
    }
    if (code == MM_OK) {
        code = take_silence(or_usual(options->silence, "10s"), out);
    }
    if (code == MM_OK) {
        code = check_url("--rest", out->rest_url, false);
    }
    return code == MM_OK ? check_url("--stream", out->stream_url, true) : code;
}

// ---- what the exchange says ----

static int read_step(const json_t *filter, const char *key, struct decimal *out)
{
    const char *text = json_string_value(json_object_get(filter, key));
    if (text == NULL || decimal_parse(text, strlen(text), out) != DECIMAL_OK ||
        out->mantissa <= 0) {
        return mm_fail(MM_ERROR_INPUT, "%s: '%.64s' is no step", key, text != NULL ? text : "");
    }
    return MM_OK;
}

static void copy_name(const json_t *item, const char *key, char out[INSTRUMENT_NAME_SIZE])
{
    const char *text = json_string_value(json_object_get(item, key));
    (void)snprintf(out, INSTRUMENT_NAME_SIZE, "%s", text != NULL ? text : "");
}

static int read_instrument(const struct bybit_market *market, const json_t *item,
                           struct instrument *out)
{
    const json_t *lot = json_object_get(item, "lotSizeFilter");
    bool spot = market->category == BYBIT_SPOT, inverse = market->category == BYBIT_INVERSE;
    *out = (struct instrument){.venue = "bybit",
                               .contract = inverse ? CONTRACT_INVERSE : CONTRACT_LINEAR,
                               .contract_size = {1, 0}};
    memcpy(out->symbol, market->symbol, sizeof out->symbol);
    copy_name(item, spot ? "quoteCoin" : "settleCoin", out->settle);
    int code = read_step(json_object_get(item, "priceFilter"), "tickSize", &out->tick);
    if (code == MM_OK) {
        code = read_step(lot, spot ? "basePrecision" : "qtyStep", &out->lot);
    }
    return code == MM_OK ? instrument_prepare(out) : code;
}

static const json_t *find_symbol(const json_t *list, const char *symbol)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item)
    {
        const char *name = json_string_value(json_object_get(item, "symbol"));
        if (name != NULL && strcmp(name, symbol) == 0) {
            return item;
        }
    }
    return NULL;
}

static int read_list(const struct bybit_market *market, const json_t *list, struct instrument *out)
{
    const char *category = bybit_category_text(market->category);
    const json_t *item = find_symbol(list, market->symbol);
    const char *status = json_string_value(json_object_get(item, "status"));
    if (item == NULL) {
        return mm_fail(MM_ERROR_USAGE, "the exchange has no %s market %s", category,
                       market->symbol);
    }
    if (status == NULL || strcmp(status, "Trading") != 0) {
        return mm_fail(MM_ERROR_USAGE, "%s does not trade now: its status is %.32s", market->symbol,
                       status != NULL ? status : "unknown");
    }
    int code = read_instrument(market, item, out);
    return code == MM_OK ? MM_OK : mm_fail_add(code, "%s", market->symbol);
}

static int read_reply(const struct bybit_market *market, const struct bybit_reply *reply,
                      struct instrument *out)
{
    if (reply->code == 0) {
        return read_list(market, json_object_get(reply->result, "list"), out);
    }
    if (reply->code == 10001) {
        return mm_fail(MM_ERROR_USAGE, "the exchange has no %s market %s: %.200s",
                       bybit_category_text(market->category), market->symbol, reply->text);
    }
    return mm_fail(MM_ERROR_SYSTEM, "the exchange refused: code %" JSON_INTEGER_FORMAT ", %.200s",
                   reply->code, reply->text);
}

int bybit_market_read(const struct bybit_market *market, const char *text, size_t size,
                      struct instrument *out)
{
    struct bybit_reply reply;
    int code = bybit_reply_read(text, size, &reply);
    if (code == MM_OK) {
        code = read_reply(market, &reply, out);
        bybit_reply_fini(&reply);
    }
    return code;
}

int bybit_market_fetch(const struct bybit_market *market, struct instrument *out)
{
    char query[128];
    struct bybit_rest rest;
    struct bybit_reply reply;
    int code = bybit_rest_init(&rest, market->rest_url, market->ca_file, &(struct bybit_keys){0});
    if (code != MM_OK) {
        return code;
    }
    (void)snprintf(query, sizeof query, "category=%s&symbol=%s",
                   bybit_category_text(market->category), market->symbol);
    code = bybit_rest_get(&rest, "/v5/market/instruments-info", query, false, &reply);
    if (code == MM_OK) {
        code = read_reply(market, &reply, out);
        bybit_reply_fini(&reply);
    }
    bybit_rest_fini(&rest);
    return code;
}
