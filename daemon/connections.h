/* SPDX-License-Identifier: MIT */
/*
 * All connections, in three lists: silent, served, draining. A connection starts silent, and is
 * served from its first request on. If it ends while the client has left replies unread, it drains.
 * A draining connection has no handles, but counts as a connection until all is read: the
 * descriptors in those replies stay in flight (in-flight.h).
 *
 * Two timers bound the first and the last list: a silent connection is ended after login_seconds,
 * and each second the draining ones are asked whether all was read.
 */
#ifndef PRSHM_DAEMON_CONNECTIONS_H
#define PRSHM_DAEMON_CONNECTIONS_H

#include <bsd/sys/queue.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <time.h>

#include "daemon/client-log.h"
#include "daemon/core/broker.h"
#include "daemon/in-flight.h"

struct pending;
struct watch_rounds;

struct conn {
	struct connections *connections; /* borrowed: the ones it is among */
	struct peer *peer; /* owned: removed with the connection, as is the socket in peer::fd */
	struct event wait; /* what the connection waits for: to receive or to send */
	struct pending *pending; /* owned: the reply that is not sent yet, or NULL */
	struct pending *request; /* owned: the request that is to be handled again, or NULL */
	enum conn_state {
		CONN_SILENT, /* no request has come */
		CONN_SERVED,
		CONN_DRAINING, /* has ended, but the client has left replies unread */
	} state;
	uint64_t turn;              /* connections::turn when it was last ready */
	time_t since;               /* seconds, CLOCK_MONOTONIC: when it connected */
	TAILQ_ENTRY(conn) in_state; /* connections::silent, served or draining */
	unsigned int unread;        /* replies with a descriptor that may be unread, at most */
	size_t in_flight;           /* descriptors charged to this connection, see in-flight.h */
	TAILQ_ENTRY(conn) in_in_flight; /* in_flight::conns, where in_flight is not 0 */
};

struct connections {
	struct event_base *base; /* borrowed */
	struct broker *broker;   /* borrowed; its accounts count the connections */
	TAILQ_HEAD(conns, conn) silent, served, draining; /* by conn::state; the oldest first */
	unsigned int login_seconds;                       /* for a connection's first request */
	uint64_t turn;                                    /* of the loop, from 1; see conn.c */
	uint64_t wasted; /* connections that came for nothing; see acceptor.c */
	struct in_flight in_flight;
	struct client_log log;
	struct watch_rounds *rounds;   /* borrowed: tells those connections that watch */
	struct event login_over;       /* while any connection is silent */
	struct event drain;            /* while any connection is draining */
	void (*on_change)(void *data); /* called by connections_changed */
	void *on_change_data;
};

void connections_init(struct connections *connections, struct event_base *base,
	struct broker *broker, unsigned int login_seconds);
void connections_deinit(struct connections *connections); /* ends all */

uint64_t connections_count(const struct connections *connections);
uint64_t connections_max(const struct connections *connections);
/*
 * Whether there is room for another connection. If not, this ends the oldest silent connection
 * whose first request has not come yet, and there is room if there was such a connection.
 */
bool connections_make_room(struct connections *connections);
/* Gives each user the limits of the broker's policy, which may be new. */
void connections_apply_limits(struct connections *connections);
/* Tells the broker what time it is: the loop knows, without a clock call. */
void connections_set_time(struct connections *connections);

/* Puts a connection, whose peer is set, into the list of that state. */
void connections_add(struct conn *conn, enum conn_state state);
/* To be called after each request: other things than connections may have changed. */
void connections_changed(struct connections *connections);
/* To be called when a request has come: a silent connection is served from then on. */
void connections_note_request(struct conn *conn);
/* The connection waits for this alone: EV_READ, EV_WRITE or EV_TIMEOUT. False: no memory. */
bool connections_wait(struct conn *conn, short what, const struct timeval *timeout);
/* Closes all handles. Frees the connection now, or once the client has read all replies. */
void connections_end(struct conn *conn);
struct conn *connections_free(struct conn *conn); /* takes NULL, returns NULL; closes its handles */

#endif
