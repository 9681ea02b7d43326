#!/bin/bash
# SPDX-License-Identifier: MIT
#
# That the bench runs, a few rounds: every operation of every competitor, and the JSON. Not what
# the bench measures: a test does not judge times. Of the sections, which measure one broker with
# much in it each, the short form has one; PRSHM_TEST_LONG=1 asks for all.
#
# Environment: top_builddir, where make has built the bench and what it measures.

set -u
# shellcheck source=lib/scratch.sh
source "$(dirname "$0")/lib/scratch.sh"

# rows COMPETITOR: how many lines of the table give four numbers for it
rows() {
	grep -cE "^  $1 +([0-9]+\.[0-9]+ +){3}-?[0-9]+\.[0-9]+" "$scratch/table"
}

# measure OPTION...: the bench, as short as it can be
measure() {
	timeout 1500 "$builddir/bench/bench" --quick --batch=3 "$@" \
		>"$scratch/results.tsv" 2>"$scratch/errors"
}

# report: what the bench has measured, in all forms
report() {
	"$srcdir/bench/report" --json="$scratch/results.json" --tables="$scratch" \
		"$scratch/results.tsv" >"$scratch/table" 2>>"$scratch/errors"
}

run() {
	measure "$@" && report
}

command -v python3 >/dev/null || skip_all "needs python3, which bench/report is written in"
is_long=${PRSHM_TEST_LONG-}

# Open and create are measured again if there is a second CPU.
passes=1
[ "$(nproc)" = 1 ] || passes=2

# As if of another build: a copy is another library to the loader, a link would be the same one.
cp "$builddir/.libs/libprshm-client.so" "$scratch/other.so" || exit 99
# libnspr4 leaks of its own accord, and is not what is looked at.
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS-}"
ours=(--daemon="$builddir/prshmd" --library="$builddir/.libs/libprshm-client.so")
operations=open,create,anonymous-64k,anonymous-1m,spawn,bare-open,bare-create,bare-delete
some=("--only=$operations,memory")
[ -z "$is_long" ] || some=()
run "${ours[@]}" --rounds=2 --other-daemon="$builddir/prshmd" \
	--other-library="$scratch/other.so" "${some[@]}"
point bench_runs_to_its_end $?
sed 's/^/# /' "$scratch/table" "$scratch/errors"

# A number under each operation, and no word of an absence.
[ "$(rows prshm)" = $((2 + 2 * passes)) ] &&
	[ "$(rows 'prshm, the other build')" = $((2 * passes)) ]
point bench_measures_our_own_library $?

[ "$(rows 'prshm, map passed by name')" = 1 ] && [ "$(rows 'prshm, by string')" = 1 ] &&
	[ "$(rows 'prshm, by string, descriptor not')" = 1 ]
point bench_measures_children_that_get_a_map $?

[ "$(rows 'broker: no rules, 1 segment')" = 3 ] && [ "$(rows 'broker: 1,000 policy rules')" = 3 ]
point bench_measures_brokers_that_know_more $?

[ "$(rows 'broker: with its keeper')" = 3 ] && { [ -z "$is_long" ] ||
	grep -qE '^  until a new client has its first one +[0-9.]+ times' "$scratch/table"; }
point bench_measures_a_broker_that_has_a_keeper_and_one_that_is_killed $?

if [ "$(id -u)" = 0 ]; then
	[ "$(rows 'broker: 10,000 users with 1 each')" = 3 ]
	point bench_measures_a_broker_of_many_users $?
else
	skip bench_measures_a_broker_of_many_users "needs root, for their uids"
fi

tail -n 1 "$scratch/table" | grep -qE '^missed expectations: [0-9]+$' && [ ! -s "$scratch/errors" ]
point bench_ends_with_the_count_of_missed_expectations $?

python3 - "$scratch/results.json" "$(tail -n 1 "$scratch/table")" "$is_long" <<'END'
import json, sys
results = json.load(open(sys.argv[1]))
rows = results["times"]
keys = {(row["operation"], row["competitor"], row["server_cpu"]) for row in rows}
assert len(keys) == len(rows) > 0
assert all(row["missing"] if "missing" in row else
	0 < row["median_us"] <= row["p99_us"] <= row["p999_us"] for row in rows)
lines = {(section, line["key"]): line for section in results["sections"]
	for line in results["sections"][section]["lines"]}
assert lines["memory", "idle"]["measured"] > 0
assert sys.argv[3] == "" or all(lines["recovery", key]["measured"] > 0 for key in ("answered", "keeper"))
assert sys.argv[2].endswith(" %d" % results["missed"])
END
point json_says_what_the_table_says $?

# Drawn where that can be; what is drawn of is there in any case.
[ -s "$scratch/open.times.tsv" ] && [ -s "$scratch/create.times.tsv" ] &&
	{ ! command -v gnuplot >/dev/null ||
		{ gnuplot -c "$srcdir/bench/plot.gp" "$scratch" >"$scratch/drawn" 2>&1 &&
			[ ! -s "$scratch/drawn" ] && [ -s "$scratch/open-ratio.svg" ] &&
			[ -s "$scratch/create-latency.svg" ]; }; }
point bench_writes_tables_that_can_be_drawn $?

run --only=open --rounds=1 --daemon=/nonexistent/prshmd --library=/nonexistent/library
[ "$(grep -cE '^  prshm, nothing is parked +missing: .*/nonexistent/.*MISSED$' "$scratch/table")" = 1 ] &&
	[ "$(tail -n 1 "$scratch/table")" = "missed expectations: 1" ]
point what_is_missing_is_named_and_missed $?

run --only=memory --daemon=/nonexistent/prshmd
grep -qE '^  missing: /nonexistent/prshmd does not run +MISSED$' "$scratch/table" &&
	[ "$(tail -n 1 "$scratch/table")" = "missed expectations: 1" ]
point a_section_that_cannot_be_measured_is_named_and_missed $?

# A run that was killed has no last record.
cp "$scratch/results.tsv" "$scratch/whole.tsv"
grep -v '^end' "$scratch/whole.tsv" >"$scratch/results.tsv"
: >"$scratch/errors"
! report && grep -q 'the run was cut short' "$scratch/errors"
point a_run_that_was_cut_short_is_not_reported $?

# with_memory KIB: the bench, of which the address space ends there
with_memory() {
	(ulimit -v "$1" && measure --rounds=1 --only=memory --daemon=/nonexistent/prshmd)
}

# From the least with which the loader can do (127: it cannot), in steps of that many KiB.
step=128
[ -z "$is_long" ] || step=32
least=1024
enough=1048576
while [ $((enough - least)) -gt $((step / 2)) ]; do
	with_memory $(((least + enough) / 2))
	if [ $? = 127 ]; then
		least=$(((least + enough) / 2))
	else
		enough=$(((least + enough) / 2))
	fi
done
liar=
for ((memory = enough; memory < enough + 512; memory += step)); do
	with_memory "$memory" && [ "$(tail -n 1 "$scratch/results.tsv")" != end ] &&
		liar="$memory KiB"
done
[ -z "$liar" ]
point a_bench_that_is_short_of_memory_does_not_end_with_0 $?
[ -z "$liar" ] || echo "# status 0 and no result with $liar"

# Whoever is below the process of a pass, while it runs: all on its CPU, then all on another.
python3 - "$passes" "$builddir/bench/bench" --quick "${ours[@]}" --only=open --rounds=100000 \
	--seconds=1 <<'END'
import os, subprocess, sys, time

def children(pid):
	try:
		with open(f"/proc/{pid}/task/{pid}/children") as file:
			return [int(child) for child in file.read().split()]
	except OSError:
		return []

def below(pid):
	return [one for child in children(pid) for one in [child] + below(child)]

def cpus(pid):
	try:
		return frozenset(os.sched_getaffinity(pid))
	except OSError:
		return None

def look(running):
	own, servers, again = cpus(running), {cpus(pid) for pid in below(running)} - {None}, cpus(running)
	if own == again and own and servers:
		assert len(servers) == 1 and all(len(each) == 1 for each in servers), servers
		seen.add((own, *servers))

seen = set()
bench = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL)
while bench.poll() is None:
	for running in children(bench.pid):
		look(running)
	time.sleep(0.02)
assert any(own == server for own, server in seen), seen
assert sys.argv[1] == "1" or any(own != server for own, server in seen), seen
END
point servers_are_on_the_other_cpu_when_it_is_their_turn $?

finish
