#include "sweep/progress.h"

#include "base/platform.h"

#include <inttypes.h>
#include <string.h>

enum { BAR_WIDTH = 30, LEFT_SIZE = 32 };

static const int64_t second_ns = 1000000000;

void progress_begin(struct progress *progress, FILE *out, bool is_terminal, uint32_t point_count,
                    int64_t point_ns)
{
    int64_t now_ns = platform_monotonic_ns();
    *progress = (struct progress){.out = out,
                                  .interactive = is_terminal,
                                  .point_count = point_count,
                                  .point_ns = point_ns,
                                  .start_ns = now_ns,
                                  .last_ns = now_ns};
}

// "1h 02m", "3m 20s", "12s"
static void print_left(int64_t left_ns, char out[LEFT_SIZE])
{
    int64_t seconds = (left_ns + second_ns - 1) / second_ns;
    if (seconds >= 3600) {
        snprintf(out, LEFT_SIZE, "%" PRId64 "h %02" PRId64 "m", seconds / 3600, seconds / 60 % 60);
    } else if (seconds >= 60) {
        snprintf(out, LEFT_SIZE, "%" PRId64 "m %02" PRId64 "s", seconds / 60, seconds % 60);
    } else {
        snprintf(out, LEFT_SIZE, "%" PRId64 "s", seconds);
    }
}

static void print_bar(FILE *out, double share)
{
    char bar[BAR_WIDTH + 1];
    int full = (int)(share * BAR_WIDTH);
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', (size_t)full);
    bar[BAR_WIDTH] = '\0';
    fprintf(out, "\r\033[K  [%s] ", bar);
}

void progress_show(struct progress *progress, uint32_t running, int64_t running_ns)
{
    int64_t now_ns = platform_monotonic_ns();
    int64_t interval_ns = progress->interactive ? second_ns / 10 : 10 * second_ns;
    if (progress->out == NULL || now_ns - progress->last_ns < interval_ns) {
        return;
    }
    uint32_t ended = progress->done + progress->failed;
    double share = ((double)ended + (double)running_ns / (double)progress->point_ns) /
                   (double)progress->point_count;
    share = share < 1.0 ? share : 1.0;
    char left[LEFT_SIZE] = "?";
    if (share > 0.0) {
        print_left((int64_t)((double)(now_ns - progress->start_ns) * (1.0 - share) / share), left);
    }
    if (progress->interactive) {
        print_bar(progress->out, share);
    }
    fprintf(progress->out, "%s%3.0f %%  %" PRIu32 " of %" PRIu32 " points, %" PRIu32 " running",
            progress->interactive ? "" : "sweep: ", 100.0 * share, progress->done,
            progress->point_count, running);
    if (progress->failed > 0) {
        fprintf(progress->out, ", %" PRIu32 " failed", progress->failed);
    }
    fprintf(progress->out, ", %s left%s", left, progress->interactive ? "" : "\n");
    fflush(progress->out);
    progress->shown = progress->interactive;
    progress->last_ns = now_ns;
}

void progress_clear(struct progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", progress->out);
        fflush(progress->out);
        progress->shown = false;
    }
}
