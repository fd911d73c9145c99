#include "base/random.h"

#include "base/check.h"
#include "base/maths.h"

#include <math.h>
#include <string.h>

enum { PHILOX_ROUNDS = 10 };

// Multipliers and Weyl increments of Philox4x32 (Salmon et al. 2011, section 3.3 and Random123).
static const uint32_t PHILOX_M0 = 0xD2511F53u;
static const uint32_t PHILOX_M1 = 0xCD9E8D57u;
static const uint32_t PHILOX_W0 = 0x9E3779B9u;
static const uint32_t PHILOX_W1 = 0xBB67AE85u;

void philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        uint64_t product0 = (uint64_t)PHILOX_M0 * c0;
        uint64_t product1 = (uint64_t)PHILOX_M1 * c2;
        c0 = (uint32_t)(product1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)product1;
        c2 = (uint32_t)(product0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)product0;
        k0 += PHILOX_W0;
        k1 += PHILOX_W1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void random_init(struct random_stream *stream, uint64_t seed, uint32_t purpose, uint32_t index)
{
    *stream = (struct random_stream){
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
        .counter = {0, 0, purpose, index},
        .used = 4,
    };
}

void random_block(uint64_t seed, uint32_t purpose, uint32_t index, uint64_t number, uint32_t out[4])
{
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const uint32_t counter[4] = {(uint32_t)number, (uint32_t)(number >> 32), purpose, index};
    philox4x32_10(counter, key, out);
}

static void refill(struct random_stream *stream)
{
    philox4x32_10(stream->counter, stream->key, stream->block);
    stream->used = 0;
    if (++stream->counter[0] == 0) {
        stream->counter[1]++;
    }
}

uint32_t random_u32(struct random_stream *stream)
{
    if (stream->used == 4) {
        refill(stream);
    }
    return stream->block[stream->used++];
}

uint64_t random_u64(struct random_stream *stream)
{
    uint64_t low = random_u32(stream);
    uint64_t high = random_u32(stream);
    return high << 32 | low;
}

double random_uniform(struct random_stream *stream)
{
    return (double)(random_u64(stream) >> 11) * 0x1p-53;
}

uint64_t random_below(struct random_stream *stream, uint64_t bound)
{
    MM_ASSERT(bound > 0);
    // The lowest 2^64 mod bound draws are refused, so that what is left divides evenly.
    uint64_t refused = -bound % bound;
    uint64_t draw;
    do {
        draw = random_u64(stream);
    } while (draw < refused);
    return draw % bound;
}

double random_exponential(struct random_stream *stream)
{
    return -mm_log(1 - random_uniform(stream)); // the difference is exact
}

// Box and Muller (1958), the cosine half only: always two uniforms, so that the draws a caller
// uses do not depend on the values drawn.
double random_normal(struct random_stream *stream)
{
    double radius = sqrt(2.0 * random_exponential(stream));
    return radius * mm_cos_turns(random_uniform(stream));
}
