#include "sweep/trial.h"

#include "base/check.h"
#include "base/decimal.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STOP_GRACE_NS = 1000000000 }; // market time for the last cancels to be confirmed

// ---- the bench ----

static int64_t span_of(const struct trial_market *market)
{
    return market->market.venue->end_ns - market->market.venue->start_ns;
}

static int open_market(struct trial_market *market, const struct config_options *options,
                       const char *tape)
{
    struct config_options one = *options;
    one.tape = tape;
    int code = config_resolve(&one, &market->config);
    if (code == MM_OK) {
        code = run_market_open(&market->market, &market->config);
    }
    if (code == MM_OK) {
        market->engine =
            market_preset_engine(&market->config.preset, &market->market.venue->instrument,
                                 market->market.price_half_ticks);
    }
    return code;
}

static int add_periods(struct trial_bench *bench, struct trial_market *market, const char *tape)
{
    int64_t span_ns = span_of(market);
    int64_t count = (span_ns + bench->period_ns / 2) / bench->period_ns;
    count = count > 0 ? count : 1;
    if (count > TRIAL_PERIODS_MAX - (int64_t)bench->period_count) {
        return mm_fail(MM_ERROR_USAGE, "--window: %s makes more than %d periods", tape,
                       TRIAL_PERIODS_MAX);
    }
    market->period_count = (uint32_t)count;
    bench->period_count += market->period_count;
    bench->span_ns = add_checked(bench->span_ns, span_ns);
    return MM_OK;
}

static int check_settle(const struct trial_bench *bench, uint32_t index, const char *tape)
{
    const char *first = bench->markets[0].market.venue->instrument.settle;
    const char *here = bench->markets[index].market.venue->instrument.settle;
    return strcmp(first, here) == 0
               ? MM_OK
               : mm_fail(MM_ERROR_USAGE,
                         "--tape: %s settles in %s, the first tape in %s, which cannot be added up",
                         tape, here, first);
}

int trial_bench_open(struct trial_bench *bench, const struct config_options *options,
                     const char *const *tapes, uint32_t count)
{
    MM_ASSERT(count > 0 && count <= TRIAL_TAPES_MAX);
    *bench = (struct trial_bench){.markets = mm_alloc(count, sizeof *bench->markets),
                                  .market_count = count};
    for (uint32_t i = 0; i < count; i++) {
        struct trial_market *market = &bench->markets[i];
        int code = open_market(market, options, tapes[i]);
        bench->period_ns = market->config.window_ns;
        if (code == MM_OK) {
            code = check_settle(bench, i, tapes[i]);
        }
        if (code == MM_OK) {
            code = add_periods(bench, market, tapes[i]);
        }
        if (code != MM_OK) {
            trial_bench_close(bench);
            return code;
        }
    }
    return MM_OK;
}

void trial_bench_close(struct trial_bench *bench)
{
    for (uint32_t i = 0; i < bench->market_count; i++) {
        run_market_close(&bench->markets[i].market);
    }
    free(bench->markets);
    *bench = (struct trial_bench){0};
}

size_t trial_report_size(const struct trial_bench *bench)
{
    return sizeof(struct trial_report) + bench->period_count * sizeof(int64_t);
}

// ---- a trial ----

static void add_summary(struct trial_result *result, const struct kpi_summary *summary)
{
    for (int part = 0; part < KPI_PART_COUNT; part++) {
        result->part_quote_e9[part] =
            add_checked(result->part_quote_e9[part], summary->part_quote_e9[part]);
    }
    result->notional_quote_e9 = add_checked(result->notional_quote_e9, summary->notional_quote_e9);
    result->fill_count += summary->fill_count;
    result->maker_fill_count += summary->maker_fill_count;
    result->volume_lots += summary->volume_lots;
    result->maker_volume_lots += summary->maker_volume_lots;
    result->place_count += summary->place_count;
    result->replace_count += summary->replace_count;
    result->cancel_count += summary->cancel_count;
    result->decision_count += summary->decision_count;
    result->decision_risk_count += summary->decision_risk_count;
    result->market_ns += summary->to_ns - summary->from_ns;
    if (summary->max_abs_position_lots > result->max_abs_position_lots) {
        result->max_abs_position_lots = summary->max_abs_position_lots;
    }
    if (summary->max_drawdown_quote_e9 > result->max_drawdown_quote_e9) {
        result->max_drawdown_quote_e9 = summary->max_drawdown_quote_e9;
    }
}

// Runs the tape period by period; *out_net_e9 is the net of all periods but the last, whose own
// place is left to the caller.
static int run_periods(const struct trial_bench *bench, const struct trial_market *market,
                       struct engine *engine, const volatile sig_atomic_t *stop,
                       struct trial_report *report, int64_t *net_e9, int64_t *out_net_e9)
{
    const struct venue *venue = market->market.venue;
    int64_t start_ns = venue->start_ns, end_ns = venue->end_ns;
    int64_t before_ns = atomic_load_explicit(&report->done_ns, memory_order_relaxed);
    *out_net_e9 = 0;
    for (uint32_t i = 1; i <= market->period_count; i++) {
        bool last = i == market->period_count;
        int64_t until_ns = last ? end_ns : start_ns + (int64_t)i * bench->period_ns;
        int code = engine_run_until(engine, until_ns, stop);
        if (code != MM_OK) {
            return code;
        }
        if (!last) {
            int64_t equity_e9 = engine_get_status(engine).equity_quote_e9;
            net_e9[i - 1] = sub_checked(equity_e9, *out_net_e9);
            *out_net_e9 = equity_e9;
        }
        atomic_store_explicit(&report->done_ns, before_ns + until_ns - start_ns,
                              memory_order_relaxed);
    }
    return MM_OK;
}

static int run_tape(const struct trial_bench *bench, struct trial_market *market,
                    struct engine *engine, const volatile sig_atomic_t *stop,
                    struct trial_report *report, int64_t *net_e9)
{
    int64_t before_e9 = 0;
    uint32_t open = 0;
    engine_open_window(engine);
    int code = run_periods(bench, market, engine, stop, report, net_e9, &before_e9);
    if (code == MM_OK) {
        // Before the window closes, because a fill that beats its cancel belongs to it.
        code = engine_stop(engine, STOP_GRACE_NS, &open);
    }
    if (code != MM_OK) {
        return code;
    }
    struct kpi_summary summary;
    engine_close_window(engine, &summary);
    net_e9[market->period_count - 1] = sub_checked(summary.part_quote_e9[KPI_NET], before_e9);
    add_summary(&report->result, &summary);
    report->result.halted_count += engine_get_status(engine).halted;
    return MM_OK;
}

void trial_run(struct trial_bench *bench, struct params params, const volatile sig_atomic_t *stop,
               struct trial_report *report)
{
    int64_t *net_e9 = report->net_quote_e9;
    report->code = MM_OK;
    for (uint32_t i = 0; i < bench->market_count && report->code == MM_OK; i++) {
        struct trial_market *market = &bench->markets[i];
        struct engine_config config = market->engine;
        config.params = params;
        struct engine *engine = engine_create(&config, market->market.venue, NULL);
        report->code = run_tape(bench, market, engine, stop, report, net_e9);
        engine_destroy(engine);
        net_e9 += market->period_count;
    }
    if (report->code != MM_OK) {
        snprintf(report->error, sizeof report->error, "%s", mm_error_text());
    }
}
