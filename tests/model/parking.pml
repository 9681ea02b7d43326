/* SPDX-License-Identifier: MIT */
/*
 * A model of parked handles: a client that opens and closes one name, by up to two handles; with SECOND, another
 * client that has one handle of the same name; somebody who deletes the name
 * and makes it anew (or changes its rights: what matters is that an older open is no longer good), or
 * begins to watch opens and closes; and a broker that may be killed between any two steps.
 * daemon/core/park.c and client-lib/park.c.
 */
#define HANDLES 3 /* 0 and 1 are the first client's, 2 is the second one's */
#ifdef SECOND
#define CLIENTS 2
#else
#define CLIENTS 1
#endif
#ifndef OPENS
#define OPENS 3
#endif
#ifndef SECOND_OPENS
#define SECOND_OPENS 2
#endif
#ifndef CHANGES
#define CHANGES 2
#endif
#ifndef CRASHES
#define CRASHES 2
#endif

/* What outlives the broker. The page: */
bool parked[HANDLES];
bool frozen[HANDLES];
bool ring[HANDLES]; /* closed in the ring, and not drained */
/* The journal: */
byte held[HANDLES]; /* the generation of the segment that a handle holds; 0: the handle is free */
byte generation = 1; /* of the segment that has the name */
bool watched;        /* somebody is told of opens and closes */
bool opened[2];      /* the last request of each client is done */
byte given[2];       /* what it got */
bool changed;        /* so is the other's */
/* Requests that have no reply yet: a client sends them again to the next broker. */
bool asks_open[2];
bool replied[2]; /* to the client */
bool asks_change;
bool asks_watch; /* the change is that somebody begins to watch */
bool told_changed;

/* The client. */
bool is_open[HANDLES];
bool known[HANDLES]; /* has a mapping, open or parked */
byte mapped[HANDLES]; /* of this generation */

byte promised = 1; /* an open that begins now must give this generation or a later one */
bool promised_events; /* an open or a close that begins now must be known to the broker */
byte crashes;

inline may_die()
{
	if
	:: crashes < CRASHES -> crashes++; goto died
	:: true
	fi
}

inline take_back(h)
{
#ifdef MUTATION_TAKE_LOOKS_THEN_STORES
	if
	:: parked[h] && !frozen[h] -> parked[h] = false; is_open[h] = true
	:: else -> known[h] = false
	fi
#else
	atomic {
		if
		:: parked[h] && !frozen[h] -> parked[h] = false; is_open[h] = true
		:: else -> known[h] = false
		fi
	}
#endif
}

inline close_handle(h)
{
#ifdef MUTATION_PARK_LOOKS_THEN_STORES
	if
	:: !frozen[h] -> is_open[h] = false; parked[h] = true
	:: else -> atomic { is_open[h] = false; known[h] = false; ring[h] = true }
	fi
#else
	atomic {
		is_open[h] = false;
		if
#ifdef MUTATION_PARK_LOOKS_AT_NOTHING
		:: true -> parked[h] = true
#else
		:: !frozen[h] -> parked[h] = true
		:: else -> known[h] = false; ring[h] = true
#endif
		fi
	}
#endif
}

proctype Client(byte c; byte first; byte last)
{
	byte n;
	byte h;
	byte low;
	bool told_of;

	do
	:: n < (c == 0 -> OPENS : SECOND_OPENS) ->
		n++;
		atomic { low = promised; told_of = promised_events };
		if
		:: known[first] && !is_open[first] -> h = first; take_back(first)
		:: last != first && known[last] && !is_open[last] -> h = last; take_back(last)
		:: asks_open[c] = true
		fi;
		if
		:: !asks_open[c] && is_open[h] -> assert(!told_of)
		:: !asks_open[c] && !is_open[h] -> asks_open[c] = true
		:: asks_open[c]
		fi;
		if
		:: asks_open[c] ->
			/* The reply. Numbers go up, so the next request is another one to the broker. */
			atomic {
				replied[c];
				replied[c] = false;
				h = given[c] - 1;
				asks_open[c] = false;
				opened[c] = false;
				given[c] = 0;
				is_open[h] = true;
				known[h] = true;
				mapped[h] = held[h]
			}
		:: else
		fi;
		assert(mapped[h] >= low);
		assert(held[h] == mapped[h]);
		assert(!parked[h]); /* who looks counts it */
		told_of = promised_events;
		close_handle(h);
		assert(held[h] == 0 || parked[h] || ring[h]); /* who looks does not */
		assert(!told_of || !parked[h] || frozen[h])
	:: else -> break
	od
}

init
{
	atomic {
		run Client(0, 0, 1);
#ifdef SECOND
		run Client(1, 2, 2)
#endif
	}
}

active proctype Other()
{
	byte n;

	do
	:: n < CHANGES ->
		n++;
		if
		:: !watched -> asks_watch = true
		:: true
		fi;
		asks_change = true;
		atomic {
			told_changed;
			told_changed = false;
			asks_change = false;
			changed = false;
			promised_events = watched;
			asks_watch = false;
			promised = generation
		}
	:: else -> break
	od
}

/* Of one handle; the close is not committed yet. */
inline freeze(h)
{
	may_die();
	atomic {
		if
		:: held[h] > 0 ->
#ifdef MUTATION_ONLY_PARKED_IS_FROZEN
			closing[h] = parked[h];
			frozen[h] = frozen[h] || parked[h]
#else
			closing[h] = parked[h];
			frozen[h] = true
#endif
#ifdef MUTATION_SWEEP_CLEARS_PARKED
			;
			parked[h] = false
#endif
		:: else
		fi
	}
}

inline commit_closes()
{
	atomic {
		held[0] = (closing[0] -> 0 : held[0]);
		held[1] = (closing[1] -> 0 : held[1]);
		held[2] = (closing[2] -> 0 : held[2]);
		closing[0] = false;
		closing[1] = false;
		closing[2] = false
	}
}

inline change()
{
	atomic {
		if
		:: asks_watch -> watched = true
		:: else -> generation++
		fi;
		changed = true
	}
}

inline sweep()
{
	freeze(0);
	freeze(1);
#ifdef SECOND
#ifndef MUTATION_ONE_CLIENT_IS_SWEPT
	freeze(2);
#endif
#endif
	may_die();
	commit_closes()
}

inline take_over(h)
{
	atomic {
#ifndef MUTATION_NO_TAKE_OVER
		if
		:: held[h] > 0 && parked[h] && frozen[h] -> held[h] = 0
		:: else
		fi;
#endif
		frozen[h] = frozen[h] || held[h] == 0
	}
}

inline drain(h)
{
	atomic {
		if
		:: ring[h] -> held[h] = 0; ring[h] = false
		:: else
		fi
	}
}

/* Gives handle h of client c out. */
inline give_out(c)
{
	may_die();
#ifdef MUTATION_PARKED_STAYS
	frozen[h] = watched;
#else
#ifdef MUTATION_BORN_PARKABLE
	atomic { parked[h] = false; frozen[h] = false };
#else
	atomic { parked[h] = false; frozen[h] = watched };
#endif
#endif
	may_die();
	atomic {
#ifdef MUTATION_NUMBER_USED_BEFORE_THE_COMMIT
		commit_closes();
#endif
		held[h] = generation;
		opened[c] = true;
		given[c] = h + 1
	};
	may_die();
	replied[c] = true
}

active proctype Broker()
{
	bool closing[HANDLES];
	byte h;

	if /* how many crashes are left out of this run: else the last one would always be at rest */
	:: crashes = 0
	:: crashes = 1
	:: crashes = CRASHES
	fi;
died:
	atomic { closing[0] = false; closing[1] = false; closing[2] = false; h = 0 };
	take_over(0);
	take_over(1);
	drain(0);
	drain(1);
#ifdef SECOND
	take_over(2);
	drain(2);
#endif
	if /* the other may have been killed, too: its request does not come again */
	:: asks_change && !changed && !told_changed -> told_changed = true
	:: true
	fi;
end:
	do
	:: crashes < CRASHES -> crashes++; goto died
	:: asks_open[0] && !replied[0] && opened[0] -> replied[0] = true /* a copy of the request */
	:: asks_open[0] && !replied[0] && !opened[0] ->
		drain(0);
		drain(1);
		if
		:: held[0] > 0 && held[1] > 0 -> /* a limit: what is parked counts as closed */
			freeze(0);
			freeze(1);
			may_die();
#ifdef MUTATION_NUMBER_USED_BEFORE_THE_COMMIT
			h = (closing[0] -> 0 : 1)
#else
			commit_closes();
			h = (held[0] == 0 -> 0 : 1)
#endif
		:: else -> h = (held[0] == 0 -> 0 : 1)
		fi;
		give_out(0)
#ifdef SECOND
	:: asks_open[1] && !replied[1] && opened[1] -> replied[1] = true
	:: asks_open[1] && !replied[1] && !opened[1] ->
		drain(2);
		if
		:: held[2] > 0 -> freeze(2); may_die(); commit_closes()
		:: else
		fi;
		h = 2;
		give_out(1)
#endif
	:: asks_change && !told_changed && changed -> told_changed = true
	:: asks_change && !told_changed && !changed ->
#ifdef MUTATION_NAME_GOES_BEFORE_THE_SWEEP
		change();
		told_changed = true;
		sweep()
#else
		sweep();
		may_die();
		change();
		may_die();
		told_changed = true
#endif
	od
}

/* At rest the broker counts what the client has open or may take back, and nothing else. */
inline check(h)
{
	assert(held[h] == 0 || is_open[h] || ring[h] || (parked[h] && !frozen[h]));
	assert(!is_open[h] || held[h] == mapped[h]);
	assert(!(parked[h] && !frozen[h] && held[h] == 0))
}

active proctype Rest()
{
	timeout;
	check(0);
	check(1);
	check(2)
}
