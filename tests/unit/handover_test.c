// Handing over between two threads: nothing torn, nothing out of order, what is lost is counted.
#include "base/handover.h"
#include "base/platform.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { ROUNDS = 200000, WORDS = 32 };

struct pair {
    struct lane lane;
    struct board board;
    atomic_bool ended;
};

static void write_all(void *context)
{
    struct pair *pair = context;
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        (void)lane_push(&pair->lane, &i);
        uint64_t *words = board_draft(&pair->board);
        for (int word = 0; word < WORDS; word++) {
            words[word] = i;
        }
        board_publish(&pair->board);
    }
    atomic_store(&pair->ended, true);
}

static void check_board(struct board *board, uint64_t *newest)
{
    bool is_new;
    const uint64_t *words = board_look(board, &is_new);
    for (int word = 1; word < WORDS; word++) {
        assert_int_equal(words[word], words[0]);
    }
    assert_true(is_new ? words[0] > *newest : words[0] == *newest);
    *newest = words[0];
}

static void two_threads_hand_over_without_waiting(void **state)
{
    (void)state;
    struct pair pair = {.ended = false};
    lane_init(&pair.lane, sizeof(uint64_t), 64);
    board_init(&pair.board, WORDS * sizeof(uint64_t));
    struct platform_thread thread;
    assert_int_equal(platform_thread_start(write_all, &pair, &thread), 0);
    uint64_t last = 0, taken = 0, newest = 0, value;
    bool ended;
    do {
        ended = atomic_load(&pair.ended);
        while (lane_pop(&pair.lane, &value)) {
            assert_true(value > last);
            last = value;
            taken++;
        }
        check_board(&pair.board, &newest);
    } while (!ended);
    platform_thread_join(&thread);
    assert_int_equal(taken + lane_lost(&pair.lane), ROUNDS);
    assert_int_equal(newest, ROUNDS);
    lane_fini(&pair.lane);
    board_fini(&pair.board);
}

static void a_full_lane_keeps_the_oldest(void **state)
{
    (void)state;
    struct lane lane;
    lane_init(&lane, sizeof(int), 4);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(lane_push(&lane, &i), i < 4);
    }
    assert_int_equal(lane_lost(&lane), 2);
    int value;
    for (int i = 0; i < 4; i++) {
        assert_true(lane_pop(&lane, &value));
        assert_int_equal(value, i);
    }
    assert_false(lane_pop(&lane, &value));
    lane_fini(&lane);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_threads_hand_over_without_waiting),
        cmocka_unit_test(a_full_lane_keeps_the_oldest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
