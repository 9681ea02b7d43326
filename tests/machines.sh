#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Other machines, by `./quickstart machines`: protocol, core, journal and names are built for
# processors of 32 bits and of the other byte order, and play the fuzzers' corpora under qemu-user.
# Whatever an input does here, it does there: the invariants hold, a snapshot replays to the same
# state, each reply decodes.
#
#	machines.sh [NAME...]		arm64 armhf i386 s390x; without names, all
#
# What a machine needs: the packages gcc-TRIPLET and qemu-user-static. A machine without its
# compiler is skipped.

set -u
export LC_ALL=C
# shellcheck source=lib/scratch.sh
source "$(dirname "$0")/lib/scratch.sh"
cd "$srcdir" || exit 99

declare -A triplet=([arm64]=aarch64-linux-gnu [armhf]=arm-linux-gnueabihf [i386]=i686-linux-gnu
	[s390x]=s390x-linux-gnu)
declare -A processor=([arm64]=aarch64 [armhf]=arm [i386]=i386 [s390x]=s390x)

# What each program has beside what all have.
broker=(fuzz/fuzz_broker.c fuzz/check-body.c fuzz/tell-watchers.c fuzz/write-ring.c)
journal=(fuzz/fuzz_journal.c fuzz/make-journal.c tests/core/journal-replayed.c tests/core/journal-state.c)
names=(fuzz/fuzz_names.c client-lib/name.c client-lib/trouble.c base/units.c)
all=(daemon/core/*.c wire/*.c tests/core/invariants.c tests/core/invariants-accounts.c fuzz/make-request.c
	fuzz/real-kernel.c fuzz/replay_main.c)

# build MACHINE: its three programs, in $scratch/MACHINE
build() {
	local compile=("${triplet[$1]}-gcc" -std=gnu17 -O1 -Wall -Wextra -Werror -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64
		-I"$srcdir" -I"$srcdir/include" -I"$scratch/include")
	local directory=$scratch/$1

	mkdir -p "$directory/all" &&
		(cd "$directory/all" && "${compile[@]}" -c "${all[@]/#/$srcdir/}") &&
		"${compile[@]}" -static "${broker[@]/#/$srcdir/}" "$directory"/all/*.o -o "$directory/broker" &&
		"${compile[@]}" -static "${journal[@]/#/$srcdir/}" "$directory"/all/*.o -o "$directory/journal" &&
		"${compile[@]}" -static -Wl,--wrap=getcwd "${names[@]/#/$srcdir/}" "$directory"/all/*.o -o "$directory/names"
}

# plays MACHINE PROGRAM CORPUS
plays() {
	"qemu-${processor[$1]}-static" "$scratch/$1/$2" "$srcdir/$3"/* >"$scratch/out" 2>&1 ||
		{ tail -n 5 "$scratch/out"; return 1; }
}

# Of libbsd only headers are used, which are the same for all machines.
mkdir -p "$scratch/include"
ln -s /usr/include/bsd "$scratch/include/bsd"
[ $# -gt 0 ] || set -- arm64 armhf i386 s390x
for machine; do
	if ! command -v "${triplet[$machine]}-gcc" >/dev/null || ! command -v "qemu-${processor[$machine]}-static" >/dev/null
	then
		skip "$machine" "gcc-${triplet[$machine]} and qemu-user-static are needed"
		continue
	fi
	check "${machine}_builds_without_warnings" build "$machine"
	check "${machine}_plays_the_requests" plays "$machine" broker fuzz/corpus
	check "${machine}_replays_the_journals" plays "$machine" journal fuzz/corpus-journal
	check "${machine}_has_the_same_names" plays "$machine" names fuzz/corpus-names
done
finish
