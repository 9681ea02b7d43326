/* SPDX-License-Identifier: MIT */
/*
 * A model of the last good configuration: somebody writes the file, well or badly, and has the broker read it again;
 * the keeper has a copy of what was good; broker and keeper may each be killed between any two steps, but not both at
 * once. daemon/settings.c, daemon/main.c, daemon/handover.c. A version of the file is a number; 0 is broken.
 */
#ifndef WRITES
#define WRITES 3
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef KEEPER_CRASHES
#define KEEPER_CRASHES 1
#endif

byte file = 1;
byte newest = 1;     /* of the good ones that were written */
byte told;           /* the version of which the broker has said that it counts */
bool asks_reload;
bool reloaded;

byte kept;           /* by the keeper, or in its queue */
bool keeper_up = true;
bool has_all = true; /* the broker that lives has taken all over, and handed all over */
byte crashes;
byte keeper_crashes;
byte counts;         /* what the broker goes by; 0: it does not run */

inline may_die()
{
	if
	:: atomic { crashes < CRASHES && keeper_up && has_all -> crashes++; has_all = false; goto died }
	:: true
	fi
}

active proctype Writer()
{
	byte n;

	told > 0; /* at a first start nothing is guessed, and a broken file is the end */
	do
	:: n < WRITES ->
		n++;
		if
		:: atomic { newest++; file = newest }
		:: file = 0
		fi;
		asks_reload = true;
		atomic { reloaded -> reloaded = false; asks_reload = false }
	:: else -> break
	od
}

/* Somebody breaks the file at any time, and asks for nothing: the next broker finds it so. */
active proctype Breaker()
{
	told > 0;
	file = 0
}

active proctype Keeper()
{
end:
	do
	:: atomic {
		keeper_up && has_all && keeper_crashes < KEEPER_CRASHES ->
		keeper_crashes++;
		keeper_up = false;
		has_all = false;
		kept = 0
	   }
	od
}

/* To the keeper that is there; a dead one is followed by another, which is handed everything. */
inline put(version)
{
	if
	:: atomic { keeper_up -> kept = version }
	:: !keeper_up -> hand_over(version)
	fi
}

inline hand_over(version)
{
	atomic {
		keeper_up = true;
#ifndef MUTATION_NEW_KEEPER_IS_NOT_HANDED_THE_CONFIGURATION
		kept = version;
#endif
		has_all = true
	}
}

inline read_file()
{
	found = file; /* once: what is checked is what counts */
#ifdef MUTATION_PUT_BEFORE_THE_LOOK
	put(found);
	may_die();
#endif
	if
	:: found > 0 ->
		counts = found;
#ifdef MUTATION_TOLD_BEFORE_IT_IS_PUT
		told = found;
		may_die();
#endif
#ifndef MUTATION_PUT_BEFORE_THE_LOOK
		put(found);
#endif
		may_die();
		told = found
	:: found == 0 /* what was good goes on */
	fi
}

active proctype Broker()
{
	byte found;

	atomic { found = file; counts = found };
	put(found);
	told = found;
	if /* how many crashes are left out of this run */
	:: crashes = 0
	:: crashes = CRASHES
	fi;
	goto serve;
died:
	atomic { counts = 0; found = file };
	if
	:: found > 0 -> counts = found
	:: found == 0 ->
#ifndef MUTATION_NOTHING_IS_RESTORED
		counts = kept
#endif
	fi;
	/* A broker that ran is followed by one that runs, by no older rules than those that were told. */
	assert(counts >= told);
	assert(counts > 0);
	atomic { kept = counts; has_all = true };
	told = counts;
serve:
	do
	:: asks_reload && !reloaded ->
		read_file();
		may_die();
		reloaded = true
	:: !keeper_up -> hand_over(counts)
	:: atomic {
		crashes < CRASHES && keeper_up && has_all -> crashes++; has_all = false; goto died
	   }
	:: timeout -> break
	od;
	assert(kept == counts && counts == told)
}
