# SPDX-License-Identifier: MIT
"""NumPy arrays in shared memory."""

import gc
import os
import sys
import unittest

import prshm
from case import ALICE, Case, LONG, in_child, needs_root, python

try:
    import numpy
except ImportError:
    numpy = None

SIZE = (1 << 30) if LONG else (16 << 20)  # bytes that are produced and consumed
CONSUMERS = 8 if LONG else 2


@unittest.skipUnless(numpy, "needs numpy (package python3-numpy)")
class Arrays(Case):
    def test_an_array_is_shared(self):
        made = prshm.ndarray("/n/a", (3, 4), "f8", create=True)
        self.assertEqual((made.shape, made.dtype, made.sum()), ((3, 4), numpy.dtype("f8"), 0))
        made[:] = numpy.arange(12).reshape(3, 4)
        seen = prshm.ndarray("/n/a", (3, 4), "f8", readonly=True)
        self.assertEqual(seen[2, 3], 11)
        self.assertFalse(seen.flags.writeable)
        with self.assertRaises(ValueError):
            seen[0, 0] = 1
        with self.assertRaises(ValueError):
            seen.flags.writeable = True
        self.assertEqual(prshm.stat("/n/a").size, 96)
        del made, seen

    def test_an_array_keeps_the_segment(self):
        array = prshm.ndarray("short", 100, "i4", create=True, lifetime="until-unused")
        part = array[10:20]
        del array
        gc.collect()
        part[:] = 5
        self.assertEqual(prshm.ndarray("short", (100,), "i4")[10:21].tolist(), [5] * 10 + [0])
        del part
        gc.collect()
        self.assertRaises(FileNotFoundError, prshm.stat, "short")

    def test_an_array_of_buf_outlives_all(self):
        memory = prshm.SharedMemory("plain", True, 800)
        array = numpy.ndarray((100,), "f8", memory.buf)
        other = numpy.frombuffer(memory.buf, "u1")
        memory.close()
        memory.unlink()
        del memory
        gc.collect()
        array[:] = 1
        self.assertEqual((array.sum(), other.size), (100, 800))
        del array, other

    def test_wrong_shapes_are_refused(self):
        prshm.ndarray("small", 10, "u1", create=True)
        for shape, dtype, error in (((11,), "u1", ValueError), ((2, 2**62), "u8", ValueError),
                                    ((-1,), "u1", ValueError), (10, object, TypeError),
                                    (10, "no type", TypeError), ((1.5,), "u1", TypeError),
                                    ("10", "u1", TypeError)):
            with self.subTest(shape=shape, dtype=dtype):
                self.assertRaises(error, prshm.ndarray, "small", shape, dtype)
        self.assertRaises(ValueError, prshm.ndarray, "none", 0, "u1", create=True)
        self.assertRaises(ValueError, prshm.ndarray, "none", -5, "u1", create=True)
        self.assertRaises(OverflowError, prshm.ndarray, "none", 2**62, "u8", create=True)
        self.assertRaises(FileNotFoundError, prshm.ndarray, "none", 1)
        self.assertRaises(TypeError, prshm.ndarray, None, 1, create=True)
        self.assertRaises(ValueError, prshm.ndarray, "none", [1] * 100, create=True)
        self.assertRaises(ValueError, prshm.ndarray, "none", 1, create=True, order="Q")
        self.assertRaises(FileNotFoundError, prshm.stat, "none")
        self.assertEqual(prshm.ndarray("small", numpy.array([2, 5]), "u1").shape, (2, 5))
        self.assertEqual(prshm.ndarray("small", numpy.int8(10), "u1").shape, (10,))
        gc.collect()

    def test_numpy_is_imported_by_the_call_alone(self):
        done = python("import prshm, sys; assert 'numpy' not in sys.modules;"
                      "prshm.ndarray('n', 1, create=True);"
                      "assert 'numpy' in sys.modules; prshm.delete('n')")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    @needs_root
    def test_consumers_of_other_users_see_what_is_produced_and_cannot_write(self):
        count = SIZE // 8
        made = prshm.ndarray("/n/frames", count, "u8", create=True, mode=0o644)
        made[:] = numpy.arange(count, dtype="u8")
        expected = count * (count - 1) // 2

        def consume():
            seen = prshm.ndarray("/n/frames", count, "u8", readonly=True)
            total = int(seen.sum(dtype="u8"))
            try:
                seen[0] = 1
            except ValueError:
                return total, os.geteuid()
            return "written"

        for user in range(ALICE, ALICE + CONSUMERS):
            self.assertEqual(in_child(consume, user), repr((expected % 2**64, user)))
        self.assertEqual(prshm.stat("/n/frames").used, SIZE)
        del made


@unittest.skipUnless(numpy, "needs numpy (package python3-numpy)")
class Buffers(Case):
    def test_buffers_of_the_standard_library_share_memory(self):
        memory = self.new(size=80)
        view = memory.buf.cast("d")
        view[9] = 2.5
        self.assertEqual(numpy.frombuffer(memory.buf)[9], 2.5)
        self.assertEqual(len(bytes(memory.buf)), 80)
        self.assertEqual(sys.getsizeof(memory.buf) < 1000, True)
        view.release()
