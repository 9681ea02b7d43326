# SPDX-License-Identifier: MIT
"""A second opinion: what a broker answers, written from the manual alone, prshm(7),
prshm-protocol(7) and prshmd.conf(5). Each function of Model is one request. It returns the status,
and what else the reply has.

The model knows no descriptors, no journal and no time but what it is told. It is written to be read
beside the manual, not to be fast."""

from typing import NamedTuple

from client import SAME, Flag, Kind, Lifetime, Right, SegmentFlag, Status
from model_unsized import Unsized

PAGE = 4096
UNSEALED = 4  # a flag of STAT and LIST
PART_MAX = 255
NAME_MAX = 1023
ENTRIES_MAX = 32
ALL = Right.READ | Right.WRITE | Right.DELETE | Right.MANAGE


class User(NamedTuple):
    uid: int
    gid: int
    groups: tuple = ()


class Rule:
    """A section [name PREFIX]. What is None does not stand in it."""

    def __init__(self, prefix, users=None, groups=None, max_mode=0o777, owner=None, group=None,
                 lifetime=None, linger=None, rights=()):
        self.parts = prefix.split("/")[1:] if prefix != "/" else []
        self.prefix, self.users, self.groups = prefix, users, groups
        self.max_mode, self.owner, self.group = max_mode, owner, group
        self.lifetime, self.linger, self.rights = lifetime, linger, rights

    def text(self):
        """As prshmd.conf has it."""
        lines = [f"[name {self.prefix}]", f"max-mode = {self.max_mode:04o}"]
        for key, ids in ("create-users", self.users), ("create-groups", self.groups):
            if ids is not None:
                lines.append(f"{key} = {' '.join(map(str, ids))}")
        for key, value in ("owner", self.owner), ("group", self.group), ("linger", self.linger):
            if value is not None:
                lines.append(f"{key} = {value}")
        if self.lifetime is not None:
            lines.append("lifetime = kept" if self.lifetime == Lifetime.KEPT
                         else "lifetime = until-unused")
        for number, kind, rights in self.rights:
            letters = "".join(letter for bit, letter in zip((1, 2, 4, 8), "rwdm") if rights & bit)
            lines.append(f"rights = {'user' if kind == Kind.USER else 'group'}:{number}:{letters}")
        return "\n".join(lines) + "\n"

    def covers(self, parts):
        return len(self.parts) <= len(parts) and all(
            mine in ("%u", part) for mine, part in zip(self.parts, parts))

    def says_who(self):
        return self.users is not None or self.groups is not None or "%u" in self.parts

    def lets(self, user, parts):
        if "%u" in self.parts and parts[self.parts.index("%u")] != str(user.uid):
            return False
        if self.users is None and self.groups is None:
            return True
        return user.uid in (self.users or ()) or any(
            group in (self.groups or ()) for group in (user.gid, *user.groups))


class Config(NamedTuple):
    """Limits by resource: of a user, and of those who have a section of their own."""

    rules: tuple
    segment_bytes: int
    limits: dict
    own_limits: dict

    def text(self):
        lines = ["[broker]", "preallocate = never", "[limits]",
                 f"segment-bytes = {self.segment_bytes}", "subuid-file = /dev/null"]
        lines += [f"user-{key} = {value}" for key, value in self.limits.items()]
        for uid, limits in self.own_limits.items():
            lines.append(f"[limits user {uid}]")
            lines += [f"user-{key} = {value}" for key, value in limits.items()]
        return "\n".join(lines) + "\n" + "".join(rule.text() for rule in self.rules)


class Segment:
    def __init__(self, number, name, size, user):
        self.number, self.name, self.size = number, name, size
        self.uid, self.gid, self.payer, self.maker = user.uid, user.gid, user.uid, user.uid
        self.mode, self.entries = 0, {}
        self.lifetime, self.linger = Lifetime.KEPT, 0
        self.token, self.readonly = None, False
        self.named = name is not None
        self.sealed = True  # the size is fixed
        self.opened_early = False  # by name, while the size was 0
        self.handles = {}  # (peer, handle): Handle
        self.opens = 0     # handles that there have ever been
        self.unused = None  # from when to when: the last handle was closed in between


class Handle(NamedTuple):
    segment: Segment
    access: int
    fill: bool = False


class Peer:
    """A connection."""

    def __init__(self, user):
        self.user = user
        self.handles = {}
        self.parked = {}  # closed for everybody but the broker
        self.count_parked = lambda: 0
        self.paid = 0  # handles: those that are open, and those that are kept for the next opens


class Model(Unsized):
    def __init__(self, config):
        self.config = config
        self.segments = {}
        self.peers = set()
        self.last_number = 0

    # Names, rights, policy

    @staticmethod
    def check_name(name):
        if not 2 <= len(name) <= NAME_MAX or name[:1] != b"/":
            return Status.BAD_NAME
        for part in name[1:].split(b"/"):
            if part in (b"", b".", b"..") or b"\0" in part:
                return Status.BAD_NAME
            if len(part) > PART_MAX:
                return Status.NAME_TOO_LONG
        return Status.OK

    def find(self, name):
        return next((s for s in self.segments.values() if s.named and s.name == name), None)

    @staticmethod
    def rights(user, segment):
        """The five rules of prshm(7), RIGHTS, in their order."""
        if user.uid == 0:
            return ALL
        bits = [(Right.READ if bits & 4 else 0) | (Right.WRITE if bits & 2 else 0)
                for bits in (segment.mode >> 6, segment.mode >> 3, segment.mode)]
        groups = {user.gid, *user.groups}
        if user.uid == segment.uid:
            return bits[0] | Right.DELETE | Right.MANAGE
        if (Kind.USER, user.uid) in segment.entries:
            return segment.entries[Kind.USER, user.uid]
        given = [segment.entries[Kind.GROUP, gid] for gid in groups
                 if (Kind.GROUP, gid) in segment.entries]
        if segment.gid in groups:
            given.append(bits[1])
        if given:
            together = 0
            for each in given:
                together |= each
            return together
        return bits[2]

    def access(self, user, segment, readonly=False):
        """To the memory: write counts only together with read."""
        if segment.token:
            return Right.READ if segment.readonly else Right.READ | Right.WRITE
        rights = self.rights(user, segment)
        if not rights & Right.READ:
            return 0
        return Right.READ if readonly else rights & (Right.READ | Right.WRITE)

    def sees(self, user, segment):
        if user.uid == 0:
            return True
        if segment.token:
            return user.uid == segment.maker
        return bool(self.rights(user, segment) & (Right.READ | Right.DELETE | Right.MANAGE))

    def rule_for(self, name):
        """The rule that decides, and all that cover the name, the longest first."""
        parts = name.decode("latin-1").split("/")[1:]
        # Of two with as many components the one wins that has letters where the other has %u.
        covering = sorted(
            (rule for rule in self.config.rules if rule.covers(parts)),
            key=lambda rule: (-len(rule.parts), [part == "%u" for part in rule.parts]))
        return (covering[0] if covering else None), covering, parts

    def may_create(self, user, name):
        _, covering, parts = self.rule_for(name)
        if user.uid == 0:
            return True
        decider = next((rule for rule in covering if rule.says_who()), None)
        return decider is None or decider.lets(user, parts)

    @staticmethod
    def are_good(entries):
        are_different = len({(e.kind, e.id) for e in entries}) == len(entries)
        return (len(entries) <= ENTRIES_MAX and are_different and
                all(e.id != SAME and e.kind in (Kind.USER, Kind.GROUP) and not e.rights & ~ALL
                    for e in entries))

    @staticmethod
    def bounded(entries, mode, taken=0):
        """The rights of entries that clients set are bounded by the bits of the group."""
        allowed = ALL & ~taken
        if not mode & 0o040:
            allowed &= ~Right.READ
        if not mode & 0o020:
            allowed &= ~Right.WRITE
        return {(e.kind, e.id): e.rights & allowed for e in entries}

    # Amounts

    @staticmethod
    def pages(size):
        """Bytes of whole pages."""
        return (size + PAGE - 1) // PAGE * PAGE

    def used(self, uid, what):
        paid = [s for s in self.segments.values() if s.payer == uid]
        peers = [peer for peer in self.peers if peer.user.uid == uid]
        if what == "segments":
            return len(paid)
        if what == "bytes":
            return sum(self.pages(s.size) for s in paid)
        if what == "connections":
            return len(peers)
        return sum(peer.paid for peer in peers)

    def limit(self, uid, what):
        own = self.config.own_limits.get(uid, {}).get(what)
        return self.config.limits.get(what) if own is None else own

    def has_room(self, uid, what, more):
        limit = self.limit(uid, what)
        return limit is None or self.used(uid, what) + more <= limit

    def has_room_for(self, uid, size):
        return self.has_room(uid, "segments", 1) and self.has_room(uid, "bytes", self.pages(size))

    # Lives

    def connect(self, user):
        if not self.has_room(user.uid, "connections", 1):
            return None
        peer = Peer(user)
        self.peers.add(peer)
        return peer

    def disconnect(self, peer, since, until):
        for handle in list(peer.handles):
            self.close(peer, handle, since, until)
        self.peers.discard(peer)

    def could_hold(self, peer):
        """Whether there would be room for a handle, if all that is only kept were given up."""
        limit = self.limit(peer.user.uid, "handles")
        return limit is None or limit > sum(len(other.handles) for other in self.peers
                                            if other.user.uid == peer.user.uid)

    def has_handle_room(self, peer):
        """Before a refusal, what the user's connections keep for their next opens is given up."""
        if len(peer.handles) + peer.count_parked() < peer.paid:
            return True
        if self.has_room(peer.user.uid, "handles", 1):
            return True
        for other in self.peers:
            if other.user.uid == peer.user.uid:
                other.paid = len(other.handles)
        return self.has_room(peer.user.uid, "handles", 1)

    def hold(self, peer, number, segment, access, fill=False):
        handle = Handle(segment, access, fill)
        peer.handles[number] = segment.handles[peer, number] = handle
        peer.paid = max(peer.paid, len(peer.handles) + peer.count_parked())
        segment.opens += 1
        segment.unused = None

    def settle(self, segment):
        """What has neither a name nor a handle is gone."""
        if not segment.named and not segment.handles:
            self.segments.pop(segment.number, None)

    def close(self, peer, number, since, until):
        """since and until: when that is, as well as it is known."""
        handle = peer.handles.pop(number, None)
        if handle is None:
            return
        segment = handle.segment
        del segment.handles[peer, number]
        if not segment.handles and segment.named:
            if segment.linger > 0:
                segment.unused = (since, until)
            elif segment.lifetime == Lifetime.UNTIL_UNUSED:
                segment.named = False
        self.settle(segment)

    def deadlines(self):
        """Pairs: from when on a segment may be gone, and from when on it must be."""
        return [(s.unused[0] + s.linger, s.unused[1] + s.linger, s)
                for s in self.segments.values() if s.unused]

    def expire(self, segment):
        segment.named, segment.unused = False, None
        self.settle(segment)

    # Requests. Where a reply brings a number that is the broker's to choose, the caller gives it.

    def judge_open(self, peer, name, size, flags):
        """Of what exists."""
        status = self.check_name(name)
        segment = self.find(name)
        if status or segment is None:
            return status or Status.NOT_FOUND
        if not self.access(peer.user, segment):
            return Status.DENIED
        if flags & Flag.CREATE and flags & Flag.EXCL:
            return Status.EXISTS
        if size > segment.size or segment.size == 0:
            return Status.BAD_SIZE
        return Status.OK if self.has_handle_room(peer) else Status.NO_RESOURCES

    def judge_create(self, peer, name, size, lifetime, entries, sized_later=False):
        rule, _, _ = self.rule_for(name)
        given = rule.rights if rule else ()
        besides = [e for e in given if (e.kind, e.id) not in {(o.kind, o.id) for o in entries}]
        if not self.may_create(peer.user, name):
            return Status.REFUSED
        if size == 0 and not sized_later:
            return Status.BAD_SIZE
        if size > self.config.segment_bytes:
            return Status.TOO_BIG
        if lifetime not in (0, 1, 2) or not self.are_good(entries):
            return Status.BAD_RIGHTS
        if len(entries) + len(besides) > ENTRIES_MAX:
            return Status.BAD_RIGHTS
        if not self.has_room_for(peer.user.uid, size) or not self.has_handle_room(peer):
            return Status.NO_RESOURCES
        return Status.OK

    def judge(self, peer, name, size, flags, lifetime, entries):
        """The status of an OPEN."""
        status = self.judge_open(peer, name, size, flags)
        if status != Status.NOT_FOUND or not flags & Flag.CREATE:
            return status
        return self.judge_create(peer, name, size, lifetime, entries)

    def open(self, peer, name, size, flags, mode, lifetime, linger, entries, number, handle):
        """Does an OPEN that judge lets pass. Returns the segment and the access."""
        segment = self.find(name)
        fill = False
        if segment is None:
            segment = self.create(peer.user, name, size, mode, lifetime, linger, entries, number)
            fill = bool(flags & Flag.PREALLOCATE) and not flags & Flag.NO_PREALLOCATE
        else:
            self.open_by_name(segment)
        access = self.access(peer.user, segment, flags & Flag.READONLY)
        fill = fill and bool(access & Right.WRITE)
        self.hold(peer, handle, segment, access, fill)
        return segment, access, fill

    def create(self, user, name, size, mode, lifetime, linger, entries, number):
        rule, _, _ = self.rule_for(name)
        segment = Segment(number, name, size, user)
        segment.mode = mode & 0o777
        segment.lifetime = lifetime or Lifetime.KEPT
        segment.linger = linger
        segment.entries = {(e.kind, e.id): e.rights for e in entries}
        if rule:
            taken = Right.DELETE | Right.MANAGE if rule.owner is not None else 0
            segment.mode &= rule.max_mode
            segment.entries = self.bounded(entries, rule.max_mode, taken)
            for e in rule.rights:
                segment.entries.setdefault((e.kind, e.id), e.rights)
            segment.uid = segment.uid if rule.owner is None else rule.owner
            segment.gid = segment.gid if rule.group is None else rule.group
            segment.lifetime = segment.lifetime if rule.lifetime is None else rule.lifetime
            segment.linger = segment.linger if rule.linger is None else rule.linger
        self.segments[number] = segment
        self.last_number = number
        return segment

    def judge_anonymous(self, peer, size):
        if size == 0:
            return Status.BAD_SIZE
        if size > self.config.segment_bytes:
            return Status.TOO_BIG
        return (Status.OK if self.has_room_for(peer.user.uid, size) and self.has_handle_room(peer)
                else Status.NO_RESOURCES)

    def anonymous(self, peer, size, readonly, number, handle, token):
        segment = Segment(number, None, size, peer.user)
        segment.token, segment.readonly = token, readonly
        segment.mode, segment.lifetime = 0o400 if readonly else 0o600, Lifetime.UNTIL_UNUSED
        self.segments[number] = segment
        self.hold(peer, handle, segment, self.access(peer.user, segment))

    def judge_redeem(self, peer, token):
        segment = next((s for s in self.segments.values() if s.token == token), None)
        if segment is None or segment.maker != peer.user.uid:
            return Status.NOT_FOUND, None
        return (Status.OK if self.has_handle_room(peer) else Status.NO_RESOURCES), segment

    def judge_delete(self, peer, name):
        status, segment = self.check_name(name), self.find(name)
        if status or segment is None:
            return status or Status.NOT_FOUND
        if not self.rights(peer.user, segment) & Right.DELETE:
            writes = self.access(peer.user, segment) & Right.WRITE
            return Status.NOT_OWNER if writes else Status.DENIED
        return Status.OK

    def delete(self, peer, name):
        status = self.judge_delete(peer, name)
        if status == Status.OK:
            self.unname(self.find(name))
        return status

    def rename(self, peer, name, new, keep):
        status = self.check_name(name) or self.check_name(new) or self.judge_delete(peer, name)
        if status:
            return status
        if not self.may_create(peer.user, new):
            return Status.REFUSED
        segment, target = self.find(name), self.find(new)
        if target and keep:
            return Status.EXISTS
        status = self.judge_delete(peer, new) if target else Status.OK
        if status == Status.OK and target is not segment:
            if target:
                self.unname(target)
            segment.name = new
        return status

    def unname(self, segment):
        segment.named, segment.unused = False, None
        self.settle(segment)

    def take_back(self, peer, number, since, until):
        handle = peer.handles.get(number)
        if handle is None:
            return Status.OK
        segment = handle.segment
        may = segment.opens == 1 or (
            segment.sealed and self.rights(peer.user, segment) & Right.DELETE)
        goes = handle.fill and segment.named and may
        if goes:
            segment.named = False
        self.close(peer, number, since, until)
        return Status.OK

    def stat(self, peer, name):
        status, segment = self.check_name(name), self.find(name)
        if status or segment is None or not self.sees(peer.user, segment):
            return status or Status.NOT_FOUND, None
        return Status.OK, self.state(segment, 0 if segment.sealed else UNSEALED)

    @staticmethod
    def state(segment, flags):
        return (segment.number, segment.size, segment.uid, segment.gid, segment.mode,
                len(segment.handles), segment.lifetime, flags, segment.linger,
                len(segment.entries))

    @staticmethod
    def flags_of(segment):
        unsealed = 0 if segment.sealed else UNSEALED
        if segment.token:
            return SegmentFlag.ANONYMOUS | unsealed
        return unsealed if segment.named else SegmentFlag.DELETED | unsealed

    def list(self, peer, prefix):
        found = []
        for number in sorted(self.segments):
            segment = self.segments[number]
            name = segment.name or b""
            matches = name.startswith(prefix) if segment.named else not prefix
            if matches and self.sees(peer.user, segment):
                found.append((name, *self.state(segment, self.flags_of(segment))))
        return found

    def judge_reopen(self, peer, number):
        segment = self.segments.get(number)
        if segment is None or segment.token or not segment.sealed:
            return Status.NOT_FOUND
        if not self.access(peer.user, segment):
            return Status.NOT_FOUND
        return Status.OK

    def set_rights(self, peer, name, mode, entries):
        status, segment = self.check_name(name), self.find(name)
        if status or segment is None:
            return status or Status.NOT_FOUND
        if not self.rights(peer.user, segment) & Right.MANAGE:
            return Status.DENIED
        if mode > 0o777 or not self.are_good(entries):
            return Status.BAD_RIGHTS
        rule, _, _ = self.rule_for(name)
        most = rule.max_mode if rule and peer.user.uid != 0 else 0o777
        segment.mode = mode & most
        segment.entries = self.bounded(entries, most)
        return Status.OK

    def set_owner(self, peer, name, uid, gid):
        status, segment = self.check_name(name), self.find(name)
        if status or segment is None:
            return status or Status.NOT_FOUND
        user = peer.user
        if user.uid != 0:
            rule, _, _ = self.rule_for(name)
            if not self.rights(user, segment) & Right.MANAGE:
                return Status.DENIED
            own = (SAME, segment.gid, user.gid, *user.groups)
            if uid not in (SAME, segment.uid) or gid not in own:
                return Status.NOT_OWNER
            if gid not in (SAME, segment.gid) and rule and rule.group not in (None, gid):
                return Status.REFUSED
        if user.uid == 0 and uid not in (SAME, segment.uid):
            if uid != segment.payer and not self.has_room_for(uid, segment.size):
                return Status.NO_RESOURCES
            segment.payer = uid
        segment.uid = segment.uid if uid == SAME else uid
        segment.gid = segment.gid if gid == SAME else gid
        return Status.OK

    def explain(self, peer, name, right):
        status, segment = self.check_name(name), self.find(name)
        if right not in (1, 2, 4, 8, 16):
            return Status.BAD_RIGHTS, None
        if status:
            return status, None
        if right == Right.CREATE:
            # The least that creating takes: one page, and one handle.
            return Status.OK, (
                self.may_create(peer.user, name) and self.has_room_for(peer.user.uid, 1)
                and self.could_hold(peer))
        if segment is None:
            return Status.NOT_FOUND, None
        if right in (Right.READ, Right.WRITE):
            return Status.OK, bool(self.access(peer.user, segment) & right)
        return Status.OK, bool(self.rights(peer.user, segment) & right)

    def holders(self, peer, number):
        segment = self.segments.get(number)
        if segment is None or not self.sees(peer.user, segment):
            return Status.NOT_FOUND, None
        return Status.OK, sorted((whose.user.uid, handle, held.access)
                                 for (whose, handle), held in segment.handles.items())

    def account(self, uid):
        """Amounts of which a user has some."""
        return {what: self.used(uid, what)
                for what in ("segments", "bytes", "connections", "handles")}

    def totals(self):
        uids = {peer.user.uid for peer in self.peers} | {s.payer for s in self.segments.values()}
        return (len(self.segments), sum(self.used(uid, "bytes") for uid in uids), len(self.peers),
                sum(len(peer.handles) for peer in self.peers), len(uids))
