#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The tests in the places where people have the tree. Each place is a copy of the tree there, in
# which ./quickstart test runs; a line tells how it ended. Needs root.

set -u
here=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd) || exit 1
user=prshm-places
mirror=${PRSHM_MIRROR:-http://deb.debian.org/debian}
scratch='' burners=() added_user=''
good=0
bad=0

# shellcheck source=tests/lib/copy-tree.sh
. "$here/tests/lib/copy-tree.sh"

usage() {
	cat <<'END'
Usage: tests/places.sh [PLACE]...

Runs ./quickstart test in each PLACE; without PLACE, in all. Needs root.

  home    below root's home, in a directory of mode 0700
  tmp     below /tmp                          var     below /var/tmp
  user    below /home, as a plain user        space   on a path with a space, in a directory of mode 0700
  busy    beside 16 processes that only use the CPU
  bookworm, bookworm-test-first, trixie, trixie-test-first
          a fresh Debian 12 or 13, made by mmdebstrap: demo, then test; or test, then demo.
          PRSHM_MIRROR is where its packages come from (http://deb.debian.org/debian)
END
}

say() {
	printf '== %s\n' "$*"
}

# Called by the trap.
# shellcheck disable=SC2317,SC2329
clean_up() {
	[ ${#burners[@]} -eq 0 ] || kill "${burners[@]}" 2>/dev/null
	[ -z "$scratch" ] || rm -rf --one-file-system "$scratch"
	[ -z "$added_user" ] || userdel "$user"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# told NAME START FILE STATUS: a place has come to its end; FILE ends with what it counted.
told() {
	local said
	said=$(grep -E '^[0-9]+ passed, ' "$3" | tail -n 1)
	[ -n "$said" ] || said=$(tail -n 1 "$3")
	if [ "$4" -eq 0 ]; then
		good=$((good + 1))
		say "$1: passed: $said, in $((SECONDS - $2)) s"
	else
		bad=$((bad + 1))
		say "$1: FAILED: $said, in $((SECONDS - $2)) s"
	fi
}

# test_in NAME PARENT TREE [COMMAND]...: in PARENT/.../TREE, under COMMAND.
test_in() {
	local name=$1 parent=$2 tree=$3 start=$SECONDS
	shift 3
	scratch=$(mktemp -d "$parent/prshm-places.XXXXXX") || return 1
	say "$name: in $scratch/$tree"
	if copy_tree "$here" "$scratch/$tree"; then
		[ "$name" != user ] || { chown -R "$user:" "$scratch" && chmod 755 "$scratch"; }
		[ "$parent" = "$HOME" ] || [ "$name" = space ] || chmod 755 "$scratch"
		"$@" env --chdir="$scratch/$tree" ./quickstart test </dev/null 2>&1 | tee "$scratch/log"
		told "$name" "$start" "$scratch/log" "${PIPESTATUS[0]}"
	else
		echo "no copy of the tree" >"$scratch/log"
		told "$name" "$start" "$scratch/log" 1
	fi
	rm -rf --one-file-system "$scratch"
	scratch=
}

as_user() {
	# Without CI=true: what needs root is skipped there.
	if ! id "$user" >/dev/null 2>&1; then
		useradd --create-home "$user" || return 1
		added_user=yes
	fi
	test_in user "/home" tree runuser -u "$user" -- env -u CI HOME=/home/$user
}

beside_others() {
	local number
	for ((number = 0; number < 16; number++)); do
		(while :; do :; done) &
		burners+=($!)
	done
	test_in busy /var/tmp tree
	kill "${burners[@]}"
	burners=()
}

# fresh NAME SUITE FIRST SECOND: both commands of quickstart, as root in root's home.
fresh() {
	local name=$1 suite=$2 start=$SECONDS root status=0
	shift 2
	command -v mmdebstrap >/dev/null || {
		bad=$((bad + 1))
		say "$name: FAILED: needs package mmdebstrap"
		return
	}
	scratch=$(mktemp -d /var/tmp/prshm-places.XXXXXX) || return 1
	root=$scratch/root
	say "$name: $1, then $2, in a fresh $suite"
	{
		mmdebstrap --quiet --variant=important "$suite" "$root" "$mirror" &&
			copy_tree "$here" "$root/root/prshm" && cp -L /etc/resolv.conf "$root/etc/resolv.conf" &&
			in_root "$root" "$@"
	} >"$scratch/log" 2>&1 || status=$?
	cat "$scratch/log"
	told "$name" "$start" "$scratch/log" "$status"
	rm -rf --one-file-system "$scratch"
	scratch=
}

# in_root ROOT COMMAND...: as PID 1 there; not by chroot(2), in which no user namespace can be made.
in_root() {
	local root=$1
	shift
	# shellcheck disable=SC2016
	unshare --mount --pid --fork --kill-child --uts --ipc --cgroup bash -euc '
		mount --make-rprivate /
		mount --bind "$1" "$1"
		cd "$1"
		shift
		mount -t proc proc proc
		mount -t sysfs sysfs sys
		mount -t cgroup2 cgroup2 sys/fs/cgroup
		mount --rbind /dev dev
		mount -t tmpfs -o mode=1777 tmpfs tmp
		pivot_root . mnt
		umount -l /mnt
		cd /root/prshm
		for command; do
			HOME=/root ./quickstart "$command" </dev/null
		done' in_root "$root" "$@"
}

place() {
	case $1 in
	home) test_in home "${HOME:-/root}" tree ;;
	tmp) test_in tmp /tmp tree ;;
	var) test_in var /var/tmp tree ;;
	space) test_in space /var/tmp "a tree" ;;
	user) as_user ;;
	busy) beside_others ;;
	bookworm | trixie) fresh "$1" "$1" demo 'test' ;;
	bookworm-test-first | trixie-test-first) fresh "$1" "${1%-test-first}" 'test' demo ;;
	esac
}

all=(home tmp var user space busy bookworm bookworm-test-first trixie trixie-test-first)
[ "${1-}" != --help ] || { usage && exit; }
for wanted; do
	[[ " ${all[*]} " = *" $wanted "* ]] || { usage >&2 && exit 2; }
done
[ "$EUID" = 0 ] || { echo "places: needs root" >&2 && exit 1; }
[ $# -gt 0 ] || set -- "${all[@]}"
unset PRSHM_TEST_LONG
for wanted; do
	place "$wanted"
done
say "places: $good passed, $bad failed"
[ "$bad" -eq 0 ]
