#!/bin/bash
# SPDX-License-Identifier: MIT
#
# That nothing is lost while broker and keeper are killed, and that nobody outlives the one who
# kills, not even when that one is killed. PRSHM_TEST_LONG=1 asks for more kills; `make soak-chaos`
# has still more, and also looks at the time it takes.
#
# Environment: top_builddir, where make has built tests/soak/chaos and what it kills.

# shellcheck disable=SC2317 # functions that trap and wait_until call

set -u
chaos=
place=
# shellcheck source=../lib/scratch.sh
source "$(dirname "$0")/../lib/scratch.sh"
clean_up() {
	[ -z "$chaos" ] || kill -9 "$chaos" 2>/dev/null
	[ -z "$place" ] || rm -rf "$place"
}

# Programs of our own: who runs one of these was started by this test.
cp "$builddir/prshmd" "$builddir/prshm-keeper" "$scratch" || exit 99

# running PROGRAM: those who do
running() {
	find /proc/[0-9]*/exe -maxdepth 0 -lname "$scratch/$1" 2>/dev/null
}

# wait_until COMMAND...: true; or false, after ten minutes
wait_until() {
	local i
	for ((i = 0; i < 6000; i++)); do
		"$@" && return 0
		sleep 0.1
	done
	return 1
}

nobody_runs() {
	[ -z "$(running prshmd)$(running prshm-keeper)" ]
}

# Where chaos has its files, from what broker and keeper are told. Both come and go, so one program
# has to find them and read that, or it would always be too late on a busy machine.
find_place() {
	place=$(LC_ALL=C grep -aoh "^$scratch/prshm.*/prshm-bench\.[A-Za-z0-9]*" /proc/[0-9]*/cmdline \
		2>/dev/null | head -n 1 | tr '\0' '\n' | sed -n '/^\/.*\/prshm-bench\.[A-Za-z0-9]*$/p')
	[ -n "$place" ]
}

# value KEY: of the results
value() {
	sed -n "s/.*\"$1\": \([0-9]*\).*/\1/p" "$scratch/results"
}

kills=6
clients=4
[ -z "${PRSHM_TEST_LONG-}" ] || { kills=25 && clients=20; }
timeout 1500 "$builddir/tests/soak/chaos" --kills=$kills --clients=$clients --daemon="$scratch/prshmd" \
	--log="$scratch/log" --json="$scratch/results" >"$scratch/table" 2>&1
point chaos_runs_to_its_end $?
sed 's/^/# /' "$scratch/table"
[ "$(($(value kills_broker) + $(value kills_keeper)))" -ge "$kills" ] && [ "$(value operations)" -gt 0 ]
point clients_go_on_while_broker_and_keeper_are_killed $?
[ "$(value errors) $(value lost)" = "0 0" ] || { sed 's/^/# /' "$scratch/log" && false; }
point nothing_is_lost_and_nothing_fails $?
nobody_runs
point neither_broker_nor_keeper_is_left $?

"$builddir/tests/soak/chaos" --kills=100000 --clients=2 --daemon="$scratch/prshmd" >/dev/null 2>&1 &
chaos=$!
wait_until find_place && sleep 0.5 && kill -9 "$chaos"
killed=$?
wait "$chaos" 2>/dev/null
chaos=
[ "$killed" = 0 ] && wait_until nobody_runs
point who_kills_chaos_kills_all_of_it $?

finish
