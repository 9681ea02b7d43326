# SPDX-License-Identifier: MIT
"""run.py MODULE...: runs the tests of these modules beside this file, and prints TAP."""

import sys
import unittest

if __name__ == "__main__":
    import tap

    for module in sys.argv[1:]:
        tap.run(unittest.defaultTestLoader.loadTestsFromName(module))
