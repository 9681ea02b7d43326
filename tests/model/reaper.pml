/* SPDX-License-Identifier: MIT */
/*
 * A model of the reaper: the broker gives descriptors of big segments to a thread, which closes them; the numbers of
 * descriptors that are closed are given out again at once; the keeper has each segment as well; and the broker,
 * with its thread, may be killed between any two steps. base/reaper.c, daemon/core/segment.c, daemon/handover.c.
 */
#define SEGMENTS 3
#ifndef CRASHES
#define CRASHES 2
#endif
#define NUMBERS (SEGMENTS + 1) /* of descriptors */
#define BIT(s)  (1 << (s))

/* The broker's descriptors: by number, the segment; 0: the number is free. */
byte descriptors[NUMBERS];
chan queue = [1] of { byte }; /* numbers, for the thread; it is soon full */
byte life;                    /* of the broker: a thread dies with it */

byte alive;  /* the journal: bit s */
byte keeper; /* what it has: bit s */
byte made;
byte crashes;

inline may_die()
{
	if
	:: crashes < CRASHES -> crashes++; goto died
	:: true
	fi
}

inline close_number(n)
{
	assert(descriptors[n] != 0); /* it is closed once */
	assert(!(alive & BIT(descriptors[n])));
	descriptors[n] = 0
}

active proctype Thread()
{
	byte number;
	byte mine;
end:
	do
	:: atomic { queue?number -> mine = life };
		atomic {
			if
			:: mine == life -> close_number(number)
			:: mine != life /* the kernel has closed all */
			fi;
			number = 0
		}
	od
}

inline open_number(segment)
{
	number = 0;
	do
	:: descriptors[number] != 0 -> number++
	:: else -> break
	od;
	descriptors[number] = segment
}

inline reaper_close()
{
	if
	:: nfull(queue) ->
		queue!number;
#ifdef MUTATION_CLOSED_BY_BOTH
		may_die();
		atomic {
			if
			:: descriptors[number] != 0 -> close_number(number)
			:: else
			fi
		}
#endif
	:: full(queue) ->
#ifndef MUTATION_FORGOTTEN_WHEN_FULL
		atomic { close_number(number) }
#endif
	fi
}

inline find_number(segment)
{
	number = 0;
	do
	:: descriptors[number] != segment -> number++
	:: else -> break
	od
}

active proctype Broker()
{
	byte number;
	byte segment;

	if /* how many crashes are left out of this run */
	:: crashes = 0
	:: crashes = CRASHES
	fi;
	goto serve;
died:
	/* All is closed; then all that the keeper has is taken, and what no record names is dropped. */
	atomic {
		life++;
		number = 0;
		do
		:: number < NUMBERS -> descriptors[number] = 0; number++
		:: else -> break
		od;
		do
		:: queue?_
		:: empty(queue) -> break
		od;
#ifndef MUTATION_UNKNOWN_IS_KEPT
		keeper = keeper & alive;
#endif
		assert(keeper == (keeper | alive));
		segment = 1;
		do
		:: segment <= SEGMENTS && (alive & BIT(segment)) -> open_number(segment); segment++
		:: segment <= SEGMENTS && !(alive & BIT(segment)) -> segment++
		:: else -> break
		od;
		number = 0;
		segment = 0
	};
serve:
	do
	:: made < SEGMENTS -> /* a creation */
		atomic { made++; segment = made; open_number(segment) };
		may_die();
		keeper = keeper | BIT(segment);
		may_die();
		alive = alive | BIT(segment);
		may_die();
		atomic { number = 0; segment = 0 }
	:: alive -> /* a deletion of any */
		atomic {
			if
			:: alive & BIT(1) -> segment = 1
			:: alive & BIT(2) -> segment = 2
			:: alive & BIT(3) -> segment = 3
			fi;
			find_number(segment)
		};
		alive = alive & ~BIT(segment); /* committed */
		may_die();
#ifdef MUTATION_NOT_DROPPED
		reaper_close();
#else
		keeper = keeper & ~BIT(segment);
		may_die();
		reaper_close();
#endif
		may_die();
		atomic { number = 0; segment = 0 }
	:: made == SEGMENTS && empty(queue) -> break
	od
}

/* At rest, what is alive is open once and with the keeper, and nothing else is. */
active proctype Rest()
{
	byte number;
	byte open;

	timeout;
	atomic {
		do
		:: number < NUMBERS && descriptors[number] != 0 ->
			assert(!(open & BIT(descriptors[number])));
			open = open | BIT(descriptors[number]);
			number++
		:: number < NUMBERS && descriptors[number] == 0 -> number++
		:: else -> break
		od
	};
	assert(open == alive);
	assert(keeper == alive)
}
