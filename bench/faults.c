// Many short seeds of the bot on a simulated market with every fault: what holds, and how long it
// takes. usage: faults [SEEDS [FIRST [SECONDS [PRESET [FAULTS]]]]]; 10000 seeds from 1, 30 seconds
// of alt-perp each, "all:120". A failing seed prints the command that repeats it.
#include "base/platform.h"
#include "fault_run.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    unsigned long seeds = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
    unsigned long first = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    unsigned long seconds = argc > 3 ? strtoul(argv[3], NULL, 10) : 30;
    struct fault_run run = {.preset = argc > 4 ? argv[4] : "alt-perp",
                            .faults = argc > 5 ? argv[5] : "all:120",
                            .duration_ns = (int64_t)seconds * 1000000000};
    struct fault_counters sum = {0};
    uint64_t fill_count = 0, event_count = 0, failed_count = 0;
    int64_t begin_ns = platform_monotonic_ns();
    for (unsigned long seed = first; seed < first + seeds; seed++) {
        run.seed = seed;
        int code = fault_run(&run);
        if (code != MM_OK || run.failure[0] != '\0') {
            failed_count++;
            printf("seed %lu: %s; repeat with: bench_faults 1 %lu %lu %s %s\n", seed,
                   code != MM_OK ? mm_error_text() : run.failure, seed, seconds, run.preset,
                   run.faults);
        }
        for (int fault = 0; fault < FAULT_COUNT; fault++) {
            sum.struck[fault] += run.counters.struck[fault];
        }
        fill_count += run.fill_count;
        event_count += run.event_count;
    }
    double real_s = (double)(platform_monotonic_ns() - begin_ns) / 1e9;
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        printf("%-12s %8llu\n", fault_specs[fault].name, (unsigned long long)sum.struck[fault]);
    }
    printf("%lu seeds of %lu s (%s, %s): %llu events, %llu fills, %llu failed, %.1f s\n", seeds,
           seconds, run.preset, run.faults, (unsigned long long)event_count,
           (unsigned long long)fill_count, (unsigned long long)failed_count, real_s);
    return failed_count > 0;
}
