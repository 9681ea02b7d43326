#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What configure leaves out on request. The client library alone, and a static program of it. A
# build without systemd, without NSPR, and with every check of configure forced to "no": as with an
# old C library. What is wanted and missing is an error, and what is not wanted is not looked for.
# Each is configured and built anew, which takes minutes: `./quickstart test --full` runs this.

set -u
export LC_ALL=C
: "${top_builddir:?}" "${top_srcdir:?}"

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
# shellcheck source=tests/lib/scratch.sh
. "$top_srcdir/tests/lib/scratch.sh"

# built NAME TARGET... -- ARGUMENT...: configured with these arguments below $scratch/NAME, and
# made: one target after the other, as `all` is a make of its own, which would compile the same
# files at the same time.
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

# configure with these arguments, where neither NSPR nor check nor s6 is installed.
configured_without_packages() { # NAME ARGUMENT...
	cat >"$scratch/pkg-config" <<'END' && chmod +x "$scratch/pkg-config"
#!/bin/sh
case " $* " in
*' nspr '* | *' check '*) exit 1 ;;
esac
exec pkg-config "$@"
END
	mkdir "$scratch/$1" && cd "$scratch/$1" && "$top_srcdir/configure" --quiet --cache-file="$scratch/cache" \
		PKG_CONFIG="$scratch/pkg-config" ac_cv_header_s6_fdholder_h=no "${@:2}" 2>&1
}

# The output names the packages of all that is missing, so each of them alone would end configure.
what_is_missing_is_an_error() {
	configured_without_packages missing --with-s6 --with-python="$scratch/no-python" >"$scratch/said" && return 1
	grep -F 'apt-get install check libnspr4-dev libs6-dev skalibs-dev python3-dev' "$scratch/said" || {
		cat "$scratch/said"
		return 1
	}
}

what_is_not_wanted_is_not_looked_for() {
	# $(...) is for make.
	# shellcheck disable=SC2016
	(configured_without_packages unwanted --without-nspr --without-check --without-s6 --without-python &&
		! make -s --no-print-directory --eval 'value: ; @echo $(TESTS)' value | grep -F tests/python/)
}

# The header is looked for, found, and used.
bench_compares_with_s6() {
	(built s6 bench/s6-fdholder.o -- --without-nspr --without-check --with-s6)
}

client_alone() {
	(built client all -- --disable-broker --disable-prshmctl --without-nspr --without-check --enable-static &&
		make -s install) || return
	[ -e "$scratch/root-client/lib/libprshm-client.a" ] && [ ! -e "$scratch/root-client/sbin" ] &&
		[ "$(ls "$scratch/root-client/bin")" = prshm-posix-run ] && [ ! -e "$scratch/root-client/lib/systemd" ]
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

check what_is_missing_is_an_error what_is_missing_is_an_error
check what_is_not_wanted_is_not_looked_for what_is_not_wanted_is_not_looked_for
if echo '#include <s6/fdholder.h>' | cc -E - >/dev/null 2>&1; then
	check the_bench_compares_with_s6 bench_compares_with_s6
else
	skip the_bench_compares_with_s6 "needs s6's library (packages libs6-dev and skalibs-dev)"
fi
check the_client_library_is_built_alone client_alone
check a_static_program_runs static_program_runs
check a_build_with_every_check_forced_to_no_is_made checks_forced_to_no
check such_a_build_needs_neither_systemd_nor_nspr old_build_has_no libsystemd
check such_a_build_runs old_build_runs
check a_child_in_another_directory_is_refused_there old_build_says_what_it_cannot
finish
