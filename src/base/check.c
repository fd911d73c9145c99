#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

_Thread_local struct mm_check_context mm_check_context;

_Noreturn void mm_assert_failed(const char *expression, const char *file, int line,
                                const char *function)
{
    (void)fprintf(
        stderr, "mmbot: bug: %s does not hold in %s (%s:%d), seed %" PRIu64 ", event %" PRIu64 "\n",
        expression, function, file, line, mm_check_context.seed, mm_check_context.event_number);
    (void)fflush(NULL);
    abort();
}
