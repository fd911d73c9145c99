#include "base/random.h"

#include "cmocka_all.h"

#include <math.h>
#include <string.h>

static void assert_block(const uint32_t counter[4], const uint32_t key[2],
                         const uint32_t expected[4])
{
    uint32_t block[4];
    philox4x32_10(counter, key, block);
    assert_memory_equal(block, expected, sizeof block);
}

// The known answers that come with Random123 (kat_vectors, philox4x32 10).
static void philox_gives_its_published_answers(void **state)
{
    (void)state;
    assert_block((uint32_t[4]){0, 0, 0, 0}, (uint32_t[2]){0, 0},
                 (uint32_t[4]){0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    assert_block((uint32_t[4]){0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                 (uint32_t[2]){0xffffffff, 0xffffffff},
                 (uint32_t[4]){0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    assert_block((uint32_t[4]){0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                 (uint32_t[2]){0xa4093822, 0x299f31d0},
                 (uint32_t[4]){0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

static void a_stream_is_the_blocks_of_its_counter_in_order(void **state)
{
    (void)state;
    struct random_stream stream;
    random_init(&stream, UINT64_C(0x1122334455667788), RANDOM_SIM_BOOK, 9);
    for (uint32_t block_index = 0; block_index < 5; block_index++) {
        uint32_t block[4];
        philox4x32_10((uint32_t[4]){block_index, 0, RANDOM_SIM_BOOK, 9},
                      (uint32_t[2]){0x55667788, 0x11223344}, block);
        for (int word = 0; word < 4; word++) {
            assert_int_equal(random_u32(&stream), block[word]);
        }
    }
}

static void the_counter_carries_into_its_second_word(void **state)
{
    (void)state;
    struct random_stream stream;
    random_init(&stream, 7, RANDOM_TEST, 0);
    stream.counter[0] = UINT32_MAX;
    for (int word = 0; word < 4; word++) {
        (void)random_u32(&stream);
    }
    uint32_t block[4];
    philox4x32_10((uint32_t[4]){0, 1, RANDOM_TEST, 0}, (uint32_t[2]){7, 0}, block);
    assert_int_equal(random_u32(&stream), block[0]);
}

static void streams_differ_by_seed_purpose_and_index(void **state)
{
    (void)state;
    struct random_stream streams[5];
    random_init(&streams[0], 1, RANDOM_SIM_WORLD, 0);
    random_init(&streams[1], 2, RANDOM_SIM_WORLD, 0);
    random_init(&streams[2], 1, RANDOM_SIM_BOOK, 0);
    random_init(&streams[3], 1, RANDOM_SIM_WORLD, 1);
    random_init(&streams[4], UINT64_C(1) << 32 | 1, RANDOM_SIM_WORLD, 0);
    uint64_t first[5];
    for (int i = 0; i < 5; i++) {
        first[i] = random_u64(&streams[i]);
        for (int j = 0; j < i; j++) {
            assert_true(first[i] != first[j]);
        }
    }
}

static void every_kind_of_draw_uses_a_fixed_number_of_words(void **state)
{
    (void)state;
    struct random_stream stream, counted;
    random_init(&stream, 3, RANDOM_TEST, 0);
    random_init(&counted, 3, RANDOM_TEST, 0);
    for (int round = 0; round < 1000; round++) {
        (void)random_normal(&stream);
        (void)random_exponential(&stream);
        (void)random_uniform(&stream);
        for (int word = 0; word < 4 + 2 + 2; word++) {
            (void)random_u32(&counted);
        }
        assert_memory_equal(&stream, &counted, sizeof stream);
    }
}

static void a_bounded_draw_stays_below_its_bound_and_is_even(void **state)
{
    (void)state;
    enum { BOUND = 7, DRAWS = 70000 };
    struct random_stream stream;
    random_init(&stream, 4, RANDOM_TEST, 0);
    int counts[BOUND] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t draw = random_below(&stream, BOUND);
        assert_true(draw < BOUND);
        counts[draw]++;
    }
    const double expected = (double)DRAWS / BOUND;
    double chi_squared = 0.0;
    for (int i = 0; i < BOUND; i++) {
        double difference = counts[i] - expected;
        chi_squared += difference * difference / expected;
    }
    assert_true(chi_squared < 22.46); // six degrees of freedom, one in a thousand
    assert_int_equal(random_below(&stream, 1), 0);
}

static void a_bound_near_the_top_of_the_range_leaves_no_part_out(void **state)
{
    (void)state;
    // With 3 * 2^62 a plain remainder would hit the lowest third twice as often as the others.
    const uint64_t third = UINT64_C(1) << 62;
    enum { DRAWS = 30000 };
    struct random_stream stream;
    random_init(&stream, 5, RANDOM_TEST, 0);
    int counts[3] = {0};
    for (int i = 0; i < DRAWS; i++) {
        counts[random_below(&stream, 3 * third) / third]++;
    }
    for (int i = 0; i < 3; i++) {
        assert_in_range(counts[i], DRAWS / 3 - 400, DRAWS / 3 + 400);
    }
}

// Mean, variance, skewness and kurtosis of many draws.
struct moments {
    double mean, variance, skewness, kurtosis;
};

static struct moments moments_of(double (*draw)(struct random_stream *), uint64_t seed)
{
    enum { DRAWS = 400000 };
    struct random_stream stream;
    random_init(&stream, seed, RANDOM_TEST, 0);
    double sums[5] = {0};
    for (int i = 0; i < DRAWS; i++) {
        double value = draw(&stream);
        double power = 1.0;
        for (int k = 1; k <= 4; k++) {
            power *= value;
            sums[k] += power / DRAWS;
        }
    }
    double mean = sums[1];
    double variance = sums[2] - mean * mean;
    double third = sums[3] - 3 * mean * sums[2] + 2 * mean * mean * mean;
    double fourth =
        sums[4] - 4 * mean * sums[3] + 6 * mean * mean * sums[2] - 3 * mean * mean * mean * mean;
    return (struct moments){mean, variance, third / (variance * sqrt(variance)),
                            fourth / (variance * variance)};
}

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance)) {
        print_error("%.17g is not within %g of %g\n", value, tolerance, expected);
    }
    assert_true(fabs(value - expected) <= tolerance);
}

static void uniform_draws_have_the_moments_of_their_law(void **state)
{
    (void)state;
    struct moments moments = moments_of(random_uniform, 11);
    assert_near(moments.mean, 0.5, 0.002);
    assert_near(moments.variance, 1.0 / 12.0, 0.001);
    assert_near(moments.skewness, 0.0, 0.02);
    assert_near(moments.kurtosis, 1.8, 0.02);
}

static void exponential_draws_have_the_moments_of_their_law(void **state)
{
    (void)state;
    struct moments moments = moments_of(random_exponential, 12);
    assert_near(moments.mean, 1.0, 0.008);
    assert_near(moments.variance, 1.0, 0.03);
    assert_near(moments.skewness, 2.0, 0.1);
    assert_near(moments.kurtosis, 9.0, 1.0);
}

static void normal_draws_have_the_moments_of_their_law(void **state)
{
    (void)state;
    struct moments moments = moments_of(random_normal, 13);
    assert_near(moments.mean, 0.0, 0.004);
    assert_near(moments.variance, 1.0, 0.004);
    assert_near(moments.skewness, 0.0, 0.02);
    assert_near(moments.kurtosis, 3.0, 0.05);
}

static void the_extreme_words_still_give_finite_numbers(void **state)
{
    (void)state;
    for (int ones = 0; ones < 2; ones++) {
        struct random_stream stream;
        random_init(&stream, 1, RANDOM_TEST, 0);
        memset(stream.block, ones ? 0xff : 0, sizeof stream.block);
        stream.used = 0;
        double uniform = random_uniform(&stream);
        assert_true(uniform >= 0.0 && uniform < 1.0);
        double exponential = random_exponential(&stream);
        assert_true(isfinite(exponential) && exponential >= 0.0);
        stream.used = 0;
        assert_true(isfinite(random_normal(&stream)));
    }
}

static void draw_below_nothing(void)
{
    struct random_stream stream;
    random_init(&stream, 1, RANDOM_TEST, 0);
    (void)random_below(&stream, 0);
}

static void a_bound_of_zero_is_caught_as_a_bug(void **state)
{
    (void)state;
    assert_true(ends_the_process(draw_below_nothing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_its_published_answers),
        cmocka_unit_test(a_stream_is_the_blocks_of_its_counter_in_order),
        cmocka_unit_test(the_counter_carries_into_its_second_word),
        cmocka_unit_test(streams_differ_by_seed_purpose_and_index),
        cmocka_unit_test(every_kind_of_draw_uses_a_fixed_number_of_words),
        cmocka_unit_test(a_bounded_draw_stays_below_its_bound_and_is_even),
        cmocka_unit_test(a_bound_near_the_top_of_the_range_leaves_no_part_out),
        cmocka_unit_test(uniform_draws_have_the_moments_of_their_law),
        cmocka_unit_test(exponential_draws_have_the_moments_of_their_law),
        cmocka_unit_test(normal_draws_have_the_moments_of_their_law),
        cmocka_unit_test(the_extreme_words_still_give_finite_numbers),
        cmocka_unit_test(a_bound_of_zero_is_caught_as_a_bug),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
