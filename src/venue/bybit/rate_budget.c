#include "venue/bybit/rate_budget.h"

#include "base/decimal.h"
#include "base/integers.h"

#include <string.h>

#define MS INT64_C(1000000)
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

// "" and what is no number are -1.
static int64_t number_of(const char *text)
{
    int64_t value = 0;
    bool fine = text[0] != '\0' &&
                decimal_parse_scaled(text, strlen(text), 0, &value) == DECIMAL_OK && value >= 0;
    return fine ? value : -1;
}

struct rate_limit rate_limit_read(const char *limit, const char *left, const char *reset_ms)
{
    int64_t most = number_of(limit), rest = number_of(left);
    if (most <= 0 || most > UINT32_MAX || rest < 0 || rest > most) {
        return (struct rate_limit){0};
    }
    return (struct rate_limit){(uint32_t)most, (uint32_t)rest, number_of(reset_ms)};
}

// How many of the newest requests are inside the window.
static uint32_t count_recent(const struct rate_budget *budget, int64_t now_ns)
{
    uint64_t kept = budget->count < RATE_LIMIT_MAX ? budget->count : RATE_LIMIT_MAX;
    uint32_t recent = 0;
    while (recent < kept &&
           now_ns - budget->sent_ns[(budget->count - 1 - recent) % RATE_LIMIT_MAX] <
               RATE_WINDOW_NS) {
        recent++;
    }
    return recent;
}

// Others have sent what the exchange has counted and we have not. When they did is not known: the
// latest possible is now.
static void add_others(struct rate_budget *budget, uint32_t used, int64_t now_ns)
{
    uint32_t own = count_recent(budget, now_ns);
    for (; own < used && own < budget->limit; own++) {
        budget->sent_ns[budget->count++ % RATE_LIMIT_MAX] = now_ns;
    }
}

// The limit holds for every second, so more than two until there is room again is no answer.
static bool is_known(const struct rate_limit *said, int64_t reset_ns)
{
    return said->limit > 0 && said->left == 0 && reset_ns > 0 && reset_ns <= 2 * SECOND;
}

bool rate_budget_note(struct rate_budget *budget, const struct rate_limit *said, bool refused,
                      int64_t ahead_ms, int64_t now_ns)
{
    uint32_t before = limit_of(budget);
    int64_t reset_ns = (said->reset_ms - ahead_ms) * MS - now_ns;
    if (said->limit > 0) {
        budget->limit = said->limit < RATE_LIMIT_MAX ? said->limit : RATE_LIMIT_MAX;
    }
    if (refused || is_known(said, reset_ns)) {
        int64_t until_ns = now_ns + (is_known(said, reset_ns) ? reset_ns : SECOND);
        budget->closed_until_ns = int64_larger(budget->closed_until_ns, until_ns);
    } else if (said->limit > 0) {
        add_others(budget, said->limit - said->left, now_ns);
    }
    return limit_of(budget) != before;
}
