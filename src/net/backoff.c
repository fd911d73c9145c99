#include "net/backoff.h"

#define MS INT64_C(1000000)

enum { DOUBLINGS_MAX = 20 };

const struct backoff_config backoff_default = {.first_ns = 500 * MS,
                                               .most_ns = 30000 * MS,
                                               .lived_ns = 30000 * MS,
                                               .burst = 20,
                                               .refill_ns = 3000 * MS};

void backoff_init(struct backoff *backoff, const struct backoff_config *config, uint64_t seed,
                  int64_t now_ns)
{
    *backoff = (struct backoff){
        .config = *config, .tokens_ns = config->burst * config->refill_ns, .updated_ns = now_ns};
    random_init(&backoff->draws, seed, RANDOM_BACKOFF, 0);
}

// What the bucket asks for beyond the wait, and the attempt taken from it.
static int64_t spend(struct backoff *backoff, int64_t at_ns)
{
    const struct backoff_config *config = &backoff->config;
    int64_t most_ns = config->burst * config->refill_ns;
    backoff->tokens_ns += at_ns - backoff->updated_ns;
    backoff->updated_ns = at_ns;
    if (backoff->tokens_ns > most_ns) {
        backoff->tokens_ns = most_ns;
    }
    backoff->tokens_ns -= config->refill_ns;
    return backoff->tokens_ns < 0 ? -backoff->tokens_ns : 0;
}

int64_t backoff_next_ns(struct backoff *backoff, int64_t now_ns, int64_t lived_ns)
{
    const struct backoff_config *config = &backoff->config;
    backoff->failures = lived_ns >= config->lived_ns ? 0 : backoff->failures;
    int64_t wait_ns = config->first_ns;
    for (uint32_t i = 0; i < backoff->failures && wait_ns < config->most_ns; i++) {
        wait_ns *= 2;
    }
    wait_ns = wait_ns < config->most_ns ? wait_ns : config->most_ns;
    backoff->failures += backoff->failures < DOUBLINGS_MAX;
    wait_ns = wait_ns / 2 + (int64_t)random_below(&backoff->draws, (uint64_t)wait_ns / 2 + 1);
    return wait_ns + spend(backoff, now_ns + wait_ns);
}
