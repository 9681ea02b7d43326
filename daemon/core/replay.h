/* SPDX-License-Identifier: MIT */
/*
 * Replay: from a journal to the broker that wrote it, by the functions that the broker changes its
 * state with. Whatever bytes there are give a valid state, up to the first that make no sense.
 *
 * Segments and peers come without their descriptors, and peers without supplementary groups; the
 * shell has the first from the keeper, and the second from the connection itself.
 */
#ifndef PRSHM_DAEMON_CORE_REPLAY_H
#define PRSHM_DAEMON_CORE_REPLAY_H

#include "daemon/core/broker.h"

struct replay {
	uint64_t records;    /* replayed */
	size_t offset;       /* where it stopped, and */
	const char *problem; /* why, for the log; NULL: at the end */
	bool starved;        /* for want of memory: another attempt may get further */
};

/* Into a broker that is as broker_init left it. */
void replay_journal(struct broker *broker, const struct journal *journal, struct replay *out);

#endif
