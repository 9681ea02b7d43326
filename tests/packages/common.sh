# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the scripts beside this share, which tests/packages.sh runs, each as root in a fresh Debian
# under a systemd of its own. The packages are in the working directory, those of a later version in
# later/, and those of the first commit that had packages in first/, if they could be built.
#
# shellcheck disable=SC2317,SC2329 # functions are arguments of check

client='' inode='' word=''
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PRSHM_AUTOSTART=0
scratch=$(mktemp -d)
# shellcheck source=../lib/tap.sh
. ./tap.sh

# What is installed.
# shellcheck disable=SC2034 # used by who sources this
mapfile -t names < <(printf '%s\n' ./*.deb | sed 's|^\./\([^_]*\)_.*|\1|')

install_from() { # DIRECTORY OPTION...
	local directory
	directory=$(realpath "$1")
	shift
	apt-get --quiet --yes "$@" install "$directory"/*.deb
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

# But for those that the client opens, makes and removes all the time.
segments() {
	prshmctl list --raw --noheadings --columns=name,owner,rights,size,holders,lifetime |
		grep -vE '^/packages/(passing|held/7) '
}

# A client that does its work the whole time; it says "busy" once it is, and ends at the first call
# that fails, or when it is told to, with 0.
start_client() {
	# shellcheck disable=SC2046 # words of pkg-config
	cc -Wall -o "$scratch/client" client.c $(pkg-config --cflags --libs prshm-client) || return 1
	rm -f "$scratch/busy" && mkfifo "$scratch/busy"
	"$scratch/client" >"$scratch/busy" 2>"$scratch/errors" &
	client=$!
	read -r word <"$scratch/busy" && [ "$word" = busy ]
}

# remember: what nothing_is_lost compares with.
remember() {
	pids >"$scratch/pids"
	segments >"$scratch/segments"
	inode=$(stat -c %i /run/prshm/broker.sock)
}

nothing_is_lost() {
	segments | diff "$scratch/segments" - >"$scratch/why"
	point "no_segment_no_right_and_no_holder_is_lost" $?
	check "the_socket_is_the_same" equal "$inode" stat -c %i /run/prshm/broker.sock
	check "the_client_saw_no_error" kill -0 "$client"
}

# change NAME COMMAND...: the package changes, or the services are restarted, while the client
# works.
change() {
	local name=$1
	shift
	remember
	check "$name" "$@"
	check "both_halves_are_replaced" both_were_replaced
	nothing_is_lost
}

ends_well() {
	kill -TERM "$client" && wait "$client"
}

eventually() { # COMMAND...: what it and the supervisors said is shown if it never succeeds.
	local deadline=$((SECONDS + 120))
	until "$@" >"$scratch/said" 2>&1; do
		[ $SECONDS -lt $deadline ] || { tail -n 20 "$scratch/said" "$scratch"/*.log && return 1; }
		sleep .05
	done
}

has_keeper() {
	prshmctl metrics | grep -x 'prshm_keeper_up 1'
}

# pgrep takes no alternatives that are longer than a name may be.
neither_runs() {
	! { pgrep -x prshmd || pgrep -x prshm-keeper; }
}

