// Speed of a simulated market and its stylised facts beside their acceptance bands.
// usage: market [PRESET [REGIME [HOURS [SEEDS]]]]; alt-perp, calm, 1 hour and 4 seeds by default.
// Bands are those of a large-tick perpetual in calm, that is of btc-perp.
#include "base/platform.h"
#include "venue/sim/sim_stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS_MOST = 64 };

struct run {
    double values[STAT_COUNT];
    double events_per_s, speed; // without statistics
};

static int drain(struct venue *venue, int64_t duration_ns)
{
    struct venue_event event;
    int code = MM_OK;
    do {
        code = venue_next(venue, venue->start_ns + duration_ns, &event);
    } while (code == MM_OK && event.kind != VENUE_TIME);
    return code;
}

static int run_speed(const struct sim_config *config, int64_t duration_ns, struct run *out)
{
    struct venue *venue = sim_create(config);
    uint64_t warmup_count = sim_get_counters(venue)->event_count;
    int64_t begin_ns = platform_monotonic_ns();
    int code = drain(venue, duration_ns);
    double real_s = (double)(platform_monotonic_ns() - begin_ns) / 1e9;
    out->events_per_s = (double)(sim_get_counters(venue)->event_count - warmup_count) / real_s;
    out->speed = (double)duration_ns / 1e9 / real_s;
    venue_destroy(venue);
    return code;
}

static void print_table(const struct run *runs, int count)
{
    printf("%-42s %10s %10s %10s   %s\n", "", "mean", "least", "most", "band");
    for (int stat = 0; stat < STAT_COUNT; stat++) {
        double sum = 0, least = INFINITY, most = -INFINITY;
        for (int i = 0; i < count; i++) {
            double value = runs[i].values[stat];
            sum += value;
            least = fmin(least, value);
            most = fmax(most, value);
        }
        const struct stat_spec *spec = &stat_specs[stat];
        printf("%-42s %10.4g %10.4g %10.4g", spec->name, sum / count, least, most);
        if (spec->low <= spec->high) {
            bool inside = sum / count >= spec->low && sum / count <= spec->high;
            printf("   %g to %g%s", spec->low, spec->high, inside ? "" : "  OUTSIDE");
        }
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    const char *preset = argc > 1 ? argv[1] : "alt-perp";
    const struct sim_model *model = sim_preset_find(preset);
    struct sim_config config;
    static struct run runs[SEEDS_MOST];
    if (model == NULL || sim_config_of_preset(model, &config) < 0 ||
        (argc > 2 && !sim_regime_parse(argv[2], &config.regime))) {
        fprintf(stderr, "usage: market [PRESET [REGIME [HOURS [SEEDS]]]]\n");
        return 2;
    }
    int64_t duration_ns = (int64_t)(3600e9 * (argc > 3 ? strtod(argv[3], NULL) : 1));
    long seeds = argc > 4 ? strtol(argv[4], NULL, 10) : 4;
    seeds = seeds < 1 ? 1 : seeds > SEEDS_MOST ? SEEDS_MOST : seeds;
    for (int i = 0; i < seeds; i++) {
        config.seed = (uint64_t)i + 1;
        int code = run_speed(&config, duration_ns, &runs[i]);
        code = code < 0 ? code : sim_stats(&config, duration_ns, runs[i].values);
        if (code < 0) {
            fprintf(stderr, "market: %s\n", mm_error_text());
            return mm_error_exit_code(code);
        }
        printf("%s %s seed %d: %.1f M events/s, %.0f x real time\n", preset,
               sim_regime_name(config.regime), i + 1, runs[i].events_per_s / 1e6, runs[i].speed);
    }
    print_table(runs, (int)seeds);
    return 0;
}
