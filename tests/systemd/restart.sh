#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The service goes and comes back; the socket stays, and so do the clients and all that they have.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

socket=/run/prshm/broker.sock
systemctl start prshmd.socket
inode=$(stat -c %i "$socket")
config=$(config_path)

socket_is_untouched() {
	equal active systemctl is-active prshmd.socket && equal "$inode" stat -c %i "$socket"
}

# Root's, of the size that each has here.
there_is() { # NAME HOLDERS
	equal "$1: uid=0 gid=0 mode=0600 holders=$2" client stat "$1"
}

hold client create /before 0600 before wait create /after 0600 after wait create /last 0600 last wait
old=$(broker_pid)
keeper=$(keeper_pid)
check the_service_restarts_beside_its_active_socket systemctl restart prshmd.service
check it_is_another_process another_runs_than prshmd "$old"
check the_socket_stays socket_is_untouched
check the_keeper_stays equal "$keeper" keeper_pid
check a_client_of_the_old_one_holds_what_it_held there_is /before 1
check it_creates_at_the_new_one go
check and_is_its_client there_is /after 1

check a_killed_service_comes_back_by_itself kill_and_await prshmd KILL
check its_end_was_seen equal 1 property prshmd.service NRestarts
check the_same_client_creates_there_too go
check and_holds_all_that_it_has_made there_is /before 1
check the_last_too there_is /last 1
check told_to_end_the_service_comes_back_too kill_and_await prshmd TERM
check the_client_ends_as_if_nothing_had_been go
check then_nobody_holds_what_it_held eventually there_is /before 0
check killed_again_and_again_it_comes_back_each_time again_and_again kill_and_await prshmd KILL
check no_start_limit_has_closed_the_socket socket_is_untouched
check a_new_client_is_served client create /new 0600 new
check what_was_there_is_there there_is /before 0

mkdir -p "${config%/*}"
not_reloaded() {
	! systemctl reload prshmd.service
}
mended() {
	rm "$config" && systemctl reload prshmd.service
}
is_content() {
	property prshmd.service StatusText | grep -x '[0-9]* segments, 0 clients'
}
says() { # TEXT
	journalctl -u prshmd.service -o cat | grep -F "$1"
}
status_says() { # TEXT
	property prshmd.service StatusText | grep -F "$1"
}
wrong="as that of now is wrong: $config:1: "
hold client create /held 0600 held wait stat /held
echo 'this is no configuration' >"$config"
old=$(broker_pid)
check with_a_wrong_configuration_the_service_restarts systemctl restart prshmd.service
check another_process_runs_then another_runs_than prshmd "$old"
check its_status_says_what_is_wrong status_says "$wrong"
check its_log_too says "going on with the last good configuration, $wrong"
check what_was_there_survived_that_too there_is /held 1
check so_does_the_client go
check a_reload_is_refused eventually not_reloaded
check once_that_is_mended_it_reloads mended
check then_its_status_says_nothing_of_it eventually is_content

# All is gone, and with it the last good configuration.
systemctl stop prshmd.socket
echo 'this is no configuration' >"$config"
fails_to_start() {
	! systemctl start prshmd.service
}
starts() {
	says "$config:1: " | wc -l
}
has_failed() {
	equal failed systemctl is-active prshmd.service
}
before=$(starts)
check without_a_last_good_one_it_does_not_start fails_to_start
check it_says_so_by_its_status equal 78 property prshmd.service ExecMainStatus
check and_has_tried_once equal $((before + 1)) starts
check the_socket_listens is_active prshmd.socket
check a_client_is_told_at_once equal 'stat /held: the broker is broken' timeout 9 client stat /held
check that_failure_does_not_close_the_socket eventually has_failed
check the_socket_listens_still is_active prshmd.socket
rm "$config"
check once_that_is_mended_clients_are_served eventually client create /mended 0600 mended
client create /before 0600 before
keeper=$(keeper_pid)

# As one that finds the journal of a newer one: the same would happen again each time.
mkdir -p /run/systemd/system/prshmd.service.d
printf '[Service]\nExecStart=\nExecStart=/bin/sh -c "exit 3"\n' \
	>/run/systemd/system/prshmd.service.d/too-old.conf
systemctl daemon-reload
kill -KILL "$(broker_pid)"
check a_broker_too_old_for_the_journal_fails eventually has_failed
tries=$(property prshmd.service NRestarts)
sleep .5
check and_is_not_tried_again equal "$tries" property prshmd.service NRestarts
check all_stays_with_the_keeper equal "$keeper" keeper_pid
rm -r /run/systemd/system/prshmd.service.d
systemctl daemon-reload
check one_that_is_new_enough_goes_on_with_it there_is /before 0
finish
