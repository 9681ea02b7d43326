# SPDX-License-Identifier: MIT
"""What the standard library builds on SharedMemory, over prshm's: ShareableList and
SharedMemoryManager."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from contextvars import ContextVar
from multiprocessing import managers
from typing import TYPE_CHECKING, Any, Generic, Optional, TypeVar

from ._memory import SharedMemory

T = TypeVar("T")

# What a ShareableList was told about its segment, while the standard library's code makes it.
_options: ContextVar[dict[str, Any]] = ContextVar("options", default={})


def _memory_of_list(
    name: Optional[str] = None, create: bool = False, size: int = 0
) -> SharedMemory:
    return SharedMemory(name, create, size, **_options.get())


if TYPE_CHECKING:

    class _StandardList(Generic[T]):
        format: str

        def __init__(
            self, sequence: Optional[Iterable[T]] = None, *, name: Optional[str] = None
        ) -> None: ...
        def __getitem__(self, position: int) -> T: ...
        def __setitem__(self, position: int, value: T) -> None: ...
        def __len__(self) -> int: ...
        def count(self, value: T) -> int: ...
        def index(self, value: T) -> int: ...

    class _StandardServer:
        public: list[str]

        def __init__(self, *arguments: Any) -> None: ...
        def shutdown(self, connection: Any) -> None: ...

else:
    # A second copy of the module, in which SharedMemory is prshm's. So a list has the layout of
    # this very version of Python, for who opens it in another way, and the standard module stays as
    # it is.
    _specification = importlib.util.find_spec("multiprocessing.shared_memory")
    _standard = importlib.util.module_from_spec(_specification)
    _specification.loader.exec_module(_standard)
    _standard.SharedMemory = _memory_of_list
    _StandardList = _standard.ShareableList
    _StandardServer = managers.Server


class ShareableList(_StandardList[T]):
    """A list of fixed length in shared memory; multiprocessing.shared_memory.ShareableList over
    SharedMemory.

    Parameters:
        sequence: int, float, bool, str, bytes and None, for a new list.
        name: of the segment, as for SharedMemory; without sequence, a list that exists is opened.
        options: what else SharedMemory takes, by keyword: mode, rights, lifetime, readonly, wait,
            ...

    Values that no list can hold leave no segment. ValueError: readonly, of a new list.
    """

    shm: SharedMemory

    def __init__(
        self, sequence: Optional[Iterable[T]] = None, *, name: Optional[str] = None, **options: Any
    ) -> None:
        if sequence is not None and options.get("readonly"):
            raise ValueError("a new list is written, and cannot be readonly")
        token = _options.set(options)
        try:
            super().__init__(sequence, name=name)
        except BaseException:
            if sequence is not None and hasattr(self, "shm"):
                self.shm._take_back()
            raise
        finally:
            _options.reset(token)


class _Server(_StandardServer):
    """The process of a manager: it has the segments open, and deletes them when it is shut down."""

    public = [*_StandardServer.public, "track_segment", "release_segment", "list_segments"]

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._segments: dict[str, SharedMemory] = {}

    def track_segment(self, connection: Any, name: str) -> None:
        self._segments[name] = SharedMemory(name)

    def release_segment(self, connection: Any, name: str) -> None:
        with self._segments.pop(name) as segment:
            try:
                segment.unlink()
            except FileNotFoundError:
                pass  # somebody else has unlinked it

    def list_segments(self, connection: Any) -> list[str]:
        return list(self._segments)

    def shutdown(self, connection: Any) -> None:
        for name in self.list_segments(connection):
            self.release_segment(connection, name)
        super().shutdown(connection)


class SharedMemoryManager(managers.BaseManager):
    """Segments that end with the manager: multiprocessing.managers.SharedMemoryManager over
    SharedMemory.

        with prshm.SharedMemoryManager() as manager:
            words = manager.SharedMemory(65536)

    Also when the process of the manager is killed: its segments are until-unused, and that process
    is one of their users.
    """

    _Server = _Server

    def _track(self, name: str) -> None:
        # As the class of the standard library does; BaseManager has no call for that.
        this: Any = self
        standard: Any = managers
        with this._Client(self.address, authkey=this._authkey) as connection:
            standard.dispatch(connection, None, "track_segment", (name,))

    def _need_server(self) -> None:
        if self.address is None:
            raise ValueError("the manager is not started")

    def SharedMemory(self, size: int, **options: Any) -> SharedMemory:
        """A new SharedMemory of that many bytes. options: what else its class takes."""
        self._need_server()
        options.setdefault("lifetime", "until-unused")
        memory = SharedMemory(create=True, size=size, **options)
        self._track(memory.name)
        return memory

    def ShareableList(self, sequence: Iterable[T], **options: Any) -> ShareableList[T]:
        """A new ShareableList of these values."""
        self._need_server()
        options.setdefault("lifetime", "until-unused")
        values = ShareableList(sequence, **options)
        self._track(values.shm.name)
        return values
