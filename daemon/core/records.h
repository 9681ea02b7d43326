/* SPDX-License-Identifier: MIT */
/*
 * The records of the journal. The broker writes records for each change, so that the next broker
 * can make the same change again. For each kind, replay.c has the function that does that.
 */
#ifndef PRSHM_DAEMON_CORE_RECORDS_H
#define PRSHM_DAEMON_CORE_RECORDS_H

#include "wire/wire.h"

#define RECORD_BEGIN_FIELDS(F)                                                                     \
	F(64, last_number) /* the number of the newest segment */                                  \
	F(64, last_peer)   /* the number of the newest connection */                               \
	F(32, restarts)    /* how often a broker has taken over so far */                          \
	F(32, reserved)

/*
 * A new segment, without its holders; or, if the number is known, the segment's new name, owner
 * and rights.
 */
#define RECORD_SEGMENT_FIELDS(F)                                                                   \
	F(64, number)                                                                              \
	F(64, inode)                                                                               \
	F(64, size)                                                                                \
	F(64, created)                                                                             \
	F(64, opened)                                                                              \
	F(64, deadline) /* nanoseconds, CLOCK_MONOTONIC; 0: none */                                \
	F(64, token_high)                                                                          \
	F(64, token_low)                                                                           \
	F(32, uid)                                                                                 \
	F(32, gid)                                                                                 \
	F(32, payer) /* the uid that is charged for the segment */                                 \
	F(32, mode)                                                                                \
	F(32, lifetime)                                                                            \
	F(32, linger)                                                                              \
	F(16, named)                                                                               \
	F(16, anonymous)                                                                           \
	F(32, entry_count)                                                                         \
	F(32, name_length)                                                                         \
	F(16, huge)                                                                                \
	F(16, closed_once)

#define RECORD_UNNAME_FIELDS(F) F(64, number)

/* A connection, and the outcome of its last request. */
#define RECORD_PEER_FIELDS(F)                                                                      \
	F(64, number)                                                                              \
	F(64, inode)                                                                               \
	F(32, uid)                                                                                 \
	F(32, gid)                                                                                 \
	F(32, pid)                                                                                 \
	F(16, unmapped)                                                                            \
	F(16, ended)                                                                               \
	F(16, spoken) /* 0: no request has come; op, status, serial and handle mean nothing */     \
	F(16, op)                                                                                  \
	F(16, status)                                                                              \
	F(16, reserved)                                                                            \
	F(32, serial)                                                                              \
	F(32, handle)                                                                              \
	F(32, handles) /* how many are charged, in use or free */                                  \
	F(32, unused)

/* All handles of the connection are closed. It still counts as a connection, until GONE. */
#define RECORD_ENDED_FIELDS(F)                                                                     \
	F(64, peer)                                                                                \
	F(64, time)

#define RECORD_GONE_FIELDS(F)                                                                      \
	F(64, peer)                                                                                \
	F(64, time)

#define RECORD_HOLD_FIELDS(F)                                                                      \
	F(64, peer)                                                                                \
	F(64, segment)                                                                             \
	F(64, since) /* nanoseconds since 1970 */                                                  \
	F(32, handle)                                                                              \
	F(32, access)                                                                              \
	F(32, previous) /* if place > 0: the handle opened before by the same request */           \
	F(32, place)    /* the number of the name in OPEN_MANY, from 1; 0: another op */

#define RECORD_CLOSE_FIELDS(F)                                                                     \
	F(64, peer)                                                                                \
	F(64, time)                                                                                \
	F(32, handle)                                                                              \
	F(32, seen) /* handles taken from the peer's ring so far, with this one */

/* The outcome of a request, in case a copy of the request comes. */
#define RECORD_DONE_FIELDS(F)                                                                      \
	F(64, peer)                                                                                \
	F(32, serial)                                                                              \
	F(32, handle)                                                                              \
	F(16, op)                                                                                  \
	F(16, status)                                                                              \
	F(32, reserved)

/* The names whose deadline had come at that time were removed. */
#define RECORD_EXPIRE_FIELDS(F) F(64, time)

/* The connection has got a ring; or something that is no handle was taken from its ring. */
#define RECORD_RING_FIELDS(F)                                                                      \
	F(64, peer)                                                                                \
	F(64, inode)                                                                               \
	F(32, seen)                                                                                \
	F(32, reserved)

/* A free handle of the connection is no longer charged. */
#define RECORD_RELEASED_FIELDS(F)                                                                  \
	F(64, peer)                                                                                \
	F(32, handle)                                                                              \
	F(32, reserved)

/* Of a segment that was made unsealed: its size, which memory has outgrown if it is UNSEALED. */
#define RECORD_SIZE_FIELDS(F)                                                                      \
	F(64, number)                                                                              \
	F(64, size)                                                                                \
	F(16, sealing) /* enum sealing */                                                          \
	F(16, opened_early)                                                                        \
	F(32, reserved)

/*
 * Name, number, bytes. A field called time is in nanoseconds of CLOCK_MONOTONIC, or 0: the request
 * did not need the time.
 */
#define RECORDS(X)                                                                                 \
	X(BEGIN, begin, 1, 24, RECORD_BEGIN_FIELDS)                                                \
	X(SEGMENT, segment, 2, 104, RECORD_SEGMENT_FIELDS)                                         \
	X(UNNAME, unname, 3, 8, RECORD_UNNAME_FIELDS)                                              \
	X(PEER, peer, 4, 56, RECORD_PEER_FIELDS)                                                   \
	X(ENDED, ended, 5, 16, RECORD_ENDED_FIELDS)                                                \
	X(GONE, gone, 6, 16, RECORD_GONE_FIELDS)                                                   \
	X(HOLD, hold, 7, 40, RECORD_HOLD_FIELDS)                                                   \
	X(CLOSE, close, 8, 24, RECORD_CLOSE_FIELDS)                                                \
	X(DONE, done, 9, 24, RECORD_DONE_FIELDS)                                                   \
	X(EXPIRE, expire, 10, 8, RECORD_EXPIRE_FIELDS)                                             \
	X(RING, ring, 11, 24, RECORD_RING_FIELDS)                                                  \
	X(RELEASED, released, 12, 16, RECORD_RELEASED_FIELDS)                                      \
	X(SIZE, size, 13, 24, RECORD_SIZE_FIELDS)

enum record_kind {
#define X(NAME, name, value, bytes, fields) RECORD_##NAME = (value),
	RECORDS(X)
#undef X
};

#define X(NAME, name, value, bytes, fields)                                                        \
	struct record_##name {                                                                     \
		fields(FIELD_DECLARE)                                                              \
	};                                                                                         \
	static_assert(sizeof(struct record_##name) == (bytes), "size of record_" #name);
RECORDS(X)
#undef X

struct record {
	enum record_kind kind;
	union {
		struct record_begin begin;
		struct record_segment segment;
		struct record_unname unname;
		struct record_peer peer;
		struct record_ended ended;
		struct record_gone gone;
		struct record_hold hold;
		struct record_close close;
		struct record_done done;
		struct record_expire expire;
		struct record_ring ring;
		struct record_released released;
		struct record_size size;
	};
	/* Of RECORD_SEGMENT only, borrowed: the entries, encoded as on the wire, and the name. */
	const uint8_t *entries;
	const char *name;
};

#endif
