// How one thread hands things to one other without either ever waiting.
//
// A lane is a bounded FIFO of records: the writer pushes, the reader pops, and what does not fit is
// lost and counted. A board is a record of which the reader only ever wants the newest whole copy.
// Each has exactly one writing and one reading thread; memory is sized at init and nothing is
// allocated afterwards. Init and fini are called while no other thread uses it.
#ifndef MM_BASE_HANDOVER_H
#define MM_BASE_HANDOVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lane {
    unsigned char *memory; // owned
    size_t record_size;
    uint32_t capacity; // a power of two
    _Atomic uint64_t pushed, popped;
    _Atomic uint64_t lost;
};

void lane_init(struct lane *lane, size_t record_size, uint32_t capacity);
void lane_fini(struct lane *lane);                     // accepts a zeroed one
bool lane_push(struct lane *lane, const void *record); // writer; false = full, counted as lost
bool lane_pop(struct lane *lane, void *record);        // reader; false = empty
uint64_t lane_waiting(struct lane *lane);              // reader; how many may be popped
uint64_t lane_lost(struct lane *lane);                 // any thread

struct board {
    unsigned char *memory; // owned; three records
    size_t record_size;
    uint32_t back, front;    // the writer's, the reader's
    _Atomic uint32_t middle; // index, with BOARD_FRESH until the reader has taken it
};

void board_init(struct board *board, size_t record_size);
void board_fini(struct board *board); // accepts a zeroed one

// Writer: the record to fill, with what was in it three publications ago; then shows it.
void *board_draft(struct board *board);
void board_publish(struct board *board);

// Reader: the newest record, valid until the next call; *is_new (may be NULL) whether it differs
// from the last call's. All zero before the first publication.
const void *board_look(struct board *board, bool *is_new);

#endif
