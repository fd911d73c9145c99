// A directory of a test's own, removed with what is in it. One test program, one thread.
#ifndef MM_TESTS_UNIT_SCRATCH_H
#define MM_TESTS_UNIT_SCRATCH_H

#include "cmocka_all.h"

#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

static char scratch_directory[64];

static inline int scratch_set_up(void **state)
{
    (void)state;
    (void)snprintf(scratch_directory, sizeof scratch_directory, "/tmp/mmbot_test.XXXXXX");
    return mkdtemp(scratch_directory) == NULL;
}

static inline int scratch_remove(const char *path, const struct stat *info, int kind,
                                 struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline int scratch_tear_down(void **state)
{
    (void)state;
    return nftw(scratch_directory, scratch_remove, 8, FTW_DEPTH | FTW_PHYS);
}

// The path of `name` in the directory. Static, four at a time.
static inline const char *scratch_path(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, PATH_MAX, "%s/%s", scratch_directory, name);
    return path;
}

static inline void scratch_write(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

// How many entries a directory has.
static inline int scratch_count(const char *path)
{
    DIR *directory = opendir(path);
    assert_non_null(directory);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    assert_int_equal(closedir(directory), 0);
    return count;
}

#endif
