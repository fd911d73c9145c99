// The control port: faults on command, switches, accounts, and what only the exchange knows.
//
//   GET  /control/state                      counters, accounts, orders, connections, faults
//   GET  /control/switches                   every switch with its value and what is allowed
//   POST /control/switch   {"name","value"}
//   POST /control/account  {...}             a new account; answers with its key and secret
//   POST /control/fault    {"fault","count" | "ms", ...}
//   POST /control/funding  {}                pays funding now
//
// bourse_control of bourse.h is implemented here; docs/venue.md describes each fault.
#ifndef MM_BOURSE_CONTROL_H
#define MM_BOURSE_CONTROL_H

#include "bourse/bourse.h"

#include <jansson.h>

// What an account's JSON description says, over the values already in *spec; texts stay borrowed
// from it. MM_ERROR_USAGE names the field.
int control_read_account(const json_t *description, struct bourse_account_spec *spec) MM_CHECKED;

#endif
