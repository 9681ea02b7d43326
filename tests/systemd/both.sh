#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Broker, keeper and their sockets restart together, in any set, by name or by pattern, as packages
# and people have them restart: no segment, no handle and no connection is lost.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

socket=/run/prshm/broker.sock
units=(prshmd.service prshmd.socket prshm-keeper.service prshm-keeper.socket)

systemctl start prshmd.socket
hold client create /kept 0600 kept wait
keeper_stores_nothing() {
	equal 0 property prshm-keeper.service NFileDescriptorStore
}

# Whatever the status is: restarting a socket may be told as a failure.
act() { # VERB UNIT...
	systemctl "$@" >/run/said 2>&1 || sed 's/^/# /' /run/said
	return 0
}

listens() {
	awk -v path="$socket" '$8 == path && $4 == "00010000" { found = 1 } END { exit !found }' /proc/net/unix
}

# Root's, whom the first client still holds, who has been a client of the first broker.
all_is_there() {
	eventually listens && equal '/kept: uid=0 gid=0 mode=0600 holders=1' client stat /kept
}

survives() { # VERB UNIT...
	act "$@" && all_is_there
}

replaces_all() { # VERB UNIT...
	local broker keeper
	broker=$(broker_pid)
	keeper=$(keeper_pid)
	act "$@" && eventually another_runs_than prshmd "$broker" &&
		eventually another_runs_than prshm-keeper "$keeper"
}

replaces_both() { # VERB UNIT...
	replaces_all "$@" && all_is_there
}

check both_restart_by_name replaces_both restart prshmd prshm-keeper
check the_manager_keeps_nothing_then eventually keeper_stores_nothing
check both_restart_in_the_other_order replaces_both restart prshm-keeper prshmd
check both_restart_by_pattern replaces_both try-restart 'prshm*'
check the_brokers_socket_restarts survives restart prshmd.socket
check the_keepers_socket_restarts survives restart prshm-keeper.socket
check both_sockets_restart survives restart prshmd.socket prshm-keeper.socket
check all_reload_or_restart survives reload-or-restart 'prshm*'
check again_and_again_and_nothing_wears_out again_and_again replaces_both restart 'prshm*'

# every VERB: each set of the units.
every() {
	local set i chosen
	for ((set = 1; set < 16; set++)); do
		chosen=()
		for i in 0 1 2 3; do
			((set & 1 << i)) && chosen+=("${units[i]}")
		done
		survives "$1" "${chosen[@]}" || { echo "$1 ${chosen[*]}"; return 1; }
	done
}
if is_long; then
	for verb in restart try-restart reload-or-restart try-reload-or-restart; do
		check "every set: $verb" every $verb
	done
fi

# Only those that could be mapped from anew count: the first client still has what it had.
check the_first_client_ends_as_if_nothing_had_been go
check then_nobody_holds_it eventually equal '/kept: uid=0 gid=0 mode=0600 holders=0' client stat /kept

# What a package does: new files, then a restart of what runs; meanwhile clients work.
upgrade() {
	local program path
	for program in prshmd prshm-keeper; do
		path=$(property "$program.service" ExecStart | sed 's/.*path=\([^ ]*\) .*/\1/')
		cp "$path" "$path.new" && mv "$path.new" "$path" || return 1
	done
	systemctl daemon-reload && replaces_all try-restart "${units[@]}"
}
# However much there is, it is one parcel.
segments=600 clients=2
! is_long || segments=5000 clients=300
check many_segments_are_there client fill /many $segments
hold load $clients /load
check both_are_upgraded_under_load again_and_again upgrade
in_either_order() {
	replaces_all restart prshm-keeper prshmd && replaces_all restart prshmd prshm-keeper
}
check both_restart_under_load_in_either_order again_and_again in_either_order
# As on a slow machine: the keeper has ended for long, and the broker has served clients since,
# before the broker is told to end. The next keeper does not start before that.
make_broker_slow() {
	mkdir -p /run/systemd/system/prshmd.service.d
	printf '[Service]\nExecStop=+/bin/sh -c "until [ -e /run/may-end ]; do sleep .05; done"\n' \
		>/run/systemd/system/prshmd.service.d/slow.conf
	systemctl daemon-reload
}
has_no_keeper() {
	keepers | tail -n 1 | grep '^there is no keeper'
}
broker_is_slow() {
	local broker keeper
	broker=$(broker_pid)
	keeper=$(keeper_pid)
	systemctl --no-block restart prshm-keeper &&
		eventually equal stop-sigterm property prshm-keeper.service SubState &&
		systemctl --no-block restart prshmd && eventually has_no_keeper || return 1
	client create "/late/$keeper" 0600 late
	touch /run/may-end
	eventually another_runs_than prshmd "$broker" && eventually another_runs_than prshm-keeper "$keeper"
	rm /run/may-end
	equal "/late/$keeper: uid=0 gid=0 mode=0600 holders=0" client stat "/late/$keeper"
}
make_broker_slow
check both_restart_under_load_and_the_broker_is_slow again_and_again broker_is_slow
rm /run/systemd/system/prshmd.service.d/slow.conf
systemctl daemon-reload
check both_restart_by_pattern_under_load replaces_all try-restart 'prshm*'
check the_brokers_socket_restarts_under_load act restart prshmd.socket
check no_client_has_seen_any_of_it go
check each_of_the_many_has_what_was_written client filled /many $segments
check what_was_there_is_there equal '/kept: uid=0 gid=0 mode=0600 holders=0' client stat /kept

# The keeper alone: its broker lives on, so what the manager kept is out of date.
keeper_is_upgraded() {
	local lost
	client create /more 0600 more
	lost=$(keepers_lost)
	systemctl restart prshm-keeper.service && eventually has_handed_since "$lost"
}
check the_keeper_alone_restarts keeper_is_upgraded
check a_broker_killed_then_loses_nothing kill_and_await prshmd KILL
check the_segment_is_there equal '/more: uid=0 gid=0 mode=0600 holders=0' client stat /more

nothing_was_lost() {
	! journalctl -t prshmd -o cat | grep -E 'lost: "|is lost: '
}
check the_log_says_of_nothing_that_it_was_lost nothing_was_lost

check both_stop systemctl stop prshmd.service prshm-keeper.service
check then_all_is_freed equal 'stat /kept: no such segment' client stat /kept
finish
