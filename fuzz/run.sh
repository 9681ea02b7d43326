#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fuzzes the core for FUZZ_SECONDS (60), from the corpus. The path of an input that breaks it is
# printed; inputs that only reach something new are thrown away. To renew the corpus, in the build
# directory, small enough for the tree:
#
#	mkdir found && fuzz/fuzz_broker -max_total_time=600 -max_len=200 found
#	fuzz/fuzz_broker -set_cover_merge=1 -use_counters=0 SRCDIR/fuzz/corpus found
#
# Environment: top_srcdir, top_builddir, FUZZ_SECONDS. Needs configure --enable-fuzzing.

set -u

seconds=${FUZZ_SECONDS:-60}
target=${top_builddir:-.}/fuzz/fuzz_broker
corpus=${top_srcdir:-.}/fuzz/corpus
artifacts=${top_builddir:-.}/fuzz/

scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-fuzz.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM

mkdir "$scratch/found"
"$target" -max_total_time="$seconds" -timeout=20 -max_len=1024 -print_final_stats=1 \
    -artifact_prefix="$artifacts" "$scratch/found" "$corpus" >"$scratch/log" 2>&1
status=$?

runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/log")
echo "# ${runs:-0} inputs in $seconds seconds"
if [ "$status" -eq 0 ] && [ "${runs:-0}" -gt 0 ]; then
    echo "ok 1 - no input breaks the broker"
else
    sed 's/^/# /' "$scratch/log" | tail -n 60
    echo "# the input: $(sed -n 's/.*Test unit written to //p' "$scratch/log")"
    echo "not ok 1 - no input breaks the broker"
fi
echo "1..1"
