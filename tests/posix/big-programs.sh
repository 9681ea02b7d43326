#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Programs and libraries of Debian that are too slow, or too large, for each test run: UCX,
# libfabric, libqb. Each runs with room in /dev/shm and without the broker, then in a /dev/shm in
# which there is no room, without the broker and with: the first and the last run print the same.

[ "$(id -u)" -eq 0 ] || { echo "1..0 # SKIP needs root, for a small /dev/shm"; exit 0; }
# shellcheck source-path=SCRIPTDIR source=common.sh
. "${top_srcdir:-.}/tests/posix/common.sh"

start_broker ""
chmod 666 "$PRSHM_SOCKET"
chmod 777 "$scratch"
port=$((20000 + $$ % 20000))

# Not the broker's user, to whom the memory belongs.
as_user() {
	setpriv --reuid 65534 --regid 65534 --clear-groups timeout -k 5 120 "$@"
}

# Two of a program that speak to each other over a port. The second one comes until the first one
# listens. ON is the option that tells a server its port, and TO the one that tells a client.
pair() { # ON TO PREFIX... -- PROGRAM ARGUMENT...
	local on=$1 to=$2 prefix=() server

	shift 2
	port=$((port + 1))
	while [ "$1" != -- ]; do
		prefix+=("$1")
		shift
	done
	shift
	as_user "${prefix[@]}" "$@" "$on" $port >"$scratch/server" 2>&1 &
	server=$!
	until as_user "${prefix[@]}" "$@" "$to" $port 127.0.0.1 >"$scratch/client" 2>&1; do
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1
	done
	wait "$server" && cat "$scratch/client"
}
ucx_speaks() {
	UCX_TLS=posix,tcp pair -p -p "$@" -- ucx_perftest -t tag_bw -n 1000 -s 65536 |
		awk '/^Final:/ { print "messages:", $2; seen = 1 } END { exit !seen }'
}
fabric_speaks() {
	pair -B -P "$@" -- fi_pingpong -p shm -e rdm -I 100 -c |
		awk '/=100/ { print $1, $2, $3, $4; seen = 1 } END { exit !seen }'
}
ring_turns() {
	as_user "$@" "$scratch/ring"
}

# alike FUNCTION PREFIX...
alike() {
	local function=$1
	shift

	mount -t tmpfs -o size=256m none /dev/shm || return
	"$function" >"$scratch/without" 2>"$scratch/errors" || cat "$scratch/errors" "$scratch/server"
	umount /dev/shm
	! "$function" >"$scratch/small" 2>&1 || return
	"$function" "$@" >"$scratch/with" 2>"$scratch/errors" || cat "$scratch/errors" "$scratch/server"
	diff "$scratch/without" "$scratch/with" && [ -s "$scratch/with" ] &&
		! find /dev/shm -type f | grep . && ! "$prshmctl" list --raw --noheadings /dev/shm/ | grep .
}

if command -v ucx_perftest >/dev/null; then
	check ucx_speaks alike ucx_speaks "$run"
	check ucx_speaks_with_paths alike ucx_speaks "$run" --paths
else
	skip ucx_speaks "needs ucx-utils"
fi
if command -v fi_pingpong >/dev/null; then
	check libfabric_speaks alike fabric_speaks "$run" --paths
else
	skip libfabric_speaks "needs libfabric-bin"
fi
if [ -e /usr/include/qb/qbipcs.h ]; then
	check libqb_is_built "${CC:-gcc}" -O1 -o "$scratch/ring" "${top_srcdir:-.}/tests/posix/ring.c" -lqb
	check libqb_speaks alike ring_turns "$run" --paths
else
	skip libqb_speaks "needs libqb-dev"
fi
finish
