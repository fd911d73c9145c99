// What is told of a running soak: copies of everything that pages, metrics and reports show.
//
// Plain structs whose pointers go to static texts or to texts that outlive the run, so that they
// can be handed to another thread. observed_run_of and observed_of run on the engine's thread and
// allocate nothing.
#ifndef MM_OBSERVE_OBSERVED_H
#define MM_OBSERVE_OBSERVED_H

#include "base/histogram.h"
#include "engine/engine_view.h"
#include "soak/soak_watch.h"

enum { MARKOUT_COUNT = 3, OBSERVED_LOG_SIZE = 512, OBSERVED_EVENT_SIZE = 48 };

extern const int64_t markout_horizons_ns[MARKOUT_COUNT]; // 1, 5 and 30 s

// What does not change in a run.
struct observed_run {
    struct run_config config;
    struct instrument instrument;
    struct engine_config engine;
    struct guard_config guard;
    uint64_t run_id;
    const char *venue;
    int64_t window_ns;
    int64_t start_ns; // market time
    // 0 = not to be told, like all else that is the process's and not the run's.
    int64_t started_wall_ns;
};

struct observed_side {
    const char *code, *text; // static
    bool is_quoting;
    int64_t since_ns; // market time
};

// One moment.
struct observed {
    int64_t wall_ns; // when it was copied; 0 = not to be told
    int64_t monotonic_ns;
    enum soak_phase phase;
    enum run_end end;
    bool catching_up;
    bool killed; // by an operator, else a pause of the engine is only that
    int64_t window_from_ns, window_to_ns;
    uint32_t iteration_count; // finished
    bool has_verdict;
    struct gate_run verdict;
    enum gate_verdict last_verdict;
    uint64_t verdict_counts[GATE_VERDICT_COUNT]; // of the finished windows
    struct kpi_summary last_window;              // when there is one
    struct kpi_summary total;                    // of the finished windows
    struct tuning_totals tuning;
    struct guard_state guard;
    struct engine_view engine;
    struct observed_side sides[2];
    struct histogram delays[ENGINE_DELAY_COUNT];
};

// One finished iteration.
struct observed_iteration {
    struct iteration_record record;
    int64_t wall_ns; // 0 = not to be told
};

struct observed_fill {
    uint64_t number; // 0 is the run's first
    struct engine_fill_row row;
};

struct observed_markout {
    uint64_t number;          // of the fill
    uint32_t horizon;         // index into markout_horizons_ns
    int64_t later_half_ticks; // the mid so much later
};

struct observed_order {
    uint64_t number; // 0 is the run's first
    struct engine_order_row row;
};

// Money since the run's start.
struct observed_sample {
    struct engine_sample sample;
    bool lost_before; // samples before it had no room
};

struct observed_log {
    uint64_t number;
    int64_t wall_ns;
    int level; // enum log_level
    char event[OBSERVED_EVENT_SIZE];
    char text[OBSERVED_LOG_SIZE];
};

void observed_run_of(const struct soak_view *view, struct observed_run *out);

// Everything but `delays` and `verdict_counts`, and in `sides` what `before` (the last moment, NULL
// = none) tells of since when; without wall_ns.
void observed_of(const struct soak_view *view, const struct observed_side before[2],
                 struct observed *out);

// Money since the run's start, from samples and summaries that are of one window each. Zeroed at
// the run's start.
struct observed_course {
    int64_t base_quote_e9[KPI_PART_COUNT]; // of the finished windows
    int64_t peak_quote_e9;                 // of the net
};

void observed_course_sample(struct observed_course *course, const struct engine_sample *sample,
                            struct engine_sample *out);
void observed_course_close(struct observed_course *course, const struct kpi_summary *window);

// What finished windows and the open one say together, percentiles apart.
void observed_totals(const struct observed *observed, struct kpi_summary *out);

#endif
