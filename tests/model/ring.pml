/* SPDX-License-Identifier: MIT */
/*
 * A model of the ring's accesses on a weakly ordered machine: client-lib/ring.c and daemon/core/ring.c, with the
 * orders that wire/ring.h argues. The ring has room for one handle, so that each is soon written over.
 *
 * The machine: a store waits in its processor's buffer, and leaves it in any order but that of stores to one
 * address; a load may have been done early, and a store before an earlier load. Release, acquire and sequential
 * consistency forbid some of that, as the comments here say. All processors see a store at the same time, as those
 * of arm64 and riscv64 do. Each mistake is an order that is weaker than the one in the source.
 *
 * With WORD: the word of the parked handles alone, where a client parks one while the broker gives out another.
 */
#ifndef CLOSES
#define CLOSES 3
#endif
#ifndef WAITS
#define WAITS 2 /* how many times somebody begins to wait for closes */
#endif

/* The page, as memory has it. Handle n is the nth that is closed, so the counts tell which one must be there. */
byte handle;
byte closed;
byte seen;
bool quiet = true;

/* Stores that have not left their processor. */
chan handle_stores = [CLOSES] of { byte };
chan closed_stores = [CLOSES] of { byte };
chan seen_stores = [CLOSES] of { byte };
chan quiet_stores = [WAITS + WAITS] of { bool };

bool message;      /* CLOSE was sent, and not received */
bool asks;         /* any other request */
byte client_count; /* handles that the client has closed */
byte broker_count; /* that the broker has taken */
bool waits;        /* somebody waits for closes */

#ifndef WORD

active proctype Stores()
{
	byte n;
	bool on;
	byte oldest;
end:
	do
	:: atomic { handle_stores?n -> handle = n; n = 0 }
	:: atomic {
		nempty(closed_stores) ->
#ifndef MUTATION_CLOSED_WITHOUT_RELEASE
		/* Release: what was stored before it has left. */
		closed_stores?<n>;
		oldest = n + 1;
		if
		:: nempty(handle_stores) -> handle_stores?<oldest>
		:: empty(handle_stores)
		fi;
		if
		:: oldest <= n -> handle_stores?handle
		:: else
		fi;
#endif
		closed_stores?closed;
		n = 0;
		oldest = 0
	   }
	:: atomic { seen_stores?n -> seen = n; n = 0 }
	:: atomic { quiet_stores?on -> quiet = on; on = false }
	od
}

active proctype Client()
{
	do
	:: client_count < CLOSES ->
		/* The store of the handle depends on this load: no processor stores on a guess. */
		if
		:: client_count - seen < 1
		:: client_count - seen == 1 -> asks = true; client_count - seen < 1
		fi;
		atomic {
			client_count++;
			handle_stores!client_count;
			closed_stores!client_count
		};
#ifndef MUTATION_CLIENT_IS_NOT_SEQUENTIAL
		empty(closed_stores); /* before the load that follows */
#endif
		if
		:: atomic { !quiet -> message = true }
		:: quiet
		fi
	:: else -> break
	od
}

/* What the ring says is closed. */
inline drain()
{
#ifdef MUTATION_CLOSED_WITHOUT_ACQUIRE
	early = handle; /* the second load, done first */
#endif
	count = closed;
	do
	:: broker_count < count ->
#ifdef MUTATION_SEEN_WITHOUT_RELEASE
		if
		:: seen_stores!broker_count + 1; is_stored = true /* before the load */
		:: true
		fi;
#endif
		atomic {
			broker_count++;
#ifdef MUTATION_CLOSED_WITHOUT_ACQUIRE
			if
			:: assert(early == broker_count)
			:: assert(handle == broker_count)
			fi
#else
			assert(handle == broker_count)
#endif
		};
		if
		:: !is_stored -> seen_stores!broker_count
		:: else -> is_stored = false
		fi
	:: else -> count = 0; break
	od
}

active proctype Broker()
{
	byte count;
	byte early;
	bool is_stored;
	byte begun;
end:
	do
	:: atomic { asks -> asks = false }; drain()
	:: atomic { message -> message = false }; drain()
	:: atomic { begun < WAITS && !waits -> begun++ };
		quiet_stores!false;
#ifndef MUTATION_BROKER_IS_NOT_SEQUENTIAL
		empty(quiet_stores); /* before the load that follows */
#endif
		drain();
		waits = true
	:: atomic { waits && begun < WAITS -> waits = false }; quiet_stores!true
	od
}

/* Nobody asks any more: whoever waits has learned of each close. */
active proctype Rest()
{
	timeout;
	assert(client_count == CLOSES);
	assert(!waits || broker_count == client_count)
}

#else

/* One word: handle 0 is the client's to park, handle 1 is given out by the broker. */
bool parked[2];
bool frozen[2];

active proctype Client()
{
	atomic { /* compare and swap */
		if
		:: !frozen[0] -> parked[0] = true
		:: else
		fi
	}
}

active proctype Broker()
{
	bool was;

#ifdef MUTATION_A_WORD_IS_LOADED_AND_STORED
	was = parked[0];
	atomic { parked[1] = false; frozen[1] = false; parked[0] = was };
#else
	atomic { parked[1] = false; frozen[1] = false }; /* read, modify, write */
#endif
	was = false
}

active proctype Rest()
{
	timeout;
	assert(parked[0])
}

#endif
