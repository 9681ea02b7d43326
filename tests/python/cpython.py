# SPDX-License-Identifier: MIT
"""CPython's own tests of shared memory, with prshm's classes in the place of the standard
library's.

cpython.py METHOD: runs them with that start method of processes, and prints TAP.
"""

import sys
import unittest

try:
    import test._test_multiprocessing as standard
except ImportError:
    standard = None

# Tests that cannot hold for prshm, and why. They are not run: the first one waits for minutes.
EXPECTED = {
    "test_shared_memory_cleaned_after_process_termination":
        "the resource tracker unlinks what others may use, and says so; prshm has none, on purpose",
    "test_shared_memory_untracking":
        "the same, of the standard class with track=False: looks for the tracker's messages",
    "test_shared_memory_tracking":
        "the same, with track=True",
}
MADE_AT_LEAST = 31

# Also in the children, which find here what they are to do.
if standard:
    standard.install_tests_in_module_dict(globals(), sys.argv[1])
    case = globals()["WithProcessesTestSharedMemory"]
    for name in EXPECTED:
        if hasattr(case, name):
            setattr(case, name, unittest.skip("")(getattr(case, name)))


def main():
    import multiprocessing.shared_memory

    import prshm
    import tap

    if not standard:
        print(f"ok - CPython's tests, {sys.argv[1]} # SKIP needs libpython3-testsuite")
        return
    before = prshm.status().counters["creations"]
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(case)
    globals()["setUpModule"]()
    tap.run(suite, f"CPython, {sys.argv[1]}: ", EXPECTED)
    globals()["tearDownModule"]()
    made = prshm.status().counters["creations"] - before
    assert multiprocessing.shared_memory.SharedMemory is prshm.SharedMemory
    print(f"# {made} segments of prshm were made")
    good = "ok" if made >= MADE_AT_LEAST else "not ok"
    print(f"{good} - CPython, {sys.argv[1]}: at least {MADE_AT_LEAST} segments were prshm's")


if __name__ == "__main__":
    main()
