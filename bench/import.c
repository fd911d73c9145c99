// How fast a recording becomes a tape, and with the run that follows: nanoseconds per row.
//
//   bench_import FILE [--rounds N] [--tape FILE] [--rows N]
//
// Each round imports FILE, opens the tape and runs the reference ladder over it; the tape is
// written to --tape (default a temporary file below /tmp), with all that makes it lasting. Rows are
// those of the tape, or N, so that they can be counted as somebody else counts them.
// bench/README.md has the method.
#include "market/tape_import.h"
#include "replay_run.h"

#include <getopt.h>
#include <string.h>

enum step { STEP_IMPORT, STEP_OPEN, STEP_RUN, STEP_ALL, STEP_COUNT };

struct arguments {
    const char *path, *tape_path;
    unsigned rounds;
    double rows;
};

static bool parse_arguments(int argc, char **argv, struct arguments *out)
{
    static const struct option options[] = {{"rounds", required_argument, NULL, 'n'},
                                            {"tape", required_argument, NULL, 't'},
                                            {"rows", required_argument, NULL, 'r'},
                                            {NULL, 0, NULL, 0}};
    *out = (struct arguments){.rounds = 5};
    int id;
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (id) {
        case 'n':
            out->rounds = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 't':
            out->tape_path = optarg;
            break;
        case 'r':
            out->rows = strtod(optarg, NULL);
            break;
        default:
            return false;
        }
    }
    out->path = optind + 1 == argc ? argv[optind] : NULL;
    return out->path != NULL && out->rounds > 0 && out->rounds <= ROUNDS_MAX;
}

// One round; returns the tape's rows.
static double run_round(const struct arguments *arguments, double ns[STEP_COUNT],
                        struct ladder_totals *totals)
{
    static const struct tape_import_options options;
    struct tape tape;
    int64_t start_ns = core_ns();
    if (tape_import(arguments->path, arguments->tape_path, &options, NULL) < 0) {
        stop();
    }
    int64_t imported_ns = core_ns();
    if (tape_open(&tape, arguments->tape_path) < 0) {
        stop();
    }
    int64_t opened_ns = core_ns();
    ns[STEP_IMPORT] = (double)(imported_ns - start_ns);
    ns[STEP_OPEN] = (double)(opened_ns - imported_ns);
    ns[STEP_RUN] = time_ladder(&tape, FILLS_COMPAT, true, totals);
    ns[STEP_ALL] = (double)(core_ns() - start_ns);
    double rows = (double)tape.row_count;
    tape_close(&tape);
    return rows;
}

int main(int argc, char **argv)
{
    static const char *const names[STEP_COUNT] = {"import", "open", "run", "all"};
    static double ns[STEP_COUNT][ROUNDS_MAX];
    char temporary[] = "/tmp/mmbot_bench_XXXXXX";
    struct arguments arguments;
    struct ladder_totals totals = {0};
    if (!parse_arguments(argc, argv, &arguments)) {
        fputs("usage: bench_import FILE [--rounds N] [--tape FILE] [--rows N]\n", stderr);
        return 2;
    }
    if (arguments.tape_path == NULL) {
        make_temporary(temporary);
        arguments.tape_path = temporary;
    }
    double rows = 0;
    for (unsigned round = 0; round < arguments.rounds; round++) {
        double of_round[STEP_COUNT];
        rows = run_round(&arguments, of_round, &totals);
        for (int step = 0; step < STEP_COUNT; step++) {
            ns[step][round] = of_round[step];
        }
    }
    for (int step = 0; step < STEP_COUNT; step++) {
        print_times(names[step], ns[step], arguments.rounds,
                    arguments.rows > 0 ? arguments.rows : rows);
        printf(step >= STEP_RUN ? "  %llu orders\n" : "\n", (unsigned long long)totals.place_count);
    }
    if (arguments.tape_path == temporary) {
        unlink(temporary);
    }
    return 0;
}
