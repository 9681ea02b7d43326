#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""prshm.SharedMemory beside multiprocessing.shared_memory, in one run, turn by turn.

Prints the median of each in microseconds, and how much faster prshm is: above 1 prshm is ahead.
Needs numpy, and a broker. Usage: python3 bench/python.py [--quick]
"""

import multiprocessing.shared_memory as standard
import statistics
import sys
import time

import numpy
import prshm

QUICK = "--quick" in sys.argv[1:]
KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


def create_and_fill(make, size, **options):
    memory = make(create=True, size=size, **options)
    array = numpy.ndarray((size // 8,), "u8", memory.buf)
    array.fill(7)
    del array
    memory.close()
    memory.unlink()


def opens_and_closes(make):
    kept = make(create=True, size=64 * KIB)

    def turn():
        for _ in range(10):
            make(kept.name).close()

    return turn, lambda: (kept.close(), kept.unlink())


def compare(name, turns, ours, theirs, divisor=1):
    """The medians of two functions that take turns, who is first changing each time."""
    times = ([], [])
    for i in range(turns + 1):
        for which in (0, 1) if i % 2 else (1, 0):
            begin = time.perf_counter()
            (ours, theirs)[which]()
            if i > 0:
                times[which].append((time.perf_counter() - begin) / divisor * 1e6)
    mine, other = map(statistics.median, times)
    print(f"{name:42} {mine:12.1f} {other:12.1f} {other / mine:8.2f}", flush=True)


def main():
    print(f"{'us, median':42} {'prshm':>12} {'standard':>12} {'ratio':>8}")
    for title, size, turns, options in (
        ("create, fill, close, unlink 64 KiB", 64 * KIB, 400, {}),
        ("create, fill, close, unlink 1 MiB", MIB, 200, {}),
        ("create, fill, close, unlink 16 MiB", 16 * MIB, 60, {}),
        ("create, fill, close, unlink 1 GiB", GIB, 6, {}),
        ("the same, preallocate=True", GIB, 6, {"preallocate": True}),
        ("the same, huge_pages=True", GIB, 6, {"preallocate": True, "huge_pages": True}),
    ):
        if QUICK and size == GIB:
            continue
        compare(
            title, turns // 4 if QUICK else turns,
            lambda size=size, options=options: create_and_fill(prshm.SharedMemory, size, **options),
            lambda size=size: create_and_fill(standard.SharedMemory, size))
    ours, end_ours = opens_and_closes(prshm.SharedMemory)
    theirs, end_theirs = opens_and_closes(standard.SharedMemory)
    compare("open, close", 100 if QUICK else 400, ours, theirs, 10)
    end_ours()
    end_theirs()


main()
