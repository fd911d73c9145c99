// The public feed against a small exchange on loopback: what makes a gap, what ends one, and what
// is asked of the exchange meanwhile.
#include "cmocka_all.h"

#include "base/log.h"
#include "fake_bybit.h"
#include "venue/bybit/feed.h"

enum { BATCHES_MAX = 64, ROWS_KEPT = 16 };

struct seen {
    enum event_kind kind;
    uint32_t count;
    struct row rows[ROWS_KEPT];
    uint32_t best_end[2];
    int64_t exch_ts_ns;
};

static struct fake_bybit fake;
static struct bybit_market market;
static struct ws_loop *loop;
static int64_t ping_ns;
static struct bybit_feed *feed;
static struct seen seen[BATCHES_MAX];
static uint32_t seen_count;

#define TWO_SIDES "[\"100.0\",\"1\"],[\"99.0\",\"2\"]", "[\"101.0\",\"3\"]"

static int start(void **state)
{
    (void)state;
    seen_count = 0;
    ping_ns = 0;
    feed = NULL;
    if (fake_start(&fake) != MM_OK || ws_loop_create(NULL, &loop) != MM_OK) {
        return -1;
    }
    market = (struct bybit_market){.symbol = "BTCUSDT",
                                   .depth = 50,
                                   .silence_ns = INT64_C(20000000000),
                                   .rest_url = fake.rest_url,
                                   .stream_url = fake.url};
    fake.on_book = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    bybit_feed_destroy(feed);
    ws_loop_destroy(loop);
    fake_stop(&fake);
    return 0;
}

static void open_feed(void)
{
    struct bybit_feed_config config = {
        .market = &market,
        .instrument = {.symbol = "BTCUSDT", .tick = {1, -1}, .lot = {1, -3}},
        .clock = live_clock_start(),
        .seed = 1,
        .ping_ns = ping_ns};
    assert_int_equal(bybit_feed_create(&config, loop, &feed), MM_OK);
}

static void run_once(void)
{
    struct market_batch batch;
    ws_loop_run(loop, platform_monotonic_ns() + 20000000);
    bybit_feed_check(feed);
    while (bybit_feed_take(feed, &batch)) {
        assert_true(seen_count < BATCHES_MAX && batch.count <= ROWS_KEPT);
        struct seen *one = &seen[seen_count++];
        *one = (struct seen){.kind = batch.kind,
                             .count = batch.count,
                             .best_end = {batch.best_end[0], batch.best_end[1]},
                             .exch_ts_ns = batch.exch_ts_ns};
        memcpy(one->rows, batch.rows, batch.count * sizeof batch.rows[0]);
    }
}

// Runs until there are so many batches; fails after 20 s.
static void await_batches(uint32_t count)
{
    int64_t until_ns = platform_monotonic_ns() + INT64_C(20000000000);
    while (seen_count < count) {
        assert_true(platform_monotonic_ns() < until_ns);
        run_once();
    }
    assert_int_equal(seen_count, count);
}

static void await_count(uint64_t (*value)(void), uint64_t least)
{
    int64_t until_ns = platform_monotonic_ns() + INT64_C(20000000000);
    while (value() < least) {
        assert_true(platform_monotonic_ns() < until_ns);
        run_once();
    }
}

static uint64_t book_requests(void)
{
    return fake_count(&fake, "\"subscribe\"", "orderbook.50.BTCUSDT");
}

static uint64_t trade_requests(void)
{
    return fake_count(&fake, "\"subscribe\"", "publicTrade.BTCUSDT");
}

static uint64_t early_deltas(void)
{
    return bybit_feed_get_counters(feed)->early_deltas;
}

static uint64_t frames(void)
{
    return bybit_feed_get_counters(feed)->frames;
}

static uint64_t stale_deltas(void)
{
    return bybit_feed_get_counters(feed)->stale_deltas;
}

static uint64_t breaks(enum bybit_break reason)
{
    return bybit_feed_get_counters(feed)->breaks[reason];
}

static int64_t best(const struct seen *one, enum side side)
{
    struct book_geometry geometry;
    assert_true(bybit_feed_geometry(feed, &geometry));
    return one->best_end[side] == 0 ? 0 : geometry_ticks(geometry, side, one->best_end[side]);
}

// With a snapshot on its way as soon as the book is subscribed to.
static void open_with_book(void)
{
    fake.on_book = fake_book("snapshot", TWO_SIDES, 10);
    open_feed();
    await_batches(1);
    assert_int_equal(seen[0].kind, EVENT_SNAPSHOT);
    assert_true(bybit_feed_is_trusted(feed));
}

static void a_snapshot_and_its_deltas_are_the_book(void **state)
{
    (void)state;
    open_with_book();
    assert_int_equal(seen[0].count, 3);
    assert_int_equal(best(&seen[0], SIDE_BUY), 1000);
    assert_int_equal(best(&seen[0], SIDE_SELL), 1010);
    fake_send(&fake, fake_book("delta", "[\"100.0\",\"0\"]", "[\"100.5\",\"1\"]", 11));
    await_batches(2);
    assert_int_equal(seen[1].kind, EVENT_DEPTH);
    assert_int_equal(best(&seen[1], SIDE_BUY), 990);
    assert_int_equal(best(&seen[1], SIDE_SELL), 1005);
    assert_int_equal(seen[1].exch_ts_ns, (int64_t)(FAKE_MS + 11) * 1000000);
}

static void a_missing_delta_is_a_gap_at_once_and_a_new_subscription_ends_it(void **state)
{
    (void)state;
    open_with_book();
    fake.on_book = fake_book("snapshot", "[\"98.0\",\"1\"]", "[\"99.0\",\"1\"]", 4); // lower
    fake_send(&fake, fake_book("delta", "[\"100.0\",\"5\"]", "", 12));
    await_batches(3);
    assert_int_equal(seen[1].kind, EVENT_GAP);
    assert_int_equal(seen[2].kind, EVENT_SNAPSHOT);
    assert_int_equal(best(&seen[2], SIDE_BUY), 980);
    assert_int_equal(best(&seen[2], SIDE_SELL), 990);
    assert_int_equal(seen[2].count, 5); // two new levels, and the three old ones gone
    assert_int_equal(breaks(BYBIT_BREAK_UPDATE), 1);
    assert_int_equal(fake_count(&fake, "\"unsubscribe\"", "orderbook.50.BTCUSDT"), 1);
    assert_int_equal(book_requests(), 2);
    fake_send(&fake, fake_book("delta", "[\"98.0\",\"5\"]", "", 5)); // goes on from there
    await_batches(4);
    assert_int_equal(seen[3].kind, EVENT_DEPTH);
}

static void deltas_before_a_snapshot_are_left_out(void **state)
{
    (void)state;
    open_feed();
    await_count(book_requests, 1);
    fake_send(&fake, fake_book("delta", "[\"100.0\",\"5\"]", "", 9));
    await_count(early_deltas, 1);
    fake_send(&fake, fake_book("snapshot", TWO_SIDES, 10));
    await_batches(1);
    assert_int_equal(seen[0].kind, EVENT_SNAPSHOT);
}

static void a_snapshot_amid_the_stream_replaces_the_whole_book_without_a_gap(void **state)
{
    (void)state;
    open_with_book();
    fake_send(&fake, fake_book("snapshot", "[\"99.0\",\"7\"]", "[\"101.0\",\"3\"]", 1));
    await_batches(2);
    assert_int_equal(seen[1].kind, EVENT_SNAPSHOT);
    assert_int_equal(seen[1].count, 3);
    assert_int_equal(seen[1].rows[0].lots, 0); // the bid at 100 first
    assert_int_equal(best(&seen[1], SIDE_BUY), 990);
    assert_int_equal(best(&seen[1], SIDE_SELL), 1010);
    fake_send(&fake, fake_book("delta", "[\"99.5\",\"7\"]", "", 2));
    await_batches(3);
    assert_int_equal(best(&seen[2], SIDE_BUY), 995);
    assert_int_equal(breaks(BYBIT_BREAK_UPDATE), 0);
}

static void removing_an_unknown_level_and_levels_out_of_order_do_no_harm(void **state)
{
    (void)state;
    open_with_book();
    fake_send(&fake, fake_book("delta", "[\"97.0\",\"1\"],[\"99.5\",\"1\"],[\"42.0\",\"0\"]",
                               "[\"103.0\",\"1\"],[\"100.9\",\"2\"]", 11));
    await_batches(2);
    assert_int_equal(best(&seen[1], SIDE_BUY), 1000);
    assert_int_equal(best(&seen[1], SIDE_SELL), 1009);
    assert_true(bybit_feed_is_trusted(feed));
}

static void a_rehearsal_leaves_no_trace(void **state)
{
    (void)state;
    open_feed();
    bybit_feed_rehearse(feed); // nothing is there yet
    bybit_feed_destroy(feed);
    open_with_book();
    struct bybit_feed_counters before = *bybit_feed_get_counters(feed);
    struct market_batch batch;
    for (int i = 0; i < 3; i++) {
        bybit_feed_rehearse(feed);
        assert_false(bybit_feed_take(feed, &batch));
    }
    assert_memory_equal(bybit_feed_get_counters(feed), &before, sizeof before);
    const struct book *book = bybit_feed_book(feed);
    assert_int_equal(book_lots(book, SIDE_BUY, book->best[SIDE_BUY]), 1000);
    assert_int_equal(book_lots(book, SIDE_SELL, book->best[SIDE_SELL]), 3000);
    fake_send(&fake, fake_book("delta", "[\"99.5\",\"7\"],[\"100.0\",\"0\"]", "", 11));
    await_batches(2);
    assert_int_equal(best(&seen[1], SIDE_BUY), 995);
    assert_int_equal(best(&seen[1], SIDE_SELL), 1010);
    assert_true(bybit_feed_is_trusted(feed));
}

static void a_crossed_book_is_a_gap(void **state)
{
    (void)state;
    open_with_book();
    fake.on_book = fake_book("snapshot", TWO_SIDES, 20);
    fake_send(&fake, fake_book("delta", "[\"101.0\",\"1\"]", "", 11));
    await_batches(4);
    assert_int_equal(seen[2].kind, EVENT_GAP);
    assert_int_equal(seen[3].kind, EVENT_SNAPSHOT);
    assert_int_equal(breaks(BYBIT_BREAK_CROSSED), 1);
    assert_int_equal(best(&seen[3], SIDE_BUY), 1000);
}

static void a_bid_that_passes_an_ask_which_leaves_in_the_same_message_is_fine(void **state)
{
    (void)state;
    open_with_book();
    fake_send(&fake,
              fake_book("delta", "[\"101.0\",\"1\"]", "[\"101.0\",\"0\"],[\"102.0\",\"1\"]", 11));
    await_batches(2);
    assert_true(bybit_feed_is_trusted(feed));
    assert_int_equal(best(&seen[1], SIDE_BUY), 1010);
    assert_int_equal(best(&seen[1], SIDE_SELL), 1020);
}

static void a_repeated_update_is_no_gap(void **state)
{
    (void)state;
    open_with_book();
    const char *delta = fake_book("delta", "[\"99.5\",\"1\"]", "", 11);
    fake_send(&fake, delta);
    fake_send(&fake, delta);
    await_count(stale_deltas, 1);
    assert_int_equal(seen_count, 2);
    assert_true(bybit_feed_is_trusted(feed));
}

// The best level is sent again and again while nothing changes, always under the same number.
static void a_book_that_repeats_itself_is_no_gap_and_a_sign_of_life(void **state)
{
    (void)state;
    static const char best_level[] =
        "{\"topic\":\"orderbook.1.BTCUSDT\",\"type\":\"snapshot\",\"ts\":1790134712130,\"data\":{"
        "\"s\":\"BTCUSDT\",\"b\":[[\"100.0\",\"1\"]],\"a\":[[\"101.0\",\"3\"]],\"u\":7,\"seq\":1},"
        "\"cts\":1790134712126}";
    market.silence_ns = INT64_C(1500000000);
    open_with_book();
    int64_t until_ns = platform_monotonic_ns() + INT64_C(2000000000);
    for (uint64_t sent = frames(); platform_monotonic_ns() < until_ns;) {
        fake_send(&fake, best_level);
        await_count(frames, ++sent);
        platform_sleep_ns(50000000);
    }
    assert_int_equal(seen_count, 1);
    fake_send(&fake, fake_book("snapshot", TWO_SIDES, 10)); // of our depth
    await_batches(2);
    assert_int_equal(seen[1].kind, EVENT_SNAPSHOT);
    for (int reason = 0; reason < BYBIT_BREAK_COUNT; reason++) {
        assert_int_equal(breaks((enum bybit_break)reason), 0);
    }
    assert_true(bybit_feed_is_trusted(feed));
}

static void a_book_without_asks_is_a_book(void **state)
{
    (void)state;
    fake.on_book = fake_book("snapshot", "[\"100.0\",\"1\"]", "", 10);
    open_feed();
    await_batches(1);
    assert_true(bybit_feed_is_trusted(feed));
    assert_int_equal(best(&seen[0], SIDE_BUY), 1000);
    assert_int_equal(best(&seen[0], SIDE_SELL), 0);
    fake_send(&fake, fake_book("delta", "[\"100.0\",\"0\"]", "[\"99.0\",\"1\"]", 11));
    await_batches(2);
    assert_int_equal(best(&seen[1], SIDE_BUY), 0);
    assert_int_equal(best(&seen[1], SIDE_SELL), 990);
    assert_true(bybit_feed_is_trusted(feed));
}

static uint64_t pings(void)
{
    return fake.ping_count;
}

static void the_exchanges_own_ping_is_sent_and_its_answer_is_no_data(void **state)
{
    (void)state;
    ping_ns = 20000000;
    open_with_book();
    await_count(pings, 3);
    run_once();
    assert_int_equal(seen_count, 1);
    assert_true(bybit_feed_is_trusted(feed));
    assert_false(bybit_feed_is_refused(feed));
}

static void a_frame_that_cannot_be_read_is_a_gap(void **state)
{
    (void)state;
    open_with_book();
    fake.on_book = fake_book("snapshot", TWO_SIDES, 20);
    fake_send(&fake, fake_book("delta", "[\"100.05\",\"1\"]", "", 11)); // no whole tick
    await_batches(3);
    assert_int_equal(seen[1].kind, EVENT_GAP);
    assert_int_equal(seen[2].kind, EVENT_SNAPSHOT);
    assert_int_equal(breaks(BYBIT_BREAK_UNREADABLE), 1);
}

static void silence_is_a_gap_and_a_new_connection_ends_it(void **state)
{
    (void)state;
    market.silence_ns = 300000000;
    open_with_book();
    fake.on_book = fake_book("snapshot", TWO_SIDES, 30);
    await_batches(3);
    assert_int_equal(seen[1].kind, EVENT_GAP);
    assert_int_equal(seen[2].kind, EVENT_SNAPSHOT);
    assert_int_equal(breaks(BYBIT_BREAK_SILENCE), 1);
    assert_int_equal(breaks(BYBIT_BREAK_CLOSED), 0);
    assert_int_equal(fake.open_count, 2);
}

static void a_lost_connection_is_a_gap_and_everything_is_subscribed_to_again(void **state)
{
    (void)state;
    open_with_book();
    fake.on_book = fake_book("snapshot", TWO_SIDES, 5);
    fake_send(&fake, FAKE_CUT);
    await_batches(3);
    assert_int_equal(seen[1].kind, EVENT_GAP);
    assert_int_equal(seen[2].kind, EVENT_SNAPSHOT);
    assert_int_equal(breaks(BYBIT_BREAK_CLOSED), 1);
    assert_int_equal(book_requests(), 2);
    await_count(trade_requests, 2);
}

static void each_topic_has_a_request_of_its_own_with_a_number_of_its_own(void **state)
{
    (void)state;
    char texts[2][FAKE_TEXT_SIZE], ids[2][64];
    open_with_book();
    await_count(trade_requests, 1);
    pthread_mutex_lock(&fake.lock);
    uint32_t count = fake.request_count;
    memcpy(texts, fake.requests, sizeof texts);
    pthread_mutex_unlock(&fake.lock); // a check that fails must not leave it held
    assert_int_equal(count, 2);
    for (int i = 0; i < 2; i++) {
        fake_field(texts[i], "\"req_id\":\"", ids[i], sizeof ids[i]);
        assert_null(strstr(texts[i], "\",\"orderbook"));
        assert_null(strstr(texts[i], "\",\"publicTrade"));
    }
    assert_string_not_equal(ids[0], ids[1]);
}

static void being_subscribed_already_is_no_refusal(void **state)
{
    (void)state;
    fake.answer = "error:already subscribed,topic:orderbook.50.BTCUSDT";
    open_with_book();
    assert_false(bybit_feed_is_refused(feed));
}

static void a_topic_that_the_exchange_does_not_know_is_refused_with_its_words(void **state)
{
    (void)state;
    fake.answer = "error:handler not found,topic:orderbook.50.BTCUSDT";
    open_feed();
    int64_t until_ns = platform_monotonic_ns() + INT64_C(20000000000);
    while (!bybit_feed_is_refused(feed)) {
        assert_true(platform_monotonic_ns() < until_ns);
        run_once();
    }
    assert_non_null(strstr(bybit_feed_problem(feed), "handler not found"));
    assert_int_equal(seen_count, 0);
}

static void a_book_that_breaks_again_and_again_is_asked_for_on_a_new_connection(void **state)
{
    (void)state;
    open_with_book();
    fake.on_book = fake_book("snapshot", TWO_SIDES, 10);
    for (uint32_t i = 0; i < 5; i++) {
        fake_send(&fake, fake_book("delta", "[\"100.0\",\"5\"]", "", 12));
        await_batches(3 + 2 * i);
    }
    assert_int_equal(fake.open_count, 1);
    fake_send(&fake, fake_book("delta", "[\"100.0\",\"5\"]", "", 12));
    await_batches(13);
    assert_int_equal(fake.open_count, 2);
}

static void trades_come_in_a_batch_for_each_instant(void **state)
{
    (void)state;
    open_with_book();
    fake_send(&fake,
              "{\"topic\":\"publicTrade.BTCUSDT\",\"type\":\"snapshot\",\"ts\":1790134712200,"
              "\"data\":[{\"T\":1790134712190,\"s\":\"BTCUSDT\",\"S\":\"Buy\",\"v\":\"1\",\"p\":"
              "\"101.0\"},{\"T\":1790134712190,\"s\":\"BTCUSDT\",\"S\":\"Buy\",\"v\":\"2\",\"p\":"
              "\"101.0\"},{\"T\":1790134712191,\"s\":\"BTCUSDT\",\"S\":\"Sell\",\"v\":\"2\",\"p\":"
              "\"100.0\"}]}");
    await_batches(3);
    assert_int_equal(seen[1].kind, EVENT_TRADE);
    assert_int_equal(seen[1].count, 2);
    assert_int_equal(row_side(seen[1].rows[0].key), SIDE_SELL);
    assert_int_equal(seen[2].count, 1);
    assert_int_equal(seen[2].exch_ts_ns, INT64_C(1790134712191000000));
    assert_int_equal(row_side(seen[2].rows[0].key), SIDE_BUY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_snapshot_and_its_deltas_are_the_book),
        TEST(a_missing_delta_is_a_gap_at_once_and_a_new_subscription_ends_it),
        TEST(deltas_before_a_snapshot_are_left_out),
        TEST(a_snapshot_amid_the_stream_replaces_the_whole_book_without_a_gap),
        TEST(removing_an_unknown_level_and_levels_out_of_order_do_no_harm),
        TEST(a_rehearsal_leaves_no_trace),
        TEST(a_crossed_book_is_a_gap),
        TEST(a_bid_that_passes_an_ask_which_leaves_in_the_same_message_is_fine),
        TEST(a_repeated_update_is_no_gap),
        TEST(a_book_that_repeats_itself_is_no_gap_and_a_sign_of_life),
        TEST(a_book_without_asks_is_a_book),
        TEST(the_exchanges_own_ping_is_sent_and_its_answer_is_no_data),
        TEST(a_frame_that_cannot_be_read_is_a_gap),
        TEST(silence_is_a_gap_and_a_new_connection_ends_it),
        TEST(a_lost_connection_is_a_gap_and_everything_is_subscribed_to_again),
        TEST(each_topic_has_a_request_of_its_own_with_a_number_of_its_own),
        TEST(being_subscribed_already_is_no_refusal),
        TEST(a_topic_that_the_exchange_does_not_know_is_refused_with_its_words),
        TEST(a_book_that_breaks_again_and_again_is_asked_for_on_a_new_connection),
        TEST(trades_come_in_a_batch_for_each_instant),
    };
    log_init(stderr, LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
