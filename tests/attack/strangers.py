#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Strangers at the socket of a keeper: a user who is not the broker's, and root. The first cannot
connect; the other is refused, whatever is sent: nonsense, messages of the broker's, descriptors,
connections by the hundred that nobody reads. The broker is killed meanwhile, and the next one has
all. Needs root."""

import os
import socket
import struct
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in "lives", "protocol", "lib":
    sys.path.insert(1, os.path.join(HERE, "..", folder))

import tap
from client import Connection, Flag, Op
from programs import BROKER
from tap import Skip, point
from world import PATIENCE

KEEPER = BROKER.replace("prshmd", "prshm-keeper")
SERVICE, STRANGER = 1044, 1045
SEGMENTS = 20
CROWD = 300 if os.environ.get("PRSHM_TEST_LONG") else 60
FDS = 64  # with one message
# As wire/keeper.h has them: version, op, count, id.
MESSAGE = struct.Struct("<HHIQ")
VERSION = 1
PUT, DROP, TAKE, LEAVE = 2, 3, 4, 7


def become(uid):
    def change():
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    return change


class Service:
    """Keeper and broker as a service has them: the keeper listens, and neither starts the other."""

    def __enter__(self):
        if os.geteuid() != 0:
            raise Skip("needs root")
        self.directory = tempfile.mkdtemp(prefix="prshm-strangers-")
        os.chmod(self.directory, 0o755)
        os.chown(self.directory, SERVICE, SERVICE)
        self.keeper_path = os.path.join(self.directory, "keeper.sock")
        self.path = os.path.join(self.directory, "broker.sock")
        self.log = open(os.path.join(self.directory, "log"), "a+")
        self.keeper = self.start(KEEPER, "--socket=" + self.keeper_path)
        self.await_path(self.keeper_path)
        self.start_broker()
        return self

    def __exit__(self, *_):
        for process in self.broker, self.keeper:
            process.kill()
            process.wait()
        self.log.close()
        subprocess.run(["rm", "-rf", self.directory], check=True)

    def start(self, *words):
        return subprocess.Popen(words, stdout=self.log, stderr=self.log, preexec_fn=become(SERVICE))

    @staticmethod
    def await_path(path):
        end = time.monotonic() + PATIENCE
        while not os.path.exists(path):
            assert time.monotonic() < end, f"there is no {path}"
            time.sleep(0.01)

    def start_broker(self):
        self.broker = self.start(BROKER, "--socket=" + self.path, "--keeper=" + self.keeper_path,
                                 "--config=/dev/null")
        self.await_path(self.path)
        self.connect().close()

    def kill_broker(self):
        self.broker.kill()
        self.broker.wait()

    def connect(self):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                link = Connection(self.path, PATIENCE)
                link.call(Op.STATUS)
                return link
            except (FileNotFoundError, ConnectionRefusedError):
                self.log.seek(0)
                assert time.monotonic() < end and self.broker.poll() is None, self.log.read()
                time.sleep(0.01)

    def await_few_descriptors(self):
        """The keeper has those of the segments, and a few others; it reads what it is sent a little
        later."""
        end = time.monotonic() + PATIENCE
        while len(os.listdir(f"/proc/{self.keeper.pid}/fd")) > SEGMENTS + 20:
            assert time.monotonic() < end, "the keeper keeps what strangers have sent"
            time.sleep(0.01)


def speak(path, number):
    """Everything that a stranger could say, one after the other; returns the socket."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    link.settimeout(PATIENCE)
    link.connect(path)
    descriptors = [os.open("/dev/null", os.O_RDONLY) for _ in range(FDS)]
    try:
        for op in PUT, DROP, TAKE, LEAVE:
            text = MESSAGE.pack(VERSION, op, 0, number)
            if number % 3 == 0:  # just what a broker says
                socket.send_fds(link, [text], descriptors[:int(op == PUT)])
            else:
                socket.send_fds(link, [text[:number % 16 + 1]], descriptors[:number % 2 * FDS])
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has been refused already
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return link


def make_all(link):
    for number in range(SEGMENTS):
        name = f"/strangers/{number}"
        with link.open(name, 4096, Flag.CREATE) as segment, segment.map() as memory:
            memory[:4] = struct.pack("<I", number)


def look_at_all(link):
    for number in range(SEGMENTS):
        with link.open(f"/strangers/{number}") as segment, segment.map() as memory:
            assert memory[:4] == struct.pack("<I", number), f"/strangers/{number} is another one's"


def is_ended(link):
    """By the other side, and nothing was said before."""
    try:
        return link.recv(64) == b""
    except ConnectionResetError:  # it had not read all; what it has said comes after that
        return link.recv(64) == b""


@point
def another_user_cannot_connect():
    with Service() as service:
        pid = os.fork()
        if pid == 0:
            become(STRANGER)()
            try:
                speak(service.keeper_path, 0)
            except PermissionError:
                os._exit(0)
            os._exit(1)
        assert os.waitpid(pid, 0)[1] == 0


@point
def root_is_refused_and_costs_nothing_while_brokers_come_and_go():
    with Service() as service:
        with service.connect() as link:
            make_all(link)
        # Behind the link of a broker they wait in the socket's queue, with all that they have said.
        waiting = [speak(service.keeper_path, number) for number in range(CROWD)]
        service.kill_broker()
        service.start_broker()
        with service.connect() as link:
            look_at_all(link)
        for link in waiting:
            assert is_ended(link), "root is told something"
            link.close()
        service.await_few_descriptors()


@point
def root_in_the_place_of_a_broker_is_refused_at_once():
    with Service() as service:
        with service.connect() as link:
            make_all(link)
        service.kill_broker()
        for number in range(CROWD):
            link = speak(service.keeper_path, number)
            assert is_ended(link), "root is told something"
            link.close()
        service.start_broker()
        with service.connect() as link:
            look_at_all(link)


if __name__ == "__main__":
    sys.exit(tap.run(tap.raised_by))
