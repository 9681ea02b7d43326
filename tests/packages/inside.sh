#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What tests/packages.sh runs, as root, in a fresh Debian under a systemd, where the packages are in the
# working directory, and those of a later version in later/.
#
# shellcheck disable=SC2317,SC2329 # functions are arguments of check

set -u
client='' scanner=''
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PRSHM_AUTOSTART=0
scratch=$(mktemp -d)
# shellcheck source=tests/lib/tap.sh
. ./tap.sh

names=(prshm libprshm-client0 libprshm-dev libprshm-nspr0 prshm-doc)

# Files of the system, but for logs, caches, and what apt and dpkg keep.
files() {
	find / -xdev \( -path "$scratch" -o -path /proc -o -path /sys -o -path /dev -o -path /mnt -o -path /tmp \
		-o -path /var/log -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg \
		-o -path /var/lib/systemd -o -path /home -o -path '/run/*systemd*' -o -path /var/spool/mail \
		-o -path /var/mail \) -prune -o -print
	find /run -path '*prshm*'
	find /var/lib/systemd -path '*prshm*'
	# dpkg keeps no word of a package that is purged.
	find /var/lib/dpkg -path '*prshm*'
}

install_from() { # DIRECTORY OPTION...
	local directory
	directory=$(realpath "$1")
	shift
	apt-get --quiet --yes --no-download "$@" install "$directory"/*.deb
}

property() { # UNIT NAME
	systemctl show --value -p "$2" "$1"
}

equal() { # EXPECTED COMMAND...: the whole of what it prints, but for the zeros that end a segment.
	local expected=$1 got
	shift
	got=$("$@" 2>&1 | tr -d '\0')
	[ "$got" = "$expected" ] || {
		printf 'expected %s\ngot      %s\n' "$expected" "$got"
		return 1
	}
}

as() { # USER COMMAND...
	local user=$1
	shift
	runuser -u "$user" -- "$@"
}

no_user_socket_shadows_it() {
	equal disabled systemctl --global is-enabled prshmd.socket
}

another_user_reads() {
	useradd --create-home one && useradd --create-home two &&
		echo 'of one' | as one prshmctl write --mode=0644 /packages/one &&
		equal 'of one' as two prshmctl cat /packages/one && ! as two prshmctl rm /packages/one
}

autopkgtest() {
	(mkdir "$scratch/$1" && cp "autopkgtests/$1" "$scratch/$1" && cd "$scratch/$1" && "./$1")
}

# The broker's pid and its keeper's.
pids() {
	property prshmd.service MainPID
	property prshm-keeper.service MainPID
}

both_were_replaced() {
	local broker keeper
	{ read -r broker && read -r keeper; } <"$scratch/pids"
	pids >"$scratch/pids.new"
	{ read -r new_broker && read -r new_keeper; } <"$scratch/pids.new"
	cat "$scratch/pids" "$scratch/pids.new"
	[ "$new_broker" != 0 ] && [ "$new_broker" != "$broker" ] &&
		[ "$new_keeper" != 0 ] && [ "$new_keeper" != "$keeper" ]
}

segments() {
	prshmctl list --raw --noheadings --columns=name,owner,rights,size,holders,lifetime
}

# A client that does its work the whole time; it says "busy" once it is, and ends at the first call that
# fails, or when it is told to, with 0.
start_client() {
	# shellcheck disable=SC2046 # words of pkg-config
	cc -Wall -o "$scratch/client" client.c $(pkg-config --cflags --libs prshm-client) || return 1
	mkfifo "$scratch/busy"
	"$scratch/client" >"$scratch/busy" 2>"$scratch/errors" &
	client=$!
	read -r word <"$scratch/busy" && [ "$word" = busy ]
}

# change NAME COMMAND...: the package changes while the client works.
change() {
	local name=$1
	shift
	pids >"$scratch/pids"
	segments >"$scratch/segments"
	check "$name" "$@"
	check "both_halves_are_replaced" both_were_replaced
	segments | diff "$scratch/segments" - >"$scratch/why"
	point "no_segment_no_right_and_no_holder_is_lost" $?
	check "the_socket_is_the_same" equal "$inode" stat -c %i /run/prshm/broker.sock
	check "the_client_saw_no_error" kill -0 "$client"
}

ends_well() {
	kill -TERM "$client" && wait "$client"
}

eventually() { # COMMAND...: what the supervisors said is shown if it never succeeds.
	local deadline=$((SECONDS + 120))
	until "$@" >"$scratch/said" 2>&1; do
		[ $SECONDS -lt $deadline ] || {
			tail -n 20 "$scratch/said" "$scratch/scan.log"
			return 1
		}
		sleep .05
	done
}

has_keeper() {
	prshmctl metrics | grep -x 'prshm_keeper_up 1'
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

neither_runs() {
	! pgrep -x 'prshmd|prshm-keeper'
}

# ends SIGNAL: which the scanner passes on to all.
ends() {
	kill -"$1" "$scanner" && wait "$scanner"
	pkill -x 'prshmd|prshm-keeper'
	eventually neither_runs
}

is_told_what_goes() {
	grep -E 'with it the names of [1-9][0-9]* segments' "$scratch/removed"
}

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
for test in compile two-users nspr; do
	check "autopkgtest_$test" autopkgtest "$test"
done

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

inode=$(stat -c %i /run/prshm/broker.sock)
check a_client_works start_client
change an_upgrade_under_load install_from later
check the_later_version_is_there sh -c 'dpkg -s prshm | grep -E "^Version: .*later"'
change and_back_again install_from . --allow-downgrades
check the_client_ends_well ends_well

apt-get --quiet --yes remove prshm >"$scratch/removed" 2>&1
check remove_says_what_goes is_told_what_goes
check and_ends_all equal '' pgrep -x 'prshmd|prshm-keeper'
check what_was_installed_goes_by_purge apt-get --quiet --yes purge --autoremove "${names[@]}"
userdel --remove one 2>/dev/null
userdel --remove two 2>/dev/null
for user in prshm-test-a prshm-test-b; do
	userdel --remove "$user" 2>/dev/null
done
files >"$scratch/after"
diff "$scratch/before" "$scratch/after" >"$scratch/why"
point nothing_is_left $?
check but_the_locked_user equal 'prshm L' sh -c 'passwd -S prshm | cut -d " " -f 1-2'
finish
