#include "venue/sim/sim_tape.h"

#include "market/tape_builder.h"

#include <inttypes.h>
#include <stdio.h>

static int add_batch(struct tape_builder *builder, const struct venue *venue,
                     const struct market_batch *batch)
{
    size_t first_row = builder->row_count;
    for (uint32_t i = 0; i < batch->count; i++) {
        enum side side = row_side(batch->rows[i].key);
        int64_t price_ticks = geometry_ticks(venue->geometry, side, row_index(batch->rows[i].key));
        int code = tape_builder_row(builder, side, price_ticks, batch->rows[i].lots);
        if (code != MM_OK) {
            return code;
        }
    }
    return tape_builder_message(builder, batch->kind, batch->exch_ts_ns, batch->local_ts_ns,
                                first_row, batch->count);
}

static int collect(struct tape_builder *builder, struct venue *venue, int64_t until_ns)
{
    struct venue_event event;
    do {
        int code = venue_next(venue, until_ns, &event);
        if (code == MM_OK && event.kind == VENUE_MARKET) {
            code = add_batch(builder, venue, event.batch);
        }
        if (code != MM_OK) {
            return code;
        }
    } while (event.kind != VENUE_TIME);
    return MM_OK;
}

int sim_write_tape(const struct sim_config *config, int64_t duration_ns, const char *path)
{
    struct tape_builder builder;
    struct venue *venue = sim_create(config);
    tape_builder_init(&builder);
    snprintf(builder.facts.source, sizeof builder.facts.source, "simulated %s %s seed %" PRIu64,
             config->model.name, sim_regime_name(config->regime), config->seed);
    int code = collect(&builder, venue, venue->start_ns + duration_ns);
    if (code == MM_OK) {
        code = tape_builder_write(&builder, &venue->instrument, path);
    }
    tape_builder_fini(&builder);
    venue_destroy(venue);
    return code;
}
