#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What make check runs each test with: automake's driver for TAP, and a line when the test has
# ended.
#
#	[ 12/130]   3.2 s  tests/x/test_y
#
# Below that line stand the points that failed or were skipped, and what the test said about each.
# The time is also kept, as a field of the .trs file.
#
# Environment: top_srcdir, AM_TAP_AWK; TEST_LOGS, set by make: the logs of all tests of this run.

set -u
: "${top_srcdir:?}"
# Only a test that hangs needs as long, on the slowest machine.
limit=1800

arguments=()
name='' results='' log='' option=''
while [ "$1" != -- ]; do
	case $option in
	--test-name) name=$1 ;;
	--log-file) log=$1 ;;
	--trs-file) results=$1 ;;
	esac
	option=$1
	arguments+=("$1")
	shift
done
shift
logs=${TEST_LOGS-}
unset TEST_LOGS

# cannot_run TEST: it needs what is not here.
cannot_run() {
	! command -v python3 >/dev/null &&
		{ [[ $1 = *.py ]] || grep -q -s -I -E '^[^#]*\bpython3?\b' "$1"; }
}

! cannot_run "${@: -1}" || set -- echo '1..0 # SKIP needs python3 (package python3)'
start=${EPOCHREALTIME/[.,]/}
sh "$top_srcdir/build-aux/tap-driver.sh" "${arguments[@]}" -- \
	bash "$top_srcdir/tests/passable.sh" "$top_srcdir" "$PWD" -- \
	timeout --kill-after=10 "$limit" "$@" >/dev/null
status=$?
tenths=$(((${EPOCHREALTIME/[.,]/} - start) / 100000))

# Tests end at the same time: one is counted after the other.
exec 9<. && flock 9
echo ":seconds: $((tenths / 10)).$((tenths % 10))" >>"$results"
read -ra all <<<"$logs"
mapfile -t ended < <(grep -ls '^:seconds:' "${all[@]/%.log/.trs}")
printf '[%3d/%d] %3d.%d s  %s\n' "${#ended[@]}" "${#all[@]}" $((tenths / 10)) $((tenths % 10)) "$name"
# In the log, what a test says about a point stands before or after the point's own line.
grep -q -E '^:test-result: (FAIL|ERROR|XPASS|SKIP)' "$results" &&
	grep -v -E '^(ok|not ok|PASS:|[0-9]+\.\.)' "$log" | tail -n 100
exit $status
