#include "venue/bybit/rate_budget.h"

#define SECOND INT64_C(1000000000)

static uint32_t limit_of(const struct rate_budget *budget)
{
    return budget->limit > 0 ? budget->limit : RATE_LIMIT_DEFAULT;
}

// When `count` more fit.
static int64_t fits_ns(const struct rate_budget *budget, uint32_t count)
{
    uint32_t limit = limit_of(budget);
    if (count > limit) {
        return INT64_MAX;
    }
    int64_t ready_ns = budget->closed_until_ns;
    if (budget->count + count > limit) {
        // The newest of those that must have left the window.
        int64_t sent_ns = budget->sent_ns[(budget->count + count - limit - 1) % RATE_LIMIT_MAX];
        int64_t free_ns = sent_ns + RATE_WINDOW_NS;
        ready_ns = free_ns > ready_ns ? free_ns : ready_ns;
    }
    return ready_ns;
}

bool rate_budget_take(struct rate_budget *budget, uint32_t count, int64_t now_ns)
{
    if (fits_ns(budget, count) > now_ns) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        budget->sent_ns[budget->count++ % RATE_LIMIT_MAX] = now_ns;
    }
    return true;
}

int64_t rate_budget_ready_ns(const struct rate_budget *budget, int64_t now_ns)
{
    int64_t ready_ns = fits_ns(budget, 1);
    return ready_ns > now_ns ? ready_ns : now_ns;
}

void rate_budget_note(struct rate_budget *budget, uint32_t limit, uint32_t left, int64_t reset_ns,
                      bool refused, int64_t now_ns)
{
    if (limit > 0) {
        budget->limit = limit < RATE_LIMIT_MAX ? limit : RATE_LIMIT_MAX;
    }
    if (!refused && (limit == 0 || left > 0)) {
        return;
    }
    // Others may trade on the account, too: then less is left than we have used.
    bool known = reset_ns > 0 && reset_ns <= 2 * SECOND;
    int64_t until_ns = now_ns + (known ? reset_ns : refused ? SECOND : 0);
    budget->closed_until_ns =
        until_ns > budget->closed_until_ns ? until_ns : budget->closed_until_ns;
}
