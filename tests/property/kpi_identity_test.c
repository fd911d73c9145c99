// gross - slippage - adverse - inventory - fees = net = change of the ledger's equity, to the unit,
// and every part is what its definition says, for random trading in random instruments.
//
// Run without arguments, or with SEED and CASE to repeat one case. A failing case is shrunk by
// leaving out events one at a time.
#include "base/random.h"
#include "kpi/kpi.h"
#include "trade/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_MAX = 80, CASE_COUNT = 4000, MARKOUT_NS = 1000, DEFAULT_SEED = 1 };

enum action { ACT_MID, ACT_MID_MISSING, ACT_FILL, ACT_NEXT_WINDOW };

struct action_event {
    enum action action;
    int64_t now_ns;
    int64_t mid_half_ticks; // ACT_MID; for ACT_NEXT_WINDOW the mid to open with, 0 = none
    struct kpi_fill fill;   // without fee and time
};

struct scenario {
    struct instrument instrument;
    struct fees fees;
    uint32_t pending_max;
    int64_t opening_lots, opening_half_ticks;
    uint32_t event_count;
    struct action_event events[EVENT_MAX];
    int64_t end_ns;
};

// ---- making a scenario ------------------------------------------------------------------------

static int64_t pick(struct random_stream *stream, int64_t low, int64_t high)
{
    return low + (int64_t)random_below(stream, (uint64_t)(high - low + 1));
}

static void make_instrument(struct random_stream *stream, struct instrument *instrument)
{
    static const int64_t mantissas[] = {1, 2, 3, 5, 7, 25, 125};
    do {
        *instrument = (struct instrument){
            .tick = {mantissas[random_below(stream, 7)], (int32_t)pick(stream, -4, -1)},
            .lot = {mantissas[random_below(stream, 4)], (int32_t)pick(stream, -3, -1)},
            .contract_size = {pick(stream, 1, 3), 0},
            .contract = CONTRACT_LINEAR};
        if (random_below(stream, 2) == 1) {
            instrument->contract = CONTRACT_INVERSE;
            instrument->lot = (struct decimal){1, 0};
            instrument->contract_size = (struct decimal){pick(stream, 1, 100), 0};
        }
    } while (instrument_prepare(instrument) != 0);
}

static int64_t pick_delay(struct random_stream *stream)
{
    static const int64_t delays[] = {
        0, 1, MARKOUT_NS / 4, MARKOUT_NS - 1, MARKOUT_NS, MARKOUT_NS + 1};
    return delays[random_below(stream, 6)];
}

static struct action_event make_event(struct random_stream *stream, int64_t now_ns, int64_t *mid)
{
    struct action_event event = {.now_ns = now_ns};
    *mid += pick(stream, -20, 20);
    *mid = *mid < 200 ? 200 : *mid;
    uint64_t kind = random_below(stream, 10);
    int64_t price = *mid / 2 + pick(stream, -8, 8);
    if (kind < 4) {
        event.action = ACT_MID;
        event.mid_half_ticks = *mid;
    } else if (kind < 5) {
        event.action = ACT_MID_MISSING;
    } else if (kind < 9) {
        event.action = ACT_FILL;
        event.fill = (struct kpi_fill){.side = (enum side)random_below(stream, 2),
                                       .price_ticks = price,
                                       .qty_lots = pick(stream, 1, 100),
                                       .wanted_price_ticks = price + pick(stream, -3, 3),
                                       .has_wanted = random_below(stream, 4) != 0,
                                       .maker = random_below(stream, 4) != 0};
    } else {
        event.action = ACT_NEXT_WINDOW;
        event.mid_half_ticks = random_below(stream, 2) == 0 ? 0 : *mid;
    }
    return event;
}

static void make_scenario(uint64_t seed, uint32_t number, struct scenario *out)
{
    struct random_stream stream;
    random_init(&stream, seed, RANDOM_TEST, number);
    *out = (struct scenario){0};
    make_instrument(&stream, &out->instrument);
    out->fees.maker_e9 = pick(&stream, -500000, 200000);
    out->fees.taker_e9 = pick(&stream, 0, 1000000);
    out->pending_max = random_below(&stream, 4) == 0 ? 2 : EVENT_MAX;
    int64_t mid = pick(&stream, 200, 300000);
    if (random_below(&stream, 2) == 0) {
        out->opening_lots = pick(&stream, -200, 200);
        out->opening_half_ticks = mid;
    }
    out->event_count = (uint32_t)pick(&stream, 0, EVENT_MAX);
    int64_t now_ns = 0;
    for (uint32_t i = 0; i < out->event_count; i++) {
        now_ns += pick_delay(&stream);
        out->events[i] = make_event(&stream, now_ns, &mid);
    }
    out->end_ns = now_ns + pick_delay(&stream);
}

// ---- the parts by their definitions, slowly ---------------------------------------------------

struct mark {
    int64_t at_ns, half_ticks;
};

struct slow_fill {
    int64_t at_ns, signed_lots, price_ticks, wanted_ticks, mid_half_ticks, fee_e9;
};

// Every mark ever seen and the present window's fills.
struct slow {
    const struct instrument *instrument;
    bool has_mid;
    uint32_t mark_count, fill_count;
    struct mark marks[2 * EVENT_MAX + 2];
    struct slow_fill fills[EVENT_MAX];
    int64_t opening_value_e9, position_lots;
};

static int64_t slow_mark_at(const struct slow *slow, int64_t at_ns)
{
    int64_t half_ticks = 0;
    for (uint32_t i = 0; i < slow->mark_count; i++) {
        if (slow->marks[i].at_ns <= at_ns) {
            half_ticks = slow->marks[i].half_ticks;
        }
    }
    return half_ticks;
}

static int64_t slow_value(const struct slow *slow, int64_t signed_lots, int64_t half_ticks)
{
    return signed_lots == 0 ? 0 : instrument_value_e9(slow->instrument, signed_lots, half_ticks);
}

static void slow_mark(struct slow *slow, int64_t at_ns, int64_t half_ticks)
{
    slow->marks[slow->mark_count++] = (struct mark){at_ns, half_ticks};
}

static void slow_open(struct slow *slow, int64_t now_ns, int64_t mid_half_ticks)
{
    if (mid_half_ticks != 0) {
        slow->has_mid = true;
        slow_mark(slow, now_ns, mid_half_ticks);
    }
    slow->fill_count = 0;
    slow->opening_value_e9 = slow_value(slow, slow->position_lots, slow_mark_at(slow, INT64_MAX));
}

static void slow_add_fill(struct slow *slow, const struct kpi_fill *fill)
{
    if (!slow->has_mid) {
        slow_mark(slow, fill->now_ns, 2 * fill->price_ticks);
    }
    int64_t signed_lots = fill->side == SIDE_BUY ? fill->qty_lots : -fill->qty_lots;
    slow->position_lots += signed_lots;
    slow->fills[slow->fill_count++] =
        (struct slow_fill){fill->now_ns,
                           signed_lots,
                           fill->price_ticks,
                           fill->has_wanted ? fill->wanted_price_ticks : fill->price_ticks,
                           slow_mark_at(slow, INT64_MAX),
                           fill->fee_quote_e9};
}

static void slow_close(const struct slow *slow, int64_t part[KPI_PART_COUNT])
{
    int64_t last = slow_mark_at(slow, INT64_MAX);
    int64_t explained = slow->opening_value_e9;
    memset(part, 0, KPI_PART_COUNT * sizeof part[0]);
    for (uint32_t i = 0; i < slow->fill_count; i++) {
        const struct slow_fill *fill = &slow->fills[i];
        int64_t lots = fill->signed_lots;
        int64_t later = slow_mark_at(slow, fill->at_ns + MARKOUT_NS);
        int64_t wanted = slow_value(slow, lots, 2 * fill->wanted_ticks);
        int64_t mid = slow_value(slow, lots, fill->mid_half_ticks);
        part[KPI_GROSS] += mid - wanted;
        part[KPI_SLIPPAGE] += slow_value(slow, lots, 2 * fill->price_ticks) - wanted;
        part[KPI_ADVERSE] -= slow_value(slow, lots, later) - mid;
        part[KPI_FEES] += fill->fee_e9;
        explained += slow_value(slow, lots, later);
    }
    part[KPI_INVENTORY] = explained - slow_value(slow, slow->position_lots, last);
    part[KPI_NET] = part[KPI_GROSS] - part[KPI_SLIPPAGE] - part[KPI_ADVERSE] - part[KPI_INVENTORY] -
                    part[KPI_FEES];
}

// ---- one run ----------------------------------------------------------------------------------

struct run {
    const struct scenario *scenario;
    struct kpi *kpi;
    struct ledger ledger;
    struct slow slow;
    int64_t opening_equity_e9;
    char failure[200]; // "" = none
};

static int64_t equity(const struct run *run)
{
    int64_t mark = kpi_mark_half_ticks(run->kpi);
    return mark == 0 ? 0 : ledger_equity_e9(&run->ledger, mark);
}

static void expect(struct run *run, const char *what, int64_t got, int64_t wanted)
{
    if (got != wanted && run->failure[0] == '\0') {
        snprintf(run->failure, sizeof run->failure, "%s is %" PRId64 ", not %" PRId64, what, got,
                 wanted);
    }
}

static void open_window(struct run *run, int64_t now_ns, int64_t mid_half_ticks)
{
    int64_t mark = mid_half_ticks != 0 ? mid_half_ticks : kpi_mark_half_ticks(run->kpi);
    run->opening_equity_e9 = mark == 0 ? 0 : ledger_equity_e9(&run->ledger, mark);
    kpi_open(run->kpi, now_ns, run->ledger.position_lots, mid_half_ticks, run->opening_equity_e9);
    slow_open(&run->slow, now_ns, mid_half_ticks);
}

static void close_window(struct run *run, int64_t now_ns)
{
    struct kpi_summary summary;
    int64_t wanted[KPI_PART_COUNT];
    int64_t change = equity(run) - run->opening_equity_e9;
    kpi_close(run->kpi, now_ns, run->ledger.position_lots, equity(run), &summary);
    slow_close(&run->slow, wanted);
    const int64_t *part = summary.part_quote_e9;
    expect(run, "net", part[KPI_NET], change);
    expect(run, "the sum of the parts",
           part[KPI_GROSS] - part[KPI_SLIPPAGE] - part[KPI_ADVERSE] - part[KPI_INVENTORY] -
               part[KPI_FEES],
           change);
    expect(run, "the reported change of equity", summary.equity_change_quote_e9, change);
    bool as_defined = run->scenario->pending_max == EVENT_MAX;
    for (int i = 0; i < KPI_PART_COUNT && as_defined; i++) {
        expect(run, kpi_part_name((enum kpi_part)i), part[i], wanted[i]);
    }
}

static void run_fill(struct run *run, const struct action_event *event)
{
    struct kpi_fill fill = event->fill;
    fill.now_ns = event->now_ns;
    fill.fee_quote_e9 =
        ledger_apply(&run->ledger, &(struct ledger_fill){.side = fill.side,
                                                         .price_ticks = fill.price_ticks,
                                                         .qty_lots = fill.qty_lots,
                                                         .maker = fill.maker});
    kpi_fill(run->kpi, &fill);
    slow_add_fill(&run->slow, &fill);
}

static void run_event(struct run *run, const struct action_event *event)
{
    switch (event->action) {
    case ACT_MID:
        kpi_mid(run->kpi, event->now_ns, event->mid_half_ticks,
                ledger_equity_e9(&run->ledger, event->mid_half_ticks));
        run->slow.has_mid = true;
        slow_mark(&run->slow, event->now_ns, event->mid_half_ticks);
        break;
    case ACT_MID_MISSING:
        kpi_mid(run->kpi, event->now_ns, 0, 0);
        break;
    case ACT_FILL:
        run_fill(run, event);
        break;
    case ACT_NEXT_WINDOW:
        close_window(run, event->now_ns);
        open_window(run, event->now_ns, event->mid_half_ticks);
        break;
    }
}

// Whether the scenario holds; otherwise the reason is in `failure`.
static bool holds(const struct scenario *scenario, char failure[200])
{
    static struct run run;
    struct kpi_config config = {
        .markout_ns = MARKOUT_NS, .pending_max = scenario->pending_max, .samples_max = 16};
    run = (struct run){
        .scenario = scenario,
        .kpi = kpi_create(&config, &scenario->instrument),
        .slow = {.instrument = &scenario->instrument, .position_lots = scenario->opening_lots}};
    ledger_init(&run.ledger, &scenario->instrument, scenario->fees);
    ledger_open(&run.ledger, scenario->opening_lots, scenario->opening_half_ticks);
    open_window(&run, 0, scenario->opening_half_ticks);
    for (uint32_t i = 0; i < scenario->event_count; i++) {
        run_event(&run, &scenario->events[i]);
    }
    close_window(&run, scenario->end_ns);
    kpi_destroy(run.kpi);
    snprintf(failure, 200, "%s", run.failure);
    return run.failure[0] == '\0';
}

// ---- shrinking and telling --------------------------------------------------------------------

static void shrink(struct scenario *scenario)
{
    char unused[200];
    for (uint32_t i = 0; i < scenario->event_count;) {
        struct scenario smaller = *scenario;
        smaller.event_count--;
        memmove(&smaller.events[i], &smaller.events[i + 1],
                (smaller.event_count - i) * sizeof smaller.events[0]);
        if (holds(&smaller, unused)) {
            i++;
        } else {
            *scenario = smaller;
            i = 0;
        }
    }
}

static void tell(const struct scenario *scenario)
{
    static const char *const names[] = {"mid", "mid missing", "fill", "next window"};
    printf("  %s, tick %" PRId64 "e%d, lot %" PRId64 "e%d, contract %" PRId64 ", opening %" PRId64
           " lots at %" PRId64 " half ticks\n",
           scenario->instrument.contract == CONTRACT_LINEAR ? "linear" : "inverse",
           scenario->instrument.tick.mantissa, scenario->instrument.tick.exponent,
           scenario->instrument.lot.mantissa, scenario->instrument.lot.exponent,
           scenario->instrument.contract_size.mantissa, scenario->opening_lots,
           scenario->opening_half_ticks);
    for (uint32_t i = 0; i < scenario->event_count; i++) {
        const struct action_event *event = &scenario->events[i];
        printf("  %6" PRId64 " %s %" PRId64, event->now_ns, names[event->action],
               event->mid_half_ticks);
        if (event->action == ACT_FILL) {
            printf(" %s %" PRId64 " at %" PRId64 ", wanted %" PRId64,
                   event->fill.side == SIDE_BUY ? "buy" : "sell", event->fill.qty_lots,
                   event->fill.price_ticks,
                   event->fill.has_wanted ? event->fill.wanted_price_ticks : 0);
        }
        printf("\n");
    }
    printf("  %6" PRId64 " end\n", scenario->end_ns);
}

static bool check_case(uint64_t seed, uint32_t number, const char *program)
{
    static struct scenario scenario;
    char failure[200];
    make_scenario(seed, number, &scenario);
    if (holds(&scenario, failure)) {
        return true;
    }
    shrink(&scenario);
    holds(&scenario, failure);
    printf("failed: %s\n", failure);
    tell(&scenario);
    printf("to repeat: %s %" PRIu64 " %" PRIu32 "\n", program, seed, number);
    return false;
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : DEFAULT_SEED;
    if (argc > 2) {
        return check_case(seed, (uint32_t)strtoul(argv[2], NULL, 10), argv[0]) ? 0 : 1;
    }
    for (uint32_t number = 0; number < CASE_COUNT; number++) {
        if (!check_case(seed, number, argv[0])) {
            return 1;
        }
    }
    printf("%d cases hold\n", CASE_COUNT);
    return 0;
}
