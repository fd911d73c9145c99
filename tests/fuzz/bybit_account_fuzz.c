// Whatever the exchange says of orders, executions and positions, rows are within bounds and the
// desk stays sound: what is open is known, and every fill moves the position by what it says.
#include "base/check.h"
#include "venue/bybit/desk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ORDERS = 4 };

#define MS INT64_C(1000000)

static const struct instrument instrument = {.symbol = "BTCUSDT", .tick = {1, -1}, .lot = {1, -3}};

static void drain(struct desk *desk)
{
    struct venue_report report;
    while (desk_take_report(desk, &report)) {
        MM_ASSERT(report.leaves_qty_lots >= 0);
        MM_ASSERT(report.kind != REPORT_FILLED || report.exec_qty_lots > 0);
    }
}

// In every state an order can be in.
static void open_orders(struct desk *desk)
{
    for (uint64_t id = 1; id <= ORDERS; id++) {
        uint32_t cursor = 0;
        struct desk_order *order;
        const struct venue_request request = {
            .op = VENUE_PLACE, .order_id = id, .price_ticks = 1000, .qty_lots = 10};
        desk_send(desk, &request, 0);
        if (id > 1 && (order = desk_queued(desk, VENUE_PLACE, &cursor, 0)) != NULL) {
            desk_sent(desk, order, 0);
        }
        if (id > 2) {
            desk_no_answer(desk, id, VENUE_PLACE, 0, 0);
        }
    }
    drain(desk);
}

static void take_item(struct desk *desk, const struct link_namer *namer, const json_t *item,
                      int64_t now_ns)
{
    struct order_row order;
    struct execution_row execution;
    struct position_row position;
    bool is_broken;
    if (order_row_read(item, &instrument, &order, &is_broken)) {
        MM_ASSERT(order.qty_lots >= 0 && order.cum_lots >= 0 && order.price_ticks >= 0);
        struct link_meaning meaning = link_read(namer, order.link);
        (void)desk_row(desk, meaning.order_number % (ORDERS + 1), &order, now_ns, now_ns);
        drain(desk);
    }
    if (execution_row_read(item, &instrument, &execution, &is_broken)) {
        int64_t before = desk->position_lots;
        struct link_meaning meaning = link_read(namer, execution.link);
        bool booked = desk_execution(desk, meaning.order_number % (ORDERS + 1), &execution, now_ns);
        int64_t moved = desk->position_lots - before;
        MM_ASSERT(moved == (booked ? side_sign(execution.side) * execution.qty_lots : 0));
        MM_ASSERT(!desk_execution(desk, 0, &execution, now_ns)); // once
        drain(desk);
    }
    (void)position_row_read(item, &instrument, &position);
    desk_check(desk, now_ns);
    MM_ASSERT(desk_unknown_count(desk) <= desk_open_count(desk));
    drain(desk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct link_namer namer;
    const struct desk_config config = {
        .answer_ns = 2000 * MS, .recv_window_ns = 4000 * MS, .ask_again_ns = 1000 * MS};
    json_t *document = json_loadb((const char *)data, size, 0, NULL);
    static struct desk shared;
    struct desk *desk = &shared; // large: made anew, not allocated anew
    MM_ASSERT(link_namer_init(&namer, "mmb", 1, 1) == MM_OK);
    desk_init(desk, &config);
    desk->takes_places = true;
    open_orders(desk);
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(document, "data"), i, item)
    {
        take_item(desk, &namer, item, (int64_t)i * 500 * MS);
    }
    (void)code_read(json_integer_value(json_object_get(document, "retCode")));
    json_decref(document);
    return 0;
}
