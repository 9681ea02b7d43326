#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A broker whose worker waits in the kernel, which no signal ends, is restarted and killed all the
# same; others see no error.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

# Until the kernel has made another change: proc_pid_stat(5).
waits_in_the_kernel() {
	grep "(prshmd-worker) D $(broker_pid) " /proc/[0-9]*/stat
}

restarts() {
	local old
	old=$(broker_pid)
	systemctl restart prshmd.service && another_runs_than prshmd "$old"
}

# For as long as COMMAND runs, one open after the other.
served_during() { # COMMAND...
	local running
	"$@" &
	running=$!
	while kill -0 "$running" 2>/dev/null; do
		client filled /others 3 || return
	done
	wait "$running"
}

openers=()
opens_late() {
	prshm-posix-run late open /late &
	openers+=($!)
	eventually waits_in_the_kernel
}

# By those that have asked earlier brokers, too.
is_opened() {
	local opener
	go || return
	for opener in "${openers[@]}"; do
		wait "$opener" || return
	done
}

# ... and the manager finds no process that the broker has left.
ends_with_all() {
	local cursor=$scratch/cursor
	restarts && prshm-posix-run late open /late || return
	journalctl -u prshmd.service --cursor-file="$cursor" >/dev/null
	restarts &&
		equal '' journalctl -u prshmd.service --cursor-file="$cursor" -g 'left-over|remains running' -q -o cat
}

systemctl start prshmd.socket
client fill /others 3
hold prshm-posix-run late write /late
check a_worker_of_the_broker_waits opens_late
check it_is_restarted_while_others_are_served served_during restarts
check a_worker_of_the_next_one_waits opens_late
check it_is_killed_while_others_are_served served_during kill_and_await prshmd KILL
check when_the_write_has_ended_all_have_opened is_opened
check an_idle_worker_ends_with_its_broker ends_with_all
finish
