#include "base/handover.h"

#include "base/check.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { BOARD_FRESH = 4, BOARD_INDEX = 3 };

void lane_init(struct lane *lane, size_t record_size, uint32_t capacity)
{
    MM_ASSERT(capacity > 0 && (capacity & (capacity - 1)) == 0);
    *lane = (struct lane){.memory = mm_alloc(capacity, record_size),
                          .record_size = record_size,
                          .capacity = capacity};
}

void lane_fini(struct lane *lane)
{
    free(lane->memory);
    lane->memory = NULL;
}

static unsigned char *lane_at(const struct lane *lane, uint64_t number)
{
    return lane->memory + (number & (lane->capacity - 1)) * lane->record_size;
}

bool lane_push(struct lane *lane, const void *record)
{
    uint64_t pushed = atomic_load_explicit(&lane->pushed, memory_order_relaxed);
    if (pushed - atomic_load_explicit(&lane->popped, memory_order_acquire) == lane->capacity) {
        atomic_fetch_add_explicit(&lane->lost, 1, memory_order_relaxed);
        return false;
    }
    memcpy(lane_at(lane, pushed), record, lane->record_size);
    atomic_store_explicit(&lane->pushed, pushed + 1, memory_order_release);
    return true;
}

bool lane_pop(struct lane *lane, void *record)
{
    uint64_t popped = atomic_load_explicit(&lane->popped, memory_order_relaxed);
    if (popped == atomic_load_explicit(&lane->pushed, memory_order_acquire)) {
        return false;
    }
    memcpy(record, lane_at(lane, popped), lane->record_size);
    atomic_store_explicit(&lane->popped, popped + 1, memory_order_release);
    return true;
}

uint64_t lane_waiting(struct lane *lane)
{
    return atomic_load_explicit(&lane->pushed, memory_order_acquire) -
           atomic_load_explicit(&lane->popped, memory_order_relaxed);
}

uint64_t lane_lost(struct lane *lane)
{
    return atomic_load_explicit(&lane->lost, memory_order_relaxed);
}

void board_init(struct board *board, size_t record_size)
{
    *board = (struct board){.memory = mm_alloc(3, record_size),
                            .record_size = record_size,
                            .back = 0,
                            .middle = 1,
                            .front = 2};
}

void board_fini(struct board *board)
{
    free(board->memory);
    board->memory = NULL;
}

void *board_draft(struct board *board)
{
    return board->memory + board->back * board->record_size;
}

void board_publish(struct board *board)
{
    uint32_t before =
        atomic_exchange_explicit(&board->middle, board->back | BOARD_FRESH, memory_order_acq_rel);
    board->back = before & BOARD_INDEX;
}

const void *board_look(struct board *board, bool *is_new)
{
    bool fresh = (atomic_load_explicit(&board->middle, memory_order_relaxed) & BOARD_FRESH) != 0;
    if (fresh) {
        uint32_t before =
            atomic_exchange_explicit(&board->middle, board->front, memory_order_acq_rel);
        board->front = before & BOARD_INDEX;
    }
    if (is_new != NULL) {
        *is_new = fresh;
    }
    return board->memory + board->front * board->record_size;
}
