# SPDX-License-Identifier: MIT
"""The part of the model for segments that are made without a size: OPEN with the flag POSIX, SIZE
and HOLD, from prshm-protocol(7), SIZED LATER. Nobody changes a size here but by SIZE."""

from client import Flag, Right, Status

SET, WRITER = 1, 2


class Unsized:
    """For Model."""

    @staticmethod
    def open_by_name(segment):
        """An open by name fixes the size once it is above 0; before that, somebody has opened
        early."""
        if segment.sealed:
            return
        if segment.size > 0:
            segment.sealed = True
        else:
            segment.opened_early = True

    def judge_posix(self, peer, name, flags, lifetime, entries):
        """The status of an OPEN with the flag POSIX, without TRUNCATE; its size is 0."""
        status, segment = self.check_name(name), self.find(name)
        if status:
            return status
        if segment is None:
            if not flags & Flag.CREATE:
                return Status.NOT_FOUND
            return self.judge_create(peer, name, 0, lifetime, entries, sized_later=True)
        access = self.access(peer.user, segment)
        if flags & Flag.CREATE and flags & Flag.EXCL:
            return Status.EXISTS
        if not access or not (access & Right.WRITE or flags & Flag.READONLY):
            return Status.DENIED
        if self.is_left_empty(peer, segment, flags) and not self.has_room_for(peer.user.uid, 0):
            return Status.NO_RESOURCES
        return Status.OK if self.has_handle_room(peer) else Status.NO_RESOURCES

    @staticmethod
    def is_its_creator(peer, segment):
        return any(handle.fill for (holder, _), handle in segment.handles.items() if holder is peer)

    def is_alone(self, peer, segment):
        """Whether an open shares nothing. Each descriptor here is closed at once, so the kernel
        tells the broker that no process has one, also for a client with a handle from HOLD."""
        if segment.sealed or segment.opened_early or any(
                holder is not peer for holder, _ in segment.handles):
            return False
        return self.is_its_creator(peer, segment) or peer.user.uid == segment.payer

    def is_left_empty(self, peer, segment, flags):
        """Who opens it becomes the creator of a new one."""
        is_empty = not segment.sealed and segment.size == 0
        return is_empty and not segment.handles and not flags & Flag.READONLY and not self.is_alone(
            peer, segment)

    def renew(self, peer, old, number):
        """A new segment has the name, with owner, rights and lifetime as they were."""
        segment = type(old)(number, old.name, 0, peer.user)
        segment.uid, segment.gid, segment.mode = old.uid, old.gid, old.mode
        segment.entries = dict(old.entries)
        segment.lifetime, segment.linger, segment.sealed = old.lifetime, old.linger, False
        self.unname(old)
        self.segments[number] = segment
        self.last_number = number
        return segment

    def open_posix(self, peer, name, flags, mode, lifetime, linger, entries, number, handle):
        """Does it. Returns the segment, the access, whether FILL comes with it, and whether the
        segment is new."""
        segment = self.find(name)
        is_new = segment is None or self.is_left_empty(peer, segment, flags)
        made = is_new or self.is_alone(peer, segment) or (
            not segment.sealed and segment.size == 0 and self.is_its_creator(peer, segment))
        if segment is None:
            segment = self.create(peer.user, name, 0, mode, lifetime, linger, entries, number)
            segment.sealed = False
            access = Right.READ if flags & Flag.READONLY else Right.READ | Right.WRITE
        else:
            if is_new:
                segment = self.renew(peer, segment, number)
            access = self.access(peer.user, segment, flags & Flag.READONLY)
            if not made:
                self.open_by_name(segment)
        self.hold(peer, handle, segment, access, made)
        return segment, access, made, is_new

    def size(self, peer, number, size, flags):
        """SIZE. Returns the status, and whether a descriptor comes with the reply."""
        held = peer.handles.get(number)
        if held is None:
            return Status.NOT_FOUND, False
        if flags and not held.access & Right.WRITE:
            return Status.DENIED, False
        segment = held.segment
        if flags & SET:
            status = self.set_size(segment, size)
            if status:
                return status, False
        return Status.OK, bool(flags & WRITER) and (segment.sealed or held.fill)

    def set_size(self, segment, size):
        if segment.sealed:
            return Status.OK if size == segment.size else Status.SEALED
        if size < segment.size:
            return Status.BAD_SIZE
        if size > self.config.segment_bytes:
            return Status.TOO_BIG
        if not self.has_room(segment.payer, "bytes", self.pages(size) - self.pages(segment.size)):
            return Status.NO_RESOURCES
        segment.size = size
        segment.sealed = size > 0 and segment.opened_early
        return Status.OK

    def judge_hold(self, peer, segment):
        """segment: that of the number or name, with the right inode, or None."""
        if segment is None or segment.token:
            return Status.NOT_FOUND
        if not self.rights(peer.user, segment) & (Right.READ | Right.MANAGE):
            return Status.NOT_FOUND
        return Status.OK if self.has_handle_room(peer) else Status.NO_RESOURCES
