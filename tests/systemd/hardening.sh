#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The directives of both services are in force: seen on their processes, and by a probe that runs
# under the same unit and tries. What the probe is refused there it can do outside; else a row
# would prove nothing.
#
# Functions here are called by check.
# shellcheck disable=SC2317,SC2329

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

systemctl start prshmd.socket
# Before the service starts: these are not to be seen from inside.
touch /tmp/outside /dev/outside /root/outside /dev/shm/prshm-probe
mkdir -p /home/alice
touch /home/alice/outside
client create /here 0600 text

exposure() {
	systemd-analyze security --no-pager "$service.service" | sed -n 's/.*Overall exposure.*: \([0-9.]*\) .*/\1/p'
}

exposed_at_most() { # TENTHS
	local score
	score=$(exposure)
	echo "exposure $score"
	[ -n "$score" ] && [ "${score/./}" -le "$1" ]
}

status_line() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$pid/status"
}

differs_from_init() { # NAMESPACE
	[ "$(readlink "/proc/$pid/ns/$1")" != "$(readlink "/proc/1/ns/$1")" ]
}

same_as_init() {
	! differs_from_init "$1"
}

# In the broker's own view of the file system, with all that root may do.
inside() {
	nsenter --target "$pid" --mount "$@"
}

is_read_only() { # DIRECTORY
	local said
	said=$(inside touch "$1/prshm-test" 2>&1) && { echo "$1 can be written to"; return 1; }
	[[ $said = *'Read-only file system'* ]] || { echo "$said"; return 1; }
}

is_hidden() { # FILE
	[ -e "$1" ] && ! inside test -e "$1"
}

descriptor_limit() {
	awk '/^Max open files/ { print $4, $5 }' "/proc/$pid/limits"
}

# What PID 1 may not exceed itself it cannot give.
wanted_limit() {
	local most
	most=$(awk '/^Max open files/ { print $5 }' /proc/1/limits)
	[ "$most" -lt 524288 ] || most=524288
	echo "$most $most"
}

proc_is_restricted() {
	grep -E ' /proc .*hidepid=(invisible|2).*subset=pid' "/proc/$pid/mountinfo"
}

declare -A outcomes # of "WHERE ATTEMPT"

look_at_outcomes() { # WHERE
	local attempt outcome
	while read -r attempt outcome; do
		outcomes[$1 $attempt]=$outcome
	done <"/run/probe.$1"
}

is_outcome() { # WHERE ATTEMPT OUTCOME
	[ "${outcomes[$1 $2]-}" = "$3" ] || { echo "$2 $1: ${outcomes[$1 $2]-}"; return 1; }
}

# Outside it may fail too, for want of an argument, but not in the same way.
is_refused() { # ATTEMPT OUTCOME
	is_outcome "$service" "$1" "$2" &&
		{ [ "${outcomes[outside $1]-}" != "$2" ] || { echo "outside too: $2"; return 1; }; }
}

# The installed unit, but for what it starts and how.
install_probe() {
	sed -e "s|^ExecStart=.*|ExecStart=$programs/probe|" -e 's/^Type=.*/Type=oneshot/' \
		-e '/^\(ExecReload\|Restart\|RestartSec\|WatchdogSec\)=/d' \
		-e '/^\(Requires\|Wants\|After\|Also\|FileDescriptorStoreMax\)=/d' \
		-e "/^ExecStart/a StandardOutput=file:/run/probe.$service" \
		"$(property "$service.service" FragmentPath)" >"/run/systemd/system/probe-$service.service"
	systemctl daemon-reload
}

check_process() {
	local set namespace directory file
	check "$service is exposed at 0.5 at most" exposed_at_most 5
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		check "$service has no capability in $set" equal 0000000000000000 status_line "$set"
	done
	check "$service gets no new privileges" equal 1 status_line NoNewPrivs
	check "the system calls of $service are filtered" equal 2 status_line Seccomp
	check "the umask of $service is 0077" equal 0077 status_line Umask
	check "the descriptor limit of $service is the highest" equal "$(wanted_limit)" descriptor_limit
	for namespace in mnt net ipc uts; do
		check "$service has a $namespace namespace of its own" differs_from_init $namespace
	done
	for namespace in user pid; do
		check "the $namespace namespace of $service is the host's" same_as_init $namespace
	done
	for directory in /usr /etc /var /run /run/prshm /sys/fs/cgroup; do
		check "$directory is read-only for $service" is_read_only $directory
	done
	for file in /tmp/outside /dev/outside /root/outside /home/alice/outside /dev/shm/prshm-probe; do
		check "$file is hidden from $service" is_hidden $file
	done
	check "/proc shows $service its own processes only" proc_is_restricted
}

check_attempts() {
	local attempt expected
	look_at_outcomes "$service"
	while read -r attempt expected; do
		check "$service may not $attempt ($expected)" is_refused "$attempt" "$expected"
	done <<'END'
inet_socket EAFNOSUPPORT
inet6_socket EAFNOSUPPORT
netlink_socket EAFNOSUPPORT
map_writable_code EPERM
make_code_of_data EPERM
new_user_namespace EPERM
set_setuid_bit EPERM
change_personality EPERM
be_realtime SIGSYS
mount_something SIGSYS
change_root SIGSYS
trace SIGSYS
load_bpf SIGSYS
swap_on SIGSYS
rename_host SIGSYS
write_usr EROFS
write_etc EROFS
write_run EROFS
look_at_init ENOENT
look_at_kernel ENOENT
look_at_shared_files EACCES
END
	for attempt in unix_socket make_sealed_memory set_descriptor_limit kill_by_pidfd; do
		check "$service may $attempt" is_outcome "$service" $attempt 'done'
	done
}

probe >/run/probe.outside
look_at_outcomes outside
for service in prshmd prshm-keeper; do
	pid=$(pid_of $service)
	check_process
	install_probe
	check "the probe runs under the unit of $service" systemctl start probe-$service.service
	check_attempts
	check "$service was the same process all along" equal "$pid" pid_of $service
done
finish
