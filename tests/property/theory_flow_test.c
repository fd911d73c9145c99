// Self-exciting takers: rate and Fano factor (variance over mean of the number of takers in a
// window) of the simulated world, and of a plain Hawkes process beside it, against closed forms.
//
// Hawkes (1971, "Spectra of some self-exciting and mutually exciting point processes"): intensity
// mu + sum of alpha exp(-beta age), branching n = alpha / beta, c = beta (1 - n):
//     rate = mu / (1 - n)
//     F(W) = 1 + n (2 - n) / (1 - n)^2 * (1 - (1 - exp(-c W)) / (c W))
#include "base/random.h"
#include "theory.h"
#include "venue/sim/world.h"

#include <string.h>

static const double MU = .5, ALPHA = .8, BETA = 1.2;

enum { RUNS = 40, WINDOW_KINDS = 3 };
static const int windows[WINDOW_KINDS] = {1, 10, 100};                   // seconds
static const double fano_known[WINDOW_KINDS] = {2.4064, 7.0366, 8.8000}; // for MU, ALPHA, BETA

static double fano_factor(double window)
{
    double n = ALPHA / BETA, c = BETA * (1 - n);
    double rest = 1 - (1 - exp(-c * window)) / (c * window);
    return 1 + n * (2 - n) / ((1 - n) * (1 - n)) * rest;
}

// Counts arrivals in windows of one length; the mean known from theory makes the factor unbiased.
struct counter {
    double window, mean; // seconds; arrivals expected in one
    double start, count; // of the present window
    double windows, arrivals, squares;
};

static void counter_add(struct counter *counter, double at)
{
    while (at >= counter->start + counter->window) {
        double off = counter->count - counter->mean;
        counter->squares += off * off;
        counter->arrivals += counter->count;
        counter->windows++;
        counter->start += counter->window;
        counter->count = 0;
    }
    counter->count++;
}

static double counter_fano(const struct counter *counter)
{
    return counter->squares / counter->windows / counter->mean;
}

static double counter_rate(const struct counter *counter)
{
    return counter->arrivals / counter->windows / counter->window;
}

// A process tells its next arrival, in seconds.
struct process {
    struct random_stream stream; // of the plain process
    double now, excitation;
    struct world world;
};
typedef double (*next_arrival)(struct process *process);

// Thinning (Ogata 1981).
static double next_of_plain(struct process *process)
{
    for (;;) {
        double bound = MU + process->excitation;
        double gap = random_exponential(&process->stream) / bound;
        process->now += gap;
        process->excitation *= exp(-BETA * gap);
        if (random_uniform(&process->stream) * bound < MU + process->excitation) {
            process->excitation += ALPHA;
            return process->now;
        }
    }
}

static double next_of_world(struct process *process)
{
    struct world_event event;
    do {
        event = world_step(&process->world);
    } while (event.kind != WORLD_TAKER);
    return 1e-9 * (double)event.ts_ns;
}

static void count(struct process *process, next_arrival next, double warm_up, double end,
                  struct counter *counters, int counter_count)
{
    double at = next(process);
    while (at < warm_up) {
        at = next(process);
    }
    while (at < end) {
        for (int i = 0; i < counter_count; i++) {
            counter_add(&counters[i], at);
        }
        at = next(process);
    }
}

// The takers of a preset in calm. What does not touch them is left out, for speed: whatever else
// moves the price is not read by the takers.
static struct sim_model takers_of(const char *preset)
{
    struct sim_model model = *sim_preset_find(preset);
    model.diffusion = 0;
    model.drift = 0;
    return model;
}

// The world with one kernel and no jumps is the plain process.
static struct sim_model plain_model(void)
{
    struct sim_model model = takers_of("btc-perp");
    model.base_rate = MU;
    model.fast_kick = ALPHA / BETA;
    model.fast_decay = BETA;
    model.slow_kick = 0;
    model.jump_rate = 0;
    model.jump_per_taker = 0;
    return model;
}

static void start(struct process *process, const struct sim_model *model, uint32_t run)
{
    memset(process, 0, sizeof *process);
    random_init(&process->stream, 1, RANDOM_TEST, run);
    if (model != NULL) {
        world_init(&process->world, model, SIM_CALM, run + 1, 0);
    }
}

static void compare_with_plain(const char *what, const struct sim_model *model, next_arrival next)
{
    const double warm_up = 100, end = 20100, rate = MU / (1 - ALPHA / BETA);
    struct moments rates = {0}, fanos[WINDOW_KINDS] = {0};
    struct process *process = malloc(sizeof *process);
    for (uint32_t run = 0; run < RUNS; run++) {
        struct counter counters[WINDOW_KINDS];
        for (int i = 0; i < WINDOW_KINDS; i++) {
            counters[i] =
                (struct counter){.window = windows[i], .mean = rate * windows[i], .start = warm_up};
        }
        start(process, model, run);
        count(process, next, warm_up, end, counters, WINDOW_KINDS);
        moments_add(&rates, counter_rate(&counters[0]));
        for (int i = 0; i < WINDOW_KINDS; i++) {
            moments_add(&fanos[i], counter_fano(&counters[i]));
        }
    }
    free(process);
    print_message("%s\n", what);
    assert_mean("  arrivals per second", 1.5, &rates);
    for (int i = 0; i < WINDOW_KINDS; i++) {
        char text[64];
        snprintf(text, sizeof text, "  Fano factor over %d s", windows[i]);
        assert_true(fabs(fano_factor(windows[i]) - fano_known[i]) < 5.1e-5);
        assert_mean(text, fano_known[i], &fanos[i]);
    }
}

static void a_plain_hawkes_process_has_its_rate_and_fano_factors(void **state)
{
    (void)state;
    compare_with_plain("plain Hawkes process", NULL, next_of_plain);
}

static void the_world_with_one_kernel_has_them_too(void **state)
{
    (void)state;
    struct sim_model model = plain_model();
    compare_with_plain("our world with one kernel", &model, next_of_world);
}

// The presets have two kernels, and jumps at rate j0 + j1 * intensity of takers. A jump brings
// takers in proportion to its size, kappa on average. Over long windows only the sizes of whole
// clusters of takers count: F = sum over both kinds of ancestors of their rate times the mean
// square of their cluster, over the rate of takers. With n the takers' own branching and a unit of
// intensity (integrated over time) begetting u takers in the end and 1 / u = 1 - n - j1 kappa:
//     a taker's cluster has mean 1 + n u           and mean square (1 + n u)^2 + n w
//     a jump's                   kappa u                       E[kappa^2] u^2 + kappa w
// where w = u ((1 + n u)^2 + j1 E[kappa^2] u^2), by taking the one with j1 times the other.

// Mean of min(Y, most)^power for Y of the jumps' Lomax law, power 1 or 2.
static double lomax_mean(double tail, double most, int power)
{
    double one = (1 - pow(1 + most, 1 - tail)) / (tail - 1);
    double two = 2 * ((1 - pow(1 + most, 2 - tail)) / (tail - 2) - one);
    return power == 1 ? one : two;
}

static double long_fano_factor(const struct sim_model *model)
{
    const double kick_most = 20; // of world.c
    double most = fmin(model->jump_most / model->jump_scale, kick_most);
    double kick = model->news_fast + model->news_slow;
    double kappa = kick * lomax_mean(model->jump_power, most, 1);
    double kappa_square = kick * kick * lomax_mean(model->jump_power, most, 2);
    double n = model->fast_kick + model->slow_kick, j1 = model->jump_per_taker;
    double u = 1 / (1 - n - j1 * kappa);
    double taker_mean = 1 + n * u;
    double w = u * (taker_mean * taker_mean + j1 * kappa_square * u * u);
    double taker_square = taker_mean * taker_mean + n * w;
    double jump_square = kappa_square * u * u + kappa * w;
    double first_jumps = model->jump_rate + j1 * model->base_rate;
    double rate = sim_model_taker_rate(model);
    return (model->base_rate * taker_square + first_jumps * jump_square) / rate;
}

static void compare_preset(const char *preset, double window, double windows_per_run)
{
    struct sim_model model = takers_of(preset);
    struct moments rates = {0}, fanos = {0};
    struct process *process = malloc(sizeof *process);
    double rate = sim_model_taker_rate(&model);
    for (uint32_t run = 0; run < RUNS; run++) {
        struct counter counter = {.window = window, .mean = rate * window, .start = window};
        start(process, &model, run);
        count(process, next_of_world, window, (1 + windows_per_run) * window, &counter, 1);
        moments_add(&rates, counter_rate(&counter));
        moments_add(&fanos, counter_fano(&counter));
    }
    free(process);
    print_message("%s, calm, windows of %.0f s\n", preset, window);
    assert_mean("  takers per second", rate, &rates);
    assert_mean("  Fano factor", long_fano_factor(&model), &fanos);
}

// The windows are some hundred times longer than the memory, so that a hundredth is cut off.
static void the_presets_takers_have_their_rate_and_long_fano_factor(void **state)
{
    (void)state;
    compare_preset("btc-perp", 200, 50);
    compare_preset("alt-perp", 2000, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_hawkes_process_has_its_rate_and_fano_factors),
        cmocka_unit_test(the_world_with_one_kernel_has_them_too),
        cmocka_unit_test(the_presets_takers_have_their_rate_and_long_fano_factor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
