#include "base/log.h"

#include "base/platform.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

// More event names than one second of a run has; beyond it lines pass unlimited.
enum { EVENT_MAX = 64, EVENT_NAME_SIZE = 64, NS_PER_SECOND = 1000000000 };

// What one event name did in the current second.
struct event_burst {
    char name[EVENT_NAME_SIZE];
    enum log_level level;
    unsigned written;
    unsigned dropped;
};

static struct {
    FILE *sink; // borrowed; NULL stands for stderr
    enum log_level threshold;
    int64_t (*wall_ns)(void);
    int64_t second;
    unsigned event_count;
    struct event_burst events[EVENT_MAX];
    struct log_tap tap; // no function = nobody
} logger = {.threshold = LOG_INFO, .wall_ns = platform_wall_ns};

static const char *const LEVEL_NAMES[] = {"debug", "info", "warn", "error", "off"};

void log_init(FILE *sink, enum log_level threshold)
{
    log_flush();
    logger.sink = sink;
    logger.threshold = threshold;
}

void log_set_tap(const struct log_tap *tap)
{
    logger.tap = tap != NULL ? *tap : (struct log_tap){.threshold = LOG_OFF};
}

void log_set_clock(int64_t (*wall_ns)(void))
{
    logger.wall_ns = wall_ns != NULL ? wall_ns : platform_wall_ns;
}

// One line of the log: never more than LOG_LINE_SIZE bytes, always ended by one newline.
struct line {
    char text[LOG_LINE_SIZE];
    size_t length;
};

static void line_add(struct line *line, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void line_add(struct line *line, const char *format, va_list arguments)
{
    size_t room = sizeof line->text - line->length;
    int length = vsnprintf(line->text + line->length, room, format, arguments);
    if (length < 0) {
        return;
    }
    if ((size_t)length < room) {
        line->length += (size_t)length;
        return;
    }
    line->length = sizeof line->text - 1;
    memcpy(line->text + line->length - 3, "...", 3);
}

static void line_addf(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void line_addf(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    line_add(line, format, arguments);
    va_end(arguments);
}

static void line_start(struct line *line, int64_t wall_ns, enum log_level level, const char *event)
{
    char time_text[PLATFORM_TIME_TEXT_SIZE];
    platform_time_text(wall_ns, time_text);
    line->length = 0;
    line_addf(line, "t=%s level=%s event=%s", time_text, LEVEL_NAMES[level], event);
}

static void line_write(struct line *line, int64_t wall_ns, enum log_level level, const char *event)
{
    // One event is one line, whatever its values hold.
    for (size_t i = 0; i < line->length; i++) {
        if ((unsigned char)line->text[i] < ' ') {
            line->text[i] = ' ';
        }
    }
    line->text[line->length] = '\0';
    if (logger.tap.line != NULL && level >= logger.tap.threshold) {
        logger.tap.line(logger.tap.context, level, wall_ns, event, line->text);
    }
    if (level < logger.threshold) {
        return;
    }
    line->text[line->length++] = '\n';
    FILE *sink = logger.sink != NULL ? logger.sink : stderr;
    // A log that cannot be written has nowhere to say so.
    (void)fwrite(line->text, 1, line->length, sink);
    (void)fflush(sink);
}

static void write_repeats(const struct event_burst *burst, int64_t wall_ns)
{
    struct line line;
    line_start(&line, wall_ns, burst->level, burst->name);
    line_addf(&line, " repeats=%u", burst->dropped);
    line_write(&line, wall_ns, burst->level, burst->name);
}

static void start_second(int64_t second, int64_t wall_ns)
{
    for (unsigned i = 0; i < logger.event_count; i++) {
        if (logger.events[i].dropped > 0) {
            write_repeats(&logger.events[i], wall_ns);
        }
    }
    logger.event_count = 0;
    logger.second = second;
}

void log_flush(void)
{
    start_second(0, logger.wall_ns());
}

static struct event_burst *find_burst(const char *event)
{
    for (unsigned i = 0; i < logger.event_count; i++) {
        if (strncmp(logger.events[i].name, event, EVENT_NAME_SIZE - 1) == 0) {
            return &logger.events[i];
        }
    }
    if (logger.event_count == EVENT_MAX) {
        return NULL;
    }
    struct event_burst *burst = &logger.events[logger.event_count++];
    *burst = (struct event_burst){.written = 0};
    (void)snprintf(burst->name, sizeof burst->name, "%s", event);
    return burst;
}

// Whether this line is one too many in its second; counts it either way.
static bool is_dropped(enum log_level level, const char *event)
{
    struct event_burst *burst = find_burst(event);
    if (burst == NULL) {
        return false;
    }
    if (burst->written < LOG_BURST) {
        burst->written++;
        return false;
    }
    burst->level = level;
    burst->dropped++;
    return true;
}

// The wall time of a line that is wanted, with what the last second dropped told before it.
static int64_t line_time(void)
{
    int64_t wall_ns = logger.wall_ns();
    if (wall_ns / NS_PER_SECOND != logger.second) {
        start_second(wall_ns / NS_PER_SECOND, wall_ns);
    }
    return wall_ns;
}

static bool is_wanted(enum log_level level)
{
    bool is_tapped = logger.tap.line != NULL && level >= logger.tap.threshold;
    return (level >= logger.threshold || is_tapped) && level < LOG_OFF;
}

static void write_event(int64_t wall_ns, enum log_level level, const char *event,
                        const char *format, va_list arguments)
    __attribute__((format(printf, 4, 0)));

static void write_event(int64_t wall_ns, enum log_level level, const char *event,
                        const char *format, va_list arguments)
{
    struct line line;
    line_start(&line, wall_ns, level, event);
    line_addf(&line, "%s", format[0] != '\0' ? " " : "");
    line_add(&line, format, arguments);
    line_write(&line, wall_ns, level, event);
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    if (!is_wanted(level)) {
        return;
    }
    int64_t wall_ns = line_time();
    if (!is_dropped(level, event)) {
        va_list arguments;
        va_start(arguments, format);
        write_event(wall_ns, level, event, format, arguments);
        va_end(arguments);
    }
}

void log_decision(const char *event, const char *format, ...)
{
    if (!is_wanted(LOG_INFO)) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    write_event(line_time(), LOG_INFO, event, format, arguments);
    va_end(arguments);
}

// The escaped form of one byte; at most 6 bytes and the end.
static size_t escape(unsigned char byte, char out[8])
{
    if (byte == '"' || byte == '\\') {
        return (size_t)snprintf(out, 8, "\\%c", byte);
    }
    if (byte == '\n') {
        return (size_t)snprintf(out, 8, "\\n");
    }
    if (byte == '\t') {
        return (size_t)snprintf(out, 8, "\\t");
    }
    if (byte < ' ' || byte == 0x7f) {
        return (size_t)snprintf(out, 8, "\\u%04x", byte);
    }
    out[0] = (char)byte;
    return 1;
}

const char *log_quote(const char *text, char *out, size_t size)
{
    if (size < 3) {
        if (size > 0) {
            out[0] = '\0';
        }
        return out;
    }
    size_t used = 0;
    out[used++] = '"';
    for (; *text != '\0'; text++) {
        char escaped[8];
        size_t length = escape((unsigned char)*text, escaped);
        if (used + length + 2 > size) {
            break;
        }
        memcpy(out + used, escaped, length);
        used += length;
    }
    out[used++] = '"';
    out[used] = '\0';
    return out;
}

const char *log_level_name(enum log_level level)
{
    return LEVEL_NAMES[level];
}

int log_level_parse(const char *text, enum log_level *out)
{
    for (int level = LOG_DEBUG; level <= LOG_OFF; level++) {
        if (strcmp(text, LEVEL_NAMES[level]) == 0) {
            *out = (enum log_level)level;
            return 0;
        }
    }
    return -1;
}
