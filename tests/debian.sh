#!/bin/bash
# SPDX-License-Identifier: MIT
#
# debian/ agrees with the tree: whoever adds a call or a library finds out here, in a second, and
# not at the end of a package build. That the packages work is what `./quickstart package --test`
# shows.
#
# shellcheck disable=SC2317,SC2329 # functions are arguments of check

set -u
export LC_ALL=C
# shellcheck source=lib/scratch.sh
. "$(dirname "$0")/lib/scratch.sh"
debian=$srcdir/debian

# The symbols that a package promises, without versions.
promised() {
	sed -n 's/^ \([A-Za-z_][A-Za-z0-9_]*\)@.*/\1/p' "$debian/$1.symbols" | grep -v '^PRSHM_' | sort
}

# Exported without being told: see tests/exports.sh.
untold='PR_ProcessAttrSetInheritableFD PR_ProcessAttrSetStdioRedirect'

promises_the_calls() {
	diff <(tr ' ' '\n' <<<"$untold" | sort - "$srcdir/tests/exports.txt") <(promised libprshm-client0)
}

# What the map of libprshm-nspr names, and the calls of prshm-client.h, of which it has the pattern
# only.
promises_the_door() {
	diff <({
		grep -oE '\<PR_[A-Za-z]+\>' "$srcdir/nspr-lib/prshm-nspr.map"
		grep '^prshm_' "$srcdir/tests/exports.txt"
	} | sort) <(promised libprshm-nspr0)
}

promises_the_posix_door() {
	diff <(sed -n 's/^\t\t\([a-z_0-9]*\);$/\1/p' "$srcdir/posix-lib/prshm-posix.map" | sort) \
		<(promised libprshm-posix0)
}

versions_agree() {
	local tree package python
	tree=$(sed -n 's/^AC_INIT(\[prshm\], \[\(.*\)\])$/\1/p' "$srcdir/configure.ac")
	package=$(sed -n '1s/^prshm (\([^-+~)]*\).*/\1/p' "$debian/changelog")
	python=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$srcdir/python/pyproject.toml")
	echo "tree $tree, package $package, Python $python"
	[ -n "$tree" ] && [ "$tree" = "$package" ] && [ "$tree" = "$python" ]
}

# Each package has its list of files, under its name.
packages_are_filled() {
	local package status=0
	while read -r package; do
		[ -e "$debian/$package.install" ] || [ -e "$debian/$package.docs" ] || {
			echo "$package: no list of files"
			status=1
		}
	done < <(sed -n 's/^Package: //p' "$debian/control")
	return $status
}

tests_are_there() {
	local name status=0
	for name in $(sed -n 's/^Tests: //p' "$debian/tests/control" | tr , ' '); do
		[ -x "$debian/tests/$name" ] || {
			echo "debian/tests/$name is no program"
			status=1
		}
	done
	return $status
}

# A stop of both frees all: prshmd(8), "For packagers".
halves_are_restarted_one_by_one() {
	! grep -hE '(restart|stop).*prshmd?[.-].*prshm-keeper|(restart|stop).*prshm-keeper.*prshmd' \
		"$debian"/prshm.{postinst,prerm,postrm}
}

check the_symbols_of_libprshm_client0_are_those_of_exports_txt promises_the_calls
check the_symbols_of_libprshm_nspr0_are_those_of_its_map promises_the_door
check the_symbols_of_libprshm_posix0_are_those_of_its_map promises_the_posix_door
check changelog_configure_and_python_tell_one_version versions_agree
check each_package_has_a_list_of_files packages_are_filled
check each_autopkgtest_is_a_program tests_are_there
check no_script_stops_broker_and_keeper_in_one_command halves_are_restarted_one_by_one
finish
