#include "venue/sim/sim_stats.h"

#include "base/memory.h"

#include <stdlib.h>

static int add_feed(struct market_stats *stats, struct venue *venue, int64_t until_ns)
{
    struct venue_event event;
    do {
        int code = venue_next(venue, until_ns, &event);
        if (code < 0) {
            return code;
        }
        if (event.kind == VENUE_MARKET) {
            market_stats_add(stats, event.batch);
        }
    } while (event.kind != VENUE_TIME);
    return MM_OK;
}

int sim_stats(const struct sim_config *config, int64_t duration_ns, double *values)
{
    struct market_stats *stats = mm_alloc(1, sizeof *stats);
    struct venue *venue = sim_create(config);
    int code = market_stats_init(stats, venue->geometry);
    if (code == MM_OK) {
        code = add_feed(stats, venue, venue->start_ns + duration_ns);
        market_stats_values(stats, values);
    }
    market_stats_fini(stats);
    venue_destroy(venue);
    free(stats);
    return code;
}
