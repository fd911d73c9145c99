#include "soak/orchestrator.h"

#include "base/check.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/platform.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/recorder.h"
#include "soak/artifact_manager.h"
#include "soak/legacy.h"
#include "soak/operator_desk.h"
#include "soak/pacer.h"
#include "soak/reporter.h"
#include "soak/resume.h"
#include "soak/rotation.h"
#include "soak/run_log.h"
#include "soak/run_market.h"
#include "soak/state.h"
#include "soak/tuning.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum {
    SLEEP_SLICE_NS = 100000000, // real time slept at a stretch, so that a stop is seen soon
    LIVE_SLICE_NS = 50000000,   // of a market that passes in real time
    STOP_GRACE_NS = 1000000000, // market time for the last cancels to be confirmed
    // Real time between two writings of the reports, which are about the whole run: in virtual time
    // thousands of iterations would rewrite them for nobody. The last word is always written.
    REPORTS_INTERVAL_NS = 1000000000,
    SUMMARIES_KEPT = 100
};

#define LIVE_STOP_GRACE_NS INT64_C(10000000000)           // unknown orders have to be asked after
#define ROTATION_INTERVAL_NS (INT64_C(3600) * 1000000000) // real time

struct soak {
    struct run_config *config;
    struct terminal *terminal;
    struct soak_watcher watcher;
    const volatile sig_atomic_t *stop;
    struct run_record *run;
    struct pacer pacer;
    struct run_market market;
    struct engine_config engine_config;
    struct engine *engine;
    struct recorder *recorder;
    struct artifacts artifacts;
    struct tuning tuning;
    struct operator_desk desk;
    // What the last iteration committed: an operator's deed is kept with it, because a window that
    // is not finished is run again from its start.
    struct guard_state committed_guard;
    struct tuner_history committed_history;
    struct resume resume;
    bool recovered; // the start values are the safe profile's because of what was found
    char overrides_hash[ARTIFACT_HASH_SIZE], overrides_hash_before[ARTIFACT_HASH_SIZE];
    int64_t window_from_ns, window_to_ns;    // of the present window
    int64_t regime_ns[SIM_REGIME_COUNT];     // before the present window
    int64_t reports_due_ns, rotation_due_ns; // monotonic
    int64_t asleep_until_ns;                 // likewise: of the sleep after an iteration
};

// Whether what is run now was finished by the process that is resumed: a run is a pure function of
// its configuration and its market, so its finished windows are run once more, without writing,
// until the state is the one that was committed.
static bool is_catching_up(const struct soak *soak)
{
    return soak->run->iteration_count < soak->resume.state.guard.iteration;
}

// ---- who watches ----

static struct soak_view view_of(const struct soak *soak, enum soak_phase phase)
{
    return (struct soak_view){.phase = phase,
                              .catching_up = is_catching_up(soak),
                              .window_from_ns = soak->window_from_ns,
                              .window_to_ns = soak->window_to_ns,
                              .run = soak->run,
                              .engine = soak->engine,
                              .engine_config = &soak->engine_config,
                              .killed = soak->desk.state.killed,
                              .guard_config = &soak->tuning.guard_config,
                              .guard = &soak->tuning.guard};
}

static void watch_slice(struct soak *soak, enum soak_phase phase)
{
    struct soak_view view = view_of(soak, phase);
    soak_watcher_slice(&soak->watcher, &view);
}

static int write_state(struct soak *soak);
static int write_overrides(struct soak *soak);
static void hash_overrides(struct soak *soak);

// Between two slices: what an operator asked for is done, and is on disk before it is answered for.
// A deed at the very start of a window is one from before it; the first slice is soon over.
static int serve_operator(struct soak *soak, enum soak_phase phase)
{
    bool is_start = engine_get_status(soak->engine).now_ns == soak->window_from_ns;
    if (is_catching_up(soak) || (phase == SOAK_RUNNING && is_start)) {
        return MM_OK;
    }
    struct params before = soak->tuning.guard.params;
    if (!operator_desk_serve(&soak->desk, soak->run->iteration_count)) {
        return MM_OK;
    }
    bool moved = memcmp(&before, &soak->tuning.guard.params, sizeof before) != 0;
    if (moved) {
        hash_overrides(soak);
    }
    int code = write_state(soak);
    return code == MM_OK && moved ? write_overrides(soak) : code;
}

// Real time, for people who watch; a signal ends it. So does, while the soak sleeps, an operator's
// request whose effect takes market time.
static int wait_until(struct soak *soak, int64_t until_ns, enum soak_phase phase)
{
    int64_t left_ns = until_ns - platform_monotonic_ns();
    while (left_ns > 0 && *soak->stop == 0) {
        if (phase == SOAK_SLEEPING && operator_desk_is_pending(&soak->desk)) {
            break;
        }
        platform_sleep_ns(left_ns < SLEEP_SLICE_NS ? left_ns : SLEEP_SLICE_NS);
        watch_slice(soak, phase);
        int code = serve_operator(soak, phase);
        if (code != MM_OK) {
            return code;
        }
        left_ns = until_ns - platform_monotonic_ns();
    }
    return *soak->stop == 0 ? MM_OK : mm_fail(MM_ERROR_STOPPED, "stopped by a signal");
}

// ---- setting up ----

// Stable over machines and directories, different for runs that are told to do different things.
static uint64_t run_id_of(const struct run_config *config)
{
    json_t *document = config_json(config);
    size_t size = 0;
    char *text = json_document_line(document, &size);
    uint64_t id = XXH3_64bits(text, size);
    free(text);
    json_decref(document);
    return id;
}

// A tape without --window is divided by the iterations, rounded up so that nothing is left over.
static int64_t window_length(const struct soak *soak)
{
    if (soak->config->window_ns > 0) {
        return soak->config->window_ns;
    }
    int64_t span_ns = soak->market.venue->end_ns - soak->market.venue->now_ns;
    return (span_ns + soak->config->iterations - 1) / soak->config->iterations;
}

// What --window may not be, a window that follows from the tape's span may not be either.
static int check_window(const struct soak *soak)
{
    if (window_length(soak) >= CONFIG_WINDOW_MIN_NS) {
        return MM_OK;
    }
    int64_t span_ns = soak->market.venue->end_ns - soak->market.venue->now_ns;
    return mm_fail(MM_ERROR_USAGE,
                   "%s: %.3f s of market divided by %" PRIu32
                   " iterations gives windows below 1s; use fewer --iterations",
                   soak->config->tape, (double)span_ns / 1e9, soak->config->iterations);
}

static void fill_run(struct soak *soak)
{
    struct run_record *run = soak->run;
    const struct venue *venue = soak->market.venue;
    run->instrument = venue->instrument;
    run->venue = venue->ops->name;
    run->window_ns = window_length(soak);
    run->run_id = run_id_of(soak->config);
}

static void prepare(struct soak *soak)
{
    const struct run_config *config = soak->config;
    mm_check_context.seed = config->seed;
    soak->engine_config = market_preset_engine(&config->preset, &soak->market.venue->instrument,
                                               soak->market.price_half_ticks);
    soak->engine_config.params = config->params;
    if (soak->market.has_account) {
        soak->engine_config.fees = soak->market.fees;
        soak->engine_config.open_lots = soak->market.position_lots;
        soak->engine_config.open_half_ticks = soak->market.price_half_ticks;
    }
    tuning_init(&soak->tuning, config, soak->run->run_id);
    soak->committed_guard = soak->tuning.guard;
    // A run that begins anew has forgotten what was done in the last one.
    bool goes_on = soak->resume.kind == RESUME_CONTINUE;
    soak->desk =
        (struct operator_desk){.watcher = &soak->watcher,
                               .guard_config = &soak->tuning.guard_config,
                               .guard = &soak->tuning.guard,
                               .state.deed_count = goes_on ? soak->resume.state.deed_count : 0};
    memcpy(soak->desk.state.deeds, soak->resume.state.deeds, sizeof soak->desk.state.deeds);
}

static void say_distrust(const struct soak *soak)
{
    char quoted[RESUME_REASON_SIZE + 64];
    log_event(LOG_WARN, "resume_refused", "profile=%s reason=%s",
              params_profile_name(PARAMS_STEADY_SAFE),
              log_quote(soak->resume.reason, quoted, sizeof quoted));
    terminal_note(soak->terminal,
                  "not resumed, a new run on the safe profile: ", soak->resume.reason);
}

// Decides between going on, starting, and starting on the safe profile. Before anything is derived
// from the configuration, because the last of these changes it.
static int take_up(struct soak *soak)
{
    if (!soak->config->resume) {
        return MM_OK;
    }
    int code = resume_read(&soak->artifacts, &soak->resume);
    if (code != MM_OK) {
        return code;
    }
    soak->recovered = soak->resume.kind == RESUME_SAFE || soak->resume.state.recovered;
    if (soak->resume.kind == RESUME_SAFE) {
        say_distrust(soak);
    }
    if (soak->recovered) {
        config_use_safe(soak->config);
        soak->run->params = soak->config->params;
    }
    return MM_OK;
}

static int check_same_run(const struct soak *soak)
{
    if (soak->resume.kind != RESUME_CONTINUE || soak->resume.state.run_id == soak->run->run_id) {
        return MM_OK;
    }
    return mm_fail(MM_ERROR_USAGE,
                   "--resume: the run in %s was told something else; give the options, environment "
                   "and profile it was started with, or begin a new run without --resume",
                   soak->config->out_dir);
}

static int start_recorder(struct soak *soak)
{
    char *orders = artifacts_path(&soak->artifacts, "latest/orders.csv.gz");
    char *fills = artifacts_path(&soak->artifacts, "latest/fills.csv.gz");
    // A market that cannot be run again: what mmbot compare needs of it.
    char *requests = soak->market.venue->is_real_time
                         ? artifacts_path(&soak->artifacts, "latest/requests.csv.gz")
                         : NULL;
    int code = recorder_create(orders, fills, requests, &soak->recorder);
    free(requests);
    free(orders);
    free(fills);
    return code;
}

// How much of the position limit is in use.
static double risk_percent(const struct soak *soak)
{
    int64_t position_lots = engine_get_status(soak->engine).position_lots;
    return 100.0 * (double)llabs(position_lots) /
           (double)soak->engine_config.risk.position_limit_lots;
}

static int write_document(struct soak *soak, const char *name, json_t *document)
{
    int code = artifacts_write_json(&soak->artifacts, name, document, NULL);
    json_decref(document);
    return code;
}

static int write_overrides(struct soak *soak)
{
    return write_document(soak, "runtime_overrides.json",
                          config_params_json(&soak->tuning.guard.params));
}

// What runtime_overrides.json will be; the state is committed with it before it is written.
static void hash_overrides(struct soak *soak)
{
    json_t *document = config_params_json(&soak->tuning.guard.params);
    memcpy(soak->overrides_hash_before, soak->overrides_hash, ARTIFACT_HASH_SIZE);
    artifacts_hash_json(document, soak->overrides_hash);
    json_decref(document);
}

static json_t *state_document(const struct soak *soak)
{
    struct tuning_state state = {.run_id = soak->run->run_id,
                                 .guard = soak->committed_guard,
                                 .history = soak->committed_history,
                                 .recovered = soak->recovered,
                                 .deed_count = soak->desk.state.deed_count};
    memcpy(state.deeds, soak->desk.state.deeds, sizeof state.deeds);
    memcpy(state.overrides_hash, soak->overrides_hash, ARTIFACT_HASH_SIZE);
    memcpy(state.overrides_hash_before, soak->overrides_hash_before, ARTIFACT_HASH_SIZE);
    return state_json(&state);
}

static int write_state(struct soak *soak)
{
    return write_document(soak, "latest/TUNING_STATE.json", state_document(soak));
}

// The overrides before the first state, because a run has begun only when both are there.
static int begin_fresh(struct soak *soak)
{
    int code = MM_OK;
    if (soak->resume.kind == RESUME_SAFE) {
        code = resume_mark_safe(&soak->artifacts, soak->resume.reason);
    }
    if (code == MM_OK) {
        code = legacy_keep_runtime(soak->config->out_dir);
    }
    if (code == MM_OK) {
        code = artifacts_begin(&soak->artifacts);
    }
    if (code == MM_OK) {
        code = write_overrides(soak);
    }
    if (code == MM_OK) {
        code = write_state(soak);
    }
    return code == MM_OK ? resume_unmark_safe(&soak->artifacts) : code;
}

// Never a reason to end a run: what fails is logged and tried again.
static void rotate(struct soak *soak)
{
    struct rotation_limits limits = rotation_limits_default();
    struct rotation_result result;
    soak->rotation_due_ns = platform_monotonic_ns() + ROTATION_INTERVAL_NS;
    int code =
        rotation_run(soak->config->out_dir, &limits, platform_wall_ns(), false, NULL, &result);
    if (code != MM_OK) {
        log_event(LOG_ERROR, "rotation_failed", "code=%d", code);
        mm_error_clear();
    }
}

static int begin(struct soak *soak)
{
    hash_overrides(soak);
    memcpy(soak->overrides_hash_before, soak->overrides_hash, ARTIFACT_HASH_SIZE);
    bool goes_on = soak->resume.kind == RESUME_CONTINUE;
    int code = goes_on ? artifacts_continue(&soak->artifacts) : begin_fresh(soak);
    if (code == MM_OK) {
        code = start_recorder(soak);
    }
    if (code != MM_OK) {
        return code;
    }
    struct engine_sink sink = soak_watcher_sink(&soak->watcher, recorder_sink(soak->recorder));
    soak->engine = engine_create(&soak->engine_config, soak->market.venue, &sink);
    soak->desk.engine = soak->engine;
    soak->window_to_ns = soak->market.venue->now_ns; // where the first window starts
    rotate(soak);
    run_log_start(soak->run, risk_percent(soak), soak->engine_config.risk.position_limit_lots);
    if (soak->config->legacy) {
        log_event(LOG_WARN, "legacy_layout", "next=\"mmbot config migrate %s\"",
                  soak->config->out_dir);
        terminal_note(soak->terminal, "old layout, bring it up to date: mmbot config migrate ",
                      soak->config->out_dir);
    }
    if (goes_on) {
        log_event(LOG_INFO, "resume", "after_iteration=%" PRIu32,
                  soak->resume.state.guard.iteration);
    }
    pacer_start(&soak->pacer, soak->config->pace_e3, soak->window_to_ns, platform_monotonic_ns());
    terminal_start(soak->terminal, soak->run, &soak->engine_config, risk_percent(soak));
    struct soak_view view = view_of(soak, SOAK_STARTING);
    soak_watcher_begin(&soak->watcher, &view);
    return MM_OK;
}

// ---- one window ----

static void show_progress(struct soak *soak)
{
    struct terminal_progress progress = {
        .iteration = soak->run->iteration_count + 1,
        .iterations = soak->config->iterations,
        .window_from_ns = soak->window_from_ns,
        .window_to_ns = soak->window_to_ns,
        .status = engine_get_status(soak->engine),
        .position_limit_lots = soak->engine_config.risk.position_limit_lots,
        .settle = soak->run->instrument.settle,
    };
    terminal_progress(soak->terminal, &progress);
}

// Cancels everything and waits for the answers.
static int stop_engine(struct soak *soak)
{
    uint32_t open = 0;
    int64_t grace_ns = soak->config->is_live ? LIVE_STOP_GRACE_NS : STOP_GRACE_NS;
    int code = engine_stop(soak->engine, grace_ns, &open);
    if (code == MM_OK && open > 0 && !engine_get_status(soak->engine).market_ended) {
        log_event(LOG_WARN, "orders_left_open", "count=%" PRIu32, open);
    }
    return code;
}

static bool is_last_window(const struct soak *soak)
{
    return soak->run->iteration_count + 1 == soak->config->iterations ||
           soak->window_to_ns >= soak->market.venue->end_ns;
}

// Waits until the market may come as far; what is repeated is not waited for.
static int keep_pace(struct soak *soak, int64_t until_ns)
{
    int64_t real_ns = platform_monotonic_ns();
    if (is_catching_up(soak)) {
        pacer_start(&soak->pacer, soak->config->pace_e3, until_ns, real_ns);
        return MM_OK;
    }
    int64_t wait_ns = pacer_wait_ns(&soak->pacer, until_ns, real_ns);
    return wait_ns > 0 ? wait_until(soak, real_ns + wait_ns, SOAK_RUNNING) : MM_OK;
}

// What an operator did before the window, when an earlier process was told of it; and all that was
// done in a window that no process has finished, because whoever stopped quoting meant it to last.
static int repeat_deeds(struct soak *soak, int64_t now_ns)
{
    struct operator_desk *desk = &soak->desk;
    uint32_t iteration = soak->run->iteration_count;
    operator_desk_repeat(desk, iteration, now_ns);
    if (is_catching_up(soak) || desk->state.done_count == desk->state.deed_count) {
        return MM_OK;
    }
    operator_desk_repeat_rest(desk, iteration, now_ns);
    hash_overrides(soak);
    int code = write_state(soak);
    return code == MM_OK ? write_overrides(soak) : code;
}

// What is left of the sleep, which a request that takes market time has interrupted: the next
// window has begun for it, as far as its effect needs.
static int sleep_on(struct soak *soak)
{
    return wait_until(soak, soak->asleep_until_ns, SOAK_SLEEPING);
}

// In slices, between which it is shown and waited. Where they end changes nothing: the engine looks
// when something happens or is due.
static int run_window(struct soak *soak)
{
    int64_t at_ns = soak->window_to_ns;
    soak->window_from_ns = at_ns;
    soak->window_to_ns = at_ns + soak->run->window_ns;
    int repeated = repeat_deeds(soak, at_ns);
    if (repeated != MM_OK) {
        return repeated;
    }
    engine_open_window(soak->engine);
    operator_desk_open_window(&soak->desk);
    while (at_ns < soak->window_to_ns && !engine_get_status(soak->engine).market_ended) {
        int64_t slice_ns =
            soak->market.venue->is_real_time ? LIVE_SLICE_NS : pacer_slice_ns(&soak->pacer);
        int64_t left_ns = soak->window_to_ns - at_ns;
        int64_t due_ns = operator_desk_due_ns(&soak->desk, soak->run->iteration_count) - at_ns;
        left_ns = due_ns < left_ns ? due_ns : left_ns;
        at_ns += slice_ns < left_ns ? slice_ns : left_ns;
        int code = keep_pace(soak, at_ns);
        if (code == MM_OK) {
            code = engine_run_until(soak->engine, at_ns, soak->stop);
        }
        if (code != MM_OK) {
            return code;
        }
        operator_desk_repeat(&soak->desk, soak->run->iteration_count, at_ns);
        show_progress(soak);
        watch_slice(soak, SOAK_RUNNING);
        code = serve_operator(soak, SOAK_RUNNING);
        if (code == MM_OK) {
            code = sleep_on(soak);
        }
        if (code != MM_OK) {
            return code;
        }
    }
    // Before the window closes, because a fill that beats its cancel belongs to it.
    return is_last_window(soak) ? stop_engine(soak) : MM_OK;
}

// ---- after a window ----

static int write_reports(struct soak *soak)
{
    struct text markdown = {0};
    report_markdown(soak->run, &markdown);
    int code = write_document(soak, "latest/TUNING_REPORT.json", report_tuning(soak->run));
    if (code == MM_OK) {
        code = write_document(soak, "latest/EDGE_REPORT.json", report_edge(soak->run));
    }
    if (code == MM_OK) {
        code = write_document(soak, "latest/KPI_GATE.json", report_gate(soak->run));
    }
    if (code == MM_OK) {
        code = artifacts_write_text(&soak->artifacts, "latest/REPORT.md", text_string(&markdown));
    }
    text_fini(&markdown);
    soak->reports_due_ns = platform_monotonic_ns() + REPORTS_INTERVAL_NS;
    return code;
}

// The last window of what is resumed: all that tuner and guard remember must have come out again.
static int check_caught_up(struct soak *soak)
{
    // A revert of the window that was not finished is in these, and nowhere else yet.
    memcpy(soak->overrides_hash, soak->resume.state.overrides_hash, ARTIFACT_HASH_SIZE);
    memcpy(soak->overrides_hash_before, soak->resume.state.overrides_hash_before,
           ARTIFACT_HASH_SIZE);
    json_t *document = state_document(soak);
    bool same = json_equal(document, soak->resume.document);
    json_decref(document);
    if (!same) {
        return mm_fail(MM_ERROR_USAGE,
                       "--resume: running the %" PRIu32 " finished windows of %s again does not "
                       "lead to its TUNING_STATE.json; it is of another program, or its market has "
                       "changed: begin a new run without --resume",
                       soak->run->iteration_count, soak->config->out_dir);
    }
    return soak->resume.overrides_are_old ? write_overrides(soak) : MM_OK;
}

// One comes, one goes, so that thousands of iterations need no more room than the newest.
static int prune_summary(struct soak *soak, uint32_t iteration)
{
    if (iteration <= SUMMARIES_KEPT) {
        return MM_OK;
    }
    char name[64];
    snprintf(name, sizeof name, "latest/ITER_SUMMARY_%" PRIu32 ".json", iteration - SUMMARIES_KEPT);
    char *path = artifacts_path(&soak->artifacts, name);
    int code = file_remove(path);
    free(path);
    return code;
}

// The state commits the iteration: what is written before it is written again by a resumed run, and
// what comes after it follows from it. The engine gets the new values last, so that it is never
// ahead of what the files say.
static int commit_iteration(struct soak *soak, const struct iteration_record *record)
{
    char name[64];
    snprintf(name, sizeof name, "latest/ITER_SUMMARY_%" PRIu32 ".json", record->iteration);
    int code = write_document(soak, name, report_iteration(record));
    if (code == MM_OK) {
        code = write_state(soak);
    }
    if (code == MM_OK) {
        code = write_overrides(soak);
    }
    return code == MM_OK ? prune_summary(soak, record->iteration) : code;
}

static int write_reports_when_due(struct soak *soak)
{
    bool due = soak->config->sleep_ns > 0 || platform_monotonic_ns() >= soak->reports_due_ns;
    return due ? write_reports(soak) : MM_OK;
}

static int keep_iteration(struct soak *soak, const struct iteration_record *record, bool again)
{
    if (!again) {
        return commit_iteration(soak, record);
    }
    return is_catching_up(soak) ? MM_OK : check_caught_up(soak);
}

// What the simulated market was in the window, for the canary's page only.
static void note_regimes(struct soak *soak, struct iteration_record *record)
{
    int64_t now_ns[SIM_REGIME_COUNT];
    record->has_regimes = run_market_regimes(&soak->market, now_ns);
    for (size_t i = 0; i < SIM_REGIME_COUNT && record->has_regimes; i++) {
        record->regime_ns[i] = now_ns[i] - soak->regime_ns[i];
        soak->regime_ns[i] = now_ns[i];
    }
}

// Summary, gate with tuner and guard, files, engine: in this order, each from what the last one
// made.
static int finish_iteration(struct soak *soak)
{
    bool again = is_catching_up(soak);
    struct iteration_record record = {.iteration = soak->run->iteration_count + 1};
    struct engine_status status = engine_get_status(soak->engine);
    record.halt_reason = status.halted ? status.halt_reason : NULL;
    engine_close_window(soak->engine, &record.summary);
    record.operator_acted = soak->desk.state.touched;
    note_regimes(soak, &record);
    tuning_step(&soak->tuning, &record);
    soak->committed_guard = soak->tuning.guard;
    soak->committed_history = soak->tuning.history;
    hash_overrides(soak);
    memcpy(record.state_hash, soak->overrides_hash, sizeof record.state_hash);
    run_record_add(soak->run, &record);
    int code = keep_iteration(soak, &record, again);
    if (code == MM_OK) {
        code = tuning_apply(&soak->tuning, &record, soak->engine, soak->stop);
    }
    if (code == MM_OK && !again) {
        code = write_reports_when_due(soak);
    }
    if (platform_monotonic_ns() >= soak->rotation_due_ns) {
        rotate(soak);
    }
    run_log_iteration(&record);
    terminal_iteration(soak->terminal, &record);
    struct soak_view view = view_of(soak, SOAK_SLEEPING);
    soak_watcher_iteration(&soak->watcher, &view, &record);
    return code;
}

// How the run ended, RUN_UNFINISHED while it goes on: also after a halt, where the configuration
// has it collect data without quoting.
static enum run_end run_end_now(const struct soak *soak)
{
    struct engine_status status = engine_get_status(soak->engine);
    bool complete = soak->run->iteration_count == soak->config->iterations;
    bool over = status.market_ended || soak->window_to_ns >= soak->market.venue->end_ns;
    bool halted = soak->tuning.guard.halted || status.halted;
    if (halted && (soak->config->preset.end_on_halt || complete || over)) {
        return RUN_HALTED;
    }
    if (complete) {
        return RUN_COMPLETE;
    }
    return over ? RUN_MARKET_ENDED : RUN_UNFINISHED;
}

// ---- the run ----

static int fall_asleep(struct soak *soak)
{
    soak->asleep_until_ns = platform_monotonic_ns() + soak->config->sleep_ns;
    return sleep_on(soak);
}

static int run_iterations(struct soak *soak)
{
    int code = MM_OK;
    while (code == MM_OK && soak->run->end == RUN_UNFINISHED) {
        code = run_window(soak);
        if (code == MM_OK) {
            code = finish_iteration(soak);
        }
        if (code == MM_OK) {
            soak->run->end = run_end_now(soak);
            bool waits = soak->run->end == RUN_UNFINISHED && !is_catching_up(soak);
            code = waits ? fall_asleep(soak) : MM_OK;
        }
    }
    return code;
}

// Also after a stop or an error: orders are cancelled, and what is finished is kept. Only a stop is
// an end of its own that the reports tell of; after an error nothing more can be written for sure.
static int end_run(struct soak *soak, int code)
{
    if (code == MM_ERROR_STOPPED) {
        soak->run->end = RUN_STOPPED;
    }
    int end_code = stop_engine(soak);
    int stopped = run_market_stopped(&soak->market);
    end_code = end_code != MM_OK ? end_code : stopped;
    operator_desk_close(&soak->desk, engine_get_status(soak->engine).open_order_count);
    bool nothing_new = soak->resume.kind == RESUME_CONTINUE && is_catching_up(soak);
    if ((code != MM_OK && code != MM_ERROR_STOPPED) || nothing_new) {
        return code;
    }
    if (end_code == MM_OK) {
        end_code = recorder_commit(soak->recorder);
    }
    if (end_code == MM_OK) {
        end_code = write_reports(soak);
    }
    rotate(soak);
    log_event(LOG_INFO, "soak_end", "verdict=%s end=%s iterations=%" PRIu32,
              gate_verdict_name(soak->run->verdict.verdict), run_end_name(soak->run->end),
              soak->run->iteration_count);
    if (end_code == MM_OK) {
        char *latest = artifacts_path(&soak->artifacts, "latest");
        terminal_end(soak->terminal, soak->run, latest);
        free(latest);
    }
    return end_code != MM_OK ? end_code : code;
}

static void close_soak(struct soak *soak)
{
    engine_destroy(soak->engine);
    recorder_destroy(soak->recorder);
    artifacts_close(&soak->artifacts);
    resume_fini(&soak->resume);
    run_market_close(&soak->market);
}

int orchestrator_run(struct run_config *config, struct terminal *terminal,
                     const struct soak_watch *const watches[], uint32_t watch_count,
                     const volatile sig_atomic_t *stop, struct run_record *run)
{
    struct soak soak = {.config = config, .terminal = terminal, .stop = stop, .run = run};
    soak_watcher_init(&soak.watcher, watches, watch_count);
    soak.artifacts.lock.file = -1;
    run_record_init(run, config);
    soak.market.stop = stop;
    int code = run_market_open(&soak.market, config);
    if (code == MM_OK) {
        code = check_window(&soak);
    }
    if (code == MM_OK) {
        code = artifacts_open(&soak.artifacts, config->out_dir);
    }
    if (code == MM_OK) {
        code = take_up(&soak);
    }
    if (code == MM_OK) {
        fill_run(&soak);
        code = check_same_run(&soak);
    }
    if (code == MM_OK) {
        prepare(&soak);
        code = begin(&soak);
    }
    if (code == MM_OK) {
        code = end_run(&soak, run_iterations(&soak));
        struct soak_view view = view_of(&soak, SOAK_ENDED);
        soak_watcher_end(&soak.watcher, &view);
    }
    close_soak(&soak);
    return code;
}
