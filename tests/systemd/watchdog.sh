#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A broker that hangs is noticed, ended and started again.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

mkdir -p /run/systemd/system/prshmd.service.d
printf '[Service]\nWatchdogSec=2s\n' >/run/systemd/system/prshmd.service.d/watchdog.conf
systemctl daemon-reload
systemctl start prshmd.socket prshmd.service
pid=$(broker_pid)

was_restarted() {
	equal 1 property prshmd.service NRestarts && equal active systemctl is-active prshmd.service
}

journal_says() { # TEXT
	journalctl -u prshmd.service -o cat | grep -F "$1"
}

told_the_watchdog_since() {
	local now
	now=$(property prshmd.service WatchdogTimestampMonotonic)
	[ "$now" -gt "$1" ]
}

check the_service_tells_that_it_is_alive \
	eventually told_the_watchdog_since "$(property prshmd.service WatchdogTimestampMonotonic)"
check and_stays_the_same_process equal "$pid" broker_pid
kill -STOP "$pid"
check a_stopped_broker_is_started_again eventually was_restarted
check because_of_the_watchdog eventually journal_says 'Watchdog timeout'
check the_new_one_serves client create /new 0600 new
finish
