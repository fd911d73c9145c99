// What --resume makes of what it finds: never a silent resume.
#include "soak/orchestrator.h"

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "scratch.h"
#include "soak/resume.h"
#include "soak/state.h"

#include <stdio.h>

static struct run_config config;

static int configure(const char *seed)
{
    struct config_options options = {.iterations = "3",
                                     .window = "1m",
                                     .regime = "calm",
                                     .seed = seed,
                                     .out = scratch_directory,
                                     .resume = true};
    return config_resolve(&options, &config);
}

static int run(struct run_record *out)
{
    static const volatile sig_atomic_t stop;
    static struct terminal silent;
    return orchestrator_run(&config, &silent, NULL, 0, &stop, out);
}

static void run_to_its_end(void)
{
    struct run_record record;
    assert_int_equal(run(&record), MM_OK);
    run_record_fini(&record);
}

static int set_up(void **state)
{
    log_init(stderr, LOG_OFF);
    if (scratch_set_up(state) != 0 || configure("42") != MM_OK) {
        return -1;
    }
    run_to_its_end();
    return configure("42");
}

static char *read_text(const char *name)
{
    char *text = NULL;
    size_t size = 0;
    assert_int_equal(file_read_all(scratch_path(name), 1 << 20, &text, &size), MM_OK);
    return text;
}

static void write_text(const char *name, const char *text)
{
    scratch_write(scratch_path(name), text, strlen(text));
}

// A new run on the safe profile that says so; the files that were found are kept.
static void expect_safe(const char *word)
{
    struct artifacts artifacts;
    struct resume resume;
    assert_int_equal(artifacts_open(&artifacts, scratch_directory), MM_OK);
    assert_int_equal(resume_read(&artifacts, &resume), MM_OK);
    assert_int_equal(resume.kind, RESUME_SAFE);
    assert_non_null(strstr(resume.reason, word));
    resume_fini(&resume);
    artifacts_close(&artifacts);
    struct run_record record;
    assert_int_equal(run(&record), MM_OK);
    struct params safe = params_of_profile(PARAMS_STEADY_SAFE);
    assert_memory_equal(&run_record_at(&record, 1)->outcome.before, &safe, sizeof safe);
    assert_int_equal(config.param_source[PARAM_TAIL_AGE_MS], CONFIG_SAFE);
    assert_int_equal(scratch_count(scratch_path("snapshots")), 1);
    assert_false(file_exists(scratch_path(".safe_start")));
    run_record_fini(&record);
}

static void a_finished_run_gives_its_verdict_again(void **state)
{
    (void)state;
    char *before = read_text("latest/KPI_GATE.json");
    run_to_its_end();
    char *after = read_text("latest/KPI_GATE.json");
    assert_string_equal(before, after);
    assert_false(file_exists(scratch_path("snapshots")));
    free(before);
    free(after);
}

static void every_flipped_bit_and_every_cut_of_the_state_is_seen(void **state)
{
    (void)state;
    char *text = read_text("latest/TUNING_STATE.json");
    size_t size = strlen(text);
    struct artifacts artifacts;
    assert_int_equal(artifacts_open(&artifacts, scratch_directory), MM_OK);
    for (size_t i = 0; i < size; i++) {
        struct resume resume;
        bool blank = text[i] == ' ' || text[i] == '\n';
        text[i] ^= (char)(1 << (i % 7));
        scratch_write(scratch_path("latest/TUNING_STATE.json"), text, size);
        assert_int_equal(resume_read(&artifacts, &resume), MM_OK);
        // Blanks outside texts carry nothing; one blank for another is the same document.
        assert_true(resume.kind == RESUME_SAFE || blank);
        resume_fini(&resume);
        text[i] ^= (char)(1 << (i % 7));
        scratch_write(scratch_path("latest/TUNING_STATE.json"), text, i);
        assert_int_equal(resume_read(&artifacts, &resume), MM_OK);
        assert_true(resume.kind == RESUME_SAFE || i + 1 == size);
        resume_fini(&resume);
    }
    artifacts_close(&artifacts);
    free(text);
}

static void a_hand_edited_state_leads_to_the_safe_profile(void **state)
{
    (void)state;
    char *text = read_text("latest/TUNING_STATE.json");
    char *value = strstr(text, "\"halted\": false");
    assert_non_null(value);
    memcpy(value, "\"halted\":  true", strlen("\"halted\": false"));
    write_text("latest/TUNING_STATE.json", text);
    free(text);
    expect_safe("checksum");
}

static void a_newer_version_leads_to_the_safe_profile(void **state)
{
    (void)state;
    char text[64];
    snprintf(text, sizeof text, "{\"version\": %d}\n", STATE_VERSION + 1);
    write_text("latest/TUNING_STATE.json", text);
    expect_safe("another version");
}

static void a_lost_state_leads_to_the_safe_profile(void **state)
{
    (void)state;
    assert_int_equal(file_remove(scratch_path("latest/TUNING_STATE.json")), MM_OK);
    expect_safe("missing");
}

static void hand_edited_overrides_lead_to_the_safe_profile(void **state)
{
    (void)state;
    char *text = read_text("runtime_overrides.json");
    text[strcspn(text, "0123456789")] ^= 1;
    write_text("runtime_overrides.json", text);
    free(text);
    expect_safe("runtime_overrides.json");
}

static void lost_overrides_lead_to_the_safe_profile(void **state)
{
    (void)state;
    assert_int_equal(file_remove(scratch_path("runtime_overrides.json")), MM_OK);
    expect_safe("runtime_overrides.json is missing");
}

static void a_recovered_run_is_resumed_as_one(void **state)
{
    (void)state;
    assert_int_equal(file_remove(scratch_path("runtime_overrides.json")), MM_OK);
    run_to_its_end();
    char *before = read_text("latest/TUNING_STATE.json");
    assert_non_null(strstr(before, "\"recovered\": true"));
    assert_int_equal(configure("42"), MM_OK);
    run_to_its_end();
    char *after = read_text("latest/TUNING_STATE.json");
    assert_string_equal(before, after);
    assert_int_equal(scratch_count(scratch_path("snapshots")), 1);
    free(before);
    free(after);
}

static void expect_refusal(const char *word)
{
    char *before = read_text("latest/KPI_GATE.json");
    struct run_record record;
    assert_int_equal(run(&record), MM_ERROR_USAGE);
    assert_non_null(strstr(mm_error_text(), word));
    mm_error_clear();
    char *after = read_text("latest/KPI_GATE.json");
    assert_string_equal(before, after);
    free(before);
    free(after);
    run_record_fini(&record);
}

static void a_run_that_was_told_something_else_is_refused(void **state)
{
    (void)state;
    assert_int_equal(configure("43"), MM_OK);
    expect_refusal("told something else");
}

// An editor who also mends the checksum: the windows do not lead there.
static void a_forged_state_is_refused(void **state)
{
    (void)state;
    json_t *document = NULL;
    assert_int_equal(
        json_document_read(scratch_path("latest/TUNING_STATE.json"), 1 << 20, &document), MM_OK);
    struct tuning_state forged;
    assert_int_equal(state_read(document, &forged), MM_OK);
    json_decref(document);
    forged.guard.cooldown_until = 4;
    document = state_json(&forged);
    assert_int_equal(json_document_write(scratch_path("latest/TUNING_STATE.json"), document, 0644),
                     MM_OK);
    json_decref(document);
    expect_refusal("does not lead to");
}

int main(void)
{
#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, set_up, scratch_tear_down)
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(a_finished_run_gives_its_verdict_again),
        IN_SCRATCH(every_flipped_bit_and_every_cut_of_the_state_is_seen),
        IN_SCRATCH(a_hand_edited_state_leads_to_the_safe_profile),
        IN_SCRATCH(a_newer_version_leads_to_the_safe_profile),
        IN_SCRATCH(a_lost_state_leads_to_the_safe_profile),
        IN_SCRATCH(hand_edited_overrides_lead_to_the_safe_profile),
        IN_SCRATCH(lost_overrides_lead_to_the_safe_profile),
        IN_SCRATCH(a_recovered_run_is_resumed_as_one),
        IN_SCRATCH(a_run_that_was_told_something_else_is_refused),
        IN_SCRATCH(a_forged_state_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
