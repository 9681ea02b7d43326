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
	bool drained;       /* paced, and the backlog of before is accepted */
	uint64_t burst;     /* connections that were for nothing, since the last rest */
	int rest_fd;        /* owned: a timer, at which accepting goes on */
	struct event rest;
	uint64_t wasted_before; /* connections::wasted at the last turn that accepted */
	bool in_vain;           /* that number has grown since the timer below began */
	/* while paced: the pace ends if no connection was for nothing since */
	struct event quiet;
};

/* 0 or a negative errno. */
int acceptor_init(struct acceptor *acceptor, struct connections *connections, int fd);
/* to another socket; the caller closes the old one */
void acceptor_move(struct acceptor *acceptor, int fd);
void acceptor_deinit(struct acceptor *acceptor);

#endif
