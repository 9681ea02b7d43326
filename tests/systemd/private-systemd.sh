#!/bin/bash
# SPDX-License-Identifier: MIT
#
# private-systemd.sh [-r TREE] [-b DIR]... COMMAND [ARGUMENT]...
#
# Boots a systemd of its own, PID 1 of new pid, mount, cgroup, uts, ipc and net namespaces on a
# copy-on-write view of / or of TREE, and runs COMMAND there as root, with systemctl, systemd-run
# and journalctl working. Its status is COMMAND's; 125: there is no such systemd to be had. Nothing
# is left behind. Needs root, a cgroup2 mount, and Debian's systemd, dbus and util-linux.
#
# The host shares $PWD, read-only and as /mnt/shared, where COMMAND starts; and each -b DIR,
# read-write; what else is written is thrown away.
# Only what the root file system itself holds is seen: no other mount of the host.

set -uo pipefail

refuse() {
	echo "private-systemd: $*" >&2
	exit 125
}

lower=/
if [ "${1-}" = -r ]; then
	lower=$(realpath "$2")
	shift 2
fi
binds=()
while [ "${1-}" = -b ]; do
	binds+=("$(realpath "$2")")
	shift 2
done
[ $# -gt 0 ] || refuse "which command?"
[ "$(id -u)" = 0 ] || refuse "needs root"
# A systemd cleans up in these (systemd-tmpfiles emptied the /tmp of a host once).
for directory in "${binds[@]}"; do
	case $directory in
	/ | /tmp | /run | /dev | /dev/* | /proc* | /sys* | /var | /var/* | /etc* | /usr* | /root | /home)
		refuse "$directory cannot be shared"
		;;
	esac
done
cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
[ -n "$cgroups" ] || refuse "no cgroup2 is mounted (mount -t cgroup2 none DIRECTORY)"

# What is left of the run $1, whose processes are dead; a killed cgroup takes a moment to empty.
sweep() {
	for _ in {1..200}; do
		find "$cgroups/$1" -depth -type d -exec rmdir {} + 2>/dev/null
		[ -d "$cgroups/$1" ] || break
		sleep .05
	done
	rm -f "/tmp/$1/log" "/tmp/$1/init.sh"
	rmdir "/tmp/$1/root" "/tmp/$1"
}

# Of runs that were killed with SIGKILL.
for directory in /tmp/private-systemd.*; do
	pid=${directory#*systemd.}
	[ -d "$directory" ] && [ ! -e "/proc/${pid%%.*}" ] && sweep "${directory##*/}"
done

scratch=$(mktemp -d "/tmp/private-systemd.$$.XXXXXX") || exit 125
name=${scratch##*/}
outer='' init='' command=''

# Called by the trap. With the init of a pid namespace the kernel kills all that is in it, and then
# unshare ends; without unshare, nobody here could wait for init.
# shellcheck disable=SC2317,SC2329
cleanup() {
	local pid
	trap '' INT TERM HUP
	for pid in ${init:-$outer} $command; do
		kill -KILL "$pid" 2>/dev/null
	done
	wait 2>/dev/null
	sweep "$name"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

mkdir "$scratch/root" "$cgroups/$name" || exit 125
cat >"$scratch/init.sh" <<'END'
# init.sh CGROUPS NAME TREE SHARED [BIND]...: inside the new namespaces, as their PID 1.
set -eu
if [ -z "${in_cgroup-}" ]; then
	# First into a cgroup of its own, then a namespace that begins there: or systemd moves the
	# processes of the host.
	echo 0 >"$1/$2/cgroup.procs"
	in_cgroup=1 exec unshare --cgroup bash "$0" "$@"
fi
lower=$3
shared=$4
shift 4
layers=${0%/*}/root
mount --make-rprivate /
mount -t tmpfs tmpfs "$layers"
mkdir "$layers"/{root,upper,work}
mount -t overlay -o "lowerdir=$lower,upperdir=$layers/upper,workdir=$layers/work" overlay "$layers/root"
cd "$layers/root"
mount -t proc proc proc
echo 512 >proc/sys/net/unix/max_dgram_qlen # of this net namespace; systemd itself would set it
# Or systemd sets fs.file-max and fs.nr_open, which are the host's.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
	: >dev/$device
	mount --bind /dev/$device dev/$device
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
mkdir -p mnt/shared
mount --bind "$shared" mnt/shared
mount -o remount,bind,ro mnt/shared
for bind; do
	mkdir -p ".$bind"
	mount --bind "$bind" ".$bind"
done
# Nothing of the host's services, and nothing that would clean what is shared. Nor what a start of a
# machine does besides: half of the time would be spent on that.
rm -rf etc/systemd/system var/log/journal {usr/,}lib/systemd/system/sysinit.target.wants
mkdir -p etc/systemd/system mnt/.old
: >etc/fstab
for unit in setup.service setup-dev.service clean.timer clean.service; do
	ln -s /dev/null etc/systemd/system/systemd-tmpfiles-$unit
done
wants='dbus.socket systemd-journald.socket systemd-journald-dev-log.socket'
printf '[Unit]\nDefaultDependencies=no\nWants=%s\n' "$wants" >etc/systemd/system/private.target
ip link set lo up 2>/dev/null || :
pivot_root . mnt/.old
cd /
umount -l /mnt/.old
rmdir /mnt/.old
[ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] || { echo "no cgroup2 in /sys/fs/cgroup"; exit 1; }
exec env -i container=private LANG=C.UTF-8 SYSTEMD_GENERATOR_PATH=/var/empty \
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	setpriv --bounding-set -sys_module,-sys_time,-sys_boot,-sys_rawio,-syslog --inh-caps=-all \
	/lib/systemd/systemd --system --unit=private.target --log-target=journal --show-status=no
END

setpriv --pdeathsig KILL \
	unshare --pid --fork --kill-child --mount --uts --ipc --net \
	bash "$scratch/init.sh" "$cgroups" "$name" "$lower" "$PWD" "${binds[@]}" \
	</dev/null >"$scratch/log" 2>&1 &
outer=$!

# Whether it listens. The shell alone looks: each process more would slow the start down.
listens() {
	init=''
	read -r init _ 2>/dev/null <"/proc/$outer/task/$outer/children" # no newline there: status 1
	[ -n "$init" ] && [ -S "/proc/$init/root/run/systemd/private" ]
}
came_not_up() {
	cat "$scratch/log" >&2
	refuse "systemd did not come up"
}
deadline=$((SECONDS + 300))
until listens; do
	if ! kill -0 "$outer" 2>/dev/null || [ $SECONDS -gt $deadline ]; then
		came_not_up
	fi
	sleep .02
done
# Until it has done all that belongs to its start.
case $(timeout 300 nsenter -t "$init" -a systemctl --wait is-system-running 2>>"$scratch/log") in
running | degraded) ;;
*) came_not_up ;;
esac

# In a session of its own: a `kill 0` in COMMAND is none of ours. In the background: our traps work
# meanwhile. nsenter does not fork, and a shell waits: nsenter itself would stop when a stopped
# child makes it think so, and never reap it.
# shellcheck disable=SC2016
setsid nsenter -t "$init" -a --no-fork sh -c '
	mkdir -p /sys/fs/cgroup/command && echo 0 >/sys/fs/cgroup/command/cgroup.procs
	cd /mnt/shared || exit 125
	"$@"
	exit $?' sh "$@" <&0 &
command=$!
wait "$command"
