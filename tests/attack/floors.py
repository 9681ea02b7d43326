#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Older kernels: what a kernel from Linux 5.10 on may lack is refused by seccomp(2), all together,
and with PRSHM_TEST_LONG=1 one by one before that, to a broker, to its keeper, and to a client; and
all of it works. The errors are those that such a kernel gives. Needs root, and a processor whose
numbers of system calls stand below."""

import ctypes
import errno
import os
import platform
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in "lives", "protocol", "lib":
    sys.path.insert(1, os.path.join(HERE, "..", folder))

import tap
from lives import CONFIG, PATIENCE, USERS, Difference, Lives
from programs import BROKER, CTL, LIBRARIES
from tap import Skip, point
from world import World

IS_LONG = bool(os.environ.get("PRSHM_TEST_LONG"))
STEPS = 1500 if IS_LONG else 300
SEED = 4

# What is missing: the call's number on x86_64, which argument tells (None: any call), which bits of
# it are looked at, their value, and the error. From: the first Linux that has it.
FLOORS = {
    "MFD_NOEXEC_SEAL": (319, 1, 0x8, 0x8, errno.EINVAL),              # 6.3
    "MADV_COLLAPSE": (28, 2, 0xffffffff, 25, errno.EINVAL),           # 6.1
    "MADV_POPULATE_WRITE": (28, 2, 0xffffffff, 23, errno.EINVAL),     # 5.14
    "SO_PEERPIDFD": (55, 2, 0xffffffff, 77, errno.ENOPROTOOPT),       # 6.5
    "epoll_pwait2": (441, None, 0, 0, errno.ENOSYS),                  # 5.11
    "fchmodat2": (452, None, 0, 0, errno.ENOSYS),                     # 6.6
    "futex_waitv": (449, None, 0, 0, errno.ENOSYS),                   # 5.16
    # Older than 5.10, but sandboxes refuse them: those of container managers know no new calls.
    "close_range": (436, None, 0, 0, errno.ENOSYS),                   # 5.9
    "clone3": (435, None, 0, 0, errno.ENOSYS),                        # 5.3
    "faccessat2": (439, None, 0, 0, errno.ENOSYS),                    # 5.8
    "statx": (332, None, 0, 0, errno.ENOSYS),                         # 4.11
    "rseq": (334, None, 0, 0, errno.ENOSYS),                          # 4.18
}

LOAD, EQUAL, AND, RETURN = 0x20, 0x15, 0x54, 0x06
ALLOW, ERRNO = 0x7fff0000, 0x00050000
NUMBER, ARGUMENTS = 0, 16  # offsets in struct seccomp_data


def program(names):
    """A filter that refuses these."""
    lines = []
    for name in names:
        number, argument, mask, value, error = FLOORS[name]
        body = [(RETURN, 0, 0, ERRNO | error)]
        if argument is not None:
            body = [(LOAD, 0, 0, ARGUMENTS + 8 * argument), (AND, 0, 0, mask), (EQUAL, 0, 1, value),
                    *body]
        lines += [(LOAD, 0, 0, NUMBER), (EQUAL, 0, len(body), number), *body]
    lines.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("<HBBI", *line) for line in lines), len(lines)


def refuse(names):
    """What a child does before it executes a program. No privileges can be had after that."""
    code, count = program(names)

    class Fprog(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]

    fprog = Fprog(count, code)
    libc = ctypes.CDLL(None, use_errno=True)

    def install():
        # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
        if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(fprog), 0, 0):
            raise OSError(ctypes.get_errno(), "seccomp")
    return install


def works(names):
    """Lives at a broker without these, with kills; then a client without these."""
    if os.geteuid() != 0:
        raise Skip("needs root, to be several users")
    if platform.machine() != "x86_64":
        raise Skip("the numbers of system calls are those of x86_64")
    with World(BROKER, CONFIG.text(), refuse(names)) as world:
        life = Lives(world, SEED)
        try:
            life.live(STEPS, STEPS // 4)
        finally:
            life.end()
    with World(BROKER, "[broker]\npreallocate = always\nhuge-pages = yes\n",
               refuse(names)) as world:
        world.connect(USERS[0], PATIENCE).close()  # it answers
        run_client(world, names, "create", "/floor", "3M")
        run_client(world, names, "write", "/floor")
        run_client(world, names, "rm", "/floor")


def run_client(world, names, *words):
    done = subprocess.run(
        [CTL, *words], env={"PRSHM_SOCKET": world.path, "LD_LIBRARY_PATH": LIBRARIES},
        input=b"x" * 4096, capture_output=True, preexec_fn=refuse(names), timeout=60)
    if done.returncode != 0:
        raise Difference(f"prshmctl {' '.join(words)}: {done.stderr.decode()}")


def make(name):
    def test():
        works([name])
    test.__name__ = f"it_works_without_{name}"
    point(test)


if IS_LONG:
    for each in FLOORS:
        make(each)


@point
def it_works_without_all_of_them():
    works(FLOORS)


@point
def the_filter_refuses_what_it_is_to_refuse():
    """Or all of the above says nothing."""
    code = "import os\ntry: os.memfd_create('a', 8)\nexcept OSError as error: print(error.errno)"
    done = subprocess.run([sys.executable, "-c", code], preexec_fn=refuse(["MFD_NOEXEC_SEAL"]),
                          capture_output=True, text=True)
    assert done.stdout.strip() == str(errno.EINVAL), done


if __name__ == "__main__":
    sys.exit(tap.run(tap.raised_by))
