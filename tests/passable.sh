#!/bin/bash
# SPDX-License-Identifier: MIT
#
# passable.sh DIRECTORY... -- COMMAND [ARGUMENT]...
#
# Runs COMMAND where every user can pass to each DIRECTORY. Tests start programs of the build as
# other users, who cannot pass through a directory of mode 0700: root's home in a container, for
# example. If there is one on the way, then root gets a mount namespace, in which an empty directory
# stands in the closed one's place, with nothing in it but the way to DIRECTORY. Paths stay the
# same.
#
# Everybody else, and a root who may not mount, gets COMMAND and nothing more.

set -u
directories=()
while [ "$1" != -- ]; do
	directories+=("$1")
	shift
done

# Whether others cannot pass through a directory on the way to any of ours. This runs before each
# test, and asks once for all of them.
is_closed() {
	local path ways=() modes
	for path in "${directories[@]}"; do
		while [ -n "$path" ]; do
			ways+=("$path")
			path=${path%/*}
		done
	done
	modes=$(stat --printf '%a ' "${ways[@]}")
	[[ $modes = *[0246]' '* ]]
}

# closed_on_the_way_to DIRECTORY: the topmost directory through which others cannot pass, or
# nothing.
closed_on_the_way_to() {
	local path=$1 ways=() mode
	while [ -n "$path" ]; do
		ways=("$path" "${ways[@]}")
		path=${path%/*}
	done
	while read -r mode path; do
		[[ $mode = *[1357] ]] || { printf '%s\n' "$path" && break; }
	done < <(stat --printf '%a %n\n' "${ways[@]}")
}

# open_the_way_to DIRECTORY: in a namespace of our own. A DIRECTORY that is closed itself becomes
# another one, which has the same entries.
open_the_way_to() {
	local directory=$1 closed real entry
	closed=$(closed_on_the_way_to "$directory")
	[ -n "$closed" ] || return 0
	real=$(mktemp -d "${TMPDIR:-/tmp}/prshm-passable.XXXXXX") || return 1
	mount --bind "$directory" "$real" && mount -t tmpfs -o mode=755 tmpfs "$closed" &&
		mkdir -p "$directory" || return 1
	if [ -z "$(closed_on_the_way_to "$real")" ]; then
		mount --bind "$real" "$directory" || return 1
	else
		for entry in "$real"/* "$real"/.[!.]*; do
			if [ -L "$entry" ] || [ ! -e "$entry" ]; then
				continue
			elif [ -d "$entry" ]; then
				mkdir "$directory/${entry##*/}" || return 1
			else
				: >"$directory/${entry##*/}" || return 1
			fi
			mount --bind "$entry" "$directory/${entry##*/}" || return 1
		done
	fi
	umount --lazy "$real" && rmdir "$real"
}

in_namespace() {
	prshm_in_namespace=1 exec unshare --mount bash "$0" "${directories[@]}" "$@"
}

if [ -z "${prshm_in_namespace-}" ] && [ "$EUID" = 0 ] && is_closed && unshare --mount true 2>/dev/null; then
	in_namespace "$@"
fi
if [ -n "${prshm_in_namespace-}" ]; then
	unset prshm_in_namespace
	umask 022
	for directory in "${directories[@]}"; do
		open_the_way_to "$directory" || exit 99
	done
	cd "$PWD" || exit 99
fi
shift
exec "$@"
