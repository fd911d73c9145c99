// What our own orders took of the recorded book's levels, which the recording knows nothing of.
//
// An entry lasts until the tape changes its level: one state of the book is sold once. Plain memory
// of the caller; one owner thread.
#ifndef MM_VENUE_REPLAY_TAKEN_H
#define MM_VENUE_REPLAY_TAKEN_H

#include <stdbool.h>
#include <stdint.h>

enum { TAKEN_MAX = 1024 };

struct taken {
    uint32_t count;
    uint32_t keys[TAKEN_MAX]; // of the levels, as a row's key
    int64_t lots[TAKEN_MAX];
};

int64_t taken_lots(const struct taken *taken, uint32_t key); // 0 when there is no entry

// Whether there is room to note the level: what cannot be noted must not be taken.
bool taken_has_room(const struct taken *taken, uint32_t key);
void taken_add(struct taken *taken, uint32_t key, int64_t lots);
void taken_forget(struct taken *taken, uint32_t key);

#endif
