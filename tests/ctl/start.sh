#!/bin/bash
# SPDX-License-Identifier: MIT
#
# To look starts nothing: only the commands that make a segment, or wait for something to come,
# start the user's own broker where none runs.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

# The library asks the system's broker first, and only then the user's.
if [ -e /run/prshm/broker.sock ]; then
	skip "to_look_starts_nothing" "a broker of the host answers"
	finish
	exit
fi
unset PRSHM_SOCKET PRSHM_AUTOSTART
export PRSHM_DAEMON=$builddir/prshmd XDG_RUNTIME_DIR=$scratch/runtime
mkdir -m 700 "$XDG_RUNTIME_DIR"

# Whether something listens there.
is_there() {
	[ -S "$XDG_RUNTIME_DIR/prshm/broker.sock" ]
}

bad=0
for arguments in list ls 'show /x' status 'status --json' 'top --once' ps quota metrics 'explain /x' 'getfacl /x' \
	'cat /x' 'dump /x' 'rm /x' 'rm --unused-for=1d /' 'chmod 0600 /x' 'chown root /x' 'setfacl -b /x'; do
	# shellcheck disable=SC2086
	if ! ends 1 ctl $arguments || ! says 'no broker' || [ -s "$scratch/out" ] || is_there; then
		echo "$arguments" >>"$scratch/why"
		bad=1
	fi
done
point "to_look_starts_nothing" "$bad"

# Ends the broker, and waits until it has gone.
end_own_broker() {
	local pid

	ctl status --json || return 1
	pid=$(grep -o '"pid": [0-9]*' "$scratch/out" | tr -dc 0-9)
	grep -q '"choice": "user"' "$scratch/out" && ctl stop && timeout 60 tail --pid="$pid" -f /dev/null
}
ctl create /x 4K && is_there && ctl list --raw --noheadings --columns=name && prints /x
point "to_make_a_segment_starts_the_users_broker" $?
end_own_broker && ends 1 ctl list && says 'no broker'
point "stop_ends_the_users_own_broker_and_to_look_starts_none_again" $?
ends 1 ctl wait --timeout=1ms /x && says 'nobody has made it' && is_there
point "to_wait_starts_it_for_who_comes" $?
end_own_broker

own_broker() {
	ctl status --json && grep -o '"pid": [0-9]*' "$scratch/out" | tr -dc 0-9
}
ctl create /y 4K && rm -rf "$XDG_RUNTIME_DIR/prshm"
for _ in $(seq 600); do
	! is_there || break
	sleep 0.1
done
ctl list --raw --noheadings --columns=name && prints /y
point "after_its_directory_is_removed_the_users_broker_is_found_again" $?
kill -KILL "$(own_broker)" && ctl list --raw --noheadings --columns=name && prints /y
point "the_next_broker_is_found_there_too" $?
end_own_broker

# In a rootless container uid 0 finds the directory of the host's root in a shared /tmp, which is
# not its own.
in_namespace() {
	setpriv --reuid="$(id -u nobody)" --regid="$(id -g nobody)" --clear-groups unshare --user --map-root-user \
		env -u XDG_RUNTIME_DIR TMPDIR=/ "$@" >"$scratch/out" 2>"$scratch/errors"
}
made=
if ! is_root || ! in_namespace true; then
	skip "a_root_of_a_user_namespace_gets_a_broker_of_its_own" "needs root, and user namespaces"
elif [ -e /run/user/0 ]; then
	skip "a_root_of_a_user_namespace_gets_a_broker_of_its_own" "the host's root is logged in"
else
	[ -e /tmp/prshm-0 ] || { mkdir -m 700 /tmp/prshm-0 && made=1; }
	chmod o+x "$scratch"
	in_namespace "$prshmctl" create /x 4K && in_namespace "$prshmctl" status --json &&
		grep -q '"socket": "/tmp/prshm-0\.[^"]*"' "$scratch/out" && grep -q '"uid": 0' "$scratch/out"
	point "a_root_of_a_user_namespace_gets_a_broker_of_its_own" $?
	spare=$(sed -n 's|.*"socket": "\(/tmp/prshm-0\.[^/"]*\)/.*|\1|p' "$scratch/out")
	in_namespace "$prshmctl" stop
	[ -z "$made" ] || rmdir /tmp/prshm-0
	[ -z "$spare" ] || rm -rf "$spare"
fi

PRSHM_DAEMON=prshmd ends 1 ctl create /x 4K && says 'PRSHM_DAEMON is prshmd, which is not an absolute path'
point "a_relative_PRSHM_DAEMON_is_told" $?
PRSHM_DAEMON=/nonexistent/prshmd ends 1 ctl create /x 4K && says '/nonexistent/prshmd, which would be started, cannot be run'
point "a_broker_that_cannot_be_run_is_told" $?
PRSHM_DAEMON=/bin/false ends 1 ctl create /x 4K && says "its log is $XDG_RUNTIME_DIR/prshm/broker.sock.log"
point "the_log_of_a_broker_that_was_started_is_told" $?

# Run by a service manager, as the units have it, it is ended by that alone.
export PRSHM_SOCKET=$scratch/broker.sock
NOTIFY_SOCKET=$scratch/notify "$builddir/prshmd" --no-keeper --socket="$PRSHM_SOCKET" 2>"$scratch/prshmd.log" &
broker=$!
# shellcheck disable=SC2016 # the inner shell expands it
timeout 60 bash -c 'until [ -S "$PRSHM_SOCKET" ]; do sleep 0.1; done'
ends 1 ctl stop && says 'a service manager runs the broker at .*systemctl stop prshmd.socket' && kill -0 "$broker"
point "stop_leaves_a_broker_of_a_service_manager_alone" $?
stop_broker
finish
