/* SPDX-License-Identifier: MIT */
/* The ops, one function each, which handle.c calls; and functions that several ops use. */
#ifndef PRSHM_DAEMON_CORE_OPS_H
#define PRSHM_DAEMON_CORE_OPS_H

#include "daemon/core/request.h"

/*
 * Which rings are drained before the op does anything. Each request drains at least the ring of its
 * own
 * peer: a client must never see that its own close is not done.
 */
enum drained {
	DRAIN_PEER,
	/* also of all peers that hold the segment: its holders are told, or seen by others */
	DRAIN_SEGMENT,
	DRAIN_ALL, /* of all peers: the reply tells of the holders of many segments */
};

/*
 * Op, function, whether doing it twice differs from doing it once, which rings are drained, and how
 * many handles the request may open, or asks about.
 */
#define OPS(X)                                                                                     \
	X(OPEN, op_open, true, PEER, 1)                                                            \
	X(CLOSE, op_close, true, PEER, 0)                                                          \
	X(DELETE, op_delete, true, PEER, 0) /* see remove_name */                                  \
	X(STAT, op_stat, false, SEGMENT, 0)                                                        \
	X(LIST, op_list, false, ALL, 0)                                                            \
	X(REOPEN, op_reopen, false, PEER, 0)                                                       \
	X(ANONYMOUS, op_anonymous, true, PEER, 1)                                                  \
	X(REDEEM, op_redeem, true, PEER, 1)                                                        \
	X(SET_RIGHTS, op_set_rights, true, SEGMENT, 0) /* others may watch it from then on */      \
	X(SET_OWNER, op_set_owner, true, SEGMENT, 0)                                               \
	X(EXPLAIN, op_explain, false, PEER, 1)                                                     \
	X(HOLDERS, op_holders, false, SEGMENT, 0)                                                  \
	X(ACCOUNTS, op_accounts, false, PEER, 0)                                                   \
	X(STATUS, op_status, false, ALL, 0)                                                        \
	X(WATCH, op_watch, false, PEER, 0) /* a restart ends it; drains itself */                  \
	X(OPEN_MANY, op_open_many, true, PEER, request->open_many.count)                           \
	X(RING, op_ring, false, PEER, 0)                                                           \
	X(TAKE_BACK, op_take_back, true, PEER, 0) /* see remove_name */                            \
	X(ORIGIN, op_origin, false, PEER, 0)                                                       \
	X(STOP, op_stop, true, PEER, 0)                                                            \
	X(HOLD, op_hold, true, PEER, 1)                                                            \
	X(SIZE, op_size, true, SEGMENT, 0)                                                         \
	X(CHANGE, op_change, true, PEER, 0)                                                        \
	X(RENAME, op_rename, true, PEER, 0) /* see remove_name */

#define X(NAME, function, has_effect, drained, handles)                                            \
	enum status function(const struct context *c);
OPS(X)
#undef X

/* Replies to a copy of the last request, an OPEN_MANY. */
enum status repeat_many(const struct context *c);
/* What STAT, LIST and SIZE tell. */
struct wire_stated describe_segment(struct segment *segment);

/* Removes the name of a segment that has one; in op-change.c. */
void remove_name(const struct context *c, struct segment *segment);

#endif
