// Metrics as Prometheus reads them (text format 0.0.4): families of samples with labels.
//
// A family is begun with its name, type and help, and its samples follow; names and units are by
// Prometheus' conventions (base units, `_total` for counters). Label values are escaped. The writer
// is the caller's memory and borrows the text it writes to. One thread.
#ifndef MM_OBSERVE_METRICS_H
#define MM_OBSERVE_METRICS_H

#include "base/histogram.h"
#include "base/text.h"

#include <stdint.h>

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metrics {
    struct text *out;
    const char *name; // of the family that was begun last; static
};

struct metric_label {
    const char *name, *value;
};

void metrics_family(struct metrics *metrics, const char *name, enum metric_type type,
                    const char *help);

// A sample of the family; `label` with a NULL name is none.
void metrics_add(struct metrics *metrics, struct metric_label label, double value);
void metrics_add_labels(struct metrics *metrics, const struct metric_label *labels, uint32_t count,
                        double value);

// A family of one sample without labels.
void metrics_single(struct metrics *metrics, const char *name, enum metric_type type,
                    const char *help, double value);

// One of a set that holds: 1 for it and 0 for the others. NULL holds none.
void metrics_add_states(struct metrics *metrics, const char *label, const char *const *names,
                        uint32_t count, const char *now);

// Buckets at powers of two from 2^first_shift to 2^last_shift ns, sum and count, in seconds.
void metrics_add_histogram(struct metrics *metrics, struct metric_label label,
                           const struct histogram *histogram, int first_shift, int last_shift);

#endif
