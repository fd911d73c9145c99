// The page of a run: whether there is one, where, and its life around the run's.
//
// Wires publisher and service together. One thread, the engine's.
#ifndef MM_CMD_SOAK_PAGE_H
#define MM_CMD_SOAK_PAGE_H

#include "base/error.h"
#include "cmd/soak_options.h"
#include "observe/publisher.h"
#include "observe/service.h"

#include <signal.h>

struct soak_page {
    struct publisher *publisher; // owned; NULL = there is no page
    struct service *service;     // owned
    struct soak_watch watch;
    FILE *out; // where the link is printed; NULL = nowhere
};

// Where options want a page to be served: what --http and its like say, a free port of this machine
// without. MM_ERROR_USAGE says what does not go together or cannot be had safely.
int soak_page_address(const struct soak_options *options, struct address *out) MM_CHECKED;

// Opens the page that options and terminal ask for; nothing is there without one. `config` and
// `options` outlive it. MM_ERROR_USAGE for options that do not go together or an address that
// cannot be had.
int soak_page_open(struct soak_page *page, const struct soak_options *options,
                   const struct run_config *config) MM_CHECKED;

// What orchestrator_run is given; NULL without a page.
const struct soak_watch *soak_page_watch(const struct soak_page *page);

// With --keep-open, until *stop becomes non-zero.
void soak_page_linger(const struct soak_page *page, const struct soak_options *options,
                      const volatile sig_atomic_t *stop);

void soak_page_close(struct soak_page *page); // accepts a zeroed one

#endif
