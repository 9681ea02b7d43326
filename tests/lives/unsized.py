# SPDX-License-Identifier: MIT
"""Steps with segments that are made without a size, for lives.py."""

import os
import struct

from client import OPEN_REPLY, STATE, Flag, Op, Right, State, Status
from model_unsized import SET, WRITER

OWN = 1024  # a bit of the access that comes with POSIX
FILL = 256
VIEW = struct.Struct("<IIII")
SIZE_REQUEST = struct.Struct("<QII")
HOLD_REQUEST = struct.Struct("<QQ")


class UnsizedSteps:
    """For Lives."""

    def step_open_posix(self):
        client = self.pick()
        name, entries = self.pick_name(), self.pick_entries()
        flags = Flag.POSIX | self.random.choice((0, Flag.VIEW))
        flags |= self.random.choice((0, 0, 1, 1, 1, 3, 4, 5))
        changes = client.page.changes() if client.page else None
        mode, lifetime = self.random.choice(self.MODES), self.random.choice((0, 0, 1, 2))
        linger = self.random.choice((0, 0, 0, 1))
        model, peer = self.model, client.peer
        self.what = f"OPEN {name!r} flags {flags} mode {mode:o} by {peer.user.uid}"
        expected = model.judge_posix(peer, name, flags, lifetime, entries)
        opened = self.ask_open(client, expected, (0, flags, mode, lifetime, linger), entries, name)
        if opened is None:
            return
        number, its_size, handle, access, descriptors = opened
        segment, may, fill, is_new = model.open_posix(
            peer, name, flags, mode, lifetime, linger, entries, number, handle)
        if is_new:
            segment.mark = None
        self.agree((segment.number, segment.size), (number, its_size), "which segment")
        self.agree(int(may) | OWN | (FILL if fill else 0), access, "access")
        self.agree(1, len(descriptors), "descriptors")
        view = self.view_of(segment) if flags & Flag.VIEW else b""
        self.agree(view, self.tail, "tail")
        if self.tail and client.page:
            client.views[handle] = changes, peer.handles[handle], self.tail
        writes = bool(may & Right.WRITE) and (fill or segment.sealed)
        segment.inode = os.fstat(descriptors[0]).st_ino
        self.see_descriptor(descriptors[0], segment, Right.READ | (Right.WRITE if writes else 0),
                            is_new)

    @staticmethod
    def view_of(segment):
        return VIEW.pack(segment.uid, segment.gid, segment.mode, 0)

    def step_view(self):
        """What was told of a segment is still so, as long as the count in the page stays."""
        for client in self.clients:
            for handle, (changes, held, view) in list(client.views.items()):
                if client.peer.handles.get(handle) is not held or changes != client.page.changes():
                    del client.views[handle]
                else:
                    self.what = f"view of {held.segment.number} by {client.peer.user.uid}"
                    self.agree((True, self.view_of(held.segment)), (held.segment.named, view),
                               "what was told")

    def step_size(self):
        """Mostly of a segment that has no fixed size, if there is one."""
        client = self.pick()
        unsized = [(c, h) for c in self.clients for h, held in c.peer.handles.items()
                   if not held.segment.sealed]
        handle = self.pick_handle(client)
        if unsized and self.random.random() < 0.8:
            client, handle = self.random.choice(unsized)
            client.last = None
        size = self.random.choice((0, 1, 100, 4096, 4097, 8192, 20480, 40000, (1 << 16) + 1))
        flags = self.random.choice((0, SET, SET, WRITER, SET | WRITER))
        self.what = f"SIZE {handle} {size} flags {flags} by {client.peer.user.uid}"
        held = client.peer.handles.get(handle)
        expected, comes = self.model.size(client.peer, handle, size, flags)
        body = SIZE_REQUEST.pack(size, handle, flags)
        status, reply, descriptors = self.call(client, Op.SIZE, body)
        self.agree(expected, status, "status")
        if status != Status.OK:
            return
        theirs = self.fields(State(*STATE.unpack_from(reply)))
        ours = self.model.state(held.segment, self.model.flags_of(held.segment))
        self.agree(ours, theirs, "state")
        self.agree(1 if comes else 0, len(descriptors), "descriptors")
        if comes:
            self.see_descriptor(descriptors[0], held.segment, Right.WRITE)

    def step_hold(self):
        client = self.pick()
        known = [s for s in self.model.segments.values() if getattr(s, "inode", None)]
        if not known:
            return
        segment = self.random.choice(known)
        by_name = segment.named and self.random.random() < 0.4
        is_it = self.random.random() < 0.9
        self.what = f"HOLD {segment.number} by {client.peer.user.uid}"
        expected = self.model.judge_hold(client.peer, segment if is_it else None)
        body = HOLD_REQUEST.pack(0 if by_name else segment.number, segment.inode + (not is_it))
        body += segment.name if by_name else b""
        status, reply, descriptors = self.call(client, Op.HOLD, body)
        self.agree(expected, status, "status")
        if status != Status.OK:
            return
        number, its_size, handle, access = OPEN_REPLY.unpack_from(reply)
        self.free_handle(client, handle)
        may = self.model.access(client.peer.user, segment)
        self.agree((segment.number, segment.size, int(may), 0),
                   (number, its_size, access, len(descriptors)), "what is held")
        self.model.hold(client.peer, handle, segment, may)
