#!/bin/sh
# SPDX-License-Identifier: MIT
#
#	long.sh HOURS
#
# Fuzzes for that long; the targets of fuzz/targets take turns of at most ten minutes. In the build
# directory:
#
#	fuzz/found/TARGET	the inputs that reached something new; the next run goes on from there
#	fuzz/executions		a line a turn: the target, inputs, seconds, and how many of them broke it
#	fuzz/broken/		each input that broke a target
#
# At the end each corpus is made small once more: fuzz/minimised/CORPUS is to take the place of the
# tree's. Environment: top_srcdir. To be run in the build directory (`make fuzz-long HOURS=n`).

set -u

srcdir=${top_srcdir:-.}
total=$(awk -v hours="$1" 'BEGIN { printf "%d", hours * 3600 }')
targets=$(grep -c . "$srcdir/fuzz/targets")
turn=$((total / targets < 600 ? total / targets : 600))
end=$(($(date +%s) + total))

# fuzz TARGET CORPUS. -entropic=0: to count how often each feature was seen takes longer than to play
# an input.
fuzz() {
    mkdir -p "fuzz/found/$1" fuzz/broken
    "fuzz/$1" -max_total_time="$turn" -timeout=20 -max_len=1024 -print_final_stats=1 -use_value_profile=1 \
        -entropic=0 -artifact_prefix=fuzz/broken/ "fuzz/found/$1" "$srcdir/fuzz/$2" >"fuzz/$1.out" 2>&1 || broke=1
    awk -v target="$1" -v seconds="$turn" -v broke="$broke" '
        /^stat::number_of_executed_units:/ { count = $2 }
        END { print target, count + 0, seconds, broke }' "fuzz/$1.out" | tee -a fuzz/executions
}

# minimise CORPUS: with all that any target with that corpus has found.
minimise() {
    rm -rf "fuzz/minimised/$1"
    mkdir -p "fuzz/minimised/$1"
    while read -r target corpus _; do
        [ "$corpus" != "$1" ] || "fuzz/$target" -set_cover_merge=1 -use_counters=0 -max_len=1024 \
            "fuzz/minimised/$1" "$srcdir/fuzz/$1" "fuzz/found/$target" >"fuzz/$target.out" 2>&1
    done <"$srcdir/fuzz/targets"
}

while [ "$(date +%s)" -lt "$end" ]; do
    while read -r target corpus _; do
        broke=0
        [ "$(date +%s)" -ge "$end" ] || fuzz "$target" "$corpus"
    done <"$srcdir/fuzz/targets"
done
cut -d ' ' -f 2 "$srcdir/fuzz/targets" | sort -u | while read -r corpus; do
    minimise "$corpus"
done
awk '{ count[$1] += $2; broken += $4 } END { for (t in count) print t, count[t]; print "broken", broken }' \
    fuzz/executions
