// Assertions for bugs, on in release too, and counters for what cannot happen but might.
#ifndef MM_BASE_CHECK_H
#define MM_BASE_CHECK_H

#include <stdint.h>

// What a failed assertion prints beside the expression, so that the run can be repeated.
// Owned by the run's thread; set by whoever starts a run.
struct mm_check_context {
    uint64_t seed;
    uint64_t event_number;
};
extern _Thread_local struct mm_check_context mm_check_context;

_Noreturn void mm_assert_failed(const char *expression, const char *file, int line,
                                const char *function);

#define MM_ASSERT(expression)                                                                      \
    ((expression) ? (void)0 : mm_assert_failed(#expression, __FILE__, __LINE__, __func__))

// Counts how often a condition that should never hold did hold; yields the condition.
#define MM_COUNT_IF(counter, condition) ((condition) ? ((counter)++, 1) : 0)

#endif
