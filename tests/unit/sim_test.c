#include "venue/sim/sim.h"

#include "base/random.h"
#include "market/book.h"

#include "cmocka_all.h"

#include <malloc.h>
#include <string.h>

static const int64_t SECOND_NS = 1000000000;
static const int64_t MS_NS = 1000000;

enum { ORDERS_MOST = 4096 };

static struct sim_config config_of(const char *preset, enum sim_regime regime, uint64_t seed)
{
    struct sim_config config;
    assert_int_equal(sim_config_of_preset(sim_preset_find(preset), &config), MM_OK);
    config.regime = regime;
    config.seed = seed;
    return config;
}

static struct sim_config without_delay(struct sim_config config)
{
    config.latency = (struct sim_latency){0};
    return config;
}

// Somebody who sends all sorts of requests and believes nothing but reports.

struct own {
    enum side side;
    int64_t price_ticks, leaves_lots;
    bool canceling;
};

struct trader {
    struct venue *venue;
    struct random_stream stream;
    struct book book;
    struct own own[ORDERS_MOST]; // by order id; leaves 0 = not resting
    uint64_t last_id;
    int64_t position_lots;
    uint64_t batch_count, fill_count, maker_fill_count, taker_fill_count, gap_count, empty_count;
    uint64_t report_counts[REPORT_LOST + 1];
    uint64_t hash;          // of everything seen
    struct row trades[512]; // of the last trade batch
    uint32_t trade_count;
    int64_t trade_ts_ns;
};

static void trader_init(struct trader *trader, const struct sim_config *config)
{
    memset(trader, 0, sizeof(*trader));
    trader->venue = sim_create(config);
    random_init(&trader->stream, config->seed, RANDOM_TEST, 0);
    assert_int_equal(book_init(&trader->book, trader->venue->geometry), MM_OK);
}

static void trader_fini(struct trader *trader)
{
    book_fini(&trader->book);
    venue_destroy(trader->venue);
}

static void hash_add(struct trader *trader, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) {
        trader->hash = (trader->hash ^ bytes[i]) * UINT64_C(1099511628211); // FNV-1a
    }
}

static void on_batch(struct trader *trader, const struct market_batch *batch)
{
    trader->batch_count++;
    trader->gap_count += batch->kind == EVENT_GAP;
    hash_add(trader, &batch->local_ts_ns, sizeof(batch->local_ts_ns));
    hash_add(trader, batch->rows, batch->count * sizeof(struct row));
    if (batch->kind == EVENT_TRADE) {
        assert_true(batch->count <= 512);
        memcpy(trader->trades, batch->rows, batch->count * sizeof(struct row));
        trader->trade_count = batch->count;
        trader->trade_ts_ns = batch->exch_ts_ns;
        return;
    }
    book_apply(&trader->book, batch);
    trader->empty_count += !book_two_sided(&trader->book);
}

static void on_fill(struct trader *trader, const struct venue_report *report)
{
    trader->fill_count++;
    assert_true(report->exec_qty_lots > 0);
    trader->position_lots += side_sign(report->side) * report->exec_qty_lots;
    trader->maker_fill_count += report->maker;
    trader->taker_fill_count += !report->maker;
    assert_int_equal(report->answers == VENUE_NONE, report->maker);
    assert_int_equal(report->provenance.rule, report->maker ? FILL_MATCHED : FILL_TAKER);
    if (report->maker) {
        assert_true(report->provenance.ahead_at_fill_lots <=
                    report->provenance.ahead_at_arrival_lots);
    }
}

static void on_report(struct trader *trader, const struct venue_report *report)
{
    assert_true(report->order_id > 0 && report->order_id < ORDERS_MOST);
    assert_true(report->local_ts_ns >= report->exch_ts_ns);
    struct own *own = &trader->own[report->order_id];
    trader->report_counts[report->kind]++;
    hash_add(trader, &report->local_ts_ns, sizeof(report->local_ts_ns));
    hash_add(trader, &report->leaves_qty_lots, sizeof(report->leaves_qty_lots));
    if (report->kind == REPORT_FILLED) {
        on_fill(trader, report);
    }
    if (report->kind == REPORT_CANCELED) {
        assert_true(own->canceling); // nobody else ends our orders
    }
    if (report->kind != REPORT_REJECTED) {
        own->leaves_lots = report->leaves_qty_lots;
        own->price_ticks = report->price_ticks;
        own->side = report->side;
    }
}

static void trader_run(struct trader *trader, int64_t until_ns)
{
    struct venue_event event;
    int64_t before_ns = trader->venue->now_ns;
    do {
        assert_int_equal(venue_next(trader->venue, until_ns, &event), MM_OK);
        assert_true(event.now_ns >= before_ns && event.now_ns <= until_ns);
        assert_true(event.now_ns == trader->venue->now_ns);
        before_ns = event.now_ns;
        if (event.kind == VENUE_MARKET) {
            assert_true(event.batch->local_ts_ns == event.now_ns);
            on_batch(trader, event.batch);
        } else if (event.kind == VENUE_REPORT) {
            on_report(trader, event.report);
        }
    } while (event.kind != VENUE_TIME);
}

static uint64_t draw(struct trader *trader, uint64_t bound)
{
    return random_below(&trader->stream, bound);
}

static void send(struct trader *trader, struct venue_request request)
{
    assert_int_equal(venue_send(trader->venue, &request), MM_OK);
}

static int64_t near_touch(struct trader *trader, enum side side)
{
    int64_t touch = book_best_ticks(&trader->book, side);
    return touch + 3 - (int64_t)draw(trader, 8);
}

static void place_anything(struct trader *trader)
{
    enum side side = (enum side)draw(trader, 2);
    send(trader, (struct venue_request){.op = VENUE_PLACE,
                                        .side = side,
                                        .type = draw(trader, 20) == 0 ? ORDER_MARKET : ORDER_LIMIT,
                                        .tif = (enum time_in_force)draw(trader, 4),
                                        .order_id = ++trader->last_id,
                                        .price_ticks = near_touch(trader, side),
                                        .qty_lots = 1 + (int64_t)draw(trader, 400)});
}

static void change_anything(struct trader *trader)
{
    uint64_t id = trader->last_id - draw(trader, trader->last_id < 12 ? trader->last_id : 12);
    const struct own *own = &trader->own[id];
    bool cancel = draw(trader, 2) == 0;
    trader->own[id].canceling = trader->own[id].canceling || cancel;
    send(trader, (struct venue_request){.op = cancel ? VENUE_CANCEL : VENUE_AMEND,
                                        .side = own->side,
                                        .order_id = id,
                                        .price_ticks = near_touch(trader, own->side),
                                        .qty_lots = 1 + (int64_t)draw(trader, 400)});
}

static void act(struct trader *trader)
{
    if (!book_two_sided(&trader->book) || trader->last_id + 1 >= ORDERS_MOST) {
        return;
    }
    if (trader->last_id == 0 || draw(trader, 2) == 0) {
        place_anything(trader);
    } else {
        change_anything(trader);
    }
}

static void assert_books_equal(const struct book *book, const struct matching *matching)
{
    for (int i = 0; i < 2; i++) {
        enum side side = (enum side)i;
        uint32_t index = matching->best[side];
        assert_int_equal(book->best[side], index);
        while (index != 0) {
            assert_int_equal(book_lots(book, side, index), matching->levels[side][index].lots);
            uint32_t next = matching_scan(matching, side, index - 1);
            assert_int_equal(index == 1 ? 0 : book_scan(book, side, index - 1), next);
            index = next;
        }
    }
}

static void assert_own_orders_agree(const struct trader *trader)
{
    const struct matching *matching = sim_get_matching(trader->venue);
    int64_t believed = 0, resting = 0;
    for (uint64_t id = 1; id <= trader->last_id; id++) {
        believed += trader->own[id].leaves_lots;
    }
    for (uint32_t slot = 1; slot <= matching->order_capacity; slot++) {
        const struct match_order *order = &matching->orders[slot];
        resting += order->lots > 0 && order->owner != FLOW_OWNER ? order->lots : 0;
    }
    assert_int_equal(believed, resting);
}

// Without delay the feed's book is the exchange's own, after every millisecond, whatever is sent.
static void the_feed_rebuilds_the_exchange_book(void **state)
{
    (void)state;
    static struct trader trader;
    const char *const presets[] = {"alt-perp", "btc-perp"};
    for (int i = 0; i < 2; i++) {
        for (int regime = 0; regime < SIM_REGIME_COUNT; regime++) {
            struct sim_config config =
                without_delay(config_of(presets[i], (enum sim_regime)regime, 3));
            trader_init(&trader, &config);
            for (int64_t step = 1; step <= 20000; step++) {
                trader_run(&trader, trader.venue->start_ns + step * MS_NS);
                if (step % 20 == 0) {
                    act(&trader);
                }
                assert_books_equal(&trader.book, sim_get_matching(trader.venue));
            }
            trader_run(&trader, trader.venue->now_ns + SECOND_NS);
            assert_own_orders_agree(&trader);
            assert_true(trader.maker_fill_count > 0 && trader.taker_fill_count > 0);
            trader_fini(&trader);
        }
    }
}

static void orders_end_only_as_reported_with_delays(void **state)
{
    (void)state;
    static struct trader trader;
    struct sim_config config = config_of("alt-perp", SIM_VOLATILE, 4);
    trader_init(&trader, &config);
    for (int64_t step = 1; step <= 6000; step++) {
        trader_run(&trader, trader.venue->start_ns + step * 100 * MS_NS);
        act(&trader);
    }
    trader_run(&trader, trader.venue->now_ns + SECOND_NS);
    assert_own_orders_agree(&trader);
    for (int kind = REPORT_PLACED; kind <= REPORT_FILLED; kind++) {
        assert_true(trader.report_counts[kind] > 0);
    }
    assert_int_equal(sim_get_counters(trader.venue)->report_lost_count, 0);
    trader_fini(&trader);
}

// Own fills are among the trades the feed shows, and nothing trades without a taker and a maker:
// what the background loses at a level, takers get.
static void every_own_fill_is_a_trade_of_the_feed(void **state)
{
    (void)state;
    static struct trader trader;
    struct sim_config config = without_delay(config_of("alt-perp", SIM_CALM, 9));
    trader_init(&trader, &config);
    uint64_t checked = 0;
    for (int64_t step = 1; step <= 600; step++) {
        int64_t until_ns = trader.venue->start_ns + step * SECOND_NS;
        struct venue_event event = {.kind = VENUE_MARKET};
        while (event.kind != VENUE_TIME) {
            assert_int_equal(venue_next(trader.venue, until_ns, &event), MM_OK);
            if (event.kind == VENUE_MARKET) {
                on_batch(&trader, event.batch);
            } else if (event.kind == VENUE_REPORT) {
                on_report(&trader, event.report);
            }
            if (event.kind != VENUE_REPORT || event.report->kind != REPORT_FILLED) {
                continue;
            }
            const struct venue_report *fill = event.report;
            assert_int_equal(fill->exch_ts_ns, trader.trade_ts_ns);
            enum side maker_side = fill->maker ? fill->side : side_opposite(fill->side);
            uint32_t key = geometry_key(trader.venue->geometry, maker_side, fill->exec_price_ticks);
            int64_t lots = 0;
            for (uint32_t i = 0; i < trader.trade_count; i++) {
                lots += trader.trades[i].key == key ? trader.trades[i].lots : 0;
            }
            assert_true(lots >= fill->exec_qty_lots);
            checked++;
        }
        act(&trader);
    }
    assert_true(checked > 20);
    trader_fini(&trader);
}

// The world's path: bit for bit the same whatever we do.

struct path {
    double values[200];
    uint64_t takers[200];
    int8_t intents[WORLD_INTENTS];
};

// `actions`: how many things the trader does every quarter of a second.
static void record_path(struct path *path, const struct sim_config *config, uint32_t actions)
{
    static struct trader trader;
    memset(path, 0, sizeof(*path));
    trader_init(&trader, config);
    for (int64_t step = 0; step < 2000; step++) {
        trader_run(&trader, trader.venue->start_ns + step * 250 * MS_NS);
        for (uint32_t i = 0; i < actions; i++) {
            act(&trader);
        }
        if (step % 10 == 0) {
            path->values[step / 10] = sim_get_world(trader.venue)->value;
            path->takers[step / 10] = sim_get_world(trader.venue)->taker_count;
        }
    }
    memcpy(path->intents, sim_get_world(trader.venue)->intents, sizeof(path->intents));
    assert_int_equal(trader.fill_count > 10, actions > 0);
    trader_fini(&trader);
}

static void the_world_does_not_depend_on_what_we_do(void **state)
{
    (void)state;
    static struct path alone, slow, busy;
    const char *const presets[] = {"alt-perp", "btc-perp"};
    const enum sim_regime regimes[] = {SIM_CALM, SIM_SPIKE, SIM_SWITCHING};
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 3; j++) {
            struct sim_config config = config_of(presets[i], regimes[j], 21);
            record_path(&alone, &config, 0);
            record_path(&slow, &config, 1);
            record_path(&busy, &config, 3);
            assert_memory_equal(&alone, &slow, sizeof(alone));
            assert_memory_equal(&alone, &busy, sizeof(alone));
        }
    }
}

static bool books_are_equal(const struct book *a, const struct book *b)
{
    for (int i = 0; i < 2; i++) {
        enum side side = (enum side)i;
        uint32_t index = a->best[side];
        bool same = index == b->best[side];
        while (same && index > 1) {
            uint32_t next = book_scan(a, side, index - 1);
            same = book_lots(a, side, index) == book_lots(b, side, index) &&
                   next == book_scan(b, side, index - 1);
            index = next;
        }
        if (!same) {
            return false;
        }
    }
    return true;
}

// The book's draws belong to what they are for, so a book that one large order has changed becomes
// again what it would have been.
static void what_one_order_does_to_the_book_is_forgotten(void **state)
{
    (void)state;
    static struct trader alone, trading;
    struct sim_config config = without_delay(config_of("btc-perp", SIM_CALM, 8));
    uint32_t equal = 0, checks = 0;
    trader_init(&alone, &config);
    trader_init(&trading, &config);
    send(&trading, (struct venue_request){.op = VENUE_PLACE,
                                          .side = SIDE_BUY,
                                          .type = ORDER_MARKET,
                                          .tif = TIF_IOC,
                                          .order_id = ++trading.last_id,
                                          .qty_lots = 20000});
    trader_run(&alone, alone.venue->start_ns + SECOND_NS);
    trader_run(&trading, trading.venue->start_ns + SECOND_NS);
    assert_true(trading.position_lots == 20000);
    assert_false(books_are_equal(&alone.book, &trading.book));
    for (int64_t second = 240; second < 300; second++, checks++) {
        trader_run(&alone, alone.venue->start_ns + second * SECOND_NS);
        trader_run(&trading, trading.venue->start_ns + second * SECOND_NS);
        equal += books_are_equal(&alone.book, &trading.book);
    }
    assert_true(equal > checks / 2);
    trader_fini(&trading);
    trader_fini(&alone);
}

static uint64_t hash_of_run(struct sim_config config)
{
    static struct trader trader;
    trader_init(&trader, &config);
    for (int64_t step = 1; step <= 600; step++) {
        trader_run(&trader, trader.venue->start_ns + step * 100 * MS_NS);
        act(&trader);
    }
    trader_fini(&trader);
    return trader.hash;
}

static void a_run_repeats_from_its_seed(void **state)
{
    (void)state;
    struct sim_config config = config_of("btc-perp", SIM_CALM, 77);
    uint64_t first = hash_of_run(config);
    assert_true(first == hash_of_run(config));
    config.seed = 78;
    assert_true(first != hash_of_run(config));
}

// What the feed says.

static void the_feed_begins_with_a_clear_and_a_snapshot(void **state)
{
    (void)state;
    struct sim_config config = config_of("btc-perp", SIM_CALM, 1);
    struct venue *venue = sim_create(&config);
    const enum event_kind kinds[] = {EVENT_CLEAR, EVENT_CLEAR, EVENT_SNAPSHOT, EVENT_DEPTH};
    struct venue_event event;
    for (int i = 0; i < 4; i++) {
        do {
            assert_int_equal(venue_next(venue, INT64_MAX, &event), MM_OK);
        } while (event.batch->kind == EVENT_TRADE);
        assert_int_equal(event.batch->kind, kinds[i]);
        assert_true(i == 3 || event.now_ns == SIM_START_NS);
    }
    assert_true(venue->start_ns == SIM_START_NS && venue->end_ns == INT64_MAX);
    assert_true(venue->own_orders_in_feed);
    venue_destroy(venue);
}

static void an_emptied_side_shows_in_the_feed(void **state)
{
    (void)state;
    static struct trader trader;
    struct sim_config config = without_delay(config_of("alt-perp", SIM_SPIKE, 2));
    trader_init(&trader, &config);
    while (sim_get_world(trader.venue)->crash == CRASH_NONE) {
        trader_run(&trader, trader.venue->now_ns + 100 * MS_NS);
    }
    enum side side = sim_get_world(trader.venue)->crash_side;
    uint64_t before = trader.empty_count;
    bool empty = false;
    for (int step = 0; step < 100; step++) {
        trader_run(&trader, trader.venue->now_ns + 100 * MS_NS);
        assert_books_equal(&trader.book, sim_get_matching(trader.venue));
        empty = empty || trader.book.best[side] == 0;
    }
    assert_true(empty);
    assert_true(trader.empty_count > before);
    trader_fini(&trader);
}

static void what_the_feed_cannot_hold_is_a_gap_and_a_snapshot(void **state)
{
    (void)state;
    static struct trader trader;
    struct sim_config config = without_delay(config_of("btc-perp", SIM_CALM, 1));
    config.latency.feed_ns = 60 * SECOND_NS; // 60 s at 320 batches/s are more than the line holds
    trader_init(&trader, &config);
    enum event_kind last_kind = EVENT_DEPTH;
    struct venue_event event = {0};
    int64_t until_ns = trader.venue->start_ns + 600 * SECOND_NS;
    uint64_t gaps = 0;
    while (event.kind != VENUE_TIME) {
        assert_int_equal(venue_next(trader.venue, until_ns, &event), MM_OK);
        if (event.kind != VENUE_MARKET) {
            continue;
        }
        on_batch(&trader, event.batch);
        assert_true(last_kind != EVENT_GAP || event.batch->kind == EVENT_CLEAR);
        last_kind = event.batch->kind;
        gaps += last_kind == EVENT_GAP;
        if (gaps > 0 && last_kind == EVENT_DEPTH) {
            assert_true(trader.book.best[0] + trader.book.best[1] < trader.book.geometry.span);
        }
    }
    assert_true(gaps > 0 && gaps <= sim_get_counters(trader.venue)->gap_count);
    trader_fini(&trader);
}

// Reports, one by one.

struct scene {
    struct venue *venue;
    struct book book;
    struct venue_report report;
};

static int scene_set_up(void **state)
{
    static struct scene scene;
    struct sim_config config = config_of("alt-perp", SIM_CALM, 6);
    config.latency = (struct sim_latency){
        .feed_ns = 5 * MS_NS, .entry_ns = 20 * MS_NS, .response_ns = 10 * MS_NS};
    scene.venue = sim_create(&config);
    *state = &scene;
    return book_init(&scene.book, scene.venue->geometry);
}

static int scene_tear_down(void **state)
{
    struct scene *scene = *state;
    book_fini(&scene->book);
    venue_destroy(scene->venue);
    return 0;
}

static void look(struct scene *scene)
{
    int64_t until_ns = scene->venue->now_ns + SECOND_NS;
    struct venue_event event = {0};
    while (event.kind != VENUE_TIME) {
        assert_int_equal(venue_next(scene->venue, until_ns, &event), MM_OK);
        if (event.kind == VENUE_MARKET && event.batch->kind != EVENT_TRADE) {
            book_apply(&scene->book, event.batch);
        }
    }
}

// Sends and waits for the next report, at most an hour.
static const struct venue_report *ask(struct scene *scene, struct venue_request request)
{
    struct venue_event event = {0};
    if (request.op != VENUE_NONE) {
        assert_int_equal(venue_send(scene->venue, &request), MM_OK);
    }
    int64_t until_ns = scene->venue->now_ns + 3600 * SECOND_NS;
    while (event.kind != VENUE_REPORT) {
        assert_int_equal(venue_next(scene->venue, until_ns, &event), MM_OK);
        assert_true(event.kind != VENUE_TIME);
        if (event.kind == VENUE_MARKET && event.batch->kind != EVENT_TRADE) {
            book_apply(&scene->book, event.batch);
        }
    }
    scene->report = *event.report;
    return &scene->report;
}

static struct venue_request place_request(uint64_t id, enum side side, enum time_in_force tif,
                                          int64_t price_ticks, int64_t qty_lots)
{
    return (struct venue_request){.op = VENUE_PLACE,
                                  .side = side,
                                  .tif = tif,
                                  .order_id = id,
                                  .price_ticks = price_ticks,
                                  .qty_lots = qty_lots};
}

static void a_resting_order_is_placed_amended_and_canceled(void **state)
{
    struct scene *scene = *state;
    look(scene);
    int64_t price = book_best_ticks(&scene->book, SIDE_BUY) - 300;
    int64_t sent_ns = scene->venue->now_ns;
    const struct venue_report *report =
        ask(scene, place_request(1, SIDE_BUY, TIF_POST_ONLY, price, 7));
    assert_int_equal(report->kind, REPORT_PLACED);
    assert_int_equal(report->answers, VENUE_PLACE);
    assert_true(report->exch_ts_ns == sent_ns + 20 * MS_NS);
    assert_true(report->local_ts_ns == sent_ns + 30 * MS_NS);
    assert_true(report->request_ts_ns == sent_ns);
    assert_int_equal(report->leaves_qty_lots, 7);
    struct venue_request amend = {
        .op = VENUE_AMEND, .order_id = 1, .price_ticks = price - 1, .qty_lots = 9};
    report = ask(scene, amend);
    assert_int_equal(report->kind, REPORT_AMENDED);
    assert_int_equal(report->price_ticks, price - 1);
    assert_int_equal(report->leaves_qty_lots, 9);
    report = ask(scene, (struct venue_request){.op = VENUE_CANCEL, .order_id = 1});
    assert_int_equal(report->kind, REPORT_CANCELED);
    assert_int_equal(report->leaves_qty_lots, 0);
    report = ask(scene, (struct venue_request){.op = VENUE_CANCEL, .order_id = 1});
    assert_int_equal(report->kind, REPORT_REJECTED);
    assert_int_equal(report->answers, VENUE_CANCEL);
    assert_int_equal(report->reject, VENUE_REJECT_UNKNOWN_ORDER);
}

static void what_crosses_takes_and_then_rests_or_expires(void **state)
{
    struct scene *scene = *state;
    look(scene);
    int64_t ask_ticks = book_best_ticks(&scene->book, SIDE_SELL);
    int64_t there = book_qty_at(&scene->book, SIDE_SELL, ask_ticks);
    const struct venue_report *report =
        ask(scene, place_request(1, SIDE_BUY, TIF_POST_ONLY, ask_ticks, 5));
    assert_int_equal(report->kind, REPORT_EXPIRED);
    assert_int_equal(report->leaves_qty_lots, 0);
    report = ask(scene, place_request(2, SIDE_BUY, TIF_GTC, ask_ticks, there + 1000));
    assert_int_equal(report->kind, REPORT_FILLED);
    assert_int_equal(report->answers, VENUE_PLACE);
    assert_false(report->maker);
    int64_t taken = report->exec_qty_lots;
    assert_int_equal(report->leaves_qty_lots, there + 1000 - taken);
    report = ask(scene, (struct venue_request){0});
    assert_int_equal(report->kind, REPORT_PLACED);
    assert_int_equal(report->answers, VENUE_PLACE);
    assert_int_equal(report->leaves_qty_lots, there + 1000 - taken);
    report = ask(scene, place_request(3, SIDE_SELL, TIF_FOK, ask_ticks, 100000000));
    assert_int_equal(report->kind, REPORT_EXPIRED);
}

static void what_is_no_order_is_rejected(void **state)
{
    struct scene *scene = *state;
    look(scene);
    const struct venue_report *report = ask(scene, place_request(1, SIDE_BUY, TIF_GTC, 0, 5));
    assert_int_equal(report->kind, REPORT_REJECTED);
    assert_int_equal(report->reject, VENUE_REJECT_INVALID);
    assert_int_equal(ask(scene, place_request(2, SIDE_BUY, TIF_GTC, 9000, 0))->reject,
                     VENUE_REJECT_INVALID);
    assert_int_equal(ask(scene, place_request(3, SIDE_BUY, TIF_GTC, 9000, 4))->kind, REPORT_PLACED);
    assert_int_equal(ask(scene, place_request(3, SIDE_BUY, TIF_GTC, 9000, 4))->reject,
                     VENUE_REJECT_INVALID);
    struct venue_request amend = {
        .op = VENUE_AMEND, .order_id = 3, .price_ticks = 9001, .qty_lots = 0};
    report = ask(scene, amend);
    assert_int_equal(report->reject, VENUE_REJECT_INVALID);
    assert_int_equal(report->leaves_qty_lots, 4);
    report = ask(scene, (struct venue_request){.op = VENUE_CANCEL, .order_id = 3});
    assert_int_equal(report->price_ticks, 9000);
    assert_int_equal(report->qty_lots, 4);
}

static void a_maker_fill_tells_its_place_in_the_queue(void **state)
{
    struct scene *scene = *state;
    look(scene);
    int64_t bid = book_best_ticks(&scene->book, SIDE_BUY);
    assert_int_equal(ask(scene, place_request(1, SIDE_BUY, TIF_POST_ONLY, bid, 5))->kind,
                     REPORT_PLACED);
    const struct venue_report *report = ask(scene, (struct venue_request){0});
    assert_int_equal(report->kind, REPORT_FILLED);
    assert_true(report->maker);
    assert_int_equal(report->exec_price_ticks, bid);
    assert_true(report->provenance.ahead_at_arrival_lots > 0);
    assert_true(report->local_ts_ns == report->exch_ts_ns + 10 * MS_NS);
}

static void requests_beyond_the_line_are_unreachable(void **state)
{
    struct scene *scene = *state;
    look(scene);
    for (uint64_t id = 1; id <= 1025; id++) {
        struct venue_request request = place_request(id, SIDE_BUY, TIF_GTC, 9000, 1);
        assert_int_equal(venue_send(scene->venue, &request), MM_OK);
    }
    const struct venue_report *report = ask(scene, (struct venue_request){0});
    assert_int_equal(report->order_id, 1025);
    assert_int_equal(report->reject, VENUE_REJECT_UNREACHABLE);
    for (uint64_t id = 1; id <= 1024; id++) {
        report = ask(scene, (struct venue_request){0});
        assert_int_equal(report->order_id, id);
        assert_int_equal(report->kind, id <= SIM_OWN_ORDERS ? REPORT_PLACED : REPORT_REJECTED);
    }
}

static void nothing_is_allocated_after_the_start(void **state)
{
    (void)state;
    static struct trader trader;
    struct sim_config config = config_of("btc-perp", SIM_SPIKE, 5);
    trader_init(&trader, &config);
    struct mallinfo2 before = mallinfo2();
    for (int64_t step = 1; step <= 1200; step++) {
        trader_run(&trader, trader.venue->start_ns + step * 250 * MS_NS);
        act(&trader);
    }
    struct mallinfo2 after = mallinfo2();
    assert_int_equal(after.uordblks, before.uordblks);
    assert_int_equal(after.hblks, before.hblks);
    assert_true(sim_get_world(trader.venue)->crash_count > 0);
    trader_fini(&trader);
}

#define SCENE(name) cmocka_unit_test_setup_teardown(name, scene_set_up, scene_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_feed_rebuilds_the_exchange_book),
        cmocka_unit_test(orders_end_only_as_reported_with_delays),
        cmocka_unit_test(every_own_fill_is_a_trade_of_the_feed),
        cmocka_unit_test(the_world_does_not_depend_on_what_we_do),
        cmocka_unit_test(what_one_order_does_to_the_book_is_forgotten),
        cmocka_unit_test(a_run_repeats_from_its_seed),
        cmocka_unit_test(the_feed_begins_with_a_clear_and_a_snapshot),
        cmocka_unit_test(an_emptied_side_shows_in_the_feed),
        cmocka_unit_test(what_the_feed_cannot_hold_is_a_gap_and_a_snapshot),
        SCENE(a_resting_order_is_placed_amended_and_canceled),
        SCENE(what_crosses_takes_and_then_rests_or_expires),
        SCENE(what_is_no_order_is_rejected),
        SCENE(a_maker_fill_tells_its_place_in_the_queue),
        SCENE(requests_beyond_the_line_are_unreachable),
        cmocka_unit_test(nothing_is_allocated_after_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
