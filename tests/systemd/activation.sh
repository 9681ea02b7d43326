#!/bin/bash
# SPDX-License-Identifier: MIT
#
# From nothing: the fragments make the user and the directory, the socket waits, and the first
# client starts the broker, which starts its keeper.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

text=/usr/share/common-licenses/GPL-3
socket=/run/prshm/broker.sock
keeper=/run/prshm/keeper.sock

counts_words() {
	word-count "$text"
}

logged_with_priority() { # PRIORITY TEXT
	journalctl -u prshmd.service -u prshm-keeper.service -o json | grep "\"PRIORITY\":\"$1\"" | grep -F "$2"
}

status_is() {
	equal "$1" property prshmd.service StatusText
}

check sysusers_makes_a_user_without_a_login_shell \
	grep -E '^prshm:[^:]*:[0-9]+:[0-9]+:.*:/usr/sbin/nologin$' /etc/passwd
check tmpfiles_makes_the_directory equal '755 prshm prshm' stat -c '%a %U %G' /run/prshm

check the_socket_starts systemctl start prshmd.socket
check anyone_may_connect equal 'socket 666' stat -c '%F %a' "$socket"
check the_socket_alone_starts_no_service is_inactive prshmd.service
check nor_the_keepers_socket is_inactive prshm-keeper.socket
check the_first_client_starts_the_service_and_is_served counts_words
check the_service_says_that_it_is_ready \
	equal $'Type=notify\nSubState=running' systemctl show -p Type,SubState prshmd.service
check it_runs_as_its_own_user \
	equal prshm user_of "$(broker_pid)"
check its_keeper_runs_without_having_been_enabled is_active prshm-keeper.service
check and_says_that_it_is_ready \
	equal $'Type=notify\nSubState=running' systemctl show -p Type,SubState prshm-keeper.service
check the_keeper_runs_as_the_same_user equal prshm user_of "$(keeper_pid)"
check only_that_user_may_connect_to_it equal 'socket 600 prshm' stat -c '%F %a %U' "$keeper"
check its_status_counts_nothing_where_nothing_is eventually status_is '0 segments, 0 clients'
hold client create /counted 0600 text wait
check its_status_counts_segments_and_clients eventually status_is '1 segment, 1 client'
go
check its_status_follows eventually status_is '1 segment, 0 clients'
check its_first_line_is_information eventually logged_with_priority 6 ': ready, at most '

# The journal, a segment, a client.
check the_keepers_status_counts_what_it_holds eventually keeper_holds 3

inode=$(stat -c %i "$socket")
check the_service_stops systemctl stop prshmd.service
check it_ends_without_an_error equal success property prshmd.service Result
check the_socket_outlives_the_service equal "$inode" stat -c %i "$socket"
check its_keeper_goes_on is_active prshm-keeper.service
# Not before: it takes one link at a time.
check root_is_no_client_of_the_keepers equal 'stat /counted: no broker' \
	env PRSHM_SOCKET="$keeper" client stat /counted
check which_it_tells eventually logged_with_priority 4 'refused a link from uid 0'
check what_a_stopped_broker_had_the_next_one_has \
	equal '/counted: uid=0 gid=0 mode=0600 holders=0' client stat /counted
check that_client_has_started_the_service_again is_active prshmd.service
check systemd_has_nothing_to_say_against_the_installed_units \
	equal '' systemd-analyze --man=no verify prshmd.service prshmd.socket \
	prshm-keeper.service prshm-keeper.socket
finish
