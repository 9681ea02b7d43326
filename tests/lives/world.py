# SPDX-License-Identifier: MIT
"""A real broker with its keeper, which may be killed, and connections of several users to it."""

import os
import shutil
import signal
import struct
import subprocess
import tempfile
import time

from client import RING_CHANGES, RING_HANDLES, RING_QUIET, Connection, Ring, Refusal

PATIENCE = 120
RING_PARKING = 3
PARKS_OFFSET = 2112
PARKABLE = 256


class World:
    def __init__(self, program, config, before_exec=None):
        """before_exec: what the broker's process does before it becomes the broker."""
        self.program = os.path.abspath(program)
        self.directory = tempfile.mkdtemp(prefix="prshm-lives-")
        os.chmod(self.directory, 0o755)
        self.path = os.path.join(self.directory, "broker.sock")
        self.log = os.path.join(self.directory, "log")
        self.kills = 0  # of brokers
        file = os.path.join(self.directory, "prshmd.conf")
        with open(file, "w") as out:
            out.write(config)
        self.start(before_exec)

    def start(self, before_exec=None):
        """A broker that has nothing to take over."""
        file = os.path.join(self.directory, "prshmd.conf")
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [self.program, "--socket=" + self.path, "--config=" + file],
                stdout=log, stderr=log, preexec_fn=before_exec)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill_both()
        shutil.rmtree(self.directory)

    def kill_both(self):
        """As long as one is there that could start the other."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            pids = self.pids("prshm-keeper", "prshmd")  # in one look: one becomes the other
            if not pids:
                break
            for pid in pids:
                self.kill(pid)
        self.process.wait(PATIENCE)

    @staticmethod
    def kill(pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    @staticmethod
    def words(pid, names):
        """The command line. In the middle of execve(2) a process has none, and must not be missed:
        wait. A zombie has none either, but also no exe, which raises FileNotFoundError."""
        while True:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                text = file.read()
            with open(f"/proc/{pid}/comm") as file:
                is_meant = file.read().strip() in names
            if text or not is_meant:
                return text.split(b"\0")
            os.readlink(f"/proc/{pid}/exe")
            time.sleep(0.001)

    def pids(self, *names):
        """Of the processes of these names that were given this world's path."""
        found = []
        for entry in os.listdir("/proc"):
            try:
                if not entry.isdigit():
                    continue
                words = self.words(entry, names)
                if os.path.basename(words[0]).decode() in names and any(
                        self.path.encode() in word for word in words):
                    found.append(int(entry))
            except (FileNotFoundError, ProcessLookupError):
                continue
        return found

    def connect(self, user, patience):
        """The kernel takes down who calls connect(2), so to be somebody else for that is enough."""
        end = time.monotonic() + patience
        while True:
            os.setgroups(user.groups)
            os.setegid(user.gid)
            os.seteuid(user.uid)
            try:
                return Connection(self.path, patience)
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > end or self.process.poll() not in (None, -signal.SIGKILL):
                    with open(self.log) as log:
                        raise AssertionError("no broker answers:\n" + log.read())
                time.sleep(0.01)
            finally:
                os.seteuid(0)
                os.setegid(0)
                os.setgroups([])

    def kill_broker(self):
        self.kills += 1
        for pid in self.pids("prshmd"):
            self.kill(pid)

    def kill_keeper(self):
        """Until there is another: the broker hands all over to that one before it serves
        anybody."""
        old = self.pids("prshm-keeper")
        for pid in old:
            self.kill(pid)
        end = time.monotonic() + PATIENCE
        while not set(self.pids("prshm-keeper")) - set(old):
            assert time.monotonic() < end, "no other keeper is started"
            time.sleep(0.005)

    @staticmethod
    def ring(link):
        return Page(link)


class Page(Ring):
    """A ring with its bits of parked handles. Nobody else changes the bits while this process does:
    the broker only in a request, which this process makes."""

    def word(self, handle):
        return PARKS_OFFSET + handle // 32 * 8

    def bits(self, handle):
        """Whether it is parked, and whether it is frozen."""
        word, = struct.unpack_from("<Q", self.memory, self.word(handle))
        return bool(word >> handle % 32 & 1), bool(word >> (32 + handle % 32) & 1)

    def change(self, handle, parked):
        word, = struct.unpack_from("<Q", self.memory, self.word(handle))
        bit = 1 << handle % 32
        word = word | bit if parked else word & ~bit
        struct.pack_into("<Q", self.memory, self.word(handle), word)

    def changes(self):
        return self.numbers[RING_CHANGES]

    def park(self, handle):
        """False: it may not be."""
        if handle >= PARKABLE or not self.numbers[RING_PARKING] or self.bits(handle)[1]:
            return False
        self.change(handle, True)
        return True

    def take_back(self, handle):
        """False: the broker has it."""
        if self.bits(handle)[1]:
            return False
        self.change(handle, False)
        return True
