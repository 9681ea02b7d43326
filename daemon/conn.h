/* SPDX-License-Identifier: MIT */
/*
 * One client's connection: reads a request, has it handled, sends the reply. It waits for exactly
 * one thing at a time: for a request, or, while a reply will not go out, for that; so a client that
 * does not read is not read from, and costs one reply's memory.
 */
#ifndef PRSHM_DAEMON_CONN_H
#define PRSHM_DAEMON_CONN_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <sys/queue.h>
#include <time.h>

#include "daemon/core/peer.h"

struct server;
struct pending;

struct conn {
	struct server *server;
	struct peer *peer; /* owned: the broker's, removed with the connection */
	int fd; /* owned */
	struct event wait;
	struct pending *pending; /* owned: the reply that did not go out yet, or NULL */
	enum conn_state {
		CONN_SILENT,   /* has not said anything yet */
		CONN_SERVED,
		CONN_DRAINING, /* has ended, but for replies that the client left unread */
	} state;
	uint64_t turn;              /* server::turn when it last came up */
	time_t since;               /* seconds, CLOCK_MONOTONIC: connected */
	TAILQ_ENTRY(conn) in_state; /* server::silent, served or draining */
	unsigned int unread;        /* replies with a descriptor, at most; see in-flight.h */
	size_t in_flight;           /* descriptors charged to it; see in-flight.h */
	TAILQ_ENTRY(conn) in_in_flight; /* in_flight::conns, where that is not 0 */
};

/* Takes the descriptor, also when it fails. 0 or a negative errno. */
int conn_new(struct server *server, int fd, struct conn **outp);
/*
 * One that the last broker had, whose peer has its socket: takes both, and tells the client that the
 * broker was restarted. 0 or -ENOMEM, and then nothing is taken.
 */
int conn_restore(struct server *server, struct peer *peer);
/* Closes its handles, and frees it once nothing is unread any more; see server.h. */
void conn_end(struct conn *conn);
struct conn *conn_free(struct conn *conn); /* takes NULL, returns NULL; its handles are closed */

/* Waits for this (EV_READ, EV_WRITE) and for nothing else. False: no memory. */
bool conn_wait(struct conn *conn, short what);

/* conn-watch.c: telling watchers; and going on with one that can be told again. */
void conn_watch_init(struct server *server);
void conn_watch_deinit(struct server *server);
bool conn_watch_is_blocked(const struct conn *conn);
void conn_watch_go_on(struct conn *conn);

/* Whether a request waits to be read. */
bool conn_has_request(const struct conn *conn);
/* Whether the client has left a reply unread. */
bool conn_has_unread(const struct conn *conn);

#endif
