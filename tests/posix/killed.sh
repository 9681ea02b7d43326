#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The broker is killed when it is about to send its n-th message, and the keeper starts another one: a
# program that knows nothing of prshm notices nothing. With PRSHM_TEST_LONG=1 for each n there is.

# shellcheck source-path=SCRIPTDIR source=common.sh
. "${top_srcdir:-.}/tests/posix/common.sh"

export PRSHM_SOCKET=$scratch/socket PRSHM_AUTOSTART=0

# wait_for PATTERN FILE
wait_for() {
	local tries=3000

	until grep -q "$1" "$2" 2>/dev/null; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.01
	done
}

# killed_at CALL N COMMAND...: whether the command succeeds with a broker that dies in that call.
killed_at() {
	local call=$1 number=$2 tracer status=1

	shift 2
	: >"$scratch/prshmd.conf"
	"$prshmd" --socket="$PRSHM_SOCKET" --config="$scratch/prshmd.conf" >"$scratch/prshmd.log" 2>&1 &
	wait_for ': ready' "$scratch/prshmd.log" || return
	strace -o "$scratch/calls" -e trace="$call" -e inject="$call:signal=SIGKILL:when=$number" \
		-p $! 2>"$scratch/strace" &
	tracer=$!
	if wait_for attached "$scratch/strace"; then
		"$@" >"$scratch/why"
		status=$?
	fi
	"$prshmctl" stop >/dev/null
	wait "$tracer"
	wait
	return $status
}

# at_each CALL COMMAND...: at each number until the broker has lived to the end.
at_each() {
	local call=$1 number=1 deaths=0 factor=4

	[ -z "${PRSHM_TEST_LONG-}" ] || factor=1
	shift
	while :; do
		killed_at "$call" "$number" "$@" || return
		grep -q '+++ killed by SIGKILL' "$scratch/calls" || break
		deaths=$((deaths + 1))
		number=$((number * factor + 1))
	done
	echo "$call: died $deaths times, last at $number"
	[ "$deaths" -gt 0 ]
}

if ! strace -o "$scratch/calls" -e trace=kill -e inject=kill:signal=SIGKILL:when=1 true 2>/dev/null; then
	skip_all "needs strace, and leave to trace"
fi
few=(create_size_map_and_open_again opened_before_it_is_sized both_size_it truncated_by_an_open
	a_child_uses_what_it_has status_is_the_callers_view)
[ -z "${PRSHM_TEST_LONG-}" ] || few=()
check at_each_message_with_a_descriptor at_each sendmsg "$run" "$programs/cases" "${few[@]}"
check at_each_message_without_one at_each sendto "$run" "$programs/cases" "${few[@]}"
finish
