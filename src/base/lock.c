#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

// The first line of what the file holds.
static void read_text(int file, char *out)
{
    ssize_t length = pread(file, out, LOCK_TEXT_SIZE - 1, 0);
    out[length > 0 ? length : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
}

int lock_take(struct lock *lock, const char *path)
{
    *lock = (struct lock){.file = -1};
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) {
        return mm_fail(MM_ERROR_SYSTEM, "cannot open %s: %s", path, strerror(errno));
    }
    read_text(file, lock->previous);
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        int reason = errno;
        close(file);
        if (reason == EWOULDBLOCK) {
            return mm_fail(MM_ERROR_USAGE, "another process holds %s%s%s", path,
                           lock->previous[0] != '\0' ? ": " : "", lock->previous);
        }
        return mm_fail(MM_ERROR_SYSTEM, "cannot lock %s: %s", path, strerror(reason));
    }
    // Again, because the owner may have changed between the first look and the lock.
    read_text(file, lock->previous);
    lock->file = file;
    return MM_OK;
}

int lock_write(struct lock *lock, const char *text)
{
    size_t length = strnlen(text, LOCK_TEXT_SIZE - 1);
    if (ftruncate(lock->file, 0) != 0 || pwrite(lock->file, text, length, 0) != (ssize_t)length) {
        return mm_fail(MM_ERROR_SYSTEM, "cannot write the lock file: %s", strerror(errno));
    }
    return MM_OK;
}

void lock_release(struct lock *lock)
{
    if (lock->file > 0) {
        close(lock->file);
    }
    lock->file = -1;
}
