#include "venue/venue.h"

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
    }
    return "?";
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
