// A live feed on paper, against a small exchange on loopback: orders live and fill by the replay's
// rules, nothing is known before the feed has told it, and nothing is sent anywhere.
#include "cmocka_all.h"

#include "base/log.h"
#include "fake_bybit.h"
#include "venue/paper/paper.h"

#include <inttypes.h>

#define MS INT64_C(1000000)
#define TWO_SIDES "[\"100.0\",\"1\"],[\"99.0\",\"2\"]", "[\"101.0\",\"3\"]"

static struct fake_bybit fake;
static struct bybit_market market;
static struct latency_model latency;
static struct venue *venue;

static int start(void **state)
{
    (void)state;
    venue = NULL;
    latency = (struct latency_model){.entry_ns = 5 * MS, .response_ns = 5 * MS};
    if (fake_start(&fake) != MM_OK) {
        return -1;
    }
    fake.on_book = fake_book("snapshot", TWO_SIDES, 10);
    market = (struct bybit_market){.symbol = "BTCUSDT",
                                   .depth = 50,
                                   .silence_ns = 20000 * MS,
                                   .rest_url = fake.rest_url,
                                   .stream_url = fake.url};
    return 0;
}

static int end(void **state)
{
    (void)state;
    venue_destroy(venue);
    fake_stop(&fake);
    return 0;
}

static int open_paper(void)
{
    struct paper_config config = {.market = &market,
                                  .latency = &latency,
                                  .queue_model = {.kind = QUEUE_RISK},
                                  .seed = 1,
                                  .first_wait_ns = 20000 * MS};
    return paper_create(&config, &venue);
}

// The next event of a kind; those of other kinds are passed over. Fails after 20 s.
static struct venue_event await_event(enum venue_event_kind kind)
{
    struct venue_event event;
    int64_t until_ns = venue->now_ns + 20000 * MS;
    do {
        assert_int_equal(venue_next(venue, until_ns, &event), MM_OK);
        assert_true(event.now_ns < until_ns);
    } while (event.kind != kind);
    return event;
}

static const struct venue_report *await_report(enum venue_report_kind kind)
{
    const struct venue_report *report = await_event(VENUE_REPORT).report;
    assert_int_equal(report->kind, kind);
    return report;
}

static void open_and_see_the_book(void)
{
    assert_int_equal(open_paper(), MM_OK);
    assert_int_equal(await_event(VENUE_MARKET).batch->kind, EVENT_SNAPSHOT);
}

static void send_order(enum venue_op op, uint64_t id, enum side side, int64_t price_ticks,
                       int64_t qty_lots, enum time_in_force tif)
{
    struct venue_request request = {.op = op,
                                    .side = side,
                                    .tif = tif,
                                    .order_id = id,
                                    .price_ticks = price_ticks,
                                    .qty_lots = qty_lots};
    assert_int_equal(venue_send(venue, &request), MM_OK);
}

static void send_trade(int64_t match_ms, const char *side, const char *price, const char *qty)
{
    char text[FAKE_TEXT_SIZE];
    snprintf(text, sizeof text,
             "{\"topic\":\"publicTrade.BTCUSDT\",\"type\":\"snapshot\",\"ts\":%" PRId64
             ",\"data\":[{\"T\":%" PRId64
             ",\"s\":\"BTCUSDT\",\"S\":\"%s\",\"v\":\"%s\",\"p\":\"%s\"}]}",
             match_ms, match_ms, side, qty, price);
    fake_send(&fake, text);
}

static void the_exchange_says_what_is_traded(void **state)
{
    (void)state;
    open_and_see_the_book();
    assert_string_equal(venue->instrument.symbol, "BTCUSDT");
    assert_string_equal(venue->instrument.settle, "USDT");
    assert_int_equal(venue->instrument.tick.exponent, -1);
    assert_int_equal(venue->instrument.lot.exponent, -3);
    assert_true(venue->is_real_time);
}

static void an_order_rests_and_fills_when_the_queue_ahead_is_used_up(void **state)
{
    (void)state;
    open_and_see_the_book();
    int64_t sent_ns = venue->now_ns;
    send_order(VENUE_PLACE, 1, SIDE_BUY, 1000, 500, TIF_POST_ONLY);
    const struct venue_report *placed = await_report(REPORT_PLACED);
    assert_int_equal(placed->provenance.ahead_at_arrival_lots, 1000);
    assert_true(placed->local_ts_ns >= sent_ns + latency.entry_ns + latency.response_ns);
    int64_t later_ms = venue->now_ns / MS + 1000;
    send_trade(later_ms, "Sell", "100.0", "0.900"); // not enough
    send_trade(later_ms, "Sell", "100.0", "0.300"); // 0.200 past the 1.000 ahead
    const struct venue_report *filled = await_report(REPORT_FILLED);
    assert_int_equal(filled->exec_qty_lots, 200);
    assert_int_equal(filled->exec_price_ticks, 1000);
    assert_int_equal(filled->leaves_qty_lots, 300);
    assert_true(filled->maker);
    assert_int_equal(filled->provenance.rule, FILL_QUEUE);
    send_trade(later_ms, "Sell", "99.9", "0.001");
    filled = await_report(REPORT_FILLED);
    assert_int_equal(filled->leaves_qty_lots, 0);
    assert_int_equal(filled->provenance.rule, FILL_TRADE_THROUGH);
}

static void an_order_on_its_way_does_not_meet_what_happened_before_it_arrived(void **state)
{
    (void)state;
    latency.entry_ns = 400 * MS;
    open_and_see_the_book();
    int64_t before_ms = venue->now_ns / MS; // it arrives 400 ms later
    send_order(VENUE_PLACE, 1, SIDE_BUY, 1000, 500, TIF_POST_ONLY);
    send_trade(before_ms + 10, "Sell", "99.0", "1");
    await_report(REPORT_PLACED); // and nothing filled
    send_trade(venue->now_ns / MS + 1000, "Sell", "99.0", "1");
    await_report(REPORT_FILLED);
}

static void an_order_is_at_the_exchange_once_the_feed_has_come_past_its_arrival(void **state)
{
    (void)state;
    latency.entry_ns = 400 * MS;
    open_and_see_the_book();
    int64_t sent_ns = venue->now_ns;
    send_order(VENUE_PLACE, 1, SIDE_BUY, 1000, 500, TIF_POST_ONLY);
    // The exchange's clock may be ahead of ours: what it stamps is when it happened.
    send_trade(sent_ns / MS + 450, "Sell", "99.0", "1");
    int64_t known_ns = await_event(VENUE_MARKET).now_ns;
    const struct venue_report *placed = await_report(REPORT_PLACED);
    int64_t arrived_ns = placed->request_ts_ns + latency.entry_ns;
    assert_true(llabs(placed->exch_ts_ns - arrived_ns) < 300 * MS); // what measuring the clock adds
    assert_true(placed->local_ts_ns >= known_ns);                   // not before we were told
    assert_true(await_report(REPORT_FILLED)->local_ts_ns >= known_ns);
}

static void an_exchange_whose_clock_is_wrong_answers_no_later(void **state)
{
    (void)state;
    fake.ahead_ms = 600000;
    open_and_see_the_book();
    int64_t sent_ns = venue->now_ns;
    send_order(VENUE_PLACE, 1, SIDE_BUY, 1000, 500, TIF_POST_ONLY);
    // Before its arrival, by the exchange's clock.
    send_trade(sent_ns / MS + 600000 - 20, "Sell", "99.0", "1");
    assert_true(await_report(REPORT_PLACED)->local_ts_ns < sent_ns + 10000 * MS);
    send_trade(venue->now_ns / MS + 600000 + 1000, "Sell", "99.0", "1");
    const struct venue_report *filled = await_report(REPORT_FILLED);
    assert_true(filled->local_ts_ns < sent_ns + 10000 * MS);
    assert_true(filled->exch_ts_ns > sent_ns + 599000 * MS); // by its own clock
}

static void an_order_that_would_take_ends_if_post_only_and_takes_if_not(void **state)
{
    (void)state;
    open_and_see_the_book();
    send_order(VENUE_PLACE, 1, SIDE_BUY, 1010, 500, TIF_POST_ONLY);
    await_report(REPORT_EXPIRED);
    send_order(VENUE_PLACE, 2, SIDE_BUY, 1010, 500, TIF_IOC);
    const struct venue_report *filled = await_report(REPORT_FILLED);
    assert_int_equal(filled->exec_price_ticks, 1010);
    assert_false(filled->maker);
}

static void a_bid_reached_by_the_offers_fills(void **state)
{
    (void)state;
    open_and_see_the_book();
    send_order(VENUE_PLACE, 1, SIDE_BUY, 995, 500, TIF_POST_ONLY);
    await_report(REPORT_PLACED);
    fake_send(&fake, fake_book("delta", "[\"100.0\",\"0\"]", "[\"99.5\",\"1\"]", 11));
    assert_int_equal(await_report(REPORT_FILLED)->provenance.rule, FILL_BEST_CROSSED);
}

static void a_cancel_ends_an_order_also_while_the_feed_is_broken(void **state)
{
    (void)state;
    open_and_see_the_book();
    send_order(VENUE_PLACE, 1, SIDE_BUY, 1000, 500, TIF_POST_ONLY);
    await_report(REPORT_PLACED);
    fake.on_book = NULL; // no new snapshot
    fake_send(&fake, fake_book("delta", "[\"100.0\",\"5\"]", "", 12));
    assert_int_equal(await_event(VENUE_MARKET).batch->kind, EVENT_GAP);
    send_order(VENUE_CANCEL, 1, SIDE_BUY, 0, 0, TIF_GTC);
    await_report(REPORT_CANCELED);
    send_order(VENUE_CANCEL, 1, SIDE_BUY, 0, 0, TIF_GTC);
    assert_int_equal(await_report(REPORT_REJECTED)->reject, VENUE_REJECT_UNKNOWN_ORDER);
}

static void time_passes_when_nothing_happens(void **state)
{
    (void)state;
    struct venue_event event;
    open_and_see_the_book();
    int64_t until_ns = venue->now_ns + 120 * MS;
    assert_int_equal(venue_next(venue, until_ns, &event), MM_OK);
    assert_int_equal(event.kind, VENUE_TIME);
    assert_int_equal(event.now_ns, until_ns);
}

static void no_order_ever_leaves_the_process(void **state)
{
    (void)state;
    open_and_see_the_book();
    send_order(VENUE_PLACE, 1, SIDE_BUY, 1000, 500, TIF_POST_ONLY);
    await_report(REPORT_PLACED);
    send_order(VENUE_AMEND, 1, SIDE_BUY, 990, 400, TIF_POST_ONLY);
    await_report(REPORT_AMENDED);
    send_order(VENUE_CANCEL, 1, SIDE_BUY, 0, 0, TIF_GTC);
    await_report(REPORT_CANCELED);
    int64_t until_ns = venue->now_ns + 20000 * MS;
    while (fake_count(&fake, "\"op\"", "\"") < 2 && platform_wall_ns() < until_ns) {
        platform_sleep_ns(MS); // until both subscriptions have come
    }
    assert_int_equal(fake.foreign_count, 0);
    assert_int_equal(fake.open_count, 1);
    assert_int_equal(fake_count(&fake, "\"op\"", "\""), 2);
    assert_int_equal(fake_count(&fake, "order.", ""), 0);
}

static void a_market_that_does_not_exist_is_wrong_usage(void **state)
{
    (void)state;
    memcpy(market.symbol, "NOPEUSDT", 9);
    assert_int_equal(open_paper(), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "NOPEUSDT"));
}

static void an_exchange_that_does_not_answer_is_a_system_error(void **state)
{
    (void)state;
    market.rest_url = "http://127.0.0.1:1";
    assert_int_equal(open_paper(), MM_ERROR_SYSTEM);
    assert_non_null(strstr(mm_error_text(), "127.0.0.1:1"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_exchange_says_what_is_traded),
        TEST(an_order_rests_and_fills_when_the_queue_ahead_is_used_up),
        TEST(an_order_on_its_way_does_not_meet_what_happened_before_it_arrived),
        TEST(an_order_is_at_the_exchange_once_the_feed_has_come_past_its_arrival),
        TEST(an_exchange_whose_clock_is_wrong_answers_no_later),
        TEST(an_order_that_would_take_ends_if_post_only_and_takes_if_not),
        TEST(a_bid_reached_by_the_offers_fills),
        TEST(a_cancel_ends_an_order_also_while_the_feed_is_broken),
        TEST(time_passes_when_nothing_happens),
        TEST(no_order_ever_leaves_the_process),
        TEST(a_market_that_does_not_exist_is_wrong_usage),
        TEST(an_exchange_that_does_not_answer_is_a_system_error),
    };
    log_init(stderr, LOG_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
