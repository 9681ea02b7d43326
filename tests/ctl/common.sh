# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For the scripts beside it: prshmctl, and what ../lib/scratch.sh has.

set -u
export LC_ALL=C.UTF-8

# shellcheck source=../lib/scratch.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/scratch.sh"
# Not libtool's wrapper script, which starts a dozen processes each time.
prshmctl=$builddir/.libs/prshmctl
export LD_LIBRARY_PATH=$builddir/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

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

# A process costs more than what it looks at here: these two start one only to tell a difference.

# prints TEXT: whether that is exactly what the last ctl printed, and it said nothing else.
prints() {
	local wanted=$1${1:+$'\n'} printed
	# A read that ends well has found a NUL.
	if IFS= read -r -d '' printed <"$scratch/out" || [ "$printed" != "$wanted" ]; then
		diff <(printf '%s' "$wanted") "$scratch/out" >>"$scratch/why"
		return 1
	fi
	[ ! -s "$scratch/errors" ]
}

# says PATTERN: whether the last ctl complained in one line, and so.
says() {
	local line
	! IFS= read -r -d '' line <"$scratch/errors" && [[ $line = *$'\n' ]] || return 1
	line=${line%$'\n'}
	[[ $line != *$'\n'* && $line =~ $1 ]]
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
