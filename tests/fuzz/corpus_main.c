// Runs a fuzzer's one function over every file of a corpus directory, so that what was found once
// stays found, with any compiler. usage: NAME_corpus DIRECTORY
#include "base/file.h"

#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    char *data;
    size_t size;
    if (file_read_all(path, 64 << 20, &data, &size) < 0) {
        (void)fprintf(stderr, "%s\n", mm_error_text());
        return 1;
    }
    (void)LLVMFuzzerTestOneInput((const uint8_t *)data, size);
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;
    if (directory == NULL) {
        (void)fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
        return 2;
    }
    int failures = 0;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char path[PATH_MAX];
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        failures += run_file(path);
        count++;
    }
    (void)closedir(directory);
    (void)printf("%d inputs\n", count);
    return failures > 0 || count == 0;
}
