#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The model of client, broker, keeper and journal: spin visits every state of it, within bounds, and
# finds nothing wrong; and for each mistake that one could make there, it finds what goes wrong, so
# that "nothing" means something. README.md explains both. The short form visits the smallest bounds,
# and makes two of the mistakes; PRSHM_TEST_LONG=1 asks for all.
#
# Environment: CC, the compiler.

set -u
# shellcheck source=../lib/scratch.sh
source "$(dirname "$0")/../lib/scratch.sh"
model=$srcdir/tests/model/prshm.pml
cd "$scratch" || exit 99
command -v spin >/dev/null || skip_all "needs spin (package spin)"

# verify OPTIMIZATION WITH RUN-WITH DEFINITION...: what spin says is in ./why. COLLAPSE is exact.
verify() {
	local optimization=$1 with=$2 run_with=$3 compiler
	shift 3
	read -ra compiler <<<"${CC:-cc}"
	rm -f ./*.trail pan
	spin -a "${@/#/-D}" "$model" >why 2>&1 &&
		"${compiler[@]}" "$optimization" -w -D"$with" -DCOLLAPSE -DMEMLIM=1900 -o pan pan.c >>why 2>&1 &&
		./pan -m10000 -w23 ${run_with:+"$run_with"} >>why 2>&1
}

# Everything was visited, and nothing was wrong. pan's exit status tells neither.
is_right() {
	grep -q 'errors: 0$' why && ! grep -qE 'max search depth too small|out of memory|aborted' why
}

# bounds OF-CLIENT OF-THE-OTHER BROKER KEEPER: operations, crashes
bounds() {
	echo "OPERATIONS=$1 OTHER_OPERATIONS=$2 BROKER_CRASHES=$3 KEEPER_CRASHES=$4"
}

# holds NAME OPTIMIZATION DEFINITION...: -O2 where visiting all takes longer than that of the compiler.
holds() {
	local name=$1 optimization=$2
	shift 2
	verify "$optimization" SAFETY '' "$@" && is_right
	point "$name" $?
}

# fails NAME BOUNDS MUTATION: it has to be the model that finds it, not a crash of spin
fails() {
	local definitions
	read -ra definitions <<<"$2 MUTATION_$3"
	verify -O0 SAFETY '' "${definitions[@]}"
	grep -qE '^pan:[0-9]+: (assertion violated|invalid end state)' why
	point "spin finds it when $1" $?
}

read -ra small <<<"$(bounds 1 1 1 0)"
read -ra keeper_twice <<<"$(bounds 1 1 1 2)"
read -ra middle <<<"$(bounds 2 1 1 1)"
read -ra single_crash <<<"$(bounds 2 1 1 0)"
read -ra many_crashes <<<"$(bounds 2 1 2 0)"
read -ra many_operations <<<"$(bounds 2 2 1 0)"

if [ -n "${PRSHM_TEST_LONG-}" ]; then
	holds "nothing is lost when the broker dies twice" -O2 "${many_crashes[@]}"
	holds "nothing is lost when broker and keeper die" -O2 "${middle[@]}"
	holds "nothing is lost when the keeper dies again while it is handed everything" -O2 \
		"${keeper_twice[@]}"
	holds "nothing is lost of many operations" -O2 "${many_operations[@]}"
	holds "a segment lives until it is unused, over the broker's death" -O2 "${single_crash[@]}" \
		UNTIL_UNUSED
	verify -O0 NP -l "${small[@]}" && is_right
	point "nobody goes round in circles" $?
fi
holds "nothing is lost when the journal is compacted" -O0 "${small[@]}" COMPACTIONS=1

once=$(bounds 2 1 1 0)
twice=$(bounds 2 1 2 0)
both=$(bounds 2 1 1 1)
fails "the reply goes out before the commit" "$once" REPLY_BEFORE_COMMIT
fails "serials are not looked at" "$once" NO_SERIAL_CHECK
if [ -n "${PRSHM_TEST_LONG-}" ]; then
	fails "the keeper forgets what it has not read when the broker dies" "$once" KEEPER_FORGETS_QUEUE
	fails "a descriptor is dropped before the commit" "$once" DROP_BEFORE_COMMIT
	fails "a descriptor is put after the commit" "$once" PUT_AFTER_COMMIT
	fails "a descriptor is never dropped" "$once" NO_DROP
	fails "a request is taken although one before it is missing" "$once" GAPS_TAKEN
	fails "a change is committed before what has been done" "$once" OUTCOME_COMMITTED_LATER
	fails "failures are not journaled" "$twice" FAILURES_NOT_JOURNALED
	fails "clients do not send CLOSE again" "$once" CLOSE_NOT_RESENT
	fails "clients take a stale reply for theirs" "$twice" STALE_REPLY_TAKEN
	fails "clients are not told of the restart" "$once" NO_RESTARTED
	fails "a new journal is not put" "$once" NEW_JOURNAL_NOT_PUT
	fails "a new keeper is not handed the journal" "$both" JOURNAL_NOT_HANDED_OVER
	fails "what the dead keeper refused is not put again" "$both" PUT_NOT_REPEATED
fi


# Parked handles are a model of their own.
model=$srcdir/tests/model/parking.pml
holds "no open gives what is gone, and no hold is lost, with parked handles" -O1
fails "what is parked alone is frozen" "" ONLY_PARKED_IS_FROZEN
fails "the name goes before the sweep" "" NAME_GOES_BEFORE_THE_SWEEP
if [ -n "${PRSHM_TEST_LONG-}" ]; then
	fails "a handle is taken back by a look and a store" "" TAKE_LOOKS_THEN_STORES
	fails "a handle is parked by a look and a store" "" PARK_LOOKS_THEN_STORES
	fails "a handle is parked without a look" "" PARK_LOOKS_AT_NOTHING
	fails "a sweep leaves no trace in the page" "" SWEEP_CLEARS_PARKED
	fails "a take-over closes nothing that was claimed" "" NO_TAKE_OVER
	fails "a number is used again before the sweep is committed" "" NUMBER_USED_BEFORE_THE_COMMIT
	fails "a number that is given out keeps its bit" "" PARKED_STAYS
	fails "a handle of a watched segment may be parked" "" BORN_PARKABLE
fi

finish
