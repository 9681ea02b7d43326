#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Shape, as far as a machine can see it, in one pass over all sources: the length of functions, of
# files and of lines, and the licence. Each rule is first shown to find a breach, in a tree made for
# that.

set -u
export LC_ALL=C

# shellcheck source=lib/scratch.sh
source "$(dirname "$0")/lib/scratch.sh"

product="wire base daemon keeper client-lib nspr-lib posix-lib ctl python examples"
parts="$product include bench fuzz tests systemd completions debian doc man"
single_files="Makefile.am configure.ac quickstart .ci/run .clang-format .editorconfig .gitignore
CONTRIBUTING.md README.md SECURITY.md"

# Longer headers, and why: they are lists, and to cut a list in two helps nobody.
#   wire/wire.h            every number and struct of the protocol, in one place
#   daemon/core/records.h  every record of the journal, likewise
#   include/prtypes.h      NSPR's types, all of which its programs expect from this one header
#   include/pr*.h          the contracts of the calls, told in full
#   posix-lib/next.h       every call that libprshm-posix takes over, likewise
#   tests/nspr/table.h     the words that every row of the differential table is written in
#   tests/core/words.h     likewise, of the broker's tables
long_headers="wire/wire.h daemon/core/records.h include/prtypes.h include/prshm.h include/prshma.h
include/prshm-client.h include/prerror.h include/prproces.h posix-lib/next.h tests/nspr/table.h
tests/core/words.h"

# As .clang-format has it, for all but what is no code, and shell scripts, of which quickstart alone
# is so.
widest=100

# judge NAME: a point, which fails if $scratch/why has something to say.
judge() {
    [ ! -s "$scratch/why" ]
    point "$1" $?
}

# sources: those below the working directory. What a build in the source tree stages is none.
sources() {
    local folders=() file
    for file in $parts; do
        [ -e "$file" ] && folders+=("$file")
    done
    find "${folders[@]}" \( -path tests/systemd/stage -o -path debian/tmp -o -path debian/build \
        -o -path 'debian/*prshm*' -type d \) -prune -o -type f \( -name '*.[ch]' \
        -o -name '*.sh' -o -name '*.py' -o -name '*.pyi' -o -name '*.awk' -o -name '*.am' \
        -o -name '*.md' -o -name '*.in' -o -name '*.map' -o -name '*.socket' -o -name '*.service' \
        -o -name '*.timer' -o -name '*.conf' -o -name '*.preset' -o -name '*.sample' \
        -o -name '*.supp' -o -name '*.[1-9]' -o -name '*.install' -o -name '*.docs' \
        -o -name '*.symbols' -o -name '*.p??*inst' -o -name '*.p??*rm' -o -name control \
        -o -name .shellcheckrc -o -path debian/rules -o -path bench/report \) -print
    for file in $single_files; do
        [ ! -e "$file" ] || echo "$file"
    done
}

# breaches TREE: a line "RULE FILE..." for each. A function's body opens and closes in the first
# column, and nothing else does.
breaches() {
    local files
    mapfile -t files < <(cd "$1" && sources)
    (cd "$1" && awk -v product="$product" -v long_headers="$long_headers" -v widest="$widest" '
        function end_file() {
            if (!licensed)
                print "licence", file
            if (file ~ /\.c$/ && lines > 400)
                print "source", file ": " lines " lines"
            if (file ~ /\.h$/ && lines > 100 && !(file in may_be_long))
                print "header", file ": " lines " lines"
            if (file in may_be_long && lines <= 100)
                print "exception", file ": " lines " lines"
        }
        function width(line,    parts, count, i, columns) {
            gsub(/[\200-\277]/, "", line) # bytes of UTF-8 that continue a character
            count = split(line, parts, "\t")
            for (i = 1; i < count; i++) {
                columns += length(parts[i])
                columns += 8 - columns % 8
            }
            return columns + length(parts[count])
        }
        BEGIN {
            split(product, names)
            for (i in names)
                is_product[names[i]]
            split(long_headers, names)
            for (i in names)
                may_be_long[names[i]]
        }
        FNR == 1 {
            if (file)
                end_file()
            file = FILENAME
            licensed = begin = 0
            folder = file
            sub(/\/.*/, "", folder)
            measured = file ~ /\.(c|h|ac|am|awk|py|pyi)$|^(bench\/report|quickstart)$/
            in_function = file ~ /\.[ch]$/ && folder in is_product
        }
        { lines = FNR }
        FNR <= 2 && /SPDX-License-Identifier: MIT/ { licensed = 1 }
        # A tab has 8 columns at most; an address cannot be broken.
        measured && (length($0) > widest ||
                (/\t/ && length($0) + 7 * (split($0, tabs, "\t") - 1) > widest)) {
            if (width($0) > widest && !/https?:\/\//)
                print "width", file ":" FNR ": " width($0) " columns"
        }
        in_function && /^[a-zA-Z_].*\(/ { head = $0 }
        in_function && /^{$/ { begin = FNR }
        in_function && /^}$/ && begin {
            if (FNR - begin + 1 > 60)
                print "function", file ":" begin ": " FNR - begin + 1 " lines: " head
            begin = 0
        }
        END { end_file() }' "${files[@]}")
}

# A tree with one breach of each rule.
tree=$scratch/tree
mkdir -p "$tree"/{daemon,tests/core,wire,bench,ctl}
licence='/* SPDX-License-Identifier: MIT */'
{ printf '%s\nint main(void)\n{\n' "$licence"; yes '' | head -n 59; echo '}'; } \
    >"$tree/daemon/main.c"
{ echo "$licence"; yes '' | head -n 400; } >"$tree/tests/core/test_it.c"
{ echo "$licence"; yes '' | head -n 100; } >"$tree/wire/other.h"
printf '%s\n' "$licence" >"$tree/wire/wire.h"
printf '\n\n%s\n' "$licence" >"$tree/bench/run.sh"
{ echo "$licence"; printf '\t/* %082d äöü */\n\t/* %083d äöü */\n' 0 0; } >"$tree/ctl/list.c"

breaches "$tree" >"$scratch/made"
breaches "$srcdir" >"$scratch/found"

# check_rule RULE BREACH NAME: it is found in the tree made for that, once, and not in the real one.
check_rule() {
    if [ "$(grep -c "^$1 " "$scratch/made")" -eq 1 ] && grep -q "^$1 $2" "$scratch/made"; then
        sed -n "s/^$1 //p" "$scratch/found" >"$scratch/why"
    else
        echo "the rule does not find the breach in $2, or finds more" >"$scratch/why"
    fi
    judge "$3"
}

check_rule function daemon/main.c:3: "no function has more than 60 lines"
check_rule source tests/core/test_it.c: "no source has more than 400 lines"
check_rule header wire/other.h: "no header has more than 100 lines without a reason"
check_rule exception wire/wire.h: "every header that may be long is"
check_rule licence bench/run.sh "every source names its licence first"
check_rule width ctl/list.c:3: \
    "no line of C, Python, awk, quickstart, configure.ac or a makefile has more than 100 columns"
finish
