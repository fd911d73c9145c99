"""The reference ladder in hftbacktest and here, on one tape, in one run.

    replay_peer.py BENCH_REPLAY CAPTURE TAPE [--repeat 20] [--rounds 9]

CAPTURE is a raw Binance futures capture and TAPE the same market as `mmbot tape import` made it.
Needs `pip install hftbacktest` (2.4.4 was measured); it is no dependency of anything else. Both
run the ladder of the golden logs with queue model pow3:3 and 10 ms each way over the market
repeated N times; rounds alternate between the two, and the ratio is the median of the rounds'.
The peer runs on its fastest book (ROIVectorMarketDepth) from an array already in memory; reading
the tape's pages is in our time. Rows are counted as the peer counts them, for both.
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
    start = time.perf_counter()
    orders = run_ladder(hbt)
    elapsed = time.perf_counter() - start
    hbt.close()
    return elapsed, orders


def time_ours(bench, tape):
    text = subprocess.run([bench, tape, "--repeat", "1", "--rounds", "1", "--mode", "ladder"],
                          check=True, capture_output=True, text=True).stdout
    rows, ns, orders = re.search(r"(\d+) rows +([\d.]+) ns/row.* (\d+) orders", text).groups()
    return int(rows) * float(ns) * 1e-9, int(orders)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("capture")
    parser.add_argument("tape")
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    once, data = repeated(options.capture, options.repeat)
    time_peer(once)  # compiles
    with tempfile.TemporaryDirectory() as work:
        tape = os.path.join(work, "repeated.tape")
        subprocess.run([options.bench, options.tape, "--repeat", str(options.repeat), "--rounds",
                        "1", "--mode", "feed", "--keep", tape], check=True, capture_output=True)
        rounds = [(time_peer(data), time_ours(options.bench, tape))
                  for _ in range(options.rounds)]
    rows = len(data)
    for name, which in [("hftbacktest", 0), ("mmbot", 1)]:
        times = [measured[which][0] / rows * 1e9 for measured in rounds]
        print(f"{name:12} {statistics.median(times):7.2f} ns/row (least {min(times):.2f}), "
              f"{rounds[0][which][1]} orders")
    ratios = [peer[0] / ours[0] for peer, ours in rounds]
    print(f"ratio        {statistics.median(ratios):7.1f} ({min(ratios):.1f} to "
          f"{max(ratios):.1f}), {rows} rows, {options.rounds} rounds")


if __name__ == "__main__":
    main()
