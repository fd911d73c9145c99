#include "sweep/report.h"

#include "base/decimal.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/units.h"
#include "sweep/plan.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MONEY_DECIMALS = 6, RATIO_DECIMALS = 9, HEAD_SIZE = 64 };

// What report and tables are made from.
struct report {
    struct store *store;
    const struct report_options *options;
    struct ranking ranking;
    bool *done; // owned
    uint32_t point_count, done_count;
    const char *settle, *window; // borrowed from the store
    bool swept[PARAM_COUNT];
};

void report_ranges(const bool *done, uint32_t count, struct text *out)
{
    for (uint32_t i = 0; i < count; i++) {
        if (done[i]) {
            continue;
        }
        uint32_t last = i;
        while (last + 1 < count && !done[last + 1]) {
            last++;
        }
        text_add(out, "%s%" PRIu32, out->size > 0 ? ", " : "", i);
        if (last > i) {
            text_add(out, "-%" PRIu32, last);
        }
        i = last;
    }
}

// ---- numbers ----

static bool net_bps(const struct trial_result *result, double *out)
{
    if (result->notional_quote_e9 <= 0) {
        return false;
    }
    *out = 1e4 * (double)result->part_quote_e9[KPI_NET] / (double)result->notional_quote_e9;
    return true;
}

// In whole coins.
static double money(int64_t quote_e9)
{
    return (double)quote_e9 / 1e9;
}

static double per_hour(const struct trial_result *result, double value)
{
    return result->market_ns > 0 ? value * 3600e9 / (double)result->market_ns : NAN;
}

// ---- for a person ----

// A parameter's key on two lines, broken at an underscore so that the longer one is short.
static void break_key(const char *key, char first[HEAD_SIZE], char second[HEAD_SIZE])
{
    size_t length = strlen(key), best = length, width = length;
    for (size_t i = 0; i < length; i++) {
        size_t longer = i > length - i ? i : length - i;
        if (key[i] == '_' && longer <= width) {
            best = i;
            width = longer;
        }
    }
    snprintf(first, HEAD_SIZE, "%.*s", (int)best, key);
    snprintf(second, HEAD_SIZE, "%s", key + best);
}

static int param_width(enum param_id id)
{
    char lines[2][HEAD_SIZE];
    break_key(param_specs[id].key, lines[0], lines[1]);
    size_t width = strlen(lines[0]) > strlen(lines[1]) ? strlen(lines[0]) : strlen(lines[1]);
    return (int)width;
}

static void print_head(const struct report *report, FILE *out)
{
    for (int line = 0; line < 2; line++) {
        fprintf(out, "%3s %6s", line == 0 ? "" : "#", line == 0 ? "" : "point");
        for (int id = 0; id < PARAM_COUNT; id++) {
            char lines[2][HEAD_SIZE];
            break_key(param_specs[id].key, lines[0], lines[1]);
            if (report->swept[id]) {
                fprintf(out, "  %*s", param_width((enum param_id)id), lines[line]);
            }
        }
        const char *const heads[2][6] = {
            {"net", "net", "", "Sharpe /", "P(true", "deflated"},
            {report->settle, "bps", "fills", report->window, "> 0)", "Sharpe"}};
        fprintf(out, "  %12s %8s %7s %9s %7s %9s\n", heads[line][0], heads[line][1], heads[line][2],
                heads[line][3], heads[line][4], heads[line][5]);
    }
}

// "-" for a number that does not exist.
static void print_ratio(FILE *out, double value, int width, int decimals)
{
    if (isfinite(value)) {
        fprintf(out, " %*.*f", width, decimals, value);
    } else {
        fprintf(out, " %*s", width, "-");
    }
}

static void print_point(const struct report *report, uint32_t rank, FILE *out)
{
    const struct ranked_point *point = &report->ranking.points[rank];
    fprintf(out, "%3" PRIu32 " %6" PRIu32, rank + 1, point->point);
    for (int id = 0; id < PARAM_COUNT; id++) {
        char value[DECIMAL_TEXT_SIZE];
        param_print((enum param_id)id, point->params.steps[id], value);
        if (report->swept[id]) {
            fprintf(out, "  %*s", param_width((enum param_id)id), value);
        }
    }
    double bps = NAN;
    (void)net_bps(&point->result, &bps);
    fprintf(out, "  %12.6f", money(point->result.part_quote_e9[KPI_NET]));
    print_ratio(out, bps, 8, 3);
    fprintf(out, " %7" PRIu64, point->result.fill_count);
    print_ratio(out, point->sharpe, 9, 4);
    print_ratio(out, point->psr, 7, 4);
    print_ratio(out, point->dsr, 9, 4);
    fputc('\n', out);
}

// The words behind the numbers, for the best point.
static void print_selection(const struct report *report, FILE *out)
{
    const struct ranking *ranking = &report->ranking;
    fprintf(out,
            "\nchosen out of %" PRIu32 " over %" PRIu32 " periods of %s: luck alone would make the "
            "best Sharpe %.4f",
            ranking->count, ranking->period_count, report->window, ranking->lucky_sharpe);
    const struct ranked_point *best = &ranking->points[0];
    if (isfinite(best->dsr)) {
        fprintf(out, ";\nthat the best point's true Sharpe is above that has a probability of %.4f",
                best->dsr);
    }
    fputc('\n', out);
    if (ranking->has_overfit) {
        fprintf(out,
                "probability of backtest overfitting %.4f (%u blocks): how often the point that is "
                "best in\none half of the periods is below the median in the other\n",
                ranking->overfit_probability, ranking->blocks);
    } else {
        fputs("probability of backtest overfitting unknown: it needs two points and four periods\n",
              out);
    }
    if (isfinite(best->min_track_record)) {
        fprintf(out,
                "the best point needs %.0f periods for 95 %% confidence that its Sharpe is above "
                "0, tried alone\n",
                ceil(best->min_track_record));
    }
    if (isfinite(best->min_length)) {
        fprintf(out,
                "in fewer than %.0f periods the best of %" PRIu32
                " without skill is expected to show its Sharpe\n",
                ceil(best->min_length), ranking->count);
    }
}

static void print_missing(const struct report *report, FILE *out)
{
    if (report->done_count == report->point_count) {
        return;
    }
    struct text ranges = {0};
    report_ranges(report->done, report->point_count, &ranges);
    fprintf(out, "missing: %s (%" PRIu32 " of %" PRIu32 " points)\n", text_string(&ranges),
            report->point_count - report->done_count, report->point_count);
    text_fini(&ranges);
}

static void print_text(const struct report *report, FILE *out)
{
    uint32_t shown =
        report->ranking.count < report->options->top ? report->ranking.count : report->options->top;
    fprintf(out, "sweep: %" PRIu32 " of %" PRIu32 " points done, the best %" PRIu32 " by %s\n\n",
            report->done_count, report->point_count, shown,
            report->options->order == RANK_NET ? "net" : "Sharpe ratio");
    if (report->ranking.count > 0) {
        print_head(report, out);
        for (uint32_t i = 0; i < shown; i++) {
            print_point(report, i, out);
        }
        print_selection(report, out);
    }
    print_missing(report, out);
}

// ---- for a machine ----

static json_t *real(double value)
{
    return json_real_stable(value, RATIO_DECIMALS);
}

static json_t *parts_json(const struct trial_result *result)
{
    json_t *parts = json_object();
    for (int part = 0; part < KPI_PART_COUNT; part++) {
        char name[HEAD_SIZE];
        snprintf(name, sizeof name, "%s_quote_e9", kpi_part_name((enum kpi_part)part));
        json_object_set_new(parts, name, json_integer(result->part_quote_e9[part]));
    }
    json_object_set_new(parts, "notional_quote_e9", json_integer(result->notional_quote_e9));
    return parts;
}

static json_t *point_json(const struct report *report, uint32_t rank)
{
    const struct ranked_point *point = &report->ranking.points[rank];
    const struct trial_result *result = &point->result;
    double bps = NAN;
    (void)net_bps(result, &bps);
    return json_pack(
        "{s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "rank",
        (json_int_t)rank + 1, "point", (json_int_t)point->point, "parameters",
        config_params_json(&point->params), "money", parts_json(result), "net_bps", real(bps),
        "net_per_hour", real(per_hour(result, money(result->part_quote_e9[KPI_NET]))), "fills",
        (json_int_t)result->fill_count, "fills_per_hour",
        real(per_hour(result, (double)result->fill_count)), "max_drawdown_quote_e9",
        (json_int_t)result->max_drawdown_quote_e9, "halted", (json_int_t)result->halted_count,
        "sharpe", real(point->sharpe), "probabilistic_sharpe", real(point->psr), "deflated_sharpe",
        real(point->dsr), "min_track_record_periods", real(point->min_track_record),
        "min_backtest_length_periods", real(point->min_length));
}

static json_t *selection_json(const struct ranking *ranking)
{
    bool any = ranking->count > 0;
    return json_pack("{s:I, s:I, s:o, s:o, s:o, s:I}", "trials", (json_int_t)ranking->count,
                     "periods", (json_int_t)ranking->period_count, "sharpe_deviation",
                     any ? real(ranking->sharpe_deviation) : json_null(), "lucky_sharpe",
                     any ? real(ranking->lucky_sharpe) : json_null(), "overfit_probability",
                     ranking->has_overfit ? real(ranking->overfit_probability) : json_null(),
                     "overfit_blocks", (json_int_t)ranking->blocks);
}

static void print_json(const struct report *report, FILE *out)
{
    json_t *best = json_array(), *missing = json_array();
    for (uint32_t i = 0; i < report->ranking.count && i < report->options->top; i++) {
        json_array_append_new(best, point_json(report, i));
    }
    for (uint32_t i = 0; i < report->point_count; i++) {
        if (!report->done[i]) {
            json_array_append_new(missing, json_integer(i));
        }
    }
    json_t *document = json_pack(
        "{s:o, s:I, s:I, s:o, s:s, s:o, s:O}", "best", best, "points",
        (json_int_t)report->point_count, "done", (json_int_t)report->done_count, "missing", missing,
        "rank_by", ranking_order_name(report->options->order), "selection",
        selection_json(&report->ranking), "sweep", store_identity(report->store));
    char *text = json_document_text(document, NULL);
    if (text != NULL) {
        fputs(text, out);
    }
    free(text);
    json_decref(document);
}

// ---- both ----

static int read_identity(struct report *report)
{
    const json_t *identity = store_identity(report->store);
    const char *points = json_string_value(json_object_get(identity, "points"));
    report->settle = json_string_value(json_object_get(identity, "settle"));
    report->window = json_string_value(json_object_get(identity, "window"));
    int64_t count = 0;
    if (points == NULL || report->settle == NULL || report->window == NULL ||
        plan_read_whole("points", points, 1, POINTS_MAX, &count) != MM_OK) {
        return mm_fail(MM_ERROR_INPUT, "the database does not say what sweep it holds");
    }
    report->point_count = (uint32_t)count;
    for (size_t id = 0; id < PARAM_COUNT; id++) {
        char key[HEAD_SIZE];
        snprintf(key, sizeof key, "grid.%s", param_specs[id].key);
        report->swept[id] = json_object_get(identity, key) != NULL;
    }
    return MM_OK;
}

int report_print(struct store *store, const struct report_options *options, FILE *out,
                 uint32_t *out_missing)
{
    struct report report = {.store = store, .options = options};
    int code = read_identity(&report);
    if (code == MM_OK) {
        report.done = mm_alloc(report.point_count, sizeof *report.done);
        code = store_mark_done(store, report.done, report.point_count, &report.done_count);
    }
    if (code == MM_OK) {
        code = ranking_make(&report.ranking, store, report.done_count, options->order);
    }
    if (code == MM_OK) {
        (options->json ? print_json : print_text)(&report, out);
        *out_missing = report.point_count - report.done_count;
    }
    ranking_fini(&report.ranking);
    free(report.done);
    return code;
}
