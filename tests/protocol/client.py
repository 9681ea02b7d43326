#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A client of prshmd, written from prshm-protocol(7) alone.

It is an example of how little a client needs: a socket, structs, and care with the descriptors that
come with replies. Whatever the broker sends is checked before it is used. A connection takes
one request at a time, so it belongs to one thread.

    with Connection() as broker, broker.open("/demo", 4096, Flag.CREATE) as segment:
        with segment.map() as memory:
            memory[:5] = b"hello"
"""

import array
import enum
import errno
import fcntl
import itertools
import mmap
import os
import select
import socket
import struct
import time
from typing import NamedTuple

VERSION = 1
MESSAGE_MAX = 4096
DESCRIPTORS_MAX = 64  # with a reply to OPEN_MANY; one with any other
SAME = 0xFFFFFFFF  # for set_owner: leave it as it is

# Little-endian, and "<" means without padding, too.
HEADER = struct.Struct("<HHIHHI")
ENTRY = struct.Struct("<IHH")
STATE = struct.Struct("<QQQQQIIIIHHIII")
OPEN_REQUEST = struct.Struct("<QIIIIII")
OPEN_REPLY = struct.Struct("<QQII")
LIST_REPLY = struct.Struct("<QII")
ANONYMOUS_REQUEST = struct.Struct("<QII")
ANONYMOUS_REPLY = struct.Struct("<QQQII")
TOKEN = struct.Struct("<QQ")
NUMBER = struct.Struct("<Q")
PAIR = struct.Struct("<II")
HOLDERS_REQUEST = struct.Struct("<QQII")
HOLDERS_REPLY = struct.Struct("<QII")
HOLDER = struct.Struct("<QQIIII")
USAGE = struct.Struct("<QQII")
STATUS_REPLY = struct.Struct("<QQQQQQQIIII")
COUNTER = struct.Struct("<QII")
OPEN_MANY_REQUEST = struct.Struct("<QII")
OUTCOME = struct.Struct("<QQIIII")
LENGTH = struct.Struct("<H")

FILL = 256  # in OPEN's access: whoever made the segment finds its memory, or takes it back
RING_SIZE = 4096
RING_PLACES = 512
# Of the ring's page, in numbers of 4 bytes:
RING_CLOSED, RING_SEEN, RING_QUIET, RING_CHANGES, RING_HANDLES = 0, 1, 2, 4, 16
SEALS_NEEDED = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW


class Op(enum.IntEnum):
    OPEN = 1
    CLOSE = 2
    DELETE = 3
    STAT = 4
    LIST = 5
    REOPEN = 6
    ANONYMOUS = 7
    REDEEM = 8
    SET_RIGHTS = 9
    SET_OWNER = 10
    EXPLAIN = 11
    HOLDERS = 12
    ACCOUNTS = 13
    STATUS = 14
    WATCH = 15
    OPEN_MANY = 16
    RING = 17
    TAKE_BACK = 18
    ORIGIN = 19
    STOP = 20
    HOLD = 21
    SIZE = 22
    CHANGE = 23
    RENAME = 24


REPLY_BODY = {Op.OPEN: OPEN_REPLY.size, Op.STAT: STATE.size, Op.LIST: LIST_REPLY.size,
              Op.ANONYMOUS: ANONYMOUS_REPLY.size, Op.REDEEM: OPEN_REPLY.size,
              Op.EXPLAIN: PAIR.size, Op.HOLDERS: HOLDERS_REPLY.size,
              Op.ACCOUNTS: PAIR.size, Op.STATUS: STATUS_REPLY.size,
              Op.WATCH: PAIR.size, Op.OPEN_MANY: PAIR.size, Op.HOLD: OPEN_REPLY.size,
              Op.SIZE: STATE.size}


class Status(enum.IntEnum):
    OK = 0
    VERSION = 1
    UNSUPPORTED = 2
    MALFORMED = 3
    INTERNAL = 4
    NOT_FOUND = 5
    EXISTS = 6
    DENIED = 7
    NOT_OWNER = 8
    BAD_NAME = 9
    NAME_TOO_LONG = 10
    BAD_SIZE = 11
    TOO_BIG = 12
    NO_RESOURCES = 13
    NO_MEMORY = 14
    BAD_RIGHTS = 15
    REFUSED = 16
    RESTARTED = 17
    SEALED = 18


# The broker was restarted, and has all it had: what is unanswered is to be sent again.
RESTARTED = HEADER.pack(VERSION, 0, 0, Status.RESTARTED, 0, HEADER.size)


class Flag(enum.IntFlag):
    CREATE = 1
    EXCL = 2
    READONLY = 4
    PREALLOCATE = 8
    NO_PREALLOCATE = 16
    HUGE = 32
    POSIX = 64
    TRUNCATE = 128
    VIEW = 512


class Lifetime(enum.IntEnum):
    DEFAULT = 0
    KEPT = 1
    UNTIL_UNUSED = 2


class Right(enum.IntFlag):
    READ = 1
    WRITE = 2
    DELETE = 4
    MANAGE = 8
    CREATE = 16


class Kind(enum.IntEnum):
    USER = 1
    GROUP = 2


class SegmentFlag(enum.IntFlag):
    ANONYMOUS = 1
    DELETED = 2


class Resource(enum.IntEnum):
    SEGMENTS = 1
    BYTES = 2
    CONNECTIONS = 3
    HANDLES = 4
    WATCHES = 5


class Limit(enum.IntEnum):
    NUMBER = 1
    SHARE = 2
    NONE = 3


class Counter(enum.IntEnum):
    REQUESTS = 1
    REFUSALS = 2
    OPENS = 3
    CREATIONS = 4
    DELETIONS = 5
    CLOSES = 6
    DENIALS = 7
    EXPIRIES = 8
    ACCEPTED = 9
    ENDED = 10
    RECORDS = 11
    COMPACTIONS = 12


class Entry(NamedTuple):
    id: int
    kind: int
    rights: int


class State(NamedTuple):
    """What STAT and LIST tell about a segment."""

    segment: int
    size: int
    used: int
    created: int
    opened: int
    uid: int
    gid: int
    mode: int
    holders: int
    lifetime: int
    flags: int
    linger: int
    entry_count: int
    name_length: int


class Holder(NamedTuple):
    since: int
    connection: int
    handle: int
    access: int
    pid: int
    uid: int


class Usage(NamedTuple):
    used: int
    limit: int
    resource: int
    kind: int


class Condition(NamedTuple):
    """What STATUS tells, but for the counters and the version."""

    started: int
    handed: int
    segments: int
    bytes: int
    connections: int
    handles: int
    users: int
    restarts: int
    keeper: int
    count: int
    reserved: int


class Refusal(Exception):
    """The broker answered, and not with OK."""

    def __init__(self, status):
        self.status = status
        known = status in Status._value2member_map_
        super().__init__(Status(status).name if known else f"status {status}")


class Broken(ConnectionError):
    """The broker broke the protocol, or went away."""


class Segment:
    """One open: a handle at the broker, and a descriptor, which is None without access."""

    def __init__(self, connection, number, size, handle, access, descriptor, token=None):
        self.connection = connection
        self.number = number
        self.size = size
        self.handle = handle
        self.access = access & 0xff
        self.is_to_be_filled = bool(access & FILL)
        self.descriptor = descriptor
        self.token = token

    def map(self):
        """The memory, writable if the client may write. It stays when the segment is closed."""
        return map_descriptor(self.descriptor, self.size, bool(self.access & Right.WRITE))

    def close(self):
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None
        if self.handle is not None:
            self.connection.close_handle(self.handle)
            self.handle = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def map_descriptor(descriptor, size, write):
    protection = mmap.PROT_READ | (mmap.PROT_WRITE if write else 0)
    return mmap.mmap(descriptor, size, mmap.MAP_SHARED, protection)


def check_descriptor(descriptor, size):
    """Without the seals somebody could shrink the memory, and a mapping would end in SIGBUS."""
    if fcntl.fcntl(descriptor, fcntl.F_GET_SEALS) & SEALS_NEEDED != SEALS_NEEDED:
        raise Broken("a descriptor without seals")
    if os.fstat(descriptor).st_size != size:
        raise Broken("a descriptor of another size")


def pack_entries(entries):
    return b"".join(ENTRY.pack(*entry) for entry in entries)


def pack_names(names, done):
    """As many of those that are not done as fit, and which these are."""
    room = MESSAGE_MAX - HEADER.size - OPEN_MANY_REQUEST.size
    batch = []
    tail = b""
    for index, name in enumerate(map(os.fsencode, names)):
        if index not in done:
            if len(tail) + LENGTH.size + len(name) > room:
                break
            batch.append(index)
            tail += LENGTH.pack(len(name)) + name
    return batch, tail


def pack_request(op, serial, payload=b""):
    return HEADER.pack(VERSION, op, serial, 0, 0, HEADER.size + len(payload)) + payload


def received_descriptors(control):
    descriptors = array.array("i")
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[:len(data) - len(data) % descriptors.itemsize])
    return descriptors.tolist()


def is_second_reply(message, serial):
    """To a request before this one, which was sent twice."""
    if len(message) < HEADER.size:
        return False
    version, op, its_serial, *_ = HEADER.unpack_from(message)
    return version == VERSION and op != 0 and bool((its_serial - serial) & 0x80000000)


def close_all(descriptors):
    for descriptor in descriptors:
        os.close(descriptor)


def check_reply(message, flags, op, serial):
    """Returns how many descriptors the reply says it has."""
    if flags & socket.MSG_TRUNC or len(message) < HEADER.size:
        raise Broken("no whole message")
    version, its_op, its_serial, status, fds, length = HEADER.unpack_from(message)
    # Before all else: the fields behind the serial are another version's own business.
    if version != VERSION:
        raise Refusal(Status.VERSION)
    if length != len(message):
        raise Broken("a message of another length than it says")
    if (its_op, its_serial) == (0, 0) and status != Status.OK:
        raise Refusal(status)  # of the connection as a whole
    if (its_op, its_serial) != (op, serial):
        raise Broken("the reply to another request")
    if status != Status.OK:
        raise Refusal(status)
    if len(message) < HEADER.size + REPLY_BODY.get(op, 0):
        raise Broken("a short body")
    return fds


class Ring:
    """Where handles are closed without a message. Python's stores are in order for a thread, and
    the system call in between is more than the fence that the page asks for."""

    def __init__(self, connection):
        self.connection = connection
        _, descriptor = connection.call(Op.RING)
        if descriptor is None:
            raise OSError(errno.EMFILE, "no room for the ring's descriptor")
        try:
            check_descriptor(descriptor, RING_SIZE)
            self.memory = mmap.mmap(descriptor, RING_SIZE, mmap.MAP_SHARED)
        finally:
            os.close(descriptor)
        self.numbers = memoryview(self.memory).cast("I")

    def close(self):
        self.numbers.release()
        self.memory.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def waiting(self):
        return (self.numbers[RING_CLOSED] - self.numbers[RING_SEEN]) & 0xFFFFFFFF

    def put(self, handle):
        """Returns whether the broker is to be told."""
        closed = self.numbers[RING_CLOSED]
        self.numbers[RING_HANDLES + closed % RING_PLACES] = handle
        self.numbers[RING_CLOSED] = (closed + 1) & 0xFFFFFFFF
        os.getppid()
        return self.numbers[RING_QUIET] == 0

    def close_handle(self, handle):
        if self.waiting() == RING_PLACES:
            self.connection.list_page()  # any request
        if self.waiting() >= RING_PLACES:
            raise Broken("a full ring that stays so")
        if self.put(handle):
            self.connection.close_handle(handle)


class Connection:
    def __init__(self, path=None, timeout=None):
        """Where there is neither a path nor PRSHM_SOCKET it is the host's broker."""
        path = path or os.environ.get("PRSHM_SOCKET") or "/run/prshm/broker.sock"
        self.serials = itertools.count(1)
        self.unanswered = []  # messages sent since the last reply
        self.timeout = timeout
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.socket.settimeout(timeout)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, op, payload=b""):
        serial = next(self.serials) & 0xFFFFFFFF
        self.unanswered.append(pack_request(op, serial, payload))
        try:
            self.socket.settimeout(self.timeout)
            self.socket.send(self.unanswered[-1], socket.MSG_NOSIGNAL)
        except BrokenPipeError:
            pass  # the reason may be there to be received
        except OSError:
            self.close()
            raise
        return serial

    def _await_reply(self, serial):
        """However often the broker is restarted, it takes no longer than the time-out."""
        end = None if self.timeout is None else time.monotonic() + self.timeout
        restarted = False
        while True:
            if end is not None:
                self.socket.settimeout(max(end - time.monotonic(), 0.001))
            # All that has come is read first: one time is enough for several restarts.
            if restarted and not select.select([self.socket], [], [], 0)[0]:
                restarted = False
                for message in self.unanswered:
                    self.socket.send(message, socket.MSG_NOSIGNAL)
            message, control, flags = self._receive_message()
            descriptors = received_descriptors(control)
            if message == RESTARTED and not descriptors:
                restarted = True
            elif is_second_reply(message, serial):
                close_all(descriptors)
            else:
                self.unanswered.clear()
                return message, descriptors, flags
            if end is not None and time.monotonic() >= end:
                raise TimeoutError("the broker does not come to the point")

    def receive(self, op, serial):
        """Returns the reply behind its header, and its descriptor or None."""
        reply, descriptors = self.receive_all(op, serial)
        return reply, descriptors[0] if descriptors else None

    def receive_all(self, op, serial):
        """Returns the reply behind its header, and a list of descriptors."""
        descriptors = []
        try:
            message, descriptors, flags = self._await_reply(serial)
            fds = check_reply(message, flags, op, serial)
            if len(descriptors) > fds or fds > (DESCRIPTORS_MAX if op == Op.OPEN_MANY else 1):
                raise Broken("more descriptors than the reply says")
        except (Refusal, OSError) as error:
            close_all(descriptors)
            # After a time-out, or any nonsense, the next reply could be a late one.
            if not isinstance(error, Refusal) or error.status == Status.VERSION:
                self.close()
            raise
        return message[HEADER.size:], descriptors

    def _receive_message(self):
        room = socket.CMSG_SPACE(DESCRIPTORS_MAX * struct.calcsize("i"))
        wanted = (MESSAGE_MAX, room, socket.MSG_CMSG_CLOEXEC)
        try:
            message, control, flags, _ = self.socket.recvmsg(*wanted)
        except ConnectionResetError:  # comes once, before what is still to be received
            message, control, flags, _ = self.socket.recvmsg(*wanted)
        if not message:
            raise Broken("the broker closed the connection")
        return message, control, flags

    def call(self, op, body=b"", tail=b""):
        return self.receive(op, self.send(op, body + tail))

    def open(self, name, size=0, flags=0, mode=0o600, lifetime=Lifetime.DEFAULT, linger=0,
             entries=()):
        body = OPEN_REQUEST.pack(size, flags, mode, lifetime, linger, len(entries), 0)
        tail = pack_entries(entries) + os.fsencode(name)
        return self._opened(*self.call(Op.OPEN, body, tail))

    def _opened(self, reply, descriptor):
        number, size, handle, access = OPEN_REPLY.unpack_from(reply)
        return self._checked(Segment(self, number, size, handle, access, descriptor))

    def _checked(self, segment):
        try:
            if segment.descriptor is not None:
                check_descriptor(segment.descriptor, segment.size)
            elif segment.access:
                raise OSError(errno.EMFILE, "no room for the segment's descriptor")
        except OSError:
            segment.close()
            raise
        return segment

    def open_many(self, names, size=0, flags=0):
        """Returns for each name its Segment, or the Refusal or OSError that open() would raise."""
        results = {}
        while len(results) < len(names):
            batch, tail = pack_names(names, results)
            body = OPEN_MANY_REQUEST.pack(size, flags, len(batch))
            self._take_many(batch, results, *self.receive_all(
                Op.OPEN_MANY, self.send(Op.OPEN_MANY, body + tail)))
        return [results[index] for index in range(len(names))]

    def _take_many(self, batch, results, reply, descriptors):
        count, _ = PAIR.unpack_from(reply)
        outcomes = list(OUTCOME.iter_unpack(reply[PAIR.size:]))
        if not 0 < count <= len(batch) or count != len(outcomes):
            close_all(descriptors)
            raise Broken("not the outcomes that it counts")
        for index, (number, size, handle, access, status, _) in zip(batch, outcomes):
            if status not in (Status.OK, Status.RESTARTED):
                results[index] = Refusal(status)
            elif status == Status.OK:
                descriptor = descriptors.pop(0) if descriptors else None
                try:
                    results[index] = self._checked(
                        Segment(self, number, size, handle, access, descriptor))
                except OSError as error:
                    results[index] = error
        close_all(descriptors)

    def close_handle(self, handle):
        """Has no reply. A connection that has ended has closed it already."""
        if self.socket.fileno() >= 0:
            self.send(Op.CLOSE, PAIR.pack(handle, 0))

    def take_back(self, handle):
        """Closes it, and the name of the segment goes, which was made by it."""
        self.call(Op.TAKE_BACK, PAIR.pack(handle, 0))

    def delete(self, name):
        self.call(Op.DELETE, tail=os.fsencode(name))

    def stat(self, name):
        """Returns its State, and its entries."""
        reply, _ = self.call(Op.STAT, tail=os.fsencode(name))
        state = State(*STATE.unpack_from(reply))
        tail = reply[STATE.size:]
        if len(tail) != state.entry_count * ENTRY.size:
            raise Broken("a STAT without its entries")
        return state, [Entry(*fields) for fields in ENTRY.iter_unpack(tail)]

    def list_page(self, after=0, prefix=b""):
        """Returns where the next page begins, or 0, and pairs of State and name."""
        reply, _ = self.call(Op.LIST, NUMBER.pack(after), os.fsencode(prefix))
        following, count, _ = LIST_REPLY.unpack_from(reply)
        page = []
        at = LIST_REPLY.size
        for _ in range(count):
            if at + STATE.size > len(reply):
                raise Broken("a page that ends early")
            state = State(*STATE.unpack_from(reply, at))
            at += STATE.size + state.name_length
            if at > len(reply):
                raise Broken("a page that ends early")
            page.append((state, reply[at - state.name_length:at]))
        return following, page

    def list(self, prefix=b""):
        after, page = self.list_page(0, prefix)
        yield from page
        while after:
            after, page = self.list_page(after, prefix)
            yield from page

    def reopen(self, number, size):
        """Returns a read-only descriptor, which is the caller's to close."""
        _, descriptor = self.call(Op.REOPEN, NUMBER.pack(number))
        if descriptor is None:
            raise OSError(errno.EMFILE, "no room for the segment's descriptor")
        try:
            check_descriptor(descriptor, size)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def anonymous(self, size, readonly=False):
        """A segment without a name; its token is for another's redeem()."""
        reply, descriptor = self.call(Op.ANONYMOUS, ANONYMOUS_REQUEST.pack(size, readonly, 0))
        number, high, low, handle, access = ANONYMOUS_REPLY.unpack_from(reply)
        return self._checked(Segment(self, number, size, handle, access, descriptor, (high, low)))

    def redeem(self, token):
        return self._opened(*self.call(Op.REDEEM, TOKEN.pack(*token)))

    def set_rights(self, name, mode, entries=()):
        tail = pack_entries(entries) + os.fsencode(name)
        self.call(Op.SET_RIGHTS, PAIR.pack(mode, len(entries)), tail)

    def set_owner(self, name, uid=SAME, gid=SAME):
        self.call(Op.SET_OWNER, PAIR.pack(uid, gid), os.fsencode(name))

    def explain(self, name, right, user=()):
        """Returns whether the client has the right, and a sentence that says why; or whether
        another has, whose ids user are: a uid, a gid, and any more gids."""
        kinds = itertools.chain([Kind.USER], itertools.repeat(Kind.GROUP))
        entries = [Entry(number, kind, 0) for number, kind in zip(user, kinds)]
        tail = pack_entries(entries) + os.fsencode(name)
        reply, _ = self.call(Op.EXPLAIN, PAIR.pack(right, len(entries)), tail)
        allowed, _ = PAIR.unpack_from(reply)
        return bool(allowed), os.fsdecode(reply[PAIR.size:])

    def holders(self, number):
        """The handles of a segment, page after page."""
        connection = handle = 0
        while True:
            body = HOLDERS_REQUEST.pack(number, connection, handle, 0)
            reply, _ = self.call(Op.HOLDERS, body)
            connection, handle, count = HOLDERS_REPLY.unpack_from(reply)
            tail = reply[HOLDERS_REPLY.size:]
            if len(tail) != count * HOLDER.size:
                raise Broken("a page without its holders")
            yield from (Holder(*fields) for fields in HOLDER.iter_unpack(tail))
            if connection == 0:
                return

    def accounts(self, uid=0, only=False):
        """Pairs of a uid and the Usages of that user, page after page."""
        while uid != SAME:
            reply, _ = self.call(Op.ACCOUNTS, PAIR.pack(uid, only))
            uid, count = PAIR.unpack_from(reply)
            at = PAIR.size
            for _ in range(count):
                whose, usages = PAIR.unpack_from(reply, at)
                at += PAIR.size
                end = at + usages * USAGE.size
                yield whose, [Usage(*fields) for fields in USAGE.iter_unpack(reply[at:end])]
                at = end

    def status(self):
        """Returns the Condition, the counters by (counter, of), and the version."""
        reply, _ = self.call(Op.STATUS)
        condition = Condition(*STATUS_REPLY.unpack_from(reply))
        end = STATUS_REPLY.size + condition.count * COUNTER.size
        counters = {(counter, of): value for value, counter, of
                    in COUNTER.iter_unpack(reply[STATUS_REPLY.size:end])}
        return condition, counters, reply[end:].split(b"\0")[0].decode("ascii")
