# SPDX-License-Identifier: MIT
"""The client library, called from Python: what a program can do with it, at the speed that such a
program has."""

import ctypes
import os

from programs import LIBRARIES

OK, INVALID, NOT_FOUND, EXISTS, DENIED, NOT_OWNER, REFUSED = range(7)
CREATE, EXCL, READONLY = 0x100, 0x200, 0x400
KEPT, UNTIL_UNUSED = 1, 2
READ_ONLY_MAP = 0x1  # PR_SHM_READONLY


class Entry(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("id", ctypes.c_uint32), ("rights", ctypes.c_uint)]


class Rights(ctypes.Structure):
    _fields_ = [("mode", ctypes.c_uint32), ("entry_count", ctypes.c_size_t),
                ("entries", Entry * 32)]


class Options(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint), ("size", ctypes.c_size_t), ("rights", Rights),
                ("lifetime", ctypes.c_int), ("linger", ctypes.c_uint32),
                ("wait_ms", ctypes.c_uint32), ("unused", ctypes.c_uint32),
                ("reserved", ctypes.c_uint64 * 7)]


class Library:
    """For one process: what forks from it makes a connection of its own."""

    def __init__(self, path):
        os.environ["PRSHM_SOCKET"] = path
        self.calls = ctypes.CDLL(os.path.join(LIBRARIES, "libprshm-client.so.0"))
        self.calls.PR_AttachSharedMemory.restype = ctypes.c_void_p
        self.calls.PR_AttachSharedMemory.argtypes = [ctypes.c_void_p, ctypes.c_int]
        self.calls.PR_DetachSharedMemory.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        self.calls.PR_CloseSharedMemory.argtypes = [ctypes.c_void_p]

    def open(self, name, flags=0, size=0, mode=0o600, lifetime=0):
        """What the call returned, and the handle, which is None unless that is OK."""
        options = Options(flags=flags, size=size, rights=Rights(mode=mode), lifetime=lifetime)
        handle = ctypes.c_void_p()
        result = self.calls.prshm_open(name.encode(), ctypes.byref(options), ctypes.byref(handle))
        return result, handle.value if result == OK else None

    def close(self, handle):
        return self.calls.PR_CloseSharedMemory(handle)

    def attach(self, handle, readonly=False):
        return self.calls.PR_AttachSharedMemory(handle, READ_ONLY_MAP if readonly else 0)

    def detach(self, handle, address):
        return self.calls.PR_DetachSharedMemory(handle, address)

    def delete(self, name):
        return self.calls.prshm_delete(name.encode())

    def set_mode(self, name, mode):
        return self.calls.prshm_set_rights(name.encode(), ctypes.byref(Rights(mode=mode)))

    def set_owner(self, name, uid, gid=0xFFFFFFFF):
        return self.calls.prshm_set_owner(name.encode(), uid, gid)
