#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fuzzes the core for FUZZ_SECONDS (60), half of them its requests and half its journal, each from
# its corpus. The path of an input that breaks it is printed; inputs that only reach something new
# are thrown away. To renew a corpus, in the build directory, small enough for the tree:
#
#	mkdir found && fuzz/fuzz_broker -max_total_time=600 -max_len=200 found
#	fuzz/fuzz_broker -set_cover_merge=1 -use_counters=0 SRCDIR/fuzz/corpus found
#
# Environment: top_srcdir, top_builddir, FUZZ_SECONDS. Needs configure --enable-fuzzing.

set -u

seconds=$((${FUZZ_SECONDS:-60} / 2))
srcdir=${top_srcdir:-.}
builddir=${top_builddir:-.}
number=0

scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-fuzz.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM

# fuzz TARGET CORPUS NAME: a point of TAP.
fuzz() {
    number=$((number + 1))
    mkdir "$scratch/$1"
    "$builddir/fuzz/$1" -max_total_time="$seconds" -timeout=20 -max_len=1024 -print_final_stats=1 \
        -artifact_prefix="$builddir/fuzz/" "$scratch/$1" "$srcdir/$2" >"$scratch/log" 2>&1
    status=$?

    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$scratch/log")
    echo "# ${runs:-0} inputs in $seconds seconds"
    if [ "$status" -eq 0 ] && [ "${runs:-0}" -gt 0 ]; then
        echo "ok $number - $3"
    else
        sed 's/^/# /' "$scratch/log" | tail -n 60
        echo "# the input: $(sed -n 's/.*Test unit written to //p' "$scratch/log")"
        echo "not ok $number - $3"
    fi
}

fuzz fuzz_broker fuzz/corpus "no input breaks the broker"
fuzz fuzz_journal fuzz/corpus-journal "no journal breaks its replay"
echo "1..$number"
