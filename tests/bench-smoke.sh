#!/bin/bash
# SPDX-License-Identifier: MIT
#
# That the bench and the abuse run, a few rounds of them: every operation of every competitor, and
# the JSON. Not what they measure: a test does not judge times.
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

# skip NAME REASON
skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# rows COMPETITOR: how many lines of the table give three numbers for it
rows() {
	grep -cE "^  $1 +[0-9]+\.[0-9]+ +[0-9]+\.[0-9]+ +-?[0-9]+\.[0-9]+" "$scratch/table"
}

echo 1..10

# As if of another build: a copy is another library to the loader, a link would be the same one.
cp "$build/.libs/libprshm-client.so" "$scratch/other.so" || exit 99
# libnspr4 leaks of its own accord, and is not what is looked at.
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS-}"
timeout 300 "$build/bench/bench" --rounds=2 --batch=3 --json="$scratch/results.json" \
	--daemon="$build/prshmd" --library="$build/.libs/libprshm-client.so" \
	--other-daemon="$build/prshmd" --other-library="$scratch/other.so" \
	>"$scratch/table" 2>"$scratch/errors"
point $? bench_runs_to_its_end
sed 's/^/# /' "$scratch/table" "$scratch/errors"

# A number under each operation, and no word of an absence.
[ "$(rows prshm)" = 4 ] && [ "$(rows 'prshm, the other build')" = 2 ]
point $? bench_measures_our_own_library

[ "$(rows 'prshm, map passed by name')" = 1 ] && [ "$(rows 'prshm, by string')" = 1 ] &&
	[ "$(rows 'prshm, by string, descriptor not')" = 1 ]
point $? bench_measures_children_that_get_a_map

[ "$(rows 'broker: no rules, 1 segment')" = 3 ] && [ "$(rows 'broker: 1,000 policy rules')" = 3 ] &&
	[ "$(rows 'broker: 10,000 segments of one user')" = 3 ]
point $? bench_measures_brokers_that_know_more

[ "$(rows 'broker: with its keeper')" = 3 ] && ! grep -q '^  not measured' "$scratch/table"
point $? bench_measures_a_broker_that_has_a_keeper_and_one_that_is_killed

if [ "$(id -u)" = 0 ]; then
	[ "$(rows 'broker: 10,000 users with 1 each')" = 3 ]
	point $? bench_measures_a_broker_of_many_users
else
	skip bench_measures_a_broker_of_many_users "needs root, for their uids"
fi

tail -n 1 "$scratch/table" | grep -qE '^missed expectations: [0-9]+$' && [ ! -s "$scratch/errors" ]
point $? bench_ends_with_the_count_of_missed_expectations

python3 - "$scratch/results.json" "$(tail -n 1 "$scratch/table")" <<'END'
import json, sys
results = json.load(open(sys.argv[1]))
rows = results["times"]
assert len({(row["operation"], row["competitor"]) for row in rows}) == len(rows) > 0
assert all("missing" in row or row["median_us"] > 0 for row in rows)
assert results["memory"]["idle_kib"] > 0
assert results["recovery"]["answered_ms"] > 0 and results["recovery"]["keeper_kib"] > 0
assert sys.argv[2].endswith(" %d" % results["missed"])
END
point $? json_says_what_the_table_says

if [ "$(id -u)" = 0 ]; then
	timeout 300 "$build/bench/abuse" --quick --json="$scratch/abuse.json" \
		--daemon="$build/prshmd" >"$scratch/abuse" 2>"$scratch/errors" &&
		[ ! -s "$scratch/errors" ]
	point $? abuse_runs_to_its_end
	sed 's/^/# /' "$scratch/abuse" "$scratch/errors"
	python3 - "$scratch/abuse.json" "$(tail -n 1 "$scratch/abuse")" <<'END'
import json, sys
results = json.load(open(sys.argv[1]))
rows = results["abuses"]
assert len({(row["abuse"], row["connections"]) for row in rows}) == len(rows) > 0
assert all(row["opens"] > 0 and row["p99_us"] > 0 for row in rows)
assert sys.argv[2] == "missed expectations: %d" % results["missed"]
END
	point $? abuse_says_the_same_in_json
else
	skip abuse_runs_to_its_end "needs root: its clients are many users"
	skip abuse_says_the_same_in_json "needs root: its clients are many users"
fi

exit "$failed"
