#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The unit that README.md shows for a service of one's own is one that systemd takes.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

mkdir "$scratch/units" "$scratch/bin"
awk '/^    \[Unit\]$/ { inside = 1 } inside && !/^    |^$/ { exit } inside { sub(/^    /, ""); print }' \
	"$srcdir/README.md" >"$scratch/units/frames.service"
[ "$(grep -cE '^\[(Unit|Service|Install)\]$' "$scratch/units/frames.service")" -eq 3 ]
point "the_readme_has_a_unit" $?

if command -v systemd-analyze >/dev/null; then
	# Units that it names have to be there; the program, too.
	sed -i "s|^ExecStart=.*|ExecStart=/bin/true|" "$scratch/units/frames.service"
	cp "$srcdir/systemd/prshmd.socket" "$scratch/units"
	printf '[Service]\nExecStart=/bin/true\n' >"$scratch/units/prshmd.service"
	SYSTEMD_UNIT_PATH="$scratch/units:" systemd-analyze verify --man=no "$scratch/units/frames.service" \
		>"$scratch/out" 2>"$scratch/errors"
	status=$?
	[ "$status" -eq 0 ] && ! grep -q frames.service "$scratch/errors"
	point "systemd_finds_nothing_wrong_with_it" $?
else
	skip "systemd_finds_nothing_wrong_with_it" "needs systemd-analyze(1)"
fi
finish
