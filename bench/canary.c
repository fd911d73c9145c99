// How many times faster than real time the bot trades on its simulated market, three times: bot and
// KPIs alone (one engine from the first window to the last, in memory), and a whole canary (the
// same market, with tuner, guards and artifacts, as `mmbot canary` runs it) without and with
// waiting for the disk.
// usage: canary [PRESET [HOURS [ROUNDS]]]; alt-perp, 24 hours, 5 rounds.
// Without waiting, the time is the processor's, of all threads, so that other load on the machine
// matters less; with it, it is what a clock on the wall shows.
#include "base/directory.h"
#include "base/file.h"
#include "base/log.h"
#include "base/platform.h"
#include "bot_run.h"
#include "soak/orchestrator.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct canary {
    const char *market;
    double hours;
    long windows;
    char directory[64], iterations[32];
};

struct figures {
    double processor_s, wall_s;
    uint64_t resident_bytes;
    uint64_t fill_count;
};

static const volatile sig_atomic_t never = 0; // stopped

static double processor_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

// Window after window; the parameters stay as they are.
static int trade(const struct canary *canary, struct engine *engine, int64_t window_ns,
                 struct figures *out)
{
    int64_t until_ns = engine_get_status(engine).now_ns;
    for (long window = 0; window < canary->windows; window++) {
        struct kpi_summary summary;
        until_ns += window_ns;
        engine_open_window(engine);
        int code = engine_run_until(engine, until_ns, &never);
        if (code != MM_OK) {
            return code;
        }
        engine_close_window(engine, &summary);
        out->fill_count += summary.fill_count;
    }
    return MM_OK;
}

static int run_bot(const struct canary *canary, struct figures *out)
{
    struct bot_run run;
    int code = bot_run_init(&run, canary->market, 900 * INT64_C(1000000000));
    if (code != MM_OK) {
        return code;
    }
    run.sim.regime = SIM_SWITCHING; // as the canary's
    *out = (struct figures){0};
    double begin_s = processor_seconds();
    struct venue *venue = sim_create(&run.sim);
    struct engine *engine =
        bot_run_engine(&run, venue, &(struct bot_setting){run.config.params, 0});
    code = trade(canary, engine, run.duration_ns, out);
    engine_destroy(engine);
    venue_destroy(venue);
    out->processor_s = processor_seconds() - begin_s;
    return code;
}

static int run_once(const struct canary *canary, bool durable, struct figures *out)
{
    struct config_options options = {.mock = true,
                                     .market = canary->market,
                                     .iterations = canary->iterations,
                                     .out = canary->directory};
    struct run_config config;
    struct run_record run = {0};
    struct terminal terminal;
    int code = config_resolve(&options, &config);
    if (code != MM_OK) {
        return code;
    }
    file_set_durable(durable);
    terminal_init(&terminal, NULL, false);
    double begin_s = processor_seconds();
    int64_t begin_ns = platform_monotonic_ns();
    code = orchestrator_run(&config, &terminal, NULL, 0, &never, &run);
    out->wall_s = (double)(platform_monotonic_ns() - begin_ns) / 1e9;
    out->processor_s = processor_seconds() - begin_s;
    out->resident_bytes = platform_resident_bytes();
    out->fill_count = 0;
    for (uint32_t i = run_record_first(&run); code == MM_OK && i <= run.iteration_count; i++) {
        out->fill_count += run_record_at(&run, i)->summary.fill_count;
    }
    run_record_fini(&run);
    return code;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *what, const struct canary *canary, double *seconds, int count)
{
    double real_s = canary->hours * 3600;
    qsort(seconds, (size_t)count, sizeof seconds[0], compare_doubles);
    printf("%-30s median %.3f s, %.0f x real time; best %.3f s, %.0f x\n", what, seconds[count / 2],
           real_s / seconds[count / 2], seconds[0], real_s / seconds[0]);
}

enum { ROUNDS_MOST = 99 };

struct seconds {
    double bot[ROUNDS_MOST], processor[ROUNDS_MOST], wall[ROUNDS_MOST];
};

static int run_rounds(const struct canary *canary, int rounds, struct seconds *out)
{
    for (int round = 0; round < rounds; round++) {
        struct figures bot, without, with;
        int code = run_bot(canary, &bot);
        code = code == MM_OK ? run_once(canary, false, &without) : code;
        code = code == MM_OK ? run_once(canary, true, &with) : code;
        if (code != MM_OK) {
            return code;
        }
        out->bot[round] = bot.processor_s;
        out->processor[round] = without.processor_s;
        out->wall[round] = with.wall_s;
        printf("round %d: bot alone %.3f s of processor, %" PRIu64 " fills; canary %.3f s of "
               "processor without fsync, %.3f s on the wall with it; %" PRIu64
               " fills, %.1f MiB resident\n",
               round + 1, bot.processor_s, bot.fill_count, without.processor_s, with.wall_s,
               with.fill_count, (double)with.resident_bytes / (1 << 20));
    }
    return MM_OK;
}

int main(int argc, char **argv)
{
    static struct seconds seconds;
    struct canary canary = {.market = argc > 1 ? argv[1] : "alt-perp"};
    canary.hours = argc > 2 ? strtod(argv[2], NULL) : 24;
    long rounds = argc > 3 ? strtol(argv[3], NULL, 10) : 5;
    if (!(canary.hours > 0) || rounds < 1 || rounds > ROUNDS_MOST) {
        fprintf(stderr, "usage: canary [PRESET [HOURS [ROUNDS]]]\n");
        return 2;
    }
    canary.windows = (long)(canary.hours * 4 + .5);
    canary.hours = (double)canary.windows / 4;
    snprintf(canary.directory, sizeof canary.directory, "/tmp/mmbot_canary.%ld", (long)getpid());
    snprintf(canary.iterations, sizeof canary.iterations, "%ld", canary.windows);
    log_init(stderr, LOG_OFF);
    int code = run_rounds(&canary, (int)rounds, &seconds);
    if (directory_remove(canary.directory) != MM_OK) {
        mm_error_clear();
    }
    if (code != MM_OK) {
        fprintf(stderr, "canary: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    printf("%s, %g h\n", canary.market, canary.hours);
    print_times("bot and KPIs alone, processor", &canary, seconds.bot, (int)rounds);
    print_times("canary, processor", &canary, seconds.processor, (int)rounds);
    print_times("canary, wall with fsync", &canary, seconds.wall, (int)rounds);
    return 0;
}
