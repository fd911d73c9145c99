#include "venue/sim/world.h"

#include "base/maths.h"

#include <math.h>
#include <string.h>

static const double SECOND = 1e9; // in ns

// Every 100 ms the efficient price diffuses and drifts; every 20 ms during a crash.
enum { BEAT_NS = 100000000, CRASH_BEAT_NS = 20000000 };

// A jump counts as at most this many scales when it brings takers (recipe 2.1).
static const double JUMP_KICK_MOST = 20;

// Crash (recipe section 3, "spike"): 400 bps in 2 s, then part of it back over 45 s; takers of the
// slow kernel are drawn to six times the base rate meanwhile. One crash in each stay in the regime.
// What comes back is anything from nothing to all, the recipe's half on average: with half of every
// crash sure to return, whoever bought in the fall could count on being bailed out.
static const double CRASH_DEPTH = .04, CRASH_FALL_S = 2;
static const double CRASH_RECOVERY_S = 45, CRASH_TAKERS = 6;
static const double CRASH_EARLIEST_S = 5;

// Not in the recipe: the price is drawn to the reference price with this time constant, so that a
// run of any length stays inside the book's prices. Over a day it takes off about a fifth of the
// variance, over 15 minutes a thousandth.
static const double RETURN_S = 2 * 86400.;

static uint32_t draw(struct world *world)
{
    return random_u32(&world->stream);
}

static double draw_uniform(struct world *world)
{
    return draw_uniform_from(draw(world));
}

static int64_t after(int64_t ns, double seconds)
{
    return ns + (int64_t)(seconds * SECOND) + 1;
}

static void find_next(struct world *world)
{
    int64_t next = world->candidate_ns;
    next = world->beat_ns < next ? world->beat_ns : next;
    next = world->crash_ns < next ? world->crash_ns : next;
    world->next_ns = world->regime_end_ns < next ? world->regime_end_ns : next;
}

// Thinning (Ogata 1981): the intensity only decays until the next candidate, so its present value
// bounds it.
static void plan_candidate(struct world *world)
{
    const struct sim_model *model = &world->model;
    double takers = model->base_rate + world->fast + world->slow;
    world->bound = takers * (1 + model->jump_per_taker) + model->jump_rate;
    double gap = draw_exponential_from(&world->gap, draw(world)) / world->bound;
    world->candidate_ns = after(world->updated_ns, gap);
}

static void plan_beat(struct world *world)
{
    bool moves = world->model.diffusion > 0 || world->model.drift != 0;
    int64_t gap_ns = world->crash != CRASH_NONE ? CRASH_BEAT_NS : moves ? BEAT_NS : INT64_MAX;
    world->beat_ns = gap_ns == INT64_MAX ? INT64_MAX : world->updated_ns + gap_ns;
}

static double regime_draw(struct world *world)
{
    return random_uniform(&world->regime_stream);
}

static double left_after(double decay, double elapsed_s)
{
    return mm_exp(-decay * elapsed_s);
}

// Stays are half fixed, half exponential: semi-Markov, without very short stays.
static void enter_regime(struct world *world, enum sim_regime regime)
{
    double stay_s = sim_regime_dwell(regime) * .5 * (1 - mm_log(1 - regime_draw(world)));
    double crash_at = regime_draw(world), sign = regime_draw(world);
    world->regime_ns[world->regime] += world->updated_ns - world->regime_since_ns;
    world->regime_since_ns = world->updated_ns;
    world->regime = regime;
    world->model = sim_model_in_regime(&world->preset, regime);
    world->beat_fast_left = left_after(world->model.fast_decay, BEAT_NS / SECOND);
    world->beat_slow_left = left_after(world->model.slow_decay, BEAT_NS / SECOND);
    world->crash_ns = INT64_MAX;
    if (regime == SIM_SPIKE) {
        double most_s = stay_s - CRASH_FALL_S - CRASH_RECOVERY_S;
        world->crash_ns =
            after(world->updated_ns, CRASH_EARLIEST_S + crash_at * (most_s - CRASH_EARLIEST_S));
        // A crash away from the reference price is less likely than one back to it.
        double from = world->value / (double)world->preset.reference_ticks - 1;
        world->crash_side = sign < fmin(.9, fmax(.1, .5 + from)) ? SIDE_BUY : SIDE_SELL;
    }
    world->model.drift *= sign < .5 ? -1 : 1;
    world->regime_end_ns = after(world->updated_ns, stay_s);
    plan_beat(world);
    plan_candidate(world);
}

static void leave_regime(struct world *world)
{
    double pick = regime_draw(world);
    int next = 0;
    for (; world->switching && next < SIM_REGIME_COUNT - 1; next++) {
        pick -= sim_regime_follows(world->regime, (enum sim_regime)next);
        if (pick < 0) {
            break;
        }
    }
    enter_regime(world, world->switching ? (enum sim_regime)next : world->regime);
}

void world_regime_times(const struct world *world, int64_t now_ns, int64_t out[SIM_REGIME_COUNT])
{
    memcpy(out, world->regime_ns, sizeof world->regime_ns);
    out[world->regime] += now_ns - world->regime_since_ns;
}

void world_init(struct world *world, const struct sim_model *preset, enum sim_regime regime,
                uint64_t seed, int64_t start_ns)
{
    *world = (struct world){.preset = *preset,
                            .value = (double)preset->reference_ticks,
                            .updated_ns = start_ns,
                            .regime_since_ns = start_ns,
                            .switching = regime == SIM_SWITCHING};
    random_init(&world->stream, seed, RANDOM_SIM_WORLD, 0);
    random_init(&world->regime_stream, seed, RANDOM_REGIME, 0);
    random_init(&world->crash_stream, seed, RANDOM_REGIME, 1);
    draw_table_lognormal(&world->taker_size, preset->taker_sigma);
    draw_table_lomax(&world->jump, 1, preset->jump_power, INFINITY);
    draw_table_lag(&world->lag, preset->copy_power, WORLD_LAG_MOST);
    draw_table_normal(&world->normal);
    draw_exponential_init(&world->gap);
    for (int i = 0; i < WORLD_INTENTS; i++) {
        world->intents[i] = draw(world) >> 31 ? 1 : -1;
    }
    enter_regime(world, world->switching ? SIM_CALM : regime);
    find_next(world);
}

// Brings excitations and the slow pull of the reference price to `ts_ns`.
static double elapse(struct world *world, int64_t ts_ns)
{
    int64_t elapsed_ns = ts_ns - world->updated_ns;
    double elapsed_s = (double)elapsed_ns / SECOND;
    bool is_beat = elapsed_ns == BEAT_NS; // most of the time, where takers are few
    world->fast *= is_beat ? world->beat_fast_left : left_after(world->model.fast_decay, elapsed_s);
    world->slow *= is_beat ? world->beat_slow_left : left_after(world->model.slow_decay, elapsed_s);
    world->value += ((double)world->preset.reference_ticks - world->value) * elapsed_s / RETURN_S;
    world->updated_ns = ts_ns;
    return elapsed_s;
}

// Far outside anything the regimes produce; keeps prices inside the book whatever happens.
static void hold_value(struct world *world)
{
    double low = (double)world->preset.reference_ticks / 8;
    double high = (double)world->preset.span - low;
    if (world->value < low || world->value > high) {
        world->held_count++;
        world->value = world->value < low ? low : high;
    }
}

static void crash_step(struct world *world, double elapsed_s)
{
    const struct sim_model *model = &world->model;
    world->value += world->crash_speed * elapsed_s;
    if (world->crash == CRASH_FALL) {
        double drawn = 1 - mm_exp(-model->slow_decay * elapsed_s);
        world->slow += (CRASH_TAKERS * model->base_rate - world->slow) * drawn;
        plan_candidate(world); // the intensity has risen above its bound
    }
    if (world->updated_ns < world->crash_phase_end_ns) {
        return;
    }
    if (world->crash == CRASH_FALL) {
        world->crash = CRASH_RECOVERY;
        double recovered = random_uniform(&world->crash_stream);
        world->crash_speed *= -recovered * CRASH_FALL_S / CRASH_RECOVERY_S;
        world->crash_phase_end_ns = after(world->updated_ns, CRASH_RECOVERY_S);
    } else {
        world->crash = CRASH_NONE;
    }
}

static void crash_start(struct world *world)
{
    double sign = world->crash_side == SIDE_BUY ? -1 : 1;
    world->crash_count++;
    world->crash = CRASH_FALL;
    world->crash_speed = sign * CRASH_DEPTH * world->value / CRASH_FALL_S;
    world->crash_phase_end_ns = after(world->updated_ns, CRASH_FALL_S);
    world->crash_ns = INT64_MAX;
    plan_beat(world);
}

static void beat(struct world *world)
{
    // Other events may come between two beats: what the beat adds covers its own interval.
    double interval_s = (world->crash != CRASH_NONE ? CRASH_BEAT_NS : BEAT_NS) / SECOND;
    elapse(world, world->beat_ns);
    world->value += world->model.drift * interval_s;
    if (world->model.diffusion > 0) {
        double step = draw_from(&world->normal, draw(world));
        world->value += world->model.diffusion * sqrt(interval_s) * step;
    }
    if (world->crash != CRASH_NONE) {
        crash_step(world, interval_s);
    }
    plan_beat(world);
}

static int last_intent(const struct world *world, uint32_t lag)
{
    return world->intents[(world->intent_count - lag) % WORLD_INTENTS];
}

static void take_taker(struct world *world, struct world_event *out)
{
    const struct sim_model *model = &world->model;
    bool copies = draw_uniform(world) < model->copy_chance;
    uint32_t lag = (uint32_t)draw_from(&world->lag, draw(world));
    int coin = draw(world) >> 31 ? 1 : -1;
    double size = draw_from(&world->taker_size, draw(world));
    double impact = draw_exponential_from(&world->gap, draw(world));
    int intent = copies ? last_intent(world, lag) : coin;
    world->intents[world->intent_count++ % WORLD_INTENTS] = (int8_t)intent;
    out->kind = WORLD_TAKER;
    out->intent = intent > 0 ? SIDE_BUY : SIDE_SELL;
    out->size_lots = model->taker_median * size;
    out->may_be_informed = draw_uniform(world) < model->informed_chance;
    world->fast += model->fast_kick * model->fast_decay;
    world->slow += model->slow_kick * model->slow_decay;
    world->value += model->impact * intent * impact;
    world->taker_count++;
}

static void take_jump(struct world *world)
{
    const struct sim_model *model = &world->model;
    double jump = model->jump_scale * draw_from(&world->jump, draw(world));
    bool follows = draw_uniform(world) < model->jump_follows;
    int sign = draw(world) >> 31 ? 1 : -1;
    jump = fmin(jump, model->jump_most);
    sign = follows ? last_intent(world, 1) : sign;
    double kick = fmin(jump / model->jump_scale, JUMP_KICK_MOST);
    world->value += sign * jump;
    world->fast += model->news_fast * kick * model->fast_decay;
    world->slow += model->news_slow * kick * model->slow_decay;
    world->jump_count++;
}

// One uniform on the bound decides between taker, jump and nothing.
static void take_candidate(struct world *world, struct world_event *out)
{
    const struct sim_model *model = &world->model;
    elapse(world, world->candidate_ns);
    double takers = model->base_rate + world->fast + world->slow;
    double jumps = model->jump_rate + model->jump_per_taker * takers;
    double pick = draw_uniform(world) * world->bound;
    out->value = world->value;
    if (pick < takers) {
        take_taker(world, out);
    } else if (pick < takers + jumps) {
        take_jump(world);
    }
    plan_candidate(world);
}

struct world_event world_step(struct world *world)
{
    struct world_event out = {.kind = WORLD_QUIET, .ts_ns = world->next_ns};
    world->step_count++;
    if (world->next_ns == world->candidate_ns) {
        take_candidate(world, &out);
    } else if (world->next_ns == world->beat_ns) {
        beat(world);
    } else if (world->next_ns == world->crash_ns) {
        elapse(world, world->crash_ns);
        crash_start(world);
    } else if (world->crash != CRASH_NONE) {
        world->regime_end_ns = world->crash_phase_end_ns + CRASH_BEAT_NS; // first let it end
    } else {
        elapse(world, world->regime_end_ns);
        leave_regime(world);
    }
    hold_value(world);
    find_next(world);
    return out;
}

double world_stress(const struct world *world, int64_t now_ns)
{
    if (world->crash != CRASH_RECOVERY) {
        return world->crash == CRASH_FALL ? 1 : 0;
    }
    double left_s = (double)(world->crash_phase_end_ns - now_ns) / SECOND;
    return fmin(1, fmax(0, left_s / CRASH_RECOVERY_S));
}
