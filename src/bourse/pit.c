#include "bourse/pit.h"

void pit_publish(struct pit *pit, const struct market_batch *batch)
{
    struct market_batch shifted = *batch;
    shifted.exch_ts_ns += pit->shift_ns;
    shifted.local_ts_ns = shifted.exch_ts_ns;
    book_apply(&pit->book, &shifted);
    pit->listener.market(pit->listener.context, &shifted);
}
