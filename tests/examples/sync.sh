#!/bin/bash
# SPDX-License-Identifier: MIT
#
# examples/sync.c, which prshm-sync(7) explains: processes agree who initialises, lose nothing
# between them, and go on when one of them is killed with the lock in its hand.
#
# shellcheck disable=SC2317 # most functions are arguments of check

set -u
export LC_ALL=C

# shellcheck source=../lib/scratch.sh
source "$(dirname "$0")/../lib/scratch.sh"
# Not libtool's script, which starts a dozen processes each time.
sync=${SYNC_EXAMPLE:-$builddir/examples/.libs/sync}
export LD_LIBRARY_PATH=$builddir/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

# prints TEXT COMMAND...: exactly that, within a time that only ends a hang.
prints() {
	local printed

	printed=$(timeout 120 "${@:2}") || return 1
	echo "$printed"
	[ "$printed" = "$1" ]
}

# All of them start at once: one of them makes the segment, the others wait until it is ready.
many_add_at_once() {
	local pids=() pid

	for _ in 1 2 3 4 5 6 7 8; do
		timeout 120 "$sync" add 500 &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || return 1
	done
	prints "total 4000, twice 8000" "$sync" wait 4000
}

who_waits_is_woken() {
	local waiter

	timeout 120 "$sync" wait 4010 >"$scratch/woken" &
	waiter=$!
	timeout 120 "$sync" add 10 && wait "$waiter" && cat "$scratch/woken" &&
		[ "$(<"$scratch/woken")" = "total 4010, twice 8020" ]
}

# Killed between two changes that belong together: who locks next is told, and mends it.
a_dead_owner_is_told() {
	"$sync" die
	[ $? -eq 137 ] || return 1
	prints "total 4011, twice 8022" "$sync" wait 4011 2>"$scratch/told" &&
		grep -qx 'sync: the owner of the lock has died; mended' "$scratch/told" &&
		prints "total 4011, twice 8022" "$sync" wait 4011
}

# More than the ring has slots, and each side has to wait for the other.
a_ring_loses_nothing() {
	local sender

	timeout 120 "$sync" send 5000 &
	sender=$!
	prints "sum 12502500" "$sync" receive 5000 && wait "$sender" && {
		timeout 120 "$sync" send 5000 &
		prints "sum 12502500" "$sync" receive 5000
	}
}

start_broker
check "one_initialises_and_nothing_is_lost_under_the_lock" many_add_at_once
check "who_waits_for_a_condition_is_woken" who_waits_is_woken
check "a_dead_owner_of_the_lock_is_told_and_mended" a_dead_owner_is_told
check "a_ring_of_one_sender_and_one_receiver_loses_nothing" a_ring_loses_nothing

finish
