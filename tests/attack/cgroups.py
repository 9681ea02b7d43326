#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Memory cgroups: a client whose group has too little memory creates, fills and attaches; and
broker and keeper are in a group that has less than their clients fill. The kernel may end the
client, in its own group; broker and keeper live, and serve the others. Needs root, and a memory
controller of cgroups, of version 1 or 2."""

import ctypes
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in "lives", "protocol", "lib":
    sys.path.insert(1, os.path.join(HERE, "..", folder))

import library
import tap
from client import Flag, Op
from model import User
from programs import BROKER
from tap import Skip, point
from world import PATIENCE, World

MIB = 1 << 20
SMALL = 24 * MIB  # of a client's group; this interpreter takes half of that
LARGE = 96 * MIB  # of a segment
TINY = 32 * MIB   # of the group of broker and keeper
USER = User(1042, 1042)
PREALLOCATE, NO_PREALLOCATE = 0x800, 0x1000
ROOTS = ("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")


class Group:
    """A memory cgroup with a limit, and no swap beside it."""

    def __init__(self, limit):
        if os.geteuid() != 0:
            raise Skip("needs root")
        self.path = None
        for root, key in ROOTS:
            path = f"{root}/prshm-attack-{os.getpid()}-{limit}"
            try:
                os.mkdir(path)
            except OSError:
                continue
            if os.path.exists(os.path.join(path, key)) and self.write(path, key, limit):
                self.path = path
                return
            os.rmdir(path)
        raise Skip("there is no memory controller of cgroups that may be used here")

    @staticmethod
    def write(path, key, value):
        try:
            with open(os.path.join(path, key), "w") as file:
                file.write(str(value))
            return True
        except OSError:
            return False

    def enter(self):
        assert self.write(self.path, "cgroup.procs", os.getpid())

    def used(self):
        for key in "memory.current", "memory.usage_in_bytes":
            try:
                with open(os.path.join(self.path, key)) as file:
                    return int(file.read())
            except FileNotFoundError:
                pass
        raise AssertionError("the group does not say what it uses")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                os.rmdir(self.path)
                return
            except OSError:
                assert time.monotonic() < end, f"{self.path} stays busy"
                time.sleep(0.01)


def in_group(group, act, path):
    """The wait status of a process there that does this, as the user."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            group.enter()
            os.setgroups([])
            os.setgid(USER.gid)
            os.setuid(USER.uid)
            status = act(library.Library(path))
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1]


TOLD = 10  # the exit status of an act that the library has told that there is no memory


def create_and_find_memory(calls):
    result, _ = calls.open("/found", library.CREATE | PREALLOCATE, LARGE)
    return 0 if result == library.OK else TOLD


def create_and_fill(calls):
    result, handle = calls.open("/filled", library.CREATE | NO_PREALLOCATE, LARGE)
    address = calls.attach(handle) if result == library.OK else None
    if address:
        ctypes.memset(address, 1, LARGE)
    return 0 if address else TOLD


def attach_and_fill(calls):
    """What somebody else has made."""
    result, handle = calls.open("/others")
    address = calls.attach(handle) if result == library.OK else None
    if address:
        ctypes.memset(address, 1, LARGE)
    return 0 if address else TOLD


def is_told(status):
    """By the library, or by the kernel."""
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status) in (signal.SIGKILL, signal.SIGBUS)
    return os.WEXITSTATUS(status) == TOLD


def pids(world):
    return sorted(world.pids("prshmd", "prshm-keeper"))


def ask(world):
    with world.connect(USER, PATIENCE) as link:
        link.call(Op.STATUS)


def await_both(world):
    end = time.monotonic() + PATIENCE
    while len(pids(world)) < 2:
        assert time.monotonic() < end, "there are not both"
        time.sleep(0.01)
    ask(world)
    return pids(world)


@point
def a_client_without_memory_harms_nobody_else():
    with Group(SMALL) as group, World(BROKER, "[broker]\npreallocate = never\n") as world:
        both = await_both(world)
        with world.connect(USER, PATIENCE) as link:
            link.open("/others", LARGE, Flag.CREATE | Flag.NO_PREALLOCATE).close()
            for act in create_and_find_memory, create_and_fill, attach_and_fill:
                status = in_group(group, act, world.path)
                print(f"# {act.__name__}: wait status {status:#x}", flush=True)
                assert is_told(status), (
                    f"{act.__name__}: wait status {status:#x}: the client has too much memory")
                assert pids(world) == both, "broker or keeper has died with the client"
                link.call(Op.STATUS)
        for name in "/found", "/filled", "/others":
            delete(world, name)


def delete(world, name):
    """What a client could not make is not there."""
    with world.connect(USER, PATIENCE) as link:
        try:
            link.delete(name)
        except Exception as error:
            assert "NOT_FOUND" in str(error), error


def fill_in_pieces(world, count):
    """As a client outside of the group."""
    with world.connect(USER, PATIENCE) as link:
        for number in range(count):
            name = f"/piece/{number}"
            with link.open(name, LARGE // 8, Flag.CREATE) as segment, segment.map() as memory:
                memory[:] = b"x" * (LARGE // 8)


@point
def broker_and_keeper_need_no_memory_for_what_clients_fill():
    with Group(TINY) as group, World(BROKER, "", group.enter) as world:
        both = await_both(world)
        fill_in_pieces(world, 8)
        assert group.used() < TINY, group.used()
        print(f"# {group.used() >> 10} KiB are used by broker and keeper, "
              f"while their clients have {LARGE >> 20} MiB", flush=True)
        assert pids(world) == both, "broker or keeper has died"
        for number in range(8):
            delete(world, f"/piece/{number}")
        ask(world)


if __name__ == "__main__":
    sys.exit(tap.run(tap.raised_by))
