# SPDX-License-Identifier: MIT
"""What the tests share."""

import logging
import os
import select
import subprocess
import sys
import traceback
import unittest
import warnings

import prshm

LONG = bool(os.environ.get("PRSHM_TEST_LONG"))
IS_ROOT = os.geteuid() == 0
# Users that own nothing here; the broker needs no name for them.
ALICE, BOB = 54321, 54322
HANG = 600  # seconds after which a test is taken to hang
# In Python's development mode asyncio warns of what took 0.1 s, as anything may beside other work.
logging.getLogger("asyncio").setLevel(logging.ERROR)
needs_root = unittest.skipUnless(IS_ROOT, "needs root, for a second user")


def descriptors():
    """Numbers of those that are open, but for the one that looks."""
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            os.stat(f"/proc/self/fd/{name}")
            found.add(int(name))
        except OSError:
            pass
    return found


def mappings():
    """How many segments are mapped."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        return sum("memfd:prshm" in line for line in maps)


def delete_all():
    for segment in prshm.list():
        if segment.name and not segment.deleted:
            try:
                prshm.delete(segment.name)
            except FileNotFoundError:
                pass  # it was until-unused


class Case(unittest.TestCase):
    """No test leaves a segment or a descriptor."""

    def setUp(self):
        prshm.status()
        before = descriptors()
        self.addCleanup(lambda: self.assertEqual(before, descriptors()))
        self.addCleanup(delete_all)

    def new(self, name=None, size=4096, **options):
        """A segment that is closed when the test ends."""
        memory = prshm.SharedMemory(name, True, size, **options)
        self.addCleanup(memory.close)
        return memory


def in_child(function, user=None):
    """What function() says in a child of fork, as that user; an exception of the child is one
    here."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # From 3.12 on, where there are threads; the child only makes calls of this package.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reading)
            if user is not None:
                os.setgroups([])
                os.setresgid(user, user, user)
                os.setresuid(user, user, user)
            said = function()
            os.write(writing, repr(said).encode())
            status = 0
        except BaseException:  # pylint: disable=broad-except
            os.write(writing, traceback.format_exc()[-3000:].encode())
        finally:
            os._exit(status)
    os.close(writing)
    said = b""
    while select.select([reading], [], [], HANG)[0]:
        some = os.read(reading, 65536)
        if not some:
            break
        said += some
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise AssertionError(f"the child ended with {status}: {said.decode()}")
    return said.decode()


def python(program, *arguments, **options):
    """Runs a program text in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=HANG,
        check=False, **options)
