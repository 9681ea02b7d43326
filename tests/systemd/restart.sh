#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The service goes and comes back; the socket stays, and so do its clients.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

socket=/run/prshm/broker.sock
systemctl start prshmd.socket
inode=$(stat -c %i "$socket")
config=$(prshmd --help | sed -n 's/^ *\(\/.*prshmd\.conf\)$/\1/p')

socket_is_untouched() {
	equal active systemctl is-active prshmd.socket && equal "$inode" stat -c %i "$socket"
}

another_runs_than() { # PID
	local pid
	pid=$(broker_pid)
	[ "$pid" != "$1" ] && [ "$pid" != 0 ] && equal active systemctl is-active prshmd.service
}

kill_and_await() { # SIGNAL
	local pid
	pid=$(broker_pid)
	kill -"$1" "$pid" && eventually another_runs_than "$pid"
}

kill_eight_times() {
	local time
	for time in {1..8}; do
		kill_and_await KILL || { echo "the $time. time"; return 1; }
	done
}

hold client create /before 0600 before wait create /after 0600 after wait create /last 0600 last
old=$(broker_pid)
check the_service_restarts_beside_its_active_socket systemctl restart prshmd.service
check it_is_another_process another_runs_than "$old"
check the_socket_stays socket_is_untouched
check a_client_of_the_old_one_creates_at_the_new_one go
check and_is_its_client equal '/after: uid=0 gid=0 mode=0600 holders=1' client stat /after

check a_killed_service_comes_back_by_itself kill_and_await KILL
check its_end_was_seen equal 1 property prshmd.service NRestarts
check the_same_client_creates_there_too go
check killed_eight_times_in_a_row_it_comes_back_each_time kill_eight_times
check no_start_limit_has_closed_the_socket socket_is_untouched
check a_new_client_is_served client create /new 0600 new

mkdir -p "${config%/*}"
systemctl stop prshmd.service
echo 'this is no configuration' >"$config"
fails_to_start() {
	! systemctl start prshmd.service
}
failures() {
	journalctl -u prshmd.service -o cat | grep -cF "$config:1: "
}
failed_often() {
	[ "$(failures)" -gt 5 ]
}
check with_a_bad_configuration_it_does_not_start fails_to_start
check it_tries_again eventually failed_often
check all_its_failures_do_not_close_the_socket socket_is_untouched
rm "$config"
check once_that_is_mended_clients_are_served eventually client create /mended 0600 mended

check the_socket_stops_with_the_service systemctl stop prshmd.socket prshmd.service
check there_is_nobody_then equal 'create /x: no broker' client create /x 0600 x
check both_start_again systemctl start prshmd.socket prshmd.service
check and_serve client create /again 0600 again
finish
