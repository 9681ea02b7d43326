#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Another C library. The client library and its examples are built with musl-gcc, and run against
# this build's broker: the table of NSPR's calls, a broker that the library starts, and anonymous
# memory. With PRSHM_TEST_LONG=1 the broker's own files compile, too, also without libsystemd.

set -u
export LC_ALL=C
: "${top_builddir:?}" "${top_srcdir:?}"

# shellcheck source=tests/lib/scratch.sh
. "$top_srcdir/tests/lib/scratch.sh"

command -v musl-gcc >/dev/null || skip_all "needs musl-gcc"
mkdir "$scratch"/{include,lib,wire,bin} || exit 99

# The system's directories are for its own C library. These are of the kernel, or all macros, or of
# libraries that a broker for musl would have.
for header in bsd linux asm-generic event2 ini.h; do
	[ -e "/usr/include/$header" ] || skip_all "needs /usr/include/$header"
	ln -s "/usr/include/$header" "$scratch/include/$header"
done
ln -s "/usr/include/$(gcc -print-multiarch)/asm" "$scratch/include/asm"

library_starts "$top_builddir/prshmd"
flags=(-std=gnu17 -Wall -Wextra -Werror -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DPRSHMD_PATH='"/nowhere"'
	-DPRSHMD_CONFIG='"/nowhere"' -I"$scratch/include" -I"$top_builddir" -I"$top_srcdir" -I"$top_srcdir/include")

# compile_each OPTION... -- FILE...: two at a time; objects go to the working directory.
compile_each() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	printf '%s\0' "$@" | xargs -0 -n 8 -P 2 musl-gcc "${flags[@]}" "${options[@]}"
}

# Both folders have a name.c.
optimization=-O0
[ -z "${PRSHM_TEST_LONG-}" ] || optimization=-O1
library_is_built() {
	(cd "$scratch/lib" && compile_each $optimization -c -- "$top_srcdir"/client-lib/*.c) &&
		(cd "$scratch/wire" && compile_each $optimization -c -- "$top_srcdir"/wire/*.c) &&
		ar rcs "$scratch/libprshm-client.a" "$scratch"/{lib,wire}/*.o
}

# program NAME FILE...
program() {
	local name=$1
	shift
	musl-gcc "${flags[@]}" -static -o "$scratch/bin/$name" "$@" "$scratch/libprshm-client.a"
}

programs_are_built() {
	local name
	program table -I"$top_srcdir/tests/nspr" "$top_srcdir"/tests/nspr/table-*.c || return
	for name in word-count anon-inherit-parent anon-inherit-child anon-string-parent anon-string-child; do
		program "$name" "$top_srcdir/examples/$name.c" || return
	done
}

brokers_files_compile() {
	compile_each -fsyntax-only -- "$top_srcdir"/{base,daemon,daemon/core,keeper}/*.c
}

counts_words() {
	timeout 600 "$scratch/bin/word-count" /etc/passwd && [ -S "$XDG_RUNTIME_DIR/prshm/broker.sock" ]
}

exchanges() {
	[ "$(timeout 600 "$scratch/bin/anon-$1-parent" "$scratch/bin/anon-$1-child")" = \
		$'the parent wrote: a question\nthe child wrote: an answer' ]
}

rows_agree() {
	TABLE_PRSHM=$scratch/bin/table TABLE_NSPR=/nowhere PRSHMD=$top_builddir/prshmd \
		timeout 600 sh "$top_srcdir/tests/nspr/compare.sh" >"$scratch/rows"
	grep '^not ok' "$scratch/rows" && return 1
	[ "$(grep -c '^ok' "$scratch/rows")" -gt 50 ]
}

check the_client_library_is_built_with_musl library_is_built
check programs_are_linked_statically programs_are_built
[ -z "${PRSHM_TEST_LONG-}" ] ||
	check the_files_of_the_broker_compile_with_musl brokers_files_compile
check a_broker_is_started_and_words_are_counted counts_words
check an_inherited_map_reaches_the_child exchanges inherit
check an_exported_map_reaches_the_child exchanges string
check the_rows_of_the_table_are_those_of_nspr rows_agree
finish
