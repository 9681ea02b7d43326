/* SPDX-License-Identifier: MIT */
/* The ops: one function each, which handle.c calls, and what ops need of each other. */
#ifndef PRSHM_DAEMON_CORE_OPS_H
#define PRSHM_DAEMON_CORE_OPS_H

#include "daemon/core/request.h"

/*
 * Whose rings are read before the op looks at anything. Each request reads at least its own peer's:
 * no client may find its own close not done.
 */
enum drained {
	DRAIN_PEER,
	DRAIN_SEGMENT, /* and those of all who hold the segment asked about: their holds are told */
	DRAIN_ALL,     /* all peers': what any of them holds is told */
};

/* Op, function, whether doing it twice is not the same as doing it once, whose rings are read. */
#define OPS(X)                                                                                     \
	X(OPEN, op_open, true, PEER)                                                               \
	X(CLOSE, op_close, true, PEER)                                                             \
	X(DELETE, op_delete, true, PEER) /* see remove_name */                                     \
	X(STAT, op_stat, false, SEGMENT)                                                           \
	X(LIST, op_list, false, ALL)                                                               \
	X(REOPEN, op_reopen, false, PEER)                                                          \
	X(ANONYMOUS, op_anonymous, true, PEER)                                                     \
	X(REDEEM, op_redeem, true, PEER)                                                           \
	X(SET_RIGHTS, op_set_rights, true, PEER)                                                   \
	X(SET_OWNER, op_set_owner, true, PEER)                                                     \
	X(EXPLAIN, op_explain, false, PEER)                                                        \
	X(HOLDERS, op_holders, false, SEGMENT)                                                     \
	X(ACCOUNTS, op_accounts, false, PEER)                                                      \
	X(STATUS, op_status, false, ALL)                                                           \
	X(WATCH, op_watch, false, PEER) /* a restart ends it; drains itself */                     \
	X(OPEN_MANY, op_open_many, true, PEER)                                                     \
	X(RING, op_ring, false, PEER)                                                              \
	X(TAKE_BACK, op_take_back, true, PEER) /* see remove_name */ \
	X(ORIGIN, op_origin, false, PEER)                                                          \
	X(STOP, op_stop, true, PEER)

#define X(NAME, function, has_effect, drained) enum status function(const struct context *c);
OPS(X)
#undef X

/* OPEN and its like, in op-open.c; OPEN_MANY: answers once more with what the last request opened. */
enum status repeat_hold(const struct context *c);
enum status repeat_many(const struct context *c);
/* The descriptor that goes with these rights, put into the reply; with none at all there is none. */
enum status choose_fd(const struct segment *segment, unsigned int rights, struct reply *reply);
/* What an open of that segment is told. */
struct wire_opened opened_of(const struct holder *holder);

/* Takes the name away from a segment that has one; in op-change.c. */
void remove_name(const struct context *c, struct segment *segment);

#endif
