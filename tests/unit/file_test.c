#include "base/file.h"

#include "base/platform.h"
#include "cmocka_all.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static char directory[64];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof directory, "/tmp/mmbot_file_test.XXXXXX");
    return mkdtemp(directory) == NULL;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

// The path of `name` in the test's directory. Static, four at a time.
static const char *at(const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, PATH_MAX, "%s/%s", directory, name);
    return path;
}

static int count_entries(const char *path)
{
    DIR *open_directory = opendir(path);
    assert_non_null(open_directory);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(open_directory)) != NULL;) {
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    (void)closedir(open_directory);
    return count;
}

static int write_text(const char *path, const char *text)
{
    return file_write_atomic(path, text, strlen(text), 0644);
}

static void assert_holds(const char *path, const char *expected)
{
    char *data = NULL;
    size_t size = 0;
    assert_int_equal(file_read_all(path, 1 << 20, &data, &size), MM_OK);
    assert_int_equal(size, strlen(expected));
    assert_string_equal(data, expected);
    free(data);
}

static void what_is_written_is_read_back_with_its_mode(void **state)
{
    (void)state;
    assert_int_equal(write_text(at("a"), "first"), MM_OK);
    assert_holds(at("a"), "first");
    assert_int_equal(file_write_atomic(at("a"), "second", 6, 0444), MM_OK);
    assert_holds(at("a"), "second");
    struct stat info;
    assert_int_equal(stat(at("a"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0444);
    assert_int_equal(count_entries(directory), 1);
}

static void an_empty_file_and_one_with_zero_bytes_are_whole_too(void **state)
{
    (void)state;
    assert_int_equal(file_write_atomic(at("empty"), NULL, 0, 0644), MM_OK);
    assert_holds(at("empty"), "");
    assert_int_equal(file_write_atomic(at("zeros"), "\0a\0", 3, 0644), MM_OK);
    char *data = NULL;
    size_t size = 0;
    assert_int_equal(file_read_all(at("zeros"), 3, &data, &size), MM_OK);
    assert_int_equal(size, 3);
    assert_memory_equal(data, "\0a\0", 4);
    free(data);
}

static void without_waiting_for_the_disk_files_are_written_the_same(void **state)
{
    (void)state;
    file_set_durable(false);
    int first = write_text(at("a"), "first");
    int second = write_text(at("a"), "second");
    int third = write_text(at("missing/a"), "third");
    file_set_durable(true);
    assert_int_equal(first, MM_OK);
    assert_int_equal(second, MM_OK);
    assert_int_equal(third, MM_ERROR_SYSTEM);
    assert_holds(at("a"), "second");
    assert_int_equal(count_entries(directory), 1);
}

static void a_path_without_a_directory_is_in_the_current_one(void **state)
{
    (void)state;
    char before[PATH_MAX];
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(directory), 0);
    assert_int_equal(write_text("bare", "x"), MM_OK);
    assert_int_equal(chdir(before), 0);
    assert_holds(at("bare"), "x");
}

static void writing_where_no_directory_is_fails_and_says_why(void **state)
{
    (void)state;
    assert_int_equal(write_text(at("missing/a"), "x"), MM_ERROR_SYSTEM);
    assert_non_null(strstr(mm_error_text(), "missing/a"));
    assert_non_null(strstr(mm_error_text(), "No such file or directory"));
    assert_int_equal(count_entries(directory), 0);
}

static void writing_over_a_directory_fails_and_leaves_no_temporary(void **state)
{
    (void)state;
    assert_int_equal(dir_create(at("d")), MM_OK);
    assert_int_equal(write_text(at("d/inside"), "kept"), MM_OK);
    assert_int_equal(write_text(at("d"), "x"), MM_ERROR_SYSTEM);
    assert_non_null(strstr(mm_error_text(), "directory"));
    assert_int_equal(count_entries(directory), 1);
    assert_holds(at("d/inside"), "kept");
}

static void writing_below_a_file_fails_and_leaves_the_file(void **state)
{
    (void)state;
    assert_int_equal(write_text(at("a"), "kept"), MM_OK);
    assert_int_equal(write_text(at("a/b"), "x"), MM_ERROR_SYSTEM);
    assert_holds(at("a"), "kept");
}

static void writing_into_an_unwritable_directory_leaves_the_old_file(void **state)
{
    (void)state;
    assert_int_equal(write_text(at("a"), "kept"), MM_OK);
    assert_int_equal(chmod(directory, 0555), 0);
    // Nothing is unwritable to root, so the attempt is made as nobody.
    const uid_t nobody = 65534;
    uid_t self = geteuid();
    if (self == 0) {
        assert_int_equal(seteuid(nobody), 0);
    }
    int status = write_text(at("a"), "x");
    if (self == 0) {
        assert_int_equal(seteuid(self), 0);
    }
    assert_int_equal(chmod(directory, 0755), 0);
    assert_int_equal(status, MM_ERROR_SYSTEM);
    assert_holds(at("a"), "kept");
    assert_int_equal(count_entries(directory), 1);
}

static void a_taken_temporary_name_leaves_the_old_file(void **state)
{
    (void)state;
    assert_int_equal(write_text(at("a"), "kept"), MM_OK);
    assert_int_equal(dir_create(at("a.tmp")), MM_OK);
    assert_int_equal(write_text(at("a"), "x"), MM_ERROR_SYSTEM);
    assert_holds(at("a"), "kept");
}

static void a_temporary_left_by_a_crash_is_written_over(void **state)
{
    (void)state;
    assert_int_equal(write_text(at("a.tmp"), "half of something much longer"), MM_OK);
    assert_int_equal(write_text(at("a"), "whole"), MM_OK);
    assert_holds(at("a"), "whole");
    assert_int_equal(count_entries(directory), 1);
}

// Limits how large a file may grow, so that a write fails half way; 0 lifts it.
static void limit_file_size(rlim_t size)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size > 0 ? size : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_write_that_fails_half_way_leaves_the_old_file(void **state)
{
    (void)state;
    char *large = calloc(1, 100000);
    assert_int_equal(write_text(at("a"), "kept"), MM_OK);
    limit_file_size(4096);
    int status = file_write_atomic(at("a"), large, 100000, 0644);
    limit_file_size(0);
    free(large);
    assert_int_equal(status, MM_ERROR_SYSTEM);
    assert_holds(at("a"), "kept");
    assert_int_equal(count_entries(directory), 1);
}

// Writes versions of one file, each a run of one letter, until it is killed.
static void write_versions_for_ever(const char *path)
{
    enum { SIZE = 200000 };
    char *data = malloc(SIZE);
    if (data == NULL) {
        _exit(1);
    }
    for (unsigned version = 0;; version++) {
        memset(data, 'a' + (int)(version % 26), SIZE);
        if (file_write_atomic(path, data, SIZE, 0644) != MM_OK) {
            _exit(1);
        }
    }
}

static void a_killed_writer_leaves_a_whole_version(void **state)
{
    (void)state;
    assert_int_equal(write_text(at("a"), "start"), MM_OK);
    for (int round = 0; round < 12; round++) {
        pid_t child = fork();
        if (child == 0) {
            write_versions_for_ever(at("a"));
        }
        platform_sleep_ns(1000000 + round * 700000);
        assert_int_equal(kill(child, SIGKILL), 0);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        char *data = NULL;
        size_t size = 0;
        assert_int_equal(file_read_all(at("a"), 1 << 20, &data, &size), MM_OK);
        assert_true(size == 5 || size == 200000);
        for (size_t i = 1; size > 5 && i < size; i++) {
            assert_int_equal(data[i], data[0]);
        }
        free(data);
    }
}

static void reading_refuses_a_file_beyond_the_limit(void **state)
{
    (void)state;
    assert_int_equal(write_text(at("a"), "12345"), MM_OK);
    char *data = NULL;
    size_t size = 0;
    assert_int_equal(file_read_all(at("a"), 5, &data, &size), MM_OK);
    free(data);
    data = NULL;
    assert_int_equal(file_read_all(at("a"), 4, &data, &size), MM_ERROR_INPUT);
    assert_non_null(strstr(mm_error_text(), "larger than 4 bytes"));
    assert_null(data);
}

static void reading_refuses_what_is_missing_or_a_directory(void **state)
{
    (void)state;
    char *data = NULL;
    size_t size = 0;
    assert_int_equal(file_read_all(at("missing"), 10, &data, &size), MM_ERROR_SYSTEM);
    assert_non_null(strstr(mm_error_text(), "missing"));
    assert_int_equal(file_read_all(directory, 10, &data, &size), MM_ERROR_SYSTEM);
    assert_non_null(strstr(mm_error_text(), "directory"));
    assert_null(data);
}

static void reading_takes_a_pipe_whose_size_is_not_known(void **state)
{
    (void)state;
    enum { SIZE = 50000 };
    assert_int_equal(mkfifo(at("pipe"), 0600), 0);
    for (size_t size_max = SIZE - 1; size_max <= SIZE; size_max++) {
        pid_t child = fork();
        if (child == 0) {
            (void)signal(SIGPIPE, SIG_IGN);
            FILE *pipe_end = fopen(at("pipe"), "w");
            for (int i = 0; pipe_end != NULL && i < SIZE; i++) {
                (void)fputc('p', pipe_end);
            }
            _exit(pipe_end == NULL || fclose(pipe_end) != 0);
        }
        char *data = NULL;
        size_t size = 0;
        int status = file_read_all(at("pipe"), size_max, &data, &size);
        (void)waitpid(child, NULL, 0);
        assert_int_equal(status, size_max < SIZE ? MM_ERROR_INPUT : MM_OK);
        assert_int_equal(size, size_max < SIZE ? 0 : SIZE);
        free(data);
    }
}

static void directories_are_made_with_their_parents(void **state)
{
    (void)state;
    assert_int_equal(dir_create(at("a/b//c/")), MM_OK);
    assert_true(platform_is_directory(at("a/b/c")));
    assert_int_equal(dir_create(at("a/b/c")), MM_OK);
    assert_int_equal(dir_create("/"), MM_OK);
    assert_int_equal(write_text(at("file"), "x"), MM_OK);
    assert_int_equal(dir_create(at("file")), MM_ERROR_SYSTEM);
    assert_int_equal(dir_create(at("file/below")), MM_ERROR_SYSTEM);
    assert_int_equal(dir_create(""), MM_ERROR_SYSTEM);
}

static void removing_is_fine_when_there_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(write_text(at("a"), "x"), MM_OK);
    assert_true(file_exists(at("a")));
    assert_int_equal(file_remove(at("a")), MM_OK);
    assert_false(file_exists(at("a")));
    assert_int_equal(file_remove(at("a")), MM_OK);
    assert_int_equal(file_remove(directory), MM_ERROR_SYSTEM);
}

static void renaming_replaces_the_target(void **state)
{
    (void)state;
    assert_int_equal(dir_create(at("d")), MM_OK);
    assert_int_equal(write_text(at("a"), "new"), MM_OK);
    assert_int_equal(write_text(at("d/b"), "old"), MM_OK);
    assert_int_equal(file_rename(at("a"), at("d/b")), MM_OK);
    assert_holds(at("d/b"), "new");
    assert_false(file_exists(at("a")));
    assert_int_equal(file_rename(at("a"), at("d/b")), MM_ERROR_SYSTEM);
    assert_holds(at("d/b"), "new");
}

static void a_growing_file_appears_only_when_committed(void **state)
{
    (void)state;
    struct file_writer writer;
    assert_int_equal(file_writer_open(&writer, at("tape")), MM_OK);
    assert_int_equal(file_writer_put(&writer, "....", 4), MM_OK);
    assert_int_equal(file_writer_put(&writer, "body", 4), MM_OK);
    assert_int_equal(file_writer_put_at(&writer, 0, "head", 4), MM_OK);
    assert_int_equal(file_writer_put(&writer, "tail", 4), MM_OK);
    assert_false(file_exists(at("tape")));
    assert_int_equal(file_writer_commit(&writer, 0644), MM_OK);
    assert_holds(at("tape"), "headbodytail");
    assert_int_equal(count_entries(directory), 1);
    file_writer_abandon(&writer);
    assert_holds(at("tape"), "headbodytail");
}

static void an_abandoned_file_leaves_what_was_there(void **state)
{
    (void)state;
    assert_int_equal(write_text(at("tape"), "kept"), MM_OK);
    struct file_writer writer;
    assert_int_equal(file_writer_open(&writer, at("tape")), MM_OK);
    assert_int_equal(file_writer_put(&writer, "x", 1), MM_OK);
    file_writer_abandon(&writer);
    file_writer_abandon(&writer);
    file_writer_abandon(&(struct file_writer){0});
    file_writer_abandon(NULL);
    assert_holds(at("tape"), "kept");
    assert_int_equal(count_entries(directory), 1);
}

static void a_commit_that_fails_leaves_what_was_there(void **state)
{
    (void)state;
    assert_int_equal(dir_create(at("tape/inside")), MM_OK);
    struct file_writer writer;
    assert_int_equal(file_writer_open(&writer, at("tape")), MM_OK);
    assert_int_equal(file_writer_put(&writer, "x", 1), MM_OK);
    assert_int_equal(file_writer_commit(&writer, 0644), MM_ERROR_SYSTEM);
    file_writer_abandon(&writer);
    assert_int_equal(count_entries(directory), 1);
    assert_true(platform_is_directory(at("tape/inside")));
}

static void a_growing_file_that_cannot_be_made_says_so(void **state)
{
    (void)state;
    struct file_writer writer;
    assert_int_equal(file_writer_open(&writer, at("missing/tape")), MM_ERROR_SYSTEM);
    file_writer_abandon(&writer);
    limit_file_size(4096);
    assert_int_equal(file_writer_open(&writer, at("tape")), MM_OK);
    char block[4096] = {0};
    int first = file_writer_put(&writer, block, sizeof block);
    int second = file_writer_put(&writer, block, sizeof block);
    int elsewhere = file_writer_put_at(&writer, 1 << 20, block, 1);
    limit_file_size(0);
    assert_int_equal(first, MM_OK);
    assert_int_equal(second, MM_ERROR_SYSTEM);
    assert_int_equal(elsewhere, MM_ERROR_SYSTEM);
    file_writer_abandon(&writer);
    assert_int_equal(count_entries(directory), 0);
}

static void a_map_shows_the_file_and_an_empty_one_is_null(void **state)
{
    (void)state;
    struct file_map map;
    assert_int_equal(write_text(at("a"), "mapped"), MM_OK);
    assert_int_equal(file_map_open(&map, at("a")), MM_OK);
    assert_int_equal(map.size, 6);
    assert_memory_equal(map.data, "mapped", 6);
    // What replaces the file does not reach under an open map.
    assert_int_equal(write_text(at("a"), "new"), MM_OK);
    assert_memory_equal(map.data, "mapped", 6);
    file_map_close(&map);
    file_map_close(&map);
    file_map_close(NULL);
    assert_int_equal(write_text(at("empty"), ""), MM_OK);
    assert_int_equal(file_map_open(&map, at("empty")), MM_OK);
    assert_null(map.data);
    assert_int_equal(map.size, 0);
    file_map_close(&map);
    assert_int_equal(file_map_open(&map, at("missing")), MM_ERROR_SYSTEM);
    assert_int_equal(file_map_open(&map, directory), MM_ERROR_SYSTEM);
    assert_null(map.data);
}

static void a_link_or_a_pipe_is_not_replaced_by_a_file(void **state)
{
    (void)state;
    assert_int_equal(write_text(at("target"), "kept"), MM_OK);
    assert_int_equal(symlink("target", at("link")), 0);
    assert_int_equal(mkfifo(at("pipe"), 0600), 0);
    for (int i = 0; i < 2; i++) {
        const char *path = at(i == 0 ? "link" : "pipe");
        struct file_writer writer;
        mm_error_clear();
        assert_int_equal(write_text(path, "lost"), MM_ERROR_SYSTEM);
        assert_int_equal(file_writer_open(&writer, path), MM_ERROR_SYSTEM);
        assert_non_null(strstr(mm_error_text(), path));
        file_writer_abandon(&writer);
        struct platform_entry entry;
        assert_int_equal(platform_look_at(path, &entry), 0);
        assert_false(entry.is_file);
    }
    assert_holds(at("link"), "kept");
    assert_int_equal(count_entries(directory), 3);
}

static void what_is_no_terminal_has_no_width(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_false(platform_is_terminal(ends[1]));
    assert_int_equal(platform_terminal_width(ends[1]), 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void a_terminal_has_the_width_it_was_given(void **state)
{
    (void)state;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0) {
        print_message("the system has no pseudo terminals\n");
        skip();
    }
    struct winsize size = {.ws_col = 123, .ws_row = 45};
    assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
    assert_true(platform_is_terminal(terminal));
    assert_int_equal(platform_terminal_width(terminal), 123);
    (void)close(terminal);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_is_written_is_read_back_with_its_mode),
        IN_DIRECTORY(an_empty_file_and_one_with_zero_bytes_are_whole_too),
        IN_DIRECTORY(without_waiting_for_the_disk_files_are_written_the_same),
        IN_DIRECTORY(a_path_without_a_directory_is_in_the_current_one),
        IN_DIRECTORY(writing_where_no_directory_is_fails_and_says_why),
        IN_DIRECTORY(writing_over_a_directory_fails_and_leaves_no_temporary),
        IN_DIRECTORY(writing_below_a_file_fails_and_leaves_the_file),
        IN_DIRECTORY(writing_into_an_unwritable_directory_leaves_the_old_file),
        IN_DIRECTORY(a_taken_temporary_name_leaves_the_old_file),
        IN_DIRECTORY(a_temporary_left_by_a_crash_is_written_over),
        IN_DIRECTORY(a_write_that_fails_half_way_leaves_the_old_file),
        IN_DIRECTORY(a_killed_writer_leaves_a_whole_version),
        IN_DIRECTORY(reading_refuses_a_file_beyond_the_limit),
        IN_DIRECTORY(reading_refuses_what_is_missing_or_a_directory),
        IN_DIRECTORY(reading_takes_a_pipe_whose_size_is_not_known),
        IN_DIRECTORY(directories_are_made_with_their_parents),
        IN_DIRECTORY(removing_is_fine_when_there_is_nothing),
        IN_DIRECTORY(renaming_replaces_the_target),
        IN_DIRECTORY(a_growing_file_appears_only_when_committed),
        IN_DIRECTORY(an_abandoned_file_leaves_what_was_there),
        IN_DIRECTORY(a_commit_that_fails_leaves_what_was_there),
        IN_DIRECTORY(a_growing_file_that_cannot_be_made_says_so),
        IN_DIRECTORY(a_map_shows_the_file_and_an_empty_one_is_null),
        IN_DIRECTORY(a_link_or_a_pipe_is_not_replaced_by_a_file),
        cmocka_unit_test(what_is_no_terminal_has_no_width),
        cmocka_unit_test(a_terminal_has_the_width_it_was_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
