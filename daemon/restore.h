/* SPDX-License-Identifier: MIT */
/*
 * What the last broker left with the keeper, put together again: the journal says what there was, and
 * each descriptor has to be what the journal says of it.
 */
#ifndef PRSHM_DAEMON_RESTORE_H
#define PRSHM_DAEMON_RESTORE_H

#include "daemon/core/broker.h"
#include "daemon/keeper-link.h"

struct kept {
	uint64_t id;
	int fd; /* owned; -1: somebody took it */
};

struct restore {
	struct kept *kept; /* by id */
	size_t count;
	size_t room;
	int error;
};

/* All that the keeper has. 0 or a negative errno, logged. */
int restore_take(struct restore *restore, struct keeper_link *link);
/* What is kept under that id, the caller's from now on; or -1. */
int restore_claim(struct restore *restore, uint64_t id);

/*
 * The last broker's state, into one that is as broker_init left it: all of its segments have their memory,
 * and all peers their sockets. What does not fit together is left out, and logged. 0, or a negative errno, logged:
 * then the state is to stay with the keeper, for somebody who can make sense of it.
 */
int restore_state(struct restore *restore, struct broker *broker);

/* Closes what nobody claimed, and tells the keeper, which may be NULL, to do so too. */
void restore_deinit(struct restore *restore, struct keeper_link *link);

#endif
