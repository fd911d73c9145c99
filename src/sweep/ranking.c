#include "sweep/ranking.h"

#include "base/memory.h"
#include "kpi/selection.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCKS_MAX = 16,       // 12,870 splits, the authors' choice
    BLOCK_PERIODS_MIN = 2, // so that a block has a spread
    // splits * trials above which fewer blocks are used: some ten seconds' work
    SPLIT_TRIALS_MAX = 100000000
};

static const char *const order_names[RANK_COUNT] = {"sharpe", "net"};

const char *ranking_order_name(enum ranking_order order)
{
    return order_names[order];
}

int ranking_order_parse(const char *text, enum ranking_order *out)
{
    for (int i = 0; i < RANK_COUNT; i++) {
        if (strcmp(text, order_names[i]) == 0) {
            *out = (enum ranking_order)i;
            return MM_OK;
        }
    }
    return mm_fail(MM_ERROR_USAGE, "--rank: '%.64s' is neither sharpe nor net", text);
}

// ---- reading ----

struct reader {
    struct ranking *ranking;
    uint32_t capacity;
    double *values; // periods x trials; allocated when the first point tells how many periods
    double *series; // of one point
};

static int fail_periods(const struct reader *reader, const struct store_row *row)
{
    return mm_fail(MM_ERROR_INPUT, "point %" PRIu32 " has %" PRIu32 " periods, others %" PRIu32,
                   row->point, row->period_count, reader->ranking->period_count);
}

static int read_point(void *context, const struct store_row *row)
{
    struct reader *reader = context;
    struct ranking *ranking = reader->ranking;
    if (ranking->count == reader->capacity) {
        return MM_OK; // finished by another process since the points were counted
    }
    if (reader->values == NULL) {
        ranking->period_count = row->period_count;
        reader->values =
            mm_alloc((size_t)row->period_count * reader->capacity, sizeof *reader->values);
        reader->series = mm_alloc(row->period_count, sizeof *reader->series);
    }
    if (row->period_count != ranking->period_count) {
        return fail_periods(reader, row);
    }
    for (size_t i = 0; i < row->period_count; i++) {
        reader->series[i] = (double)row->net_quote_e9[i];
        reader->values[i * reader->capacity + ranking->count] = reader->series[i];
    }
    struct selection_moments moments = selection_moments(reader->series, row->period_count);
    struct ranked_point *point = &ranking->points[ranking->count++];
    *point = (struct ranked_point){.point = row->point,
                                   .params = row->params,
                                   .result = row->result,
                                   .sharpe = NAN,
                                   .skewness = moments.skewness,
                                   .kurtosis = moments.kurtosis};
    double sharpe;
    if (selection_sharpe(&moments, &sharpe)) {
        point->sharpe = sharpe;
    }
    return MM_OK;
}

// ---- what selection did ----

static double or_zero(double value)
{
    return isnan(value) ? 0.0 : value;
}

static void judge_points(struct ranking *ranking)
{
    double *ratios = mm_alloc(ranking->count, sizeof *ratios);
    for (uint32_t i = 0; i < ranking->count; i++) {
        ratios[i] = or_zero(ranking->points[i].sharpe);
    }
    struct selection_moments moments = selection_moments(ratios, ranking->count);
    free(ratios);
    ranking->sharpe_deviation = moments.deviation;
    ranking->lucky_sharpe =
        selection_deflated_benchmark(ranking->count, moments.deviation * moments.deviation);
    for (uint32_t i = 0; i < ranking->count; i++) {
        struct ranked_point *point = &ranking->points[i];
        double ratio = point->sharpe;
        point->psr =
            selection_psr(ratio, 0.0, ranking->period_count, point->skewness, point->kurtosis);
        point->dsr = selection_psr(ratio, ranking->lucky_sharpe, ranking->period_count,
                                   point->skewness, point->kurtosis);
        point->min_track_record =
            ratio > 0.0
                ? selection_min_track_record(ratio, 0.0, point->skewness, point->kurtosis, 0.95)
                : NAN;
        point->min_length =
            ratio > 0.0 ? selection_min_backtest_length(ranking->count, ratio) : NAN;
    }
}

// C(n, n/2), exactly: every partial product is a binomial coefficient.
static uint64_t split_count(unsigned blocks)
{
    uint64_t count = 1;
    for (unsigned i = 1; i <= blocks / 2; i++) {
        count = count * (blocks / 2 + i) / i;
    }
    return count;
}

static void judge_selection(struct ranking *ranking, const double *values)
{
    unsigned blocks = BLOCKS_MAX;
    while (blocks > 0 && (ranking->period_count / blocks < BLOCK_PERIODS_MIN ||
                          split_count(blocks) * ranking->count > SPLIT_TRIALS_MAX)) {
        blocks -= 2;
    }
    ranking->blocks = blocks;
    ranking->has_overfit =
        blocks > 0 && selection_overfit_probability(values, ranking->period_count, ranking->count,
                                                    blocks, &ranking->overfit_probability);
}

// ---- order ----

static int compare_points(const struct ranked_point *a, const struct ranked_point *b)
{
    return (a->point > b->point) - (a->point < b->point);
}

static int compare_sharpe(const void *left, const void *right)
{
    const struct ranked_point *a = left, *b = right;
    if (isnan(a->sharpe) != isnan(b->sharpe)) {
        return isnan(a->sharpe) ? 1 : -1;
    }
    if (!isnan(a->sharpe) && a->sharpe != b->sharpe) {
        return a->sharpe < b->sharpe ? 1 : -1;
    }
    return compare_points(a, b);
}

static int compare_net(const void *left, const void *right)
{
    const struct ranked_point *a = left, *b = right;
    int64_t nets[2] = {a->result.part_quote_e9[KPI_NET], b->result.part_quote_e9[KPI_NET]};
    return nets[0] != nets[1] ? (nets[0] < nets[1] ? 1 : -1) : compare_points(a, b);
}

int ranking_make(struct ranking *ranking, struct store *store, uint32_t count,
                 enum ranking_order order)
{
    *ranking = (struct ranking){.points = mm_alloc(count + 1, sizeof *ranking->points)};
    struct reader reader = {.ranking = ranking, .capacity = count};
    int code = store_each(store, read_point, &reader);
    if (code == MM_OK && ranking->count > 0) {
        judge_points(ranking);
        judge_selection(ranking, reader.values);
        qsort(ranking->points, ranking->count, sizeof *ranking->points,
              order == RANK_NET ? compare_net : compare_sharpe);
    }
    free(reader.values);
    free(reader.series);
    if (code != MM_OK) {
        ranking_fini(ranking);
    }
    return code;
}

void ranking_fini(struct ranking *ranking)
{
    free(ranking->points);
    *ranking = (struct ranking){0};
}
