#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A broker that hangs is noticed, ended and started again, and so is a keeper; clients go on.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

for service in prshmd prshm-keeper; do
	mkdir -p /run/systemd/system/$service.service.d
	# As long as a busy machine may let a process wait.
	printf '[Service]\nWatchdogSec=6s\n' >/run/systemd/system/$service.service.d/watchdog.conf
done
systemctl daemon-reload
systemctl start prshmd.socket
hold client create /held 0600 held wait create /more 0600 more wait

was_restarted() { # SERVICE
	equal 1 property "$1.service" NRestarts && is_active "$1.service"
}

journal_says() { # SERVICE TEXT
	journalctl -u "$1.service" -o cat | grep -F "$2"
}

told_the_watchdog_since() { # SERVICE TIME
	local now
	now=$(property "$1.service" WatchdogTimestampMonotonic)
	[ "$now" -gt "$2" ]
}

stop_and_see() { # SERVICE
	local pid
	pid=$(pid_of "$1")
	check "$1 tells that it is alive" eventually told_the_watchdog_since "$1" \
		"$(property "$1.service" WatchdogTimestampMonotonic)"
	check "$1 is the same process then" equal "$pid" pid_of "$1"
	kill -STOP "$pid"
	check "stopped, $1 is started again" eventually was_restarted "$1"
	check "$1 is so because of the watchdog" eventually journal_says "$1" 'Watchdog timeout'
}

is_held() {
	equal '/held: uid=0 gid=0 mode=0600 holders=1' client stat /held
}

stop_and_see prshmd
check the_client_of_the_old_broker_is_that_of_the_new_one is_held
stop_and_see prshm-keeper
# The journal, a segment, a client and its ring.
check the_new_keeper_is_handed_all eventually keeper_holds 5
check so_a_killed_broker_loses_nothing kill_and_await prshmd KILL
check the_client_holds_what_it_held is_held
check the_client_goes_on go
check and_has_what_it_made equal '/more: uid=0 gid=0 mode=0600 holders=1' client stat /more
finish
