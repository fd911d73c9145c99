#include "market/tape_check.h"

#include "base/memory.h"
#include "market/book.h"
#include "market/tape_sort.h"

#include <stdlib.h>
#include <string.h>

// The published bests in the order of one clock.
struct best_walk {
    const struct tape_best *bests;
    struct sort_item *order; // owned
    uint64_t count, next;
};

static void best_walk_init(struct best_walk *walk, const struct tape *tape, enum tape_clock clock)
{
    uint64_t count = tape->best_count;
    *walk = (struct best_walk){.bests = tape->bests, .count = count};
    walk->order = mm_alloc(count, sizeof *walk->order);
    struct sort_item *spare = mm_alloc(count, sizeof *spare);
    for (uint64_t i = 0; i < count; i++) {
        const struct tape_best *best = &tape->bests[i];
        int64_t ts_ns = clock == TAPE_EXCH ? best->exch_ts_ns : best->local_ts_ns;
        walk->order[i] = (struct sort_item){ts_ns, i};
    }
    sort_stable(walk->order, count, spare);
    free(spare);
}

// The newest published by `ts_ns`; NULL when there is none yet.
static const struct tape_best *best_walk_to(struct best_walk *walk, int64_t ts_ns)
{
    while (walk->next < walk->count && walk->order[walk->next].ts_ns <= ts_ns) {
        walk->next++;
    }
    return walk->next > 0 ? &walk->bests[walk->order[walk->next - 1].index] : NULL;
}

static bool best_agrees(const struct book *book, const struct tape_best *best)
{
    return book_best_ticks(book, SIDE_BUY) == best->price_ticks[SIDE_BUY] &&
           book_best_ticks(book, SIDE_SELL) == best->price_ticks[SIDE_SELL];
}

static void compare_best(struct best_walk *walk, int64_t ts_ns, const struct book *book,
                         struct tape_check *out)
{
    const struct tape_best *best = best_walk_to(walk, ts_ns);
    if (best != NULL && book_two_sided(book)) {
        out->best_compared++;
        out->best_agreed += best_agrees(book, best);
    }
}

// Whether levels beyond the best were left behind by a best that moved past them. Within a message
// that is ordinary (the bids come first); after it, the feed has not removed them.
static bool left_behind(const struct book *book, const uint32_t before[2])
{
    for (int side = 0; side < 2; side++) {
        if (before[side] > book->best[side] &&
            book_scan(book, (enum side)side, before[side]) > book->best[side]) {
            return true;
        }
    }
    return false;
}

static void apply_message(struct book *book, const struct tape *tape,
                          const struct tape_message *message, enum tape_clock clock,
                          struct tape_check *out)
{
    struct market_batch batch;
    const uint32_t before[2] = {book->best[0], book->best[1]};
    bool two_sided = book_two_sided(book);
    tape_batch(tape, message, clock, &batch);
    book_apply(book, &batch);
    out->crossed_count += left_behind(book, before);
    out->one_sided_count += two_sided && !book_two_sided(book);
    out->annotation_count +=
        memcmp(book->best, message->best_end, sizeof book->best) != 0 ||
        (clock == TAPE_EXCH && memcmp(book->peak, message->best_peak, sizeof book->peak) != 0);
}

static void walk_messages(const struct tape *tape, enum tape_clock clock, struct book *book,
                          struct best_walk *walk, struct tape_check *out)
{
    const struct tape_message *messages = tape->messages[clock];
    bool depth_came = false;
    for (uint64_t i = 0; i < tape->message_count; i++) {
        apply_message(book, tape, &messages[i], clock, out);
        depth_came |= tape_message_kind(&messages[i]) == EVENT_DEPTH;
        bool time_ends = i + 1 == tape->message_count || messages[i + 1].ts_ns > messages[i].ts_ns;
        if (time_ends && depth_came) {
            compare_best(walk, messages[i].ts_ns, book, out);
            depth_came = false;
        }
    }
}

static int replay_book(const struct tape *tape, enum tape_clock clock, struct tape_check *out)
{
    struct book book;
    struct best_walk walk;
    int status = book_init(&book, tape->geometry);
    if (status < 0) {
        return status;
    }
    best_walk_init(&walk, tape, clock);
    walk_messages(tape, clock, &book, &walk, out);
    free(walk.order);
    out->outside_count = book.outside_count;
    book_fini(&book);
    return MM_OK;
}

// The time of every message on one clock, in the order of their rows.
static void times_by_row(const struct tape *tape, enum tape_clock clock, struct sort_item *items,
                         struct sort_item *spare)
{
    for (uint64_t i = 0; i < tape->message_count; i++) {
        const struct tape_message *message = &tape->messages[clock][i];
        items[i] = (struct sort_item){message->first_row, (uint64_t)message->ts_ns};
    }
    sort_stable(items, tape->message_count, spare);
}

static void measure_latency(const struct tape *tape, struct sort_item *exch,
                            struct sort_item *local, struct sort_item *spare,
                            struct tape_check *out)
{
    uint64_t count = tape->message_count;
    times_by_row(tape, TAPE_EXCH, exch, spare);
    times_by_row(tape, TAPE_LOCAL, local, spare);
    for (uint64_t i = 0; i < count; i++) {
        exch[i].ts_ns = (int64_t)(local[i].index - exch[i].index);
    }
    sort_stable(exch, count, spare);
    out->latency_min_ns = exch[0].ts_ns;
    out->latency_p50_ns = exch[count / 2].ts_ns;
    out->latency_p99_ns = exch[count - 1 - count / 100].ts_ns;
    out->latency_max_ns = exch[count - 1].ts_ns;
}

static void check_latency(const struct tape *tape, struct tape_check *out)
{
    uint64_t count = tape->message_count;
    struct sort_item *items = mm_alloc(3 * count, sizeof *items);
    measure_latency(tape, items, items + count, items + 2 * count, out);
    free(items);
}

static void check_silence(const struct tape *tape, struct tape_check *out)
{
    const struct tape_message *messages = tape->messages[TAPE_LOCAL];
    for (uint64_t i = 1; i < tape->message_count; i++) {
        int64_t silence_ns = messages[i].ts_ns - messages[i - 1].ts_ns;
        out->silence_max_ns = silence_ns > out->silence_max_ns ? silence_ns : out->silence_max_ns;
    }
}

uint32_t tape_first_gaps(const struct tape *tape, int64_t out_local_ns[TAPE_GAPS_SHOWN])
{
    const struct tape_message *messages = tape->messages[TAPE_LOCAL];
    uint64_t wanted =
        tape->facts.gap_count < TAPE_GAPS_SHOWN ? tape->facts.gap_count : TAPE_GAPS_SHOWN;
    uint32_t count = 0;
    for (uint64_t i = 0; i < tape->message_count && count < wanted; i++) {
        if (tape_message_kind(&messages[i]) == EVENT_GAP) {
            out_local_ns[count++] = messages[i].ts_ns;
        }
    }
    return count;
}

int tape_check(const struct tape *tape, struct tape_check *out)
{
    memset(out, 0, sizeof *out);
    out->gap_count = tape->facts.gap_count;
    out->best_clock =
        tape->best_count > 0 && tape->bests[0].exch_ts_ns == 0 ? TAPE_LOCAL : TAPE_EXCH;
    check_latency(tape, out);
    check_silence(tape, out);
    return replay_book(tape, out->best_clock, out);
}
