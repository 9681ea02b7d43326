# SPDX-License-Identifier: MIT
"""What prshm-protocol(7) says of rings: when a message is needed, and when none is."""

import os
import time

from client import (Flag, Lifetime, Op, OPEN_REQUEST, RING_CHANGES, RING_PLACES, RING_QUIET, Ring,
                    Status)
from harness import PAGE, create, is_gone, point, refused, until


UNREAD = 6  # replies with a descriptor that a socket takes


def take_handle(segment):
    """What is closed by hand is not to be closed again."""
    handle, segment.handle = segment.handle, None
    segment.close()
    return handle


@point
def what_is_closed_in_the_ring_is_closed_before_anybody_looks(broker):
    with broker.connect() as connection, broker.connect() as other, Ring(connection) as ring:
        with create(connection, "/a") as segment:
            handle = take_handle(connection.open("/a"))
            assert connection.stat("/a")[0].holders == 2
            assert not ring.put(handle)
            assert other.stat("/a")[0].holders == 1
            assert len(list(other.holders(segment.number))) == 1
            assert not ring.put(take_handle(segment))
        assert [state.holders for state, _ in other.list()] == [0]
        assert connection.stat("/a")[0].holders == 0
        assert ring.waiting() == 0


@point
def a_message_is_needed_where_the_close_has_consequences(broker):
    with broker.connect() as connection, broker.connect() as other, Ring(connection) as ring:
        segment = create(connection, "/a", lifetime=Lifetime.UNTIL_UNUSED)
        assert ring.numbers[RING_QUIET] == 0
        ring.close_handle(take_handle(segment))
        until(lambda: is_gone(other, "/a"))
        create(connection, "/b").close()
        assert ring.numbers[RING_QUIET] != 0
        segment = connection.anonymous(PAGE)
        assert ring.numbers[RING_QUIET] == 0
        ring.close_handle(take_handle(segment))
        with refused(Status.NOT_FOUND):
            connection.redeem(segment.token)


@point
def a_deletion_by_another_makes_messages_needed_at_once(broker):
    with broker.connect() as connection, broker.connect() as other, Ring(connection) as ring:
        first, second = create(connection, "/a"), connection.open("/a")
        assert not ring.put(take_handle(first))
        other.delete("/a")
        assert ring.put(take_handle(second))
        connection.close_handle(1)
        connection.list_page()
        with refused(Status.NOT_FOUND):
            list(other.holders(first.number))


@point
def what_comes_both_ways_is_closed_once(broker):
    with broker.connect() as connection, Ring(connection) as ring, create(connection, "/a"):
        handle = take_handle(connection.open("/a"))
        ring.put(handle)
        connection.close_handle(handle)
        with connection.open("/a") as again:
            assert again.handle == handle
            assert connection.stat("/a")[0].holders == 2


@point
def a_ring_that_is_asked_for_again_is_the_same(broker):
    with broker.connect() as connection, Ring(connection) as ring, create(connection, "/a"):
        handle = take_handle(connection.open("/a"))
        with Ring(connection) as again:
            ring.put(handle)
            assert again.waiting() == 1
            connection.list_page()
            assert again.waiting() == ring.waiting() == 0
        with broker.connect() as other, Ring(other) as another:
            ring.put(4711)
            assert another.waiting() == 0


@point
def more_handles_than_there_are_places_are_closed_in_a_row(broker):
    with broker.connect() as connection, broker.connect() as other, Ring(connection) as ring:
        with create(connection, "/a"):
            handles = [take_handle(connection.open("/a", flags=Flag.READONLY))
                       for _ in range(RING_PLACES + 100)]
            for handle in handles:
                ring.close_handle(handle)
            assert other.stat("/a")[0].holders == 1


@point
def what_is_no_handle_is_skipped_and_too_many_are_none(broker):
    with broker.connect() as connection, Ring(connection) as ring:
        segment = create(connection, "/a")
        for handle in (4711, 0xFFFFFFFF):
            ring.put(handle)
        assert connection.stat("/a")[0].holders == 1
        for _ in range(RING_PLACES + 1):
            ring.put(segment.handle)
        assert connection.stat("/a")[0].holders == 1
        segment.close()


@point
def a_request_that_has_a_body_is_no_ring(broker):
    with broker.connect() as connection:
        try:
            connection.call(Op.RING, bytes(8))
        except OSError:
            return
        raise AssertionError("it was taken")


@point
def a_reply_that_waits_keeps_its_memory_whatever_is_closed_meanwhile(broker):
    """Its segment goes, and the next one may get the descriptor's number in the broker."""
    with broker.connect() as sender, broker.connect() as other, Ring(sender) as ring:
        with create(other, "/filler"), create(other, "/gone") as gone:
            inode = os.fstat(gone.descriptor).st_ino
        serials = [sender.send(Op.OPEN, OPEN_REQUEST.pack(0, 0, 0, 0, 0, 0, 0) + name)
                   for name in UNREAD * [b"/filler"] + [b"/gone"]]
        while other.stat("/gone")[0].holders == 0:
            time.sleep(0.01)
        for handle in range(len(serials)):
            ring.put(handle)
        other.delete("/gone")
        with create(other, "/next"):
            for serial in serials:
                _, descriptor = sender.receive(Op.OPEN, serial)
                got = os.fstat(descriptor).st_ino
                os.close(descriptor)
        assert got == inode


@point
def the_page_counts_what_changes_of_a_segment(broker):
    with broker.connect() as connection, broker.connect() as other, Ring(connection) as ring:
        with create(connection, "/a"), create(other, "/b"):
            before = ring.numbers[RING_CHANGES]
            other.open("/a").close()
            other.delete("/b")
            assert ring.numbers[RING_CHANGES] == before
            other.delete("/a")
            assert ring.numbers[RING_CHANGES] != before
