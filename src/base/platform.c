// The POSIX platform.
#include "base/platform.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { NS_PER_SECOND = 1000000000, NS_PER_MS = 1000000, PROCESSES_MAX = 1024 };

static int result_of(int status)
{
    return status < 0 ? -errno : status;
}

void platform_start(void)
{
    (void)signal(SIGXFSZ, SIG_IGN);
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

int platform_file_is_private(int file, bool *out)
{
    struct stat info;
    if (fstat(file, &info) != 0) {
        return -errno;
    }
    *out = (info.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    return 0;
}

int platform_free_bytes(const char *path, uint64_t *out)
{
    struct statvfs info;
    if (statvfs(path, &info) != 0) {
        return -errno;
    }
    *out = (uint64_t)info.f_bavail * info.f_frsize;
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

int platform_look_at(const char *path, struct platform_entry *out)
{
    struct stat info;
    if (lstat(path, &info) < 0) {
        return -errno;
    }
    *out = (struct platform_entry){.is_file = S_ISREG(info.st_mode),
                                   .is_directory = S_ISDIR(info.st_mode),
                                   .size = (uint64_t)info.st_size};
    return 0;
}

int platform_remove_directory(const char *path)
{
    return result_of(rmdir(path));
}

int platform_list_directory(const char *path, void (*visit)(void *context, const char *name),
                            void *context)
{
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return -errno;
    }
    errno = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL; errno = 0) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            visit(context, entry->d_name);
        }
    }
    int error = -errno;
    closedir(directory);
    return error;
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

void *platform_pages_shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

// Everything but the standard three and `kept`.
static void close_files_but(int kept)
{
    int first = STDERR_FILENO + 1;
    if (kept > first) {
        (void)close_range((unsigned)first, (unsigned)kept - 1, 0);
    }
    (void)close_range((unsigned)(kept >= first ? kept + 1 : first), ~0U, 0);
}

static _Noreturn void run_child(int (*body)(void *context), void *context, int end_file,
                                pid_t parent)
{
#ifdef __linux__
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent) {
        _exit(1); // the parent ended before the line above
    }
    close_files_but(end_file);
    _exit(body(context));
}

// The child holds the pipe's writing end and never writes: its end is the end of the file.
int platform_process_start(int (*body)(void *context), void *context, struct platform_process *out)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return -errno;
    }
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        run_child(body, context, ends[1], parent);
    }
    int status = result_of(child);
    (void)close(ends[1]);
    if (status < 0) {
        (void)close(ends[0]);
        return status;
    }
    *out = (struct platform_process){.id = child, .end_file = ends[0]};
    return 0;
}

static int collect_child(struct platform_process *process)
{
    int status = 0;
    while (waitpid(process->id, &status, 0) < 0 && errno == EINTR) {
    }
    (void)close(process->end_file);
    *process = (struct platform_process){0};
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int platform_process_wait(struct platform_process *processes, size_t count, int64_t timeout_ns,
                          size_t *out_index, int *out_status)
{
    struct pollfd files[PROCESSES_MAX];
    *out_index = count;
    if (count > PROCESSES_MAX) {
        return -EINVAL;
    }
    for (size_t i = 0; i < count; i++) {
        files[i] = (struct pollfd){.fd = processes[i].id != 0 ? processes[i].end_file : -1,
                                   .events = POLLIN};
    }
    int ready = poll(files, count, (int)(timeout_ns / NS_PER_MS));
    if (ready < 0) {
        return errno == EINTR ? 0 : -errno;
    }
    for (size_t i = 0; i < count && ready > 0; i++) {
        if (files[i].revents != 0) {
            *out_index = i;
            *out_status = collect_child(&processes[i]);
            return 0;
        }
    }
    return 0;
}

void platform_process_kill(struct platform_process *process)
{
    if (process->id != 0) {
        (void)kill(process->id, SIGKILL);
        (void)collect_child(process);
    }
}

struct thread_start {
    void (*body)(void *context);
    void *context;
};

static void *run_thread(void *memory)
{
    struct thread_start start = *(struct thread_start *)memory;
    free(memory);
    start.body(start.context);
    return NULL;
}

int platform_thread_start(void (*body)(void *context), void *context, struct platform_thread *out)
{
    struct thread_start *start = malloc(sizeof *start);
    if (start == NULL) {
        return -ENOMEM;
    }
    *start = (struct thread_start){body, context};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run_thread, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        free(start);
        return -error;
    }
    *out = (struct platform_thread){.id = (uintptr_t)thread, .is_started = true};
    return 0;
}

void platform_thread_join(struct platform_thread *thread)
{
    if (thread->is_started) {
        pthread_join((pthread_t)thread->id, NULL);
        *thread = (struct platform_thread){0};
    }
}

void platform_thread_detach(struct platform_thread *thread)
{
    if (thread->is_started) {
        pthread_detach((pthread_t)thread->id);
        *thread = (struct platform_thread){0};
    }
}

static bool add_address(const struct addrinfo *found, char (*out)[PLATFORM_ADDRESS_SIZE],
                        size_t *count)
{
    return getnameinfo(found->ai_addr, found->ai_addrlen, out[*count], PLATFORM_ADDRESS_SIZE, NULL,
                       0, NI_NUMERICHOST) == 0 &&
           ++*count > 0;
}

bool platform_resolve(const char *host, char (*out)[PLATFORM_ADDRESS_SIZE], size_t count,
                      size_t *out_count, char *reason)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    *out_count = 0;
    hints.ai_flags = AI_NUMERICHOST; // needs no name service
    int error = getaddrinfo(host, NULL, &hints, &found);
    if (error != 0) {
        hints.ai_flags = AI_ADDRCONFIG;
        error = getaddrinfo(host, NULL, &hints, &found);
    }
    for (const struct addrinfo *at = found; error == 0 && at != NULL && *out_count < count;
         at = at->ai_next) {
        (void)add_address(at, out, out_count);
    }
    if (found != NULL) {
        freeaddrinfo(found);
    }
    (void)snprintf(reason, PLATFORM_REASON_SIZE, "%s",
                   error != 0 ? gai_strerror(error) : "no address");
    return *out_count > 0;
}

uint64_t platform_socket_taken_bytes(int file)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    memset(&info, 0, sizeof info);
    bool known = getsockopt(file, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
    return known ? info.tcpi_bytes_acked : 0;
}

int platform_set_send_buffer(int file, int size)
{
    return setsockopt(file, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0 ? 0 : -errno;
}

uint32_t platform_core_count(void)
{
    cpu_set_t cores;
    int count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 0;
    return count > 0 ? (uint32_t)count : 1;
}

uint64_t platform_resident_bytes(void)
{
    char text[128] = "";
    int file = platform_open_read("/proc/self/statm");
    size_t size = 0;
    if (file < 0 || platform_read(file, text, sizeof text - 1, &size) < 0) {
        text[0] = '\0';
    }
    if (file >= 0) {
        (void)platform_close(file);
    }
    const char *second = strchr(text, ' ');
    return second != NULL ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

uint32_t platform_process_id(void)
{
    return (uint32_t)getpid();
}

static void count_name(void *context, const char *name)
{
    (void)name;
    ++*(uint32_t *)context;
}

struct platform_usage platform_usage(void)
{
    struct platform_usage usage = {0};
    struct rusage spent;
    if (getrusage(RUSAGE_SELF, &spent) == 0) {
        usage.cpu_ns = (spent.ru_utime.tv_sec + spent.ru_stime.tv_sec) * INT64_C(1000000000) +
                       (spent.ru_utime.tv_usec + spent.ru_stime.tv_usec) * INT64_C(1000);
    }
    (void)platform_list_directory("/proc/self/task", count_name, &usage.thread_count);
    (void)platform_list_directory("/proc/self/fd", count_name, &usage.file_count);
    usage.file_count -= usage.file_count > 0; // the one it was counted with
    return usage;
}

uint64_t platform_disk_free_bytes(const char *path)
{
    struct statvfs disk;
    return statvfs(path, &disk) == 0 ? (uint64_t)disk.f_bavail * disk.f_frsize : UINT64_MAX;
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
