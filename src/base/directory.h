// What is in a directory, over the platform layer.
#ifndef MM_BASE_DIRECTORY_H
#define MM_BASE_DIRECTORY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

// The names in a directory without "." and "..", in byte order. The struct is the caller's memory
// and owns the texts from directory_list to directory_list_fini.
struct directory_list {
    char **names;
    size_t count, capacity;
};

// A directory that does not exist has no names. On an error the list is empty.
int directory_list(const char *path, struct directory_list *out) MM_CHECKED;
// The paths below a directory, relative to it: everything in a directory comes after it, equal
// trees in equal order. Links are not followed.
int directory_tree(const char *path, struct directory_list *out) MM_CHECKED;
// Bytes of all files below it; 0 when it does not exist.
int directory_size(const char *path, uint64_t *out_bytes) MM_CHECKED;
int directory_remove(const char *path) MM_CHECKED; // with all below it; fine when it is not there
void directory_list_fini(struct directory_list *list); // accepts a zeroed one

// "DIRECTORY/NAME" on the heap, to be freed by the caller.
char *path_join(const char *directory, const char *name);

// Removes what killed writers of base/file.h have left: NAME.tmp and NAME.tmp.PID. Only while no
// other process can be writing there.
int directory_remove_leftovers(const char *path) MM_CHECKED;

#endif
