#include "cmd/tape_print.h"

#include "base/platform.h"

#include <inttypes.h>

static double milliseconds(int64_t ns)
{
    return (double)ns / 1e6;
}

static double agreed_share(const struct tape_check *check)
{
    return (double)check->best_agreed / (double)check->best_compared;
}

static void print_times(FILE *out, const char *clock, int64_t first_ns, int64_t last_ns)
{
    char first[PLATFORM_TIME_TEXT_SIZE];
    char last[PLATFORM_TIME_TEXT_SIZE];
    platform_time_text(first_ns, first);
    platform_time_text(last_ns, last);
    (void)fprintf(out, "%-11s %s to %s (%.3f s)\n", clock, first, last,
                  (double)(last_ns - first_ns) / 1e9);
}

void tape_print_import(FILE *out, const struct tape *tape, const struct tape_import_report *report)
{
    tape_print_info(out, tape);
    (void)fprintf(out, "%-11s %" PRIu64 " lines", "read", report->line_count);
    if (report->not_market_count > 0) {
        (void)fprintf(out, ", left out %" PRIu64 " trades that were not market trades",
                      report->not_market_count);
    }
    if (report->other_count > 0) {
        (void)fprintf(out, ", left out %" PRIu64 " messages of other streams", report->other_count);
    }
    if (report->foreign_count > 0) {
        (void)fprintf(out, ", left out %" PRIu64 " messages of other symbols",
                      report->foreign_count);
    }
    if (report->stale_count > 0) {
        (void)fprintf(out, ", left out %" PRIu64 " depth updates that the book held already",
                      report->stale_count);
    }
    if (report->rounded_count > 0) {
        (void)fprintf(out, ", rounded %" PRIu64 " quantities of levels to the lot",
                      report->rounded_count);
    }
    if (report->step_back_count > 0) {
        (void)fprintf(out, ", %" PRIu64 " received before the line above them",
                      report->step_back_count);
    }
    (void)fputc('\n', out);
}

static void print_gaps(FILE *out, const struct tape *tape)
{
    int64_t places[TAPE_GAPS_SHOWN];
    uint32_t count = tape_first_gaps(tape, places);
    (void)fprintf(out, "%-11s %" PRIu64, "gaps", tape->facts.gap_count);
    for (uint32_t i = 0; i < count; i++) {
        char text[PLATFORM_TIME_TEXT_SIZE];
        platform_time_text(places[i], text);
        (void)fprintf(out, "%s %s", i == 0 ? ": received at" : ",", text);
    }
    (void)fprintf(out, "%s\n", count < tape->facts.gap_count ? " and later" : "");
}

void tape_print_info(FILE *out, const struct tape *tape)
{
    const struct tape_facts *facts = &tape->facts;
    char text[TAPE_DESCRIPTION_SIZE];
    tape_describe(tape, text, sizeof text);
    (void)fprintf(out, "%-11s %s\n", "instrument", text);
    (void)fprintf(out, "%-11s %s\n", "source", facts->source);
    print_times(out, "exchange", facts->first_exch_ns, facts->last_exch_ns);
    print_times(out, "received", facts->first_local_ns, facts->last_local_ns);
    (void)fprintf(out,
                  "%-11s received times moved by %+.3f ms so that none precedes the exchange\n",
                  "clocks", milliseconds(facts->clock_shift_ns));
    (void)fprintf(out,
                  "%-11s %" PRIu64 ": %" PRIu64 " depth updates, %" PRIu64 " trades, %" PRIu64
                  " snapshot sides\n",
                  "messages", tape->message_count, facts->depth_count, facts->trade_count,
                  facts->snapshot_count);
    print_gaps(out, tape);
    (void)fprintf(out,
                  "%-11s %" PRIu64 ", of them %" PRIu64 " wide; %" PRIu64
                  " best bids and offers beside them\n",
                  "rows", tape->row_count, tape->wide_count, tape->best_count);
    (void)fprintf(out, "%-11s %" PRIu64 " messages\n", "left out", facts->skipped_count);
}

void tape_print_check(FILE *out, const struct tape *tape, const struct tape_check *check)
{
    (void)fprintf(out, "%-11s the file is whole, every index in range\n", "content");
    print_gaps(out, tape);
    (void)fprintf(out,
                  "%-11s stale levels left after %" PRIu64
                  " messages, one side empty after %" PRIu64 " messages, %" PRIu64
                  " rows it cannot hold, %" PRIu64 " wrong best prices recorded\n",
                  "book", check->crossed_count, check->one_sided_count, check->outside_count,
                  check->annotation_count);
    if (check->best_compared > 0) {
        (void)fprintf(out,
                      "%-11s the published best equals the book's at %.2f %% of %" PRIu64
                      " depth updates (%s clock)\n",
                      "best", 100.0 * agreed_share(check), check->best_compared,
                      check->best_clock == TAPE_EXCH ? "exchange" : "receive");
    } else {
        (void)fprintf(out, "%-11s no published best to compare the book with\n", "best");
    }
    (void)fprintf(out, "%-11s min %.3f, median %.3f, p99 %.3f, max %.3f ms\n", "latency",
                  milliseconds(check->latency_min_ns), milliseconds(check->latency_p50_ns),
                  milliseconds(check->latency_p99_ns), milliseconds(check->latency_max_ns));
    (void)fprintf(out, "%-11s at most %.3f ms without a message\n", "silence",
                  milliseconds(check->silence_max_ns));
}

static json_t *step_json(struct decimal step)
{
    char text[DECIMAL_TEXT_SIZE];
    (void)decimal_print(step, text);
    return json_string(text);
}

static json_t *count_json(uint64_t count)
{
    return json_integer((json_int_t)count);
}

static json_t *instrument_json(const struct tape *tape)
{
    const struct instrument *instrument = &tape->instrument;
    bool linear = instrument->contract == CONTRACT_LINEAR;
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:b, s:b, s:b}", "symbol",
                     instrument->symbol, "venue", instrument->venue, "settle", instrument->settle,
                     "tick", step_json(instrument->tick), "lot", step_json(instrument->lot),
                     "contract", linear ? "linear" : "inverse", "contract_size",
                     step_json(instrument->contract_size), "tick_inferred",
                     (tape->inferred & TAPE_INFERRED_TICK) != 0, "lot_inferred",
                     (tape->inferred & TAPE_INFERRED_LOT) != 0, "contract_inferred",
                     (tape->inferred & TAPE_INFERRED_CONTRACT) != 0);
}

static json_t *gaps_json(const struct tape *tape)
{
    int64_t places[TAPE_GAPS_SHOWN];
    uint32_t count = tape_first_gaps(tape, places);
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++) {
        (void)json_array_append_new(list, json_integer((json_int_t)places[i]));
    }
    return list;
}

json_t *tape_info_json(const struct tape *tape)
{
    const struct tape_facts *facts = &tape->facts;
    return json_pack(
        "{s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
        "instrument", instrument_json(tape), "source", facts->source, "first_exch_ns",
        (json_int_t)facts->first_exch_ns, "last_exch_ns", (json_int_t)facts->last_exch_ns,
        "first_local_ns", (json_int_t)facts->first_local_ns, "last_local_ns",
        (json_int_t)facts->last_local_ns, "clock_shift_ns", (json_int_t)facts->clock_shift_ns,
        "messages", count_json(tape->message_count), "rows", count_json(tape->row_count),
        "wide_rows", count_json(tape->wide_count), "bests", count_json(tape->best_count),
        "depth_updates", count_json(facts->depth_count), "trades", count_json(facts->trade_count),
        "snapshot_sides", count_json(facts->snapshot_count), "left_out",
        count_json(facts->skipped_count), "gaps", count_json(facts->gap_count),
        "first_gaps_local_ns", gaps_json(tape));
}

json_t *tape_check_json(const struct tape *tape, const struct tape_check *check)
{
    json_t *share =
        check->best_compared > 0 ? json_real_stable(agreed_share(check), 6) : json_null();
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:o}", "gaps",
        count_json(check->gap_count), "crossed", count_json(check->crossed_count), "one_sided",
        count_json(check->one_sided_count), "outside_rows", count_json(check->outside_count),
        "wrong_bests", count_json(check->annotation_count), "best_clock",
        check->best_clock == TAPE_EXCH ? "exchange" : "receive", "best_compared",
        count_json(check->best_compared), "best_agreed", count_json(check->best_agreed),
        "best_agreed_share", share, "latency_min_ns", (json_int_t)check->latency_min_ns,
        "latency_p50_ns", (json_int_t)check->latency_p50_ns, "latency_p99_ns",
        (json_int_t)check->latency_p99_ns, "latency_max_ns", (json_int_t)check->latency_max_ns,
        "silence_max_ns", (json_int_t)check->silence_max_ns, "first_gaps_local_ns",
        gaps_json(tape));
}
