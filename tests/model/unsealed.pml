/* SPDX-License-Identifier: MIT */
/*
 * A model of a segment without a size: its creator asks for sizes, and now and then changes the size without asking,
 * as whoever has a descriptor that writes can until there are seals; it closes its handle in the end, and may have
 * handed a descriptor to somebody before; another process of its user opens the segment, perhaps before it has a size;
 * and the broker may be killed between any two steps. daemon/core/unsealed.c, op-size.c and op-open.c.
 */
#ifndef CHANGES
#define CHANGES 3
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#define LIMIT   2 /* a size above that is too much for the user */
#define LARGEST 3

#define UNSEALED 0
#define SEALED   1
#define SPOILED  2 /* over the limit: the name is gone, and nobody gets it */

/* The memory. */
byte length;
bool has_seals;
/* The journal. */
byte j_size;
byte j_sealing;
bool j_early;
/* The broker's memory; what is charged is told by the journal to the next broker. */
byte size;
byte sealing;
bool early;
byte charged;

/* Requests that have no reply yet, and the replies. */
bool asks_size;
byte wanted;
bool sized;
byte sized_to;
bool asks_open;
bool opened;
byte opened_size;
bool opened_well;

bool has_handle = true; /* the creator, as the broker knows; the ring outlives the broker */
bool has_memory = true; /* the creator, or whom it has handed a descriptor to, as the kernel knows */
bool holds;             /* the opener has a handle from HOLD, which proves no descriptor */
bool relies;            /* the other process has it open, and was told a size above 0 */
bool unasked;       /* the creator has changed the size by itself */
bool was_too_large; /* so that it was over the limit */
bool is_empty_open; /* somebody has it open from before it had a size */
byte fixed;         /* the size above 0 that somebody has been told; 0: none */
byte crashes;

inline may_die()
{
	if
	:: crashes < CRASHES -> crashes++; goto died
	:: true
	fi
}

/* Nobody changes the size under who was told it. */
inline change(to)
{
	atomic {
		!has_seals ->
		assert(!relies);
		length = to;
		unasked = true;
		was_too_large = was_too_large || to > LIMIT
	}
}

active proctype Creator()
{
	byte n;

	do
	:: n < CHANGES ->
		n++;
		if
		:: wanted = 1; asks_size = true
		:: wanted = 2; asks_size = true
		:: change(0)
		:: change(1)
		:: change(LARGEST)
		:: has_seals
		fi;
		if
		:: asks_size ->
			atomic {
				sized ->
				sized = false;
				asks_size = false;
				/* Whoever opened early relies on the first size. */
				assert(!is_empty_open || sized_to == 0 || has_seals || was_too_large)
			}
		:: else
		fi
	:: else -> break
	od;
	has_handle = false;
	if
	:: has_memory = false
	:: change(0)
	:: has_seals
	fi
}

/* Twice: the first may be before there is a size. */
active proctype Opener()
{
	byte n;

	if
	:: holds = true
	:: true
	fi;
	do
	:: n < 2 ->
		n++;
		asks_open = true;
		atomic {
			opened ->
			opened = false;
			asks_open = false;
			/* Nobody is refused for what the broker did; a size that is told never changes. */
			assert(opened_well || was_too_large);
			assert(!opened_well || opened_size == 0 ||
				((has_seals || !has_memory) && length == opened_size));
			relies = relies || (opened_well && opened_size > 0);
			assert(fixed == 0 || !opened_well || opened_size == fixed);
			is_empty_open = is_empty_open || (opened_well && opened_size == 0);
			if
			:: opened_well && fixed == 0 -> fixed = opened_size
			:: else
			fi
		}
	:: else -> break
	od
}

inline charge(amount)
{
	charged = amount
}

inline journal_size()
{
	atomic {
		j_size = size;
		j_sealing = sealing;
#ifndef MUTATION_EARLY_IS_FORGOTTEN
		j_early = early
#endif
	}
}

inline take_size()
{
	if
	:: found > LIMIT -> sealing = SPOILED
	:: found <= LIMIT -> charge(found); size = found
	fi
}

inline seal()
{
	may_die();
#ifdef MUTATION_SEALS_THAT_ARE_THERE_SPOIL
	if
	:: has_seals -> sealing = SPOILED
	:: !has_seals ->
#endif
#ifdef MUTATION_SIZE_FROM_BEFORE_THE_SEALS
	found = length;
	has_seals = true;
#else
	has_seals = true;
	found = length;
#endif
	sealing = SEALED;
	take_size();
#ifdef MUTATION_SEALS_THAT_ARE_THERE_SPOIL
	fi;
#endif
	may_die()
}

inline look()
{
	if
	:: sealing == UNSEALED ->
		found = length;
		take_size();
		if
		:: sealing == UNSEALED && size > 0 && early -> seal()
		:: else
		fi
	:: else
	fi
}

inline grow()
{
	may_die();
#ifdef MUTATION_CHARGED_AFTERWARDS
	atomic { assert(unasked || wanted <= charged); length = (has_seals -> length : wanted) };
	charge(wanted);
#else
	charge(wanted);
	/* Whoever asks never has more than is charged. */
	atomic { assert(unasked || wanted <= charged); length = (has_seals -> length : wanted) };
#endif
	size = wanted;
	may_die();
	if
	:: early -> seal()
	:: else
	fi
}

active proctype Broker()
{
	byte found;
	bool alone;

	if /* how many crashes are left out of this run */
	:: crashes = 0
	:: crashes = CRASHES - 1
	:: crashes = CRASHES
	fi;
died:
	atomic {
		size = j_size;
		sealing = j_sealing;
		early = j_early;
		charged = j_size;
		found = 0
	};
end:
	do
	:: asks_size && !sized ->
		look();
		if
		:: sealing == UNSEALED && wanted > size -> grow()
		:: else
		fi;
		may_die();
		journal_size();
		may_die();
		atomic { sized_to = size; sized = true }
	:: asks_open && !opened ->
#ifdef MUTATION_SIZE_FROM_BEFORE_THE_LEASE
		look();
#endif
#ifdef MUTATION_HANDLES_ARE_BELIEVED
		alone = sealing == UNSEALED && !early && !has_handle;
#elif defined(MUTATION_HELD_IS_BELIEVED)
		alone = sealing == UNSEALED && !early && !has_handle && (holds || !has_memory);
#else
		alone = sealing == UNSEALED && !early && !has_handle && !has_memory;
#endif
#ifndef MUTATION_SIZE_FROM_BEFORE_THE_LEASE
		look();
#endif
#ifndef MUTATION_SHARED_WITHOUT_SEALS
		if
		:: sealing == UNSEALED && !alone && size > 0 -> seal()
		:: sealing == UNSEALED && !alone && size == 0 -> early = true
		:: else
		fi;
#endif
		may_die();
		journal_size();
		may_die();
		atomic { opened_size = size; opened_well = sealing != SPOILED; opened = true }
	od
}

/* At rest: what is sealed is charged for just as it is. */
active proctype Rest()
{
	timeout;
	assert(j_sealing != SEALED || (has_seals && length == j_size && charged == length))
}
