// Clients that do anything to the simulated exchange, with faults in between: what the private
// streams told adds up to what REST says, and the accounts' cash to what was traded. A failure
// prints its seed: venue_walk_test SEED repeats it.
#include "bourse_bench.h"

#include "base/random.h"

enum { RUNS = 12, STEPS = 400, ACCOUNTS = 2, ORDERS_MAX_SEEN = 8192 };

static const char *const keys[ACCOUNTS] = {"test_api_key", "second_key"};
static uint64_t seed_only; // 0 = all runs

struct seen_order {
    char id[40];
    bool open;
    int64_t filled; // as the order topic said last
    int64_t executed;
};

// What one account's client knows from its stream.
struct client {
    uint32_t connection;
    struct seen_order orders[ORDERS_MAX_SEEN];
    uint32_t order_count;
    char executions[ORDERS_MAX_SEEN][40];
    uint32_t execution_count, repeated_count;
    int64_t position;
    double cash;
};

struct walk {
    struct bench *bench;
    struct random_stream stream;
    struct client clients[ACCOUNTS];
    uint32_t link_number;
    int64_t price;
};

static struct seen_order *find_order(struct client *client, const char *id)
{
    for (uint32_t i = 0; i < client->order_count; i++) {
        if (strcmp(client->orders[i].id, id) == 0) {
            return &client->orders[i];
        }
    }
    assert_true(client->order_count < ORDERS_MAX_SEEN);
    struct seen_order *order = &client->orders[client->order_count++];
    snprintf(order->id, sizeof order->id, "%s", id);
    return order;
}

static void note_order(struct client *client, const json_t *item)
{
    struct seen_order *order = find_order(client, bench_text(item, "orderId"));
    const char *status = bench_text(item, "orderStatus");
    order->open = strcmp(status, "New") == 0 || strcmp(status, "PartiallyFilled") == 0;
    int64_t filled = (int64_t)bench_number(item, "cumExecQty");
    assert_true(filled >= order->filled);
    order->filled = filled;
    if (order->open) {
        assert_true((int64_t)bench_number(item, "leavesQty") ==
                    (int64_t)bench_number(item, "qty") - filled);
    }
}

static void note_execution(struct client *client, const json_t *item)
{
    const char *id = bench_text(item, "execId");
    for (uint32_t i = 0; i < client->execution_count; i++) {
        if (strcmp(client->executions[i], id) == 0) {
            client->repeated_count++; // told twice by the fault
            return;
        }
    }
    assert_true(client->execution_count < ORDERS_MAX_SEEN);
    snprintf(client->executions[client->execution_count++], 40, "%s", id);
    double value = bench_number(item, "execValue"), fee = bench_number(item, "execFee");
    if (strcmp(bench_text(item, "execType"), "Funding") == 0) {
        client->cash -= fee;
        return;
    }
    int64_t lots = (int64_t)bench_number(item, "execQty");
    bool buy = strcmp(bench_text(item, "side"), "Buy") == 0;
    find_order(client, bench_text(item, "orderId"))->executed += lots;
    client->position += buy ? lots : -lots;
    client->cash -= (buy ? value : -value) + fee;
}

static void read_streams(struct walk *walk)
{
    for (int i = 0; i < ACCOUNTS; i++) {
        struct client *client = &walk->clients[i];
        json_t *frame;
        while ((frame = bench_take(walk->bench, client->connection, NULL)) != NULL) {
            bool orders = strcmp(bench_text(frame, "topic"), "order") == 0;
            bool executions = strcmp(bench_text(frame, "topic"), "execution") == 0;
            json_t *data = bench_at(frame, "data");
            for (size_t j = 0; j < json_array_size(data) && (orders || executions); j++) {
                (orders ? note_order : note_execution)(client, json_array_get(data, j));
            }
            json_decref(frame);
        }
    }
}

static int64_t draw(struct walk *walk, int64_t least, int64_t most)
{
    return least + (int64_t)random_below(&walk->stream, (uint64_t)(most - least + 1));
}

// The best price in ticks, or the last one known while answers are delayed.
static int64_t best_price(struct walk *walk, bool bid)
{
    json_t *book =
        bench_get(walk->bench, "/v5/market/orderbook", "category=linear&symbol=ALTUSDT&limit=1");
    double price = bench_number(book, bid ? "result.b.0.0" : "result.a.0.0");
    walk->price = price > 0 ? (int64_t)(price * 10000 + 0.5) : walk->price;
    return walk->price;
}

static void create(struct walk *walk, const char *key)
{
    static const char *const tifs[] = {"GTC", "GTC", "PostOnly", "IOC", "FOK"};
    static const char *const smps[] = {"None", "CancelMaker", "CancelTaker", "CancelBoth"};
    char more[160];
    bool buy = draw(walk, 0, 1) == 0;
    int64_t best = best_price(walk, draw(walk, 0, 1) == 0);
    snprintf(more, sizeof more,
             ",\"timeInForce\":\"%s\",\"smpType\":\"%s\",\"reduceOnly\":%s,\"orderLinkId\":\"%u\"",
             tifs[draw(walk, 0, 4)], smps[draw(walk, 0, 3)],
             draw(walk, 0, 5) == 0 ? "true" : "false", walk->link_number++);
    bench_order(walk->bench, key, buy ? "Buy" : "Sell", best + draw(walk, -20, 20),
                draw(walk, 3, 400), more);
}

static void amend_or_cancel(struct walk *walk, const char *key)
{
    char body[256];
    bool amends = draw(walk, 0, 1) == 0;
    int64_t price = best_price(walk, true) + draw(walk, -20, 20);
    snprintf(body, sizeof body,
             "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\",\"orderLinkId\":\"%" PRId64
             "\",\"price\":\"%" PRId64 ".%04" PRId64 "\",\"qty\":\"%" PRId64 "\"}",
             draw(walk, walk->link_number > 40 ? walk->link_number - 40 : 0, walk->link_number),
             price / 10000, price % 10000, draw(walk, 3, 400));
    bench_call(walk->bench, key, "POST", amends ? "/v5/order/amend" : "/v5/order/cancel", body);
}

static void disturb(struct walk *walk)
{
    static const char *const faults[] = {"{\"fault\":\"lose_ack\"}",
                                         "{\"fault\":\"delay\",\"by_ms\":300,\"for_ms\":200}",
                                         "{\"fault\":\"duplicate_execution\",\"count\":2}",
                                         "{\"fault\":\"processing\"}",
                                         "{\"fault\":\"rate_limit\",\"count\":3}",
                                         "{\"fault\":\"restart_book\"}"};
    bench_fault(walk->bench, faults[draw(walk, 0, 5)]);
}

static void step(struct walk *walk)
{
    const char *key = keys[draw(walk, 0, ACCOUNTS - 1)];
    int64_t choice = draw(walk, 0, 99);
    if (choice < 45) {
        create(walk, key);
    } else if (choice < 85) {
        amend_or_cancel(walk, key);
    } else if (choice < 88) {
        bench_call(walk->bench, key, "POST", "/v5/order/cancel-all",
                   "{\"category\":\"linear\",\"symbol\":\"ALTUSDT\"}");
    } else if (choice < 90) {
        bench_control(walk->bench, "POST", "/control/funding", "{}");
    } else if (choice < 95) {
        disturb(walk);
    }
    bench_run(walk->bench, draw(walk, 0, 1500));
    read_streams(walk);
}

// Open orders by the stream are those by REST, all pages of them.
static void check_orders(struct walk *walk, struct client *client, const char *key)
{
    uint32_t open = 0, listed = 0;
    char query[128], cursor[64] = "";
    for (uint32_t i = 0; i < client->order_count; i++) {
        assert_int_equal(client->orders[i].filled, client->orders[i].executed);
        open += client->orders[i].open;
    }
    do {
        snprintf(query, sizeof query, "category=linear&symbol=ALTUSDT&limit=50%s%s",
                 cursor[0] ? "&cursor=" : "", cursor);
        json_t *answer = bench_call(walk->bench, key, "GET", "/v5/order/realtime", query);
        json_t *list = bench_at(answer, "result.list");
        for (size_t i = 0; i < json_array_size(list); i++, listed++) {
            assert_true(find_order(client, bench_text(json_array_get(list, i), "orderId"))->open);
        }
        snprintf(cursor, sizeof cursor, "%s", bench_text(answer, "result.nextPageCursor"));
    } while (cursor[0] != '\0');
    assert_int_equal(listed, open);
}

static void check_money(struct walk *walk, const struct client *client, const char *key)
{
    json_t *answer =
        bench_call(walk->bench, key, "GET", "/v5/position/list", "category=linear&symbol=ALTUSDT");
    bool sold = strcmp(bench_text(answer, "result.list.0.side"), "Sell") == 0;
    int64_t size = (int64_t)bench_number(answer, "result.list.0.size");
    assert_int_equal(sold ? -size : size, client->position);
    double entry = bench_number(answer, "result.list.0.avgPrice") * (double)client->position;
    answer = bench_call(walk->bench, key, "GET", "/v5/account/wallet-balance",
                        "accountType=UNIFIED&coin=USDT");
    double wallet = bench_number(answer, "result.list.0.coin.0.walletBalance");
    double difference = wallet - (10000 + client->cash + entry);
    assert_true(difference < 1e-4 && difference > -1e-4);
}

static void walk_once(uint64_t seed)
{
    static struct walk walk;
    memset(&walk, 0, sizeof walk);
    walk.bench = bench_create();
    walk.price = 20000;
    random_init(&walk.stream, seed, RANDOM_TEST, 0);
    bench_set(walk.bench, "rate_limits", "off");
    bench_set(walk.bench, "ip_limit", "off");
    bench_set(walk.bench, "stream_order", seed % 2 == 0 ? "after_ack" : "random");
    for (int i = 0; i < ACCOUNTS; i++) {
        walk.clients[i].connection = bench_private(
            walk.bench, keys[i], "\"order\",\"execution\",\"execution.fast\",\"position\"");
    }
    for (int i = 0; i < STEPS; i++) {
        step(&walk);
    }
    bench_run(walk.bench, 1000); // what was delayed has come
    bench_fault(walk.bench, "{\"fault\":\"rate_limit\",\"count\":0}");
    read_streams(&walk);
    for (int i = 0; i < ACCOUNTS; i++) {
        check_orders(&walk, &walk.clients[i], keys[i]);
        check_money(&walk, &walk.clients[i], keys[i]);
        assert_true(walk.clients[i].execution_count > 20);
    }
    bench_destroy(walk.bench);
}

static void streams_rest_and_money_agree_after_anything(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        if (seed_only == 0 || seed == seed_only) {
            fprintf(stderr, "seed %" PRIu64 "\n", seed);
            walk_once(seed);
        }
    }
}

int main(int argc, char **argv)
{
    seed_only = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_rest_and_money_agree_after_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
