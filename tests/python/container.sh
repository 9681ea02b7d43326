#!/bin/bash
# SPDX-License-Identifier: MIT
#
# container.sh SCRATCH LIBRARIES PRELOAD PROGRAM: runs a program of Python in a file system of its
# own, in which there is of all that is the broker's nothing but the directory of the socket: no
# /dev/shm, no /tmp. For python.sh, which has made the namespaces.

set -e
scratch=$1 libraries=$2 preload=$3 program=$4
root=$scratch/container

mkdir "$root"
mount -t tmpfs -o mode=755 tmpfs "$root"
for directory in /usr "$scratch/plain" "$libraries"; do
	mkdir -p "$root$directory"
	mount --rbind "$directory" "$root$directory"
done
for name in bin lib lib64; do
	[ ! -L "/$name" ] || ln -s "usr/$name" "$root/$name"
done
ln -s "$libraries" "$root$scratch/lib"
mkdir -p "$root/run/prshm" "$root/proc"
mount --bind "$scratch/socket" "$root/run/prshm"
mount -t proc proc "$root/proc"
exec chroot "$root" env -u PRSHM_SOCKET LD_PRELOAD="$preload" "$scratch/plain/bin/python" -c "$program"
