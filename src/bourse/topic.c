#include "bourse/topic.h"

#include "base/decimal.h"
#include "bourse/listing.h"

#include <stdio.h>
#include <string.h>

// Splits "a.b.c" at its first and, for the rest, second point; parts that are missing are "".
struct parts {
    char head[TOPIC_NAME_SIZE], middle[TOPIC_NAME_SIZE];
    const char *tail;
};

static void split(const char *name, struct parts *out)
{
    size_t size = strcspn(name, ".");
    snprintf(out->head, sizeof out->head, "%.*s", (int)size, name);
    const char *rest = name + size + (name[size] == '.');
    size = strcspn(rest, ".");
    out->middle[0] = '\0';
    out->tail = rest;
    if (rest[size] == '.') {
        snprintf(out->middle, sizeof out->middle, "%.*s", (int)size, rest);
        out->tail = rest + size + 1;
    }
}

static const struct listing *find_symbol(const struct bourse *bourse, enum category category,
                                         const char *symbol)
{
    for (uint32_t i = 0; i < bourse->listing_count; i++) {
        if (bourse->listings[i].category == category &&
            strcmp(bourse->listings[i].instrument.symbol, symbol) == 0) {
            return &bourse->listings[i];
        }
    }
    return NULL;
}

static bool parse_argument(const struct parts *parts, struct subscription *out)
{
    int number = 0;
    int64_t size;
    if (strcmp(parts->head, "publicTrade") == 0 || strcmp(parts->head, "tickers") == 0) {
        out->topic = parts->head[0] == 'p' ? TOPIC_TRADE : TOPIC_TICKER;
        return parts->middle[0] == '\0';
    }
    if (strcmp(parts->head, "orderbook") == 0) {
        out->topic = TOPIC_DEPTH;
        if (decimal_parse_scaled(parts->middle, strlen(parts->middle), 0, &size) != DECIMAL_OK) {
            return false;
        }
        number = depth_number(size);
    } else if (strcmp(parts->head, "kline") == 0) {
        out->topic = TOPIC_BAR;
        number = bar_interval_parse(parts->middle, &number) ? number : -1;
    } else {
        return false;
    }
    out->argument = (uint8_t)number;
    return number >= 0;
}

static bool parse_public(const struct bourse *bourse, enum category category, const char *name,
                         struct subscription *out)
{
    struct parts parts;
    split(name, &parts);
    const struct listing *listing = find_symbol(bourse, category, parts.tail);
    if (listing == NULL || !parse_argument(&parts, out)) {
        return false;
    }
    out->listing = listing->number;
    return true;
}

static bool parse_private(const char *name, struct subscription *out)
{
    static const struct {
        const char *name;
        enum topic topic;
        bool by_category;
    } topics[] = {{"order", TOPIC_ORDER, true},
                  {"execution", TOPIC_EXECUTION, true},
                  {"execution.fast", TOPIC_EXECUTION_FAST, true},
                  {"position", TOPIC_POSITION, true},
                  {"wallet", TOPIC_WALLET, false},
                  {"dcp.future", TOPIC_DCP, false}};
    out->argument = TOPIC_ALL;
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        size_t size = strlen(topics[i].name);
        enum category category;
        if (strcmp(name, topics[i].name) == 0) {
            out->topic = topics[i].topic;
            return true;
        }
        if (topics[i].by_category && strncmp(name, topics[i].name, size) == 0 &&
            name[size] == '.' && category_parse(name + size + 1, &category)) {
            out->topic = topics[i].topic;
            out->argument = (uint8_t)category;
            return true;
        }
    }
    return false;
}

bool topic_parse(const struct bourse *bourse, const struct connection *connection, const char *name,
                 struct subscription *out)
{
    *out = (struct subscription){0};
    if (strlen(name) >= TOPIC_NAME_SIZE) {
        return false;
    }
    snprintf(out->name, sizeof out->name, "%s", name);
    if (connection->endpoint == ENDPOINT_PUBLIC) {
        return parse_public(bourse, connection->category, name, out);
    }
    if (connection->endpoint == ENDPOINT_STATUS) {
        out->topic = TOPIC_STATUS;
        return strcmp(name, "system.status") == 0;
    }
    return connection->account >= 0 && parse_private(name, out);
}

struct subscription *topic_find(const struct connection *connection, const char *name)
{
    for (uint32_t i = 0; i < connection->subscription_count; i++) {
        if (strcmp(connection->subscriptions[i].name, name) == 0) {
            return &connection->subscriptions[i];
        }
    }
    return NULL;
}

// Markets work out only what somebody follows.
static void count_subscriber(struct bourse *bourse, const struct subscription *subscription, int by)
{
    struct listing *listing = &bourse->listings[subscription->listing];
    switch (subscription->topic) {
    case TOPIC_DEPTH:
        listing->depths[subscription->argument].subscribers += (uint32_t)by;
        break;
    case TOPIC_TRADE:
        listing->trade_subscribers += (uint32_t)by;
        break;
    case TOPIC_TICKER:
        listing->ticker.subscribers += (uint32_t)by;
        break;
    case TOPIC_BAR:
        listing->bar_subscribers += (uint32_t)by;
        break;
    default:
        break;
    }
}

bool topic_add(struct bourse *bourse, struct connection *connection,
               const struct subscription *subscription)
{
    if (connection->subscription_count == SUBSCRIPTIONS_MAX) {
        return false;
    }
    connection->subscriptions[connection->subscription_count++] = *subscription;
    count_subscriber(bourse, subscription, 1);
    return true;
}

void topic_remove(struct bourse *bourse, struct connection *connection, const char *name)
{
    struct subscription *found = topic_find(connection, name);
    if (found != NULL) {
        count_subscriber(bourse, found, -1);
        *found = connection->subscriptions[--connection->subscription_count];
    }
}

void topic_remove_all(struct bourse *bourse, struct connection *connection)
{
    while (connection->subscription_count > 0) {
        count_subscriber(bourse, &connection->subscriptions[--connection->subscription_count], -1);
    }
}
