#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Each library of ours before libnspr4 in one program: objects go to the library that made them, and
# programs that stay with libnspr4 have the calls of prshm-client.h.

set -u
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

read -r -d '' objects <<'END'
create: ok
map: ok
export: ok
import: ok
close the import: ok
set inheritable: -5992
close: ok
anonymous: ok
close anonymous: ok
END

read -r -d '' rest <<'END'
process: ok
child says: into the pipe
name: BOTH_FIRST_ERROR
text: an error of a table
native open: ok
close: ok
END

# compiles LANGUAGE STANDARD PART PART DIRECTORY DIRECTORY: a source that has the two parts.
compiles() {
	cat "$scratch/$3" "$scratch/$4" >"$scratch/source"
	# shellcheck disable=SC2086 # a compiler and its options
	${CC:-cc} -x "$1" -std="$2" -Wall -Wextra -Werror -fsyntax-only -I"$5" -I"$6" "$scratch/source"
}

# NSPR's headers and ours, in either order, whichever directory is searched first.
headers_compile() {
	local ours theirs
	ours=$(realpath "$srcdir/include")
	theirs=$(pkg-config --variable=includedir nspr)
	echo '#include <prshm-client.h>' >"$scratch/ours"
	find "$theirs" -maxdepth 1 -name '*.h' ! -name 'pripcsem.h' -printf '#include <%f>\n' >"$scratch/theirs"
	echo "#include \"$theirs/nspr.h\"" >"$scratch/nspr"
	while read -r language standard; do
		compiles "$language" "$standard" ours theirs "$theirs" "$ours" &&
			compiles "$language" "$standard" theirs ours "$theirs" "$ours" &&
			compiles "$language" "$standard" ours nspr "$ours" "$theirs" &&
			compiles "$language" "$standard" nspr ours "$ours" "$theirs" &&
			echo "$language $standard: ok"
	done <<<$'c c89\nc c17\nc++ c++20'
}

start_broker
expect "before_libnspr4_libprshm_client_hands_its_objects_on" "$objects
set inheritable descriptor: -5992
$rest" "$programs/both-client" "$scratch/file"
expect "libprshm_nspr_has_the_calls_of_prshm_client_too" "$objects
set inheritable descriptor: ok
$rest" "$programs/both-nspr" "$scratch/another-file"
expect "the_headers_of_both_compile_together_in_either_order" "c c89: ok
c c17: ok
c++ c++20: ok" headers_compile
finish
