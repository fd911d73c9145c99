// A soak is killed at every one of its writes, renames, removals and fsyncs, and resumed.
//
// The linker sends each such call through this file, which ends the process at the N-th one; N goes
// up until a run gets through. A write that is killed leaves its first half. Nothing is really
// waited for (fsync), because a killed process loses nothing that it has written.
#include "soak/orchestrator.h"

#include "base/directory.h"
#include "base/file.h"
#include "base/log.h"
#include "base/platform.h"
#include "scratch.h"
#include "soak/rotation.h"

#include <sys/wait.h>
#include <unistd.h>

enum { KILLED = 99, STATES_MAX = 16, POINTS_MAX = 5000, FILE_SIZE_MAX = 1 << 22 };

// The build with sanitizers looks for other faults than where a run may be killed.
#ifdef __SANITIZE_ADDRESS__
enum { POINT_STEP = 4 };
#else
enum { POINT_STEP = 1 };
#endif

static uint32_t point_count, kill_at; // kill_at 0 = never

// What runtime_overrides.json and TUNING_STATE.json were one after the other in a whole run.
struct versions {
    const char *name;
    char *texts[STATES_MAX];
    size_t count;
};
static struct versions states = {.name = "latest/TUNING_STATE.json"};
static struct versions overrides = {.name = "runtime_overrides.json"};
static bool keeps_versions;

static bool is_killed(void)
{
    return ++point_count == kill_at;
}

static void pass_point(void)
{
    if (is_killed()) {
        _exit(KILLED);
    }
}

int __real_platform_create(const char *path);
int __real_platform_write(int file, const void *data, size_t size);
int __real_platform_write_at(int file, uint64_t offset, const void *data, size_t size);
int __real_platform_set_mode(int file, unsigned mode);
int __real_platform_rename(const char *from, const char *to);
int __real_platform_remove(const char *path);
int __real_platform_make_directory(const char *path);
int __real_lock_write(struct lock *lock, const char *text);
int __wrap_platform_create(const char *path);
int __wrap_platform_write(int file, const void *data, size_t size);
int __wrap_platform_write_at(int file, uint64_t offset, const void *data, size_t size);
int __wrap_platform_set_mode(int file, unsigned mode);
int __wrap_platform_rename(const char *from, const char *to);
int __wrap_platform_remove(const char *path);
int __wrap_platform_make_directory(const char *path);
int __wrap_platform_sync(int file);
int __wrap_platform_sync_directory(const char *path);
int __wrap_lock_write(struct lock *lock, const char *text);

int __wrap_platform_create(const char *path)
{
    pass_point();
    return __real_platform_create(path);
}

int __wrap_platform_write(int file, const void *data, size_t size)
{
    if (is_killed()) {
        (void)__real_platform_write(file, data, size / 2);
        _exit(KILLED);
    }
    return __real_platform_write(file, data, size);
}

int __wrap_platform_write_at(int file, uint64_t offset, const void *data, size_t size)
{
    pass_point();
    return __real_platform_write_at(file, offset, data, size);
}

int __wrap_platform_set_mode(int file, unsigned mode)
{
    pass_point();
    return __real_platform_set_mode(file, mode);
}

int __wrap_platform_remove(const char *path)
{
    pass_point();
    return __real_platform_remove(path);
}

int __wrap_platform_make_directory(const char *path)
{
    pass_point();
    return __real_platform_make_directory(path);
}

int __wrap_platform_sync(int file)
{
    (void)file;
    pass_point();
    return 0;
}

int __wrap_platform_sync_directory(const char *path)
{
    (void)path;
    pass_point();
    return 0;
}

// The lock's file is emptied first: killed in between, nobody knows when the run was started.
int __wrap_lock_write(struct lock *lock, const char *text)
{
    if (is_killed()) {
        (void)__real_lock_write(lock, "");
        _exit(KILLED);
    }
    return __real_lock_write(lock, text);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static char *read_text(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    return file_exists(path) && file_read_all(path, FILE_SIZE_MAX, &text, &size) == MM_OK ? text
                                                                                          : NULL;
}

int __wrap_platform_rename(const char *from, const char *to)
{
    pass_point();
    struct versions *all[] = {&states, &overrides};
    for (size_t i = 0; i < 2 && keeps_versions; i++) {
        if (ends_with(to, all[i]->name) && all[i]->count < STATES_MAX) {
            all[i]->texts[all[i]->count++] = read_text(from);
        }
    }
    return __real_platform_rename(from, to);
}

// ---- runs ----

// Every window fails and every window proposes: changes first, then a panic.
static struct run_config configure(const char *out, bool resume, const char *seed)
{
    struct config_options options = {.iterations = "4",
                                     .window = "30s",
                                     .regime = "calm",
                                     .seed = seed,
                                     .out = out,
                                     .resume = resume};
    struct run_config config;
    assert_int_equal(config_resolve(&options, &config), MM_OK);
    config.preset.gate.of[GATE_HARD][GATE_NET] = (struct gate_level){true, 1e6};
    config.preset.gate.min_fills = 0;
    config.preset.tuner.net_low_bps = 1000;
    return config;
}

static int run_here(const char *out, bool resume, const char *seed)
{
    static const volatile sig_atomic_t stop;
    static struct terminal silent;
    struct run_config config = configure(out, resume, seed);
    struct run_record run;
    int code = orchestrator_run(&config, &silent, NULL, 0, &stop, &run);
    run_record_fini(&run);
    return code;
}

// In a process of its own; KILLED, or the exit code of how orchestrator_run ended.
static int run_killed_at(const char *out, bool resume, const char *seed, uint32_t point)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        point_count = 0;
        kill_at = point;
        int code = run_here(out, resume, seed);
        _exit(code == MM_OK ? 0 : mm_error_exit_code(code));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static const char *in(const char *directory, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return scratch_path(path);
}

static bool is_other(const char *name)
{
    return strcmp(name, ".run.lock") == 0 || strcmp(name, "snapshots") == 0;
}

// The same names with the same bytes, one level deep, but for the lock and the snapshots.
static void expect_same(const char *a, const char *b)
{
    struct directory_list names, others;
    assert_int_equal(directory_list(a, &names), MM_OK);
    assert_int_equal(directory_list(b, &others), MM_OK);
    size_t other = 0;
    for (size_t i = 0; i < names.count; i++) {
        if (is_other(names.names[i])) {
            continue;
        }
        while (other < others.count && is_other(others.names[other])) {
            other++;
        }
        assert_true(other < others.count);
        assert_string_equal(names.names[i], others.names[other++]);
        char left[512], right[512];
        snprintf(left, sizeof left, "%s/%s", a, names.names[i]);
        snprintf(right, sizeof right, "%s/%s", b, names.names[i]);
        if (platform_is_directory(left)) {
            expect_same(left, right);
            continue;
        }
        char *left_text = NULL, *right_text = NULL;
        size_t left_size = 0, right_size = 0;
        assert_int_equal(file_read_all(left, FILE_SIZE_MAX, &left_text, &left_size), MM_OK);
        assert_int_equal(file_read_all(right, FILE_SIZE_MAX, &right_text, &right_size), MM_OK);
        if (left_size != right_size || memcmp(left_text, right_text, left_size) != 0) {
            fail_msg("%s differs from %s", left, right);
        }
        free(left_text);
        free(right_text);
    }
    directory_list_fini(&names);
    directory_list_fini(&others);
}

static void forget(const char *directory)
{
    assert_int_equal(nftw(scratch_path(directory), scratch_remove, 8, FTW_DEPTH | FTW_PHYS) == 0 ||
                         !file_exists(scratch_path(directory)),
                     1);
}

// ---- before or after, never between ----

static int version_of(const struct versions *versions, const char *directory)
{
    char *text = read_text(in(directory, versions->name));
    int version = -1;
    for (size_t i = 0; i < versions->count && text != NULL; i++) {
        version = strcmp(text, versions->texts[i]) == 0 ? (int)i : version;
    }
    assert_true(text == NULL || version >= 0);
    free(text);
    return version;
}

static bool holds_version(const struct versions *versions, int version, const char *directory)
{
    char *text = read_text(in(directory, versions->name));
    bool holds = text != NULL && version >= 0 && strcmp(text, versions->texts[version]) == 0;
    free(text);
    return holds;
}

static void expect_committed(const char *directory)
{
    int state = version_of(&states, directory);
    bool agrees = holds_version(&overrides, state, directory) ||
                  holds_version(&overrides, state - 1, directory);
    bool nothing = state < 0 && (!file_exists(in(directory, overrides.name)) ||
                                 holds_version(&overrides, 0, directory));
    assert_true(agrees || nothing);
}

static void make_reference(void)
{
    if (states.count == 0) {
        keeps_versions = true;
        assert_int_equal(run_here(scratch_path("reference"), false, "42"), MM_OK);
        keeps_versions = false;
        assert_int_equal(states.count, 5);
        assert_int_equal(overrides.count, 5);
        assert_string_not_equal(overrides.texts[0], overrides.texts[1]);
        assert_string_not_equal(overrides.texts[2], overrides.texts[3]);
        return;
    }
    assert_int_equal(run_here(scratch_path("reference"), false, "42"), MM_OK);
}

static void a_run_that_is_killed_anywhere_goes_on_to_the_same_bytes(void **state)
{
    (void)state;
    make_reference();
    uint32_t kills = 0, resumed_kills = 0;
    for (uint32_t point = 1;; point += POINT_STEP) {
        assert_true(point < POINTS_MAX);
        int code = run_killed_at(scratch_path("run"), false, "42", point);
        assert_true(code == 0 || code == KILLED);
        expect_committed("run");
        // The run that goes on is killed, too, at another point each time.
        if (code == KILLED) {
            kills++;
            int again = run_killed_at(scratch_path("run"), true, "42", 1 + point * 13 % 61);
            resumed_kills += again == KILLED;
            assert_true(again == 0 || again == KILLED);
            expect_committed("run");
            assert_int_equal(run_killed_at(scratch_path("run"), true, "42", 0), 0);
        }
        expect_same(scratch_path("reference"), scratch_path("run"));
        if (code == 0) {
            break;
        }
        forget("run");
    }
    print_message("killed at %u points, %u of the resumed runs as well\n", kills, resumed_kills);
}

// A finished run lies there and another one is started: until the new one is there, the old one is.
static void the_last_run_is_not_lost_when_its_successor_is_killed(void **state)
{
    (void)state;
    make_reference();
    for (uint32_t point = 1, after = 0; after < 12; point++) {
        assert_int_equal(run_here(scratch_path("run"), false, "7"), MM_OK);
        char *old_report = read_text(in("run", "latest/REPORT.md"));
        assert_int_equal(run_killed_at(scratch_path("run"), false, "42", point), KILLED);
        bool moved = !file_exists(in("run", "latest/REPORT.md"));
        int resumed = run_killed_at(scratch_path("run"), true, "42", 0);
        if (moved) {
            assert_int_equal(resumed, 0);
            assert_int_equal(scratch_count(in("run", "snapshots")), 1);
            expect_same(scratch_path("reference"), scratch_path("run"));
            after++;
        } else {
            assert_int_equal(resumed, 2); // it is the other run that lies there
            char *report = read_text(in("run", "latest/REPORT.md"));
            assert_string_equal(report, old_report);
            free(report);
        }
        free(old_report);
        forget("run");
    }
}

static void damage_state(const char *directory)
{
    const char *path = in(directory, states.name);
    char *text = read_text(path);
    text[strlen(text) / 2] ^= 1;
    scratch_write(path, text, strlen(text));
    free(text);
}

// The decision for the safe profile survives, too.
static void a_recovery_that_is_killed_anywhere_stays_one(void **state)
{
    (void)state;
    make_reference();
    assert_int_equal(run_here(scratch_path("safe"), false, "42"), MM_OK);
    damage_state("safe");
    assert_int_equal(run_killed_at(scratch_path("safe"), true, "42", 0), 0);
    for (uint32_t point = 1; point < POINTS_MAX; point += POINT_STEP) {
        assert_int_equal(run_here(scratch_path("run"), false, "42"), MM_OK);
        damage_state("run");
        int code = run_killed_at(scratch_path("run"), true, "42", point);
        assert_int_equal(run_killed_at(scratch_path("run"), true, "42", 0), 0);
        expect_same(scratch_path("safe"), scratch_path("run"));
        forget("run");
        if (code == 0) {
            return;
        }
    }
    fail_msg("it never gets through");
}

// ---- rotation ----

#define OLD_RUN "snapshots/2020-03-01T00-00-00.000Z"
#define OLDER_ARCHIVE "snapshots/2019-12-31T00-00-00.000Z.tar.gz"

static void make_rotatable(const char *directory)
{
    static const char *const folders[] = {"", "latest", "snapshots", OLD_RUN};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        assert_int_equal(dir_create(in(directory, folders[i])), MM_OK);
    }
    scratch_write(in(directory, OLD_RUN "/a.json"), "{\"a\": 1}\n", 9);
    scratch_write(in(directory, OLD_RUN "/b.json"), "{\"b\": 2}\n", 9);
    static const char archive[5000];
    scratch_write(in(directory, OLDER_ARCHIVE), archive, sizeof archive);
    for (int i = 1; i <= 4; i++) {
        char name[64];
        snprintf(name, sizeof name, "latest/ITER_SUMMARY_%d.json", i);
        scratch_write(in(directory, name), "{}\n", 3);
    }
}

// Two summaries stay, the old run is packed and the older archive goes.
static int rotate(const char *directory)
{
    struct rotation_limits limits = rotation_limits_default();
    limits.keep = 2;
    limits.max_bytes = 3000;
    struct rotation_result result;
    return rotation_run(in(directory, ""), &limits, INT64_C(1700000000) * 1000000000, false, NULL,
                        &result);
}

static int rotate_killed_at(const char *directory, uint32_t point)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        point_count = 0;
        kill_at = point;
        _exit(rotate(directory) == MM_OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

// A file's bytes; NULL when it is not there.
struct bytes {
    char *data;
    size_t size;
};

static struct bytes read_archive(const char *directory)
{
    struct bytes bytes = {0};
    const char *path = in(directory, OLD_RUN ".tar.gz");
    if (file_exists(path)) {
        assert_int_equal(file_read_all(path, FILE_SIZE_MAX, &bytes.data, &bytes.size), MM_OK);
    }
    return bytes;
}

static void expect_archive(const char *directory, const struct bytes *archive)
{
    struct bytes found = read_archive(directory);
    assert_non_null(found.data);
    assert_int_equal(found.size, archive->size);
    assert_memory_equal(found.data, archive->data, archive->size);
    free(found.data);
}

static void expect_rotated(const char *directory, const struct bytes *archive)
{
    assert_int_equal(scratch_count(in(directory, "snapshots")), 1);
    expect_archive(directory, archive);
    assert_int_equal(scratch_count(in(directory, "latest")), 2);
    assert_true(file_exists(in(directory, "latest/ITER_SUMMARY_3.json")));
    assert_true(file_exists(in(directory, "latest/ITER_SUMMARY_4.json")));
}

static void a_rotation_that_is_killed_anywhere_loses_nothing_and_is_finished(void **state)
{
    (void)state;
    make_rotatable("whole");
    assert_int_equal(rotate("whole"), MM_OK);
    struct bytes archive = read_archive("whole");
    expect_rotated("whole", &archive);
    uint32_t point = 0;
    for (int code = KILLED; code == KILLED;) {
        assert_true(++point < POINTS_MAX);
        make_rotatable("cut");
        code = rotate_killed_at("cut", point);
        assert_true(code == KILLED || code == 0);
        bool packed = file_exists(in("cut", OLD_RUN ".tar.gz"));
        assert_true(packed || (file_exists(in("cut", OLD_RUN "/a.json")) &&
                               file_exists(in("cut", OLD_RUN "/b.json"))));
        if (packed) {
            expect_archive("cut", &archive);
        }
        assert_int_equal(rotate("cut"), MM_OK);
        expect_rotated("cut", &archive);
        forget("cut");
    }
    print_message("%u points\n", point - 1);
    assert_true(point > 10);
    free(archive.data);
}

int main(void)
{
    log_init(stderr, LOG_OFF);
#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_set_up, scratch_tear_down)
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(a_run_that_is_killed_anywhere_goes_on_to_the_same_bytes),
        IN_SCRATCH(the_last_run_is_not_lost_when_its_successor_is_killed),
        IN_SCRATCH(a_recovery_that_is_killed_anywhere_stays_one),
        IN_SCRATCH(a_rotation_that_is_killed_anywhere_loses_nothing_and_is_finished),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
