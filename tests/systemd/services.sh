#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The tests of this directory, one after the other in one systemd: to boot one costs as much as most
# of them do. The first finds what nobody has used yet. Any of them boots its own when it is run
# alone, as all do in the long form, and watchdog.sh always: it waits most of its time.

set -u
# shellcheck source=boot.sh
. "$(dirname "$0")/boot.sh"

tests='activation reload restart pair kill both clients guests user hardening late'

run_each() {
	for test in $tests; do
		echo "# test $test"
		bash "$programs/$test.sh" || return
	done
}

# Numbered through, and each with the name of its test.
set -o pipefail
run_each | awk '
	/^# test / { test = $3 }
	/^# the end$/ { next }
	/^(not )?ok / { sub(/ok [0-9]+ - /, "ok " ++points " - " test ": ") }
	{ print; fflush() }' || exit 1
finish
