#include "quotient.h"

#include <string.h>

struct writer {
    uint8_t *at, *end;
    bool fits;
};

static void put(struct writer *writer, int64_t value)
{
    writer->fits = writer->fits && value >= 0 && value < 256 && writer->at < writer->end;
    if (writer->fits) {
        *writer->at++ = (uint8_t)value;
    }
}

// A change's age and size; never 0.
static void put_move(struct writer *writer, int64_t age_ns, int64_t size)
{
    int64_t age = age_ns / SCALE_UNIT_NS;
    writer->fits = writer->fits && age >= 0 && age < 16 && size > 0 && size < 16;
    put(writer, age * 16 + size);
}

static void end_moves(struct writer *writer, uint32_t count)
{
    writer->fits = writer->fits && count <= QUOTIENT_MOVES_MAX;
    for (; count < QUOTIENT_MOVES_MAX && writer->fits; count++) {
        put(writer, 0);
    }
}

static int64_t left_of(uint32_t until, uint32_t iteration)
{
    return until > iteration ? (int64_t)until - iteration : 0;
}

static void put_state(struct writer *writer, const struct scale *scale,
                      const struct guard_config *config, const struct guard_state *state,
                      int64_t now_ns)
{
    uint32_t now = state->iteration;
    put(writer, state->on_safe | state->halted << 1 | state->latency_frozen << 2);
    put(writer, state->fail_streak);
    put(writer, left_of(state->panic_hold_until, now));
    put(writer, left_of(state->frozen_until, now));
    put(writer, left_of(state->cooldown_until, now));
    put(writer, state->stable_streak);
    put(writer, state->calm_streak);
    for (uint32_t i = 0; i < scale->param_count; i++) {
        const struct guard_param_state *param = &state->param[scale->params[i].id];
        put(writer, state->params.steps[scale->params[i].id]);
        put(writer, param->has_previous ? param->previous + 1 : 0);
        put(writer, left_of(param->held_until, now));
        uint32_t count = 0;
        for (uint32_t k = 0; k < param->change_count && k < GUARD_CHANGES_MAX; k++) {
            int64_t age_ns = now_ns - param->changes[k].at_ns;
            if (age_ns < config->velocity_window_ns) {
                put_move(writer, age_ns, param->changes[k].size);
                count++;
            }
        }
        end_moves(writer, count);
    }
}

// Beyond its hold an age does not matter.
static void put_age(struct writer *writer, uint32_t since, uint32_t hold)
{
    put(writer, since > hold ? hold + 1 : since);
}

static void put_monitor(struct writer *writer, const struct scale *scale,
                        const struct guard_config *config, const struct monitor *monitor,
                        int64_t now_ns)
{
    put(writer, monitor->on_safe | monitor->halted << 1 | monitor->late_acks << 2);
    put(writer, monitor->fails);
    put_age(writer, monitor->since_panic, config->panic_hold);
    put_age(writer, monitor->since_large, config->cooldown_hold);
    put_age(writer, monitor->since_freeze, config->freeze_hold);
    put(writer, monitor->stable_run);
    put(writer, monitor->calm_run);
    for (uint32_t i = 0; i < scale->param_count; i++) {
        enum param_id id = scale->params[i].id;
        put(writer, monitor->param[id].has_from ? monitor->param[id].from + 1 : 0);
        put_age(writer, monitor->param[id].since_refused, config->oscillation_hold);
        uint32_t count = 0;
        for (uint32_t k = 0; k < monitor->move_count; k++) {
            const struct monitor_move *move = &monitor->moves[k];
            int64_t age_ns = now_ns - move->at_ns;
            if (move->param == id && age_ns < config->velocity_window_ns) {
                put_move(writer, age_ns, move->size);
                count++;
            }
        }
        end_moves(writer, count);
    }
}

bool quotient_pack(const struct scale *scale, const struct guard_config *config,
                   const struct quotient_pair *pair, struct quotient *out)
{
    memset(out, 0, sizeof *out);
    struct writer writer = {out->bytes, out->bytes + QUOTIENT_SIZE, true};
    put_state(&writer, scale, config, &pair->state, pair->now_ns);
    put_monitor(&writer, scale, config, &pair->monitor, pair->now_ns);
    return writer.fits;
}

static uint32_t until_of(uint8_t left)
{
    return left > 0 ? (uint32_t)QUOTIENT_ITERATION + left : 0;
}

static const uint8_t *unpack_state(const struct scale *scale, const uint8_t *at,
                                   struct guard_state *state)
{
    *state = (struct guard_state){.version = GUARD_STATE_VERSION, .iteration = QUOTIENT_ITERATION};
    state->on_safe = *at & 1;
    state->halted = *at >> 1 & 1;
    state->latency_frozen = *at++ >> 2;
    state->fail_streak = *at++;
    state->panic_hold_until = until_of(*at++);
    state->frozen_until = until_of(*at++);
    state->cooldown_until = until_of(*at++);
    state->stable_streak = *at++;
    state->calm_streak = *at++;
    for (uint32_t i = 0; i < scale->param_count; i++) {
        struct guard_param_state *param = &state->param[scale->params[i].id];
        state->params.steps[scale->params[i].id] = *at++;
        param->has_previous = *at != 0;
        param->previous = *at != 0 ? *at - 1 : 0;
        at++;
        param->held_until = until_of(*at++);
        for (int k = 0; k < QUOTIENT_MOVES_MAX; k++, at++) {
            if (*at != 0) {
                param->changes[param->change_count++] = (struct guard_change){
                    .at_ns = QUOTIENT_NOW_NS - (*at >> 4) * SCALE_UNIT_NS, .size = *at & 15};
            }
        }
    }
    return at;
}

static void unpack_monitor(const struct scale *scale, const uint8_t *at, struct monitor *monitor)
{
    monitor->on_safe = *at & 1;
    monitor->halted = *at >> 1 & 1;
    monitor->late_acks = *at++ >> 2;
    monitor->fails = *at++;
    monitor->since_panic = *at++;
    monitor->since_large = *at++;
    monitor->since_freeze = *at++;
    monitor->stable_run = *at++;
    monitor->calm_run = *at++;
    for (uint32_t i = 0; i < scale->param_count; i++) {
        enum param_id id = scale->params[i].id;
        monitor->param[id].has_from = *at != 0;
        monitor->param[id].from = *at != 0 ? *at - 1 : 0;
        at++;
        monitor->param[id].since_refused = *at++;
        for (int k = 0; k < QUOTIENT_MOVES_MAX; k++, at++) {
            if (*at != 0) {
                monitor->moves[monitor->move_count++] = (struct monitor_move){
                    QUOTIENT_NOW_NS - (*at >> 4) * SCALE_UNIT_NS, *at & 15, id};
            }
        }
    }
}

void quotient_unpack(const struct scale *scale, const struct quotient *quotient,
                     struct quotient_pair *out)
{
    const uint8_t *at = unpack_state(scale, quotient->bytes, &out->state);
    monitor_init(&out->monitor, &out->state.params);
    unpack_monitor(scale, at, &out->monitor);
    out->now_ns = QUOTIENT_NOW_NS;
}

void quotient_copy_state(const struct scale *scale, struct guard_state *to,
                         const struct guard_state *from)
{
    memcpy(to, from, offsetof(struct guard_state, param));
    for (uint32_t i = 0; i < scale->param_count; i++) {
        enum param_id id = scale->params[i].id;
        memcpy(&to->param[id], &from->param[id],
               offsetof(struct guard_param_state, changes) +
                   (QUOTIENT_MOVES_MAX + 1) * sizeof(struct guard_change));
    }
}

static void shift_until(uint32_t *until, uint32_t now, uint32_t iterations)
{
    *until = (*until > now ? *until : now) + iterations;
}

void quotient_shift(const struct guard_config *config, struct quotient_pair *pair,
                    uint32_t iterations, int64_t ns)
{
    struct guard_state *state = &pair->state;
    uint32_t now = state->iteration;
    shift_until(&state->panic_hold_until, now, iterations);
    shift_until(&state->frozen_until, now, iterations);
    shift_until(&state->cooldown_until, now, iterations);
    for (int p = 0; p < PARAM_COUNT; p++) {
        struct guard_param_state *param = &state->param[p];
        shift_until(&param->held_until, now, iterations);
        param->previous = param->has_previous ? param->previous : 77;
        for (uint32_t i = param->change_count++; i > 0; i--) {
            param->changes[i] = param->changes[i - 1];
            param->changes[i].at_ns += ns;
        }
        param->changes[0] =
            (struct guard_change){pair->now_ns + ns - config->velocity_window_ns, 100};
    }
    state->iteration += iterations;
    state->last_signature = UINT64_C(0x123456789abcdef);
    for (uint32_t i = 0; i < pair->monitor.move_count; i++) {
        pair->monitor.moves[i].at_ns += ns;
    }
    pair->now_ns += ns;
}
