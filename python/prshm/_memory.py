# SPDX-License-Identifier: MIT
"""SharedMemory, and how segments are opened."""

from __future__ import annotations

import functools
import operator
import sys
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Literal, Optional, Union

from . import _core, _errors, _names, _rights
from ._rights import Entry

# Flags of prshm_open(3).
_CREATE = 0x100
_EXCLUSIVE = 0x200
_READONLY = 0x400
_PREALLOCATE = 0x800
_NO_PREALLOCATE = 0x1000
_HUGE_PAGES = 0x2000
# Events of prshm_watch(3) after which a name may be there, and that the watch is of a whole name.
_CREATED_OR_RIGHTS = 0x41
_EXACT = 0x1

Lifetime = Literal["kept", "until-unused"]
LIFETIMES: dict[Optional[Lifetime], int] = {None: 0, "kept": 1, "until-unused": 2}

# A page that is found when the segment is made costs a third of one that is found by a fault. Above
# this, programs are more likely to touch only a part.
PREALLOCATED_MAX = 64 << 20


class SharedMemory:
    """Memory with a name, which several processes have at the same time.

    A drop-in for multiprocessing.shared_memory.SharedMemory, whose contract holds for all that it
    has: name, buf, size, close(), unlink(), pickling. The differences:

    - Nothing is ever unlinked behind your back: no resource tracker looks after the name. What
      should end with its users is made with lifetime="until-unused", and then goes also when they
      are killed.
    - An array or a view of buf that outlives close(), or this object, is as good as before: the
      memory stays mapped until the last of them is gone. close() never raises BufferError.
    - The size is fixed: no process can truncate the memory under another one.

    Parameters:
        name: a name without a slash is NAME in /dev/shm, as programs of shm_open(3) call it; "/a/b"
            is the broker's own. None with create=True: one is made up, in a place where only this
            user may create.
        create: make the segment; FileExistsError if there is one.
        size: bytes of a new segment, from 1; ignored where one exists.
        track: ignored. It is about the resource tracker, and there is none.
        mode: permission bits of a new segment, as in chmod(2): who may read it, and who of these
            may write. The umask does not count.
        rights: more of them, for a new segment: Entry objects, or text such as "user:bob:rw".
        lifetime: of a new segment: "kept" stays until unlink(), "until-unused" goes with the last
            process that has it open, however that ended. None: as the broker's configuration has
            it, else "kept".
        linger: seconds that a new segment stays without anybody who has it open; for "kept", 0 is
            for ever.
        readonly: buf can only be read, and nothing in the process can change that. Needs no right
            to write.
        wait: seconds to wait for a segment that does not exist; without create.
        preallocate: find the memory of a new segment now (True), or as it is touched (False). None:
            now, up to 64 MiB if there is enough; beyond, as the broker's configuration has it.
        huge_pages: use huge pages for a new segment, where they can be had.
        exclusive: with create: False opens a segment that exists; its size must be at least size.

    Raises:
        ValueError: no name, or one that no segment can have; a size that is not positive.
        FileNotFoundError, FileExistsError, PermissionError: as open(2).
        MemoryError: there is not enough memory, or a limit of the broker is reached.
        ConnectionRefusedError: there is no broker, and none could be started.
        TimeoutError: the broker does not answer.
        All but those about arguments are prshm.Error.
    """

    _name: str
    _size: int
    _readonly: bool
    _segment: Optional[_core.Segment] = None
    _buf: Optional[memoryview] = None
    # By this object; False also where exclusive=False may have opened what exists.
    _made: bool = False

    def __init__(
        self,
        name: Optional[str] = None,
        create: bool = False,
        size: int = 0,
        *,
        track: bool = True,
        mode: int = 0o600,
        rights: Iterable[Union[Entry, str]] = (),
        lifetime: Optional[Lifetime] = None,
        linger: int = 0,
        readonly: bool = False,
        wait: float = 0,
        preallocate: Optional[bool] = None,
        huge_pages: bool = False,
        exclusive: bool = True,
    ) -> None:
        size = operator.index(size)
        if size < 0 or (create and size == 0):
            raise ValueError("'size' must be a positive integer")
        if lifetime not in LIFETIMES:
            raise ValueError("'lifetime' must be \"kept\", \"until-unused\" or None")
        if not 0 <= linger < 2**32:
            raise ValueError("'linger' must be a number of seconds, 0 or more")
        flags = _READONLY if readonly else 0
        if create:
            if size > sys.maxsize:
                raise _errors.error_for(
                    _errors.Result.TOO_BIG, "more bytes than a segment may have", "",
                    None if name is None else _names.full(name))
            flags |= _CREATE | (_EXCLUSIVE if exclusive else 0) | (_HUGE_PAGES if huge_pages else 0)
            self._name, self._segment = _create(
                name, flags, preallocate, size, _rights.take_mode(mode), _rights.take(rights),
                LIFETIMES[lifetime], linger)
            self._made = bool(exclusive)
        else:
            if name is None:
                raise ValueError("'name' can only be None if create=True")
            self._name = _names.full(name)
            self._segment = _open(self._name, flags, wait)
        self._readonly = bool(readonly)
        self._buf = self._segment.view()
        self._size = self._buf.nbytes

    @classmethod
    def _of(cls, name: str, segment: _core.Segment, readonly: bool) -> SharedMemory:
        """One of a segment that is open."""
        self = cls.__new__(cls)
        self._name, self._segment, self._readonly = name, segment, readonly
        self._buf = segment.view()
        self._size = self._buf.nbytes
        return self

    @property
    def name(self) -> str:
        """What other processes open it by."""
        return _names.short(self._name)

    @property
    def buf(self) -> Optional[memoryview]:
        """All the memory; None after close()."""
        return self._buf

    @property
    def size(self) -> int:
        """Bytes."""
        return self._size

    @property
    def readonly(self) -> bool:
        """Whether buf can only be read."""
        return self._readonly

    def close(self) -> None:
        """Ends the access by this object; the segment stays. May be called again.

        buf itself is released. Where an array is made of buf, or of a part of it, the memory stays
        mapped until that is gone, but this process no longer counts among those who have the
        segment open.
        """
        buf, self._buf = self._buf, None
        segment, self._segment = self._segment, None
        if buf is not None:
            try:
                buf.release()
            except BufferError:
                pass  # an array is made of it, and keeps the segment
        if segment is not None:
            segment.release()

    def release(self) -> None:
        """Gives the handle back at once; buf stays good until close().

        To the broker, this object then no longer has the segment open: one that is until-unused may
        go.
        """
        if self._segment is not None:
            self._segment.release()

    def unlink(self) -> None:
        """Takes the name away. Who has the segment open keeps it, and the memory goes with the last
        one.

        Raises FileNotFoundError if there is no such name (any more), and PermissionError for who is
        neither the owner nor root, and has no right to delete it.
        """
        _core.delete(self._name)

    def _take_back(self) -> None:
        """For what is made of the memory, and has failed: nobody is to find a segment that was made
        for that."""
        if self._made:
            try:
                self.unlink()
            except _errors.Error:
                pass
        self.close()

    def fileno(self) -> int:
        """A descriptor of the memory, borrowed: for mmap(2), or to be passed on.

        It can write unless this is readonly. ValueError after close() or release().
        """
        if self._segment is None:
            raise ValueError("the segment is closed")
        return self._segment.fileno()

    def __enter__(self) -> SharedMemory:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        cls: Any = type(self)
        if self._readonly:
            cls = functools.partial(cls, readonly=True)
        return cls, (self.name, False, self.size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, size={self.size})"


def _create(
    name: Optional[str],
    flags: int,
    preallocate: Optional[bool],
    *rest: Any,
) -> tuple[str, _core.Segment]:
    """Its name and the new segment."""
    if name is not None:
        name = _names.full(name)
        return name, _create_named(name, flags, preallocate, *rest)
    flags |= _EXCLUSIVE
    for place in _names.places():
        while True:
            name = _names.make_up(place)
            try:
                return name, _create_named(name, flags, preallocate, *rest)
            except FileExistsError:
                pass
            except _errors.Refused as error:
                refusal = error
                break
    raise refusal


def _create_named(
    name: str, flags: int, preallocate: Optional[bool], size: int, *rest: Any
) -> _core.Segment:
    if preallocate is None and size <= PREALLOCATED_MAX:
        try:
            return _core.open(name, flags | _PREALLOCATE, size, *rest)
        except _errors.NoMemory:
            preallocate = False
    if preallocate is not None:
        flags |= _PREALLOCATE if preallocate else _NO_PREALLOCATE
    return _core.open(name, flags, size, *rest)


def _open(name: str, flags: int, wait: float) -> _core.Segment:
    """A segment that exists, or will within so many seconds."""
    try:
        return _core.open(name, flags, 0, 0, (), 0, 0)
    except FileNotFoundError:
        if not wait > 0:
            raise
    end = time.monotonic() + wait
    watch = _core.Watch(name, _CREATED_OR_RIGHTS, _EXACT)
    try:
        while True:
            try:
                return _core.open(name, flags, 0, 0, (), 0, 0)
            except FileNotFoundError:
                if not await_event(watch, end):
                    raise
            _drain(watch)
    finally:
        watch.close()


def await_event(watch: _core.Watch, end: Optional[float]) -> bool:
    """Whether there is an event before that time of time.monotonic(); None: it has no end."""
    while True:
        left = 3600 if end is None else min(max(0, end - time.monotonic()), 3600)
        # Milliseconds, rounded up: the last turn must not be a busy one.
        if watch.wait(int(left * 1000) + 1):
            return True
        if left == 0:
            return False


def _drain(watch: _core.Watch) -> None:
    """What has happened is a reason to look, and no more."""
    try:
        while watch.next() is not None:
            pass
    except _errors.Error:
        pass  # the broker went away, and the watch looks for the next one


_MANY_MAX = 64  # names in one call of prshm_open_many(3)


def open_many(
    names: Iterable[str], *, readonly: bool = False, return_errors: bool = False
) -> list[Any]:
    """Opens segments that exist, 64 in one exchange with the broker.

    Parameters:
        names: as for SharedMemory; the same one twice is opened twice.
        readonly: as for SharedMemory, for all of them.
        return_errors: an Error stands in the place of what could not be opened. Otherwise the first
            one is raised, and nothing stays open.

    Returns a list of SharedMemory, in the order of names.
    """
    if isinstance(names, str):
        raise TypeError("names are a sequence of names: ['words']")
    asked = [_names.full(name) for name in names]
    opened: list[Any] = []
    for begin in range(0, len(asked), _MANY_MAX):
        opened += _core.open_many(tuple(asked[begin:begin + _MANY_MAX]), readonly)
    failed = next((one for one in opened if isinstance(one, BaseException)), None)
    if failed is not None and not return_errors:
        raise failed
    return [
        one if isinstance(one, BaseException) else SharedMemory._of(name, one, readonly)
        for name, one in zip(asked, opened)
    ]
