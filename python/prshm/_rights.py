# SPDX-License-Identifier: MIT
"""Rights of a segment, and how they are written."""

from __future__ import annotations

import enum
import grp
import pwd
from collections.abc import Iterable
from typing import NamedTuple, Union

ID_MAX = 2**32 - 1  # of uids and gids, and itself none: (uid_t)-1


class Right(enum.IntFlag):
    """What a user may do with a segment; as a set."""

    NONE = 0
    READ = 1
    WRITE = 2  # counts only with READ: memory cannot be mapped write-only
    DELETE = 4
    MANAGE = 8  # change the rights
    MAKE = 16  # explain() only: create a segment of that name


class Kind(enum.IntEnum):
    """Whom an Entry is about."""

    USER = 1
    GROUP = 2


_LETTERS = {"r": Right.READ, "w": Right.WRITE, "d": Right.DELETE, "m": Right.MANAGE}


class Entry(NamedTuple):
    """The rights of one user, or of the members of one group.

    Wherever entries are asked for, text in the form of prshmctl-setfacl will do: "user:bob:rw",
    "group:staff:r", "user:1000:-". The letters are r(ead), w(rite), d(elete) and m(anage).
    """

    kind: Kind
    id: int
    rights: Right

    def __str__(self) -> str:
        letters = "".join(letter for letter, right in _LETTERS.items() if right in self.rights)
        return f"{self.kind.name.lower()}:{self.id}:{letters or '-'}"


def _id_of(kind: Kind, name: str) -> int:
    if name.isascii() and name.isdigit():
        return int(name)
    try:
        return pwd.getpwnam(name).pw_uid if kind is Kind.USER else grp.getgrnam(name).gr_gid
    except KeyError:
        raise ValueError(f"there is no {kind.name.lower()} {name!r}") from None


def parse(text: str) -> Entry:
    """An Entry of its text."""
    parts = text.split(":")
    if len(parts) != 3 or parts[0] not in ("user", "group") or not parts[1]:
        raise ValueError(f"{text!r} is not user:NAME:RIGHTS or group:NAME:RIGHTS")
    kind = Kind[parts[0].upper()]
    rights = Right.NONE
    for letter in parts[2].replace("-", ""):
        if letter not in _LETTERS:
            raise ValueError(f"{text!r}: {letter!r} is no right; the rights are r, w, d and m")
        rights |= _LETTERS[letter]
    return Entry(kind, _id_of(kind, parts[1]), rights)


def take(entries: Iterable[Union[Entry, str]]) -> tuple[tuple[int, int, int], ...]:
    """Entries as the extension takes them."""
    if isinstance(entries, str):
        raise TypeError("rights are a sequence of entries: ['user:bob:rw']")
    taken = []
    for entry in entries:
        kind, identity, rights = parse(entry) if isinstance(entry, str) else entry
        if not 0 <= identity < ID_MAX:
            raise ValueError(f"{identity} is no uid and no gid")
        taken.append((int(kind), int(identity), int(rights)))
    return tuple(taken)


def give(entries: Iterable[tuple[int, int, int]]) -> tuple[Entry, ...]:
    """Entries as users see them."""
    return tuple(Entry(Kind(kind), identity, Right(rights)) for kind, identity, rights in entries)


def take_mode(mode: int) -> int:
    """Permission bits."""
    if not 0 <= mode <= 0o777:
        raise ValueError("a segment's mode has permission bits only, 0 to 0o777")
    return mode
