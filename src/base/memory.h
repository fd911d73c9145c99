// Memory sized at start: arena (freed at once), pool (fixed blocks), ring (fixed FIFO of records).
// Nothing here allocates after its init; a full pool or ring says so and the caller counts it.
#ifndef MM_BASE_MEMORY_H
#define MM_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Allocation that cannot fail: prints what was asked for and aborts. Zeroed. Freed with free().
void *mm_alloc(size_t count, size_t size);
// Zeroed pages straight from the system, touched lazily; for books and sample stores.
void *mm_alloc_pages(size_t size);
void mm_free_pages(void *memory, size_t size);

struct arena {
    unsigned char *memory; // owned
    size_t size, used;
};
void arena_init(struct arena *arena, size_t size);
void arena_fini(struct arena *arena);
void *arena_take(struct arena *arena, size_t size); // 16-byte aligned, zeroed; NULL when full

struct pool {
    unsigned char *memory; // owned
    uint32_t *free_list;   // owned
    bool *taken;           // owned; catches a block given twice
    size_t block_size;
    uint32_t capacity, free_count;
};
void pool_init(struct pool *pool, size_t block_size, uint32_t capacity);
void pool_fini(struct pool *pool);
void *pool_take(struct pool *pool); // zeroed; NULL when empty
void pool_give(struct pool *pool, void *block);

struct ring {
    unsigned char *memory; // owned
    size_t record_size;
    uint32_t capacity;   // a power of two
    uint32_t head, tail; // tail - head = count
};
void ring_init(struct ring *ring, size_t record_size, uint32_t capacity);
void ring_fini(struct ring *ring);
bool ring_push(struct ring *ring, const void *record); // false when full
void *ring_front(struct ring *ring);                   // NULL when empty
void *ring_back(struct ring *ring);                    // NULL when empty
void ring_pop(struct ring *ring);
uint32_t ring_count(const struct ring *ring);
void *ring_at(struct ring *ring, uint32_t index); // 0 = front

#endif
