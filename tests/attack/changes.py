#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Opens against changes: the rights, the owner, the name of a segment, and the policy change all
the time, and the broker is killed now and then. Two readers, of which one parks its handles, open
without a pause. Each open gets what one of the states says that were true between its beginning and
its end, and nothing else. PRSHM_TEST_LONG=1: more changes. Needs root, to be several users."""

import contextlib
import mmap
import os
import signal
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in "lives", "protocol", "lib":
    sys.path.insert(1, os.path.join(HERE, "..", folder))

import library
import tap
from library import CREATE, DENIED, EXCL, NOT_FOUND, OK, REFUSED
from model import User
from programs import BROKER
from tap import Skip, point
from world import PATIENCE, World

CHANGES = 3000 if os.environ.get("PRSHM_TEST_LONG") else 60
KILL_EVERY = 20
OWNER, READER = 1042, 1043
NAME = "/changes/segment"
READS, WRITES = "reads", "writes"


class Page:
    """Numbers that the processes of a test share."""

    BEGUN, DONE, OVER, OPENS = range(4)  # of changes; of opens, by each reader

    def __init__(self):
        # struct.pack_into would write zeros first, and the others would see them.
        self.numbers = memoryview(mmap.mmap(-1, 4096)).cast("Q")

    def __getitem__(self, index):
        return self.numbers[index]

    def __setitem__(self, index, value):
        self.numbers[index] = value


class Case:
    """State n is that after n changes."""

    config = ""

    def begin(self, calls):
        """As root. State 0."""
        result, handle = calls.open(NAME, CREATE, 4096, 0o600)
        assert result == OK
        calls.close(handle)

    def change(self, calls, world, number):
        """To state number."""
        raise NotImplementedError

    def open(self, calls):
        """What one open gets: READS, WRITES, or an error."""
        result, handle = calls.open(NAME)
        if result != OK:
            return result
        address = calls.attach(handle)
        if address:
            calls.detach(handle, address)
        calls.close(handle)
        return WRITES if address else READS

    def allowed(self, number):
        raise NotImplementedError


class Mode(Case):
    MODES = (0o600, DENIED), (0o604, READS), (0o606, WRITES)

    def change(self, calls, world, number):
        assert calls.set_mode(NAME, self.MODES[number % 3][0]) == OK

    def allowed(self, number):
        return {self.MODES[number % 3][1]}


class Owner(Case):
    def change(self, calls, world, number):
        assert calls.set_owner(NAME, READER if number % 2 else OWNER) == OK

    def allowed(self, number):
        return {WRITES if number % 2 else DENIED}


class Name(Case):
    def change(self, calls, world, number):
        if number % 2:
            assert calls.delete(NAME) == OK
        else:
            result, handle = calls.open(NAME, CREATE | EXCL, 4096, 0o606)
            assert result == OK and calls.close(handle) == 0

    def allowed(self, number):
        """At first it is root's alone."""
        return {NOT_FOUND} if number % 2 else {WRITES} if number else {DENIED}


class Policy(Case):
    """Who may create. Each reader has names of its own."""

    config = f"[name /changes]\ncreate-users = {READER}\n"

    def begin(self, calls):
        pass

    def change(self, calls, world, number):
        def count():
            with open(world.log) as log:
                return log.read().count("configuration reloaded")
        before = count()
        with open(os.path.join(world.directory, "prshmd.conf"), "w") as file:
            file.write(self.config if number % 2 == 0
                       else self.config.replace(str(READER), str(OWNER)))
        end = time.monotonic() + PATIENCE
        pids = world.pids("prshmd")
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):  # it was being killed
                os.kill(pid, signal.SIGHUP)
        while count() == before:
            assert time.monotonic() < end, "the policy is not read again"
            if world.pids("prshmd") != pids:
                return  # another broker has read it at its start
            time.sleep(0.001)

    def open(self, calls):
        name = f"/changes/{os.getpid()}"
        result, handle = calls.open(name, CREATE | EXCL, 4096)
        if result != OK:
            return result
        calls.close(handle)
        assert calls.delete(name) == OK
        return WRITES

    def allowed(self, number):
        return {REFUSED} if number % 2 else {WRITES}


def as_child(act, *arguments):
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            act(*arguments)
            status = 0
        except BaseException:
            print("# " + traceback.format_exc().replace("\n", "\n# "), flush=True)
        finally:
            os._exit(status)
    return pid


def read(case, page, path, parks):
    os.environ["PRSHM_PARK"] = str(int(parks))
    os.setgroups([])
    os.setgid(READER)
    os.setuid(READER)
    calls = library.Library(path)
    seen = {}
    try:
        open_all(case, page, calls, seen, parks)
    finally:
        page[Page.OVER] = 1
    print(f"# {'parking' if parks else 'not parking'}: {seen}", flush=True)


def open_all(case, page, calls, seen, parks):
    while not page[Page.OVER]:
        first = page[Page.DONE]
        got = case.open(calls)
        numbers = range(first, page[Page.BEGUN] + 1)
        allowed = set().union(*(case.allowed(number) for number in numbers))
        assert got in allowed, f"it gets {got} while {allowed} is right, after change {first}"
        seen[got] = seen.get(got, 0) + 1
        page[Page.OPENS + parks] += 1


def change_all(case, page, world, calls):
    for number in range(1, CHANGES + 1):
        opens = [page[Page.OPENS + reader] for reader in (0, 1)]
        page[Page.BEGUN] = number
        case.change(calls, world, number)
        page[Page.DONE] = number
        if number % KILL_EVERY == 0:
            world.kill_broker()
        yield opens
        if page[Page.OVER]:
            return


def wait_for_readers(page, opens):
    """Each has opened once more, so that both see each state now and then."""
    end = time.monotonic() + PATIENCE
    while not page[Page.OVER] and any(
            page[Page.OPENS + reader] == opens[reader] for reader in (0, 1)):
        assert time.monotonic() < end, "a reader is stuck"
        time.sleep(0.0005)


def hold(case):
    """In a process of its own: the first broker that a process reaches is that process's for
    good."""
    if os.geteuid() != 0:
        raise Skip("needs root, to be several users")
    assert os.waitpid(as_child(live, case), 0)[1] == 0, "see above"


def live(case):
    page = Page()
    with World(BROKER, case.config) as world:
        world.connect(User(0, 0), PATIENCE).close()
        calls = library.Library(world.path)
        case.begin(calls)
        readers = [as_child(read, case, page, world.path, parks) for parks in (False, True)]
        try:
            for number, opens in enumerate(change_all(case, page, world, calls)):
                if number % 5 == 0:
                    wait_for_readers(page, opens)
        finally:
            page[Page.OVER] = 1
            ends = [os.waitpid(pid, 0)[1] for pid in readers]
    assert ends == [0, 0], "a reader got what was never right"


@point
def an_open_gets_what_the_rights_before_or_after_a_change_say():
    hold(Mode())


@point
def an_open_gets_what_the_owner_before_or_after_a_change_has():
    hold(Owner())


@point
def an_open_finds_a_name_that_comes_and_goes_or_none():
    hold(Name())


@point
def a_create_is_let_or_refused_by_the_policy_before_or_after_it_is_read_again():
    hold(Policy())


if __name__ == "__main__":
    sys.exit(tap.run(tap.raised_by))
