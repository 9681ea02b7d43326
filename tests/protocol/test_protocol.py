#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""That prshm-protocol(7) is complete and true: a client made from it alone, and a real broker.

Nothing here, nor in client.py, was taken from the sources.
"""

import os
import sys

sys.dont_write_bytecode = True  # the sources may be on a disk that is not ours to write
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

# pylint: disable=wrong-import-position,unused-import
import harness
import segments  # noqa: F401
import messages  # noqa: F401
import rings  # noqa: F401
import watching  # noqa: F401

if __name__ == "__main__":
    sys.exit(harness.run(os.path.join(os.environ["top_builddir"], "prshmd")))
