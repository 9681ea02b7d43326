/* SPDX-License-Identifier: MIT */
/*
 * The server: has the connections, what accepts them, and the watchers, and removes the names of
 * segments whose deadline has come.
 */
#ifndef PRSHM_DAEMON_SERVER_H
#define PRSHM_DAEMON_SERVER_H

#include <event2/event_struct.h>
#include <stdbool.h>

#include "daemon/acceptor.h"
#include "daemon/connections.h"
#include "daemon/core/broker.h"
#include "daemon/watch-rounds.h"

struct server {
	struct event_base *base; /* borrowed */
	struct broker *broker;   /* borrowed */
	struct connections connections;
	struct watch_rounds rounds;
	struct acceptor acceptor;
	struct event expiry;       /* while a segment has a deadline */
	uint64_t expiry_deadline;  /* monotonic nanoseconds: what expiry waits for; 0: nothing */
	struct event sweep;        /* while a segment is unsealed */
	uint64_t told_connections; /* the numbers that on_change was last called for */
	size_t told_segments;
	void (*on_change)(void *data); /* the number of segments or connections changed; or NULL */
	void *on_change_data;
};

/* login_seconds: for a connection's first request. 0 or a negative errno. */
int server_init(struct server *server, struct event_base *base, struct broker *broker, int fd,
	unsigned int login_seconds);
void server_deinit(struct server *server); /* ends all connections */
/* Goes on with the last broker's connections. All peers must have their sockets. 0 or -ENOMEM. */
int server_take_over(struct server *server);

#endif
