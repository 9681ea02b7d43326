#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The packages from their installation to their purge, with the autopkgtests, and under runit and
# s6.
#
# shellcheck disable=SC2317,SC2329 # functions are arguments of check

set -u
scanner=''
# shellcheck source=common.sh
. ./common.sh

# Files of the system, but for logs, caches, and what apt, dpkg and runit keep.
files() {
	find / -xdev \( -path "$scratch" -o -path /proc -o -path /sys -o -path /dev -o -path /mnt -o -path /tmp \
		-o -path /var/log -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg \
		-o -path /var/lib/systemd -o -path /home -o -path '/run/*systemd*' -o -path /var/spool/mail \
		-o -path /var/mail -o -path '/var/tmp/systemd-private-*' \
		-o -path /etc/runit/runsvdir -o -path /etc/sv \) -prune -o -print
	find /run -path '*prshm*'
	find /var/lib/systemd -path '*prshm*'
	# dpkg keeps no word of a package that is purged.
	find /var/lib/dpkg -path '*prshm*'
}

no_user_socket_shadows_it() {
	equal disabled systemctl --global is-enabled prshmd.socket
}

another_user_reads() {
	echo 'of one' | as one prshmctl write --mode=0644 /packages/one &&
		equal 'of one' as two prshmctl cat /packages/one && ! as two prshmctl rm /packages/one
}

autopkgtest() {
	(mkdir "$scratch/$1" && cp "autopkgtests/$1" "$scratch/$1" && cd "$scratch/$1" && "./$1")
}

# runs_under SCANNER: with the directories of examples/init, in place of systemd.
runs_under() {
	cp -r /usr/share/doc/prshm/examples/init/supervise "$scratch/$1"
	"$1" "$scratch/$1" >"$scratch/scan.log" 2>&1 &
	scanner=$!
	eventually has_keeper
}

survives_each_half() {
	echo supervised | prshmctl write /packages/supervised &&
		pkill -KILL -x prshmd && equal supervised prshmctl cat /packages/supervised &&
		eventually has_keeper && pkill -KILL -x prshm-keeper && eventually has_keeper &&
		equal supervised prshmctl cat /packages/supervised &&
		pkill -KILL -x prshmd && equal supervised prshmctl cat /packages/supervised
}

# ends SIGNAL: which the scanner passes on to all.
ends() {
	kill -"$1" "$scanner" && wait "$scanner"
	pkill -x prshmd
	pkill -x prshm-keeper
	eventually neither_runs
}

is_told_what_goes() {
	grep -E 'with it the names of [1-9][0-9]* segments' "$scratch/removed"
}

for user in one two prshm-test-a prshm-test-b; do
	useradd --create-home "$user"
done
files >"$scratch/before"
check apt_installs_them install_from .
command -v prshmctl >/dev/null || bail_out "the packages are not installed"
check the_user_is_there_and_locked equal 'prshm L' sh -c 'passwd -S prshm | cut -d " " -f 1-2'
check the_user_has_no_shell equal /usr/sbin/nologin sh -c 'getent passwd prshm | cut -d : -f 7'
check the_socket_is_active equal active systemctl is-active prshmd.socket
check the_socket_is_enabled equal enabled systemctl is-enabled prshmd.socket
check no_user_socket_shadows_it no_user_socket_shadows_it
check the_service_waits_for_a_client equal inactive systemctl is-active prshmd.service
check a_client_of_another_user_reads_and_no_more another_user_reads
check broker_and_keeper_run equal $'active\nactive' systemctl is-active prshmd.service prshm-keeper.service
check systemd_has_nothing_to_say equal '' systemd-analyze --man=no verify prshmd.service prshmd.socket \
	prshm-keeper.service prshm-keeper.socket
for test in compile two-users nspr posix postgres python; do
	check "autopkgtest_$test" autopkgtest "$test"
done
check promtool_reads_the_alerts promtool check rules /usr/share/doc/prshm/examples/monitoring/alerts.yml

systemctl stop prshmd.socket
check the_units_end eventually neither_runs
check runit_runs_the_examples runs_under runsvdir
check under_runit_either_half_may_be_killed survives_each_half
check under_runit_all_ends ends HUP
check s6_runs_the_examples runs_under s6-svscan
check under_s6_either_half_may_be_killed survives_each_half
check under_s6_all_ends ends TERM
rm -f /run/prshm/*.lock
systemctl start prshmd.socket

echo 'goes with it' | prshmctl write /packages/left
apt-get --quiet --yes remove prshm >"$scratch/removed" 2>&1
check remove_says_what_goes is_told_what_goes
check and_ends_all neither_runs
check what_was_installed_goes_by_purge apt-get --quiet --yes purge --autoremove "${names[@]}"
files >"$scratch/after"
diff "$scratch/before" "$scratch/after" >"$scratch/why"
point nothing_is_left $?
check but_the_locked_user equal 'prshm L' sh -c 'passwd -S prshm | cut -d " " -f 1-2'
finish
