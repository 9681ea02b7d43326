/* SPDX-License-Identifier: MIT */
/*
 * The records of the journal: what the broker writes down of each change, so that the next broker
 * can make the same change again. replay.c says what each one does.
 */
#ifndef PRSHM_DAEMON_CORE_RECORDS_H
#define PRSHM_DAEMON_CORE_RECORDS_H

#include "wire/wire.h"

#define RECORD_BEGIN_FIELDS(F)                                                                     \
	F(64, last_number) /* given to a segment so far, */                                        \
	F(64, last_peer)   /* and to a connection */                                               \
	F(32, restarts) /* how often a broker has taken over so far */                             \
	F(32, reserved)

/* All of a segment but its holders; for one that is known, its new owner and rights. */
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
	F(32, payer) /* whose account it is charged to */                                          \
	F(32, mode)                                                                                \
	F(32, lifetime)                                                                            \
	F(32, linger)                                                                              \
	F(16, named)                                                                               \
	F(16, anonymous)                                                                           \
	F(32, entry_count)                                                                         \
	F(32, name_length)                                                                         \
	F(32, huge)

#define RECORD_UNNAME_FIELDS(F) F(64, number)

/* A connection, and what came last of it. */
#define RECORD_PEER_FIELDS(F)                                                                      \
	F(64, number)                                                                              \
	F(64, inode)                                                                               \
	F(32, uid)                                                                                 \
	F(32, gid)                                                                                 \
	F(32, pid)                                                                                 \
	F(16, unmapped)                                                                            \
	F(16, ended)                                                                               \
	F(16, spoken) /* 0: the fields below mean nothing */                                       \
	F(16, op)                                                                                  \
	F(16, status)                                                                              \
	F(16, reserved)                                                                            \
	F(32, serial)                                                                              \
	F(32, handle)                                                                              \
	F(32, handles) /* it is charged for, in use or free */                                     \
	F(32, unused)

/* It has closed all, but counts as a connection until it is GONE. */
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
	F(32, previous) /* with a place: the handle opened before, or HANDLE_NONE */               \
	F(32, place)    /* of its name in an OPEN_MANY, from 1; or 0 */

#define RECORD_CLOSE_FIELDS(F)                                                                     \
	F(64, peer)                                                                                \
	F(64, time)                                                                                \
	F(32, handle)                                                                              \
	F(32, seen) /* of the peer's ring, with this one */

/* What became of a request, for whoever asks again. */
#define RECORD_DONE_FIELDS(F)                                                                      \
	F(64, peer)                                                                                \
	F(32, serial)                                                                              \
	F(32, handle)                                                                              \
	F(16, op)                                                                                  \
	F(16, status)                                                                              \
	F(32, reserved)

/* Whatever was due at that time is gone. */
#define RECORD_EXPIRE_FIELDS(F) F(64, time)

/* The connection has a ring, or something in it that was no handle was seen. */
#define RECORD_RING_FIELDS(F)                                                                      \
	F(64, peer)                                                                                \
	F(64, inode)                                                                               \
	F(32, seen)                                                                                \
	F(32, reserved)

/* Name, number, bytes. Where there is a time: CLOCK_MONOTONIC in nanoseconds if it was read, or 0. */
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
	X(RING, ring, 11, 24, RECORD_RING_FIELDS)

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
	};
	/* Behind a segment, borrowed: its entries, as they travel, and its name. */
	const uint8_t *entries;
	const char *name;
};

#endif
