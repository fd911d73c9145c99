// mmbot market: the stylised facts of simulated and recorded markets; simulated ones as tapes.
#include "base/error.h"
#include "base/json.h"
#include "cmd/commands.h"
#include "cmd/import_progress.h"
#include "market/stats_tape.h"
#include "market/tape_cache.h"
#include "venue/sim/calibrate.h"
#include "venue/sim/model_json.h"
#include "venue/sim/sim_stats.h"
#include "venue/sim/sim_tape.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: mmbot market stats [--market PRESET] [--tape FILE] [OPTIONS]\n"
    "       mmbot market export [--market PRESET] -o TAPE [OPTIONS]\n"
    "       mmbot market calibrate --tape FILE [--market PRESET] [-o MODEL.json]\n"
    "\n"
    "stats prints what a market looks like: spread, order flow, volatility, how the price "
    "answers.\n"
    "Given both a simulated and a recorded market it prints them side by side. Bands are those of\n"
    "a large-tick perpetual in calm. export writes a simulated market as a tape.\n"
    "calibrate fits the rates, sizes and distances of a preset (default btc-perp) to a recorded\n"
    "market and prints the fit beside it.\n"
    "\n"
    "  --market PRESET      alt-perp (default without --tape), btc-perp, or a MODEL.json that\n"
    "                       calibrate wrote\n"
    "  --tape FILE          a tape, or a raw capture, which is imported into the cache first\n"
    "  --regime R           calm (default), volatile, spike, thin, trend or switch\n"
    "  --hours H            of the simulated market (default 1)\n"
    "  --seed S             of the simulated market (default 1)\n"
    "  -o, --output FILE    what to write; it appears whole or not at all\n"
    "  --json               of stats: as JSON\n";

struct market_arguments {
    const char *market, *tape, *regime, *hours, *seed, *out_path;
    bool json, help;
};

enum { COLUMNS_MAX = 2 };

struct column {
    const char *name;
    double values[STAT_COUNT];
};

static int take_option(struct market_arguments *arguments, int choice, const char *argument)
{
    switch (choice) {
    case 'm':
        arguments->market = optarg;
        return MM_OK;
    case 't':
        arguments->tape = optarg;
        return MM_OK;
    case 'r':
        arguments->regime = optarg;
        return MM_OK;
    case 'u':
        arguments->hours = optarg;
        return MM_OK;
    case 'o':
        arguments->out_path = optarg;
        return MM_OK;
    case 's':
        arguments->seed = optarg;
        return MM_OK;
    case 'j':
        arguments->json = true;
        return MM_OK;
    case 'h':
        arguments->help = true;
        return MM_OK;
    case ':':
        return mm_fail(MM_ERROR_USAGE, "option '%.64s' lacks its value", argument);
    default:
        return mm_fail(MM_ERROR_USAGE, "unknown option '%.64s'; mmbot market --help lists them",
                       argument);
    }
}

static int parse_arguments(int argc, char **argv, struct market_arguments *out)
{
    static const struct option options[] = {
        {"market", required_argument, NULL, 'm'},
        {"tape", required_argument, NULL, 't'},
        {"regime", required_argument, NULL, 'r'},
        {"hours", required_argument, NULL, 'u'},
        {"output", required_argument, NULL, 'o'},
        {"seed", required_argument, NULL, 's'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int choice;
    *out = (struct market_arguments){0};
    opterr = 0;
    optind = 0; // start anew: a test may call twice
    while ((choice = getopt_long(argc, argv, ":ho:", options, NULL)) != -1) {
        int code = take_option(out, choice, argv[optind - 1]);
        if (code != MM_OK) {
            return code;
        }
    }
    if (optind < argc) {
        return mm_fail(MM_ERROR_USAGE, "unexpected argument '%.64s'", argv[optind]);
    }
    return MM_OK;
}

static int read_number(const char *option, const char *text, double most, double *out)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0 && value <= most)) {
        return mm_fail(MM_ERROR_USAGE, "%s: '%.32s' is no number above 0 and up to %g", option,
                       text, most);
    }
    *out = value;
    return MM_OK;
}

// A preset by its name, or a model by its file.
static int find_model(const char *name, const struct sim_model **out)
{
    static struct sim_model_file file;
    size_t length = strlen(name);
    *out = sim_preset_find(name);
    if (*out == NULL && length > 5 && strcmp(name + length - 5, ".json") == 0) {
        *out = &file.model;
        return sim_model_read(name, &file);
    }
    return *out != NULL ? MM_OK
                        : mm_fail(MM_ERROR_USAGE,
                                  "--market: there is no '%.64s'; there are %s, %s and MODEL.json",
                                  name, sim_preset_name(0), sim_preset_name(1));
}

static int configure(const struct market_arguments *arguments, struct sim_config *out,
                     double *out_hours)
{
    const struct sim_model *model = NULL;
    double seed = 1;
    *out_hours = 1;
    int code = find_model(arguments->market != NULL ? arguments->market : "alt-perp", &model);
    code = code == MM_OK ? sim_config_of_preset(model, out) : code;
    if (code == MM_OK && arguments->regime != NULL &&
        !sim_regime_parse(arguments->regime, &out->regime)) {
        code = mm_fail(MM_ERROR_USAGE, "--regime: there is no '%.64s'", arguments->regime);
    }
    if (code == MM_OK && arguments->hours != NULL) {
        code = read_number("--hours", arguments->hours, 10000, out_hours);
    }
    if (code == MM_OK && arguments->seed != NULL) {
        code = read_number("--seed", arguments->seed, 1e15, &seed);
    }
    out->seed = (uint64_t)seed;
    return code;
}

static int measure_simulated(const struct market_arguments *arguments, struct column *out)
{
    struct sim_config config;
    double hours;
    int code = configure(arguments, &config, &hours);
    if (code == MM_OK) {
        out->name = config.model.name;
        code = sim_stats(&config, (int64_t)(hours * 3600e9), out->values);
    }
    return code;
}

// What is to be known of a recording: its statistics, its instrument and its last mid.
struct recorded {
    struct instrument instrument;
    int64_t mid_ticks;
};

static int measure_tape(const char *path, struct column *out, struct recorded *recorded)
{
    struct tape tape;
    static struct market_stats stats; // too large for a stack
    int code =
        tape_cache_open(&tape, path, &(struct tape_import_options){.progress = import_progress()});
    if (code != MM_OK) {
        return code;
    }
    code = market_stats_init(&stats, tape.geometry);
    if (code == MM_OK) {
        stats_add_tape(&stats, &tape);
        market_stats_values(&stats, out->values);
    }
    *recorded = (struct recorded){tape.instrument, (int64_t)(stats.mid / 2)};
    out->name = "recorded";
    market_stats_fini(&stats);
    tape_close(&tape);
    return code;
}

static void print_band(const struct stat_spec *spec, const struct column *columns, int count)
{
    bool inside = true;
    for (int i = 0; i < count; i++) {
        double value = columns[i].values[spec - stat_specs];
        inside = inside && value >= spec->low && value <= spec->high;
    }
    if (spec->low > spec->high) {
        printf("\n");
    } else if (isinf(spec->high)) {
        printf("   at least %g%s\n", spec->low, inside ? "" : "  *");
    } else if (isinf(spec->low)) {
        printf("   at most %g%s\n", spec->high, inside ? "" : "  *");
    } else {
        printf("   %g to %g%s\n", spec->low, spec->high, inside ? "" : "  *");
    }
}

static void print_table(const struct column *columns, int count)
{
    printf("%-42s", "");
    for (int i = 0; i < count; i++) {
        printf(" %12s", columns[i].name);
    }
    printf("   band (* not all inside)\n");
    for (int stat = 0; stat < STAT_COUNT; stat++) {
        printf("%-42s", stat_specs[stat].name);
        for (int i = 0; i < count; i++) {
            printf(" %12.4g", columns[i].values[stat]);
        }
        print_band(&stat_specs[stat], columns, count);
    }
}

static int print_json(const struct column *columns, int count)
{
    json_t *document = json_object();
    for (int i = 0; i < count; i++) {
        json_t *values = json_object();
        for (int stat = 0; stat < STAT_COUNT; stat++) {
            double value = columns[i].values[stat];
            json_object_set_new(values, stat_specs[stat].name,
                                isfinite(value) ? json_real(value) : json_null());
        }
        json_object_set_new(document, columns[i].name, values);
    }
    char *text = json_document_text(document, NULL);
    json_decref(document);
    if (text == NULL) {
        return mm_fail(MM_ERROR_SYSTEM, "no memory for the JSON text");
    }
    fputs(text, stdout);
    free(text);
    return MM_OK;
}

static int run_stats(const struct market_arguments *arguments)
{
    static struct column columns[COLUMNS_MAX];
    int count = 0;
    int code = MM_OK;
    if (arguments->market != NULL || arguments->tape == NULL) {
        code = measure_simulated(arguments, &columns[count++]);
    }
    if (code == MM_OK && arguments->tape != NULL) {
        struct recorded recorded;
        code = measure_tape(arguments->tape, &columns[count++], &recorded);
    }
    if (code != MM_OK) {
        return code;
    }
    if (arguments->json) {
        return print_json(columns, count);
    }
    print_table(columns, count);
    return MM_OK;
}

static int run_export(const struct market_arguments *arguments)
{
    struct sim_config config;
    double hours;
    if (arguments->out_path == NULL) {
        return mm_fail(MM_ERROR_USAGE, "where to write the tape? (-o TAPE)");
    }
    if (arguments->tape != NULL) {
        return mm_fail(MM_ERROR_USAGE, "--tape: export writes simulated markets only");
    }
    int code = configure(arguments, &config, &hours);
    return code == MM_OK ? sim_write_tape(&config, (int64_t)(hours * 3600e9), arguments->out_path)
                         : code;
}

static int run_calibrate(const struct market_arguments *arguments)
{
    static struct column columns[COLUMNS_MAX] = {{.name = "fitted"}};
    struct recorded recorded;
    const struct sim_model *start = NULL;
    if (arguments->tape == NULL) {
        return mm_fail(MM_ERROR_USAGE, "calibrate to which recording? (--tape FILE)");
    }
    int code = find_model(arguments->market != NULL ? arguments->market : "btc-perp", &start);
    code = code == MM_OK ? measure_tape(arguments->tape, &columns[1], &recorded) : code;
    if (code == MM_OK && recorded.mid_ticks <= 0) {
        code = mm_fail(MM_ERROR_INPUT, "%s never has both a bid and an ask", arguments->tape);
    }
    if (code != MM_OK) {
        return code;
    }
    struct sim_model model = *start;
    model.name = "fitted";
    model.symbol = recorded.instrument.symbol;
    code = sim_calibrate(&recorded.instrument, recorded.mid_ticks, columns[1].values, &model,
                         columns[0].values);
    if (code != MM_OK) {
        return code;
    }
    json_t *document = sim_model_json(&model);
    if (arguments->out_path != NULL) {
        code = json_document_write(arguments->out_path, document, 0644);
    }
    json_decref(document);
    if (code != MM_OK) {
        return code;
    }
    if (arguments->json) {
        return print_json(columns, COLUMNS_MAX);
    }
    print_table(columns, COLUMNS_MAX);
    return MM_OK;
}

static int run(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    struct market_arguments arguments;
    if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0) {
        fputs(help, stdout);
        return MM_OK;
    }
    static const struct {
        const char *name;
        int (*run)(const struct market_arguments *arguments);
    } verbs[] = {{"stats", run_stats}, {"export", run_export}, {"calibrate", run_calibrate}};
    enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };
    size_t chosen = 0;
    while (chosen < VERB_COUNT && strcmp(verb, verbs[chosen].name) != 0) {
        chosen++;
    }
    if (chosen == VERB_COUNT) {
        return mm_fail(MM_ERROR_USAGE,
                       "mmbot market knows stats, export and calibrate, not '%.32s'", verb);
    }
    int code = parse_arguments(argc - 1, argv + 1, &arguments);
    if (code == MM_OK && arguments.help) {
        fputs(help, stdout);
        return MM_OK;
    }
    if (code != MM_OK) {
        return code;
    }
    return verbs[chosen].run(&arguments);
}

int cmd_market(int argc, char **argv)
{
    int code = run(argc, argv);
    if (code != MM_OK) {
        fprintf(stderr, "mmbot market: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    return 0;
}
