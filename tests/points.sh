# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Points of TAP, for scripts that source this. They have a directory $scratch, and end with
# "1..$points" and a status of failures > 0.

: "${scratch:?}"
points=0
failures=0

# check NAME COMMAND...: a point; what the command prints says what is wrong.
check() {
	local name=$1
	shift
	points=$((points + 1))
	if "$@" >"$scratch/why" 2>&1; then
		echo "ok $points - $name"
	else
		echo "not ok $points - $name"
		sed 's/^/# /' "$scratch/why"
		failures=$((failures + 1))
	fi
}

skip() {
	points=$((points + 1))
	echo "ok $points - $1 # SKIP needs $2"
}
