// Speed of reading Bybit's frames beside memcpy of the same bytes, alternating. usage:
// bench_bybit_frames [ROUNDS]. The frames: a snapshot of 200 levels a side, one whose quantities
// are of many lengths, a delta of 40, one of 2, a trade; each is copied first, as it comes from a
// socket.
#include "venue/bybit/frame_parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { FRAME_SIZE = 32768, BYTES_PER_ROUND = 64 << 20 };

struct frame {
    const char *name;
    char text[FRAME_SIZE];
    size_t size;
};

static void add_side(struct frame *frame, const char *name, int levels, int sign, int lots_max)
{
    size_t at = frame->size;
    at += (size_t)snprintf(frame->text + at, FRAME_SIZE - at, "\"%s\":[", name);
    for (int i = 0; i < levels; i++) {
        int ticks = 867234 + sign * (i + (sign > 0)), lots = (i * 7919 + 13) % lots_max + 1;
        at += (size_t)snprintf(frame->text + at, FRAME_SIZE - at, "%s[\"%d.%d0\",\"%d.%03d\"]",
                               i > 0 ? "," : "", ticks / 10, ticks % 10, lots / 1000, lots % 1000);
    }
    at += (size_t)snprintf(frame->text + at, FRAME_SIZE - at, "],");
    frame->size = at;
}

static void make_book(struct frame *frame, const char *name, const char *type, int levels,
                      int lots_max)
{
    frame->name = name;
    frame->size = (size_t)snprintf(frame->text, FRAME_SIZE,
                                   "{\"topic\":\"orderbook.200.BTCUSDT\",\"type\":\"%s\","
                                   "\"ts\":1790134712130,\"data\":{\"s\":\"BTCUSDT\",",
                                   type);
    add_side(frame, "b", levels, -1, lots_max);
    add_side(frame, "a", levels, 1, lots_max);
    frame->size += (size_t)snprintf(frame->text + frame->size, FRAME_SIZE - frame->size,
                                    "\"u\":173678160,\"seq\":814547787693},"
                                    "\"cts\":1790134712126}");
}

static void make_trade(struct frame *frame)
{
    frame->name = "one trade";
    frame->size = (size_t)snprintf(
        frame->text, FRAME_SIZE,
        "{\"topic\":\"publicTrade.BTCUSDT\",\"type\":\"snapshot\",\"ts\":1758841135824,\"data\":[{"
        "\"T\":1758841135823,\"s\":\"BTCUSDT\",\"S\":\"Buy\",\"v\":\"0.020\",\"p\":\"109378.90\","
        "\"L\":\"ZeroPlusTick\",\"i\":\"2a74ac78-691c-5b54-9dbe-5aafe8364627\",\"BT\":false,"
        "\"RPI\":false,\"seq\":457514743450}]}");
}

// The processor's time, so that others on the machine count less.
static int64_t cpu_ns(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec * INT64_C(1000000000) + usage.ru_utime.tv_usec * INT64_C(1000);
}

// ns a frame; the parser NULL: only the copy. Negative when a frame is refused or read slowly.
static double run(struct bybit_parser *parser, const struct frame *frame, char *buffer)
{
    size_t count = BYTES_PER_ROUND / frame->size + 1;
    const struct bybit_public *out;
    int64_t begin_ns = cpu_ns();
    for (size_t i = 0; i < count; i++) {
        memcpy(buffer, frame->text, frame->size);
        __asm__ volatile("" : : "r"(buffer) : "memory"); // the copy is wanted
        if (parser != NULL && (bybit_parser_read(parser, buffer, frame->size, &out) != MM_OK ||
                               parser->slow_count > 0)) {
            return -1;
        }
    }
    return (double)(cpu_ns() - begin_ns) / (double)count;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int measure(struct bybit_parser *parser, const struct frame *frame, int rounds)
{
    static char buffer[FRAME_SIZE + BYBIT_PADDING];
    double copy_ns[99], read_ns[99];
    for (int round = 0; round < rounds; round++) {
        copy_ns[round] = run(NULL, frame, buffer);
        read_ns[round] = run(parser, frame, buffer);
        if (read_ns[round] < 0) {
            fprintf(stderr, "%s: not read by the fast reader\n", frame->name);
            return 1;
        }
    }
    qsort(copy_ns, (size_t)rounds, sizeof copy_ns[0], compare);
    qsort(read_ns, (size_t)rounds, sizeof read_ns[0], compare);
    double copy = copy_ns[rounds / 2], read = read_ns[rounds / 2];
    printf("%-22s %6zu bytes  %8.0f ns  %6.0f MB/s (best %.0f)   memcpy %7.0f MB/s\n", frame->name,
           frame->size, read, (double)frame->size * 1e3 / read,
           (double)frame->size * 1e3 / read_ns[0], (double)frame->size * 1e3 / copy);
    return 0;
}

int main(int argc, char **argv)
{
    static struct frame frames[5];
    struct instrument instrument = {.symbol = "BTCUSDT", .tick = {1, -1}, .lot = {1, -3}};
    struct bybit_parser parser;
    int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 9;
    if (rounds < 1 || rounds > 99 || bybit_parser_init(&parser, &instrument) != MM_OK) {
        fprintf(stderr, "usage: bench_bybit_frames [ROUNDS], 1 to 99\n");
        return 2;
    }
    make_book(&frames[0], "snapshot, 200 + 200", "snapshot", 200, 9000);
    make_book(&frames[1], "the same, mixed", "snapshot", 200, 30000);
    make_book(&frames[2], "delta, 20 + 20", "delta", 20, 9000);
    make_book(&frames[3], "delta, 1 + 1", "delta", 1, 9000);
    make_trade(&frames[4]);
    int failed = 0;
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        failed |= measure(&parser, &frames[i], rounds);
    }
    bybit_parser_fini(&parser);
    return failed;
}
