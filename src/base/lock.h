// One process per directory: an advisory lock on a file that also holds a few words of its owner.
//
// The lock ends with the process, however it ends; the file and its text stay, so that the next
// owner can read what the last one wrote. The file is never removed: removing a lock file lets two
// processes lock two files of one name.
#ifndef MM_BASE_LOCK_H
#define MM_BASE_LOCK_H

#include "base/error.h"

enum { LOCK_TEXT_SIZE = 128 };

struct lock {
    int file;                      // -1 = not held
    char previous[LOCK_TEXT_SIZE]; // what the last owner wrote; empty for a new file
};

// Takes the lock or fails at once: MM_ERROR_USAGE with the owner's text when another process holds
// it, MM_ERROR_SYSTEM when the file cannot be made.
int lock_take(struct lock *lock, const char *path) MM_CHECKED;

// Replaces the file's text; for people and the next owner, not made durable.
int lock_write(struct lock *lock, const char *text) MM_CHECKED;

void lock_release(struct lock *lock); // accepts one that is not held, and a zeroed one

#endif
