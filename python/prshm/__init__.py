# SPDX-License-Identifier: MIT
"""Named shared memory from the prshm broker.

A drop-in for multiprocessing.shared_memory that does not leak, unlink behind one's back, or
truncate:

    from prshm import SharedMemory

    words = SharedMemory("words", create=True, size=65536)
    words.buf[:5] = b"hello"                # in another process: SharedMemory("words").buf[:5]
    words.close()
    words.unlink()

And what only a broker can do:

    SharedMemory("words", readonly=True)    buf can only be read; the kernel sees to that
    SharedMemory("words", wait=10)          opens it as soon as there is one
    SharedMemory(create=True, size=4096, lifetime="until-unused")
                                            goes with its last user, however that ended
    SharedMemory("words", create=True, size=4096, mode=0o640, rights=["user:bob:rw"])
    ndarray("frames", (480, 640), "u1", create=True)
                                            a NumPy array; it keeps the segment
    ShareableList, SharedMemoryManager      as in the standard library
    open_many(["a", "b", "c"])              64 in one exchange with the broker

To look and to steer, with names as SharedMemory takes them:

    stat, list, holders, origin             what there is, and who has it open
    explain, set_rights, set_owner, delete  what may be done with it, and by which rule
    accounts, status, broker                who has how much; how the broker is; which one it is
    watch                                   what happens; an iterator, also for `async for`

Names: "words" is the broker's /dev/shm/words, where programs of shm_open(3) find it by
prshm-posix-run(1); "/a/b" is the broker's /a/b. Any other name is refused.

Errors are prshm.Error and its classes; each is also the built-in exception that fits:
FileNotFoundError, FileExistsError, PermissionError, MemoryError, ConnectionRefusedError,
TimeoutError, ValueError. Each has .result, one of prshm.Result.

Threads may make all calls at once; those that may wait let other threads run. After fork(2) a child
goes on with what its parent has open. prshm-python(7) is the manual; prshm(7) tells of names,
rights and lifetimes.
"""

from typing import TYPE_CHECKING

from ._calls import (
    Account,
    Choice,
    Explanation,
    Holder,
    Keeper,
    Limit,
    Origin,
    Place,
    Resource,
    Stat,
    Status,
    Usage,
    accounts,
    broker,
    delete,
    explain,
    holders,
    list,
    origin,
    set_owner,
    set_rights,
    stat,
    status,
)
from ._errors import (
    BadName,
    BadRights,
    BadSize,
    Broken,
    Denied,
    Error,
    Exists,
    InvalidArgument,
    NoBroker,
    NoDescriptor,
    NoMemory,
    NoResources,
    NotFound,
    NotOwner,
    Refused,
    Result,
    Timeout,
    TooBig,
    Unsupported,
)
from ._memory import SharedMemory, open_many
from ._numpy import ndarray
from ._rights import Entry, Kind, Right
from ._watch import Event, EventKind, Watch, watch

if TYPE_CHECKING:
    from .managers import ShareableList, SharedMemoryManager


def __getattr__(name: str) -> object:
    """What needs multiprocessing is imported when somebody asks for it."""
    if name in ("ShareableList", "SharedMemoryManager"):
        from . import managers

        return getattr(managers, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Account",
    "BadName",
    "BadRights",
    "BadSize",
    "Broken",
    "Choice",
    "Denied",
    "Entry",
    "Error",
    "Event",
    "EventKind",
    "Exists",
    "Explanation",
    "Holder",
    "InvalidArgument",
    "Keeper",
    "Kind",
    "Limit",
    "NoBroker",
    "NoDescriptor",
    "NoMemory",
    "NoResources",
    "NotFound",
    "NotOwner",
    "Origin",
    "Place",
    "Refused",
    "Resource",
    "Result",
    "Right",
    "ShareableList",
    "SharedMemory",
    "SharedMemoryManager",
    "Stat",
    "Status",
    "Timeout",
    "TooBig",
    "Unsupported",
    "Usage",
    "Watch",
    "accounts",
    "broker",
    "delete",
    "explain",
    "holders",
    "list",
    "ndarray",
    "open_many",
    "origin",
    "set_owner",
    "set_rights",
    "stat",
    "status",
    "watch",
]
