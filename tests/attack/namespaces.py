#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Namespaces and signal handlers of others. A client in a user namespace where no id has a number,
and in a pid namespace of its own, is who it is outside. A broker in a pid namespace serves clients
whose pids it cannot know, and is followed by another one when it is killed. The library leaves what
a program has settled for its signals, SIGBUS above all. Needs root."""

import ctypes
import os
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in "lives", "protocol", "lib":
    sys.path.insert(1, os.path.join(HERE, "..", folder))

import library
import tap
from client import Op
from honest import USER, Wrong, await_both, become_user, live
from programs import BROKER
from tap import Skip, point
from world import PATIENCE, World

CLONE_NEWUSER, CLONE_NEWPID = 0x10000000, 0x20000000
HANDLED = (7, 10, 11)  # SIGBUS, SIGUSR1, SIGSEGV
ROUNDS = 50


def unshare(what):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(what):
        raise OSError(ctypes.get_errno(), "unshare")


def can_unshare(what):
    """In a child, for it cannot be undone."""
    pid = os.fork()
    if pid == 0:
        try:
            become_user()
            unshare(CLONE_NEWUSER)
            unshare(what & ~CLONE_NEWUSER or CLONE_NEWUSER)
            os._exit(0)
        except OSError:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def run(act, *arguments):
    """In a process of its own; whether all was well."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            act(*arguments)
            status = 0
        except BaseException as error:
            print(f"# {error!r}", flush=True)
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        print(f"# the process is ended by signal {os.WTERMSIG(status)}", flush=True)
    return status == 0


def be_a_stranger(path):
    """Without a number for any id, and as the first process of a pid namespace."""
    become_user()
    unshare(CLONE_NEWUSER)
    assert os.getuid() != USER.uid, "the uid still has a number"
    unshare(CLONE_NEWPID)
    assert run(live_and_stay, path), "the first process of the namespace"


def live_and_stay(path):
    assert os.getpid() == 1
    calls = library.Library(path)
    for number in range(ROUNDS):
        live(calls, number)
    result, _ = calls.open("/namespaces/stays", library.CREATE, 4096)
    assert result == library.OK


def need_root():
    if os.geteuid() != 0:
        raise Skip("needs root")


@point
def a_client_whose_ids_have_no_number_at_home_is_who_it_is_at_the_broker():
    need_root()
    if not can_unshare(CLONE_NEWUSER | CLONE_NEWPID):
        raise Skip("a user may not make namespaces here")
    with World(BROKER, "") as world:
        await_both(world)
        assert run(be_a_stranger, world.path)
        with world.connect(USER, PATIENCE) as link:
            state, *_ = link.stat("/namespaces/stays")
            assert state.uid == USER.uid


@point
def a_broker_in_a_pid_namespace_serves_those_outside_and_so_does_the_next():
    need_root()
    with tempfile.TemporaryDirectory() as directory:
        script = os.path.join(directory, "start")
        with open(script, "w") as file:
            file.write("#!/bin/sh\nexec unshare --pid --fork "
                       f"sh -c '\"$0\" \"$@\"; sleep 1000' \"{BROKER}\" \"$@\"\n")
        os.chmod(script, 0o755)
        with World(script, "") as world:
            try:
                serve_and_die(world)
            finally:
                end(world)


def serve_and_die(world):
    both = await_both(world)
    with world.connect(USER, PATIENCE) as link:
        link.call(Op.STATUS)
        assert run(live_as_user, world.path)
        world.kill_broker()
        link.call(Op.STATUS)  # on the same connection
        assert run(live_as_user, world.path)
    assert await_both(world)[1:] == both[1:], "the keeper has died"


def end(world):
    """The namespace, with all that is in it: what unshare has started."""
    world.process.kill()
    deadline = time.monotonic() + PATIENCE
    for pid in world.pids("unshare", "sh"):
        world.kill(pid)
    while world.pids("prshmd", "prshm-keeper"):
        assert time.monotonic() < deadline, "the namespace does not end"
        for pid in world.pids("sh", "prshmd", "prshm-keeper"):
            world.kill(pid)
        time.sleep(0.01)


def live_as_user(path):
    become_user()
    calls = library.Library(path)
    for number in range(ROUNDS):
        live(calls, number)


class Action(ctypes.Structure):
    """struct sigaction begins with the handler, and has less than this behind that."""

    _fields_ = [("handler", ctypes.c_void_p), ("rest", ctypes.c_char * 256)]


def settled(libc):
    """The handlers, and the signals that are blocked, ignored and caught."""
    found = []
    for number in HANDLED:
        action = Action()
        assert libc.sigaction(number, None, ctypes.byref(action)) == 0
        found.append(action.handler)
    with open("/proc/self/status") as file:
        return found + [line for line in file if line.startswith("Sig")]


def settle_signals_and_live(path):
    become_user()
    libc = ctypes.CDLL(None)
    handler = ctypes.CFUNCTYPE(None, ctypes.c_int)(lambda number: os._exit(100 + number))
    libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
    for number in HANDLED:
        libc.signal(number, ctypes.cast(handler, ctypes.c_void_p))
    before = settled(libc)
    calls = library.Library(path)
    for number in range(ROUNDS):
        live(calls, number)
    if settled(libc) != before:
        raise Wrong("the library has changed what a signal does")


@point
def the_library_leaves_the_programs_handlers():
    need_root()
    with World(BROKER, "") as world:
        await_both(world)
        assert run(settle_signals_and_live, world.path)


if __name__ == "__main__":
    sys.exit(tap.run(tap.raised_by))
