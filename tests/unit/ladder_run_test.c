#include "engine/ladder_run.h"

#include "tape_fixture.h"
#include "venue/replay/replay.h"

// A book from 0 ms, a gap seen at 1000 ms, a snapshot at 2000 ms, and trading goes on to 3000 ms.
static struct tape *market_with_a_gap(struct fixture *fixture)
{
    fixture_begin(fixture);
    fixture_row(fixture, SIDE_BUY, 1000, 5);
    fixture_row(fixture, SIDE_SELL, 1002, 5);
    fixture_message(fixture, EVENT_DEPTH, 1, 1);
    fixture_message(fixture, EVENT_GAP, 1000, 1000);
    fixture_row(fixture, SIDE_BUY, 1000, 5);
    fixture_message(fixture, EVENT_SNAPSHOT, 2000, 2000);
    fixture_level(fixture, 3000, 3000, SIDE_SELL, 1003, 1);
    return fixture_open(fixture);
}

static struct ladder_totals run_over(struct tape *tape, bool heed_gaps)
{
    struct latency_model latency = {.entry_ns = 10 * MS, .response_ns = 10 * MS};
    struct venue *venue;
    struct ladder_totals totals;
    struct replay_config replay = {.fills = FILLS_COMPAT, .latency = &latency};
    assert_int_equal(queue_model_parse("risk", &replay.queue_model), MM_OK);
    assert_int_equal(replay_create(tape, &replay, &venue), MM_OK);
    struct ladder_run_config config = {.ladder = ladder_defaults(&tape->instrument),
                                       .start_ns = 1 * MS,
                                       .interval_ns = 100 * MS,
                                       .place_orders = true,
                                       .heed_gaps = heed_gaps};
    assert_int_equal(ladder_run(venue, &config, &totals), MM_OK);
    venue_destroy(venue);
    return totals;
}

static void in_a_gap_the_ladder_is_cancelled_and_comes_back_with_a_snapshot(void **state)
{
    (void)state;
    struct fixture fixture;
    struct tape *tape = market_with_a_gap(&fixture);
    struct ladder_totals heedless = run_over(tape, false);
    struct ladder_totals heedful = run_over(tape, true);
    assert_true(heedless.place_count > 0);
    assert_int_equal(heedless.cancel_count, 0);
    assert_int_equal(heedful.place_count, 2 * heedless.place_count);
    assert_int_equal(heedful.cancel_count, heedless.place_count);
    fixture_end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_a_gap_the_ladder_is_cancelled_and_comes_back_with_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
