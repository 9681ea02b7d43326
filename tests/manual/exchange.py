# SPDX-License-Identifier: MIT
"""Sends the requests of prshm-protocol(7)'s example to a broker that is new, and demands the page's
replies. Arguments: the broker's socket, the file that page-examples.awk made."""

import os
import socket
import sys
import time


def connect(path):
    """The broker may not listen yet."""
    deadline = time.monotonic() + 20
    while True:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.settimeout(20)
        try:
            client.connect(path)
            return client
        except OSError:
            client.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def main():
    client = connect(sys.argv[1])
    replies = 0
    with open(sys.argv[2], encoding="ascii") as exchange:
        for line in exchange:
            kind, *octets = line.split()
            expected = bytes.fromhex("".join(octets))
            if kind == "request":
                client.sendall(expected)
                continue
            reply, fds, _, _ = socket.recv_fds(client, 4096, 2)
            for fd in fds:
                os.close(fd)
            if reply != expected:
                sys.exit(f"expected {expected.hex(' ')}\ngot      {reply.hex(' ')}")
            if len(fds) != int.from_bytes(reply[10:12], "little"):
                sys.exit(f"{len(fds)} descriptors came with {reply.hex(' ')}")
            replies += 1
    client.close()
    if replies == 0:
        sys.exit("the page has no example")


main()
