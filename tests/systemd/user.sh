#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The pair of units for a user's own manager: the library finds the socket in the user's runtime
# directory, and the first client starts the broker.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

uid=47011 # which nobody has, one hopes
useradd --uid $uid --create-home --user-group alice
runtime=/run/user/$uid

alice() {
	as $uid:$uid env HOME=/home/alice USER=alice XDG_RUNTIME_DIR="$runtime" "$@"
}

userctl() {
	alice systemctl --user "$@"
}

users_broker_pid() {
	userctl show --value -p MainPID prshmd.service
}

in_journal() {
	journalctl _UID="$uid" -o json | grep -F ': ready, at most ' | grep -F '"PRIORITY":"6"'
}

check the_users_manager_starts systemctl start user@$uid.service
check its_socket_starts userctl start prshmd.socket
check it_is_where_the_library_looks \
	equal 'socket 600 alice' stat -c '%F %a %U' "$runtime/prshm/broker.sock"
check in_a_directory_of_the_users_own equal '700 alice' stat -c '%a %U' "$runtime/prshm"
check the_socket_alone_starts_no_service equal inactive userctl is-active prshmd.service
check the_first_client_is_served alice client create /mine 0600 text
check it_has_started_the_service equal active userctl is-active prshmd.service
check which_is_not_the_systems equal inactive systemctl is-active prshmd.service
check it_runs_as_the_user equal alice user_of "$(users_broker_pid)"
check the_segment_is_the_users equal "/mine: uid=$uid gid=$uid mode=0600 holders=0" \
	alice client stat /mine
check word_count_counts_there_too alice word-count /usr/share/common-licenses/GPL-3
check its_log_has_its_priority eventually in_journal

killed() {
	local pid
	for _ in {1..8}; do
		pid=$(users_broker_pid)
		kill -KILL "$pid" && eventually another_runs_than "$pid" || return 1
	done
}
another_runs_than() { # PID
	local pid
	pid=$(users_broker_pid)
	[ "$pid" != "$1" ] && [ "$pid" != 0 ] && equal active userctl is-active prshmd.service
}
check killed_eight_times_in_a_row_it_comes_back_each_time killed
check its_socket_stays equal active userctl is-active prshmd.socket
check it_reloads userctl reload prshmd.service
check it_stops userctl stop prshmd.service
check the_next_client_starts_it_again alice client create /again 0600 text
check the_users_manager_stops systemctl stop user@$uid.service
finish
