#include "cmd/import_progress.h"

#include "base/platform.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Nothing is shown of an import that is over before SHOW_AFTER_NS.
enum { INTERVAL_NS = 100000000, SHOW_AFTER_NS = 200000000, WIDTH = 30, NAME_MAX_LENGTH = 40 };

struct bar {
    int64_t start_ns, shown_ns; // 0: none is running; none is shown
};

static void clear(struct bar *bar)
{
    if (bar->shown_ns != 0) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
    }
    *bar = (struct bar){0};
}

static void show(void *context, const char *name, uint64_t done, uint64_t total)
{
    struct bar *bar = context;
    int64_t now_ns = platform_monotonic_ns();
    if (name == NULL) {
        clear(bar);
        return;
    }
    bar->start_ns = bar->start_ns != 0 ? bar->start_ns : now_ns;
    if (total == 0 || now_ns - bar->start_ns < SHOW_AFTER_NS ||
        now_ns - bar->shown_ns < INTERVAL_NS) {
        return;
    }
    bar->shown_ns = now_ns;
    const char *slash = strrchr(name, '/');
    int share = (int)((double)done / (double)total * 100);
    int filled = share * WIDTH / 100;
    (void)fprintf(stderr, "\r\033[K%.*s [%.*s%*s] %d %%", NAME_MAX_LENGTH,
                  slash != NULL ? slash + 1 : name, filled,
                  "==============================", WIDTH - filled, "", share);
    (void)fflush(stderr);
}

const struct tape_import_progress *import_progress(void)
{
    static struct bar bar;
    static const struct tape_import_progress progress = {show, &bar};
    return platform_is_terminal(STDERR_FILENO) ? &progress : NULL;
}
