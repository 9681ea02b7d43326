#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The directives of the unit are in force: seen on the broker's process, and by a probe that runs
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
pid=$(broker_pid)

exposure() {
	systemd-analyze security --no-pager prshmd.service | sed -n 's/.*Overall exposure.*: \([0-9.]*\) .*/\1/p'
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

check the_unit_is_exposed_at_0.5_at_most exposed_at_most 5

for set in CapInh CapPrm CapEff CapBnd CapAmb; do
	check "no_capability_is_in_$set" equal 0000000000000000 status_line "$set"
done
check it_gets_no_new_privileges equal 1 status_line NoNewPrivs
check its_system_calls_are_filtered equal 2 status_line Seccomp
check its_umask_is_0077 equal 0077 status_line Umask
check its_descriptor_limit_is_the_highest equal "$(wanted_limit)" descriptor_limit

for namespace in mnt net ipc uts; do
	check "its_${namespace}_namespace_is_its_own" differs_from_init $namespace
done
check its_user_namespace_is_the_hosts same_as_init user
check its_pid_namespace_is_the_hosts same_as_init pid

for directory in /usr /etc /var /run /run/prshm /sys/fs/cgroup; do
	check "$directory is read-only" is_read_only $directory
done
for file in /tmp/outside /dev/outside /root/outside /home/alice/outside /dev/shm/prshm-probe; do
	check "$file is hidden" is_hidden $file
done
check its_proc_shows_its_own_processes_only proc_is_restricted

# The installed unit, but for what it starts and how.
sed -e "s|^ExecStart=.*|ExecStart=$programs/probe|" -e 's/^Type=.*/Type=oneshot/' \
	-e '/^\(ExecReload\|Restart\|RestartSec\|WatchdogSec\|Requires\|After\|Also\)=/d' \
	-e '/^ExecStart/a StandardOutput=file:/run/probe.inside' \
	"$(property prshmd.service FragmentPath)" >/run/systemd/system/prshm-probe.service
systemctl daemon-reload
check the_probe_runs_under_the_unit systemctl start prshm-probe.service
probe >/run/probe.outside

outcome() { # WHERE ATTEMPT
	sed -n "s/^$2 //p" "/run/probe.$1"
}

# Outside it may fail too, for want of an argument, but not in the same way.
is_refused() { # ATTEMPT OUTCOME
	equal "$2" outcome inside "$1" &&
		{ [ "$(outcome outside "$1")" != "$2" ] || { echo "outside too: $2"; return 1; }; }
}

while read -r attempt expected; do
	check "the unit refuses to $attempt ($expected)" is_refused "$attempt" "$expected"
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

for attempt in unix_socket make_sealed_memory set_descriptor_limit; do
	check "the unit lets it $attempt" equal 'done' outcome inside $attempt
done
check it_was_one_broker_all_along equal "$pid" broker_pid
finish
