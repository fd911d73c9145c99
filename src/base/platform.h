// The one place that talks to the operating system, so that another system needs one other .c file.
//
// Thin by intent: each function is one system call made whole (interrupted and short calls are
// continued). Functions that can fail return 0, or a file number, or a negative system error
// number whose text is platform_error_text(). Nothing here pushes onto the error stack and nothing
// keeps state, so any thread may call. Paths are UTF-8 with '/'.
#ifndef MM_BASE_PLATFORM_H
#define MM_BASE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Once, before anything else: a write past a limit on a file's size fails then, instead of ending
// the process.
void platform_start(void);

// The text of a negative error number returned below. Static per thread, until the next call.
const char *platform_error_text(int error);

bool platform_error_is_missing(int error); // no such file or directory

// Files. A new file is empty, write-only and readable by its owner alone until platform_set_mode.
int platform_open_read(const char *path);
int platform_create(const char *path);
int platform_close(int file);
int platform_file_size(int file, uint64_t *out_size); // refuses directories
int platform_file_is_private(int file, bool *out);    // nobody but its owner may read or write it
int platform_free_bytes(const char *path, uint64_t *out); // for us, where `path` lies
// Up to `size` bytes; *out_read 0 at the end of the file.
int platform_read(int file, void *data, size_t size, size_t *out_read);
int platform_write(int file, const void *data, size_t size); // all of it, at the file's position
int platform_write_at(int file, uint64_t offset, const void *data, size_t size); // position kept
int platform_set_mode(int file, unsigned mode);
int platform_sync(int file);

// Names.
int platform_rename(const char *from, const char *to); // replaces `to` in one step
int platform_remove(const char *path);                 // a file, not a directory
int platform_make_directory(const char *path);         // one level, mode 0777 less the umask
int platform_sync_directory(const char *path);         // makes its entries durable
bool platform_exists(const char *path);
bool platform_is_directory(const char *path);
// What is at a path itself; a link is neither.
struct platform_entry {
    bool is_file, is_directory;
    uint64_t size;
};
int platform_look_at(const char *path, struct platform_entry *out);
int platform_remove_directory(const char *path); // an empty one
// Calls visit for each name but "." and "..", in no order.
int platform_list_directory(const char *path, void (*visit)(void *context, const char *name),
                            void *context);

// Memory. Pages are zeroed and touched lazily; NULL when the system refuses.
int platform_map_read(int file, size_t size, const void **out_data); // size > 0
void platform_unmap(const void *data, size_t size);
void *platform_pages_alloc(size_t size);
void platform_pages_free(void *memory, size_t size);
// As platform_pages_alloc, but seen and written by processes started later, too.
void *platform_pages_shared(size_t size);

// Time in ns. The monotonic clock starts anywhere; the wall clock counts from 1970-01-01 UTC.
int64_t platform_monotonic_ns(void);
int64_t platform_wall_ns(void);
void platform_sleep_ns(int64_t duration_ns); // returns early on a signal
enum { PLATFORM_TIME_TEXT_SIZE = 32 };
// UTC as 2026-01-01T00:00:00.000Z into `out` of PLATFORM_TIME_TEXT_SIZE bytes.
void platform_time_text(int64_t wall_ns, char *out);

// Child processes. A child starts as a copy of this process, which must have one thread. It keeps
// none of its parent's open files but the standard three, and is killed when its parent ends
// (where the system can do that: Linux).
struct platform_process {
    int id;       // 0 = none
    int end_file; // readable once the process has ended
};
// The child runs body(context) and ends with what that returns (0 .. 255), without what exit()
// would do besides.
int platform_process_start(int (*body)(void *context), void *context, struct platform_process *out);
// Waits until one of the processes (unused entries are allowed) has ended, `timeout_ns` has passed
// or a signal came. *out_index is the one that ended and now unused, or `count`; *out_status what
// it ended with, negative for the signal that killed it.
int platform_process_wait(struct platform_process *processes, size_t count, int64_t timeout_ns,
                          size_t *out_index, int *out_status);
void platform_process_kill(struct platform_process *process); // at once; accepts an unused one
uint32_t platform_core_count(void);                           // that this process may run on

// Threads. One is started with every signal blocked, so that signals interrupt the first thread.
struct platform_thread {
    uintptr_t id;
    bool is_started;
};
// `body` and `context` are borrowed until the thread has ended.
int platform_thread_start(void (*body)(void *context), void *context, struct platform_thread *out);
void platform_thread_join(struct platform_thread *thread); // accepts one that was not started
// Lets the thread end by itself: nobody may wait for it any more.
void platform_thread_detach(struct platform_thread *thread);

// Up to `count` numeric addresses of a host, the preferred first; waits for the name service as
// long as that takes, unless the host is a numeric address itself. *out_count at least 1 on
// success; false when there is none, with the reason in `reason` (PLATFORM_REASON_SIZE bytes).
enum { PLATFORM_ADDRESS_SIZE = 48, PLATFORM_REASON_SIZE = 128 };
bool platform_resolve(const char *host, char (*out)[PLATFORM_ADDRESS_SIZE], size_t count,
                      size_t *out_count, char *reason);

// How many bytes the system may hold of what a socket has sent and its peer has not taken.
int platform_set_send_buffer(int file, int size);
// How many bytes a TCP socket's peer has taken so far; 0 when not known.
uint64_t platform_socket_taken_bytes(int file);

// The rest.
uint32_t platform_process_id(void);
uint64_t platform_resident_bytes(void); // memory this process occupies; 0 when not known
struct platform_usage {
    int64_t cpu_ns;                    // of all threads
    uint32_t thread_count, file_count; // open files
};
struct platform_usage platform_usage(void);          // 0 where not known
uint64_t platform_disk_free_bytes(const char *path); // for this user; UINT64_MAX when not known
bool platform_is_terminal(int file);
int platform_terminal_width(int file); // columns; 0 when not known

#endif
