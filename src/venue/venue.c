#include "venue/venue.h"

const char *const venue_op_texts[] = {
    [VENUE_NONE] = "", [VENUE_PLACE] = "place", [VENUE_AMEND] = "amend", [VENUE_CANCEL] = "cancel"};

const char *const venue_report_texts[] = {
    [REPORT_PLACED] = "placed",   [REPORT_AMENDED] = "amended",   [REPORT_CANCELED] = "canceled",
    [REPORT_EXPIRED] = "expired", [REPORT_REJECTED] = "rejected", [REPORT_FILLED] = "filled",
    [REPORT_LOST] = "lost",       [REPORT_FUNDING] = "funding"};

const char *const time_in_force_texts[] = {
    [TIF_GTC] = "gtc", [TIF_POST_ONLY] = "post_only", [TIF_FOK] = "fok", [TIF_IOC] = "ioc"};

const char *fill_rule_text(enum fill_rule rule)
{
    switch (rule) {
    case FILL_NONE:
        return "none";
    case FILL_TAKER:
        return "taker";
    case FILL_BEST_CROSSED:
        return "best_crossed";
    case FILL_TRADE_THROUGH:
        return "trade_through";
    case FILL_QUEUE:
        return "queue";
    case FILL_MATCHED:
        return "matched";
    case FILL_EXCHANGE:
        return "exchange";
    }
    return "?";
}

bool fill_shows_queue(enum fill_rule rule, bool maker)
{
    return maker && rule != FILL_EXCHANGE;
}

const char *venue_reject_text(enum venue_reject reject)
{
    switch (reject) {
    case VENUE_REJECT_NONE:
        return "none";
    case VENUE_REJECT_UNKNOWN_ORDER:
        return "unknown_order";
    case VENUE_REJECT_INVALID:
        return "invalid";
    case VENUE_REJECT_RATE_LIMIT:
        return "rate_limit";
    case VENUE_REJECT_UNREACHABLE:
        return "unreachable";
    }
    return "?";
}
