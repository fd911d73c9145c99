// What the files of `mmbot backtest` share.
#ifndef MM_CMD_BACKTEST_H
#define MM_CMD_BACKTEST_H

#include "base/error.h"
#include "engine/history.h"
#include "engine/watch.h"
#include "observe/report_json.h"
#include "soak/config_manager.h"

#include <stdbool.h>

// Where the result goes: a page at `report_path` (NULL = none), and JSON instead of text on stdout.
struct backtest_output {
    const char *report_path;
    const char *orders_path; // the quoter's order log, NULL = none
    bool json;
    uint64_t explain_id; // of an order whose life is told, 0 = none
};

// A configuration as the lines of a report, with the texts they point to.
enum { BACKTEST_SETTINGS_MAX = 128, BACKTEST_SOURCE_SIZE = 80 };
struct backtest_settings {
    struct report_setting of[BACKTEST_SETTINGS_MAX];
    char values[BACKTEST_SETTINGS_MAX][CONFIG_VALUE_SIZE];
    char sources[BACKTEST_SETTINGS_MAX][BACKTEST_SOURCE_SIZE];
    uint32_t count;
};

// Copies value and source; section, name and unit stay borrowed.
void backtest_add_setting(struct backtest_settings *settings, struct report_setting setting);

// Adds what the command line says, or the default it leaves in force when `given` is NULL.
void backtest_add_option(struct backtest_settings *settings, const char *name, const char *given,
                         const char *otherwise);

// Runs the quoter over the tape of the options, all of it in one window, and writes the result;
// *out_verdict is the gate's.
int backtest_quoter(const struct config_options *options, const struct backtest_output *output,
                    enum gate_verdict *out_verdict) MM_CHECKED;

// What a report needs of a strategy that is not the engine: it trades on watch_venue() instead.
struct backtest_watch {
    struct history *history; // owned
    struct watch *watch;     // owned
};
void backtest_watch_open(struct backtest_watch *watch, struct venue *venue);
void backtest_watch_close(struct backtest_watch *watch); // accepts a zeroed one

// Ends the watched run and writes the result.
int backtest_watch_write(struct backtest_watch *watch, const char *strategy, const char *market,
                         const struct backtest_settings *settings,
                         const struct backtest_output *output) MM_CHECKED;

// Writes the page and prints the result as JSON or text.
int backtest_write(const struct report_run *run, const struct backtest_output *output) MM_CHECKED;

#endif
