#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What `make install` gives, which make check calls before this test runs: a program needs nothing
# but pkg-config to be built with it, in C and in C++, and each file is where those who look for it
# will look, without a trace of this build tree.

set -u
export LC_ALL=C

# shellcheck source=lib/scratch.sh
source "$(dirname "$0")/lib/scratch.sh"
root=$builddir/tests/systemd/stage
read -r -a compiler <<<"${CC:-cc}"

# The make that runs this test is none of the other make's business, nor is the program's broker.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES DESTDIR PRSHM_SOCKET PRSHM_DAEMON
export PRSHM_AUTOSTART=0

[ -d "$root" ] || skip_all "needs make check, which installs into $root"

# variable NAME: the value that this build's makefile gives to it.
variable() {
	sed -n "s/^value $1 //p" "$scratch/values"
}

# is_installed MODE FILE...: each is there, with that mode.
is_installed() {
	local mode=$1
	shift
	! stat -c '%a %n' "${@/#/$root}" 2>&1 | grep -v "^$mode /" >>"$scratch/why"
}

installed_headers() {
	local header
	for header in "$srcdir"/include/*.h; do
		echo "$includedir/prshm/${header##*/}"
	done
}

source_pages() {
	find "$srcdir/man" -name '*.[1-9]' 2>/dev/null
}

pages_are_installed() {
	local page name names pages=() wanted=()
	while read -r page; do
		pages+=("$mandir/man${page##*.}/${page##*/}")
	done < <(source_pages)
	while read -r page names; do
		for name in $names; do
			pages+=("$mandir/man3/$name.3")
			wanted+=("$root$mandir/man3/$name.3:.so man3/$page.3")
		done
	done < <(sed '/^#/d; s/://' "$srcdir/man/aliases")
	is_installed 644 "${pages[@]}" &&
		diff <(printf '%s\n' "${wanted[@]}" | sort) <(grep -r '^\.so ' "$root$mandir/man3" | sort) \
			>>"$scratch/why"
}

# The paths of the build may stand in what debuggers read, and nowhere else. distcheck's prefix lies
# below the source tree, and is no trace. A library's directory, below an unusual prefix, is what
# libtool sees to.
has_no_trace() {
	local file traces=(-e "$builddir" -e "$srcdir" -e "$scratch" -e '@sbindir@')
	files_that_tell_paths >"$scratch/files"
	xargs -0 grep -L -I '' <"$scratch/files" | while read -r file; do
		readelf -d "$file" | grep -E 'RPATH|RUNPATH' | grep -vF "[$libdir]" | sed "s|^|${file#"$root"}: |"
	done >>"$scratch/why"
	xargs -0 grep -H -I -F "${traces[@]}" <"$scratch/files" | sed "s|^$root||; s|$prefix||g" |
		grep -F "${traces[@]}" >>"$scratch/why"
	[ ! -s "$scratch/why" ]
}

# Not what only the units' tests need.
files_that_tell_paths() {
	find "$root" -path "$root/opt/prshm-tests" -prune -o -type f \( -name '*.pc' \
		-o -path '*/systemd/*' -o -path '*/sysusers.d/*' -o -path '*/tmpfiles.d/*' \
		-o -name '*.h' -o -name '*.so.*' -o -path '*bin/*' -o -path "$root$mandir/*" \) -print0
}

# build COMPILER... SOURCE PROGRAM, as a Makefile of the user would. pkg-config takes no sysroot on a
# path with a space.
build() {
	local source=${*: -2:1} program=${*: -1} flags
	ln -sfn "$root" "$scratch/root"
	read -r -a flags <<<"$(PKG_CONFIG_PATH=$scratch/root$pkgconfigdir PKG_CONFIG_SYSROOT_DIR=$scratch/root \
		pkg-config --cflags --libs prshm-client)"
	# shellcheck disable=SC2086
	"${@:1:$#-2}" $sanitizer_flags -Wall -Wextra -pedantic -Werror -o "$program" "$source" \
		"${flags[@]}" 2>"$scratch/why"
}

runs() {
	LD_LIBRARY_PATH=$root$libdir PRSHM_SOCKET=$scratch/broker.sock "$1" >"$scratch/why" 2>&1
}

# Each header alone, in a file of its own. -Wshadow: in C++ no struct may have a function's name.
headers_stand_alone() {
	local header suffix=$1
	shift
	mkdir -p "$scratch/headers"
	for header in "$root$includedir"/prshm/*.h; do
		printf '#include "%s"\ntypedef int some_declaration;\n' "$header" \
			>"$scratch/headers/${header##*/}.$suffix"
	done
	"$@" -Wall -Wextra -Wshadow -pedantic -Werror -fsyntax-only "$scratch/headers"/*."$suffix" 2>>"$scratch/why"
}

start_broker() {
	"$root$sbindir/prshmd" --socket="$scratch/broker.sock" 2>"$scratch/prshmd.log" &
	broker=$!
	for _ in $(seq 6000); do
		[ -S "$scratch/broker.sock" ] && return 0
		kill -0 "$broker" 2>/dev/null || break
		sleep 0.1
	done
	cat "$scratch/prshmd.log" >"$scratch/why"
	return 1
}

# The makefile may rebuild itself first, and say so.
# shellcheck disable=SC2016
echo 'print: ; @$(foreach name,$(names),echo "value $(name) $($(name))";)' >"$scratch/print.mk"
make -s --no-print-directory -C "$builddir" -f Makefile -f "$scratch/print.mk" print names='
	prefix sbindir libdir includedir mandir sysconfdir docdir pkgconfigdir systemdsystemunitdir
	systemduserunitdir systemduserpresetdir sysusersdir tmpfilesdir SANITIZER_CFLAGS' >"$scratch/values"
prefix=$(variable prefix)
sbindir=$(variable sbindir)
libdir=$(variable libdir)
includedir=$(variable includedir)
mandir=$(variable mandir)
sysconfdir=$(variable sysconfdir)
docdir=$(variable docdir)
pkgconfigdir=$(variable pkgconfigdir)
systemdsystemunitdir=$(variable systemdsystemunitdir)
systemduserunitdir=$(variable systemduserunitdir)
systemduserpresetdir=$(variable systemduserpresetdir)
sysusersdir=$(variable sysusersdir)
tmpfilesdir=$(variable tmpfilesdir)
sanitizer_flags=$(variable SANITIZER_CFLAGS)

cat >"$scratch/program.c" <<'END'
#include <nspr.h>

int main(void)
{
	PRSharedMemory *shm = PR_OpenSharedMemory("/install/a", 4096, PR_SHM_CREATE, 0600);
	char *memory = shm ? (char *)PR_AttachSharedMemory(shm, 0) : 0;

	if (!memory)
		return 1;
	memory[4095] = 'x';
	if (PR_DetachSharedMemory(shm, memory) != PR_SUCCESS)
		return 2;
	if (PR_CloseSharedMemory(shm) != PR_SUCCESS)
		return 3;
	return PR_DeleteSharedMemory("/install/a") == PR_SUCCESS ? 0 : 4;
}
END
cp "$scratch/program.c" "$scratch/program.cc"

is_installed 755 "$sbindir"/prshm{d,-keeper}
point "the broker and its keeper are in sbin" $?
# shellcheck disable=SC2046
is_installed 644 $(installed_headers) && ls "$root$includedir/prshm" >"$scratch/there" &&
	diff <(cd "$srcdir/include" && printf '%s\n' *.h) "$scratch/there" >"$scratch/why"
point "the headers are in include/prshm, all of them" $?
is_installed 644 "$systemdsystemunitdir"/{prshmd,prshm-keeper}.{service,socket} \
	"$systemduserunitdir"/{prshmd,prshm-keeper}.{service,socket}
point "the eight units are where systemd looks" $?
is_installed 644 "$systemduserpresetdir/90-prshm.preset"
point "a preset keeps the units of a user's own broker from being enabled" $?
is_installed 644 "$sysusersdir/prshm.conf" "$tmpfilesdir/prshm.conf"
point "the sysusers and tmpfiles fragments are where systemd looks" $?
if [ -n "$(source_pages)" ]; then
	pages_are_installed
	point "each manual page is in the section that its name says" $?
else
	skip "each manual page is in the section that its name says" "there are none yet"
fi
is_installed 644 "$docdir/prshmd.conf.sample" &&
	cmp "$srcdir/daemon/prshmd.conf.sample" "$root$docdir/prshmd.conf.sample" >>"$scratch/why"
point "a sample of the configuration is among the documents" $?
grep -qxF ".Pa $sysconfdir/prshm/prshmd.conf" "$root$mandir/man5/prshmd.conf.5" &&
	grep -qF "$docdir/prshmd.conf.sample" "$root$mandir/man5/prshmd.conf.5" &&
	grep -qF "$sysconfdir/prshm/prshmd.conf" "$root$mandir/man8/prshmd.8" &&
	"$root$sbindir/prshmd" --help | grep -qF "$sysconfdir/prshm/prshmd.conf"
point "the manual and the help tell the paths of this installation" $?
grep -E -x "ExecStart=$sbindir/prshm(d --keeper=.*/keeper.sock|-keeper)" \
	"$root$systemdsystemunitdir"/*.service "$root$systemduserunitdir"/*.service >"$scratch/why" &&
	[ "$(wc -l <"$scratch/why")" -eq 4 ]
point "all services start what is installed" $?
has_no_trace
point "no installed file tells where it was built" $?

start_broker
point "the installed broker runs" $?
build "${compiler[@]}" "$scratch/program.c" "$scratch/program"
point "a C program is built with what pkg-config says" $?
runs "$scratch/program"
point "the C program runs" $?
headers_stand_alone c "${compiler[@]}" -std=c99 && headers_stand_alone c "${compiler[@]}" -std=c89
point "each header can be included alone, in C" $?
if command -v "${CXX:-c++}" >/dev/null; then
	build "${CXX:-c++}" "$scratch/program.cc" "$scratch/program++"
	point "a C++ program is built with what pkg-config says" $?
	runs "$scratch/program++"
	point "the C++ program runs" $?
	headers_stand_alone cc "${CXX:-c++}" -std=c++98
	point "each header can be included alone, in C++" $?
else
	skip "a C++ program is built with what pkg-config says" "no C++ compiler"
	skip "the C++ program runs" "no C++ compiler"
	skip "each header can be included alone, in C++" "no C++ compiler"
fi
finish
