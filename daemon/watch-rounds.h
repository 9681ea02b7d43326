/* SPDX-License-Identifier: MIT */
/*
 * Telling watchers what happened, in rounds. In a round each watcher gets at most one message, with
 * as many events as fit.
 *
 * (1) A round begins 10 ms after something happened.
 * (2) In each turn of the event loop it goes on for 10 us, about as long as a request takes.
 * (3) After a round no other begins for four times as long as that round took, 40 ms at most.
 *
 * So, with a thousand watchers, most of the time is left for clients. A watcher for which more
 * happens than the rounds can tell gets an OVERFLOW event. A watcher that does not read is left out
 * of the rounds: only its place in the backlog (watch.h) is stored.
 */
#ifndef PRSHM_DAEMON_WATCH_ROUNDS_H
#define PRSHM_DAEMON_WATCH_ROUNDS_H

#include <event2/event_struct.h>
#include <stdbool.h>

#include "daemon/connections.h"

struct watch_rounds {
	struct broker *broker;     /* borrowed */
	struct event begin;        /* while there is something to tell and no round is on */
	struct event turn;         /* while a round is on */
	uint64_t begun;            /* monotonic nanoseconds: when this round began; 0: none is on */
	uint64_t round_not_before; /* monotonic nanoseconds; 0: no limit */
	bool behind;               /* a watcher has more to be told than this round tells */
};

void watch_rounds_init(struct watch_rounds *rounds, struct event_base *base, struct broker *broker);
void watch_rounds_deinit(struct watch_rounds *rounds);

/* Whether the connection watches, and waits until its client has read. */
bool watch_rounds_is_blocked(const struct conn *conn);
/* The client of a blocked connection has read: it takes part in the rounds again. */
void watch_rounds_go_on(struct conn *conn);

#endif
