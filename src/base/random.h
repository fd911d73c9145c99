// Counter-based random streams: the n-th draw of a stream is a pure function of
// (seed, purpose, index, n), so changing one consumer never shifts another's draws.
// Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
// The struct is plain memory owned by the caller; no allocation, no global state.
#ifndef MM_BASE_RANDOM_H
#define MM_BASE_RANDOM_H

#include <stdint.h>

// One number per consumer; never renumber, only append.
enum random_purpose {
    RANDOM_SIM_WORLD = 1,
    RANDOM_SIM_BOOK = 2,
    RANDOM_LATENCY = 3,
    RANDOM_FAULT = 4,
    RANDOM_REGIME = 5,
    RANDOM_SWEEP = 6,
    RANDOM_VENUE_IDS = 7,
    RANDOM_BACKOFF = 8,
    RANDOM_TEST = 100
};

struct random_stream {
    uint32_t key[2];
    uint32_t counter[4]; // {draw low, draw high, purpose, index}
    uint32_t block[4];
    uint32_t used; // words of `block` already handed out, 4 = none left
};

void random_init(struct random_stream *stream, uint64_t seed, uint32_t purpose, uint32_t index);

// Four words for one number, whatever has been drawn elsewhere: block `number` of the stream.
void random_block(uint64_t seed, uint32_t purpose, uint32_t index, uint64_t number,
                  uint32_t out[4]);

uint32_t random_u32(struct random_stream *stream);
uint64_t random_u64(struct random_stream *stream);
double random_uniform(struct random_stream *stream);                 // [0, 1), 53 bits
uint64_t random_below(struct random_stream *stream, uint64_t bound); // [0, bound), unbiased
double random_exponential(struct random_stream *stream);             // mean 1
double random_normal(struct random_stream *stream); // mean 0, variance 1; two uniforms a draw

// The raw block function, for its published test vectors.
void philox4x32_10(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

#endif
