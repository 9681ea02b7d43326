#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""NumPy arrays, and a table of pandas, that processes share without a copy.

    python3 examples/arrays.py

Workers fill one array together. Its memory is until-unused: however this program ends, nothing is
left.
"""

import multiprocessing
import os

import numpy
import prshm

ROWS, COLUMNS, WORKERS = 1000, 8, 4


def fill(name, worker):
    """A worker: the rows that are its own."""
    table = prshm.ndarray(name, (ROWS, COLUMNS), "f8")
    for row in range(worker, ROWS, WORKERS):
        table[row] = row


def main():
    name = f"/run/user/{os.geteuid()}/example-{os.getpid()}"
    table = prshm.ndarray(name, (ROWS, COLUMNS), "f8", create=True, lifetime="until-unused")
    workers = [
        multiprocessing.get_context("fork").Process(target=fill, args=(name, worker))
        for worker in range(WORKERS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (table == numpy.arange(ROWS)[:, None]).all()
    print(f"{WORKERS} workers have filled {table.nbytes} bytes of {name}")

    # A reader's array cannot be written, whatever the reader tries.
    seen = prshm.ndarray(name, (ROWS, COLUMNS), "f8", readonly=True)
    try:
        seen[0, 0] = 1
    except ValueError as error:
        print(f"a reader: {error}")
    try:
        import pandas
    except ImportError:
        print("pandas is not there (package python3-pandas)")
        return
    # copy=False: the frame's values are the segment's.
    frame = pandas.DataFrame(seen, columns=list("abcdefgh"), copy=False)
    table[10, 0] = 1e6
    print(f"pandas sees what has just been written: {frame['a'].max():.0f}")


if __name__ == "__main__":
    main()
