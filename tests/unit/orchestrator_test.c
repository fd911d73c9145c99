// The loop on the simulated market: how runs end, and what panics and halts do.
#include "soak/orchestrator.h"

#include "base/file.h"
#include "base/log.h"
#include "scratch.h"

static struct run_config config;
static struct terminal silent;
static volatile sig_atomic_t stop;

static int set_up(void **state)
{
    log_init(stderr, LOG_OFF);
    stop = 0;
    if (scratch_set_up(state) != 0) {
        return -1;
    }
    struct config_options options = {
        .iterations = "3", .window = "1m", .regime = "calm", .out = scratch_directory};
    return config_resolve(&options, &config);
}

// Every window with any fill is then a FAIL.
static void make_every_window_fail(void)
{
    config.preset.gate.of[GATE_HARD][GATE_NET] = (struct gate_level){true, 1e6};
    config.preset.gate.min_fills = 0;
}

static void a_run_completes_its_iterations(void **state)
{
    (void)state;
    struct run_record run;
    assert_int_equal(orchestrator_run(&config, &silent, NULL, 0, &stop, &run), MM_OK);
    assert_int_equal(run.iteration_count, 3);
    assert_int_equal(run.end, RUN_COMPLETE);
    assert_int_equal(run.total.equity_change_quote_e9, run.total.part_quote_e9[KPI_NET]);
    for (uint32_t i = 1; i < 3; i++) {
        assert_int_equal(run_record_at(&run, i)->summary.to_ns,
                         run_record_at(&run, i + 1)->summary.from_ns);
    }
    assert_true(file_exists(scratch_path("latest/ITER_SUMMARY_3.json")));
    assert_true(file_exists(scratch_path("latest/orders.csv.gz")));
    run_record_fini(&run);
}

static void two_runs_leave_the_same_state(void **state)
{
    (void)state;
    struct run_record first, second;
    assert_int_equal(orchestrator_run(&config, &silent, NULL, 0, &stop, &first), MM_OK);
    assert_int_equal(orchestrator_run(&config, &silent, NULL, 0, &stop, &second), MM_OK);
    assert_int_equal(first.run_id, second.run_id);
    assert_memory_equal(&first.total, &second.total, sizeof first.total);
    assert_string_equal(run_record_at(&first, 3)->state_hash,
                        run_record_at(&second, 3)->state_hash);
    run_record_fini(&first);
    run_record_fini(&second);
}

static void a_stop_before_the_first_window_ends_leaves_a_report(void **state)
{
    (void)state;
    struct run_record run;
    stop = SIGINT;
    assert_int_equal(orchestrator_run(&config, &silent, NULL, 0, &stop, &run), MM_ERROR_STOPPED);
    assert_int_equal(run.iteration_count, 0);
    assert_int_equal(run.end, RUN_STOPPED);
    assert_true(file_exists(scratch_path("latest/KPI_GATE.json")));
    assert_true(file_exists(scratch_path("latest/orders.csv.gz")));
    run_record_fini(&run);
}

static void three_failures_bring_the_safe_profile_back(void **state)
{
    (void)state;
    make_every_window_fail();
    config.iterations = 4;
    config.params = params_of_profile(PARAMS_AGGRESSIVE);
    struct run_record run;
    assert_int_equal(orchestrator_run(&config, &silent, NULL, 0, &stop, &run), MM_OK);
    const struct iteration_record *third = run_record_at(&run, 3);
    assert_int_equal(third->outcome.action, GUARD_PANIC);
    assert_int_equal(third->gate.verdict, GATE_PANIC);
    struct params safe = params_of_profile(PARAMS_STEADY_SAFE);
    assert_memory_equal(&third->outcome.after, &safe, sizeof safe);
    assert_int_equal(run.verdict.verdict, GATE_FAIL);
    assert_int_equal(run.tuning.panics, 1);
    // Quoting goes on with the safe values.
    assert_true(run_record_at(&run, 4)->summary.place_count > 0);
    assert_memory_equal(&run.params, &safe, sizeof safe);
    run_record_fini(&run);
}

static void three_more_failures_halt_the_run(void **state)
{
    (void)state;
    make_every_window_fail();
    config.iterations = 20;
    struct run_record run;
    assert_int_equal(orchestrator_run(&config, &silent, NULL, 0, &stop, &run), MM_OK);
    assert_int_equal(run.end, RUN_HALTED);
    assert_int_equal(run.iteration_count, 6);
    assert_int_equal(run.verdict.verdict, GATE_FAIL);
    run_record_fini(&run);
}

static void by_configuration_a_halted_run_goes_on_without_quoting(void **state)
{
    (void)state;
    make_every_window_fail();
    config.iterations = 9;
    config.preset.end_on_halt = false;
    struct run_record run;
    assert_int_equal(orchestrator_run(&config, &silent, NULL, 0, &stop, &run), MM_OK);
    assert_int_equal(run.end, RUN_HALTED);
    assert_int_equal(run.iteration_count, 9);
    assert_int_equal(run_record_at(&run, 6)->outcome.action, GUARD_HALT);
    assert_true(run_record_at(&run, 6)->summary.place_count > 0);
    for (uint32_t i = 7; i <= 9; i++) {
        const struct iteration_record *record = run_record_at(&run, i);
        assert_int_equal(record->summary.place_count, 0);
        assert_int_equal(record->summary.fill_count, 0);
        assert_int_equal(record->outcome.skip_reason, GUARD_REASON_HALTED);
        assert_string_equal(record->halt_reason, "halted by the guard");
        assert_int_equal(record->gate.verdict, GATE_PANIC);
    }
    assert_int_equal(run.verdict.verdict, GATE_FAIL);
    run_record_fini(&run);
}

static void a_panic_does_not_lift_a_loss_limit(void **state)
{
    (void)state;
    make_every_window_fail();
    config.iterations = 20;
    config.preset.guard.panic_fails = 1;
    config.preset.amounts.loss_from_peak_e9 = 10000000;
    struct run_record run;
    assert_int_equal(orchestrator_run(&config, &silent, NULL, 0, &stop, &run), MM_OK);
    const struct iteration_record *last = run_record_at(&run, run.iteration_count);
    assert_int_equal(last->outcome.action, GUARD_PANIC);
    assert_non_null(last->halt_reason);
    assert_int_equal(run.end, RUN_HALTED);
    run_record_fini(&run);
}

static void a_loss_limit_ends_the_run_and_says_so(void **state)
{
    (void)state;
    config.iterations = 20;
    config.preset.amounts.loss_from_peak_e9 = 10000000;
    struct run_record run;
    assert_int_equal(orchestrator_run(&config, &silent, NULL, 0, &stop, &run), MM_OK);
    assert_int_equal(run.end, RUN_HALTED);
    const struct iteration_record *last = run_record_at(&run, run.iteration_count);
    assert_non_null(last->halt_reason);
    assert_int_equal(last->gate.verdict, GATE_PANIC);
    assert_int_equal(run.verdict.verdict, GATE_FAIL);
    run_record_fini(&run);
}

static void a_tape_that_is_not_there_touches_nothing(void **state)
{
    (void)state;
    config.tape = "/nowhere/x.gz";
    config.out_dir = scratch_path("below");
    struct run_record run;
    assert_true(orchestrator_run(&config, &silent, NULL, 0, &stop, &run) < 0);
    assert_false(file_exists(scratch_path("below")));
    run_record_fini(&run);
}

int main(void)
{
#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, set_up, scratch_tear_down)
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(a_run_completes_its_iterations),
        IN_SCRATCH(two_runs_leave_the_same_state),
        IN_SCRATCH(a_stop_before_the_first_window_ends_leaves_a_report),
        IN_SCRATCH(three_failures_bring_the_safe_profile_back),
        IN_SCRATCH(three_more_failures_halt_the_run),
        IN_SCRATCH(by_configuration_a_halted_run_goes_on_without_quoting),
        IN_SCRATCH(a_panic_does_not_lift_a_loss_limit),
        IN_SCRATCH(a_loss_limit_ends_the_run_and_says_so),
        IN_SCRATCH(a_tape_that_is_not_there_touches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
