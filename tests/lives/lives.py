#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random lives against a second opinion: the same random steps by several users on a real broker,
which is killed in between, and on model.py, which was written from the manual. Every answer must be
the same.

    lives.py [--steps=N] [--seed=N] [--kill-every=N] [--daemon=PATH]

A life has up to 20,000 steps. A seed gives the same steps again; LIVES_VERBOSE=1 tells each. Only
the instants at which segments go with time differ. Needs root, to be several users."""

import argparse
import fcntl
import mmap
import os
import random
import signal
import struct
import sys
import tempfile
import time

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "protocol"))
sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from client import (ANONYMOUS_REPLY, ANONYMOUS_REQUEST, HEADER, NUMBER, OPEN_REPLY, OPEN_REQUEST,
                    PAIR, SAME, SEALS_NEEDED, TOKEN, Broken, Connection, Entry, Flag, Kind,
                    Lifetime, Op, Refusal, Resource, Right, Status, pack_entries, pack_request)
from model import Config, Model, Rule, User
from unsized import UnsizedSteps
from world import World

PATIENCE = 120
SOON = 20  # seconds
OWN_HANDLE = 1 << 63
TIME_MARGIN = 0.05  # seconds: no step begins as close as that before a segment may go

USERS = (User(0, 0), User(1001, 1001, (2001,)), User(1002, 1002, (2001, 2002)), User(1003, 1003),
         User(1004, 2002))
CONFIG = Config(
    rules=(
        Rule("/run/user/%u"), Rule("/home/%u"),
        Rule("/few", users=(1001,), max_mode=0o640),
        Rule("/few/open"),
        Rule("/brief", lifetime=Lifetime.UNTIL_UNUSED, linger=1),
        Rule("/given", owner=1003, group=2002,
             rights=(Entry(1001, Kind.USER, 3), Entry(2001, Kind.GROUP, 5))),
        Rule("/own", groups=(2001,), linger=1),
    ),
    segment_bytes=1 << 16,
    limits={"segments": 9, "bytes": 96 * 1024, "connections": 3, "handles": 400},
    own_limits={1002: {"segments": 4, "bytes": 5 * 4096}, 1004: {"handles": 5}})
NAMES = (b"/a", b"/b", b"/c", b"/a/b", b"/few/x", b"/few", b"/few/open/x", b"/brief/x", b"/brief/y",
         b"/given/x", b"/given/y", b"/own/x", b"/home/1001/x", b"/home/1002", b"/run/user/1003/x")
BAD_NAMES = (b"", b"/", b"a", b"/a/", b"/a//b", b"/../a", b"/" + 256 * b"x", b"/" + 1023 * b"x")
SIZES = (1, 100, 4095, 4096, 4097, 8192, 20480, 40000)
BAD_SIZES = (0, (1 << 16) + 1, 1 << 62)
MODES = (0o600, 0o644, 0o640, 0o660, 0o666, 0o400, 0o000, 0o604, 0o066)
GIDS = (0, 1001, 1002, 1003, 2001, 2002, 4242)


class Difference(AssertionError):
    """Broker and model do not agree."""


class Client:
    """A connection at the broker, and its like in the model."""

    def __init__(self, link, peer):
        self.link, self.peer = link, peer
        peer.count_parked = self.count_parked
        self.page = None     # of the ring
        self.parked = {}     # handle: the name and the READONLY flag that it was opened with
        self.opened_by = {}  # the same, of open handles
        self.views = {}      # by handle: the page's count of changes, and the segment as told then
        # The last message, what is the same in each reply to it, and how often a broker had been
        # killed by then. None: it is not known which broker has replied.
        self.last = None

    def count_parked(self):
        """Those that the broker has not swept."""
        return sum(not self.page.bits(handle)[1] for handle in self.parked)

    def close(self):
        self.link.close()
        if self.page:
            self.page.close()


class Lives(UnsizedSteps):
    MODES = MODES

    def __init__(self, world, seed):
        self.world, self.seed = world, seed
        self.random = random.Random(seed)
        self.model = Model(CONFIG)
        self.clients = []
        self.kills_now = False  # with the next request under way
        self.number = 0
        self.what = ""
        self.verbose = bool(os.environ.get("LIVES_VERBOSE"))
        self.watcher = self.connect(USERS[0])  # asks how the broker is
        self.counts = {}

    # Helpers

    def agree(self, here, there, what):
        if here != there:
            raise Difference(f"{self.what}: {what}: the broker says {there!r}, the model {here!r}")

    def call(self, client, op, payload=b""):
        """Returns the status, the reply behind its header, and descriptors."""
        client.last = None
        kills = self.world.kills
        status, reply, descriptors = Status.OK, b"", []
        try:
            serial = client.link.send(op, payload)
            if self.kills_now:
                self.kills_now = False
                self.world.kill_broker()
            reply, descriptors = client.link.receive_all(op, serial)
        except Refusal as refusal:
            status = Status(refusal.status)
        if kills == self.world.kills:
            client.last = (op, payload, serial, status, reply, kills)
        return status, reply, descriptors

    def begin(self):
        """Lets go what is due, and waits where it is not clear whether that is so."""
        while True:
            now = time.monotonic()
            near = [until for since, until, _ in self.model.deadlines()
                    if since - TIME_MARGIN <= now <= until]
            if not near:
                break
            time.sleep(max(0, max(near) - now) + 0.001)
        due = [segment for _, until, segment in self.model.deadlines() if until < now]
        for segment in due:
            self.model.expire(segment)
        if due:
            self.settle("segments that have no time left", "segments", len(self.model.segments))
        self.began = now

    def is_late(self):
        """Something may have gone while the step ran: then an answer tells nothing."""
        return any(since <= time.monotonic() for since, _, _ in self.model.deadlines())

    def pick(self):
        client = self.random.choice(self.clients)
        client.last = None
        return client

    def pick_name(self):
        if self.random.random() < 0.03:
            return self.random.choice(BAD_NAMES)
        return self.random.choice(NAMES)

    def pick_entries(self):
        count = self.random.choice((0, 0, 0, 1, 1, 2, 3))
        entries = []
        for _ in range(count):
            kind = self.random.choice((Kind.USER, Kind.GROUP))
            number = self.random.choice(GIDS)
            entries.append(Entry(number, kind, self.random.randrange(16)))
        if self.random.random() < 0.02:
            entries.append(Entry(self.random.choice((SAME, 1)), self.random.choice((0, 3, 1)),
                                 self.random.choice((1, 16))))
        return entries

    def pick_handle(self, client):
        handles = list(client.peer.handles)
        if handles and self.random.random() < 0.95:
            return self.random.choice(handles)
        return self.random.randrange(64, 70)

    def see_descriptor(self, descriptor, segment, access, is_new=False):
        """Seals, size, what it can do, and that it is this segment's memory."""
        try:
            seals = fcntl.fcntl(descriptor, fcntl.F_GET_SEALS)
            self.agree(SEALS_NEEDED if segment.sealed else 0, seals & SEALS_NEEDED, "seals")
            self.agree(segment.size, os.fstat(descriptor).st_size, "size")
            writes = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
            self.agree(bool(access & Right.WRITE), writes, "a descriptor that writes")
            if segment.size < 8:
                return
            if is_new:
                self.agree(bytes(8), os.pread(descriptor, 8, 0), "fresh memory")
                segment.mark = None
            if writes and segment.mark is None:
                segment.mark = struct.pack("<Q", self.random.getrandbits(63) | 1)
                with mmap.mmap(descriptor, 0) as memory:
                    memory[:8] = segment.mark
            self.agree(segment.mark or bytes(8), os.pread(descriptor, 8, 0), "contents")
        finally:
            os.close(descriptor)

    def check_opened(self, client, segment, access, fill, handle, reply_access, descriptors,
                     is_new):
        self.agree(int(access) | (256 if fill else 0), reply_access, "access")
        self.agree(1 if access else 0, len(descriptors), "descriptors")
        if access:
            self.see_descriptor(descriptors[0], segment, access, is_new)

    def free_handle(self, client, handle):
        """The broker gives no number twice; but what is parked may be swept and given again."""
        if handle in client.peer.handles:
            raise Difference(f"{self.what}: handle {handle} is given twice")
        client.parked.pop(handle, None)
        client.peer.parked.pop(handle, None)

    # Steps

    def connect(self, user):
        link = self.world.connect(user, PATIENCE)
        peer = self.model.connect(user)
        if peer is None:
            try:
                link.list_page()
                raise Difference(f"{self.what}: a connection too many")
            except Refusal as refusal:
                self.agree(Status.NO_RESOURCES, refusal.status, "a refused connection")
            link.close()
            self.settle_connections()
            return None
        link.list_page()
        return Client(link, peer)

    def settle_connections(self):
        """The broker reads the end of a connection in its own time."""
        self.settle("connections that have ended", "connections", len(self.model.peers))

    def settle(self, what, field, expected):
        """What the broker does by itself comes about soon."""
        end = time.monotonic() + SOON
        while getattr(self.watcher.link.status()[0], field) != expected:
            if time.monotonic() > end:
                raise Difference(f"after {self.what}: {what} do not go")
            time.sleep(0.002)

    def step_connect(self):
        user = self.random.choice(USERS)
        client = self.connect(user)
        if client:
            self.clients.append(client)

    def step_disconnect(self):
        if len(self.clients) < 3:
            return
        client = self.pick()
        self.clients.remove(client)
        before = time.monotonic()
        client.close()
        peer = client.peer
        self.model.peers.discard(peer)
        self.settle_connections()
        self.model.peers.add(peer)
        self.model.disconnect(peer, before, time.monotonic())

    def ask_open(self, client, expected, options, entries, name):
        """OPEN with the status that is expected. What the reply has, and descriptors; None: it was
        refused."""
        body = OPEN_REQUEST.pack(*options, len(entries), 0)
        status, reply, descriptors = self.call(client, Op.OPEN, body + pack_entries(entries) + name)
        self.agree(expected, status, "status")
        if status != Status.OK:
            return None
        number, size, handle, access = OPEN_REPLY.unpack_from(reply)
        self.free_handle(client, handle)
        self.tail = reply[OPEN_REPLY.size:]
        return number, size, handle, access, descriptors

    def step_open(self):
        client = self.pick()
        name, entries = self.pick_name(), self.pick_entries()
        flags = self.random.choice((0, 0, 1, 1, 1, 2, 3, 3, 4, 5, 9, 25, 13))
        size = self.random.choice(BAD_SIZES if self.random.random() < 0.05 else SIZES)
        if not flags & Flag.CREATE and self.random.random() < 0.7:
            size = 0
        mode = self.random.choice(MODES)
        lifetime = self.random.choice((0, 0, 1, 2, 2)) if self.random.random() < 0.98 else 3
        linger = self.random.choice((0, 0, 0, 1))
        model, peer = self.model, client.peer
        self.what = f"OPEN {name!r} flags {flags} size {size} by {peer.user.uid}"
        expected = model.judge(peer, name, size, flags, lifetime, entries)
        numbers = (size, flags, mode, lifetime, linger)
        opened = self.ask_open(client, expected, numbers, entries, name)
        if opened is None:
            return
        number, its_size, handle, access, descriptors = opened
        is_new = model.find(name) is None
        if is_new and number <= model.last_number:
            raise Difference(f"{self.what}: number {number} was given before")
        segment, may, fill = model.open(peer, name, *numbers, entries, number, handle)
        self.agree((segment.number, segment.size), (number, its_size), "which segment")
        if is_new:
            segment.mark = None
        self.check_opened(client, segment, may, fill, handle, access, descriptors, is_new)
        client.opened_by[handle] = (name, flags & Flag.READONLY)

    def step_open_many(self):
        client = self.pick()
        names = [self.pick_name() for _ in range(self.random.randrange(1, 4))]
        flags = self.random.choice((0, 0, 4))
        size = self.random.choice((0, 0, 1, 8192))
        self.what = f"OPEN_MANY {names} flags {flags} by {client.peer.user.uid}"
        results = client.link.open_many([os.fsdecode(name) for name in names], size, flags)
        for name, result in zip(names, results):
            expected = self.model.judge_open(client.peer, name, size, 0)
            if isinstance(result, Refusal):
                self.agree(expected, result.status, f"status of {name!r}")
                continue
            if isinstance(result, OSError):
                raise result
            self.agree(expected, Status.OK, f"status of {name!r}")
            self.free_handle(client, result.handle)
            segment, may, _ = self.model.open(client.peer, name, size, flags, 0, 0, 0, (), 0,
                                              result.handle)
            self.agree(segment.number, result.number, "which segment")
            self.check_opened(client, segment, may, False, result.handle, int(result.access),
                              [result.descriptor], False)
            client.opened_by[result.handle] = (name, flags & Flag.READONLY)

    def forget(self, client, handle, before):
        client.opened_by.pop(handle, None)
        self.model.close(client.peer, handle, before, time.monotonic())

    def step_close(self):
        """By the ring where there is one, as the page demands; else by a message."""
        client = self.pick()
        handle = self.pick_handle(client)
        self.what = f"CLOSE {handle} by {client.peer.user.uid}"
        before = time.monotonic()
        told = client.page is None or client.page.put(handle)
        if told:
            client.link.close_handle(handle)
            # With the reply it is certain that the broker has read it.
            client.link.list_page(1 << 62)
        self.forget(client, handle, before)

    def step_ring(self):
        client = self.pick()
        if client.page is None:
            client.page = self.world.ring(client.link)
            client.last = None

    def step_park(self):
        client = self.pick()
        handle = self.pick_handle(client)
        if client.page is None or handle not in client.opened_by:
            return
        if client.peer.user.uid in CONFIG.own_limits:
            return  # where limits are near, which are swept counts, and only the pages tell
        self.what = f"park {handle} by {client.peer.user.uid}"
        segment = client.peer.handles[handle].segment
        if not client.page.park(handle):
            return
        if (not segment.named or segment.linger or segment.lifetime != Lifetime.KEPT):
            raise Difference(f"{self.what}: what depends on its holders may be parked")
        client.parked[handle] = (*client.opened_by.pop(handle), segment.number)
        # For everybody else it is closed; the broker goes on with it, and the user pays.
        held = client.peer.handles.pop(handle)
        del segment.handles[client.peer, handle]
        client.peer.parked[handle] = held

    def step_take_back(self):
        """A parked handle: as good as an OPEN of the name would be now."""
        client = self.pick()
        if not client.parked:
            return
        handle = self.random.choice(list(client.parked))
        name, readonly, number = client.parked.pop(handle)
        held = client.peer.parked.pop(handle)
        self.what = f"take {handle} back, {name!r} by {client.peer.user.uid}"
        if not client.page.take_back(handle):
            return
        segment = self.model.find(name)
        if segment is None or segment.number != number:
            raise Difference(f"{self.what}: it is not that name's any more")
        self.agree(self.model.access(client.peer.user, segment, readonly), held.access, "access")
        client.peer.handles[handle] = segment.handles[client.peer, handle] = held
        client.opened_by[handle] = (name, readonly)

    def step_anonymous(self):
        client = self.pick()
        size = self.random.choice(BAD_SIZES if self.random.random() < 0.1 else SIZES)
        readonly = self.random.randrange(2)
        self.what = f"ANONYMOUS {size} by {client.peer.user.uid}"
        expected = self.model.judge_anonymous(client.peer, size)
        body = ANONYMOUS_REQUEST.pack(size, readonly, 0)
        status, reply, descriptors = self.call(client, Op.ANONYMOUS, body)
        self.agree(expected, status, "status")
        if status != Status.OK:
            return
        number, high, low, handle, access = ANONYMOUS_REPLY.unpack_from(reply)
        self.free_handle(client, handle)
        self.model.anonymous(client.peer, size, readonly, number, handle, (high, low))
        segment = self.model.segments[number]
        segment.mark = None
        self.model.last_number = number
        self.check_opened(client, segment, client.peer.handles[handle].access, False, handle,
                          access, descriptors, True)

    def step_redeem(self):
        client = self.pick()
        tokens = [s.token for s in self.model.segments.values() if s.token]
        token = self.random.choice(tokens) if tokens else (1, 2)
        self.what = f"REDEEM by {client.peer.user.uid}"
        expected, segment = self.model.judge_redeem(client.peer, token)
        status, reply, descriptors = self.call(client, Op.REDEEM, TOKEN.pack(*token))
        self.agree(expected, status, "status")
        if status != Status.OK:
            return
        number, _, handle, access = OPEN_REPLY.unpack_from(reply)
        self.free_handle(client, handle)
        self.agree(segment.number, number, "which segment")
        self.model.hold(client.peer, handle, segment, self.model.access(client.peer.user, segment))
        self.check_opened(client, segment, client.peer.handles[handle].access, False, handle,
                          access, descriptors, False)

    def step_delete(self):
        client, name = self.pick(), self.pick_name()
        self.what = f"DELETE {name!r} by {client.peer.user.uid}"
        expected = self.model.delete(client.peer, name)
        self.agree(expected, self.call(client, Op.DELETE, name)[0], "status")

    def step_rename(self):
        client, name, new = self.pick(), self.pick_name(), self.pick_name()
        keep = self.random.random() < 0.3
        self.what = f"RENAME {name!r} {new!r} keep {keep} by {client.peer.user.uid}"
        expected = self.model.rename(client.peer, name, new, keep)
        status, _, _ = self.call(client, Op.RENAME, PAIR.pack(keep, len(name)) + name + new)
        self.agree(expected, status, "status")

    def step_give_back(self):
        client = self.pick()
        handle = self.pick_handle(client)
        self.what = f"TAKE_BACK {handle} by {client.peer.user.uid}"
        before = time.monotonic()
        status, _, _ = self.call(client, Op.TAKE_BACK, PAIR.pack(handle, 0))
        client.opened_by.pop(handle, None)
        expected = self.model.take_back(client.peer, handle, before, time.monotonic())
        self.agree(expected, status, "status")

    def step_stat(self):
        client, name = self.pick(), self.pick_name()
        self.what = f"STAT {name!r} by {client.peer.user.uid}"
        expected, state = self.model.stat(client.peer, name)
        try:
            its, entries = client.link.stat(os.fsdecode(name))
        except Refusal as refusal:
            self.agree(expected, refusal.status, "status")
            return
        self.agree(expected, Status.OK, "status")
        self.agree(state, self.fields(its), "state")
        self.agree(self.model.find(name).entries, {(e.kind, e.id): e.rights for e in entries},
                   "entries")

    @staticmethod
    def fields(state):
        return (state.segment, state.size, state.uid, state.gid, state.mode, state.holders,
                state.lifetime, state.flags, state.linger, state.entry_count)

    def step_list(self):
        client = self.pick()
        prefix = self.random.choice((b"", b"", b"/a", b"/few", b"/home/"))
        self.what = f"LIST {prefix!r} by {client.peer.user.uid}"
        theirs = [(name, *self.fields(state)) for state, name in client.link.list(prefix)]
        self.agree(self.model.list(client.peer, prefix), theirs, "list")

    def step_reopen(self):
        client = self.pick()
        numbers = list(self.model.segments) or [1]
        number = (self.random.choice(numbers) if self.random.random() < 0.9
                  else self.model.last_number + 5)
        self.what = f"REOPEN {number} by {client.peer.user.uid}"
        expected = self.model.judge_reopen(client.peer, number)
        status, _, descriptors = self.call(client, Op.REOPEN, NUMBER.pack(number))
        self.agree(expected, status, "status")
        if status == Status.OK:
            self.see_descriptor(descriptors[0], self.model.segments[number], Right.READ)

    def step_reopen_handle(self):
        client = self.pick()
        handle = self.pick_handle(client)
        held = client.peer.handles.get(handle)
        if held is not None and (not held.access or handle not in client.opened_by):
            return  # where no descriptor came, or one for a size to come
        self.what = f"REOPEN of handle {handle} by {client.peer.user.uid}"
        status, _, descriptors = self.call(client, Op.REOPEN, NUMBER.pack(OWN_HANDLE | handle))
        self.agree(Status.OK if held else Status.NOT_FOUND, status, "status")
        if held:
            self.see_descriptor(descriptors[0], held.segment, held.access)

    def step_set_rights(self):
        client, name, entries = self.pick(), self.pick_name(), self.pick_entries()
        mode = self.random.choice((*MODES, 0o1000))
        self.what = f"SET_RIGHTS {name!r} {mode:o} {entries} by {client.peer.user.uid}"
        expected = self.model.set_rights(client.peer, name, mode, entries)
        payload = PAIR.pack(mode, len(entries)) + pack_entries(entries) + name
        self.agree(expected, self.call(client, Op.SET_RIGHTS, payload)[0], "status")

    def step_set_owner(self):
        client, name = self.pick(), self.pick_name()
        uid = self.random.choice((SAME, SAME, 1001, 1002, 1003, 1004))
        gid = self.random.choice((SAME, *GIDS))
        self.what = f"SET_OWNER {name!r} {uid} {gid} by {client.peer.user.uid}"
        expected = self.model.set_owner(client.peer, name, uid, gid)
        status, _, _ = self.call(client, Op.SET_OWNER, PAIR.pack(uid, gid) + name)
        self.agree(expected, status, "status")

    def step_explain(self):
        client, name = self.pick(), self.pick_name()
        right = self.random.choice((1, 2, 4, 8, 16, 3))
        self.what = f"EXPLAIN {name!r} {right} by {client.peer.user.uid}"
        expected, allowed = self.model.explain(client.peer, name, right)
        status, reply, _ = self.call(client, Op.EXPLAIN, PAIR.pack(right, 0) + name)
        self.agree(expected, status, "status")
        if status == Status.OK:
            text = reply[PAIR.size:].decode("ascii")
            self.agree(allowed, bool(PAIR.unpack_from(reply)[0]), f"allowed ({text})")

    def step_holders(self):
        client = self.pick()
        number = self.random.choice(list(self.model.segments) or [1])
        self.what = f"HOLDERS {number} by {client.peer.user.uid}"
        expected, holders = self.model.holders(client.peer, number)
        try:
            theirs = sorted((h.uid, h.handle, h.access) for h in client.link.holders(number))
        except Refusal as refusal:
            self.agree(expected, refusal.status, "status")
            return
        self.agree(expected, Status.OK, "status")
        self.agree(holders, theirs, "holders")

    def step_accounts(self):
        client = self.pick()
        uid = client.peer.user.uid
        self.what = f"ACCOUNTS of {uid}"
        usages = {whose: usages for whose, usages in client.link.accounts(uid, True)}[uid]
        theirs = {Resource(u.resource).name.lower(): u.used for u in usages if u.resource in
                  (Resource.SEGMENTS, Resource.BYTES, Resource.CONNECTIONS, Resource.HANDLES)}
        ours = self.model.account(uid)
        if any(c.parked for c in self.clients if c.peer.user.uid == uid):
            # Which of them are swept, only the pages tell.
            theirs.pop("handles"), ours.pop("handles")
        self.agree(ours, theirs, "what is used")

    def step_status(self):
        self.what = "STATUS"
        its = self.watcher.link.status()[0]
        self.agree(self.model.totals(),
                   (its.segments, its.bytes, its.connections, its.handles, its.users),
                   "segments, bytes, connections, handles, users")

    READING = (Op.STAT, Op.LIST, Op.REOPEN, Op.EXPLAIN, Op.HOLDERS, Op.ACCOUNTS, Op.STATUS)

    def step_again(self):
        """
        The last message once more, with the serial that it had: it is done once, and has one reply
        of each broker.
        """
        client = self.random.choice(self.clients)
        if client.last is None:
            return
        op, payload, serial, status, reply, kills = client.last
        if op in self.READING or op == Op.TAKE_BACK:
            return
        client.last = None
        self.what = f"{Op(op).name} again, by {client.peer.user.uid}"
        handle = OPEN_REPLY.unpack_from(reply)[2] if reply and op in (Op.OPEN, Op.REDEEM) else None
        if handle is not None and handle not in client.peer.handles:
            return
        client.link.socket.send(pack_request(op, serial, payload))
        if kills == self.world.kills:
            client.link.send(Op.STATUS)
            self.agree(Op.STATUS, HEADER.unpack_from(client.link.socket.recv(4096))[1],
                       "operation that is replied to")
            client.link.unanswered.clear()
            return
        client.link.unanswered.append(pack_request(op, serial, payload))
        try:
            theirs, descriptors = client.link.receive_all(op, serial)
            its_status = Status.OK
        except Refusal as refusal:
            its_status, theirs, descriptors = refusal.status, None, []
        for descriptor in descriptors:
            os.close(descriptor)
        self.agree(status, its_status, "status")
        if handle is not None:
            self.agree(handle, OPEN_REPLY.unpack_from(theirs)[2], "handle")

    def step_kill(self):
        """At rest, or with the next request under way."""
        self.what = "kill"
        if self.random.random() < 0.5:
            self.kills_now = True
            self.step_open()
            self.kills_now = False
        else:
            self.world.kill_broker()
        self.await_keeper()

    def step_kill_keeper(self):
        self.what = "kill of the keeper"
        self.world.kill_keeper()
        self.await_keeper()

    def await_keeper(self):
        """Only then all that there is would survive the next kill."""
        end = time.monotonic() + PATIENCE
        while self.watcher.link.status()[0].keeper != 1:
            if time.monotonic() > end:
                raise Difference("no keeper comes")
            time.sleep(0.005)

    STEPS = (("open", 300), ("open_posix", 90), ("size", 70), ("view", 60), ("hold", 20),
             ("open_many", 40), ("close", 160), ("ring", 6), ("park", 60), ("take_back", 60),
             ("anonymous", 30), ("redeem", 20), ("delete", 70), ("rename", 50), ("give_back", 10),
             ("stat", 60), ("list", 25), ("reopen", 30), ("reopen_handle", 15), ("set_rights", 50),
             ("set_owner", 50), ("explain", 50), ("holders", 30), ("accounts", 25), ("status", 25),
             ("again", 40), ("connect", 12), ("disconnect", 9), ("wait", 1))

    def step_wait(self):
        """Until what nobody holds has gone."""
        waits = [until for _, until, _ in self.model.deadlines()]
        if waits:
            time.sleep(max(0, max(waits) - time.monotonic()) + 0.001)

    def live(self, steps, kill_every):
        for user in USERS:
            self.clients.append(self.connect(user))
        names, weights = zip(*self.STEPS)
        while self.number < steps:
            self.number += 1
            name = self.random.choices(names, weights)[0]
            if kill_every and self.random.randrange(kill_every) == 0:
                name = self.random.choice(("kill", "kill", "kill_keeper"))
            self.counts[name] = self.counts.get(name, 0) + 1
            if self.verbose and self.what:
                print(f"# {self.number}: {self.what}", flush=True)
            try:
                self.begin()
                getattr(self, "step_" + name)()
            except (Difference, Broken, OSError) as error:
                if isinstance(error, Difference) and self.is_late():
                    return False
                raise Difference(f"step {self.number} of seed {self.seed}: {error}") from error
        return True

    def end(self):
        for client in (*self.clients, self.watcher):
            client.close()


def lives(program, seed, steps, kill_every):
    """Returns how many steps were taken."""
    taken = 0
    while taken < steps:
        with World(program, CONFIG.text()) as world:
            life = Lives(world, seed)
            try:
                whole = life.live(min(steps - taken, 20000), kill_every)
            finally:
                life.end()
        taken += life.number
        short = "" if whole else ", cut short: the machine is slow"
        print(f"# seed {seed}: {life.number} steps{short}", flush=True)
        seed += 1
    return taken


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int,
                        default=20000 if os.environ.get("PRSHM_TEST_LONG") else 2000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--kill-every", type=int, default=300)
    parser.add_argument("--daemon",
                        default=os.path.join(os.environ.get("top_builddir", "."), "prshmd"))
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root, to be several users")
        return 0
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 30)
    print("1..1")
    try:
        taken = lives(options.daemon, seed, options.steps, options.kill_every)
    except Difference as difference:
        print(f"# {difference}")
        print("not ok 1 - broker and model agree")
        return 1
    print(f"# {taken} steps")
    print("ok 1 - broker and model agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
