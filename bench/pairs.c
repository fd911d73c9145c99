// What a change does to the KPIs, on the same worlds: paired runs of the whole bot.
// usage: pairs tunables|spread|replay [PRESET [SEEDS [MINUTES [REGIME]]]]; alt-perp, 32 seeds, 30
// minutes, calm.
//   tunables: each of the six from its low to its high live bound, the others at their defaults
//   spread:   the half-spread (base and delta) against a few wider ones
//   replay:   the matching engine against the same market as a tape with the preset's queue model
// Differences are means over the seeds with 95 % intervals. The ratio is the variance that two
// independent runs' difference would have over that of the paired one.
#include "bot_run.h"
#include "kpi/kpi_names.h"
#include "venue/replay/replay.h"
#include "venue/sim/sim_tape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEEDS_MOST = 512 };

static const enum kpi_name shown[] = {
    KPI_NET_BPS,          KPI_NET_PER_HOUR,          KPI_FILLS_PER_HOUR, KPI_GROSS_BPS,
    KPI_ADVERSE_BPS,      KPI_SLIPPAGE_BPS,          KPI_INVENTORY_BPS,  KPI_ADVERSE_BPS_P95,
    KPI_ORDER_AGE_P95_MS, KPI_P95_LATENCY_MS,        KPI_CANCEL_RATIO,   KPI_NOTIONAL_QUOTE_E9,
    KPI_RISK_RATIO,       KPI_MAX_ABS_POSITION_LOTS,
};
enum { SHOWN_COUNT = sizeof shown / sizeof shown[0] };

struct bench {
    struct bot_run run;
    uint32_t seeds;
};

struct outcome {
    double value[SHOWN_COUNT]; // NAN = no data
};

static void read_kpis(const struct kpi_summary *summary, struct outcome *out)
{
    for (int i = 0; i < SHOWN_COUNT; i++) {
        struct kpi_value value = kpi_value(summary, shown[i]);
        out->value[i] = value.has ? value.real : NAN;
    }
}

static int run_simulated(const struct bench *bench, uint64_t seed,
                         const struct bot_setting *setting, struct outcome *out)
{
    struct bot_run run = bench->run;
    struct kpi_summary summary;
    run.sim.seed = seed;
    int code = bot_run_simulated(&run, setting, &summary);
    read_kpis(&summary, out);
    return code;
}

static int run_replayed(const struct bench *bench, uint64_t seed, struct outcome *out)
{
    char path[64];
    struct sim_config config = bench->run.sim;
    const struct sim_latency *latency = &config.latency;
    struct latency_model model = {.entry_ns = latency->entry_ns + latency->jitter_ns,
                                  .response_ns = latency->response_ns + latency->jitter_ns};
    struct replay_config replay = {.latency = &model};
    struct tape tape = {0};
    struct venue *venue = NULL;
    config.seed = seed;
    snprintf(path, sizeof path, "/tmp/mmbot_pairs.%ld.tape", (long)getpid());
    int code = queue_model_parse(bench->run.config.preset.queue, &replay.queue_model);
    code = code == MM_OK ? replay_fills_parse(NULL, NULL, &replay) : code;
    code = code == MM_OK ? sim_write_tape(&config, bench->run.duration_ns, path) : code;
    code = code == MM_OK ? tape_open(&tape, path) : code;
    code = code == MM_OK ? replay_create(&tape, &replay, &venue) : code;
    if (code == MM_OK) {
        struct kpi_summary summary;
        const struct bot_setting as_is = {bench->run.config.params, 0};
        code = bot_run_on(&bench->run, venue, &as_is, &summary);
        read_kpis(&summary, out);
    }
    venue_destroy(venue);
    tape_close(&tape);
    (void)remove(path);
    return code;
}

struct moments {
    double sum, square;
    uint32_t count;
};

static void add(struct moments *moments, double value)
{
    moments->sum += value;
    moments->square += value * value;
    moments->count++;
}

static double mean(const struct moments *moments)
{
    return moments->sum / moments->count;
}

static double variance(const struct moments *moments)
{
    double about = moments->square - moments->sum * moments->sum / moments->count;
    return about / (moments->count - 1);
}

static void print_kpi(const struct outcome *first, const struct outcome *second, uint32_t seeds,
                      int kpi)
{
    struct moments a = {0}, b = {0}, difference = {0};
    for (uint32_t seed = 0; seed < seeds; seed++) {
        double x = first[seed].value[kpi], y = second[seed].value[kpi];
        if (!isnan(x) && !isnan(y)) {
            add(&a, x);
            add(&b, y);
            add(&difference, y - x);
        }
    }
    if (difference.count < 2) {
        return;
    }
    double paired = variance(&difference);
    double half = 1.96 * sqrt(paired / difference.count);
    bool certain = fabs(mean(&difference)) > half;
    printf("  %-22s %12.5g %12.5g %12.4g +- %-10.3g %s", kpi_name_specs[shown[kpi]].name, mean(&a),
           mean(&b), mean(&difference), half, certain ? "*" : " ");
    if (paired > 0) {
        printf("  ratio %.1f", (variance(&a) + variance(&b)) / paired);
    }
    printf("\n");
}

static void print_pair(const char *title, const struct outcome *first, const struct outcome *second,
                       uint32_t seeds)
{
    printf("%s\n", title);
    for (int kpi = 0; kpi < SHOWN_COUNT; kpi++) {
        print_kpi(first, second, seeds, kpi);
    }
}

// Runs both settings on every seed and prints what the second changes.
static int compare(const struct bench *bench, const char *title,
                   const struct bot_setting settings[2])
{
    static struct outcome outcomes[2][SEEDS_MOST];
    for (int i = 0; i < 2; i++) {
        for (uint32_t seed = 0; seed < bench->seeds; seed++) {
            int code = run_simulated(bench, seed + 1, &settings[i], &outcomes[i][seed]);
            if (code != MM_OK) {
                return code;
            }
        }
    }
    print_pair(title, outcomes[0], outcomes[1], bench->seeds);
    return MM_OK;
}

static int compare_tunables(const struct bench *bench)
{
    int code = MM_OK;
    for (int id = 0; id < PARAM_COUNT && code == MM_OK; id++) {
        const struct param_spec *spec = &param_specs[id];
        char title[256], low[DECIMAL_TEXT_SIZE], high[DECIMAL_TEXT_SIZE];
        struct bot_setting settings[2] = {{bench->run.config.params, 0},
                                          {bench->run.config.params, 0}};
        settings[0].params.steps[id] = spec->live_min;
        settings[1].params.steps[id] = spec->live_max;
        (void)param_print((enum param_id)id, spec->live_min, low);
        (void)param_print((enum param_id)id, spec->live_max, high);
        snprintf(title, sizeof title, "%s %s -> %s", spec->key, low, high);
        code = compare(bench, title, settings);
    }
    return code;
}

static int compare_spreads(const struct bench *bench)
{
    static const double factors[] = {1.03, 1.08, 1.17, 1.33};
    double half_bps = bench->run.config.preset.engine.quote.base_half_spread_bps +
                      param_value(&bench->run.config.params, PARAM_BASE_SPREAD_BPS_DELTA);
    int code = MM_OK;
    for (size_t i = 0; i < sizeof factors / sizeof factors[0] && code == MM_OK; i++) {
        double wider_bps = half_bps * (factors[i] - 1);
        char title[256];
        snprintf(title, sizeof title, "half-spread %.3f -> %.3f bps", half_bps,
                 half_bps + wider_bps);
        code = compare(bench, title,
                       (struct bot_setting[2]){{bench->run.config.params, 0},
                                               {bench->run.config.params, wider_bps}});
    }
    return code;
}

static int compare_replay(const struct bench *bench)
{
    static struct outcome outcomes[2][SEEDS_MOST];
    const struct bot_setting as_is = {bench->run.config.params, 0};
    char title[128];
    for (uint32_t seed = 0; seed < bench->seeds; seed++) {
        int code = run_simulated(bench, seed + 1, &as_is, &outcomes[0][seed]);
        code = code == MM_OK ? run_replayed(bench, seed + 1, &outcomes[1][seed]) : code;
        if (code != MM_OK) {
            return code;
        }
    }
    snprintf(title, sizeof title, "matching engine -> tape with queue model %s",
             bench->run.config.preset.queue);
    print_pair(title, outcomes[0], outcomes[1], bench->seeds);
    return MM_OK;
}

struct mode {
    const char *name;
    int (*compare)(const struct bench *bench);
};

static const struct mode *find_mode(const char *name)
{
    static const struct mode modes[] = {
        {"tunables", compare_tunables}, {"spread", compare_spreads}, {"replay", compare_replay}};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(modes[i].name, name) == 0) {
            return &modes[i];
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    const struct mode *mode = argc > 1 ? find_mode(argv[1]) : NULL;
    enum sim_regime regime = SIM_CALM;
    if (mode == NULL || (argc > 5 && !sim_regime_parse(argv[5], &regime))) {
        fprintf(stderr,
                "usage: pairs tunables|spread|replay [PRESET [SEEDS [MINUTES [REGIME]]]]\n");
        return 2;
    }
    unsigned long seeds = argc > 3 ? strtoul(argv[3], NULL, 10) : 32;
    double minutes = argc > 4 ? strtod(argv[4], NULL) : 30;
    bench.seeds = (uint32_t)(seeds < 2 ? 2 : seeds > SEEDS_MOST ? SEEDS_MOST : seeds);
    int code = bot_run_init(&bench.run, argc > 2 ? argv[2] : "alt-perp", (int64_t)(60e9 * minutes));
    if (code == MM_OK) {
        bench.run.sim.regime = regime;
        printf("%s, %s, %u seeds of %g minutes\n", bench.run.config.preset.name,
               sim_regime_name(regime), bench.seeds, minutes);
        code = mode->compare(&bench);
    }
    if (code != MM_OK) {
        fprintf(stderr, "pairs: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    return 0;
}
