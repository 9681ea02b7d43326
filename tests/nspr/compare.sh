#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The differential test: runs the table against a broker of its own and against real NSPR, and
# demands that the rows agree, but for those of expected-differences.txt, which must differ exactly
# as it says. One TAP point a row.
#
# Without libnspr4-dev there is no second program; the results recorded from NSPR 4.35 then stand in
# for it. To record them anew, as root: table-nspr EMPTY-DIRECTORY > nspr-4.35.txt
#
# Environment: TABLE_PRSHM and TABLE_NSPR, the two programs; PRSHMD, the broker. TABLE_RUN: prshm's
# side is TABLE_NSPR too, run by this command, which brings it to the broker (prshm-nspr-run); what
# differs in starting and ending then does not, as that is NSPR's own.

set -u
umask 022

here=$(dirname "$0")
table_prshm=${TABLE_PRSHM:-tests/nspr/table-prshm}
table_nspr=${TABLE_NSPR:-tests/nspr/table-nspr}
prshmd=${PRSHMD:-./prshmd}
recording=$here/nspr-4.35.txt
case $PWD in
*' '*) export LD_LIBRARY_PATH="$PWD/.libs" ;; # libtool writes no such path into a program
esac
broker=

scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-nspr.XXXXXX") || exit 99
# mktemp makes it for its owner alone; the table's other users have to reach it.
chmod 755 "$scratch"

cleanup() {
	if [ -n "$broker" ]; then
		kill "$broker" 2>/dev/null
		wait "$broker" 2>/dev/null
	fi
	chmod -R u+rwx "$scratch"
	rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 99' HUP INT TERM

bail_out() {
	sed 's/^/# /' "$scratch"/*.log
	echo "Bail out! $1"
	exit 99
}

am_root() {
	[ "$(id -u)" -eq 0 ]
}

# As root the broker gets a user of its own, as the service does: root's privileges would hide its
# mistakes.
as_broker="setpriv --reuid=60003 --regid=60003 --clear-groups --"

start_broker() {
	PRSHM_SOCKET=$scratch/broker/socket
	PRSHM_AUTOSTART=0
	export PRSHM_SOCKET PRSHM_AUTOSTART
	mkdir "$scratch/broker"
	if am_root && $as_broker test -x "$prshmd"; then
		chown 60003:60003 "$scratch/broker"
	else
		as_broker=
	fi
	$as_broker "$prshmd" --socket="$PRSHM_SOCKET" >"$scratch/prshmd.log" 2>&1 &
	broker=$!
	tries=3000
	until [ -S "$PRSHM_SOCKET" ] && "$table_prshm" --answers; do
		kill -0 "$broker" 2>/dev/null || bail_out "the broker $prshmd did not start"
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || bail_out "the broker $prshmd does not answer"
		sleep 0.1
	done
	chmod 666 "$PRSHM_SOCKET"
}

# run_table NAME COMMAND...: the rows go to NAME.txt.
run_table() {
	name=$1
	shift
	mkdir "$scratch/$name"
	"$@" "$scratch/$name" >"$scratch/$name.txt" 2>"$scratch/$name.log" ||
		bail_out "$* ended with status $?"
}

# Segments that others have on this machine could have the key that NSPR makes for one of ours.
isolate=
if am_root && unshare --ipc true 2>/dev/null; then
	isolate="unshare --ipc"
fi

[ -x "$table_prshm" ] || bail_out "no program $table_prshm"
start_broker
# without_reason BEGINNING: leaves a reason and its rows out of the differences.
without_reason() {
	awk -v RS= -v ORS='\n\n' -v reason="reason\t$1" 'index($0, reason) != 1' \
		"$differences" >"$scratch/fewer.txt"
	differences=$scratch/differences.txt
	mv "$scratch/fewer.txt" "$differences"
}

differences=$here/expected-differences.txt
# In a program with AddressSanitizer nothing is kept mapped; the one of musl.sh never has it.
if grep -q __asan_init "$table_prshm"; then
	without_reason "Memory that was detached stays mapped"
fi
if [ -n "${TABLE_RUN-}" ]; then
	run_table prshm "$TABLE_RUN" "$table_nspr"
	without_reason "The library has nothing to start"
else
	run_table prshm "$table_prshm"
fi
if [ -x "$table_nspr" ]; then
	# Unquoted: nothing or two words.
	# shellcheck disable=SC2086
	run_table nspr $isolate "$table_nspr"
	nspr=$scratch/nspr.txt
	recorded=0
	echo "# beside real NSPR"
else
	nspr=$recording
	recorded=1
	echo "# no $table_nspr, which needs libnspr4-dev: beside what was recorded from NSPR 4.35"
fi
am_root || echo "# not root: rows with two users are skipped"

awk -v recorded="$recorded" -f "$here/compare.awk" \
	part=differences "$differences" \
	part=nspr "$nspr" \
	part=prshm "$scratch/prshm.txt"
