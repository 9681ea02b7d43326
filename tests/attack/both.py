#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Broker and keeper are killed at once, while users of twenty uids work. What the two knew is gone
then; prshm(7), WHEN THE BROKER GOES AWAY, says what is left. Each user has segments of its own and
reads another's: mappings stay, and are shared as before; handles can be attached, detached and
closed; calls that need a broker fail, and none of them hangs; the next broker is empty, charges
nobody, and gives each user again what that user asks for; no descriptor leaks.
PRSHM_TEST_LONG=1: more often. Needs root, to be several users."""

import ctypes
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
from library import CREATE, EXCL, NOT_FOUND, OK
from model import User
from programs import BROKER
from tap import Skip, point
from world import PATIENCE, World

ROUNDS = 25 if os.environ.get("PRSHM_TEST_LONG") else 2
USERS = 20
FIRST_UID = 1100
SEGMENTS = 3
SIZE = 8192
NO_BROKER = 14
ROOT = User(0, 0)
# Where the test is. All users have to come to the end of one before the next begins.
HAVE, SHARE, WORK, KILLED, WRITE, READ, NEXT = range(1, 8)


class Elsewhere(AssertionError):
    """Another user met something wrong, and has told what."""


class Page:
    """Numbers that the processes share: which step is the test's, how far each user is, and how
    often it has opened; is anybody wrong."""

    def __init__(self):
        # struct.pack_into would write zeros first, and the others would see them.
        self.numbers = memoryview(mmap.mmap(-1, 4096)).cast("Q")

    def __getitem__(self, index):
        return self.numbers[index]

    def __setitem__(self, index, value):
        self.numbers[index] = value

    STEP, WRONG, KILLS = range(3)

    @staticmethod
    def done(user):
        return 8 + user

    @staticmethod
    def opens(user):
        return 8 + USERS + user

    def await_step(self, step):
        end = time.monotonic() + PATIENCE
        while self[self.STEP] < step:
            if self[self.WRONG]:
                raise Elsewhere
            assert time.monotonic() < end, f"step {step} never begins"
            time.sleep(0.002)


def name_of(user, index):
    return f"/both/{FIRST_UID + user % USERS}/{index}"


def count_descriptors():
    return len(os.listdir("/proc/self/fd"))


class Mapping:
    """A segment that is open and attached, and what has to be in there."""

    def __init__(self, calls, user, index, create):
        self.calls = calls
        flags = CREATE | EXCL if create else 0
        result, self.handle = calls.open(name_of(user, index), flags, SIZE, 0o644)
        assert result == OK, f"{name_of(user, index)}: {result}"
        self.user, self.index, self.readonly = user, index, not create
        self.address = calls.attach(self.handle, self.readonly)
        assert self.address, "it cannot be attached"

    def text(self, state):
        return f"{self.user} {self.index} {state}".encode().ljust(64, b".") * (SIZE // 64)

    def write(self, state):
        ctypes.memmove(self.address, self.text(state), SIZE)

    def check(self, state, address=None):
        assert ctypes.string_at(address or self.address, SIZE) == self.text(state), \
            f"{name_of(self.user, self.index)} has other contents"

    def attach_again(self, state):
        """Of a read-only attachment the first needs a broker; this one had that."""
        address = self.calls.attach(self.handle, self.readonly)
        assert address, "a handle cannot be attached"
        self.check(state, address)
        assert self.calls.detach(self.handle, address) == 0, "a handle cannot be detached"

    def end(self):
        assert self.calls.detach(self.handle, self.address) == 0, "a mapping cannot be detached"
        assert self.calls.close(self.handle) == 0, "a handle cannot be closed"


class Client:
    def __init__(self, page, user, path):
        os.environ["PRSHM_PARK"] = str(user % 2)
        os.setgroups([])
        os.setgid(FIRST_UID + user)
        os.setuid(FIRST_UID + user)
        self.calls = library.Library(path)
        self.page = page
        self.user = user
        self.step = 0

    def next(self, step):
        """All that this user has to do before that step is done."""
        self.page[Page.done(self.user)] = self.step
        self.step = step
        self.page.await_step(step)

    def work(self, number):
        """Returns the outcome of what failed, or OK."""
        who = self.user + number % 2
        result, handle = self.calls.open(name_of(who, number % SEGMENTS))
        if result != OK:
            return result
        self.calls.close(handle)
        name = name_of(self.user, f"more{number % 5}")
        result, handle = self.calls.open(name, CREATE, 4096 * (1 + number % 5), 0o600)
        if result != OK:
            return result
        self.calls.close(handle)
        result = self.calls.delete(name)
        self.page[Page.opens(self.user)] += 1
        return result

    def work_until_killed(self):
        number = 0
        outcome = OK
        while outcome == OK and self.page[Page.STEP] == self.step:
            outcome = self.work(number)
            number += 1
        assert outcome == OK or self.page[Page.KILLS] == self.step, \
            f"{outcome}, though nobody was killed"
        assert outcome in (OK, NO_BROKER, NOT_FOUND), f"a broker that was killed makes {outcome}"

    def live(self, first):
        calls = self.calls
        self.next(first + HAVE)
        own = [Mapping(calls, self.user, index, True) for index in range(SEGMENTS)]
        for mapping in own:
            mapping.write("before")
        self.next(first + SHARE)
        others = [Mapping(calls, self.user + 1, index, False) for index in range(SEGMENTS)]
        for mapping in others:
            mapping.user %= USERS
            mapping.check("before")
        self.next(first + WORK)
        self.work_until_killed()
        self.next(first + KILLED)
        for flags in 0, CREATE:
            result, _ = calls.open(name_of(self.user, "none"), flags, SIZE)
            assert result == NO_BROKER, f"without a broker: {result}"
        for mapping in own + others:
            mapping.check("before")
        for mapping in own:
            mapping.attach_again("before")
        self.next(first + WRITE)
        for mapping in own:
            mapping.write("after")
        self.next(first + READ)
        for mapping in others:
            mapping.check("after")
        self.next(first + NEXT)
        for mapping in own + others:
            result, _ = calls.open(name_of(mapping.user, mapping.index))
            assert result == NOT_FOUND, f"the next broker knows a name: {result}"
        for mapping in own + others:
            mapping.end()


def be_user(page, user, path):
    client = Client(page, user, path)
    descriptors = []
    for number in range(ROUNDS):
        client.live(number * NEXT)
        descriptors.append(count_descriptors())
    assert len(set(descriptors)) == 1, f"descriptors leak: {descriptors}"
    client.next(ROUNDS * NEXT + 1)


def as_child(page, user, path):
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            be_user(page, user, path)
            status = 0
        except Elsewhere:
            pass
        except BaseException:
            page[Page.WRONG] = 1
            print("# " + traceback.format_exc().replace("\n", "\n# "), flush=True)
        finally:
            os._exit(status)
    return pid


def condition(world):
    with world.connect(ROOT, PATIENCE) as link:
        told = link.status()[0]
        charged = {uid: [usage.used for usage in usages] for uid, usages in link.accounts()
                   if FIRST_UID <= uid < FIRST_UID + USERS}
    return (told.segments, told.bytes, told.handles), charged


class Test:
    def __init__(self, world, page):
        self.world = world
        self.page = page
        self.first = 0

    def begin(self, step):
        """Once all have done what was to be done before."""
        end = time.monotonic() + PATIENCE
        step += self.first
        while any(self.page[Page.done(user)] < step - 1 for user in range(USERS)):
            assert not self.page[Page.WRONG], "see above"
            assert time.monotonic() < end, f"a user hangs before step {step}"
            time.sleep(0.002)
        self.page[Page.STEP] = step

    def await_work(self):
        """Each works, some opens long."""
        wanted = [self.page[Page.opens(user)] + 5 for user in range(USERS)]
        end = time.monotonic() + PATIENCE
        while any(self.page[Page.opens(user)] < wanted[user] for user in range(USERS)):
            assert not self.page[Page.WRONG], "see above"
            assert time.monotonic() < end, "a user does not come to work"
            time.sleep(0.002)

    def play(self):
        self.begin(HAVE)
        self.begin(SHARE)
        self.begin(WORK)
        charged = condition(self.world)
        self.await_work()
        self.page[Page.KILLS] = self.first + WORK
        self.world.kill_both()
        self.begin(KILLED)
        self.begin(WRITE)
        self.begin(READ)
        self.world.start()
        empty = condition(self.world)
        assert empty == ((0, 0, 0), {}), f"the next broker begins with {empty}"
        self.begin(NEXT)
        self.first += NEXT
        return charged


@point
def when_both_are_killed_mappings_stay_calls_fail_and_the_next_broker_begins_with_nothing():
    if os.geteuid() != 0:
        raise Skip("needs root, to be several users")
    page = Page()
    with World(BROKER, "") as world:
        condition(world)
        users = [as_child(page, user, world.path) for user in range(USERS)]
        try:
            test = Test(world, page)
            charged = [test.play() for _ in range(ROUNDS)]
            test.begin(1)
            ends = [os.waitpid(pid, 0)[1] for pid in users]
            users = []
        finally:
            page[Page.WRONG] = 1
            for pid in users:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
    print(f"# {sum(page[Page.opens(user)] for user in range(USERS))} opens", flush=True)
    assert ends == [0] * USERS, "see above"
    # Work has begun by then: the three of each user are there at least, and at most one more.
    for (segments, size, handles), users in charged:
        assert USERS * SEGMENTS <= segments <= USERS * (SEGMENTS + 1), segments
        assert size >= USERS * SEGMENTS * SIZE and handles >= 2 * USERS * SEGMENTS, (size, handles)
        assert len(users) == USERS, users


if __name__ == "__main__":
    sys.exit(tap.run(tap.raised_by))
