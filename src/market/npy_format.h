// The rows of hftbacktest's feed files, as they lie there: 64 bytes, little-endian.
#ifndef MM_MARKET_NPY_FORMAT_H
#define MM_MARKET_NPY_FORMAT_H

#include <stdint.h>

struct npy_row {
    uint64_t event; // flags and, in the low byte, the kind
    int64_t exch_ts_ns, local_ts_ns;
    double price, qty;
    uint64_t order_id; // 0 in data without single orders
    int64_t integer_value;
    double float_value;
};
_Static_assert(sizeof(struct npy_row) == 64, "as in the file");

#define NPY_EXCH (UINT64_C(1) << 31)
#define NPY_LOCAL (UINT64_C(1) << 30)
#define NPY_BUY (UINT64_C(1) << 29)
#define NPY_SELL (UINT64_C(1) << 28)

enum npy_kind {
    NPY_DEPTH = 1,
    NPY_TRADE = 2, // buy: the buyer was the taker
    NPY_CLEAR = 3, // down to its price
    NPY_SNAPSHOT = 4,
    NPY_BEST = 5
};

// The fields as numpy's header describes them, without blanks.
#define NPY_DESCRIPTION                                                                            \
    "[('ev','<u8'),('exch_ts','<i8'),('local_ts','<i8'),('px','<f8'),('qty','<f8'),"               \
    "('order_id','<u8'),('ival','<i8'),('fval','<f8')]"
#define NPY_MAGIC "\x93NUMPY"
enum { NPY_MAGIC_SIZE = 6 };

#endif
