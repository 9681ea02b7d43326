#!/bin/bash
# SPDX-License-Identifier: MIT
#
# That the abuse runs to its end, with small crowds, or with larger ones if PRSHM_TEST_LONG=1. How
# long an honest client waits meanwhile is judged by `make soak-abuse`.
#
# Environment: top_builddir, where make has built tests/soak/abuse and the broker that is abused.

set -u
# shellcheck source=../lib/scratch.sh
source "$(dirname "$0")/../lib/scratch.sh"

# Skipped without python3, which reads the JSON.
says_the_same() {
	if ! command -v python3 >/dev/null; then
		skip abuse_says_the_same_in_json "needs python3"
		return
	fi
	python3 - "$scratch/abuse.json" "$(tail -n 1 "$scratch/table")" <<'END'
import json, sys
results = json.load(open(sys.argv[1]))
rows = results["abuses"]
assert len({(row["abuse"], row["connections"]) for row in rows}) == len(rows) > 0
assert all(row["opens"] > 0 and row["p99_us"] > 0 for row in rows)
assert sys.argv[2] == "missed expectations: %d" % results["missed"]
END
	point abuse_says_the_same_in_json $?
}

crowds=--smoke
[ -z "${PRSHM_TEST_LONG-}" ] || crowds=--quick
if [ "$(id -u)" = 0 ]; then
	timeout 1500 "$builddir/tests/soak/abuse" $crowds --json="$scratch/abuse.json" \
		--daemon="$builddir/prshmd" >"$scratch/table" 2>"$scratch/errors" &&
		[ ! -s "$scratch/errors" ]
	point abuse_runs_to_its_end $?
	sed 's/^/# /' "$scratch/table" "$scratch/errors"
	says_the_same
else
	skip abuse_runs_to_its_end "needs root: its clients are many users"
	skip abuse_says_the_same_in_json "needs root: its clients are many users"
fi

finish
