#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What configure leaves out on request. The client library alone, and a static program of it. A build
# without systemd, without NSPR, and with every check of configure forced to "no": as with an old C library.
# Each is configured and built anew, which takes minutes: `./quickstart test --full` runs this.

set -u
export LC_ALL=C
: "${top_builddir:?}" "${top_srcdir:?}"

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
# shellcheck source=tests/lib/scratch.sh
. "$top_srcdir/tests/lib/scratch.sh"

# built NAME TARGET... -- ARGUMENT...: configured with these arguments below $scratch/NAME, and made: one target
# after the other, as `all` is a make of its own, which would compile the same files at the same time.
built() {
	local name=$1 targets=() target
	shift
	while [ "$1" != -- ]; do
		targets+=("$1")
		shift
	done
	shift
	mkdir "$scratch/$name" && cd "$scratch/$name" &&
		"$top_srcdir/configure" --quiet --prefix="$scratch/root-$name" CFLAGS='-O1 -Werror' "$@" &&
		for target in "${targets[@]}"; do make -s -j2 "$target" || return; done
}

client_alone() {
	(built client all -- --disable-broker --disable-prshmctl --without-nspr --without-check --enable-static &&
		make -s install) || return
	[ -e "$scratch/root-client/lib/libprshm-client.a" ] && [ ! -e "$scratch/root-client/sbin" ] &&
		[ ! -e "$scratch/root-client/bin" ] && [ ! -e "$scratch/root-client/lib/systemd" ]
}

static_program_runs() {
	local flags
	read -r -a flags <<<"$(PKG_CONFIG_PATH=$scratch/root-client/lib/pkgconfig \
		pkg-config --static --cflags --libs prshm-client)"
	cc -static -D_GNU_SOURCE -o "$scratch/static" "$top_srcdir/examples/word-count.c" "${flags[@]}" || return
	library_starts "$top_builddir/prshmd"
	timeout 600 "$scratch/static" /etc/passwd
}

checks_forced_to_no() {
	(built old all tests/anon/test_process tests/client/test_named -- --without-systemd --without-nspr \
		ac_cv_func_posix_spawn_file_actions_addchdir_np=no)
}

old_build_has_no() { # WORD...
	local word
	for word; do
		! readelf -d "$scratch/old/prshmd" | grep -F "$word" || return 1
	done
	[ ! -e "$scratch/old/.libs/libprshm-nspr.so" ]
}

old_build_runs() {
	library_starts "$scratch/old/prshmd"
	timeout 600 "$scratch/old/examples/word-count" /etc/passwd &&
		(cd "$scratch/old" && top_builddir=$scratch/old tests/client/test_named)
}

old_build_says_what_it_cannot() {
	(cd "$scratch/old" && top_builddir=$scratch/old tests/anon/test_process)
}

check the_client_library_is_built_alone client_alone
check a_static_program_runs static_program_runs
check a_build_with_every_check_forced_to_no_is_made checks_forced_to_no
check such_a_build_needs_neither_systemd_nor_nspr old_build_has_no libsystemd
check such_a_build_runs old_build_runs
check a_child_in_another_directory_is_refused_there old_build_says_what_it_cannot
finish
