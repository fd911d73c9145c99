#include "base/memory.h"

#include "base/random.h"
#include "cmocka_all.h"

#include <string.h>

static bool is_zero(const void *memory, size_t size)
{
    const unsigned char *bytes = memory;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void allocated_memory_is_zeroed(void **state)
{
    (void)state;
    void *memory = mm_alloc(100, 8);
    assert_true(is_zero(memory, 800));
    free(memory);
    void *none = mm_alloc(0, 8);
    assert_non_null(none);
    free(none);
    void *pages = mm_alloc_pages(100000);
    assert_true(is_zero(pages, 100000));
    mm_free_pages(pages, 100000);
    mm_free_pages(NULL, 0);
}

static void ask_for_more_than_can_be_counted(void)
{
    free(mm_alloc(SIZE_MAX / 2, 4));
}

static void ask_for_pages_beyond_the_address_space(void)
{
    (void)mm_alloc_pages(SIZE_MAX / 2);
}

static void memory_that_cannot_be_had_ends_the_process(void **state)
{
    (void)state;
    assert_true(ends_the_process(ask_for_more_than_can_be_counted));
    assert_true(ends_the_process(ask_for_pages_beyond_the_address_space));
}

static void an_arena_hands_out_aligned_zeroed_parts_until_it_is_full(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64);
    unsigned char *first = arena_take(&arena, 1);
    unsigned char *second = arena_take(&arena, 17);
    unsigned char *third = arena_take(&arena, 16);
    assert_int_equal((uintptr_t)first % 16, 0);
    assert_ptr_equal(second, first + 16);
    assert_ptr_equal(third, first + 48);
    assert_true(is_zero(first, 64));
    assert_null(arena_take(&arena, 1));
    assert_null(arena_take(&arena, SIZE_MAX));
    arena_fini(&arena);
    arena_fini(&arena);
    arena_fini(NULL);
}

static void an_arena_refuses_what_would_start_beyond_its_end(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 20);
    assert_non_null(arena_take(&arena, 18));
    assert_null(arena_take(&arena, 0));
    assert_null(arena_take(&arena, 1));
    arena_fini(&arena);
    arena_init(&arena, 32);
    assert_non_null(arena_take(&arena, 1));
    assert_null(arena_take(&arena, 17)); // it would fit only unaligned
    assert_non_null(arena_take(&arena, 16));
    arena_fini(&arena);
}

static void a_pool_gives_each_block_once_and_then_says_so(void **state)
{
    (void)state;
    enum { CAPACITY = 5 };
    struct pool pool;
    pool_init(&pool, 24, CAPACITY);
    void *blocks[CAPACITY];
    for (int i = 0; i < CAPACITY; i++) {
        blocks[i] = pool_take(&pool);
        assert_non_null(blocks[i]);
        assert_true(is_zero(blocks[i], 24));
        memset(blocks[i], 0xa5, 24);
        for (int j = 0; j < i; j++) {
            assert_ptr_not_equal(blocks[i], blocks[j]);
        }
    }
    assert_null(pool_take(&pool));
    pool_give(&pool, blocks[3]);
    assert_ptr_equal(pool_take(&pool), blocks[3]);
    assert_true(is_zero(blocks[3], 24));
    assert_null(pool_take(&pool));
    pool_fini(&pool);
    pool_fini(&pool);
    pool_fini(NULL);
}

static void random_taking_and_giving_never_shares_a_block(void **state)
{
    (void)state;
    enum { CAPACITY = 16, ROUNDS = 20000 };
    struct pool pool;
    pool_init(&pool, sizeof(uint64_t), CAPACITY);
    uint64_t *held[CAPACITY];
    uint64_t tags[CAPACITY];
    uint32_t count = 0;
    struct random_stream stream;
    random_init(&stream, 1, RANDOM_TEST, 0);
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        if (random_below(&stream, 2) == 0) {
            uint64_t *block = pool_take(&pool);
            assert_true((block == NULL) == (count == CAPACITY));
            if (block != NULL) {
                *block = round;
                held[count] = block;
                tags[count++] = round;
            }
        } else if (count > 0) {
            uint64_t index = random_below(&stream, count);
            assert_int_equal(*held[index], tags[index]);
            pool_give(&pool, held[index]);
            held[index] = held[--count];
            tags[index] = tags[count];
        }
        assert_int_equal(pool.free_count, CAPACITY - count);
    }
    pool_fini(&pool);
}

static void give_twice(void)
{
    struct pool pool;
    pool_init(&pool, 8, 4);
    void *block = pool_take(&pool);
    pool_give(&pool, block);
    pool_give(&pool, block);
}

static void give_a_stranger(void)
{
    struct pool pool;
    pool_init(&pool, 8, 4);
    char *block = pool_take(&pool);
    pool_give(&pool, block + 4);
}

static void give_what_lies_before(void)
{
    struct pool pool;
    pool_init(&pool, 8, 4);
    (void)pool_take(&pool);
    pool_give(&pool, (void *)((uintptr_t)pool.memory - 8));
}

static void a_block_given_wrongly_is_caught_as_a_bug(void **state)
{
    (void)state;
    assert_true(ends_the_process(give_twice));
    assert_true(ends_the_process(give_a_stranger));
    assert_true(ends_the_process(give_what_lies_before));
}

static void a_ring_is_first_in_first_out_and_says_when_full(void **state)
{
    (void)state;
    struct ring ring;
    ring_init(&ring, sizeof(int), 4);
    assert_null(ring_front(&ring));
    assert_null(ring_back(&ring));
    for (int i = 0; i < 4; i++) {
        assert_true(ring_push(&ring, &i));
    }
    int more = 99;
    assert_false(ring_push(&ring, &more));
    assert_int_equal(*(int *)ring_front(&ring), 0);
    assert_int_equal(*(int *)ring_back(&ring), 3);
    assert_int_equal(*(int *)ring_at(&ring, 2), 2);
    ring_pop(&ring);
    assert_int_equal(*(int *)ring_front(&ring), 1);
    assert_true(ring_push(&ring, &more));
    assert_int_equal(*(int *)ring_back(&ring), 99);
    assert_int_equal(ring_count(&ring), 4);
    ring_fini(&ring);
    ring_fini(&ring);
    ring_fini(NULL);
}

static void a_ring_agrees_with_a_counter_across_the_wrap_of_its_positions(void **state)
{
    (void)state;
    enum { CAPACITY = 8, ROUNDS = 20000 };
    struct ring ring;
    ring_init(&ring, sizeof(uint32_t), CAPACITY);
    ring.head = ring.tail = UINT32_MAX - ROUNDS / 4;
    uint32_t pushed = 0, popped = 0;
    struct random_stream stream;
    random_init(&stream, 2, RANDOM_TEST, 0);
    for (int round = 0; round < ROUNDS; round++) {
        if (random_below(&stream, 2) == 0) {
            bool has_room = pushed - popped < CAPACITY;
            assert_int_equal(ring_push(&ring, &pushed), has_room);
            pushed += has_room;
        } else if (pushed != popped) {
            ring_pop(&ring);
            popped++;
        }
        assert_int_equal(ring_count(&ring), pushed - popped);
        for (uint32_t i = 0; i < pushed - popped; i++) {
            assert_int_equal(*(uint32_t *)ring_at(&ring, i), popped + i);
        }
    }
    assert_true(ring.tail < UINT32_MAX / 2); // it did wrap
    ring_fini(&ring);
}

static void pop_from_nothing(void)
{
    struct ring ring;
    ring_init(&ring, 4, 4);
    ring_pop(&ring);
}

static void look_beyond_the_last(void)
{
    struct ring ring;
    ring_init(&ring, 4, 4);
    (void)ring_push(&ring, &(uint32_t){1});
    (void)ring_at(&ring, 1);
}

static void ask_for_three_records(void)
{
    struct ring ring;
    ring_init(&ring, 4, 3);
}

static void a_ring_used_wrongly_is_caught_as_a_bug(void **state)
{
    (void)state;
    assert_true(ends_the_process(pop_from_nothing));
    assert_true(ends_the_process(look_beyond_the_last));
    assert_true(ends_the_process(ask_for_three_records));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocated_memory_is_zeroed),
        cmocka_unit_test(memory_that_cannot_be_had_ends_the_process),
        cmocka_unit_test(an_arena_hands_out_aligned_zeroed_parts_until_it_is_full),
        cmocka_unit_test(an_arena_refuses_what_would_start_beyond_its_end),
        cmocka_unit_test(a_pool_gives_each_block_once_and_then_says_so),
        cmocka_unit_test(random_taking_and_giving_never_shares_a_block),
        cmocka_unit_test(a_block_given_wrongly_is_caught_as_a_bug),
        cmocka_unit_test(a_ring_is_first_in_first_out_and_says_when_full),
        cmocka_unit_test(a_ring_agrees_with_a_counter_across_the_wrap_of_its_positions),
        cmocka_unit_test(a_ring_used_wrongly_is_caught_as_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
