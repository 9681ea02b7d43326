#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The broker is killed when it is about to send its n-th message, and the keeper starts another one:
# a program that knows nothing of prshm notices nothing. With PRSHM_TEST_LONG=1 for each n there is.

# shellcheck source-path=SCRIPTDIR source=common.sh
. "${top_srcdir:-.}/tests/posix/common.sh"

export PRSHM_SOCKET=$scratch/socket PRSHM_AUTOSTART=0

# wait_for PATTERN FILE
wait_for() {
	local tries=3000

	until grep -q "$1" "$2" 2>/dev/null; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || { echo "no '$1' in $2" >>"$scratch/errors"; return 1; }
		sleep 0.01
	done
}

# A broker may die while it is told to stop, too, and then the keeper starts another one.
end_broker() {
	local tries=3000

	while pgrep -f -- "--socket=$PRSHM_SOCKET" >/dev/null; do
		"$prshmctl" stop >/dev/null 2>&1
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || { ps -fC prshmd,prshm-keeper >>"$scratch/errors"; return 1; }
		sleep 0.01
	done
}

# killed_at CALL N COMMAND...: whether the command succeeds with a broker that dies in that call.
killed_at() {
	local call=$1 number=$2 tracer status=1

	shift 2
	# Empty from now on: what follows waits for words in them.
	: >"$scratch/prshmd.log"
	: >"$scratch/strace"
	: >"$scratch/prshmd.conf"
	"$prshmd" --socket="$PRSHM_SOCKET" --config="$scratch/prshmd.conf" >"$scratch/prshmd.log" 2>&1 &
	wait_for ': ready' "$scratch/prshmd.log" || return
	strace -o "$scratch/calls" -e trace="$call" -e inject="$call:signal=SIGKILL:when=$number" \
		-p $! 2>"$scratch/strace" &
	tracer=$!
	if wait_for attached "$scratch/strace"; then
		"$@" >>"$scratch/errors" 2>&1
		status=$?
	fi
	end_broker || return
	wait "$tracer"
	wait
	return $status
}

# at_each CALL FACTOR COMMAND...: at each number, or at each FACTOR times as far, until the broker
# has lived to the end.
at_each() {
	local call=$1 factor=$2 number=1

	shift 2
	while :; do
		: >"$scratch/errors"
		killed_at "$call" "$number" "$@" || {
			echo "killed at $call $number:" "$@" >>"$scratch/errors"
			return 1
		}
		grep -q '+++ killed by SIGKILL' "$scratch/calls" || break
		deaths=$((deaths + 1))
		number=$((number * factor + 1))
	done
}

# Each program of it finds the file by its descriptor, and makes it larger.
appends() {
	# shellcheck disable=SC2016 # for the inner shell
	"$run" --paths bash -c 'cd /dev/shm && echo one >>f && /bin/echo two >>f && { echo three; /bin/echo four; } >>f &&
		[ "$(cat f)" = "$(printf "%s\n" one two three four)" ] && rm f'
}

renames=(a_file_takes_the_place_of_another a_file_moves_between_directories)

# in_all CALL: each case by itself, so that a broker's life is short; the short form: a few cases
# together.
in_all() {
	local deaths=0

	if [ -z "${PRSHM_TEST_LONG-}" ]; then
		at_each "$1" 4 "$run" "$programs/cases" create_size_map_and_open_again opened_before_it_is_sized \
			both_size_it truncated_by_an_open a_child_uses_what_it_has status_is_the_callers_view || return
		at_each "$1" 4 "$run" --paths "$programs/cases-paths" "${renames[@]}" || return
		at_each "$1" 4 appends || return
	else
		for title in $("$programs/cases" | sed -n 's/^ok [0-9]* - //p'); do
			at_each "$1" 1 "$run" "$programs/cases" "$title" || return
		done
		for title in "${renames[@]}"; do
			at_each "$1" 1 "$run" --paths "$programs/cases-paths" "$title" || return
		done
		at_each "$1" 1 appends || return
	fi
	echo "$1: died $deaths times"
	[ "$deaths" -gt 0 ]
}

if ! strace -o "$scratch/calls" -e trace=kill -e inject=kill:signal=SIGKILL:when=1 true 2>/dev/null; then
	skip_all "needs strace, and leave to trace"
fi
check at_each_message_with_a_descriptor in_all sendmsg
check at_each_message_without_one in_all sendto
finish
