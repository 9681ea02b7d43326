#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fuzzes for FUZZ_SECONDS (60), which the targets of fuzz/targets share, each from its corpus. The
# path of an input that breaks a target is printed; inputs that only reach something new are thrown
# away. fuzz/long.sh keeps those.
#
# Environment: top_srcdir, top_builddir, FUZZ_SECONDS. Needs configure --enable-fuzzing.

set -u

srcdir=${top_srcdir:-.}
builddir=${top_builddir:-.}
seconds=$((${FUZZ_SECONDS:-60} / $(grep -c . "$srcdir/fuzz/targets")))
number=0

scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-fuzz.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
trap 'exit 99' HUP INT TERM

# fuzz TARGET CORPUS NAME: a point of TAP.
fuzz() {
    number=$((number + 1))
    mkdir "$scratch/$1"
    "$builddir/fuzz/$1" -max_total_time="$seconds" -timeout=20 -max_len=1024 -print_final_stats=1 \
        -artifact_prefix="$builddir/fuzz/" "$scratch/$1" "$srcdir/fuzz/$2" >"$scratch/log" 2>&1
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

while read -r target corpus name; do
    fuzz "$target" "$corpus" "$name"
done <"$srcdir/fuzz/targets"
echo "1..$number"
