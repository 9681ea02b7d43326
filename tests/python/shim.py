# SPDX-License-Identifier: MIT
"""Puts prshm's classes in the places of the standard library's, in each interpreter of a test.

A file of site-packages imports this at the start of the interpreter, also of one that is isolated.
"""

import multiprocessing.managers
import multiprocessing.shared_memory as standard
import unittest.mock

import prshm
from prshm import _names

_make_up = _names.make_up


def make_up(place):
    """CPython's tests say by a mock what made-up names are."""
    told = standard._make_filename
    return told() if isinstance(told, unittest.mock.Mock) else _make_up(place)


_names.make_up = make_up
standard.SharedMemory = prshm.SharedMemory
standard.ShareableList = prshm.ShareableList
multiprocessing.managers.SharedMemoryManager = prshm.SharedMemoryManager
