# SPDX-License-Identifier: MIT
"""Where the programs are. prshmctl is the real one, not libtool's script around it: that starts a
shell."""

import os

BUILD = os.path.abspath(os.environ.get("top_builddir", "."))
LIBRARIES = os.path.join(BUILD, ".libs")
BROKER = os.path.join(BUILD, "prshmd")
CTL = os.path.join(LIBRARIES, "prshmctl")
if not os.path.exists(CTL):
    CTL = os.path.join(BUILD, "prshmctl")
