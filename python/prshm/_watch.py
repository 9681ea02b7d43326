# SPDX-License-Identifier: MIT
"""Events: what happens to segments."""

from __future__ import annotations

import enum
import time
from types import TracebackType
from typing import Any, NamedTuple, Optional

from . import _core, _names
from ._memory import await_event
from ._rights import ID_MAX


class EventKind(enum.IntFlag):
    """What may happen to a segment: one of these in an Event, a set of them to watch for."""

    CREATED = 0x01
    DELETED = 0x02
    EXPIRED = 0x04  # its name went, as its lifetime says, because nobody held it
    OPENED = 0x08
    CLOSED = 0x10  # also by the end of its process
    UNUSED = 0x20  # behind the last CLOSED
    RIGHTS = 0x40  # its mode, entries, owner or group were set
    OVERFLOW = 0x80  # events were missed; comes whether it was asked for or not
    ALL = 0xFF


class Event(NamedTuple):
    """What happened. With OVERFLOW only the time means something.

    Attributes:
        kind: one EventKind.
        name: of the segment, as the broker has it; "": it is anonymous.
        time_ns: nanoseconds since 1970.
        segment: its number: another segment of the same name has another one.
        size: bytes.
        uid: by whom; None: by nobody (EXPIRED).
        pid: None: by nobody, or the broker cannot tell.
    """

    kind: EventKind
    name: str
    time_ns: int
    segment: int
    size: int
    uid: Optional[int]
    pid: Optional[int]


class Watch:
    """What happens from now on to the segments that the caller may list.

        for event in prshm.watch("/camera/"):
            print(event.kind, event.name)

    An iterator, also for `async for`; it ends when the watch is closed, also by another thread or
    task. When the broker goes away, that is raised once; the watch goes on, finds the next broker,
    and tells EventKind.OVERFLOW then. For one thread at a time, and not for a child of fork.
    """

    def __init__(
        self, prefix: str = "", events: EventKind = EventKind.ALL, *, exact: bool = False
    ) -> None:
        """Watches segments whose names begin with prefix; exact: the one of that name."""
        name = _names.full(prefix) if exact else prefix
        self._watch = _core.Watch(name, int(events), int(exact))
        self._closed = False
        self._waiting: Any = None  # the future of a task that waits for an event

    def next(self, timeout: Optional[float] = None) -> Optional[Event]:
        """The next event, waited for at most so many seconds (None: for ever); None: none has
        come."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            fields = self._watch.next()
            if fields is not None:
                return _event_of(fields)
            if timeout == 0 or not await_event(self._watch, end):
                return None

    def fileno(self) -> int:
        """For select(2) and event loops: readable when next(0) has something to say. Always the
        same."""
        return self._watch.fileno()

    def close(self) -> None:
        """Ends the watch, and wakes who waits for an event. May be called again."""
        self._closed = True
        waiting = self._waiting
        if waiting is not None:
            # The event loop has the descriptor still. The task closes it, once the loop has not.
            waiting.get_loop().call_soon_threadsafe(_wake, waiting)
        else:
            self._watch.close()

    def __iter__(self) -> Watch:
        return self

    def __next__(self) -> Event:
        while not self._closed:
            try:
                event = self.next()
            except ValueError:
                if not self._closed:
                    raise
                break
            if event is not None:
                return event
        raise StopIteration

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Event:
        while not self._closed:
            event = self.next(0)
            if event is not None:
                return event
            await self._readable()
        raise StopAsyncIteration

    async def _readable(self) -> None:
        import asyncio

        if self._waiting is not None:
            raise RuntimeError("another task waits for this watch")
        loop = asyncio.get_running_loop()
        fd = self.fileno()
        self._waiting = waiting = loop.create_future()
        loop.add_reader(fd, _wake, waiting)
        try:
            await waiting
        finally:
            loop.remove_reader(fd)
            self._waiting = None
            if self._closed:
                self._watch.close()

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()


def _wake(future: Any) -> None:
    if not future.done():
        future.set_result(None)


def _event_of(fields: tuple[int, str, int, int, int, int, int]) -> Event:
    kind, name, at, segment, size, uid, pid = fields
    return Event(
        EventKind(kind), name, at, segment, size, None if uid == ID_MAX else uid, pid or None)


def watch(prefix: str = "", events: EventKind = EventKind.ALL, *, exact: bool = False) -> Watch:
    """A Watch.

    prefix: of names as the broker has them: "/dev/shm/" for those without a slash; "" for all.
    events: a set of EventKind.
    exact: prefix is a whole name, as for SharedMemory.
    """
    return Watch(prefix, events, exact=exact)
