#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The client library in a program of 32 bits: sizes of the broker are 64 bits, the program's are
# not.

# shellcheck source=../lib/scratch.sh
source "$(dirname "$0")/../lib/scratch.sh"

# Of libbsd only headers are used, which are the same for all machines.
compile() {
	(cd "$srcdir" && i686-linux-gnu-gcc -static -O0 -w -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
		-DHAVE_CONFIG_H -DPRSHMD_PATH='"/missing"' -I"$builddir" -I. -Iinclude -I"$scratch/include" \
		-o "$@") >>"$scratch/why" 2>&1
}

# visit [NAME]: the program, on a kernel that runs none of 32 bits by qemu.
visit() {
	"${by[@]}" "$scratch/visit" "$@" >>"$scratch/why" 2>&1
}

command -v i686-linux-gnu-gcc >/dev/null || skip_all "needs i686-linux-gnu-gcc (package gcc-i686-linux-gnu)"
mkdir "$scratch/include"
ln -s /usr/include/bsd "$scratch/include/bsd"
# shellcheck disable=SC2046 # no path below the tree has a space
compile "$scratch/visit" tests/compatibility/visit.c $(cd "$srcdir" && echo client-lib/*.c wire/*.c) -lpthread
point "the_library_can_be_built_with_32_bits" $?
printf 'int main(void) { return 0; }\n' >"$scratch/empty.c"
compile "$scratch/empty" "$scratch/empty.c"
by=()
if ! "$scratch/empty" 2>/dev/null; then
	command -v qemu-i386-static >/dev/null ||
		skip_all "needs qemu-i386-static (package qemu-user-static): the kernel runs no programs of 32 bits"
	by=(qemu-i386-static)
fi
start_broker
visit
point "a_program_of_32_bits_works_with_a_broker_of_64" $?
export LD_LIBRARY_PATH=$builddir/.libs
if "$builddir/.libs/prshmctl" create /big 5G 2>>"$scratch/why"; then
	visit /big
	point "what_such_a_program_cannot_map_is_too_big_for_it_and_not_cut" $?
else
	skip "what_such_a_program_cannot_map_is_too_big_for_it_and_not_cut" "5 GiB are more than one may have here"
fi
finish
