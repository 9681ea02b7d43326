#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The client library in a program of 32 bits: sizes of the broker are 64 bits, the program's are not.

# shellcheck source=../lib/scratch.sh
source "$(dirname "$0")/../lib/scratch.sh"

compile() {
	(cd "$srcdir" && gcc -m32 -O0 -w -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DHAVE_CONFIG_H \
		-DPRSHMD_PATH='"/missing"' -I"$builddir" -I. -Iinclude -o "$@") >>"$scratch/why" 2>&1
}

printf '#include <errno.h>\nint main(void) { return errno; }\n' >"$scratch/empty.c"
gcc -m32 -o "$scratch/empty" "$scratch/empty.c" 2>/dev/null ||
	skip_all "needs gcc -m32 with its headers (package gcc-multilib)"
[ "$(getconf LONG_BIT)" = 64 ] || skip_all "this is a system of 32 bits"

# shellcheck disable=SC2046 # no path below the tree has a space
compile "$scratch/visit" tests/compatibility/visit.c $(cd "$srcdir" && echo client-lib/*.c wire/*.c) -lpthread
point "the_library_can_be_built_with_32_bits" $?
if ! "$scratch/empty" 2>/dev/null; then
	skip "a_program_of_32_bits_works_with_a_broker_of_64" "the kernel runs no programs of 32 bits"
	skip "what_such_a_program_cannot_map_is_too_big_for_it_and_not_cut" "the kernel runs no programs of 32 bits"
	finish
	exit
fi
start_broker
"$scratch/visit" >>"$scratch/why" 2>&1
point "a_program_of_32_bits_works_with_a_broker_of_64" $?
export LD_LIBRARY_PATH=$builddir/.libs
if "$builddir/.libs/prshmctl" create /big 5G 2>>"$scratch/why"; then
	"$scratch/visit" /big >>"$scratch/why" 2>&1
	point "what_such_a_program_cannot_map_is_too_big_for_it_and_not_cut" $?
else
	skip "what_such_a_program_cannot_map_is_too_big_for_it_and_not_cut" "5 GiB are more than one may have here"
fi
finish
