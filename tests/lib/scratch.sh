# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What a script has that tests programs of this build: a directory $scratch, which goes with the
# script; TAP; and a broker, whose configuration and log are in that directory, so that none of the
# host's count. The script may define clean_up, which runs before the directory goes, and set
# socket, where the broker listens.
#
#	source "$(dirname "$0")/../lib/scratch.sh"
#	start_broker
#	check the_program_runs "$program" --version
#	finish

srcdir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
builddir=$(cd "${top_builddir:-.}" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-$(basename "$0" .sh).XXXXXX") || exit 99
chmod 755 "$scratch"
socket=$scratch/broker.sock
broker=
# shellcheck source=tap.sh
source "$srcdir/tests/lib/tap.sh"

start_broker() {
	start_broker_by env
}

# start_broker_by COMMAND...: which executes its last arguments. Returns when the broker is ready.
start_broker_by() {
	local tries=30000

	export PRSHM_SOCKET=$socket PRSHM_AUTOSTART=0
	touch "$scratch/prshmd.conf"
	: >"$scratch/prshmd.log" # here: in the broker's process, "ready" of the last one might still be read
	"$@" "$builddir/prshmd" --config="$scratch/prshmd.conf" --socket="$PRSHM_SOCKET" >"$scratch/prshmd.log" 2>&1 &
	broker=$!
	until grep -q 'ready' "$scratch/prshmd.log"; do
		kill -0 "$broker" 2>/dev/null || bail_out "the broker did not start: $(tail -n 3 "$scratch/prshmd.log")"
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || bail_out "the broker is not ready"
		sleep 0.02
	done
}

stop_broker() {
	[ -z "$broker" ] || { kill "$broker" && wait "$broker"; } 2>/dev/null
	broker=
}

# library_starts PRSHMD: as a user's own broker, which ends with the script.
library_starts() {
	unset PRSHM_SOCKET PRSHM_AUTOSTART
	XDG_RUNTIME_DIR=$(mktemp -d "$scratch/runtime.XXXXXX") || exit 99
	printf '#!/bin/sh\necho $$ >"%s"\nexec "%s" "$@"\n' "$XDG_RUNTIME_DIR/pid" "$1" >"$XDG_RUNTIME_DIR/prshmd"
	chmod +x "$XDG_RUNTIME_DIR/prshmd"
	export XDG_RUNTIME_DIR PRSHM_DAEMON=$XDG_RUNTIME_DIR/prshmd
}

stop_started() {
	local pid
	for pid in "$scratch"/runtime.*/pid; do
		[ ! -e "$pid" ] || kill "$(cat "$pid")" 2>/dev/null
	done
}

clean_up() {
	:
}

remove_scratch() {
	clean_up
	stop_broker
	stop_started
	# What has been made unreadable, where the test is not root.
	rm -rf "$scratch" 2>/dev/null || { chmod -R u+rwX "$scratch" && rm -rf "$scratch"; }
}
trap remove_scratch EXIT
trap 'exit 99' HUP INT TERM
