#include "engine_fixture.h"

#include "engine/engine_state.h"

static void both_sides_are_placed_on_the_first_two_sided_book(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    market_at(50 * MS, 0);
    run_to(100 * MS);
    assert_int_equal(nth_sent(VENUE_PLACE, SIDE_BUY, 0)->ts_ns, 0);
    assert_int_equal(nth_sent(VENUE_PLACE, SIDE_BUY, 0)->request.price_ticks, MID - 20);
    assert_int_equal(nth_sent(VENUE_PLACE, SIDE_SELL, 0)->request.price_ticks, MID + 20);
    assert_int_equal(nth_sent(VENUE_PLACE, SIDE_SELL, 0)->request.qty_lots, QTY);
    assert_int_equal(nth_sent(VENUE_PLACE, SIDE_SELL, 0)->request.tif, TIF_POST_ONLY);
    assert_int_equal(fixture.fake.sent_count, 2);
    struct engine_status status = engine_get_status(fixture.engine);
    assert_int_equal(status.open_order_count, 2);
    assert_int_equal(status.mid_half_ticks, 2 * MID);
    assert_quote_says(SIDE_BUY, "");
    struct kpi_summary summary = finish();
    assert_int_equal(summary.place_count, 2);
    assert_int_equal(summary.p95[KPI_SAMPLE_LATENCY_NS], 10 * MS);
    assert_int_equal(summary.p95[KPI_SAMPLE_FEED_LAG_NS], 5 * MS);
}

// Risk.

static void silence_of_the_market_pulls_the_quotes_when_it_becomes_stale(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.risk.stale_ns = SECOND;
    start(&config);
    fake_notice(&fixture.fake, 500 * MS, EVENT_TRADE); // any event shows that the feed lives
    market_at(5 * SECOND, 0);
    run_to(4 * SECOND);
    assert_int_equal(nth_sent(VENUE_CANCEL, SIDE_BUY, 0)->ts_ns, 1500 * MS);
    assert_order_reason("risk");
    assert_quote_says(SIDE_BUY, "silent");
    assert_int_equal(engine_get_status(fixture.engine).open_order_count, 0);
    run_to(6 * SECOND - 1);
    assert_int_equal(last_sent(VENUE_PLACE, SIDE_BUY)->ts_ns, 5 * SECOND);
    struct kpi_summary summary = finish();
    assert_int_equal(summary.block_count[KPI_BLOCK_RISK], 2); // once a side
    assert_true(summary.decision_risk_count > 0);
}

static void a_wild_market_is_not_quoted(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.risk.volatility_halt_bps = 20;
    config.signals.volatility_tau_ns = 200000000;
    start(&config);
    for (int i = 1; i <= 20; i++) {
        market_at(i * 100 * MS, i % 2 == 0 ? 0 : 200); // 20 bps every 100 ms
    }
    run_to(2050 * MS);
    assert_quote_says(SIDE_SELL, "too volatile");
    assert_int_equal(engine_get_status(fixture.engine).open_order_count, 0);
    finish();
}

static void prices_outside_the_band_are_refused(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.risk.price_band_bps = 1.5;
    start(&config);
    run_to(100 * MS);
    assert_int_equal(fixture.fake.sent_count, 0);
    assert_quote_says(SIDE_BUY, "too far from the mid");
    struct kpi_summary summary = finish();
    assert_int_equal(summary.decision_risk_count, summary.decision_count);
}

static void the_largest_order_and_the_position_limit_cut_sizes(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.risk.order_qty_max_lots = 7;
    config.risk.position_limit_lots = 100;
    config.params.steps[PARAM_MAX_DELTA_RATIO] = 40;
    start(&config);
    for (int i = 0; i < 20; i++) {
        fake_fill(&fixture.fake, (100 + 50 * i) * MS, SIDE_BUY, 7);
    }
    run_to(5 * SECOND);
    assert_int_equal(nth_sent(VENUE_PLACE, SIDE_BUY, 0)->request.qty_lots, 7);
    assert_int_equal(engine_get_status(fixture.engine).position_lots, 100);
    assert_int_equal(last_sent(VENUE_PLACE, SIDE_BUY)->request.qty_lots, 100 - 14 * 7);
    assert_quote_says(SIDE_BUY, "position");
    finish();
}

static void a_loss_halts_trading_until_it_is_rearmed(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.risk.loss_from_peak_quote_e9 = INT64_C(300) * 1000000000;
    start(&config);
    fake_fill(&fixture.fake, 100 * MS, SIDE_BUY, QTY);
    market_at(200 * MS, -40);
    market_at(300 * MS, -60); // ten lots bought at -20 have lost 400
    run_to(SECOND);
    struct engine_status status = engine_get_status(fixture.engine);
    assert_true(status.halted);
    assert_non_null(strstr(status.halt_reason, "highest equity"));
    assert_int_equal(status.open_order_count, 0);
    assert_order_reason("halted");
    assert_quote_says(SIDE_SELL, "highest equity");
    uint32_t sent = fixture.fake.sent_count;
    market_at(1100 * MS, -65);
    run_to(2 * SECOND);
    assert_int_equal(fixture.fake.sent_count, sent);
    engine_rearm(fixture.engine);
    run_to(3 * SECOND);
    assert_false(engine_get_status(fixture.engine).halted);
    assert_int_equal(engine_get_status(fixture.engine).open_order_count, 2);
    finish();
}

static void a_halt_from_outside_cancels_everything_at_once(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    run_to(100 * MS);
    engine_halt(fixture.engine, "panic");
    run_to(200 * MS);
    assert_int_equal(nth_sent(VENUE_CANCEL, SIDE_BUY, 0)->ts_ns, 100 * MS);
    assert_int_equal(engine_get_status(fixture.engine).open_order_count, 0);
    assert_string_equal(engine_get_status(fixture.engine).halt_reason, "panic");
    finish();
}

static void a_gap_in_the_feed_pulls_the_quotes_until_a_snapshot(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    fake_notice(&fixture.fake, 100 * MS, EVENT_GAP);
    market_at(300 * MS, 500); // not to be trusted
    fake_notice(&fixture.fake, 600 * MS, EVENT_SNAPSHOT);
    run_to(500 * MS);
    assert_int_equal(nth_sent(VENUE_CANCEL, SIDE_SELL, 0)->ts_ns, 100 * MS);
    assert_quote_says(SIDE_SELL, "snapshot");
    assert_int_equal(count_sent(VENUE_PLACE, SIDE_SELL), 1);
    run_to(700 * MS);
    assert_int_equal(last_sent(VENUE_PLACE, SIDE_SELL)->ts_ns, 600 * MS);
    finish();
}

static void a_quote_on_the_wrong_side_is_cancelled_at_once(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.quote.fast_cancel_bps = 3;
    config.params.steps[PARAM_REPLACE_RATE_PER_MIN] = 60;
    start(&config);
    market_at(100 * MS, -29); // less than three bps: replaced
    market_at(300 * MS, 2);   // our ask, now at -9, is wanted 31 ticks higher
    run_to(SECOND);
    assert_int_equal(nth_sent(VENUE_AMEND, SIDE_SELL, 0)->ts_ns, 100 * MS);
    assert_int_equal(nth_sent(VENUE_CANCEL, SIDE_SELL, 0)->ts_ns, 300 * MS);
    finish();
}

static void an_empty_side_is_not_quoted(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    fake_market(&fixture.fake, 100 * MS, MID - 1, 1000, 0, 0);
    run_to(200 * MS);
    assert_int_equal(nth_sent(VENUE_CANCEL, SIDE_SELL, 0)->ts_ns, 100 * MS);
    assert_int_equal(count_sent(VENUE_CANCEL, SIDE_BUY), 0);
    assert_quote_says(SIDE_SELL, "nobody else");
    finish();
}

// Orders.

static void too_many_operations_in_flight_wait_for_an_answer(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.orders.concurrency_limit = 1;
    start(&config);
    run_to(100 * MS);
    // The second side goes when the first is answered.
    assert_int_equal(fixture.fake.sent[0].ts_ns, 0);
    assert_int_equal(fixture.fake.sent[1].ts_ns, 10 * MS);
    struct kpi_summary summary = finish();
    assert_int_equal(summary.block_count[KPI_BLOCK_CONCURRENCY], 1);
}

static void an_unanswered_order_stays_in_exposure_until_it_is_resolved(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.risk.position_limit_lots = 15;
    config.params.steps[PARAM_MAX_DELTA_RATIO] = 200;
    start(&config);
    fixture.fake.is_silent = true;
    run_to(1500 * MS);
    assert_int_equal(engine_get_status(fixture.engine).unknown_order_count, 2);
    assert_int_equal(fixture.fake.sent_count, 2); // nothing is placed in its stead
    fixture.fake.is_silent = false;
    run_to(2100 * MS); // asked after at 2 s with a cancel
    assert_int_equal(nth_sent(VENUE_CANCEL, SIDE_BUY, 0)->ts_ns, 2 * SECOND);
    assert_int_equal(engine_get_status(fixture.engine).unknown_order_count, 0);
    assert_order_reason("unknown");
    assert_int_equal(last_sent(VENUE_PLACE, SIDE_BUY)->ts_ns, 2010 * MS);
    finish();
}

static void a_fill_that_races_a_cancel_is_booked_once(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    run_to(50 * MS);
    fake_fill(&fixture.fake, 104 * MS, SIDE_BUY, 4);
    fake_notice(&fixture.fake, 100 * MS, EVENT_GAP); // cancels, arriving at 105 ms
    run_to(200 * MS);
    assert_int_equal(engine_get_status(fixture.engine).position_lots, 4);
    assert_int_equal(engine_get_status(fixture.engine).open_order_count, 0);
    assert_int_equal(fixture.recorded.fill_count, 1);
    assert_int_equal(fixture.recorded.order_count, 2);
    finish();
}

static void a_full_fill_that_beats_the_cancel_ends_the_order_as_filled(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    run_to(50 * MS);
    fake_fill(&fixture.fake, 104 * MS, SIDE_BUY, QTY);
    fake_notice(&fixture.fake, 100 * MS, EVENT_GAP);
    run_to(200 * MS);
    assert_int_equal(engine_get_status(fixture.engine).position_lots, QTY);
    assert_int_equal(engine_get_status(fixture.engine).open_order_count, 0);
    assert_string_equal(fixture.recorded.orders[0].status, "filled");
    finish();
}

static void a_fill_reported_after_the_order_ended_is_still_booked(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    run_to(50 * MS);
    engine_halt(fixture.engine, "test");
    run_to(100 * MS);
    struct fake_order gone = {.id = fixture.fake.sent[0].request.order_id,
                              .side = fixture.fake.sent[0].request.side,
                              .price_ticks = MID - 20};
    struct venue_report *report = fake_report(&fixture.fake, 100 * MS, REPORT_FILLED, &gone);
    report->exec_price_ticks = MID - 20;
    report->exec_qty_lots = 3;
    report->maker = true;
    run_to(200 * MS);
    int64_t signed_lots = side_sign(gone.side) * 3;
    assert_int_equal(engine_get_status(fixture.engine).position_lots, signed_lots);
    struct kpi_summary summary = finish();
    assert_int_equal(summary.fill_count, 1);
    assert_int_equal(summary.fill_without_wanted_count, 1); // nothing is wanted while halted
}

static void a_fill_is_measured_against_the_price_last_wanted(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    run_to(50 * MS);
    market_at(100 * MS, -10);                          // wanted ten lower, amend under way
    fake_fill(&fixture.fake, 101 * MS, SIDE_BUY, QTY); // fills at the old price
    run_to(2 * SECOND);
    const struct engine_fill_row *row = &fixture.recorded.fills[0];
    assert_int_equal(row->price_ticks, MID - 20);
    assert_int_equal(row->wanted_price_ticks, MID - 30);
    assert_int_equal(row->mid_half_ticks, 2 * (MID - 10));
    assert_int_equal(row->position_lots, QTY);
    struct kpi_summary summary = finish();
    assert_int_equal(summary.part_quote_e9[KPI_SLIPPAGE], INT64_C(100) * 1000000000);
    assert_int_equal(summary.part_quote_e9[KPI_GROSS], INT64_C(200) * 1000000000);
    assert_int_equal(summary.part_quote_e9[KPI_NET], INT64_C(100) * 1000000000);
}

static void a_refused_place_is_tried_again_only_after_an_interval(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    fixture.fake.entry_ns = 0;
    fixture.fake.response_ns = 0; // answers within the same instant must not spin
    fixture.fake.reject = VENUE_REJECT_RATE_LIMIT;
    run_to(SECOND);
    assert_int_equal(count_sent(VENUE_PLACE, SIDE_BUY), 1 + 1000 / 70);
    assert_string_equal(fixture.recorded.orders[0].status, "rejected");
    finish();
}

static void our_quote_in_the_feed_does_not_move_our_fair_value(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start_unseen(&config);
    fixture.fake.venue.own_orders_in_feed = true;
    fake_market(&fixture.fake, 0, MID - 100, 1000, MID + 100, 1000); // we stand alone inside
    run_to(4 * MS);
    fake_level(&fixture.fake, 10 * MS, SIDE_BUY, MID - 20, QTY);
    fake_level(&fixture.fake, 500 * MS, SIDE_SELL, MID + 20, QTY);
    run_to(400 * MS);
    assert_int_equal(engine_get_status(fixture.engine).mid_half_ticks, 2 * MID);
    run_to(SECOND);
    assert_int_equal(engine_get_status(fixture.engine).mid_half_ticks, 2 * MID);
    assert_int_equal(count_sent(VENUE_AMEND, SIDE_BUY), 0);
    // Filled, and the feed that still shows it comes later: it is not taken for someone else's.
    fake_fill(&fixture.fake, 1500 * MS, SIDE_BUY, QTY);
    fake_notice(&fixture.fake, 1503 * MS, EVENT_DEPTH);
    run_to(1506 * MS);
    assert_int_equal(engine_get_status(fixture.engine).position_lots, QTY);
    assert_int_equal(engine_get_status(fixture.engine).mid_half_ticks, 2 * MID);
    finish();
}

static void our_quote_counts_as_ours_in_the_feed_only_once_the_feed_has_come_to_it(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start_unseen(&config);
    fixture.fake.venue.own_orders_in_feed = true;
    // Someone else's ten lots stand where ours will join them.
    fake_level(&fixture.fake, 0, SIDE_BUY, MID - 21, 1000);
    fake_market(&fixture.fake, 0, MID - 20, QTY, MID + 20, 1000);
    fake_level(&fixture.fake, 4 * MS, SIDE_BUY, MID - 30, 1); // as it was before we sent anything
    for (int64_t ts = 4 * MS; ts <= 14 * MS; ts += MS) {
        run_to(ts);
        assert_int_equal(engine_get_status(fixture.engine).mid_half_ticks, 2 * MID);
    }
    fake_level(&fixture.fake, 20 * MS, SIDE_BUY, MID - 20, 2 * QTY);
    fake_level(&fixture.fake, 30 * MS, SIDE_BUY, MID - 20, QTY); // theirs has gone
    run_to(40 * MS);
    assert_int_equal(engine_get_status(fixture.engine).mid_half_ticks, 2 * MID - 1);
    finish();
}

static void a_replace_wanted_while_another_is_unanswered_counts_as_blocked(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    market_at(100 * MS, 10);
    market_at(102 * MS, 20); // the first amend is on its way until 110 ms
    market_at(104 * MS, 20); // nothing new: still the same block
    run_to(105 * MS);
    assert_quote_says(SIDE_BUY, "unanswered");
    struct kpi_summary summary = finish();
    assert_int_equal(summary.block_count[KPI_BLOCK_CONCURRENCY], 2); // one a side
}

static void what_changes_out_of_sight_is_not_looked_at(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    fake_level(&fixture.fake, 10 * MS, SIDE_BUY, MID - 500, 7);
    fake_level(&fixture.fake, 11 * MS, SIDE_SELL, MID + 500, 7);
    run_to(12 * MS);
    struct kpi_summary before;
    engine_close_window(fixture.engine, &before);
    engine_open_window(fixture.engine);
    fake_level(&fixture.fake, 20 * MS, SIDE_BUY, MID - 501, 7);  // behind the range of depth
    fake_level(&fixture.fake, 21 * MS, SIDE_SELL, MID + 400, 7); // in it neither
    run_to(30 * MS);
    struct kpi_summary summary;
    engine_close_window(fixture.engine, &summary);
    assert_int_equal(summary.decision_count, 0);
    engine_open_window(fixture.engine);
    fake_level(&fixture.fake, 31 * MS, SIDE_BUY, MID - 20, 7); // the end of the range
    run_to(40 * MS);
    summary = finish();
    assert_int_equal(summary.decision_count, 2);
}

static void a_venue_that_never_sleeps_has_the_engine_look_again_and_nothing_else(void **state)
{
    (void)state;
    struct kpi_summary summaries[2];
    for (int awake = 0; awake < 2; awake++) {
        struct engine_config config = test_config();
        start(&config);
        fixture.fake.awake_ns = awake ? MS / 10 : 0;
        market_at(50 * MS, 0);
        market_at(120 * MS, 30);
        fake_fill(&fixture.fake, 200 * MS, SIDE_BUY, 3);
        run_to(300 * MS);
        assert_int_equal(engine_get_status(fixture.engine).now_ns, 300 * MS);
        assert_int_equal(engine_get_status(fixture.engine).position_lots, 3);
        assert_true(engine_get_status(fixture.engine).event_count > (awake ? 2900 : 0));
        assert_int_equal(nth_sent(VENUE_PLACE, SIDE_BUY, 0)->ts_ns, 0);
        assert_int_equal(nth_sent(VENUE_AMEND, SIDE_BUY, 0)->ts_ns, 120 * MS);
        summaries[awake] = finish();
    }
    assert_int_equal(summaries[1].decision_count, summaries[0].decision_count);
    assert_int_equal(summaries[1].place_count, summaries[0].place_count);
    assert_int_equal(summaries[1].replace_count, summaries[0].replace_count);
    assert_int_equal(summaries[1].equity_change_quote_e9, summaries[0].equity_change_quote_e9);
}

// The run.

static void stopping_cancels_everything_and_says_what_is_left(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    run_to(100 * MS);
    uint32_t open = 99;
    assert_int_equal(engine_stop(fixture.engine, SECOND, &open), MM_OK);
    assert_int_equal(open, 0);
    assert_int_equal(fixture.fake.venue.now_ns, 110 * MS);
    assert_order_reason("stopped");
    finish();

    start(&config);
    run_to(100 * MS);
    fixture.fake.is_silent = true;
    assert_int_equal(engine_stop(fixture.engine, SECOND / 2, &open), MM_OK);
    assert_int_equal(open, 2);
    assert_int_equal(fixture.fake.venue.now_ns, 600 * MS);
    finish();
}

static void stopping_cancels_what_is_still_being_placed_too(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    run_to(3 * MS);
    uint32_t open = 99;
    assert_int_equal(engine_stop(fixture.engine, SECOND, &open), MM_OK);
    assert_int_equal(open, 0);
    assert_int_equal(nth_sent(VENUE_CANCEL, SIDE_BUY, 0)->ts_ns, 10 * MS);
    finish();
}

static void the_end_of_the_market_ends_the_run(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    fixture.fake.ends = true;
    assert_int_equal(engine_run_until(fixture.engine, SECOND, NULL), MM_OK);
    assert_true(engine_get_status(fixture.engine).market_ended);
    assert_int_equal(fixture.fake.venue.now_ns, 10 * MS);
    uint32_t open = 99;
    assert_int_equal(engine_stop(fixture.engine, SECOND, &open), MM_OK);
    assert_int_equal(open, 0);
    finish();
}

static void a_signal_stops_the_run(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    volatile sig_atomic_t stop = 1;
    assert_int_equal(engine_run_until(fixture.engine, SECOND, &stop), MM_ERROR_STOPPED);
    finish();
}

static void windows_carry_position_and_equity_over(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    config.fees = (struct fees){.maker_e9 = 20000, .taker_e9 = 50000};
    start(&config);
    fake_fill(&fixture.fake, 100 * MS, SIDE_BUY, QTY);
    run_to(SECOND);
    struct kpi_summary first;
    engine_close_window(fixture.engine, &first);
    assert_int_equal(first.fill_count, 1);
    assert_int_equal(first.part_quote_e9[KPI_FEES], INT64_C(19996000000));
    engine_open_window(fixture.engine);
    market_at(1200 * MS, 5);
    run_to(2 * SECOND);
    struct kpi_summary second = finish();
    assert_int_equal(second.fill_count, 0);
    assert_int_equal(second.part_quote_e9[KPI_NET], INT64_C(50) * 1000000000);
    assert_int_equal(second.part_quote_e9[KPI_INVENTORY], INT64_C(-50) * 1000000000);
    assert_int_equal(second.position_lots, QTY);
}

static void funding_is_booked_into_equity_and_is_a_part_of_net(void **state)
{
    (void)state;
    struct engine_config config = test_config();
    start(&config);
    fake_fill(&fixture.fake, 100 * MS, SIDE_BUY, QTY);
    run_to(SECOND);
    int64_t equity = engine_get_status(fixture.engine).equity_quote_e9;
    struct venue_report paid = {.kind = REPORT_FUNDING, .paid_quote_e9 = 12345};
    assert_int_equal(engine_take_report(fixture.engine, &paid), MM_OK);
    assert_int_equal(engine_get_status(fixture.engine).equity_quote_e9, equity - 12345);
    run_to(2 * SECOND);
    struct kpi_summary summary = finish();
    assert_int_equal(summary.fill_count, 1);
    assert_int_equal(summary.funding_quote_e9, 12345);
    assert_int_equal(summary.equity_change_quote_e9, summary.part_quote_e9[KPI_NET]);
}

static void the_size_of_the_steps_does_not_change_the_run(void **state)
{
    (void)state;
    uint64_t hashes[2] = {0};
    for (int i = 0; i < 2; i++) {
        struct engine_config config = test_config();
        start(&config);
        struct random_stream stream;
        random_init(&stream, 7, RANDOM_TEST, 0);
        for (int event = 1; event < 400; event++) {
            market_at(event * 37 * MS, (int64_t)random_below(&stream, 30));
            fake_fill(&fixture.fake, event * 41 * MS, (enum side)random_below(&stream, 2), 3);
        }
        for (int64_t ts = 0; ts <= 20 * SECOND; ts += i == 0 ? 20 * SECOND : 7 * MS + 13) {
            run_to(ts);
        }
        run_to(21 * SECOND);
        for (uint32_t s = 0; s < fixture.fake.sent_count; s++) {
            const struct fake_sent *sent = &fixture.fake.sent[s];
            hashes[i] = hashes[i] * 1099511628211u ^ (uint64_t)sent->ts_ns;
            hashes[i] = hashes[i] * 1099511628211u ^ sent->request.order_id;
            hashes[i] = hashes[i] * 1099511628211u ^ (uint64_t)sent->request.price_ticks;
        }
        finish();
    }
    assert_true(hashes[0] == hashes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_are_placed_on_the_first_two_sided_book),
        cmocka_unit_test(silence_of_the_market_pulls_the_quotes_when_it_becomes_stale),
        cmocka_unit_test(a_wild_market_is_not_quoted),
        cmocka_unit_test(prices_outside_the_band_are_refused),
        cmocka_unit_test(the_largest_order_and_the_position_limit_cut_sizes),
        cmocka_unit_test(a_loss_halts_trading_until_it_is_rearmed),
        cmocka_unit_test(a_halt_from_outside_cancels_everything_at_once),
        cmocka_unit_test(a_gap_in_the_feed_pulls_the_quotes_until_a_snapshot),
        cmocka_unit_test(a_quote_on_the_wrong_side_is_cancelled_at_once),
        cmocka_unit_test(an_empty_side_is_not_quoted),
        cmocka_unit_test(too_many_operations_in_flight_wait_for_an_answer),
        cmocka_unit_test(an_unanswered_order_stays_in_exposure_until_it_is_resolved),
        cmocka_unit_test(a_fill_that_races_a_cancel_is_booked_once),
        cmocka_unit_test(a_full_fill_that_beats_the_cancel_ends_the_order_as_filled),
        cmocka_unit_test(a_fill_reported_after_the_order_ended_is_still_booked),
        cmocka_unit_test(a_fill_is_measured_against_the_price_last_wanted),
        cmocka_unit_test(a_refused_place_is_tried_again_only_after_an_interval),
        cmocka_unit_test(our_quote_in_the_feed_does_not_move_our_fair_value),
        cmocka_unit_test(our_quote_counts_as_ours_in_the_feed_only_once_the_feed_has_come_to_it),
        cmocka_unit_test(a_replace_wanted_while_another_is_unanswered_counts_as_blocked),
        cmocka_unit_test(what_changes_out_of_sight_is_not_looked_at),
        cmocka_unit_test(a_venue_that_never_sleeps_has_the_engine_look_again_and_nothing_else),
        cmocka_unit_test(stopping_cancels_everything_and_says_what_is_left),
        cmocka_unit_test(stopping_cancels_what_is_still_being_placed_too),
        cmocka_unit_test(the_end_of_the_market_ends_the_run),
        cmocka_unit_test(a_signal_stops_the_run),
        cmocka_unit_test(windows_carry_position_and_equity_over),
        cmocka_unit_test(funding_is_booked_into_equity_and_is_a_part_of_net),
        cmocka_unit_test(the_size_of_the_steps_does_not_change_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
