# SPDX-License-Identifier: MIT
"""What prshm-protocol(7) says of messages, good and bad, and of the end of connections."""

import contextlib
import os
import socket
import tempfile
import threading
import time

from client import (Broken, Connection, Entry, Flag, HEADER, NUMBER, OPEN_MANY_REQUEST, OPEN_REPLY,
                    OPEN_REQUEST, Op,
                    PAIR, RESTARTED, Refusal, Status, check_descriptor, pack_entries, pack_request)
from harness import CREATE_NEW, PAGE, PATIENCE, create, has_ended, point, refused


@point
def an_unknown_op_is_unsupported_and_the_connection_goes_on(broker):
    with broker.connect() as connection:
        for op in 0, 0x7FFF, 0xFFFF:
            with refused(Status.UNSUPPORTED):
                connection.call(op, b"whatever")
        assert list(connection.list()) == []


@point
def another_version_is_answered_and_then_disconnected(broker):
    whole = HEADER.pack(2, 4, 77, 0, 0, 18) + b"/a"
    for message in whole, whole[:16], HEADER.pack(0xFFFF, 99, 77, 5, 6, 7) + bytes(100):
        with broker.connect() as connection:
            connection.socket.send(message)
            reply = connection.socket.recv(PAGE)
            assert reply == b"\1\0" + message[2:8] + HEADER.pack(0, 0, 0, 1, 0, 16)[8:], reply
            assert has_ended(connection)


def malformed():
    status = pack_request(Op.STAT, 2, b"/a")
    yield "nothing", b""
    yield "a short header", status[:15]
    yield "more than a message may have", pack_request(Op.STAT, 2, b"/" + bytes(4080))
    yield "a length too small", status + b"b"
    yield "a length too large", status[:-1]
    yield "a status", HEADER.pack(1, Op.STAT, 2, 1, 0, 18) + b"/a"
    yield "descriptors", HEADER.pack(1, Op.STAT, 2, 0, 1, 18) + b"/a"
    for op, size in ((Op.OPEN, 32), (Op.CLOSE, 8), (Op.LIST, 8), (Op.REOPEN, 8),
                     (Op.ANONYMOUS, 16), (Op.REDEEM, 16), (Op.SET_RIGHTS, 8), (Op.SET_OWNER, 8),
                     (Op.EXPLAIN, 8), (Op.OPEN_MANY, 16)):
        yield f"{op.name} with a short body", pack_request(op, 2, bytes(size - 1))
        if op in (Op.CLOSE, Op.REOPEN, Op.ANONYMOUS, Op.REDEEM):
            yield f"{op.name} with a tail", pack_request(op, 2, bytes(size + 1))
    for count, tail in (1, b""), (1, b"\2"), (1, b"\2\0/"), (0, b"\2\0/a"), (1, b"\2\0/ab"), \
            (2, b"\2\0/a"), (65, b"\2\0/a"), (0xFFFFFFFF, b"\2\0/a"):
        yield f"OPEN_MANY of {count} and {tail}", pack_request(
            Op.OPEN_MANY, 2, OPEN_MANY_REQUEST.pack(0, 0, count) + tail)
    entry = pack_entries([Entry(1, 1, 1)])
    for count in 2, 0x20000000, 0xFFFFFFFF:
        body = OPEN_REQUEST.pack(PAGE, Flag.CREATE, 0, 0, 0, count, 0)
        yield f"OPEN without {count} entries", pack_request(Op.OPEN, 2, body + entry)
        body = PAIR.pack(0, count)
        yield f"SET_RIGHTS without {count} entries", pack_request(Op.SET_RIGHTS, 2, body + entry)


@point
def a_malformed_message_disconnects_its_sender_alone(broker):
    with broker.connect() as bystander, create(bystander, "/a"):
        for what, message in malformed():
            with broker.connect() as connection:
                assert connection.stat("/a")[0].holders == 1
                connection.socket.send(message)
                assert has_ended(connection), what
                assert bystander.stat("/a")[0].holders == 1


@point
def a_descriptor_in_a_request_disconnects(broker):
    with broker.connect() as connection:
        request = pack_request(Op.STAT, 1, b"/a")
        socket.send_fds(connection.socket, [request], [1])
        assert has_ended(connection)


@point
def a_request_and_then_shutdown_is_answered_first(broker):
    with broker.connect() as connection:
        serial = connection.send(Op.LIST, NUMBER.pack(0))
        connection.socket.shutdown(socket.SHUT_WR)
        assert len(connection.receive(Op.LIST, serial)[0]) == 16
        assert has_ended(connection)


@point
def who_sends_on_without_reading_gets_all_replies_in_order_and_nobody_waits(broker):
    with broker.connect() as connection, broker.connect() as other:
        connection.socket.setblocking(False)
        try:
            for sent in connection.serials:
                connection.socket.send(pack_request(Op.LIST, sent, NUMBER.pack(0)))
        except BlockingIOError:
            other.list_page()
        for serial in range(1, sent):
            connection.receive(Op.LIST, serial)
        connection.list_page()


def connect_when_there_is_room(broker):
    """The connection that showed that the broker answers may still count."""
    while True:
        connection = broker.connect()
        try:
            connection.list_page()
            return connection
        except Refusal:
            connection.close()
            time.sleep(0.01)


@point
def a_connection_too_many_is_told_why(broker):
    broker.restart("[limits]\nuser-connections = 1\n")
    with connect_when_there_is_room(broker) as first:
        for _ in range(3):
            with broker.connect() as second, refused(Status.NO_RESOURCES):
                second.list_page()
            with broker.connect() as second:
                assert second.socket.recv(PAGE) == HEADER.pack(1, 0, 0, 13, 0, 16)
                assert has_ended(second)
        first.list_page()


# Messages that come again


def send_open(connection, serial, name=b"/a", flags=CREATE_NEW):
    """Returns the handle in the reply, whose descriptor is looked at and closed."""
    body = OPEN_REQUEST.pack(PAGE, flags, 0o600, 0, 0, 0, 0)
    connection.socket.send(pack_request(Op.OPEN, serial, body + name))
    reply, descriptor = connection.receive(Op.OPEN, serial)
    check_descriptor(descriptor, PAGE)
    os.close(descriptor)
    return OPEN_REPLY.unpack_from(reply)[2]


def next_reply(connection, serial):
    """The serial and the status of the reply that comes first, with a STAT behind what was sent."""
    connection.socket.send(pack_request(Op.STAT, serial, b"/a"))
    header = HEADER.unpack_from(connection.socket.recv(PAGE))
    return header[2], header[3]


@point
def a_request_that_comes_again_is_done_and_answered_once(broker):
    with broker.connect() as connection:
        serial = 0xFFFFFFFE
        handle = send_open(connection, serial)
        body = OPEN_REQUEST.pack(PAGE, 0, 0o600, 0, 0, 0, 0)
        connection.socket.send(pack_request(Op.OPEN, serial, body + b"/a"))
        assert next_reply(connection, 0xFFFFFFFF) == (0xFFFFFFFF, Status.OK)
        for serial in 0, 1:  # the next ones
            assert send_open(connection, serial, flags=0) != handle
        connection.socket.send(pack_request(Op.STAT, 2, b"/a"))
        reply, _ = connection.receive(Op.STAT, 2)
        assert reply[52:56] == PAIR.pack(3, 0)[:4]
        connection.socket.send(pack_request(Op.DELETE, 3, b"/a"))
        connection.receive(Op.DELETE, 3)
        connection.socket.send(pack_request(Op.DELETE, 3, b"/a"))
        assert next_reply(connection, 4) == (4, Status.NOT_FOUND)


@point
def a_message_older_than_the_last_is_ignored(broker):
    with broker.connect() as connection:
        handle = send_open(connection, 1)
        close = pack_request(Op.CLOSE, 2, PAIR.pack(handle, 0))
        connection.socket.send(close)
        again = send_open(connection, 3, flags=0)
        for late in close, pack_request(Op.DELETE, 1, b"/a"), pack_request(Op.CLOSE, 0x80000003,
                                                                             PAIR.pack(again, 0)):
            connection.socket.send(late)
        connection.socket.send(pack_request(Op.STAT, 4, b"/a"))
        reply, _ = connection.receive(Op.STAT, 4)
        assert reply[52:56] == PAIR.pack(1, 0)[:4]


@point
def the_serial_of_the_last_message_for_another_operation_disconnects(broker):
    with broker.connect() as connection:
        handle = send_open(connection, 7)
        connection.socket.send(pack_request(Op.CLOSE, 7, PAIR.pack(handle, 0)))
        assert has_ended(connection)


@contextlib.contextmanager
def played_broker(play):
    """A connection to play(), which is called with the other end of it in a thread of its own."""
    with tempfile.TemporaryDirectory() as directory, \
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(directory + "/socket")
        listening.listen()
        with Connection(directory + "/socket", PATIENCE) as connection:
            accepted, _ = listening.accept()
            with accepted:
                for _ in range(3):  # of times when nobody asked
                    accepted.send(RESTARTED)
                thread = threading.Thread(target=play, args=(accepted,))
                thread.start()
                try:
                    yield connection
                finally:
                    thread.join()


@point
def a_client_that_is_told_of_a_restart_sends_again_what_is_unanswered(_):
    seen = []

    def play(accepted):
        def take(count):
            seen.extend(accepted.recv(PAGE) for _ in range(count))

        def reply(serial):
            accepted.send(HEADER.pack(1, Op.DELETE, serial, 0, 0, 16))

        take(2)
        reply(1)
        take(3)
        accepted.send(RESTARTED)
        take(3)
        reply(1)  # comes once more
        reply(4)
        take(1)
        accepted.send(RESTARTED)
        take(1)
        reply(4)
        reply(5)

    with played_broker(play) as connection:
        connection.delete("/a")
        connection.close_handle(1)
        connection.close_handle(0)
        connection.delete("/b")
        connection.delete("/c")
    closes = [pack_request(Op.CLOSE, 2, PAIR.pack(1, 0)),
              pack_request(Op.CLOSE, 3, PAIR.pack(0, 0))]
    second = closes + [pack_request(Op.DELETE, 4, b"/b")]
    third = [pack_request(Op.DELETE, 5, b"/c")]
    assert seen == 2 * [pack_request(Op.DELETE, 1, b"/a")] + 2 * second + 2 * third, seen


EXAMPLE = (
    ("0100 0100 01000000 0000 0000 35000000"
     "0010000000000000 03000000 80010000 00000000 00000000 00000000 00000000 2f64656d6f",
     "0100 0100 01000000 0000 0100 28000000 0100000000000000 0010000000000000 ........ 03010000"),
    ("0100 0100 02000000 0000 0000 35000000"
     "0010000000000000 03000000 80010000 00000000 00000000 00000000 00000000 2f64656d6f",
     "0100 0100 02000000 0600 0000 10000000"),
    ("0100 0900 03000000 0000 0000 25000000 a0010000 01000000 e8030000 0100 0300 2f64656d6f",
     "0100 0900 03000000 0000 0000 10000000"),
    ("0100 0700 04000000 0000 0000 20000000 0000000000000000 00000000 00000000",
     "0100 0700 04000000 0b00 0000 10000000"),
    ("0100 0200 05000000 0000 0000 18000000 ........ 00000000",
     ""),
    ("0100 0300 06000000 0000 0000 15000000 2f64656d6f",
     "0100 0300 06000000 0000 0000 10000000"),
)


@point
def the_example_of_the_page_is_what_the_broker_says(broker):
    """Byte for byte, but for the handle, which may be any number."""
    handle = None
    with broker.connect() as connection:
        for request, expected in EXAMPLE:
            request = request.replace(" ", "").replace(8 * ".", handle or "")
            connection.socket.send(bytes.fromhex(request))
            if not expected:
                continue
            reply, descriptors, _, _ = socket.recv_fds(connection.socket, PAGE, 2)
            expected = expected.replace(" ", "")
            if 8 * "." in expected:
                handle = reply.hex()[64:72]
                expected = expected.replace(8 * ".", handle)
                descriptor, = descriptors
                check_descriptor(descriptor, PAGE)
                os.close(descriptor)
            assert reply.hex() == expected, reply.hex()


@point
def on_sigterm_the_broker_ends_with_status_0_and_all_connections_end(broker):
    with broker.connect() as connection, create(connection, "/a") as segment:
        with segment.map() as memory:
            assert broker.terminate() == 0
            try:
                connection.stat("/a")
            except (Broken, ConnectionResetError):
                pass
            else:
                raise AssertionError("somebody answered")
            memory[:] = bytes(PAGE)
