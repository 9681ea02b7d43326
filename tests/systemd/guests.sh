#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Who comes for a while: a service with DynamicUser=, whose uid is another service's tomorrow, and a
# container that sees nothing of the host but the broker's socket.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

socket=/run/prshm/broker.sock
config=$(config_path)
mkdir -p "${config%/*}"
printf '[broker]\ndynamic-linger = 1\n' >"$config"
systemctl start prshmd.socket

# serve COMMAND...: a service of a dynamic user, always of the same name; what it prints.
serve() {
	systemd-run --quiet --wait --collect --pipe -p DynamicUser=yes -p User=prshm-guest \
		-p Environment="PATH=$PATH" "$@"
}
uid=$(serve id -u)
is_dynamic() {
	echo "uid $uid"
	[ "$uid" -ge 61184 ] && [ "$uid" -le 65519 ]
}
there_is_none() { # NAME
	equal "stat $1: no such segment" client stat "$1"
}

check the_manager_lends_a_uid is_dynamic
hold serve client create /guest 0666 secret wait
check while_it_runs_it_has_what_it_made equal "/guest: uid=$uid gid=$uid mode=0666 holders=1" client stat /guest
client create /host 0600 host
check it_ends go
check then_what_it_kept_goes eventually there_is_none /guest
says_why() {
	journalctl -t prshmd -o cat | grep "guest\" of uid $uid is gone: its owner is a dynamic user"
}
check the_log_says_why eventually says_why
check a_later_service_has_the_same_uid equal "$uid" serve id -u
check it_sees_nothing_of_it equal 'stat /guest: no such segment' serve client stat /guest
check its_name_is_free_for_the_later_one serve client create /guest 0600 other
check what_others_keep_stays equal '/host: uid=0 gid=0 mode=0600 holders=0' client stat /host

# enclose PATH COMMAND...: sees of /run/prshm only that file, or the directory if PATH is a
# directory.
enclose() {
	# shellcheck disable=SC2016
	unshare --mount sh -c 'mkdir -p /run/guest && mount -t tmpfs tmpfs /run/guest || exit 1
		if [ -d "$1" ]; then mkdir /run/guest/in; else touch /run/guest/in; fi
		mount --bind "$1" /run/guest/in && mount -t tmpfs tmpfs /run/prshm || exit 1
		if [ -d "$1" ]; then PRSHM_SOCKET=/run/guest/in/broker.sock; else PRSHM_SOCKET=/run/guest/in; fi
		export PRSHM_SOCKET
		shift
		exec "$@"' sh "$@"
}

# One process before, and another one after, each with a connection of its own.
visits='client create /in 0600 in || exit 1
	echo waiting
	read -r line
	exec client read /in'
outlives_restarts() { # WHAT IS MOUNTED
	hold enclose "$1" sh -c "$visits" || return 1
	systemctl stop prshmd.service && systemctl start prshmd.service &&
		kill_and_await prshmd TERM && equal '/in: text=in map-to-write=no reopen-to-write=yes' go
}
check a_container_with_the_sockets_directory_finds_each_next_broker outlives_restarts /run/prshm
check so_does_one_with_only_the_file_that_the_manager_made outlives_restarts $socket

is_told() {
	journalctl -t prshmd -o cat | grep "^the socket $socket has gone: .*: restart prshmd.socket$"
}
client stat /host # or no broker might run
rm $socket
check a_socket_that_somebody_removed_is_told_of eventually is_told
check its_restart_makes_it_again systemctl restart prshmd.socket
check and_nothing_is_lost eventually equal '/host: uid=0 gid=0 mode=0600 holders=0' client stat /host
finish
