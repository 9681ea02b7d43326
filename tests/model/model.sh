#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The model of client, broker, keeper and journal: spin visits every state of it, within bounds, and
# finds nothing wrong; and for each mistake that one could make there, it finds what goes wrong, so
# that "nothing" means something. README.md explains both. The short form visits the smallest
# bounds, and makes one mistake of all; PRSHM_TEST_LONG=1 asks for the others.
#
# Environment: CC, the compiler.

set -u
# shellcheck source=../lib/scratch.sh
source "$(dirname "$0")/../lib/scratch.sh"
model=$srcdir/tests/model/prshm.pml
# The size of the table of states, as a power of two: to clear one that is too large takes time.
table=20
[ -z "${PRSHM_TEST_LONG-}" ] || table=23
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
		./pan -m10000 "-w$table" ${run_with:+"$run_with"} >>why 2>&1
}

# Everything was visited, and nothing was wrong. pan's exit status tells neither.
is_right() {
	grep -q 'errors: 0$' why && ! grep -qE 'max search depth too small|out of memory|aborted' why
}

# bounds OF-CLIENT OF-THE-OTHER BROKER KEEPER: operations, crashes
bounds() {
	echo "OPERATIONS=$1 OTHER_OPERATIONS=$2 BROKER_CRASHES=$3 KEEPER_CRASHES=$4"
}

# holds NAME OPTIMIZATION DEFINITION...: -O2 where visiting all takes longer than that of the
# compiler.
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
if [ -n "${PRSHM_TEST_LONG-}" ]; then
	fails "serials are not looked at" "$once" NO_SERIAL_CHECK
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
	fails "what the last broker replied counts as replied" "$once" REPLIED_BY_THE_LAST
	fails "a new journal is not put" "$once" NEW_JOURNAL_NOT_PUT
	fails "a new keeper is not handed the journal" "$both" JOURNAL_NOT_HANDED_OVER
	fails "what the dead keeper refused is not put again" "$both" PUT_NOT_REPEATED
fi


# each_mistake: "MUTATION: what it is" on standard input; in the long form.
each_mistake() {
	local mutation what
	[ -n "${PRSHM_TEST_LONG-}" ] || return
	while IFS=':' read -r mutation what; do
		fails "${what# }" "" "$mutation"
	done
}

# The others are models of their own, each of one thing.
model=$srcdir/tests/model/parking.pml
holds "no open gives what is gone, and no hold is lost, with parked handles" -O1
each_mistake <<'END'
ONLY_PARKED_IS_FROZEN: what is parked alone is frozen
NAME_GOES_BEFORE_THE_SWEEP: the name goes before the sweep
TAKE_LOOKS_THEN_STORES: a handle is taken back by a look and a store
PARK_LOOKS_THEN_STORES: a handle is parked by a look and a store
PARK_LOOKS_AT_NOTHING: a handle is parked without a look
SWEEP_CLEARS_PARKED: a sweep leaves no trace in the page
NO_TAKE_OVER: a take-over closes nothing that was claimed
NUMBER_USED_BEFORE_THE_COMMIT: a number is used again before the sweep is committed
PARKED_STAYS: a number that is given out keeps its bit
BORN_PARKABLE: a handle of a watched segment may be parked
END

two_clients="SECOND OPENS=2 SECOND_OPENS=2 CHANGES=1 CRASHES=1"
if [ -n "${PRSHM_TEST_LONG-}" ]; then
	read -ra definitions <<<"$two_clients"
	holds "so it is with parked handles of two clients" -O2 "${definitions[@]}"
	fails "the handles of one client alone are swept" "$two_clients" ONE_CLIENT_IS_SWEPT
fi

model=$srcdir/tests/model/ring.pml
holds "no close is missed and none is another one on a weakly ordered machine" -O0
each_mistake <<'END'
CLOSED_WITHOUT_RELEASE: the count of closed handles is stored without release
CLOSED_WITHOUT_ACQUIRE: it is loaded without acquire
SEEN_WITHOUT_RELEASE: the count of taken handles is stored without release
CLIENT_IS_NOT_SEQUENTIAL: the client loads quiet before its close can be seen
BROKER_IS_NOT_SEQUENTIAL: the broker loads what is closed before quiet can be seen
END
if [ -n "${PRSHM_TEST_LONG-}" ]; then
	holds "no bit of a parked handle is lost in the word of another one" -O0 WORD
	fails "a word of parked handles is loaded and stored" WORD A_WORD_IS_LOADED_AND_STORED
fi

model=$srcdir/tests/model/unsealed.pml
holds "a size is charged before it is there, and told only once it is fixed" -O0
each_mistake <<'END'
SIZE_FROM_BEFORE_THE_SEALS: the size is read before the seals
CHARGED_AFTERWARDS: a size is charged once it is there
EARLY_IS_FORGOTTEN: the journal does not tell that somebody opened early
SEALS_THAT_ARE_THERE_SPOIL: seals of the dead broker are taken for those of the creator
SHARED_WITHOUT_SEALS: an open seals nothing
SIZE_FROM_BEFORE_THE_LEASE: the size is read before it is known that nobody else can change it
HANDLES_ARE_BELIEVED: who has no handle is taken to have no descriptor
HELD_IS_BELIEVED: who opens with a handle from HOLD is taken to be the only one with a descriptor
END

model=$srcdir/tests/model/rename.pml
holds "a name that another segment gets is never free, and a rename is done once" -O0
each_mistake <<'END'
TARGET_GOES_FIRST: the old segment's loss of its name is committed by itself
TARGET_IS_NOT_SWEPT: parked handles of the old segment are not swept
RENAMED_IS_NOT_SWEPT: parked handles of the renamed segment are not swept
OUTCOME_IS_COMMITTED_LATER: a rename is committed before that it was done
END

model=$srcdir/tests/model/reaper.pml
holds "what the reaper closes is closed once, and is nobody's" -O0
each_mistake <<'END'
CLOSED_BY_BOTH: a descriptor is closed by the thread and by the broker
FORGOTTEN_WHEN_FULL: a descriptor that has no room in the queue is left
NOT_DROPPED: the keeper is not told
UNKNOWN_IS_KEPT: a new broker leaves with the keeper what no record names
END

model=$srcdir/tests/model/configuration.pml
holds "a broker that ran is followed by one with no older configuration" -O0
each_mistake <<'END'
TOLD_BEFORE_IT_IS_PUT: a configuration counts before the keeper has it
PUT_BEFORE_THE_LOOK: the keeper gets a configuration that is broken
NEW_KEEPER_IS_NOT_HANDED_THE_CONFIGURATION: another keeper is not handed the configuration
NOTHING_IS_RESTORED: what the keeper has is not read
END

finish
