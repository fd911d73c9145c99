#include "venue/replay/taken.h"

#include "base/check.h"

// Position of the level's entry, or `count` when it has none.
static uint32_t find(const struct taken *taken, uint32_t key)
{
    uint32_t i = 0;
    while (i < taken->count && taken->keys[i] != key) {
        i++;
    }
    return i;
}

int64_t taken_lots(const struct taken *taken, uint32_t key)
{
    uint32_t at = find(taken, key);
    return at < taken->count ? taken->lots[at] : 0;
}

bool taken_has_room(const struct taken *taken, uint32_t key)
{
    return taken->count < TAKEN_MAX || find(taken, key) < taken->count;
}

void taken_add(struct taken *taken, uint32_t key, int64_t lots)
{
    uint32_t at = find(taken, key);
    if (at == taken->count) {
        MM_ASSERT(taken->count < TAKEN_MAX);
        taken->keys[taken->count] = key;
        taken->lots[taken->count++] = 0;
    }
    taken->lots[at] += lots;
}

void taken_forget(struct taken *taken, uint32_t key)
{
    uint32_t at = find(taken, key);
    if (at < taken->count) {
        uint32_t last = --taken->count;
        taken->keys[at] = taken->keys[last];
        taken->lots[at] = taken->lots[last];
    }
}
