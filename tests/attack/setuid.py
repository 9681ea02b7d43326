#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A setuid program, started by somebody hostile: with each variable that the library, the
launchers, the broker or the keeper read, from a hostile directory, and without standard streams. It
reaches no broker, runs no program and writes no file that the caller has chosen. Without the setuid
bit, the variables that are for everybody do what they are there for. Needs root, a C compiler, and
a machine without a broker of the host."""

import os
import select
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in "lives", "lib":
    sys.path.insert(1, os.path.join(HERE, "..", folder))

import tap
from programs import LIBRARIES
from tap import Skip, point

VICTIM, CALLER = 1046, 1047
PATIENCE = 60
NO_BROKER = 14  # enum prshm_result
SOURCE = r"""
#include "prshm-client.h"
#include <unistd.h>
#include "prshma.h"

int main(void)
{
	const struct prshm_options options = {
		.flags = PRSHM_CREATE, .size = 4096, .rights.mode = 0600, .wait_ms = 0};
	PRSharedMemory *handle;
	enum prshm_result result = prshm_open("setuid/relative", &options, &handle);

	PR_GetInheritedFileMap("map");
	return result;
}
"""


class Hostile:
    """A directory of the caller's: sockets, a program, and what else a variable may point to."""

    def __init__(self, directory):
        self.directory = os.path.join(directory, "hostile")
        os.makedirs(os.path.join(self.directory, "prshm"), 0o700)
        self.path = os.path.join(self.directory, "prshm", "broker.sock")
        # This one is in a directory that the library takes for the caller's.
        self.listener = self.listen(self.path)
        self.open_path = os.path.join(self.directory, "open.sock")
        self.open_listener = self.listen(self.open_path)
        self.notified = os.path.join(self.directory, "notify.sock")
        self.datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.datagrams.bind(self.notified)
        self.program = os.path.join(self.directory, "program")
        with open(self.program, "w") as file:
            file.write(f"#!/bin/sh\n: >{shlex.quote(self.directory)}/was-run\n")
        os.chmod(self.program, 0o755)
        os.symlink("/", os.path.join(self.directory, "root"))
        for place, folders, files in os.walk(self.directory):
            for name in ("", *folders, *files):
                os.chown(os.path.join(place, name), CALLER, CALLER, follow_symlinks=False)
        for path in self.directory, self.path, self.open_path, self.notified:
            os.chmod(path, 0o777)
        os.chmod(os.path.dirname(self.path), 0o700)
        self.before = self.look()

    @staticmethod
    def listen(path):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(path)
        listener.listen(64)
        return listener

    def look(self):
        return sorted(os.path.join(place, name) for place, folders, files in os.walk(self.directory)
                      for name in folders + files)

    def was_reached(self):
        """By whom, in words; or nothing."""
        sockets = {self.listener: "the socket", self.open_listener: "the open socket",
                   self.datagrams: "notify"}
        ready = select.select(sockets, [], [], 0)[0]
        for each in ready:
            if each is self.datagrams:
                each.recv(4096)
            else:
                each.accept()[0].close()
        words = [sockets[each] for each in ready]
        return ", ".join(words + ["files"] if self.look() != self.before else words)

    def close(self):
        for each in self.listener, self.open_listener, self.datagrams:
            each.close()

    def variables(self):
        """Each alone, and all at once."""
        each = {
            "PRSHM_SOCKET": self.open_path,
            "XDG_RUNTIME_DIR": self.directory,
            "PRSHM_DAEMON": self.program,
            "PRSHM_AUTOSTART": "1",
            "PRSHM_OPEN_WAIT_MS": "3600000",
            "PRSHM_PARK": "1",
            "PRSHM_INHERITED": "6d6170:2:1:4096:0",
            "NSPR_INHERIT_FDS": "map:2:4:3:4096",
            "PRSHM_POSIX_PATHS": "1",
            "PRSHM_POSIX_LIBRARY": self.program,
            "PRSHM_NSPR_LIBRARY": self.program,
            "HOME": self.directory,
            "TMPDIR": self.directory,
            "LISTEN_FDS": "3",
            "LISTEN_FDNAMES": "broker:keeper:link",
            "NOTIFY_SOCKET": self.notified,
            "WATCHDOG_USEC": "1",
            "JOURNAL_STREAM": "1:1",
            "LD_PRELOAD": self.program,
            "LD_LIBRARY_PATH": self.directory,
            "PATH": self.directory,
        }
        return [{name: value} for name, value in each.items()] + [each]


class Scene:
    def __enter__(self):
        if os.geteuid() != 0:
            raise Skip("needs root, to make a setuid program")
        if os.path.exists("/run/prshm/broker.sock"):
            raise Skip("the host has a broker")
        compiler = shlex.split(os.environ.get("CC", "cc"))
        if not shutil.which(compiler[0]):
            raise Skip("needs a C compiler")
        self.directory = tempfile.mkdtemp(prefix="prshm-setuid-")
        os.chmod(self.directory, 0o755)
        library = shutil.copy(os.path.join(LIBRARIES, "libprshm-client.so.0"), self.directory)
        self.program = os.path.join(self.directory, "program")
        include = os.path.join(HERE, "..", "..", "include")
        subprocess.run([*compiler, "-x", "c", "-", "-I" + include, "-x", "none", library,
                        "-Wl,-rpath," + self.directory, "-o", self.program],
                       input=SOURCE.encode(), check=True)
        os.chown(self.program, VICTIM, VICTIM)
        os.chmod(self.program, 0o4755)
        self.hostile = Hostile(self.directory)
        return self

    def __exit__(self, *_):
        self.hostile.close()
        shutil.rmtree(self.directory)

    def run(self, variables, streams=()):
        def become():
            os.setgroups([])
            os.setgid(CALLER)
            os.setuid(CALLER)
            os.umask(0)
            for stream in streams:
                os.close(stream)
        return subprocess.run([self.program], env=variables, cwd=self.hostile.directory,
                              preexec_fn=become, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=PATIENCE)


@point
def a_setuid_program_is_led_nowhere_by_its_callers_variables():
    with Scene() as scene:
        for variables in scene.hostile.variables():
            for streams in (), (0, 1, 2):
                done = scene.run(variables, streams)
                reached = scene.hostile.was_reached()
                assert not reached, f"{variables}: {reached}"
                # A library that was asked for and cannot be loaded is told of by ld.so.
                assert done.returncode == NO_BROKER, f"{variables}: {done}"


@point
def without_the_bit_it_goes_where_it_is_led():
    """Or the point above says nothing."""
    with Scene() as scene:
        os.chmod(scene.program, 0o755)
        for name, value, reached in (("PRSHM_SOCKET", scene.hostile.open_path, "the open socket"),
                                     ("XDG_RUNTIME_DIR", scene.hostile.directory, "the socket")):
            os.chmod(scene.hostile.directory, 0o700)
            scene.hostile.listener.settimeout(PATIENCE)
            try:
                scene.run({name: value, "PRSHM_AUTOSTART": "0"})
            except subprocess.TimeoutExpired:
                pass
            assert reached in scene.hostile.was_reached(), f"{name} leads nowhere"


if __name__ == "__main__":
    sys.exit(tap.run(tap.raised_by))
