// Directories of a run: locked, kept, written whole.
#include "soak/artifact_manager.h"

#include "base/file.h"
#include "soak/embedded.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];

static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/mm_artifacts_XXXXXX");
    return mkdtemp(root) != NULL ? 0 : -1;
}

static int remove_root(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

static const char *in_root(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(in_root(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int count_entries(const char *name)
{
    DIR *directory = opendir(in_root(name));
    int count = 0;
    while (directory != NULL && readdir(directory) != NULL) {
        count++;
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return count - 2;
}

static void a_run_starts_with_profiles_and_an_empty_latest(void **state)
{
    (void)state;
    struct artifacts artifacts;
    assert_int_equal(artifacts_open(&artifacts, root), MM_OK);
    assert_false(file_exists(in_root("latest")));
    assert_int_equal(artifacts_begin(&artifacts), MM_OK);
    assert_int_equal(count_entries("latest"), 0);
    assert_int_equal(count_entries("profiles"), 3);
    struct stat status;
    assert_int_equal(stat(in_root("profiles/steady_safe.json"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0444);
    artifacts_close(&artifacts);
    artifacts_close(&artifacts);
}

static void the_last_run_moves_to_snapshots_under_its_own_start(void **state)
{
    (void)state;
    struct artifacts artifacts;
    for (int run = 0; run < 3; run++) {
        assert_int_equal(artifacts_open(&artifacts, root), MM_OK);
        assert_int_equal(artifacts_begin(&artifacts), MM_OK);
        assert_int_equal(artifacts_write_text(&artifacts, "latest/x", "x"), MM_OK);
        artifacts_close(&artifacts);
        // Always the same start, so that names collide.
        write_text(".run.lock", "started=2026-01-02T03:04:05.678Z pid=1\n");
    }
    assert_int_equal(count_entries("snapshots"), 2);
    assert_true(file_exists(in_root("snapshots/2026-01-02T03-04-05.678Z/x")));
    assert_true(file_exists(in_root("snapshots/2026-01-02T03-04-05.678Z-2/x")));
    assert_int_equal(count_entries("latest"), 1);
}

static void a_lock_file_of_somebody_elses_words_cannot_choose_the_path(void **state)
{
    (void)state;
    struct artifacts artifacts;
    assert_int_equal(mkdir(in_root("latest"), 0777), 0);
    write_text("latest/x", "x");
    write_text(".run.lock", "started=../../../tmp/evil\n");
    assert_int_equal(artifacts_open(&artifacts, root), MM_OK);
    assert_int_equal(artifacts_begin(&artifacts), MM_OK);
    assert_int_equal(count_entries("snapshots"), 1);
    artifacts_close(&artifacts);
}

static void two_processes_on_one_directory_are_refused(void **state)
{
    (void)state;
    struct artifacts first, second;
    assert_int_equal(artifacts_open(&first, root), MM_OK);
    assert_int_equal(artifacts_begin(&first), MM_OK);
    mm_error_clear();
    assert_int_equal(artifacts_open(&second, root), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "pid="));
    artifacts_close(&first);
}

static void an_edited_profile_is_refused_and_left_as_it_is(void **state)
{
    (void)state;
    struct artifacts artifacts;
    assert_int_equal(mkdir(in_root("profiles"), 0777), 0);
    assert_int_equal(mkdir(in_root("latest"), 0777), 0);
    write_text("profiles/ultra_safe.json", "{}\n");
    mm_error_clear();
    assert_int_equal(artifacts_open(&artifacts, root), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), "profiles/ultra_safe.json"));
    assert_int_equal(count_entries("profiles"), 1);
    assert_false(file_exists(in_root("snapshots")));
    assert_int_equal(unlink(in_root("profiles/ultra_safe.json")), 0);
    assert_int_equal(artifacts_open(&artifacts, root), MM_OK);
    artifacts_close(&artifacts);
}

static void what_is_written_is_hashed_as_it_is_on_disk(void **state)
{
    (void)state;
    struct artifacts artifacts;
    char hash[ARTIFACT_HASH_SIZE], other[ARTIFACT_HASH_SIZE];
    assert_int_equal(artifacts_open(&artifacts, root), MM_OK);
    json_t *document = json_pack("{s:i, s:f}", "b", 2, "a", 0.14);
    assert_int_equal(artifacts_write_json(&artifacts, "x.json", document, hash), MM_OK);
    json_object_set_new(document, "a", json_real(0.15));
    assert_int_equal(artifacts_write_json(&artifacts, "x.json", document, other), MM_OK);
    json_decref(document);
    assert_int_equal(strlen(hash), 32);
    assert_string_not_equal(hash, other);
    char *text = NULL;
    size_t size = 0;
    assert_int_equal(file_read_all(in_root("x.json"), 1000, &text, &size), MM_OK);
    assert_string_equal(text, "{\n  \"a\": 0.15,\n  \"b\": 2\n}\n");
    free(text);
    artifacts_close(&artifacts);
}

static void a_directory_that_cannot_be_made_is_a_system_error(void **state)
{
    (void)state;
    struct artifacts artifacts;
    write_text("file", "");
    assert_int_equal(artifacts_open(&artifacts, in_root("file/below")), MM_ERROR_SYSTEM);
    artifacts_close(&artifacts);
}

int main(void)
{
#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)
    const struct CMUnitTest tests[] = {
        IN_ROOT(a_run_starts_with_profiles_and_an_empty_latest),
        IN_ROOT(the_last_run_moves_to_snapshots_under_its_own_start),
        IN_ROOT(a_lock_file_of_somebody_elses_words_cannot_choose_the_path),
        IN_ROOT(two_processes_on_one_directory_are_refused),
        IN_ROOT(an_edited_profile_is_refused_and_left_as_it_is),
        IN_ROOT(what_is_written_is_hashed_as_it_is_on_disk),
        IN_ROOT(a_directory_that_cannot_be_made_is_a_system_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
