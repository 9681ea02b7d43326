# SPDX-License-Identifier: MIT
"""An honest user: one segment's life, of which each answer is known."""

import os
import signal
import time

import library
from model import User
from world import PATIENCE

USER = User(1042, 1042)


def become_user():
    os.setgroups([])
    os.setgid(USER.gid)
    os.setuid(USER.uid)


class Wrong(AssertionError):
    """An answer that is not the one that there has to be."""


def expect(what, result, expected=library.OK):
    if result != expected:
        raise Wrong(f"{what}: {result}, not {expected}")


def live(calls, number):
    """One segment's life; what comes back of each call is known."""
    name = f"/storm/{number % 7}"
    result, handle = calls.open(name, library.CREATE | library.EXCL, 4096 * (1 + number % 3))
    expect("create", result)
    address = calls.attach(handle)
    expect("attach", bool(address), True)
    expect("detach", calls.detach(handle, address))
    result, again = calls.open(name)
    expect("open", result)
    expect("close", calls.close(again))
    expect("create again", calls.open(name, library.CREATE | library.EXCL, 4096)[0], library.EXISTS)
    expect("delete", calls.delete(name))
    expect("close", calls.close(handle))


def is_set_up(pid):
    """A broker serves already while its keeper is being loaded, and a signal would end that
    keeper."""
    try:
        with open(f"/proc/{pid}/status") as file:
            ignored = next(line for line in file if line.startswith("SigIgn:"))
    except (FileNotFoundError, ProcessLookupError):
        return False
    return int(ignored.split()[1], 16) & 1 << signal.SIGXFSZ - 1 != 0


def await_both(world):
    world.connect(USER, PATIENCE).close()
    end = time.monotonic() + PATIENCE
    while True:
        brokers, keepers = world.pids("prshmd"), world.pids("prshm-keeper")
        # Two brokers, or one process as both: it is about to become the keeper.
        if len(brokers) == len(keepers) == 1 and brokers != keepers and is_set_up(keepers[0]):
            return brokers + keepers
        assert time.monotonic() < end, "there are not both"
        time.sleep(0.01)
