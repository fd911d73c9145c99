#include "market/capture_levels.h"

static bool failed(struct level_reader *reader, int status)
{
    reader->failure = status;
    return false;
}

bool capture_level_read(struct level_reader *reader, struct capture_json *json,
                        int64_t *out_price_ticks, int64_t *out_qty_lots)
{
    static const char shape[] = "a level is not [\"price\",\"quantity\"]";
    if (!capture_json_take(json, '[', shape) || !capture_json_take(json, '"', shape)) {
        return false;
    }
    int status = step_reader_read(&reader->price, reader->builder, STEP_OF_LEVEL, &json->at,
                                  out_price_ticks);
    if (status < 0) {
        return failed(reader, status);
    }
    if (!capture_json_take(json, '"', "a price is not a decimal number") ||
        !capture_json_take(json, ',', shape) || !capture_json_take(json, '"', shape)) {
        return false;
    }
    status =
        step_reader_read(&reader->qty, reader->builder, STEP_OF_LEVEL, &json->at, out_qty_lots);
    if (status < 0) {
        return failed(reader, status);
    }
    if (!capture_json_take(json, '"', "a quantity is not a decimal number") ||
        !capture_json_take(json, ']', shape)) {
        return false;
    }
    return *out_price_ticks != 0 || capture_json_fail(json, "a price is 0");
}

static bool add_level(struct level_reader *reader, struct capture_json *json, enum side side)
{
    int64_t price_ticks = 0, qty_lots = 0;
    if (!capture_level_read(reader, json, &price_ticks, &qty_lots)) {
        return false;
    }
    int status = tape_builder_row(reader->builder, side, price_ticks, qty_lots);
    return status == MM_OK || failed(reader, status);
}

bool capture_levels_read(struct level_reader *reader, struct capture_json *json,
                         struct capture_levels *levels, enum side side)
{
    if (levels->present) {
        return capture_json_fail(json, "one side is there twice");
    }
    levels->present = true;
    levels->first = reader->builder->row_count;
    if (!capture_json_take(json, '[', "an array of levels is missing")) {
        return false;
    }
    if (!capture_json_try(json, ']')) {
        do {
            if (!add_level(reader, json, side)) {
                return false;
            }
        } while (capture_json_try(json, ','));
        if (!capture_json_take(json, ']', "a comma or bracket is missing after a level")) {
            return false;
        }
    }
    levels->count = reader->builder->row_count - levels->first;
    return true;
}
