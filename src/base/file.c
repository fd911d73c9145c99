#include "base/file.h"

#include "base/check.h"
#include "base/memory.h"
#include "base/platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_SIZE_MIN = 4096 };

static bool waits_for_disk = true;

void file_set_durable(bool durable)
{
    waits_for_disk = durable;
}

static int fail_at(int error, const char *what, const char *path)
{
    return mm_fail(MM_ERROR_SYSTEM, "cannot %s %s: %s", what, path, platform_error_text(error));
}

// path followed by suffix, on the heap.
static char *path_with(const char *path, const char *suffix)
{
    size_t path_length = strlen(path);
    size_t suffix_size = strlen(suffix) + 1;
    char *joined = mm_alloc(path_length + suffix_size, 1);
    memcpy(joined, path, path_length);
    memcpy(joined + path_length, suffix, suffix_size);
    return joined;
}

// The directory that holds `path`, on the heap: "." for a bare name, "/" for the root's own.
static char *parent_of(const char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    while (length > 0 && path[length - 1] != '/') {
        length--;
    }
    if (length == 0) {
        return path_with(".", "");
    }
    while (length > 1 && path[length - 1] == '/') {
        length--;
    }
    char *parent = mm_alloc(length + 1, 1);
    memcpy(parent, path, length);
    return parent;
}

static int sync_parent(const char *path)
{
    if (!waits_for_disk) {
        return MM_OK;
    }
    char *parent = parent_of(path);
    int error = platform_sync_directory(parent);
    int status = error < 0 ? fail_at(error, "fsync the directory", parent) : MM_OK;
    free(parent);
    return status;
}

// Sets the mode and makes the content durable; closes the file in any case.
static int seal(int fd, const char *path, unsigned mode)
{
    const char *what = "set the mode of";
    int error = platform_set_mode(fd, mode);
    if (error == 0 && waits_for_disk) {
        what = "fsync";
        error = platform_sync(fd);
    }
    int close_error = platform_close(fd);
    if (error == 0 && close_error < 0) {
        what = "close";
        error = close_error;
    }
    return error < 0 ? fail_at(error, what, path) : MM_OK;
}

static int write_sealed(const char *path, const void *data, size_t size, unsigned mode)
{
    int fd = platform_create(path);
    if (fd < 0) {
        return fail_at(fd, "create", path);
    }
    int error = platform_write(fd, data, size);
    if (error < 0) {
        (void)platform_close(fd);
        return fail_at(error, "write", path);
    }
    return seal(fd, path, mode);
}

// A rename would put the file in the place of a device or a link, as of /dev/stdout.
static int check_replaceable(const char *path)
{
    struct platform_entry entry;
    if (platform_look_at(path, &entry) < 0 || entry.is_file || entry.is_directory) {
        return MM_OK; // nothing there, or the system's own words say what is wrong
    }
    return mm_fail(MM_ERROR_SYSTEM, "cannot write %s: it is a link, a device or a pipe", path);
}

// The last step of a whole write: the rename is what makes the new content visible, and the
// directory's fsync what makes the rename last.
static int publish(const char *temp_path, const char *path)
{
    int error = platform_rename(temp_path, path);
    if (error < 0) {
        return fail_at(error, "rename the finished file to", path);
    }
    return sync_parent(path);
}

int file_write_atomic(const char *path, const void *data, size_t size, unsigned mode)
{
    char *temp_path = path_with(path, ".tmp");
    int status = check_replaceable(path);
    if (status == MM_OK) {
        status = write_sealed(temp_path, data, size, mode);
    }
    if (status == MM_OK) {
        status = publish(temp_path, path);
    }
    if (status != MM_OK) {
        (void)platform_remove(temp_path);
    }
    free(temp_path);
    return status;
}

// A buffer that grows while a file is read into it.
struct read_buffer {
    char *data; // owned
    size_t size, capacity;
};

static int read_rest(struct read_buffer *buffer, int fd, const char *path, size_t size_max)
{
    for (;;) {
        size_t count = 0;
        // One byte less than there is, for the end of the string.
        int error = platform_read(fd, buffer->data + buffer->size,
                                  buffer->capacity - 1 - buffer->size, &count);
        if (error < 0) {
            return fail_at(error, "read", path);
        }
        if (count == 0) {
            return MM_OK;
        }
        buffer->size += count;
        if (buffer->size > size_max) {
            return mm_fail(MM_ERROR_INPUT, "%s is larger than %zu bytes", path, size_max);
        }
        if (buffer->size == buffer->capacity - 1) {
            char *grown = mm_alloc(buffer->capacity, 2);
            memcpy(grown, buffer->data, buffer->size);
            free(buffer->data);
            buffer->data = grown;
            buffer->capacity *= 2;
        }
    }
}

static int read_open_file(int fd, const char *path, size_t size_max, struct read_buffer *buffer)
{
    uint64_t size = 0;
    int error = platform_file_size(fd, &size);
    if (error < 0) {
        return fail_at(error, "read", path);
    }
    if (size > size_max) {
        return mm_fail(MM_ERROR_INPUT, "%s is larger than %zu bytes", path, size_max);
    }
    // The size is a hint only, because a pipe says 0 and a file may grow meanwhile: two bytes more
    // than it, so that the end is seen without growing.
    buffer->capacity = (size_t)size + 2 > READ_SIZE_MIN ? (size_t)size + 2 : READ_SIZE_MIN;
    buffer->data = mm_alloc(buffer->capacity, 1);
    return read_rest(buffer, fd, path, size_max);
}

int file_read_all(const char *path, size_t size_max, char **out_data, size_t *out_size)
{
    int fd = platform_open_read(path);
    if (fd < 0) {
        return fail_at(fd, "open", path);
    }
    struct read_buffer buffer = {0};
    int status = read_open_file(fd, path, size_max, &buffer);
    (void)platform_close(fd);
    if (status != MM_OK) {
        free(buffer.data);
        return status;
    }
    buffer.data[buffer.size] = '\0';
    *out_data = buffer.data;
    *out_size = buffer.size;
    return MM_OK;
}

bool file_exists(const char *path)
{
    return platform_exists(path);
}

static int dir_create_one(const char *path)
{
    int error = platform_make_directory(path);
    if (error == 0) {
        return sync_parent(path);
    }
    // Asked after the attempt, because another process may have been first.
    return platform_is_directory(path) ? MM_OK : fail_at(error, "create the directory", path);
}

int dir_create(const char *path)
{
    char *partial = path_with(path, "");
    int status = MM_OK;
    // The root's slash names no directory to be made; the search starts behind it.
    char *slash = strchr(partial + (partial[0] == '/'), '/');
    while (slash != NULL && status == MM_OK) {
        *slash = '\0';
        status = dir_create_one(partial);
        *slash = '/';
        slash = strchr(slash + 1, '/');
    }
    if (status == MM_OK) {
        status = dir_create_one(partial);
    }
    free(partial);
    return status;
}

int file_remove(const char *path)
{
    int error = platform_remove(path);
    return error == 0 || platform_error_is_missing(error) ? MM_OK : fail_at(error, "remove", path);
}

int file_rename(const char *from, const char *to)
{
    int error = platform_rename(from, to);
    if (error < 0) {
        return mm_fail(MM_ERROR_SYSTEM, "cannot rename %s to %s: %s", from, to,
                       platform_error_text(error));
    }
    // The new name first: a crash in between leaves both names rather than none.
    int status = sync_parent(to);
    return status != MM_OK ? status : sync_parent(from);
}

int file_writer_open(struct file_writer *writer, const char *path)
{
    char suffix[32];
    (void)snprintf(suffix, sizeof suffix, ".tmp.%u", (unsigned)platform_process_id());
    *writer = (struct file_writer){.fd = -1};
    int status = check_replaceable(path);
    if (status != MM_OK) {
        return status;
    }
    char *temp_path = path_with(path, suffix);
    int fd = platform_create(temp_path);
    if (fd < 0) {
        status = fail_at(fd, "create", temp_path);
        free(temp_path);
        return status;
    }
    *writer = (struct file_writer){.fd = fd, .path = path_with(path, ""), .temp_path = temp_path};
    return MM_OK;
}

int file_writer_put(struct file_writer *writer, const void *data, size_t size)
{
    MM_ASSERT(writer->path != NULL);
    int error = platform_write(writer->fd, data, size);
    return error < 0 ? fail_at(error, "write", writer->temp_path) : MM_OK;
}

int file_writer_put_at(struct file_writer *writer, uint64_t offset, const void *data, size_t size)
{
    MM_ASSERT(writer->path != NULL);
    int error = platform_write_at(writer->fd, offset, data, size);
    return error < 0 ? fail_at(error, "write", writer->temp_path) : MM_OK;
}

static void writer_clear(struct file_writer *writer)
{
    free(writer->path);
    free(writer->temp_path);
    *writer = (struct file_writer){.fd = -1};
}

int file_writer_commit(struct file_writer *writer, unsigned mode)
{
    MM_ASSERT(writer->path != NULL);
    int status = seal(writer->fd, writer->temp_path, mode);
    if (status == MM_OK) {
        status = publish(writer->temp_path, writer->path);
    }
    if (status != MM_OK) {
        (void)platform_remove(writer->temp_path);
    }
    writer_clear(writer);
    return status;
}

void file_writer_abandon(struct file_writer *writer)
{
    if (writer == NULL || writer->path == NULL) {
        return;
    }
    (void)platform_close(writer->fd);
    (void)platform_remove(writer->temp_path);
    writer_clear(writer);
}

static int map_open_file(struct file_map *map, int fd, const char *path)
{
    uint64_t size = 0;
    int error = platform_file_size(fd, &size);
    if (error == 0 && size > 0) {
        error = platform_map_read(fd, (size_t)size, &map->data);
    }
    if (error < 0) {
        return fail_at(error, "map", path);
    }
    map->size = (size_t)size;
    return MM_OK;
}

int file_map_open(struct file_map *map, const char *path)
{
    *map = (struct file_map){0};
    int fd = platform_open_read(path);
    if (fd < 0) {
        return fail_at(fd, "open", path);
    }
    int status = map_open_file(map, fd, path);
    (void)platform_close(fd); // the map stays
    return status;
}

void file_map_close(struct file_map *map)
{
    if (map != NULL && map->data != NULL) {
        platform_unmap(map->data, map->size);
    }
    if (map != NULL) {
        *map = (struct file_map){0};
    }
}
