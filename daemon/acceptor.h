/* SPDX-License-Identifier: MIT */
/*
 * Accepts connections on the listening socket, as many as there may be; and at a pace, while
 * connections come for nothing.
 */
#ifndef PRSHM_DAEMON_ACCEPTOR_H
#define PRSHM_DAEMON_ACCEPTOR_H

#include <event2/event_struct.h>
#include <stdbool.h>

#include "daemon/connections.h"

struct acceptor {
	struct connections *connections; /* borrowed */
	int fd;                          /* borrowed: the listening socket */
	struct event acceptable;
	struct event again; /* while accepting is paused: nothing can be accepted */
	bool trouble;       /* logged; false again once a connection is accepted */
	bool paced;         /* see acceptor.c */
	int pace_fd;        /* owned: the timer of the next turn that accepts */
	struct event pace;
	uint64_t wasted_before; /* connections::wasted at the last turn that accepted */
};

/* 0 or a negative errno. */
int acceptor_init(struct acceptor *acceptor, struct connections *connections, int fd);
void acceptor_move(struct acceptor *acceptor, int fd); /* to another socket; the caller closes the old one */
void acceptor_deinit(struct acceptor *acceptor);

#endif
