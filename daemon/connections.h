/* SPDX-License-Identifier: MIT */
/*
 * All connections, in three lists: silent, served, draining. A connection starts silent and is served
 * from its first request on. One that ends while its client has left replies unread drains: it holds
 * nothing any more, but counts as a connection until all is read, because those replies' descriptors
 * stay in flight (in-flight.h).
 *
 * Two timers bound the first and the last list: a silent connection is ended after login_seconds, and
 * each second the draining ones are asked whether all was read.
 */
#ifndef PRSHM_DAEMON_CONNECTIONS_H
#define PRSHM_DAEMON_CONNECTIONS_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <time.h>

#include "daemon/client-log.h"
#include "daemon/core/broker.h"
#include "daemon/in-flight.h"

struct pending;
struct watch_rounds;

struct conn {
	struct connections *connections; /* borrowed: the ones it is among */
	struct peer *peer; /* owned: removed with the connection, as is the socket in peer::fd */
	struct event wait; /* for the one thing it waits for */
	struct pending *pending; /* owned: the reply that did not go out yet, or NULL */
	enum conn_state {
		CONN_SILENT, /* no request has come */
		CONN_SERVED,
		CONN_DRAINING, /* has ended, but for replies that the client left unread */
	} state;
	uint64_t turn;              /* connections::turn when it last came up */
	time_t since;               /* seconds, CLOCK_MONOTONIC: when it connected */
	TAILQ_ENTRY(conn) in_state; /* connections::silent, served or draining */
	unsigned int unread;        /* replies with a descriptor that may be unread, at most */
	size_t in_flight;           /* descriptors charged to it, see in-flight.h */
	TAILQ_ENTRY(conn) in_in_flight; /* in_flight::conns, where in_flight is not 0 */
};

struct connections {
	struct event_base *base; /* borrowed */
	struct broker *broker;   /* borrowed; its accounts count the connections */
	TAILQ_HEAD(conns, conn) silent, served, draining; /* by conn::state; the oldest first */
	unsigned int login_seconds; /* for a connection's first request */
	uint64_t turn;              /* of the loop, from 1; see conn.c */
	struct in_flight in_flight;
	struct client_log log;
	struct watch_rounds *rounds; /* borrowed: tells those connections that watch */
	struct event login_over;     /* while any connection is silent */
	struct event drain;          /* while any connection is draining */
	void (*on_change)(void *data); /* by connections_changed */
	void *on_change_data;
};

void connections_init(struct connections *connections, struct event_base *base,
	struct broker *broker, unsigned int login_seconds);
void connections_deinit(struct connections *connections); /* ends all */

uint64_t connections_count(const struct connections *connections);
uint64_t connections_max(const struct connections *connections);
/*
 * Whether there is room for one more. A full house ends the oldest silent connection to make room, but
 * none whose first request waits to be read.
 */
bool connections_make_room(struct connections *connections);
/* Gives each user the limits of the broker's policy, which may be new. */
void connections_apply_limits(struct connections *connections);
/* Tells the broker what time it is: the loop knows, without a clock call. */
void connections_set_time(struct connections *connections);

/* Takes a connection that has its peer into the list of that state. */
void connections_add(struct conn *conn, enum conn_state state);
/* To be called after each request: other things than connections may have changed. */
void connections_changed(struct connections *connections);
/* A request has come. */
void connections_note_request(struct conn *conn);
/* From now on it waits for this (EV_READ, EV_WRITE or EV_TIMEOUT) and nothing else. False: no memory. */
bool connections_wait(struct conn *conn, short what, const struct timeval *timeout);
/* Closes its handles; frees it now, or once all its client was sent is read. */
void connections_end(struct conn *conn);
struct conn *connections_free(struct conn *conn); /* takes NULL, returns NULL; closes its handles */

#endif
