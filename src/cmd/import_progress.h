// The progress bar of a long import: a line on standard error that is overwritten in place and gone
// at the end.
#ifndef MM_CMD_IMPORT_PROGRESS_H
#define MM_CMD_IMPORT_PROGRESS_H

#include "market/tape_import.h"

// For the options of an import; NULL where standard error is no terminal. Static; one import at a
// time.
const struct tape_import_progress *import_progress(void);

#endif
