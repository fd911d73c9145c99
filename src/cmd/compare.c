// mmbot compare: a paper or live session's requests on its own tape, and where fills differ.
#include "soak/compare.h"
#include "base/file.h"
#include "base/log.h"
#include "base/platform.h"
#include "base/units.h"
#include "cmd/commands.h"
#include "cmd/compare_print.h"
#include "cmd/import_progress.h"
#include "cmd/options.h"
#include "market/tape_cache.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t TOLERANCE_NS = 100000000; // the book of 200 levels is told this often

static const int64_t TOLERANCE_MAX_NS = INT64_C(3600) * 1000000000;

static const char help[] =
    "usage: mmbot compare DIRECTORY [OPTIONS]\n"
    "\n"
    "Replays the paper or live session in DIRECTORY (as --out, or a latest/ or a snapshot): every\n"
    "request of its own takes effect on its own recording when it took effect in the session, and\n"
    "fills come by the rules of a strict replay. Says which fills come out again, and of each "
    "that\n"
    "does not, why.\n"
    "\n"
    "  --tape FILE          the session's recording (default: where --record put it)\n"
    "  --queue MODEL        risk, pow:N, pow2:N, pow3:N, log, log2 (default: the session's; of a\n"
    "                       live one that of its market preset)\n"
    "  --tolerance TIME     what counts as the same time (default 100ms, at most 1h)\n"
    "  --min-match SHARE    exit with 1 when the replay fills less than this share (0 to 1) of "
    "the\n"
    "                       lots that the session filled\n"
    "  --all                every difference, not only the first " COMPARE_SHOWN_TEXT "\n"
    "  --json               the same as data, every difference included\n"
    "\n"
    "Exit codes: 0 compared, whatever came out; 1 --min-match was missed; 2 wrong usage; 3\n"
    "--min-match is given and the session has no fills; 4 files that are missing or damaged; 130\n"
    "or 143 stopped by a signal.\n";

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
    signal(number, SIG_DFL);
}

struct arguments {
    const char *directory;
    const char *tape, *queue, *tolerance, *min_match;
    bool all, json, help;
    double least_share; // below 0: none
    struct compare_options compare;
};

#define AT(field) offsetof(struct arguments, field), NULL

static const struct option_spec specs[] = {
    {"tape", OPTION_TEXT, AT(tape)},
    {"queue", OPTION_TEXT, AT(queue)},
    {"tolerance", OPTION_TEXT, AT(tolerance)},
    {"min-match", OPTION_TEXT, AT(min_match)},
    {"all", OPTION_FLAG, AT(all)},
    {"json", OPTION_FLAG, AT(json)},
    {"help", OPTION_FLAG, AT(help)},
};

static int parse_share(const char *text, double *out)
{
    struct decimal share;
    *out = -1;
    if (text == NULL) {
        return MM_OK;
    }
    if (decimal_parse(text, strlen(text), &share) != DECIMAL_OK || share.mantissa < 0 ||
        decimal_to_double(share) > 1) {
        return mm_fail(MM_ERROR_USAGE, "--min-match '%.64s': expected a share in 0 .. 1, e.g. 0.95",
                       text);
    }
    *out = decimal_to_double(share);
    return MM_OK;
}

static int check_arguments(int argc, char **argv, struct arguments *out)
{
    if (optind + 1 != argc) {
        return optind == argc
                   ? mm_fail(MM_ERROR_USAGE, "a directory is needed")
                   : mm_fail(MM_ERROR_USAGE, "unexpected argument '%.64s'", argv[optind + 1]);
    }
    out->directory = argv[optind];
    out->compare.tolerance_ns = TOLERANCE_NS;
    out->compare.stop = &stop_signal;
    int code = parse_share(out->min_match, &out->least_share);
    if (code == MM_OK && out->tolerance != NULL) {
        code = duration_parse(out->tolerance, &out->compare.tolerance_ns);
        code = code == MM_OK ? MM_OK : mm_fail_add(code, "--tolerance");
        if (code == MM_OK && out->compare.tolerance_ns > TOLERANCE_MAX_NS) {
            code = mm_fail(MM_ERROR_USAGE, "--tolerance %.32s is more than 1h", out->tolerance);
        }
    }
    if (code == MM_OK && out->queue != NULL) {
        code = queue_model_parse(out->queue, &out->compare.queue_model);
        code = code == MM_OK ? MM_OK : mm_fail_add(code, "--queue");
    }
    return code;
}

static int parse(int argc, char **argv, struct arguments *out)
{
    *out = (struct arguments){0};
    const struct option_group group = {specs, sizeof specs / sizeof specs[0], out};
    int code = options_parse(argv[0], argc, argv, &group, 1);
    return code != MM_OK || out->help ? code : check_arguments(argc, argv, out);
}

static int choose_queue(const struct arguments *arguments, const struct session *session,
                        struct compare_options *options)
{
    if (arguments->queue != NULL) {
        return MM_OK;
    }
    if (!session->has_queue_model) {
        return mm_fail(MM_ERROR_USAGE,
                       "%s: the market preset of the session is not known here: say --queue MODEL",
                       arguments->directory);
    }
    options->queue_model = session->queue_model;
    return MM_OK;
}

static int open_recording(const struct arguments *arguments, const struct session *session,
                          struct tape *tape, const char **out_path)
{
    const char *path = arguments->tape != NULL ? arguments->tape : session->record;
    *out_path = path;
    if (path == NULL) {
        return mm_fail(MM_ERROR_USAGE,
                       "the session in %s kept no recording: a session records with --record FILE, "
                       "and a recording made beside it (mmbot record) is named with --tape FILE",
                       arguments->directory);
    }
    if (!file_exists(path)) {
        return mm_fail(MM_ERROR_INPUT, "the recording %s is not there: name it with --tape FILE",
                       path);
    }
    const struct instrument *instrument = &session->instrument;
    struct tape_import_options import = {.progress = import_progress(),
                                         .tick = instrument->tick,
                                         .lot = instrument->lot,
                                         .contract_given = true,
                                         .contract = instrument->contract,
                                         .contract_size = instrument->contract_size};
    memcpy(import.symbol, instrument->symbol, sizeof import.symbol);
    int code = tape_cache_open(tape, path, &import);
    return code == MM_OK
               ? MM_OK
               : mm_fail_add(code, "the session traded %s; --tape names its own recording",
                             instrument->symbol);
}

// Comparing is not judging: a difference is none of the exit code's business unless a share was
// asked for.
static int exit_code_of(const struct arguments *arguments, const struct comparison *comparison)
{
    double share = 0;
    if (arguments->least_share < 0) {
        return 0;
    }
    if (!compare_match_share(comparison, &share)) {
        return 3;
    }
    return share >= arguments->least_share ? 0 : 1;
}

static int compare(struct arguments *arguments, int *out_exit_code)
{
    struct session session = {0};
    struct tape tape = {0};
    struct comparison comparison = {0};
    const char *path = NULL;
    int code = session_read(arguments->directory, &session);
    if (code == MM_OK) {
        code = choose_queue(arguments, &session, &arguments->compare);
    }
    if (code == MM_OK) {
        code = open_recording(arguments, &session, &tape, &path);
    }
    if (code == MM_OK) {
        code = compare_run(&session, &tape, &arguments->compare, &comparison);
    }
    if (code == MM_OK) {
        struct compare_shown shown = {.directory = arguments->directory,
                                      .recording = path,
                                      .session = &session,
                                      .comparison = &comparison,
                                      .tolerance_ns = arguments->compare.tolerance_ns,
                                      .all = arguments->all};
        if (arguments->json) {
            compare_print_json(&shown, stdout);
        } else {
            compare_print(&shown, stdout);
        }
        *out_exit_code = exit_code_of(arguments, &comparison);
    }
    comparison_fini(&comparison);
    tape_close(&tape);
    session_fini(&session);
    return code;
}

int cmd_compare(int argc, char **argv)
{
    struct arguments arguments;
    int exit_code = 0;
    int code = parse(argc, argv, &arguments);
    if (code == MM_OK && arguments.help) {
        fputs(help, stdout);
        return 0;
    }
    if (code == MM_OK) {
        log_init(stderr, platform_is_terminal(fileno(stderr)) ? LOG_WARN : LOG_INFO);
        signal(SIGINT, on_signal);
        signal(SIGTERM, on_signal);
        code = compare(&arguments, &exit_code);
        log_flush();
    }
    if (code == MM_ERROR_STOPPED) {
        return 128 + stop_signal;
    }
    if (code != MM_OK) {
        fprintf(stderr, "mmbot compare: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    return exit_code;
}
