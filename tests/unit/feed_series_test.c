// The course of a run in messages: what is new after each, halving, gaps, the newest samples.
#include "observe/feed_series.h"

#include "cmocka_all.h"

#include <jansson.h>

enum { RUN = 8, RECENT = 4, SAMPLE_NS = 10 };

struct fixture {
    struct feed_series series;
    uint64_t version;
};

static void add(struct fixture *fixture, int64_t n, bool lost_before)
{
    struct observed_sample sample = {.lost_before = lost_before,
                                     .sample = {.now_ns = 1000 + n * SAMPLE_NS,
                                                .mid_half_ticks = 100 + n,
                                                .best_ticks = {49, 51},
                                                .position_lots = n}};
    feed_series_add(&fixture->series, &sample, ++fixture->version);
}

static json_t *tell(bool (*text_of)(const struct feed_series *, uint64_t, int64_t, struct text *),
                    const struct fixture *fixture, uint64_t since)
{
    struct text text = {0};
    json_t *object = NULL;
    if (text_of(&fixture->series, since, 1000, &text)) {
        object = json_loads(text_string(&text), 0, NULL);
        assert_non_null(object);
    }
    text_fini(&text);
    return object;
}

static int64_t number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

// The column's values against `expected`; -1 stands for null.
static void assert_column(const json_t *object, const char *name, const int64_t *expected,
                          size_t count)
{
    const json_t *column = json_object_get(json_object_get(object, "columns"), name);
    assert_int_equal(json_array_size(column), count);
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(column, i);
        assert_int_equal(json_is_null(value) ? -1 : json_integer_value(value), expected[i]);
    }
}

static void set_up(struct fixture *fixture)
{
    *fixture = (struct fixture){.version = 0};
    feed_series_init(&fixture->series, SAMPLE_NS, RUN, RECENT);
}

static void only_what_is_new_is_told(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture);
    assert_null(tell(feed_series_run_text, &fixture, 0));
    for (int i = 0; i < 3; i++) {
        add(&fixture, i, false);
    }
    json_t *whole = tell(feed_series_run_text, &fixture, 0);
    assert_column(whole, "time_ns", (int64_t[]){0, 10, 20}, 3);
    assert_column(whole, "mid_half_ticks", (int64_t[]){100, 101, 102}, 3);
    assert_int_equal(number(whole, "start"), 0);
    json_decref(whole);
    json_t *news = tell(feed_series_run_text, &fixture, 2);
    assert_int_equal(number(news, "start"), 2);
    assert_column(news, "position_lots", (int64_t[]){2}, 1);
    json_decref(news);
    assert_null(tell(feed_series_run_text, &fixture, 3));
    feed_series_fini(&fixture.series);
}

static void halving_begins_a_generation_that_is_told_whole(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture);
    for (int i = 0; i < RUN; i++) {
        add(&fixture, i, false);
    }
    uint64_t seen = fixture.version;
    add(&fixture, RUN, false);
    json_t *whole = tell(feed_series_run_text, &fixture, seen);
    assert_int_equal(number(whole, "generation"), 1);
    assert_int_equal(number(whole, "start"), 0);
    assert_int_equal(number(whole, "interval_ns"), 2 * SAMPLE_NS);
    assert_column(whole, "time_ns", (int64_t[]){10, 30, 50, 70, 80}, 5);
    assert_column(whole, "mid_low_half_ticks", (int64_t[]){100, 102, 104, 106, 108}, 5);
    json_decref(whole);
    seen = fixture.version;
    add(&fixture, RUN + 1, false); // goes into the last point, which is told again
    json_t *news = tell(feed_series_run_text, &fixture, seen);
    assert_int_equal(number(news, "start"), 4);
    assert_column(news, "time_ns", (int64_t[]){90}, 1);
    json_decref(news);
    feed_series_fini(&fixture.series);
}

static void lost_samples_leave_a_point_of_unknowns(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture);
    add(&fixture, 0, false);
    add(&fixture, 5, true);
    json_t *whole = tell(feed_series_run_text, &fixture, 0);
    assert_column(whole, "time_ns", (int64_t[]){0, 50, 50}, 3);
    assert_column(whole, "mid_half_ticks", (int64_t[]){100, -1, 105}, 3);
    assert_column(whole, "position_lots", (int64_t[]){0, -1, 5}, 3);
    json_decref(whole);
    feed_series_fini(&fixture.series);
}

static void a_book_that_is_not_trusted_has_no_mid(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture);
    struct observed_sample sample = {.sample = {.now_ns = 1000, .mid_half_ticks = 100}};
    feed_series_add(&fixture.series, &sample, 1);
    json_t *whole = tell(feed_series_run_text, &fixture, 0);
    assert_column(whole, "mid_half_ticks", (int64_t[]){-1}, 1);
    assert_column(whole, "bid_ticks", (int64_t[]){-1}, 1);
    assert_column(whole, "position_lots", (int64_t[]){0}, 1);
    json_decref(whole);
    feed_series_fini(&fixture.series);
}

static void the_newest_samples_stay_as_they_were_taken(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture);
    for (int i = 0; i < 10; i++) {
        add(&fixture, i, false);
    }
    json_t *recent = tell(feed_series_recent_text, &fixture, 0);
    assert_int_equal(number(recent, "start"), 6);
    assert_int_equal(number(recent, "interval_ns"), SAMPLE_NS);
    assert_column(recent, "position_lots", (int64_t[]){6, 7, 8, 9}, 4);
    json_decref(recent);
    recent = tell(feed_series_recent_text, &fixture, 8);
    assert_int_equal(number(recent, "start"), 8);
    assert_column(recent, "position_lots", (int64_t[]){8, 9}, 2);
    json_decref(recent);
    assert_null(tell(feed_series_recent_text, &fixture, 10));
    feed_series_fini(&fixture.series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_new_is_told),
        cmocka_unit_test(halving_begins_a_generation_that_is_told_whole),
        cmocka_unit_test(lost_samples_leave_a_point_of_unknowns),
        cmocka_unit_test(a_book_that_is_not_trusted_has_no_mid),
        cmocka_unit_test(the_newest_samples_stay_as_they_were_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
