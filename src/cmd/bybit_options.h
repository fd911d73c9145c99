// The options of the commands that look at a live market: record, doctor and
// watchdog.
#ifndef MM_CMD_BYBIT_OPTIONS_H
#define MM_CMD_BYBIT_OPTIONS_H

#include "venue/bybit/market.h"

#include <stdbool.h>

struct bybit_command_options {
    struct bybit_market_options bybit;
    const char *out, *duration;             // of record
    const char *keys;                       // of doctor and watchdog
    const char *heartbeat, *prefix, *after; // of watchdog
    const char *preset;                     // of doctor
    bool json;                              // likewise
    bool help;
};

// Fills *out; texts stay borrowed. `extras` are the names beside those of the market that the
// command takes, ended by NULL. MM_ERROR_USAGE names what is wrong.
int bybit_options_parse(int argc, char **argv, const char *const *extras,
                        struct bybit_command_options *out) MM_CHECKED;

#endif
