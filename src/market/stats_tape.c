#include "market/stats_tape.h"

// At one stamp the trades come before the best that they left behind, so that the mid they are
// measured from is the one they met.
void stats_add_tape(struct market_stats *stats, const struct tape *tape)
{
    uint64_t next_best = 0;
    for (uint64_t i = 0; i < tape->message_count; i++) {
        const struct tape_message *message = &tape->messages[TAPE_EXCH][i];
        for (; next_best < tape->best_count && tape->bests[next_best].exch_ts_ns < message->ts_ns;
             next_best++) {
            const struct tape_best *best = &tape->bests[next_best];
            market_stats_add_best(stats, best->exch_ts_ns, best->price_ticks, best->qty_lots);
        }
        struct market_batch batch;
        tape_batch(tape, message, TAPE_EXCH, &batch);
        market_stats_add(stats, &batch);
    }
}
