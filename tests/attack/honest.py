# SPDX-License-Identifier: MIT
"""An honest user: one segment's life, of which each answer is known."""

import os
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


def await_both(world):
    world.connect(USER, PATIENCE).close()
    end = time.monotonic() + PATIENCE
    while True:
        pids = world.pids("prshmd"), world.pids("prshm-keeper")
        if all(map(len, pids)):
            return [pid for few in pids for pid in few]
        assert time.monotonic() < end, "there are not both"
        time.sleep(0.01)
