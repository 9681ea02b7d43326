/* SPDX-License-Identifier: MIT */
/*
 * Replay: makes all changes of a journal again, by the same functions as the broker that wrote it.
 * Any bytes at all lead to a valid state: replay stops at the first record that makes no sense.
 *
 * Segments and peers are restored without their descriptors: the shell gets these from the keeper.
 * Peers are restored without supplementary groups: the shell gets these from the connection itself.
 */
#ifndef PRSHM_DAEMON_CORE_REPLAY_H
#define PRSHM_DAEMON_CORE_REPLAY_H

#include "daemon/core/broker.h"

struct replay {
	uint64_t records;    /* how many records were replayed */
	size_t offset;       /* where the replay stopped in the journal */
	const char *problem; /* why the replay stopped, for the log; NULL: at the end */
	bool starved;        /* there was no memory, so another attempt may get further */
};

/* broker: as broker_init left it. */
void replay_journal(struct broker *broker, const struct journal *journal, struct replay *out);

#endif
