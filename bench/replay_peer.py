"""The reference ladder in hftbacktest and here, on one tape, in one run.

    replay_peer.py FOLDER CAPTURE TAPE [--repeat 20] [--rounds 9] [--work DIR]

FOLDER holds bench_replay and bench_import; CAPTURE is a raw Binance futures capture and TAPE the
same market as `mmbot tape import` made it. Needs `pip install hftbacktest` (2.4.4 was measured); it
is no dependency of anything else. Both run the ladder of the golden logs with queue model pow3:3
and 10 ms each way over the market repeated N times; rounds alternate between the two, and a ratio
is the median of the rounds'. The peer runs on its fastest book (ROIVectorMarketDepth) from an array
already in memory; reading the tape's pages is in our time. `import` is the peer's array, saved as
.npy below DIR, made a tape there, opened, checked and run. Times are of the processor, so that
others on the machine count less. Rows are counted as the peer counts them, for all.
"""
import argparse
import os
import re
import statistics
import subprocess
import tempfile
import time

import numpy as np
from hftbacktest import BacktestAsset, ROIVectorMarketDepthBacktest
from hftbacktest.data.utils import binancefutures
from hftbacktest.order import BUY, GTX, LIMIT
from numba import njit

TICK, LOT, QTY, LIMIT_QTY, HALF_SPREAD = 0.1, 0.001, 0.001, 0.01, 20
NO_BID, NO_ASK = -(1 << 62), 1 << 62


@njit
def wanted(bid, ask, position, bids, asks):
    """Fills both lists and returns how many of each are wanted."""
    mid, step = (bid + ask) / 2.0, max(HALF_SPREAD // 2, 1)
    skew = position / LIMIT_QTY * HALF_SPREAD
    low = min(int(np.floor(mid - HALF_SPREAD - skew)), bid)
    high = max(int(np.ceil(mid + HALF_SPREAD - skew)), ask)
    for i in range(5):
        bids[i] = (low - i * step) // step * step
        asks[i] = (high + i * step + step - 1) // step * step
    return 5 if position < LIMIT_QTY else 0, 5 if position > -LIMIT_QTY else 0


@njit
def run_ladder(hbt):
    order_id = 1
    bids, asks = np.zeros(5, np.int64), np.zeros(5, np.int64)
    while hbt.elapse(100_000_000) == 0:
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        bid, ask = depth.best_bid_tick, depth.best_ask_tick
        if bid < NO_BID or ask > NO_ASK:
            continue
        bid_count, ask_count = wanted(bid, ask, hbt.position(0), bids, asks)
        bid_there, ask_there = np.zeros(5, np.bool_), np.zeros(5, np.bool_)
        orders = hbt.orders(0).values()
        while orders.has_next():
            order = orders.get()
            prices, there = (bids, bid_there) if order.side == BUY else (asks, ask_there)
            found = False
            for i in range(bid_count if order.side == BUY else ask_count):
                if prices[i] == order.price_tick:
                    there[i] = found = True
            if not found and order.cancellable:
                hbt.cancel(0, order.order_id, False)
        for i in range(bid_count):
            if not bid_there[i]:
                hbt.submit_buy_order(0, order_id, bids[i] * TICK, QTY, GTX, LIMIT, False)
                order_id += 1
        for i in range(ask_count):
            if not ask_there[i]:
                hbt.submit_sell_order(0, order_id, asks[i] * TICK, QTY, GTX, LIMIT, False)
                order_id += 1
    return order_id - 1


def repeated(capture, repeat):
    once = binancefutures.convert(capture, buffer_size=3_000_000)
    span = int(once["local_ts"].max() - once["exch_ts"].min()) + 1_000_000
    data = np.tile(once, repeat)
    shift = np.repeat(np.arange(repeat, dtype=np.int64) * span, len(once))
    data["exch_ts"] += shift
    data["local_ts"] += shift
    return once, data


def time_peer(data):
    asset = (BacktestAsset().data(data).linear_asset(1.0)
             .constant_order_latency(10_000_000, 10_000_000).power_prob_queue_model3(3.0)
             .no_partial_fill_exchange().trading_value_fee_model(-0.00005, 0.0007)
             .tick_size(TICK).lot_size(LOT).roi_lb(50000.0).roi_ub(75000.0)
             .last_trades_capacity(0))
    hbt = ROIVectorMarketDepthBacktest([asset])
    start = time.process_time()
    orders = run_ladder(hbt)
    elapsed = time.process_time() - start
    hbt.close()
    return elapsed, orders


def time_ours(command, step):
    """Seconds and orders of one step of a benchmark."""
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = re.search(rf"^{step} +(\d+) rows +([\d.]+) ns/row.* (\d+) orders", text, re.MULTILINE)
    rows, ns, orders = line.groups()
    return int(rows) * float(ns) * 1e-9, int(orders)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("capture")
    parser.add_argument("tape")
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--work", default="/dev/shm" if os.path.isdir("/dev/shm") else None)
    options = parser.parse_args()
    bench_replay = os.path.join(options.folder, "bench_replay")
    bench_import = os.path.join(options.folder, "bench_import")
    once, data = repeated(options.capture, options.repeat)
    time_peer(once)  # compiles
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        tape, array = os.path.join(work, "repeated.tape"), os.path.join(work, "BTCUSDT.npy")
        made = os.path.join(work, "made.tape")
        np.save(array, data)
        subprocess.run([bench_replay, options.tape, "--repeat", str(options.repeat), "--rounds",
                        "1", "--mode", "feed", "--keep", tape], check=True, capture_output=True)
        ladder = [bench_replay, tape, "--repeat", "1", "--rounds", "1", "--mode", "ladder"]
        whole = [bench_import, array, "--rounds", "1", "--tape", made]
        rounds = [(time_peer(data), time_ours(ladder, "ladder"), time_ours(whole, "all"))
                  for _ in range(options.rounds)]
    rows, names = len(data), ("hftbacktest", "mmbot", "import")
    for which, name in enumerate(names):
        times = [measured[which][0] / rows * 1e9 for measured in rounds]
        print(f"{name:12} {statistics.median(times):7.2f} ns/row (least {min(times):.2f}), "
              f"{rounds[0][which][1]} orders")
    for which, name in enumerate(names[1:], start=1):
        ratios = [measured[0][0] / measured[which][0] for measured in rounds]
        print(f"{name:12} {statistics.median(ratios):7.1f} times as fast ({min(ratios):.1f} to "
              f"{max(ratios):.1f}), {rows} rows, {options.rounds} rounds")


if __name__ == "__main__":
    main()
