#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs that are started without standard input, output or error, any of them or all. A
descriptor that they open gets such a number, and what is printed would go into a segment or to a
broker. So broker, keeper and the library keep their own descriptors away from these numbers, and
each program does what it can do without the stream."""

import itertools
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in "lives", "protocol", "lib":
    sys.path.insert(1, os.path.join(HERE, "..", folder))

import library
import tap
from client import Op
from model import User
from programs import BROKER, BUILD, CTL, LIBRARIES
from tap import Skip, point
from world import PATIENCE, World

STREAMS = (0, 1, 2)
CLOSED = [few for count in (1, 2, 3) for few in itertools.combinations(STREAMS, count)]
if not os.environ.get("PRSHM_TEST_LONG"):
    CLOSED = [(0,), (1,), (2,), STREAMS]
ROOT = User(0, 0)


def closer(streams):
    def close():
        for stream in streams:
            os.close(stream)
    return close


def ask(world):
    """It is answered: by a broker that has taken all over, or handed all over."""
    with world.connect(ROOT, PATIENCE) as link:
        link.call(Op.STATUS)


def links(pid):
    return [os.readlink(f"/proc/{pid}/fd/{stream}") for stream in STREAMS]


def run(world, streams, *words, program=CTL, **more):
    environment = {"PRSHM_SOCKET": world.path, "LD_LIBRARY_PATH": LIBRARIES,
                   "PATH": os.environ["PATH"], **more}
    return subprocess.run([program, *words], env=environment, preexec_fn=closer(streams),
                          input=b"text", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=PATIENCE)


def await_pids(world, name, other_than=()):
    end = time.monotonic() + PATIENCE
    while True:
        pids = [pid for pid in world.pids(name) if pid not in other_than]
        if pids:
            return pids
        assert time.monotonic() < end, f"there is no {name}"
        time.sleep(0.01)


@point
def broker_and_keeper_have_nothing_of_their_own_there_and_neither_have_the_next_ones():
    if os.geteuid() != 0:
        raise Skip("needs root, as which the clients connect")
    for streams in CLOSED:
        with World(BROKER, "", closer(streams)) as world:
            ask(world)
            for program in "prshmd", "prshm-keeper", "prshmd":
                pids = await_pids(world, program)
                given = os.readlink("/proc/self/fd/0"), world.log, world.log
                for stream, link in zip(STREAMS, links(pids[0])):
                    wanted = "/dev/null" if stream in streams else given[stream]
                    assert link == wanted, f"{program} without {streams}: {stream} is {link}"
                world.kill(pids[0])
                await_pids(world, program, pids)
                ask(world)


@point
def prshmctl_does_what_it_can():
    with World(BROKER, "") as world:
        ask(world)
        for streams in CLOSED:
            done = {words[0]: run(world, streams, *words).returncode for words in (
                ("create", "/a", "8192"), ("list",), ("write", "/a"), ("status",), ("rm", "/a"))}
            wanted = {"create": 0, "list": int(1 in streams), "write": int(0 in streams),
                      "status": int(1 in streams), "rm": 0}
            assert done == wanted, f"without {streams}: {done}"


def be_a_program(world):
    """It writes into all three numbers, between its calls; 0: nothing of the library's is there."""
    calls = library.Library(world.path)
    for number in range(20):
        name = f"/program/{number}"
        result, handle = calls.open(name, library.CREATE, 4096)
        address = calls.attach(handle) if result == library.OK else None
        for stream in STREAMS:
            try:
                os.write(stream, b"nonsense")
                return 2
            except OSError:
                pass
        if (not address or calls.detach(handle, address) or calls.close(handle)
                or calls.delete(name)):
            return 1
    return 0


@point
def a_program_may_print_though_it_has_no_streams():
    with World(BROKER, "") as world:
        ask(world)
        pid = os.fork()
        if pid == 0:
            status = 3
            try:
                closer(STREAMS)()
                status = be_a_program(world)
            finally:
                os._exit(status)
        assert os.waitpid(pid, 0)[1] == 0


@point
def the_launchers_start_a_program_without_streams():
    program = ("from multiprocessing.shared_memory import SharedMemory as Memory\n"
               "memory = Memory('launched', create=True, size=5000)\n"
               "memory.unlink()\n")
    with World(BROKER, "") as world, tempfile.TemporaryDirectory() as folder:
        libraries = f"{folder}/libraries"  # LD_PRELOAD takes no path with a space
        os.symlink(LIBRARIES, libraries)
        ask(world)
        for streams in CLOSED:
            for door in "posix", "nspr":
                words = [f"{BUILD}/{door}-lib/prshm-{door}-run", sys.executable, "-c", program]
                done = run(world, streams, *words, program="sh",
                           **{f"PRSHM_{door.upper()}_LIBRARY": f"{libraries}/libprshm-{door}.so.0"})
                assert done.returncode == 0, f"{door} without {streams}: {done}"


if __name__ == "__main__":
    sys.exit(tap.run(tap.raised_by))
