#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What the fake kernel gains: each corpus as many times over on the real kernel and on the fake one,
# in turn, and how many inputs a second of processor time that makes. Environment: top_srcdir. To be
# run in the build directory (`make fuzz-speed`); a directory given as $1 has the targets that are
# compared (another build).

set -u

srcdir=${top_srcdir:-.}

# speed TARGET CORPUS
speed() {
    inputs=$(find "$srcdir/fuzz/$2" -type f | wc -l)
    for times in 1 50; do
        TIMEFORMAT='%U %S' bash -c 'time "$@" >/dev/null 2>&1' bash \
            "$1" -runs="$times" "$srcdir"/fuzz/"$2"/* 2>&1 | tail -n 1
    done | awk -v target="$1" -v inputs="$inputs" '
        { seconds[NR] = $1 + $2 }
        END { printf "%-40s %8.0f inputs a second\n", target, 49 * inputs / (seconds[2] - seconds[1]) }'
}

for directory in "${1:-fuzz}" fuzz; do
    speed "$directory/fuzz_broker_real" corpus
    speed "$directory/fuzz_broker" corpus
    speed "$directory/fuzz_journal_real" corpus-journal
    speed "$directory/fuzz_journal" corpus-journal
    [ "$directory" != fuzz ] || break
done
