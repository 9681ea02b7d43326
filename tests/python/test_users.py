# SPDX-License-Identifier: MIT
"""SharedMemory between users; for root, who becomes them in children."""

import ctypes
import mmap
import os

import prshm
from case import ALICE, BOB, Case, in_child, needs_root


def widen(memory):
    """Whether mprotect(2) makes it writable. A child of fork has what its parent mapped, too."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        begin = next(int(line.split("-")[0], 16) for line in maps
                     if f"memfd:prshm:{memory._name}" in line and " r--s " in line)
    return libc.mprotect(ctypes.c_void_p(begin), mmap.PAGESIZE,
                         mmap.PROT_READ | mmap.PROT_WRITE) == 0


@needs_root
class Users(Case):
    def attempt(self, error, function, user):
        in_child(lambda: self.assertRaises(error, function), user)

    def test_rights_decide_who_opens(self):
        self.new("/u/words", mode=0o600, rights=[f"user:{ALICE}:r"]).buf[:2] = b"hi"
        self.attempt(FileNotFoundError, lambda: prshm.stat("/u/words"), BOB)
        self.attempt(PermissionError, lambda: prshm.SharedMemory("/u/words"), BOB)
        self.attempt(PermissionError, lambda: prshm.SharedMemory("/u/words", readonly=True), BOB)
        self.attempt(PermissionError, lambda: prshm.SharedMemory("/u/words"), ALICE)
        self.assertEqual(
            in_child(lambda: bytes(prshm.SharedMemory("/u/words", readonly=True).buf[:2]), ALICE),
            "b'hi'")

    def test_reader_cannot_write_by_any_way(self):
        self.new("/u/fixed", mode=0o644)

        def read():
            memory = prshm.SharedMemory("/u/fixed", readonly=True)
            with self.assertRaises(TypeError):
                memory.buf[0] = 1
            with self.assertRaises(PermissionError):
                mmap.mmap(memory.fileno(), 4096)
            with self.assertRaises(PermissionError):
                os.open(f"/proc/self/fd/{memory.fileno()}", os.O_RDWR)
            assert not widen(memory)

        in_child(read, ALICE)

    def test_only_the_owner_unlinks(self):
        self.new("/u/mine", mode=0o666)
        self.attempt(PermissionError, lambda: prshm.delete("/u/mine"), ALICE)
        self.attempt(PermissionError, lambda: prshm.SharedMemory("/u/mine").unlink(), ALICE)
        self.attempt(PermissionError, lambda: prshm.set_rights("/u/mine", 0o666), ALICE)
        self.attempt(PermissionError, lambda: prshm.set_owner("/u/mine", ALICE), ALICE)
        self.assertEqual(prshm.stat("/u/mine").holders, 1)

    def test_nobody_creates_in_the_place_of_another(self):
        self.attempt(prshm.Refused, lambda: prshm.SharedMemory(f"/run/user/{BOB}/x", True, 9),
                     ALICE)

    def test_made_up_names_are_elsewhere_where_the_place_is_closed(self):
        def make():
            os.geteuid = lambda: BOB  # as for a user whom the broker knows by another number
            return prshm.SharedMemory(create=True, size=9).name.split("_")[0]

        self.assertEqual(in_child(make, ALICE), "'psm'")

    def test_limits_are_memory_errors(self):
        def fill():
            made = []
            try:
                for i in range(10**6):
                    made.append(prshm.SharedMemory(f"/u/{i}", True, 1, lifetime="until-unused"))
            except MemoryError as error:
                return type(error) is prshm.NoResources
            return False

        self.assertEqual(in_child(fill, ALICE), "True")
