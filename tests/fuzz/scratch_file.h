// The path of a file for one fuzzing process, in memory where there is such a file system.
#ifndef MM_TESTS_FUZZ_SCRATCH_FILE_H
#define MM_TESTS_FUZZ_SCRATCH_FILE_H

#include "base/file.h"
#include "base/platform.h"

#include <inttypes.h>
#include <stdio.h>

static inline const char *scratch_file(void)
{
    static char path[64];
    if (path[0] == '\0') {
        (void)snprintf(path, sizeof path, "%s/mmbot_fuzz.%" PRIu32,
                       file_exists("/dev/shm") ? "/dev/shm" : "/tmp", platform_process_id());
    }
    return path;
}

#endif
