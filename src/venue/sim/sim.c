#include "venue/sim/sim.h"

#include "base/check.h"
#include "base/memory.h"
#include "venue/sim/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OWN_OWNER = 1 }; // in the matching engine

static const double SECOND = 1e9; // in ns

// The book is empty at first; after five lifetimes of the slow class it has its usual shape.
static const double WARMUP_LIFETIMES = 5;

struct own_order {
    uint64_t order_id;
    uint32_t slot; // 0 while not resting
    enum side side;
    int64_t price_ticks, qty_lots, leaves_lots;
    int64_t ahead_lots; // when it last joined its queue
    int64_t request_ts_ns;
};

struct sim {
    struct venue venue; // first
    struct matching matching;
    struct world world;
    struct flow flow;
    int64_t exchange_ns; // of its last event
    struct feed_line feed;
    struct request_line requests;
    struct report_line reports;
    struct delay delays[3];
    struct draw_exponential gap;
    bool feed_open;                    // false while warming up
    bool feed_lost;                    // a gap must be told before anything else
    bool batch_out, report_out;        // the front was handed out and goes at the next call
    enum venue_op answering;           // the request being processed
    struct row trades[SIM_ORDERS + 1]; // executions of one event: all but one end an order
    uint32_t trade_count;
    struct own_order own[SIM_OWN_ORDERS]; // the first own_count are in use
    uint32_t own_count;
    bool own_ended;
    struct sim_counters counters;
};

// Reports.

static struct venue_report report_of(const struct sim *sim, const struct own_order *own,
                                     enum venue_report_kind kind)
{
    return (struct venue_report){.kind = kind,
                                 .answers = sim->answering,
                                 .side = own->side,
                                 .order_id = own->order_id,
                                 .exch_ts_ns = sim->exchange_ns,
                                 .request_ts_ns = own->request_ts_ns,
                                 .price_ticks = own->price_ticks,
                                 .qty_lots = own->qty_lots,
                                 .leaves_qty_lots = own->leaves_lots};
}

static void push_report_at(struct sim *sim, const struct venue_report *report, int64_t local_ts_ns)
{
    struct report_line *line = &sim->reports;
    if (MM_COUNT_IF(sim->counters.report_lost_count, line->tail - line->head == LINE_REPORTS)) {
        return;
    }
    struct venue_report *back = &line->reports[line->tail++ & (LINE_REPORTS - 1)];
    *back = *report;
    back->local_ts_ns = local_ts_ns;
}

static void push_report(struct sim *sim, const struct venue_report *report)
{
    push_report_at(sim, report, delay_arrival(&sim->delays[DELAY_RESPONSE], sim->exchange_ns));
}

// Adds an execution to the report before it when that is the same request's at the same price.
static bool merge_taker_fill(struct sim *sim, const struct venue_report *fill)
{
    struct report_line *line = &sim->reports;
    if (line->tail == line->head) {
        return false;
    }
    struct venue_report *back = &line->reports[(line->tail - 1) & (LINE_REPORTS - 1)];
    if (back->kind != REPORT_FILLED || back->maker || back->order_id != fill->order_id ||
        back->provenance.event_row != fill->provenance.event_row ||
        back->exec_price_ticks != fill->exec_price_ticks) {
        return false;
    }
    back->exec_qty_lots += fill->exec_qty_lots;
    back->leaves_qty_lots = fill->leaves_qty_lots;
    return true;
}

static void report_fill(struct sim *sim, const struct match_execution *execution, bool maker)
{
    struct own_order *own =
        &sim->own[maker ? sim->matching.orders[execution->maker_slot].tag : execution->taker_tag];
    sim->counters.own_execution_count++;
    sim->counters.own_position_lots += side_sign(own->side) * (int64_t)execution->lots;
    own->leaves_lots = maker ? execution->maker_leaves_lots : execution->taker_leaves_lots;
    struct venue_report fill = report_of(sim, own, REPORT_FILLED);
    fill.answers = maker ? VENUE_NONE : sim->answering;
    fill.exec_price_ticks = execution->price_ticks;
    fill.exec_qty_lots = execution->lots;
    fill.maker = maker;
    fill.provenance = (struct fill_provenance){
        .rule = maker ? FILL_MATCHED : FILL_TAKER,
        .event_row = (uint32_t)sim->counters.event_count,
        .ahead_at_arrival_lots = maker ? own->ahead_lots : 0,
        .ahead_at_fill_lots = maker ? execution->consumed_lots : 0,
    };
    if (maker || !merge_taker_fill(sim, &fill)) {
        push_report(sim, &fill);
    }
}

// Own orders. The table is dense; an order's place is its tag in the matching engine.

static struct own_order *own_find(struct sim *sim, uint64_t order_id)
{
    for (uint32_t i = 0; i < sim->own_count; i++) {
        if (sim->own[i].order_id == order_id) {
            return &sim->own[i];
        }
    }
    return NULL;
}

static void own_count_sides(struct sim *sim)
{
    struct sim_counters *counters = &sim->counters;
    counters->own_open[SIDE_BUY] = counters->own_open[SIDE_SELL] = 0;
    for (uint32_t place = 0; place < sim->own_count; place++) {
        counters->own_open[sim->own[place].side]++;
    }
    for (int side = 0; side < 2; side++) {
        if (counters->own_open[side] > counters->own_open_most[side]) {
            counters->own_open_most[side] = counters->own_open[side];
        }
    }
}

// Orders that ended during an event leave the table after it, as an execution may concern two.
static void own_sweep(struct sim *sim)
{
    bool ended = sim->own_ended;
    for (uint32_t place = 0; sim->own_ended && place < sim->own_count;) {
        if (sim->own[place].slot != 0) {
            place++;
            continue;
        }
        sim->own[place] = sim->own[--sim->own_count];
        if (sim->own[place].slot != 0 && place < sim->own_count) {
            sim->matching.orders[sim->own[place].slot].tag = place;
        }
    }
    sim->own_ended = false;
    if (ended) {
        own_count_sides(sim);
    }
}

static void own_end(struct sim *sim, struct own_order *own)
{
    own->slot = 0;
    own->leaves_lots = 0;
    sim->own_ended = true;
}

static void on_executed(void *context, const struct match_execution *execution)
{
    struct sim *sim = context;
    MM_ASSERT(sim->trade_count <= SIM_ORDERS);
    sim->trades[sim->trade_count++] = (struct row){.key = execution->key, .lots = execution->lots};
    sim->counters.execution_count++;
    if (execution->maker_owner == OWN_OWNER) {
        report_fill(sim, execution, true);
        if (execution->maker_leaves_lots == 0) {
            own_end(sim, &sim->own[sim->matching.orders[execution->maker_slot].tag]);
        }
    }
    if (execution->taker_owner == OWN_OWNER) {
        report_fill(sim, execution, false);
    }
}

// Requests, on their arrival.

static void report_rejected(struct sim *sim, const struct line_request *line,
                            enum venue_reject reject)
{
    const struct venue_request *request = &line->request;
    const struct own_order *own = own_find(sim, request->order_id);
    push_report(sim, &(struct venue_report){.kind = REPORT_REJECTED,
                                            .answers = request->op,
                                            .reject = reject,
                                            .side = request->side,
                                            .order_id = request->order_id,
                                            .exch_ts_ns = sim->exchange_ns,
                                            .request_ts_ns = line->sent_ns,
                                            .price_ticks = request->price_ticks,
                                            .qty_lots = request->qty_lots,
                                            .leaves_qty_lots = own ? own->leaves_lots : 0});
}

static void report_outcome(struct sim *sim, struct own_order *own,
                           const struct match_result *result, enum venue_report_kind resting)
{
    if (result->outcome == MATCH_RESTING) {
        own->slot = result->slot;
        own->leaves_lots = result->leaves_lots;
        own->ahead_lots = result->ahead_lots >= 0 ? result->ahead_lots : own->ahead_lots;
    } else {
        own_end(sim, own);
    }
    if (result->outcome != MATCH_FILLED) {
        struct venue_report report =
            report_of(sim, own, result->outcome == MATCH_RESTING ? resting : REPORT_EXPIRED);
        push_report(sim, &report);
    }
}

static void process_place(struct sim *sim, const struct line_request *line)
{
    const struct venue_request *request = &line->request;
    if (sim->own_count == SIM_OWN_ORDERS || own_find(sim, request->order_id) != NULL) {
        report_rejected(sim, line, VENUE_REJECT_INVALID);
        return;
    }
    uint32_t place = sim->own_count++;
    struct own_order *own = &sim->own[place];
    *own = (struct own_order){.order_id = request->order_id,
                              .side = request->side,
                              .price_ticks = request->price_ticks,
                              .qty_lots = request->qty_lots,
                              .leaves_lots = request->qty_lots,
                              .request_ts_ns = line->sent_ns};
    struct match_result result =
        matching_place(&sim->matching, &(struct match_request){.side = request->side,
                                                               .type = request->type,
                                                               .tif = request->tif,
                                                               .price_ticks = request->price_ticks,
                                                               .qty_lots = request->qty_lots,
                                                               .owner = OWN_OWNER,
                                                               .tag = place});
    if (result.outcome == MATCH_REFUSED) {
        sim->own_count--;
        report_rejected(sim, line, VENUE_REJECT_INVALID);
        return;
    }
    report_outcome(sim, own, &result, REPORT_PLACED);
}

static void process_amend(struct sim *sim, const struct line_request *line, struct own_order *own)
{
    struct own_order before = *own;
    own->price_ticks = line->request.price_ticks;
    own->qty_lots = line->request.qty_lots;
    own->request_ts_ns = line->sent_ns;
    struct match_result result =
        matching_amend(&sim->matching, own->slot, own->price_ticks, own->qty_lots);
    if (result.outcome == MATCH_REFUSED) {
        *own = before;
        report_rejected(sim, line, VENUE_REJECT_INVALID);
        return;
    }
    report_outcome(sim, own, &result, REPORT_AMENDED);
}

static void process_cancel(struct sim *sim, const struct line_request *line, struct own_order *own)
{
    matching_cancel(&sim->matching, own->slot);
    own->request_ts_ns = line->sent_ns;
    own_end(sim, own);
    struct venue_report report = report_of(sim, own, REPORT_CANCELED);
    push_report(sim, &report);
}

static void process_request(struct sim *sim, const struct line_request *line)
{
    sim->answering = line->request.op;
    if (line->request.op == VENUE_PLACE) {
        process_place(sim, line);
    } else {
        struct own_order *own = own_find(sim, line->request.order_id);
        if (own == NULL) {
            report_rejected(sim, line, VENUE_REJECT_UNKNOWN_ORDER);
        } else if (line->request.op == VENUE_AMEND) {
            process_amend(sim, line, own);
        } else {
            process_cancel(sim, line, own);
        }
    }
    own_sweep(sim);
    own_count_sides(sim);
    sim->answering = VENUE_NONE;
}

// The feed.

static uint32_t count_levels(const struct matching *matching, enum side side)
{
    uint32_t count = 0;
    for (uint32_t i = matching->best[side]; i != 0; i = matching_scan(matching, side, i - 1)) {
        count++;
    }
    return count;
}

static uint32_t copy_levels(const struct matching *matching, enum side side, struct row *rows)
{
    uint32_t count = 0;
    for (uint32_t i = matching->best[side]; i != 0; i = matching_scan(matching, side, i - 1)) {
        rows[count++] =
            (struct row){.key = i | (uint32_t)side << 31, .lots = matching->levels[side][i].lots};
    }
    return count;
}

// A clear of both sides and the whole book; false when there is no room for it.
static bool publish_snapshot(struct sim *sim, int64_t local_ts_ns)
{
    const struct matching *matching = &sim->matching;
    uint32_t count = count_levels(matching, SIDE_BUY) + count_levels(matching, SIDE_SELL);
    if (!feed_line_has_room(&sim->feed, 3, count + 2)) {
        return false;
    }
    for (uint32_t side = 0; side < 2; side++) {
        struct row *row = feed_line_push(&sim->feed, sim->exchange_ns, local_ts_ns, EVENT_CLEAR, 1);
        *row = (struct row){.key = 1 | side << 31}; // index 1: the price furthest from the touch
    }
    struct row *rows =
        feed_line_push(&sim->feed, sim->exchange_ns, local_ts_ns, EVENT_SNAPSHOT, count);
    rows += copy_levels(matching, SIDE_BUY, rows);
    (void)copy_levels(matching, SIDE_SELL, rows);
    return true;
}

// After an overflow nothing is said until the gap and a snapshot fit together.
static void publish_recovery(struct sim *sim, int64_t local_ts_ns)
{
    if (feed_line_has_room(&sim->feed, 4, LINE_ROWS / 2) &&
        feed_line_push(&sim->feed, sim->exchange_ns, local_ts_ns, EVENT_GAP, 0) != NULL) {
        sim->feed_lost = !publish_snapshot(sim, local_ts_ns);
    }
}

static void publish_changes(struct sim *sim, int64_t local_ts_ns)
{
    const struct matching *matching = &sim->matching;
    uint32_t count = matching->changed_count;
    if (!feed_line_has_room(&sim->feed, 2, count + sim->trade_count)) {
        sim->feed_lost = true;
        sim->counters.gap_count++;
        return;
    }
    if (sim->trade_count > 0) {
        struct row *trades = feed_line_push(&sim->feed, sim->exchange_ns, local_ts_ns, EVENT_TRADE,
                                            sim->trade_count);
        memcpy(trades, sim->trades, sim->trade_count * sizeof(struct row));
    }
    struct row *rows =
        feed_line_push(&sim->feed, sim->exchange_ns, local_ts_ns, EVENT_DEPTH, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = matching->changed_keys[i];
        rows[i] =
            (struct row){.key = key, .lots = matching->levels[row_side(key)][row_index(key)].lots};
    }
}

// What one event of the exchange changed.
static void publish(struct sim *sim)
{
    if (sim->feed_open && sim->matching.changed_count > 0) {
        int64_t local_ts_ns = delay_arrival(&sim->delays[DELAY_FEED], sim->exchange_ns);
        if (sim->feed_lost) {
            publish_recovery(sim, local_ts_ns);
        } else {
            publish_changes(sim, local_ts_ns);
        }
    }
    sim->trade_count = 0;
    matching_clear_changed(&sim->matching);
}

// The exchange.

static int64_t exchange_next_ns(const struct sim *sim)
{
    return sim->world.next_ns <= sim->flow.next_ns ? sim->world.next_ns : sim->flow.next_ns;
}

static void step_world(struct sim *sim)
{
    struct world_event event = world_step(&sim->world);
    if (event.kind == WORLD_TAKER) {
        flow_take(&sim->flow, &event);
    }
    flow_update(&sim->flow, event.ts_ns);
}

static void step_exchange(struct sim *sim)
{
    sim->exchange_ns = exchange_next_ns(sim);
    sim->counters.event_count++;
    if (sim->world.next_ns <= sim->flow.next_ns) {
        step_world(sim);
        own_sweep(sim);
    } else {
        flow_step(&sim->flow);
    }
    publish(sim);
}

static void step_request(struct sim *sim)
{
    const struct line_request *line =
        &sim->requests.requests[sim->requests.head & (LINE_REQUESTS - 1)];
    sim->exchange_ns = line->arrives_ns;
    sim->counters.event_count++;
    process_request(sim, line);
    line_pop(&sim->requests.head, &sim->requests.tail);
    flow_update(&sim->flow, sim->exchange_ns);
    publish(sim);
}

// The venue.

enum due_kind { DUE_NOTHING, DUE_REQUEST, DUE_FEED, DUE_REPORT };

struct due {
    enum due_kind kind;
    int64_t at_ns;
};

static void note_due(struct due *due, enum due_kind kind, int64_t at_ns)
{
    if (at_ns < due->at_ns || (due->kind == DUE_NOTHING && at_ns == due->at_ns)) {
        *due = (struct due){kind, at_ns};
    }
}

// What comes first on the lines; at one instant the exchange is spoken to before we are.
static struct due next_due(const struct sim *sim, int64_t until_ns)
{
    struct due due = {DUE_NOTHING, until_ns};
    const struct request_line *requests = &sim->requests;
    if (requests->head != requests->tail) {
        note_due(&due, DUE_REQUEST,
                 requests->requests[requests->head & (LINE_REQUESTS - 1)].arrives_ns);
    }
    const struct market_batch *batch = feed_line_front(&sim->feed);
    if (batch != NULL) {
        note_due(&due, DUE_FEED, batch->local_ts_ns);
    }
    const struct report_line *reports = &sim->reports;
    if (reports->head != reports->tail) {
        note_due(&due, DUE_REPORT,
                 reports->reports[reports->head & (LINE_REPORTS - 1)].local_ts_ns);
    }
    return due;
}

// At one instant the exchange moves before anything on the lines. What is first there can change
// only while a line is empty, or with a report.
static struct due run_exchange(struct sim *sim, int64_t until_ns)
{
    struct due due = next_due(sim, until_ns);
    while (exchange_next_ns(sim) <= due.at_ns) {
        bool is_settled = feed_line_front(&sim->feed) != NULL;
        uint32_t reports_tail = sim->reports.tail;
        step_exchange(sim);
        if (!is_settled || sim->reports.tail != reports_tail) {
            due = next_due(sim, until_ns);
        }
    }
    return due;
}

static void hand_out_batch(struct sim *sim, struct venue_event *out)
{
    const struct market_batch *front = feed_line_front(&sim->feed);
    sim->venue.now_ns = front->local_ts_ns;
    sim->batch_out = true;
    *out = (struct venue_event){.kind = VENUE_MARKET, .now_ns = front->local_ts_ns, .batch = front};
}

static void hand_out_report(struct sim *sim, struct venue_event *out)
{
    const struct venue_report *front =
        &sim->reports.reports[sim->reports.head & (LINE_REPORTS - 1)];
    sim->venue.now_ns = front->local_ts_ns;
    sim->report_out = true;
    *out =
        (struct venue_event){.kind = VENUE_REPORT, .now_ns = front->local_ts_ns, .report = front};
}

// What was handed out last is no longer borrowed.
static void release(struct sim *sim)
{
    if (sim->batch_out) {
        feed_line_pop(&sim->feed);
    }
    if (sim->report_out) {
        line_pop(&sim->reports.head, &sim->reports.tail);
    }
    sim->batch_out = sim->report_out = false;
}

static int sim_next(struct venue *venue, int64_t until_ns, struct venue_event *out)
{
    struct sim *sim = (struct sim *)venue;
    release(sim);
    for (;;) {
        switch (run_exchange(sim, until_ns).kind) {
        case DUE_REQUEST:
            step_request(sim);
            break;
        case DUE_FEED:
            hand_out_batch(sim, out);
            return MM_OK;
        case DUE_REPORT:
            hand_out_report(sim, out);
            return MM_OK;
        default:
            venue->now_ns = until_ns > venue->now_ns ? until_ns : venue->now_ns;
            *out = (struct venue_event){.kind = VENUE_TIME, .now_ns = venue->now_ns};
            return MM_OK;
        }
    }
}

static int sim_send(struct venue *venue, const struct venue_request *request)
{
    struct sim *sim = (struct sim *)venue;
    struct request_line *line = &sim->requests;
    MM_ASSERT(request->op != VENUE_NONE && request->order_id > 0);
    if (MM_COUNT_IF(sim->counters.unreachable_count, line->tail - line->head == LINE_REQUESTS)) {
        struct venue_report report = {.kind = REPORT_REJECTED,
                                      .answers = request->op,
                                      .reject = VENUE_REJECT_UNREACHABLE,
                                      .side = request->side,
                                      .order_id = request->order_id,
                                      .request_ts_ns = venue->now_ns,
                                      .price_ticks = request->price_ticks,
                                      .qty_lots = request->qty_lots};
        push_report_at(sim, &report, delay_arrival(&sim->delays[DELAY_RESPONSE], venue->now_ns));
        return MM_OK;
    }
    line->requests[line->tail++ & (LINE_REQUESTS - 1)] = (struct line_request){
        .request = *request,
        .sent_ns = venue->now_ns,
        .arrives_ns = delay_arrival(&sim->delays[DELAY_ENTRY], venue->now_ns)};
    return MM_OK;
}

static void sim_destroy(struct venue *venue)
{
    struct sim *sim = (struct sim *)venue;
    flow_fini(&sim->flow);
    matching_fini(&sim->matching);
    feed_line_fini(&sim->feed);
    free(sim->requests.requests);
    free(sim->reports.reports);
    free(sim);
}

static const struct venue_ops sim_ops = {
    .name = "sim", .next = sim_next, .send = sim_send, .destroy = sim_destroy};

static void copy_text(char *out, const char *text)
{
    snprintf(out, INSTRUMENT_NAME_SIZE, "%s", text);
}

int sim_config_of_preset(const struct sim_model *preset, struct sim_config *out)
{
    *out = (struct sim_config){
        .model = *preset, .regime = SIM_CALM, .latency = preset->latency, .seed = 1};
    struct instrument *instrument = &out->instrument;
    copy_text(instrument->symbol, preset->symbol);
    copy_text(instrument->venue, "sim");
    copy_text(instrument->settle, "USDT");
    instrument->tick = preset->tick;
    instrument->lot = preset->lot;
    instrument->contract_size = preset->contract_size;
    instrument->contract = CONTRACT_LINEAR;
    return instrument_prepare(instrument);
}

static void init_lines(struct sim *sim, const struct sim_config *config)
{
    const struct sim_latency *latency = &config->latency;
    const int64_t constant_ns[] = {latency->feed_ns, latency->entry_ns, latency->response_ns};
    draw_exponential_init(&sim->gap);
    for (int line = DELAY_FEED; line <= DELAY_RESPONSE; line++) {
        delay_init(&sim->delays[line], constant_ns[line], latency->jitter_ns, config->seed,
                   (enum delay_line)line, &sim->gap);
    }
    feed_line_init(&sim->feed);
    sim->requests.requests = mm_alloc(LINE_REQUESTS, sizeof(struct line_request));
    sim->reports.reports = mm_alloc(LINE_REPORTS, sizeof(struct venue_report));
}

static void warm_up(struct sim *sim)
{
    while (exchange_next_ns(sim) <= SIM_START_NS) {
        step_exchange(sim);
    }
    sim->exchange_ns = SIM_START_NS;
    sim->feed_open = true;
    MM_ASSERT(publish_snapshot(sim, SIM_START_NS));
}

struct venue *sim_create(const struct sim_config *config)
{
    struct sim *sim = mm_alloc(1, sizeof(*sim));
    struct book_geometry geometry = {.base_ticks = 0, .span = config->model.span};
    sim->venue = (struct venue){.ops = &sim_ops,
                                .instrument = config->instrument,
                                .geometry = geometry,
                                .own_orders_in_feed = true,
                                .now_ns = SIM_START_NS,
                                .start_ns = SIM_START_NS,
                                .end_ns = INT64_MAX};
    int64_t warmup_ns = (int64_t)(WARMUP_LIFETIMES / config->model.slow_cancel * SECOND);
    int64_t begin_ns = SIM_START_NS - warmup_ns;
    matching_init(&sim->matching, geometry, SIM_ORDERS, on_executed, sim);
    world_init(&sim->world, &config->model, config->regime, config->seed, begin_ns);
    flow_init(&sim->flow, &sim->world, &sim->matching, SIM_ORDERS - SIM_OWN_ORDERS, config->seed,
              begin_ns);
    init_lines(sim, config);
    warm_up(sim);
    return &sim->venue;
}

const struct sim_counters *sim_get_counters(const struct venue *venue)
{
    return &((const struct sim *)venue)->counters;
}

const struct matching *sim_get_matching(const struct venue *venue)
{
    return &((const struct sim *)venue)->matching;
}

const struct world *sim_get_world(const struct venue *venue)
{
    return &((const struct sim *)venue)->world;
}

const struct flow *sim_get_flow(const struct venue *venue)
{
    return &((const struct sim *)venue)->flow;
}
