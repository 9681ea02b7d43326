# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# TAP for the scripts that source this. A script has a directory $scratch, and ends with finish.
#
#	check the_program_runs "$program" --version
#	diff wanted got >"$scratch/why"
#	point it_prints_what_is_wanted $?
#	finish

: "${scratch:?}"
points=0
failures=0

# point NAME STATUS: one point. If it fails, the files of $scratch that tell why are shown.
point() {
	local file
	points=$((points + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $points - $1"
	else
		failures=$((failures + 1))
		echo "not ok $points - $1"
		for file in why out errors prshmd.log; do
			[ ! -s "$scratch/$file" ] || head -n 30 "$scratch/$file" | sed 's/^/# /'
		done
	fi
	: >"$scratch/why"
}

# check NAME COMMAND...: a point. What the command prints tells why it fails.
check() {
	local name=$1 status=0
	shift
	"$@" >"$scratch/why" 2>&1 || status=$?
	point "$name" "$status"
}

skip() { # NAME REASON
	points=$((points + 1))
	echo "ok $points - $1 # SKIP $2"
}

skip_all() { # REASON
	echo "1..0 # SKIP $1"
	exit 0
}

bail_out() { # REASON
	echo "Bail out! $1"
	exit 99
}

finish() {
	echo "1..$points"
	[ "$failures" -eq 0 ]
}
