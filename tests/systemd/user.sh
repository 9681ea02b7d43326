#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The units for a user's own manager: the library finds the socket in the user's runtime directory,
# and the first client starts the broker, with a keeper. All else is as with the system's.
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

# As boot.sh's functions use it.
manager() {
	alice systemctl --user "$@"
}

in_journal() {
	journalctl _UID="$uid" -o json | grep -F ': ready, at most ' | grep -F '"PRIORITY":"6"'
}

check the_users_manager_starts systemctl start user@$uid.service
check its_socket_starts manager start prshmd.socket
check it_is_where_the_library_looks \
	equal 'socket 600 alice' stat -c '%F %a %U' "$runtime/prshm/broker.sock"
check in_a_directory_of_the_users_own equal '700 alice' stat -c '%a %U' "$runtime/prshm"
check the_socket_alone_starts_no_service is_inactive prshmd.service
check the_first_client_is_served alice client create /mine 0600 text
check it_has_started_the_service is_active prshmd.service
check which_has_started_its_keeper is_active prshm-keeper.service
check neither_is_the_systems equal $'inactive\ninactive' \
	systemctl is-active prshmd.service prshm-keeper.service
check it_runs_as_the_user equal alice user_of "$(broker_pid)"
check so_does_its_keeper equal alice user_of "$(keeper_pid)"
check the_keepers_socket_is_the_users_alone \
	equal 'socket 600 alice' stat -c '%F %a %U' "$runtime/prshm/keeper.sock"
check the_segment_is_the_users equal "/mine: uid=$uid gid=$uid mode=0600 holders=0" \
	alice client stat /mine
check word_count_counts_there_too alice word-count /usr/share/common-licenses/GPL-3
check its_log_has_its_priority eventually in_journal

# Of alice's, of the size that each has here.
there_is() { # NAME HOLDERS
	equal "$1: uid=$uid gid=$uid mode=0600 holders=$2" alice client stat "$1"
}

restart_both_in_turn() {
	restart_keeper && manager restart prshmd.service
}

hold alice load 2 /load
check its_broker_is_killed_again_and_again again_and_again kill_and_await prshmd KILL
check its_keeper_is_killed_again_and_again again_and_again kill_keeper KILL
check both_restart_one_after_the_other restart_both_in_turn
check it_reloads manager reload prshmd.service
check no_client_has_seen_any_of_it go
check its_socket_stays is_active prshmd.socket
check what_was_there_is_there there_is /mine 0

keeper=$(keeper_pid)
check the_broker_stops manager stop prshmd.service
check its_keeper_does_not equal "$keeper" keeper_pid
check the_next_client_starts_it_again_with_all_it_had there_is /mine 0
check all_stops_with_its_socket manager stop prshmd.socket
for unit in prshmd.service prshm-keeper.service prshm-keeper.socket; do
	check "$unit has stopped" eventually is_inactive $unit
done
check the_socket_starts_again manager start prshmd.socket
check what_was_there_has_been_freed \
	equal 'stat /mine: no such segment' alice client stat /mine
check the_users_manager_stops systemctl stop user@$uid.service
finish
