// The POSIX platform.
#include "base/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_SECOND = 1000000000, NS_PER_MS = 1000000 };

static int result_of(int status)
{
    return status < 0 ? -errno : status;
}

const char *platform_error_text(int error)
{
    static _Thread_local char buffer[128];
    return strerror_r(-error, buffer, sizeof buffer);
}

bool platform_error_is_missing(int error)
{
    return error == -ENOENT || error == -ENOTDIR;
}

int platform_open_read(const char *path)
{
    return result_of(open(path, O_RDONLY | O_CLOEXEC));
}

int platform_create(const char *path)
{
    return result_of(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
}

int platform_close(int file)
{
    // Not repeated on EINTR: Linux has released the number by then and another thread may own it.
    int status = result_of(close(file));
    return status == -EINTR ? 0 : status;
}

int platform_file_size(int file, uint64_t *out_size)
{
    struct stat info;
    if (fstat(file, &info) < 0) {
        return -errno;
    }
    if (S_ISDIR(info.st_mode)) {
        return -EISDIR;
    }
    *out_size = (uint64_t)info.st_size;
    return 0;
}

int platform_read(int file, void *data, size_t size, size_t *out_read)
{
    ssize_t count;
    do {
        count = read(file, data, size);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return -errno;
    }
    *out_read = (size_t)count;
    return 0;
}

int platform_write(int file, const void *data, size_t size)
{
    const unsigned char *rest = data;
    while (size > 0) {
        ssize_t count = write(file, rest, size);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return -errno;
        }
        rest += count;
        size -= (size_t)count;
    }
    return 0;
}

int platform_write_at(int file, uint64_t offset, const void *data, size_t size)
{
    const unsigned char *rest = data;
    while (size > 0) {
        ssize_t count = pwrite(file, rest, size, (off_t)offset);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0) {
            return -errno;
        }
        rest += count;
        offset += (uint64_t)count;
        size -= (size_t)count;
    }
    return 0;
}

int platform_set_mode(int file, unsigned mode)
{
    return result_of(fchmod(file, (mode_t)mode));
}

int platform_sync(int file)
{
    return result_of(fsync(file));
}

int platform_rename(const char *from, const char *to)
{
    return result_of(rename(from, to));
}

int platform_remove(const char *path)
{
    return result_of(unlink(path));
}

int platform_make_directory(const char *path)
{
    return result_of(mkdir(path, 0777));
}

int platform_sync_directory(const char *path)
{
    int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) {
        return -errno;
    }
    int status = result_of(fsync(file));
    (void)close(file);
    // Some file systems (network, FUSE) do not know the operation and need none.
    return status == -EINVAL ? 0 : status;
}

bool platform_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool platform_is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

int platform_map_read(int file, size_t size, const void **out_data)
{
    void *data = mmap(NULL, size, PROT_READ, MAP_SHARED, file, 0);
    if (data == MAP_FAILED) {
        return -errno;
    }
    *out_data = data;
    return 0;
}

void platform_unmap(const void *data, size_t size)
{
    (void)munmap((void *)data, size);
}

void *platform_pages_alloc(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void platform_pages_free(void *memory, size_t size)
{
    (void)munmap(memory, size);
}

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

int64_t platform_monotonic_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t platform_wall_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

void platform_sleep_ns(int64_t duration_ns)
{
    if (duration_ns <= 0) {
        return;
    }
    struct timespec duration = {.tv_sec = (time_t)(duration_ns / NS_PER_SECOND),
                                .tv_nsec = (long)(duration_ns % NS_PER_SECOND)};
    (void)nanosleep(&duration, NULL);
}

void platform_time_text(int64_t wall_ns, char *out)
{
    int64_t ns = wall_ns % NS_PER_SECOND;
    time_t seconds = (time_t)(wall_ns / NS_PER_SECOND);
    if (ns < 0) {
        ns += NS_PER_SECOND;
        seconds--;
    }
    struct tm utc;
    (void)gmtime_r(&seconds, &utc);
    size_t length = strftime(out, PLATFORM_TIME_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(out + length, PLATFORM_TIME_TEXT_SIZE - length, ".%03dZ", (int)(ns / NS_PER_MS));
}

uint32_t platform_process_id(void)
{
    return (uint32_t)getpid();
}

bool platform_is_terminal(int file)
{
    return isatty(file) == 1;
}

int platform_terminal_width(int file)
{
    struct winsize window = {0};
    return ioctl(file, TIOCGWINSZ, &window) == 0 ? window.ws_col : 0;
}
