#!/bin/bash
# SPDX-License-Identifier: MIT
#
# examples/containers: two containers of different users share a segment that one of them may only read, with
# nothing of the host but the directory of the socket. A container here is what a container is to the kernel:
# mount, pid, ipc, net and user namespaces, a root of its own, no capability; its image is this host's /usr.
#
# shellcheck disable=SC2317,SC2329 # functions are arguments of check

set -u
export LC_ALL=C
# shellcheck source=../lib/scratch.sh
. "$(dirname "$0")/../lib/scratch.sh"

[ "$EUID" = 0 ] || skip_all "needs root"
unshare --mount --pid --ipc --net --uts --user --fork true 2>/dev/null ||
	skip_all "this root may not make namespaces"

# What runs as the container's first process: it makes the root, and becomes the user.
cat >"$scratch/enter.sh" <<'END'
set -e
image=$1 sockets=$2 programs=$3 uid=$4
shift 4
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$image"
cd "$image"
mkdir -p usr proc dev run/prshm opt mnt etc
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
	unshare --mount --pid --ipc --net --uts --fork --kill-child bash "$scratch/enter.sh" \
		"$scratch/image" "$scratch/sockets" "$scratch/programs" "$@"
}

# rootless UID COMMAND...: in a user namespace, where uid N is 200000 + N of the host, as with podman run by
# a user. The first process is only there to have the namespace, which is mapped from outside.
rootless() {
	local first status
	unshare --user sleep infinity &
	first=$!
	# Before it is in its own namespace, its maps are ours, and cannot be written.
	until [ "$(readlink "/proc/$first/ns/user")" != "$(readlink /proc/self/ns/user)" ]; do
		kill -0 "$first" || return
	done
	echo "0 200000 65536" >"/proc/$first/gid_map" && echo "0 200000 65536" >"/proc/$first/uid_map" &&
		nsenter --target="$first" --user --setuid=0 --setgid=0 \
			unshare --mount --pid --ipc --net --uts --fork --kill-child bash "$scratch/enter.sh" \
			"$scratch/image" "$scratch/sockets" "$scratch/programs" "$@"
	status=$?
	kill "$first"
	wait "$first" 2>/dev/null
	return "$status"
}

writes() { # CONTAINER UID NAME
	echo "from $2" | "$1" "$2" prshmctl write --mode=0600 "$3"
}

reads() { # CONTAINER UID NAME TEXT
	"$1" "$2" prshmctl cat "$3" | tr -d '\0' | grep -x "$4"
}

# refused COMMAND...: by the broker, and for no other reason.
refused() {
	local said
	said=$("$@" 2>&1) && return 1
	grep 'permission denied' <<<"$said" || { echo "$said" && return 1; }
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

check a_container_sees_the_broker_of_the_host container 1001 prshmctl status
check and_has_no_dev_shm container 1001 test ! -e /dev/shm
check one_container_writes writes container 1001 /containers/a
check one_of_another_user_may_not_read refused reads container 1002 /containers/a 'from 1001'
check it_lets_that_user_read container 1001 prshmctl setfacl -m user:1002:r /containers/a
check which_then_reads reads container 1002 /containers/a 'from 1001'
check and_does_not_write refused writes container 1002 /containers/a
check rootless_a_container_is_a_subordinate_user writes rootless 1002 /containers/b
check whom_the_other_kind_lets_read container 1001 prshmctl setfacl -m user:201002:r /containers/a
check and_who_then_reads reads rootless 1002 /containers/a 'from 1001'
check and_writes_not refused writes rootless 1002 /containers/a
finish
