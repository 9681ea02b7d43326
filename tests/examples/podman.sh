#!/bin/bash
# SPDX-License-Identifier: MIT
#
# examples/containers/podman as it stands, by podman itself: on an image that has prshmctl, a shell
# and nothing else.
#
# shellcheck disable=SC2317,SC2329 # functions are arguments of check

set -u
export LC_ALL=C
# shellcheck source=../lib/scratch.sh
. "$(dirname "$0")/../lib/scratch.sh"

[ "$EUID" = 0 ] || skip_all "needs root"
for program in podman crun; do
	command -v $program >/dev/null || skip_all "needs package $program"
done

# From here on in a mount namespace. Its /run is of its own, with the broker's directory, so that the
# host's stays as it is. Its only cgroups are those of version 2, which podman demands. This root
# need not be able to raise limits, nor to make cgroups.
if [ "${1-}" != inside ]; then
	unshare --mount --propagation=private true 2>/dev/null || skip_all "this root may not make namespaces"
	rm -r "$scratch"
	exec unshare --mount --propagation=private bash "$0" inside
fi
{
	umount --recursive --quiet /sys/fs/cgroup
	mount -t cgroup2 none /sys/fs/cgroup
} 2>/dev/null || skip_all "this root may not mount cgroup2"
mkdir "$scratch"/{sockets,image,storage,run}
chmod 755 "$scratch/sockets"
mount -t tmpfs none /run || skip_all "this root may not mount"
mkdir /run/prshm
mount --bind "$scratch/sockets" /run/prshm || skip_all "this root may not mount"
cat >"$scratch/containers.conf" <<'END'
[containers]
cgroups = "disabled"
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
events_logger = "none"
END
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$scratch/storage" "$scratch/run" \
	>"$scratch/storage.conf"
export CONTAINERS_CONF=$scratch/containers.conf CONTAINERS_STORAGE_CONF=$scratch/storage.conf

# with_libraries PROGRAM: in the image, with all that it is linked to.
with_libraries() {
	local library
	install -D "$1" "$scratch/image/usr/bin/${1##*/}" || return
	LD_LIBRARY_PATH=$builddir/.libs ldd "$1" | grep -o '/[^ ]*' | while read -r library; do
		case $library in
		*/libprshm-client*) install -D "$library" "$scratch/image/usr/lib/${library##*/}" ;;
		*) install -D "$library" "$scratch/image$library" ;;
		esac || return
	done
}

make_image() {
	local built=$builddir/.libs/prshmctl
	[ -x "$built" ] || built=$builddir/prshmctl
	with_libraries /bin/sh && with_libraries "$built" && ln -s usr/bin "$scratch/image/bin" &&
		tar --directory="$scratch/image" --create . | podman import --quiet - prshm
}

example() {
	sh "$srcdir/examples/containers/podman" >"$scratch/said" 2>&1
	tr -d '\0' <"$scratch/said" >"$scratch/words" && cat "$scratch/words" &&
		grep -x 'from the first' "$scratch/words"
}

leaves_nothing() {
	local said
	said=$(PRSHM_SOCKET=$socket "$builddir/prshmctl" list --raw --noheadings) && [ -z "$said" ]
}

socket=$scratch/sockets/broker.sock
start_broker
unset PRSHM_SOCKET
check podman_takes_the_image make_image
check two_containers_of_different_users_share_a_segment example
check and_nothing_is_left leaves_nothing
finish
