#include "observe/observed.h"

#include <string.h>

const int64_t markout_horizons_ns[MARKOUT_COUNT] = {INT64_C(1000000000), INT64_C(5000000000),
                                                    INT64_C(30000000000)};

void observed_run_of(const struct soak_view *view, struct observed_run *out)
{
    const struct run_record *run = view->run;
    *out = (struct observed_run){.config = *run->config,
                                 .instrument = run->instrument,
                                 .engine = *view->engine_config,
                                 .guard = *view->guard_config,
                                 .run_id = run->run_id,
                                 .venue = run->venue,
                                 .window_ns = run->window_ns,
                                 .start_ns = engine_get_status(view->engine).now_ns};
}

static struct observed_side side_of(const struct engine_view_side *seen,
                                    const struct observed_side *before, int64_t now_ns)
{
    bool same = before != NULL && before->code != NULL && strcmp(before->code, seen->code) == 0 &&
                before->is_quoting == seen->is_quoting;
    return (struct observed_side){.code = seen->code,
                                  .text = seen->text,
                                  .is_quoting = seen->is_quoting,
                                  .since_ns = same ? before->since_ns : now_ns};
}

void observed_of(const struct soak_view *view, const struct observed_side before[2],
                 struct observed *out)
{
    const struct run_record *run = view->run;
    out->wall_ns = 0;
    out->phase = view->phase;
    out->end = run->end;
    out->catching_up = view->catching_up;
    out->killed = view->killed;
    out->window_from_ns = view->window_from_ns;
    out->window_to_ns = view->window_to_ns;
    out->iteration_count = run->iteration_count;
    out->has_verdict = run->iteration_count > 0;
    out->verdict = run->verdict;
    out->last_verdict =
        out->has_verdict ? run->verdicts[run->iteration_count - 1] : GATE_INCONCLUSIVE;
    if (out->has_verdict) {
        out->last_window = run_record_at(run, run->iteration_count)->summary;
    }
    out->total = run->total;
    out->tuning = run->tuning;
    out->guard = *view->guard;
    engine_view(view->engine, &out->engine);
    int64_t now_ns = out->engine.status.now_ns;
    for (int side = 0; side < 2; side++) {
        const struct observed_side *last = before != NULL ? &before[side] : NULL;
        out->sides[side] = side_of(&out->engine.sides[side], last, now_ns);
    }
}

void observed_course_sample(struct observed_course *course, const struct engine_sample *sample,
                            struct engine_sample *out)
{
    *out = *sample;
    for (int i = 0; i < KPI_PART_COUNT; i++) {
        out->part_quote_e9[i] += course->base_quote_e9[i];
    }
    int64_t net = out->part_quote_e9[KPI_NET];
    course->peak_quote_e9 = net > course->peak_quote_e9 ? net : course->peak_quote_e9;
    out->drawdown_quote_e9 = course->peak_quote_e9 - net;
}

void observed_course_close(struct observed_course *course, const struct kpi_summary *window)
{
    for (int i = 0; i < KPI_PART_COUNT; i++) {
        course->base_quote_e9[i] += window->part_quote_e9[i];
    }
}

static void add_counts(struct kpi_summary *sum, const struct kpi_summary *window)
{
    sum->fill_count += window->fill_count;
    sum->maker_fill_count += window->maker_fill_count;
    sum->volume_lots += window->volume_lots;
    sum->maker_volume_lots += window->maker_volume_lots;
    sum->place_count += window->place_count;
    sum->replace_count += window->replace_count;
    sum->cancel_count += window->cancel_count;
    sum->decision_count += window->decision_count;
    sum->decision_risk_count += window->decision_risk_count;
    for (int i = 0; i < KPI_BLOCK_COUNT; i++) {
        sum->block_count[i] += window->block_count[i];
    }
}

void observed_totals(const struct observed *observed, struct kpi_summary *out)
{
    *out = observed->total;
    const struct kpi_summary *window = &observed->engine.window;
    if (observed->engine.has_window) {
        add_counts(out, window);
        out->notional_quote_e9 += window->notional_quote_e9;
        out->funding_quote_e9 += window->funding_quote_e9;
        for (int i = 0; i < KPI_PART_COUNT; i++) {
            out->part_quote_e9[i] += window->part_quote_e9[i];
        }
    }
    out->has_bps = out->notional_quote_e9 > 0;
    for (int i = 0; i < KPI_PART_COUNT; i++) {
        out->part_bps[i] =
            out->has_bps ? (double)out->part_quote_e9[i] * 1e4 / (double)out->notional_quote_e9 : 0;
    }
}
