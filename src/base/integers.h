// The smaller and the larger of two, and their order. Pure.
#ifndef MM_BASE_INTEGERS_H
#define MM_BASE_INTEGERS_H

#include <stdint.h>

static inline int64_t int64_smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t int64_larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

// For qsort: the smaller first.
static inline int int64_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

#endif
