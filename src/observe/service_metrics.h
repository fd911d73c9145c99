// The whole page of /metrics: the run's, the process's and the server's own. On the server's
// thread.
#ifndef MM_OBSERVE_SERVICE_METRICS_H
#define MM_OBSERVE_SERVICE_METRICS_H

#include "observe/service_state.h"

void service_add_metrics(struct service *service, struct text *out);

#endif
