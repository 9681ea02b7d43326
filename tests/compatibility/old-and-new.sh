#!/bin/bash
# SPDX-License-Identifier: MIT
#
# After an upgrade each program that runs, and each container image, has the old library; and a new
# program may meet the old broker. The old ones are built from the repository's history.

# shellcheck source=../lib/scratch.sh
source "$(dirname "$0")/../lib/scratch.sh"

release=e19d905
old=$scratch/old
mkdir "$old"
git -C "$srcdir" archive "$release" 2>/dev/null | tar -x -C "$old" 2>/dev/null ||
	skip_all "needs the repository with its history, as far as $release"
pkg-config --exists smartcols libevent libsystemd || skip_all "needs pkg-config, libsmartcols, libevent and libsystemd"

# compile OUTPUT ARGUMENT...: in the old tree, with what configure has found for the new one.
compile() {
	(cd "$old" && ${CC:-gcc} -O0 -w -std=gnu17 -D_GNU_SOURCE -DHAVE_CONFIG_H -DPRSHMD_PATH='"/missing"' \
		-DPRSHMD_CONFIG='"/missing"' -I"$builddir" -I. -Iinclude -o "$@") >>"$scratch/why" 2>&1
}

# steer PRSHMCTL: from the making of a segment to its end.
steer() {
	"$1" create --mode=0600 /s 64K && "$1" list | grep -q '^/s ' && "$1" show /s >"$scratch/show" &&
		echo "a word" | "$1" write /s && "$1" cat /s | tr -d '\0' | grep -qx "a word" &&
		"$1" chmod 0644 /s && "$1" setfacl -m user:root:r /s && "$1" getfacl /s >"$scratch/facl" &&
		"$1" explain /s read >"$scratch/explain" && "$1" quota >"$scratch/quota" &&
		"$1" status >"$scratch/status" && "$1" wait --timeout=10s /s && "$1" rm /s && ! "$1" show /s
}

# as_found COMMAND...: its complaints are told if the point fails.
as_found() {
	"$@" >>"$scratch/why" 2>&1
}

# shellcheck disable=SC2046 # no path in the old tree has a space
{
compile libprshm-client.so.0 -shared -fPIC -Wl,-soname,libprshm-client.so.0 \
	$(cd "$old" && echo client-lib/*.c wire/*.c) -lpthread &
library=$!
compile prshmd $(cd "$old" && echo daemon/*.c wire/*.c) $(pkg-config --libs libevent libsystemd) -linih -lbsd -lpthread &
daemon=$!
wait "$library"
point "the_old_library_can_be_built" $?
compile prshmctl $(cd "$old" && echo ctl/*.c) $(pkg-config --cflags --libs smartcols) ./libprshm-client.so.0 -Wl,-rpath,"$old" &&
	compile visit "$srcdir/tests/compatibility/visit.c" ./libprshm-client.so.0 -Wl,-rpath,"$old"
point "old_programs_can_be_built" $?
}
wait "$daemon"
point "the_old_broker_can_be_built" $?

start_broker
as_found "$old/visit"
point "an_old_program_works_with_the_new_broker" $?
as_found steer "$old/prshmctl"
point "the_old_prshmctl_works_with_the_new_broker" $?
stop_broker

export PRSHM_SOCKET=$scratch/old.sock LD_LIBRARY_PATH=$builddir/.libs
"$old/prshmd" --socket="$PRSHM_SOCKET" --no-keeper >"$scratch/prshmd.log" 2>&1 &
broker=$!
timeout 60 bash -c "until grep -q ready '$scratch/prshmd.log'; do sleep 0.05; done"
compile new-visit "$srcdir/tests/compatibility/visit.c" "$builddir/.libs/libprshm-client.so" &&
	as_found "$old/new-visit"
point "a_new_program_works_with_the_old_broker" $?
as_found steer "$builddir/.libs/prshmctl"
point "the_new_prshmctl_works_with_the_old_broker" $?
stop_broker

finish
