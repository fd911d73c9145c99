#include "market/tape_sort.h"

#include <string.h>

enum { RUN_LENGTH = 32 };

static void sort_run(struct sort_item *items, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct sort_item item = items[i];
        size_t place = i;
        for (; place > 0 && items[place - 1].ts_ns > item.ts_ns; place--) {
            items[place] = items[place - 1];
        }
        items[place] = item;
    }
}

// Merges the sorted halves [0, middle) and [middle, count).
static void merge(struct sort_item *items, size_t middle, size_t count, struct sort_item *spare)
{
    if (items[middle - 1].ts_ns <= items[middle].ts_ns) {
        return;
    }
    // What of the left half is in place already need not move.
    size_t left = 0;
    while (items[left].ts_ns <= items[middle].ts_ns) {
        left++;
    }
    size_t spare_count = middle - left;
    memcpy(spare, items + left, spare_count * sizeof *spare);
    size_t out = left;
    size_t taken = 0;
    size_t right = middle;
    while (taken < spare_count && right < count) {
        items[out++] = items[right].ts_ns < spare[taken].ts_ns ? items[right++] : spare[taken++];
    }
    memcpy(items + out, spare + taken, (spare_count - taken) * sizeof *spare);
}

void sort_stable(struct sort_item *items, size_t count, struct sort_item *spare)
{
    for (size_t begin = 0; begin < count; begin += RUN_LENGTH) {
        size_t length = count - begin < RUN_LENGTH ? count - begin : RUN_LENGTH;
        sort_run(items + begin, length);
    }
    for (size_t width = RUN_LENGTH; width < count; width *= 2) {
        for (size_t begin = 0; begin + width < count; begin += 2 * width) {
            size_t length = count - begin < 2 * width ? count - begin : 2 * width;
            merge(items + begin, width, length, spare);
        }
    }
}
