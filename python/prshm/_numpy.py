# SPDX-License-Identifier: MIT
"""NumPy arrays in shared memory. numpy is imported when ndarray() is called, and not before."""

from __future__ import annotations

import errno
import math
import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Union

from . import _errors, _names
from ._memory import SharedMemory

if TYPE_CHECKING:
    import numpy


def ndarray(
    name: str,
    shape: Union[int, Iterable[int]],
    dtype: Any = float,
    *,
    create: bool = False,
    order: Any = "C",
    **options: Any,
) -> numpy.ndarray[Any, Any]:
    """A numpy.ndarray whose values are a segment's.

        frames = prshm.ndarray("/camera/frames", (16, 480, 640), "u1", create=True, mode=0o640)
        frames = prshm.ndarray("/camera/frames", (16, 480, 640), "u1", readonly=True)

    The array, and each view of it, keeps the segment mapped, and open: one that is until-unused
    stays as long as the last of them. The name goes by prshm.delete(name). An array that is
    pickled, or given to another process, is copied: give the name.

    Parameters:
        name: as for SharedMemory.
        shape, dtype, order: as for numpy.ndarray. The values of a new array are 0. Not of Python
            objects: their addresses mean nothing to another process.
        create: make the segment, of just the size that is needed.
        options: what else SharedMemory takes, by keyword: mode, lifetime, readonly, wait, ...

    Raises what SharedMemory does; prshm.BadSize, a ValueError, if the segment has too few bytes.
    """
    import numpy

    if name is None:
        raise TypeError("an array needs a name, so that others find it")
    kind = numpy.dtype(dtype)
    if kind.hasobject:
        raise TypeError("Python objects cannot be in shared memory")
    lengths = _lengths(shape)
    if min(lengths, default=0) < 0:
        raise ValueError("a dimension of the array is negative")
    size = math.prod(lengths) * kind.itemsize
    memory = SharedMemory(name, create, size if create else 0, **options)
    if memory.size < size:
        raise _errors.BadSize(
            errno.EINVAL, f"the array has {size} bytes, and the segment {memory.size}",
            _names.full(name))
    try:
        return numpy.ndarray(lengths, kind, buffer=memory.buf, order=order)
    except BaseException:
        memory._take_back()
        raise


def _lengths(shape: Union[int, Iterable[int]]) -> tuple[int, ...]:
    """Of the dimensions."""
    try:
        return (operator.index(shape),)  # type: ignore[arg-type]
    except TypeError:
        return tuple(map(operator.index, shape))  # type: ignore[arg-type]
