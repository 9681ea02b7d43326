# SPDX-License-Identifier: MIT
"""Looking at segments and at the broker, and changing what may be done with a segment.

prshm_open(3), prshm_list(3) and prshm_broker(3) are the contract of these calls.
"""

from __future__ import annotations

import builtins
import enum
import grp
import os
import pwd
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Optional, Union

from . import _core, _names, _rights
from ._memory import LIFETIMES, Lifetime
from ._rights import ID_MAX, Entry, Right

_LIFETIMES: dict[int, Optional[Lifetime]] = {number: name for name, number in LIFETIMES.items()}


@dataclass(frozen=True)
class Stat:
    """One segment.

    Attributes:
        name: as the broker has it, from "/" on; "" for anonymous memory; of a deleted one, what it
            was.
        size: bytes.
        used: bytes of memory that it takes now.
        created_ns: nanoseconds since 1970.
        opened_ns: nanoseconds since 1970: the last open.
        uid, gid: its owner.
        mode: permission bits.
        rights: entries besides; None in what list() returns, where entry_count tells how many there
            are.
        lifetime: "kept" or "until-unused".
        linger: seconds that it stays without a holder.
        holders: how often it is open, in all processes.
        anonymous, deleted: why it has no name; only in what list() returns.
        number: the broker gives it to no other segment.
    """

    name: str
    size: int
    used: int
    created_ns: int
    opened_ns: int
    uid: int
    gid: int
    mode: int
    rights: Optional[tuple[Entry, ...]]
    entry_count: int
    lifetime: Optional[Lifetime]
    linger: int
    holders: int
    anonymous: bool
    deleted: bool
    number: int


def _stat_of(fields: tuple[Any, ...], listed: bool) -> Stat:
    flags, number = fields[-2:]
    (name, size, used, created, opened, uid, gid, mode, entries, count, lifetime, linger,
     holders) = fields[:-2]
    return Stat(
        name, size, used, created, opened, uid, gid, mode,
        None if listed else _rights.give(entries), count, _LIFETIMES.get(lifetime), linger, holders,
        bool(flags & 1), bool(flags & 2), number)


def stat(name: str) -> Stat:
    """Looks at a segment without opening it. FileNotFoundError also where the caller has no right
    at all."""
    return _stat_of(_core.stat(_names.full(name)), False)


def list(prefix: str = "") -> builtins.list[Stat]:
    """The segments that the caller may see and whose names begin with prefix, in the order they
    were made.

    prefix: of names as the broker has them: "/dev/shm/" for those without a slash. "": all, those
        without a name included.
    """
    return [_stat_of(fields, True) for fields in _core.list(prefix)]


@dataclass(frozen=True)
class Holder:
    """One open of a segment.

    Attributes:
        pid: who connected to the broker, as the broker sees it; it may have ended, or have forked.
        uid: its user.
        access: Right.READ, Right.READ | Right.WRITE, or Right.NONE.
        since_ns: nanoseconds since 1970.
        connection: the broker's number of the connection; a process has one, or a few.
        handle: its number, of that connection.
    """

    pid: int
    uid: int
    access: Right
    since_ns: int
    connection: int
    handle: int


def holders(segment: Union[str, int, Stat]) -> builtins.list[Holder]:
    """Who has a segment open. segment: its name, its number, or what stat() or list() returned."""
    return [
        Holder(pid, uid, Right(access), since, connection, handle)
        for pid, uid, access, since, connection, handle in _core.holders(_number_of(segment))
    ]


def _number_of(segment: Union[str, int, Stat]) -> int:
    if isinstance(segment, str):
        segment = stat(segment)
    number = segment.number if isinstance(segment, Stat) else segment
    if not 0 <= number < 2**64:
        raise ValueError(f"{number} is the number of no segment")
    return number


@dataclass(frozen=True)
class Origin:
    """Who made a segment, and who opened it last, as the broker saw them; None: not known."""

    creator_uid: Optional[int]
    creator_pid: Optional[int]
    opener_uid: Optional[int]
    opener_pid: Optional[int]


def origin(segment: Union[str, int, Stat]) -> Origin:
    """Who made a segment, and who opened it last. segment: as for holders()."""
    creator_uid, creator_pid, opener_uid, opener_pid = _core.origin(_number_of(segment))
    return Origin(
        None if creator_uid == ID_MAX else creator_uid, creator_pid or None,
        None if opener_uid == ID_MAX else opener_uid, opener_pid or None)


@dataclass(frozen=True)
class Explanation:
    """Whether a user has a right, and by which rule. True if so, as a condition."""

    allowed: bool
    text: str

    def __bool__(self) -> bool:
        return self.allowed

    def __str__(self) -> str:
        return self.text


def explain(name: str, right: Right, user: Union[str, int, None] = None) -> Explanation:
    """Whether the caller, or user, has one right to a segment, and which rule says so.

    right: one Right. Right.MAKE needs no segment.
    user: another user, by name or uid; for root and observers (prshmd.conf(5)), else
        PermissionError.
    """
    return Explanation(*_core.explain(
        _names.full(name), int(right), None if user is None else _identity_of(user)))


def _identity_of(user: Union[str, int]) -> tuple[int, int, tuple[int, ...]]:
    try:
        entry = pwd.getpwnam(user) if isinstance(user, str) else pwd.getpwuid(user)
    except KeyError:
        if isinstance(user, int) and 0 <= user < ID_MAX:
            return user, user, ()
        raise ValueError(f"there is no user {user!r}") from None
    return entry.pw_uid, entry.pw_gid, tuple(os.getgrouplist(entry.pw_name, entry.pw_gid))


def set_rights(name: str, mode: int, rights: Iterable[Union[Entry, str]] = ()) -> None:
    """Sets mode and entries; for owner, root, and who has Right.MANAGE.

    It counts from the next open on: what is open stays so. The entries are all that there will be.
    """
    _core.set_rights(_names.full(name), _rights.take_mode(mode), _rights.take(rights))


def set_owner(
    name: str, user: Union[str, int, None] = None, group: Union[str, int, None] = None
) -> None:
    """Sets owner and group, each by name or number; None leaves it as it is.

    Only root gives a segment to another user, whose limits then pay for it; with Right.MANAGE one
    may set a group of one's own.
    """
    uid = pwd.getpwnam(user).pw_uid if isinstance(user, str) else user
    gid = grp.getgrnam(group).gr_gid if isinstance(group, str) else group
    for number in (uid, gid):
        if number is not None and not 0 <= number < ID_MAX:
            raise ValueError(f"{number} is no uid and no gid")
    _core.set_owner(
        _names.full(name), ID_MAX if uid is None else uid, ID_MAX if gid is None else gid)


def delete(name: str) -> None:
    """Takes a segment's name away; who has the segment open keeps it. As SharedMemory.unlink()."""
    _core.delete(_names.full(name))


class Resource(enum.IntEnum):
    """What the broker limits."""

    SEGMENTS = 1
    BYTES = 2  # of memory, each segment rounded up to pages, touched or not
    CONNECTIONS = 3
    HANDLES = 4
    WATCHES = 5


class Limit(enum.IntEnum):
    """Where a limit comes from."""

    NUMBER = 1  # the configuration
    SHARE = 2  # a fair share, as it is now: what others have changes it
    NONE = 3  # none of the user's own: the limit is what all together may have


@dataclass(frozen=True)
class Usage:
    """How much is used of a resource, how much that may become, and why."""

    used: int
    limit: int
    kind: Limit


@dataclass(frozen=True)
class Account:
    """What one user has of the broker.

    Attributes:
        uid: the user.
        usage: by Resource.
        principal: the uid that pays for this one; from 2**32 on: a subordinate range without an
            owner, that begins at principal - 2**32.
    """

    uid: int
    usage: Mapping[Resource, Usage]
    principal: int


_RESOURCES = {int(resource) for resource in Resource}


def accounts(user: Union[str, int, None] = None) -> builtins.list[Account]:
    """Users who have anything of the broker. user: only that one, by name or uid.

    Who is neither root nor an observer sees the own account only; another's is a PermissionError.
    """
    uid = pwd.getpwnam(user).pw_uid if isinstance(user, str) else user
    if uid is not None and not 0 <= uid < ID_MAX:
        raise ValueError(f"{uid} is no uid")
    return [
        Account(
            uid,
            # A newer broker may know more.
            {
                Resource(number): Usage(used, limit, Limit(kind))
                for number, (used, limit, kind) in usage.items()
                if number in _RESOURCES
            },
            principal,
        )
        for uid, principal, usage in _core.accounts(ID_MAX if uid is None else uid)
    ]


class Keeper(enum.IntEnum):
    """Whether the broker has a keeper, and so may die without a loss."""

    UNWANTED = 0
    THERE = 1
    MISSING = 2


@dataclass(frozen=True)
class Status:
    """How the broker is. What an older broker does not tell is 0, or "".

    Attributes:
        version: of the broker.
        pid, uid: of the broker.
        started_ns: nanoseconds since 1970; requests, refusals and the counters below began then.
        restarts: how often a broker has taken over from another one.
        keeper: whether there is a keeper.
        requests: done, by the name of the operation: see prshm-protocol(7).
        refusals: by a limit, by Resource.
        used: what all users together have, by Resource.
        limits: what they may have; 0: not told.
        users: who have any of it.
        counters: opens, creations, deletions, closes, denials, expiries, accepted and ended
            (connections), handed (descriptors, to a keeper), records and compactions (of the
            journal).
    """

    version: str
    pid: int
    uid: int
    started_ns: int
    restarts: int
    keeper: Keeper
    requests: Mapping[str, int]
    refusals: Mapping[Resource, int]
    used: Mapping[Resource, int]
    limits: Mapping[Resource, int]
    users: int
    counters: Mapping[str, int]


_COUNTERS = (
    "opens", "creations", "deletions", "closes", "denials", "expiries", "accepted", "ended",
    "handed", "records", "compactions")


def status() -> Status:
    """How the broker is, for everybody."""
    told = _core.status()
    return Status(
        told["version"], told["pid"], told["uid"], told["started"], told["restarts"],
        Keeper(told["keeper"]), told["requests"],
        {resource: told["refusals"][resource] for resource in Resource},
        {
            Resource.SEGMENTS: told["segments"],
            Resource.BYTES: told["bytes"],
            Resource.CONNECTIONS: told["connections"],
            Resource.HANDLES: told["handles"],
            Resource.WATCHES: told["watches_used"],
        },
        {resource: told[f"{resource.name.lower()}_limit"] for resource in Resource},
        told["users"],
        {name: told[name] for name in _COUNTERS},
    )


class Choice(enum.IntEnum):
    """Why a process talks to the broker that it talks to."""

    ENVIRONMENT = 1  # PRSHM_SOCKET names its socket
    HOST = 2  # it is the host's
    USER = 3  # it is the user's own; there is none of the host


@dataclass(frozen=True)
class Place:
    """Which broker it is: the path of its socket, and why that one."""

    path: str
    choice: Choice


def broker() -> Place:
    """Which broker this process talks to; connects to one, if it has none yet."""
    path, choice = _core.broker()
    return Place(path, Choice(choice))
