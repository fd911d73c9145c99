// The options of a run, which soak, canary and config show have in common.
#ifndef MM_CMD_SOAK_OPTIONS_H
#define MM_CMD_SOAK_OPTIONS_H

#include "base/log.h"
#include "soak/config_manager.h"

#include <stdbool.h>

struct soak_options {
    struct config_options config;
    const char *command;    // argv[0]
    const char *keys_path;  // NULL = the environment's keys
    struct bybit_keys keys; // of a live run; soak_run wipes them
    const char *hours;      // of canary and run; NULL = 24, with soak not allowed
    const char *http;       // ADDRESS:PORT of the page
    const char *http_cert, *http_key;
    bool no_http, http_plain, keep_open;
    enum log_level log_level;
    bool json, help;
};

// Fills *out from the command line and the environment; texts stay borrowed from both.
int soak_options_parse(int argc, char **argv, struct soak_options *out) MM_CHECKED;

// The windows in --hours, rounded up, as --iterations takes it, into `size` bytes. MM_ERROR_USAGE
// names the option at fault: --hours, --window, or --iterations, which follows from them.
int soak_options_windows(const struct soak_options *options, char *out, size_t size) MM_CHECKED;

#endif
