#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Shape, as far as a machine can see it: no function over 60 lines, no .c file over 400, no header
# over 100, and the licence in the first lines of each source. Each rule is first shown to find a
# breach, in a tree made for that.

set -u
export LC_ALL=C

srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
number=0

scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-style.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT

product="wire base daemon keeper client-lib ctl examples"
parts="$product include bench fuzz tests systemd"

# Longer headers, and why: they are lists, and to cut a list in two helps nobody.
#   wire/wire.h           every number and struct of the protocol, in one place
#   daemon/core/records.h      every record of the journal, likewise
#   include/prtypes.h     NSPR's types, all of which its programs expect from this one header
#   include/pr*.h         the contracts of the calls, told in full
#   tests/nspr/table.h    the words that every row of the differential table is written in
long_headers="wire/wire.h daemon/core/records.h include/prtypes.h include/prshm.h include/prshma.h include/prshm-client.h
include/prerror.h include/prproces.h tests/nspr/table.h"

# point NAME: one line of TAP; it fails if $scratch/why has something to say.
point() {
    number=$((number + 1))
    if [ -s "$scratch/why" ]; then
        echo "not ok $number - $1"
        sed 's/^/# /' "$scratch/why"
    else
        echo "ok $number - $1"
    fi
}

# sources TREE PARTS PATTERN...: files below the parts that match, relative to the tree.
sources() {
    local tree=$1 directories=$2 part
    shift 2
    for part in $directories; do
        [ -d "$tree/$part" ] && (cd "$tree" && find "$part" -type f \( "$@" \))
    done | sort
}

# Each rule prints the breaches it finds in the tree $1. A function's body opens and closes in the
# first column, and nothing else does.
no_function_has_more_than_60_lines() {
    local file
    sources "$1" "$product" -name '*.[ch]' | while read -r file; do
        awk -v file="$file" '
            /^[a-zA-Z_].*\(/ { head = $0 }
            /^{$/ { begin = NR }
            /^}$/ && begin {
                if (NR - begin + 1 > 60)
                    printf "%s:%d: %d lines: %s\n", file, begin, NR - begin + 1, head
                begin = 0
            }' "$1/$file"
    done
}

# longer_than LINES TREE PARTS PATTERN...
longer_than() {
    local most=$1 tree=$2 file lines
    shift
    sources "$@" | while read -r file; do
        lines=$(wc -l <"$tree/$file")
        [ "$lines" -gt "$most" ] && echo "$file: $lines lines"
    done
}

no_source_has_more_than_400_lines() {
    longer_than 400 "$1" "$parts" -name '*.c'
}

no_header_has_more_than_100_lines_without_a_reason() {
    local file rest
    longer_than 100 "$1" "$parts" -name '*.h' | while IFS=: read -r file rest; do
        grep -qw -- "$file" <<<"$long_headers" || echo "$file:$rest"
    done
}

# The first line, or the second one of what begins with #!.
every_source_names_its_licence_first() {
    local file
    {
        sources "$1" "$parts" -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.awk'
        (cd "$1" && ls Makefile.am configure.ac quickstart 2>/dev/null)
    } | while read -r file; do
        head -n 2 "$1/$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"
    done
}

# check_rule RULE FILE LINES: FILE of so many empty lines in a function is found, and the real tree
# has none.
check_rule() {
    local rule=$1 file=$2 lines=$3 tree=$scratch/tree
    mkdir -p "$tree/$(dirname "$file")"
    {
        printf 'int main(void)\n{\n'
        yes '' | head -n "$lines"
        printf '}\n'
    } >"$tree/$file"
    if [ -n "$($rule "$tree")" ]; then
        "$rule" "$srcdir" >"$scratch/why"
    else
        echo "the rule does not find $lines lines in $file" >"$scratch/why"
    fi
    rm -r "$tree"
    point "${rule//_/ } (a breach in $file is found)"
}

check_rule no_function_has_more_than_60_lines daemon/main.c 59
check_rule no_source_has_more_than_400_lines tests/core/test_it.c 398
check_rule no_header_has_more_than_100_lines_without_a_reason wire/other.h 98
check_rule every_source_names_its_licence_first bench/run.sh 1

# An exception that no file needs any longer is one that the next file slips through.
for header in $long_headers; do
    [ "$(wc -l <"$srcdir/$header")" -gt 100 ] || echo "$header is not that long"
done >"$scratch/why"
point "every header that may be long is"

echo "1..$number"
