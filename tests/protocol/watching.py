# SPDX-License-Identifier: MIT
"""What prshm-protocol(7) says of watchers: what they are told, and what they may not say."""

import collections
import enum
import os
import struct
import time

from client import Broken, Flag, NUMBER, Op, PAIR, Status, pack_request
from harness import CREATE_NEW, create, has_ended, point, refused

EVENT = struct.Struct("<QQQIIII")
Event = collections.namedtuple("Event", "time segment size kind uid pid name")
EXACT = 1
NOBODY = 0xFFFFFFFF


class Kind(enum.IntFlag):
    CREATED = 1
    DELETED = 2
    EXPIRED = 4
    OPENED = 8
    CLOSED = 16
    UNUSED = 32
    RIGHTS = 64
    OVERFLOW = 128


ALL = 0xFFFFFFFF


class Watcher:
    """The watch of a connection, which is for nothing else from then on."""

    def __init__(self, connection, prefix, kinds=ALL, flags=0):
        self.connection = connection
        self.request = PAIR.pack(kinds, flags) + os.fsencode(prefix)
        self.serial = connection.send(Op.WATCH, self.request)
        assert not self.receive(), "events in the first reply"

    def receive(self):
        reply, _ = self.connection.receive(Op.WATCH, self.serial)
        count, _ = PAIR.unpack_from(reply)
        at = PAIR.size
        events = []
        for _ in range(count):
            if at + EVENT.size > len(reply):
                raise Broken("a message that ends early")
            *fields, length = EVENT.unpack_from(reply, at)
            at += EVENT.size + length
            if at > len(reply):
                raise Broken("a message that ends early")
            events.append(Event(*fields, os.fsdecode(reply[at - length:at])))
        if at != len(reply):
            raise Broken("bytes behind the last event")
        return events

    def expect(self, *wanted):
        events = []
        while len(events) < len(wanted):
            events += self.receive()
        told = [(Kind(event.kind), event.name) for event in events]
        assert told == list(wanted), told
        return events


@point
def a_watcher_is_told_what_happens_in_its_order(broker):
    with broker.connect() as watching, broker.connect() as connection:
        watcher = Watcher(watching, "/w")
        with create(connection, "/w/a") as segment:
            connection.set_rights("/w/a", 0o640)
        connection.delete("/w/a")
        with create(connection, "/else"):
            pass
        events = watcher.expect(
            (Kind.CREATED, "/w/a"), (Kind.OPENED, "/w/a"), (Kind.RIGHTS, "/w/a"),
            (Kind.CLOSED, "/w/a"), (Kind.UNUSED, "/w/a"), (Kind.DELETED, "/w/a"))
        for event in events:
            assert (event.segment, event.size) == (segment.number, segment.size), event
            assert (event.uid, event.pid) == (os.geteuid(), os.getpid()), event
            assert abs(time.time() - event.time / 1e9) < 3600, event


@point
def a_watcher_is_told_what_it_asked_for(broker):
    with broker.connect() as first, broker.connect() as second, broker.connect() as connection:
        exact = Watcher(first, "/a", Kind.CREATED, EXACT | 0x80000000)
        deleted = Watcher(second, "", Kind.DELETED)
        for name in "/ab", "/a", "/a/b":
            with create(connection, name):
                pass
            connection.delete(name)
        exact.expect((Kind.CREATED, "/a"))
        deleted.expect((Kind.DELETED, "/ab"), (Kind.DELETED, "/a"), (Kind.DELETED, "/a/b"))


@point
def what_expires_was_removed_by_nobody(broker):
    with broker.connect() as watching, broker.connect() as connection:
        watcher = Watcher(watching, "/", Kind.EXPIRED)
        with create(connection, "/brief", lifetime=2):
            pass
        event = watcher.expect((Kind.EXPIRED, "/brief"))[0]
        assert (event.uid, event.pid) == (NOBODY, 0), event


@point
def anonymous_memory_has_no_name_to_tell(broker):
    with broker.connect() as watching, broker.connect() as connection:
        watcher = Watcher(watching, "")
        connection.anonymous(1).close()
        watcher.expect((Kind.CREATED, ""), (Kind.OPENED, ""), (Kind.CLOSED, ""),
                       (Kind.UNUSED, ""))


@point
def a_name_or_a_prefix_may_be_wrong(broker):
    with broker.connect() as connection:
        for flags, name, status in ((EXACT, b"/a/", Status.BAD_NAME), (EXACT, b"", Status.BAD_NAME),
                                    (EXACT, b"/" + b"x" * 256, Status.NAME_TOO_LONG),
                                    (0, b"x" * 1024, Status.BAD_NAME)):
            with refused(status):
                connection.call(Op.WATCH, PAIR.pack(ALL, flags), name)
        assert Watcher(connection, "x" * 1023)


@point
def a_watcher_that_says_anything_else_is_disconnected(broker):
    for op, payload in ((Op.LIST, NUMBER.pack(0)), (Op.CLOSE, PAIR.pack(0, 0)),
                        (Op.WATCH, PAIR.pack(ALL, 0))):
        with broker.connect() as watching:
            Watcher(watching, "/")
            watching.send(op, payload)
            assert has_ended(watching), op


@point
def the_same_request_once_more_changes_nothing(broker):
    with broker.connect() as watching, broker.connect() as connection:
        watcher = Watcher(watching, "/", Kind.CREATED)
        watching.socket.send(pack_request(Op.WATCH, watcher.serial, watcher.request))
        with create(connection, "/a"):
            watcher.expect((Kind.CREATED, "/a"))


@point
def who_does_not_read_has_an_overflow_and_what_comes_then(broker):
    with broker.connect() as watching, broker.connect() as connection:
        watcher = Watcher(watching, "/", Kind.CREATED | Kind.DELETED)
        name = "/" + "/".join(4 * ["x" * 250])
        for _ in range(1000):
            with connection.open(name, 1, CREATE_NEW & ~Flag.EXCL):
                pass
            connection.delete(name)
        kinds = []
        while Kind.OVERFLOW not in kinds:
            kinds += [event.kind for event in watcher.receive()]
        assert 1 < len(kinds) < 200, len(kinds)
        assert kinds[-1] == Kind.OVERFLOW
        with create(connection, "/after"):
            watcher.expect((Kind.CREATED, "/after"))


@point
def a_watch_too_many_is_refused(broker):
    broker.restart("[limits]\nuser-watches = 1\n")
    with broker.connect() as first, broker.connect() as second:
        Watcher(first, "/")
        with refused(Status.NO_RESOURCES):
            second.call(Op.WATCH, PAIR.pack(ALL, 0))
