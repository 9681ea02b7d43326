# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Containers, for the scripts beside this. A container here is what a container is to the kernel:
# mount, pid, ipc, net and user namespaces, a root of its own, no capability; its image is this
# host's /usr, and $scratch/programs with what this build has made. Of the host it has nothing else
# but the directory of the broker's socket.
#
# SHM=SIZE in the environment: it has a /dev/shm of that size, as podman and docker give one of 64m.
# Else none.

# shellcheck source=../lib/scratch.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib/scratch.sh"

[ "$EUID" = 0 ] || skip_all "needs root"
unshare --mount --pid --ipc --net --uts --user --fork true 2>/dev/null ||
	skip_all "this root may not make namespaces"

# What runs as the container's first process: it makes the root, and becomes the user.
cat >"$scratch/enter.sh" <<'END'
set -eu
image=$1 sockets=$2 programs=$3 uid=$4
shift 4
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$image"
cd "$image"
mkdir -p usr proc dev run/prshm opt mnt etc tmp
chmod 1777 tmp
for device in null zero urandom; do
	: >dev/$device
	mount --bind /dev/$device dev/$device
done
if [ -n "$SHM" ]; then
	mkdir dev/shm
	mount -t tmpfs -o "size=$SHM,mode=1777" tmpfs dev/shm
fi
echo "user:x:$uid:$uid::/tmp:/bin/sh" >etc/passwd
mount --rbind /usr usr
mount --rbind "$sockets" run/prshm
mount --rbind "$programs" opt
for link in bin lib lib64; do
	[ ! -L "/$link" ] || ln -s "$(readlink "/$link")" "$link"
done
mount -t proc proc proc
pivot_root . mnt
umount -l /mnt
cd /
exec setpriv --reuid="$uid" --regid="$uid" --clear-groups --inh-caps=-all --bounding-set=-all \
	--no-new-privs env -i PATH=/opt:/usr/bin:/bin LD_LIBRARY_PATH=/opt PRSHM_AUTOSTART=0 "$@"
END

# container UID COMMAND...: as with podman run by root, or docker: uids are the host's.
container() {
	SHM=${SHM-} unshare --mount --pid --ipc --net --uts --fork --kill-child bash "$scratch/enter.sh" \
		"$scratch/image" "$scratch/sockets" "$scratch/programs" "$@"
}

# rootless UID COMMAND...: in a user namespace, where uid N is 200000 + N of the host, as with
# podman run by a user. The first process is only there to have the namespace, which is mapped from
# outside.
rootless() {
	local first status
	unshare --user sleep infinity &
	first=$!
	# Before it is in its own namespace, its maps are ours, and cannot be written.
	until [ "$(readlink "/proc/$first/ns/user")" != "$(readlink /proc/self/ns/user)" ]; do
		kill -0 "$first" || return
	done
	echo "0 200000 65536" >"/proc/$first/gid_map" && echo "0 200000 65536" >"/proc/$first/uid_map" &&
		SHM=${SHM-} nsenter --target="$first" --user --setuid=0 --setgid=0 \
			unshare --mount --pid --ipc --net --uts --fork --kill-child bash "$scratch/enter.sh" \
			"$scratch/image" "$scratch/sockets" "$scratch/programs" "$@"
	status=$?
	kill "$first"
	wait "$first" 2>/dev/null
	return "$status"
}

# The programs, without libtool's wrappers.
mkdir "$scratch"/{image,sockets,programs}
chmod 755 "$scratch"/{sockets,programs}
built=$builddir/.libs/prshmctl
[ -x "$built" ] || built=$builddir/prshmctl
cp "$built" "$scratch/programs"
cp -L "$builddir/.libs/libprshm-client.so.0" "$scratch/programs"

socket=$scratch/sockets/broker.sock
start_broker

