#include "venue/replay/order_desk.h"

#include "base/check.h"

struct sent_request {
    struct venue_request request;
    int64_t sent_ts_ns;
};

int order_desk_init(struct order_desk *desk, const struct tape *tape,
                    const struct queue_model *queue_model, const struct fill_rules *rules,
                    const struct latency_model *latency)
{
    int rc = exchange_init(&desk->exchange, tape, queue_model, rules);
    if (rc < 0) {
        return rc;
    }
    order_bus_init(&desk->requests, sizeof(struct sent_request), ORDER_DESK_IN_FLIGHT_MAX);
    order_bus_init(&desk->reports, sizeof(struct venue_report), ORDER_DESK_IN_FLIGHT_MAX);
    desk->entry = desk->response = (struct latency_cursor){.model = latency};
    return MM_OK;
}

void order_desk_fini(struct order_desk *desk)
{
    order_bus_fini(&desk->requests);
    order_bus_fini(&desk->reports);
    exchange_fini(&desk->exchange);
}

static enum latency_kind kind_of_op(enum venue_op op)
{
    return op == VENUE_AMEND ? LATENCY_AMEND : op == VENUE_CANCEL ? LATENCY_CANCEL : LATENCY_PLACE;
}

static enum latency_kind kind_of_report(const struct venue_report *report)
{
    return report->kind == REPORT_FILLED ? LATENCY_FILL : kind_of_op(report->answers);
}

static int push_report(struct order_desk *desk, const struct venue_report *report)
{
    if (!order_bus_push(&desk->reports, report->local_ts_ns, report)) {
        return mm_fail(MM_ERROR_SYSTEM, "more than %d reports on their way at once",
                       ORDER_DESK_IN_FLIGHT_MAX);
    }
    return MM_OK;
}

static int64_t within(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

int order_desk_post(struct order_desk *desk, int64_t known_ns)
{
    struct exchange *exchange = &desk->exchange;
    for (uint32_t i = 0; i < exchange->report_count; i++) {
        struct venue_report *report = &exchange->reports[i];
        int64_t response_ns =
            latency_response(&desk->response, kind_of_report(report), report->exch_ts_ns);
        report->local_ts_ns = report->exch_ts_ns + response_ns;
        if (known_ns != INT64_MIN) {
            report->local_ts_ns = within(report->local_ts_ns, known_ns, known_ns + response_ns);
        }
        int rc = push_report(desk, report);
        if (rc < 0) {
            return rc;
        }
    }
    exchange->report_count = 0;
    return MM_OK;
}

int order_desk_take(struct order_desk *desk, int64_t known_ns)
{
    int64_t exch_ts_ns = desk->requests.head_ts_ns;
    while (desk->requests.head_ts_ns == exch_ts_ns) {
        const struct sent_request *sent = order_bus_pop(&desk->requests);
        int rc = exchange_request(&desk->exchange, &sent->request, sent->sent_ts_ns, exch_ts_ns);
        if (rc == MM_OK) {
            rc = order_desk_post(desk, known_ns);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return MM_OK;
}

// The request never reaches the exchange; word of it comes after `delay_ns`.
static int post_unreachable(struct order_desk *desk, const struct venue_request *request,
                            int64_t now_ns, int64_t delay_ns)
{
    struct venue_report report = {.kind = REPORT_REJECTED,
                                  .answers = request->op,
                                  .reject = VENUE_REJECT_UNREACHABLE,
                                  .side = request->side,
                                  .order_id = request->order_id,
                                  .local_ts_ns = now_ns + delay_ns,
                                  .request_ts_ns = now_ns,
                                  .price_ticks = request->price_ticks,
                                  .qty_lots = request->qty_lots,
                                  .leaves_qty_lots = request->qty_lots};
    return push_report(desk, &report);
}

int order_desk_send(struct order_desk *desk, const struct venue_request *request, int64_t now_ns)
{
    MM_ASSERT(request->order_id > 0 && request->op != VENUE_NONE);
    int64_t entry_ns = latency_entry(&desk->entry, kind_of_op(request->op), now_ns);
    if (entry_ns < 0) {
        return post_unreachable(desk, request, now_ns, -entry_ns);
    }
    struct sent_request sent = {.request = *request, .sent_ts_ns = now_ns};
    if (!order_bus_push(&desk->requests, now_ns + entry_ns, &sent)) {
        return mm_fail(MM_ERROR_SYSTEM, "more than %d requests on their way at once",
                       ORDER_DESK_IN_FLIGHT_MAX);
    }
    return MM_OK;
}
