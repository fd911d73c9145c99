// How `mmbot tape` shows a tape: lines for a person, the same facts as JSON.
#ifndef MM_CMD_TAPE_PRINT_H
#define MM_CMD_TAPE_PRINT_H

#include "base/json.h"
#include "market/tape.h"
#include "market/tape_check.h"
#include "market/tape_import.h"

#include <stdio.h>

void tape_print_import(FILE *out, const struct tape *tape, const struct tape_import_report *report);
void tape_print_info(FILE *out, const struct tape *tape);
void tape_print_check(FILE *out, const struct tape *tape, const struct tape_check *check);

// New references.
json_t *tape_info_json(const struct tape *tape);
json_t *tape_check_json(const struct tape *tape, const struct tape_check *check);

#endif
