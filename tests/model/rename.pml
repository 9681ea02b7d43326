/* SPDX-License-Identifier: MIT */
/*
 * A model of RENAME: two segments with a name each, of which one client gives the first the name of the second;
 * another client has handles of both parked, opens both names, and makes the first name anew; and the broker may be
 * killed between any two steps. daemon/core/op-change.c. The segments are 1 and 2, and 3 is the one that is made.
 */
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef OPENS
#define OPENS 3
#endif

#define FROM 0 /* names */
#define TO   1

/* The journal, and the broker's memory: which segment has the name. */
byte j_named[2];
byte named[2];
bool j_done; /* the journal knows that the last RENAME was done */

/* The page: by segment, whether the other client may still take its handle back. */
bool frozen[4];

bool asks_rename;
bool renamed;
bool promised; /* an open that begins now must see the new names */
bool asks_open;
byte open_name;
bool opened;
byte opened_as; /* the segment, or 0: there is none */
bool asks_make;
bool made;
bool is_made; /* and acknowledged */
byte crashes;

inline may_die()
{
	if
	:: crashes < CRASHES -> crashes++; goto died
	:: true
	fi
}

active proctype Renamer()
{
	asks_rename = true;
	atomic { renamed -> renamed = false; asks_rename = false; promised = true };
	/* Now the first name is free. */
	asks_make = true;
	atomic { made -> made = false; asks_make = false; is_made = true }
}

active proctype Opener()
{
	byte n;
	bool late;
	bool making; /* the name may have been made anew */

	do
	:: n < OPENS ->
		n++;
		late = promised;
		if
		:: open_name = FROM
		:: open_name = TO
		fi;
		if
		:: atomic { !frozen[open_name + 1] -> opened_as = open_name + 1 } /* its own is parked */
		:: frozen[open_name + 1] ->
			asks_open = true;
			atomic { opened -> opened = false; asks_open = false }
		fi;
		making = asks_make || is_made;
		/* The name that was taken away over always has one of the two; the other has what is left. */
		assert(open_name != TO || opened_as == 1 || (opened_as == 2 && !late));
		assert(open_name != FROM || opened_as != 2);
		assert(open_name != FROM || !late || opened_as == 0 || (opened_as == 3 && making));
		opened_as = 0
	:: else -> break
	od
}

inline sweep(segment)
{
	may_die();
	frozen[segment] = true; /* and the closes are committed by themselves */
	may_die()
}

inline commit()
{
	may_die();
	atomic { j_named[0] = named[0]; j_named[1] = named[1] };
	may_die()
}

inline rename()
{
#ifndef MUTATION_TARGET_IS_NOT_SWEPT
	sweep(named[TO]);
#endif
	named[TO] = 0;
#ifdef MUTATION_TARGET_GOES_FIRST
	commit(); /* by itself */
#endif
#ifndef MUTATION_RENAMED_IS_NOT_SWEPT
	sweep(named[FROM]);
#endif
	named[TO] = named[FROM];
	named[FROM] = 0;
#ifdef MUTATION_OUTCOME_IS_COMMITTED_LATER
	commit();
	j_done = true
#else
	may_die();
	atomic { j_named[0] = named[0]; j_named[1] = named[1]; j_done = true };
	may_die()
#endif
}

active proctype Broker()
{
	atomic {
		j_named[FROM] = 1;
		j_named[TO] = 2;
		if /* how many crashes are left out of this run */
		:: crashes = 0
		:: crashes = CRASHES
		fi
	};
died:
	atomic { named[0] = j_named[0]; named[1] = j_named[1] };
end:
	do
	:: asks_rename && !renamed ->
		if
		:: j_done /* the request has come again */
		:: !j_done ->
			assert(named[FROM] == 1); /* or it would fail, though it was done */
			rename()
		fi;
		renamed = true
	:: asks_open && !opened -> atomic { opened_as = named[open_name]; opened = true }
	:: asks_make && !made ->
		named[FROM] = 3;
		commit();
		made = true
	od
}

active proctype Rest()
{
	timeout;
	assert(j_named[TO] == 1 && j_named[FROM] == 3)
}
