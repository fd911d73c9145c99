#include "cmd/options.h"

#include "base/check.h"
#include "base/suggest.h"
#include "soak/config_manager.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// ---- the reader ----

enum { FIRST_ID = 256 }; // of the options, above every letter

static const struct option_spec *find_spec(const struct option_group *groups, size_t index,
                                           void **out_target)
{
    for (; index >= groups->count; groups++) {
        index -= groups->count;
    }
    *out_target = groups->target;
    return &groups->specs[index];
}

// The groups as getopt_long wants them, numbered from FIRST_ID; returns how many.
static size_t list_options(const struct option_group *groups, size_t group_count,
                           struct option out[OPTIONS_MAX + 1])
{
    size_t count = 0;
    for (size_t group = 0; group < group_count; group++) {
        for (size_t i = 0; i < groups[group].count; i++) {
            const struct option_spec *spec = &groups[group].specs[i];
            MM_ASSERT(count < OPTIONS_MAX);
            int argument = spec->kind == OPTION_FLAG ? no_argument : required_argument;
            out[count] = (struct option){spec->name, argument, NULL, FIRST_ID + (int)count};
            count++;
        }
    }
    out[count] = (struct option){0};
    return count;
}

// By what getopt_long left in optopt: the number of an option of ours, a letter, or 0.
static int refuse(const char *command, char **argv, const struct option *options, size_t count)
{
    if (optopt >= FIRST_ID) {
        const struct option *known = &options[optopt - FIRST_ID];
        return mm_fail(MM_ERROR_USAGE, "--%s %s", known->name,
                       known->has_arg == no_argument ? "takes no value" : "needs a value");
    }
    const char letter[] = {'-', (char)optopt, '\0'};
    const char *argument = optopt != 0 ? letter : argv[optind - 1];
    char name[SUGGEST_NAME_MAX];
    const char *names[OPTIONS_MAX];
    const char *start = argument + strspn(argument, "-");
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(start, "="), start);
    for (size_t i = 0; i < count; i++) {
        names[i] = options[i].name;
    }
    const char *near = suggest_name(name, names, count);
    return mm_fail(MM_ERROR_USAGE, "unknown option '%.64s'%s%s; mmbot %s --help lists them",
                   argument, near != NULL ? ", did you mean --" : "", near != NULL ? near : "",
                   command);
}

static int take_value(const struct option_spec *spec, void *target)
{
    char *field = (char *)target + spec->offset;
    switch (spec->kind) {
    case OPTION_FLAG:
        *(bool *)(void *)field = true;
        return MM_OK;
    case OPTION_TEXT:
        *(const char **)(void *)field = optarg;
        return MM_OK;
    case OPTION_TAKE:
        break;
    }
    return spec->take(target, optarg);
}

int options_parse(const char *command, int argc, char **argv, const struct option_group *groups,
                  size_t group_count)
{
    struct option options[OPTIONS_MAX + 1];
    size_t count = list_options(groups, group_count, options);
    opterr = 0;
    optind = 0; // start anew: a test may call twice
    for (;;) {
        int id = getopt_long(argc, argv, ":", options, NULL);
        if (id == -1) {
            return MM_OK;
        }
        if (id == '?' || id == ':') {
            return refuse(command, argv, options, count);
        }
        void *target = NULL;
        const struct option_spec *spec = find_spec(groups, (size_t)(id - FIRST_ID), &target);
        int code = take_value(spec, target);
        if (code != MM_OK) {
            return code;
        }
    }
}

// ---- the bot's options ----

static int take_set(void *target, const char *value)
{
    struct config_options *options = target;
    if (options->set_count == CONFIG_SETS_MAX) {
        return mm_fail(MM_ERROR_USAGE, "--set is given more than %d times", CONFIG_SETS_MAX);
    }
    options->sets[options->set_count++] = value;
    return MM_OK;
}

#define TEXT(name, field)                                                                          \
    {                                                                                              \
        name, OPTION_TEXT, offsetof(struct config_options, field), NULL                            \
    }

const struct option_spec bot_options[BOT_OPTION_COUNT] = {
    TEXT("market", market),     TEXT("profile", profile), {"set", OPTION_TAKE, 0, take_set},
    TEXT("queue", queue),       TEXT("latency", latency), TEXT("fills", fills),
    TEXT("consume", consume),   TEXT("format", format),   TEXT("feed-latency", feed_latency),
    TEXT("symbol", symbol),     TEXT("tick", tick),       TEXT("lot", lot),
    TEXT("contract", contract),
};
