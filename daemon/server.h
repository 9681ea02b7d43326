/* SPDX-License-Identifier: MIT */
/*
 * All connections: accepts them, bounds how many there are, and ends those that never say anything.
 *
 * A descriptor in a reply that nobody reads stays in flight, also when we close our end, and the
 * kernel lets a uid have only RLIMIT_NOFILE of them (unix(7), ETOOMANYREFS). No client may use them
 * up for the others: a connection has room for CONN_UNREAD_MAX replies, and it counts as one for as
 * long as any is unread, ended or not; in-flight.h bounds what all of them together may leave unread.
 */
#ifndef PRSHM_DAEMON_SERVER_H
#define PRSHM_DAEMON_SERVER_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "daemon/core/broker.h"
#include "daemon/conn.h"
#include "daemon/in-flight.h"

struct event_base;

/* Measured: the smallest SO_SNDBUF there is takes 6 replies that carry a descriptor. */
#define CONN_UNREAD_MAX 6

struct server_options {
	unsigned int connections;   /* at most, at once */
	unsigned int login_seconds; /* for a connection's first request */
};

struct server {
	struct event_base *base; /* borrowed */
	struct broker *broker;   /* borrowed */
	struct server_options options;
	int fd;                        /* borrowed: the listening socket */
	/* All connections, by conn::state, in conn::in_state; the silent ones oldest first. */
	TAILQ_HEAD(conns, conn) silent, served, draining;
	unsigned int conn_count;
	struct in_flight in_flight;
	uint64_t turn; /* of the loop, from 1; see conn.c */
	struct event acceptable;
	struct event accept_again; /* while accepting is paused */
	bool accept_trouble;       /* told once, until a connection is accepted */
	struct event login_over;   /* while anyone is silent */
	struct event drain;        /* while anyone is draining */
	struct event expiry;       /* while a segment has a deadline */
	struct event watch_round;  /* while there is something to tell watchers, */
	struct event watch_turn;   /* and while they are being told */
	uint64_t watch_begun;      /* when this round did; 0: none is on; and none will before: */
	uint64_t watch_rest;       /* both nanoseconds, CLOCK_MONOTONIC */
	bool watch_behind;         /* somebody has more to be told than this round tells */
	uint64_t expiry_deadline;  /* what it waits for, nanoseconds, CLOCK_MONOTONIC; or 0 */
	unsigned int told_conns;   /* what on_change was last called for */
	size_t told_segments;
	uint64_t lines_minute; /* of the log, see server_log_limited, and */
	unsigned int lines;    /* how many in it */
	void (*on_change)(void *data); /* something countable changed; may be NULL */
	void *on_change_data;
};

/* 0 or a negative errno. */
int server_init(struct server *server, struct event_base *base, struct broker *broker, int fd,
	const struct server_options *options);
void server_deinit(struct server *server); /* ends all connections */
/* Goes on with the connections of the last broker: all its peers have their sockets. 0 or -ENOMEM. */
int server_restore(struct server *server);

/* For conn.c. */
void server_add_conn(struct server *server, struct conn *conn, enum conn_state state);
void server_remove_conn(struct server *server, struct conn *conn);
void server_conn_spoke(struct server *server, struct conn *conn);
void server_changed(struct server *server);
/* Tells the broker what time it is; the loop knows, without a clock call. */
void server_set_time(struct server *server);
/* After a reload: how many may connect, and what every connected user may have from now on. */
void server_apply_limits(struct server *server);
unsigned int server_connection_limit(const struct policy *policy);
/* Keeps an ended connection, which has no event any more, until nothing of it is unread. */
void server_drain_conn(struct server *server, struct conn *conn);
/*
 * A few a minute for each user that has an account, and for all that has none (NULL): a client that
 * does the same again and again must neither fill the log nor silence what others cause.
 */
__attribute__((format(printf, 4, 5))) void server_log_limited(struct server *server,
	struct account *account, int priority, const char *format, ...);

#endif
