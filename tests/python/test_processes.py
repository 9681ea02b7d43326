# SPDX-License-Identifier: MIT
"""SharedMemory in several processes: by every start method, killed, and at the end of an
interpreter."""

import concurrent.futures
import multiprocessing
import multiprocessing.forkserver
import multiprocessing.resource_tracker
import os
import random
import subprocess
import sys
import threading
import time

import prshm
from case import Case, HANG, LONG, in_child, python

WORKERS = 200 if LONG else 4


def add(memory, index):
    """Of a pool: memory came by its name."""
    memory.buf[index] += 1
    return memory.name


kept = None


def keep(memory):
    """An initializer: memory for all that the process does."""
    global kept
    kept = memory


def add_to_kept(index):
    kept.buf[index] += 1


def use_manager(manager_address, key):
    """Of a child: a manager that runs elsewhere."""
    manager = prshm.SharedMemoryManager(manager_address, key)
    manager.connect()
    return manager.SharedMemory(10).name


def setUpModule():
    # Their descriptors stay.
    multiprocessing.resource_tracker.ensure_running()
    multiprocessing.forkserver.ensure_running()


class Processes(Case):
    def test_a_pool_of_each_start_method_shares_memory(self):
        for method in ("fork", "spawn", "forkserver"):
            with self.subTest(method=method):
                context = multiprocessing.get_context(method)
                memory = self.new(size=100)
                with context.Pool(2, keep, (memory,)) as pool:
                    self.assertEqual(pool.starmap(add, [(memory, i) for i in range(50)]),
                                     [memory.name] * 50)
                    pool.map(add_to_kept, range(50))
                    pool.close()
                    pool.join()
                self.assertEqual(bytes(memory.buf), b"\2" * 50 + b"\0" * 50)
                memory.unlink()

    def test_executors_take_memory_by_its_name(self):
        memory = self.new(size=100)
        context = multiprocessing.get_context("fork")
        with concurrent.futures.ProcessPoolExecutor(2, context) as executor:
            self.assertEqual(executor.submit(add, memory, 3).result(HANG), memory.name)
            future = executor.submit(add, prshm.SharedMemory("unlinked", True, 5), 0)
            self.assertIsInstance(future.exception(HANG), (IndexError, type(None)))
        self.assertEqual(memory.buf[3], 1)

    def test_errors_come_back_from_a_pool(self):
        with multiprocessing.get_context("fork").Pool(1) as pool:
            with self.assertRaises(prshm.NotFound) as caught:
                pool.apply(prshm.SharedMemory, ("nothing",))
            self.assertEqual(caught.exception.filename, "/dev/shm/nothing")
            pool.close()
            pool.join()

    def test_a_child_of_fork_keeps_what_its_parent_has(self):
        memory = self.new("inherited", lifetime="until-unused")

        def work():
            memory.buf[0] = 7
            memory.close()
            with prshm.SharedMemory("inherited") as again:
                again.buf[1] = 8

        in_child(work)
        self.assertEqual(bytes(memory.buf[:2]), b"\7\x08")
        self.assertEqual(prshm.stat("inherited").holders, 1)

    def test_fork_in_a_thread_leaves_both_able(self):
        stop = threading.Event()
        failures = []

        def busy():
            try:
                while not stop.is_set():
                    with prshm.SharedMemory(create=True, size=100) as memory:
                        memory.unlink()
            except BaseException as error:  # pylint: disable=broad-except
                failures.append(error)

        def once():
            with prshm.SharedMemory(create=True, size=100) as memory:
                memory.unlink()

        thread = threading.Thread(target=busy)
        thread.start()
        for _ in range(20):
            in_child(once)
        stop.set()
        thread.join()
        self.assertEqual(failures, [])

    def test_workers_that_are_killed_leave_nothing(self):
        program = (
            "import prshm, sys\n"
            "made = []\n"
            "print(flush=True)\n"
            "while True:\n"
            "    made.append(prshm.SharedMemory(create=True, size=8192, lifetime='until-unused'))\n"
            "    made[-1].buf[0] = 1\n"
            "    if len(made) > 20: made.pop(0)\n")
        dice = random.Random(1)
        at_once = min(WORKERS, 10)
        for _ in range(0, WORKERS, at_once):
            workers = [
                subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
                for _ in range(at_once)]
            for worker in workers:
                worker.stdout.readline()
            time.sleep(dice.random() / 20)
            for worker in workers:
                worker.kill()
                worker.wait()
                worker.stdout.close()
        end = time.monotonic() + HANG
        while prshm.list() and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(prshm.list(), [])

    def test_a_manager_that_is_killed_leaves_nothing(self):
        manager = prshm.SharedMemoryManager()
        manager.start()
        held = manager.SharedMemory(100)
        values = manager.ShareableList([1, "two", None])
        self.assertEqual((held.size, list(values)), (100, [1, "two", None]))
        held.close()
        values.shm.close()
        self.assertEqual(prshm.stat(held.name).holders, 1)
        manager._process.kill()
        manager._process.join()
        end = time.monotonic() + HANG
        while prshm.list() and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(prshm.list(), [])
        manager.shutdown()

    def test_a_manager_that_is_shut_down_unlinks(self):
        with prshm.SharedMemoryManager() as manager:
            memory = manager.SharedMemory(10, mode=0o640)
            self.assertEqual(prshm.stat(memory.name).mode, 0o640)
            gone = manager.SharedMemory(10)
            gone.unlink()
            process = multiprocessing.get_context("fork").Process(
                target=use_manager, args=(manager.address, bytes(manager._authkey)))
            process.start()
            process.join()
            self.assertEqual(process.exitcode, 0)
            self.assertEqual(len(prshm.list("/run/user/")), 2)
        self.assertEqual(prshm.list("/run/user/"), [])
        self.assertRaises(ValueError, prshm.SharedMemoryManager().SharedMemory, 10)
        memory.close()
        gone.close()

    def test_the_end_of_an_interpreter_is_silent(self):
        for program in (
            "m = prshm.SharedMemory('left', True, 10); v = m.buf[:2]",
            "m = prshm.SharedMemory('left', True, 10); v = m.buf[:2]; m.close(); sys.exit(0)",
            "m = prshm.SharedMemory('left', True, 10)\n"
            "threading.Thread(target=lambda: time.sleep(0.05) or m.buf[0]).start()",
            "def work():\n"
            "    while True:\n"
            "        prshm.SharedMemory(create=True, size=9, lifetime='until-unused').buf[:1]\n"
            "threading.Thread(target=work, daemon=True).start()\n"
            "prshm.SharedMemory('left', True, 9)",
            "w = prshm.watch(); threading.Thread(target=next, args=(w,), daemon=True).start(); "
            "time.sleep(0.05); prshm.SharedMemory('left', True, 9)",
            "class Bad:\n"
            "    def __del__(self): self.m.buf[0] = 1; self.m.close()\n"
            "b = Bad(); b.m = prshm.SharedMemory('left', True, 9); b.b = b",
        ):
            with self.subTest(program=program):
                done = python(f"import prshm, sys, threading, time\n{program}")
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
                # Kept, as nothing unlinks behind one's back; and nobody has it open.
                self.assertEqual(prshm.stat("left").holders, 0)
                prshm.delete("left")

    def test_the_parent_may_end_first(self):
        done = python(
            "import prshm, os\n"
            "m = prshm.SharedMemory('orphan', True, 10)\n"
            "reading, writing = os.pipe()\n"
            "if os.fork() == 0:\n"
            "    os.close(writing)\n"
            "    os.read(reading, 1)  # until the parent has ended\n"
            "    m.buf[0] = 5\n"
            "    prshm.SharedMemory('orphan').buf[1] = 6\n")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        with prshm.SharedMemory("orphan") as memory:
            self.assertEqual(bytes(memory.buf[:2]), b"\5\6")


class Broker(Case):
    """A broker of its own for each test, so that it may die."""

    def test_a_broker_that_dies_is_an_error_and_no_crash(self):
        done = python(BROKEN, os.environ["PRSHMD"])
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)

    def test_no_broker_is_a_refused_connection(self):
        done = python(
            "import prshm\n"
            "for call in (prshm.status, prshm.list, prshm.watch, lambda: prshm.SharedMemory('x'),\n"
            "             lambda: prshm.SharedMemory(create=True, size=9),\n"
            "             lambda: prshm.open_many(['x']),\n"
            "             lambda: prshm.SharedMemory('x', wait=9)):\n"
            "    try:\n"
            "        call()\n"
            "        raise SystemExit('no exception')\n"
            "    except ConnectionRefusedError as error:\n"
            "        assert error.result is prshm.Result.NO_BROKER, error\n",
            env={**os.environ, "PRSHM_SOCKET": "/nonexistent/broker.sock"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))


BROKEN = """
import os, signal, subprocess, sys, tempfile, time
import prshm

with tempfile.TemporaryDirectory() as directory:
    os.environ["PRSHM_SOCKET"] = directory + "/sock"

    def start():
        broker = subprocess.Popen(
            [sys.argv[1], "--config=/dev/null", "--no-keeper", "--socket=" + directory + "/sock"],
            stderr=subprocess.DEVNULL)
        while broker.poll() is None:
            try:
                prshm.SharedMemory("try")
            except FileNotFoundError:
                return broker
            except ConnectionRefusedError:
                time.sleep(0.01)
        raise SystemExit("the broker did not start")

    broker = start()
    memory = prshm.SharedMemory("lost", True, 10)
    watch = prshm.watch()
    broker.kill()
    broker.wait()
    memory.buf[0] = 1
    try:
        prshm.SharedMemory("lost")
        raise SystemExit("opened without a broker")
    except ConnectionRefusedError:
        pass
    memory.close()
    try:
        while True:
            watch.next()
    except prshm.Error as error:
        assert isinstance(error, ConnectionError), error
    broker = start()
    try:
        prshm.SharedMemory("lost")
        raise SystemExit("a new broker knows what the old one knew")
    except FileNotFoundError:
        pass
    assert watch.next(600).kind is prshm.EventKind.OVERFLOW
    watch.close()
    broker.kill()
    broker.wait()
"""
