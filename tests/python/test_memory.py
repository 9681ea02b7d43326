# SPDX-License-Identifier: MIT
"""SharedMemory, in one process."""

import copy
import gc
import mmap
import os
import pickle
import struct
import sys
import threading
import time
import weakref

import prshm
from case import Case, LONG, mappings


class Memory(Case):
    def test_views_outlive_close(self):
        memory = self.new(size=8192)
        part = memory.buf[4096:]
        memory.buf[4096] = 7
        memory.close()
        self.assertEqual((part[0], memory.buf), (7, None))
        part[1] = 8

    def test_mappings_go_with_the_last_view(self):
        before = mappings()
        parts = []
        for i in range(100):
            with prshm.SharedMemory(f"part-{i}", create=True, size=5) as memory:
                parts.append(memory.buf[1:])
                memory.unlink()
        self.assertGreaterEqual(mappings(), before + 100)
        parts.clear()
        # The library may keep a few, for the next time.
        self.assertLess(mappings(), before + 50)

    def test_views_outlive_the_object(self):
        part = prshm.SharedMemory("gone", create=True, size=10).buf[:5]
        part[0] = 3
        gc.collect()
        with prshm.SharedMemory("gone") as other:
            self.assertEqual(other.buf[0], 3)
        self.assertEqual(prshm.stat("gone").holders, 1)
        del part

    def test_close_does_not_raise_with_a_view_of_a_view(self):
        memory = self.new()
        view = memoryview(memory.buf)
        memory.close()
        memory.close()
        view[0] = 1
        self.assertEqual(prshm.stat(memory.name).holders, 0)
        del view

    def test_buf_is_released_by_close(self):
        memory = self.new()
        buf = memory.buf
        memory.close()
        with self.assertRaises(ValueError):
            buf[0]

    def test_release_gives_up_the_handle_and_no_more(self):
        memory = self.new("released", lifetime="until-unused")
        other = memory.buf[:4]
        memory.release()
        memory.release()
        with self.assertRaises(FileNotFoundError):
            prshm.SharedMemory("released")
        memory.buf[0] = 9
        self.assertEqual(other[0], 9)
        with self.assertRaises(ValueError):
            memory.fileno()

    def test_until_unused_goes_with_the_last_view(self):
        view = prshm.SharedMemory("short", create=True, size=9, lifetime="until-unused").buf[:1]
        self.assertEqual(prshm.stat("short").lifetime, "until-unused")
        del view
        self.assertRaises(FileNotFoundError, prshm.stat, "short")

    def test_readonly_cannot_be_written(self):
        memory = self.new("fixed", size=10)
        memory.buf[:3] = b"abc"
        with prshm.SharedMemory("fixed", readonly=True) as reader:
            self.assertTrue(reader.readonly and reader.buf.readonly)
            self.assertEqual(bytes(reader.buf[:3]), b"abc")
            with self.assertRaises(TypeError):
                reader.buf[0] = 1
            with self.assertRaises(PermissionError):
                mmap.mmap(reader.fileno(), 10)
            again = pickle.loads(pickle.dumps(reader))
            self.assertTrue(again.readonly)
            again.close()

    def test_descriptor_can_be_mapped(self):
        memory = self.new(size=mmap.PAGESIZE)
        with mmap.mmap(memory.fileno(), mmap.PAGESIZE) as other:
            other[5] = 6
        self.assertEqual(memory.buf[5], 6)
        memory.close()
        self.assertRaises(ValueError, memory.fileno)

    def test_size_is_fixed(self):
        memory = self.new(size=10)
        for size in (0, 5, 20):
            with self.assertRaises(PermissionError):
                os.ftruncate(memory.fileno(), size)

    def test_exclusive_false_opens_what_exists(self):
        first = self.new("either", size=10, exclusive=False)
        second = self.new("either", size=5, exclusive=False)
        self.assertEqual((first.size, second.size), (10, 10))
        with self.assertRaises(prshm.BadSize):
            self.new("either", size=11, exclusive=False)

    def test_options_of_a_new_segment_are_kept(self):
        for preallocate in (None, True, False):
            memory = self.new(
                "options", mode=0o640, rights=["user:7:rw", "group:8:-"], lifetime="until-unused",
                linger=0, preallocate=preallocate, huge_pages=True, track=False)
            stat = prshm.stat("options")
            self.assertEqual((stat.mode, stat.lifetime, stat.size), (0o640, "until-unused", 4096))
            self.assertEqual([str(entry) for entry in stat.rights], ["user:7:rw", "group:8:-"])
            self.assertEqual(stat.used > 0, preallocate is not False)
            memory.close()

    def test_names_are_those_of_the_broker(self):
        for name, full in (
            ("plain", "/dev/shm/plain"), ("/a/b", "/a/b"), ("/dev/shm/c", "/dev/shm/c"),
            ("ä\udc80", "/dev/shm/ä\udc80"), ("x y\n", "/dev/shm/x y\n"),
        ):
            memory = self.new(name)
            self.assertEqual(prshm.stat(name).name, full)
            self.assertEqual([segment.name for segment in prshm.list()], [full])
            self.assertEqual(memory.name, name.removeprefix("/dev/shm/"))
            self.assertEqual(repr(memory), f"SharedMemory({memory.name!r}, size=4096)")
            memory.unlink()
            memory.close()

    def test_made_up_names_are_in_a_place_of_the_user(self):
        memory = self.new()
        self.assertRegex(memory.name, rf"^/run/user/{os.geteuid()}/psm_[0-9a-f]{{16}}$")

    def test_bad_names_are_refused(self):
        for name, error in (
            ("", ValueError), (".", ValueError), ("..", ValueError), ("/", ValueError),
            ("/a/", ValueError), ("a/b", ValueError), ("a\0b", ValueError), ("\ud800", ValueError),
            ("x" * 256, ValueError), ("/x" * 512, ValueError), (b"bytes", TypeError),
            (5, TypeError), (bytearray(), TypeError),
        ):
            with self.subTest(name=name):
                self.assertRaises(error, prshm.SharedMemory, name)
                self.assertRaises(error, prshm.SharedMemory, name, True, 10)
                self.assertRaises(error, prshm.delete, name)
        self.assertRaises(ValueError, prshm.SharedMemory)
        self.assertEqual(prshm.list(), [])

    def test_bad_sizes_are_refused(self):
        for size, error in (
            (0, ValueError), (-1, ValueError), (-2**70, ValueError), (2**62, OverflowError),
            (2**63 - 1, OverflowError), (2**63, OverflowError), (2**64, OverflowError),
            (1.5, TypeError), ("1", TypeError), (None, TypeError),
        ):
            with self.subTest(size=size):
                self.assertRaises(error, prshm.SharedMemory, "size", True, size)
        with self.assertRaises(prshm.TooBig):
            self.new(size=2**63)
        self.assertEqual(prshm.list(), [])

    def test_bad_options_are_refused(self):
        for options in ({"mode": 0o1000}, {"mode": -1}, {"lifetime": "long"}, {"linger": -1},
                        {"linger": 2**32}, {"rights": ["bob"]}, {"rights": ["user:bob:q"]},
                        {"rights": ["user:no such user:r"]}, {"rights": ["user:4294967295:r"]},
                        {"rights": ["user:1:r", "user:1:w"]},
                        {"rights": [f"user:{i}:r" for i in range(33)]}, {"rights": [(3, 1, 1)]},
                        {"rights": [(1, 1, 2**20)]}, {"rights": [(1, 1, 2**32 + 1)]},
                        {"rights": [(2**32 + 1, 1, 1)]}):
            with self.subTest(options=options):
                self.assertRaises(ValueError, prshm.SharedMemory, "o", True, 9, **options)
        for options in ({"mode": "rw"}, {"rights": "user:1:r"}, {"rights": [7]}, {"nonsense": 1}):
            with self.subTest(options=options):
                self.assertRaises(TypeError, prshm.SharedMemory, "o", True, 9, **options)
        self.assertEqual(prshm.list(), [])

    def test_a_list_that_cannot_be_made_leaves_no_segment(self):
        self.assertRaises(struct.error, prshm.ShareableList, [2**70])
        self.assertRaises(struct.error, prshm.ShareableList, [2**70], name="gone",
                          lifetime="until-unused")
        self.assertRaises(ValueError, prshm.ShareableList, [1], readonly=True)
        self.assertEqual(prshm.list(), [])
        self.new("theirs")
        self.assertRaises(FileExistsError, prshm.ShareableList, [1], name="theirs")
        self.assertRaises(struct.error, prshm.ShareableList, [2**70], name="theirs",
                          exclusive=False)
        self.assertEqual(prshm.stat("theirs").size, 4096)
        values = prshm.ShareableList([1, "two"], name="values")
        seen = prshm.ShareableList(name="values", readonly=True)
        self.assertEqual(list(seen), [1, "two"])
        self.assertRaises(TypeError, seen.__setitem__, 0, 2)
        values.shm.close()
        seen.shm.close()

    def test_a_failed_init_leaves_an_object_that_can_be_closed(self):
        memory = prshm.SharedMemory.__new__(prshm.SharedMemory)
        self.assertRaises(FileNotFoundError, memory.__init__, "nothing")
        memory.close()
        memory.release()
        self.assertIsNone(memory.buf)

    def test_unlink_takes_only_the_name(self):
        memory = self.new("twice")
        memory.unlink()
        with self.assertRaises(FileNotFoundError) as caught:
            memory.unlink()
        self.assertEqual((caught.exception.result, caught.exception.filename),
                         (prshm.Result.NOT_FOUND, "/dev/shm/twice"))
        memory.buf[0] = 1
        again = self.new("twice")
        self.assertEqual(again.buf[0], 0)
        again.close()
        again.unlink()

    def test_copies_attach_again(self):
        memory = self.new()
        memory.buf[0] = 5
        for other in (copy.copy(memory), copy.deepcopy(memory), pickle.loads(pickle.dumps(memory))):
            self.assertEqual((other.name, other.size, other.buf[0]), (memory.name, 4096, 5))
            other.close()
        memory.close()
        with copy.copy(memory) as other:
            self.assertEqual(other.buf[0], 5)

    def test_subclasses_and_weak_references_work(self):
        class Named(prshm.SharedMemory):
            pass

        memory = Named("sub", create=True, size=3)
        gone = weakref.ref(memory)
        self.assertIn("Named('sub'", repr(memory))
        del memory
        self.assertIsNone(gone())

    def test_wait_opens_when_the_segment_comes(self):
        made = []
        maker = threading.Timer(0.1, lambda: made.append(prshm.SharedMemory("late", True, 10)))
        maker.start()
        with prshm.SharedMemory("late", wait=600) as memory:
            self.assertEqual(memory.size, 10)
        maker.join()
        made[0].close()

    def test_wait_ends(self):
        for wait in (0, 0.05, -1):
            with self.assertRaises(FileNotFoundError):
                prshm.SharedMemory("never", wait=wait)

    def test_wait_lets_other_threads_run(self):
        done = threading.Event()

        def wait():
            with self.assertRaises(FileNotFoundError):
                prshm.SharedMemory("never", wait=0.2)
            done.set()

        thread = threading.Thread(target=wait)
        thread.start()
        turns = 0
        while not done.is_set():
            turns += 1
            time.sleep(0.001)
        thread.join()
        self.assertGreater(turns, 5)

    def test_open_many_opens_all_or_none(self):
        names = [f"many-{i}" for i in range(70)]
        made = [self.new(name, size=i + 1) for i, name in enumerate(names)]
        opened = prshm.open_many(names, readonly=True)
        self.assertEqual([one.size for one in opened], list(range(1, 71)))
        self.assertTrue(all(one.readonly for one in opened))
        for one in opened:
            one.close()
        with self.assertRaises(FileNotFoundError):
            prshm.open_many([names[0], "none", names[1]])
        first, second, third = prshm.open_many([names[0], "none", names[0]], return_errors=True)
        self.assertIsInstance(second, prshm.NotFound)
        self.assertEqual(second.filename, "/dev/shm/none")
        first.close()
        third.close()
        self.assertEqual(prshm.open_many([]), [])
        self.assertRaises(TypeError, prshm.open_many, [b"x"])
        self.assertRaises(TypeError, prshm.open_many, "x")
        self.assertRaises(ValueError, prshm.open_many, ["a\0"])
        self.assertEqual(prshm.stat(names[0]).holders, 1)
        for one in made:
            one.close()

    def test_errors_are_the_built_in_ones(self):
        for error in prshm.Error.__subclasses__():
            again = pickle.loads(pickle.dumps(error(2, "what", "/name")))
            self.assertEqual((type(again), again.result, again.filename),
                             (error, error.result, "/name"))
            self.assertIsInstance(again, OSError)
        for error, builtin in (
            (prshm.NoMemory, MemoryError), (prshm.NoResources, MemoryError),
            (prshm.Timeout, TimeoutError), (prshm.NoBroker, ConnectionRefusedError),
        ):
            self.assertTrue(issubclass(error, builtin))
        results = {error.result for error in prshm.Error.__subclasses__()}
        self.assertEqual(results, set(prshm.Result) - {prshm.Result.OK, prshm.Result.AGAIN})

    def test_threads_open_and_close_at_once(self):
        names = [f"thread-{i}" for i in range(4)]
        failures = []

        def work(name):
            try:
                for i in range(200 if LONG else 40):
                    with prshm.SharedMemory(name, True, 100 + i) as memory:
                        memory.buf[i] = 1
                        with prshm.SharedMemory(name, readonly=True) as reader:
                            assert reader.buf[i] == 1
                        memory.unlink()
            except BaseException as error:  # pylint: disable=broad-except
                failures.append(error)

        threads = [threading.Thread(target=work, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_threads_may_close_one_object_at_once(self):
        for _ in range(50):
            memory = self.new("shared")
            memory.unlink()
            start = threading.Barrier(4)

            def work(memory=memory, start=start):
                start.wait()
                try:
                    memory.fileno()
                except ValueError:
                    pass
                memory.close()

            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    def count_references(self):
        def turn():
            with prshm.SharedMemory("counted", create=True, size=10) as memory:
                memory.buf[0] = 1
                prshm.stat("counted")
                prshm.list()
                prshm.holders("counted")
                prshm.accounts()
                prshm.status()
                prshm.open_many(["counted", "none"], return_errors=True)
                prshm.explain("counted", prshm.Right.READ)
                with prshm.watch() as watch:
                    memory.unlink()
                    watch.next()
            for name in ("a/b", "a\0", "\ud800", "none"):
                try:
                    prshm.SharedMemory(name)
                except (OSError, ValueError):
                    pass

        for _ in range(10):
            turn()
        gc.collect()
        before = sys.gettotalrefcount()
        for _ in range(200):
            turn()
        gc.collect()
        self.assertLess(sys.gettotalrefcount() - before, 100)

    # Only a debug build can count them; python.sh has one in its long form.
    if hasattr(sys, "gettotalrefcount"):
        test_references_do_not_leak = count_references
