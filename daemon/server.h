/* SPDX-License-Identifier: MIT */
/*
 * All connections: accepts them, bounds how many there are, and ends those that never say anything.
 *
 * A descriptor in a reply that nobody reads stays in flight, also when we close our end, and the
 * kernel lets a uid have only RLIMIT_NOFILE of them (unix(7), ETOOMANYREFS). No client may use them
 * up for the others: a connection has room for CONN_UNREAD_MAX replies, and it counts as one for as
 * long as any is unread, ended or not; main.c allows so many connections as that makes safe.
 */
#ifndef PRSHM_DAEMON_SERVER_H
#define PRSHM_DAEMON_SERVER_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "daemon/broker.h"

struct conn;
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
	struct event acceptable;
	struct event accept_again; /* while accepting is paused */
	struct event login_over;   /* while anyone is silent */
	struct event drain;        /* while anyone is draining */
	unsigned int told_conns; /* what on_change was last called for */
	size_t told_segments;
	unsigned int limited_lines; /* in the current minute */
	time_t limited_minute;
	void (*on_change)(void *data); /* something countable changed; may be NULL */
	void *on_change_data;
};

/* 0 or a negative errno. */
int server_init(struct server *server, struct event_base *base, struct broker *broker, int fd,
	const struct server_options *options);
void server_deinit(struct server *server); /* ends all connections */

/* For conn.c. */
void server_add_conn(struct server *server, struct conn *conn);
void server_remove_conn(struct server *server, struct conn *conn);
void server_conn_spoke(struct server *server, struct conn *conn);
void server_changed(struct server *server);
/* Keeps an ended connection, which has no event any more, until nothing of it is unread. */
void server_drain_conn(struct server *server, struct conn *conn);
/* Few a minute: a client that connects again and again must not fill the log. */
__attribute__((format(printf, 3, 4))) void server_log_limited(
	struct server *server, int priority, const char *format, ...);

#endif
