# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For the scripts beside it: a broker of their own, prshmctl, and TAP.

set -u
export LC_ALL=C.UTF-8

srcdir=$(cd "${top_srcdir:-$(dirname "$0")/../..}" && pwd)
builddir=$(cd "${top_builddir:-.}" && pwd)
# Not libtool's wrapper script, which starts a dozen processes each time.
prshmctl=$builddir/.libs/prshmctl
export LD_LIBRARY_PATH=$builddir/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
broker=

scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-ctl.XXXXXX") || exit 99
chmod 755 "$scratch"

cleanup() {
	stop_broker
	rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 99' HUP INT TERM
# shellcheck source-path=SCRIPTDIR source=../lib/tap.sh
. "$srcdir/tests/lib/tap.sh"

# Its configuration is $scratch/prshmd.conf, so that none of the host's counts.
start_broker() {
	local tries=30000

	export PRSHM_SOCKET=$scratch/broker.sock PRSHM_AUTOSTART=0
	touch "$scratch/prshmd.conf"
	"$builddir/prshmd" --config="$scratch/prshmd.conf" --socket="$PRSHM_SOCKET" >"$scratch/prshmd.log" 2>&1 &
	broker=$!
	until "$prshmctl" list >/dev/null 2>&1; do
		kill -0 "$broker" 2>/dev/null || bail_out "the broker did not start"
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || bail_out "the broker does not answer"
		sleep 0.02
	done
}

stop_broker() {
	if [ -n "$broker" ]; then
		kill "$broker" 2>/dev/null
		wait "$broker" 2>/dev/null
	fi
	broker=
}

# ctl ARGUMENT...: its exit status, with the output in $scratch/out and $scratch/errors.
ctl() {
	: >"$scratch/why"
	"$prshmctl" "$@" >"$scratch/out" 2>"$scratch/errors"
}

# as UID GID ARGUMENT...: the same as that user, who is in no other group; root only.
as() {
	: >"$scratch/why"
	setpriv --reuid="$1" --regid="$2" --clear-groups "$prshmctl" "${@:3}" \
		>"$scratch/out" 2>"$scratch/errors"
}

# prints TEXT: whether that is exactly what the last ctl printed, and it said nothing else.
prints() {
	diff <(printf '%s' "$1${1:+$'\n'}") "$scratch/out" >>"$scratch/why" && [ ! -s "$scratch/errors" ]
}

# says PATTERN: whether the last ctl complained in one line, and so.
says() {
	[ "$(wc -l <"$scratch/errors")" -eq 1 ] && grep -qE -- "$1" "$scratch/errors"
}

# ends STATUS COMMAND...: whether the command ends with that status.
ends() {
	local wanted=$1 status=0
	shift
	"$@" || status=$?
	[ "$status" -eq "$wanted" ] || echo "exit status $status, not $wanted: $*" >>"$scratch/why"
	[ "$status" -eq "$wanted" ]
}

# Python on standard input, which knows the broker's protocol.
python() {
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$srcdir/tests/protocol python3 - "$@" \
		>"$scratch/why" 2>&1
}

is_root() {
	[ "$(id -u)" -eq 0 ]
}
