# SPDX-License-Identifier: MIT
"""Runs points, each with a real broker of its own.

A broker must end with status 0 on SIGTERM, and a point may leave no descriptor open.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import traceback

import tap
from tap import Skip, point  # noqa: F401

from client import Connection, Flag, Refusal, Status

PATIENCE = 120  # seconds, after which a point fails rather than hangs
PAGE = 4096
NOBODY = 65534
CREATE_NEW = Flag.CREATE | Flag.EXCL


class Broker:
    """A prshmd in a directory of its own, without the host's configuration."""

    def __init__(self, program):
        self.program = program
        self.directory = tempfile.mkdtemp(prefix="prshm-protocol-")
        os.chmod(self.directory, 0o755)  # another user is to connect
        self.path = os.path.join(self.directory, "broker.sock")
        self.log = os.path.join(self.directory, "log")
        self.process = None

    def start(self, config=""):
        file = os.path.join(self.directory, "prshmd.conf")
        with open(file, "w") as out:
            out.write(config)
        command = [self.program, "--socket=" + self.path, "--config=" + file]
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        while not self._answers():
            assert self.process.poll() is None, "the broker does not start"
            time.sleep(0.01)

    def _answers(self):
        try:
            with self.connect() as connection:
                connection.list_page()
                return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def restart(self, config):
        assert self.terminate() == 0
        self.start(config)

    def connect(self):
        return Connection(self.path, PATIENCE)

    def connect_as_nobody(self):
        """The kernel takes down who calls connect(), so to be somebody else for that is enough."""
        if os.geteuid() != 0:
            raise Skip("needs root, to be another user")
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
        try:
            return self.connect()
        finally:
            os.seteuid(0)
            os.setegid(0)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def stop(self):
        """Returns whether it ended as it should, and what it logged."""
        if self.process is None:
            return False, ""
        status = self.process.returncode
        if status is None:
            status = self.terminate()
        with open(self.log, errors="replace") as log:
            return status == 0, log.read()

    def remove(self):
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory)


@contextlib.contextmanager
def refused(status):
    try:
        yield
    except Refusal as refusal:
        assert refusal.status == status, f"{refusal} for {status.name}"
    else:
        raise AssertionError(f"no {status.name}")


def create(connection, name, size=PAGE, flags=CREATE_NEW, **rest):
    return connection.open(name, size, flags, **rest)


def has_ended(connection):
    try:
        return connection.socket.recv(PAGE) == b""
    except ConnectionResetError:  # there was something that the broker had not read
        return True


def until(condition):
    """What the broker does by itself may take a while on a busy machine."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never comes about"
        time.sleep(0.01)


def is_gone(connection, name):
    try:
        connection.stat(name)
    except Refusal as refusal:
        assert refusal.status == Status.NOT_FOUND, refusal
        return True
    return False


def wrong_with(test, program):
    """Runs one point, and returns what was wrong, or an empty string."""
    before = os.listdir("/proc/self/fd")
    broker = Broker(program)
    try:
        wrong = ""
        try:
            broker.start()
            test(broker)
        except Skip:
            raise
        except Exception:
            wrong = traceback.format_exc()
        ended, log = broker.stop()
        if not ended:
            wrong += "the broker did not end with status 0\n"
    finally:
        broker.remove()
    if not wrong and len(os.listdir("/proc/self/fd")) != len(before):
        wrong = "it left a descriptor open\n"
    return wrong and wrong + log


def run(program):
    """Returns the exit status."""
    return tap.run(lambda test: wrong_with(test, program))
