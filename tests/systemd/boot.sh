# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# The first that each test here sources: what follows in the test runs in a systemd of its own
# (private-systemd.sh), freshly booted, into which this build was installed as `make install` does
# it. Outside, only the last point is made: that nothing was left. Of tests that services.sh runs
# in one systemd, each finds it as if it were freshly booted.
#
# tests/systemd/stage in the build tree is what is copied to / inside; `make check` makes it.

set -u
export LC_ALL=C
programs=/opt/prshm-tests

# What a test could change on the host: mounts, cgroups, the kernel's settings, our directories.
host_state() {
	local cgroups
	cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	cat /proc/self/mountinfo
	find "$cgroups" -type d ! -path '*/private-systemd.*'
	grep -Hs . /proc/sys/fs/file-max /proc/sys/fs/nr_open /proc/sys/kernel/{hostname,core_pattern} \
		/proc/sys/kernel/{pid_max,sysrq,printk} /proc/sys/vm/overcommit_memory
	ls -d /run/prshm /run/systemd/system /opt/prshm-tests /etc/prshm 2>/dev/null
}

# What belongs to private systemds that do not run any more.
stale() {
	local cgroups path pid
	cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	for path in /tmp/private-systemd.* "$cgroups"/private-systemd.*; do
		pid=${path#*/private-systemd.}
		[ -d "$path" ] && [ ! -e "/proc/${pid%%.*}" ] && echo "left: $path"
	done
}

# before TICKS: of lines "PID WHAT", those of processes that had started by then.
before() {
	local pid what stat
	while read -r pid what; do
		read -r stat 2>/dev/null <"/proc/$pid/stat" || continue # it has ended
		read -ra stat <<<"${stat##*) }"
		[ "${stat[19]}" -gt "$1" ] || echo "left: $pid $what"
	done
}

# survivors SAID TICKS: processes that are in a namespace which the output of the test names. The
# number of a namespace that has gone is soon another's, of a test beside this one, whose processes
# are younger.
survivors() {
	find /proc/[0-9]*/ns/pid /proc/[0-9]*/ns/mnt -printf '%p is %l\n' 2>/dev/null |
		grep -F -f <(sed -n 's/^# namespace /is /p' "$1") | sed 's|^/proc/\([0-9]*\)/ns/|\1 |' | before "$2"
}

# All that the run of the test that printed $1 has left.
left_behind() {
	local tries ended
	ended=$(awk -v ticks="$(getconf CLK_TCK)" '{ printf "%d", $1 * ticks }' /proc/uptime)
	for ((tries = 0; tries < 100; tries++)); do
		[ -n "$(survivors "$1" "$ended")" ] || break
		sleep .1
	done
	survivors "$1" "$ended"
	stale
}

why_not() {
	local stage=$1 program
	[ "$(id -u)" = 0 ] || { echo "needs root"; return; }
	for program in systemd:/lib/systemd/systemd dbus:/usr/bin/dbus-daemon \
		util-linux:/usr/bin/setpriv libpam-systemd:/lib/systemd/systemd-logind; do
		[ -e "${program#*:}" ] || { echo "needs package ${program%%:*}"; return; }
	done
	ls /lib/*/security/pam_systemd.so >/dev/null 2>&1 || { echo "needs package libpam-systemd"; return; }
	grep -q ' cgroup2 ' /proc/self/mounts || { echo "needs a cgroup2 mount"; return; }
	unshare --mount --pid --cgroup --net --fork true 2>/dev/null ||
		{ echo "this root may not make namespaces"; return; }
	[ -e "$stage$programs" ] || { echo "needs make check, which stages the installation"; return; }
	# As make distcheck, or a prefix for one user.
	[ -e "$stage/usr/lib/systemd/system/prshmd.service" ] ||
		[ -e "$stage/usr/local/lib/systemd/system/prshmd.service" ] ||
		[ -e "$stage/lib/systemd/system/prshmd.service" ] ||
		echo "configured with a prefix where systemd looks for no units"
}

# The points that the test has made in its systemd, and the last one.
run_inside() {
	local test=$1 stage=${top_builddir:-$PWD}/tests/systemd/stage reason status
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-systemd.XXXXXX") || exit 99
	trap 'rm -rf "$scratch"' EXIT
	# shellcheck source=../lib/tap.sh
	source "$(dirname "$0")/../lib/tap.sh"
	reason=$(why_not "$stage")
	[ -z "$reason" ] || skip_all "$reason"
	cd "$stage" || exit 99
	host_state >"$scratch/before"
	bash ".$programs/private-systemd.sh" env inside=1 bash ".$programs/$test" 2>&1 | tee "$scratch/said"
	status=${PIPESTATUS[0]}
	host_state >"$scratch/after"
	points=$(grep -cE '^(not )?ok ' "$scratch/said")
	{
		diff "$scratch/before" "$scratch/after"
		left_behind "$scratch/said"
	} >"$scratch/why"
	[ ! -s "$scratch/why" ]
	point no_mount_cgroup_or_process_is_left $?
	grep -q '^# the end$' "$scratch/said" || status=1
	[ "$status" -eq 0 ] || echo "Bail out! $test ended with status $status before its end"
	echo "1..$points"
	exit "$status"
}

if [ -z "${inside-}" ]; then
	run_inside "$(basename "$0")"
fi

scratch=/tmp/test
mkdir -p "$scratch"
# shellcheck source=../lib/tap.sh
source "$(dirname "$0")/tap.sh"
finish() {
	echo "# the end"
	exit 0
}

# make check has a short form of what repeats the same; PRSHM_TEST_LONG=1 asks for all.
is_long() {
	[ -n "${PRSHM_TEST_LONG-}" ]
}

unset PRSHM_SOCKET PRSHM_DAEMON
export PRSHM_AUTOSTART=0 PATH=$programs:$PATH

# equal EXPECTED COMMAND...: the whole of what it prints.
equal() {
	local expected=$1 got
	shift
	got=$("$@" 2>&1)
	[ "$got" = "$expected" ] || { printf 'expected %s\ngot      %s\n' "$expected" "$got"; return 1; }
}

# A sleep that is no process: nothing ever comes.
exec {never}<> <(:)
pause() { # SECONDS
	read -r -t "$1" -u "$never"
}

# eventually COMMAND...: the last words of it are shown if it never succeeds. To ask the manager
# costs as much as what a test waits for: ever less often.
eventually() {
	local deadline=$((SECONDS + 300)) hundredths=5 seconds said
	until said=$("$@" 2>&1); do
		[ $SECONDS -lt $deadline ] || { printf 'never: %s\n%s\n' "$*" "$said"; return 1; }
		printf -v seconds '.%02d' $hundredths
		pause "$seconds"
		hundredths=$((hundredths * 2 > 80 ? 80 : hundredths * 2))
	done
}

# The manager whose units are tested: the test of the users' redefines this.
manager() {
	systemctl "$@"
}

# property UNIT NAME
property() {
	manager show --value -p "$2" "$1"
}

user_of() { # PID
	stat -c %U "/proc/$1"
}

# pid_of SERVICE: prshmd, prshm-keeper.
pid_of() {
	property "$1.service" MainPID
}

broker_pid() {
	pid_of prshmd
}

keeper_pid() {
	pid_of prshm-keeper
}

is_active() { # UNIT
	equal active manager is-active "$1"
}

is_inactive() { # UNIT
	equal inactive manager is-active "$1"
}

# All that is asked of a unit is asked at once: a systemctl costs more than the rest of a look.
another_runs_than() { # SERVICE PID
	local said
	said=$(manager show -p MainPID,ActiveState "$1.service")
	echo "$said"
	case $said$'\n' in
	*MainPID=0$'\n'* | *MainPID="$2"$'\n'*) return 1 ;;
	*ActiveState=active$'\n'*) return 0 ;;
	*) return 1 ;;
	esac
}

kill_and_await() { # SERVICE SIGNAL
	local pid
	pid=$(pid_of "$1")
	kill -"$2" "$pid" && eventually another_runs_than "$1" "$pid"
}

# The one that runs: the last one's status stays until the next one starts.
keeper_holds() { # DESCRIPTORS
	equal "StatusText=$1 descriptors"$'\nActiveState=active' \
		manager show -p StatusText,ActiveState prshm-keeper.service
}

# What the brokers have said of their keepers, a line each.
keepers() {
	journalctl -t prshmd -o cat |
		grep -E 'the keeper (has gone|is killed)|there is no keeper|another keeper has been handed all'
}

keepers_lost() {
	keepers | grep -c '^the keeper'
}

# has_handed_since LOST: the broker has lost another keeper since there were that many, and the next
# one has been handed all.
has_handed_since() {
	keepers | awk -v lost="$1" '
		/^the keeper/ { lost-- }
		{ print; last = $0 }
		END { exit !(lost < 0 && last ~ /^another keeper/) }'
}

# Until that the death of the broker would lose all.
kill_keeper() { # SIGNAL
	local lost
	lost=$(keepers_lost)
	kill_and_await prshm-keeper "$1" && eventually has_handed_since "$lost"
}

restart_keeper() {
	local lost
	lost=$(keepers_lost)
	manager restart prshm-keeper.service && eventually has_handed_since "$lost"
}

# Eight times, or once in the short form.
again_and_again() { # COMMAND...
	local time times=1
	! is_long || times=8
	for ((time = 1; time <= times; time++)); do
		"$@" || { echo "the $time. time"; return 1; }
	done
}

# as UID[:GID[,GID]...] COMMAND...: groups other than the first are supplementary.
as() {
	local uid=${1%%:*} groups=${1#*:} gid
	shift
	gid=${groups%%,*}
	groups=${groups#"$gid"}
	if [ -n "$groups" ]; then
		setpriv --reuid "$uid" --regid "$gid" --groups "${groups#,}" "$@"
	else
		setpriv --reuid "$uid" --regid "$gid" --clear-groups "$@"
	fi
}

# hold COMMAND...: a client that does what COMMAND... says up to its "wait".
hold() {
	local said
	coproc holder { "$@" 2>&1; }
	# bash closes its own as soon as the client has ended, read or not.
	# shellcheck disable=SC2154
	exec {from_holder}<&"${holder[0]}" {to_holder}>&"${holder[1]}"
	# shellcheck disable=SC2154
	holder_pid=$holder_PID
	while read -r said <&"$from_holder"; do
		[ "$said" != waiting ] || return 0
		echo "$said"
	done
	return 1
}

# Lets the client go on: what it says until it ends, or waits again.
go() {
	local said
	echo >&"$to_holder"
	while read -r said <&"$from_holder"; do
		[ "$said" != waiting ] || return 0
		echo "$said"
	done
	exec {from_holder}<&- {to_holder}>&-
	wait "$holder_pid"
}

# Not cp -a: what is there already, / itself above all, keeps its mode. The loader finds the
# libraries in /usr/lib without ldconfig, which reads all libraries there are.
install_build() {
	cp -r . / && find . -name 'libprshm-*.so*' -exec cp -P -t /usr/lib {} + && systemd-sysusers &&
		systemd-tmpfiles --create prshm.conf && systemctl daemon-reload
}

# The file that the broker reads.
config_path() {
	prshmd --help | sed -n 's/^ *\(\/.*prshmd\.conf\)$/\1/p'
}

# What the last test of this systemd has left.
restore() {
	local config
	config=$(config_path)
	systemctl stop 'prshm*' &&
		rm -rf "$config" "$config.d" /run/systemd/system/{prshm,probe}* /run/prshm/* &&
		systemctl daemon-reload && systemctl reset-failed
}

if [ -e /run/installed ]; then
	restore || exit 1
else
	install_build || exit 1
	touch /run/installed
	echo "# namespace $(readlink /proc/1/ns/pid)"
	echo "# namespace $(readlink /proc/1/ns/mnt)"
fi

# The journal of this test alone.
began=@$EPOCHREALTIME
journalctl() {
	command journalctl --since "$began" "$@"
}
