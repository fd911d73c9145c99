#include "base/memory.h"

#include "base/check.h"
#include "base/platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_ALIGNMENT = 16 };

static _Noreturn void out_of_memory(size_t count, size_t size)
{
    (void)fprintf(stderr, "mmbot: no memory for %zu x %zu bytes\n", count, size);
    (void)fflush(NULL);
    abort();
}

void *mm_alloc(size_t count, size_t size)
{
    // At least one byte, because calloc may answer NULL for none.
    void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
    if (memory == NULL) {
        out_of_memory(count, size);
    }
    return memory;
}

void *mm_alloc_pages(size_t size)
{
    void *memory = platform_pages_alloc(size > 0 ? size : 1);
    if (memory == NULL) {
        out_of_memory(1, size);
    }
    return memory;
}

void mm_free_pages(void *memory, size_t size)
{
    if (memory != NULL) {
        platform_pages_free(memory, size > 0 ? size : 1);
    }
}

void arena_init(struct arena *arena, size_t size)
{
    *arena = (struct arena){.memory = mm_alloc(1, size), .size = size};
}

void arena_fini(struct arena *arena)
{
    if (arena != NULL) {
        free(arena->memory);
        *arena = (struct arena){0};
    }
}

void *arena_take(struct arena *arena, size_t size)
{
    size_t padding = -arena->used & (ARENA_ALIGNMENT - 1);
    size_t left = arena->size - arena->used;
    if (padding > left || size > left - padding) {
        return NULL;
    }
    void *memory = arena->memory + arena->used + padding;
    arena->used += padding + size;
    return memory;
}

void pool_init(struct pool *pool, size_t block_size, uint32_t capacity)
{
    MM_ASSERT(block_size > 0);
    *pool = (struct pool){.memory = mm_alloc(capacity, block_size),
                          .free_list = mm_alloc(capacity, sizeof *pool->free_list),
                          .taken = mm_alloc(capacity, sizeof *pool->taken),
                          .block_size = block_size,
                          .capacity = capacity,
                          .free_count = capacity};
    // The last entry is taken first, so blocks come out in the order of their addresses.
    for (uint32_t i = 0; i < capacity; i++) {
        pool->free_list[i] = capacity - 1 - i;
    }
}

void pool_fini(struct pool *pool)
{
    if (pool != NULL) {
        free(pool->memory);
        free(pool->free_list);
        free(pool->taken);
        *pool = (struct pool){0};
    }
}

void *pool_take(struct pool *pool)
{
    if (pool->free_count == 0) {
        return NULL;
    }
    uint32_t index = pool->free_list[--pool->free_count];
    pool->taken[index] = true;
    return memset(pool->memory + index * pool->block_size, 0, pool->block_size);
}

void pool_give(struct pool *pool, void *block)
{
    size_t offset = (size_t)((unsigned char *)block - pool->memory);
    size_t index = offset / pool->block_size;
    MM_ASSERT(index < pool->capacity && offset % pool->block_size == 0);
    MM_ASSERT(pool->taken[index]);
    pool->taken[index] = false;
    pool->free_list[pool->free_count++] = (uint32_t)index;
}

void ring_init(struct ring *ring, size_t record_size, uint32_t capacity)
{
    MM_ASSERT(record_size > 0);
    MM_ASSERT(capacity > 0 && (capacity & (capacity - 1)) == 0);
    *ring = (struct ring){.memory = mm_alloc(capacity, record_size),
                          .record_size = record_size,
                          .capacity = capacity};
}

void ring_fini(struct ring *ring)
{
    if (ring != NULL) {
        free(ring->memory);
        *ring = (struct ring){0};
    }
}

// The record at a position; positions run on and wrap with uint32_t.
static void *record_at(struct ring *ring, uint32_t position)
{
    return ring->memory + (size_t)(position & (ring->capacity - 1)) * ring->record_size;
}

bool ring_push(struct ring *ring, const void *record)
{
    if (ring_count(ring) == ring->capacity) {
        return false;
    }
    memcpy(record_at(ring, ring->tail++), record, ring->record_size);
    return true;
}

void *ring_front(struct ring *ring)
{
    return ring_count(ring) == 0 ? NULL : record_at(ring, ring->head);
}

void *ring_back(struct ring *ring)
{
    return ring_count(ring) == 0 ? NULL : record_at(ring, ring->tail - 1);
}

void ring_pop(struct ring *ring)
{
    MM_ASSERT(ring_count(ring) > 0);
    ring->head++;
}

uint32_t ring_count(const struct ring *ring)
{
    return ring->tail - ring->head;
}

void *ring_at(struct ring *ring, uint32_t index)
{
    MM_ASSERT(index < ring_count(ring));
    return record_at(ring, ring->head + index);
}
