#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Which lines of the core no input reaches: plays the corpora, and what fuzz/long.sh has found, with
# a core that counts. Prints each file's share, and the lines that were not run, in groups of those
# that follow each other:
#
#	FILE:FIRST-LAST	the first of them
#
# Environment: top_srcdir. To be run in the build directory (`make fuzz-coverage`), of any compiler;
# needs gcc. fuzz/coverage/ is a build of its own, and all is left there.

set -eu

srcdir=$(cd "${top_srcdir:-.}" && pwd)
found=$PWD/fuzz/found
mkdir -p fuzz/coverage
cd fuzz/coverage
[ -e Makefile ] || "$srcdir/configure" --quiet CC=gcc CFLAGS='-O0 -g --coverage'
make -s fuzz/replay_broker fuzz/replay_journal fuzz/replay_takeover fuzz/replay_posix
find . -name '*.gcda' -exec rm {} +

# play TARGET FOUND...: the tree's corpus, and then what was found by these
play() {
    target=$1
    shift
    top_srcdir=$srcdir "fuzz/replay_$target" >/dev/null
    for from; do
        [ ! -d "$found/$from" ] ||
            find "$found/$from" -type f -exec "fuzz/replay_$target" {} + >/dev/null
    done
}
play broker fuzz_broker fuzz_broker_real
play journal fuzz_journal
play takeover fuzz_takeover
play posix fuzz_posix

gcov --stdout "daemon/core/"*.gcda 2>/dev/null | awk -F: '
    function tell(    place) {
        place = file ":" first "-" last
        if (first && !told[place]++)  # a macro of functions is there once for each of them
            print place "\t" text
        first = 0
    }
    { count = $1; gsub(/ /, "", count); line = $2 + 0 }
    line == 0 && $3 == "Source" { tell(); file = $4; sub(/^.*\/daemon\/core\//, "", file); next }
    count == "-" { next }
    { lines[file]++ }
    count !~ /^[#=]/ { tell(); run[file]++; next }
    !first { first = line; text = $0; sub(/^[^:]*:[^:]*:[ \t]*/, "", text) }
    { last = line }
    END {
        tell()
        for (file in lines)
            if (file ~ /\.c$/) {
                printf "%-28s %5d of %5d lines\n", file, run[file], lines[file] | "sort"
                all += lines[file]
                done += run[file]
            }
        close("sort")
        printf "all %d of %d lines\n", done, all
    }'
