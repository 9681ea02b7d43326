#!/bin/bash
# SPDX-License-Identifier: MIT
#
# That the bench runs, a few rounds of it: every operation of every competitor, and the JSON. Not
# what it measures: a test does not judge times.
#
# Environment: top_builddir, where make has built the bench and what it measures.

set -u
build=${top_builddir:-.}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-bench-smoke.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT

number=0
failed=0

# point STATUS NAME
point() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

echo 1..4

timeout 300 "$build/bench/bench" --rounds=2 --batch=3 --json="$scratch/results.json" \
	--daemon="$build/prshmd" --library="$build/.libs/libprshm-client.so" \
	>"$scratch/table" 2>"$scratch/errors"
point $? bench_runs_to_its_end
sed 's/^/# /' "$scratch/table" "$scratch/errors"

# Twice a number under each of the two operations, and no word of an absence.
[ "$(grep -cE '^  prshm +[0-9]+\.[0-9]+ +[0-9]+\.[0-9]+ +[0-9]+\.[0-9]+' "$scratch/table")" = 2 ]
point $? bench_measures_our_own_library

tail -n 1 "$scratch/table" | grep -qE '^missed expectations: [0-9]+$' && [ ! -s "$scratch/errors" ]
point $? bench_ends_with_the_count_of_missed_expectations

python3 - "$scratch/results.json" "$(tail -n 1 "$scratch/table")" <<'END'
import json, sys
results = json.load(open(sys.argv[1]))
rows = results["times"]
assert len({(row["operation"], row["competitor"]) for row in rows}) == len(rows) > 0
assert all("missing" in row or row["median_us"] > 0 for row in rows)
assert results["memory"]["idle_kib"] > 0
assert sys.argv[2].endswith(" %d" % results["missed"])
END
point $? json_says_what_the_table_says

exit "$failed"
