#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Storms of signals. A client has a timer of a millisecond, whose handler does not restart system
calls; broker and keeper get, from a process of their user, what such a process may send without
ending them. Each answer is the one that there has to be, and nobody dies. PRSHM_TEST_LONG=1: for
longer. Needs root, to be a user."""

import os
import resource
import signal
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in "lives", "protocol", "lib":
    sys.path.insert(1, os.path.join(HERE, "..", folder))

import library
import tap
from honest import Wrong, await_both, become_user, expect, live
from programs import BROKER
from tap import Skip, point
from world import World

OPENS = 5000 if os.environ.get("PRSHM_TEST_LONG") else 200
LOG_LIMIT = 1 << 20


def client(path):
    """In a process of its own, as the user."""
    count = 0

    def note(*_):
        nonlocal count
        count += 1

    become_user()
    calls = library.Library(path)
    signal.signal(signal.SIGALRM, note)
    signal.siginterrupt(signal.SIGALRM, True)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    for number in range(OPENS):
        live(calls, number)
    signal.setitimer(signal.ITIMER_REAL, 0)
    if not count:
        raise Wrong("no signal has come")


def run_client(path):
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            client(path)
            status = 0
        except BaseException as error:
            print(f"# {error!r}", flush=True)
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1]


class Storm(threading.Thread):
    """Sends these again and again until it is ended."""

    def __init__(self, pids, signals):
        super().__init__()
        self.pids, self.signals = pids, signals
        self.is_over = threading.Event()
        self.count = 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.join()

    def run(self):
        while not self.is_over.wait(0.001):
            for pid in self.pids:
                for number in self.signals:
                    os.kill(pid, number)
            self.count += 1


def weather(*signals):
    if os.geteuid() != 0:
        raise Skip("needs root, to be a user")
    with World(BROKER, "") as world:
        pids = await_both(world)
        with Storm(pids if signals else [], signals) as storm:
            status = run_client(world.path)
        assert status == 0, f"the client: wait status {status}"
        assert storm.count > 0, "no storm"
        assert await_both(world) == pids, "one of the two has died"


@point
def a_client_whose_calls_are_interrupted_each_millisecond_gets_each_answer():
    weather()


@point
def a_broker_and_a_keeper_that_are_stopped_and_go_on_each_millisecond_lose_nothing():
    """Each call that waits ends early then, though there is no handler: signal(7)."""
    weather(signal.SIGSTOP, signal.SIGCONT)


@point
def a_broker_that_is_told_to_reload_each_millisecond_loses_nothing():
    weather(signal.SIGHUP)


@point
def signals_that_mean_nothing_to_broker_and_keeper_do_nothing():
    weather(signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD, signal.SIGWINCH, signal.SIGURG)


@point
def a_log_that_must_not_grow_ends_neither_broker_nor_keeper():
    """Of RLIMIT_FSIZE a process learns by a signal."""
    if os.geteuid() != 0:
        raise Skip("needs root, to be a user")

    def limit():
        os.ftruncate(2, 2 * LOG_LIMIT)
        resource.setrlimit(resource.RLIMIT_FSIZE, (LOG_LIMIT, LOG_LIMIT))

    with World(BROKER, "", limit) as world:
        _, keeper = await_both(world)
        for _ in range(2):
            world.kill_broker()
            assert await_both(world)[1] == keeper, "the keeper has died"
            expect("the client", run_client(world.path), 0)


if __name__ == "__main__":
    sys.exit(tap.run(tap.raised_by))
