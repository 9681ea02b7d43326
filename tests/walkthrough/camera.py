# SPDX-License-Identifier: MIT
"""The program that leaks: a camera, which makes a segment for each frame and removes none."""

import os
import sys

from client import Connection, Flag

FRAMES = 12
uid, gid = int(sys.argv[1]), int(sys.argv[2])
with open("/proc/self/comm", "w") as comm:
    comm.write("camera")
os.setgroups([])
os.setresgid(gid, gid, gid)
os.setresuid(uid, uid, uid)

broker = Connection()
state = broker.open("/camera/state", 4096, Flag.CREATE)
for number in range(1, FRAMES + 1):
    frame = broker.open("/camera/frame-%d" % number, 1 << 20, Flag.CREATE, mode=0o640)
    memory = frame.map()
    memory[:] = bytes(1 << 20)
    memory.close()
    frame.close()
print("%d frames" % FRAMES, flush=True)
sys.stdin.read()
