// mmbot record: a live market into a raw capture, with its gaps.
#include "base/file.h"
#include "base/log.h"
#include "base/platform.h"
#include "base/units.h"
#include "cmd/bybit_options.h"
#include "cmd/commands.h"
#include "market/capture_writer.h"
#include "venue/bybit/feed.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: mmbot record --out FILE.gz [OPTIONS]\n"
    "\n"
    "Records the order book and the trades of a market of Bybit's as they come: a gzipped file of\n"
    "lines, each the time of receipt in ns and the exchange's message. Where something is missing "
    "a\n"
    "line says so. mmbot tape import makes a tape of it; mmbot soak --tape reads it, too. Ends at\n"
    "Ctrl-C.\n"
    "\n"
    "  --out FILE           where to; a file that exists is refused\n"
    "  --for TIME           end after so long\n"
    "  --category C         linear (default), inverse or spot\n"
    "  --symbol S           default BTCUSDT\n"
    "  --depth N            50 (default), 200 or 1000 levels a side\n"
    "  --silence TIME       connect anew when the book says nothing for so long (default 10s)\n"
    "  --rest URL           default https://api.bybit.com\n"
    "  --stream URL         default wss://stream.bybit.com\n"
    "  --ca FILE            certificates to trust in place of the system's\n"
    "\n"
    "Exit codes: 0 recorded, 2 wrong usage, 4 an input or system error, 130 or 143 stopped by a\n"
    "signal after a clean end.\n";

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
    stop_signal = number;
    signal(number, SIG_DFL);
}

static int parse(int argc, char **argv, struct bybit_command_options *out)
{
    static const char *const extras[] = {"out", "for", NULL};
    int code = bybit_options_parse(argc, argv, extras, out);
    bool complete = code != MM_OK || out->help || out->out != NULL;
    return complete ? code : mm_fail(MM_ERROR_USAGE, "--out is missing");
}

// ---- the recording ----

struct recording {
    struct bybit_market market;
    struct capture_writer *writer;
    struct ws_loop *loop;
    struct bybit_feed *feed;
    int64_t until_ns; // monotonic; INT64_MAX: until stopped
};

static void take_raw(void *context, const char *text, size_t size, int64_t local_ns)
{
    struct recording *recording = context;
    capture_writer_add(recording->writer, local_ns, text, size);
}

static void take_break(void *context, enum bybit_break reason, int64_t local_ns)
{
    struct recording *recording = context;
    if (reason == BYBIT_BREAK_UPDATE) {
        return; // the numbers in the messages say so themselves
    }
    capture_writer_gap(recording->writer, local_ns, bybit_break_text(reason));
}

static int open_feed(struct recording *recording)
{
    struct bybit_feed_config config = {.market = &recording->market,
                                       .clock = live_clock_start(),
                                       .seed = (uint64_t)platform_wall_ns(),
                                       .context = recording,
                                       .raw = take_raw,
                                       .broken = take_break};
    int code = bybit_market_fetch(&recording->market, &config.instrument);
    if (code == MM_OK) {
        code = ws_loop_create(recording->market.ca_file, &recording->loop);
    }
    return code == MM_OK ? bybit_feed_create(&config, recording->loop, &recording->feed) : code;
}

static void drain(struct bybit_feed *feed)
{
    struct market_batch batch;
    while (bybit_feed_take(feed, &batch)) {
    }
}

static int run(struct recording *recording)
{
    int64_t now_ns;
    while (stop_signal == 0 && (now_ns = platform_monotonic_ns()) < recording->until_ns) {
        int64_t soon_ns = now_ns + INT64_C(50000000);
        ws_loop_run(recording->loop, soon_ns < recording->until_ns ? soon_ns : recording->until_ns);
        bybit_feed_check(recording->feed);
        drain(recording->feed);
        if (bybit_feed_is_refused(recording->feed)) {
            return mm_fail(MM_ERROR_USAGE, "%s: %s", recording->market.symbol,
                           bybit_feed_problem(recording->feed));
        }
    }
    if (bybit_feed_get_counters(recording->feed)->snapshots == 0) {
        return mm_fail(MM_ERROR_SYSTEM, "%s: no order book of %s%s%s", recording->market.stream_url,
                       recording->market.symbol,
                       bybit_feed_problem(recording->feed)[0] != '\0' ? ": " : "",
                       bybit_feed_problem(recording->feed));
    }
    return MM_OK;
}

static void print_summary(const struct recording *recording, const char *path)
{
    const struct bybit_feed_counters *feed = bybit_feed_get_counters(recording->feed);
    struct capture_writer_counters written = capture_writer_get_counters(recording->writer);
    uint64_t breaks = 0;
    for (int reason = 0; reason < BYBIT_BREAK_COUNT; reason++) {
        breaks += feed->breaks[reason];
    }
    printf("%s: %" PRIu64 " lines of %s, %" PRIu64 " snapshots, %" PRIu64 " deltas, %" PRIu64
           " trades, %" PRIu64 " breaks",
           path, written.lines, recording->market.symbol, feed->snapshots, feed->deltas,
           feed->trades, breaks);
    if (written.lost > 0) {
        printf(", %" PRIu64 " lines lost to a slow disk", written.lost);
    }
    printf("\n");
}

static int record(const struct bybit_command_options *options)
{
    struct recording recording = {.until_ns = INT64_MAX};
    int64_t duration_ns = 0;
    int code = bybit_market_resolve(&options->bybit, &recording.market);
    if (code == MM_OK && options->duration != NULL) {
        code = duration_parse(options->duration, &duration_ns);
        code = code == MM_OK ? MM_OK : mm_fail_add(code, "--for");
        recording.until_ns = platform_monotonic_ns() + duration_ns;
    }
    if (code == MM_OK) {
        code = capture_writer_create(options->out, &recording.writer);
    }
    if (code == MM_OK) {
        code = open_feed(&recording);
    }
    if (code == MM_OK) {
        code = run(&recording);
    }
    if (code == MM_OK) {
        print_summary(&recording, options->out);
    }
    bybit_feed_destroy(recording.feed);
    ws_loop_destroy(recording.loop);
    if (recording.writer != NULL) {
        bool is_empty = capture_writer_get_counters(recording.writer).lines == 0;
        int finished = capture_writer_finish(recording.writer);
        if (is_empty && finished == MM_OK) {
            finished = file_remove(options->out);
        }
        code = code == MM_OK ? finished : code;
    }
    return code;
}

int cmd_record(int argc, char **argv)
{
    struct bybit_command_options options;
    int code = parse(argc, argv, &options);
    if (code == MM_OK && options.help) {
        fputs(help, stdout);
        return 0;
    }
    if (code == MM_OK) {
        log_init(stderr, platform_is_terminal(fileno(stderr)) ? LOG_WARN : LOG_INFO);
        signal(SIGINT, on_signal);
        signal(SIGTERM, on_signal);
        signal(SIGPIPE, SIG_IGN);
        code = record(&options);
        log_flush();
    }
    if (code != MM_OK) {
        fprintf(stderr, "mmbot record: %s\n", mm_error_text());
        return mm_error_exit_code(code);
    }
    return stop_signal != 0 ? 128 + stop_signal : 0;
}
