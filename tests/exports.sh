#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What libprshm-client gives to programs: exactly the calls of exports.txt, each declared in an
# installed header, and nothing in the library that its users would have to pay for.

set -u
export LC_ALL=C

# shellcheck source=lib/scratch.sh
source "$(dirname "$0")/lib/scratch.sh"
library=$builddir/.libs/libprshm-client.so
read -r -a compiler <<<"${CC:-cc}"

# Defined and visible to other objects, without versions and the version's own symbol.
exported() {
	nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort
}

# A program that includes every header, and nothing else.
including_all() {
	local header
	for header in "$srcdir"/include/*.h; do
		echo "#include <${header##*/}>"
	done
}

# Functions, not macros: after the preprocessor. Without blanks, so that a line's end does not
# count.
declared() {
	including_all >"$scratch/all.c"
	"${compiler[@]}" -E -P -I"$srcdir/include" "$scratch/all.c" | tr -s ' \n\t' ' ' |
		sed 's/\btypedef [^;{]*;//g' | # of functions that programs give, too
		grep -oE '\b(PR|prshm)_[A-Za-z0-9_]+ ?\(' | tr -d ' (' | sort -u
}

# Taking an address needs a declaration, and is no call with guessed arguments.
takes_all_addresses() {
	including_all
	echo "#include <stdio.h>"
	echo "int main(void) {"
	sed 's/.*/	printf("%p\\n", (void *)\&&);/' "$srcdir/tests/exports.txt"
	echo "	return 0; }"
}

[ -e "$library" ] || skip_all "no $library: configured with --disable-shared"

# No header has these two: they are there to keep libnspr4 from structs that it did not make.
undeclared='PR_ProcessAttrSetInheritableFD PR_ProcessAttrSetStdioRedirect'

exported >"$scratch/exported"
tr ' ' '\n' <<<"$undeclared" | sort - "$srcdir/tests/exports.txt" | diff - "$scratch/exported" >"$scratch/why"
point "the library exports what exports.txt lists, and nothing else" $?

grep -vE '^(PR|prshm)_[A-Za-z0-9_]+$' "$srcdir/tests/exports.txt" >"$scratch/why"
point "every export is a PR_ or a prshm_ call" $((! $?))

nm -D --defined-only --with-symbol-versions "$library" 2>&1 |
	grep -vE '@@PRSHM_[0-9]+$| A PRSHM_[0-9]+(@|$)' >"$scratch/why"
point "every export has a version" $((! $?))

declared >"$scratch/declared"
diff "$srcdir/tests/exports.txt" "$scratch/declared" >"$scratch/why"
point "the headers declare what is exported, and nothing else" $?

takes_all_addresses >"$scratch/program.c"
"${compiler[@]}" -Wall -Werror -I"$srcdir/include" -c -o "$scratch/program.o" \
	"$scratch/program.c" 2>"$scratch/why"
point "a program may take the address of every export" $?

readelf -dW "$library" >"$scratch/dynamic"
cp "$scratch/dynamic" "$scratch/why"
grep -q 'SONAME.*\[libprshm-client\.so\.0\]' "$scratch/dynamic"
point "the soname is libprshm-client.so.0" $?

grep -E 'TEXTREL|RPATH|RUNPATH' "$scratch/dynamic" >"$scratch/why"
point "the library has no text relocations and no search path" $((! $?))

readelf -lW "$library" | grep GNU_STACK >"$scratch/why"
! grep -q 'E  *0x' "$scratch/why"
point "the library needs no executable stack" $?

# clang says more than gcc of what C89 does not have.
including_all >"$scratch/all.c"
: >"$scratch/why"
for pedant in "${compiler[0]}" clang; do
	command -v "$pedant" >/dev/null || continue
	"${compiler[@]/#"${compiler[0]}"/$pedant}" -std=c89 -pedantic -Wall -Wextra -Werror \
		-I"$srcdir/include" -fsyntax-only "$scratch/all.c" 2>>"$scratch/why"
done
[ ! -s "$scratch/why" ]
point "the headers are C89" $?

finish
