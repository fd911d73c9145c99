// What the tuner is worth, and what it does where nothing can be gained.
// usage: tuner compare|null [--market alt-perp] [--seeds 1-60] [--hours 6] [--regime switch]
//              [--corners]
//   compare  the tuner from the defaults against values that stay: the profiles, and with --corners
//            both bounds of the three parameters that matter most. Equal seeds are equal worlds
//            (docs/simulator.md), so differences are paired by seed; intervals are 95 %.
//   null     the tuner is shown windows of runs whose values stay, whatever it changes: nothing can
//            be gained, so every change is a false one (tuner_null.h)
// One process, no files. Net is in coins of the settlement per hour of market time.
#include "tuner_null.h"
#include "tuner_run.h"

#include "base/log.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEEDS_MOST = 2000,
    CORNERS = 8,
    STATIC_COUNT = PARAMS_PROFILE_COUNT + CORNERS,
    PLAYERS_MOST = 1 + STATIC_COUNT,
    TUNER = 0, // the first player; the profiles follow in their order, then the corners
    FIRST_PROFILE = 1
};

struct comparison {
    int player_count;
    struct player players[PLAYERS_MOST];
    struct tuner_run runs[PLAYERS_MOST][SEEDS_MOST];
    struct rule_counts counts[TUNER_RULE_COUNT];
    uint32_t seed_count;
};

// ---- players ----

static struct player corner(int number)
{
    static const enum param_id ids[] = {PARAM_BASE_SPREAD_BPS_DELTA, PARAM_IMPACT_CAP_RATIO,
                                        PARAM_MAX_DELTA_RATIO};
    struct player player = {.params = params_of_profile(PARAMS_DEFAULT)};
    char values[3][DECIMAL_TEXT_SIZE];
    for (int i = 0; i < 3; i++) {
        const struct param_spec *spec = &param_specs[ids[i]];
        player.params.steps[ids[i]] = (number >> i & 1) != 0 ? spec->live_max : spec->live_min;
        param_print(ids[i], player.params.steps[ids[i]], values[i]);
    }
    snprintf(player.name, sizeof player.name, "spread %s cap %s delta %s", values[0], values[1],
             values[2]);
    return player;
}

static void choose_players(struct comparison *all, bool corners)
{
    all->player_count = FIRST_PROFILE + PARAMS_PROFILE_COUNT + (corners ? CORNERS : 0);
    all->players[TUNER] = (struct player){
        .name = "tuner", .tuner = true, .params = params_of_profile(PARAMS_DEFAULT)};
    for (int i = 0; i < PARAMS_PROFILE_COUNT; i++) {
        struct player *player = &all->players[FIRST_PROFILE + i];
        player->params = params_of_profile((enum params_profile)i);
        snprintf(player->name, sizeof player->name, "%s",
                 params_profile_name((enum params_profile)i));
    }
    for (int i = 0; i < CORNERS; i++) {
        all->players[FIRST_PROFILE + PARAMS_PROFILE_COUNT + i] = corner(i);
    }
}

static void count_rules(void *context, const struct iteration_record *record)
{
    rule_counts_add(context, record);
}

static int play(struct run_config *config, const struct tuner_bench *bench, struct comparison *all)
{
    for (uint32_t s = 0; s < all->seed_count; s++) {
        for (int p = 0; p < all->player_count; p++) {
            struct tuner_watch watch = {all->counts, p == TUNER ? count_rules : NULL};
            int code =
                tuner_run(config, bench->first_seed + s, &all->players[p], watch, &all->runs[p][s]);
            if (code != MM_OK) {
                return code;
            }
        }
    }
    return MM_OK;
}

// ---- what came out ----

struct estimate {
    double mean, half; // of a 95 % interval, normal
    double deviation;
};

static struct estimate estimate_of(const double *values, uint32_t count)
{
    double sum = 0, about = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += values[i];
    }
    double mean = sum / count;
    for (uint32_t i = 0; i < count; i++) {
        about += (values[i] - mean) * (values[i] - mean);
    }
    double deviation = sqrt(about / (count - 1));
    return (struct estimate){mean, 1.96 * deviation / sqrt(count), deviation};
}

static struct estimate net_of(const struct comparison *all, int player)
{
    static double values[SEEDS_MOST];
    for (uint32_t s = 0; s < all->seed_count; s++) {
        values[s] = all->runs[player][s].net_per_hour;
    }
    return estimate_of(values, all->seed_count);
}

static struct estimate difference(const struct comparison *all, int player, int other,
                                  double *out_worst)
{
    static double values[SEEDS_MOST];
    *out_worst = INFINITY;
    for (uint32_t s = 0; s < all->seed_count; s++) {
        values[s] = all->runs[player][s].net_per_hour - all->runs[other][s].net_per_hour;
        *out_worst = fmin(*out_worst, values[s]);
    }
    return estimate_of(values, all->seed_count);
}

static double worst_of(const struct comparison *all, int player)
{
    double worst = INFINITY;
    for (uint32_t s = 0; s < all->seed_count; s++) {
        worst = fmin(worst, all->runs[player][s].net_per_hour);
    }
    return worst;
}

static void print_player(const struct comparison *all, int player)
{
    struct estimate net = net_of(all, player);
    uint64_t fails = 0, panics = 0;
    for (uint32_t s = 0; s < all->seed_count; s++) {
        fails += all->runs[player][s].fails;
        panics += all->runs[player][s].panics;
    }
    printf("%-32s %9.2f +- %5.2f %9.2f %8.2f %6.2f", all->players[player].name, net.mean, net.half,
           worst_of(all, player), (double)fails / all->seed_count,
           (double)panics / all->seed_count);
    if (player != TUNER) {
        double worst;
        struct estimate gain = difference(all, TUNER, player, &worst);
        printf("   %+8.2f +- %5.2f  %+8.2f", gain.mean, gain.half, worst);
    }
    printf("\n");
}

static int best_on_average(const struct comparison *all, int count)
{
    int best = FIRST_PROFILE;
    for (int p = FIRST_PROFILE; p < FIRST_PROFILE + count; p++) {
        best = net_of(all, p).mean > net_of(all, best).mean ? p : best;
    }
    return best;
}

static double best_of_seed(const struct comparison *all, uint32_t seed, int count)
{
    double best = -INFINITY;
    for (int p = FIRST_PROFILE; p < FIRST_PROFILE + count; p++) {
        best = fmax(best, all->runs[p][seed].net_per_hour);
    }
    return best;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// (best - tuner) / (best - safe): with the one best on average, and with each seed's own.
static void print_regret(const struct comparison *all, const char *among, int count)
{
    static double ratios[SEEDS_MOST];
    const int safe = FIRST_PROFILE + PARAMS_STEADY_SAFE;
    int best = best_on_average(all, count);
    double top = net_of(all, best).mean, own = 0;
    uint32_t beaten = 0;
    for (uint32_t s = 0; s < all->seed_count; s++) {
        double seed_best = best_of_seed(all, s, count);
        double tuner = all->runs[TUNER][s].net_per_hour;
        ratios[s] = (seed_best - tuner) / (seed_best - all->runs[safe][s].net_per_hour);
        beaten += tuner >= seed_best;
        own += seed_best / all->seed_count;
    }
    qsort(ratios, all->seed_count, sizeof ratios[0], ascending);
    printf("static regret among %s: best on average %s, ratio %.2f; each seed's own best (mean "
           "%.2f): median ratio %.2f, beaten on %.0f %% of the seeds\n",
           among, all->players[best].name,
           (top - net_of(all, TUNER).mean) / (top - net_of(all, safe).mean), own,
           ratios[all->seed_count / 2], 100.0 * beaten / all->seed_count);
}

static void print_worst(const struct comparison *all)
{
    const int safe = FIRST_PROFILE + PARAMS_STEADY_SAFE;
    double worst;
    (void)difference(all, TUNER, safe, &worst);
    double deviation = net_of(all, safe).deviation;
    printf("worst seed, tuner less steady_safe: %+.2f, %+.2f of its standard deviation %.2f\n",
           worst, worst / deviation, deviation);
}

static void print_rules(const struct comparison *all)
{
    printf("\nmoves per run; refused or cut by guards\n%-20s %8s %8s %8s %8s\n", "rule", "windows",
           "applied", "lost", "dropped");
    for (int rule = 0; rule < TUNER_RULE_COUNT; rule++) {
        const struct rule_counts *count = &all->counts[rule];
        const double runs = all->seed_count;
        uint64_t dropped = 0;
        for (int fate = TUNER_LOST + 1; fate < TUNER_FATE_COUNT; fate++) {
            dropped += count->by_fate[fate];
        }
        printf("%-20s %8.2f %8.2f %8.2f %8.2f ", tuner_rule_name((enum tuner_rule)rule),
               (double)count->windows / runs, (double)count->applied / runs,
               (double)count->by_fate[TUNER_LOST] / runs, (double)dropped / runs);
        for (int reason = 0; reason < GUARD_REASON_COUNT; reason++) {
            if (count->by_guard[reason] > 0) {
                printf(" %s %.2f", guard_reason_name((enum guard_reason)reason),
                       (double)count->by_guard[reason] / runs);
            }
        }
        printf("\n");
    }
}

static void print_values(const struct comparison *all)
{
    const struct params one = {.steps = {1, 1, 1, 1, 1, 1}};
    printf("\nthe tuner's values, mean over all windows:");
    for (int id = 0; id < PARAM_COUNT; id++) {
        double sum = 0;
        for (uint32_t s = 0; s < all->seed_count; s++) {
            sum += all->runs[TUNER][s].mean_steps[id] / all->seed_count;
        }
        printf(" %s %.4g", param_specs[id].key, sum * param_value(&one, (enum param_id)id));
    }
    printf("\n");
}

static int compare(struct run_config *config, const struct tuner_bench *bench)
{
    static struct comparison all;
    all.seed_count = bench->seed_count;
    choose_players(&all, bench->corners);
    int code = play(config, bench, &all);
    if (code != MM_OK) {
        return code;
    }
    printf("%-32s %18s %9s %8s %6s   %s\n", "net per hour", "mean", "worst", "FAIL/run", "panic",
           "tuner less this, paired; worst seed");
    for (int p = 0; p < all.player_count; p++) {
        print_player(&all, p);
    }
    print_regret(&all, "the profiles", PARAMS_PROFILE_COUNT);
    if (bench->corners) {
        print_regret(&all, "profiles and corners", STATIC_COUNT);
    }
    print_worst(&all);
    print_rules(&all);
    print_values(&all);
    return MM_OK;
}

// ---- options ----

static int usage(void)
{
    fprintf(stderr, "usage: tuner compare|null [--market PRESET] [--seeds FIRST-LAST] [--hours H] "
                    "[--regime R] [--corners]\n");
    return 2;
}

static bool parse_seeds(const char *text, struct tuner_bench *bench)
{
    char *end = NULL;
    unsigned long first = strtoul(text, &end, 10);
    unsigned long last = *end == '-' ? strtoul(end + 1, &end, 10) : 0;
    if (*end != '\0' || first == 0 || last <= first || last - first >= SEEDS_MOST) {
        return false;
    }
    bench->first_seed = first;
    bench->seed_count = (uint32_t)(last - first + 1);
    return true;
}

static bool parse(int argc, char **argv, struct config_options *options, struct tuner_bench *bench)
{
    static const struct option names[] = {
        {"market", required_argument, NULL, 'm'}, {"seeds", required_argument, NULL, 's'},
        {"hours", required_argument, NULL, 'h'},  {"regime", required_argument, NULL, 'r'},
        {"corners", no_argument, NULL, 'c'},      {0}};
    int id;
    while ((id = getopt_long(argc, argv, "", names, NULL)) != -1) {
        if (id == 'm') {
            options->market = optarg;
        } else if (id == 'r') {
            options->regime = strcmp(optarg, "switch") == 0 ? NULL : optarg;
        } else if (id == 'c') {
            bench->corners = true;
        } else if (id == 'h') {
            bench->hours = strtol(optarg, NULL, 10);
        } else if (id != 's' || !parse_seeds(optarg, bench)) {
            return false;
        }
    }
    return bench->hours > 0 && bench->hours <= 1000 && optind + 1 == argc;
}

int main(int argc, char **argv)
{
    static struct run_config config;
    char iterations[DECIMAL_TEXT_SIZE];
    struct tuner_bench bench = {.first_seed = 1, .seed_count = 60, .hours = 6};
    struct config_options options = {
        .mock = true, .market = "alt-perp", .window = "15m", .iterations = iterations};
    log_init(stderr, LOG_OFF);
    if (!parse(argc, argv, &options, &bench)) {
        return usage();
    }
    snprintf(iterations, sizeof iterations, "%ld", 4 * bench.hours);
    const char *mode = argv[optind];
    int code = config_resolve(&options, &config);
    if (code == MM_OK && strcmp(mode, "compare") == 0) {
        printf("%s, %s, seeds %llu to %llu, %ld h in windows of 15 m\n", config.preset.name,
               options.regime != NULL ? options.regime : "switch",
               (unsigned long long)bench.first_seed,
               (unsigned long long)(bench.first_seed + bench.seed_count - 1), bench.hours);
        code = compare(&config, &bench);
    } else if (code == MM_OK && strcmp(mode, "null") == 0) {
        code = tuner_null(&config, &bench);
    } else if (code == MM_OK) {
        return usage();
    }
    if (code != MM_OK) {
        fprintf(stderr, "tuner: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    return 0;
}
