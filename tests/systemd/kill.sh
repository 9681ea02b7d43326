#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Killed, restarted and reloaded under load: no client sees an error, and nothing is lost.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

systemctl start prshmd.socket
# Four that hardly rest, or in the long form never: most that dies, dies with a request under way.
hold as 1001:1001 load 4 /load

kill_each() {
	kill_and_await prshmd KILL && kill_keeper KILL
}

# Its queue is full soon.
stop_keeper() {
	local pid lost
	pid=$(keeper_pid)
	lost=$(keepers_lost)
	kill -STOP "$pid" && eventually another_runs_than prshm-keeper "$pid" &&
		eventually has_handed_since "$lost"
}

journal_says() { # UNIT TEXT
	journalctl -u "$1" -o cat | grep -F "$2"
}

check the_broker_is_killed_again_and_again again_and_again kill_and_await prshmd KILL
check the_broker_is_told_to_end_again_and_again again_and_again kill_and_await prshmd TERM
check the_keeper_is_killed_again_and_again again_and_again kill_keeper KILL
check the_keeper_is_told_to_end_again_and_again again_and_again kill_keeper TERM
check both_are_killed_in_turn_again_and_again again_and_again kill_each
check the_broker_restarts systemctl restart prshmd.service
check the_keeper_restarts restart_keeper
check the_service_reloads systemctl reload prshmd.service
check a_keeper_that_reads_nothing_is_replaced stop_keeper
check the_broker_has_killed_it eventually journal_says prshmd.service 'the keeper is killed: it reads nothing'
check no_watchdog_was_needed equal '' journal_says prshm-keeper.service 'Watchdog timeout'
check no_client_has_seen_any_of_it go
check all_they_held_is_closed_now equal '/load/0/held: uid=1001 gid=1001 mode=0600 holders=0' \
	client stat /load/0/held
finish
