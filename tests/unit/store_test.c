// A sweep's database: what it keeps, what it refuses, and how databases are joined; and what the
// results are worth by their order.
#include "sweep/store.h"

#include "base/text.h"
#include "cmocka_all.h"
#include "sweep/ranking.h"
#include "sweep/report.h"

#include <math.h>
#include <string.h>

enum { PERIODS = 40, POINTS = 8 };

static char folder[] = "/tmp/store_test_XXXXXX";
static char path_text[8][64];

// A path below the test's folder; `slot` keeps several alive at once.
static const char *path_of(int slot)
{
    snprintf(path_text[slot], sizeof path_text[slot], "%s/%d.sqlite", folder, slot);
    return path_text[slot];
}

static json_t *identity(const char *seed)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "points", "8", "seed", seed, "settle", "USDT",
                     "window", "10s", "grid.min_interval_ms", "40,50");
}

static struct store *open_seeded(const char *path, const char *seed)
{
    struct store *store = NULL;
    json_t *object = identity(seed);
    int code = store_open(path, object, &store);
    json_decref(object);
    if (code != MM_OK) {
        fail_msg("%s", mm_error_text());
    }
    return store;
}

// Point n earns n more in every second period than in the others.
static void put(struct store *store, uint32_t point, int64_t offset)
{
    int64_t series[PERIODS];
    struct store_row row = {.point = point,
                            .params = params_of_profile(PARAMS_DEFAULT),
                            .net_quote_e9 = series,
                            .period_count = PERIODS};
    row.params.steps[PARAM_MIN_INTERVAL_MS] = 40 + (int32_t)point;
    for (int i = 0; i < PERIODS; i++) {
        series[i] = offset + (i % 2) * (int64_t)point * 1000;
        row.result.part_quote_e9[KPI_NET] += series[i];
    }
    row.result.part_quote_e9[KPI_GROSS] = INT64_MAX;
    row.result.part_quote_e9[KPI_FEES] = INT64_MIN;
    row.result.fill_count = point;
    row.result.market_ns = 400;
    assert_int_equal(store_put(store, &row), MM_OK);
}

static uint32_t count_done(struct store *store)
{
    bool done[POINTS] = {false};
    uint32_t count = 0;
    assert_int_equal(store_mark_done(store, done, POINTS, &count), MM_OK);
    return count;
}

static int check_row(void *context, const struct store_row *row)
{
    uint32_t *next = context;
    assert_int_equal(row->point, *next);
    assert_int_equal(row->params.steps[PARAM_MIN_INTERVAL_MS], 40 + (int32_t)row->point);
    assert_int_equal(row->params.steps[PARAM_BASE_SPREAD_BPS_DELTA], 28);
    assert_int_equal(row->period_count, PERIODS);
    assert_int_equal(row->net_quote_e9[0], -5);
    assert_int_equal(row->net_quote_e9[1], (int64_t)row->point * 1000 - 5);
    assert_true(row->result.part_quote_e9[KPI_GROSS] == INT64_MAX);
    assert_true(row->result.part_quote_e9[KPI_FEES] == INT64_MIN);
    assert_int_equal(row->result.fill_count, row->point);
    assert_int_equal(row->result.market_ns, 400);
    *next += 2;
    return MM_OK;
}

static void results_are_read_back_in_the_order_of_points(void **state)
{
    (void)state;
    struct store *store = open_seeded(path_of(0), "42");
    put(store, 6, -5);
    put(store, 2, -5);
    put(store, 4, -5);
    store_close(store);
    store = open_seeded(path_of(0), "42");
    assert_int_equal(count_done(store), 3);
    uint32_t next = 2;
    assert_int_equal(store_each(store, check_row, &next), MM_OK);
    assert_int_equal(next, 8);
    store_close(store);
}

static void another_sweep_is_refused_with_what_differs(void **state)
{
    (void)state;
    struct store *store = open_seeded(path_of(1), "42");
    store_close(store);
    json_t *other = identity("43");
    json_object_set_new(other, "queue", json_string("log"));
    json_object_del(other, "window");
    assert_int_equal(store_open(path_of(1), other, &store), MM_ERROR_USAGE);
    assert_null(store);
    const char *said = mm_error_text();
    assert_non_null(strstr(said, "seed: the database has 42, this sweep 43"));
    assert_non_null(strstr(said, "queue: the database has none, this sweep log"));
    assert_non_null(strstr(said, "window: the database has 10s, this sweep none"));
    json_decref(other);
}

static void one_process_writes_at_a_time(void **state)
{
    (void)state;
    struct store *first = open_seeded(path_of(1), "42"), *second = NULL;
    json_t *object = identity("42");
    assert_int_equal(store_open(path_of(1), object, &second), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "another process holds"));
    json_decref(object);
    // Reading is for everyone.
    assert_int_equal(store_open_existing(path_of(1), &second), MM_OK);
    store_close(second);
    store_close(first);
}

static void what_is_no_sweep_is_refused(void **state)
{
    (void)state;
    struct store *store = NULL;
    assert_int_equal(store_open_existing(path_of(2), &store), MM_ERROR_INPUT);
    FILE *file = fopen(path_of(2), "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++) {
        fputs("not a database\n", file);
    }
    fclose(file);
    assert_int_equal(store_open_existing(path_of(2), &store), MM_ERROR_INPUT);
    json_t *object = identity("42");
    assert_int_equal(store_open(path_of(2), object, &store), MM_ERROR_INPUT);
    json_decref(object);
}

static void what_was_not_committed_is_not_there(void **state)
{
    (void)state;
    struct store *store = open_seeded(path_of(3), "42");
    put(store, 1, 0);
    assert_int_equal(store_begin(store), MM_OK);
    put(store, 2, 0);
    store_close(store);
    store = open_seeded(path_of(3), "42");
    assert_int_equal(count_done(store), 1);
    store_close(store);
}

static void shards_join_and_a_second_merge_changes_nothing(void **state)
{
    (void)state;
    struct store *whole = open_seeded(path_of(4), "42");
    struct store *shards[2] = {open_seeded(path_of(5), "42"), open_seeded(path_of(6), "42")};
    for (uint32_t point = 0; point < 4; point++) {
        assert_int_equal(store_start_point(shards[point % 2], point), MM_OK);
        put(shards[point % 2], point, 0);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(store_begin(whole), MM_OK);
        assert_int_equal(store_merge(whole, shards[i % 2], path_of(5 + i % 2)), MM_OK);
        assert_int_equal(store_commit(whole), MM_OK);
    }
    assert_int_equal(count_done(whole), 4);
    store_close(shards[0]);
    store_close(shards[1]);
    store_close(whole);
}

static void a_merge_of_what_disagrees_is_refused(void **state)
{
    (void)state;
    struct store *whole = open_seeded(NULL, "42"), *same = open_seeded(NULL, "42");
    struct store *other = open_seeded(NULL, "7");
    put(whole, 1, 0);
    put(same, 1, 1);
    assert_int_equal(store_merge(whole, other, "other.sqlite"), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "other.sqlite is of another sweep: seed"));
    assert_int_equal(store_merge(whole, same, "same.sqlite"), MM_ERROR_INPUT);
    assert_non_null(strstr(mm_error_text(), "point 1 has other results in same.sqlite"));
    store_close(other);
    store_close(same);
    store_close(whole);
}

static void missing_points_are_told_in_ranges(void **state)
{
    (void)state;
    struct text text = {0};
    bool done[10] = {true, false, true, false, false, false, true, true, true, false};
    report_ranges(done, 10, &text);
    assert_string_equal(text_string(&text), "1, 3-5, 9");
    text_clear(&text);
    report_ranges(done, 1, &text);
    assert_string_equal(text_string(&text), "");
    text_fini(&text);
}

static void points_are_ranked_and_ties_go_to_the_first(void **state)
{
    (void)state;
    struct store *store = open_seeded(NULL, "42");
    put(store, 0, 7);     // never varies: no Sharpe ratio
    put(store, 1, 0);     // 0, 1000, 0, 1000: a ratio of about 1
    put(store, 2, 0);     // twice as much of the same: the same ratio
    put(store, 3, -6000); // loses
    struct ranking ranking;
    assert_int_equal(ranking_make(&ranking, store, 4, RANK_SHARPE), MM_OK);
    assert_int_equal(ranking.count, 4);
    assert_int_equal(ranking.points[0].point, 1);
    assert_int_equal(ranking.points[1].point, 2);
    assert_int_equal(ranking.points[2].point, 3);
    assert_int_equal(ranking.points[3].point, 0);
    assert_true(isnan(ranking.points[3].sharpe) && isnan(ranking.points[3].dsr));
    // mean 500, deviation 500 * sqrt(40 / 39)
    assert_true(fabs(ranking.points[0].sharpe - sqrt(39.0 / 40.0)) < 1e-12);
    assert_true(ranking.points[0].dsr < ranking.points[0].psr);
    assert_true(ranking.lucky_sharpe > 0);
    assert_true(ranking.has_overfit);
    assert_int_equal(ranking.blocks, 16);
    ranking_fini(&ranking);
    assert_int_equal(ranking_make(&ranking, store, 4, RANK_NET), MM_OK);
    assert_int_equal(ranking.points[0].point, 2);
    assert_int_equal(ranking.points[1].point, 1);
    assert_int_equal(ranking.points[2].point, 0);
    ranking_fini(&ranking);
    store_close(store);
}

static void one_point_is_no_selection(void **state)
{
    (void)state;
    struct store *store = open_seeded(NULL, "42");
    struct ranking ranking;
    assert_int_equal(ranking_make(&ranking, store, 0, RANK_SHARPE), MM_OK);
    assert_int_equal(ranking.count, 0);
    ranking_fini(&ranking);
    put(store, 1, 0);
    assert_int_equal(ranking_make(&ranking, store, 1, RANK_SHARPE), MM_OK);
    assert_true(ranking.lucky_sharpe == 0.0);
    assert_true(ranking.points[0].dsr == ranking.points[0].psr);
    assert_false(ranking.has_overfit);
    ranking_fini(&ranking);
    store_close(store);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    char path[96];
    static const char *const ends[] = {"", ".lock", "-wal", "-shm"};
    for (int slot = 0; slot < 8; slot++) {
        for (size_t i = 0; i < 4; i++) {
            snprintf(path, sizeof path, "%s/%d.sqlite%s", folder, slot, ends[i]);
            (void)remove(path);
        }
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_read_back_in_the_order_of_points),
        cmocka_unit_test(another_sweep_is_refused_with_what_differs),
        cmocka_unit_test(one_process_writes_at_a_time),
        cmocka_unit_test(what_is_no_sweep_is_refused),
        cmocka_unit_test(what_was_not_committed_is_not_there),
        cmocka_unit_test(shards_join_and_a_second_merge_changes_nothing),
        cmocka_unit_test(a_merge_of_what_disagrees_is_refused),
        cmocka_unit_test(missing_points_are_told_in_ranges),
        cmocka_unit_test(points_are_ranked_and_ties_go_to_the_first),
        cmocka_unit_test(one_point_is_no_selection),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
