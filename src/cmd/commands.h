// The subcommands of mmbot: one file each under cmd/, one line each here and in main.c's table.
//
// A command gets its own name as argv[0], parses the rest with getopt_long, prints its own help,
// and returns the process's exit code (DESIGN: 0 fine, 1 verdict FAIL, 2 wrong usage, 3
// inconclusive, 4 input or system error, 130 and 143 stopped by a signal).
#ifndef MM_CMD_COMMANDS_H
#define MM_CMD_COMMANDS_H

#include "kpi/gate.h"

int cmd_artifacts(int argc, char **argv);
int cmd_backtest(int argc, char **argv);
int cmd_canary(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_market(int argc, char **argv);
int cmd_ctl(int argc, char **argv);
int cmd_gate(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_soak(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_tape(int argc, char **argv);
int cmd_view(int argc, char **argv);
int cmd_venue(int argc, char **argv);
int cmd_watchdog(int argc, char **argv);

int verdict_exit_code(enum gate_verdict verdict);

#endif
