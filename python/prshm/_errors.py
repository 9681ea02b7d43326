# SPDX-License-Identifier: MIT
"""Exceptions: one class for each result of a call; each is a built-in exception, too."""

from __future__ import annotations

import enum
import errno
from typing import ClassVar, Optional


class Result(enum.IntEnum):
    """What a call of libprshm-client says, by the names of prshm-client.h."""

    OK = 0
    INVALID = 1
    NOT_FOUND = 2
    EXISTS = 3
    DENIED = 4
    NOT_OWNER = 5
    REFUSED = 6
    BAD_NAME = 7
    BAD_SIZE = 8
    BAD_RIGHTS = 9
    TOO_BIG = 10
    NO_RESOURCES = 11
    NO_MEMORY = 12
    NO_DESCRIPTOR = 13
    NO_BROKER = 14
    TIMEOUT = 15
    UNSUPPORTED = 16
    BROKEN = 17
    AGAIN = 18


class Error(OSError):
    """What all exceptions of this package are.

    Attributes:
        result: the Result of the call that failed.
        errno: what comes closest to it.
        strerror: a sentence for people, as prshm_strerror(3) and prshm_error_text(3) tell it.
        filename: the segment's name, as the broker knows it; None where the call was about no
            segment.
    """

    result: ClassVar[Result] = Result.BROKEN


class InvalidArgument(Error, ValueError):
    """An argument is out of its range."""

    result = Result.INVALID


class NotFound(Error, FileNotFoundError):
    """There is no such segment, or none that the caller may see."""

    result = Result.NOT_FOUND


class Exists(Error, FileExistsError):
    """A segment was to be made, and there is one of that name."""

    result = Result.EXISTS


class Denied(Error, PermissionError):
    """The segment's rights do not allow it."""

    result = Result.DENIED


class NotOwner(Error, PermissionError):
    """Only the owner, or only root, may do that."""

    result = Result.NOT_OWNER


class Refused(Error, PermissionError):
    """The broker's configuration does not let the caller create a segment of that name."""

    result = Result.REFUSED


class BadName(Error, ValueError):
    """No segment can have that name: it is empty, too long, or ends like a directory."""

    result = Result.BAD_NAME


class BadSize(Error, ValueError):
    """The size is 0 for a new segment, or more than the existing one has."""

    result = Result.BAD_SIZE


class BadRights(Error, ValueError):
    """Rights that no segment can have: too many entries, one id twice, an unknown bit."""

    result = Result.BAD_RIGHTS


class TooBig(Error, OverflowError):
    """More bytes than a segment may have."""

    result = Result.TOO_BIG


class NoResources(Error, MemoryError):
    """A limit of the broker is reached; the broker's log says which."""

    result = Result.NO_RESOURCES


class NoMemory(Error, MemoryError):
    """There is no memory left, here or in the broker."""

    result = Result.NO_MEMORY


class NoDescriptor(Error):
    """The process, or the system, has no descriptor left."""

    result = Result.NO_DESCRIPTOR


class NoBroker(Error, ConnectionRefusedError):
    """There is no broker, and none could be started; prshm(7) tells where one is looked for."""

    result = Result.NO_BROKER


class Timeout(Error, TimeoutError):
    """The broker did not answer within ten seconds."""

    result = Result.TIMEOUT


class Unsupported(Error, NotImplementedError):
    """The broker is too old for this call."""

    result = Result.UNSUPPORTED


class Broken(Error, ConnectionError):
    """The broker is broken, or what answered is none."""

    result = Result.BROKEN


# The codes of PR_GetOSError(3), where it has one.
_ERRNO = {
    Result.INVALID: errno.EINVAL,
    Result.NOT_FOUND: errno.ENOENT,
    Result.EXISTS: errno.EEXIST,
    Result.DENIED: errno.EACCES,
    Result.NOT_OWNER: errno.EPERM,
    Result.REFUSED: errno.EACCES,
    Result.BAD_NAME: errno.EINVAL,
    Result.BAD_SIZE: errno.EINVAL,
    Result.BAD_RIGHTS: errno.EINVAL,
    Result.TOO_BIG: errno.EFBIG,
    Result.NO_RESOURCES: errno.EDQUOT,
    Result.NO_MEMORY: errno.ENOMEM,
    Result.NO_DESCRIPTOR: errno.EMFILE,
    Result.NO_BROKER: errno.ECONNREFUSED,
    Result.TIMEOUT: errno.ETIMEDOUT,
    Result.UNSUPPORTED: errno.EOPNOTSUPP,
    Result.BROKEN: errno.EPROTO,
}
_CLASSES: dict[Result, type[Error]] = {error.result: error for error in Error.__subclasses__()}


def error_for(result: int, sentence: str, text: str, name: Optional[str]) -> Error:
    """The exception of a result. text: what else the library has to say, or ""."""
    known = Result(result) if result in _ERRNO else Result.BROKEN
    message = f"{sentence}: {text}" if text else sentence
    if name is None:
        return _CLASSES[known](_ERRNO[known], message)
    return _CLASSES[known](_ERRNO[known], message, name)
