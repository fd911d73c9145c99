// Looks over the shoulder of a strategy that is not the engine: a venue that hands everything
// through to another one, and measures what passes as the engine would.
//
// It follows the market, the orders sent and the reports, keeps ledger and KPIs of its own over one
// window, and tells the sink what the engine tells it. The price wanted is the one an order was
// last asked to rest at. Own orders must not be part of the feed. Memory is sized at creation; the
// venue behind it and the sink are borrowed and must outlive it. One owner thread.
#ifndef MM_ENGINE_WATCH_H
#define MM_ENGINE_WATCH_H

#include "engine/engine.h"

struct watch;

struct watch_config {
    struct kpi_config kpi;
    struct fees fees;
    struct engine_sink sink;
};

struct watch *watch_create(struct venue *venue, const struct watch_config *config);
void watch_destroy(struct watch *watch);

// What the strategy trades on instead; owned by the watch.
struct venue *watch_venue(struct watch *watch);

// Ends the window at the venue's present time. Called once, when the run is over.
void watch_close(struct watch *watch, struct kpi_summary *out);

#endif
