#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs under limits of 0 and of just too little, hard ones, as a user. The library starts the
user's broker under the same limits. Whatever the limit, the program comes to an end within a
minute, without a signal: it has what it wanted, or says what is wrong. Afterwards, a program
without the limit works, with that broker or with another one. Without PRSHM_TEST_LONG=1, a few of
the limits. Needs root, to be a user, and a machine without a broker of the host."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in "lives", "lib":
    sys.path.insert(1, os.path.join(HERE, "..", folder))

import tap
from programs import BROKER, CTL, LIBRARIES
from tap import Skip, point

UID = 1048  # of nobody else: all of it is killed
PATIENCE = 60

# "file" bounds memfds as well: ftruncate(2) sends SIGXFSZ. Address space and data bound a thread's
# stack.
LIMITS = {
    "NOFILE": (0, 3, 8, 16, 40),
    "AS": (1 << 20, 32 << 20, 64 << 20),
    "DATA": (256 << 10, 1 << 20),
    "FSIZE": (0, 4095, 100000, 300000),
    "CPU": (1,),
    "MEMLOCK": (0,),
    "NPROC": (0, 1),
    "STACK": (64 << 10, 128 << 10),
    "SIGPENDING": (0,),
    "MSGQUEUE": (0,),
}
if not os.environ.get("PRSHM_TEST_LONG"):
    LIMITS = {"NOFILE": (8,), "FSIZE": (4095, 300000), "NPROC": (0,)}


def become(limit=None, value=0):
    def change():
        os.setgroups([])
        os.setgid(UID)
        os.setuid(UID)
        if limit is not None:
            resource.setrlimit(limit, (value, value))
    return change


def run(directory, before, *words):
    environment = {"XDG_RUNTIME_DIR": directory, "PATH": os.environ["PATH"],
                   "LD_LIBRARY_PATH": LIBRARIES, "PRSHM_DAEMON": BROKER}
    return subprocess.run([CTL, *words], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, preexec_fn=before, timeout=PATIENCE)


def pids():
    """Of what the library has started: no other test has a process of that user."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                if file.read() and os.stat(f"/proc/{entry}").st_uid == UID:
                    found.append(int(entry))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def end(directory):
    while pids():
        for pid in pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)
    shutil.rmtree(directory)


def check(name, value):
    if os.geteuid() != 0:
        raise Skip("needs root, to be a user")
    if os.path.exists("/run/prshm/broker.sock"):
        raise Skip("the host has a broker")
    directory = tempfile.mkdtemp(prefix="prshm-limits-")
    os.chown(directory, UID, UID)
    try:
        limit = getattr(resource, "RLIMIT_" + name)
        limited = run(directory, become(limit, value), "create", "/limited", "8192")
        assert limited.returncode >= 0, f"{name}={value}: signal {-limited.returncode}"
        assert limited.returncode == 0 or limited.stderr, f"{name}={value}: it fails without a word"
        # More than the broker may have, where it has the limit: refused, and nobody else suffers.
        run(directory, become(), "create", "/large", "64M")
        free = run(directory, become(), "create", "/free", "8192")
        assert free.returncode == 0, (
            f"after {name}={value}: {free.stderr.decode()}\n{log(directory)}")
        if limited.returncode == 0:
            kept = run(directory, become(), "rm", "/limited")
            assert "has died" not in log(directory), f"{name}={value}: {log(directory)}"
            assert kept.returncode == 0, (
                f"{name}={value} loses a segment: {kept.stderr.decode()}\n{log(directory)}")
        return f"{name}={value}: {limited.returncode} {limited.stderr.decode().strip()}"
    finally:
        end(directory)


def log(directory):
    try:
        with open(os.path.join(directory, "prshm", "broker.sock.log")) as file:
            return file.read()
    except FileNotFoundError:
        return "there is no log"


def make(name, value):
    def test():
        return check(name, value)
    test.__name__ = f"a_program_with_{name}_of_{value}_is_told_what_is_wrong"
    point(test)


for each, values in LIMITS.items():
    for one in values:
        make(each, one)


def wrong_with(test):
    try:
        print("# " + test().replace("\n", "\n# "), flush=True)
    except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
        return f"{error}\n"
    return ""


if __name__ == "__main__":
    sys.exit(tap.run(wrong_with))
