#include "cmd/bybit_options.h"

#include <getopt.h>
#include <string.h>

enum { FIRST = 256, JSON = FIRST + 14, HELP }; // FIRST and above: texts in the order of text_of

static const struct option long_options[] = {
    {"category", required_argument, NULL, FIRST},
    {"symbol", required_argument, NULL, FIRST + 1},
    {"depth", required_argument, NULL, FIRST + 2},
    {"silence", required_argument, NULL, FIRST + 3},
    {"rest", required_argument, NULL, FIRST + 4},
    {"stream", required_argument, NULL, FIRST + 5},
    {"ca", required_argument, NULL, FIRST + 6},
    {"out", required_argument, NULL, FIRST + 7},
    {"for", required_argument, NULL, FIRST + 8},
    {"keys", required_argument, NULL, FIRST + 9},
    {"heartbeat", required_argument, NULL, FIRST + 10},
    {"prefix", required_argument, NULL, FIRST + 11},
    {"after", required_argument, NULL, FIRST + 12},
    {"market", required_argument, NULL, FIRST + 13},
    {"json", no_argument, NULL, JSON},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};
enum { MARKET_OPTIONS = 7 };

static const char **text_of(struct bybit_command_options *options, int id)
{
    const char **const texts[] = {
        &options->bybit.category, &options->bybit.symbol, &options->bybit.depth,
        &options->bybit.silence,  &options->bybit.rest,   &options->bybit.stream,
        &options->bybit.ca,       &options->out,          &options->duration,
        &options->keys,           &options->heartbeat,    &options->prefix,
        &options->after,          &options->preset,
    };
    return texts[id - FIRST];
}

static bool is_taken(int index, const char *const *extras)
{
    if (index < MARKET_OPTIONS || long_options[index].val == HELP) {
        return true;
    }
    for (; *extras != NULL; extras++) {
        if (strcmp(long_options[index].name, *extras) == 0) {
            return true;
        }
    }
    return false;
}

int bybit_options_parse(int argc, char **argv, const char *const *extras,
                        struct bybit_command_options *out)
{
    *out = (struct bybit_command_options){0};
    optind = 1;
    opterr = 0;
    for (;;) {
        const char *argument = argv[optind];
        int index = 0;
        int id = getopt_long(argc, argv, "", long_options, &index);
        if (id == -1) {
            break;
        }
        if (id == '?' || !is_taken(index, extras)) {
            return mm_fail(MM_ERROR_USAGE,
                           "'%.64s' is no option or lacks its value; mmbot %s --help lists them",
                           argument, argv[0]);
        }
        if (id == JSON) {
            out->json = true;
        } else if (id == HELP) {
            out->help = true;
        } else {
            *text_of(out, id) = optarg;
        }
    }
    return out->help || optind >= argc
               ? MM_OK
               : mm_fail(MM_ERROR_USAGE, "unexpected argument '%.64s'", argv[optind]);
}
