# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For the scripts beside it: a broker of their own, and TAP. As root they run in a mount namespace
# whose /dev/shm has 64 KiB, or what PRSHM_TEST_SHM says: what the programs need does not fit there.

if [ "$(id -u)" -eq 0 ] && [ -z "${PRSHM_TEST_ISOLATED-}" ] && unshare --mount true 2>/dev/null; then
	export PRSHM_TEST_ISOLATED=1
	exec unshare --mount "$BASH" "$0" "$@"
fi

top_builddir=${top_builddir:-.}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-posix.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "${top_srcdir:-.}/tests/lib/tap.sh"

[ -z "${PRSHM_TEST_ISOLATED-}" ] || mount -t tmpfs -o "size=${PRSHM_TEST_SHM:-64k}" none /dev/shm ||
	skip_all "nothing can be mounted here"

# shellcheck disable=SC2034 # for the others
programs=$(realpath "$top_builddir/tests/posix")
prshmd=$(realpath "$top_builddir/prshmd")
# In the place of libtool's script, which starts a dozen processes each time.
prshmctl=$scratch/prshmctl
printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s" "$@"\n' "$(realpath "$top_builddir/.libs")" \
	"$(realpath "$top_builddir/.libs/prshmctl")" >"$prshmctl"
chmod 755 "$prshmctl"
broker=

# LD_PRELOAD takes no path with a space, and other users must reach the library.
library=/tmp/libprshm-posix.$$.so
cp "$(realpath "$top_builddir/.libs/libprshm-posix.so.0")" "$library" && chmod 755 "$library"
export PRSHM_POSIX_LIBRARY=$library
run=$scratch/prshm-posix-run
cp "$top_builddir/posix-lib/prshm-posix-run" "$run" && chmod 755 "$run" "$scratch"

cleanup() {
	if [ -n "$broker" ]; then
		kill "$broker" 2>/dev/null
		wait "$broker" 2>/dev/null
	fi
	rm -rf "$scratch" "$library"
}
trap cleanup EXIT
trap 'exit 99' HUP INT TERM

# start_broker [CONFIGURATION]
start_broker() {
	local tries=3000

	export PRSHM_SOCKET=$scratch/socket PRSHM_AUTOSTART=0
	printf '%s\n' "${1-}" >"$scratch/prshmd.conf"
	"$prshmd" --socket="$PRSHM_SOCKET" --config="$scratch/prshmd.conf" --no-keeper \
		>"$scratch/prshmd.log" 2>&1 &
	broker=$!
	until "$prshmctl" list >/dev/null 2>&1; do
		kill -0 "$broker" 2>/dev/null || bail_out "the broker did not start"
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || bail_out "the broker does not answer"
		sleep 0.01
	done
}

# counter NAME: one of prshmctl metrics
counter() {
	"$prshmctl" metrics | awk -v name="$1" '$1 == name { print $2 }'
}

# both COMMAND [ARGUMENT...]: runs it without and with the broker, by paths. What it prints is the
# same, and it leaves nothing.
both() {
	(cd "$scratch" && "$@") >"$scratch/without" 2>&1
	! find /dev/shm -mindepth 1 | grep . || return
	(cd "$scratch" && "$run" --paths "$@") >"$scratch/with" 2>&1
	diff "$scratch/without" "$scratch/with" && [ -s "$scratch/with" ] || return
	! find /dev/shm -mindepth 1 | grep . && ! "$prshmctl" list | grep /dev/shm
}
