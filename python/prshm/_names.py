# SPDX-License-Identifier: MIT
"""Names of segments, as this package takes and tells them."""

from __future__ import annotations

import errno
import os

from . import _errors

# Where the names without a slash are, for who opens them with shm_open(3): see prshm(7).
PLAIN = "/dev/shm/"


def full(name: str) -> str:
    """The broker's name of what a program calls name."""
    if not isinstance(name, str):
        raise TypeError(f"a segment's name is a str, not {type(name).__name__}")
    if name.startswith("/"):
        return name
    if "/" in name:
        raise _errors.BadName(
            errno.EINVAL, "a name either begins with a slash or has none", name)
    return PLAIN + name if name else name


def short(name: str) -> str:
    """What a program calls the broker's name."""
    rest = name.removeprefix(PLAIN)
    return name if "/" in rest or not rest else rest


def places() -> list[str]:
    """Where made-up names are, the best one first.

    Nobody else may create below the first one, unless prshmd.conf(5) says otherwise. The second one
    is for a user whose number is another one to the broker, as in a container.
    """
    return [f"/run/user/{os.geteuid()}/", PLAIN]


def make_up(place: str) -> str:
    """A name below place that nobody has, and nobody guesses."""
    return f"{place}psm_{os.urandom(8).hex()}"
