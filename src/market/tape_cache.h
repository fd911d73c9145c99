// Opens what the operator names, a tape or a raw capture, as a tape. A capture is imported once,
// into a directory that is kept between runs; it is found again by its content, its name, the
// importer's version and the options, so a capture that changed is imported anew. Any number of
// processes may do it at once: each writes its own file and renames it into place.
//
// The directory is $MM_CACHE_DIR, else $XDG_CACHE_HOME/mmbot, else ~/.cache/mmbot, else (or where
// that cannot be written) /tmp/mmbot-UID. Its files can be deleted at any time.
#ifndef MM_MARKET_TAPE_CACHE_H
#define MM_MARKET_TAPE_CACHE_H

#include "base/error.h"
#include "market/tape.h"
#include "market/tape_import.h"

// `options` may be NULL. For a tape they must agree with it (MM_ERROR_USAGE), except for the
// contract, which takes the place of the tape's.
int tape_cache_open(struct tape *tape, const char *path,
                    const struct tape_import_options *options) MM_CHECKED;

#endif
