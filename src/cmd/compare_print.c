#include "cmd/compare_print.h"

#include "base/json.h"
#include "base/platform.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { UNCOVERED_S = 1 }; // less is the time between two messages
enum { BPS_DECIMALS = 3, SHARE_DECIMALS = 4 };

static struct decimal_text qty(const struct compare_shown *shown, int64_t lots)
{
    return decimal_steps_text(lots, shown->session->instrument.lot);
}

static struct decimal_text price(const struct compare_shown *shown, int64_t ticks)
{
    return decimal_steps_text(ticks, shown->session->instrument.tick);
}

struct time_text {
    char text[PLATFORM_TIME_TEXT_SIZE];
};

static struct time_text time_of(int64_t ts_ns)
{
    struct time_text time;
    platform_time_text(ts_ns, time.text);
    return time;
}

static double gross_bps(const struct compare_totals *totals)
{
    return totals->notional_e9 > 0 ? totals->gross_e9 / totals->notional_e9 * 1e4 : NAN;
}

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

// ---- a difference ----

// Where the order stood, and for how long.
static void add_state(const struct compare_evidence *evidence, struct text *out)
{
    double ms = (double)(evidence->at_ns - evidence->changed_ns) / 1e6;
    text_add(out, "; in the %s it ", evidence->is_missing ? "replay" : "session");
    switch (evidence->state) {
    case COMPARE_ABSENT:
        text_add(out, "was not there yet");
        return;
    case COMPARE_RESTING:
        text_add(out, "had rested for %.3f ms", ms);
        return;
    case COMPARE_FILLED:
        text_add(out, "had been filled %.3f ms before", ms);
        return;
    case COMPARE_ENDED:
        text_add(out, "had been cancelled %.3f ms before", ms);
        return;
    case COMPARE_REFUSED:
        text_add(out, "had been refused %.3f ms before", ms);
        return;
    }
}

// What was ahead of it in the replay, and what was traded since it came to rest there.
static void add_queue(const struct compare_shown *shown, const struct compare_evidence *evidence,
                      struct text *out)
{
    if (evidence->ahead_at_arrival_lots < 0) {
        return;
    }
    text_add(out, " with %s ahead at arrival", qty(shown, evidence->ahead_at_arrival_lots).text);
    if (evidence->session_ahead_lots >= 0) {
        text_add(out, " (in the session %s)", qty(shown, evidence->session_ahead_lots).text);
    }
    if (evidence->ahead_lots >= 0) {
        text_add(out, " and %s then", qty(shown, evidence->ahead_lots).text);
    }
    text_add(out, "; traded since: %s at its price, %s beyond",
             qty(shown, evidence->traded_lots).text, qty(shown, evidence->beyond_lots).text);
}

// Where the order stood in the one that has not filled it, and in the replay its queue.
static void add_evidence(const struct compare_shown *shown, const struct compare_order *order,
                         struct text *out)
{
    const struct compare_evidence *evidence = &order->evidence;
    if (order->reason == COMPARE_OUTSIDE) {
        return;
    }
    add_state(evidence, out);
    if (!evidence->is_missing) {
        text_add(out, "; in the replay %s", fill_rule_text(evidence->rule));
    }
    if (!evidence->is_missing || evidence->state == COMPARE_RESTING) {
        add_queue(shown, evidence, out);
    }
}

static void add_amounts(const struct compare_shown *shown, const struct compare_order *order,
                        struct text *out)
{
    text_add(out, "%s", compare_kind_text(order->kind));
    if (order->kind == COMPARE_EARLIER || order->kind == COMPARE_LATER) {
        text_add(out, " by %.3f ms", (double)llabs(order->shift_ns) / 1e6);
    }
    text_add(out, ", %s and %s", qty(shown, order->session.lots).text,
             qty(shown, order->replay.lots).text);
}

static void print_difference(const struct compare_shown *shown, const struct compare_order *order,
                             FILE *out)
{
    struct text line = {0};
    text_add(&line, "  %s  order %" PRIu64 " %s at %s: ", time_of(order->evidence.at_ns).text,
             order->id, order->side == SIDE_BUY ? "buy" : "sell",
             price(shown, order->price_ticks).text);
    add_amounts(shown, order, &line);
    text_add(&line, ": %s", compare_reason_text(order->reason));
    add_evidence(shown, order, &line);
    (void)fprintf(out, "%s\n", text_string(&line));
    text_fini(&line);
}

static uint64_t difference_count(const struct comparison *comparison)
{
    return comparison->order_count - comparison->kinds[COMPARE_SAME].orders;
}

static void print_differences(const struct compare_shown *shown, FILE *out)
{
    const struct comparison *comparison = shown->comparison;
    uint64_t count = difference_count(comparison), printed = 0;
    uint64_t most = shown->all ? count : COMPARE_SHOWN;
    if (count == 0) {
        return;
    }
    (void)fprintf(out, "\ndifferences (quantity of the session and of the replay)%s:\n",
                  count > most ? ", the first " COMPARE_SHOWN_TEXT "; --all shows every one" : "");
    for (size_t i = 0; i < comparison->order_count && printed < most; i++) {
        if (comparison->orders[i].kind != COMPARE_SAME) {
            print_difference(shown, &comparison->orders[i], out);
            printed++;
        }
    }
}

// ---- the tables ----

static void print_totals(const struct compare_shown *shown, FILE *out)
{
    const struct compare_totals *session = &shown->comparison->session;
    const struct compare_totals *replay = &shown->comparison->replay;
    const char *settle = shown->session->instrument.settle;
    (void)fprintf(out, "\n%-24s %16s %16s\n", "", "session", "replay");
    (void)fprintf(out, "%-24s %16" PRIu64 " %16" PRIu64 "\n", "orders filled", session->orders,
                  replay->orders);
    (void)fprintf(out, "%-24s %16" PRIu64 " %16" PRIu64 "\n", "fills", session->fills,
                  replay->fills);
    (void)fprintf(out, "%-24s %16s %16s\n", "quantity", qty(shown, session->lots).text,
                  qty(shown, replay->lots).text);
    (void)fprintf(out, "notional%s%-*s %16.4f %16.4f\n", settle[0] != '\0' ? " in " : "",
                  settle[0] != '\0' ? 12 : 16, settle, session->notional_e9 / 1e9,
                  replay->notional_e9 / 1e9);
    (void)fprintf(out, "%-24s %16.3f %16.3f\n", "gross bps", gross_bps(session), gross_bps(replay));
}

static void print_match(const struct compare_shown *shown, FILE *out)
{
    const struct comparison *comparison = shown->comparison;
    double share = 0;
    if (!compare_match_share(comparison, &share)) {
        (void)fprintf(out, "\nthe session has no fills\n");
        return;
    }
    int64_t more_lots = comparison->replay.lots - comparison->matched_lots;
    (void)fprintf(out,
                  "\nthe replay fills %.1f %% of what the session filled, and %s (%.1f %%) that it "
                  "did not\n",
                  100 * share, qty(shown, more_lots).text,
                  100 * (double)more_lots / (double)comparison->session.lots);
    (void)fprintf(out,
                  "where both filled, the last fills are %.3f ms apart in the median, %.3f ms "
                  "in 95 %% of the orders\n",
                  (double)comparison->shift_p50_ns / 1e6, (double)comparison->shift_p95_ns / 1e6);
}

static void print_counts(const struct compare_shown *shown, FILE *out)
{
    const struct comparison *comparison = shown->comparison;
    (void)fprintf(out, "\n%-73s %7s %12s %12s\n", "orders", "", "session", "replay");
    for (int kind = COMPARE_SAME; kind < COMPARE_KIND_COUNT; kind++) {
        const struct compare_count *count = &comparison->kinds[kind];
        (void)fprintf(out, "  %-71s %7" PRIu64 " %12s %12s\n",
                      compare_kind_text((enum compare_kind)kind), count->orders,
                      qty(shown, count->session_lots).text, qty(shown, count->replay_lots).text);
    }
    bool any = false;
    for (int reason = COMPARE_REASON_NONE + 1; reason < COMPARE_REASON_COUNT; reason++) {
        const struct compare_count *count = &comparison->reasons[reason];
        if (count->orders > 0) {
            (void)fprintf(out, any ? "" : "why\n");
            any = true;
            (void)fprintf(out, "  %-13s %-57s %7" PRIu64 " %12s %12s\n",
                          compare_reason_name((enum compare_reason)reason),
                          compare_reason_text((enum compare_reason)reason), count->orders,
                          qty(shown, count->session_lots).text,
                          qty(shown, count->replay_lots).text);
        }
    }
}

// A recording that begins late or ends early: what it lacks is told as `outside`.
static void print_cover(const struct comparison *comparison, FILE *out)
{
    double begins_s = seconds(comparison->tape_from_ns - comparison->session_from_ns);
    double ends_s = seconds(comparison->session_to_ns - comparison->tape_to_ns);
    if (comparison->requests > 0 && begins_s > UNCOVERED_S) {
        (void)fprintf(out, "it lacks the first %.3f s of the session\n", begins_s);
    }
    if (comparison->requests > 0 && ends_s > UNCOVERED_S) {
        (void)fprintf(out, "it lacks the last %.3f s of the session\n", ends_s);
    }
}

void compare_print(const struct compare_shown *shown, FILE *out)
{
    const struct comparison *comparison = shown->comparison;
    (void)fprintf(out, "%s session in %s (%s): %" PRIu64 " orders, %" PRIu64 " requests in %.3f s",
                  shown->session->is_live ? "live" : "paper", shown->directory,
                  shown->session->instrument.symbol, comparison->sent_orders, comparison->requests,
                  seconds(comparison->session_to_ns - comparison->session_from_ns));
    if (comparison->assumed_requests > 0) {
        (void)fprintf(out, ", %" PRIu64 " without a known arrival", comparison->assumed_requests);
    }
    (void)fprintf(out, "\nits recording %s: %.3f s, %" PRIu64 " gaps\n", shown->recording,
                  seconds(comparison->tape_to_ns - comparison->tape_from_ns),
                  comparison->tape_gaps);
    print_cover(comparison, out);
    print_totals(shown, out);
    print_match(shown, out);
    print_counts(shown, out);
    print_differences(shown, out);
}

// ---- JSON ----

static json_t *money_json(double value_e9)
{
    return fabs(value_e9) < 0x1p63 ? json_integer((json_int_t)value_e9) : json_null();
}

static json_t *totals_json(const struct compare_totals *totals)
{
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o}", "orders", (json_int_t)totals->orders,
                     "fills", (json_int_t)totals->fills, "qty_lots", (json_int_t)totals->lots,
                     "notional_quote_e9", money_json(totals->notional_e9), "gross_quote_e9",
                     money_json(totals->gross_e9), "gross_bps",
                     json_real_stable(gross_bps(totals), BPS_DECIMALS));
}

static json_t *fills_json(const struct compare_fills *fills)
{
    bool any = fills->count > 0;
    return json_pack("{s:I, s:I, s:o, s:o, s:s}", "fills", (json_int_t)fills->count, "qty_lots",
                     (json_int_t)fills->lots, "first_ts_ns",
                     json_known_integer(any, fills->first_ns), "last_ts_ns",
                     json_known_integer(any, fills->last_ns), "rule", fill_rule_text(fills->rule));
}

static json_t *evidence_json(const struct compare_evidence *evidence)
{
    static const char *const states[] = {"absent", "resting", "filled", "ended", "refused"};
    return json_pack(
        "{s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:I}", "at_ts_ns", (json_int_t)evidence->at_ns,
        "of", evidence->is_missing ? "replay" : "session", "state", states[evidence->state],
        "changed_ts_ns", json_known_integer(evidence->changed_ns != 0, evidence->changed_ns),
        "ahead_at_arrival_lots",
        json_known_integer(evidence->ahead_at_arrival_lots >= 0, evidence->ahead_at_arrival_lots),
        "ahead_lots", json_known_integer(evidence->ahead_lots >= 0, evidence->ahead_lots),
        "session_ahead_at_arrival_lots",
        json_known_integer(evidence->session_ahead_lots >= 0, evidence->session_ahead_lots),
        "traded_lots", (json_int_t)evidence->traded_lots, "beyond_lots",
        (json_int_t)evidence->beyond_lots);
}

static json_t *order_json(const struct compare_order *order)
{
    bool both = order->session.count > 0 && order->replay.count > 0;
    return json_pack(
        "{s:I, s:s, s:I, s:s, s:s, s:o, s:o, s:o, s:o}", "order_id", (json_int_t)order->id, "side",
        order->side == SIDE_BUY ? "buy" : "sell", "price_ticks", (json_int_t)order->price_ticks,
        "kind", compare_kind_name(order->kind), "reason", compare_reason_name(order->reason),
        "session", fills_json(&order->session), "replay", fills_json(&order->replay), "shift_ns",
        json_known_integer(both, order->shift_ns), "evidence", evidence_json(&order->evidence));
}

static json_t *count_json(const struct compare_count *count)
{
    return json_pack("{s:I, s:I, s:I}", "orders", (json_int_t)count->orders, "session_lots",
                     (json_int_t)count->session_lots, "replay_lots",
                     (json_int_t)count->replay_lots);
}

static json_t *counts_json(const struct comparison *comparison, bool of_reasons)
{
    json_t *object = json_object();
    int count = of_reasons ? COMPARE_REASON_COUNT : COMPARE_KIND_COUNT;
    for (int i = 1; i < count; i++) {
        const struct compare_count *one =
            of_reasons ? &comparison->reasons[i] : &comparison->kinds[i];
        const char *name = of_reasons ? compare_reason_name((enum compare_reason)i)
                                      : compare_kind_name((enum compare_kind)i);
        json_object_set_new(object, name, count_json(one));
    }
    return object;
}

static json_t *differences_json(const struct comparison *comparison)
{
    json_t *list = json_array();
    for (size_t i = 0; i < comparison->order_count; i++) {
        if (comparison->orders[i].kind != COMPARE_SAME) {
            json_array_append_new(list, order_json(&comparison->orders[i]));
        }
    }
    return list;
}

void compare_print_json(const struct compare_shown *shown, FILE *out)
{
    const struct comparison *comparison = shown->comparison;
    double share = 0;
    bool has_share = compare_match_share(comparison, &share);
    json_t *document = json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "mode",
        shown->session->is_live ? "live" : "paper", "symbol", shown->session->instrument.symbol,
        "orders", (json_int_t)comparison->sent_orders, "requests", (json_int_t)comparison->requests,
        "requests_without_arrival", (json_int_t)comparison->assumed_requests, "session_from_ns",
        (json_int_t)comparison->session_from_ns, "session_to_ns",
        (json_int_t)comparison->session_to_ns, "tape_from_ns", (json_int_t)comparison->tape_from_ns,
        "tape_to_ns", (json_int_t)comparison->tape_to_ns, "tape_gaps",
        (json_int_t)comparison->tape_gaps, "tolerance_ns", (json_int_t)shown->tolerance_ns);
    json_object_set_new(document, "session", totals_json(&comparison->session));
    json_object_set_new(document, "replay", totals_json(&comparison->replay));
    json_object_set_new(document, "match_share",
                        has_share ? json_real_stable(share, SHARE_DECIMALS) : json_null());
    json_object_set_new(document, "matched_lots", json_integer(comparison->matched_lots));
    json_object_set_new(document, "shift_p50_ns", json_integer(comparison->shift_p50_ns));
    json_object_set_new(document, "shift_p95_ns", json_integer(comparison->shift_p95_ns));
    json_object_set_new(document, "kinds", counts_json(comparison, false));
    json_object_set_new(document, "reasons", counts_json(comparison, true));
    json_object_set_new(document, "differences", differences_json(comparison));
    char *text = json_document_text(document, NULL);
    (void)fputs(text != NULL ? text : "", out);
    free(text);
    json_decref(document);
}
