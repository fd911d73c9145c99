// Fills, orders and lines of the log as the feed tells them.
#include "base/log.h"
#include "engine/fill_history.h"
#include "observe/feed_json_parts.h"

static json_t *gain_bps(const struct engine_fill_row *row, int64_t mid_half_ticks)
{
    bool is_known = mid_half_ticks > 0;
    double gain = is_known ? fill_gain_bps(row->side, row->price_ticks, mid_half_ticks) : 0;
    return known_real(is_known, gain, BPS_DECIMALS);
}

json_t *feed_fill_json(const struct observed_run *run, const struct observed_fill *fill,
                       const int64_t later_half_ticks[MARKOUT_COUNT])
{
    const struct engine_fill_row *row = &fill->row;
    json_t *markouts = json_array();
    for (int i = 0; i < MARKOUT_COUNT; i++) {
        json_array_append_new(markouts, gain_bps(row, later_half_ticks[i]));
    }
    json_t *object = json_object();
    set_integer(object, "number", (int64_t)fill->number);
    set_time(object, "time_ns", run, row->local_ts_ns);
    set_integer(object, "order_id", (int64_t)row->order_id);
    set_text(object, "side", side_name(row->side));
    set_integer(object, "price_ticks", row->price_ticks);
    set_integer(object, "qty_lots", row->qty_lots);
    set(object, "mid_half_ticks", json_known_integer(row->mid_half_ticks > 0, row->mid_half_ticks));
    set_integer(object, "fee_quote_e9", row->fee_quote_e9);
    set_integer(object, "position_lots", row->position_lots);
    set(object, "maker", json_boolean(row->maker));
    set_text(object, "rule", fill_rule_text(row->provenance.rule));
    set(object, "edge_bps", gain_bps(row, row->mid_half_ticks));
    set(object, "markout_bps", markouts);
    return object;
}

json_t *feed_order_json(const struct observed_run *run, const struct observed_order *order)
{
    const struct engine_order_row *row = &order->row;
    json_t *object = json_object();
    set_integer(object, "number", (int64_t)order->number);
    set_integer(object, "order_id", (int64_t)row->order_id);
    set_text(object, "side", side_name(row->side));
    set_text(object, "status", row->status);
    set_text(object, "reason", row->reason);
    set_time(object, "placed_ns", run, row->placed_ts_ns);
    set_time(object, "ended_ns", run, row->ended_ts_ns);
    set_integer(object, "price_ticks", row->price_ticks);
    set_integer(object, "qty_lots", row->qty_lots);
    set_integer(object, "leaves_lots", row->leaves_qty_lots);
    set_integer(object, "amends", row->amend_count);
    return object;
}

json_t *feed_log_json(const struct observed_log *line)
{
    json_t *object = json_object();
    set_integer(object, "number", (int64_t)line->number);
    set(object, "wall_ms", wall_ms(line->wall_ns));
    set_text(object, "level", log_level_name((enum log_level)line->level));
    set_text(object, "event", line->event);
    set_text(object, "text", line->text);
    return object;
}
