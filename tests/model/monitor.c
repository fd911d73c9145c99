#include "monitor.h"

#include <string.h>

// What is held by a freeze of the stable run, and by late acknowledgements.
enum kind { FREE, SIZES, SENDS };
static const enum kind kinds[PARAM_COUNT] = {SENDS, SENDS, SENDS, FREE, SIZES, SIZES};

// What an iteration is, by its verdict and the history alone.
enum course { GOES_ON, PANICS, HALTS, IS_HALTED };

// One step under judgement: the history before it, and what was decided.
struct judgement {
    const struct guard_config *config;
    const struct monitor *past;
    const struct guard_input *input;
    const struct guard_outcome *out;
    enum course course;
    bool frozen;
    int64_t moved[PARAM_COUNT];         // what really changed
    int64_t recent[PARAM_COUNT];        // the sum of sizes within the velocity window
    uint32_t recent_count[PARAM_COUNT]; // and their number
};

void monitor_init(struct monitor *monitor, const struct params *values)
{
    memset(monitor, 0, sizeof *monitor);
    monitor->values = *values;
    monitor->since_panic = monitor->since_large = monitor->since_freeze = MONITOR_LONG_AGO;
    for (int p = 0; p < PARAM_COUNT; p++) {
        monitor->param[p].since_refused = MONITOR_LONG_AGO;
    }
}

void monitor_copy(struct monitor *to, const struct monitor *from)
{
    memcpy(to, from,
           offsetof(struct monitor, moves) + from->move_count * sizeof(struct monitor_move));
}

void monitor_revert(struct monitor *monitor, const struct guard_config *config)
{
    monitor->values = config->safe;
    monitor->on_safe = true;
    monitor->fails = monitor->stable_run = monitor->move_count = 0;
    monitor->since_large = monitor->since_freeze = MONITOR_LONG_AGO;
    for (int p = 0; p < PARAM_COUNT; p++) {
        monitor->param[p] = (struct monitor_param){.since_refused = MONITOR_LONG_AGO};
    }
}

void monitor_rearm(struct monitor *monitor)
{
    monitor->halted = false;
}

void monitor_recover(struct monitor *monitor, const struct guard_config *config)
{
    bool halted = monitor->halted;
    monitor_init(monitor, &config->safe);
    monitor->on_safe = true;
    monitor->halted = halted;
}

static int64_t size_of(int64_t change)
{
    return change < 0 ? -change : change;
}

static int64_t width(const struct guard_config *config, int p)
{
    return (int64_t)config->max[p] - config->min[p];
}

// ---- the history -------------------------------------------------------------------------------

static void grow_older(uint32_t *age)
{
    *age += *age < MONITOR_LONG_AGO;
}

static void pass_time(struct monitor *monitor, const struct guard_config *config, int64_t now_ns)
{
    grow_older(&monitor->since_panic);
    grow_older(&monitor->since_large);
    grow_older(&monitor->since_freeze);
    for (int p = 0; p < PARAM_COUNT; p++) {
        grow_older(&monitor->param[p].since_refused);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < monitor->move_count; i++) {
        if (now_ns - monitor->moves[i].at_ns < config->velocity_window_ns) {
            monitor->moves[kept++] = monitor->moves[i];
        }
    }
    monitor->move_count = kept;
}

static bool is_good(enum gate_verdict verdict)
{
    return verdict == GATE_PASS || verdict == GATE_WARN;
}

// Late acknowledgements count in every iteration, whatever else it was.
static void follow_acks(struct monitor *monitor, const struct guard_config *config,
                        const struct guard_input *input)
{
    if (!input->has_latency) {
        return;
    }
    bool calm = input->latency_p95_ms <= config->latency_calm_ms;
    monitor->calm_run = calm && monitor->late_acks ? monitor->calm_run + 1 : 0;
    if (input->latency_p95_ms > config->latency_freeze_ms) {
        monitor->late_acks = true;
    } else if (monitor->calm_run == config->latency_calm_count) {
        monitor->late_acks = false;
        monitor->calm_run = 0;
    }
}

static enum course follow_fails(struct monitor *monitor, const struct guard_config *config,
                                enum gate_verdict verdict)
{
    if (monitor->halted) {
        return IS_HALTED;
    }
    monitor->fails = is_good(verdict) ? 0 : monitor->fails + (verdict == GATE_FAIL);
    if (monitor->fails < config->panic_fails) {
        return GOES_ON;
    }
    return monitor->on_safe ? HALTS : PANICS;
}

// Whether this iteration is frozen; a freeze that it begins is for those after it.
static bool follow_freeze(struct monitor *monitor, const struct guard_config *config,
                          const struct guard_input *input)
{
    if (input->verdict == GATE_FAIL) {
        monitor->since_freeze = MONITOR_LONG_AGO;
        monitor->stable_run = 0;
        return false;
    }
    if (monitor->since_freeze <= config->freeze_hold) {
        return true;
    }
    bool stable = input->stable && is_good(input->verdict);
    monitor->stable_run = stable ? monitor->stable_run + 1 : 0;
    if (monitor->stable_run == config->freeze_stable) {
        monitor->stable_run = 0;
        monitor->since_freeze = 0;
    }
    return false;
}

// ---- conditions the rules speak of -------------------------------------------------------------

static bool is_late(const struct judgement *j)
{
    return j->config->iterations != 0 && j->input->iteration >= j->config->iterations;
}

static bool is_fresh(const struct judgement *j)
{
    const struct guard_proposal *proposal = &j->input->proposal;
    bool same = proposal->iteration == j->input->iteration;
    for (int p = 0; p < PARAM_COUNT; p++) {
        same = same && proposal->before.steps[p] == j->past->values.steps[p];
    }
    return same;
}

// A -> B -> A: `to` is within a share of the range of where the parameter came from, the value in
// force is not.
static bool goes_back(const struct judgement *j, int p, int64_t to)
{
    const struct monitor_param *param = &j->past->param[p];
    int64_t near = width(j->config, p) * j->config->oscillation_permille;
    return param->has_from && size_of(to - param->from) * 1000 <= near &&
           size_of(j->past->values.steps[p] - param->from) * 1000 > near;
}

static int64_t velocity_left(const struct judgement *j, int p)
{
    int64_t left = j->config->cap_per_window[p] - j->recent[p];
    return left < 0 || j->recent_count[p] == GUARD_CHANGES_MAX ? 0 : left;
}

static bool is_large(const struct guard_config *config, const int64_t moved[PARAM_COUNT])
{
    int64_t all = 1, shares = 0; // the sum of moved / width, over the product of the widths
    for (int p = 0; p < PARAM_COUNT; p++) {
        all *= width(config, p);
    }
    for (int p = 0; p < PARAM_COUNT; p++) {
        shares += size_of(moved[p]) * (all / width(config, p));
    }
    return shares * 1000 > all * config->cooldown_permille;
}

// ---- the rules as sentences --------------------------------------------------------------------

// Of one parameter that changed other than by a revert.
static const char *judge_move(const struct judgement *j, int p)
{
    int64_t asked = j->input->proposal.deltas[p], size = size_of(j->moved[p]);
    if ((asked > 0) != (j->moved[p] > 0) || size > size_of(asked)) {
        return "a change was not a part of what was asked";
    }
    if (size > j->config->cap_per_iteration[p]) {
        return "a change was above the step cap";
    }
    if (j->frozen && kinds[p] == SIZES) {
        return "a frozen parameter changed";
    }
    if (j->past->late_acks && kinds[p] == SENDS) {
        return "a parameter frozen by late acknowledgements changed";
    }
    if (j->past->param[p].since_refused <= j->config->oscillation_hold) {
        return "a parameter moved while held after an oscillation";
    }
    if (goes_back(j, p, j->past->values.steps[p] + j->moved[p])) {
        return "a parameter went back to where it came from";
    }
    if (j->recent[p] + size > j->config->cap_per_window[p]) {
        return "changes within the window summed above the velocity cap";
    }
    return NULL;
}

// Of an iteration that changed something other than by a revert.
static const char *judge_change(const struct judgement *j)
{
    if (j->course != GOES_ON) {
        return "something changed in a panic or a halt";
    }
    if (j->past->since_panic <= j->config->panic_hold) {
        return "something changed too soon after a panic";
    }
    if (is_late(j)) {
        return "something changed after the last iteration";
    }
    if (j->past->since_large <= j->config->cooldown_hold) {
        return "something changed during a cooldown";
    }
    if (!is_fresh(j)) {
        return "a proposal for another iteration or other values was applied";
    }
    return NULL;
}

static const char *judge_values(const struct judgement *j, const struct params *after)
{
    uint32_t changed = 0;
    for (int p = 0; p < PARAM_COUNT; p++) {
        int32_t value = after->steps[p];
        if (value < j->config->min[p] || value > j->config->max[p]) {
            return "a parameter is outside its bounds";
        }
        if (j->course == PANICS && value != j->config->safe.steps[p]) {
            return "a panic did not revert to the safe profile";
        }
        if (j->course == PANICS || j->moved[p] == 0) {
            continue;
        }
        changed++;
        const char *broken = judge_move(j, p);
        if (broken != NULL) {
            return broken;
        }
    }
    if (changed > j->config->keys_max) {
        return "too many parameters changed";
    }
    return changed > 0 ? judge_change(j) : NULL;
}

static const char *judge_action(const struct judgement *j, const struct params *after)
{
    static const char *const wrong[] = {[GOES_ON] = "a panic or halt without its reason",
                                        [PANICS] = "no panic after so many failures in a row",
                                        [HALTS] = "no halt after failures on the safe profile",
                                        [IS_HALTED] = "something happened while halted"};
    uint32_t changed = 0;
    for (int p = 0; p < PARAM_COUNT; p++) {
        changed += j->moved[p] != 0;
        if (j->out->before.steps[p] != j->past->values.steps[p] ||
            j->out->after.steps[p] != after->steps[p]) {
            return "the values before or after were not reported";
        }
    }
    enum guard_action wanted = j->course == PANICS  ? GUARD_PANIC
                               : j->course == HALTS ? GUARD_HALT
                               : changed > 0        ? GUARD_APPLY
                                                    : GUARD_KEEP;
    if (j->out->action != wanted) {
        return wrong[j->course];
    }
    uint32_t reported = j->course == PANICS ? 0 : changed;
    return j->out->changed_count != reported ? "the number of changes was not reported" : NULL;
}

// ---- the whole ruling --------------------------------------------------------------------------

// Leaves at most `limit` of a change.
static void limit_to(struct guard_fate *fate, int64_t limit, enum guard_reason reason)
{
    if (size_of(fate->applied) > limit) {
        fate->applied = (int32_t)(fate->applied < 0 ? -limit : limit);
        fate->reason = reason;
    }
}

// What concerns one parameter by itself, in the order of the guards.
static struct guard_fate rule_on(const struct judgement *j, int p)
{
    int32_t asked = j->input->proposal.deltas[p], value = j->past->values.steps[p];
    struct guard_fate fate = {.proposed = asked, .applied = asked};
    int64_t room = asked < 0 ? (int64_t)value - j->config->min[p] : j->config->max[p] - value;
    limit_to(&fate, room, GUARD_REASON_BOUNDS);
    limit_to(&fate, j->config->cap_per_iteration[p], GUARD_REASON_STEP_CAP);
    limit_to(&fate, j->frozen && kinds[p] == SIZES ? 0 : INT32_MAX, GUARD_REASON_FREEZE);
    limit_to(&fate, j->past->late_acks && kinds[p] == SENDS ? 0 : INT32_MAX,
             GUARD_REASON_LATENCY_FREEZE);
    bool held = j->past->param[p].since_refused <= j->config->oscillation_hold;
    limit_to(&fate, held ? 0 : INT32_MAX, GUARD_REASON_OSCILLATION_HOLD);
    limit_to(&fate, goes_back(j, p, (int64_t)value + fate.applied) ? 0 : INT32_MAX,
             GUARD_REASON_OSCILLATION);
    limit_to(&fate, velocity_left(j, p), GUARD_REASON_VELOCITY);
    limit_to(&fate, goes_back(j, p, (int64_t)value + fate.applied) ? 0 : INT32_MAX,
             GUARD_REASON_OSCILLATION);
    return fate;
}

// Whether change `a` goes before change `b` where only some may be made.
static bool outranks(const struct judgement *j, const struct guard_fate *fates, int a, int b)
{
    int64_t share_a = size_of(fates[a].applied) * width(j->config, b);
    int64_t share_b = size_of(fates[b].applied) * width(j->config, a);
    return share_a > share_b || (share_a == share_b && a < b);
}

static void rule_on_keys(const struct judgement *j, struct guard_fate fates[PARAM_COUNT])
{
    bool kept[PARAM_COUNT];
    for (int p = 0; p < PARAM_COUNT; p++) {
        uint32_t better = 0;
        for (int other = 0; other < PARAM_COUNT; other++) {
            better += other != p && fates[other].applied != 0 && outranks(j, fates, other, p);
        }
        kept[p] = better < j->config->keys_max;
    }
    for (int p = 0; p < PARAM_COUNT; p++) {
        limit_to(&fates[p], kept[p] ? INT32_MAX : 0, GUARD_REASON_KEYS);
    }
}

// Why nothing at all may change, before and after the parameters are looked at one by one.
static enum guard_reason stop_before(const struct judgement *j)
{
    if (j->course != GOES_ON) {
        return j->course == IS_HALTED ? GUARD_REASON_HALTED : GUARD_REASON_PANIC;
    }
    if (j->past->since_panic <= j->config->panic_hold) {
        return GUARD_REASON_PANIC_HOLD;
    }
    return is_late(j) ? GUARD_REASON_LATE : GUARD_REASON_NONE;
}

static enum guard_reason stop_after(const struct judgement *j)
{
    if (j->past->since_large <= j->config->cooldown_hold) {
        return GUARD_REASON_COOLDOWN;
    }
    if (is_fresh(j)) {
        return GUARD_REASON_NONE;
    }
    return j->out->signature == j->past->last_applied ? GUARD_REASON_SIGNATURE : GUARD_REASON_STALE;
}

static void refuse_what_is_left(struct guard_fate fates[PARAM_COUNT], enum guard_reason reason)
{
    for (int p = 0; p < PARAM_COUNT && reason != GUARD_REASON_NONE; p++) {
        limit_to(&fates[p], 0, reason);
    }
}

// What becomes of each change; the reason why nothing at all may change, if there is one.
static enum guard_reason rule(const struct judgement *j, struct guard_fate fates[PARAM_COUNT])
{
    enum guard_reason reason = stop_before(j);
    for (int p = 0; p < PARAM_COUNT; p++) {
        int32_t asked = j->input->proposal.deltas[p];
        fates[p] = (struct guard_fate){.proposed = asked, .applied = asked};
    }
    if (reason == GUARD_REASON_NONE) {
        for (int p = 0; p < PARAM_COUNT; p++) {
            fates[p] = rule_on(j, p);
        }
        rule_on_keys(j, fates);
        reason = stop_after(j);
    }
    refuse_what_is_left(fates, reason);
    return reason;
}

static const char *judge_fates(const struct judgement *j)
{
    struct guard_fate fates[PARAM_COUNT];
    enum guard_reason skip = rule(j, fates);
    bool applies = false;
    for (int p = 0; p < PARAM_COUNT; p++) {
        const struct guard_fate *told = &j->out->fate[p];
        if (fates[p].proposed != told->proposed || fates[p].applied != told->applied) {
            return "another part of a change was left than the rules say";
        }
        if (fates[p].reason != told->reason) {
            return "another reason was given than the rules say";
        }
        if (j->course != PANICS && told->applied != j->moved[p]) {
            return "a change was not made as reported";
        }
        applies = applies || told->applied != 0;
        skip = skip == GUARD_REASON_NONE ? told->reason : skip;
    }
    skip = skip == GUARD_REASON_NONE ? GUARD_REASON_NO_OP : skip;
    skip = applies ? GUARD_REASON_NONE : skip;
    return skip != j->out->skip_reason ? "not said why nothing changed" : NULL;
}

// ---- remembering -------------------------------------------------------------------------------

static void remember_moves(struct monitor *monitor, const struct judgement *j)
{
    bool any = false;
    for (int p = 0; p < PARAM_COUNT; p++) {
        if (j->out->fate[p].reason == GUARD_REASON_OSCILLATION) {
            monitor->param[p].has_from = false;
            monitor->param[p].since_refused = 0;
        }
        if (j->moved[p] == 0) {
            continue;
        }
        any = true;
        monitor->param[p].has_from = true;
        monitor->param[p].from = monitor->values.steps[p];
        monitor->moves[monitor->move_count++] = (struct monitor_move){
            j->input->now_ns, (int32_t)size_of(j->moved[p]), (enum param_id)p};
        monitor->values.steps[p] += (int32_t)j->moved[p];
    }
    if (any) {
        monitor->on_safe = false;
        monitor->last_applied = j->out->signature;
    }
    if (is_large(j->config, j->moved)) {
        monitor->since_large = 0;
    }
}

static void remember(struct monitor *monitor, const struct judgement *j)
{
    if (j->course == PANICS) {
        monitor_revert(monitor, j->config);
        monitor->since_panic = 0;
    } else if (j->course == HALTS) {
        monitor->halted = true;
        monitor->fails = 0;
    } else if (j->course == GOES_ON) {
        remember_moves(monitor, j);
    }
}

const char *monitor_observe(struct monitor *monitor, const struct guard_config *config,
                            const struct guard_input *input, const struct guard_outcome *out,
                            const struct params *after)
{
    struct judgement j = {.config = config, .past = monitor, .input = input, .out = out};
    pass_time(monitor, config, input->now_ns);
    follow_acks(monitor, config, input);
    j.course = follow_fails(monitor, config, input->verdict);
    j.frozen = j.course != IS_HALTED && follow_freeze(monitor, config, input);
    for (int p = 0; p < PARAM_COUNT; p++) {
        j.moved[p] = (int64_t)after->steps[p] - monitor->values.steps[p];
    }
    for (uint32_t i = 0; i < monitor->move_count; i++) {
        j.recent[monitor->moves[i].param] += monitor->moves[i].size;
        j.recent_count[monitor->moves[i].param]++;
    }
    const char *broken = judge_values(&j, after);
    broken = broken != NULL ? broken : judge_action(&j, after);
    broken = broken != NULL ? broken : judge_fates(&j);
    if (broken == NULL) {
        remember(monitor, &j);
    }
    return broken;
}
