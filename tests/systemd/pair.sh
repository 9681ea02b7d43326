#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Broker and keeper: each goes and comes back alone, and takes nothing along; the broker's socket
# takes both, and all that they have. The long form also stops the keeper alone, and both at once.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

systemctl start prshmd.socket
hold client create /kept 0600 kept wait create /more 0600 more wait
broker=$(broker_pid)
keeper=$(keeper_pid)

there_is() { # NAME HOLDERS
	equal "$1: uid=0 gid=0 mode=0600 holders=$2" client stat "$1"
}

there_is_no() { # NAME
	equal "stat $1: no such segment" client stat "$1"
}

check the_keeper_restarts systemctl restart prshm-keeper.service
check it_is_another_one another_runs_than prshm-keeper "$keeper"
check its_broker_is_the_same equal "$broker" broker_pid
# The journal, the configuration, a segment, a client and its ring.
check the_broker_hands_all_to_it eventually keeper_holds 5
check so_the_broker_may_restart_now systemctl restart prshmd.service
check the_segment_is_there_and_held there_is /kept 1

keeper=$(keeper_pid)
check the_broker_stops systemctl stop prshmd.service
check the_keeper_waits equal "$keeper" keeper_pid
check it_starts systemctl start prshmd.service
check its_client_goes_on go
check with_what_it_had there_is /kept 1
check and_with_what_it_has_made_since there_is /more 1

# Stopped, the keeper is reached by its socket again, as by any client of a service.
if is_long; then
	broker=$(broker_pid)
	keeper=$(keeper_pid)
	check the_keeper_stops systemctl stop prshm-keeper.service
	check the_broker_starts_it_again eventually another_runs_than prshm-keeper "$keeper"
	check and_hands_all_to_it eventually keeper_holds 6
	check and_is_the_same equal "$broker" broker_pid

	check the_keeper_stops_with_its_socket systemctl stop prshm-keeper.socket
	check then_it_does_not_run eventually is_inactive prshm-keeper.service
	check the_broker_goes_on_without there_is /kept 1
	check and_is_the_same_still equal "$broker" broker_pid
	check the_keepers_socket_starts systemctl start prshm-keeper.socket
	check there_the_broker_finds_a_keeper eventually keeper_holds 6
	check then_the_broker_may_restart_again systemctl restart prshmd.service
	check without_a_loss there_is /kept 1
fi

journal_says() { # TEXT
	journalctl -u prshmd.service -o cat | grep -F "$1"
}

killed_at_once() {
	kill -KILL "$(broker_pid)" "$(keeper_pid)"
}
broker=$(broker_pid)
check both_are_killed_at_once killed_at_once
check the_broker_comes_back eventually another_runs_than prshmd "$broker"
check what_was_named_is_gone there_is_no /kept
check the_log_says_so eventually journal_says 'lost: "/kept" of uid 0'
check its_client_connects_to_the_new_one go
exec {from_holder}<&- {to_holder}>&-

client create /freed 0600 freed
check all_four_stop_with_the_brokers_socket systemctl stop prshmd.socket
# systemctl(1) waits for the unit that it names.
for unit in prshmd.service prshm-keeper.service prshm-keeper.socket; do
	check "$unit is one of them" eventually is_inactive $unit
done
check there_is_nobody_then equal 'stat /freed: no broker' client stat /freed
check the_brokers_socket_starts_all_again systemctl start prshmd.socket
check what_was_there_has_been_freed there_is_no /freed
check the_keeper_is_there_again is_active prshm-keeper.service

# A broker that takes its time to end must not start the keeper again that ends meanwhile.
if is_long; then
	mkdir -p /run/systemd/system/prshmd.service.d
	printf '[Service]\nExecStop=/bin/sleep 1\n' >/run/systemd/system/prshmd.service.d/slow.conf
	systemctl daemon-reload
	client create /freed 0600 freed
	check both_services_stop systemctl stop prshmd.service prshm-keeper.service
	check nobody_starts_the_keeper_again is_inactive prshm-keeper.service
	check all_has_been_freed there_is_no /freed
fi
finish
