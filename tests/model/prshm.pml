/* SPDX-License-Identifier: MIT */
/*
 * Nothing is lost: clients, broker, keeper and journal, where the broker may die between any two of
 * its system calls, and the keeper at any time. README.md says what is checked and which function
 * each step stands for; model.sh runs it all.
 *
 * What a process can be seen to do is one step; what it does in its own memory belongs to the step
 * before. Both dead at once is where promises end, and so do the runs: may_crash and the keeper's
 * death wait until the other one has everything.
 *
 * Bounds:    OPERATIONS of each client, BROKER_CRASHES, KEEPER_CRASHES, COMPACTIONS.
 * Lifetime:  kept, or with UNTIL_UNUSED gone with its last holder.
 * Mutations: each #ifdef MUTATION_... is a mistake that an implementation could make.
 */
#ifndef OPERATIONS
#define OPERATIONS 2
#endif
#ifndef BROKER_CRASHES
#define BROKER_CRASHES 2
#endif
#ifndef KEEPER_CRASHES
#define KEEPER_CRASHES 1
#endif
#ifndef COMPACTIONS
#define COMPACTIONS 0
#endif

#define CLIENTS  2
#ifndef OTHER_OPERATIONS
#define OTHER_OPERATIONS OPERATIONS
#endif
#define WANTED   (c == 0 -> OPERATIONS : OTHER_OPERATIONS)
#define HANDLES  2 /* that a client may have at once; small, so that they are given out again */
#define SEGMENTS (OPERATIONS + OTHER_OPERATIONS)

/* Operations; LOOK is any that changes nothing (STAT). */
#define CREATE 1 /* OPEN with CREATE and EXCL */
#define OPEN   2
#define DELETE 3
#define CLOSE  4 /* one-way */
#define LOOK   5

/* Statuses. */
#define OK        1
#define EXISTS    2
#define NOT_FOUND 3
#define RESTARTED 4

/* To the keeper. */
#define PUT         1
#define DROP        2
#define PUT_JOURNAL 3

/* The queues of each client's connection; the keeper holds the descriptor, so they survive. */
chan requests[CLIENTS] = [12] of { byte, byte, byte };      /* operation, serial, handle */
chan replies[CLIENTS] = [12] of { byte, byte, byte, byte }; /* status, serial, handle, segment */
/* What was sent to the keeper; it survives the broker and dies with the keeper. */
chan link = [12] of { byte, byte };

/*
 * All that the broker knows, as an array, for Promela does not assign structs. Once in its memory
 * and once in each of two journals: the one in use and the one that is to replace it.
 */
#define NAMED       0 /* the segment that has the name; 0: none */
#define ALIVE       1 /* bit s: segment s exists */
#define LAST_NUMBER 2
#define SERIAL(c)   (3 + (c) * (4 + HANDLES)) /* of the last request done; then its outcome: */
#define DONE_OP(c)  (SERIAL(c) + 1)
#define STATUS(c)   (SERIAL(c) + 2)
#define HANDLE(c)   (SERIAL(c) + 3)
#define HOLD(c, h)  (SERIAL(c) + 4 + (h))     /* the segment that handle h holds; 0: free */
#define FIELDS      (3 + CLIENTS * (4 + HANDLES))

local byte memory[FIELDS]; /* local: for spin, only one process uses it */
local byte journal[2 * FIELDS];
local bit current; /* the journal that the broker writes to */
local bit replied[CLIENTS];  /* this broker has replied to the last request; no journal has it */

bool keeper_up = true;
byte keeper_segments;
bit keeper_journal;
bool keeper_has_journal = true;

byte broker_crashes = BROKER_CRASHES;
byte keeper_crashes = KEEPER_CRASHES;
bool handed_over = true; /* the keeper, or its queue, has been given everything */
bool broker_has_all = true;

/* What was promised, from the replies that the clients have read. No process acts by it. */
byte mine[CLIENTS * HANDLES]; /* the segment that the client holds by this handle */
byte created;                 /* bit s: its creator knows that it exists */
byte deleted;                 /* bit s: somebody knows that its name is gone */
byte gone;                    /* bit s: its name was deleted, whether or not anybody knows yet */
short names;                  /* creations acknowledged less deletions acknowledged */
byte quiet;                   /* clients that have done all they wanted */

#define BIT(s)    (1 << (s))
#define may_crash (broker_crashes > 0 && handed_over)
#define OR_CRASH \
	:: atomic { \
		may_crash -> broker_crashes--; broker_has_all = false; goto crashed \
	   }

inline journal_write(which)
{
	for (i : 0 .. FIELDS - 1) {
		journal[(which) * FIELDS + i] = memory[i]
	}
	i = 0
}

/* What was acknowledged, and not taken back since, is so. */
inline check_promises()
{
	assert((memory[NAMED] == 0) || !(deleted & BIT(memory[NAMED])));
	for (i : 1 .. SEGMENTS) {
		assert(!(created & BIT(i)) || (gone & BIT(i)) || memory[NAMED] == i);
	}
	for (i : 0 .. CLIENTS * HANDLES - 1) {
		assert(mine[i] == 0 || memory[HOLD(i / HANDLES, i % HANDLES)] == mine[i]);
	}
	i = 0;
}

/* Once nobody wants anything any more, both sides count the same, and nothing is left over. */
inline check_quiet()
{
	for (i : 0 .. CLIENTS * HANDLES - 1) {
		assert(memory[HOLD(i / HANDLES, i % HANDLES)] == mine[i]);
		assert(mine[i] == 0 || (memory[ALIVE] & BIT(mine[i])));
	}
	i = 0;
#ifndef UNTIL_UNUSED
	assert(names == (memory[NAMED] != 0));
#endif
	assert(keeper_segments == memory[ALIVE]);
	assert(keeper_has_journal && keeper_journal == current);
}

/*
 * The keeper: reads its link, in bursts, until it dies. It reads the link of a dead broker to its
 * end before it talks to the next one, and here as late as that: nobody can tell when it reads, and
 * the more is in the queue, the more there is to lose.
 */
active proctype Keeper()
{
	byte what, number;
end:
	do
	:: atomic {
		nempty(link) && (!broker_has_all || quiet == CLIENTS) ->
		do
		:: link?what,number ->
			if
			:: what == PUT -> keeper_segments = keeper_segments | BIT(number)
			:: what == DROP -> keeper_segments = keeper_segments & ~BIT(number)
			:: else -> keeper_journal = number; keeper_has_journal = true
			fi
		:: empty(link) -> break
		od;
		what = 0; number = 0
	   }
	:: atomic {
		keeper_up && keeper_crashes > 0 && broker_has_all ->
		keeper_crashes--;
		keeper_up = false;
		handed_over = false;
		keeper_segments = 0;
		keeper_has_journal = false;
		do
		:: link?_,_
		:: empty(link) -> break
		od
	   }
	od
}

/* A new keeper gets everything. It may die as well: then the caller finds it dead again. */
inline keeper_link_restore()
{
	keeper_up = true;
	number = 1;
	do
	:: atomic {
		keeper_up ->
		do
		:: number <= SEGMENTS && !(memory[ALIVE] & BIT(number)) -> number++
		:: else -> break
		od;
		assert(nfull(link));
		if
		:: number <= SEGMENTS -> link!PUT,number; number++
		:: else ->
#ifndef MUTATION_JOURNAL_NOT_HANDED_OVER
			link!PUT_JOURNAL,current;
#endif
			handed_over = true;
			number = 0;
			break
		fi
	   }
	:: !keeper_up -> number = 0; break
	od
}

/* To the keeper that is there; EPIPE: to the next, after all else. */
inline keeper_link_send(what, which)
{
	do
	OR_CRASH
	:: atomic { keeper_up -> assert(nfull(link)); link!what,which; break }
	:: atomic { !keeper_up -> keeper_link_restore() }
#ifdef MUTATION_PUT_NOT_REPEATED
		break
#endif
	od
}

inline commit()
{
	if
	:: unnamed -> gone = gone | BIT(unnamed); unnamed = 0
	:: else
	fi;
	journal_write(current);
	check_promises()
}

inline journal_commit()
{
#ifdef MUTATION_OUTCOME_COMMITTED_LATER
	/* The change, and only afterwards that it was this request's. */
	if
	OR_CRASH
	:: d_step {
		for (i : 0 .. FIELDS - 1) {
			if
			:: i == SERIAL(c) || i == DONE_OP(c) || i == STATUS(c) || i == HANDLE(c)
			:: else -> journal[current * FIELDS + i] = memory[i]
			fi
		}
		i = 0
	   }
	fi;
#endif
	if
	OR_CRASH
#ifdef MUTATION_FAILURES_NOT_JOURNALED
	:: memory[STATUS(c)] != OK
	:: d_step { memory[STATUS(c)] == OK -> commit() }
#else
	:: d_step { commit() }
#endif
	fi
}

/* The outcome of the last request, whether it was done just now or before a crash. */
inline send_reply()
{
	if
	OR_CRASH
	:: atomic {
		assert(nfull(replies[c]));
		if
		:: memory[STATUS(c)] == OK && (op == CREATE || op == OPEN) ->
			number = memory[HOLD(c, memory[HANDLE(c)])]
		:: memory[STATUS(c)] == OK && op == DELETE ->
			number = memory[HANDLE(c)]
		:: else
		fi;
		replies[c]!memory[STATUS(c)],memory[SERIAL(c)],memory[HANDLE(c)],number;
		replied[c] = 1;
		number = 0
	   }
	fi
}

/* Frees the segment in `number` if nothing keeps it any more. */
inline registry_unheld()
{
	i = 0;
	do
	:: i < CLIENTS * HANDLES && memory[HOLD(i / HANDLES, i % HANDLES)] != number -> i++
	:: else -> break
	od;
	if
	:: i < CLIENTS * HANDLES /* somebody holds it */
	:: i == CLIENTS * HANDLES ->
#ifdef UNTIL_UNUSED
		if
		:: memory[NAMED] == number -> memory[NAMED] = 0; unnamed = number
		:: else
		fi;
#endif
		if
		:: memory[NAMED] != number ->
			memory[ALIVE] = memory[ALIVE] & ~BIT(number);
			freed = number
		:: else
		fi
	fi;
	i = 0
}

inline peer_hold(segment)
{
	handle = 0;
	do
	:: handle < HANDLES && memory[HOLD(c, handle)] != 0 -> handle++
	:: else -> break
	od;
	assert(handle < HANDLES); /* a client asks for no more, once its CLOSEs are done */
	memory[HOLD(c, handle)] = segment;
	memory[HANDLE(c)] = handle;
	handle = 0
}

/* In memory only; what is new must be with the keeper already. */
inline broker_handle()
{
	memory[SERIAL(c)] = serial;
	memory[DONE_OP(c)] = op;
	memory[STATUS(c)] = OK;
	memory[HANDLE(c)] = 0;
	if
	:: op == CREATE && memory[NAMED] == 0 ->
		memory[LAST_NUMBER] = memory[LAST_NUMBER] + 1;
		memory[NAMED] = memory[LAST_NUMBER];
		memory[ALIVE] = memory[ALIVE] | BIT(memory[NAMED]);
		peer_hold(memory[NAMED])
	:: op == CREATE && memory[NAMED] != 0 -> memory[STATUS(c)] = EXISTS
	:: op == OPEN && memory[NAMED] != 0 -> peer_hold(memory[NAMED])
	:: op == DELETE && memory[NAMED] != 0 ->
		number = memory[NAMED];
		memory[HANDLE(c)] = number; /* for the reply, so that it can be checked */
		memory[NAMED] = 0;
		unnamed = number;
		registry_unheld()
	:: (op == OPEN || op == DELETE) && memory[NAMED] == 0 -> memory[STATUS(c)] = NOT_FOUND
	:: op == CLOSE && memory[HOLD(c, handle)] != 0 ->
		number = memory[HOLD(c, handle)];
		memory[HOLD(c, handle)] = 0;
		registry_unheld()
	:: op == CLOSE && memory[HOLD(c, handle)] == 0
	:: op == LOOK
	fi;
	number = 0;
	handle = 0
}

active proctype Broker()
{
	byte c, op, serial, handle; /* the request */
	byte freed, unnamed;        /* what it did to a segment */
	byte unknown;               /* bit s: taken back, and no record knows it */
	byte i, number;
	byte compactions = COMPACTIONS;
	bool restarting;

idle:
	if
	OR_CRASH
	:: atomic { requests[0]?op,serial,handle -> c = 0; goto received }
	:: atomic { requests[1]?op,serial,handle -> c = 1; goto received }
	:: !keeper_up -> keeper_link_restore(); goto idle
	:: atomic { compactions > 0 && keeper_up -> compactions--; goto new_journal }
	:: d_step {
		quiet == CLIENTS && empty(requests[0]) && empty(requests[1]) && empty(link) &&
		keeper_up && handed_over -> check_quiet()
	   };
	   goto done
	fi;

	/* receive_request: has it been done already? */
received:
	atomic {
		if
#ifdef MUTATION_NO_SERIAL_CHECK
		:: true
#else
		:: serial < memory[SERIAL(c)] -> goto finished
		:: serial == memory[SERIAL(c)] ->
			assert(op == memory[DONE_OP(c)]);
			if
			:: op == CLOSE || replied[c] -> goto finished
			:: else -> goto answer
			fi
		:: serial == memory[SERIAL(c)] + 1
		/* What was before it died with a broker, and comes again, and this after it. */
#ifdef MUTATION_GAPS_TAKEN
		:: serial > memory[SERIAL(c)] + 1
#else
		:: serial > memory[SERIAL(c)] + 1 -> goto finished
#endif
#endif
		fi
	};

#ifndef MUTATION_PUT_AFTER_COMMIT
	if
	:: op == CREATE && memory[NAMED] == 0 ->
		keeper_link_send(PUT, memory[LAST_NUMBER] + 1)
	:: else
	fi;
#endif
	atomic { broker_handle() };
#ifdef MUTATION_DROP_BEFORE_COMMIT
	if
	:: freed -> keeper_link_send(DROP, freed); freed = 0
	:: else
	fi;
#endif
#ifdef MUTATION_REPLY_BEFORE_COMMIT
	if
	:: op != CLOSE -> send_reply()
	:: else
	fi;
#endif
	journal_commit();
#ifdef MUTATION_PUT_AFTER_COMMIT
	if
	:: op == CREATE && memory[STATUS(c)] == OK -> keeper_link_send(PUT, memory[NAMED])
	:: else
	fi;
#endif
answer:
#ifndef MUTATION_REPLY_BEFORE_COMMIT
	if
	:: op != CLOSE -> send_reply()
	:: else
	fi;
#endif
#ifndef MUTATION_NO_DROP
	if
	:: freed -> keeper_link_send(DROP, freed)
	:: else
	fi;
#endif
finished:
	atomic { c = 0; op = 0; serial = 0; handle = 0; freed = 0; number = 0; goto idle };

	/* restore_state: TAKE, journal_replay. If the keeper died here, both would be dead. */
crashed:
	atomic {
		c = 0; op = 0; serial = 0; handle = 0; freed = 0; unnamed = 0; unknown = 0;
		number = 0; i = 0;
		for (i : 0 .. FIELDS - 1) {
			memory[i] = 0
		}
		i = 0;
#ifndef MUTATION_REPLIED_BY_THE_LAST
		replied[0] = 0;
		replied[1] = 0;
#endif
#ifdef MUTATION_KEEPER_FORGETS_QUEUE
		do
		:: link?op,number
		:: empty(link) -> break
		od;
		op = 0;
		number = 0
#endif
	};
	d_step {
		empty(link) ->
		assert(keeper_has_journal);
		current = keeper_journal;
		for (i : 0 .. FIELDS - 1) {
			memory[i] = journal[current * FIELDS + i]
		}
		i = 0;
		assert((memory[ALIVE] & ~keeper_segments) == 0); /* all that the journal names */
		check_promises();
		unknown = keeper_segments & ~memory[ALIVE];
		broker_has_all = true
	};
	restarting = true;

	/* A snapshot; nothing is written to it before the keeper has it in place of the old one. */
new_journal:
	atomic { journal_write(1 - current) };
#ifdef MUTATION_NEW_JOURNAL_NOT_PUT
	d_step { current = 1 - current };
#else
	do
	OR_CRASH
	:: atomic {
		keeper_up ->
		for (i : 0 .. FIELDS - 1) {
			journal[current * FIELDS + i] = 0 /* nobody will read the old one again */
		}
		i = 0;
		current = 1 - current;
		link!PUT_JOURNAL,current;
		break
	   }
	:: !keeper_up -> keeper_link_restore()
	od;
#endif
	if
	:: !restarting -> goto idle
	:: restarting
	fi;

	do
	:: atomic { unknown == 0 -> break }
	:: unknown != 0 ->
		d_step {
			number = 1;
			do
			:: unknown & BIT(number) -> break
			:: else -> number++
			od;
			unknown = unknown & ~BIT(number);
			freed = number;
			number = 0
		};
		keeper_link_send(DROP, freed);
		freed = 0
	od;
	do
	OR_CRASH
	:: atomic {
		c < CLIENTS ->
#ifndef MUTATION_NO_RESTARTED
		assert(nfull(replies[c]));
		replies[c]!RESTARTED,0,0,0;
#endif
		c++
	   }
	:: atomic { c == CLIENTS -> restarting = false; goto finished }
	od;
done:
	skip
}

#define has_room(c) (mine[(c) * HANDLES] == 0 || mine[(c) * HANDLES + 1] == 0)

proctype Client(byte c)
{
	byte op, serial, operations;
	byte closes, closed[OPERATIONS]; /* sent since the last reply */
	byte status, number, handle, segment;

next:
	atomic {
		if
		:: operations < WANTED && has_room(c) -> op = CREATE
		:: operations < WANTED && has_room(c) -> op = OPEN
		:: operations < WANTED -> op = DELETE
		:: operations < WANTED && mine[c * HANDLES] -> handle = 0; goto close
		:: operations < WANTED && mine[c * HANDLES + 1] -> handle = 1; goto close
		/* Closing is one-way: only the reply to something later tells that it was done. */
		:: operations == WANTED -> op = LOOK
		:: operations > WANTED -> quiet++; goto done
		fi;
		operations++; serial++;
		requests[c]!op,serial,0
	};

	/* exchange: what has not been answered is sent again when asked for, in the same order. */
wait:
	atomic {
		replies[c]?status,number,handle,segment ->
		if
		:: status == RESTARTED -> goto again
#ifndef MUTATION_STALE_REPLY_TAKEN
		:: status != RESTARTED && number < serial ->
			status = 0; number = 0; handle = 0; segment = 0;
			goto wait
#endif
		:: else -> goto answered
		fi
	};
again:
	atomic {
		number = 0;
#ifndef MUTATION_CLOSE_NOT_RESENT
		do
		:: number < closes ->
			requests[c]!CLOSE,serial - closes + number,closed[number];
			number++
		:: else -> break
		od;
#endif
		requests[c]!op,serial,0;
		status = 0; number = 0;
		goto wait
	};

answered:
	atomic {
		if
		:: status == OK && (op == CREATE || op == OPEN) ->
			assert(mine[c * HANDLES + handle] == 0);
			mine[c * HANDLES + handle] = segment;
			if
			:: op == CREATE ->
				assert(!(created & BIT(segment))); /* EXCL succeeds once */
				created = created | BIT(segment);
				names++
			:: else
			fi
		:: status == OK && op == DELETE ->
			assert(!(deleted & BIT(segment)));
			deleted = deleted | BIT(segment);
			names--
		:: else
		fi;
		for (number : 0 .. OPERATIONS - 1) {
			closed[number] = 0
		}
		op = 0; closes = 0; status = 0; number = 0; handle = 0; segment = 0
	};
	goto next;

close:
	atomic {
		operations++;
		serial++;
		mine[c * HANDLES + handle] = 0;
		closed[closes] = handle;
		closes++;
		requests[c]!CLOSE,serial,handle;
		handle = 0;
		goto next
	};
done:
	skip
}

init
{
	atomic { run Client(0); run Client(1) }
}
