// How command lines are read: tables of long options, of which commands share some, and one reader.
//
// A table says for each option where its value goes in a struct of the command's; what is more than
// a text or a flag is taken by a function. Texts stay borrowed from argv. One thread: getopt_long.
#ifndef MM_CMD_OPTIONS_H
#define MM_CMD_OPTIONS_H

#include "base/error.h"

#include <stddef.h>

enum { OPTIONS_MAX = 64 }; // of one command

enum option_kind {
    OPTION_FLAG, // sets the bool at `offset`
    OPTION_TEXT, // sets the const char * at `offset`; the last one given counts
    OPTION_TAKE  // calls take with the value
};

struct option_spec {
    const char *name; // without dashes
    enum option_kind kind;
    size_t offset; // in the group's target
    int (*take)(void *target, const char *value);
};

struct option_group {
    const struct option_spec *specs;
    size_t count;
    void *target;
};

// Reads the options of argv[1..argc) into the groups' targets; the arguments that are none are left
// at argv[optind..argc). MM_ERROR_USAGE names the option, what it lacks or the one it resembles;
// `command` is what --help is asked of.
int options_parse(const char *command, int argc, char **argv, const struct option_group *groups,
                  size_t group_count) MM_CHECKED;

// Those of a bot on a recorded market, into a struct config_options: market, profile, set, queue,
// latency, fills, consume, and what says how a recording is imported.
enum { BOT_OPTION_COUNT = 13 };
extern const struct option_spec bot_options[BOT_OPTION_COUNT];

// What --help says of the last ten.
#define OPTIONS_REPLAY_HELP                                                                        \
    "  --queue MODEL        risk, pow:N, pow2:N, pow3:N, log, log2\n"                              \
    "  --latency LATENCY    ENTRY,RESPONSE, e.g. 10ms,10ms, a file of recorded round trips, or "   \
    "a\n"                                                                                          \
    "                       list such as place=10ms,cancel=5ms/8ms,jitter=2ms\n"                   \
    "  --fills strict|compat  the rules of fills: strict (default), or the reference's with its\n" \
    "                       defects; docs/replay.md has the differences\n"                         \
    "  --consume on|off     strict: what an order took of a level is gone until the level "        \
    "changes\n"                                                                                    \
    "                       (default on)\n"
#define OPTIONS_IMPORT_HELP                                                                        \
    "  --format F  --feed-latency D  --symbol S  --tick T  --lot L  --contract C\n"                \
    "                       how a recording is imported, as of mmbot tape import\n"

#endif
